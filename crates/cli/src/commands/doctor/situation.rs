//! What there is to look at: the TPM, the CA, and whatever keeps one from being looked at.

use std::cell::{Cell, OnceCell};

use anyhow::Result;
use tpm2ca_authority::{AuthorityError, CaConfig, CaDirectory, Clock as _, SystemClock};
use tpm2ca_store::SqliteStore;
use tpm2ca_tpm::{Auth, Capabilities, Health, Tcti, Tpm};
use tpm2ca_x509::UnixTime;

use crate::{
    args::Global,
    auth,
    context::{ca_directory, is_ca_named},
    output::Output,
    tpm,
};

/// Everything that the checks look at. What takes a TPM or a disk is fetched when it is first asked for, once.
pub(super) struct Situation<'a> {
    pub(super) global: &'a Global,
    pub(super) ca: Ca,
    /// Which TPM, and what says so.
    pub(super) place: Result<(Tcti, &'static str)>,
    pub(super) now: UnixTime,
    tpm: OnceCell<Option<Tpm>>,
    health: OnceCell<Option<Health>>,
    capabilities: OnceCell<Option<Capabilities>>,
    /// The authorization value that was given turned out to be wrong.
    pub(super) wrong_auth: Cell<bool>,
}

/// The CA, as far as there is one.
pub(super) enum Ca {
    /// None was named, and there is none where one would be.
    Nowhere(String),
    /// One was named, or is there, and cannot be read.
    Broken(anyhow::Error),
    /// There is one.
    There(CaDirectory, Box<CaConfig>),
}

impl<'a> Situation<'a> {
    pub(super) fn new(global: &'a Global, output: &Output) -> Self {
        let ca = Ca::find(global, output);
        let remembered = match &ca {
            Ca::There(directory, config) => tpm::remembered(directory, config).ok().flatten(),
            Ca::Nowhere(_) | Ca::Broken(_) => None,
        };
        Self {
            global,
            ca,
            place: tpm::chosen_and_why(global, remembered),
            now: SystemClock.now(),
            tpm: OnceCell::new(),
            health: OnceCell::new(),
            capabilities: OnceCell::new(),
            wrong_auth: Cell::new(false),
        }
    }

    /// Opens the TPM; only the check that reports why it cannot be opened calls this.
    pub(super) fn open(&self) -> Result<()> {
        let tpm = self.opened();
        let _ = self.tpm.set(tpm.as_ref().ok().cloned());
        let tpm = tpm?;
        // First of all, before anything of ours is in it.
        let root = self
            .ca()
            .and_then(|(directory, config)| tpm::pinned_srk(directory, config).ok().flatten());
        let _ = self.health.set(Some(tpm.health(root.as_ref())?));
        let _ = self.capabilities.set(Some(tpm.capabilities()?));
        Ok(())
    }

    fn opened(&self) -> Result<Tpm> {
        let Ok((tcti, _)) = &self.place else {
            anyhow::bail!("no TPM was named");
        };
        // No pinned key: which TPM it is, a check of its own asks.
        Ok(Tpm::open(tcti, tpm::options(self.global, None)?)?)
    }

    /// The TPM, if it could be opened.
    pub(super) fn tpm(&self) -> Option<&Tpm> {
        self.tpm.get()?.as_ref()
    }

    pub(super) fn health(&self) -> Option<&Health> {
        self.health.get()?.as_ref()
    }

    pub(super) fn capabilities(&self) -> Option<&Capabilities> {
        self.capabilities.get()?.as_ref()
    }

    /// The CA, if there is one that can be read.
    pub(super) fn ca(&self) -> Option<(&CaDirectory, &CaConfig)> {
        match &self.ca {
            Ca::There(directory, config) => Some((directory, config)),
            Ca::Nowhere(_) | Ca::Broken(_) => None,
        }
    }

    /// The records of the CA, for reading.
    pub(super) fn records(&self) -> Option<SqliteStore> {
        let (directory, _) = self.ca()?;
        let path = directory.records_path();
        // A reader needs a file for its locks, which only somebody who may write can make.
        SqliteStore::open_read_only(&path).ok()
    }

    /// The authorization value that was given for keys, as long as it was not wrong for one: a value that is wrong for
    /// all of them would cost as many tries as there are keys. Nobody is asked for one.
    pub(super) fn key_auth(&self) -> Result<Option<Auth>> {
        let Some(secret) = &self.global.key_auth else {
            return Ok(None);
        };
        if self.wrong_auth.get() {
            return Ok(None);
        }
        let value = auth::value("--key-auth", Some(secret))?;
        Ok(Some(Auth::new(value.to_vec())))
    }
}

impl Ca {
    fn find(global: &Global, output: &Output) -> Self {
        let directory = match ca_directory(global, output) {
            Ok(directory) => directory,
            Err(error) => return Self::Broken(error),
        };
        match directory.config() {
            Ok(config) => Self::There(directory, Box::new(config)),
            Err(AuthorityError::NoCa(path)) if !is_ca_named(global) => {
                Self::Nowhere(path.display().to_string())
            }
            Err(error) => Self::Broken(error.into()),
        }
    }
}
