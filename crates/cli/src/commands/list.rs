//! `tpm2ca list`.

use std::ops::ControlFlow;

use anyhow::Result;
use serde_json::{Value, json};
use tpm2ca_authority::Authority;
use tpm2ca_store::{CertificateRow, Filter, Status};
use tpm2ca_x509::{UnixTime, crl::ReasonCode, format_time};

use crate::{
    args::{FromConfig, Global, List, ListedConfig, StatusArg},
    context::records_to_read,
    error::{Code, StdoutError},
    output::Output,
    text::{hex, printable},
};

pub(super) fn run(global: &Global, args: &List, output: &Output) -> Result<Code> {
    let ListedConfig { config, section } = &args.from;
    let from = FromConfig {
        config: config.clone(),
        section: section.clone(),
    };
    let authority = records_to_read(global, &from, output)?;
    let now = authority.now();
    let status = args.status.map(|status| match status {
        StatusArg::Valid => Status::Valid,
        StatusArg::Revoked => Status::Revoked,
        StatusArg::Expired => Status::Expired,
        StatusArg::Reserved => Status::Reserved,
    });
    let filter = Filter {
        // What expires soon is valid today; those that are past their end are another question.
        status: status.or_else(|| args.expires_within.map(|_| Status::Valid)),
        name_glob: args.name.clone(),
        expires_before: args.expires_within.map(|within| now.saturating_add(within)),
        issuer: args
            .issuer
            .as_deref()
            .map(|name| authority.issuer_id(name))
            .transpose()?,
        now,
        ..Filter::default()
    };
    let mut found = false;
    let mut failed: Option<StdoutError> = None;
    authority.store().list(&filter, &mut |row| {
        // What was reserved and certainly never signed is of interest to `db check` alone.
        if row.status(now) == Status::Void {
            return ControlFlow::Continue(());
        }
        found = true;
        let printed = output.record(|| to_json(&authority, &row, now), || line(&row, now));
        match printed {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                failed = Some(error);
                ControlFlow::Break(())
            }
        }
    })?;
    if let Some(error) = failed {
        return Err(error.into());
    }
    if !found {
        output.say("no certificate is like that");
    }
    Ok(Code::Done)
}

fn line(row: &CertificateRow, now: UnixTime) -> String {
    format!(
        "{:<34}  {:<8}  {}  {}",
        hex(&row.serial),
        row.status(now).to_string(),
        format_time(row.not_after),
        printable(&row.subject)
    )
}

/// A record for machines; `show` uses the same.
pub(super) fn to_json(authority: &Authority, row: &CertificateRow, now: UnixTime) -> Value {
    json!({
        "serial": hex(&row.serial),
        "issuer": authority.issuer_name(row.issuer),
        "status": row.status(now).to_string(),
        "subject": row.subject,
        "names": row.names,
        "profile": row.profile,
        "requester": row.requester,
        "not_before": format_time(row.not_before),
        "not_after": format_time(row.not_after),
        "issued_at": row.issued_at.map(format_time),
        "revoked_at": row.revoked_at.map(format_time),
        "reason": row.reason.and_then(|code| ReasonCode::try_from(code).ok()).map(|reason| reason.to_string()),
    })
}
