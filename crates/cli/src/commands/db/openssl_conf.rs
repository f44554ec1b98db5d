//! `tpm2ca db import-openssl`, `export-openssl` and `updatedb`.

use anyhow::Result;
use serde_json::json;
use tpm2ca_authority::{Clock, OpensslCaOptions, SystemClock, TakeOver, TakenOver, take_over};

use crate::{
    args::{DbExport, DbImport, DbUpdate, Global},
    context::{ca_directory, no_keys, records_to_read},
    error::{CliError, Code},
    openssl_config::{load_ca, oid_file_of_ca, openssl_ca},
    output::Output,
    requester::requester,
    text::{printable, shell_word},
    tpm,
};

/// Makes the records beside index.txt, and says what is in them.
pub(super) fn import(global: &Global, args: &DbImport, output: &Output) -> Result<Code> {
    if global.ca.is_some() {
        return take_over_into(global, args, output);
    }
    if args.issuer.is_some() {
        return Err(CliError::usage(
            "beside index.txt there is one issuer, which has the name of its section",
            "`--issuer` is for a CA directory, which `--ca DIR` names",
        )
        .into());
    }
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

/// Makes the CA an issuer of a directory.
fn take_over_into(global: &Global, args: &DbImport, output: &Output) -> Result<Code> {
    let directory = ca_directory(global, output)?;
    let conf = load_ca(&args.config, output)?;
    let oid_file = oid_file_of_ca(&conf, output)?;
    let tcti = match tpm::named(global)? {
        Some(tcti) => Some(tpm::to_remember(&tcti, &directory)?),
        None => None,
    };
    let wish = TakeOver {
        conf: &conf,
        section: args.section.as_deref(),
        oid_file: oid_file.as_deref(),
        issuer: args.issuer.as_deref(),
        tcti: tcti.as_deref(),
        requester: &requester(),
        at: SystemClock.now(),
    };
    let done = output.while_waiting("taking the CA over", || take_over(&directory, &wish))?;
    for note in &done.notes {
        output.warn(&printable(note));
    }
    let place = directory.path().display().to_string();
    let TakenOver { issuer, taken, .. } = &done;
    output.done(
        || {
            json!({
                "ca": place,
                "issuer": issuer,
                "rows": taken.rows,
                "added": taken.added,
                "added_revoked": taken.added_revoked,
                "notes": done.notes,
            })
        },
        || {
            format!(
                "{place}  issuer `{issuer}`: {} certificates taken over, {} of them revoked",
                taken.added, taken.added_revoked
            )
        },
    )?;
    output.say(&format!(
        "next: `tpm2ca --ca {} crl --issuer {issuer}`; `{}` and its files are not read any more",
        shell_word(&place),
        args.config.display()
    ));
    Ok(Code::Done)
}

/// Writes the files of `openssl ca`.
pub(super) fn export(global: &Global, args: &DbExport, output: &Output) -> Result<Code> {
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
pub(super) fn update(_global: &Global, args: &DbUpdate, output: &Output) -> Result<Code> {
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
