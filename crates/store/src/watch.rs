//! Revocations by other threads and processes, for callers that cache answers about certificates.

use crate::audit::AuditKind;
use crate::error::StoreError;
use crate::issuer::IssuerId;

/// Looks for revocations that were committed since it looked last: [`Store::watch`](crate::Store::watch).
pub trait Watch: Send {
    /// Calls `each` for every change since the last call, or since the watch was made. It does not matter which
    /// process committed it. Costs a few microseconds when nothing was committed, and never grows with the number of
    /// certificates.
    ///
    /// # Errors
    /// Those of the database. The changes are then told at the next call; some may be told twice.
    fn changes(&mut self, each: &mut dyn FnMut(Change)) -> Result<(), StoreError>;
}

/// A change that a [`Watch`] reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A certificate was revoked, put on hold, or taken off it.
    Revocation {
        /// The certificate's issuer.
        issuer: IssuerId,
        /// Its serial, big endian without leading zeros.
        serial: Vec<u8>,
    },
    /// Something that this version cannot tell apart: anything may have changed.
    Anything,
}

impl Change {
    /// Returns the change that an audit entry records, if it is one. The kind is `None` if it is not known here.
    pub(crate) fn of_entry(
        kind: Option<AuditKind>,
        issuer: Option<IssuerId>,
        serial: Option<Vec<u8>>,
    ) -> Option<Self> {
        match (kind, issuer, serial) {
            (
                Some(
                    AuditKind::IssuerAdded
                    | AuditKind::IssuerCertified
                    | AuditKind::Issued
                    | AuditKind::Released
                    | AuditKind::Refused
                    | AuditKind::Crl,
                ),
                ..,
            ) => None,
            (Some(AuditKind::Revoked | AuditKind::Unrevoked), Some(issuer), Some(serial)) => {
                Some(Change::Revocation { issuer, serial })
            }
            _ => Some(Change::Anything),
        }
    }
}
