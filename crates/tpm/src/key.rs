//! Public halves of keys, and signatures (TPM 2.0 Library Part 2, 12.2 `TPMT_PUBLIC`, 11.3 `TPMT_SIGNATURE`).

use zeroize::Zeroizing;

use crate::algorithm::{Algorithm, Curve};
use crate::error::TpmError;
use crate::keyfile::KeyFile;
use crate::wire::code;
use crate::wire::public::{PublicArea, PublicParameters};

/// The public half of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyPublic {
    /// An RSA key.
    Rsa {
        /// Big-endian, without leading zero octets.
        modulus: Vec<u8>,
        /// The public exponent; never 0 (which is the TPM's way to write 65537).
        exponent: u32,
    },
    /// A point on a curve.
    Ecc {
        /// The curve.
        curve: Curve,
        /// Big-endian, as long as the curve's coordinates are.
        x: Vec<u8>,
        /// Big-endian, as long as the curve's coordinates are.
        y: Vec<u8>,
    },
}

impl KeyPublic {
    /// Reads a whole `TPM2B_PUBLIC`, as a key file holds it; needs no TPM.
    ///
    /// # Errors
    /// [`TpmError::UnsupportedKey`] when it is damaged, or no RSA key and no key on one of [`Curve::ALL`].
    pub fn from_tpm2b_public(blob: &[u8]) -> Result<Self, TpmError> {
        let area = PublicArea::from_tpm2b(blob).map_err(|problem| TpmError::UnsupportedKey {
            reason: format!("its public area cannot be read: {problem}"),
        })?;
        Self::from_area(&area)
    }

    /// Kind and length.
    pub fn algorithm(&self) -> Algorithm {
        match self {
            // A modulus comes out of a TPM2B of at most 65535 octets; the registry has none above 16384 bits.
            Self::Rsa { modulus, .. } => Algorithm::Rsa {
                bits: u16::try_from(bit_length(modulus)).unwrap_or(u16::MAX),
            },
            Self::Ecc { curve, .. } => Algorithm::Ecc(*curve),
        }
    }

    pub(crate) fn from_area(area: &PublicArea) -> Result<Self, TpmError> {
        let unsupported = |reason: String| TpmError::UnsupportedKey { reason };
        match &area.parameters {
            PublicParameters::Rsa {
                modulus,
                exponent,
                bits,
                ..
            } => {
                let modulus = without_leading_zeros(modulus).to_vec();
                if bit_length(&modulus) != usize::from(*bits) {
                    return Err(unsupported(format!(
                        "its modulus has {} bits where {bits} are announced",
                        bit_length(&modulus)
                    )));
                }
                let exponent = if *exponent == 0 {
                    code::RSA_DEFAULT_EXPONENT
                } else {
                    *exponent
                };
                Ok(Self::Rsa { modulus, exponent })
            }
            PublicParameters::Ecc { curve, x, y, .. } => {
                let curve = Curve::from_tpm_id(*curve)
                    .ok_or_else(|| unsupported(format!("curve {curve:#06x} is not known here")))?;
                let coordinate = |octets: &[u8]| {
                    left_padded(octets, curve.coordinate_len()).ok_or_else(|| {
                        unsupported(format!(
                            "a coordinate of {} octets does not fit {curve}",
                            octets.len()
                        ))
                    })
                };
                Ok(Self::Ecc {
                    curve,
                    x: coordinate(x)?,
                    y: coordinate(y)?,
                })
            }
        }
    }
}

impl KeyFile {
    /// The public half of the key in the file; needs no TPM.
    ///
    /// # Errors
    /// As [`KeyPublic::from_tpm2b_public`].
    pub fn key_public(&self) -> Result<KeyPublic, TpmError> {
        KeyPublic::from_tpm2b_public(self.public_blob())
    }
}

/// A signature in the parts a TPM returns, neither padded nor wrapped in DER.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RawSignature {
    /// RSASSA-PKCS1-v1_5 (RFC 8017, 8.2), as long as the modulus.
    Rsa(Vec<u8>),
    /// ECDSA; big-endian unsigned integers, with or without leading zero octets.
    Ecdsa {
        /// The integer `r`.
        r: Vec<u8>,
        /// The integer `s`.
        s: Vec<u8>,
    },
}

/// `octets` as an integer of `len` octets; `None` when it is larger than that.
pub(crate) fn left_padded(octets: &[u8], len: usize) -> Option<Vec<u8>> {
    let significant = without_leading_zeros(octets);
    let mut padded = vec![0; len.checked_sub(significant.len())?];
    padded.extend_from_slice(significant);
    Some(padded)
}

/// A secret number with zeros in front; `None` when it has more bytes than `len`. The time it takes does not depend on the
/// number.
pub(crate) fn padded_secret(secret: Zeroizing<Vec<u8>>, len: usize) -> Option<Zeroizing<Vec<u8>>> {
    let missing = len.checked_sub(secret.len())?;
    if missing == 0 {
        return Some(secret);
    }
    let mut padded = Zeroizing::new(Vec::with_capacity(len));
    padded.resize(missing, 0);
    padded.extend_from_slice(&secret);
    Some(padded)
}

pub(crate) fn without_leading_zeros(octets: &[u8]) -> &[u8] {
    let start = octets
        .iter()
        .position(|&octet| octet != 0)
        .unwrap_or(octets.len());
    octets.get(start..).unwrap_or_default()
}

fn bit_length(significant: &[u8]) -> usize {
    significant.first().map_or(0, |&first| {
        // At most 8, so the conversion keeps it.
        significant.len() * 8 - usize::try_from(first.leading_zeros()).unwrap_or(0)
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::creation::KeyOptions;

    #[test]
    fn integers_are_padded_on_the_left() {
        assert_eq!(left_padded(&[0, 0, 1, 2], 3), Some(vec![0, 1, 2]));
        assert_eq!(left_padded(&[1, 2, 3, 4], 3), None);
        assert_eq!(bit_length(&[1, 0]), 9);
        assert_eq!(bit_length(&[]), 0);
    }

    #[test]
    fn exponent_zero_means_65537() {
        let mut area = KeyOptions::new(Algorithm::Rsa { bits: 2048 }).public_area(0);
        let PublicParameters::Rsa { modulus, .. } = &mut area.parameters else {
            panic!("an RSA template makes RSA parameters");
        };
        *modulus = vec![0xc5; 256];
        let blob = area.to_tpm2b().unwrap();
        let key = KeyPublic::from_tpm2b_public(&blob).unwrap();
        assert_eq!(
            key,
            KeyPublic::Rsa {
                modulus: vec![0xc5; 256],
                exponent: 65537
            }
        );
        assert_eq!(key.algorithm(), Algorithm::Rsa { bits: 2048 });
    }

    #[test]
    fn a_modulus_of_another_length_is_refused() {
        let mut area = KeyOptions::new(Algorithm::Rsa { bits: 2048 }).public_area(65537);
        let PublicParameters::Rsa { modulus, .. } = &mut area.parameters else {
            panic!("an RSA template makes RSA parameters");
        };
        *modulus = vec![0xc5; 128];
        assert!(matches!(
            KeyPublic::from_area(&area),
            Err(TpmError::UnsupportedKey { .. })
        ));
    }
}
