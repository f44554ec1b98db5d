//! Records that are synchronized with the `index.txt` of `openssl ca`.
//!
//! Such an issuer has two databases: these records, and the file that `openssl ca` and other programs read and write. A
//! change of ours is recorded first and is marked as pending until the file has it too; changes of others in the file
//! are imported before our next operation. The format of the file is not known here.

pub(crate) mod import;

use crate::crl::CrlSnapshot;
use crate::error::StoreError;
use crate::issuer::IssuerId;
use crate::{NewRevocation, RevokeOutcome};

/// [`CertificateRow::profile`](crate::CertificateRow::profile) of a certificate that was imported from an index.txt.
pub const IMPORTED_PROFILE: &str = "openssl ca";

/// The status of a row of index.txt: its first field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IndexStatus {
    /// `V`: issued, and not marked as anything else.
    Valid,
    /// `R`: revoked.
    Revoked,
    /// `E`: marked as expired.
    Expired,
}

impl IndexStatus {
    /// Returns the letter that the file has.
    pub fn as_str(self) -> &'static str {
        match self {
            IndexStatus::Valid => "V",
            IndexStatus::Revoked => "R",
            IndexStatus::Expired => "E",
        }
    }

    /// Parses what [`as_str`](IndexStatus::as_str) returns.
    pub fn parse(text: &str) -> Option<Self> {
        [
            IndexStatus::Valid,
            IndexStatus::Revoked,
            IndexStatus::Expired,
        ]
        .into_iter()
        .find(|status| status.as_str() == text)
    }
}

/// A row of index.txt to import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexRow {
    /// Status.
    pub status: IndexStatus,
    /// The serial, big endian without leading zeros; one zero byte for the serial 0.
    pub serial: Vec<u8>,
    /// The subject as the file has it.
    pub subject: String,
    /// End of validity.
    pub not_after: i64,
    /// Revocation date, CRLReason (8 is removeFromCRL) and invalidity date, for [`IndexStatus::Revoked`].
    pub revoked_at: Option<i64>,
    /// CRLReason.
    pub reason: Option<u8>,
    /// Invalidity date.
    pub invalidity_date: Option<i64>,
    /// Text of the file about the revocation that the fields above do not hold.
    pub note: Option<String>,
    /// The certificate, if it was found. One with another serial is ignored.
    pub certificate: Option<ImportedCertificate>,
}

/// A certificate that another program issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedCertificate {
    /// DER.
    pub der: Vec<u8>,
    /// Start of validity.
    pub not_before: i64,
    /// Subject alternative names in readable form.
    pub names: Vec<String>,
}

/// An entry of index.txt as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexEntry {
    /// Position in the store; what [`IndexStore::index_written`] takes.
    pub position: i64,
    /// Status.
    pub status: IndexStatus,
    /// The serial; see [`IndexRow::serial`].
    pub serial: Vec<u8>,
    /// The subject.
    pub subject: String,
    /// End of validity.
    pub not_after: i64,
    /// Revocation date.
    pub revoked_at: Option<i64>,
    /// CRLReason.
    pub reason: Option<u8>,
    /// Invalidity date.
    pub invalidity_date: Option<i64>,
    /// See [`IndexRow::note`].
    pub note: Option<String>,
    /// True if the file has no row for it yet.
    pub is_new: bool,
}

/// State of an index.txt when it was last read or written: enough to detect a later change cheaply.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IndexSeen {
    /// Size in bytes.
    pub size: u64,
    /// Time of the last change, nanoseconds since 1970-01-01 UTC.
    pub mtime_ns: i64,
    /// Inode: `openssl ca` puts a new file in the place of the old one.
    pub inode: u64,
    /// Rows.
    pub rows: u64,
    /// SHA-256 of its last bytes; the caller decides how many.
    pub tail: [u8; 32],
}

