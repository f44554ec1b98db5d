//! Signature algorithms as AlgorithmIdentifier: RFC 4055 (RSA), RFC 5758 (ECDSA), RFC 8410 (Ed25519).

use std::fmt;

use der::asn1::ObjectIdentifier;

use crate::{Error, oid, read::Cursor};

/// A signature algorithm that certificates, CRLs, OCSP responses and requests may be signed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SignatureAlgorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256
    RsaPkcs1Sha256,
    /// RSASSA-PKCS1-v1_5 with SHA-384
    RsaPkcs1Sha384,
    /// RSASSA-PKCS1-v1_5 with SHA-512
    RsaPkcs1Sha512,
    /// ECDSA with SHA-256
    EcdsaSha256,
    /// ECDSA with SHA-384
    EcdsaSha384,
    /// ECDSA with SHA-512
    EcdsaSha512,
    /// Ed25519, which hashes by itself
    Ed25519,
}

impl SignatureAlgorithm {
    /// Every algorithm, in the order of the enum.
    pub const ALL: [Self; 7] = [
        Self::RsaPkcs1Sha256,
        Self::RsaPkcs1Sha384,
        Self::RsaPkcs1Sha512,
        Self::EcdsaSha256,
        Self::EcdsaSha384,
        Self::EcdsaSha512,
        Self::Ed25519,
    ];

    /// The whole AlgorithmIdentifier. RSA has NULL as parameters (RFC 4055 section 5); ECDSA and Ed25519 have none
    /// (RFC 5758 section 3.2, RFC 8410 section 3).
    pub const fn to_der(self) -> &'static [u8] {
        match self {
            Self::RsaPkcs1Sha256 => b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\x00",
            Self::RsaPkcs1Sha384 => b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c\x05\x00",
            Self::RsaPkcs1Sha512 => b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d\x05\x00",
            Self::EcdsaSha256 => b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02",
            Self::EcdsaSha384 => b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03",
            Self::EcdsaSha512 => b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x04",
            Self::Ed25519 => b"\x30\x05\x06\x03\x2b\x65\x70",
        }
    }

    /// Reads a whole AlgorithmIdentifier. Parameters that do not belong to the algorithm are refused, also the NULL
    /// that some writers give to ECDSA: two encodings of one algorithm are one too many in a signed structure.
    pub fn from_der(der: &[u8]) -> Result<Self, Error> {
        if let Some(known) = Self::ALL.into_iter().find(|a| a.to_der() == der) {
            return Ok(known);
        }
        let mut outer = Cursor::new(der, "AlgorithmIdentifier")?;
        let mut inner = outer.sequence("AlgorithmIdentifier")?;
        outer.finish()?;
        let oid = inner.oid("algorithm")?;
        let found = match inner.rest() {
            [] => "none".to_owned(),
            [0x05, 0x00] => "NULL".to_owned(),
            other => format!("{} bytes of something else", other.len()),
        };
        let known = Self::ALL
            .into_iter()
            .find(|a| a.oid() == oid)
            .ok_or(Error::UnknownSignatureAlgorithm(oid))?;
        Err(Error::AlgorithmParameters {
            algorithm: known.name(),
            expected: if known.is_rsa() { "NULL" } else { "none" },
            found,
        })
    }

    /// The object identifier alone.
    pub const fn oid(self) -> ObjectIdentifier {
        match self {
            Self::RsaPkcs1Sha256 => oid::SHA256_WITH_RSA,
            Self::RsaPkcs1Sha384 => oid::SHA384_WITH_RSA,
            Self::RsaPkcs1Sha512 => oid::SHA512_WITH_RSA,
            Self::EcdsaSha256 => oid::ECDSA_WITH_SHA256,
            Self::EcdsaSha384 => oid::ECDSA_WITH_SHA384,
            Self::EcdsaSha512 => oid::ECDSA_WITH_SHA512,
            Self::Ed25519 => oid::ED25519,
        }
    }

    /// The hash over the message, `None` for Ed25519.
    pub const fn hash(self) -> Option<Hash> {
        match self {
            Self::RsaPkcs1Sha256 | Self::EcdsaSha256 => Some(Hash::Sha256),
            Self::RsaPkcs1Sha384 | Self::EcdsaSha384 => Some(Hash::Sha384),
            Self::RsaPkcs1Sha512 | Self::EcdsaSha512 => Some(Hash::Sha512),
            Self::Ed25519 => None,
        }
    }

    /// Whether it is one of the RSA algorithms.
    pub const fn is_rsa(self) -> bool {
        matches!(
            self,
            Self::RsaPkcs1Sha256 | Self::RsaPkcs1Sha384 | Self::RsaPkcs1Sha512
        )
    }

    /// The name as OpenSSL prints it, such as `ecdsa-with-SHA256`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::RsaPkcs1Sha256 => "sha256WithRSAEncryption",
            Self::RsaPkcs1Sha384 => "sha384WithRSAEncryption",
            Self::RsaPkcs1Sha512 => "sha512WithRSAEncryption",
            Self::EcdsaSha256 => "ecdsa-with-SHA256",
            Self::EcdsaSha384 => "ecdsa-with-SHA384",
            Self::EcdsaSha512 => "ecdsa-with-SHA512",
            Self::Ed25519 => "ED25519",
        }
    }
}

impl fmt::Display for SignatureAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A hash function that a signature algorithm applies to the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Hash {
    /// SHA-256, 32 octets
    Sha256,
    /// SHA-384, 48 octets
    Sha384,
    /// SHA-512, 64 octets
    Sha512,
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    #[test]
    fn der_holds_the_oid_and_reads_back() {
        for algorithm in SignatureAlgorithm::ALL {
            let der = algorithm.to_der();
            let oid = algorithm.oid();
            assert_eq!(
                &der[4..4 + oid.as_bytes().len()],
                oid.as_bytes(),
                "{algorithm}"
            );
            assert_eq!(SignatureAlgorithm::from_der(der), Ok(algorithm));
        }
    }

    #[test]
    fn wrong_parameters_are_named() {
        let ecdsa_null = b"\x30\x0c\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02\x05\x00";
        assert_eq!(
            SignatureAlgorithm::from_der(ecdsa_null)
                .unwrap_err()
                .to_string(),
            "ecdsa-with-SHA256 must have none as parameters, found NULL"
        );
        let rsa_absent = b"\x30\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b";
        assert_eq!(
            SignatureAlgorithm::from_der(rsa_absent)
                .unwrap_err()
                .to_string(),
            "sha256WithRSAEncryption must have NULL as parameters, found none"
        );
    }

    #[test]
    fn unknown_algorithms_are_named() {
        let sha1_rsa = b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05\x05\x00";
        assert_eq!(
            SignatureAlgorithm::from_der(sha1_rsa)
                .unwrap_err()
                .to_string(),
            "unknown signature algorithm 1.2.840.113549.1.1.5"
        );
    }
}
