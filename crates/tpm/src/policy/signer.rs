//! Keys of those who sign policies and approvals, and the signing of policies.

use aws_lc_rs::rsa::PublicKeyComponents;
use aws_lc_rs::signature::{self, UnparsedPublicKey};

use super::{Policy, PolicySignature, PolicyStepKind, body};
use crate::algorithm::{Curve, HashAlg};
use crate::error::{PolicyError, TpmError};
use crate::key::{KeyPublic, RawSignature, left_padded};
use crate::keyfile::AuthPolicy;
use crate::name::Name;
use crate::wire::code;
use crate::wire::public::{PublicArea, PublicParameters, Scheme};

/// The public half of a key that signs policies or approvals. Its private half may be anywhere.
///
/// A policy holds its Name, and so everything that is in its public area and not only the key itself: take the public
/// area that others use too. [`PolicyKey::from_public`] makes the one that `tpm2_loadexternal` makes of a PEM file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyKey {
    /// Whole `TPM2B_PUBLIC`.
    blob: Vec<u8>,
    name: Name,
    hash: HashAlg,
    public: KeyPublic,
}

impl PolicyKey {
    /// A key that is not in a TPM.
    ///
    /// # Errors
    /// [`TpmError::UnsupportedKey`] when it is longer than a public area can hold.
    pub fn from_public(public: &KeyPublic) -> Result<Self, TpmError> {
        let parameters = match public {
            KeyPublic::Rsa { modulus, exponent } => PublicParameters::Rsa {
                symmetric: None,
                scheme: Scheme::Null,
                bits: u16::try_from(modulus.len() * 8).map_err(|_| TpmError::UnsupportedKey {
                    reason: "it is too long for a TPM".to_owned(),
                })?,
                // 65537 could be written as 0 too, which would be another Name.
                exponent: *exponent,
                modulus: modulus.clone(),
            },
            KeyPublic::Ecc { curve, x, y } => PublicParameters::Ecc {
                symmetric: None,
                scheme: Scheme::Null,
                curve: curve.tpm_id(),
                kdf: Scheme::Null,
                x: x.clone(),
                y: y.clone(),
            },
        };
        let area = PublicArea {
            name_alg: code::ALG_SHA256,
            attributes: code::ATTR_USER_WITH_AUTH | code::ATTR_DECRYPT | code::ATTR_SIGN,
            auth_policy: Vec::new(),
            parameters,
        };
        let blob = area
            .to_tpm2b()
            .map_err(|problem| TpmError::UnsupportedKey {
                reason: format!("it does not fit into a public area: {problem}"),
            })?;
        Self::from_tpm2b_public(&blob)
    }

    /// A key whose public area is known, a whole `TPM2B_PUBLIC`: one in a TPM, or one in a key file.
    ///
    /// # Errors
    /// [`TpmError::UnsupportedKey`] when it is damaged, of an unknown kind, or no signing key.
    pub fn from_tpm2b_public(blob: &[u8]) -> Result<Self, TpmError> {
        let unsupported = |reason: String| TpmError::UnsupportedKey { reason };
        let area = PublicArea::from_tpm2b(blob)
            .map_err(|problem| unsupported(format!("its public area cannot be read: {problem}")))?;
        let (Some(hash), Some(name)) = (HashAlg::from_tpm_id(area.name_alg), area.name()) else {
            return Err(unsupported(format!(
                "its name algorithm {:#06x} is not known here",
                area.name_alg
            )));
        };
        if !area.has(code::ATTR_SIGN) {
            return Err(unsupported("it is no signing key".to_owned()));
        }
        Ok(Self {
            public: KeyPublic::from_area(&area)?,
            blob: blob.to_vec(),
            name,
            hash,
        })
    }

    /// Its Name.
    pub fn name(&self) -> &Name {
        &self.name
    }

    /// The key itself.
    pub fn public(&self) -> &KeyPublic {
        &self.public
    }

    /// The whole `TPM2B_PUBLIC`.
    pub fn public_blob(&self) -> &[u8] {
        &self.blob
    }

    /// The hash that policies are signed with: its name algorithm (Part 3, 23.16 `TPM2_PolicyAuthorize`).
    pub fn hash(&self) -> HashAlg {
        self.hash
    }

