//! Certificates from reservation to revocation.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::claim::Claim;
use crate::holder::Holder;
use crate::issuer::IssuerId;

/// A serial to reserve, with what will be signed under it:
/// [`Store::reserve`](crate::Store::reserve).
#[derive(Clone, Copy, Debug)]
pub struct NewReservation<'a> {
    /// The issuer.
    pub issuer: IssuerId,
    /// The holder of the certificate.
    pub holder: Holder<'a>,
    /// Serial number, big endian; leading zero bytes do not matter. 1 to 20 bytes without them.
    pub serial: &'a [u8],
    /// SHA-256 of the DER of the TBSCertificate that is going to be signed.
    pub tbs_sha256: [u8; 32],
    /// The requester of the certificate, for example `uid:1000`.
    pub requester: &'a str,
    /// Name of the profile that shaped it.
    pub profile: &'a str,
    /// Subject in readable form, for listings.
    pub subject: &'a str,
    /// Subject alternative names in readable form (for example `DNS:www.example.com`), for
    /// listings.
    pub names: &'a [String],
    /// Start of validity.
    pub not_before: i64,
    /// End of validity, inclusive.
    pub not_after: i64,
    /// Claim on what it uses up besides the serial.
    pub claim: Claim,
    /// Time of the call.
    pub at: i64,
}

/// A serial that is durably reserved. Only [`Store::reserve`](crate::Store::reserve) makes it.
///
/// It ends in [`Store::record`](crate::Store::record) or, when the signer has said that it signed
/// nothing, in [`Store::release`](crate::Store::release). If it is just dropped, the reservation
/// stays open on disk and is listed as possibly signed.
#[derive(Debug)]
#[must_use = "a dropped reservation stays open on disk for ever"]
pub struct Reserved {
    pub(crate) id: i64,
    pub(crate) data: ReservationData,
    pub(crate) claim: Claim,
    /// Counts it among those that are being signed.
    pub(crate) open: Option<OpenReservation>,
}

impl Reserved {
    /// Returns the reservation in the row `id`; for implementations of [`Store`](crate::Store), once it is durable.
    pub(crate) fn new(id: i64, data: ReservationData, claim: Claim) -> Self {
        Self {
            id,
            data,
            claim,
            open: None,
        }
    }

    /// The issuer.
    pub fn issuer(&self) -> IssuerId {
        self.data.issuer
    }

    /// The serial, big endian without leading zeros.
    pub fn serial(&self) -> &[u8] {
        &self.data.serial
    }

    /// SHA-256 of the to-be-signed bytes that were reserved.
    pub fn tbs_sha256(&self) -> &[u8; 32] {
        &self.data.tbs_sha256
    }
}

/// Proof that a certificate is durably recorded and may be handed out. Only
/// [`Store::record`](crate::Store::record) makes it.
#[derive(Debug)]
pub struct Recorded {
    issuer: IssuerId,
    serial: Vec<u8>,
    certificate_sha256: [u8; 32],
    audit_entry: u64,
}

impl Recorded {
    /// Returns the proof; for implementations of [`Store`](crate::Store), once the certificate is durable.
    pub(crate) fn new(reserved: Reserved, certificate_sha256: [u8; 32], audit_entry: u64) -> Self {
        let ReservationData { issuer, serial, .. } = reserved.data;
        Self {
            issuer,
            serial,
            certificate_sha256,
            audit_entry,
        }
    }

    /// The issuer.
    pub fn issuer(&self) -> IssuerId {
        self.issuer
    }

    /// The serial, big endian without leading zeros.
    pub fn serial(&self) -> &[u8] {
        &self.serial
    }

    /// SHA-256 of the certificate's DER.
    pub fn certificate_sha256(&self) -> &[u8; 32] {
        &self.certificate_sha256
    }

    /// Number of the audit entry that was written with it.
    pub fn audit_entry(&self) -> u64 {
        self.audit_entry
    }
}

