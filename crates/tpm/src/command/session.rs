//! `TPM2_StartAuthSession` (TPM 2.0 Library Part 3, 11.1).

use crate::command::{Call, Channel};
use crate::error::TpmError;
use crate::name::Name;
use crate::session::{ParameterCipher, Salt, Session};
use crate::wire::command::TpmCommand;
use crate::wire::public::Symmetric;
use crate::wire::{Writer, code};

impl Channel {
    /// Opens a session whose salt only the key with this handle and Name can learn.
    pub(crate) fn start_salted_session(
        &mut self,
        key: (u32, Name),
        salt: &Salt,
        cipher: ParameterCipher,
    ) -> Result<Session, TpmError> {
        self.start(key, Some((salt, cipher)))
    }

    /// Opens a session without a key of its own, for the time before there is one to salt it with.
    pub(crate) fn start_unsalted_session(&mut self) -> Result<Session, TpmError> {
        self.start((code::RH_NULL, Name::of_handle(code::RH_NULL)), None)
    }

    /// Opens a salted policy session, which encrypts nothing: that is done by the session beside it, for which it does
    /// not matter whether the authorization value of the key is known.
    pub(crate) fn start_salted_policy_session(
        &mut self,
        key: (u32, Name),
        salt: &Salt,
        cipher: ParameterCipher,
    ) -> Result<Session, TpmError> {
        self.start_kind(key, Some((salt, cipher)), code::SE_POLICY)
            .map(Session::only_authorizing)
    }

    /// Opens a session in which policy commands check nothing and only compute the digest. It authorizes nothing.
    pub(crate) fn start_trial_session(&mut self) -> Result<Session, TpmError> {
        let nobody = (code::RH_NULL, Name::of_handle(code::RH_NULL));
        self.start_kind(nobody, None, code::SE_TRIAL)
    }

    fn start(
        &mut self,
        key: (u32, Name),
        salt: Option<(&Salt, ParameterCipher)>,
    ) -> Result<Session, TpmError> {
        self.start_kind(key, salt, code::SE_HMAC)
    }

    fn start_kind(
        &mut self,
        key: (u32, Name),
        salt: Option<(&Salt, ParameterCipher)>,
        kind: u8,
    ) -> Result<Session, TpmError> {
        let nonce = Session::fresh_nonce()?;
        let mut parameters = Writer::new();
        parameters
            .sized(&nonce, "nonceCaller")
            .sized(
                salt.map_or(&[], |(salt, _)| salt.encrypted.as_slice()),
                "encryptedSalt",
            )
            .u8(kind);
        match salt {
            None => Symmetric::write(None, &mut parameters),
            Some((_, cipher)) => cipher.write(&mut parameters),
        }
        parameters.u16(code::ALG_SHA256);
        let call = Call {
            command: TpmCommand::START_AUTH_SESSION,
            handles: vec![key, (code::RH_NULL, Name::of_handle(code::RH_NULL))],
            parameters,
        };
        let reply = self.execute(call, &mut [])?;
        let nonce_tpm = reply.read(|reader| Ok(reader.sized("nonceTPM")?.to_vec()))?;
        Session::opened(reply.handle()?, salt, nonce, &nonce_tpm)
    }
}
