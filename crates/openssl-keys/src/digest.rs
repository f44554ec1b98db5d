//! Hashes, computed here and not in the TPM, and never with OpenSSL's code (FIPS 180-4).

use std::ffi::CStr;

use aws_lc_rs::digest::{self, Context};
use der::asn1::ObjectIdentifier;
use tpm2ca_tpm::HashAlg;

use crate::error::Error;

/// A hash that signatures are made over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "their names say it all")]
pub enum Md {
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

impl Md {
    const ALL: [Self; 5] = [
        Self::Sha1,
        Self::Sha224,
        Self::Sha256,
        Self::Sha384,
        Self::Sha512,
    ];

    /// By one of OpenSSL's names for it: `SHA256`, `SHA2-256`, `sha-256`, or its object identifier.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for what TPM keys do not sign.
    pub fn from_name(name: &str) -> Result<Self, Error> {
        let plain: String = name
            .chars()
            .filter(|letter| !matches!(letter, '-' | '_'))
            .map(|letter| letter.to_ascii_uppercase())
            .collect();
        Self::ALL
            .into_iter()
            .find(|md| {
                let number = plain.strip_prefix("SHA").unwrap_or_default();
                let known = md.name().to_string_lossy();
                let bits = known.strip_prefix("SHA").unwrap_or_default();
                number == bits
                    || (*md != Self::Sha1 && number.strip_prefix('2') == Some(bits))
                    || md.oid().to_string() == name
            })
            .ok_or_else(|| {
                Error::unsupported(
                    format!("the digest `{name}`"),
                    "TPM keys sign with SHA-1, SHA-224, SHA-256, SHA-384 and SHA-512",
                )
            })
    }

    /// OpenSSL's name.
    pub fn name(self) -> &'static CStr {
        match self {
            Self::Sha1 => c"SHA1",
            Self::Sha224 => c"SHA224",
            Self::Sha256 => c"SHA256",
            Self::Sha384 => c"SHA384",
            Self::Sha512 => c"SHA512",
        }
    }

    /// Octets of a digest.
    #[expect(clippy::len_without_is_empty, reason = "no digest is empty")]
    pub fn len(self) -> usize {
        self.implementation().output_len()
    }

    /// Its object identifier.
    pub fn oid(self) -> ObjectIdentifier {
        ObjectIdentifier::new_unwrap(match self {
            Self::Sha1 => "1.3.14.3.2.26",
            Self::Sha224 => "2.16.840.1.101.3.4.2.4",
            Self::Sha256 => "2.16.840.1.101.3.4.2.1",
            Self::Sha384 => "2.16.840.1.101.3.4.2.2",
            Self::Sha512 => "2.16.840.1.101.3.4.2.3",
        })
    }

    /// The hash whose digests have that many octets.
    pub fn of_length(length: usize) -> Option<Self> {
        Self::ALL.into_iter().find(|md| md.len() == length)
    }

    /// The hash as the TPM signs it, if it does.
    pub fn of_tpm(self) -> Option<HashAlg> {
        match self {
            Self::Sha1 | Self::Sha224 => None,
            Self::Sha256 => Some(HashAlg::Sha256),
            Self::Sha384 => Some(HashAlg::Sha384),
            Self::Sha512 => Some(HashAlg::Sha512),
        }
    }

    /// The hash that the TPM means.
    pub fn from_tpm(hash: HashAlg) -> Self {
        match hash {
            HashAlg::Sha256 => Self::Sha256,
            HashAlg::Sha384 => Self::Sha384,
            HashAlg::Sha512 => Self::Sha512,
        }
    }

    /// Hashes a message that is there, piece by piece.
    pub fn digest(self, pieces: &[&[u8]]) -> Vec<u8> {
        let mut hasher = Hasher::new(self);
        for piece in pieces {
            hasher.update(piece);
        }
        hasher.finish()
    }

    fn implementation(self) -> &'static digest::Algorithm {
        match self {
            Self::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha224 => &digest::SHA224,
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        }
    }
}

/// Hashes a message that comes in pieces.
#[derive(Clone)]
pub struct Hasher(Context);

impl Hasher {
    /// Begins.
    pub fn new(md: Md) -> Self {
        Self(Context::new(md.implementation()))
    }

    /// The next piece.
    pub fn update(&mut self, octets: &[u8]) {
        self.0.update(octets);
    }

    /// The digest of all pieces.
    pub fn finish(self) -> Vec<u8> {
        self.0.finish().as_ref().to_vec()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn names_of_openssl_are_known() {
        for (name, md) in [
            ("SHA256", Md::Sha256),
            ("sha256", Md::Sha256),
            ("SHA2-256", Md::Sha256),
            ("SHA-256", Md::Sha256),
            ("2.16.840.1.101.3.4.2.1", Md::Sha256),
            ("SHA1", Md::Sha1),
            ("SHA-1", Md::Sha1),
            ("SHA2-224", Md::Sha224),
            ("sha384", Md::Sha384),
            ("SHA512", Md::Sha512),
        ] {
            assert_eq!(Md::from_name(name).unwrap(), md, "{name}");
        }
        for name in [
            "",
            "SHA",
            "SHA3-256",
            "MD5",
            "SHA2-1",
            "SHA21",
            "SHA512-256",
            "256",
        ] {
            assert!(Md::from_name(name).is_err(), "{name}");
        }
    }

    #[test]
    fn known_values_of_the_empty_message() {
        let hex = |md: Md| {
            md.digest(&[])
                .iter()
                .fold(String::new(), |text, octet| format!("{text}{octet:02x}"))
        };
        assert_eq!(hex(Md::Sha1), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
        assert!(hex(Md::Sha256).starts_with("e3b0c44298fc1c149afbf4c8996fb924"));
        assert_eq!(Md::ALL.map(Md::len), [20, 28, 32, 48, 64]);
    }
}