/// Result of an import of index.txt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SyncReport {
    /// Rows that were read.
    pub rows: u64,
    /// Certificates that were not known.
    pub added: u64,
    /// How many of these are revoked.
    pub added_revoked: u64,
    /// Known certificates that another program has revoked, or whose revocation it has undone: the first hundred.
    pub changed: Vec<IndexChange>,
    /// How many were changed in all.
    pub change_count: u64,
}

/// A change of a known certificate in index.txt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexChange {
    /// The serial.
    pub serial: Vec<u8>,
    /// True if it is revoked now.
    pub revoked: bool,
}

/// Records of issuers with an index.txt: [`Store::index`](crate::Store::index). As for a [`Store`](crate::Store), a call
/// that returns an error has written nothing.
pub trait IndexStore: Send + Sync {
    /// Returns the state of the file when it was last read or written; `None` for an issuer without one.
    fn index_seen(&self, issuer: IssuerId) -> Result<Option<IndexSeen>, StoreError>;

    /// Imports rows of the file and stores `seen` as its state (whose `rows` are those before the first one of `rows`).
    /// From the first call on, what the issuer issues is marked as pending for the file.
    ///
    /// A row is new, or its status and revocation replace those in the records, unless the records have a change that
    /// the file does not have yet.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] or whatever `rows` yields; nothing is imported then.
    fn sync_index(
        &self,
        issuer: IssuerId,
        rows: Box<dyn Iterator<Item = Result<IndexRow, StoreError>> + Send>,
        seen: IndexSeen,
        requester: &str,
        at: i64,
    ) -> Result<SyncReport, StoreError>;

    /// Imports rows as [`IndexStore::sync_index`] does, for an issuer that has no index.txt from then on: nothing is
    /// ever pending for one.
    ///
    /// # Errors
    /// Those of [`IndexStore::sync_index`].
    fn migrate_index(
        &self,
        issuer: IssuerId,
        rows: Box<dyn Iterator<Item = Result<IndexRow, StoreError>> + Send>,
        requester: &str,
        at: i64,
    ) -> Result<SyncReport, StoreError>;

    /// Returns the entries that the file does not have yet, in order of issuance.
    fn index_pending(&self, issuer: IssuerId) -> Result<Vec<IndexEntry>, StoreError>;

    /// Marks these entries ([`IndexEntry::position`]) as written to the file and stores its state.
    fn index_written(
        &self,
        issuer: IssuerId,
        positions: Vec<i64>,
        seen: IndexSeen,
    ) -> Result<(), StoreError>;

    /// Returns a page of all entries that belong into the file, in order of [`IndexEntry::position`], after `after`.
    /// Empty at the end.
    fn index_entries(&self, issuer: IssuerId, after: i64) -> Result<Vec<IndexEntry>, StoreError>;

    /// Returns the serial of a certificate with this subject that the file lists as valid.
    fn listed_as_valid(
        &self,
        issuer: IssuerId,
        subject: &str,
    ) -> Result<Option<Vec<u8>>, StoreError>;

    /// Marks as expired what is listed as valid and ends at or before `now`. Returns serials and subjects.
    fn mark_expired(
        &self,
        issuer: IssuerId,
        now: i64,
    ) -> Result<Vec<(Vec<u8>, String)>, StoreError>;

    /// Revokes as [`Store::revoke`](crate::Store::revoke) does, with a note for the file.
    ///
    /// # Errors
    /// Those of [`Store::revoke`](crate::Store::revoke).
    fn revoke_with_note(
        &self,
        revocation: &NewRevocation<'_>,
        note: Option<&str>,
    ) -> Result<RevokeOutcome, StoreError>;

    /// Allots a CRL number, `number` or the first one after it that is free, and takes all entries that the file lists
    /// as revoked, in the order of their numbers.
    fn begin_listed_crl(
        &self,
        issuer: IssuerId,
        number: u64,
        at: i64,
    ) -> Result<CrlSnapshot, StoreError>;
}
