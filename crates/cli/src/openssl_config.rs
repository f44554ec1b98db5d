//! CAs that an openssl.cnf describes.

use std::{env, fs, path::Path};

use anyhow::Result;
use tpm2ca_authority::{AuthorityError, Environment, Keyring, OpensslCa, OpensslCaOptions};
use tpm2ca_openssl_ca::config::CaFileError;
use tpm2ca_openssl_conf::{Conf, ConfError};
use tpm2ca_openssl_x509v3::Objects;
use tpm2ca_store::SyncReport;

use crate::{
    args::Global,
    auth::UserAuth,
    error::CliError,
    output::Output,
    requester::requester,
    text::{hex, printable},
    tpm,
};

/// Reads a configuration file, with the variables of the environment, and warns about files that it includes and that do
/// not exist.
pub(crate) fn load(path: &Path, output: &Output) -> Result<Conf, ConfError> {
    let conf = Conf::load(path, &|name| env::var(name).ok())?;
    for skipped in conf.skipped() {
        output.warn(&printable(&skipped.to_string()));
    }
    Ok(conf)
}

/// Reads the file that `oid_file` names. OpenSSL goes on silently when it cannot be read; here there is a warning.
pub(crate) fn oid_file(conf: &Conf, output: &Output) -> Result<Option<Vec<u8>>, ConfError> {
    let Some(value) = Objects::oid_file(conf) else {
        return Ok(None);
    };
    let path = Path::new(value.as_str()?);
    let bytes = fs::read(path).inspect_err(|error| {
        output.warn(&printable(&format!(
            "{}: `oid_file` is not read: {}",
            value.place(),
            CliError::file("read", path, error)
        )));
    });
    Ok(bytes.ok())
}

/// Reads the configuration file of a CA.
pub(crate) fn load_ca(path: &Path, output: &Output) -> Result<Conf> {
    Ok(load(path, output).map_err(of_ca)?)
}

/// Reads the file that `oid_file` names in the configuration of a CA.
pub(crate) fn oid_file_of_ca(conf: &Conf, output: &Output) -> Result<Option<Vec<u8>>> {
    Ok(oid_file(conf, output).map_err(of_ca)?)
}

fn of_ca(error: ConfError) -> AuthorityError {
    CaFileError::from(error).into()
}

/// Opens the CA of a section.
pub(crate) fn openssl_ca(
    path: &Path,
    options: OpensslCaOptions,
    keyring: Keyring,
    output: &Output,
) -> Result<OpensslCa> {
    let conf = load_ca(path, output)?;
    let options = OpensslCaOptions {
        oid_file: oid_file_of_ca(&conf, output)?,
        requester: requester(),
        ..options
    };
    let ca = OpensslCa::open(conf, &options, keyring, Environment::default())?;
    output.detail(&format!(
        "CA section [{}] of `{}`, records in `{}`",
        ca.settings().section,
        path.display(),
        ca.authority().directory().path().display()
    ));
    Ok(ca)
}

/// The way to its keys.
pub(crate) fn keyring(global: &Global, output: &Output) -> Result<Keyring> {
    let tcti = tpm::chosen(global, None, output)?;
    tpm::must_exist(&tcti)?;
    let options = tpm::options(global, None)?;
    let auth = Box::new(UserAuth::new(global, &options));
    Ok(Keyring::new(Some(tcti), options, auth))
}

/// Says what others had done to index.txt.
pub(crate) fn tell(taken: Option<&SyncReport>, output: &Output) {
    let Some(taken) = taken else {
        return;
    };
    if taken.added > 0 {
        output.say(&format!(
            "taken in from index.txt: {} certificates, {} of them revoked",
            taken.added, taken.added_revoked
        ));
    }
    for change in &taken.changed {
        if change.revoked {
            output.say(&format!(
                "taken in from index.txt: {} is revoked",
                hex(&change.serial)
            ));
        } else {
            output.warn(&format!(
                "index.txt says that {} is not revoked any more",
                hex(&change.serial)
            ));
        }
    }
    let more = taken
        .change_count
        .saturating_sub(taken.changed.len() as u64);
    if more > 0 {
        output.say(&format!("taken in from index.txt: {more} more changes"));
    }
}

/// Returns the refusal of `--spkac`.
pub(crate) fn no_spkac() -> anyhow::Error {
    CliError::failed(
        "an SPKAC is signed with MD5 and no browser makes them any more, so they are refused",
        "make a CSR: `openssl req -new -key KEY -out CSR`",
    )
    .into()
}