    /// Whether it has signed this message; `None` when that cannot be told here (the TPM will).
    fn has_signed(&self, message: &[u8], signature: &PolicySignature) -> Option<bool> {
        match (&self.public, signature.raw()) {
            (KeyPublic::Rsa { modulus, exponent }, RawSignature::Rsa(octets)) => {
                if signature.is_pss() {
                    return None;
                }
                let parameters = match signature.hash() {
                    HashAlg::Sha256 => &signature::RSA_PKCS1_2048_8192_SHA256,
                    HashAlg::Sha384 => &signature::RSA_PKCS1_2048_8192_SHA384,
                    HashAlg::Sha512 => &signature::RSA_PKCS1_2048_8192_SHA512,
                };
                let exponent = exponent.to_be_bytes();
                let significant = exponent.iter().position(|octet| *octet != 0).unwrap_or(0);
                let key = PublicKeyComponents {
                    n: modulus.as_slice(),
                    e: exponent.get(significant..).unwrap_or_default(),
                };
                Some(key.verify(parameters, message, octets).is_ok())
            }
            (KeyPublic::Ecc { curve, x, y }, RawSignature::Ecdsa { r, s }) => {
                let algorithm = match (curve, signature.hash()) {
                    (Curve::P256, HashAlg::Sha256) => &signature::ECDSA_P256_SHA256_FIXED,
                    (Curve::P384, HashAlg::Sha384) => &signature::ECDSA_P384_SHA384_FIXED,
                    (Curve::P521, HashAlg::Sha512) => &signature::ECDSA_P521_SHA512_FIXED,
                    _ => return None,
                };
                let length = curve.coordinate_len();
                let (Some(r), Some(s)) = (left_padded(r, length), left_padded(s, length)) else {
                    return Some(false);
                };
                let point = [&[4], x.as_slice(), y].concat();
                let key = UnparsedPublicKey::new(algorithm, point);
                Some(key.verify(message, &[r, s].concat()).is_ok())
            }
            _ => Some(false),
        }
    }
}

/// Signs a policy for keys whose policy begins with [`PolicyStepKind::Authorize`] of this key and `policy_ref`.
///
/// The result goes into the key files ([`KeyFile::add_signed_policy`]); it is no secret, and cannot be taken back: what
/// was signed once stays valid for the key. `sign` gets the digest and its hash, and makes an RSASSA or ECDSA
/// signature. `name` is for people.
///
/// A policy with an OR has several ways; sign each by itself.
///
/// [`KeyFile::add_signed_policy`]: crate::KeyFile::add_signed_policy
///
/// # Errors
/// What `sign` fails with; [`PolicyError::BadSignature`] when it signed with another key; [`PolicyError::Invalid`] when
/// the policy has an OR or is itself one of signed policies.
pub fn sign_policy<E: From<PolicyError>>(
    name: Option<&str>,
    policy: &Policy,
    key: &PolicyKey,
    policy_ref: &[u8],
    sign: impl FnOnce(HashAlg, &[u8]) -> Result<RawSignature, E>,
) -> Result<AuthPolicy, E> {
    for (at, step) in policy.steps().iter().enumerate() {
        let reason = match step {
            PolicyStepKind::Or(_) => "a signed policy has one way only",
            PolicyStepKind::Authorize { .. } => "a signed policy cannot be one of signed policies",
            _ => continue,
        };
        let (step, reason) = (at + 1, reason.to_owned());
        return Err(PolicyError::Invalid { step, reason }.into());
    }
    let message = signed_message(&policy.digest(), policy_ref);
    let hash = key.hash();
    let signature = PolicySignature::new(hash, sign(hash, &hash.digest(&message))?);
    let mut steps = policy.steps().to_vec();
    if key.has_signed(&message, &signature) == Some(false) {
        let (step, key) = (steps.len() + 1, key.name().clone());
        return Err(PolicyError::BadSignature { step, key }.into());
    }
    steps.push(PolicyStepKind::Authorize {
        key: key.clone(),
        policy_ref: policy_ref.to_vec(),
        signature: Some(signature),
    });
    let policy = Policy::new(steps)?;
    Ok(AuthPolicy {
        name: name.map(str::to_owned),
        policy: body::encode_all(policy.steps()),
    })
}

/// What is digested and signed for `TPM2_PolicyAuthorize`.
pub(crate) fn signed_message(approved: &[u8; 32], policy_ref: &[u8]) -> Vec<u8> {
    [approved, policy_ref].concat()
}
