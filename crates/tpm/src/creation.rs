//! Everything that can be asked of a new key (TPM 2.0 Library Part 1, 25 "Object Structure Elements"; Part 2, 8.3
//! `TPMA_OBJECT`).

use crate::algorithm::{Algorithm, HashAlg};
use crate::error::TpmError;
use crate::parent::Parent;
use crate::wire::code;
use crate::wire::public::{PublicArea, PublicParameters, Scheme};

/// What a new key shall be, with everything that can be chosen. [`KeyTemplate`] is the short form.
///
/// Starts as what `tpm2tss-genkey` makes; change the fields that shall differ:
///
/// ```
/// use tpm2ca_tpm::{Algorithm, Curve, KeyOptions, Parent};
///
/// let mut options = KeyOptions::new(Algorithm::Ecc(Curve::P384));
/// options.parent = Parent::Handle(0x8100_0001);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[expect(
    clippy::struct_excessive_bools,
    reason = "attributes of an object are independent of one another, as in `TPMA_OBJECT`"
)]
pub struct KeyOptions {
    /// Kind and length.
    pub algorithm: Algorithm,
    /// Wrong authorizations do not count towards the TPM's lockout (`noDA`): right for long random secrets, wrong for
    /// PINs, which the lockout protects.
    pub no_da: bool,
    /// The parent.
    pub parent: Parent,
    /// Under a hierarchy: its RSA-2048 primary key (template H-1) is the parent instead of the ECC one (H-2). Few
    /// programs know such files, and that key takes seconds to minutes to make, each time; for TPMs without ECC.
    pub rsa_parent: bool,
    /// The public exponent of an RSA key; an odd prime. Most TPMs take nothing but 65537.
    pub exponent: u32,
    /// The digest of the policy under which the key may be used (`authPolicy`), SHA-256.
    pub policy: Option<Vec<u8>>,
    /// The authorization value alone allows the use of the key (`userWithAuth`). Without it the policy has to be
    /// satisfied every time.
    pub user_with_auth: bool,
    /// The key can leave neither this TPM nor its parent (`fixedTPM`, `fixedParent`). One that is not fixed can be
    /// duplicated, but only under a [policy](Self::policy) that allows `TPM2_Duplicate`.
    pub fixed: bool,
    /// A key that is not fixed leaves the TPM only encrypted for its new parent (`encryptedDuplication`).
    pub encrypted_duplication: bool,
    /// An EC key may agree on secrets (`TPM2_ECDH_ZGen`) as well as sign. RSA keys may always decrypt.
    pub key_agreement: bool,
    /// An RSA key signs with RSASSA-PSS and this hash, and does nothing else.
    pub pss_only: Option<HashAlg>,
}

impl KeyOptions {
    /// A fixed key under the storage root key that does not count towards lockout, with exponent 65537 if it is an
    /// RSA key, and without a policy.
    pub fn new(algorithm: Algorithm) -> Self {
        Self {
            algorithm,
            no_da: true,
            parent: Parent::Owner,
            rsa_parent: false,
            exponent: code::RSA_DEFAULT_EXPONENT,
            policy: None,
            user_with_auth: true,
            fixed: true,
            encrypted_duplication: false,
            key_agreement: false,
            pss_only: None,
        }
    }

    /// Refuses what no TPM would make, before it is asked.
    pub(crate) fn check(&self) -> Result<(), TpmError> {
        let refuse = |reason: String| Err(TpmError::Template { reason });
        match &self.policy {
            Some(policy) if policy.len() != POLICY_LEN => {
                return refuse(format!(
                    "its policy is a digest of {} octets, SHA-256 has {POLICY_LEN}",
                    policy.len()
                ));
            }
            None if !self.user_with_auth => {
                return refuse("it has no policy, and nothing else would allow its use".to_owned());
            }
            _ => {}
        }
        if self.fixed && self.encrypted_duplication {
            return refuse("it is fixed to this TPM, so it cannot be duplicated".to_owned());
        }
        if self.rsa_parent && matches!(self.parent, Parent::Handle(_)) {
            return refuse(format!(
                "`rsaParent` speaks of primary keys, and its parent {} is persistent",
                self.parent
            ));
        }
        let is_rsa = matches!(self.algorithm, Algorithm::Rsa { .. });
        if is_rsa && (self.exponent < 3 || self.exponent.is_multiple_of(2)) {
            return refuse(format!("the exponent {} is no odd prime", self.exponent));
        }
        Ok(())
    }

