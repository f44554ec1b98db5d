//! Signatures: made by the TPM, checked here before they leave.
//!
//! What a TPM's own schemes cannot do goes through the bare private operation of RSA keys that may decrypt: hashes that
//! the TPM lacks, salts of another length than it chooses, padding without a hash. For ECDSA a digest is a number, and a
//! TPM that lacks its hash can be given the number as if it were another's.

use der::asn1::UintRef;
use der::{Encode, Sequence};
use tpm2ca_keys::{Digest, Hash, KeyError, SignatureAlgorithm};
use tpm2ca_tpm::{
    BoundScheme, Curve, DecryptPadding, HashAlg, KeyPublic, RawSignature, TpmError, TpmKey,
};

use crate::digest::Md;
use crate::error::Error;
use crate::key::Key;
use crate::rsa::{padding, pss, public_operation};

/// How something is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// ECDSA; without a hash the data is a digest of an unknown one.
    Ecdsa(Option<Md>),
    /// RSASSA-PKCS1-v1_5; without a hash the data itself is padded.
    RsaPkcs1(Option<Md>),
    /// RSASSA-PSS.
    RsaPss(pss::Pss),
    /// The data is a whole block.
    RsaBare,
}

impl Scheme {
    fn md(self) -> Option<Md> {
        match self {
            Self::Ecdsa(md) | Self::RsaPkcs1(md) => md,
            Self::RsaPss(pss) => Some(pss.md),
            Self::RsaBare => None,
        }
    }

    fn check_length(self, data: &[u8]) -> Result<(), Error> {
        match self.md() {
            Some(md) if md.len() != data.len() => Err(Error::DataLength {
                expected: format!("{} of a {} digest", md.len(), md.name().to_string_lossy()),
                got: data.len(),
            }),
            _ => Ok(()),
        }
    }
}

/// Signs a digest, or data as it is.
///
/// # Errors
/// What the key or the TPM cannot do; [`Error::BadSignature`] when the TPM has made a wrong one.
pub fn sign(key: &Key, scheme: Scheme, data: &[u8]) -> Result<Vec<u8>, Error> {
    scheme.check_length(data)?;
    if !key.uses()?.signs && !matches!(key.public(), KeyPublic::Rsa { .. }) {
        return Err(Error::unsupported(
            "signing",
            "the key was made for something else",
        ));
    }
    key.with_private(|tpm_key| match scheme {
        Scheme::Ecdsa(md) => ecdsa(key, tpm_key, md, data),
        _ => rsa(key, tpm_key, scheme, data),
    })
}

/// Whether a signature is one of this digest or data.
///
/// # Errors
/// When that cannot be said, as of a digest of another length.
pub fn is_signature(
    key: &Key,
    scheme: Scheme,
    data: &[u8],
    signature: &[u8],
) -> Result<bool, Error> {
    scheme.check_length(data)?;
    match (scheme, key.public()) {
        (Scheme::Ecdsa(_), KeyPublic::Ecc { curve, .. }) => is_ecdsa(key, *curve, data, signature),
        (_, KeyPublic::Rsa { modulus, exponent }) => {
            let opened = (signature.len() == modulus.len())
                .then(|| public_operation(modulus, *exponent, signature))
                .flatten();
            let Some(block) = opened else {
                return Ok(false);
            };
            Ok(match scheme {
                Scheme::RsaPss(pss) => pss::is_of(pss, data, &block, key.bits()),
                Scheme::RsaPkcs1(md) => block == padding::pkcs1(md, data, modulus.len())?,
                Scheme::RsaBare | Scheme::Ecdsa(_) => block == data,
            })
        }
        _ => Err(Error::NoKey),
    }
}

fn rsa(key: &Key, tpm_key: &TpmKey, scheme: Scheme, data: &[u8]) -> Result<Vec<u8>, Error> {
    if let Some(signature) = by_scheme_of_tpm(key, tpm_key, scheme, data)? {
        return Ok(signature);
    }
    let uses = key.uses()?;
    if !uses.decrypts || uses.bound.is_some() {
        return Err(Error::unsupported(
            "such a signature by this key",
            "the TPM has no scheme for it, and the key may not do the bare private operation (decrypt)",
        ));
    }
    let length = key.max_size();
    let block = match scheme {
        Scheme::RsaPkcs1(md) => padding::pkcs1(md, data, length)?,
        Scheme::RsaPss(pss) => {
            let salt = pss.salt.unwrap_or(pss.md.len());
            pss::encode(pss, salt, data, key.bits())?
        }
        _ if data.len() == length => data.to_vec(),
        _ => {
            return Err(Error::DataLength {
                expected: format!("{length}, as many as the modulus has"),
                got: data.len(),
            });
        }
    };
    let signature = tpm_key.rsa_decrypt(&block, DecryptPadding::None)?.to_vec();
    if is_signature(key, scheme, data, &signature)? {
        Ok(signature)
    } else {
        Err(Error::BadSignature)
    }
}

