//! The statements of each kind of request that changes the records. Every change and its audit entry are in one
//! savepoint, or (for what each certificate needs, since savepoints cost time) done in an order in which a failure leaves
//! nothing behind.

use rusqlite::{Error, OptionalExtension, ffi, params};

use super::transaction::Transaction;
use super::{ca_name, claim, rows};
use crate::audit::NewEntry;
use crate::certificate::{Recorded, ReservationData, Reserved, Revocation, RevokeOutcome};
use crate::claim::Claim;
use crate::crl::NewCrl;
use crate::digest::{hex, sha256};
use crate::error::StoreError;
use crate::evidence::Evidence;
use crate::holder::HolderKey;
use crate::issuer::{IssuerId, NewIssuer};
use crate::rules::{self, CertificateState, CrlNumberState};

pub(super) fn add_issuer(
    transaction: &mut Transaction<'_, '_>,
    issuer: &NewIssuer<'_>,
) -> Result<IssuerId, StoreError> {
    let entry = transaction.append(&NewEntry::issuer_added(issuer))?;
    let id = transaction
        .statements
        .issuer_add
        .insert(params![
            issuer.name,
            issuer.subject_der,
            issuer.key_id,
            issuer.key,
            issuer.pinned_parent,
            issuer.at,
            entry
        ])
        .map_err(|error| match extended_code(&error) {
            Some(ffi::SQLITE_CONSTRAINT_UNIQUE) => StoreError::IssuerTaken {
                name: issuer.name.to_owned(),
            },
            _ => error.into(),
        })?;
    let id = IssuerId::new(id);
    if let Some(certificate_der) = issuer.certificate_der {
        certify_issuer(
            transaction,
            id,
            certificate_der,
            issuer.requester,
            issuer.at,
        )?;
    }
    Ok(id)
}

pub(super) fn certify_issuer(
    transaction: &mut Transaction<'_, '_>,
    issuer: IssuerId,
    certificate_der: &[u8],
    requester: &str,
    at: i64,
) -> Result<(), StoreError> {
    let entry = NewEntry::issuer_certified(issuer, certificate_der, requester, at);
    let entry = transaction.append(&entry)?;
    match transaction.statements.issuer_certify.execute(params![
        issuer.get(),
        certificate_der,
        entry
    ])? {
        0 => Err(StoreError::NoSuchIssuer { issuer }),
        _ => ca_name::add_issuer(transaction, issuer, certificate_der),
    }
}

pub(super) fn reserve(
    transaction: &mut Transaction<'_, '_>,
    data: ReservationData,
    claimed: Claim,
    holder: &HolderKey,
) -> Result<Reserved, StoreError> {
    ca_name::check(transaction, holder, &data.subject)?;
    claim::check(transaction, &claimed, data.reserved_at)?;
    let ReservationData {
        issuer,
        serial,
        tbs_sha256,
        requester,
        profile,
        subject,
        names,
        not_before,
        not_after,
        reserved_at,
    } = &data;
    let id = transaction
        .statements
        .reserve
        .insert(params![
            issuer.get(),
            serial,
            tbs_sha256,
            requester,
            profile,
            subject,
            names,
            not_before,
            not_after,
            reserved_at
        ])
        .map_err(|error| match extended_code(&error) {
            Some(ffi::SQLITE_CONSTRAINT_UNIQUE) => StoreError::SerialTaken {
                serial: hex(serial),
            },
            Some(ffi::SQLITE_CONSTRAINT_FOREIGNKEY) => StoreError::NoSuchIssuer { issuer: *issuer },
            _ => error.into(),
        })?;
    transaction.second_half(|this| {
        ca_name::add(this, id, holder)?;
        claim::add(this, id, &claimed)
    })?;
    Ok(Reserved::new(id, data, claimed))
}

pub(super) fn record(
    transaction: &mut Transaction<'_, '_>,
    reserved: Reserved,
    certificate_der: &[u8],
    evidence: Option<&Evidence>,
    at: i64,
) -> Result<Recorded, StoreError> {
    let certificate_sha256 = sha256(certificate_der);
    let entry = transaction.next_entry();
    let recorded = transaction.statements.record.execute(params![
        reserved.id,
        at,
        entry,
        certificate_der,
        evidence.map(Evidence::as_bytes)
    ])?;
    if recorded == 0 {
        return Err(closed(transaction, &reserved));
    }
    transaction.append_to_whole(&NewEntry::issued(&reserved.data, &certificate_sha256, at))?;
    Ok(Recorded::new(
        reserved,
        certificate_sha256,
        entry.unsigned_abs(),
    ))
}

