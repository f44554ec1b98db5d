//! The comparison of the records with the audit chain, the same for every database.
//!
//! Every row that came to something names its audit entry, and the entry's detail is made from the
//! row's columns: so the check makes it again and compares. In the other direction every entry
//! looks for its row, which must name that entry or a later one of its kind. A row that names an
//! entry which exists, is about it, and is not older than any other one, names the newest. A database gives the check
//! one row after the other, entries first, so memory does not grow.

mod entry;

pub(crate) use entry::LoggedEntry;

use crate::audit::detail::{
    Detail, ImportedRows, certified_detail, crl_detail, imported_detail, issued_detail,
    issuer_detail, revoked_detail,
};
use crate::audit::{AuditHead, AuditKind, Fields};
use crate::certificate::{CertificateRow, ReservationData, State};
use crate::crl::CrlRow;
use crate::der::Parts;
use crate::digest::sha256;
use crate::index::IMPORTED_PROFILE;
use crate::issuer::IssuerRow;
use crate::report::{CheckReport, ProblemLocation};
use crate::rules::CertificateState;

/// A check in progress.
pub(crate) struct Check {
    report: CheckReport,
    head: AuditHead,
    entries: EntryCounts,
    imported: ImportCounts,
    batch: Option<Batch>,
}

/// Numbers of entries that must be those of the rows.
#[derive(Default)]
struct EntryCounts {
    issued: u64,
    imported: u64,
    released: u64,
    crls: u64,
    issuers: u64,
}

/// Numbers of what was imported from an index.txt, and not issued here.
#[derive(Default)]
struct ImportCounts {
    certificates: u64,
    batches: u64,
}

/// The kind of row that an audit entry is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EntryOwner {
    /// A certificate, by issuer and serial.
    Certificate,
    /// An issuer with its certificate.
    Issuer,
}

/// The entries that the owner of an entry names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NamedEntries {
    /// The end of a reservation; none for an issuer.
    pub(crate) outcome: Option<i64>,
    /// The newest revocation, or the newest certificate of an issuer.
    pub(crate) newest: Option<i64>,
}

/// A certificate with all that it is compared with.
pub(crate) struct CheckedCertificate<'a> {
    pub(crate) row: CertificateRow,
    pub(crate) der: Option<&'a [u8]>,
    /// Subject of the issuer in the records.
    pub(crate) issuer_subject: Option<&'a [u8]>,
    pub(crate) named: NamedEntries,
    /// The entries that it names.
    pub(crate) outcome: LoggedEntry<'a>,
    pub(crate) revocation: LoggedEntry<'a>,
}

impl Check {
    pub(crate) fn new() -> Self {
        Self {
            report: CheckReport::default(),
            head: AuditHead::EMPTY,
            entries: EntryCounts::default(),
            imported: ImportCounts::default(),
            batch: None,
        }
    }

    /// Notes damage of the database itself.
    pub(crate) fn damage(&mut self, what: impl Into<String>) {
        self.report.problem(ProblemLocation::File, what);
    }

    /// Returns the kind of row that an entry is about, if there must be one.
    pub(crate) fn owner(entry: &Fields<'_>) -> Option<EntryOwner> {
        match AuditKind::parse(entry.kind)? {
            AuditKind::Issued | AuditKind::Released | AuditKind::Revoked | AuditKind::Unrevoked => {
                Some(EntryOwner::Certificate)
            }
            AuditKind::IssuerCertified => Some(EntryOwner::Issuer),
            _ => None,
        }
    }

