//! Reading: a few connections that are kept for the next one who reads.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, OptionalExtension, params};

use super::{open, rows, sql};
use crate::audit::AuditEntry;
use crate::certificate::{CertificateRow, Filter, Status};
use crate::crl::CrlRow;
use crate::error::StoreError;
use crate::evidence::Evidence;
use crate::glob::Glob;
use crate::issuer::{IssuerId, IssuerRow};

/// The connections that read.
pub(super) struct Readers {
    path: PathBuf,
    fixed: bool,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    /// `fixed`: see [`open::readable`]. Nothing is opened before it is needed.
    pub(super) fn new(path: &Path, fixed: bool) -> Self {
        Self {
            path: path.to_owned(),
            fixed,
            idle: Mutex::default(),
        }
    }

    /// Lends a connection to `read`.
    pub(super) fn with<T>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let idle = self.idle().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => open::readable(&self.path, self.fixed)?,
        };
        let result = read(&connection);
        let mut idle = self.idle();
        if idle.len() < KEPT && connection.is_autocommit() {
            idle.push(connection);
        }
        result
    }

    pub(super) fn close(&self) {
        self.idle().clear();
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        // a list of idle connections is as good after a panic as before
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) fn issuers(connection: &Connection) -> Result<Vec<IssuerRow>, StoreError> {
    let mut statement = connection.prepare(sql::ISSUERS)?;
    let found = statement.query_map([], rows::issuer)?;
    Ok(found.collect::<Result<_, _>>()?)
}

pub(super) fn find(
    connection: &Connection,
    issuer: Option<IssuerId>,
    serial: &[u8],
) -> Result<Vec<CertificateRow>, StoreError> {
    let Some(issuer) = issuer else {
        let mut statement = connection.prepare(sql::FIND_ANYWHERE)?;
        let found = statement.query_map([serial], rows::certificate)?;
        return Ok(found.collect::<Result<_, _>>()?);
    };
    let mut statement = connection.prepare(sql::FIND)?;
    let found = statement.query_map(params![serial, issuer.get()], rows::certificate)?;
    Ok(found.collect::<Result<_, _>>()?)
}

pub(super) fn certificate_der(
    connection: &Connection,
    issuer: IssuerId,
    serial: &[u8],
) -> Result<Option<Vec<u8>>, StoreError> {
    let found = connection.query_row(sql::CERTIFICATE_DER, params![issuer.get(), serial], |row| {
        row.get(0)
    });
    Ok(found.optional()?.flatten())
}

pub(super) fn evidence(
    connection: &Connection,
    issuer: IssuerId,
    serial: &[u8],
) -> Result<Option<Evidence>, StoreError> {
    let found = connection.query_row(sql::EVIDENCE, params![issuer.get(), serial], |row| {
        Ok(row.get::<_, Option<Vec<u8>>>(0)?.map(Evidence::new))
    });
    Ok(found.optional()?.flatten())
}

pub(super) fn last_crl(
    connection: &Connection,
    issuer: IssuerId,
) -> Result<Option<CrlRow>, StoreError> {
    Ok(connection
        .query_row(sql::CRL_LAST, [issuer.get()], rows::crl)
        .optional()?)
}

/// Reads a page at a time and lets go of the connection before it calls `each`, which may take its
/// time.
pub(super) fn list(
    readers: &Readers,
    filter: &Filter,
    each: &mut dyn FnMut(CertificateRow) -> ControlFlow<()>,
) -> Result<(), StoreError> {
    let Filter {
        status,
        name_glob,
        expires_before,
        issuer,
        now,
        limit,
        after,
    } = filter;
    let sql = list_sql(*status);
    let glob = name_glob.as_deref().map(Glob::new);
    let mut left = limit.unwrap_or(u64::MAX);
    let mut after = after.unwrap_or(i64::MIN);
    while left > 0 {
        let page = readers.with(|connection| {
            let mut statement = connection.prepare(&sql)?;
            let mut rows = statement.query(params![
                after,
                issuer.map(IssuerId::get),
                expires_before,
                now
            ])?;
            let mut page = Vec::new();
            while let Some(row) = rows.next()? {
                let row = rows::certificate(row)?;
                if glob
                    .as_ref()
                    .is_none_or(|glob| glob.matches_certificate(&row.subject, &row.names))
                {
                    page.push(row);
                    if page.len() == PAGE {
                        break;
                    }
                }
            }
            Ok(page)
        })?;
        let last_page = page.len() < PAGE;
        for row in page {
            if left == 0 {
                return Ok(());
            }
            left -= 1;
            after = row.position;
            if each(row).is_break() {
                return Ok(());
            }
        }
        if last_page {
            return Ok(());
        }
    }
    Ok(())
}

pub(super) fn audit(
    readers: &Readers,
    after: u64,
    each: &mut dyn FnMut(AuditEntry) -> ControlFlow<()>,
) -> Result<(), StoreError> {
    let mut after = after;
    loop {
        // numbers are far below 2^63, so an `after` beyond it has nothing behind it
        let from = i64::try_from(after).unwrap_or(i64::MAX);
        let page = readers.with(|connection| {
            let mut statement = connection.prepare(sql::AUDIT_PAGE)?;
            let found = statement
                .query_map(params![from, i64::try_from(PAGE).unwrap_or(1)], rows::audit)?;
            Ok(found.collect::<Result<Vec<_>, _>>()?)
        })?;
        if page.is_empty() {
            return Ok(());
        }
        for entry in page {
            after = entry.seq;
            if each(entry).is_break() {
                return Ok(());
            }
        }
    }
}

/// Connections that are kept open.
const KEPT: usize = 4;

/// Rows that are read at a time.
const PAGE: usize = 256;

/// `?1` is the position to start after, `?2` the issuer, `?3` the end of validity, `?4` the time.
fn list_sql(status: Option<Status>) -> String {
    let (index, condition) = match status {
        None => ("NOT INDEXED", "?4 = ?4"),
        Some(Status::Valid) => (
            "NOT INDEXED",
            "state = 'issued' AND revoked_at IS NULL AND not_after >= ?4",
        ),
        Some(Status::Expired) => (
            "NOT INDEXED",
            "state = 'issued' AND revoked_at IS NULL AND not_after < ?4",
        ),
        Some(Status::Revoked) => ("NOT INDEXED", "?4 = ?4 AND revoked_at IS NOT NULL"),
        Some(Status::Reserved) => (
            "INDEXED BY certificate_reserved",
            "?4 = ?4 AND state = 'reserved' AND revoked_at IS NULL",
        ),
        Some(Status::Void) => ("NOT INDEXED", "?4 = ?4 AND state = 'void'"),
    };
    format!(
        concat!(
            "SELECT ",
            sql::certificate_columns!(),
            " FROM certificate {} WHERE id > ?1 AND (?2 IS NULL OR issuer = ?2)",
            " AND (?3 IS NULL OR not_after < ?3) AND {} ORDER BY id"
        ),
        index, condition
    )
}
