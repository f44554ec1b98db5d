//! `tpm2ca crl` of a CA directory.

use std::{
    fs::File,
    io::{self, BufReader, BufWriter, Write},
    path::Path,
};

use anyhow::Result;
use serde_json::json;
use tpm2ca_authority::{CrlRequest, CrlSummary};
use tpm2ca_x509::format_time;

use super::encode::copy_bytes;
use crate::{
    args::{Crl, Form, Global},
    commands::delivery::is_stdout,
    context::{authority, own_files},
    error::{CliError, Code, StdoutError},
    new_file::{Existing, NewFile},
    output::Output,
    requester::requester,
};

pub(super) fn run(global: &Global, args: &Crl, output: &Output) -> Result<Code> {
    let to_stdout = args.out.as_deref().is_some_and(is_stdout);
    let authority = authority(global, output)?;
    let issuer = authority.issuer(args.issuer.as_deref())?;
    let shards = match args.shards {
        Some(shards) => shards,
        None => authority.issuer_config(issuer.name())?.crl_shards,
    };
    if shards > 0 && args.out.is_some() {
        return Err(CliError::usage(
            format!("{shards} lists do not go into the one file of `--out`"),
            "name a folder for them with `--outdir`, or make the one list of all with `--shards 0`",
        )
        .into());
    }
    let own = own_files(global);
    // The lists that are kept are in a folder together: if one may not go there, none may.
    let kept = Path::new(&authority.issuer_config(issuer.name())?.crl);
    if let (Some(folder), Some(name)) = (&args.outdir, kept.file_name()) {
        own.check(&folder.join(name))?;
    }
    // Begun before a number is allotted to the CRL. Unlike a certificate it is replaced at each renewal: a web server
    // serves the file.
    let file = match &args.out {
        Some(path) if !to_stdout => Some(NewFile::begin(path, 0o644, Existing::Replace, &own)?),
        _ => None,
    };
    let days = args.days.map(|days| i64::from(days) * 86_400);
    let hours = args.by_config.hours.map(|hours| i64::from(hours) * 3600);
    let valid_for = match (days, hours) {
        (None, None) => None,
        (days, hours) => Some(days.unwrap_or(0) + hours.unwrap_or(0)),
    };
    let made = output.while_waiting("making the CRL", || {
        authority.crls(&CrlRequest {
            issuer: Some(issuer.name()),
            shards: Some(shards),
            delta: args.delta,
            valid_for,
            requester: &requester(),
        })
    })?;
    if let Some(first) = made.first() {
        warn_about_end(first, valid_for, output);
    }
    if let (true, [one]) = (to_stdout, made.as_slice()) {
        copy(one, args.outform, io::stdout().lock()).map_err(|error| match error {
            Broken::Source(error) => CliError::file("read", &one.path, &error).into(),
            Broken::Target(error) => anyhow::Error::from(StdoutError(error)),
        })?;
        return Ok(Code::Done);
    }
    let mut file = file;
    for one in &made {
        let file = match (file.take(), &args.outdir) {
            (Some(file), _) => Some(file),
            (None, Some(folder)) => {
                let name = one.path.file_name().unwrap_or_default();
                Some(NewFile::begin(
                    &folder.join(name),
                    0o644,
                    Existing::Replace,
                    &own,
                )?)
            }
            (None, None) => None,
        };
        report(one, &published(one, file, args.outform)?, output)?;
    }
    Ok(Code::Done)
}

/// Copies the CRL to where it was asked for; where it is then.
fn published(made: &CrlSummary, file: Option<NewFile>, form: Form) -> Result<String> {
    let Some(mut file) = file else {
        return Ok(made.path.display().to_string());
    };
    copy(made, form, &mut file).map_err(|error| match error {
        Broken::Source(error) => CliError::file("read", &made.path, &error),
        Broken::Target(error) => CliError::file("write", file.path(), &error),
    })?;
    let path = file.path().display().to_string();
    file.publish(b"")?;
    Ok(path)
}

fn report(made: &CrlSummary, file: &str, output: &Output) -> Result<()> {
    let next = format_time(made.next_update);
    output.done(
        || {
            json!({
                "issuer": made.issuer,
                "number": made.number,
                "base": made.base,
                "shard": made.shard.map(|shard| shard.to_string()),
                "entries": made.entries,
                "this_update": format_time(made.this_update),
                "next_update": next,
                "file": file,
            })
        },
        || {
            let kind = match made.base {
                Some(base) => format!("delta to CRL {base}, {}", made.number),
                None => format!("CRL {}", made.number),
            };
            let shard = made
                .shard
                .map_or_else(String::new, |shard| format!(" {shard}"));
            format!(
                "{file}  {kind}{shard} of `{}`  {} {}  next due {next}",
                made.issuer,
                made.entries,
                if made.base.is_some() {
                    "changed"
                } else {
                    "revoked"
                },
            )
        },
    )?;
    Ok(())
}

/// A CRL that outlived its issuer could not be verified, and is cut.
fn warn_about_end(made: &CrlSummary, valid_for: Option<i64>, output: &Output) {
    let Some(valid_for) = valid_for else {
        return;
    };
    if made.next_update < made.this_update.saturating_add(valid_for) {
        let asked = if valid_for % 86_400 == 0 {
            format!("{} days", valid_for / 86_400)
        } else {
            format!("{} hours", valid_for / 3600)
        };
        output.warn(&format!(
            "the next CRL is due at {} and not {asked} from now: the issuer's certificate ends then",
            format_time(made.next_update)
        ));
    }
}

/// Which side of a copy failed.
enum Broken {
    Source(io::Error),
    Target(io::Error),
}

/// Copies the CRL in pieces: it may be larger than memory is to be.
fn copy(made: &CrlSummary, form: Form, out: impl Write) -> Result<(), Broken> {
    let mut file = BufReader::new(File::open(&made.path).map_err(Broken::Source)?);
    let mut out = BufWriter::new(out);
    copy_bytes(&mut file, form, &mut out)
        .and_then(|()| out.flush())
        .map_err(Broken::Target)
}
