//! Records of issuers that have an index.txt.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::snapshot::{self, Entries};
use super::transaction::{NewEntry, Transaction};
use super::{SqliteStore, ca_name, checked_reason, rows, sql, write};
use crate::audit::{AuditKind, Detail, TakenRows, revoked_detail, sha256, taken_in_detail};
use crate::certificate::State;
use crate::crl::CrlSnapshot;
use crate::der::{Parts, strip_zeros};
use crate::error::StoreError;
use crate::holder::HolderKey;
use crate::index::{
    IMPORTED_PROFILE, ImportedCertificate, IndexChange, IndexEntry, IndexRow, IndexSeen,
    IndexStatus, IndexStore, SyncReport,
};
use crate::issuer::IssuerId;
use crate::{NewRevocation, RevokeOutcome};

type Rows = Box<dyn Iterator<Item = Result<IndexRow, StoreError>> + Send>;

impl IndexStore for SqliteStore {
    fn index_seen(&self, issuer: IssuerId) -> Result<Option<IndexSeen>, StoreError> {
        self.readers.with(|connection| {
            let found = connection.query_row(sql::INDEX_LAST_SEEN, [issuer.get()], |row| {
                Ok(IndexSeen {
                    size: rows::unsigned(row, 0)?,
                    mtime_ns: row.get(1)?,
                    // stored as the same 64 bits
                    inode: row.get::<_, i64>(2)?.cast_unsigned(),
                    rows: rows::unsigned(row, 3)?,
                    tail: row.get(4)?,
                })
            });
            Ok(found.optional()?)
        })
    }

    fn sync_index(
        &self,
        issuer: IssuerId,
        rows: Rows,
        seen: IndexSeen,
        requester: &str,
        at: i64,
    ) -> Result<SyncReport, StoreError> {
        let requester = requester.to_owned();
        self.writer()?.run(move |transaction| {
            let taken = sync_index(transaction, issuer, rows, &requester, at)?;
            let seen = IndexSeen {
                rows: seen.rows + taken.rows,
                ..seen
            };
            note_seen(transaction, issuer, &seen)?;
            Ok(taken)
        })
    }

    fn migrate_index(
        &self,
        issuer: IssuerId,
        rows: Rows,
        requester: &str,
        at: i64,
    ) -> Result<SyncReport, StoreError> {
        let requester = requester.to_owned();
        self.writer()?
            .run(move |transaction| sync_index(transaction, issuer, rows, &requester, at))
    }

    fn index_pending(&self, issuer: IssuerId) -> Result<Vec<IndexEntry>, StoreError> {
        self.readers
            .with(|connection| entries(connection, sql::INDEX_PENDING, params![issuer.get()]))
    }

    fn index_written(
        &self,
        issuer: IssuerId,
        positions: Vec<i64>,
        seen: IndexSeen,
    ) -> Result<(), StoreError> {
        self.writer()?.run(move |transaction| {
            for position in positions {
                transaction.statements.index_written.execute([position])?;
            }
            note_seen(transaction, issuer, &seen)
        })
    }

    fn index_entries(&self, issuer: IssuerId, after: i64) -> Result<Vec<IndexEntry>, StoreError> {
        self.readers.with(|connection| {
            entries(
                connection,
                sql::INDEX_ENTRIES,
                params![issuer.get(), after, PAGE],
            )
        })
    }

    fn listed_as_valid(
        &self,
        issuer: IssuerId,
        subject: &str,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        self.readers.with(|connection| {
            let found = connection.query_row(
                sql::INDEX_BY_SUBJECT,
                params![issuer.get(), subject],
                |row| row.get(0),
            );
            Ok(found.optional()?)
        })
    }

    fn mark_expired(
        &self,
        issuer: IssuerId,
        now: i64,
    ) -> Result<Vec<(Vec<u8>, String)>, StoreError> {
        self.writer()?.run(move |transaction| {
            let found = transaction
                .statements
                .index_expire
                .query_map(params![issuer.get(), now], |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })?;
            Ok(found.collect::<Result<_, _>>()?)
        })
    }

    fn revoke_with_note(
        &self,
        revocation: &NewRevocation<'_>,
        note: Option<&str>,
    ) -> Result<RevokeOutcome, StoreError> {
        let NewRevocation {
            issuer,
            serial,
            reason,
            invalidity_date,
            requester,
            at,
        } = *revocation;
        let reason = checked_reason(reason)?;
        let (serial, requester) = (index_serial(serial).to_owned(), requester.to_owned());
        let note = note.map(str::to_owned);
        self.writer()?.run(move |transaction| {
            let outcome = write::revoke(
                transaction,
                &NewRevocation {
                    issuer,
                    serial: &serial,
                    reason,
                    invalidity_date,
                    requester: &requester,
                    at,
                },
            )?;
            if note.is_some() {
                transaction
                    .statements
                    .index_note
                    .execute(params![issuer.get(), serial, note])?;
            }
            Ok(outcome)
        })
    }

    fn begin_listed_crl(
        &self,
        issuer: IssuerId,
        number: u64,
        at: i64,
    ) -> Result<CrlSnapshot, StoreError> {
        let number = self.writer()?.run(move |transaction| {
            let mut number = i64::try_from(number).map_err(|_| StoreError::CrlNumber {
                number,
                state: "too large",
            })?;
            loop {
                let free = transaction
                    .statements
                    .crl_begin_as
                    .query_row(params![issuer.get(), number, at], |row| {
                        rows::unsigned(row, 0)
                    })
                    .optional()?;
                if let Some(number) = free {
                    return Ok(number);
                }
                number += 1;
            }
        })?;
        snapshot::take(&self.path, issuer, number, Entries::Listed)
    }
}

