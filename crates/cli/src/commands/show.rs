//! `tpm2ca show`.

use std::fmt::Write as _;

use anyhow::Result;
use tpm2ca_keys::{Digest, Hash};
use tpm2ca_store::CertificateRow;
use tpm2ca_x509::{UnixTime, crl::ReasonCode, format_time, pem};

use super::{certificate::CertificateArg, list::to_json};
use crate::{
    args::{Global, Show},
    context::records_to_read,
    error::{CliError, Code},
    output::Output,
    text::{hex, printable},
};

pub(super) fn run(global: &Global, args: &Show, output: &Output) -> Result<Code> {
    let asked = CertificateArg::parse(&args.what)?;
    let authority = records_to_read(global, &args.from, output)?;
    let now = authority.now();
    let row = asked.find(&authority, args.issuer.as_deref())?;
    let serial = asked.serial();
    let der = authority.store().certificate_der(row.issuer, &row.serial)?;
    let fingerprint = der
        .as_ref()
        .map(|der| hex(Digest::of(Hash::Sha256, der).value()));
    let certificate = der.map(|der| pem::encode("CERTIFICATE", &der));
    // The JSON record has it in any case.
    if args.pem && !output.is_json() {
        let text = certificate.ok_or_else(|| {
            CliError::failed(
                format!("`{serial}` was reserved and may have been signed, but no certificate was recorded"),
                format!("`tpm2ca revoke {serial}` makes sure that nobody can use it"),
            )
        })?;
        output.data(text.as_bytes())?;
        return Ok(Code::Done);
    }
    output.record(
        || {
            let mut record = to_json(&authority, &row, now);
            if let Some(fields) = record.as_object_mut() {
                fields.insert("sha256".to_owned(), fingerprint.clone().into());
                fields.insert("certificate".to_owned(), certificate.into());
            }
            record
        },
        || {
            describe(
                &row,
                &authority.issuer_name(row.issuer),
                fingerprint.as_deref(),
                now,
            )
        },
    )?;
    Ok(Code::Done)
}

fn describe(
    row: &CertificateRow,
    issuer: &str,
    fingerprint: Option<&str>,
    now: UnixTime,
) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: &str| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{name:<12} {}", printable(value));
    };
    line("serial", &hex(&row.serial));
    line("status", &row.status(now).to_string());
    line("subject", &row.subject);
    if !row.names.is_empty() {
        line("names", &row.names.join(", "));
    }
    if let Some(fingerprint) = fingerprint {
        line("SHA-256", fingerprint);
    }
    line("issuer", issuer);
    line("profile", &row.profile);
    line("requester", &row.requester);
    // 0 is what the records have for a certificate that `openssl ca` issued and that they never saw.
    if row.not_before != 0 {
        line("valid from", &format_time(row.not_before));
    }
    line("valid to", &format_time(row.not_after));
    line("reserved", &format_time(row.reserved_at));
    if let Some(at) = row.issued_at {
        line("recorded", &format_time(at));
    }
    if let Some(at) = row.revoked_at {
        line("revoked", &format_time(at));
        let reason = row.reason.and_then(|code| ReasonCode::try_from(code).ok());
        line(
            "reason",
            &reason.map_or_else(|| "unspecified".to_owned(), |reason| reason.to_string()),
        );
    }
    text.truncate(text.trim_end().len());
    text
}
