//! `tpm2ca crl --config`: what `openssl ca -gencrl` does.

use std::{
    fs::File,
    io::{self, BufReader, BufWriter, Write},
    path::Path,
};

use anyhow::Result;
use serde_json::json;
use tpm2ca_authority::{OpensslCaOptions, OpensslCrl, OpensslCrlOptions};
use tpm2ca_x509::format_time;

use super::encode::copy_bytes;
use crate::{
    args::{Crl, Form, Global},
    commands::delivery::is_stdout,
    error::{CliError, Code, StdoutError},
    new_file::{Existing, NewFile},
    openssl_config::{keyring, openssl_ca, tell},
    output::Output,
    requester::requester,
    text::printable,
};

pub(super) fn run(global: &Global, args: &Crl, config: &Path, output: &Output) -> Result<Code> {
    let by = &args.by_config;
    let options = OpensslCaOptions {
        section: by.from.section.clone(),
        key: by.keyfile.clone(),
        certificate: by.cert.clone(),
        ..OpensslCaOptions::default()
    };
    let ca = openssl_ca(config, options, keyring(global, output)?, output)?;
    // Begun before a number is allotted to the CRL.
    let file = match &args.out {
        Some(path) if !is_stdout(path) => Some(NewFile::begin(
            path,
            0o644,
            Existing::Replace,
            ca.own_files(),
        )?),
        _ => None,
    };
    let requester = requester();
    let made = output.while_waiting("making the CRL", || {
        ca.crl(&OpensslCrlOptions {
            days: args.days.map(i64::from),
            hours: by.hours.map(i64::from),
            this_update: by.lastupdate,
            next_update: by.nextupdate,
            extensions: by.crlexts.as_deref(),
            md: by.md.as_deref(),
            requester: &requester,
        })
    })?;
    tell(made.taken.as_ref(), output);
    for note in &made.notes {
        output.warn(&printable(note));
    }
    let Some(mut file) = file else {
        // As with `openssl ca -gencrl`, standard output has the CRL.
        copy(&made, args.outform, io::stdout().lock()).map_err(StdoutError)?;
        return Ok(Code::Done);
    };
    copy(&made, args.outform, &mut file)
        .map_err(|error| CliError::file("write", file.path(), &error))?;
    let path = file.path().display().to_string();
    file.publish(b"")?;
    let summary = &made.summary;
    output.done(
        || {
            json!({
                "issuer": summary.issuer,
                "number": made.has_number.then_some(summary.number),
                "entries": summary.entries,
                "this_update": format_time(summary.this_update),
                "next_update": format_time(summary.next_update),
                "file": path,
            })
        },
        || {
            let number = if made.has_number {
                format!("CRL {:02X}", summary.number)
            } else {
                "CRL without a number".to_owned()
            };
            format!(
                "{path}  {number}  {} revoked  next due {}",
                summary.entries,
                format_time(summary.next_update)
            )
        },
    )?;
    Ok(Code::Done)
}

/// Copies the CRL in pieces: it may be larger than memory is to be.
fn copy(made: &OpensslCrl, form: Form, out: impl Write) -> io::Result<()> {
    let mut file = BufReader::new(File::open(made.path())?);
    let mut out = BufWriter::new(out);
    copy_bytes(&mut file, form, &mut out)?;
    out.flush()
}
