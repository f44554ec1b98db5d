//! Reads the file, the audit chain and the records for a [`Check`].

use rusqlite::{Connection, OptionalExtension, Row, Statement, params};

use super::{claim, rows, sql};
use crate::audit::Fields;
use crate::check::{Check, CheckedCertificate, EntryOwner, LoggedEntry, NamedEntries};
use crate::error::StoreError;
use crate::report::CheckReport;

/// Everything, as of one moment.
pub(super) fn check(connection: &Connection) -> Result<CheckReport, StoreError> {
    let mut check = Check::new();
    connection.execute_batch("BEGIN")?;
    let result = all(connection, &mut check);
    connection.execute_batch("ROLLBACK")?;
    match result {
        Ok(()) => {}
        // a file so damaged that it cannot be read to its end is a finding, not a failure of the
        // check
        Err(StoreError::Corrupt { what }) => check.damage(what),
        Err(error) => return Err(error),
    }
    Ok(check.finish())
}

fn all(connection: &Connection, check: &mut Check) -> Result<(), StoreError> {
    file(connection, check)?;
    chain(connection, check)?;
    issuers(connection, check)?;
    certificates(connection, check)?;
    crls(connection, check)?;
    claim::check_counts(connection, check)?;
    check.counts();
    Ok(())
}

fn file(connection: &Connection, check: &mut Check) -> Result<(), StoreError> {
    let mut statement = connection.prepare("PRAGMA integrity_check")?;
    let mut found = statement.query([])?;
    while let Some(row) = found.next()? {
        let message: String = row.get(0)?;
        if message != "ok" {
            check.damage(message);
        }
    }
    let mut statement = connection.prepare("PRAGMA foreign_key_check")?;
    let mut found = statement.query([])?;
    while let Some(row) = found.next()? {
        let (table, id): (String, Option<i64>) = (row.get(0)?, row.get(1)?);
        check.damage(format!(
            "row {id:?} of table `{table}` refers to an issuer that is not there"
        ));
    }
    Ok(())
}

fn chain(connection: &Connection, check: &mut Check) -> Result<(), StoreError> {
    let mut owners = Owners::prepare(connection)?;
    let mut statement = connection.prepare(sql::AUDIT_PAGE)?;
    let mut found = statement.query(params![i64::MIN, -1])?;
    while let Some(row) = found.next()? {
        let entry = Fields {
            seq: row.get(0)?,
            at: row.get(1)?,
            kind: row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?,
            issuer: row.get(3)?,
            serial: bytes(row, 4)?,
            actor: row.get_ref(5)?.as_str().map_err(rusqlite::Error::from)?,
            detail: row.get_ref(6)?.as_str().map_err(rusqlite::Error::from)?,
        };
        let owner = owners.find(&entry)?;
        check.entry(&entry, &row.get(7)?, row.get(8)?, owner);
    }
    check.end_of_log();
    Ok(())
}

/// Finds the rows that entries are about.
struct Owners<'a> {
    certificate: Statement<'a>,
    issuer: Statement<'a>,
}

impl<'a> Owners<'a> {
    fn prepare(connection: &'a Connection) -> Result<Self, StoreError> {
        Ok(Self {
            certificate: connection.prepare(OWNER)?,
            issuer: connection.prepare(CERTIFIED_OWNER)?,
        })
    }

    fn find(&mut self, entry: &Fields<'_>) -> Result<Option<NamedEntries>, StoreError> {
        let found = match Check::owner(entry) {
            None => return Ok(None),
            Some(EntryOwner::Certificate) => {
                self.certificate
                    .query_row(params![entry.serial, entry.issuer], |row| {
                        Ok(NamedEntries {
                            outcome: row.get(0)?,
                            newest: row.get(1)?,
                        })
                    })
            }
            Some(EntryOwner::Issuer) => self.issuer.query_row([entry.issuer], |row| {
                Ok(NamedEntries {
                    outcome: None,
                    newest: row.get(0)?,
                })
            }),
        };
        Ok(found.optional()?)
    }
}

