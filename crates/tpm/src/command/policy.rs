//! Commands of policies and what they need beside them (TPM 2.0 Library Part 3, 23 "Enhanced Authorization Commands",
//! 11.2 PolicyRestart, 12.3 LoadExternal, 20.1 VerifySignature).
//!
//! All but `TPM2_PolicySecret` are sent without a session. Who changes one of them on its way changes the digest that
//! the policy session arrives at, and then the key does not sign.

use crate::command::{Call, Channel, Reply};
use crate::error::TpmError;
use crate::name::Name;
use crate::session::DIGEST_LEN;
use crate::wire::command::TpmCommand;
use crate::wire::{Writer, code};

impl Channel {
    /// A command that changes the policy of a session.
    pub(crate) fn policy_step(
        &mut self,
        command: &'static TpmCommand,
        session: u32,
        parameters: Writer,
    ) -> Result<(), TpmError> {
        let call = Call {
            command,
            handles: vec![(session, Name::of_handle(session))],
            parameters,
        };
        self.execute(call, &mut []).map(drop)
    }

    /// `TPM2_PolicyGetDigest`.
    pub(crate) fn policy_digest(&mut self, session: u32) -> Result<Vec<u8>, TpmError> {
        let call = Call {
            command: TpmCommand::POLICY_GET_DIGEST,
            handles: vec![(session, Name::of_handle(session))],
            parameters: Writer::new(),
        };
        self.execute(call, &mut [])?
            .read(|reader| Ok(reader.sized("policyDigest")?.to_vec()))
    }

    /// `TPM2_LoadExternal` of a public key, a whole `TPM2B_PUBLIC`. In the owner hierarchy, because in the null
    /// hierarchy a TPM makes no tickets.
    pub(crate) fn load_public(&mut self, public: &[u8]) -> Result<u32, TpmError> {
        let mut parameters = Writer::new();
        parameters
            .sized(&[], "inPrivate")
            .octets(public)
            .u32(code::RH_OWNER);
        let call = Call {
            command: TpmCommand::LOAD_EXTERNAL,
            handles: Vec::new(),
            parameters,
        };
        self.execute(call, &mut [])?.handle()
    }

    /// `TPM2_VerifySignature`: the TPM's own word, a `TPMT_TK_VERIFIED`, that a loaded key has signed a digest.
    pub(crate) fn verify_signature(
        &mut self,
        key: (u32, Name),
        digest: &[u8],
        signature: &[u8],
    ) -> Result<Vec<u8>, TpmError> {
        let mut parameters = Writer::new();
        parameters.sized(digest, "digest").octets(signature);
        let call = Call {
            command: TpmCommand::VERIFY_SIGNATURE,
            handles: vec![key],
            parameters,
        };
        self.execute(call, &mut [])?
            .read(|reader| Ok(reader.rest().to_vec()))
    }

    /// `TPM2_PolicySigned`, without asking for a ticket.
    pub(crate) fn policy_signed(
        &mut self,
        key: (u32, Name),
        session: u32,
        approval: &Approval<'_>,
    ) -> Result<(), TpmError> {
        let Approval {
            nonce_tpm,
            cp_hash,
            policy_ref,
            expiration,
            signature,
        } = approval;
        let mut parameters = Writer::new();
        parameters
            .sized(nonce_tpm, "nonceTPM")
            .sized(cp_hash, "cpHashA")
            .sized(policy_ref, "policyRef")
            .octets(&expiration.to_be_bytes())
            .octets(signature);
        let call = Call {
            command: TpmCommand::POLICY_SIGNED,
            handles: vec![key, (session, Name::of_handle(session))],
            parameters,
        };
        self.execute(call, &mut []).map(drop)
    }
}

/// The `cpHash` of a command as it is sent when nothing in it is encrypted.
pub(crate) fn cp_hash(call: Call) -> Result<[u8; DIGEST_LEN], TpmError> {
    let Call {
        command,
        handles,
        parameters,
    } = call;
    let parameters = parameters
        .finish()
        .map_err(|problem| TpmError::UnsupportedKey {
            reason: format!("it does not fit into `{}`: {problem}", command.name),
        })?;
    let code = command.code.to_be_bytes();
    let mut parts: Vec<&[u8]> = vec![&code];
    parts.extend(handles.iter().map(|(_, name)| name.as_bytes()));
    parts.push(&parameters);
    Ok(crate::policy::sha256(&parts))
}

