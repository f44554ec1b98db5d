//! CAs that an openssl.cnf describes.

use std::{env, fs, path::Path};

use anyhow::Result;
use tpm2ca_authority::{AuthorityError, Environment, Keyring, OpensslCa, OpensslCaOptions};
use tpm2ca_openssl_ca::config::CaFileError;
use tpm2ca_openssl_conf::Conf;
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

/// Reads a configuration file; what it includes and does not exist is told.
pub(crate) fn load(path: &Path, output: &Output) -> Result<Conf> {
    let conf = Conf::load(path, &|name| env::var(name).ok())
        .map_err(|error| AuthorityError::from(CaFileError::from(error)))?;
    for skipped in conf.skipped() {
        output.warn(&printable(&skipped.to_string()));
    }
    Ok(conf)
}

/// Opens the CA of a section.
pub(crate) fn openssl_ca(
    path: &Path,
    options: OpensslCaOptions,
    keyring: Keyring,
    output: &Output,
) -> Result<OpensslCa> {
    let conf = load(path, output)?;
    let options = OpensslCaOptions {
        oid_file: oid_file(&conf),
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

/// What stands in the file that `oid_file` names; OpenSSL goes on without a word when there is none.
pub(crate) fn oid_file(conf: &Conf) -> Option<Vec<u8>> {
    let path = Objects::oid_file(conf)?.as_str().ok()?;
    fs::read(path).ok()
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

/// A file that is given by its name and must be read as a configuration.
pub(crate) fn no_spkac() -> anyhow::Error {
    CliError::failed(
        "an SPKAC is signed with MD5 and no browser makes them any more, so they are refused",
        "make a CSR: `openssl req -new -key KEY -out CSR`",
    )
    .into()
}
