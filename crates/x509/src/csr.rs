//! Certificate requests, PKCS #10: RFC 2986, with the extensionRequest attribute of RFC 2985 section 5.4.2.

use crate::{
    Error, GeneralName, Name, RawExtension,
    extension::read_extensions,
    name::check_name,
    oid, parse_general_names,
    read::{Cursor, document, tag},
    spki_bits::read_spki,
};

/// A request that borrows the received bytes. Nothing is ever re-encoded: what is copied into a certificate and what
/// the signature is checked over are slices of the input.
///
/// Parsing says nothing about the signature or the key.
#[derive(Clone, Debug)]
pub struct Csr<'a> {
    der: &'a [u8],
    info_der: &'a [u8],
    subject_der: &'a [u8],
    spki_der: &'a [u8],
    signature_algorithm_der: &'a [u8],
    signature: &'a [u8],
    extensions: Vec<RawExtension<'a>>,
}

impl<'a> Csr<'a> {
    /// Longest request that is read, in bytes of DER.
    pub const MAX_LEN: usize = 256 * 1024;

    /// Reads a CertificationRequest. Refuses anything that is not DER, bytes after its end, another version than 0,
    /// more than one extensionRequest, and repeated extensions.
    pub fn parse(der: &'a [u8]) -> Result<Self, Error> {
        if der.len() > Self::MAX_LEN {
            return Err(Error::TooLarge {
                len: der.len(),
                max: Self::MAX_LEN,
            });
        }
        let mut request = document(der, "CertificationRequest")?;
        let info = request.element(tag::SEQUENCE, "SEQUENCE", "certificationRequestInfo")?;
        let signature_algorithm_der = request.sequence_der("signatureAlgorithm")?;
        let signature = request.whole_bytes("signature")?;
        request.finish()?;

        let mut fields = info.open()?;
        if fields.peek_tag() == Some(tag::context_constructed(0)) {
            return Err(Error::WrongKind {
                expected: "certificate request",
                found: "certificate",
            });
        }
        let version = fields
            .element(tag::INTEGER, "INTEGER", "version")?
            .as_u32()?;
        if version != 0 {
            return Err(Error::Value {
                field: "version",
                problem: format!("must be 0 (v1), found {version}"),
            });
        }
        let subject = fields.element(tag::SEQUENCE, "SEQUENCE", "subject")?;
        check_name(&subject)?;
        let spki = read_spki(&mut fields)?;
        // RFC 2986 has no OPTIONAL here, yet requests without the empty [0] are common and harmless.
        let extensions = match fields.optional(tag::context_constructed(0), "attributes")? {
            Some(attributes) => read_attributes(&mut attributes.open()?)?,
            None => Vec::new(),
        };
        fields.finish()?;

        Ok(Self {
            der,
            info_der: info.der,
            subject_der: subject.der,
            spki_der: spki.der,
            signature_algorithm_der,
            signature,
            extensions,
        })
    }

    /// All of it.
    pub fn der(&self) -> &'a [u8] {
        self.der
    }

    /// The CertificationRequestInfo, which the signature is over.
    pub fn info_der(&self) -> &'a [u8] {
        self.info_der
    }

    /// The subject Name.
    pub fn subject_der(&self) -> &'a [u8] {
        self.subject_der
    }

    /// The subject, to look at.
    pub fn subject(&self) -> Name {
        Name::trusted(self.subject_der.to_vec())
    }

    /// The SubjectPublicKeyInfo.
    pub fn spki_der(&self) -> &'a [u8] {
        self.spki_der
    }

    /// The whole AlgorithmIdentifier of the signature.
    pub fn signature_algorithm_der(&self) -> &'a [u8] {
        self.signature_algorithm_der
    }

    /// Bytes of the signature BIT STRING.
    pub fn signature(&self) -> &'a [u8] {
        self.signature
    }

    /// The extensions that are asked for, in their order; empty without an extensionRequest.
    pub fn extensions(&self) -> &[RawExtension<'a>] {
        &self.extensions
    }

    /// Content of the subjectAltName that is asked for: a GeneralNames SEQUENCE, not looked at yet.
    pub fn subject_alt_name_der(&self) -> Option<&'a [u8]> {
        self.extensions
            .iter()
            .find(|e| e.oid == oid::SUBJECT_ALT_NAME)
            .map(|e| e.value)
    }

    /// The names of the subjectAltName; empty when none is asked for.
    pub fn general_names(&self) -> Result<Vec<GeneralName>, Error> {
        self.subject_alt_name_der()
            .map_or(Ok(Vec::new()), parse_general_names)
    }
}

/// Attributes other than extensionRequest, such as challengePassword and Microsoft's own list of extensions, are
/// walked over.
fn read_attributes<'a>(attributes: &mut Cursor<'a>) -> Result<Vec<RawExtension<'a>>, Error> {
    let mut extensions = None;
    while !attributes.is_finished() {
        let mut attribute = attributes.sequence("attribute")?;
        let kind = attribute.oid("attribute type")?;
        let mut values = attribute
            .element(tag::SET, "SET", "attribute values")?
            .open()?;
        attribute.finish()?;
        if kind != oid::EXTENSION_REQUEST {
            continue;
        }
        if extensions.is_some() {
            return Err(Error::Value {
                field: "attributes",
                problem: "have more than one extensionRequest".to_owned(),
            });
        }
        extensions = Some(read_extensions(&mut values, "extensionRequest")?);
        values.finish()?;
    }
    Ok(extensions.unwrap_or_default())
}
