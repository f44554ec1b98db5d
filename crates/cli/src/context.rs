//! What most commands begin with: the CA's directory, its records, its keys.

use std::{
    env,
    ops::Deref,
    path::{Path, PathBuf},
};

use anyhow::Result;
use tpm2ca_authority::{
    Authority, AuthorityError, CaDirectory, Environment, Keyring, NoAuth, OpensslCa,
    OpensslCaOptions, OwnFiles,
};
use tpm2ca_store::{SqliteStore, StoreErrorClass};
use tpm2ca_tpm::TpmOptions;

use crate::{
    args::{FromConfig, Global},
    auth::UserAuth,
    error::CliError,
    openssl_config::{self, openssl_ca},
    output::Output,
    tpm,
};

/// The CA's directory: `--ca`, the environment's, the system's if it may be written, the user's.
pub(crate) fn ca_directory(global: &Global, output: &Output) -> Result<CaDirectory> {
    let (path, origin) = directory_and_origin(global)?;
    output.detail(&format!("CA directory `{}`, from {origin}", path.display()));
    Ok(CaDirectory::new(path))
}

/// The files of the CA that commands work on when nothing else is said, over which nothing is written; there may be no
/// CA.
pub(crate) fn own_files(global: &Global) -> OwnFiles {
    directory_and_origin(global).map_or_else(
        |_| OwnFiles::default(),
        |(path, _)| OwnFiles::of_directory(&CaDirectory::new(path)),
    )
}

/// Whether the user said where the CA is, so that there has to be one.
pub(crate) fn is_ca_named(global: &Global) -> bool {
    global.ca.is_some() || env::var_os("TPM2CA_DIR").is_some_and(|path| !path.is_empty())
}

fn directory_and_origin(global: &Global) -> Result<(PathBuf, &'static str)> {
    let variable = |name| {
        env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    if let Some(path) = &global.ca {
        return Ok((path.clone(), "--ca"));
    }
    if let Some(path) = variable("TPM2CA_DIR") {
        return Ok((path, "TPM2CA_DIR"));
    }
    let system = Path::new("/var/lib/tpm2ca");
    if system.is_dir() && rustix::fs::access(system, rustix::fs::Access::WRITE_OK).is_ok() {
        return Ok((system.to_owned(), "the default"));
    }
    // The XDG Base Directory Specification has relative paths ignored.
    if let Some(data) = variable("XDG_DATA_HOME").filter(|path| path.is_absolute()) {
        return Ok((data.join("tpm2ca"), "XDG_DATA_HOME"));
    }
    if let Some(home) = variable("HOME") {
        return Ok((home.join(".local/share/tpm2ca"), "HOME"));
    }
    Err(CliError::usage(
        "there is no CA directory to fall back to: HOME is not set",
        "name one with `--ca DIR`",
    )
    .into())
}

/// Opens the CA for what needs no key. Neither a TPM nor a secret is asked for.
pub(crate) fn records(global: &Global, output: &Output) -> Result<Authority> {
    let directory = ca_directory(global, output)?;
    Ok(Authority::open(
        directory,
        no_keys(),
        Environment::default(),
    )?)
}

/// A CA to read from, with its own records or with those beside an index.txt.
pub(crate) enum Reading {
    Native(Box<Authority>),
    Openssl(Box<OpensslCa>),
}

impl Deref for Reading {
    type Target = Authority;

    fn deref(&self) -> &Authority {
        match self {
            Self::Native(authority) => authority,
            Self::Openssl(ca) => ca.authority(),
        }
    }
}

impl Reading {
    /// What does not fit between the records and index.txt, where there is one.
    pub(crate) fn check_index(&self) -> Result<Vec<String>> {
        match self {
            Self::Native(_) => Ok(Vec::new()),
            Self::Openssl(ca) => Ok(ca.check_index()?),
        }
    }
}

/// The same for what only reads: that also works where the records cannot be written.
pub(crate) fn records_to_read(
    global: &Global,
    from: &FromConfig,
    output: &Output,
) -> Result<Reading> {
    let Some(config) = &from.config else {
        return native_records(global, output)
            .map(Box::new)
            .map(Reading::Native);
    };
    let options = OpensslCaOptions {
        section: from.section.clone(),
        read_only: true,
        ..OpensslCaOptions::default()
    };
    let ca = openssl_ca(config, options, no_keys(), output)?;
    match ca.synchronize() {
        Ok(taken) => openssl_config::tell(taken.as_ref(), output),
        Err(AuthorityError::Store(error)) if error.class() == StoreErrorClass::ReadOnly => output.warn(
            "what has changed in index.txt since the last operation cannot be taken in: the records are read-only",
        ),
        Err(error) => return Err(error.into()),
    }
    Ok(Reading::Openssl(Box::new(ca)))
}

fn native_records(global: &Global, output: &Output) -> Result<Authority> {
    let directory = ca_directory(global, output)?;
    let error = match Authority::open(directory.clone(), no_keys(), Environment::default()) {
        Ok(authority) => return Ok(authority),
        Err(AuthorityError::Store(error))
            if matches!(
                error.class(),
                StoreErrorClass::ReadOnly | StoreErrorClass::Denied
            ) =>
        {
            error
        }
        Err(error) => return Err(error.into()),
    };
    let Ok(store) = SqliteStore::open_read_only(&directory.records_path()) else {
        // SQLite needs a file for its locks even to read, and cannot make it.
        return Err(CliError::failed(
            error.to_string(),
            "even to read them, run it as the user that the CA belongs to: `sudo -u USER tpm2ca ...`",
        )
        .into());
    };
    output.detail("the records are opened for reading only");
    Ok(Authority::with_store(
        directory,
        Box::new(store),
        no_keys(),
        Environment::default(),
    )?)
}

pub(crate) fn no_keys() -> Keyring {
    Keyring::new(None, TpmOptions::default(), Box::new(NoAuth))
}

/// For keys in files, on a machine that may have no TPM.
pub(crate) fn keys_in_files(global: &Global) -> Keyring {
    let options = TpmOptions::default();
    let auth = Box::new(UserAuth::new(global, &options));
    Keyring::new(None, options, auth)
}

/// Opens the CA with its keys. The TPM is opened when the first of them is needed.
pub(crate) fn authority(global: &Global, output: &Output) -> Result<Authority> {
    let directory = ca_directory(global, output)?;
    let config = directory.config()?;
    let remembered = tpm::remembered(&directory, &config)?;
    let tcti = tpm::chosen(global, remembered, output)?;
    tpm::must_exist(&tcti)?;
    let options = tpm::options(global, tpm::pinned_srk(&directory, &config)?)?;
    let user_auth = UserAuth::new(global, &options);
    let keyring = Keyring::new(Some(tcti), options, Box::new(user_auth));
    Ok(Authority::open(directory, keyring, Environment::default())?)
}
