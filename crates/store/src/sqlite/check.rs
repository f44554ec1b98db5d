//! Checks the file, the audit chain and the records against one another.
//!
//! Every row that came to something names its audit entry, and the entry's detail is made from the
//! row's columns: so the check makes it again and compares. In the other direction every entry
//! looks for its row, which must name that entry or a later one of its kind. A row that names an
//! entry which exists, is about it, and is not older than any other one, names the newest. Both
//! directions read row by row, so memory does not grow.

mod entry;

use rusqlite::{Connection, OptionalExtension, Row, Statement, params};

use self::entry::{Entry, facts};
use super::{rows, sql};
use crate::audit::{
    AuditKind, Detail, Fields, GENESIS, TakenRows, certified_detail, crl_detail, issued_detail,
    issuer_detail, revoked_detail, sha256, taken_in_detail,
};
use crate::certificate::{CertificateRow, State};
use crate::der::Parts;
use crate::error::StoreError;
use crate::index::IMPORTED_PROFILE;
use crate::report::{CheckReport, ProblemLocation};

/// Everything, as of one moment.
pub(super) fn check(connection: &Connection) -> Result<CheckReport, StoreError> {
    let mut report = CheckReport::default();
    connection.execute_batch("BEGIN")?;
    let result = all(connection, &mut report);
    connection.execute_batch("ROLLBACK")?;
    match result {
        Ok(()) => {}
        // a file so damaged that it cannot be read to its end is a finding, not a failure of the
        // check
        Err(StoreError::Corrupt { what }) => report.problem(ProblemLocation::File, what),
        Err(error) => return Err(error),
    }
    Ok(report)
}

fn all(connection: &Connection, report: &mut CheckReport) -> Result<(), StoreError> {
    file(connection, report)?;
    let entries = chain(connection, report)?;
    issuers(connection, report)?;
    let taken_in = certificates(connection, report)?;
    crls(connection, report)?;
    let counted = [
        (
            "issued certificates",
            report.issued.saturating_sub(taken_in.certificates),
            AuditKind::Issued,
            entries.issued,
        ),
        (
            "groups of certificates taken in together",
            taken_in.batches,
            AuditKind::TakenIn,
            entries.taken_in,
        ),
        (
            "released reservations",
            report.void,
            AuditKind::Released,
            entries.released,
        ),
        ("recorded crls", report.crls, AuditKind::Crl, entries.crls),
        (
            "issuers",
            report.issuers,
            AuditKind::IssuerAdded,
            entries.issuers,
        ),
    ];
    for (what, rows, kind, entries) in counted {
        if rows != entries {
            let kind = kind.as_str();
            report.problem(
                ProblemLocation::File,
                format!("{rows} {what}, but {entries} audit entries of kind `{kind}`"),
            );
        }
    }
    Ok(())
}

fn file(connection: &Connection, report: &mut CheckReport) -> Result<(), StoreError> {
    let mut statement = connection.prepare("PRAGMA integrity_check")?;
    let mut found = statement.query([])?;
    while let Some(row) = found.next()? {
        let message: String = row.get(0)?;
        if message != "ok" {
            report.problem(ProblemLocation::File, message);
        }
    }
    let mut statement = connection.prepare("PRAGMA foreign_key_check")?;
    let mut found = statement.query([])?;
    while let Some(row) = found.next()? {
        let (table, id): (String, Option<i64>) = (row.get(0)?, row.get(1)?);
        report.problem(
            ProblemLocation::File,
            format!("row {id:?} of table `{table}` refers to an issuer that is not there"),
        );
    }
    Ok(())
}

/// Numbers of entries that must be those of the rows.
#[derive(Default)]
struct EntryCounts {
    issued: u64,
    taken_in: u64,
    released: u64,
    crls: u64,
    issuers: u64,
}

