//! The store in one SQLite file.

use std::fmt;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use crate::audit::{AuditEntry, NewEntry};
use crate::certificate::{
    CertificateRow, Filter, NewReservation, NewRevocation, OpenReservation, Recorded, Refused,
    Reserved, RevokeOutcome,
};
use crate::crl::{CrlRow, CrlScope, CrlSnapshot, NewCrl};
use crate::der::strip_zeros;
use crate::error::StoreError;
use crate::evidence::Evidence;
use crate::holder::{Holder, HolderKey};
use crate::index::IndexStore;
use crate::issuer::{IssuerId, IssuerRow, NewIssuer};
use crate::report::CheckReport;
use crate::rules;
use crate::store::{Completion, Store};
use crate::watch::Watch;
use reader::Readers;
use writer::{Writer, wait};

pub use error::SqliteError;

mod backup;
mod ca_name;
mod check;
mod checkpoint;
mod claim;
mod error;
mod index;
mod open;
mod quick;
mod reader;
mod rows;
mod scoped;
mod snapshot;
mod sql;
mod transaction;
mod watch;
mod write;
mod writer;

/// The records in one SQLite file (write-ahead log beside it while it is open). Several processes
/// may have it open at once.
pub struct SqliteStore {
    path: PathBuf,
    /// `None` when it was opened for reading only.
    writer: Option<Writer>,
    readers: Readers,
}

impl SqliteStore {
    /// Makes a new file with mode 0600 and opens it.
    ///
    /// # Errors
    /// [`SqliteError::Exists`] if there is such a file, [`SqliteError::Missing`] if there is no such
    /// folder.
    pub fn create(path: &Path) -> Result<Self, StoreError> {
        open::create_file(path)?;
        Self::open(path)
    }

    /// Opens a file for reading and writing, and brings its format up to date. An empty file (of a
    /// creation that was interrupted) becomes an empty store.
    ///
    /// # Errors
    /// [`SqliteError::Missing`], [`SqliteError::Foreign`], [`SqliteError::NotADatabase`],
    /// [`SqliteError::NewerVersion`], [`SqliteError::CannotOpen`], [`SqliteError::ReadOnly`]: in all
    /// these cases the file is as it was.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let path = &open::absolute(path)?;
        let connection = open::writable(path)?;
        Ok(Self {
            path: path.to_owned(),
            writer: Some(Writer::start(connection)?),
            readers: Readers::new(path, false),
        })
    }

    /// Opens a file for reading. Every call that writes fails with [`SqliteError::ReadOnly`].
    ///
    /// # Errors
    /// As [`open`](SqliteStore::open); also [`SqliteError::ReadOnly`] if the format is an older one.
    pub fn open_read_only(path: &Path) -> Result<Self, StoreError> {
        let path = &open::absolute(path)?;
        let readers = Readers::new(path, true);
        readers.with(|_| Ok(()))?;
        Ok(Self {
            path: path.to_owned(),
            writer: None,
            readers,
        })
    }

    /// How often this store has committed since it was opened: how many syncs all the writes have
    /// shared.
    pub fn commits(&self) -> u64 {
        self.writer.as_ref().map_or(0, Writer::commits)
    }

    fn writer(&self) -> Result<&Writer, StoreError> {
        Ok(self.writer.as_ref().ok_or_else(|| SqliteError::ReadOnly {
            detail: format!("`{}` was opened for reading", self.path.display()),
        })?)
    }
}

impl Store for SqliteStore {
    fn add_issuer(&self, issuer: &NewIssuer<'_>) -> Result<IssuerId, StoreError> {
        let NewIssuer {
            name,
            subject_der,
            key_id,
            key,
            pinned_parent,
            certificate_der,
            requester,
            at,
        } = *issuer;
        let (name, key, requester) = (name.to_owned(), key.to_owned(), requester.to_owned());
        let (subject_der, key_id) = (subject_der.to_owned(), key_id.to_owned());
        let (pinned_parent, certificate_der) = (
            pinned_parent.map(<[u8]>::to_vec),
            certificate_der.map(<[u8]>::to_vec),
        );
        self.writer()?.run(move |transaction| {
            write::add_issuer(
                transaction,
                &NewIssuer {
                    name: &name,
                    subject_der: &subject_der,
                    key_id: &key_id,
                    key: &key,
                    pinned_parent: pinned_parent.as_deref(),
                    certificate_der: certificate_der.as_deref(),
                    requester: &requester,
                    at,
                },
            )
        })
    }

    fn set_issuer_certificate(
        &self,
        issuer: IssuerId,
        certificate_der: &[u8],
        requester: &str,
        at: i64,
    ) -> Result<(), StoreError> {
        let (certificate_der, requester) = (certificate_der.to_owned(), requester.to_owned());
        self.writer()?.run(move |transaction| {
            write::certify_issuer(transaction, issuer, &certificate_der, &requester, at)
        })
    }

    fn issuers(&self) -> Result<Vec<IssuerRow>, StoreError> {
        self.readers.with(reader::issuers)
    }

    fn reserve(&self, reservation: &NewReservation<'_>) -> Result<Reserved, StoreError> {
        wait(|done| self.reserve_async(reservation, done))
    }

    fn reserve_async(&self, reservation: &NewReservation<'_>, done: Completion<Reserved>) {
        let (writer, data) = match (self.writer(), rules::checked_reservation(reservation)) {
            (Ok(writer), Ok(data)) => (writer, data),
            (Err(error), _) | (_, Err(error)) => return done(Err(error)),
        };
        let (holder, claim) = (HolderKey::of(&reservation.holder), reservation.claim);
        let signing = writer.signing();
        writer.run_whole_async(
            move |transaction| write::reserve(transaction, data, claim, &holder),
            move |reserved| {
                done(reserved.map(|mut reserved| {
                    reserved.open = Some(OpenReservation::new(&signing));
                    reserved
                }));
            },
        );
    }

