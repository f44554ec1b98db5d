//! Policies: what must hold before a TPM lets a key be used (TPM 2.0 Library Part 1, 19.7 "Enhanced Authorization";
//! Part 3, 23).
//!
//! A key that is made under a policy holds nothing of it but a digest. Before it is used, the commands of the policy
//! run in a *policy session*. Each checks what it asserts and folds itself into the session's digest; when that equals
//! the key's, the session authorizes one use. Because the digest is only a hash over the commands, it is computed here
//! without a TPM ([`Policy::digest`]).
//!
//! Steps follow one another as AND. [`PolicyStepKind::Or`] branches; a branch carries on from the steps before it. What
//! shall be exchanged later (the state of the boot chain, after an update) is not put into the key but signed:
//! [`PolicyStepKind::Authorize`] names the key that signs, [`sign_policy`] makes the signed policies.
//!
//! A TSS2 key file holds the commands, one list for each way to satisfy the policy ([`KeyFile::with_policy`]).
//!
//! [`KeyFile::with_policy`]: crate::KeyFile::with_policy

mod approval;
mod body;
mod digest;
mod pcr;
mod signature;
mod signer;
mod ways;

use crate::algorithm::HashAlg;
use crate::error::PolicyError;
use crate::name::Name;
use crate::session::DIGEST_LEN;

pub use approval::{ApprovalRefused, ApprovalRequest, ApprovalTerms, Approver, Credentials};
pub use pcr::PcrValues;
pub use signature::PolicySignature;
pub use signer::{PolicyKey, sign_policy};

pub(crate) use body::{command_of, command_parameters};
pub(crate) use digest::{after as digest_after, hash as sha256};
pub(crate) use pcr::{SELECT_LEN, registers, selection_list};
pub(crate) use signer::signed_message;
pub(crate) use ways::{KeyPolicy, Way};

/// A policy whose steps all have to hold, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    steps: Vec<PolicyStepKind>,
}

/// One condition.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PolicyStepKind {
    /// `TPM2_PolicyPCR`: platform configuration registers hold what they held when the policy was made.
    Pcr {
        /// Which bank of registers.
        bank: HashAlg,
        /// Numbers of the registers, 0 to 23.
        selection: Vec<u8>,
        /// SHA-256 over the registers' values, one after the other in order of their numbers.
        digest: [u8; 32],
    },
    /// `TPM2_PolicyAuthValue`: the key's own authorization value is known. It is proved by an HMAC, never sent.
    AuthValue,
    /// `TPM2_PolicySecret`: the authorization value of something else is known.
    Secret {
        /// Where that is in the TPM: a hierarchy (0x40…) or a persistent key (0x81…).
        handle: u32,
        /// Its Name; only this is in the digest.
        name: Name,
        /// Told apart by this from other uses of the same secret; mostly empty.
        policy_ref: Vec<u8>,
    },
    /// `TPM2_PolicySigned`: somebody approves, every time ([`Approver`]).
    Signed {
        /// Whose signature it takes.
        key: PolicyKey,
        /// Covered by the signature; mostly empty.
        policy_ref: Vec<u8>,
    },
    /// `TPM2_PolicyAuthorize`: any policy that somebody has signed ([`sign_policy`]). Steps before it do not count.
    Authorize {
        /// Whose signature it takes.
        key: PolicyKey,
        /// Covered by the signature; tells generations or purposes of policies apart.
        policy_ref: Vec<u8>,
        /// Over the policy that comes before this step; `None` in the key's own policy, which does not know it.
        signature: Option<PolicySignature>,
    },
    /// `TPM2_PolicyCommandCode`: the key is used for this command (`TPM_CC`) only.
    CommandCode(u32),
    /// `TPM2_PolicyLocality`: the command comes from one of these localities, a `TPMA_LOCALITY`. Bits 0 to 4 stand for
    /// localities 0 to 4.
    Locality(u8),
    /// `TPM2_PolicyDuplicationSelect`: the key is used for nothing but moving it under this parent.
    DuplicationSelect {
        /// The Name of the key that is moved, if it is part of the policy (which a key's own policy cannot name).
        object: Option<Name>,
        /// The Name of the parent it is moved to.
        new_parent: Name,
    },
    /// `TPM2_PolicyOR`: one of several policies holds. More than the eight that a TPM takes at once are nested.
    Or(Vec<Branch>),
}

/// One of the policies of a [`PolicyStepKind::Or`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Branch {
    /// Steps that carry on from those before the OR.
    Steps(Policy),
    /// What a branch arrives at, where no more is known of it: a key file holds the steps of the way it takes only.
    Digest([u8; 32]),
}