fn chain(connection: &Connection, report: &mut CheckReport) -> Result<EntryCounts, StoreError> {
    let mut counts = EntryCounts::default();
    let mut owners = Owners::prepare(connection)?;
    let mut statement = connection.prepare(sql::AUDIT_PAGE)?;
    let mut found = statement.query(params![i64::MIN, -1])?;
    let (mut last, mut last_hash) = (0, GENESIS);
    while let Some(row) = found.next()? {
        let entry = Fields {
            seq: row.get(0)?,
            at: row.get(1)?,
            kind: row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?,
            issuer: row.get(3)?,
            serial: row
                .get_ref(4)?
                .as_bytes_or_null()
                .map_err(rusqlite::Error::from)?,
            actor: row.get_ref(5)?.as_str().map_err(rusqlite::Error::from)?,
            detail: row.get_ref(6)?.as_str().map_err(rusqlite::Error::from)?,
        };
        let (prev_hash, hash): ([u8; 32], [u8; 32]) = (row.get(7)?, row.get(8)?);
        let location = ProblemLocation::Audit(entry.seq.unsigned_abs());
        report.audit_entries += 1;
        if entry.seq != last + 1 {
            report.problem(
                location.clone(),
                format!("it follows entry {last}: entries are missing"),
            );
        } else if prev_hash != last_hash {
            report.problem(
                location.clone(),
                "the chain is broken: it does not continue the entry before",
            );
        }
        if entry.hash(&prev_hash) != hash {
            report.problem(location.clone(), "its hash does not fit its contents");
        }
        (last, last_hash) = (entry.seq, hash);
        match AuditKind::parse(entry.kind) {
            Some(AuditKind::Issued) => counts.issued += 1,
            Some(AuditKind::TakenIn) => counts.taken_in += 1,
            Some(AuditKind::Released) => counts.released += 1,
            Some(AuditKind::Crl) => counts.crls += 1,
            Some(AuditKind::IssuerAdded) => counts.issuers += 1,
            Some(_) => {}
            None => report.problem(location.clone(), format!("unknown kind `{}`", entry.kind)),
        }
        if let Some(message) = owners.lost(&entry)? {
            report.problem(location, message);
        }
    }
    report.audit_head = (report.audit_entries > 0).then_some(last_hash);
    Ok(counts)
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

    /// Returns what is wrong with the row that an entry is about: it is gone, or it does not know of the entry.
    fn lost(&mut self, entry: &Fields<'_>) -> Result<Option<&'static str>, StoreError> {
        let outcome = match AuditKind::parse(entry.kind) {
            Some(AuditKind::Issued | AuditKind::Released) => true,
            Some(AuditKind::Revoked | AuditKind::Unrevoked) => false,
            Some(AuditKind::IssuerCertified) => return self.lost_issuer(entry),
            _ => return Ok(None),
        };
        let found = self
            .certificate
            .query_row(params![entry.serial, entry.issuer], |row| {
                Ok((row.get::<_, Option<i64>>(0)?, row.get::<_, Option<i64>>(1)?))
            })
            .optional()?;
        Ok(match found {
            None => Some("the certificate it is about is missing"),
            Some((row_outcome, _)) if outcome => {
                (row_outcome != Some(entry.seq)).then_some(UNKNOWN_TO_CERTIFICATE)
            }
            // a later one may have taken its place
            Some((_, newest)) => (newest < Some(entry.seq)).then_some(UNKNOWN_TO_CERTIFICATE),
        })
    }

    fn lost_issuer(&mut self, entry: &Fields<'_>) -> Result<Option<&'static str>, StoreError> {
        let found = self
            .issuer
            .query_row([entry.issuer], |row| row.get::<_, Option<i64>>(0))
            .optional()?;
        Ok(match found {
            None => Some("the issuer it is about is missing"),
            // a later one may have taken its place
            Some(newest) => {
                (newest < Some(entry.seq)).then_some("the issuer it is about does not know of it")
            }
        })
    }
}

const UNKNOWN_TO_CERTIFICATE: &str = "the certificate it is about does not know of it";

fn issuers(connection: &Connection, report: &mut CheckReport) -> Result<(), StoreError> {
    let mut statement = connection.prepare(ISSUERS_AND_ENTRIES)?;
    let mut found = statement.query([])?;
    while let Some(row) = found.next()? {
        let issuer = rows::issuer(row)?;
        report.issuers += 1;
        let detail = issuer_detail(
            &issuer.name,
            &issuer.subject_der,
            &issuer.key_id,
            &issuer.key,
            issuer.pinned_parent.as_deref(),
        );
        let added = Entry::read(row, 8)?;
        if !added.is(AuditKind::IssuerAdded, &detail) || added.at != Some(issuer.added_at) {
            report.problem(
                ProblemLocation::Issuer(issuer.id),
                "it is not what its audit entry says",
            );
        }
        let certified = Entry::read(row, 14)?;
        let as_logged = match (&issuer.certificate_der, row.get::<_, Option<i64>>(20)?) {
            (None, named) => named.is_none(),
            (Some(certificate), _) => {
                certified.is(
                    AuditKind::IssuerCertified,
                    &certified_detail(&sha256(certificate)),
                ) && certified.issuer == Some(issuer.id.get())
            }
        };
        if !as_logged {
            report.problem(
                ProblemLocation::Issuer(issuer.id),
                "its certificate is not the one in its audit entry",
            );
        }
    }
    Ok(())
}

/// Numbers of what was taken in from an index.txt, and not issued here.
#[derive(Default)]
struct Imported {
    certificates: u64,
    batches: u64,
}

fn certificates(connection: &Connection, report: &mut CheckReport) -> Result<Imported, StoreError> {
    let mut taken = Imported::default();
    let mut batch: Option<Batch> = None;
    let mut statement = connection.prepare(CERTIFICATES_AND_ENTRIES)?;
    let mut found = statement.query([])?;
    while let Some(row) = found.next()? {
        let certificate = rows::certificate(row)?;
        let (outcome, revocation) = (Entry::read(row, 18)?, Entry::read(row, 24)?);
        let location = || ProblemLocation::Certificate {
            issuer: certificate.issuer,
            serial: certificate.serial.clone(),
        };
        if outcome.kind == Some(AuditKind::TakenIn.as_str()) {
            taken.certificates += 1;
            let entry = row.get(30)?;
            match &mut batch {
                Some(batch) if batch.entry == entry => batch.add(&certificate),
                _ => {
                    if let Some(batch) = batch.take() {
                        batch.finish(report);
                    }
                    taken.batches += 1;
                    batch = Some(Batch::new(entry, &certificate, &outcome));
                }
            }
            if let Some(message) = wrong_taken_in(row, &certificate, &outcome)? {
                report.problem(location(), message);
            }
        } else if let Some(message) = wrong_outcome(row, &certificate, &outcome)? {
            report.problem(location(), message);
        }
        if let Some(message) = wrong_revocation(row, &certificate, &revocation)? {
            report.problem(location(), message);
        }
        match certificate.state {
            State::Issued => report.issued += 1,
            State::Void => report.void += 1,
            State::Reserved => report.reserved += 1,
        }
        if certificate.revoked_at.is_some() {
            report.revoked += 1;
        }
        let open = certificate.state == State::Reserved && certificate.revoked_at.is_none();
        if open && report.outstanding.len() < CheckReport::MAX_LISTED {
            report.outstanding.push(certificate);
        }
    }
    if let Some(batch) = batch {
        batch.finish(report);
    }
    Ok(taken)
}

/// The certificates that one audit entry says were taken in together.
struct Batch {
    entry: i64,
    detail: Option<String>,
    rows: i64,
    hash: TakenRows,
}

impl Batch {
    fn new(entry: i64, first: &CertificateRow, outcome: &Entry<'_>) -> Self {
        let mut this = Self {
            entry,
            detail: outcome.detail.map(str::to_owned),
            rows: 0,
            hash: TakenRows::new(),
        };
        this.add(first);
        this
    }

    fn add(&mut self, row: &CertificateRow) {
        self.rows += 1;
        self.hash
            .add(&row.serial, &row.tbs_sha256, &row.subject, row.not_after);
    }

    fn finish(self, report: &mut CheckReport) {
        let detail = taken_in_detail(self.rows, &self.hash.finish());
        if self.detail.as_deref() != Some(detail.as_str()) {
            report.problem(
                ProblemLocation::Audit(self.entry.unsigned_abs()),
                "the certificates that it took in are not what it says",
            );
        }
    }
}

/// Returns what is wrong with a row that was taken in, as far as the [`Batch`] does not tell.
fn wrong_taken_in(
    row: &Row<'_>,
    certificate: &CertificateRow,
    entry: &Entry<'_>,
) -> Result<Option<&'static str>, StoreError> {
    if certificate.state != State::Issued {
        return Ok(Some("it was taken in, but it is not issued"));
    }
    let as_logged = entry.issuer == Some(certificate.issuer.get())
        && entry.actor == Some(certificate.requester.as_str())
        && entry.at == Some(certificate.reserved_at)
        && entry.at == certificate.issued_at
        && certificate.profile == IMPORTED_PROFILE;
    if !as_logged {
        return Ok(Some("it is not what its audit entry says"));
    }
    let der = row
        .get_ref(16)?
        .as_bytes_or_null()
        .map_err(rusqlite::Error::from)?;
    let fits = match der {
        Some(der) => Parts::of(der).is_some_and(|parts| {
            parts.serial == certificate.serial && sha256(parts.tbs) == certificate.tbs_sha256
        }),
        None => {
            certificate.tbs_sha256 == [0; 32]
                && certificate.not_before == 0
                && certificate.names.is_empty()
        }
    };
    Ok((!fits).then_some("what is stored is not the certificate that was taken in"))
}

/// What is wrong with how a reservation ended.
fn wrong_outcome(
    row: &Row<'_>,
    certificate: &CertificateRow,
    entry: &Entry<'_>,
) -> Result<Option<&'static str>, StoreError> {
    let der = row
        .get_ref(16)?
        .as_bytes_or_null()
        .map_err(rusqlite::Error::from)?;
    let issuer_subject = row
        .get_ref(17)?
        .as_bytes_or_null()
        .map_err(rusqlite::Error::from)?;
    let Some(der) = der else {
        return Ok(match certificate.state {
            State::Issued => Some("it is issued, but the certificate is missing"),
            State::Reserved => row
                .get::<_, Option<i64>>(30)?
                .is_some()
                .then_some("it is open, but an audit entry says how it ended"),
            State::Void
                if entry.kind != Some(AuditKind::Released.as_str())
                    || !entry.concerns(certificate) =>
            {
                Some("it is void, but no audit entry says so")
            }
            State::Void => {
                (!entry.released(certificate)).then_some("it is not what its audit entry says")
            }
        });
    };
    if certificate.state != State::Issued {
        return Ok(Some("there is a certificate, although it is not issued"));
    }
    let Some(parts) = Parts::of(der) else {
        return Ok(Some("what is stored is not a certificate"));
    };
    if parts.serial != certificate.serial {
        return Ok(Some("the certificate has another serial"));
    }
    if sha256(parts.tbs) != certificate.tbs_sha256 {
        return Ok(Some("what was signed is not what was reserved"));
    }
    if issuer_subject != Some(parts.issuer) {
        return Ok(Some("the certificate names another issuer"));
    }
    let detail = issued_detail(&facts(certificate), &sha256(der));
    let as_logged = entry.is(AuditKind::Issued, &detail)
        && entry.concerns(certificate)
        && entry.at == certificate.issued_at
        && entry.actor == Some(certificate.requester.as_str());
    Ok((!as_logged).then_some("it is not what its audit entry says"))
}

