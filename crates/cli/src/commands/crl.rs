//! `tpm2ca crl`.

use std::{
    fs::File,
    io::{self, BufReader, BufWriter, Write},
};

use anyhow::Result;
use serde_json::json;
use tpm2ca_authority::CrlSummary;
use tpm2ca_x509::{format_time, pem};

use super::delivery::is_stdout;
use crate::{
    args::{Crl, Form, Global},
    context::{authority, requester},
    error::{CliError, Code, StdoutError},
    new_file::{Existing, NewFile},
    output::Output,
};

pub(super) fn run(global: &Global, args: &Crl, output: &Output) -> Result<Code> {
    let to_stdout = args.out.as_deref().is_some_and(is_stdout);
    if to_stdout && output.is_json() {
        return Err(CliError::usage(
            "`--json` and `--out -` cannot share standard output",
            "give `--out FILE`; the record says where the CRL is",
        )
        .into());
    }
    if args.by_config.from.config.is_some() {
        return super::openssl::crl(global, args, output);
    }
    let authority = authority(global, output)?;
    // Begun before a number is allotted to the CRL. Unlike a certificate it is replaced at each renewal: a web server
    // serves the file.
    let file = match &args.out {
        Some(path) if !to_stdout => Some(NewFile::begin(path, 0o644, Existing::Replace)?),
        _ => None,
    };
    authority.issuer(args.issuer.as_deref())?;
    let made = output.while_waiting("making the CRL", || {
        authority.crl(args.issuer.as_deref(), args.days, &requester())
    })?;
    warn_about_end(&made, args.days, output);
    if to_stdout {
        copy(&made, args.outform, io::stdout().lock()).map_err(|error| match error {
            Broken::Source(error) => CliError::file("read", &made.path, &error).into(),
            Broken::Target(error) => anyhow::Error::from(StdoutError(error)),
        })?;
        return Ok(Code::Done);
    }
    let path = match file {
        Some(mut file) => {
            copy(&made, args.outform, &mut file).map_err(|error| match error {
                Broken::Source(error) => CliError::file("read", &made.path, &error),
                Broken::Target(error) => CliError::file("write", file.path(), &error),
            })?;
            let path = file.path().to_owned();
            file.publish(b"")?;
            path
        }
        None => made.path.clone(),
    };
    let file = path.display().to_string();
    output.done(
        || {
            json!({
                "issuer": made.issuer,
                "number": made.number,
                "entries": made.entries,
                "this_update": format_time(made.this_update),
                "next_update": format_time(made.next_update),
                "file": file,
            })
        },
        || {
            format!(
                "{file}  CRL {} of `{}`  {} revoked  next due {}",
                made.number,
                made.issuer,
                made.entries,
                format_time(made.next_update)
            )
        },
    )?;
    Ok(Code::Done)
}

/// A CRL that outlived its issuer could not be verified, and is cut.
fn warn_about_end(made: &CrlSummary, days: Option<u32>, output: &Output) {
    let Some(days) = days else {
        return;
    };
    if made.next_update < made.this_update.saturating_add(i64::from(days) * 86_400) {
        output.warn(&format!(
            "the next CRL is due at {} and not {days} days from now: the issuer's certificate ends then",
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
    copy_octets(&mut file, form, &mut out)
        .and_then(|()| out.flush())
        .map_err(Broken::Target)
}

/// DER as it is, or as PEM.
pub(super) fn copy_octets(
    mut file: &mut impl io::Read,
    form: Form,
    mut out: &mut impl Write,
) -> io::Result<()> {
    match form {
        Form::Der => io::copy(&mut file, &mut out).map(drop),
        Form::Pem => pem::StreamWriter::new("X509 CRL", &mut out).and_then(|mut writer| {
            io::copy(&mut file, &mut writer)?;
            writer.finish().map(drop)
        }),
    }
}
