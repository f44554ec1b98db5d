//! Revocation lists: their numbers, and the entries that belong on one (RFC 5280 sections 3.3 and
//! 5).

use std::fmt;
use std::vec;

use crate::error::StoreError;
use crate::issuer::IssuerId;

/// The entries of one CRL, as they were at one moment, under a CRL number that nobody else has.
///
/// [`entries`](CrlSnapshot::entries) may be called as often as needed and always yields the same,
/// whatever is revoked meanwhile; memory does not grow with their number. While it lives, SQLite
/// cannot shorten its write-ahead log: drop it soon.
pub struct CrlSnapshot {
    issuer: IssuerId,
    number: u64,
    previous: Option<CrlRow>,
    pages: Box<dyn RevokedPages>,
}

impl CrlSnapshot {
    /// Puts one together; for implementations of [`Store`](crate::Store).
    pub fn new(
        issuer: IssuerId,
        number: u64,
        previous: Option<CrlRow>,
        pages: Box<dyn RevokedPages>,
    ) -> Self {
        Self {
            issuer,
            number,
            previous,
            pages,
        }
    }

    /// The issuer.
    pub fn issuer(&self) -> IssuerId {
        self.issuer
    }

    /// The CRL number (RFC 5280 section 5.2.3), durably allotted. If the CRL never comes to be, the
    /// number is a gap.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The newest complete CRL of the same scope that was recorded before; for a delta CRL, the one that it changes.
    pub fn previous(&self) -> Option<&CrlRow> {
        self.previous.as_ref()
    }

    /// All entries in order of the serials' bytes. After an error the iterator ends.
    pub fn entries(&self) -> CrlEntries<'_> {
        CrlEntries {
            pages: self.pages.as_ref(),
            page: Vec::new().into_iter(),
            last: None,
            done: false,
        }
    }
}

impl fmt::Debug for CrlSnapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CrlSnapshot")
            .field("issuer", &self.issuer)
            .field("number", &self.number)
            .field("previous", &self.previous)
            .finish_non_exhaustive()
    }
}

/// Iterator over the entries of a [`CrlSnapshot`]; reads a page at a time.
pub struct CrlEntries<'a> {
    pages: &'a dyn RevokedPages,
    page: vec::IntoIter<RevokedRow>,
    last: Option<Vec<u8>>,
    done: bool,
}

impl Iterator for CrlEntries<'_> {
    type Item = Result<RevokedRow, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(row) = self.page.next() {
            return Some(Ok(row));
        }
        if self.done {
            return None;
        }
        match self.pages.page(self.last.as_deref()) {
            Ok(page) => {
                self.last = page.last().map(|row| row.serial.clone());
                self.done = page.is_empty();
                self.page = page.into_iter();
                self.page.next().map(Ok)
            }
            Err(error) => {
                self.done = true;
                Some(Err(error))
            }
        }
    }
}

/// Where a [`CrlSnapshot`] gets its entries from.
pub trait RevokedPages: Send {
    /// The next entries after the serial `after` (the first ones for `None`), in order of the
    /// serials' bytes; empty at the end.
    fn page(&self, after: Option<&[u8]>) -> Result<Vec<RevokedRow>, StoreError>;
}

/// Which certificates of an issuer a CRL is about, and in how far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct CrlScope {
    /// 0: one list of all of them. Otherwise so many lists, made together from one snapshot, and under one number.
    pub shards: u32,
    /// Only what has changed since the newest complete list of the same scope.
    pub delta: bool,
}

/// One entry of a CRL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevokedRow {
    /// The serial, big endian without leading zeros.
    pub serial: Vec<u8>,
    /// Revocation date.
    pub revoked_at: i64,
    /// CRLReason; `None` is unspecified. On a delta CRL it may be 8, removeFromCRL: no longer on hold.
    pub reason: Option<u8>,
    /// Invalidity date.
    pub invalidity_date: Option<i64>,
    /// What an index.txt says of the revocation beyond that.
    pub note: Option<String>,
}

/// A CRL that was signed, to be recorded with [`Store::record_crl`](crate::Store::record_crl)
/// before it is published.
#[derive(Clone, Copy, Debug)]
pub struct NewCrl<'a> {
    /// The issuer.
    pub issuer: IssuerId,
    /// The number that [`Store::begin_crl`](crate::Store::begin_crl) allotted.
    pub number: u64,
    /// SHA-256 of the CRL's DER.
    pub sha256: [u8; 32],
    /// thisUpdate.
    pub this_update: i64,
    /// nextUpdate.
    pub next_update: i64,
    /// Number of entries.
    pub entries: u64,
    /// Who asked for it.
    pub requester: &'a str,
    /// Time of the call.
    pub at: i64,
}

/// A CRL number that was allotted and not used yet, and the number of entries of the CRL, as the records have them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CrlAllotment {
    pub(crate) number: i64,
    pub(crate) entries: i64,
    pub(crate) shards: u32,
    pub(crate) base: Option<i64>,
}

/// A CRL as it is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrlRow {
    /// The issuer.
    pub issuer: IssuerId,
    /// CRL number.
    pub number: u64,
    /// SHA-256 of the CRL's DER.
    pub sha256: [u8; 32],
    /// thisUpdate.
    pub this_update: i64,
    /// nextUpdate.
    pub next_update: i64,
    /// Number of entries.
    pub entries: u64,
    /// When it was recorded.
    pub recorded_at: i64,
    /// See [`CrlScope::shards`].
    pub shards: u32,
    /// For a delta CRL, the number of the complete one that it changes.
    pub base: Option<u64>,
    /// Number of the last audit entry when it was begun: revocations up to it are on it.
    pub seen_entry: Option<u64>,
}