    /// The template. The exponent is given, because 65537 can be written in two ways.
    pub(crate) fn public_area(&self, rsa_exponent: u32) -> PublicArea {
        let mut attributes = code::ATTR_SIGN | code::ATTR_SENSITIVE_DATA_ORIGIN;
        for (wanted, attribute) in [
            (self.no_da, code::ATTR_NO_DA),
            (self.user_with_auth, code::ATTR_USER_WITH_AUTH),
            (self.fixed, code::ATTR_FIXED_TPM | code::ATTR_FIXED_PARENT),
            (self.encrypted_duplication, code::ATTR_ENCRYPTED_DUPLICATION),
            (self.decrypts(), code::ATTR_DECRYPT),
        ] {
            if wanted {
                attributes |= attribute;
            }
        }
        let parameters = match self.algorithm {
            Algorithm::Rsa { bits } => PublicParameters::Rsa {
                symmetric: None,
                scheme: self.pss_only.map_or(Scheme::Null, |hash| Scheme::Hashed {
                    algorithm: code::ALG_RSAPSS,
                    hash: hash.tpm_id(),
                }),
                bits,
                exponent: rsa_exponent,
                modulus: Vec::new(),
            },
            Algorithm::Ecc(curve) => PublicParameters::Ecc {
                symmetric: None,
                scheme: Scheme::Null,
                curve: curve.tpm_id(),
                kdf: Scheme::Null,
                x: Vec::new(),
                y: Vec::new(),
            },
        };
        PublicArea {
            name_alg: code::ALG_SHA256,
            attributes,
            auth_policy: self.policy.clone().unwrap_or_default(),
            parameters,
        }
    }

    fn decrypts(&self) -> bool {
        match self.algorithm {
            // tpm2-tss-engine signs with TPM2_RSA_Decrypt.
            Algorithm::Rsa { .. } => self.pss_only.is_none(),
            Algorithm::Ecc(_) => self.key_agreement,
        }
    }
}

/// What a new key shall be.
///
/// It may sign anything that is given to it as a digest (RSA keys may also decrypt, because tpm2-tss-engine signs with
/// `TPM2_RSA_Decrypt`), is authorized by its own value (`userWithAuth`), was made inside the TPM
/// (`sensitiveDataOrigin`) and can leave neither it nor its parent (`fixedTPM`, `fixedParent`). Its scheme is chosen
/// with every signature, its name algorithm is SHA-256: what `tpm2tss-genkey` makes. [`KeyOptions`] has more to choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyTemplate {
    /// Kind and length.
    pub algorithm: Algorithm,
    /// Wrong authorizations do not count towards the TPM's lockout (`noDA`): right for long random secrets, wrong for
    /// PINs, which the lockout protects.
    pub no_da: bool,
}

impl From<KeyTemplate> for KeyOptions {
    fn from(template: KeyTemplate) -> Self {
        let KeyTemplate { algorithm, no_da } = template;
        Self {
            no_da,
            ..Self::new(algorithm)
        }
    }
}

/// Octets of a SHA-256 digest.
const POLICY_LEN: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algorithm::Curve;

    const P256: Algorithm = Algorithm::Ecc(Curve::P256);

    #[test]
    fn the_default_is_what_genkey_makes() {
        let attributes = |algorithm| KeyOptions::new(algorithm).public_area(0).attributes;
        // sign, noDA, userWithAuth, sensitiveDataOrigin, fixedParent, fixedTPM; RSA also decrypt.
        assert_eq!(attributes(P256), 0x0004_0472);
        assert_eq!(attributes(Algorithm::Rsa { bits: 2048 }), 0x0006_0472);
        let mut movable = KeyOptions::new(P256);
        movable.fixed = false;
        movable.encrypted_duplication = true;
        assert_eq!(movable.public_area(0).attributes, 0x0004_0c60);
    }

    #[test]
    fn impossible_wishes_are_refused_with_the_reason() {
        let refusal = |change: fn(&mut KeyOptions), algorithm| {
            let mut options = KeyOptions::new(algorithm);
            change(&mut options);
            options.check().err().map(|error| error.to_string())
        };
        let rsa = Algorithm::Rsa { bits: 2048 };
        for (change, word) in [
            (
                (|o| o.policy = Some(vec![1; 20])) as fn(&mut KeyOptions),
                "20 octets",
            ),
            (|o| o.user_with_auth = false, "no policy"),
            (|o| o.encrypted_duplication = true, "fixed"),
            (|o| o.exponent = 65536, "65536"),
            (
                |o| {
                    o.rsa_parent = true;
                    o.parent = Parent::Handle(0x8100_0001);
                },
                "0x81000001",
            ),
        ] {
            let text = refusal(change, rsa).unwrap_or_default();
            assert!(text.contains(word), "{word}: {text}");
        }
        assert_eq!(refusal(|_| {}, rsa), None);
        // Only RSA keys have an exponent.
        assert_eq!(refusal(|o| o.exponent = 0, P256), None);
    }
}
