//! The entries of CRLs that are divided into shards, and of delta CRLs.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, params};

use super::{open, rows, snapshot, sql};
use crate::crl::{CrlRow, CrlScope, CrlSnapshot, RevokedPages, RevokedRow};
use crate::error::StoreError;
use crate::issuer::IssuerId;
use crate::rules;

/// The newest complete CRL of a scope that a delta CRL can build on.
pub(super) fn base(
    connection: &Connection,
    issuer: IssuerId,
    scope: CrlScope,
) -> Result<CrlRow, StoreError> {
    let newest = connection
        .query_row(
            sql::CRL_COMPLETE,
            params![issuer.get(), scope.shards],
            rows::crl,
        )
        .optional()?;
    rules::delta_base(newest, scope)
}

/// Takes a snapshot: of the changes since `base`, or of everything.
pub(super) fn take(
    path: &Path,
    issuer: IssuerId,
    number: u64,
    scope: CrlScope,
    base: Option<CrlRow>,
) -> Result<CrlSnapshot, StoreError> {
    let connection = open::readable(path, false)?;
    // A transaction that was only begun sees nothing yet: the read that follows fixes what it sees.
    connection.execute_batch("BEGIN")?;
    let previous: Option<CrlRow> = connection
        .query_row(
            sql::CRL_COMPLETE,
            params![issuer.get(), scope.shards],
            rows::crl,
        )
        .optional()?;
    let Some(base) = base else {
        return Ok(snapshot::of_all(
            connection,
            issuer,
            number,
            previous,
            snapshot::Entries::Current,
        ));
    };
    let since = base.seen_entry.unwrap_or_default();
    let changes = Changes {
        connection,
        issuer,
        since: i64::try_from(since).unwrap_or(i64::MAX),
    };
    Ok(CrlSnapshot::new(
        issuer,
        number,
        Some(base),
        Box::new(changes),
    ))
}

struct Changes {
    connection: Connection,
    issuer: IssuerId,
    /// The audit entry after which they came.
    since: i64,
}

impl RevokedPages for Changes {
    /// All on one page: they are what has changed since the last complete list, a part of what is on that one.
    fn page(&self, after: Option<&[u8]>) -> Result<Vec<RevokedRow>, StoreError> {
        if after.is_some() {
            return Ok(Vec::new());
        }
        let mut statement = self.connection.prepare(sql::CRL_CHANGES)?;
        let found = statement.query_map(params![self.issuer.get(), self.since], rows::revoked)?;
        Ok(found.collect::<Result<_, _>>()?)
    }
}
