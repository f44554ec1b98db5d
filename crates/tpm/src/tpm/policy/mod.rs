//! Policies in action: their steps taken in a policy session before a key is used, one way after the other until one
//! leads there (TPM 2.0 Library Part 1, 19.7).
//!
//! One policy session is kept, salted like the other session. The TPM sets its policy back with each use, so it is as
//! good as a fresh one; only where somebody approves, time counts from the beginning of the session, and it is really
//! opened anew. The other session, which knows no authorization value of the key, hides the parameters.

mod steps;

use std::sync::Arc;

use crate::algorithm::HashAlg;
use crate::auth::Auth;
use crate::command::duplication;
use crate::command::policy::Approval;
use crate::command::{Authorization, Call, Reply};
use crate::error::{PolicyError, TpmError};
use crate::key::RawSignature;
use crate::keyfile::KeyFile;
use crate::name::Name;
use crate::policy::{
    Credentials, KeyPolicy, Policy, PolicySignature, PolicyStepKind, Way, digest_after,
};
use crate::rc;
use crate::session::{DIGEST_LEN, Salt, Session};
use crate::tpm::loaded::Proof;
use crate::tpm::owner::Owner;
use crate::tpm::{Tpm, TpmKey};
use crate::wire::command::TpmCommand;
use crate::wire::{Writer, code};

use steps::at_step;

/// The policy session, as it is kept.
pub(super) struct PolicySession {
    session: Session,
    /// No step has been taken in it yet.
    clean: bool,
}

impl PolicySession {
    pub(super) fn handle(&self) -> u32 {
        self.session.handle()
    }
}

/// A use of a key that its policy has to allow.
pub(super) struct UnderPolicy<'a> {
    pub(super) policy: &'a KeyPolicy,
    pub(super) credentials: &'a Credentials,
    /// Name of the key.
    pub(super) object: &'a Name,
    /// The key's own authorization value.
    pub(super) auth: &'a Auth,
    /// For errors: whose value that is.
    pub(super) what: &'a str,
    /// The command, whose first handle is the key.
    pub(super) call: &'a dyn Fn() -> Call,
}

impl Tpm {
    /// Loads a key like [`Tpm::load`], with what its policy asks for beyond its own authorization value.
    ///
    /// The policy runs with every signature, not now.
    ///
    /// # Errors
    /// As [`Tpm::load`]; [`PolicyError::NotTheKeys`] and others when the policy can never be satisfied.
    pub fn load_with(
        &self,
        key: KeyFile,
        auth: Auth,
        credentials: Credentials,
    ) -> Result<TpmKey, TpmError> {
        self.load_to_use(key, auth, credentials, Proof::Now)
    }

    /// The same without proving `auth`: the first signature does. For a process that signs once and ends.
    ///
    /// # Errors
    /// As [`Tpm::load_unproved`].
    pub fn load_unproved_with(
        &self,
        key: KeyFile,
        auth: Auth,
        credentials: Credentials,
    ) -> Result<TpmKey, TpmError> {
        self.load_to_use(key, auth, credentials, Proof::BySigning)
    }

    fn load_to_use(
        &self,
        key: KeyFile,
        auth: Auth,
        credentials: Credentials,
        proof: Proof,
    ) -> Result<TpmKey, TpmError> {
        let loaded = self.worker.call(move |owner| {
            let loaded = owner.load(&key, auth.clone(), proof)?;
            owner.keys.give(loaded.id, credentials.clone());
            Ok(loaded)
        })?;
        Ok(TpmKey::new(loaded, Arc::clone(&self.worker)))
    }

    /// What the TPM says the digest of a policy is: its first way through, in a trial session, which checks nothing but
    /// the secrets of [`PolicyStepKind::Secret`]. Equal to [`Policy::digest`], which asks nobody.
    ///
    /// # Errors
    /// [`TpmError::AuthFailed`], [`TpmError::Rc`].
    pub fn trial_policy_digest(
        &self,
        policy: &Policy,
        credentials: &Credentials,
    ) -> Result<[u8; 32], TpmError> {
        let (policy, credentials) = (policy.clone(), credentials.clone());
        self.worker
            .call(move |owner| owner.trial_digest(&policy, &credentials))
    }
}

