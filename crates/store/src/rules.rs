//! The rules of the records, the same for every database: which requests are valid, and which changes of state are
//! allowed.
//!
//! A database reads what a rule needs to know, asks it, and writes what it returns, in one transaction.

pub(crate) mod ca_name;
pub(crate) mod claim;

use crate::audit::NewEntry;
use crate::certificate::{
    CertificateRow, HOLD, NewReservation, NewRevocation, ReservationData, Reserved, Revocation,
    RevokeOutcome, State, names_json,
};
use crate::crl::{CrlAllotment, CrlRow, CrlScope, NewCrl};
use crate::der::{Parts, strip_zeros};
use crate::digest::{hex, sha256};
use crate::error::StoreError;

/// Checks a reservation.
///
/// # Errors
/// [`StoreError::SerialInvalid`].
pub(crate) fn checked_reservation(
    reservation: &NewReservation<'_>,
) -> Result<ReservationData, StoreError> {
    let NewReservation {
        issuer,
        holder: _,
        serial,
        tbs_sha256,
        requester,
        profile,
        subject,
        names,
        not_before,
        not_after,
        claim: _,
        at,
    } = *reservation;
    Ok(ReservationData {
        issuer,
        serial: checked_serial(serial)?.to_owned(),
        tbs_sha256,
        requester: requester.to_owned(),
        profile: profile.to_owned(),
        subject: subject.to_owned(),
        names: names_json(names),
        not_before,
        not_after,
        reserved_at: at,
    })
}

/// A serial is a positive INTEGER of at most 20 bytes (RFC 5280 section 4.1.2.2).
fn checked_serial(serial: &[u8]) -> Result<&[u8], StoreError> {
    let serial = strip_zeros(serial);
    match serial.len() {
        1..20 => Ok(serial),
        // with 20 bytes, the first bit must be clear
        20 if serial.first().is_some_and(|first| *first < 0x80) => Ok(serial),
        len => Err(StoreError::SerialInvalid { len }),
    }
}

/// Returns a serial of an index.txt as the records have it: without leading zeros, except for the serial 0.
pub(crate) fn index_serial(serial: &[u8]) -> &[u8] {
    match strip_zeros(serial) {
        [] => serial.get(..1).unwrap_or_default(),
        digits => digits,
    }
}

/// Checks a revocation of the certificate with this serial, which is [`strip_zeros`] or [`index_serial`] of that in
/// `revocation`.
///
/// # Errors
/// [`StoreError::InvalidReason`].
pub(crate) fn checked_revocation(
    revocation: &NewRevocation<'_>,
    serial: &[u8],
) -> Result<Revocation, StoreError> {
    let NewRevocation {
        issuer,
        serial: _,
        reason,
        invalidity_date,
        requester,
        at,
    } = *revocation;
    Ok(Revocation {
        issuer,
        serial: serial.to_owned(),
        reason: checked_reason(reason)?,
        invalidity_date,
        requester: requester.to_owned(),
        at,
    })
}

fn checked_reason(reason: Option<u8>) -> Result<Option<u8>, StoreError> {
    match reason {
        None | Some(0) => Ok(None),
        // 7 is not assigned, 8 (removeFromCRL) belongs on delta CRLs only
        Some(1..=6 | 9 | 10) => Ok(reason),
        Some(reason) => Err(StoreError::InvalidReason { reason }),
    }
}

/// Checks that this is the certificate that was reserved.
///
/// # Errors
/// [`StoreError::WrongCertificate`].
pub(crate) fn check_certificate(
    reserved: &Reserved,
    certificate_der: &[u8],
) -> Result<(), StoreError> {
    let wrong = |what| StoreError::WrongCertificate { what };
    let parts = Parts::of(certificate_der).ok_or(wrong("it is not a certificate"))?;
    if parts.serial != reserved.serial() {
        return Err(wrong("it has another serial"));
    }
    if sha256(parts.tbs) != *reserved.tbs_sha256() {
        return Err(wrong("its to-be-signed part is another one"));
    }
    Ok(())
}

/// The state of a serial before a request changes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CertificateState {
    pub(crate) state: State,
    /// Date and CRLReason.
    pub(crate) revoked: Option<(i64, Option<u8>)>,
}

impl CertificateState {
    /// Returns the state of a row.
    pub(crate) fn of(row: &CertificateRow) -> Self {
        Self {
            state: row.state,
            revoked: row.revoked_at.map(|at| (at, row.reason)),
        }
    }

    /// Revokes it; what is on hold can be revoked for good, and keeps the date of the hold.
    ///
    /// # Errors
    /// [`StoreError::NeverSigned`], [`StoreError::AlreadyRevoked`].
    pub(crate) fn revoke(self, revocation: &Revocation) -> Result<RevokeOutcome, StoreError> {
        let serial = || hex(&revocation.serial);
        let (replaced_hold, revoked_at) = match self.revoked {
            _ if self.state == State::Void => {
                return Err(StoreError::NeverSigned { serial: serial() });
            }
            None => (false, revocation.at),
            Some((held_at, Some(HOLD))) if revocation.reason != Some(HOLD) => (true, held_at),
            Some((at, reason)) => {
                return Err(StoreError::AlreadyRevoked {
                    serial: serial(),
                    at,
                    reason,
                });
            }
        };
        Ok(RevokeOutcome {
            state: self.state,
            replaced_hold,
            revoked_at,
        })
    }