/// Serials of index.txt may be 0, which is one octet then.
fn index_serial(serial: &[u8]) -> &[u8] {
    match strip_zeros(serial) {
        [] => serial.get(..1).unwrap_or_default(),
        digits => digits,
    }
}

fn entries(
    connection: &Connection,
    sql: &str,
    params: impl rusqlite::Params,
) -> Result<Vec<IndexEntry>, StoreError> {
    let mut statement = connection.prepare(sql)?;
    let found = statement.query_map(params, entry)?;
    Ok(found.collect::<Result<_, _>>()?)
}

fn entry(row: &Row<'_>) -> rusqlite::Result<IndexEntry> {
    let revoked_at: Option<i64> = row.get(5)?;
    let status: Option<String> = row.get(2)?;
    let listed = status.as_deref().and_then(IndexStatus::parse);
    Ok(IndexEntry {
        position: row.get(0)?,
        serial: row.get(1)?,
        status: match (listed, revoked_at) {
            (Some(status), _) => status,
            (None, Some(_)) => IndexStatus::Revoked,
            (None, None) => IndexStatus::Valid,
        },
        subject: row.get(3)?,
        not_after: row.get(4)?,
        revoked_at,
        reason: row.get(6)?,
        invalidity_date: row.get(7)?,
        note: row.get(8)?,
        is_new: row.get::<_, Option<i64>>(9)? == Some(NO_ROW),
    })
}

fn note_seen(
    transaction: &mut Transaction<'_, '_>,
    issuer: IssuerId,
    seen: &IndexSeen,
) -> Result<(), StoreError> {
    let IndexSeen {
        size,
        mtime_ns,
        inode,
        rows,
        tail,
    } = seen;
    let [size, rows] = [size, rows].map(|value| i64::try_from(*value).unwrap_or(i64::MAX));
    transaction.statements.index_seen.execute(params![
        issuer.get(),
        size,
        mtime_ns,
        inode.cast_signed(),
        rows,
        tail
    ])?;
    Ok(())
}

/// A revocation, or the end of one, that the file says.
struct Change {
    id: i64,
    row: IndexRow,
    /// Whether the certificate was known to be revoked before.
    was_revoked: bool,
    /// Whether the revocation is another one, and not just the status.
    revocation: bool,
}

fn sync_index(
    transaction: &mut Transaction<'_, '_>,
    issuer: IssuerId,
    rows: Rows,
    requester: &str,
    at: i64,
) -> Result<SyncReport, StoreError> {
    let mut taken = SyncReport::default();
    let mut hash = TakenRows::new();
    let mut changes = Vec::new();
    // The entry comes after the rows, since it has their hash; nothing else is appended until then.
    let entry = transaction.next_entry();
    for row in rows {
        let row = row?;
        taken.rows += 1;
        let known = transaction
            .statements
            .index_standing
            .query_row(params![issuer.get(), row.serial], Standing::read)
            .optional()?;
        if let Some(known) = known {
            if let Some(change) = known.compare(row) {
                changes.push(change);
            }
            continue;
        }
        let id = add(transaction, issuer, &row, requester, at, entry, &mut hash)?;
        taken.added += 1;
        if row.status == IndexStatus::Revoked {
            taken.added_revoked += 1;
            changes.push(Change {
                id,
                row: IndexRow {
                    certificate: None,
                    subject: String::new(),
                    ..row
                },
                was_revoked: false,
                revocation: true,
            });
        }
    }
    if taken.added > 0 {
        let added = i64::try_from(taken.added).unwrap_or(i64::MAX);
        transaction.append(&NewEntry {
            at,
            kind: AuditKind::TakenIn,
            issuer: Some(issuer),
            serial: None,
            actor: requester,
            detail: &taken_in_detail(added, &hash.finish()),
        })?;
    }
    let known_changes = changes.iter().filter(|change| change.revocation).count() as u64;
    taken.change_count = known_changes - taken.added_revoked;
    for change in changes {
        let noted = change.revocation && !change.row.subject.is_empty();
        if noted && taken.changed.len() < MAX_LISTED {
            taken.changed.push(IndexChange {
                serial: change.row.serial.clone(),
                revoked: change.row.revoked_at.is_some(),
            });
        }
        apply(transaction, issuer, &change, requester, at)?;
    }
    Ok(taken)
}