/// `TPM2_Sign`; `None` when that cannot make such a signature.
fn by_scheme_of_tpm(
    key: &Key,
    tpm_key: &TpmKey,
    scheme: Scheme,
    data: &[u8],
) -> Result<Option<Vec<u8>>, Error> {
    let uses = key.uses()?;
    let Some(hash) = scheme.md().and_then(Md::of_tpm).filter(|_| uses.signs) else {
        return Ok(None);
    };
    let outcome = match scheme {
        Scheme::RsaPkcs1(_) if !matches!(uses.bound, Some(BoundScheme::RsaPss(_))) => {
            tpm_key.sign(hash, data)
        }
        Scheme::RsaPss(pss) if pss.md == pss.mgf1 => {
            let can_choose = uses.decrypts && uses.bound.is_none();
            if can_choose && pss.salt.is_some_and(|salt| salt != pss.md.len()) {
                return Ok(None);
            }
            tpm_key.sign_pss(hash, data)
        }
        _ => return Ok(None),
    };
    let signature = match outcome {
        Ok((RawSignature::Rsa(octets), _)) => padded(&octets, key.max_size()),
        Ok(_) => return Err(Error::BadSignature),
        Err(TpmError::UnsupportedHash { .. }) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    if is_signature(key, scheme, data, &signature)? {
        return Ok(Some(signature));
    }
    if let Scheme::RsaPss(pss) = scheme {
        let any_salt = Scheme::RsaPss(pss::Pss { salt: None, ..pss });
        if is_signature(key, any_salt, data, &signature)? {
            // This TPM takes salts of another length: it was made before FIPS 186-4 limited them.
            return Ok(None);
        }
    }
    Err(Error::BadSignature)
}

fn ecdsa(key: &Key, tpm_key: &TpmKey, md: Option<Md>, data: &[u8]) -> Result<Vec<u8>, Error> {
    let KeyPublic::Ecc { curve, .. } = key.public() else {
        return Err(Error::NoKey);
    };
    let native = md.and_then(Md::of_tpm).map(|hash| tpm_key.sign(hash, data));
    let outcome = match native {
        None | Some(Err(TpmError::UnsupportedHash { .. })) => {
            let (hash, number) = as_own_digest(*curve, data);
            tpm_key.sign(hash, &number)
        }
        Some(outcome) => outcome,
    };
    let (RawSignature::Ecdsa { r, s }, _) = outcome? else {
        return Err(Error::BadSignature);
    };
    let signature = UintRef::new(&r)
        .and_then(|r| {
            EcdsaSigValue {
                r,
                s: UintRef::new(&s)?,
            }
            .to_der()
        })
        .map_err(|_| Error::BadSignature)?;
    if is_ecdsa(key, *curve, data, &signature)? {
        Ok(signature)
    } else {
        Err(Error::BadSignature)
    }
}

fn is_ecdsa(key: &Key, curve: Curve, data: &[u8], signature: &[u8]) -> Result<bool, Error> {
    let (hash, number) = as_own_digest(curve, data);
    let (hash, algorithm) = match hash {
        HashAlg::Sha256 => (Hash::Sha256, SignatureAlgorithm::EcdsaSha256),
        HashAlg::Sha384 => (Hash::Sha384, SignatureAlgorithm::EcdsaSha384),
        HashAlg::Sha512 => (Hash::Sha512, SignatureAlgorithm::EcdsaSha512),
    };
    let digest = Digest::from_value(hash, &number)?;
    match key.verifier().verify_digest(algorithm, &digest, signature) {
        Ok(()) => Ok(true),
        Err(KeyError::BadSignature { .. }) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// The same number that ECDSA makes of a digest (FIPS 186-5, 6.4.1: its leftmost bits, as many as the order of the curve
/// has), in the length of the hash that goes with the curve.
fn as_own_digest(curve: Curve, digest: &[u8]) -> (HashAlg, Vec<u8>) {
    let hash = match curve {
        Curve::P256 => HashAlg::Sha256,
        Curve::P384 => HashAlg::Sha384,
        // Every digest that we know is shorter than the order.
        Curve::P521 => HashAlg::Sha512,
    };
    let leftmost = digest.get(..hash.len()).unwrap_or(digest);
    (hash, padded(leftmost, hash.len()))
}

/// With zeros in front.
fn padded(octets: &[u8], length: usize) -> Vec<u8> {
    let mut padded = vec![0; length.saturating_sub(octets.len())];
    padded.extend_from_slice(octets);
    padded
}

/// ECDSA-Sig-Value (RFC 3279, 2.2.3).
#[derive(Sequence)]
struct EcdsaSigValue<'a> {
    r: UintRef<'a>,
    s: UintRef<'a>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_the_same_number_for_every_hash() {
        let digest: Vec<u8> = (1..=64).collect();
        let (hash, number) = as_own_digest(Curve::P256, &digest);
        assert_eq!((hash, &number[..]), (HashAlg::Sha256, &digest[..32]));
        let (hash, number) = as_own_digest(Curve::P384, &digest[..20]);
        assert_eq!(hash, HashAlg::Sha384);
        assert_eq!(number, [&[0; 28], &digest[..20]].concat());
        assert_eq!(as_own_digest(Curve::P521, &digest).1, digest);
    }

    #[test]
    fn a_digest_of_another_length_is_refused() {
        let scheme = Scheme::RsaPkcs1(Some(Md::Sha256));
        assert!(scheme.check_length(&[0; 32]).is_ok());
        assert!(scheme.check_length(&[0; 20]).is_err());
        assert!(Scheme::RsaPkcs1(None).check_length(&[0; 20]).is_ok());
    }
}
