//! `SERIAL|CERT`: how the user says which certificate is meant.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use tpm2ca_authority::{Authority, AuthorityError};
use tpm2ca_store::CertificateRow;
use tpm2ca_x509::{Certificate, Serial, pem};

use crate::error::CliError;

/// One certificate, by its serial number or by its file.
#[derive(Debug)]
pub(super) struct CertificateArg {
    serial: Serial,
    file: Option<(PathBuf, Vec<u8>)>,
}

impl CertificateArg {
    /// A file that exists is a certificate, anything else a serial number.
    ///
    /// # Errors
    /// When it is neither.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let path = Path::new(text);
        if path.exists() && !path.is_dir() {
            return Self::from_file(path);
        }
        let serial = text.parse().map_err(|_| {
            CliError::usage(
                format!("`{text}` is neither the file of a certificate nor a serial number"),
                "`tpm2ca list` shows the serial numbers",
            )
        })?;
        Ok(Self { serial, file: None })
    }

    fn from_file(path: &Path) -> Result<Self> {
        let mut contents = Vec::new();
        File::open(path)
            .and_then(|file| file.take(LONGEST).read_to_end(&mut contents))
            .map_err(|error| CliError::file("read", path, &error))?;
        let wrong = |what: String| {
            CliError::failed(
                format!("`{}` is not a certificate: {what}", path.display()),
                "give a certificate's file, or a serial number, which `tpm2ca list` shows",
            )
        };
        // In a file with its chain, the first certificate is the one that is meant.
        let der = match pem::blocks(&contents) {
            Ok(blocks) if !blocks.is_empty() => {
                let labels: Vec<String> = blocks
                    .iter()
                    .map(|block| format!("`{}`", block.label))
                    .collect();
                blocks
                    .into_iter()
                    .find(|block| block.label == "CERTIFICATE")
                    .map(|block| block.der)
                    .ok_or_else(|| wrong(format!("it holds {}", labels.join(", "))))?
            }
            _ => contents,
        };
        let certificate = Certificate::parse(&der).map_err(|error| wrong(error.to_string()))?;
        let serial =
            Serial::from_be_bytes(certificate.tbs().serial()).map_err(AuthorityError::from)?;
        Ok(Self {
            serial,
            file: Some((path.to_owned(), der)),
        })
    }

    /// The certificate, where its file was given.
    pub(super) fn der(&self) -> Option<&[u8]> {
        self.file.as_ref().map(|(_, der)| der.as_slice())
    }

    /// Its serial number.
    pub(super) fn serial(&self) -> &Serial {
        &self.serial
    }

    /// Its record. A file must be the very certificate that was recorded: another CA may have used the same number.
    ///
    /// # Errors
    /// When there is no such record, or several.
    pub(super) fn find(
        &self,
        authority: &Authority,
        issuer: Option<&str>,
    ) -> Result<CertificateRow> {
        match &self.file {
            None => Ok(authority.find(&self.serial, issuer)?),
            Some((_, der)) => self.in_file(authority.find_certificate(der, issuer)),
        }
    }

    /// Says which file an error is about.
    ///
    /// # Errors
    /// That of `result`.
    pub(super) fn in_file<T>(&self, result: Result<T, AuthorityError>) -> Result<T> {
        match (&self.file, result) {
            (Some((path, _)), Err(error @ AuthorityError::NotIssuedHere { .. })) => {
                Err(error).with_context(|| format!("`{}`", path.display()))
            }
            (_, result) => Ok(result?),
        }
    }
}

/// Octets that are read of a file: more than any chain has.
const LONGEST: u64 = 1 << 20;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn what_is_neither_file_nor_number_is_wrong_usage() {
        let error = CertificateArg::parse("no/such.crt").unwrap_err();
        let failure = crate::error::Failure::from(&error);
        assert_eq!(failure.code, crate::Code::Usage);
        assert!(failure.hint.unwrap().contains("tpm2ca list"));
        assert_eq!(
            CertificateArg::parse("0x01:AB")
                .unwrap()
                .serial()
                .to_string(),
            "01ab"
        );
    }

    #[test]
    fn another_pem_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.pem");
        std::fs::write(&path, pem::encode("PRIVATE KEY", b"x")).unwrap();
        let error = CertificateArg::parse(path.to_str().unwrap()).unwrap_err();
        assert!(
            error.to_string().contains("it holds `PRIVATE KEY`"),
            "{error}"
        );
    }
}