impl Policy {
    /// A policy of these steps.
    ///
    /// # Errors
    /// [`PolicyError::Invalid`] when a TPM would not take it: an OR of less than 2 or more than 64 branches, ORs nested
    /// more than 4 deep or with more than 64 ways in all, no or unknown PCRs, no locality, too long a `policy_ref`.
    pub fn new(mut steps: Vec<PolicyStepKind>) -> Result<Self, PolicyError> {
        for (at, step) in steps.iter_mut().enumerate() {
            step.normalize().map_err(|reason| PolicyError::Invalid {
                step: at + 1,
                reason,
            })?;
        }
        let policy = Self { steps };
        let invalid = |reason: String| PolicyError::Invalid { step: 0, reason };
        if policy.depth() > MOST_LEVELS {
            return Err(invalid(format!(
                "ORs are nested more than {MOST_LEVELS} deep"
            )));
        }
        if policy.way_count() > MOST_WAYS {
            return Err(invalid(format!(
                "there are more than {MOST_WAYS} ways through it"
            )));
        }
        Ok(policy)
    }

    /// The same with one more step at the end.
    ///
    /// # Errors
    /// As [`Policy::new`].
    pub fn and(mut self, step: PolicyStepKind) -> Result<Self, PolicyError> {
        self.steps.push(step);
        Self::new(self.steps)
    }

    /// That one of these policies holds.
    ///
    /// # Errors
    /// As [`Policy::new`].
    pub fn any_of(policies: Vec<Self>) -> Result<Self, PolicyError> {
        let branches = policies.into_iter().map(Branch::Steps).collect();
        Self::new(vec![PolicyStepKind::Or(branches)])
    }

    /// That these registers hold these values.
    ///
    /// # Errors
    /// As [`Policy::new`].
    pub fn pcr(values: &PcrValues) -> Result<Self, PolicyError> {
        Self::new(vec![values.to_step()])
    }

    /// The steps.
    pub fn steps(&self) -> &[PolicyStepKind] {
        &self.steps
    }

    /// What a key under this policy holds of it (`authPolicy`): equal to `TPM2_PolicyGetDigest` after its commands.
    pub fn digest(&self) -> [u8; 32] {
        digest::after([0; DIGEST_LEN], &self.steps)
    }

    /// Whether a use of the key under this policy proves its own authorization value, in one way at least.
    pub fn needs_auth_value(&self) -> bool {
        self.steps.iter().any(|step| match step {
            PolicyStepKind::AuthValue => true,
            PolicyStepKind::Or(branches) => branches.iter().any(|branch| match branch {
                Branch::Steps(policy) => policy.needs_auth_value(),
                Branch::Digest(_) => false,
            }),
            _ => false,
        })
    }

    fn depth(&self) -> usize {
        self.branches()
            .map(|branch| match branch {
                Branch::Steps(policy) => policy.depth() + 1,
                Branch::Digest(_) => 1,
            })
            .max()
            .unwrap_or(0)
    }

    fn way_count(&self) -> usize {
        self.steps
            .iter()
            .map(|step| match step {
                PolicyStepKind::Or(branches) => branches
                    .iter()
                    .map(|branch| match branch {
                        Branch::Steps(policy) => policy.way_count(),
                        Branch::Digest(_) => 0,
                    })
                    .fold(0, usize::saturating_add),
                _ => 1,
            })
            .fold(1, usize::saturating_mul)
    }

    fn branches(&self) -> impl Iterator<Item = &Branch> {
        self.steps.iter().flat_map(|step| match step {
            PolicyStepKind::Or(branches) => branches.as_slice(),
            _ => &[],
        })
    }
}

impl PolicyStepKind {
    /// The command, in the specification's spelling.
    pub fn command(&self) -> &'static str {
        command_of(self).name
    }

    /// Brings it into the one form that digests are made of, or says why it cannot be.
    fn normalize(&mut self) -> Result<(), String> {
        let reference = match self {
            Self::Pcr { selection, .. } => {
                selection.sort_unstable();
                selection.dedup();
                return match selection.last() {
                    None => Err("no PCR is selected".to_owned()),
                    Some(&last) if usize::from(last) >= 8 * SELECT_LEN => {
                        Err(format!("there is no PCR {last}, the last is 23"))
                    }
                    Some(_) => Ok(()),
                };
            }
            Self::Locality(0) => return Err("no locality is allowed".to_owned()),
            Self::Or(branches) => {
                return if (2..=MOST_WAYS).contains(&branches.len()) {
                    Ok(())
                } else {
                    Err(format!(
                        "an OR of {} branches; 2 to {MOST_WAYS} are possible",
                        branches.len()
                    ))
                };
            }
            Self::Secret { policy_ref, .. }
            | Self::Signed { policy_ref, .. }
            | Self::Authorize { policy_ref, .. } => policy_ref,
            Self::AuthValue
            | Self::CommandCode(_)
            | Self::Locality(_)
            | Self::DuplicationSelect { .. } => return Ok(()),
        };
        if reference.len() > LONGEST_REFERENCE {
            return Err(format!(
                "a `policyRef` of {} octets; at most {LONGEST_REFERENCE} are possible",
                reference.len()
            ));
        }
        Ok(())
    }
}

/// ORs within ORs. Hostile files must not make us recurse, and nobody understands more.
const MOST_LEVELS: usize = 4;
/// Ways through a policy: all branches of its ORs, multiplied.
const MOST_WAYS: usize = 64;
/// `TPM2B_NONCE` holds at most the largest digest, and SHA-256 is the largest that every TPM has.
const LONGEST_REFERENCE: usize = 32;

#[cfg(test)]
mod tests;
