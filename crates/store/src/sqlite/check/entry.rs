//! The audit entry that a row names, to be compared with the row.

use rusqlite::Row;

use crate::audit::{AuditKind, released_detail};
use crate::certificate::{CertificateRow, Facts};
use crate::error::StoreError;

/// The audit entry that a row names, as far as it is there.
pub(super) struct Entry<'a> {
    pub(super) at: Option<i64>,
    pub(super) kind: Option<&'a str>,
    pub(super) issuer: Option<i64>,
    pub(super) serial: Option<&'a [u8]>,
    pub(super) actor: Option<&'a str>,
    pub(super) detail: Option<&'a str>,
}

impl<'a> Entry<'a> {
    /// Reads six columns from `first` on.
    pub(super) fn read(row: &'a Row<'_>, first: usize) -> Result<Self, StoreError> {
        let text = |column| -> Result<Option<&'a str>, StoreError> {
            Ok(row
                .get_ref(column)?
                .as_str_or_null()
                .map_err(rusqlite::Error::from)?)
        };
        Ok(Self {
            at: row.get(first)?,
            kind: text(first + 1)?,
            issuer: row.get(first + 2)?,
            serial: row
                .get_ref(first + 3)?
                .as_bytes_or_null()
                .map_err(rusqlite::Error::from)?,
            actor: text(first + 4)?,
            detail: text(first + 5)?,
        })
    }

    pub(super) fn is(&self, kind: AuditKind, detail: &str) -> bool {
        self.kind == Some(kind.as_str()) && self.detail == Some(detail)
    }

    pub(super) fn concerns(&self, certificate: &CertificateRow) -> bool {
        self.issuer == Some(certificate.issuer.get()) && self.serial == Some(&certificate.serial)
    }

    /// Tells whether a void row is what the entry says that was released. The reason is in the entry alone.
    pub(super) fn released(&self, certificate: &CertificateRow) -> bool {
        let why = self
            .detail
            .and_then(|detail| serde_json::from_str::<serde_json::Value>(detail).ok())
            .and_then(|detail| detail.get("why")?.as_str().map(str::to_owned));
        why.is_some_and(|why| {
            self.is(
                AuditKind::Released,
                &released_detail(&facts(certificate), &why),
            )
        }) && self.actor == Some(certificate.requester.as_str())
    }
}

pub(super) fn facts(certificate: &CertificateRow) -> Facts {
    Facts {
        issuer: certificate.issuer,
        serial: certificate.serial.clone(),
        tbs_sha256: certificate.tbs_sha256,
        requester: certificate.requester.clone(),
        profile: certificate.profile.clone(),
        subject: certificate.subject.clone(),
        names: serde_json::Value::from(certificate.names.as_slice()).to_string(),
        not_before: certificate.not_before,
        not_after: certificate.not_after,
        reserved_at: certificate.reserved_at,
    }
}
