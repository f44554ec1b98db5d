//! Public keys as SubjectPublicKeyInfo: RFC 5280 4.1.2.7, RFC 3279 2.3.1 (RSA), RFC 5480 (EC), RFC 8410 (Ed25519).

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use aws_lc_rs::{
    digest,
    signature::{ParsedPublicKey, UnparsedPublicKey},
};
use der::{Decode, Tag, Tagged, asn1::AnyRef, asn1::ObjectIdentifier, asn1::UintRef};
use spki::SubjectPublicKeyInfoRef;
use tpm2ca_x509::{Hash, SignatureAlgorithm};

use crate::{
    Digest, KeyAlgorithm, KeyError,
    algorithm::{pss_verification, verification},
    ed25519_point,
};

/// A public key of a supported kind. Cheap to clone.
///
/// It is well formed and, on a curve, a point of it; whether it is strong [`check_strength`](crate::check_strength)
/// tells. The SubjectPublicKeyInfo is kept as it was received.
#[derive(Clone)]
pub struct PublicKey(Arc<Inner>);

struct Inner {
    spki_der: Vec<u8>,
    algorithm: KeyAlgorithm,
    /// content of the BIT STRING: RSAPublicKey, point, or the 32 octets of an Ed25519 key
    key_bits: Vec<u8>,
    rsa: Option<RsaNumbers>,
    identifier: [u8; 20],
    /// aws-lc's form of the key for each hash, made when first needed; `None` in it: aws-lc refuses the key
    parsed: [OnceLock<Option<ParsedPublicKey>>; 3],
}

/// Big-endian, without leading zeros.
struct RsaNumbers {
    modulus: Vec<u8>,
    exponent: Vec<u8>,
}

