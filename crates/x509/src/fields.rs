//! Writes to-be-signed certificates, RFC 5280 section 4.1.

use crate::{Error, Extension, Serial, SignatureAlgorithm, Validity, read::tag, write};

/// Everything of a certificate before its signature, in the order of RFC 5280 section 4.1; v3, or v1 when it has no
/// extensions and [`to_tbs_der_v1`](CertificateFields::to_tbs_der_v1) is asked.
///
/// The parts that end in `_der` are copied as they are: they must be one whole element each, which their makers
/// ([`crate::Csr`], [`crate::TbsCertificate`], [`crate::Name`]) guarantee.
#[derive(Clone, Copy, Debug)]
pub struct CertificateFields<'a> {
    /// Unique for this issuer.
    pub serial: &'a Serial,
    /// What the issuer will sign with.
    pub signature_algorithm: SignatureAlgorithm,
    /// The subject of the issuer's certificate, byte for byte.
    pub issuer_der: &'a [u8],
    /// First and last second.
    pub validity: Validity,
    /// Whom the certificate is about.
    pub subject_der: &'a [u8],
    /// The subject's SubjectPublicKeyInfo.
    pub spki_der: &'a [u8],
    /// In the order in which they will be written.
    pub extensions: &'a [Extension],
}

impl CertificateFields<'_> {
    /// The TBSCertificate. Refuses a validity without an encoding, repeated extensions, and `_der` parts that are not
    /// one SEQUENCE.
    pub fn to_tbs_der(&self) -> Result<Vec<u8>, Error> {
        self.encode(VERSION_3)
    }

    /// The same as version 1, which has no extensions: what OpenSSL makes of a configuration without any.
    pub fn to_tbs_der_v1(&self) -> Result<Vec<u8>, Error> {
        Self {
            extensions: &[],
            ..*self
        }
        .encode(&[])
    }

    fn encode(&self, version: &[u8]) -> Result<Vec<u8>, Error> {
        let Self {
            serial,
            signature_algorithm,
            issuer_der,
            validity,
            subject_der,
            spki_der,
            extensions,
        } = *self;

        let mut content =
            Vec::with_capacity(1024 + issuer_der.len() + subject_der.len() + spki_der.len());
        content.extend_from_slice(version);
        write::push_tlv(&mut content, tag::INTEGER, &serial.to_integer_content());
        content.extend_from_slice(signature_algorithm.to_der());
        content.extend_from_slice(one_sequence(issuer_der, "issuer")?);
        content.extend_from_slice(&validity.to_der()?);
        content.extend_from_slice(one_sequence(subject_der, "subject")?);
        content.extend_from_slice(one_sequence(spki_der, "subjectPublicKeyInfo")?);
        if !extensions.is_empty() {
            content.extend_from_slice(&encode_extensions(extensions)?);
        }
        Ok(write::tlv(tag::SEQUENCE, &content))
    }
}

/// `[3] EXPLICIT Extensions`.
fn encode_extensions(extensions: &[Extension]) -> Result<Vec<u8>, Error> {
    let mut list = Vec::with_capacity(512);
    for (index, extension) in extensions.iter().enumerate() {
        let earlier = extensions.get(..index).unwrap_or_default();
        if earlier.iter().any(|e| e.oid == extension.oid) {
            return Err(Error::DuplicateExtension(extension.oid));
        }
        list.extend_from_slice(&extension.to_der());
    }
    Ok(write::tlv(
        tag::context_constructed(3),
        &write::tlv(tag::SEQUENCE, &list),
    ))
}

fn one_sequence<'a>(der: &'a [u8], field: &'static str) -> Result<&'a [u8], Error> {
    let mut outer = crate::read::Cursor::new(der, field)?;
    let element = outer.sequence_der(field)?;
    outer.finish()?;
    Ok(element)
}

/// `[0] EXPLICIT INTEGER 2`.
const VERSION_3: &[u8] = b"\xa0\x03\x02\x01\x02";
