//! Keys that can be broken although they are well formed: what CA/Browser Forum BR 6.1.1.3, 6.1.5 and 6.1.6 ask a CA to
//! refuse, as far as one can see it from the public key alone.

mod fermat;
mod natural;
mod roca;
mod small_factors;

use thiserror::Error;

use crate::{KeyAlgorithm, PublicKey, ed25519_point};
use natural::{bit_len, limbs};

/// Refuses a key that is known to be weak.
///
/// RSA: shorter than 2048 or longer than 8192 bits, exponent even, below 65537 or above 2^256 - 1, modulus even, with a
/// prime factor below 2^16, with the fingerprint of ROCA (CVE-2017-15361), or the product of two primes so close that
/// Fermat's method finds them within 100 steps (CVE-2022-26320). Ed25519: a point of small order. Points of P-256, P-384
/// and P-521 all have the curve's order; whether they are on the curve [`PublicKey::from_spki_der`] has checked.
pub fn check_strength(key: &PublicKey) -> Result<(), WeakKey> {
    if let Some((modulus, exponent)) = key.rsa_numbers() {
        return check_rsa(modulus, exponent);
    }
    if key.algorithm() == KeyAlgorithm::Ed25519
        && let Ok(encoded) = <&[u8; 32]>::try_from(key.key_bits())
        && ed25519_point::classify(encoded) == ed25519_point::Point::SmallOrder
    {
        return Err(WeakKey::SmallOrderPoint);
    }
    Ok(())
}

/// Why a key is refused.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum WeakKey {
    /// RSA modulus with fewer than 2048 bits (BR 6.1.5)
    #[error("RSA key of {bits} bits is too short, at least {MIN_RSA_BITS} are needed")]
    RsaTooShort {
        /// length of the modulus
        bits: usize,
    },
    /// RSA modulus with more than 8192 bits: each verification would cost its verifiers too much
    #[error("RSA key of {bits} bits is too long, at most {MAX_RSA_BITS} are accepted")]
    RsaTooLong {
        /// length of the modulus
        bits: usize,
    },
    /// such a key is no RSA key at all
    #[error("RSA public exponent is even")]
    ExponentEven,
    /// small exponents have broken many an implementation (BR 6.1.6)
    #[error("RSA public exponent {exponent} is too small, at least {MIN_EXPONENT} is needed")]
    ExponentTooSmall {
        /// the exponent
        exponent: u64,
    },
    /// exponent above 2^256 - 1 (BR 6.1.6)
    #[error(
        "RSA public exponent of {bits} bits is too large, at most {MAX_EXPONENT_BITS} bits are accepted"
    )]
    ExponentTooLarge {
        /// length of the exponent
        bits: usize,
    },
    /// a modulus that anyone can factor
    #[error("RSA modulus can be divided by {factor}")]
    SmallFactor {
        /// the smallest prime factor
        factor: u32,
    },
    /// made by the faulty library of Infineon chips (CVE-2017-15361)
    #[error(
        "RSA modulus has the fingerprint of ROCA (CVE-2017-15361): its primes can be computed from it"
    )]
    Roca,
    /// p and q so close that Fermat's method finds them at once (CVE-2022-26320)
    #[error("RSA modulus is the product of two primes that are close together (CVE-2022-26320)")]
    ClosePrimes,
    /// for such an Ed25519 key anyone can make signatures
    #[error("Ed25519 public key is a point of small order: anyone can sign for it")]
    SmallOrderPoint,
}

impl WeakKey {
    /// What the requester should do.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::RsaTooShort { .. }
            | Self::RsaTooLong { .. }
            | Self::ExponentEven
            | Self::ExponentTooSmall { .. }
            | Self::ExponentTooLarge { .. } => {
                "make a new key, such as `openssl genpkey -algorithm EC -pkeyopt group:P-256 -out key.pem` \
                 or `openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072 -out key.pem`"
            }
            Self::SmallFactor { .. } | Self::ClosePrimes | Self::SmallOrderPoint => {
                "the program that made this key is faulty: make a new key with another one, such as \
                 `openssl genpkey -algorithm EC -pkeyopt group:P-256 -out key.pem`"
            }
            Self::Roca => {
                "the key was made by an Infineon smart card or TPM with old firmware: update the firmware, then make \
                 a new key, and replace every other key made by that chip"
            }
        };
        Some(hint.to_owned())
    }
}

fn check_rsa(modulus: &[u8], exponent: &[u8]) -> Result<(), WeakKey> {
    let modulus = limbs(modulus);
    let exponent = limbs(exponent);

    let bits = bit_len(&modulus);
    if bits < MIN_RSA_BITS {
        return Err(WeakKey::RsaTooShort { bits });
    }
    if bits > MAX_RSA_BITS {
        return Err(WeakKey::RsaTooLong { bits });
    }
    match exponent.as_slice() {
        [] => return Err(WeakKey::ExponentTooSmall { exponent: 0 }),
        [lowest, ..] if lowest % 2 == 0 => return Err(WeakKey::ExponentEven),
        [exponent] if *exponent < MIN_EXPONENT => {
            return Err(WeakKey::ExponentTooSmall {
                exponent: *exponent,
            });
        }
        _ => {}
    }
    let bits = bit_len(&exponent);
    if bits > MAX_EXPONENT_BITS {
        return Err(WeakKey::ExponentTooLarge { bits });
    }
    // the cheap test for ROCA first: its keys have no small factors, and it tells the user more
    if roca::has_fingerprint(&modulus) {
        return Err(WeakKey::Roca);
    }
    if let Some(factor) = small_factors::smallest(&modulus) {
        return Err(WeakKey::SmallFactor { factor });
    }
    if fermat::finds_factors(&modulus, FERMAT_ROUNDS) {
        return Err(WeakKey::ClosePrimes);
    }
    Ok(())
}

const MIN_RSA_BITS: usize = 2048;
const MAX_RSA_BITS: usize = 8192;
const MIN_EXPONENT: u64 = 65_537;
const MAX_EXPONENT_BITS: usize = 256;
const FERMAT_ROUNDS: u32 = 100;