    /// Checks the next entry of the log. `owner` is the row that it is about, if that was found.
    pub(crate) fn entry(
        &mut self,
        entry: &Fields<'_>,
        prev_hash: &[u8; 32],
        hash: [u8; 32],
        owner: Option<NamedEntries>,
    ) {
        let location = ProblemLocation::Audit(entry.seq.unsigned_abs());
        let report = &mut self.report;
        report.audit_entries += 1;
        if self.head.seq.checked_add(1) != Some(entry.seq) {
            report.problem(
                location.clone(),
                format!("it follows entry {}: entries are missing", self.head.seq),
            );
        } else if *prev_hash != self.head.hash {
            report.problem(
                location.clone(),
                "the chain is broken: it does not continue the entry before",
            );
        }
        if entry.hash(prev_hash) != hash {
            report.problem(location.clone(), "its hash does not fit its contents");
        }
        self.head = AuditHead {
            seq: entry.seq,
            hash,
        };
        match AuditKind::parse(entry.kind) {
            Some(AuditKind::Issued) => self.entries.issued += 1,
            Some(AuditKind::TakenIn) => self.entries.imported += 1,
            Some(AuditKind::Released) => self.entries.released += 1,
            Some(AuditKind::Crl) => self.entries.crls += 1,
            Some(AuditKind::IssuerAdded) => self.entries.issuers += 1,
            Some(_) => {}
            None => report.problem(location.clone(), format!("unknown kind `{}`", entry.kind)),
        }
        if let Some(message) = wrong_owner(entry, owner) {
            report.problem(location, message);
        }
    }

    /// Ends the entries of the log.
    pub(crate) fn end_of_log(&mut self) {
        self.report.audit_head = (self.report.audit_entries > 0).then_some(self.head.hash);
    }