impl Owner {
    /// Runs a command that uses a key. What fails for the policy is tried the next way; a wrong authorization value,
    /// which may count, is not tried again.
    pub(super) fn run_under_policy(&mut self, usage: &UnderPolicy<'_>) -> Result<Reply, TpmError> {
        let mut reasons = Vec::new();
        let mut ways: Vec<&Way> = usage.policy.ways.iter().collect();
        if usage.auth.is_empty() {
            // None was given, so what needs none is likelier, and costs no failed authorization.
            ways.sort_by_key(|way| way.needs_auth_value());
        }
        for way in ways {
            match self.try_way(way, usage) {
                Err(TpmError::Policy(reason)) => reasons.push((way.name.clone(), *reason)),
                outcome => return outcome,
            }
        }
        Err(match reasons.len() {
            1 => reasons.remove(0).1,
            _ => PolicyError::NoneWorked { reasons },
        }
        .into())
    }

    fn try_way(&mut self, way: &Way, usage: &UnderPolicy<'_>) -> Result<Reply, TpmError> {
        let holder = way.needs_auth_value().then_some(usage.object);
        self.must_not_be_refused(usage.auth, usage.what, holder)?;
        if let Some(session) = self.session.take_if(|session| session.is_in_doubt()) {
            // At once: a TPM has room for three sessions, and this takes two new ones.
            self.channel.release(session.handle());
        }
        self.ensure_session()?;
        let asks = |step: &PolicyStepKind| matches!(step, PolicyStepKind::Signed { .. });
        let session = self.begin_policy(way.steps.iter().any(asks))?;
        let mut for_this_command = false;
        for (at, step) in way.steps.iter().enumerate() {
            let number = at + 1;
            match step {
                PolicyStepKind::Signed { key, policy_ref } => {
                    for_this_command |= self.ask_approval(number, key, policy_ref, usage)?;
                }
                PolicyStepKind::Authorize {
                    key,
                    policy_ref,
                    signature,
                } => {
                    let before = way.steps.get(..at).unwrap_or_default();
                    let approved = digest_after([0; DIGEST_LEN], before);
                    let signature =
                        signature
                            .as_ref()
                            .ok_or_else(|| PolicyError::NoSignedPolicy {
                                key: key.name().clone(),
                            })?;
                    self.show_signature(number, session, &approved, key, policy_ref, signature)?;
                }
                PolicyStepKind::DuplicationSelect {
                    object: None,
                    new_parent,
                } => {
                    // The policy is about any object, the session about the one that is moved.
                    let call = duplication::select(session, usage.object, new_parent);
                    let command = call.command;
                    self.channel
                        .execute(call, &mut [])
                        .map_err(|error| at_step(number, command, error))?;
                }
                step => self.take_step(number, session, step, usage.credentials)?,
            }
        }
        self.use_policy(way, usage, for_this_command)
    }

    /// Makes ready the policy session.
    fn begin_policy(&mut self, anew: bool) -> Result<u32, TpmError> {
        if anew {
            self.end_policy();
        }
        if let Some(PolicySession { session, clean }) = &mut self.policy_session {
            let handle = session.handle();
            if !*clean {
                self.channel
                    .policy_step(TpmCommand::POLICY_RESTART, handle, Writer::new())?;
            }
            *clean = false;
            return Ok(handle);
        }
        let root = self.session_root()?;
        let salt = Salt::agree(&root.area)?;
        // `ensure_session` has found out which cipher the TPM takes.
        let session = self.channel.start_salted_policy_session(
            (root.handle, root.name),
            &salt,
            self.cipher,
        )?;
        let handle = session.handle();
        self.policy_session = Some(PolicySession {
            session,
            clean: false,
        });
        Ok(handle)
    }

    fn end_policy(&mut self) {
        if let Some(policy) = self.policy_session.take() {
            self.channel.release(policy.handle());
        }
    }