/// A request that was turned down: [`Store::refuse`](crate::Store::refuse). It leaves an audit
/// entry and nothing else.
#[derive(Clone, Copy, Debug)]
pub struct Refused<'a> {
    /// Under which issuer the certificate was asked for, if it came that far.
    pub issuer: Option<IssuerId>,
    /// The requester.
    pub requester: &'a str,
    /// Profile asked for.
    pub profile: &'a str,
    /// Subject asked for, in readable form.
    pub subject: &'a str,
    /// Why it was refused.
    pub reason: &'a str,
    /// SHA-256 of the request as received, if there was one.
    pub csr_sha256: Option<[u8; 32]>,
    /// Time of the call.
    pub at: i64,
}

/// A revocation: [`Store::revoke`](crate::Store::revoke).
#[derive(Clone, Copy, Debug)]
pub struct NewRevocation<'a> {
    /// The certificate's issuer.
    pub issuer: IssuerId,
    /// The certificate's serial, big endian; leading zero bytes do not matter.
    pub serial: &'a [u8],
    /// CRLReason (RFC 5280 section 5.3.1): 1 to 6, 9 or 10; 6 is certificateHold. `None` and
    /// `Some(0)` both mean unspecified.
    pub reason: Option<u8>,
    /// When the key is thought to have been compromised (RFC 5280 section 5.3.2).
    pub invalidity_date: Option<i64>,
    /// The requester of the revocation.
    pub requester: &'a str,
    /// Time of the call; becomes the revocation date.
    pub at: i64,
}

/// Result of a revocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevokeOutcome {
    /// State of the row: [`State::Reserved`] when a reservation was revoked of which nobody knows
    /// whether it was signed.
    pub state: State,
    /// True if it was on hold before. The revocation date is then that of the hold (ITU-T X.509,
    /// holdInstructionCode).
    pub replaced_hold: bool,
    /// The revocation date that CRLs will show.
    pub revoked_at: i64,
}

/// State of a serial. Revocation is apart from it, since a reservation can be revoked too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Reserved; a certificate may or may not have been signed.
    Reserved,
    /// Signed and recorded.
    Issued,
    /// Reserved, and the signer said that it signed nothing. The serial stays used.
    Void,
}

impl State {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            State::Reserved => "reserved",
            State::Issued => "issued",
            State::Void => "void",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        [State::Reserved, State::Issued, State::Void]
            .into_iter()
            .find(|state| state.as_str() == text)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Status of a certificate at a given time; see [`CertificateRow::status`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// Issued, not revoked, not past its end. (Also before its start: it will become valid without
    /// any change.)
    Valid,
    /// Revoked or on hold; also a possibly signed reservation that was revoked.
    Revoked,
    /// Issued, not revoked, past its end.
    Expired,
    /// Reserved and possibly signed.
    Reserved,
    /// Reserved and certainly not signed.
    Void,
}

impl Status {
    /// All of them, in the order in which they are documented.
    pub const ALL: [Status; 5] = [
        Status::Valid,
        Status::Revoked,
        Status::Expired,
        Status::Reserved,
        Status::Void,
    ];

    /// The name that [`FromStr`] reads.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Valid => "valid",
            Status::Revoked => "revoked",
            Status::Expired => "expired",
            Status::Reserved => "reserved",
            Status::Void => "void",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Status {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Status::ALL
            .into_iter()
            .find(|status| status.as_str().eq_ignore_ascii_case(text))
            .ok_or_else(|| {
                format!(
                    "unknown status `{text}`, expected one of {}",
                    Status::ALL.map(Status::as_str).join(", ")
                )
            })
    }
}

/// The record of one serial, without the certificate itself
/// (that is [`Store::certificate_der`](crate::Store::certificate_der)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateRow {
    /// Position in the store, rising with time of reservation; what [`Filter::after`] takes.
    pub position: i64,
    /// The issuer.
    pub issuer: IssuerId,
    /// The serial, big endian without leading zeros.
    pub serial: Vec<u8>,
    /// State.
    pub state: State,
    /// SHA-256 of the to-be-signed bytes.
    pub tbs_sha256: [u8; 32],
    /// The requester.
    pub requester: String,
    /// Profile.
    pub profile: String,
    /// Subject in readable form.
    pub subject: String,
    /// Subject alternative names in readable form.
    pub names: Vec<String>,
    /// Start of validity.
    pub not_before: i64,
    /// End of validity, inclusive.
    pub not_after: i64,
    /// When the serial was reserved.
    pub reserved_at: i64,
    /// When the certificate was recorded.
    pub issued_at: Option<i64>,
    /// Revocation date.
    pub revoked_at: Option<i64>,
    /// CRLReason; `None` is unspecified, or not revoked.
    pub reason: Option<u8>,
    /// Invalidity date of the revocation.
    pub invalidity_date: Option<i64>,
}

