//! The rules of an import of index.txt: what a row changes in the records.

use crate::audit::NewEntry;
use crate::audit::detail::ImportedRows;
use crate::certificate::{State, names_json};
use crate::der::Parts;
use crate::digest::sha256;
use crate::holder::HolderKey;
use crate::index::{IndexChange, IndexRow, IndexStatus, SyncReport};
use crate::issuer::IssuerId;

/// An import in progress. A database asks [`Import::known`] for each row that it has already, adds the others as
/// [`Import::new_row`] says, and writes in the end what [`Import::finish`] returns.
pub(crate) struct Import {
    report: SyncReport,
    hash: ImportedRows,
    changes: Vec<Change>,
}

/// The columns of a certificate that only index.txt knows.
pub(crate) struct NewRow<'a> {
    pub(crate) tbs_sha256: [u8; 32],
    pub(crate) der: Option<&'a [u8]>,
    /// JSON array.
    pub(crate) names: String,
    pub(crate) not_before: i64,
    /// The holder, if the certificate is there.
    pub(crate) holder: Option<HolderKey>,
}

/// A revocation, or the end of one, that the file has.
pub(crate) struct Change {
    pub(crate) id: i64,
    pub(crate) row: IndexRow,
    /// True if the certificate was revoked before in the records.
    was_revoked: bool,
    /// True if the revocation is another one, and not just the status.
    is_revocation: bool,
    /// True for a certificate that was in the records before.
    was_known: bool,
}

impl Import {
    pub(crate) fn new() -> Self {
        Self {
            report: SyncReport::default(),
            hash: ImportedRows::new(),
            changes: Vec::new(),
        }
    }

    /// Takes a row of a certificate that is in the records.
    pub(crate) fn known(&mut self, known: KnownRow, row: IndexRow) {
        self.report.rows += 1;
        self.changes.extend(known.compare(row));
    }

    /// Returns the columns of a row that is not in the records. A certificate with another serial is ignored.
    pub(crate) fn new_row<'a>(&mut self, row: &'a IndexRow) -> NewRow<'a> {
        let certificate = row
            .certificate
            .as_ref()
            .and_then(|certificate| Some((certificate, Parts::of(&certificate.der)?)))
            .filter(|(_, parts)| parts.serial == row.serial);
        let new = match certificate {
            Some((certificate, parts)) => NewRow {
                tbs_sha256: sha256(parts.tbs),
                der: Some(&certificate.der),
                names: names_json(&certificate.names),
                not_before: certificate.not_before,
                holder: HolderKey::of_certificate(&certificate.der),
            },
            None => NewRow {
                tbs_sha256: [0; 32],
                der: None,
                names: names_json(&[]),
                not_before: 0,
                holder: None,
            },
        };
        self.hash
            .add(&row.serial, &new.tbs_sha256, &row.subject, row.not_after);
        new
    }

    /// Takes a row that was added with the number `id`.
    pub(crate) fn added(&mut self, id: i64, row: IndexRow) {
        self.report.rows += 1;
        self.report.added += 1;
        if row.status == IndexStatus::Revoked {
            self.report.added_revoked += 1;
            self.changes.push(Change {
                id,
                // What is not needed any more; there may be many.
                row: IndexRow {
                    certificate: None,
                    subject: String::new(),
                    ..row
                },
                was_revoked: false,
                is_revocation: true,
                was_known: false,
            });
        }
    }

    /// Returns the audit entry of the new rows, if there are any, the changes to write after it, and the report.
    pub(crate) fn finish(
        mut self,
        issuer: IssuerId,
        requester: &str,
        at: i64,
    ) -> (Option<NewEntry<'_>>, Vec<Change>, SyncReport) {
        let entry = (self.report.added > 0).then(|| {
            let sha256 = self.hash.finish();
            NewEntry::imported(issuer, self.report.added, &sha256, requester, at)
        });
        let changed = |change: &&Change| change.is_revocation && change.was_known;
        self.report.change_count = self.changes.iter().filter(changed).count() as u64;
        self.report.changed = self
            .changes
            .iter()
            .filter(changed)
            .take(MAX_LISTED)
            .map(|change| IndexChange {
                serial: change.row.serial.clone(),
                revoked: change.row.revoked_at.is_some(),
            })
            .collect();
        (entry, self.changes, self.report)
    }
}

impl Change {
    /// Returns the audit entry of the change; `None` if only the status changes.
    pub(crate) fn entry<'a>(
        &'a self,
        issuer: IssuerId,
        requester: &'a str,
        at: i64,
    ) -> Option<NewEntry<'a>> {
        let certificate = (issuer, self.row.serial.as_slice());
        match self.row.revoked_at {
            _ if !self.is_revocation => None,
            Some(revoked_at) => Some(NewEntry::revoked(
                certificate,
                revoked_at,
                self.row.reason,
                self.row.invalidity_date,
                requester,
                at,
            )),
            None if self.was_revoked => Some(NewEntry::unrevoked(certificate, requester, at)),
            None => None,
        }
    }
}

/// The entry of the records for a serial for which the file has a row.
pub(crate) struct KnownRow {
    pub(crate) id: i64,
    pub(crate) state: State,
    pub(crate) status: Option<IndexStatus>,
    /// True while the file does not have a change of ours.
    pub(crate) is_pending: bool,
    pub(crate) revoked_at: Option<i64>,
    pub(crate) reason: Option<u8>,
    pub(crate) invalidity_date: Option<i64>,
    pub(crate) note: Option<String>,
}

impl KnownRow {
    /// Returns the change that the row of the file makes, if any.
    fn compare(self, row: IndexRow) -> Option<Change> {
        let Self {
            id,
            state,
            status,
            is_pending,
            revoked_at,
            reason,
            invalidity_date,
            note,
        } = self;
        let same = revoked_at == row.revoked_at
            && reason == row.reason
            && invalidity_date == row.invalidity_date
            && note == row.note;
        if same && status == Some(row.status) && !is_pending {
            return None;
        }
        // We have signed nothing under a void serial: what the file has of it is not in our records.
        if state == State::Void {
            return None;
        }
        // The file does not have our change yet.
        if is_pending && !same && row.revoked_at.is_none() {
            return None;
        }
        if is_pending && same && status != Some(row.status) {
            return None;
        }
        Some(Change {
            id,
            was_revoked: revoked_at.is_some(),
            is_revocation: !same,
            was_known: true,
            row,
        })
    }
}

/// Changes that a report lists one by one.
const MAX_LISTED: usize = 100;
