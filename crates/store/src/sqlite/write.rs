//! What the writer does for each kind of request. Every change and its audit entry are in one savepoint, or (for what each
//! certificate needs, since savepoints cost time) done in an order in which a failure leaves nothing behind.

use rusqlite::{Error, OptionalExtension, ffi, params};

use super::transaction::{NewEntry, Transaction};
use super::{ca_name, rows};
use crate::audit::{
    AuditKind, Detail, certified_detail, crl_detail, hex, issued_detail, issuer_detail,
    released_detail, revoked_detail, sha256,
};
use crate::certificate::{
    Facts, HOLD, NewRevocation, Recorded, Refused, Reserved, RevokeOutcome, State,
};
use crate::crl::NewCrl;
use crate::error::StoreError;
use crate::holder::HolderKey;
use crate::issuer::{IssuerId, NewIssuer};

pub(super) fn add_issuer(
    transaction: &mut Transaction<'_, '_>,
    issuer: &NewIssuer<'_>,
) -> Result<IssuerId, StoreError> {
    let NewIssuer {
        name,
        subject_der,
        key_id,
        key,
        pinned_parent,
        certificate_der,
        requester,
        at,
    } = *issuer;
    // The number that SQLite is going to give is not known before the entry's number is: so the
    // entry names the issuer by its name.
    let detail = issuer_detail(name, subject_der, key_id, key, pinned_parent);
    let entry = transaction.append(&NewEntry {
        at,
        kind: AuditKind::IssuerAdded,
        issuer: None,
        serial: None,
        actor: requester,
        detail: &detail,
    })?;
    let id = transaction
        .statements
        .issuer_add
        .insert(params![
            name,
            subject_der,
            key_id,
            key,
            pinned_parent,
            at,
            entry
        ])
        .map_err(|error| match extended_code(&error) {
            Some(ffi::SQLITE_CONSTRAINT_UNIQUE) => StoreError::IssuerTaken {
                name: name.to_owned(),
            },
            _ => error.into(),
        })?;
    let id = IssuerId::new(id);
    if let Some(certificate_der) = certificate_der {
        certify_issuer(transaction, id, certificate_der, requester, at)?;
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
    let entry = transaction.append(&NewEntry {
        at,
        kind: AuditKind::IssuerCertified,
        issuer: Some(issuer),
        serial: None,
        actor: requester,
        detail: &certified_detail(&sha256(certificate_der)),
    })?;
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
    facts: Facts,
    holder: &HolderKey,
) -> Result<Reserved, StoreError> {
    ca_name::check(transaction, holder, &facts.subject)?;
    let Facts {
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
    } = &facts;
    let inserted = transaction.statements.reserve.insert(params![
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
    ]);
    match inserted {
        Ok(id) => {
            transaction.second_half(|this| ca_name::add(this, id, holder))?;
            Ok(Reserved {
                id,
                facts,
                open: None,
            })
        }
        Err(error) => Err(match extended_code(&error) {
            Some(ffi::SQLITE_CONSTRAINT_UNIQUE) => StoreError::SerialTaken {
                serial: hex(serial),
            },
            Some(ffi::SQLITE_CONSTRAINT_FOREIGNKEY) => StoreError::NoSuchIssuer { issuer: *issuer },
            _ => error.into(),
        }),
    }
}

pub(super) fn record(
    transaction: &mut Transaction<'_, '_>,
    reserved: Reserved,
    certificate_der: &[u8],
    at: i64,
) -> Result<Recorded, StoreError> {
    let Reserved { id, facts, .. } = &reserved;
    let certificate_sha256 = sha256(certificate_der);
    let entry = transaction.next_entry();
    if transaction
        .statements
        .record
        .execute(params![id, at, entry, certificate_der])?
        == 0
    {
        return Err(why_closed(transaction, &reserved));
    }
    transaction.append_to_whole(&NewEntry {
        at,
        kind: AuditKind::Issued,
        issuer: Some(facts.issuer),
        serial: Some(&facts.serial),
        actor: &facts.requester,
        detail: &issued_detail(facts, &certificate_sha256),
    })?;
    let Facts { issuer, serial, .. } = reserved.facts;
    Ok(Recorded {
        issuer,
        serial,
        certificate_sha256,
        audit_entry: entry.unsigned_abs(),
    })
}

pub(super) fn release(
    transaction: &mut Transaction<'_, '_>,
    reserved: &Reserved,
    why: &str,
    at: i64,
) -> Result<(), StoreError> {
    let Reserved { id, facts, .. } = reserved;
    let entry = transaction.append(&NewEntry {
        at,
        kind: AuditKind::Released,
        issuer: Some(facts.issuer),
        serial: Some(&facts.serial),
        actor: &facts.requester,
        detail: &released_detail(facts, why),
    })?;
    match transaction.statements.void.execute(params![id, entry])? {
        0 => Err(why_closed(transaction, reserved)),
        _ => Ok(()),
    }
}

/// An audit entry that owns what it says, except for its detail.
pub(super) struct RefusalEntry {
    at: i64,
    issuer: Option<IssuerId>,
    actor: String,
}

impl RefusalEntry {
    pub(super) fn with<'a>(&'a self, detail: &'a str) -> NewEntry<'a> {
        let Self { at, issuer, actor } = self;
        NewEntry {
            at: *at,
            kind: AuditKind::Refused,
            issuer: *issuer,
            serial: None,
            actor,
            detail,
        }
    }
}

pub(super) fn refusal(refused: &Refused<'_>) -> (RefusalEntry, String) {
    let Refused {
        issuer,
        requester,
        profile,
        subject,
        reason,
        csr_sha256,
        at,
    } = *refused;
    let detail = Detail::new()
        .text("reason", reason)
        .text("profile", profile)
        .text("subject", subject)
        .hex_if("csr_sha256", csr_sha256.as_ref().map(<[u8; 32]>::as_slice))
        .finish();
    (
        RefusalEntry {
            at,
            issuer,
            actor: requester.to_owned(),
        },
        detail,
    )
}

pub(super) fn revoke(
    transaction: &mut Transaction<'_, '_>,
    revocation: &NewRevocation<'_>,
) -> Result<RevokeOutcome, StoreError> {
    let NewRevocation {
        issuer,
        serial,
        reason,
        invalidity_date,
        requester,
        at,
    } = *revocation;
    let found = Standing::of(transaction, issuer, serial)?;
    let (replaced_hold, revoked_at) = match found.revoked {
        _ if found.state == State::Void => {
            return Err(StoreError::NeverSigned {
                serial: hex(serial),
            });
        }
        None => (false, at),
        Some((held_at, Some(HOLD))) if reason != Some(HOLD) => (true, held_at),
        Some((at, reason)) => {
            return Err(StoreError::AlreadyRevoked {
                serial: hex(serial),
                at,
                reason,
            });
        }
    };
    let entry = transaction.append(&NewEntry {
        at,
        kind: AuditKind::Revoked,
        issuer: Some(issuer),
        serial: Some(serial),
        actor: requester,
        detail: &revoked_detail(revoked_at, reason, invalidity_date),
    })?;
    let set = params![found.id, revoked_at, reason, invalidity_date, entry];
    transaction.statements.set_revocation.execute(set)?;
    Ok(RevokeOutcome {
        state: found.state,
        replaced_hold,
        revoked_at,
    })
}

pub(super) fn unrevoke(
    transaction: &mut Transaction<'_, '_>,
    issuer: IssuerId,
    serial: &[u8],
    requester: &str,
    at: i64,
) -> Result<(), StoreError> {
    let found = Standing::of(transaction, issuer, serial)?;
    if !matches!(found.revoked, Some((_, Some(HOLD)))) {
        return Err(StoreError::NotOnHold {
            serial: hex(serial),
        });
    }
    let entry = transaction.append(&NewEntry {
        at,
        kind: AuditKind::Unrevoked,
        issuer: Some(issuer),
        serial: Some(serial),
        actor: requester,
        detail: &Detail::new().finish(),
    })?;
    transaction.statements.set_revocation.execute(params![
        found.id,
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
    let NewCrl {
        issuer,
        number,
        sha256,
        this_update,
        next_update,
        entries,
        requester,
        at,
    } = *crl;
    let refused = |state| StoreError::CrlNumber { number, state };
    let signed = i64::try_from(number).map_err(|_| refused("not allotted"))?;
    let entries = i64::try_from(entries).map_err(|_| StoreError::Corrupt {
        what: format!("{entries} entries on one CRL"),
    })?;
    let state = transaction
        .statements
        .crl_state
        .query_row(params![issuer.get(), signed], |row| {
            Ok((row.get::<_, Option<i64>>(0)?, row.get(1)?, row.get(2)?))
        });
    let (shards, base): (u32, Option<i64>) = match state.optional()? {
        None => return Err(refused("not allotted")),
        Some((Some(_), ..)) => return Err(refused("recorded already")),
        Some((None, shards, base)) => (shards, base),
    };
    let entry = transaction.append(&NewEntry {
        at,
        kind: AuditKind::Crl,
        issuer: Some(issuer),
        serial: None,
        actor: requester,
        detail: &crl_detail(
            signed,
            &sha256,
            this_update,
            next_update,
            entries,
            shards,
            base,
        ),
    })?;
    let record = params![
        issuer.get(),
        signed,
        at,
        this_update,
        next_update,
        entries,
        sha256,
        entry
    ];
    transaction.statements.crl_record.execute(record)?;
    Ok(())
}

/// How a serial stands before a request changes it.
struct Standing {
    id: i64,
    state: State,
    /// Date and reason.
    revoked: Option<(i64, Option<u8>)>,
}

impl Standing {
    fn of(
        transaction: &mut Transaction<'_, '_>,
        issuer: IssuerId,
        serial: &[u8],
    ) -> Result<Self, StoreError> {
        let found = transaction
            .statements
            .state_by_serial
            .query_row(params![issuer.get(), serial], Self::read);
        found.optional()?.ok_or_else(|| StoreError::NotFound {
            serial: hex(serial),
        })
    }

    fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        let reason = row.get(3)?;
        Ok(Self {
            id: row.get(0)?,
            state: rows::state(row, 1)?,
            revoked: row.get::<_, Option<i64>>(2)?.map(|at| (at, reason)),
        })
    }
}

/// The error for a reservation that could not be recorded or released.
fn why_closed(transaction: &mut Transaction<'_, '_>, reserved: &Reserved) -> StoreError {
    let serial = hex(reserved.serial());
    match transaction
        .statements
        .state_by_id
        .query_row([reserved.id], Standing::read)
    {
        Ok(Standing {
            revoked: Some((at, reason)),
            ..
        }) => StoreError::AlreadyRevoked { serial, at, reason },
        Ok(Standing { state, .. }) => StoreError::ReservationClosed { serial, state },
        Err(error) => error.into(),
    }
}

fn extended_code(error: &Error) -> Option<i32> {
    match error {
        Error::SqliteFailure(failure, _) => Some(failure.extended_code),
        _ => None,
    }
}
