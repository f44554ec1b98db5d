//! Authorization values: from the options, or from the terminal.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::Result;
use tpm2ca_authority::AuthSource;
use tpm2ca_keys::KeyApprover;
use tpm2ca_tpm::{Auth, Credentials, KeyFile, PolicyStepKind, TpmOptions};
use zeroize::Zeroizing;

use crate::{
    args::Global,
    error::{CliError, Failure},
    key_file,
    output::Output,
    secret::{SOURCES, Secret},
    terminal,
};

/// The value of an option such as `--owner-auth`; nothing where it was not given.
pub(crate) fn value(option: &str, secret: Option<&Secret>) -> Result<Zeroizing<Vec<u8>>> {
    let Some(secret) = secret else {
        return Ok(Zeroizing::default());
    };
    Ok(secret
        .value()
        .map_err(|message| CliError::secret(format!("{option}: {message}"), SOURCES))?)
}

/// A value of fewer octets is taken for something that a human remembers, and is guarded against guessing by the
/// TPM; from here on it is taken for the random secret of a machine.
pub(crate) const GUESSABLE_BELOW: usize = 16;

/// Whether the TPM is to guard a value against guessing: docs/adr/0004-guessing-protection-by-length.md.
pub(crate) fn is_guessable(value: &[u8]) -> bool {
    !value.is_empty() && value.len() < GUESSABLE_BELOW
}

/// What should be known about a key whose value the TPM guards, with the number of tries of this TPM.
pub(crate) fn warn_of_lockout(tries: u32, output: &Output) {
    output.warn(&format!(
        "the authorization value is short, so that the TPM guards it: after {tries} wrong tries it locks out every key \
         that is guarded so, for a while"
    ));
}

/// What a key's policy asks for beyond its own value: the values of other things (`--parent-auth`; the owner's is
/// known to the TPM's session), and an approver.
pub(crate) fn credentials(
    key: &KeyFile,
    parent_auth: &Auth,
    approver: Option<&Path>,
) -> Result<Credentials, String> {
    let mut credentials = Credentials::default();
    let mut asks_approval = false;
    // What is wrong with a policy is said when the key is loaded.
    for (_, policy) in key.policies().unwrap_or_default() {
        for step in policy.steps() {
            match step {
                PolicyStepKind::Secret { handle, .. } if *handle != KeyFile::OWNER => {
                    credentials = credentials.secret(*handle, parent_auth.clone());
                }
                PolicyStepKind::Signed { .. } => asks_approval = true,
                _ => {}
            }
        }
    }
    if let (true, Some(path)) = (asks_approval, approver) {
        let said = |error: anyhow::Error| format!("--approver: {}", Failure::from(&error).message);
        let octets = key_file::read_limited(path).map_err(said)?;
        let key = key_file::software(path, &octets, None).map_err(said)?;
        let approver = KeyApprover::new(key).map_err(|error| format!("--approver: {error}"))?;
        credentials = credentials.approver(Arc::new(approver));
    }
    Ok(credentials)
}

/// A new value from the terminal, typed twice, since nobody sees what is typed.
pub(crate) fn ask_for_new(prompt: &str) -> Result<Zeroizing<Vec<u8>>> {
    let ask =
        |prompt: &str| terminal::ask(prompt).map_err(|message| CliError::secret(message, SOURCES));
    let value = ask(prompt)?;
    if value != ask("the same once more: ")? {
        return Err(CliError::failed(
            "the two values are not the same",
            "nothing was made; try again",
        )
        .into());
    }
    Ok(value)
}

/// Says it when a secret stands on the command line, as its owner may not know who can read that.
pub(crate) fn advise_against_argv(global: &Global, output: &Output) {
    let options = [
        ("--key-auth", &global.key_auth),
        ("--parent-auth", &global.parent_auth),
        ("--owner-auth", &global.owner_auth),
    ];
    let visible: Vec<&str> = options
        .into_iter()
        .filter(|(_, secret)| matches!(secret, Some(Secret::Pass(value)) if !value.is_empty()))
        .map(|(option, _)| option)
        .collect();
    if !visible.is_empty() {
        output.advise(
            &format!(
                "the secret in `{} pass:...` is visible to every user in the process list",
                visible.join(" pass:...` and `")
            ),
            "outside of trials give it as `file:PATH`, `env:VAR`, `fd:N`, `stdin` or `credential:NAME`",
        );
    }
}

/// Key authorization from `--key-auth`, or from the terminal. Fetched once: standard input can be read only once.
pub(crate) struct UserAuth {
    source: Option<Secret>,
    fetched: Mutex<Option<Auth>>,
    parent_auth: Auth,
    approver: Option<PathBuf>,
}

impl UserAuth {
    /// `options` are those that the TPM is opened with.
    pub(crate) fn new(global: &Global, options: &TpmOptions) -> Self {
        Self {
            source: global.key_auth.clone(),
            fetched: Mutex::new(None),
            parent_auth: options.parent_auth.clone(),
            approver: global.approver.clone(),
        }
    }
}

impl AuthSource for UserAuth {
    fn key_auth(&self, path: &Path) -> Result<Auth, String> {
        let mut fetched = self.fetched.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(auth) = &*fetched {
            return Ok(auth.clone());
        }
        let value = match &self.source {
            Some(source) => source.value()?,
            None => terminal::ask(&format!("authorization value of `{}`: ", path.display()))?,
        };
        let auth = Auth::new(value.to_vec());
        *fetched = Some(auth.clone());
        Ok(auth)
    }

    fn passphrase(&self, path: &Path) -> Result<Zeroizing<Vec<u8>>, String> {
        match &self.source {
            Some(source) => source.value(),
            None => terminal::ask(&format!("pass phrase of `{}`: ", path.display()))
                .map_err(|reason| reason.replace("an authorization value", "a pass phrase")),
        }
    }

    fn is_given(&self) -> bool {
        self.source.is_some()
    }

    fn credentials(&self, key: &KeyFile) -> Result<Credentials, String> {
        credentials(key, &self.parent_auth, self.approver.as_deref())
    }
}
