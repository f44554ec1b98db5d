//! The files of `openssl ca` from the records of any CA.

use std::{
    fs,
    io::{BufWriter, Write},
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use tpm2ca_openssl_x509v3::Objects;
use tpm2ca_store::{CertificateRow, Filter, IndexEntry, IndexStatus, IssuerId, State};
use tpm2ca_x509::{Certificate, Serial, UnixTime, crl::ReasonCode, pem};

use super::{
    index_txt::{self, can_list, listed_subject, serial_digits},
    number_file,
};
use crate::{
    Authority, AuthorityError,
    file::{Replacement, file_error, write_afresh, write_new},
};

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportSummary {
    /// The file with all certificates.
    pub index: PathBuf,
    /// Its rows.
    pub rows: u64,
    /// Certificates that were written beside it.
    pub certificates: u64,
    /// What could not be said in these files.
    pub notes: Vec<String>,
}

impl Authority {
    /// Writes `index.txt`, `index.txt.attr`, `serial`, `crlnumber` and `newcerts/` of one issuer (none: the default
    /// one) into a folder, for `openssl ca`.
    ///
    /// # Errors
    /// [`AuthorityError::FileExists`] when there is an index.txt already; those of the disk and the records.
    pub fn export_openssl(
        &self,
        issuer: Option<&str>,
        folder: &Path,
    ) -> Result<ExportSummary, AuthorityError> {
        let name = issuer.unwrap_or(&self.config.default_issuer);
        let id = self.issuer_id(name)?;
        let index = folder.join("index.txt");
        if index.exists() {
            return Err(AuthorityError::FileExists(index));
        }
        let certificates = folder.join("newcerts");
        fs::create_dir_all(&certificates)
            .map_err(|source| file_error("create", &certificates, source))?;
        let mut export = Export {
            authority: self,
            certificates,
            index: BufWriter::new(Replacement::create(&index, 0o644)?),
            now: self.now(),
            summary: ExportSummary {
                index: index.clone(),
                rows: 0,
                certificates: 0,
                notes: Vec::new(),
            },
            highest: Vec::new(),
        };
        let is_listed = match self.store.index() {
            Some(index) => index.index_seen(id)?.is_some(),
            None => false,
        };
        if is_listed {
            export.listed(id)?;
        } else {
            export.all(id)?;
        }
        let Export {
            index: file,
            summary,
            highest,
            ..
        } = export;
        let last_crl = self.store.last_crl(id)?.map_or(0, |crl| crl.number);
        write_new(
            &folder.join("index.txt.attr"),
            b"unique_subject = no\n",
            0o644,
        )?;
        let next = serial_digits(&number_file::successor(&highest));
        write_new(
            &folder.join("serial"),
            format!("{next}\n").as_bytes(),
            0o644,
        )?;
        let next = serial_digits(&number_file::successor(&last_crl.to_be_bytes()));
        let next = next.trim_start_matches("00");
        write_new(
            &folder.join("crlnumber"),
            format!("{next}\n").as_bytes(),
            0o644,
        )?;
        file.into_inner()
            .map_err(|error| file_error("write", &index, error.into_error()))?
            .commit()?;
        Ok(summary)
    }
}

struct Export<'a> {
    authority: &'a Authority,
    certificates: PathBuf,
    index: BufWriter<Replacement>,
    now: UnixTime,
    summary: ExportSummary,
    highest: Vec<u8>,
}

impl Export<'_> {
    /// What an index.txt lists already, as it lists it.
    fn listed(&mut self, issuer: IssuerId) -> Result<(), AuthorityError> {
        let mut after = i64::MIN;
        loop {
            let page = self
                .authority
                .store
                .require_index()?
                .index_entries(issuer, after)?;
            let Some(last) = page.last() else {
                return Ok(());
            };
            after = last.position;
            for entry in &page {
                let der = self
                    .authority
                    .store
                    .certificate_der(issuer, &entry.serial)?;
                self.write(entry, der)?;
            }
        }
    }

    /// All certificates of a CA that has no index.txt.
    fn all(&mut self, issuer: IssuerId) -> Result<(), AuthorityError> {
        let filter = Filter {
            issuer: Some(issuer),
            now: self.now,
            ..Filter::default()
        };
        let mut failed = None;
        let authority = self.authority;
        authority
            .store
            .list(&filter, &mut |row| match self.row(&row) {
                Ok(()) => ControlFlow::Continue(()),
                Err(error) => {
                    failed = Some(error);
                    ControlFlow::Break(())
                }
            })?;
        failed.map_or(Ok(()), Err)
    }

    fn row(&mut self, row: &CertificateRow) -> Result<(), AuthorityError> {
        let is_listed = row.state == State::Issued
            || (row.state == State::Reserved && row.revoked_at.is_some());
        if !is_listed {
            if row.state == State::Reserved {
                self.summary.notes.push(format!(
                    "{} is reserved and may have been signed; index.txt has no row for that",
                    serial_digits(&row.serial)
                ));
            }
            return Ok(());
        }
        let der = self
            .authority
            .store
            .certificate_der(row.issuer, &row.serial)?;
        let subject = match &der {
            Some(der) => {
                let certificate = Certificate::parse(der)?;
                let subject = certificate.tbs().subject();
                listed_subject(
                    &subject,
                    &Serial::from_be_bytes(&row.serial)?,
                    &Objects::new(),
                )
            }
            None => row.subject.clone(),
        };
        let reason = row
            .reason
            .filter(|code| ReasonCode::try_from(*code).is_ok_and(can_list));
        if reason != row.reason {
            self.summary.notes.push(format!(
                "{} is revoked for a reason that index.txt does not know, and is listed without one",
                serial_digits(&row.serial)
            ));
        }
        let status = if row.revoked_at.is_some() {
            IndexStatus::Revoked
        } else if row.not_after < self.now {
            IndexStatus::Expired
        } else {
            IndexStatus::Valid
        };
        let entry = IndexEntry {
            position: row.position,
            status,
            serial: row.serial.clone(),
            subject,
            not_after: row.not_after,
            revoked_at: row.revoked_at,
            reason,
            invalidity_date: row.invalidity_date,
            note: None,
            is_new: true,
        };
        self.write(&entry, der)
    }

    fn write(&mut self, entry: &IndexEntry, der: Option<Vec<u8>>) -> Result<(), AuthorityError> {
        let failed = |source| file_error("write", &self.summary.index, source);
        self.index
            .write_all(&index_txt::line(entry))
            .map_err(failed)?;
        self.summary.rows += 1;
        if (entry.serial.len(), &entry.serial) > (self.highest.len(), &self.highest) {
            self.highest.clone_from(&entry.serial);
        }
        if let Some(der) = der {
            let path = self
                .certificates
                .join(format!("{}.pem", serial_digits(&entry.serial)));
            write_afresh(&path, pem::encode("CERTIFICATE", &der).as_bytes(), 0o644)?;
            self.summary.certificates += 1;
        }
        Ok(())
    }
}