fn issuers(connection: &Connection, check: &mut Check) -> Result<(), StoreError> {
    let mut statement = connection.prepare(ISSUERS_AND_ENTRIES)?;
    let mut found = statement.query([])?;
    while let Some(row) = found.next()? {
        let issuer = rows::issuer(row)?;
        check.issuer(&issuer, &entry(row, 8)?, &entry(row, 14)?, row.get(20)?);
    }
    Ok(())
}

fn certificates(connection: &Connection, check: &mut Check) -> Result<(), StoreError> {
    let mut statement = connection.prepare(CERTIFICATES_AND_ENTRIES)?;
    let mut found = statement.query([])?;
    while let Some(row) = found.next()? {
        check.certificate(CheckedCertificate {
            row: rows::certificate(row)?,
            der: bytes(row, 16)?,
            issuer_subject: bytes(row, 17)?,
            outcome: entry(row, 18)?,
            revocation: entry(row, 24)?,
            named: NamedEntries {
                outcome: row.get(30)?,
                newest: row.get(31)?,
            },
        });
    }
    check.end_of_certificates();
    Ok(())
}

fn crls(connection: &Connection, check: &mut Check) -> Result<(), StoreError> {
    let mut statement = connection.prepare(CRLS_AND_ENTRIES)?;
    let mut found = statement.query([])?;
    while let Some(row) = found.next()? {
        check.crl(&rows::crl(row)?, &entry(row, 10)?);
    }
    Ok(())
}

/// Reads six columns from `first` on.
fn entry<'a>(row: &'a Row<'_>, first: usize) -> Result<LoggedEntry<'a>, StoreError> {
    let text = |column| -> Result<Option<&'a str>, StoreError> {
        Ok(row
            .get_ref(column)?
            .as_str_or_null()
            .map_err(rusqlite::Error::from)?)
    };
    Ok(LoggedEntry {
        at: row.get(first)?,
        kind: text(first + 1)?,
        issuer: row.get(first + 2)?,
        serial: bytes(row, first + 3)?,
        actor: text(first + 4)?,
        detail: text(first + 5)?,
    })
}

fn bytes<'a>(row: &'a Row<'_>, column: usize) -> Result<Option<&'a [u8]>, StoreError> {
    Ok(row
        .get_ref(column)?
        .as_bytes_or_null()
        .map_err(rusqlite::Error::from)?)
}

const OWNER: &str =
    "SELECT outcome_entry, revocation_entry FROM certificate WHERE serial = ?1 AND issuer = ?2";

const CERTIFIED_OWNER: &str = "SELECT certificate_entry FROM issuer WHERE id = ?1";

const ISSUERS_AND_ENTRIES: &str = "
    SELECT i.id, name, subject_der, key_id, key, pinned_parent, certificate_der, added_at,
        a.at, a.kind, a.issuer, a.serial, a.actor, a.detail,
        c.at, c.kind, c.issuer, c.serial, c.actor, c.detail, i.certificate_entry
    FROM issuer i
        LEFT JOIN audit a ON a.seq = i.added_entry
        LEFT JOIN audit c ON c.seq = i.certificate_entry
    ORDER BY i.id";

const CERTIFICATES_AND_ENTRIES: &str = "
    SELECT c.id, c.issuer, c.serial, c.state, c.tbs_sha256, c.requester, c.profile, c.subject,
        c.names, c.not_before, c.not_after, c.reserved_at, c.issued_at, c.revoked_at, c.reason,
        c.invalidity_date,
        c.der, i.subject_der,
        o.at, o.kind, o.issuer, o.serial, o.actor, o.detail,
        r.at, r.kind, r.issuer, r.serial, r.actor, r.detail, c.outcome_entry,
        c.revocation_entry
    FROM certificate c
        LEFT JOIN issuer i ON i.id = c.issuer
        LEFT JOIN audit o ON o.seq = c.outcome_entry
        LEFT JOIN audit r ON r.seq = c.revocation_entry
    ORDER BY c.id";

const CRLS_AND_ENTRIES: &str = "
    SELECT c.issuer, c.number, c.sha256, c.this_update, c.next_update, c.entries, c.recorded_at,
        c.shards, c.base, c.seen_entry,
        a.at, a.kind, a.issuer, a.serial, a.actor, a.detail
    FROM crl c LEFT JOIN audit a ON a.seq = c.entry
    WHERE c.recorded_at IS NOT NULL ORDER BY c.issuer, c.number";
