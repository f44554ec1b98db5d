//! Key files as users have them: read with care, written so that the old one is valid until the new one is whole.

use std::{fs::File, io::Read, path::Path};

use anyhow::{Context as _, Result};
use tpm2ca_authority::OwnFiles;
use tpm2ca_keys::{PrivateKeyError, SoftwareKey};
use tpm2ca_tpm::KeyFile;
use zeroize::Zeroizing;

use crate::{
    error::CliError,
    new_file::{Existing, NewFile},
    secret::Secret,
    terminal,
};

/// What a file with a key holds.
pub(crate) enum Stored {
    /// A key that only a TPM can use.
    Tpm(KeyFile),
    /// Anything else, which should be a private key in PEM.
    Software(Zeroizing<Vec<u8>>),
}

/// Reads a file, and tells by its content whether it is a TPM's key.
///
/// # Errors
/// When it cannot be read, or is a damaged key of a TPM.
pub(crate) fn read(path: &Path) -> Result<Stored> {
    let octets = read_limited(path)?;
    if KeyFile::is_tss2_pem(&octets) {
        return parse(path, &octets).map(Stored::Tpm);
    }
    Ok(Stored::Software(octets))
}

/// Reads a file that has to be a TPM's key.
///
/// # Errors
/// As [`read`], and when it is not.
pub(crate) fn read_tpm(path: &Path) -> Result<KeyFile> {
    match read(path)? {
        Stored::Tpm(file) => Ok(file),
        Stored::Software(octets) => {
            if SoftwareKey::from_pkcs8_pem(&octets).is_ok() {
                return Err(CliError::failed(
                    format!("`{}` is a software key, not a key of a TPM", path.display()),
                    format!(
                        "`tpm2ca key import --in {} --out FILE` brings it into the TPM",
                        path.display()
                    ),
                )
                .into());
            }
            parse(path, &octets)
        }
    }
}

/// Reads a key file's text.
///
/// # Errors
/// When it is none; the file is named.
pub(crate) fn parse(path: &Path, octets: &[u8]) -> Result<KeyFile> {
    KeyFile::from_pem(octets).with_context(|| format!("`{}`", path.display()))
}

/// Reads a software key, and asks for its pass phrase if it is encrypted.
///
/// # Errors
/// When it is none, or the pass phrase is wrong; the file is named.
pub(crate) fn software(
    path: &Path,
    octets: &[u8],
    passphrase: Option<&Secret>,
) -> Result<SoftwareKey> {
    let mut ask = || match passphrase {
        Some(secret) => secret.value(),
        None => terminal::ask(&format!("pass phrase of `{}`: ", path.display()))
            .map_err(|reason| reason.replace("an authorization value", "a pass phrase")),
    };
    SoftwareKey::from_pem(octets, &mut ask)
        .map_err(|error| match error {
            PrivateKeyError::NoPassphrase { .. } if passphrase.is_none() => CliError::secret(
                error.to_string(),
                "give it with `--passin file:PATH`, `env:VAR`, `fd:N`, `stdin` or `credential:NAME`",
            )
            .into(),
            other => anyhow::Error::from(other),
        })
        .with_context(|| format!("`{}`", path.display()))
}

/// The octets of a file that is no longer than keys are.
///
/// # Errors
/// When it cannot be read. What is too long is cut, which nothing that is read of it survives.
pub(crate) fn read_limited(path: &Path) -> Result<Zeroizing<Vec<u8>>> {
    let mut octets = Zeroizing::new(Vec::with_capacity(KeyFile::MAX_LEN + 1));
    let limit = u64::try_from(KeyFile::MAX_LEN).unwrap_or(u64::MAX) + 1;
    File::open(path)
        .and_then(|file| file.take(limit).read_to_end(&mut octets))
        .map_err(|error| CliError::file("read", path, &error))?;
    Ok(octets)
}

/// Begins a file for a new key.
///
/// # Errors
/// As [`NewFile::begin`].
pub(crate) fn begin(path: &Path, force: bool, own: &OwnFiles) -> Result<NewFile> {
    if path == Path::new("-") {
        return Err(CliError::usage(
            "a key does not go to standard output",
            "name a file, which is made for its owner alone",
        )
        .into());
    }
    let existing = if force {
        Existing::Replace
    } else {
        Existing::Keep
    };
    NewFile::begin(path, MODE, existing, own)
}

/// Writes a key file anew. The old one is valid until the new one is on the disk.
///
/// # Errors
/// As [`NewFile::next_state_of`] and [`NewFile::publish`].
pub(crate) fn replace(path: &Path, file: &KeyFile) -> Result<()> {
    NewFile::next_state_of(path, MODE)?.publish(file.to_pem().as_bytes())
}

const MODE: u32 = 0o600;
