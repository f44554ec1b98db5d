//! A CA directory, opened.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use tpm2ca_lint::Linter;
use tpm2ca_profile::Profiles;
use tpm2ca_store::{IssuerId, SqliteStore, Store};
use tpm2ca_x509::UnixTime;

use crate::{
    AuthorityError, CaCertificate, CaConfig, CaDirectory, Checkpoints, Clock, Issuer, IssuerConfig,
    Keyring, NoCheckpoints, OsRandom, Randomness, SystemClock, issuers::Issuers, workers::Workers,
};

/// What an authority takes from the world, so that tests can hand in something else.
#[derive(Clone)]
pub struct Environment {
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Makes serial numbers.
    pub randomness: Arc<dyn Randomness>,
    /// Is told how far each certificate has come.
    pub checkpoints: Arc<dyn Checkpoints>,
}

impl Default for Environment {
    /// The operating system's clock and randomness; nobody is told.
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            randomness: Arc::new(OsRandom),
            checkpoints: Arc::new(NoCheckpoints),
        }
    }
}

/// A certificate authority: a directory, its records and its keys. Usable from many threads at once.
pub struct Authority {
    pub(crate) directory: CaDirectory,
    pub(crate) config: CaConfig,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) profiles: Arc<Profiles>,
    pub(crate) linter: Arc<Linter>,
    pub(crate) keyring: Keyring,
    pub(crate) environment: Environment,
    pub(crate) issuers: Issuers,
    pub(crate) workers: Workers,
}

impl Authority {
    /// Opens the CA in `directory`. No key is touched yet.
    ///
    /// # Errors
    /// [`AuthorityError::NoCa`], [`AuthorityError::NewerDirectory`], or what is wrong with its files.
    pub fn open(
        directory: CaDirectory,
        keyring: Keyring,
        environment: Environment,
    ) -> Result<Self, AuthorityError> {
        // Before the records: where there is no CA, that is what is to be said.
        let config = directory.config()?;
        let store = SqliteStore::open(&directory.records_path())?;
        Self::assemble(directory, config, Box::new(store), keyring, environment)
    }

    /// The same with records that are kept elsewhere.
    ///
    /// # Errors
    /// As [`Authority::open`].
    pub fn with_store(
        directory: CaDirectory,
        store: Box<dyn Store>,
        keyring: Keyring,
        environment: Environment,
    ) -> Result<Self, AuthorityError> {
        let config = directory.config()?;
        Self::assemble(directory, config, store, keyring, environment)
    }

    /// A CA that an openssl.cnf describes: it has the built-in profiles only, and uses none.
    pub(crate) fn of_openssl(
        directory: CaDirectory,
        config: CaConfig,
        store: Box<dyn Store>,
        keyring: Keyring,
        environment: Environment,
    ) -> Result<Self, AuthorityError> {
        let rows = store.issuers()?;
        // Before its first certificate, one that signs itself is not in the records.
        let issuers = Issuers::new(&config, rows.clone())
            .or_else(|_| {
                Issuers::new(
                    &CaConfig {
                        issuer: BTreeMap::new(),
                        ..config.clone()
                    },
                    rows,
                )
            })
            .map_err(|asked| AuthorityError::UnknownIssuer {
                asked,
                known: Vec::new(),
            })?;
        Ok(Self {
            directory,
            config,
            store: Arc::from(store),
            profiles: Arc::new(Profiles::built_in()),
            linter: Arc::new(Linter::new()),
            keyring,
            environment,
            issuers,
            workers: Workers::new(),
        })
    }

    pub(crate) fn assemble(
        directory: CaDirectory,
        config: CaConfig,
        store: Box<dyn Store>,
        keyring: Keyring,
        environment: Environment,
    ) -> Result<Self, AuthorityError> {
        let profiles = directory.profiles()?;
        let issuers =
            Issuers::new(&config, store.issuers()?).map_err(|name| AuthorityError::Config {
                path: directory.config_path().display().to_string(),
                message: format!("the records know no issuer `{name}`"),
                hint: Some("restore `ca.toml` and `records.db` from the same backup".to_owned()),
            })?;
        Ok(Self {
            directory,
            config,
            store: Arc::from(store),
            profiles: Arc::new(profiles),
            linter: Arc::new(Linter::new()),
            keyring,
            environment,
            issuers,
            workers: Workers::new(),
        })
    }

