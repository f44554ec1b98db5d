//! Authorization values: from the options, or from the terminal.

use std::{
    path::Path,
    sync::{Mutex, PoisonError},
};

use anyhow::Result;
use tpm2ca_authority::AuthSource;
use tpm2ca_tpm::Auth;
use zeroize::Zeroizing;

use crate::{
    args::Global,
    error::CliError,
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
        .map_err(|message| CliError::failed(format!("{option}: {message}"), SOURCES))?)
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
}

impl UserAuth {
    pub(crate) fn new(global: &Global) -> Self {
        Self {
            source: global.key_auth.clone(),
            fetched: Mutex::new(None),
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
}