impl CertificateRow {
    /// Returns its status at the time `now`. A revocation outlasts expiry, as in OpenSSL's `index.txt`.
    pub fn status(&self, now: i64) -> Status {
        match (self.state, self.revoked_at) {
            (State::Void, _) => Status::Void,
            (_, Some(_)) => Status::Revoked,
            (State::Reserved, None) => Status::Reserved,
            (State::Issued, None) if self.not_after < now => Status::Expired,
            (State::Issued, None) => Status::Valid,
        }
    }
}

/// Conditions for [`Store::list`](crate::Store::list); every one must hold.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only this status at `now`.
    pub status: Option<Status>,
    /// Only where this pattern (`*`, `?`, `[a-z]`; ASCII case does not matter) matches a whole
    /// name, the part of a name after its first `:`, the whole subject, or a common name in it.
    pub name_glob: Option<String>,
    /// Only what ends before this time.
    pub expires_before: Option<i64>,
    /// Only of this issuer.
    pub issuer: Option<IssuerId>,
    /// The time at which `status` is meant.
    pub now: i64,
    /// At most so many.
    pub limit: Option<u64>,
    /// Only what stands after this [`CertificateRow::position`].
    pub after: Option<i64>,
}

/// CRLReason certificateHold.
pub(crate) const HOLD: u8 = 6;

/// Counts a certificate as being signed while this lives: a store measures by it how many requests are to come.
#[derive(Debug)]
pub(crate) struct OpenReservation(Arc<AtomicUsize>);

impl OpenReservation {
    pub(crate) fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(count))
    }
}

impl Drop for OpenReservation {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A checked reservation as it goes into the row and into the audit log.
#[derive(Clone, Debug)]
pub(crate) struct ReservationData {
    pub(crate) issuer: IssuerId,
    pub(crate) serial: Vec<u8>,
    pub(crate) tbs_sha256: [u8; 32],
    pub(crate) requester: String,
    pub(crate) profile: String,
    pub(crate) subject: String,
    /// JSON array.
    pub(crate) names: String,
    pub(crate) not_before: i64,
    pub(crate) not_after: i64,
    pub(crate) reserved_at: i64,
}

impl ReservationData {
    /// Returns the reservation that a row came from.
    pub(crate) fn of_row(row: &CertificateRow) -> Self {
        Self {
            issuer: row.issuer,
            serial: row.serial.clone(),
            tbs_sha256: row.tbs_sha256,
            requester: row.requester.clone(),
            profile: row.profile.clone(),
            subject: row.subject.clone(),
            names: names_json(&row.names),
            not_before: row.not_before,
            not_after: row.not_after,
            reserved_at: row.reserved_at,
        }
    }
}

/// Returns names as the records and the audit log have them: a JSON array of strings.
pub(crate) fn names_json(names: &[String]) -> String {
    serde_json::Value::from(names).to_string()
}

/// A checked revocation.
#[derive(Clone, Debug)]
pub(crate) struct Revocation {
    pub(crate) issuer: IssuerId,
    pub(crate) serial: Vec<u8>,
    /// CRLReason; `None` is unspecified.
    pub(crate) reason: Option<u8>,
    pub(crate) invalidity_date: Option<i64>,
    pub(crate) requester: String,
    pub(crate) at: i64,
}
