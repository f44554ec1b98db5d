//! Kinds of keys, and which signature algorithm goes with which kind (RFC 4055, RFC 5758, RFC 8410).

use std::fmt;

use aws_lc_rs::signature::{self, VerificationAlgorithm};
use tpm2ca_x509::{Hash, SignatureAlgorithm};

/// A kind of key and its size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyAlgorithm {
    /// RSA (RFC 8017)
    Rsa {
        /// length of the modulus in bits
        bits: usize,
    },
    /// ECDSA on NIST P-256 (secp256r1, prime256v1)
    P256,
    /// ECDSA on NIST P-384 (secp384r1)
    P384,
    /// ECDSA on NIST P-521 (secp521r1)
    P521,
    /// Ed25519 (RFC 8032)
    Ed25519,
}

impl KeyAlgorithm {
    /// The signature algorithm a key of this kind signs with unless told otherwise: a hash as strong as the key, but
    /// SHA-256 for every RSA key, since that is what all verifiers have.
    pub const fn default_signature(self) -> SignatureAlgorithm {
        match self {
            Self::Rsa { .. } => SignatureAlgorithm::RsaPkcs1Sha256,
            Self::P256 => SignatureAlgorithm::EcdsaSha256,
            Self::P384 => SignatureAlgorithm::EcdsaSha384,
            Self::P521 => SignatureAlgorithm::EcdsaSha512,
            Self::Ed25519 => SignatureAlgorithm::Ed25519,
        }
    }

    /// Whether a key of this kind can make signatures of that algorithm.
    pub const fn fits(self, algorithm: SignatureAlgorithm) -> bool {
        match self {
            Self::Rsa { .. } => algorithm.is_rsa(),
            Self::Ed25519 => matches!(algorithm, SignatureAlgorithm::Ed25519),
            Self::P256 | Self::P384 | Self::P521 => matches!(
                algorithm,
                SignatureAlgorithm::EcdsaSha256
                    | SignatureAlgorithm::EcdsaSha384
                    | SignatureAlgorithm::EcdsaSha512
            ),
        }
    }

    /// Octets of one coordinate of a point, `None` for RSA and Ed25519.
    pub(crate) const fn field_len(self) -> Option<usize> {
        match self {
            Self::P256 => Some(32),
            Self::P384 => Some(48),
            Self::P521 => Some(66),
            Self::Rsa { .. } | Self::Ed25519 => None,
        }
    }
}

impl fmt::Display for KeyAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rsa { bits } => write!(f, "RSA-{bits}"),
            Self::P256 => f.write_str("P-256"),
            Self::P384 => f.write_str("P-384"),
            Self::P521 => f.write_str("P-521"),
            Self::Ed25519 => f.write_str("Ed25519"),
        }
    }
}

/// What aws-lc verifies such a signature with; `None` when key and algorithm do not go together.
pub(crate) fn verification(
    key: KeyAlgorithm,
    algorithm: SignatureAlgorithm,
) -> Option<&'static dyn VerificationAlgorithm> {
    use Hash::{Sha256, Sha384, Sha512};

    if !key.fits(algorithm) {
        return None;
    }
    let verification: &'static dyn VerificationAlgorithm = match (key, algorithm.hash()) {
        (KeyAlgorithm::Rsa { .. }, Some(Sha256)) => &signature::RSA_PKCS1_2048_8192_SHA256,
        (KeyAlgorithm::Rsa { .. }, Some(Sha384)) => &signature::RSA_PKCS1_2048_8192_SHA384,
        (KeyAlgorithm::Rsa { .. }, Some(Sha512)) => &signature::RSA_PKCS1_2048_8192_SHA512,
        (KeyAlgorithm::P256, Some(Sha256)) => &signature::ECDSA_P256_SHA256_ASN1,
        (KeyAlgorithm::P256, Some(Sha384)) => &signature::ECDSA_P256_SHA384_ASN1,
        (KeyAlgorithm::P256, Some(Sha512)) => &signature::ECDSA_P256_SHA512_ASN1,
        (KeyAlgorithm::P384, Some(Sha256)) => &signature::ECDSA_P384_SHA256_ASN1,
        (KeyAlgorithm::P384, Some(Sha384)) => &signature::ECDSA_P384_SHA384_ASN1,
        (KeyAlgorithm::P384, Some(Sha512)) => &signature::ECDSA_P384_SHA512_ASN1,
        (KeyAlgorithm::P521, Some(Sha256)) => &signature::ECDSA_P521_SHA256_ASN1,
        (KeyAlgorithm::P521, Some(Sha384)) => &signature::ECDSA_P521_SHA384_ASN1,
        (KeyAlgorithm::P521, Some(Sha512)) => &signature::ECDSA_P521_SHA512_ASN1,
        (KeyAlgorithm::Ed25519, None) => &signature::ED25519,
        (KeyAlgorithm::Ed25519, Some(_)) | (_, None) => return None,
    };
    Some(verification)
}

/// What aws-lc verifies an RSASSA-PSS signature with; the salt is as long as the hash (RFC 4055 section 3.1).
pub(crate) fn pss_verification(hash: Hash) -> &'static dyn VerificationAlgorithm {
    match hash {
        Hash::Sha256 => &signature::RSA_PSS_2048_8192_SHA256,
        Hash::Sha384 => &signature::RSA_PSS_2048_8192_SHA384,
        Hash::Sha512 => &signature::RSA_PSS_2048_8192_SHA512,
    }
}