/// Returns what is wrong with a row's revocation, or with its absence.
fn wrong_revocation(
    row: &Row<'_>,
    certificate: &CertificateRow,
    entry: &Entry<'_>,
) -> Result<Option<&'static str>, StoreError> {
    let CertificateRow {
        revoked_at,
        reason,
        invalidity_date,
        ..
    } = *certificate;
    let not_revoked = (revoked_at, reason, invalidity_date) == (None, None, None);
    let named: Option<i64> = row.get(31)?;
    let as_logged = match (named, entry.kind, revoked_at) {
        (None, ..) => not_revoked,
        (Some(_), None, _) => {
            return Ok(Some("the audit entry of its revocation is missing"));
        }
        (_, _, Some(at)) => {
            let detail = revoked_detail(at, reason, invalidity_date);
            entry.is(AuditKind::Revoked, &detail) && entry.concerns(certificate)
        }
        (_, _, None) => {
            entry.is(AuditKind::Unrevoked, &Detail::new().finish())
                && entry.concerns(certificate)
                && not_revoked
        }
    };
    Ok((!as_logged).then_some("its revocation is not what the audit log says"))
}

fn crls(connection: &Connection, report: &mut CheckReport) -> Result<(), StoreError> {
    let mut statement = connection.prepare(CRLS_AND_ENTRIES)?;
    let mut found = statement.query([])?;
    while let Some(row) = found.next()? {
        let crl = rows::crl(row)?;
        let entry = Entry::read(row, 10)?;
        report.crls += 1;
        let [number, entries] =
            [crl.number, crl.entries].map(|value| i64::try_from(value).unwrap_or(i64::MAX));
        let detail = crl_detail(
            number,
            &crl.sha256,
            crl.this_update,
            crl.next_update,
            entries,
            crl.shards,
            crl.base.and_then(|base| i64::try_from(base).ok()),
        );
        let as_logged = entry.is(AuditKind::Crl, &detail)
            && entry.issuer == Some(crl.issuer.get())
            && entry.at == Some(crl.recorded_at);
        if !as_logged {
            report.problem(
                ProblemLocation::Crl {
                    issuer: crl.issuer,
                    number: crl.number,
                },
                "it is not what its audit entry says",
            );
        }
    }
    Ok(())
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
