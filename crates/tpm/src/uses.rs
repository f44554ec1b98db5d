//! What a key may be used for, as its public area says (TPM 2.0 Library Part 2, 8.3 `TPMA_OBJECT`, 11.2
//! `TPMT_RSA_SCHEME` and `TPMT_ECC_SCHEME`).

use crate::algorithm::HashAlg;
use crate::error::TpmError;
use crate::keyfile::KeyFile;
use crate::wire::code;
use crate::wire::public::{PublicArea, Scheme};

/// What a key was made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyUses {
    /// It signs (`sign`).
    pub signs: bool,
    /// It decrypts, or agrees on secrets if it is an EC key (`decrypt`).
    pub decrypts: bool,
    /// It works on nothing but the TPM's own structures (`restricted`).
    pub restricted: bool,
    /// The one scheme it was made for; `None` when the scheme is chosen with every use.
    pub bound: Option<BoundScheme>,
}

/// A scheme that a key was made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BoundScheme {
    /// RSASSA-PKCS1-v1_5 with one hash, if it is known here.
    RsaPkcs1(Option<HashAlg>),
    /// RSASSA-PSS with one hash, if it is known here.
    RsaPss(Option<HashAlg>),
    /// ECDSA with one hash, if it is known here.
    Ecdsa(Option<HashAlg>),
    /// RSA decryption with one padding, which the TPM removes.
    Decryption(DecryptPadding),
    /// Anything else, such as ECDH, or OAEP with a hash that is not known here.
    Other,
}

impl KeyUses {
    /// Reads a whole `TPM2B_PUBLIC`.
    ///
    /// # Errors
    /// [`TpmError::UnsupportedKey`] when it is damaged, or no RSA key and no ECC key.
    pub fn from_tpm2b_public(blob: &[u8]) -> Result<Self, TpmError> {
        let area = PublicArea::from_tpm2b(blob).map_err(|problem| TpmError::UnsupportedKey {
            reason: format!("its public area cannot be read: {problem}"),
        })?;
        let bound = match area.parameters.scheme() {
            Scheme::Null => None,
            Scheme::Hashed { algorithm, hash } => {
                let known = HashAlg::from_tpm_id(hash);
                Some(match (algorithm, known) {
                    (code::ALG_RSASSA, known) => BoundScheme::RsaPkcs1(known),
                    (code::ALG_RSAPSS, known) => BoundScheme::RsaPss(known),
                    (code::ALG_ECDSA, known) => BoundScheme::Ecdsa(known),
                    (code::ALG_OAEP, Some(hash)) => {
                        BoundScheme::Decryption(DecryptPadding::Oaep(hash))
                    }
                    (code::ALG_OAEP, None) if hash == code::ALG_SHA1 => {
                        BoundScheme::Decryption(DecryptPadding::OaepSha1)
                    }
                    _ => BoundScheme::Other,
                })
            }
            Scheme::Bare(code::ALG_RSAES) => Some(BoundScheme::Decryption(DecryptPadding::Pkcs1)),
            Scheme::Bare(_) | Scheme::Counted { .. } => Some(BoundScheme::Other),
        };
        Ok(Self {
            signs: area.has(code::ATTR_SIGN),
            decrypts: area.has(code::ATTR_DECRYPT),
            restricted: area.has(code::ATTR_RESTRICTED),
            bound,
        })
    }
}

impl KeyFile {
    /// What the key in the file may be used for; needs no TPM.
    ///
    /// # Errors
    /// As [`KeyUses::from_tpm2b_public`].
    pub fn uses(&self) -> Result<KeyUses, TpmError> {
        KeyUses::from_tpm2b_public(self.public_blob())
    }
}

/// How a message was padded before it was encrypted with RSA (RFC 8017, 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecryptPadding {
    /// Not at all: the bare private operation of the key.
    None,
    /// RSAES-PKCS1-v1_5. A TPM that removes it answers a wrong padding with an error, which takes another time than a
    /// message: who can measure that learns messages (Bleichenbacher's attack).
    Pkcs1,
    /// RSAES-OAEP with SHA-1 for everything and an empty label, what most programs mean by OAEP.
    OaepSha1,
    /// RSAES-OAEP with another hash and an empty label.
    Oaep(HashAlg),
}

impl DecryptPadding {
    pub(crate) fn scheme(self) -> Scheme {
        let oaep = |hash| Scheme::Hashed {
            algorithm: code::ALG_OAEP,
            hash,
        };
        match self {
            Self::None => Scheme::Null,
            Self::Pkcs1 => Scheme::Bare(code::ALG_RSAES),
            Self::OaepSha1 => oaep(code::ALG_SHA1),
            Self::Oaep(hash) => oaep(hash.tpm_id()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::algorithm::{Algorithm, Curve};
    use crate::creation::KeyOptions;

    fn uses(options: &KeyOptions) -> KeyUses {
        let blob = options.public_area(65537).to_tpm2b().unwrap();
        KeyUses::from_tpm2b_public(&blob).unwrap()
    }

    #[test]
    fn options_become_uses() {
        let mut options = KeyOptions::new(Algorithm::Ecc(Curve::P256));
        assert!(uses(&options).signs && !uses(&options).decrypts);
        options.key_agreement = true;
        assert!(uses(&options).signs && uses(&options).decrypts);
        let mut options = KeyOptions::new(Algorithm::Rsa { bits: 2048 });
        assert!(uses(&options).decrypts);
        assert_eq!(uses(&options).bound, None);
        options.pss_only = Some(HashAlg::Sha384);
        let pss = BoundScheme::RsaPss(Some(HashAlg::Sha384));
        assert_eq!(uses(&options).bound, Some(pss));
        assert!(!uses(&options).decrypts && !uses(&options).restricted);
    }
}
