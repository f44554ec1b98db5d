//! `tpm2ca db check`.

use std::ops::ControlFlow;

use anyhow::Result;
use serde_json::json;
use tpm2ca_store::Store;

use crate::{
    args::{DbCheck, Global},
    context::records_to_read,
    error::{CliError, Code},
    output::Output,
    text::{hex, printable},
};

pub(super) fn run(global: &Global, args: &DbCheck, output: &Output) -> Result<Code> {
    let authority = records_to_read(global, &args.from, output)?;
    let found = output.while_waiting("checking the records", || authority.check())?;
    let records = &found.records;
    let mut problems: Vec<String> = records.problems.iter().map(ToString::to_string).collect();
    problems.extend(found.problems.iter().cloned());
    let noted = match args.audit_head {
        Some(noted) => place_of(&noted, authority.store())?,
        None => None,
    };
    if args.audit_head.is_some() && noted.is_none() {
        problems.push(
            "the audit log does not contain the head that was noted: entries were changed or cut off, or the head is \
             another CA's"
                .to_owned(),
        );
    }
    problems.extend(authority.check_index()?);
    let outstanding: Vec<String> = records
        .outstanding
        .iter()
        .map(|row| hex(&row.serial))
        .collect();
    output.record(
        || {
            json!({
                "clean": problems.is_empty(),
                "issued": records.issued,
                "verified": found.verified,
                "revoked": records.revoked,
                "void": records.void,
                "crls": records.crls,
                "audit_entries": records.audit_entries,
                "audit_head": records.audit_head.map(|hash| hex(&hash)),
                "noted_head_at": noted,
                "possibly_signed": outstanding,
                "problems": problems,
            })
        },
        || {
            let head = records.audit_head.map(|hash| hex(&hash)).unwrap_or_default();
            format!(
                "{} certificates, {} signatures verified, {} revoked, {} CRLs\n{} audit entries, head {head}",
                records.issued, found.verified, records.revoked, records.crls, records.audit_entries
            )
        },
    )?;
    for row in &records.outstanding {
        output.warn(&format!(
            "{} may have been signed before a crash ({}); `tpm2ca revoke {}` makes sure that nobody can use it",
            hex(&row.serial),
            printable(&row.subject),
            hex(&row.serial)
        ));
    }
    if let Some(entry) = noted {
        output.say(&format!(
            "the head that was noted is entry {entry} of {}: nothing up to it was changed",
            records.audit_entries
        ));
    }
    if problems.is_empty() {
        output.say("the records are in order");
        return Ok(Code::Done);
    }
    for problem in &problems {
        output.warn(&printable(problem));
    }
    Err(CliError::verification(
        format!("the records are not in order: {} problems", problems.len()),
        "keep the directory as it is for the investigation, and restore a backup into another one",
    )
    .into())
}

/// The number of the audit entry with this hash.
fn place_of(noted: &[u8; 32], store: &dyn Store) -> Result<Option<u64>> {
    let mut place = None;
    store.audit(0, &mut |entry| {
        if entry.hash == *noted {
            place = Some(entry.seq);
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    })?;
    Ok(place)
}
