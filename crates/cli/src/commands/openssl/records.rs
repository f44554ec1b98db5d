//! `tpm2ca db import-openssl`, `export-openssl` and `updatedb`.

use anyhow::Result;
use serde_json::json;
use tpm2ca_authority::OpensslCaOptions;

use crate::{
    args::{DbExport, DbImport, DbUpdate, Global},
    context::{no_keys, records_to_read},
    error::Code,
    openssl_config::openssl_ca,
    output::Output,
    text::printable,
};

/// Makes the records beside index.txt, and says what is in them.
pub(in crate::commands) fn import(
    _global: &Global,
    args: &DbImport,
    output: &Output,
) -> Result<Code> {
    let options = OpensslCaOptions {
        section: args.section.clone(),
        ..OpensslCaOptions::default()
    };
    let ca = openssl_ca(&args.config, options, no_keys(), output)?;
    let taken = output
        .while_waiting("taking index.txt in", || ca.synchronize())?
        .unwrap_or_default();
    let records = ca.authority().directory().path().join("tpm2ca.db");
    output.done(
        || {
            json!({
                "records": records.display().to_string(),
                "rows": taken.rows,
                "added": taken.added,
                "added_revoked": taken.added_revoked,
                "changed": taken.change_count,
            })
        },
        || {
            format!(
                "{}  {} certificates taken in, {} of them revoked, {} changed",
                records.display(),
                taken.added,
                taken.added_revoked,
                taken.change_count
            )
        },
    )?;
    Ok(Code::Done)
}

/// Writes the files of `openssl ca`.
pub(in crate::commands) fn export(
    global: &Global,
    args: &DbExport,
    output: &Output,
) -> Result<Code> {
    let authority = records_to_read(global, &args.from, output)?;
    let summary = authority.export_openssl(args.issuer.as_deref(), &args.outdir)?;
    for note in &summary.notes {
        output.warn(&printable(note));
    }
    output.done(
        || {
            json!({
                "index": summary.index.display().to_string(),
                "rows": summary.rows,
                "certificates": summary.certificates,
                "notes": summary.notes,
            })
        },
        || {
            format!(
                "{}  {} rows, {} certificates in newcerts",
                summary.index.display(),
                summary.rows,
                summary.certificates
            )
        },
    )?;
    Ok(Code::Done)
}

/// Marks in index.txt what has expired.
pub(in crate::commands) fn update(
    _global: &Global,
    args: &DbUpdate,
    output: &Output,
) -> Result<Code> {
    let options = OpensslCaOptions {
        section: args.section.clone(),
        ..OpensslCaOptions::default()
    };
    let ca = openssl_ca(&args.config, options, no_keys(), output)?;
    let marked = ca.mark_expired()?;
    for (serial, subject) in &marked {
        output.record(
            || json!({ "serial": serial, "subject": subject, "status": "expired" }),
            || format!("{serial}  {}", printable(subject)),
        )?;
    }
    if marked.is_empty() {
        output.say("nothing has expired since the last time");
    }
    Ok(Code::Done)
}
