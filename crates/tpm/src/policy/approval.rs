//! What a policy asks for beyond the key's own authorization value: somebody's approval, other secrets.

use std::fmt;
use std::sync::Arc;

use thiserror::Error;

use super::{PolicyKey, digest};
use crate::auth::Auth;
use crate::key::RawSignature;
use crate::name::Name;

/// Signs approvals for `TPM2_PolicySigned` (TPM 2.0 Library Part 3, 23.3).
///
/// It is called while the TPM is in use, and nobody else gets a turn until it has answered. One that has to ask a
/// person should have the answer before the key is used: see [`ApprovalTerms::this_session`].
pub trait Approver: Send + Sync {
    /// The key it signs with.
    fn key(&self) -> &PolicyKey;

    /// How far its approvals reach.
    fn terms(&self) -> ApprovalTerms {
        ApprovalTerms::default()
    }

    /// Signs a SHA-256 digest: that of `nonceTPM || expiration || cpHash || policyRef`, which `request` holds in parts.
    ///
    /// # Errors
    /// [`ApprovalRefused`], when it does not want to.
    fn sign(
        &self,
        digest: &[u8],
        request: &ApprovalRequest<'_>,
    ) -> Result<RawSignature, ApprovalRefused>;
}

/// How far an approval reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ApprovalTerms {
    /// It holds in this policy session only, so for one use of the key. Otherwise it can be made long before, and used
    /// again as long as it is not expired.
    pub this_session: bool,
    /// It holds for this command with these parameters only (`cpHash`): for the signature over this very digest, which
    /// then crosses to the TPM in clear, because an approver could make nothing of an encrypted one.
    pub this_command: bool,
    /// Seconds after the session's nonce was made until it expires; 0 is never (`expiration`).
    pub expiration: u32,
}

impl Default for ApprovalTerms {
    /// For this session, for any command, never expiring.
    fn default() -> Self {
        Self {
            this_session: true,
            this_command: false,
            expiration: 0,
        }
    }
}

/// What an approver signs, in parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ApprovalRequest<'a> {
    /// Name of the key that is to be used.
    pub object: &'a Name,
    /// `nonceTPM`; empty when the approval is for any session.
    pub nonce_tpm: &'a [u8],
    /// `expiration` in seconds.
    pub expiration: i32,
    /// `cpHash` of the command, if the approval is for this one only. For a signature it is
    /// SHA-256(0x0000015d || Name of the key || parameters of `TPM2_Sign`).
    pub cp_hash: Option<[u8; 32]>,
    /// `policyRef` of the policy.
    pub policy_ref: &'a [u8],
}

impl ApprovalRequest<'_> {
    /// The digest to be signed.
    pub fn digest(&self) -> [u8; 32] {
        digest::hash(&[
            self.nonce_tpm,
            &self.expiration.to_be_bytes(),
            self.cp_hash.as_ref().map_or(&[], |hash| hash.as_slice()),
            self.policy_ref,
        ])
    }
}

/// Why an approver did not sign.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{reason}")]
pub struct ApprovalRefused {
    /// In a few words.
    pub reason: String,
}

/// What is at hand for a key's policy: approvers for [`Signed`] steps, authorization values for [`Secret`] steps.
///
/// The key's own authorization value is not among them, it is given with the key; the owner hierarchy's is that of
/// [`TpmOptions::owner_auth`] unless it is here.
///
/// [`Signed`]: super::PolicyStepKind::Signed
/// [`Secret`]: super::PolicyStepKind::Secret
/// [`TpmOptions::owner_auth`]: crate::TpmOptions::owner_auth
#[derive(Clone, Default)]
pub struct Credentials {
    approvers: Vec<Arc<dyn Approver>>,
    secrets: Vec<(u32, Auth)>,
}

impl Credentials {
    /// Adds an approver.
    #[must_use]
    pub fn approver(mut self, approver: Arc<dyn Approver>) -> Self {
        self.approvers.push(approver);
        self
    }

    /// Adds the authorization value of a hierarchy or a persistent key.
    #[must_use]
    pub fn secret(mut self, handle: u32, auth: Auth) -> Self {
        self.secrets.push((handle, auth));
        self
    }

    pub(crate) fn approver_with(&self, key: &Name) -> Option<Arc<dyn Approver>> {
        self.approvers
            .iter()
            .find(|approver| approver.key().name() == key)
            .map(Arc::clone)
    }

    pub(crate) fn secret_of(&self, handle: u32) -> Option<&Auth> {
        self.secrets
            .iter()
            .find(|(of, _)| *of == handle)
            .map(|(_, auth)| auth)
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let approvers: Vec<&Name> = self
            .approvers
            .iter()
            .map(|approver| approver.key().name())
            .collect();
        f.debug_struct("Credentials")
            .field("approvers", &approvers)
            .field("secrets", &self.secrets)
            .finish()
    }
}
