//! A `TBSCertificate` (RFC 5280 section 4.1), read once and shared by all lints. Everything borrows the bytes.

mod extensions;
mod names;
mod public_key;

use tpm2ca_x509::{ObjectIdentifier, UnixTime, parse_time};

pub(crate) use extensions::{Decoded, GeneralName, NameConstraints, Subtree, kind, usage};
pub(crate) use names::{Attribute, DistinguishedName};
pub(crate) use public_key::PublicKey;

use crate::{
    canonical::{self, Violation},
    context::Context,
    tlv::{Flaw, FlawKind, Oid, Reader, Tlv, tag},
};

/// The fields of a certificate as far as lints care.
#[derive(Debug)]
pub(crate) struct View<'a> {
    pub(crate) context: &'a Context<'a>,
    pub(crate) tbs: &'a [u8],
    /// Content of the INTEGER; `None` is v1 by default.
    pub(crate) version: Option<&'a [u8]>,
    /// Content of the INTEGER.
    pub(crate) serial: &'a [u8],
    /// The whole AlgorithmIdentifier.
    pub(crate) signature_algorithm: &'a [u8],
    pub(crate) issuer: DistinguishedName<'a>,
    pub(crate) not_before: Time<'a>,
    pub(crate) not_after: Time<'a>,
    pub(crate) subject: DistinguishedName<'a>,
    pub(crate) public_key: PublicKey<'a>,
    pub(crate) has_unique_identifiers: bool,
    pub(crate) has_extensions_field: bool,
    pub(crate) extensions: Vec<Extension<'a>>,
    /// The extensions that RFC 5280 and RFC 6960 define, decoded.
    pub(crate) decoded: Decoded<'a>,
    /// Everything that is not DER, in the certificate and in the octet and bit strings that hold DER.
    pub(crate) violations: Vec<Violation>,
}

impl<'a> View<'a> {
    pub(crate) fn parse(tbs: &'a [u8], context: &'a Context<'a>) -> Result<Self, Flaw> {
        let mut fields = Tlv::only(tbs, tag::SEQUENCE, "TBSCertificate")?.reader("TBSCertificate");
        let version = match fields.optional(tag::explicit(0))? {
            Some(wrapper) => Some(Tlv::only(wrapper.content, tag::INTEGER, "version")?.content),
            None => None,
        };
        let serial = fields.expect(tag::INTEGER)?.content;
        let signature_algorithm = fields.expect(tag::SEQUENCE)?.raw;
        let issuer = DistinguishedName::parse(&fields.expect(tag::SEQUENCE)?, "issuer")?;
        let mut validity = fields.expect(tag::SEQUENCE)?.reader("validity");
        let not_before = Time::read(&mut validity)?;
        let not_after = Time::read(&mut validity)?;
        validity.finish()?;
        let subject = DistinguishedName::parse(&fields.expect(tag::SEQUENCE)?, "subject")?;
        let public_key = PublicKey::parse(&fields.expect(tag::SEQUENCE)?)?;
        let issuer_id = fields.optional(tag::context(1))?;
        let subject_id = fields.optional(tag::context(2))?;
        let extensions_field = fields.optional(tag::explicit(3))?;
        fields.finish()?;
        let extensions = match extensions_field {
            Some(wrapper) => Extension::parse_all(wrapper.content)?,
            None => Vec::new(),
        };

        let mut violations = Vec::new();
        canonical::walk(tbs, 0, &mut violations);
        for inner in extensions
            .iter()
            .map(|extension| extension.value)
            .chain(public_key.rsa_der())
        {
            canonical::walk(inner, offset_in(tbs, inner), &mut violations);
        }

        Ok(Self {
            context,
            tbs,
            version,
            serial,
            signature_algorithm,
            issuer,
            not_before,
            not_after,
            subject,
            public_key,
            has_unique_identifiers: issuer_id.is_some() || subject_id.is_some(),
            has_extensions_field: extensions_field.is_some(),
            decoded: Decoded::of(&extensions),
            extensions,
            violations,
        })
    }