    fn check_subject(&self, holder: &Holder<'_>, subject: &str) -> Result<(), StoreError> {
        let holder = HolderKey::of(holder);
        self.readers
            .with(|connection| ca_name::look(connection, &holder, subject))
    }

    fn record(
        &self,
        reserved: Reserved,
        certificate_der: &[u8],
        evidence: Option<&Evidence>,
        at: i64,
    ) -> Result<Recorded, StoreError> {
        wait(|done| self.record_async(reserved, certificate_der, evidence, at, done))
    }

    fn record_async(
        &self,
        mut reserved: Reserved,
        certificate_der: &[u8],
        evidence: Option<&Evidence>,
        at: i64,
        done: Completion<Recorded>,
    ) {
        // From here on it does not wait for the signer any more.
        reserved.open = None;
        let checked = rules::check_certificate(&reserved, certificate_der);
        let writer = match (self.writer(), checked) {
            (Ok(writer), Ok(())) => writer,
            (Err(error), _) | (_, Err(error)) => return done(Err(error)),
        };
        let (certificate_der, evidence) = (certificate_der.to_owned(), evidence.cloned());
        writer.run_whole_async(
            move |transaction| {
                write::record(
                    transaction,
                    reserved,
                    &certificate_der,
                    evidence.as_ref(),
                    at,
                )
            },
            done,
        );
    }

    fn release(&self, reserved: Reserved, why: &str, at: i64) -> Result<(), StoreError> {
        let why = why.to_owned();
        self.writer()?
            .run(move |transaction| write::release(transaction, &reserved, &why, at))
    }

    fn refuse(&self, refused: &Refused<'_>) -> Result<(), StoreError> {
        let entry = NewEntry::refused(refused);
        self.writer()?
            .run(move |transaction| transaction.append(&entry).map(drop))
    }

    fn find_by_serial(
        &self,
        issuer: Option<IssuerId>,
        serial: &[u8],
    ) -> Result<Vec<CertificateRow>, StoreError> {
        self.readers
            .with(|connection| reader::find(connection, issuer, strip_zeros(serial)))
    }

    fn certificate_der(
        &self,
        issuer: IssuerId,
        serial: &[u8],
    ) -> Result<Option<Vec<u8>>, StoreError> {
        self.readers
            .with(|connection| reader::certificate_der(connection, issuer, strip_zeros(serial)))
    }

    fn evidence(&self, issuer: IssuerId, serial: &[u8]) -> Result<Option<Evidence>, StoreError> {
        self.readers
            .with(|connection| reader::evidence(connection, issuer, strip_zeros(serial)))
    }

    fn revoke(&self, revocation: &NewRevocation<'_>) -> Result<RevokeOutcome, StoreError> {
        let revocation = rules::checked_revocation(revocation, strip_zeros(revocation.serial))?;
        self.writer()?
            .run(move |transaction| write::revoke(transaction, &revocation))
    }

    fn unrevoke(
        &self,
        issuer: IssuerId,
        serial: &[u8],
        requester: &str,
        at: i64,
    ) -> Result<(), StoreError> {
        let (serial, requester) = (strip_zeros(serial).to_owned(), requester.to_owned());
        self.writer()?
            .run(move |transaction| write::unrevoke(transaction, issuer, &serial, &requester, at))
    }

    fn list(
        &self,
        filter: &Filter,
        each: &mut dyn FnMut(CertificateRow) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        reader::list(&self.readers, filter, each)
    }

    fn begin_crl(
        &self,
        issuer: IssuerId,
        scope: CrlScope,
        at: i64,
    ) -> Result<CrlSnapshot, StoreError> {
        let base = scope
            .delta
            .then(|| {
                self.readers
                    .with(|connection| scoped::base(connection, issuer, scope))
            })
            .transpose()?;
        let base_number = base.as_ref().map(|base| base.number);
        let number = self.writer()?.run(move |transaction| {
            write::begin_crl(transaction, issuer, scope.shards, base_number, at)
        })?;
        scoped::take(&self.path, issuer, number, scope, base)
    }

    fn record_crl(&self, crl: &NewCrl<'_>) -> Result<(), StoreError> {
        let NewCrl {
            issuer,
            number,
            sha256,
            this_update,
            next_update,
            entries,
            requester,
            at,
        } = *crl;
        let requester = requester.to_owned();
        self.writer()?.run(move |transaction| {
            let requester = &requester;
            let crl = NewCrl {
                issuer,
                number,
                sha256,
                this_update,
                next_update,
                entries,
                requester,
                at,
            };
            write::record_crl(transaction, &crl)
        })
    }

    fn last_crl(&self, issuer: IssuerId) -> Result<Option<CrlRow>, StoreError> {
        self.readers
            .with(|connection| reader::last_crl(connection, issuer))
    }

    fn audit(
        &self,
        after: u64,
        each: &mut dyn FnMut(AuditEntry) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        reader::audit(&self.readers, after, each)
    }

    fn watch(&self) -> Result<Box<dyn Watch>, StoreError> {
        let fixed = self.writer.is_none();
        Ok(Box::new(watch::SqliteWatch::open(&self.path, fixed)?))
    }

    fn check(&self) -> Result<CheckReport, StoreError> {
        self.readers.with(check::check)
    }

    fn index(&self) -> Option<&dyn IndexStore> {
        Some(self)
    }

    fn backup_to(&self, path: &Path) -> Result<(), StoreError> {
        backup::copy(&self.path, path)
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        // The writer's connection goes last, so that SQLite moves the write-ahead log into the file
        // and removes it.
        self.readers.close();
        self.writer = None;
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}
