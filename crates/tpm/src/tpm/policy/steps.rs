//! The steps of a policy that speak with the TPM about something else: registers, secrets, signatures.

use super::{PolicySession, UnderPolicy};
use crate::algorithm::HashAlg;
use crate::auth::Auth;
use crate::command::policy::{self as command, Approval};
use crate::error::{PolicyError, TpmError};
use crate::name::Name;
use crate::policy::{
    ApprovalRequest, Credentials, PolicyKey, PolicySignature, PolicyStepKind, command_of,
    command_parameters, signed_message,
};
use crate::rc;
use crate::tpm::owner::Owner;
use crate::tpm::recovery;
use crate::wire::command::TpmCommand;
use crate::wire::{Writer, code};

impl Owner {
    /// A step that needs nobody.
    pub(super) fn take_step(
        &mut self,
        number: usize,
        session: u32,
        step: &PolicyStepKind,
        credentials: &Credentials,
    ) -> Result<(), TpmError> {
        if let PolicyStepKind::Secret {
            handle,
            name,
            policy_ref,
        } = step
        {
            return self.prove_secret(number, session, (*handle, name), policy_ref, credentials);
        }
        let parameters = command_parameters(step);
        let command = command_of(step);
        match self.channel.policy_step(command, session, parameters) {
            Err(error) if error.is_code(rc::VALUE) => match step {
                PolicyStepKind::Pcr {
                    bank,
                    selection,
                    digest,
                } => Err(self.why_not_these_registers(number, *bank, selection, *digest)),
                _ => Err(at_step(number, command, error)),
            },
            outcome => outcome.map_err(|error| at_step(number, command, error)),
        }
    }

    fn why_not_these_registers(
        &mut self,
        step: usize,
        bank: HashAlg,
        registers: &[u8],
        expected: [u8; 32],
    ) -> TpmError {
        match self.pcr_values(bank, registers) {
            // Changed and changed back in between.
            Ok(values) if values.digest() == expected => PolicyError::PcrMoved.into(),
            Ok(values) => PolicyError::PcrChanged {
                step,
                bank,
                pcrs: registers.to_vec(),
                expected: expected.to_vec(),
                actual: values.digest().to_vec(),
                values: values.describe(),
            }
            .into(),
            Err(error) => error,
        }
    }

    /// `TPM2_PolicySecret`.
    fn prove_secret(
        &mut self,
        step: usize,
        session: u32,
        (handle, wanted): (u32, &Name),
        policy_ref: &[u8],
        credentials: &Credentials,
    ) -> Result<(), TpmError> {
        let [kind, ..] = handle.to_be_bytes();
        let found = match kind {
            code::HT_PERMANENT => Some(Name::of_handle(handle)),
            code::HT_PERSISTENT => self
                .channel
                .read_public(handle)?
                .and_then(|found| found.area.name()),
            _ => {
                return Err(PolicyError::Unsupported {
                    step,
                    command: format!(
                        "`TPM2_PolicySecret` of {handle:#010x}, which is neither a hierarchy nor a persistent key"
                    ),
                }
                .into());
            }
        };
        // Under a wrong Name the HMAC would be wrong, and that may count as a wrong authorization.
        if found.as_ref() != Some(wanted) {
            return Err(PolicyError::SecretHolder {
                step,
                handle,
                wanted: wanted.clone(),
                found,
            }
            .into());
        }
        let auth = match credentials.secret_of(handle) {
            Some(auth) => auth.clone(),
            None if handle == code::RH_OWNER => self.hierarchy_auth.clone(),
            None => Auth::empty(),
        };
        let what = format!("{} (policy step {step})", secret_holder(handle));
        let call = command::policy_secret((handle, wanted.clone()), session, policy_ref);
        self.run(call, &auth, &what)
            .map(drop)
            .map_err(|error| at_step(step, TpmCommand::POLICY_SECRET, error))
    }

