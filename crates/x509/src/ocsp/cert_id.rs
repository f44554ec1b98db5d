//! Which certificate is asked for: `CertID`, RFC 6960 section 4.1.1.

use std::borrow::Cow;

use super::value_error;
use crate::{
    Error, ObjectIdentifier, Serial, oid,
    read::{Cursor, tag},
    write,
};

/// A certificate, named by hashes of its issuer and by its serial number.
///
/// One that was read is written again exactly as it came, since clients look for their own bytes in the response.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CertId<'a> {
    hash_oid: ObjectIdentifier,
    /// Whole AlgorithmIdentifier: some clients write NULL parameters, some leave them out.
    hash_algorithm_der: Cow<'a, [u8]>,
    issuer_name_hash: Cow<'a, [u8]>,
    issuer_key_hash: Cow<'a, [u8]>,
    serial: Cow<'a, [u8]>,
}

impl<'a> CertId<'a> {
    /// Names a certificate. `hash_oid` is [`oid::SHA1`], [`oid::SHA256`], [`oid::SHA384`] or [`oid::SHA512`], the
    /// hashes are of the issuer's subject and of its key; other algorithms and hashes of another length are refused.
    pub fn new(
        hash_oid: ObjectIdentifier,
        issuer_name_hash: &'a [u8],
        issuer_key_hash: &'a [u8],
        serial: &Serial,
    ) -> Result<Self, Error> {
        let expected = hash_len(hash_oid).ok_or_else(|| {
            value_error(
                "hashAlgorithm",
                format!("{hash_oid} is not known to this program"),
            )
        })?;
        for (field, hash) in [
            ("issuerNameHash", issuer_name_hash),
            ("issuerKeyHash", issuer_key_hash),
        ] {
            if hash.len() != expected {
                return Err(value_error(
                    field,
                    format!("must have {expected} octets, found {}", hash.len()),
                ));
            }
        }
        let mut algorithm = write::tlv(tag::OID, hash_oid.as_bytes());
        // OpenSSL and most clients write NULL; readers compare the object identifier.
        write::push_tlv(&mut algorithm, tag::NULL, &[]);
        Ok(Self {
            hash_oid,
            hash_algorithm_der: write::tlv(tag::SEQUENCE, &algorithm).into(),
            issuer_name_hash: issuer_name_hash.into(),
            issuer_key_hash: issuer_key_hash.into(),
            serial: serial.to_integer_content().into(),
        })
    }

    pub(super) fn read(cursor: &mut Cursor<'a>) -> Result<Self, Error> {
        let mut parts = cursor.sequence("CertID")?;
        let algorithm = parts.element(tag::SEQUENCE, "SEQUENCE", "hashAlgorithm")?;
        let mut algorithm_parts = algorithm.open()?;
        let hash_oid = algorithm_parts.oid("hashAlgorithm")?;
        algorithm_parts.optional(tag::NULL, "hashAlgorithm")?;
        algorithm_parts.finish()?;
        let issuer_name_hash = parts.octet_string("issuerNameHash")?;
        let issuer_key_hash = parts.octet_string("issuerKeyHash")?;
        let serial = parts.integer("serialNumber")?;
        parts.finish()?;
        Ok(Self {
            hash_oid,
            hash_algorithm_der: algorithm.der.into(),
            issuer_name_hash: issuer_name_hash.into(),
            issuer_key_hash: issuer_key_hash.into(),
            serial: serial.into(),
        })
    }

    /// What the issuer is hashed with.
    pub fn hash_oid(&self) -> ObjectIdentifier {
        self.hash_oid
    }

    /// Hash of the issuer's subject, the whole DER Name.
    pub fn issuer_name_hash(&self) -> &[u8] {
        &self.issuer_name_hash
    }

    /// Hash of the issuer's key, the content of its BIT STRING without the unused-bits octet.
    pub fn issuer_key_hash(&self) -> &[u8] {
        &self.issuer_key_hash
    }

    /// Content of the serial number's INTEGER.
    pub fn serial_content(&self) -> &[u8] {
        &self.serial
    }

    /// The serial number, if it is one that a certificate of RFC 5280 can have.
    pub fn serial(&self) -> Result<Serial, Error> {
        Serial::from_integer_content(&self.serial)
    }

    /// Whether the certificate's issuer is the one with these hashes, which were made with `hash_oid`. All three must
    /// be the same, also the key's hash: the name alone does not tell a CA from its successor.
    pub fn is_of_issuer(
        &self,
        hash_oid: ObjectIdentifier,
        name_hash: &[u8],
        key_hash: &[u8],
    ) -> bool {
        self.hash_oid == hash_oid
            && *self.issuer_name_hash == *name_hash
            && *self.issuer_key_hash == *key_hash
    }

