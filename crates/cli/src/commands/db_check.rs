//! `tpm2ca db check`.

use anyhow::Result;
use serde_json::json;

use crate::{
    args::Global,
    context::records_to_read,
    error::{CliError, Code},
    output::Output,
    text::{hex, printable},
};

pub(super) fn run(global: &Global, output: &Output) -> Result<Code> {
    let authority = records_to_read(global, output)?;
    let found = output.while_waiting("checking the records", || authority.check())?;
    let records = &found.records;
    let mut problems: Vec<String> = records.problems.iter().map(ToString::to_string).collect();
    problems.extend(found.problems.iter().cloned());
    let outstanding: Vec<String> = records
        .outstanding
        .iter()
        .map(|row| hex(&row.serial))
        .collect();
    output.record(
        || {
            json!({
                "clean": found.is_clean(),
                "issued": records.issued,
                "verified": found.verified,
                "revoked": records.revoked,
                "void": records.void,
                "crls": records.crls,
                "audit_entries": records.audit_entries,
                "audit_head": records.audit_head.map(|hash| hex(&hash)),
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
    if found.is_clean() {
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