    /// Checks an issuer, with the entries that it names. `named` is the number of that of its certificate.
    pub(crate) fn issuer(
        &mut self,
        issuer: &IssuerRow,
        added: &LoggedEntry<'_>,
        certified: &LoggedEntry<'_>,
        named: Option<i64>,
    ) {
        let report = &mut self.report;
        report.issuers += 1;
        let detail = issuer_detail(
            &issuer.name,
            &issuer.subject_der,
            &issuer.key_id,
            &issuer.key,
            issuer.pinned_parent.as_deref(),
        );
        if !added.is(AuditKind::IssuerAdded, &detail) || added.at != Some(issuer.added_at) {
            report.problem(
                ProblemLocation::Issuer(issuer.id),
                "it is not what its audit entry says",
            );
        }
        let as_logged = match &issuer.certificate_der {
            None => named.is_none(),
            Some(certificate) => {
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

    /// Checks a certificate or reservation. They come in the order in which they were reserved or imported.
    pub(crate) fn certificate(&mut self, certificate: CheckedCertificate<'_>) {
        let row = &certificate.row;
        let location = || ProblemLocation::Certificate {
            issuer: row.issuer,
            serial: row.serial.clone(),
        };
        let wrong = if certificate.outcome.kind == Some(AuditKind::TakenIn.as_str()) {
            self.imported.certificates += 1;
            self.add_to_batch(&certificate);
            wrong_import(&certificate)
        } else {
            wrong_outcome(&certificate)
        };
        if let Some(message) = wrong {
            self.report.problem(location(), message);
        }
        if let Some(message) = wrong_revocation(&certificate) {
            self.report.problem(location(), message);
        }
        let report = &mut self.report;
        match row.state {
            State::Issued => report.issued += 1,
            State::Void => report.void += 1,
            State::Reserved => report.reserved += 1,
        }
        if row.revoked_at.is_some() {
            report.revoked += 1;
        }
        let is_open = CertificateState::of(row).is_open();
        if is_open && report.outstanding.len() < CheckReport::MAX_LISTED {
            report.outstanding.push(certificate.row);
        }
    }

    /// Checks a recorded CRL.
    pub(crate) fn crl(&mut self, crl: &CrlRow, entry: &LoggedEntry<'_>) {
        self.report.crls += 1;
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
            self.report.problem(
                ProblemLocation::Crl {
                    issuer: crl.issuer,
                    number: crl.number,
                },
                "it is not what its audit entry says",
            );
        }
    }

    /// Notes tokens of which the count is not the number of claims that hold them.
    pub(crate) fn tokens(&mut self, wrong: u64) {
        if wrong > 0 {
            self.damage(format!(
                "{wrong} tokens have other counts than their claims"
            ));
        }
    }

    /// Ends the certificates.
    pub(crate) fn end_of_certificates(&mut self) {
        if let Some(batch) = self.batch.take() {
            batch.finish(&mut self.report);
        }
    }

    /// Compares the numbers of rows and entries.
    pub(crate) fn counts(&mut self) {
        let report = &self.report;
        let counted = [
            (
                "issued certificates",
                report.issued.saturating_sub(self.imported.certificates),
                AuditKind::Issued,
                self.entries.issued,
            ),
            (
                "groups of certificates taken in together",
                self.imported.batches,
                AuditKind::TakenIn,
                self.entries.imported,
            ),
            (
                "released reservations",
                report.void,
                AuditKind::Released,
                self.entries.released,
            ),
            (
                "recorded crls",
                report.crls,
                AuditKind::Crl,
                self.entries.crls,
            ),
            (
                "issuers",
                report.issuers,
                AuditKind::IssuerAdded,
                self.entries.issuers,
            ),
        ];
        for (what, rows, kind, entries) in counted {
            if rows != entries {
                let kind = kind.as_str();
                self.report.problem(
                    ProblemLocation::File,
                    format!("{rows} {what}, but {entries} audit entries of kind `{kind}`"),
                );
            }
        }
    }

    /// Returns the report.
    pub(crate) fn finish(self) -> CheckReport {
        self.report
    }

    fn add_to_batch(&mut self, certificate: &CheckedCertificate<'_>) {
        let entry = certificate.named.outcome.unwrap_or_default();
        match &mut self.batch {
            Some(batch) if batch.entry == entry => batch.add(&certificate.row),
            _ => {
                if let Some(batch) = self.batch.take() {
                    batch.finish(&mut self.report);
                }
                self.imported.batches += 1;
                self.batch = Some(Batch::new(entry, certificate));
            }
        }
    }
}

/// The certificates that one audit entry says were imported together.
struct Batch {
    entry: i64,
    detail: Option<String>,
    rows: i64,
    hash: ImportedRows,
}

impl Batch {
    fn new(entry: i64, first: &CheckedCertificate<'_>) -> Self {
        let mut this = Self {
            entry,
            detail: first.outcome.detail.map(str::to_owned),
            rows: 0,
            hash: ImportedRows::new(),
        };
        this.add(&first.row);
        this
    }

    fn add(&mut self, row: &CertificateRow) {
        self.rows += 1;
        self.hash
            .add(&row.serial, &row.tbs_sha256, &row.subject, row.not_after);
    }

    fn finish(self, report: &mut CheckReport) {
        let detail = imported_detail(self.rows, &self.hash.finish());
        if self.detail.as_deref() != Some(detail.as_str()) {
            report.problem(
                ProblemLocation::Audit(self.entry.unsigned_abs()),
                "the certificates that it took in are not what it says",
            );
        }
    }
}

/// Returns what is wrong with the row that an entry is about: it is gone, or it does not name the entry.
fn wrong_owner(entry: &Fields<'_>, owner: Option<NamedEntries>) -> Option<&'static str> {
    const UNKNOWN_TO_CERTIFICATE: &str = "the certificate it is about does not know of it";
    let kind = Check::owner(entry)?;
    let is_outcome = matches!(
        AuditKind::parse(entry.kind),
        Some(AuditKind::Issued | AuditKind::Released)
    );
    match (kind, owner) {
        (EntryOwner::Certificate, None) => Some("the certificate it is about is missing"),
        (EntryOwner::Certificate, Some(named)) if is_outcome => {
            (named.outcome != Some(entry.seq)).then_some(UNKNOWN_TO_CERTIFICATE)
        }
        // a later one may have taken its place
        (EntryOwner::Certificate, Some(named)) => {
            (named.newest < Some(entry.seq)).then_some(UNKNOWN_TO_CERTIFICATE)
        }
        (EntryOwner::Issuer, None) => Some("the issuer it is about is missing"),
        (EntryOwner::Issuer, Some(named)) => {
            (named.newest < Some(entry.seq)).then_some("the issuer it is about does not know of it")
        }
    }
}

/// Returns what is wrong with a row that was imported, as far as the [`Batch`] does not tell.
fn wrong_import(certificate: &CheckedCertificate<'_>) -> Option<&'static str> {
    let CheckedCertificate {
        row,
        der,
        outcome: entry,
        ..
    } = certificate;
    if row.state != State::Issued {
        return Some("it was taken in, but it is not issued");
    }
    let as_logged = entry.issuer == Some(row.issuer.get())
        && entry.actor == Some(row.requester.as_str())
        && entry.at == Some(row.reserved_at)
        && entry.at == row.issued_at
        && row.profile == IMPORTED_PROFILE;
    if !as_logged {
        return Some("it is not what its audit entry says");
    }
    let fits = match der {
        Some(der) => Parts::of(der)
            .is_some_and(|parts| parts.serial == row.serial && sha256(parts.tbs) == row.tbs_sha256),
        None => row.tbs_sha256 == [0; 32] && row.not_before == 0 && row.names.is_empty(),
    };
    (!fits).then_some("what is stored is not the certificate that was taken in")
}

/// Returns what is wrong with how a reservation ended.
fn wrong_outcome(certificate: &CheckedCertificate<'_>) -> Option<&'static str> {
    let CheckedCertificate {
        row,
        der,
        issuer_subject,
        named,
        outcome: entry,
        ..
    } = certificate;
    let Some(der) = der else {
        return match row.state {
            State::Issued => Some("it is issued, but the certificate is missing"),
            State::Reserved => named
                .outcome
                .is_some()
                .then_some("it is open, but an audit entry says how it ended"),
            State::Void
                if entry.kind != Some(AuditKind::Released.as_str()) || !entry.concerns(row) =>
            {
                Some("it is void, but no audit entry says so")
            }
            State::Void => (!entry.released(row)).then_some("it is not what its audit entry says"),
        };
    };
    if row.state != State::Issued {
        return Some("there is a certificate, although it is not issued");
    }
    let Some(parts) = Parts::of(der) else {
        return Some("what is stored is not a certificate");
    };
    if parts.serial != row.serial {
        return Some("the certificate has another serial");
    }
    if sha256(parts.tbs) != row.tbs_sha256 {
        return Some("what was signed is not what was reserved");
    }
    if *issuer_subject != Some(parts.issuer) {
        return Some("the certificate names another issuer");
    }
    let detail = issued_detail(&ReservationData::of_row(row), &sha256(der));
    let as_logged = entry.is(AuditKind::Issued, &detail)
        && entry.concerns(row)
        && entry.at == row.issued_at
        && entry.actor == Some(row.requester.as_str());
    (!as_logged).then_some("it is not what its audit entry says")
}

/// Returns what is wrong with a row's revocation, or with its absence.
fn wrong_revocation(certificate: &CheckedCertificate<'_>) -> Option<&'static str> {
    let CheckedCertificate {
        row,
        named,
        revocation: entry,
        ..
    } = certificate;
    let CertificateRow {
        revoked_at,
        reason,
        invalidity_date,
        ..
    } = *row;
    let not_revoked = (revoked_at, reason, invalidity_date) == (None, None, None);
    let as_logged = match (named.newest, entry.kind, revoked_at) {
        (None, ..) => not_revoked,
        (Some(_), None, _) => {
            return Some("the audit entry of its revocation is missing");
        }
        (_, _, Some(at)) => {
            let detail = revoked_detail(at, reason, invalidity_date);
            entry.is(AuditKind::Revoked, &detail) && entry.concerns(row)
        }
        (_, _, None) => {
            entry.is(AuditKind::Unrevoked, &Detail::new().finish())
                && entry.concerns(row)
                && not_revoked
        }
    };
    (!as_logged).then_some("its revocation is not what the audit log says")
}