impl PublicKey {
    /// Reads a SubjectPublicKeyInfo in DER: rsaEncryption; id-ecPublicKey on the named curves P-256, P-384 and P-521
    /// with an uncompressed point; Ed25519.
    ///
    /// # Errors
    /// Every [`KeyError`] that is about a key, [`KeyError::PointNotOnCurve`] among them, but not
    /// [`KeyError::Weak`]: a key may be looked at although it is weak.
    pub fn from_spki_der(spki_der: &[u8]) -> Result<Self, KeyError> {
        let spki = SubjectPublicKeyInfoRef::from_der(spki_der)
            .map_err(|error| malformed("SubjectPublicKeyInfo", &error))?;
        let key_bits = spki
            .subject_public_key
            .as_bytes()
            .ok_or_else(|| KeyError::Malformed {
                what: "the BIT STRING has unused bits".to_owned(),
            })?;
        let parameters = spki.algorithm.parameters;

        let mut rsa = None;
        let algorithm = match spki.algorithm.oid {
            RSA_ENCRYPTION => {
                if parameters != Some(AnyRef::NULL) {
                    return Err(KeyError::Malformed {
                        what: "rsaEncryption must have NULL as parameters".to_owned(),
                    });
                }
                let numbers = read_rsa(key_bits)?;
                let bits = bit_len(&numbers.modulus);
                rsa = Some(numbers);
                KeyAlgorithm::Rsa { bits }
            }
            EC_PUBLIC_KEY => {
                let curve = read_curve(parameters)?;
                check_point_form(curve, key_bits)?;
                curve
            }
            ED25519 => {
                if parameters.is_some() {
                    return Err(KeyError::Malformed {
                        what: "Ed25519 must not have parameters".to_owned(),
                    });
                }
                check_ed25519(key_bits)?;
                KeyAlgorithm::Ed25519
            }
            other => {
                return Err(KeyError::UnsupportedKey {
                    algorithm: name_of_key_algorithm(other),
                });
            }
        };

        let mut identifier = [0; 20];
        let sha1 = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, key_bits);
        identifier.copy_from_slice(sha1.as_ref());
        let key = Self(Arc::new(Inner {
            spki_der: spki_der.to_vec(),
            algorithm,
            key_bits: key_bits.to_vec(),
            rsa,
            identifier,
            parsed: Default::default(),
        }));
        if algorithm.field_len().is_some() && key.parsed(algorithm.default_signature()).is_err() {
            // The form and the length of the point are right, so what aws-lc did not like can only be its numbers.
            return Err(KeyError::PointNotOnCurve { curve: algorithm });
        }
        Ok(key)
    }

    /// The SubjectPublicKeyInfo as it was received.
    pub fn spki_der(&self) -> &[u8] {
        &self.0.spki_der
    }

    /// Kind and size.
    pub fn algorithm(&self) -> KeyAlgorithm {
        self.0.algorithm
    }

    /// SHA-1 of the BIT STRING's content (RFC 5280 4.2.1.2 method 1), for subjectKeyIdentifier and
    /// authorityKeyIdentifier. It is a name, nothing rests on SHA-1's strength.
    pub fn key_identifier(&self) -> [u8; 20] {
        self.0.identifier
    }

    /// Checks a signature in the form X.509 has it: a PKCS#1 block as long as the modulus, a DER `ECDSA-Sig-Value`, or 64
    /// octets of Ed25519.
    ///
    /// # Errors
    /// [`KeyError::BadSignature`], [`KeyError::AlgorithmMismatch`], or [`KeyError::RsaExponent`] and
    /// [`KeyError::Weak`] for RSA keys that aws-lc does not verify with.
    pub fn verify(
        &self,
        algorithm: SignatureAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), KeyError> {
        self.parsed(algorithm)?
            .verify_sig(message, signature)
            .map_err(|_| self.bad_signature(algorithm.name()))
    }

    /// Checks a signature over a message whose digest is known already.
    ///
    /// # Errors
    /// As for [`PublicKey::verify`], and [`KeyError::DigestMismatch`] when the digest is of another hash than
    /// `algorithm` uses. Ed25519 hashes in its own way, so every digest is a mismatch for it.
    pub fn verify_digest(
        &self,
        algorithm: SignatureAlgorithm,
        digest: &Digest,
        signature: &[u8],
    ) -> Result<(), KeyError> {
        if algorithm.hash() != Some(digest.hash()) {
            return Err(KeyError::DigestMismatch {
                algorithm,
                digest: digest.hash(),
            });
        }
        self.parsed(algorithm)?
            .verify_digest_sig(digest.imported(), signature)
            .map_err(|_| self.bad_signature(algorithm.name()))
    }

    /// Checks an RSASSA-PSS signature whose salt is as long as the hash (RFC 4055 section 3.1).
    pub(crate) fn verify_pss(
        &self,
        hash: Hash,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), KeyError> {
        if self.0.rsa.is_none() {
            return Err(KeyError::AlgorithmMismatch {
                key: self.algorithm(),
                signature: PSS_NAME.to_owned(),
            });
        }
        UnparsedPublicKey::new(pss_verification(hash), &self.0.key_bits)
            .verify(message, signature)
            .map_err(|_| self.bad_signature(PSS_NAME))
    }

    /// Modulus and exponent of an RSA key, big-endian without leading zeros.
    pub(crate) fn rsa_numbers(&self) -> Option<(&[u8], &[u8])> {
        let numbers = self.0.rsa.as_ref()?;
        Some((&numbers.modulus, &numbers.exponent))
    }

    /// The content of the BIT STRING.
    pub(crate) fn key_bits(&self) -> &[u8] {
        &self.0.key_bits
    }

    fn parsed(&self, algorithm: SignatureAlgorithm) -> Result<&ParsedPublicKey, KeyError> {
        let verification = verification(self.algorithm(), algorithm).ok_or_else(|| {
            KeyError::AlgorithmMismatch {
                key: self.algorithm(),
                signature: algorithm.name().to_owned(),
            }
        })?;
        if matches!(self.algorithm(), KeyAlgorithm::Rsa { bits } if !(2048..=8192).contains(&bits))
        {
            return Err(self.refusal_by_library());
        }
        let [sha256, sha384, sha512] = &self.0.parsed;
        let slot = match algorithm.hash() {
            Some(Hash::Sha256) | None => sha256,
            Some(Hash::Sha384) => sha384,
            Some(Hash::Sha512) => sha512,
        };
        slot.get_or_init(|| ParsedPublicKey::new(verification, &self.0.key_bits).ok())
            .as_ref()
            .ok_or_else(|| self.refusal_by_library())
    }

    /// Why aws-lc does not take a key that this crate could read.
    fn refusal_by_library(&self) -> KeyError {
        if let Err(weak) = crate::check_strength(self) {
            return KeyError::Weak(weak);
        }
        match &self.0.rsa {
            Some(numbers) => KeyError::RsaExponent {
                bits: bit_len(&numbers.exponent),
            },
            None => KeyError::PointNotOnCurve {
                curve: self.algorithm(),
            },
        }
    }

    fn bad_signature(&self, signature: &str) -> KeyError {
        KeyError::BadSignature {
            key: self.algorithm(),
            signature: signature.to_owned(),
        }
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.spki_der() == other.spki_der()
    }
}

impl Eq for PublicKey {}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({}, ", self.algorithm())?;
        self.0
            .identifier
            .iter()
            .try_for_each(|octet| write!(f, "{octet:02x}"))?;
        f.write_str(")")
    }
}

/// RSAPublicKey of RFC 8017 A.1.1; the reader refuses negative and padded numbers.
#[derive(der::Sequence)]
pub(crate) struct RsaPublicKey<'a> {
    pub(crate) modulus: UintRef<'a>,
    pub(crate) public_exponent: UintRef<'a>,
}

fn read_rsa(key_bits: &[u8]) -> Result<RsaNumbers, KeyError> {
    let key =
        RsaPublicKey::from_der(key_bits).map_err(|error| malformed("RSAPublicKey", &error))?;
    Ok(RsaNumbers {
        modulus: without_zeros(key.modulus.as_bytes()).to_vec(),
        exponent: without_zeros(key.public_exponent.as_bytes()).to_vec(),
    })
}

