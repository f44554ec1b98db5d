//! Records that are kept in step with the `index.txt` of `openssl ca`.
//!
//! Such an issuer has two books: these records, and the file that `openssl ca` and other people's scripts read and
//! write. What we do goes into the records first, where it is marked as pending until the file says it too; what
//! others do to the file is taken in before the next thing we do. The form of the file is not known here.

use crate::crl::CrlSnapshot;
use crate::error::StoreError;
use crate::issuer::IssuerId;
use crate::{NewRevocation, RevokeOutcome};

/// [`CertificateRow::profile`](crate::CertificateRow::profile) of a certificate that was taken in from an index.txt.
pub const TAKEN_IN_PROFILE: &str = "openssl ca";

/// The letter with which index.txt begins a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Letter {
    /// `V`: issued, and not marked as anything else.
    Valid,
    /// `R`: revoked.
    Revoked,
    /// `E`: marked as expired.
    Expired,
}

impl Letter {
    /// As it stands in the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Letter::Valid => "V",
            Letter::Revoked => "R",
            Letter::Expired => "E",
        }
    }

    /// Reads what [`as_str`](Letter::as_str) gives.
    pub fn parse(text: &str) -> Option<Self> {
        [Letter::Valid, Letter::Revoked, Letter::Expired]
            .into_iter()
            .find(|letter| letter.as_str() == text)
    }
}

/// A row of index.txt that is to be taken in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexRow {
    /// Its letter.
    pub letter: Letter,
    /// The serial, big endian without leading zeros; one zero octet for the serial 0.
    pub serial: Vec<u8>,
    /// The subject as the file has it.
    pub subject: String,
    /// End of validity.
    pub not_after: i64,
    /// Revocation date, CRLReason (8 is removeFromCRL) and invalidity date, for [`Letter::Revoked`].
    pub revoked_at: Option<i64>,
    /// CRLReason.
    pub reason: Option<u8>,
    /// Invalidity date.
    pub invalidity_date: Option<i64>,
    /// What the file says of the revocation that the fields above do not.
    pub note: Option<String>,
    /// The certificate, if it was found. One that does not fit is left away.
    pub certificate: Option<TakenCertificate>,
}

/// A certificate that somebody else issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenCertificate {
    /// DER.
    pub der: Vec<u8>,
    /// Start of validity.
    pub not_before: i64,
    /// Subject alternative names in readable form.
    pub names: Vec<String>,
}

/// An entry of index.txt as it is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexEntry {
    /// Position in the store; what [`IndexRecords::index_written`] takes.
    pub position: i64,
    /// The letter.
    pub letter: Letter,
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
    /// Whether the file has no row for it yet.
    pub is_new: bool,
}

/// How an index.txt was last seen or written: enough to tell cheaply whether somebody has changed it since.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IndexSeen {
    /// Octets.
    pub size: u64,
    /// Time of the last change, nanoseconds since 1970-01-01 UTC.
    pub mtime_ns: i64,
    /// Inode: `openssl ca` puts a new file in the place of the old one.
    pub inode: u64,
    /// Rows.
    pub rows: u64,
    /// SHA-256 of its last octets; of how many is the caller's affair.
    pub tail: [u8; 32],
}

/// What taking in has found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TakenIn {
    /// Rows that were read.
    pub rows: u64,
    /// Certificates that were not known.
    pub added: u64,
    /// How many of these are revoked.
    pub added_revoked: u64,
    /// Known certificates that somebody else has revoked, or taken off revocation: the first hundred.
    pub changed: Vec<IndexChange>,
    /// How many were changed in all.
    pub change_count: u64,
}

/// One known certificate that index.txt says something new of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexChange {
    /// The serial.
    pub serial: Vec<u8>,
    /// Whether it is revoked now.
    pub revoked: bool,
}

/// The part of a [`Store`](crate::Store) for issuers with an index.txt. As there, a call that returns an error has
/// written nothing.
pub trait IndexRecords: Send + Sync {
    /// How the file was last seen; `None` for an issuer without one.
    fn index_seen(&self, issuer: IssuerId) -> Result<Option<IndexSeen>, StoreError>;

    /// Takes in rows of the file, and notes that the file was seen as `seen` (whose `rows` are those before the first
    /// one of `rows`). From the first call on, what the issuer issues is marked as pending for the file.
    ///
    /// A row is new, or its letter and revocation replace what is known, unless the records know of a change that the
    /// file does not have yet.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] or whatever `rows` yields; nothing is taken in then.
    fn take_in(
        &self,
        issuer: IssuerId,
        rows: Box<dyn Iterator<Item = Result<IndexRow, StoreError>> + Send>,
        seen: IndexSeen,
        requester: &str,
        at: i64,
    ) -> Result<TakenIn, StoreError>;

    /// Takes in rows as [`IndexRecords::take_in`] does, once and for all: the issuer has no index.txt from then on, and
    /// nothing is ever pending for one.
    ///
    /// # Errors
    /// Those of [`IndexRecords::take_in`].
    fn take_over(
        &self,
        issuer: IssuerId,
        rows: Box<dyn Iterator<Item = Result<IndexRow, StoreError>> + Send>,
        requester: &str,
        at: i64,
    ) -> Result<TakenIn, StoreError>;

    /// What the file does not say yet, in the order in which it was issued.
    fn index_pending(&self, issuer: IssuerId) -> Result<Vec<IndexEntry>, StoreError>;

    /// Notes that the file says what these entries ([`IndexEntry::position`]) say, and how it looks now.
    fn index_written(
        &self,
        issuer: IssuerId,
        positions: Vec<i64>,
        seen: IndexSeen,
    ) -> Result<(), StoreError>;

    /// A page of all entries that belong into the file, in order of [`IndexEntry::position`], behind `after`. Empty
    /// at the end.
    fn index_entries(&self, issuer: IssuerId, after: i64) -> Result<Vec<IndexEntry>, StoreError>;

    /// The serial of a certificate with this subject that the file lists as valid.
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
