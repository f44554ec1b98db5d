//! Hashes, curves and key kinds (TCG Algorithm Registry; TPM 2.0 Library Part 2, 6.3 `TPM_ALG_ID` and 6.4 `TPM_ECC_CURVE`).

use std::fmt;

use aws_lc_rs::digest;

use crate::wire::code;

/// A hash a signature can be made over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HashAlg {
    /// SHA-256 (FIPS 180-4).
    Sha256,
    /// SHA-384 (FIPS 180-4).
    Sha384,
    /// SHA-512 (FIPS 180-4).
    Sha512,
}

impl HashAlg {
    /// Every hash this crate knows, shortest first.
    pub const ALL: [Self; 3] = [Self::Sha256, Self::Sha384, Self::Sha512];

    /// The digest of `data`, computed on this machine and not in the TPM.
    pub fn digest(self, data: &[u8]) -> Vec<u8> {
        digest::digest(self.implementation(), data)
            .as_ref()
            .to_vec()
    }

    /// Length of a digest in octets.
    #[expect(clippy::len_without_is_empty, reason = "a digest is never empty")]
    pub fn len(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// The TPM's number for it, `TPM_ALG_ID`.
    pub fn tpm_id(self) -> u16 {
        match self {
            Self::Sha256 => code::ALG_SHA256,
            Self::Sha384 => code::ALG_SHA384,
            Self::Sha512 => code::ALG_SHA512,
        }
    }

    pub(crate) fn from_tpm_id(id: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|hash| hash.tpm_id() == id)
    }

    pub(crate) fn implementation(self) -> &'static digest::Algorithm {
        match self {
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        }
    }
}

impl fmt::Display for HashAlg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
        })
    }
}

/// A NIST prime curve (FIPS 186-5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Curve {
    /// secp256r1.
    P256,
    /// secp384r1.
    P384,
    /// secp521r1.
    P521,
}

impl Curve {
    /// Every curve this crate knows, smallest first.
    pub const ALL: [Self; 3] = [Self::P256, Self::P384, Self::P521];

    /// Length of one coordinate in octets.
    pub fn coordinate_len(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }

    /// The TPM's number for it, `TPM_ECC_CURVE`.
    pub fn tpm_id(self) -> u16 {
        match self {
            Self::P256 => code::ECC_NIST_P256,
            Self::P384 => code::ECC_NIST_P384,
            Self::P521 => code::ECC_NIST_P521,
        }
    }

    pub(crate) fn from_tpm_id(id: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|curve| curve.tpm_id() == id)
    }
}

impl fmt::Display for Curve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
        })
    }
}

/// A kind of key: what it is and how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// RSA (RFC 8017).
    Rsa {
        /// Length of the modulus in bits.
        bits: u16,
    },
    /// ECDSA over a prime curve (FIPS 186-5).
    Ecc(Curve),
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rsa { bits } => write!(f, "RSA-{bits}"),
            Self::Ecc(curve) => curve.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digest_lengths_are_those_of_the_digests() {
        for hash in HashAlg::ALL {
            assert_eq!(hash.digest(b"abc").len(), hash.len());
            assert_eq!(HashAlg::from_tpm_id(hash.tpm_id()), Some(hash));
        }
        assert_eq!(HashAlg::from_tpm_id(code::ALG_NULL), None);
    }

    #[test]
    fn names_are_those_people_use() {
        assert_eq!(Algorithm::Rsa { bits: 3072 }.to_string(), "RSA-3072");
        assert_eq!(Algorithm::Ecc(Curve::P384).to_string(), "P-384");
        assert_eq!(HashAlg::Sha512.to_string(), "SHA-512");
    }
}
