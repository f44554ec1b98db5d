//! The audit entry that a row names, to be compared with the row.

use crate::audit::AuditKind;
use crate::audit::detail::released_detail;
use crate::certificate::{CertificateRow, ReservationData};

/// The audit entry that a row names, as far as it is there.
pub(crate) struct LoggedEntry<'a> {
    pub(crate) at: Option<i64>,
    pub(crate) kind: Option<&'a str>,
    pub(crate) issuer: Option<i64>,
    pub(crate) serial: Option<&'a [u8]>,
    pub(crate) actor: Option<&'a str>,
    pub(crate) detail: Option<&'a str>,
}

impl LoggedEntry<'_> {
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
                &released_detail(&ReservationData::of_row(certificate), &why),
            )
        }) && self.actor == Some(certificate.requester.as_str())
    }
}