    /// Whether the other one names its issuer with the very same bytes, the parameters of the hash included. Then
    /// nothing but the serial numbers tells them apart.
    pub fn has_same_issuer(&self, other: &CertId<'_>) -> bool {
        self.hash_algorithm_der == other.hash_algorithm_der
            && self.issuer_name_hash == other.issuer_name_hash
            && self.issuer_key_hash == other.issuer_key_hash
    }

    /// Another certificate of the same issuer.
    #[must_use]
    pub fn with_serial(&self, serial: &Serial) -> Self {
        Self {
            serial: serial.to_integer_content().into(),
            ..self.clone()
        }
    }

    /// The same with the parameters of the hash left out, as RFC 5754 section 2 has them and some clients write.
    #[must_use]
    pub fn without_parameters(&self) -> Self {
        let algorithm = write::tlv(tag::OID, self.hash_oid.as_bytes());
        Self {
            hash_algorithm_der: write::tlv(tag::SEQUENCE, &algorithm).into(),
            ..self.clone()
        }
    }

    /// The whole `CertID`.
    pub fn to_der(&self) -> Vec<u8> {
        let mut content = self.hash_algorithm_der.to_vec();
        write::push_tlv(&mut content, tag::OCTET_STRING, &self.issuer_name_hash);
        write::push_tlv(&mut content, tag::OCTET_STRING, &self.issuer_key_hash);
        write::push_tlv(&mut content, tag::INTEGER, &self.serial);
        write::tlv(tag::SEQUENCE, &content)
    }

    /// A copy that does not borrow the request any more.
    pub fn into_owned(self) -> CertId<'static> {
        CertId {
            hash_oid: self.hash_oid,
            hash_algorithm_der: self.hash_algorithm_der.into_owned().into(),
            issuer_name_hash: self.issuer_name_hash.into_owned().into(),
            issuer_key_hash: self.issuer_key_hash.into_owned().into(),
            serial: self.serial.into_owned().into(),
        }
    }
}

fn hash_len(hash_oid: ObjectIdentifier) -> Option<usize> {
    [
        (oid::SHA1, 20),
        (oid::SHA256, 32),
        (oid::SHA384, 48),
        (oid::SHA512, 64),
    ]
    .into_iter()
    .find_map(|(known, len)| (known == hash_oid).then_some(len))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    fn read(der: &[u8]) -> Result<CertId<'_>, Error> {
        CertId::read(&mut Cursor::new(der, "CertID").unwrap())
    }

    #[test]
    fn what_is_made_reads_back() {
        let serial: Serial = "ff".parse().unwrap();
        let id = CertId::new(oid::SHA1, &[1; 20], &[2; 20], &serial).unwrap();
        let der = id.to_der();
        let back = read(&der).unwrap();
        assert_eq!(back, id);
        assert_eq!(
            (back.serial(), back.serial_content()),
            (Ok(serial), &[0, 0xff][..])
        );
        assert!(back.is_of_issuer(oid::SHA1, &[1; 20], &[2; 20]));
        assert!(!back.is_of_issuer(oid::SHA256, &[1; 20], &[2; 20]));
        assert!(!back.is_of_issuer(oid::SHA1, &[2; 20], &[2; 20]));
        assert!(!back.is_of_issuer(oid::SHA1, &[1; 20], &[1; 20]));
        assert_eq!(back.into_owned().to_der(), der);
    }

    #[test]
    fn absent_parameters_stay_absent() {
        let der =
            b"\x30\x12\x30\x07\x06\x05\x2b\x0e\x03\x02\x1a\x04\x01\x01\x04\x01\x02\x02\x01\x05";
        assert_eq!(read(der).unwrap().to_der(), der);
    }

    #[test]
    fn certificates_of_one_issuer_differ_by_their_serial() {
        let (one, two): (Serial, Serial) = ("01".parse().unwrap(), "80".parse().unwrap());
        let id = CertId::new(oid::SHA1, &[1; 20], &[2; 20], &one).unwrap();
        let other = id.with_serial(&two);
        assert_eq!(other.serial(), Ok(two));
        assert!(id.has_same_issuer(&other) && id != other);
        let bare = id.without_parameters();
        assert!(!id.has_same_issuer(&bare));
        assert_eq!(bare.to_der().len() + 2, id.to_der().len());
        assert_eq!(read(&bare.to_der()).unwrap(), bare);
    }

    #[test]
    fn hashes_of_the_wrong_length_are_refused() {
        let serial: Serial = "01".parse().unwrap();
        assert_eq!(
            CertId::new(oid::SHA256, &[1; 32], &[2; 20], &serial)
                .unwrap_err()
                .to_string(),
            "`issuerKeyHash` must have 32 octets, found 20"
        );
        assert!(CertId::new(oid::CRL_NUMBER, &[], &[], &serial).is_err());
    }
}
