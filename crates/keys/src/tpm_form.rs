//! Keys and signatures in the forms that a TPM has them, and approvals for keys under a policy
//! (TPM 2.0 Library Part 2, 11.2.4, 11.3.4 and 12.2.3).

use std::fmt;

use der::{
    Decode, SliceReader,
    asn1::{AnyRef, OctetStringRef, UintRef},
};
use tpm2ca_tpm::{
    ApprovalRefused, ApprovalRequest, Approver, Curve, HashAlg, KeyPublic, PolicyKey, RawSignature,
    SoftwarePrivate, TpmError,
};
use tpm2ca_x509::{Hash, SignatureAlgorithm};
use zeroize::Zeroizing;

use crate::{
    Digest, KeyAlgorithm, PrivateKeyError, PublicKey, Signer, SoftwareKey, VerifiedSignature,
};

/// The public half of any key in the TPM's form, the other way round than [`spki_from_tpm`](crate::spki_from_tpm).
///
/// `None` for what no TPM has: Ed25519 keys, and RSA keys with an exponent of more than 32 bits.
pub fn public_for_tpm(public: &PublicKey) -> Option<KeyPublic> {
    let curve = match public.algorithm() {
        KeyAlgorithm::P256 => Curve::P256,
        KeyAlgorithm::P384 => Curve::P384,
        KeyAlgorithm::P521 => Curve::P521,
        KeyAlgorithm::Rsa { .. } => {
            let (modulus, exponent) = public.rsa_numbers()?;
            return Some(KeyPublic::Rsa {
                modulus: modulus.to_vec(),
                exponent: number(exponent)?,
            });
        }
        KeyAlgorithm::Ed25519 => return None,
    };
    // An uncompressed point, as `PublicKey` has them all: 04, x, y.
    let point = public.key_bits().get(1..)?;
    let (x, y) = point.split_at_checked(curve.coordinate_len())?;
    Some(KeyPublic::Ecc {
        curve,
        x: x.to_vec(),
        y: y.to_vec(),
    })
}

/// A signature in the parts that a TPM has it in.
///
/// # Errors
/// [`PrivateKeyError::Malformed`], which cannot be for a signature that was verified.
pub fn raw_signature(signature: &VerifiedSignature) -> Result<RawSignature, PrivateKeyError> {
    if signature.alg().is_rsa() {
        return Ok(RawSignature::Rsa(signature.bytes().to_vec()));
    }
    let (r, s) = two_integers(signature.bytes()).map_err(|error| malformed("signature", &error))?;
    Ok(RawSignature::Ecdsa { r, s })
}

impl SoftwareKey {
    /// The numbers of the key, as a TPM imports them.
    ///
    /// # Errors
    /// [`PrivateKeyError::Unsupported`] for keys that no TPM has.
    pub fn to_tpm(&self) -> Result<SoftwarePrivate, PrivateKeyError> {
        let public =
            public_for_tpm(self.public_key()).ok_or_else(|| PrivateKeyError::Unsupported {
                algorithm: format!("{} (in a TPM)", self.public_key().algorithm()),
            })?;
        let info = self.to_pkcs8_der()?;
        let inner = private_key(&info).map_err(|error| malformed("PrivateKeyInfo", &error))?;
        match public {
            KeyPublic::Rsa { modulus, exponent } => Ok(SoftwarePrivate::Rsa {
                modulus,
                prime: first_prime(inner).map_err(|error| malformed("RSAPrivateKey", &error))?,
                exponent,
            }),
            KeyPublic::Ecc { curve, x, y } => Ok(SoftwarePrivate::Ecc {
                curve,
                d: secret_number(inner).map_err(|error| malformed("ECPrivateKey", &error))?,
                x,
                y,
            }),
        }
    }
}

/// Approves every use of keys whose policy asks for the signature of a software key (`TPM2_PolicySigned`).
///
/// The key must not be in the TPM that asks: that TPM waits for the answer.
pub struct KeyApprover {
    signer: SoftwareKey,
    key: PolicyKey,
}

impl KeyApprover {
    /// Approves with this key.
    ///
    /// # Errors
    /// [`TpmError::UnsupportedKey`] for keys that a TPM cannot verify signatures of.
    pub fn new(signer: SoftwareKey) -> Result<Self, TpmError> {
        let key = policy_key(signer.public_key())?;
        Ok(Self { signer, key })
    }
}

impl Approver for KeyApprover {
    fn key(&self) -> &PolicyKey {
        &self.key
    }

    fn sign(
        &self,
        digest: &[u8],
        _: &ApprovalRequest<'_>,
    ) -> Result<RawSignature, ApprovalRefused> {
        sign_for_tpm(&self.signer, HashAlg::Sha256, digest)
            .map_err(|reason| ApprovalRefused { reason })
    }
}

impl fmt::Debug for KeyApprover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KeyApprover").field(self.key.name()).finish()
    }
}

/// The public area that stands for a key outside of the TPM in policies.
///
/// # Errors
/// [`TpmError::UnsupportedKey`] for keys that a TPM cannot verify signatures of.
pub fn policy_key(public: &PublicKey) -> Result<PolicyKey, TpmError> {
    let in_tpm = public_for_tpm(public).ok_or_else(|| TpmError::UnsupportedKey {
        reason: format!(
            "a TPM cannot verify signatures of {} keys",
            public.algorithm()
        ),
    })?;
    PolicyKey::from_public(&in_tpm)
}

