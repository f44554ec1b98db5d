//! `tpm2ca revoke --config`: what `openssl ca -revoke` does.

use std::path::Path;

use anyhow::Result;
use serde_json::json;
use tpm2ca_authority::{AuthorityError, OpensslCaOptions, OpensslRevocation};
use tpm2ca_x509::{crl::ReasonCode, format_time};

use super::already_revoked::already_revoked;
use crate::{
    args::Revoke,
    commands::certificate::CertificateArg,
    context::no_keys,
    error::Code,
    openssl_config::{openssl_ca, tell},
    output::Output,
    requester::requester,
    text::printable,
};

pub(super) fn run(
    args: &Revoke,
    config: &Path,
    certificate: &CertificateArg,
    reason: Option<ReasonCode>,
    output: &Output,
) -> Result<Code> {
    let options = OpensslCaOptions {
        section: args.from.section.clone(),
        ..OpensslCaOptions::default()
    };
    let ca = openssl_ca(config, options, no_keys(), output)?;
    let serial = certificate.serial();
    if reason == Some(ReasonCode::RemoveFromCrl) {
        certificate.in_file(ca.end_hold(serial, certificate.der(), &requester()))?;
        output.done(
            || json!({ "serial": serial.to_string(), "reason": "removeFromCRL" }),
            || format!("no longer on hold: {serial}"),
        )?;
        return Ok(Code::Done);
    }
    let revoked = ca.revoke(&OpensslRevocation {
        serial,
        certificate: certificate.der(),
        reason,
        invalidity_date: args.invalidity_date,
        hold_instruction: args.hold_instruction.as_deref(),
        requester: &requester(),
    });
    let (revoked, taken) = match revoked {
        Err(error @ AuthorityError::NotIssuedHere { .. }) => certificate.in_file(Err(error))?,
        revoked => revoked.map_err(|error| already_revoked(serial, error))?,
    };
    tell(taken.as_ref(), output);
    output.done(
        || {
            json!({
                "serial": serial.to_string(),
                "issuer": revoked.issuer,
                "subject": revoked.subject,
                "reason": reason.map(|reason| reason.to_string()),
                "revoked_at": format_time(revoked.outcome.revoked_at),
            })
        },
        || format!("revoked {serial}  {}", printable(&revoked.subject)),
    )?;
    output.say(&format!(
        "next: `tpm2ca crl --config {} --out FILE` tells the world",
        config.display()
    ));
    Ok(Code::Done)
}
