//! To-be-signed certificates as they were received, RFC 5280 section 4.1.

use crate::{
    Error, GeneralName, Name, ObjectIdentifier, RawExtension, Validity,
    extension::read_extensions,
    name::check_name,
    oid, parse_general_names,
    read::{Cursor, Element, document, tag},
    spki_bits::read_spki,
    time::read_time,
};

/// Everything of a certificate but its signature, borrowing its bytes.
///
/// Reads what other CAs have signed, so it accepts what RFC 5280 forbids but no reader chokes on (serial numbers of any
/// sign and size, the wrong type of time, v1 with extensions); the linter is where rules are checked.
#[derive(Clone, Debug)]
pub struct TbsCertificate<'a> {
    der: &'a [u8],
    version: u8,
    serial: &'a [u8],
    signature_algorithm_der: &'a [u8],
    issuer_der: &'a [u8],
    validity_der: &'a [u8],
    validity: Validity,
    subject_der: &'a [u8],
    spki_der: &'a [u8],
    unique_ids: bool,
    extensions: Vec<RawExtension<'a>>,
}

impl<'a> TbsCertificate<'a> {
    /// Reads a bare TBSCertificate.
    pub fn parse(der: &'a [u8]) -> Result<Self, Error> {
        Self::read(der, document(der, "TBSCertificate")?)
    }

    pub(crate) fn from_element(element: &Element<'a>) -> Result<Self, Error> {
        Self::read(element.der, element.open()?)
    }

    fn read(der: &'a [u8], mut fields: Cursor<'a>) -> Result<Self, Error> {
        let version = match fields.optional(tag::context_constructed(0), "version")? {
            Some(explicit) => read_version(&mut explicit.open()?)?,
            None => 0,
        };
        let serial = fields.integer("serialNumber")?;
        let signature_algorithm_der = fields.sequence_der("signature")?;
        let issuer = fields.element(tag::SEQUENCE, "SEQUENCE", "issuer")?;
        check_name(&issuer)?;
        let period = fields.element(tag::SEQUENCE, "SEQUENCE", "validity")?;
        let validity = read_validity(&mut period.open()?)?;
        let subject = fields.element(tag::SEQUENCE, "SEQUENCE", "subject")?;
        check_name(&subject)?;
        let spki = read_spki(&mut fields)?;
        let issuer_id = fields.optional(tag::context(1), "issuerUniqueID")?;
        let subject_id = fields.optional(tag::context(2), "subjectUniqueID")?;
        let extensions = match fields.optional(tag::context_constructed(3), "extensions")? {
            Some(explicit) => {
                let mut inside = explicit.open()?;
                let extensions = read_extensions(&mut inside, "extensions")?;
                inside.finish()?;
                extensions
            }
            None => Vec::new(),
        };
        fields.finish()?;
        Ok(Self {
            der,
            version,
            serial,
            signature_algorithm_der,
            issuer_der: issuer.der,
            validity_der: period.der,
            validity,
            subject_der: subject.der,
            spki_der: spki.der,
            unique_ids: issuer_id.is_some() || subject_id.is_some(),
            extensions,
        })
    }

    /// All of it: what the signature is over.
    pub fn der(&self) -> &'a [u8] {
        self.der
    }

    /// As encoded: 2 is v3.
    pub fn version(&self) -> u8 {
        self.version
    }

    /// Content of the serialNumber INTEGER. [`crate::Serial::from_integer_content`] reads those that RFC 5280 allows.
    pub fn serial(&self) -> &'a [u8] {
        self.serial
    }

    /// The whole AlgorithmIdentifier of the `signature` field.
    pub fn signature_algorithm_der(&self) -> &'a [u8] {
        self.signature_algorithm_der
    }

    /// The issuer Name.
    pub fn issuer_der(&self) -> &'a [u8] {
        self.issuer_der
    }

    /// The issuer, to look at.
    pub fn issuer(&self) -> Name {
        Name::trusted(self.issuer_der.to_vec())
    }

    /// The whole Validity as encoded; the types of its times are the linter's business.
    pub fn validity_der(&self) -> &'a [u8] {
        self.validity_der
    }

    /// First and last second of its validity.
    pub fn validity(&self) -> Validity {
        self.validity
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

    /// Whether it has an issuerUniqueID or a subjectUniqueID, which RFC 5280 4.1.2.8 tells CAs not to write.
    pub fn has_unique_ids(&self) -> bool {
        self.unique_ids
    }

    /// The extensions in their order.
    pub fn extensions(&self) -> &[RawExtension<'a>] {
        &self.extensions
    }

    /// One extension.
    pub fn extension(&self, oid: ObjectIdentifier) -> Option<&RawExtension<'a>> {
        self.extensions.iter().find(|e| e.oid == oid)
    }

    /// The key's own identifier (RFC 5280 4.2.1.2), if it is there and readable.
    pub fn subject_key_identifier(&self) -> Option<&'a [u8]> {
        let mut value = self.value(oid::SUBJECT_KEY_IDENTIFIER)?;
        value.octet_string("subjectKeyIdentifier").ok()
    }

    /// The `keyIdentifier` of the authorityKeyIdentifier (RFC 5280 4.2.1.1), if it is there and readable.
    pub fn authority_key_identifier(&self) -> Option<Vec<u8>> {
        let mut parts = self
            .value(oid::AUTHORITY_KEY_IDENTIFIER)?
            .sequence("authorityKeyIdentifier")
            .ok()?;
        let key = parts.optional(tag::context(0), "keyIdentifier").ok()??;
        Some(key.content.to_vec())
    }

    /// Whether basicConstraints say so (RFC 5280 4.2.1.9). Unreadable ones say no.
    pub fn is_ca(&self) -> bool {
        self.basic_constraints().is_some_and(|(ca, _)| ca)
    }

    /// How many intermediates may follow below this CA; `None` is without limit.
    pub fn path_len(&self) -> Option<u32> {
        self.basic_constraints().and_then(|(_, path_len)| path_len)
    }

    /// The names of the subjectAltName; empty when there is none.
    pub fn general_names(&self) -> Result<Vec<GeneralName>, Error> {
        self.extension(oid::SUBJECT_ALT_NAME)
            .map_or(Ok(Vec::new()), |e| parse_general_names(e.value))
    }

    fn value(&self, oid: ObjectIdentifier) -> Option<Cursor<'a>> {
        Cursor::new(self.extension(oid)?.value, "extnValue").ok()
    }

    fn basic_constraints(&self) -> Option<(bool, Option<u32>)> {
        crate::ext::parse_basic_constraints(self.extension(oid::BASIC_CONSTRAINTS)?.value).ok()
    }
}

fn read_version(cursor: &mut Cursor<'_>) -> Result<u8, Error> {
    let version = cursor
        .element(tag::INTEGER, "INTEGER", "version")?
        .as_u32()?;
    cursor.finish()?;
    u8::try_from(version)
        .ok()
        .filter(|v| *v <= 2)
        .ok_or_else(|| Error::Value {
            field: "version",
            problem: format!("must be 0 to 2 (v1 to v3), found {version}"),
        })
}

fn read_validity(cursor: &mut Cursor<'_>) -> Result<Validity, Error> {
    let validity = Validity {
        not_before: read_time(cursor, "notBefore")?,
        not_after: read_time(cursor, "notAfter")?,
    };
    cursor.finish()?;
    Ok(validity)
}