/// Signs a digest for a TPM that is going to verify it.
///
/// # Errors
/// A message when the key cannot sign such digests, or could not.
pub fn sign_for_tpm(
    signer: &dyn Signer,
    hash: HashAlg,
    digest: &[u8],
) -> Result<RawSignature, String> {
    let hash = match hash {
        HashAlg::Sha256 => Hash::Sha256,
        HashAlg::Sha384 => Hash::Sha384,
        HashAlg::Sha512 => Hash::Sha512,
    };
    let key = signer.public_key().algorithm();
    let algorithm = SignatureAlgorithm::ALL
        .into_iter()
        .find(|algorithm| algorithm.hash() == Some(hash) && key.fits(*algorithm))
        .ok_or_else(|| format!("{} cannot sign digests", signer.describe()))?;
    let digest = Digest::from_value(hash, digest).map_err(|error| error.to_string())?;
    let signature = signer
        .sign(algorithm, &digest)
        .map_err(|error| error.to_string())?;
    raw_signature(&signature).map_err(|error| error.to_string())
}

/// The octets of the private key in a PrivateKeyInfo.
fn private_key(info: &[u8]) -> der::Result<&[u8]> {
    let mut reader = SliceReader::new(AnyRef::from_der(info)?.value())?;
    u8::decode(&mut reader)?;
    AnyRef::decode(&mut reader)?;
    Ok(<&OctetStringRef>::decode(&mut reader)?.as_bytes())
}

/// RSAPrivateKey (RFC 8017 A.1.2): version, modulus, two exponents, then the primes.
fn first_prime(der: &[u8]) -> der::Result<Zeroizing<Vec<u8>>> {
    let mut reader = SliceReader::new(AnyRef::from_der(der)?.value())?;
    u8::decode(&mut reader)?;
    for _ in 0..3 {
        UintRef::decode(&mut reader)?;
    }
    Ok(Zeroizing::new(
        UintRef::decode(&mut reader)?.as_bytes().to_vec(),
    ))
}

/// ECPrivateKey (RFC 5915): version, then the number.
fn secret_number(der: &[u8]) -> der::Result<Zeroizing<Vec<u8>>> {
    let mut reader = SliceReader::new(AnyRef::from_der(der)?.value())?;
    u8::decode(&mut reader)?;
    let number = <&OctetStringRef>::decode(&mut reader)?;
    Ok(Zeroizing::new(number.as_bytes().to_vec()))
}

fn two_integers(der: &[u8]) -> der::Result<(Vec<u8>, Vec<u8>)> {
    let mut reader = SliceReader::new(AnyRef::from_der(der)?.value())?;
    let r = UintRef::decode(&mut reader)?.as_bytes().to_vec();
    let s = UintRef::decode(&mut reader)?.as_bytes().to_vec();
    Ok((r, s))
}

fn number(octets: &[u8]) -> Option<u32> {
    octets.iter().try_fold(0u32, |number, octet| {
        number
            .checked_mul(256)
            .map(|number| number | u32::from(*octet))
    })
}

fn malformed(what: &str, error: &der::Error) -> PrivateKeyError {
    PrivateKeyError::Malformed {
        what: format!("{what} is not DER: {error}"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use crate::spki_from_tpm;

    use super::*;

    const KINDS: [KeyAlgorithm; 4] = [
        KeyAlgorithm::Rsa { bits: 2048 },
        KeyAlgorithm::P256,
        KeyAlgorithm::P384,
        KeyAlgorithm::P521,
    ];

    #[test]
    fn public_halves_come_back_as_they_were() {
        for kind in KINDS {
            let key = SoftwareKey::generate(kind).unwrap();
            let in_tpm = public_for_tpm(key.public_key()).unwrap();
            assert_eq!(spki_from_tpm(&in_tpm), key.public_key().spki_der());
            let numbers = key.to_tpm().unwrap();
            assert_eq!(numbers.public(), in_tpm);
        }
        let ed25519 = SoftwareKey::generate(KeyAlgorithm::Ed25519).unwrap();
        assert!(public_for_tpm(ed25519.public_key()).is_none());
        let error = ed25519.to_tpm().unwrap_err();
        assert!(error.to_string().contains("Ed25519 (in a TPM)"), "{error}");
        assert!(KeyApprover::new(ed25519).is_err());
    }

    #[test]
    fn an_approver_signs_with_its_key() {
        for kind in KINDS {
            let key = SoftwareKey::generate(kind).unwrap();
            let approver = KeyApprover::new(key).unwrap();
            let digest = HashAlg::Sha256.digest(b"request");
            let raw = sign_for_tpm(&approver.signer, HashAlg::Sha256, &digest).unwrap();
            match (kind, raw) {
                (KeyAlgorithm::Rsa { .. }, RawSignature::Rsa(octets)) => {
                    assert_eq!(octets.len(), 256);
                }
                (_, RawSignature::Ecdsa { r, s }) => {
                    assert!(!r.is_empty() && !s.is_empty());
                    assert!(r.first() != Some(&0) && s.first() != Some(&0));
                }
                other => panic!("{other:?}"),
            }
        }
    }
}
