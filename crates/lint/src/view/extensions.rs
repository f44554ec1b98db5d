//! The extensions whose inside lints look at, RFC 5280 section 4.2.

use tpm2ca_x509::{ObjectIdentifier, oid};

use super::Extension;
use crate::tlv::{Flaw, FlawKind, Oid, Reader, Tlv, tag};

/// Each known extension decoded; `None` when it is absent or malformed, the latter also in `malformed`.
#[derive(Debug, Default)]
pub(crate) struct Decoded<'a> {
    pub(crate) basic_constraints: Option<BasicConstraints>,
    pub(crate) key_usage: Option<KeyUsage<'a>>,
    /// `extKeyUsage`
    pub(crate) purposes: Option<Vec<Oid<'a>>>,
    /// `subjectAltName`
    pub(crate) alt_names: Option<Vec<GeneralName<'a>>>,
    pub(crate) authority_key_identifier: Option<AuthorityKeyIdentifier<'a>>,
    pub(crate) subject_key_identifier: Option<&'a [u8]>,
    pub(crate) authority_info_access: Option<Vec<AccessDescription<'a>>>,
    /// `cRLDistributionPoints`
    pub(crate) distribution_points: Option<Vec<DistributionPoint<'a>>>,
    pub(crate) name_constraints: Option<NameConstraints<'a>>,
    pub(crate) policies: Option<Vec<Oid<'a>>>,
    pub(crate) malformed: Vec<Flaw>,
}

impl<'a> Decoded<'a> {
    pub(super) fn of(extensions: &[Extension<'a>]) -> Self {
        let mut decoded = Self::default();
        for extension in extensions {
            if let Err(flaw) = decoded.read(extension) {
                decoded.malformed.push(flaw);
            }
        }
        decoded
    }

    /// Of an extension that occurs twice the last one counts; that it does is an error of its own.
    fn read(&mut self, extension: &Extension<'a>) -> Result<(), Flaw> {
        let (oid, der) = (extension.oid, extension.value);
        if oid == oid::BASIC_CONSTRAINTS {
            self.basic_constraints = Some(BasicConstraints::parse(der)?);
        } else if oid == oid::KEY_USAGE {
            self.key_usage = Some(KeyUsage::parse(der)?);
        } else if oid == oid::EXTENDED_KEY_USAGE {
            self.purposes = Some(list(der, "extKeyUsage", |list| {
                Ok(Oid(list.expect(tag::OID)?.content))
            })?);
        } else if oid == oid::SUBJECT_ALT_NAME {
            self.alt_names = Some(list(der, "subjectAltName", GeneralName::read)?);
        } else if oid == oid::AUTHORITY_KEY_IDENTIFIER {
            self.authority_key_identifier = Some(AuthorityKeyIdentifier::parse(der)?);
        } else if oid == oid::SUBJECT_KEY_IDENTIFIER {
            let identifier = Tlv::only(der, tag::OCTET_STRING, "subjectKeyIdentifier")?;
            self.subject_key_identifier = Some(identifier.content);
        } else if oid == oid::AUTHORITY_INFO_ACCESS {
            let accesses = list(der, "authorityInfoAccess", AccessDescription::read)?;
            self.authority_info_access = Some(accesses);
        } else if oid == oid::CRL_DISTRIBUTION_POINTS {
            let points = list(der, "cRLDistributionPoints", DistributionPoint::read)?;
            self.distribution_points = Some(points);
        } else if oid == oid::NAME_CONSTRAINTS {
            self.name_constraints = Some(NameConstraints::parse(der)?);
        } else if oid == oid::CERTIFICATE_POLICIES {
            self.policies = Some(list(der, "certificatePolicies", |list| {
                let mut policy = list.expect(tag::SEQUENCE)?.reader("certificatePolicies");
                Ok(Oid(policy.expect(tag::OID)?.content))
            })?);
        } else if oid == oid::OCSP_NO_CHECK {
            Tlv::only(der, tag::NULL, "id-pkix-ocsp-nocheck")?;
        }
        Ok(())
    }
}

/// RFC 5280 section 4.2.1.9
#[derive(Clone, Copy, Debug)]
pub(crate) struct BasicConstraints {
    pub(crate) ca: bool,
    /// `cA FALSE` is spelled out.
    pub(crate) explicit_default: bool,
    /// Numbers beyond `u32` count as the largest one.
    pub(crate) path_len: Option<u32>,
}

impl BasicConstraints {
    fn parse(der: &[u8]) -> Result<Self, Flaw> {
        const WHAT: &str = "basicConstraints";
        let mut fields = Tlv::only(der, tag::SEQUENCE, WHAT)?.reader(WHAT);
        let ca = fields.optional(tag::BOOLEAN)?;
        let path_len = match fields.optional(tag::INTEGER)? {
            Some(number) => Some(small_unsigned(number.content).ok_or(Flaw {
                what: WHAT,
                kind: FlawKind::Content("a negative or empty path length"),
            })?),
            None => None,
        };
        fields.finish()?;
        let is_true = |flag: Tlv<'_>| flag.content != [0];
        Ok(Self {
            ca: ca.is_some_and(is_true),
            explicit_default: ca.is_some_and(|flag| !is_true(flag)),
            path_len,
        })
    }
}

/// Names for the bits of [`KeyUsage`].
pub(crate) mod usage {
    pub(crate) const DIGITAL_SIGNATURE: u16 = 1 << 0;
    pub(crate) const NON_REPUDIATION: u16 = 1 << 1;
    pub(crate) const KEY_ENCIPHERMENT: u16 = 1 << 2;
    pub(crate) const DATA_ENCIPHERMENT: u16 = 1 << 3;
    pub(crate) const KEY_AGREEMENT: u16 = 1 << 4;
    pub(crate) const KEY_CERT_SIGN: u16 = 1 << 5;
    pub(crate) const CRL_SIGN: u16 = 1 << 6;
    pub(crate) const ENCIPHER_ONLY: u16 = 1 << 7;
    pub(crate) const DECIPHER_ONLY: u16 = 1 << 8;
}

/// RFC 5280 section 4.2.1.3
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeyUsage<'a> {
    /// Bit n of RFC 5280 is bit n here.
    pub(crate) bits: u16,
    /// Content of the BIT STRING.
    pub(crate) content: &'a [u8],
}