fn read_curve(parameters: Option<AnyRef<'_>>) -> Result<KeyAlgorithm, KeyError> {
    let parameters = parameters.ok_or_else(|| KeyError::Malformed {
        what: "id-ecPublicKey without parameters names no curve".to_owned(),
    })?;
    if parameters.tag() == Tag::Sequence {
        return Err(KeyError::UnsupportedKey {
            algorithm: "EC with explicit curve parameters".to_owned(),
        });
    }
    let curve = parameters
        .decode_as::<ObjectIdentifier>()
        .map_err(|error| malformed("curve of id-ecPublicKey", &error))?;
    curve_of(curve).ok_or_else(|| KeyError::UnsupportedKey {
        algorithm: name_of_curve(curve),
    })
}

/// The named curve with that object identifier (RFC 5480 section 2.1.1.1), if it is a supported one.
pub(crate) fn curve_of(curve: ObjectIdentifier) -> Option<KeyAlgorithm> {
    match curve {
        SECP256R1 => Some(KeyAlgorithm::P256),
        SECP384R1 => Some(KeyAlgorithm::P384),
        SECP521R1 => Some(KeyAlgorithm::P521),
        _ => None,
    }
}

/// RFC 5480 section 2.2: 04 || x || y.
fn check_point_form(curve: KeyAlgorithm, point: &[u8]) -> Result<(), KeyError> {
    let expected = 1 + 2 * curve.field_len().unwrap_or(0);
    match point.first() {
        Some(0x04) if point.len() == expected => Ok(()),
        Some(0x02 | 0x03) => Err(KeyError::CompressedPoint { curve }),
        Some(0x04) | None => Err(KeyError::Malformed {
            what: format!(
                "a point on {curve} has {expected} octets, got {}",
                point.len()
            ),
        }),
        Some(form) => Err(KeyError::Malformed {
            what: format!("a point on {curve} begins with the octet 04, got {form:02x}"),
        }),
    }
}

fn check_ed25519(key_bits: &[u8]) -> Result<(), KeyError> {
    let encoded = <&[u8; 32]>::try_from(key_bits).map_err(|_| KeyError::Malformed {
        what: format!(
            "an Ed25519 public key has 32 octets, got {}",
            key_bits.len()
        ),
    })?;
    match ed25519_point::classify(encoded) {
        ed25519_point::Point::None => Err(KeyError::PointNotOnCurve {
            curve: KeyAlgorithm::Ed25519,
        }),
        ed25519_point::Point::SmallOrder | ed25519_point::Point::Ordinary => Ok(()),
    }
}

fn malformed(part: &str, error: &der::Error) -> KeyError {
    KeyError::Malformed {
        what: format!("{part} is not DER: {error}"),
    }
}

fn without_zeros(octets: &[u8]) -> &[u8] {
    let zeros = octets.iter().take_while(|octet| **octet == 0).count();
    octets.get(zeros..).unwrap_or_default()
}

fn bit_len(number: &[u8]) -> usize {
    number
        .first()
        .map_or(0, |top| number.len() * 8 - top.leading_zeros() as usize)
}

/// Names for what is refused, since few know the numbers by heart.
pub(crate) fn name_of_key_algorithm(oid: ObjectIdentifier) -> String {
    let name = match oid.to_string().as_str() {
        "1.2.840.113549.1.1.10" => "id-RSASSA-PSS (an RSA key for PSS only)",
        "1.2.840.10040.4.1" => "DSA",
        "1.2.840.10046.2.1" => "X9.42 DH",
        "1.2.840.113549.1.3.1" => "DH",
        "1.3.101.110" => "X25519 (cannot sign)",
        "1.3.101.111" => "X448 (cannot sign)",
        "1.3.101.113" => "Ed448",
        "2.16.840.1.101.3.4.3.17" => "ML-DSA-44",
        "2.16.840.1.101.3.4.3.18" => "ML-DSA-65",
        "2.16.840.1.101.3.4.3.19" => "ML-DSA-87",
        number => return number.to_owned(),
    };
    name.to_owned()
}

pub(crate) fn name_of_curve(oid: ObjectIdentifier) -> String {
    let name = match oid.to_string().as_str() {
        "1.2.840.10045.3.1.1" => "P-192",
        "1.3.132.0.33" => "P-224",
        "1.3.132.0.10" => "secp256k1",
        "1.3.36.3.3.2.8.1.1.7" => "brainpoolP256r1",
        "1.3.36.3.3.2.8.1.1.11" => "brainpoolP384r1",
        "1.3.36.3.3.2.8.1.1.13" => "brainpoolP512r1",
        "1.2.156.10197.1.301" => "SM2",
        number => return format!("EC on the curve {number}"),
    };
    format!("EC on the curve {name}")
}

pub(crate) const RSA_ENCRYPTION: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
pub(crate) const EC_PUBLIC_KEY: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
pub(crate) const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
pub(crate) const SECP256R1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
pub(crate) const SECP384R1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
pub(crate) const SECP521R1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");
const PSS_NAME: &str = "rsassaPss";