fn add(
    transaction: &mut Transaction<'_, '_>,
    issuer: IssuerId,
    row: &IndexRow,
    requester: &str,
    at: i64,
    entry: i64,
    hash: &mut TakenRows,
) -> Result<i64, StoreError> {
    let certificate = row
        .certificate
        .as_ref()
        .and_then(|taken| Some((taken, Parts::of(&taken.der)?)))
        .filter(|(_, parts)| parts.serial == row.serial);
    let (tbs_sha256, der, names, not_before) = match certificate {
        Some((
            ImportedCertificate {
                der,
                not_before,
                names,
            },
            parts,
        )) => (
            sha256(parts.tbs),
            Some(der),
            serde_json::Value::from(names.as_slice()).to_string(),
            *not_before,
        ),
        None => ([0; 32], None, "[]".to_owned(), 0),
    };
    hash.add(&row.serial, &tbs_sha256, &row.subject, row.not_after);
    let id = transaction.statements.index_add.insert(params![
        issuer.get(),
        row.serial,
        tbs_sha256,
        requester,
        IMPORTED_PROFILE,
        row.subject,
        names,
        not_before,
        row.not_after,
        at,
        entry,
        der,
        row.status.as_str()
    ])?;
    if let Some(holder) = der.and_then(|der| HolderKey::of_certificate(der)) {
        ca_name::add(transaction, id, &holder)?;
    }
    Ok(id)
}

fn apply(
    transaction: &mut Transaction<'_, '_>,
    issuer: IssuerId,
    change: &Change,
    requester: &str,
    at: i64,
) -> Result<(), StoreError> {
    let Change {
        id,
        row,
        was_revoked,
        revocation,
    } = change;
    let entry = match row.revoked_at {
        _ if !revocation => None,
        Some(revoked_at) => Some((
            AuditKind::Revoked,
            revoked_detail(revoked_at, row.reason, row.invalidity_date),
        )),
        None if *was_revoked => Some((AuditKind::Unrevoked, Detail::new().finish())),
        None => None,
    };
    let entry = entry
        .map(|(kind, detail)| {
            transaction.append(&NewEntry {
                at,
                kind,
                issuer: Some(issuer),
                serial: Some(&row.serial),
                actor: requester,
                detail: &detail,
            })
        })
        .transpose()?;
    transaction.statements.index_change.execute(params![
        id,
        row.status.as_str(),
        row.revoked_at,
        row.reason,
        row.invalidity_date,
        row.note,
        entry
    ])?;
    Ok(())
}

/// What is known of a serial that the file has a row for.
struct Standing {
    id: i64,
    state: State,
    status: Option<IndexStatus>,
    pending: bool,
    revoked_at: Option<i64>,
    reason: Option<u8>,
    invalidity_date: Option<i64>,
    note: Option<String>,
}

impl Standing {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let status: Option<String> = row.get(2)?;
        Ok(Self {
            id: row.get(0)?,
            state: rows::state(row, 1)?,
            status: status.as_deref().and_then(IndexStatus::parse),
            pending: row.get::<_, Option<i64>>(3)?.is_some(),
            revoked_at: row.get(4)?,
            reason: row.get(5)?,
            invalidity_date: row.get(6)?,
            note: row.get(7)?,
        })
    }

    fn compare(self, row: IndexRow) -> Option<Change> {
        let Self {
            id,
            state,
            status,
            pending,
            revoked_at,
            reason,
            invalidity_date,
            note,
        } = self;
        let same = revoked_at == row.revoked_at
            && reason == row.reason
            && invalidity_date == row.invalidity_date
            && note == row.note;
        if same && status == Some(row.status) && !pending {
            return None;
        }
        // Nothing was signed under a void serial by us; what the file says of it is not ours to record.
        if state == State::Void {
            return None;
        }
        // The file does not know yet what was done here.
        if pending && !same && row.revoked_at.is_none() {
            return None;
        }
        if pending && same && status != Some(row.status) {
            return None;
        }
        Some(Change {
            id,
            was_revoked: revoked_at.is_some(),
            revocation: !same,
            row,
        })
    }
}

/// `pending` where the file has no row yet.
const NO_ROW: i64 = 1;

/// Entries that are read at a time.
const PAGE: i64 = 1024;

/// Changes that are told one by one.
const MAX_LISTED: usize = 100;