    pub(crate) fn extension(&self, oid: ObjectIdentifier) -> Option<&Extension<'a>> {
        self.extensions
            .iter()
            .find(|extension| extension.oid == oid)
    }

    pub(crate) fn is_critical(&self, oid: ObjectIdentifier) -> Option<bool> {
        self.extension(oid).map(|extension| extension.critical)
    }

    /// Whether the certificate is meant for CAs.
    pub(crate) fn is_ca(&self) -> bool {
        self.context.role.is_ca()
    }

    pub(crate) fn has_purpose(&self, purpose: ObjectIdentifier) -> bool {
        self.purposes().iter().any(|oid| *oid == purpose)
    }

    /// The extended key usages; none when the extension is absent.
    pub(crate) fn purposes(&self) -> &[Oid<'a>] {
        self.decoded.purposes.as_deref().unwrap_or_default()
    }

    /// The subject's alternative names; none when the extension is absent.
    pub(crate) fn alt_names(&self) -> &[GeneralName<'a>] {
        self.decoded.alt_names.as_deref().unwrap_or_default()
    }

    /// The dNSNames among the subject's alternative names.
    pub(crate) fn dns_names(&self) -> impl Iterator<Item = &'a [u8]> {
        self.alt_names()
            .iter()
            .filter(|name| name.kind() == kind::DNS)
            .map(|name| name.content)
    }

    /// Seconds from the first to the last of the validity, both included.
    pub(crate) fn lifetime(&self) -> Option<i64> {
        Some(self.not_after.value? - self.not_before.value? + 1)
    }
}

/// `notBefore` or `notAfter`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Time<'a> {
    pub(crate) tag: u8,
    pub(crate) content: &'a [u8],
    /// `None` when it is no time of RFC 5280 section 4.1.2.5.
    pub(crate) value: Option<UnixTime>,
}

impl<'a> Time<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, Flaw> {
        let element = reader.next()?;
        let length = match element.tag {
            tag::UTC_TIME => "YYMMDDHHMMSSZ".len(),
            tag::GENERALIZED_TIME => "YYYYMMDDHHMMSSZ".len(),
            _ => {
                let kind = FlawKind::Content("something that is no time");
                return Err(Flaw {
                    what: "validity",
                    kind,
                });
            }
        };
        let value = Some(element.content)
            .filter(|content| content.len() == length)
            .and_then(|content| std::str::from_utf8(content).ok())
            .and_then(parse_time);
        Ok(Self {
            tag: element.tag,
            content: element.content,
            value,
        })
    }
}

/// One extension as it stands there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extension<'a> {
    pub(crate) oid: Oid<'a>,
    pub(crate) critical: bool,
    /// `critical FALSE` is spelled out.
    pub(crate) explicit_default: bool,
    /// Content of `extnValue`.
    pub(crate) value: &'a [u8],
}

impl<'a> Extension<'a> {
    fn parse_all(der: &'a [u8]) -> Result<Vec<Self>, Flaw> {
        let mut list = Tlv::only(der, tag::SEQUENCE, "extensions")?.reader("extensions");
        let mut all = Vec::with_capacity(12);
        while !list.is_empty() {
            let mut fields = list.expect(tag::SEQUENCE)?.reader("extension");
            let oid = Oid(fields.expect(tag::OID)?.content);
            let critical = fields.optional(tag::BOOLEAN)?;
            let value = fields.expect(tag::OCTET_STRING)?.content;
            fields.finish()?;
            // Any value but 00 is TRUE in BER; what is neither 00 nor FF is a violation of its own.
            let is_true = |flag: Tlv<'_>| flag.content != [0];
            all.push(Self {
                oid,
                critical: critical.is_some_and(is_true),
                explicit_default: critical.is_some_and(|flag| !is_true(flag)),
                value,
            });
        }
        Ok(all)
    }
}

/// Where `inner`, a part of `outer`, begins.
fn offset_in(outer: &[u8], inner: &[u8]) -> usize {
    inner.as_ptr().addr().wrapping_sub(outer.as_ptr().addr())
}
