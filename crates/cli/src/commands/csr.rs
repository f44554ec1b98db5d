//! Reads a CSR from a file or from standard input.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use anyhow::Result;
use tpm2ca_x509::{Csr, pem};

use crate::error::CliError;

/// The CSR in DER, from PEM or DER, and no more of the file than a CSR may have. It parses; what it says is checked
/// where it is issued.
///
/// # Errors
/// Messages name the file.
pub(super) fn read(path: &Path) -> Result<Vec<u8>> {
    // PEM is a third longer than DER, and people put text around it.
    let limit = 2 * Csr::MAX_LEN as u64;
    let mut contents = Vec::new();
    let (read, name) = if is_stdin(path) {
        let read = io::stdin().lock().take(limit).read_to_end(&mut contents);
        (read, "the CSR from standard input".to_owned())
    } else {
        let read = File::open(path).and_then(|file| file.take(limit).read_to_end(&mut contents));
        (read, format!("`{}`", path.display()))
    };
    let length = read.map_err(|error| CliError::file("read", path, &error))?;
    if length == 0 {
        return Err(CliError::failed(
            format!("{name} is empty"),
            "`openssl req -new -key KEY -out CSR` makes a CSR",
        )
        .into());
    }
    if length as u64 == limit {
        return Err(CliError::failed(
            format!(
                "{name} is longer than a CSR may be ({} KiB)",
                Csr::MAX_LEN / 1024
            ),
            "is it the right file? `openssl req -in FILE -noout -text` shows a CSR",
        )
        .into());
    }
    let der = pem::single(
        &contents,
        &["CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"],
    )
    .map_err(|error| wrong(&name, &error, error.hint()))?;
    Csr::parse(&der).map_err(|error| wrong(&name, &error, error.hint()))?;
    Ok(der)
}

/// Whether standard input is meant.
pub(super) fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

fn wrong(name: &str, error: &impl std::error::Error, hint: Option<String>) -> CliError {
    let hint = hint.unwrap_or_else(|| {
        "`openssl req -in FILE -noout -text` shows what is wrong with a CSR".to_owned()
    });
    CliError::failed(format!("{name}: {error}"), hint)
}
