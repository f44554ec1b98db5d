//! The entries that each change of the records appends.

use super::detail::{
    Detail, certified_detail, crl_detail, imported_detail, issued_detail, issuer_detail,
    released_detail, revoked_detail,
};
use super::{AuditKind, NewEntry};
use crate::certificate::{Refused, ReservationData};
use crate::crl::{CrlAllotment, NewCrl};
use crate::digest::sha256;
use crate::issuer::{IssuerId, NewIssuer};

impl<'a> NewEntry<'a> {
    /// The entry names the issuer by its name: its number is not known before it is added.
    pub(crate) fn issuer_added(issuer: &NewIssuer<'a>) -> Self {
        let NewIssuer {
            name,
            subject_der,
            key_id,
            key,
            pinned_parent,
            certificate_der: _,
            requester,
            at,
        } = *issuer;
        Self {
            at,
            kind: AuditKind::IssuerAdded,
            issuer: None,
            serial: None,
            actor: requester.into(),
            detail: issuer_detail(name, subject_der, key_id, key, pinned_parent),
        }
    }

    pub(crate) fn issuer_certified(
        issuer: IssuerId,
        certificate_der: &[u8],
        requester: &'a str,
        at: i64,
    ) -> Self {
        Self {
            at,
            kind: AuditKind::IssuerCertified,
            issuer: Some(issuer),
            serial: None,
            actor: requester.into(),
            detail: certified_detail(&sha256(certificate_der)),
        }
    }

    pub(crate) fn issued(
        reservation: &'a ReservationData,
        certificate_sha256: &[u8; 32],
        at: i64,
    ) -> Self {
        let detail = issued_detail(reservation, certificate_sha256);
        Self::of_reservation(AuditKind::Issued, reservation, detail, at)
    }

    pub(crate) fn released(reservation: &'a ReservationData, why: &str, at: i64) -> Self {
        let detail = released_detail(reservation, why);
        Self::of_reservation(AuditKind::Released, reservation, detail, at)
    }

    fn of_reservation(
        kind: AuditKind,
        reservation: &'a ReservationData,
        detail: String,
        at: i64,
    ) -> Self {
        Self {
            at,
            kind,
            issuer: Some(reservation.issuer),
            serial: Some(reservation.serial.as_slice().into()),
            actor: reservation.requester.as_str().into(),
            detail,
        }
    }

    /// An entry that owns what it says, since nothing else is written with it.
    pub(crate) fn refused(refused: &Refused<'_>) -> NewEntry<'static> {
        let Refused {
            issuer,
            requester,
            profile,
            subject,
            reason,
            csr_sha256,
            at,
        } = *refused;
        NewEntry {
            at,
            kind: AuditKind::Refused,
            issuer,
            serial: None,
            actor: requester.to_owned().into(),
            detail: Detail::new()
                .text("reason", reason)
                .text("profile", profile)
                .text("subject", subject)
                .hex_if("csr_sha256", csr_sha256.as_ref().map(<[u8; 32]>::as_slice))
                .finish(),
        }
    }

    /// `revoked_at` is the revocation date, `at` the time of the entry.
    pub(crate) fn revoked(
        certificate: (IssuerId, &'a [u8]),
        revoked_at: i64,
        reason: Option<u8>,
        invalidity_date: Option<i64>,
        requester: &'a str,
        at: i64,
    ) -> Self {
        let (issuer, serial) = certificate;
        Self {
            at,
            kind: AuditKind::Revoked,
            issuer: Some(issuer),
            serial: Some(serial.into()),
            actor: requester.into(),
            detail: revoked_detail(revoked_at, reason, invalidity_date),
        }
    }

    pub(crate) fn unrevoked(
        certificate: (IssuerId, &'a [u8]),
        requester: &'a str,
        at: i64,
    ) -> Self {
        let (issuer, serial) = certificate;
        Self {
            at,
            kind: AuditKind::Unrevoked,
            issuer: Some(issuer),
            serial: Some(serial.into()),
            actor: requester.into(),
            detail: Detail::new().finish(),
        }
    }

    pub(crate) fn crl(crl: &NewCrl<'a>, allotment: &CrlAllotment) -> Self {
        Self {
            at: crl.at,
            kind: AuditKind::Crl,
            issuer: Some(crl.issuer),
            serial: None,
            actor: crl.requester.into(),
            detail: crl_detail(
                allotment.number,
                &crl.sha256,
                crl.this_update,
                crl.next_update,
                allotment.entries,
                allotment.shards,
                allotment.base,
            ),
        }
    }

    /// `rows` certificates of an index.txt, of which `sha256` is the hash.
    pub(crate) fn imported(
        issuer: IssuerId,
        rows: u64,
        sha256: &[u8; 32],
        requester: &'a str,
        at: i64,
    ) -> Self {
        Self {
            at,
            kind: AuditKind::TakenIn,
            issuer: Some(issuer),
            serial: None,
            actor: requester.into(),
            detail: imported_detail(i64::try_from(rows).unwrap_or(i64::MAX), sha256),
        }
    }
}
