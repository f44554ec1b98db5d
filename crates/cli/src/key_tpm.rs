//! The TPM for commands about keys, opened when it is needed first, and the authorization values they take.

use std::cell::OnceCell;

use anyhow::Result;
use tpm2ca_authority::KeyLocation;
use tpm2ca_tpm::{Auth, AuthNeed, Credentials, KeyFile, Tcti, Tpm, TpmOptions};

use crate::{
    args::Global,
    auth,
    context::ca_directory,
    error::CliError,
    output::Output,
    secret::{SOURCES, Secret},
    terminal, tpm,
};

/// A TPM that is perhaps not needed.
pub(crate) struct KeyTpm<'a> {
    global: &'a Global,
    output: &'a Output,
    may_be_new: bool,
    open: OnceCell<(Tpm, Auth)>,
}

impl<'a> KeyTpm<'a> {
    /// A TPM with keys in it.
    pub(crate) fn new(global: &'a Global, output: &'a Output) -> Self {
        Self {
            global,
            output,
            may_be_new: false,
            open: OnceCell::new(),
        }
    }

    /// A TPM for new keys. A software TPM is made where there is none.
    pub(crate) fn for_new_keys(global: &'a Global, output: &'a Output) -> Self {
        Self {
            may_be_new: true,
            ..Self::new(global, output)
        }
    }

    /// The TPM, opened now if it was not yet.
    ///
    /// # Errors
    /// When it does not answer, or is not that of the CA.
    pub(crate) fn open(&self) -> Result<Tpm> {
        self.opened().map(|(tpm, _)| tpm.clone())
    }

    /// The authorization value of the key, from `--key-auth` or the terminal.
    ///
    /// # Errors
    /// When there is none to be had.
    pub(crate) fn key_auth(&self, key: &KeyLocation) -> Result<Auth> {
        value_of(
            "--key-auth",
            self.global.key_auth.as_ref(),
            &format!("authorization value of `{key}`: "),
        )
        .map_err(|message| {
            CliError::secret(
                format!("the key `{key}` cannot be used: {message}"),
                "give it with `--key-auth file:PATH`, `env:VAR`, `fd:N`, `stdin` or `credential:NAME`; if the key has none \
                 and the file is wrong, with `--key-auth pass:`",
            )
            .into()
        })
    }

    /// The value of a key in a file, if it has one.
    ///
    /// # Errors
    /// As [`KeyTpm::key_auth`].
    pub(crate) fn auth_of(&self, key: &KeyLocation, file: &KeyFile) -> Result<Auth> {
        // Nothing protects what the file says, and some tools say it the wrong way round.
        if file.needs_auth() || self.global.key_auth.is_some() {
            self.key_auth(key)
        } else {
            Ok(Auth::empty())
        }
    }

    /// The value for a signature, if it takes one or was given one.
    ///
    /// # Errors
    /// As [`KeyTpm::key_auth`].
    pub(crate) fn auth_to_sign(&self, key: &KeyLocation, file: &KeyFile) -> Result<Auth> {
        // One that was given may be one of several ways to satisfy a policy, or the file is wrong.
        if file.asks_for_auth() || self.global.key_auth.is_some() {
            self.key_auth(key)
        } else {
            Ok(Auth::empty())
        }
    }

    /// The value of a key at a persistent handle, if it has one.
    ///
    /// # Errors
    /// As [`KeyTpm::key_auth`], and those of the TPM.
    pub(crate) fn auth_at(&self, handle: u32) -> Result<Auth> {
        match self.open()?.auth_need(handle)? {
            AuthNeed::None => Ok(Auth::empty()),
            AuthNeed::Needed | AuthNeed::Unknown => self.key_auth(&KeyLocation::Handle(handle)),
        }
    }

    /// What the key's policy asks for beyond its own value.
    ///
    /// # Errors
    /// When what was given cannot be used.
    pub(crate) fn credentials(&self, file: &KeyFile) -> Result<Credentials> {
        let (_, parent_auth) = self.opened()?;
        auth::credentials(file, parent_auth, self.global.approver.as_deref())
            .map_err(|message| CliError::failed(message, SOURCES).into())
    }

    fn opened(&self) -> Result<&(Tpm, Auth)> {
        if let Some(open) = self.open.get() {
            return Ok(open);
        }
        let (tcti, options) = self.place()?;
        let parent_auth = options.parent_auth.clone();
        let tpm = Tpm::open(&tcti, options)?;
        Ok(self.open.get_or_init(|| (tpm, parent_auth)))
    }

    /// Which TPM it is, and how it is to be opened.
    ///
    /// # Errors
    /// When none can be found where one was named.
    pub(crate) fn place(&self) -> Result<(Tcti, TpmOptions)> {
        let ca = self.of_the_ca()?;
        let remembered = ca.as_ref().map(|(tcti, _)| tcti.clone());
        let tcti = tpm::chosen(self.global, remembered, self.output)?;
        if !self.may_be_new {
            tpm::must_exist(&tcti)?;
        }
        let mut options = tpm::options(self.global, None)?;
        if let Some((remembered, TpmOptions { expected_srk, .. })) = ca
            && remembered == tcti
        {
            options.expected_srk = expected_srk;
        }
        Ok((tcti, options))
    }

    /// The TPM of the CA, where there is one, and which it is. A CA is not needed for this; but one that was named must
    /// be there.
    fn of_the_ca(&self) -> Result<Option<(Tcti, TpmOptions)>> {
        let find = || {
            let directory = ca_directory(self.global, self.output)?;
            let config = directory.config()?;
            let options = TpmOptions {
                expected_srk: tpm::pinned_srk(&directory, &config)?,
                ..TpmOptions::default()
            };
            Ok::<_, anyhow::Error>(
                tpm::remembered(&directory, &config)?.map(|tcti| (tcti, options)),
            )
        };
        match find() {
            Err(error) if self.global.ca.is_some() && self.global.tpm.is_none() => Err(error),
            found => Ok(found.ok().flatten()),
        }
    }
}

/// A value from an option, or from the terminal.
fn value_of(option: &str, secret: Option<&Secret>, prompt: &str) -> Result<Auth, String> {
    let value = match secret {
        Some(secret) => secret
            .value()
            .map_err(|message| format!("{option}: {message}"))?,
        None => terminal::ask(prompt)?,
    };
    Ok(Auth::new(value.to_vec()))
}