/// The parameters of `TPM2_PolicySigned`.
pub(crate) struct Approval<'a> {
    /// Of the policy session, or empty: then the approval holds in any session.
    pub(crate) nonce_tpm: &'a [u8],
    /// Of the command, or empty: then it holds for any command.
    pub(crate) cp_hash: &'a [u8],
    pub(crate) policy_ref: &'a [u8],
    pub(crate) expiration: i32,
    /// `TPMT_SIGNATURE`.
    pub(crate) signature: &'a [u8],
}

/// `TPM2_PolicySecret`, which holds for this session only, until it ends.
pub(crate) fn policy_secret(entity: (u32, Name), session: u32, policy_ref: &[u8]) -> Call {
    let mut parameters = Writer::new();
    parameters
        .sized(&[], "nonceTPM")
        .sized(&[], "cpHashA")
        .sized(policy_ref, "policyRef")
        .octets(&0i32.to_be_bytes());
    Call {
        command: TpmCommand::POLICY_SECRET,
        handles: vec![entity, (session, Name::of_handle(session))],
        parameters,
    }
}

/// `TPM2_PCR_Read` of what a `TPML_PCR_SELECTION` selects.
pub(crate) fn pcr_read(selection: &[u8]) -> Call {
    let mut parameters = Writer::new();
    parameters.octets(selection);
    Call {
        command: TpmCommand::PCR_READ,
        handles: Vec::new(),
        parameters,
    }
}

/// What one `TPM2_PCR_Read` returned: as many values as fit, beginning with the lowest register.
pub(crate) struct PcrPage {
    /// Counts changes of any register.
    pub(crate) counter: u32,
    /// `TPML_PCR_SELECTION`: whose values these are.
    pub(crate) selection: Vec<(u16, Vec<u8>)>,
    pub(crate) values: Vec<Vec<u8>>,
}

impl PcrPage {
    pub(crate) fn read(reply: &Reply) -> Result<Self, TpmError> {
        reply.read(|reader| {
            let counter = reader.u32("pcrUpdateCounter")?;
            let selection = (0..reader.count(3, "pcrSelectionOut")?)
                .map(|_| {
                    let bank = reader.u16("pcrSelectionOut.hash")?;
                    let length = reader.u8("pcrSelectionOut.sizeofSelect")?;
                    let bits = reader.take(usize::from(length), "pcrSelectionOut.pcrSelect")?;
                    Ok((bank, bits.to_vec()))
                })
                .collect::<Result<_, _>>()?;
            let values = (0..reader.count(2, "pcrValues")?)
                .map(|_| Ok(reader.sized("pcrValues")?.to_vec()))
                .collect::<Result<_, _>>()?;
            Ok(Self {
                counter,
                selection,
                values,
            })
        })
    }
}

/// `TPM2_PCR_Extend` of one register in one bank.
pub(crate) fn pcr_extend(register: u8, bank: u16, digest: &[u8]) -> Call {
    let handle = u32::from(register);
    let mut parameters = Writer::new();
    parameters.u32(1).u16(bank).octets(digest);
    Call {
        command: TpmCommand::PCR_EXTEND,
        handles: vec![(handle, Name::of_handle(handle))],
        parameters,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use zeroize::Zeroizing;

    use super::*;
    use crate::options::Receipt;

    proptest! {
        #[test]
        fn reading_never_panics(octets in proptest::collection::vec(any::<u8>(), 0..200)) {
            let reply = Reply {
                command: TpmCommand::PCR_READ,
                handle: None,
                parameters: Zeroizing::new(octets),
                receipt: Receipt { command_code: TpmCommand::PCR_READ.code, cp_hash: [0; 32], rp_hash: [0; 32] },
            };
            let _ = PcrPage::read(&reply);
        }
    }
}
