//! `tpm2ca revoke`.

use anyhow::Result;
use serde_json::json;
use tpm2ca_authority::{Authority, AuthorityError, RevokeRequest};
use tpm2ca_store::{CertificateRow, StoreError};
use tpm2ca_x509::{Serial, crl::ReasonCode, format_time};

use super::certificate::CertificateArg;
use crate::{
    args::{Global, Revoke},
    context::{records, requester},
    error::{CliError, Code},
    output::Output,
    text::printable,
};

pub(super) fn run(global: &Global, args: &Revoke, output: &Output) -> Result<Code> {
    let certificate = CertificateArg::parse(&args.what)?;
    let reason = args.reason.as_deref().map(reason).transpose()?;
    if args.from.config.is_some() {
        return super::openssl::revoke(global, args, &certificate, reason, output);
    }
    let authority = records(global, output)?;
    let row = certificate.find(&authority, args.issuer.as_deref())?;
    let serial = certificate.serial();
    let issuer = authority.issuer_name(row.issuer);
    let (revoked_at, what) = if reason == Some(ReasonCode::RemoveFromCrl) {
        end_hold(&authority, serial, &row)?;
        (None, "no longer on hold:")
    } else {
        let revoked = authority.revoke(&RevokeRequest {
            serial,
            issuer: Some(&issuer),
            reason,
            invalidity_date: args.invalidity_date,
            requester: &requester(),
        });
        let revoked = revoked.map_err(|error| already_revoked(serial, error))?;
        (Some(format_time(revoked.outcome.revoked_at)), "revoked")
    };
    output.done(
        || {
            json!({
                "serial": serial.to_string(),
                "issuer": issuer,
                "subject": row.subject,
                "reason": reason.map(|reason| reason.to_string()),
                "revoked_at": revoked_at,
            })
        },
        || format!("{what} {serial}  {}", printable(&row.subject)),
    )?;
    if row.profile == "root" && revoked_at.is_some() {
        output.warn("a root cannot disown itself: verifiers trust it until it is removed from their trust stores");
    }
    output.say(&format!(
        "next: `tpm2ca crl --issuer {issuer}` tells the world"
    ));
    Ok(Code::Done)
}

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

fn reason(text: &str) -> Result<ReasonCode> {
    Ok(text.parse().map_err(|_| {
        CliError::usage(
            format!("`{text}` is not a reason"),
            "use keyCompromise, CACompromise, affiliationChanged, superseded, cessationOfOperation, \
             privilegeWithdrawn or certificateHold, removeFromCRL to end a hold, or leave it out",
        )
    })?)
}

fn end_hold(authority: &Authority, serial: &Serial, row: &CertificateRow) -> Result<()> {
    let ended = authority
        .store()
        .unrevoke(row.issuer, &row.serial, &requester(), authority.now());
    ended.map_err(|error| match error {
        StoreError::NotOnHold { .. } => anyhow::Error::from(CliError::failed(
            format!("the certificate {serial} is not on hold, and what was revoked for good stays revoked"),
            "issue a new certificate, or choose another reason",
        )),
        other => other.into(),
    })
}
