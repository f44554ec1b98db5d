//! Records of issuers that have an index.txt.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::snapshot::{self, Entries};
use super::transaction::Transaction;
use super::{SqliteStore, ca_name, rows, sql, write};
use crate::crl::CrlSnapshot;
use crate::error::StoreError;
use crate::index::import::{Change, Import, KnownRow, NewRow};
use crate::index::{
    IMPORTED_PROFILE, IndexEntry, IndexRow, IndexSeen, IndexStatus, IndexStore, SyncReport,
};
use crate::issuer::IssuerId;
use crate::{NewRevocation, RevokeOutcome, rules};

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
        let revocation =
            rules::checked_revocation(revocation, rules::index_serial(revocation.serial))?;
        let note = note.map(str::to_owned);
        self.writer()?.run(move |transaction| {
            let outcome = write::revoke(transaction, &revocation)?;
            if note.is_some() {
                transaction.statements.index_note.execute(params![
                    revocation.issuer.get(),
                    revocation.serial,
                    note
                ])?;
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

fn sync_index(
    transaction: &mut Transaction<'_, '_>,
    issuer: IssuerId,
    rows: Rows,
    requester: &str,
    at: i64,
) -> Result<SyncReport, StoreError> {
    let mut import = Import::new();
    // The entry comes after the rows, since it has their hash; nothing else is appended until then.
    let entry = transaction.next_entry();
    for row in rows {
        let row = row?;
        let known = transaction
            .statements
            .index_standing
            .query_row(params![issuer.get(), row.serial], known)
            .optional()?;
        if let Some(known) = known {
            import.known(known, row);
        } else {
            let new = import.new_row(&row);
            let id = add(transaction, issuer, &row, &new, requester, at, entry)?;
            import.added(id, row);
        }
    }
    let (entry, changes, report) = import.finish(issuer, requester, at);
    if let Some(entry) = entry {
        transaction.append(&entry)?;
    }
    for change in changes {
        apply(transaction, issuer, &change, requester, at)?;
    }
    Ok(report)
}

fn add(
    transaction: &mut Transaction<'_, '_>,
    issuer: IssuerId,
    row: &IndexRow,
    new: &NewRow<'_>,
    requester: &str,
    at: i64,
    entry: i64,
) -> Result<i64, StoreError> {
    let id = transaction.statements.index_add.insert(params![
        issuer.get(),
        row.serial,
        new.tbs_sha256,
        requester,
        IMPORTED_PROFILE,
        row.subject,
        new.names,
        new.not_before,
        row.not_after,
        at,
        entry,
        new.der,
        row.status.as_str()
    ])?;
    if let Some(holder) = &new.holder {
        ca_name::add(transaction, id, holder)?;
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
    let entry = change
        .entry(issuer, requester, at)
        .map(|entry| transaction.append(&entry))
        .transpose()?;
    let Change { id, row, .. } = change;
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

/// A row of `INDEX_STANDING`.
fn known(row: &Row<'_>) -> rusqlite::Result<KnownRow> {
    let status: Option<String> = row.get(2)?;
    Ok(KnownRow {
        id: row.get(0)?,
        state: rows::state(row, 1)?,
        status: status.as_deref().and_then(IndexStatus::parse),
        is_pending: row.get::<_, Option<i64>>(3)?.is_some(),
        revoked_at: row.get(4)?,
        reason: row.get(5)?,
        invalidity_date: row.get(6)?,
        note: row.get(7)?,
    })
}

/// `pending` where the file has no row yet.
const NO_ROW: i64 = 1;

/// Entries that are read at a time.
const PAGE: i64 = 1024;
