//! The interface of the records, whatever the database.

use std::ops::ControlFlow;
use std::path::Path;

use crate::audit::AuditEntry;
use crate::certificate::{
    CertificateRow, Filter, NewReservation, NewRevocation, Recorded, Refused, Reserved,
    RevokeOutcome,
};
use crate::crl::{CrlRow, CrlScope, CrlSnapshot, NewCrl};
use crate::error::StoreError;
use crate::evidence::Evidence;
use crate::holder::Holder;
use crate::index::IndexStore;
use crate::issuer::{IssuerId, IssuerRow, NewIssuer};
use crate::report::CheckReport;
use crate::watch::Watch;

/// Callback that receives the result of an asynchronous call.
pub type Completion<T> = Box<dyn FnOnce(Result<T, StoreError>) + Send>;

/// The records of a CA. All calls block, may come from many threads at once, and what they write is
/// durable when they return. A call that returns an error has written nothing, unless the class of the error is
/// [`UnknownOutcome`](crate::StoreErrorClass::UnknownOutcome).
pub trait Store: Send + Sync {
    /// Adds an issuer.
    ///
    /// # Errors
    /// [`StoreError::IssuerTaken`] if the name is in use.
    fn add_issuer(&self, issuer: &NewIssuer<'_>) -> Result<IssuerId, StoreError>;

    /// Gives an issuer its certificate, or a newer one.
    ///
    /// # Errors
    /// [`StoreError::NoSuchIssuer`].
    fn set_issuer_certificate(
        &self,
        issuer: IssuerId,
        certificate_der: &[u8],
        requester: &str,
        at: i64,
    ) -> Result<(), StoreError>;

    /// Returns all issuers in the order in which they were added.
    fn issuers(&self) -> Result<Vec<IssuerRow>, StoreError>;

    /// Reserves a serial before anything is signed under it.
    ///
    /// # Errors
    /// [`StoreError::SerialTaken`] if the issuer has used it before, in whatever state;
    /// [`StoreError::SerialInvalid`]; [`StoreError::NoSuchIssuer`];
    /// [`StoreError::SubjectIsCa`] as in [`check_subject`](Store::check_subject); [`StoreError::ClaimTaken`],
    /// [`StoreError::TokenExpired`] or [`StoreError::NotRenewable`] if what it claims is not free.
    fn reserve(&self, reservation: &NewReservation<'_>) -> Result<Reserved, StoreError>;

    /// Reserves without waiting: `done` receives the result, maybe on the thread that writes, which is blocked while
    /// `done` runs.
    fn reserve_async(&self, reservation: &NewReservation<'_>, done: Completion<Reserved>) {
        done(self.reserve(reservation));
    }

    /// Checks that a holder may have its name, before anything is reserved: CRLs are found by the name of their issuer,
    /// so a CA's name (compared by RFC 5280 section 7.1) belongs to one key, and to no leaf. `subject` is the name in
    /// readable form, for the message.
    ///
    /// Names of CAs are those of the issuers that have a certificate, of the CAs above them, and of all certificates of
    /// CAs in the records, revoked and expired ones included, but for those that were certainly never signed.
    ///
    /// # Errors
    /// [`StoreError::SubjectIsCa`].
    fn check_subject(&self, holder: &Holder<'_>, subject: &str) -> Result<(), StoreError>;

    /// Records the signed certificate, the evidence of its signature and its audit entry in one commit. Only afterwards
    /// may it be handed out. On an error the reservation stays open, as possibly signed.
    ///
    /// # Errors
    /// [`StoreError::WrongCertificate`] if serial or SHA-256 of the to-be-signed part are not the
    /// reserved ones; [`StoreError::AlreadyRevoked`] if the reservation was revoked meanwhile;
    /// [`StoreError::ReservationClosed`].
    fn record(
        &self,
        reserved: Reserved,
        certificate_der: &[u8],
        evidence: Option<&Evidence>,
        at: i64,
    ) -> Result<Recorded, StoreError>;

    /// Records without waiting, as [`reserve_async`](Store::reserve_async).
    fn record_async(
        &self,
        reserved: Reserved,
        certificate_der: &[u8],
        evidence: Option<&Evidence>,
        at: i64,
        done: Completion<Recorded>,
    ) {
        done(self.record(reserved, certificate_der, evidence, at));
    }

    /// Closes a reservation under which certainly nothing was signed. The serial stays used, and the claim is undone.
    ///
    /// # Errors
    /// [`StoreError::AlreadyRevoked`], [`StoreError::ReservationClosed`].
    fn release(&self, reserved: Reserved, why: &str, at: i64) -> Result<(), StoreError>;

    /// Notes a refusal in the audit log.
    fn refuse(&self, refused: &Refused<'_>) -> Result<(), StoreError>;

    /// Returns the records of a serial: at most one row for an issuer, at most one for each issuer
    /// without.
    fn find_by_serial(
        &self,
        issuer: Option<IssuerId>,
        serial: &[u8],
    ) -> Result<Vec<CertificateRow>, StoreError>;

    /// Returns the certificate with this serial, if it was recorded.
    fn certificate_der(
        &self,
        issuer: IssuerId,
        serial: &[u8],
    ) -> Result<Option<Vec<u8>>, StoreError>;

    /// Returns the evidence that was recorded with this certificate.
    fn evidence(&self, issuer: IssuerId, serial: &[u8]) -> Result<Option<Evidence>, StoreError>;

    /// Revokes a certificate, or a reservation that was possibly signed. Revoking what is on hold
    /// makes it final and keeps the hold's date.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::AlreadyRevoked`], [`StoreError::NeverSigned`],
    /// [`StoreError::InvalidReason`].
    fn revoke(&self, revocation: &NewRevocation<'_>) -> Result<RevokeOutcome, StoreError>;

    /// Takes a certificate off hold, so that it is valid again and no longer on the next CRL.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::NotOnHold`] (also for a final revocation: that is
    /// for ever).
    fn unrevoke(
        &self,
        issuer: IssuerId,
        serial: &[u8],
        requester: &str,
        at: i64,
    ) -> Result<(), StoreError>;

    /// Calls `each` for every row that fits, in order of [`CertificateRow::position`], until it
    /// breaks off. Memory does not grow with their number; rows that are added meanwhile may or may
    /// not be seen.
    fn list(
        &self,
        filter: &Filter,
        each: &mut dyn FnMut(CertificateRow) -> ControlFlow<()>,
    ) -> Result<(), StoreError>;

    /// Allots the issuer's next CRL number durably and takes the entries as they are after that.
    ///
    /// Revoked certificates are left out once they had ended before the thisUpdate of the previous complete CRL of the
    /// same number of shards, so that each is on at least one CRL issued after its end (RFC 5280 section 3.3). A delta
    /// CRL has what has changed since that complete one.
    ///
    /// # Errors
    /// [`StoreError::NoSuchIssuer`]; [`StoreError::NoBaseCrl`] when there is nothing that a delta could change.
    fn begin_crl(
        &self,
        issuer: IssuerId,
        scope: CrlScope,
        at: i64,
    ) -> Result<CrlSnapshot, StoreError>;

    /// Records a signed CRL and its audit entry. Only afterwards may it be published.
    ///
    /// # Errors
    /// [`StoreError::CrlNumber`] if the number was never allotted or is recorded already.
    fn record_crl(&self, crl: &NewCrl<'_>) -> Result<(), StoreError>;

    /// Returns the newest recorded CRL that has all certificates on one list.
    fn last_crl(&self, issuer: IssuerId) -> Result<Option<CrlRow>, StoreError>;

    /// Calls `each` for the audit entries numbered above `after` (all for 0), oldest first, until
    /// it breaks off.
    fn audit(
        &self,
        after: u64,
        each: &mut dyn FnMut(AuditEntry) -> ControlFlow<()>,
    ) -> Result<(), StoreError>;

    /// Returns a watch of the revocations from now on, by any process. What is read after this call and
    /// before the first change that the watch reports is up to date.
    fn watch(&self) -> Result<Box<dyn Watch>, StoreError>;

    /// Checks file, audit chain and records against one another, as they are at one moment. Reads
    /// everything.
    fn check(&self) -> Result<CheckReport, StoreError>;

    /// Returns the records of issuers with an index.txt; `None` if this database does not support them.
    fn index(&self) -> Option<&dyn IndexStore> {
        None
    }

    /// Returns what [`index`](Store::index) returns, for callers that need it.
    ///
    /// # Errors
    /// [`StoreError::NoIndex`].
    fn require_index(&self) -> Result<&dyn IndexStore, StoreError> {
        self.index().ok_or(StoreError::NoIndex)
    }

    /// Writes a consistent copy to a new file with mode 0600, while others read and write.
    ///
    /// # Errors
    /// One of the class [`Conflict`](crate::StoreErrorClass::Conflict) if there is such a file.
    fn backup_to(&self, path: &Path) -> Result<(), StoreError>;
}