impl<'a> KeyUsage<'a> {
    fn parse(der: &'a [u8]) -> Result<Self, Flaw> {
        let content = Tlv::only(der, tag::BIT_STRING, "keyUsage")?.content;
        let octet = |index: usize| content.get(index).copied().unwrap_or(0).reverse_bits();
        Ok(Self {
            bits: u16::from_le_bytes([octet(1), octet(2)]),
            content,
        })
    }

    /// Whether at least one of `bits` is set.
    pub(crate) fn has_any(&self, bits: u16) -> bool {
        self.bits & bits != 0
    }
}

/// Tag numbers of `GeneralName`, RFC 5280 section 4.2.1.6.
pub(crate) mod kind {
    pub(crate) const OTHER: u8 = 0;
    pub(crate) const EMAIL: u8 = 1;
    pub(crate) const DNS: u8 = 2;
    pub(crate) const DIRECTORY: u8 = 4;
    pub(crate) const URI: u8 = 6;
    pub(crate) const IP: u8 = 7;
    pub(crate) const REGISTERED_ID: u8 = 8;
}

/// RFC 5280 section 4.2.1.6; only the tag is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct GeneralName<'a> {
    pub(crate) tag: u8,
    pub(crate) content: &'a [u8],
}

impl<'a> GeneralName<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, Flaw> {
        let element = reader.next()?;
        if element.tag & 0xc0 != 0x80 {
            let kind = FlawKind::Content("something that is no GeneralName");
            return Err(Flaw {
                what: "GeneralName",
                kind,
            });
        }
        Ok(Self {
            tag: element.tag,
            content: element.content,
        })
    }

    /// One of [`kind`], or another number.
    pub(crate) fn kind(&self) -> u8 {
        self.tag & 0x1f
    }
}

/// RFC 5280 section 4.2.1.1
#[derive(Clone, Copy, Debug)]
pub(crate) struct AuthorityKeyIdentifier<'a> {
    pub(crate) key_identifier: Option<&'a [u8]>,
    pub(crate) has_issuer: bool,
    pub(crate) has_serial: bool,
}

impl<'a> AuthorityKeyIdentifier<'a> {
    fn parse(der: &'a [u8]) -> Result<Self, Flaw> {
        const WHAT: &str = "authorityKeyIdentifier";
        let mut fields = Tlv::only(der, tag::SEQUENCE, WHAT)?.reader(WHAT);
        let key_identifier = fields.optional(tag::context(0))?;
        let issuer = fields.optional(tag::explicit(1))?;
        let serial = fields.optional(tag::context(2))?;
        fields.finish()?;
        Ok(Self {
            key_identifier: key_identifier.map(|element| element.content),
            has_issuer: issuer.is_some(),
            has_serial: serial.is_some(),
        })
    }
}

/// RFC 5280 section 4.2.2.1
#[derive(Clone, Copy, Debug)]
pub(crate) struct AccessDescription<'a> {
    pub(crate) method: Oid<'a>,
    pub(crate) location: GeneralName<'a>,
}