pub(super) fn release(
    transaction: &mut Transaction<'_, '_>,
    reserved: &Reserved,
    why: &str,
    at: i64,
) -> Result<(), StoreError> {
    let entry = transaction.append(&NewEntry::released(&reserved.data, why, at))?;
    match transaction
        .statements
        .void
        .execute(params![reserved.id, entry])?
    {
        0 => Err(closed(transaction, reserved)),
        _ => claim::undo(transaction, &reserved.claim),
    }
}

pub(super) fn revoke(
    transaction: &mut Transaction<'_, '_>,
    revocation: &Revocation,
) -> Result<RevokeOutcome, StoreError> {
    let (id, found) = find(transaction, revocation.issuer, &revocation.serial)?;
    let outcome = found.revoke(revocation)?;
    let entry = transaction.append(&rules::revocation_entry(revocation, &outcome))?;
    transaction.statements.set_revocation.execute(params![
        id,
        outcome.revoked_at,
        revocation.reason,
        revocation.invalidity_date,
        entry
    ])?;
    Ok(outcome)
}

pub(super) fn unrevoke(
    transaction: &mut Transaction<'_, '_>,
    issuer: IssuerId,
    serial: &[u8],
    requester: &str,
    at: i64,
) -> Result<(), StoreError> {
    let (id, found) = find(transaction, issuer, serial)?;
    found.unrevoke(serial)?;
    let entry = transaction.append(&NewEntry::unrevoked((issuer, serial), requester, at))?;
    transaction.statements.set_revocation.execute(params![
        id,
        None::<i64>,
        None::<u8>,
        None::<i64>,
        entry
    ])?;
    Ok(())
}

pub(super) fn begin_crl(
    transaction: &mut Transaction<'_, '_>,
    issuer: IssuerId,
    shards: u32,
    base: Option<u64>,
    at: i64,
) -> Result<u64, StoreError> {
    // Numbers are given by SQLite, from 1 on.
    let base = base.and_then(|base| i64::try_from(base).ok());
    transaction
        .statements
        .crl_begin
        .query_row(params![issuer.get(), at, shards, base], |row| {
            rows::unsigned(row, 0)
        })
        .map_err(|error| match extended_code(&error) {
            Some(ffi::SQLITE_CONSTRAINT_FOREIGNKEY) => StoreError::NoSuchIssuer { issuer },
            _ => error.into(),
        })
}

pub(super) fn record_crl(
    transaction: &mut Transaction<'_, '_>,
    crl: &NewCrl<'_>,
) -> Result<(), StoreError> {
    let number = rules::stored_crl_number(crl.number)?;
    let found =
        transaction
            .statements
            .crl_state
            .query_row(params![crl.issuer.get(), number], |row| {
                Ok(CrlNumberState {
                    is_recorded: row.get::<_, Option<i64>>(0)?.is_some(),
                    shards: row.get(1)?,
                    base: row.get(2)?,
                })
            });
    let allotment = rules::check_crl(crl, found.optional()?)?;
    let entry = transaction.append(&NewEntry::crl(crl, &allotment))?;
    transaction.statements.crl_record.execute(params![
        crl.issuer.get(),
        allotment.number,
        crl.at,
        crl.this_update,
        crl.next_update,
        allotment.entries,
        crl.sha256,
        entry
    ])?;
    Ok(())
}

/// Number of the row with a serial, and its state.
fn find(
    transaction: &mut Transaction<'_, '_>,
    issuer: IssuerId,
    serial: &[u8],
) -> Result<(i64, CertificateState), StoreError> {
    let found = transaction
        .statements
        .state_by_serial
        .query_row(params![issuer.get(), serial], rows::certificate_state);
    found.optional()?.ok_or_else(|| StoreError::NotFound {
        serial: hex(serial),
    })
}

/// Returns the error for a reservation that could not be recorded or released.
fn closed(transaction: &mut Transaction<'_, '_>, reserved: &Reserved) -> StoreError {
    match transaction
        .statements
        .state_by_id
        .query_row([reserved.id], rows::certificate_state)
    {
        Ok((_, found)) => found.closed(reserved.serial()),
        Err(error) => error.into(),
    }
}

fn extended_code(error: &Error) -> Option<i32> {
    match error {
        Error::SqliteFailure(failure, _) => Some(failure.extended_code),
        _ => None,
    }
}
