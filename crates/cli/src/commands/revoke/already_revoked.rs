//! The message for a certificate that is revoked a second time.

use tpm2ca_authority::AuthorityError;
use tpm2ca_store::StoreError;
use tpm2ca_x509::{Serial, crl::ReasonCode, format_time};

use crate::error::CliError;

/// The first revocation counts (RFC 5280 section 5.3.2); it is said when and why that was.
pub(super) fn already_revoked(serial: &Serial, error: AuthorityError) -> anyhow::Error {
    match error {
        AuthorityError::Store(StoreError::AlreadyRevoked { at, reason, .. })
            if reason != Some(ReasonCode::CertificateHold.code()) =>
        {
            let why = reason
                .and_then(|code| ReasonCode::try_from(code).ok())
                .map(|reason| format!(" for {reason}"))
                .unwrap_or_default();
            CliError::failed(
                format!(
                    "the certificate {serial} was revoked already, at {}{why}",
                    format_time(at)
                ),
                format!("that stays as it is; `tpm2ca show {serial}` shows it"),
            )
            .into()
        }
        other => other.into(),
    }
}
