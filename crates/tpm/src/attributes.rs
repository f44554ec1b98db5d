//! What a key may be used for and what guards it, out of its public area (TPM 2.0 Library Part 2, 8.3 `TPMA_OBJECT`).

use crate::algorithm::Algorithm;
use crate::error::TpmError;
use crate::key::KeyPublic;
use crate::keyfile::KeyFile;
use crate::name::Name;
use crate::persistent::PersistentKey;
use crate::wire::code;
use crate::wire::public::PublicArea;

/// Everything about a key that its public area tells. A TPM loads a key only with the attributes it was made with, so
/// of a key that was loaded they are true; in a file they can be anything.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[expect(
    clippy::struct_excessive_bools,
    reason = "attributes of an object are independent of one another, as in `TPMA_OBJECT`"
)]
pub struct KeyAttributes {
    /// Kind and length.
    pub algorithm: Algorithm,
    /// Its Name; `None` when its name algorithm is not known here.
    pub name: Option<Name>,
    /// It signs (`sign`).
    pub signs: bool,
    /// It decrypts, or agrees on secrets (`decrypt`).
    pub decrypts: bool,
    /// It takes only what the TPM itself has made (`restricted`); with `decrypts` it is the parent of other keys.
    pub restricted: bool,
    /// Wrong authorizations do not count towards lockout (`noDA`).
    pub no_da: bool,
    /// Its authorization value alone allows its use (`userWithAuth`).
    pub user_with_auth: bool,
    /// Digest of the policy it may be used under (`authPolicy`); empty when there is none.
    pub policy: Vec<u8>,
}

impl KeyAttributes {
    /// Reads a whole `TPM2B_PUBLIC`; needs no TPM.
    ///
    /// # Errors
    /// [`TpmError::UnsupportedKey`] when it is damaged, or no RSA key and no key on one of [`Curve::ALL`](crate::Curve::ALL).
    pub fn from_tpm2b_public(blob: &[u8]) -> Result<Self, TpmError> {
        let area = PublicArea::from_tpm2b(blob).map_err(|problem| TpmError::UnsupportedKey {
            reason: format!("its public area cannot be read: {problem}"),
        })?;
        Ok(Self {
            algorithm: KeyPublic::from_area(&area)?.algorithm(),
            name: area.name(),
            signs: area.has(code::ATTR_SIGN),
            decrypts: area.has(code::ATTR_DECRYPT),
            restricted: area.has(code::ATTR_RESTRICTED),
            no_da: area.has(code::ATTR_NO_DA),
            user_with_auth: area.has(code::ATTR_USER_WITH_AUTH),
            policy: area.auth_policy,
        })
    }

    /// It is a storage key, so that it can be the parent of others.
    pub fn is_parent(&self) -> bool {
        self.restricted && self.decrypts && !self.signs
    }
}

impl KeyFile {
    /// What the public area of the key in the file says; needs no TPM.
    ///
    /// # Errors
    /// As [`KeyAttributes::from_tpm2b_public`].
    pub fn attributes(&self) -> Result<KeyAttributes, TpmError> {
        KeyAttributes::from_tpm2b_public(self.public_blob())
    }
}

impl PersistentKey {
    /// What the public area of the key says; `None` for what is no RSA or ECC key.
    pub fn attributes(&self) -> Option<KeyAttributes> {
        KeyAttributes::from_tpm2b_public(&self.public).ok()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::algorithm::Curve;
    use crate::wire::public::PublicParameters;

    #[test]
    fn the_storage_root_key_is_a_parent_and_signs_nothing() {
        let mut area = PublicArea::storage_root_template();
        let PublicParameters::Ecc { x, y, .. } = &mut area.parameters else {
            panic!("the template is an ECC key");
        };
        (*x, *y) = (vec![1; 32], vec![2; 32]);
        let attributes = KeyAttributes::from_tpm2b_public(&area.to_tpm2b().unwrap()).unwrap();
        assert!(attributes.is_parent() && !attributes.signs && attributes.no_da);
        assert_eq!(attributes.algorithm, Algorithm::Ecc(Curve::P256));
        assert_eq!(attributes.name, area.name());
        assert!(attributes.user_with_auth && attributes.policy.is_empty());
        assert!(KeyAttributes::from_tpm2b_public(&[0, 1, 2]).is_err());
    }
}
