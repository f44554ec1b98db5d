//! The public area of a key that others are wrapped for: the new parent, perhaps in a TPM that is far away.

use std::fmt;

use aws_lc_rs::agreement::{
    self, ECDH_P256, ECDH_P384, ECDH_P521, ParsedPublicKey, UnparsedPublicKey,
};

use crate::algorithm::{Algorithm, Curve, HashAlg};
use crate::error::TpmError;
use crate::key::KeyPublic;
use crate::keyfile::KeyFile;
use crate::name::Name;
use crate::wire::public::{PublicArea, PublicParameters, Scheme, Symmetric};
use crate::wire::{Reader, WireError, code};

/// A parent that keys can be wrapped for: a storage key of a TPM, known by its public area.
///
/// [`Tpm::parent_public`](crate::Tpm::parent_public) and `tpm2_readpublic` write such public areas. Nothing in one
/// proves that its private half is inside a TPM, or whose TPM that is: compare its [`ParentPublic::name`] with what
/// the other machine shows.
#[derive(Clone, PartialEq, Eq)]
pub struct ParentPublic {
    area: PublicArea,
    /// Whole `TPM2B_PUBLIC`.
    blob: Vec<u8>,
    name: Name,
    key: KeyPublic,
    hash: HashAlg,
    cipher_key_len: usize,
}

impl ParentPublic {
    /// Reads a whole `TPM2B_PUBLIC` (`tpm2_readpublic -f tss`, `tpm2_create -u`) or a bare `TPMT_PUBLIC`
    /// (`tpm2_readpublic -f tpmt`).
    ///
    /// # Errors
    /// [`TpmError::BadParentPublic`] when it is damaged, is not the public area of a storage key, or asks for
    /// cryptography that is not known here.
    pub fn from_octets(octets: &[u8]) -> Result<Self, TpmError> {
        if octets.starts_with(PEM) {
            return Err(unsuitable(
                "this is a PEM file, in which the attributes that make up a Name are missing",
            ));
        }
        let area = parse(octets).map_err(|problem| {
            unsuitable(format!("it is no TPM2B_PUBLIC or TPMT_PUBLIC: {problem}"))
        })?;
        Self::from_area(area)
    }

    /// The Name, which a policy for duplication names the parent by.
    pub fn name(&self) -> &Name {
        &self.name
    }

    /// Kind and length.
    pub fn algorithm(&self) -> Algorithm {
        self.key.algorithm()
    }

    /// The whole `TPM2B_PUBLIC`.
    pub fn as_tpm2b(&self) -> &[u8] {
        &self.blob
    }

    pub(crate) fn from_area(area: PublicArea) -> Result<Self, TpmError> {
        if !area.has(code::ATTR_RESTRICTED | code::ATTR_DECRYPT) || area.has(code::ATTR_SIGN) {
            return Err(unsuitable("it is not a storage key"));
        }
        let hash = HashAlg::from_tpm_id(area.name_alg)
            .ok_or_else(|| unsuitable(format!("name algorithm {:#06x}", area.name_alg)))?;
        let (symmetric, scheme) = match &area.parameters {
            PublicParameters::Rsa {
                symmetric, scheme, ..
            }
            | PublicParameters::Ecc {
                symmetric, scheme, ..
            } => (*symmetric, *scheme),
        };
        if scheme != Scheme::Null {
            return Err(unsuitable("it is bound to a scheme"));
        }
        let cipher_key_len = match symmetric {
            Some(Symmetric {
                algorithm: code::ALG_AES,
                key_bits: bits @ (128 | 192 | 256),
                mode: code::ALG_CFB,
            }) => usize::from(bits / 8),
            _ => {
                return Err(unsuitable(
                    "it protects its children with something other than AES-CFB",
                ));
            }
        };
        let key = KeyPublic::from_area(&area).map_err(|problem| match problem {
            TpmError::UnsupportedKey { reason } => TpmError::BadParentPublic { reason },
            other => other,
        })?;
        match &key {
            KeyPublic::Ecc { curve, x, y } => {
                // Whoever answers to a point off the curve learns something about the other side's number.
                let point = UnparsedPublicKey::new(ecdh(*curve), uncompressed(x, y));
                ParsedPublicKey::try_from(&point)
                    .map_err(|_| unsuitable(format!("its point is not on {curve}")))?;
            }
            KeyPublic::Rsa { exponent, .. } => {
                let bits = match key.algorithm() {
                    Algorithm::Rsa { bits } => bits,
                    Algorithm::Ecc(_) => 0,
                };
                if !RSA_BITS.contains(&bits) {
                    return Err(unsuitable(format!("RSA with {bits} bits")));
                }
                if *exponent < 3 || exponent.is_multiple_of(2) {
                    return Err(unsuitable(format!("RSA with the exponent {exponent}")));
                }
            }
        }
        let unwritable = |problem: WireError| unsuitable(problem.to_string());
        let blob = area.to_tpm2b().map_err(unwritable)?.to_vec();
        let name = area
            .name()
            .ok_or_else(|| unsuitable("its Name cannot be computed"))?;
        Ok(Self {
            area,
            blob,
            name,
            key,
            hash,
            cipher_key_len,
        })
    }