    /// The directory it lives in.
    pub fn directory(&self) -> &CaDirectory {
        &self.directory
    }

    /// Its `ca.toml`.
    pub fn config(&self) -> &CaConfig {
        &self.config
    }

    /// The issuer that signs when none is asked for.
    pub fn default_issuer(&self) -> &str {
        &self.config.default_issuer
    }

    /// Its records.
    pub fn store(&self) -> &dyn Store {
        &*self.store
    }

    /// Its profiles.
    pub fn profiles(&self) -> &Profiles {
        &self.profiles
    }

    /// Its keys.
    pub fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// The time now, as the authority sees it.
    pub fn now(&self) -> UnixTime {
        self.environment.clock.now()
    }

    /// The issuer called `name`, or the default one; its key is loaded now if it was not yet.
    ///
    /// # Errors
    /// [`AuthorityError::UnknownIssuer`], [`AuthorityError::KeyMismatch`], [`AuthorityError::IssuerCertificate`],
    /// [`AuthorityError::KeyCannotSign`], or those of the key.
    pub fn issuer(&self, name: Option<&str>) -> Result<Arc<Issuer>, AuthorityError> {
        let name = name.unwrap_or(&self.config.default_issuer);
        self.issuers.get(name, |row| {
            let config = self.issuer_config(name)?;
            Issuer::open(row, config, &self.directory, &self.keyring)
        })
    }

    /// Lets go of all keys, and of the TPM, which some others can use only then. They are opened again when they are
    /// needed; secrets are not asked for a second time.
    pub fn release_keys(&self) {
        self.issuers.close();
        self.keyring.release();
    }

    /// The number of an issuer in the records.
    ///
    /// # Errors
    /// [`AuthorityError::UnknownIssuer`] lists those there are.
    pub fn issuer_id(&self, name: &str) -> Result<IssuerId, AuthorityError> {
        self.issuers.row(name).map(|row| row.id)
    }

    /// The name of an issuer in the records.
    pub fn issuer_name(&self, id: IssuerId) -> String {
        match self.issuers.name(id) {
            Some(name) => name.to_owned(),
            None => id.to_string(),
        }
    }

    /// What `ca.toml` says of an issuer.
    ///
    /// # Errors
    /// [`AuthorityError::UnknownIssuer`] lists those there are.
    pub fn issuer_config(&self, name: &str) -> Result<&IssuerConfig, AuthorityError> {
        self.config
            .issuer
            .get(name)
            .ok_or_else(|| self.issuers.unknown(name))
    }

    /// The certificate of an issuer, DER: the one that it signs with, or if it is not open yet, the one in its file.
    ///
    /// # Errors
    /// Those of the file.
    pub fn issuer_certificate(&self, name: &str) -> Result<Vec<u8>, AuthorityError> {
        let in_use = self.issuers.opened(name);
        if let Some(der) = in_use.as_deref().and_then(Issuer::certificate_der) {
            return Ok(der.to_vec());
        }
        let config = self.issuer_config(name)?;
        Ok(CaCertificate::read(&self.path(&config.certificate))?.der)
    }

    /// The issuer's own certificate and those above it, without the root, which verifiers have already.
    ///
    /// # Errors
    /// Those of the files.
    pub fn chain(&self, name: &str) -> Result<Vec<Vec<u8>>, AuthorityError> {
        let mut chain = Vec::new();
        let mut name = name;
        // That this comes to an end was checked when `ca.toml` was read.
        while let Some(parent) = &self.issuer_config(name)?.parent {
            chain.push(self.issuer_certificate(name)?);
            name = parent;
        }
        Ok(chain)
    }

    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.directory.resolve(relative)
    }
}
