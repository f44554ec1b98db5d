//! From rows to values.

use rusqlite::Row;
use rusqlite::types::{Type, ValueRef};

use crate::audit::{AuditEntry, AuditKind};
use crate::certificate::{CertificateRow, State};
use crate::crl::{CrlRow, RevokedRow};
use crate::issuer::{IssuerId, IssuerRow};
use crate::rules::CertificateState;

/// A row with the columns of [`certificate_columns`](super::sql::certificate_columns).
pub(super) fn certificate(row: &Row<'_>) -> rusqlite::Result<CertificateRow> {
    let names: String = row.get(8)?;
    Ok(CertificateRow {
        position: row.get(0)?,
        issuer: IssuerId::new(row.get(1)?),
        serial: row.get(2)?,
        state: state(row, 3)?,
        tbs_sha256: row.get(4)?,
        requester: row.get(5)?,
        profile: row.get(6)?,
        subject: row.get(7)?,
        names: serde_json::from_str(&names).map_err(|error| unreadable(8, error))?,
        not_before: row.get(9)?,
        not_after: row.get(10)?,
        reserved_at: row.get(11)?,
        issued_at: row.get(12)?,
        revoked_at: row.get(13)?,
        reason: row.get(14)?,
        invalidity_date: row.get(15)?,
    })
}

pub(super) fn state(row: &Row<'_>, column: usize) -> rusqlite::Result<State> {
    let text = row.get_ref(column)?.as_str()?;
    State::parse(text).ok_or_else(|| unreadable(column, format!("unknown state `{text}`")))
}

/// Number and state, a row of `STATE_BY_ID` and the like.
pub(super) fn certificate_state(row: &Row<'_>) -> rusqlite::Result<(i64, CertificateState)> {
    let reason = row.get(3)?;
    let found = CertificateState {
        state: state(row, 1)?,
        revoked: row.get::<_, Option<i64>>(2)?.map(|at| (at, reason)),
    };
    Ok((row.get(0)?, found))
}

pub(super) fn issuer(row: &Row<'_>) -> rusqlite::Result<IssuerRow> {
    Ok(IssuerRow {
        id: IssuerId::new(row.get(0)?),
        name: row.get(1)?,
        subject_der: row.get(2)?,
        key_id: row.get(3)?,
        key: row.get(4)?,
        pinned_parent: row.get(5)?,
        certificate_der: row.get(6)?,
        added_at: row.get(7)?,
    })
}

pub(super) fn crl(row: &Row<'_>) -> rusqlite::Result<CrlRow> {
    Ok(CrlRow {
        issuer: IssuerId::new(row.get(0)?),
        number: unsigned(row, 1)?,
        sha256: row.get(2)?,
        this_update: row.get(3)?,
        next_update: row.get(4)?,
        entries: unsigned(row, 5)?,
        recorded_at: row.get(6)?,
        shards: row.get(7)?,
        base: unsigned_if(row, 8)?,
        seen_entry: unsigned_if(row, 9)?,
    })
}

pub(super) fn revoked(row: &Row<'_>) -> rusqlite::Result<RevokedRow> {
    Ok(RevokedRow {
        serial: row.get(0)?,
        revoked_at: row.get(1)?,
        reason: row.get(2)?,
        invalidity_date: row.get(3)?,
        note: None,
    })
}

/// A row with the columns of `INDEX_CRL_PAGE`.
pub(super) fn revoked_with_note(row: &Row<'_>) -> rusqlite::Result<RevokedRow> {
    Ok(RevokedRow {
        note: row.get(4)?,
        ..revoked(row)?
    })
}

pub(super) fn audit(row: &Row<'_>) -> rusqlite::Result<AuditEntry> {
    let kind = row.get_ref(2)?.as_str()?;
    Ok(AuditEntry {
        seq: unsigned(row, 0)?,
        at: row.get(1)?,
        kind: AuditKind::parse(kind)
            .ok_or_else(|| unreadable(2, format!("unknown kind `{kind}`")))?,
        issuer: row.get::<_, Option<i64>>(3)?.map(IssuerId::new),
        serial: row.get(4)?,
        actor: row.get(5)?,
        detail: row.get(6)?,
        prev_hash: row.get(7)?,
        hash: row.get(8)?,
    })
}

pub(super) fn unsigned(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let value: i64 = row.get(column)?;
    u64::try_from(value).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, value))
}

fn unsigned_if(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<u64>> {
    match row.get_ref(column)? {
        ValueRef::Null => Ok(None),
        _ => unsigned(row, column).map(Some),
    }
}

fn unreadable(
    column: usize,
    error: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, error.into())
}