    /// The use itself.
    fn use_policy(
        &mut self,
        way: &Way,
        usage: &UnderPolicy<'_>,
        for_this_command: bool,
    ) -> Result<Reply, TpmError> {
        let nothing = Auth::empty();
        let auth = if way.needs_auth_value() {
            usage.auth
        } else {
            &nothing
        };
        let Self {
            channel,
            session: Some(session),
            policy_session: Some(policy),
            ..
        } = self
        else {
            // Both were made ready before the first step.
            return Err(TpmError::Stopped);
        };
        let mut authorizations = vec![Authorization::Session {
            session: &mut policy.session,
            auth,
            last: false,
        }];
        if !for_this_command {
            authorizations.push(Authorization::Session {
                session,
                auth: &nothing,
                last: false,
            });
        }
        match channel.execute((usage.call)(), &mut authorizations) {
            Ok(reply) => {
                policy.clean = true;
                if way.needs_auth_value() {
                    self.note_accepted(auth, usage.object);
                }
                Ok(reply)
            }
            Err(error) => {
                // As in `run_with`: neither session can be trusted to stand where the TPM does. There is no room to
                // keep them until the end of the request, because the next way needs new ones.
                if error.code().is_some() {
                    self.end_policy();
                    if let Some(session) = self.session.take() {
                        self.channel.release(session.handle());
                    }
                }
                self.session = None;
                self.policy_session = None;
                Err(self.why_not_allowed(way, usage, auth, error))
            }
        }
    }

    fn why_not_allowed(
        &mut self,
        way: &Way,
        usage: &UnderPolicy<'_>,
        auth: &Auth,
        error: TpmError,
    ) -> TpmError {
        let Some(code) = error.code() else {
            return error;
        };
        let locality = way
            .steps
            .iter()
            .zip(1..)
            .find_map(|(step, number)| match step {
                PolicyStepKind::Locality(allowed) => Some((number, *allowed)),
                _ => None,
            });
        let problem = match (code.base(), locality) {
            (rc::LOCALITY, Some((step, allowed))) => PolicyError::WrongLocality { step, allowed },
            (rc::EXPIRED, _) => PolicyError::ApprovalExpired { step: None },
            (rc::PCR_CHANGED, _) => PolicyError::PcrMoved,
            (rc::POLICY_FAIL | rc::POLICY_CC | rc::LOCALITY, _) => {
                PolicyError::NotAccepted { code }
            }
            _ => {
                let holder = way.needs_auth_value().then_some(usage.object);
                return self.explain(error, auth, usage.what, holder);
            }
        };
        problem.into()
    }

    fn trial_digest(
        &mut self,
        policy: &Policy,
        credentials: &Credentials,
    ) -> Result<[u8; 32], TpmError> {
        let session = self.channel.start_trial_session()?.handle();
        let ways = policy.ways();
        for (step, number) in ways.first().into_iter().flatten().zip(1..) {
            match step {
                PolicyStepKind::Signed { key, policy_ref } => {
                    let approval = Approval {
                        nonce_tpm: &[],
                        cp_hash: &[],
                        policy_ref,
                        expiration: 0,
                        signature: &any_signature(),
                    };
                    self.with_public(key, |owner, loaded| {
                        owner.channel.policy_signed(loaded, session, &approval)
                    })?;
                }
                PolicyStepKind::Authorize {
                    key, policy_ref, ..
                } => {
                    let mut ticket = Writer::new();
                    ticket
                        .u16(code::ST_VERIFIED)
                        .u32(code::RH_NULL)
                        .sized(&[], "digest");
                    let ticket = ticket.finish().unwrap_or_default();
                    self.authorize(session, &[0; DIGEST_LEN], key, policy_ref, &ticket)?;
                }
                step => self.take_step(number, session, step, credentials)?,
            }
        }
        let digest = self.channel.policy_digest(session)?;
        self.channel.release(session);
        <[u8; 32]>::try_from(digest).map_err(|digest| TpmError::BadResponse {
            command: TpmCommand::POLICY_GET_DIGEST.name,
            problem: format!("a digest of {} octets", digest.len()),
        })
    }
}

/// A trial session reads a signature and does not look at it.
fn any_signature() -> Vec<u8> {
    let raw = RawSignature::Ecdsa {
        r: vec![1; DIGEST_LEN],
        s: vec![1; DIGEST_LEN],
    };
    PolicySignature::new(HashAlg::Sha256, raw).to_tpmt()
}