    /// Takes it off hold.
    ///
    /// # Errors
    /// [`StoreError::NotOnHold`].
    pub(crate) fn unrevoke(self, serial: &[u8]) -> Result<(), StoreError> {
        match self.revoked {
            Some((_, Some(HOLD))) => Ok(()),
            _ => Err(StoreError::NotOnHold {
                serial: hex(serial),
            }),
        }
    }

    /// Only an open reservation can be recorded or released.
    pub(crate) fn is_open(self) -> bool {
        self.state == State::Reserved && self.revoked.is_none()
    }

    /// Returns the error for a reservation that is no longer open.
    pub(crate) fn closed(self, serial: &[u8]) -> StoreError {
        let serial = hex(serial);
        match self.revoked {
            Some((at, reason)) => StoreError::AlreadyRevoked { serial, at, reason },
            None => StoreError::ReservationClosed {
                serial,
                state: self.state,
            },
        }
    }
}

/// Returns the audit entry of a revocation.
pub(crate) fn revocation_entry<'a>(
    revocation: &'a Revocation,
    outcome: &RevokeOutcome,
) -> NewEntry<'a> {
    NewEntry::revoked(
        (revocation.issuer, &revocation.serial),
        outcome.revoked_at,
        revocation.reason,
        revocation.invalidity_date,
        &revocation.requester,
        revocation.at,
    )
}

/// The rule by which a complete CRL leaves out certificates that have ended: each revoked certificate is on at least one
/// CRL issued after its end (RFC 5280 section 3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CrlCutoff {
    /// thisUpdate of the CRL before. What ended before it has been on a CRL after its end, unless it was revoked later.
    pub(crate) previous_update: i64,
}

impl CrlCutoff {
    /// `previous` is the newest complete CRL of the same scope.
    pub(crate) fn after(previous: Option<&CrlRow>) -> Self {
        Self {
            previous_update: previous.map_or(i64::MIN, |previous| previous.this_update),
        }
    }

    /// Returns whether a revoked certificate is on the CRL. Databases apply the same condition in SQL.
    #[cfg(test)]
    pub(crate) fn lists(self, not_after: i64, revoked_at: i64) -> bool {
        not_after >= self.previous_update || revoked_at >= self.previous_update
    }
}

/// Returns the CRL that a delta CRL changes: the newest complete one of its scope, if that says what is on it. One that
/// was made before deltas were known does not.
///
/// # Errors
/// [`StoreError::NoBaseCrl`].
pub(crate) fn delta_base(newest: Option<CrlRow>, scope: CrlScope) -> Result<CrlRow, StoreError> {
    newest
        .filter(|row| row.seen_entry.is_some())
        .ok_or(StoreError::NoBaseCrl {
            shards: scope.shards,
        })
}

/// A CRL number as the records have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CrlNumberState {
    pub(crate) is_recorded: bool,
    pub(crate) shards: u32,
    pub(crate) base: Option<i64>,
}

/// Returns a CRL number as a database has it.
///
/// # Errors
/// [`StoreError::CrlNumber`] if no database can have it.
pub(crate) fn stored_crl_number(number: u64) -> Result<i64, StoreError> {
    i64::try_from(number).map_err(|_| StoreError::CrlNumber {
        number,
        state: NOT_ALLOTTED,
    })
}

/// Checks that a CRL can be recorded under its number.
///
/// # Errors
/// [`StoreError::CrlNumber`].
pub(crate) fn check_crl(
    crl: &NewCrl<'_>,
    found: Option<CrlNumberState>,
) -> Result<CrlAllotment, StoreError> {
    let refused = |state| StoreError::CrlNumber {
        number: crl.number,
        state,
    };
    let entries = i64::try_from(crl.entries).map_err(|_| StoreError::Corrupt {
        what: format!("{} entries on one CRL", crl.entries),
    })?;
    match found {
        None => Err(refused(NOT_ALLOTTED)),
        Some(found) if found.is_recorded => Err(refused("recorded already")),
        Some(CrlNumberState { shards, base, .. }) => Ok(CrlAllotment {
            number: stored_crl_number(crl.number)?,
            entries,
            shards,
            base,
        }),
    }
}

const NOT_ALLOTTED: &str = "not allotted";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    #[test]
    fn serials_and_reasons() {
        assert_eq!(checked_serial(&[0, 0, 7]).unwrap(), [7]);
        assert!(checked_serial(&[0x7f; 20]).is_ok());
        assert!(checked_serial(&[0x80; 20]).is_err());
        assert!(checked_serial(&[0]).is_err());
        assert_eq!(index_serial(&[0, 0]), [0]);
        assert_eq!(checked_reason(Some(0)).unwrap(), None);
        for reason in [7, 8, 11] {
            assert!(checked_reason(Some(reason)).is_err(), "{reason}");
        }
    }

    #[test]
    fn open_is_what_is_reserved_and_not_revoked() {
        for state in [State::Reserved, State::Issued, State::Void] {
            for revoked in [None, Some((5, Some(HOLD)))] {
                let found = CertificateState { state, revoked };
                let is_open = state == State::Reserved && revoked.is_none();
                assert_eq!(found.is_open(), is_open);
            }
        }
    }
}