impl<'a> AccessDescription<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, Flaw> {
        let mut fields = reader.expect(tag::SEQUENCE)?.reader("AccessDescription");
        let method = Oid(fields.expect(tag::OID)?.content);
        let location = GeneralName::read(&mut fields)?;
        fields.finish()?;
        Ok(Self { method, location })
    }

    pub(crate) fn is(&self, method: ObjectIdentifier) -> bool {
        self.method == method
    }
}

/// RFC 5280 section 4.2.1.13
#[derive(Debug)]
pub(crate) struct DistributionPoint<'a> {
    /// `fullName`; empty when the point has none.
    pub(crate) full_name: Vec<GeneralName<'a>>,
    pub(crate) has_name: bool,
    pub(crate) has_crl_issuer: bool,
}

impl<'a> DistributionPoint<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, Flaw> {
        const WHAT: &str = "DistributionPoint";
        let mut fields = reader.expect(tag::SEQUENCE)?.reader(WHAT);
        let name = fields.optional(tag::explicit(0))?;
        let _reasons = fields.optional(tag::context(1))?;
        let crl_issuer = fields.optional(tag::explicit(2))?;
        fields.finish()?;
        let mut full_name = Vec::new();
        if let Some(choice) = name
            && let Some(names) = choice.reader(WHAT).optional(tag::explicit(0))?
        {
            let mut names = names.reader(WHAT);
            while !names.is_empty() {
                full_name.push(GeneralName::read(&mut names)?);
            }
        }
        Ok(Self {
            full_name,
            has_name: name.is_some(),
            has_crl_issuer: crl_issuer.is_some(),
        })
    }
}

/// RFC 5280 section 4.2.1.10
#[derive(Debug)]
pub(crate) struct NameConstraints<'a> {
    pub(crate) permitted: Option<Vec<Subtree<'a>>>,
    pub(crate) excluded: Option<Vec<Subtree<'a>>>,
}

impl<'a> NameConstraints<'a> {
    pub(crate) fn parse(der: &'a [u8]) -> Result<Self, Flaw> {
        const WHAT: &str = "nameConstraints";
        let mut fields = Tlv::only(der, tag::SEQUENCE, WHAT)?.reader(WHAT);
        let permitted = fields.optional(tag::explicit(0))?;
        let excluded = fields.optional(tag::explicit(1))?;
        fields.finish()?;
        let subtrees = |list: Option<Tlv<'a>>| {
            list.map(|list| elements(list.reader(WHAT), Subtree::read))
                .transpose()
        };
        Ok(Self {
            permitted: subtrees(permitted)?,
            excluded: subtrees(excluded)?,
        })
    }

    /// Permitted subtrees, then excluded ones.
    pub(crate) fn subtrees(&self) -> impl Iterator<Item = &Subtree<'a>> {
        [&self.permitted, &self.excluded]
            .into_iter()
            .flatten()
            .flatten()
    }
}

/// RFC 5280 section 4.2.1.10, `GeneralSubtree`
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subtree<'a> {
    pub(crate) base: GeneralName<'a>,
    /// Content of `minimum` when it is spelled out.
    pub(crate) minimum: Option<&'a [u8]>,
    pub(crate) has_maximum: bool,
}

impl<'a> Subtree<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, Flaw> {
        let mut fields = reader.expect(tag::SEQUENCE)?.reader("GeneralSubtree");
        let base = GeneralName::read(&mut fields)?;
        let minimum = fields.optional(tag::context(0))?;
        let maximum = fields.optional(tag::context(1))?;
        fields.finish()?;
        Ok(Self {
            base,
            minimum: minimum.map(|element| element.content),
            has_maximum: maximum.is_some(),
        })
    }
}

/// A SEQUENCE OF, alone in `der`.
fn list<'a, T>(
    der: &'a [u8],
    what: &'static str,
    read: impl FnMut(&mut Reader<'a>) -> Result<T, Flaw>,
) -> Result<Vec<T>, Flaw> {
    elements(Tlv::only(der, tag::SEQUENCE, what)?.reader(what), read)
}

fn elements<'a, T>(
    mut reader: Reader<'a>,
    mut read: impl FnMut(&mut Reader<'a>) -> Result<T, Flaw>,
) -> Result<Vec<T>, Flaw> {
    let mut all = Vec::new();
    while !reader.is_empty() {
        all.push(read(&mut reader)?);
    }
    Ok(all)
}

fn small_unsigned(content: &[u8]) -> Option<u32> {
    let (&first, _) = content.split_first()?;
    if first & 0x80 != 0 {
        return None;
    }
    Some(content.iter().fold(0_u32, |number, &octet| {
        number
            .checked_mul(256)
            .map_or(u32::MAX, |shifted| shifted | u32::from(octet))
    }))
}
