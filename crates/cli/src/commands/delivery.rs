//! How an issued certificate reaches the user, the same for `sign` and `issue`.

use std::path::Path;

use anyhow::Result;
use serde_json::json;
use tpm2ca_authority::{Authority, Issued, OwnFiles};
use tpm2ca_x509::{format_time, pem};

use crate::{
    error::{CliError, Failure},
    new_file::{Existing, NewFile},
    output::Output,
    text::printable,
};

/// Where a certificate goes. A file is begun before anything is signed.
pub(super) enum Destination {
    /// Standard output; in a JSON record, which has the certificate anyway.
    Stdout,
    /// A file that takes its name when the certificate is in it.
    File(NewFile),
}

impl Destination {
    /// `--out`: a file, or `-` for standard output.
    ///
    /// # Errors
    /// When no file can be made there.
    pub(super) fn begin(out: Option<&Path>, existing: Existing, own: &OwnFiles) -> Result<Self> {
        match out {
            None => Ok(Self::Stdout),
            Some(path) if is_stdout(path) => Ok(Self::Stdout),
            Some(path) => NewFile::begin(path, CERTIFICATE_MODE, existing, own).map(Self::File),
        }
    }
}

const CERTIFICATE_MODE: u32 = 0o644;

/// Whether standard output is meant, also by those who are used to programs that do not know `-`.
pub(super) fn is_stdout(path: &Path) -> bool {
    path == Path::new("-") || path == Path::new("/dev/stdout")
}

/// A certificate on its way out.
pub(super) struct Delivery<'a> {
    pub(super) authority: &'a Authority,
    pub(super) issued: &'a Issued,
    /// Whether the issuers' certificates go with it.
    pub(super) chain: bool,
    /// The file of its new private key, where it was made with it.
    pub(super) key: Option<&'a Path>,
}

impl Delivery<'_> {
    /// Writes the certificate, and reports it.
    ///
    /// # Errors
    /// When the certificate cannot be written; the message says how to get it nevertheless.
    pub(super) fn to(&self, destination: Destination, output: &Output) -> Result<()> {
        for note in &self.issued.notes {
            // Notes that come from lints begin with their severity.
            let note = note.strip_prefix("warning: ").unwrap_or(note);
            output.warn(&printable(note));
        }
        let serial = &self.issued.serial;
        let unwritten = |error: anyhow::Error| {
            CliError::failed(
                format!(
                    "the certificate {serial} was issued and recorded, but could not be written: {}",
                    Failure::from(&error).message
                ),
                format!("`tpm2ca show {serial} --pem` prints it"),
            )
        };
        let chain = self.chain().map_err(unwritten)?;
        let text = format!("{}{}", self.pem(), chain.concat());
        match destination {
            Destination::File(file) => {
                let path = file.path().to_owned();
                file.publish(text.as_bytes()).map_err(unwritten)?;
                output.done(
                    || self.record(Some(&path), &chain),
                    || self.line(Some(&path)),
                )?;
            }
            Destination::Stdout if output.is_json() => {
                output
                    .data(format!("{}\n", self.record(None, &chain)).as_bytes())
                    .map_err(|error| unwritten(error.into()))?;
            }
            Destination::Stdout => {
                output
                    .data(text.as_bytes())
                    .map_err(|error| unwritten(error.into()))?;
                // Not on standard output, which has the certificate.
                match self.key {
                    Some(_) => output.say(&self.line(None)),
                    None => output.detail(&self.line(None)),
                }
            }
        }
        Ok(())
    }

    fn pem(&self) -> String {
        pem::encode("CERTIFICATE", &self.issued.certificate)
    }

    fn chain(&self) -> Result<Vec<String>> {
        if !self.chain {
            return Ok(Vec::new());
        }
        let chain = self.authority.chain(&self.issued.issuer)?;
        Ok(chain
            .iter()
            .map(|der| pem::encode("CERTIFICATE", der))
            .collect())
    }

    fn record(&self, file: Option<&Path>, chain: &[String]) -> serde_json::Value {
        let Issued {
            certificate: _,
            serial,
            validity,
            issuer,
            notes,
        } = self.issued;
        json!({
            "serial": serial.to_string(),
            "issuer": issuer,
            "not_before": format_time(validity.not_before),
            "not_after": format_time(validity.not_after),
            "file": file.map(|path| path.display().to_string()),
            "key": self.key.map(|path| path.display().to_string()),
            "certificate": self.pem(),
            "chain": chain,
            "notes": notes,
        })
    }

    fn line(&self, file: Option<&Path>) -> String {
        let files: Vec<String> = [file, self.key]
            .into_iter()
            .flatten()
            .map(|path| format!("{}  ", path.display()))
            .collect();
        let serial = &self.issued.serial;
        let end = format_time(self.issued.validity.not_after);
        printable(&format!(
            "{}serial {serial}  valid to {end}",
            files.concat()
        ))
    }
}