    /// `TPM2_PolicySigned`; whether the approval is for this very command, unencrypted.
    pub(super) fn ask_approval(
        &mut self,
        step: usize,
        key: &PolicyKey,
        policy_ref: &[u8],
        usage: &UnderPolicy<'_>,
    ) -> Result<bool, TpmError> {
        let approver =
            usage
                .credentials
                .approver_with(key.name())
                .ok_or_else(|| PolicyError::NoApprover {
                    step,
                    key: key.name().clone(),
                })?;
        let Some(PolicySession { session, .. }) = &self.policy_session else {
            return Err(TpmError::Stopped);
        };
        let terms = approver.terms();
        let cp_hash = if terms.this_command {
            Some(command::cp_hash((usage.call)())?)
        } else {
            None
        };
        let request = ApprovalRequest {
            object: usage.object,
            nonce_tpm: if terms.this_session {
                session.nonce_tpm()
            } else {
                &[]
            },
            expiration: i32::try_from(terms.expiration).unwrap_or(i32::MAX),
            cp_hash,
            policy_ref,
        };
        let raw = approver
            .sign(&request.digest(), &request)
            .map_err(|refused| PolicyError::Refused {
                step,
                key: key.name().clone(),
                reason: refused.reason,
            })?;
        let signature = PolicySignature::new(HashAlg::Sha256, raw).to_tpmt();
        let (nonce_tpm, handle) = (request.nonce_tpm.to_vec(), session.handle());
        let approval = Approval {
            nonce_tpm: &nonce_tpm,
            cp_hash: cp_hash.as_ref().map_or(&[], |hash| hash.as_slice()),
            policy_ref,
            expiration: request.expiration,
            signature: &signature,
        };
        let outcome = self.with_public(key, |owner, loaded| {
            owner.channel.policy_signed(loaded, handle, &approval)
        });
        match outcome {
            Ok(()) => Ok(cp_hash.is_some()),
            Err(error) if error.is_code(rc::EXPIRED) => {
                Err(PolicyError::ApprovalExpired { step: Some(step) }.into())
            }
            Err(error) if is_about_a_signature(&error) => Err(PolicyError::BadApproval {
                step,
                key: key.name().clone(),
            }
            .into()),
            Err(error) => Err(at_step(step, TpmCommand::POLICY_SIGNED, error)),
        }
    }

    /// `TPM2_VerifySignature` and `TPM2_PolicyAuthorize`.
    pub(super) fn show_signature(
        &mut self,
        step: usize,
        session: u32,
        approved: &[u8; 32],
        key: &PolicyKey,
        policy_ref: &[u8],
        signature: &PolicySignature,
    ) -> Result<(), TpmError> {
        let digest = key.hash().digest(&signed_message(approved, policy_ref));
        let signature = signature.to_tpmt();
        let outcome = self.with_public(key, |owner, loaded| {
            owner.channel.verify_signature(loaded, &digest, &signature)
        });
        let ticket = match outcome {
            Err(error) if is_about_a_signature(&error) => {
                return Err(PolicyError::BadSignature {
                    step,
                    key: key.name().clone(),
                }
                .into());
            }
            outcome => {
                outcome.map_err(|error| at_step(step, TpmCommand::VERIFY_SIGNATURE, error))?
            }
        };
        self.authorize(session, approved, key, policy_ref, &ticket)
            .map_err(|error| at_step(step, TpmCommand::POLICY_AUTHORIZE, error))
    }

    /// `TPM2_PolicyAuthorize`.
    pub(super) fn authorize(
        &mut self,
        session: u32,
        approved: &[u8],
        key: &PolicyKey,
        policy_ref: &[u8],
        ticket: &[u8],
    ) -> Result<(), TpmError> {
        let mut parameters = Writer::new();
        parameters
            .sized(approved, "approvedPolicy")
            .sized(policy_ref, "policyRef")
            .sized(key.name().as_bytes(), "keySign")
            .octets(ticket);
        self.channel
            .policy_step(TpmCommand::POLICY_AUTHORIZE, session, parameters)
    }

    /// Does something with a public key while it is loaded.
    pub(super) fn with_public<T>(
        &mut self,
        key: &PolicyKey,
        work: impl FnOnce(&mut Self, (u32, Name)) -> Result<T, TpmError>,
    ) -> Result<T, TpmError> {
        // Beside two keys there is one slot left.
        if let Some(root) = self.root.take_if(|root| !root.is_persistent()) {
            self.channel.release(root.handle);
        }
        let handle = self.channel.load_public(key.public_blob())?;
        let outcome = work(self, (handle, key.name().clone()));
        if !matches!(outcome, Err(TpmError::Transport(_))) {
            self.channel.release(handle);
        }
        outcome
    }
}

/// Says which step failed, unless the trouble is with the TPM and not with the step.
pub(super) fn at_step(step: usize, command: &'static TpmCommand, error: TpmError) -> TpmError {
    match error.code() {
        Some(code) if !recovery::can_be_mended(&error) => PolicyError::Step {
            step,
            command: command.name,
            code,
        }
        .into(),
        _ => error,
    }
}

/// What a TPM answers to a signature that is none: not only that it is wrong, but also that it is of the wrong length
/// or kind for the key.
fn is_about_a_signature(error: &TpmError) -> bool {
    [rc::SIGNATURE, rc::SCHEME, rc::SIZE, rc::ECC_POINT]
        .iter()
        .any(|code| error.is_code(*code))
}

fn secret_holder(handle: u32) -> String {
    match handle {
        code::RH_OWNER => "the owner hierarchy".to_owned(),
        code::RH_ENDORSEMENT => "the endorsement hierarchy".to_owned(),
        code::RH_PLATFORM => "the platform hierarchy".to_owned(),
        _ => format!("the object at {handle:#010x}"),
    }
}