    pub(crate) fn key(&self) -> &KeyPublic {
        &self.key
    }

    pub(crate) fn is_rsa(&self) -> bool {
        matches!(self.key, KeyPublic::Rsa { .. })
    }

    /// Its name algorithm, with which everything about the wrapper is computed.
    pub(crate) fn hash(&self) -> HashAlg {
        self.hash
    }

    /// Octets of the key that its children are encrypted with.
    pub(crate) fn cipher_key_len(&self) -> usize {
        self.cipher_key_len
    }

    /// The x-coordinate with or without leading zeros, as the TPM has it and feeds it into `KDFe`.
    pub(crate) fn x_as_stored(&self) -> &[u8] {
        match &self.area.parameters {
            PublicParameters::Ecc { x, .. } => x,
            PublicParameters::Rsa { .. } => &[],
        }
    }

    /// How a key file calls it: parent and `rsaParent`. Only the two primary keys that everybody makes the same way
    /// can be told by their public area; any other is taken to be where storage root keys are kept.
    pub(crate) fn in_key_file(&self) -> (u32, bool) {
        if self.area.is_made_from(&PublicArea::storage_root_template()) {
            (KeyFile::OWNER, false)
        } else if self.area.is_made_from(&PublicArea::rsa_storage_template()) {
            (KeyFile::OWNER, true)
        } else {
            (code::SRK_HANDLE, false)
        }
    }
}

impl fmt::Debug for ParentPublic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParentPublic")
            .field("algorithm", &self.algorithm())
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// The agreement on a curve.
pub(super) fn ecdh(curve: Curve) -> &'static agreement::Algorithm {
    match curve {
        Curve::P256 => &ECDH_P256,
        Curve::P384 => &ECDH_P384,
        Curve::P521 => &ECDH_P521,
    }
}

/// SEC 1, 2.3.3; both coordinates are as long as the curve's are.
pub(super) fn uncompressed(x: &[u8], y: &[u8]) -> Vec<u8> {
    [&[4], x, y].concat()
}

/// The size in front of one form and the type in front of the other can be the same number, but then what follows is
/// of one form only.
fn parse(octets: &[u8]) -> Result<PublicArea, WireError> {
    PublicArea::from_tpm2b(octets).or_else(|with_size| {
        PublicArea::from_tpmt(octets).map_err(|bare| match Reader::new(octets).u16("type") {
            Ok(code::ALG_RSA | code::ALG_ECC) => bare,
            _ => with_size,
        })
    })
}

fn unsuitable(reason: impl Into<String>) -> TpmError {
    TpmError::BadParentPublic {
        reason: reason.into(),
    }
}

const PEM: &[u8] = b"-----BEGIN";
/// What a TPM can have, and an upper end for the time that one encryption takes.
const RSA_BITS: std::ops::RangeInclusive<u16> = 2048..=8192;

#[cfg(test)]
pub(in crate::wrap) mod tests;
