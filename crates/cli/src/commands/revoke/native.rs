//! `tpm2ca revoke` in a CA directory.

use anyhow::Result;
use serde_json::json;
use tpm2ca_authority::{Authority, RevokeRequest};
use tpm2ca_store::{CertificateRow, StoreError};
use tpm2ca_x509::{Serial, crl::ReasonCode, format_time};

use super::already_revoked::already_revoked;
use crate::{
    args::{Global, Revoke},
    commands::certificate::CertificateArg,
    context::records,
    error::{CliError, Code},
    output::Output,
    requester::requester,
    text::printable,
};

pub(super) fn run(
    global: &Global,
    args: &Revoke,
    certificate: &CertificateArg,
    reason: Option<ReasonCode>,
    output: &Output,
) -> Result<Code> {
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
