//! `tpm2ca sign --config`: what `openssl ca -in` does.

use std::{fmt::Write as _, path::PathBuf};

use anyhow::{Error, Result};
use serde_json::json;
use tpm2ca_authority::{
    Issued, OpensslCa, OpensslCaOptions, OwnFiles, Preview, SignOptions, Signing, Wanted,
};
use tpm2ca_x509::{format_time, pem};

use super::confirm::confirm;
use crate::{
    args::{Global, Md, Sign, SignByConfig, ValidityArgs},
    commands::{csr, delivery::is_stdout},
    error::{CliError, Code, Failure},
    new_file::{Existing, NewFile},
    openssl_config::{keyring, load_ca, no_spkac, openssl_ca, tell},
    output::Output,
    requester::requester,
    text::printable,
};

pub(super) fn run(global: &Global, args: &Sign, output: &Output) -> Result<Code> {
    let by = &args.by_config;
    if by.spkac.is_some() {
        return Err(no_spkac());
    }
    let Some(config) = &by.config else {
        return Err(CliError::usage("no `--config`", "give `--config FILE`").into());
    };
    let inputs: Vec<PathBuf> = args.input.iter().chain(&args.csrs).cloned().collect();
    let requests = inputs
        .iter()
        .map(|path| csr::read(path))
        .collect::<Result<Vec<_>>>()?;
    let extfile = by
        .extfile
        .as_deref()
        .map(|path| load_ca(path, output))
        .transpose()?;
    let options = OpensslCaOptions {
        section: by.section.clone(),
        key: by.keyfile.clone(),
        certificate: by.cert.clone(),
        selfsign: by.selfsign,
        ..OpensslCaOptions::default()
    };
    let ca = openssl_ca(config, options, keyring(global, output)?, output)?;
    let subject = args
        .subj
        .as_deref()
        .map(|text| ca.subject(text, by.utf8))
        .transpose()?;
    let requester = requester();
    let options = sign_options(args, by, extfile.as_ref(), subject.as_ref(), &requester);
    let targets = Targets::begin(args, &inputs, ca.own_files())?;
    let mut batch = Batch {
        ca: &ca,
        inputs: &inputs,
        options,
        failures: Vec::new(),
        output,
    };
    let wanted = batch.prepare(&requests);
    if !by.batch && !wanted.is_empty() && !batch.confirmed(&wanted)? {
        return Err(CliError::failed(
            "nothing was signed: it was not confirmed",
            "answer `y`, or give `--batch`",
        )
        .into());
    }
    let made = batch.sign(wanted)?;
    targets.deliver(&made, output)?;
    Ok(batch.report(inputs.len(), made.len()))
}

fn sign_options<'a>(
    args: &Sign,
    by: &'a SignByConfig,
    extfile: Option<&'a tpm2ca_openssl_conf::Conf>,
    subject: Option<&'a tpm2ca_x509::Name>,
    requester: &'a str,
) -> SignOptions<'a> {
    let ValidityArgs {
        days,
        startdate,
        enddate,
    } = args.validity;
    SignOptions {
        extensions: by.extensions.as_deref(),
        extfile,
        policy: by.policy.as_deref(),
        days: days.map(i64::from),
        not_before: startdate,
        not_after: enddate,
        md: args.md.map(|md| match md {
            Md::Sha256 => "sha256",
            Md::Sha384 => "sha384",
            Md::Sha512 => "sha512",
        }),
        subject,
        preserve: by.preserve_dn,
        no_email: by.no_email_dn,
        selfsign: by.selfsign,
        rand_serial: by.rand_serial,
        create_serial: by.create_serial,
        strict: by.strict,
        requester,
    }
}

/// Where the certificates go.
enum Targets<'a> {
    Stdout,
    /// All into one file.
    One(Box<NewFile>),
    /// Each into its own.
    Each(Vec<PathBuf>, &'a OwnFiles),
}

impl<'a> Targets<'a> {
    fn begin(args: &Sign, inputs: &[PathBuf], own: &'a OwnFiles) -> Result<Self> {
        // `openssl ca -out` writes over what is there.
        match (&args.out, &args.outdir) {
            (Some(path), _) if !is_stdout(path) => Ok(Self::One(Box::new(NewFile::begin(
                path,
                0o644,
                Existing::Replace,
                own,
            )?))),
            (_, Some(folder)) => {
                let targets: Vec<PathBuf> = inputs
                    .iter()
                    .map(|input| {
                        let name = input.with_extension("crt");
                        folder.join(name.file_name().unwrap_or_default())
                    })
                    .collect();
                for target in &targets {
                    // Looked at all before the first is signed; the file itself is begun when its turn comes.
                    own.check(target)?;
                }
                Ok(Self::Each(targets, own))
            }
            _ => Ok(Self::Stdout),
        }
    }

    fn deliver(self, made: &[(usize, Issued)], output: &Output) -> Result<()> {
        for (_, issued) in made {
            for note in &issued.notes {
                let note = ["warning: ", "error: ", "notice: "]
                    .iter()
                    .find_map(|severity| note.strip_prefix(severity))
                    .unwrap_or(note);
                output.warn(&printable(note));
            }
        }
        let text = |issued: &Issued| pem::encode("CERTIFICATE", &issued.certificate);
        let record = |issued: &Issued, file: Option<&str>| {
            json!({
                "serial": issued.serial.to_string(),
                "issuer": issued.issuer,
                "not_before": format_time(issued.validity.not_before),
                "not_after": format_time(issued.validity.not_after),
                "file": file,
                "certificate": text(issued),
                "notes": issued.notes,
            })
        };
        let line = |issued: &Issued, file: &str| {
            format!(
                "{}serial {}  valid to {}",
                printable(file),
                issued.serial,
                format_time(issued.validity.not_after)
            )
        };
        match self {
            Self::Stdout => {
                for (_, issued) in made {
                    if output.is_json() {
                        output.data(format!("{}\n", record(issued, None)).as_bytes())?;
                    } else {
                        output.data(text(issued).as_bytes())?;
                        output.detail(&line(issued, ""));
                    }
                }
            }
            Self::One(file) => {
                if made.is_empty() {
                    return Ok(());
                }
                let path = file.path().display().to_string();
                let all: String = made.iter().map(|(_, issued)| text(issued)).collect();
                file.publish(all.as_bytes())?;
                for (_, issued) in made {
                    output.done(
                        || record(issued, Some(&path)),
                        || line(issued, &format!("{path}  ")),
                    )?;
                }
            }
            Self::Each(paths, own) => {
                for (at, issued) in made {
                    let Some(path) = paths.get(*at) else { continue };
                    NewFile::begin(path, 0o644, Existing::Replace, own)?
                        .publish(text(issued).as_bytes())?;
                    let path = path.display().to_string();
                    output.done(
                        || record(issued, Some(&path)),
                        || line(issued, &format!("{path}  ")),
                    )?;
                }
            }
        }
        Ok(())
    }
}

/// The requests of one call, and what went wrong with some of them.
struct Batch<'a> {
    ca: &'a OpensslCa,
    inputs: &'a [PathBuf],
    options: SignOptions<'a>,
    failures: Vec<(usize, Error)>,
    output: &'a Output,
}

impl Batch<'_> {
    fn prepare<'r>(&mut self, requests: &'r [Vec<u8>]) -> Vec<(usize, Wanted<'r>)> {
        let mut wanted = Vec::new();
        for (at, request) in requests.iter().enumerate() {
            match self.ca.prepare(request, &self.options) {
                Ok(prepared) => wanted.push((at, prepared)),
                Err(error) => self.failures.push((at, error.into())),
            }
        }
        wanted
    }

    fn confirmed(&mut self, wanted: &[(usize, Wanted<'_>)]) -> Result<bool> {
        {
            // What cannot be signed anyway is not asked about.
            let signing = self.begin()?;
            if let Some(error) = wanted
                .iter()
                .find_map(|(_, wanted)| signing.check(wanted).err())
            {
                return Err(error.into());
            }
        }
        let mut text = String::new();
        for (at, wanted) in wanted {
            let name = self.inputs.get(*at).map(|path| path.display().to_string());
            let preview = wanted.preview(&self.ca.settings().objects);
            describe(&mut text, &name.unwrap_or_default(), &preview);
        }
        let question = match wanted.len() {
            1 => "Sign the certificate?".to_owned(),
            many => format!("Sign these {many} certificates?"),
        };
        confirm(&text, &question)
    }

    fn begin(&self) -> Result<Signing<'_>> {
        let signing = self.ca.begin()?;
        tell(signing.taken.as_ref(), self.output);
        Ok(signing)
    }

    fn sign(&mut self, wanted: Vec<(usize, Wanted<'_>)>) -> Result<Vec<(usize, Issued)>> {
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let mut made = Vec::new();
        let mut failures = Vec::new();
        let mut signing = self.begin()?;
        for (at, wanted) in wanted {
            match signing.sign(wanted, &self.options) {
                Ok(issued) => made.push((at, issued)),
                Err(error) => {
                    let error = Error::from(error);
                    let stop = Failure::from(&error).code == Code::TpmUnavailable;
                    failures.push((at, error));
                    if stop {
                        break;
                    }
                }
            }
        }
        signing.finish()?;
        self.failures.extend(failures);
        Ok(made)
    }

    fn report(mut self, all: usize, made: usize) -> Code {
        let mut code = Code::Done;
        self.failures.sort_by_key(|(at, _)| *at);
        for (at, error) in &self.failures {
            let about = self.inputs.get(*at).map(|path| path.display().to_string());
            let mut failure = Failure::from(error);
            if all > 1 {
                if let Some(about) = &about {
                    failure.message = format!("`{about}`: {}", failure.message);
                }
                failure.about = about;
            }
            self.output.failure(&failure);
            if code != Code::TpmUnavailable {
                code = failure.code;
            }
        }
        if all > 1 {
            self.output.say(&format!("{made} of {all} signed"));
        }
        code
    }
}

fn describe(text: &mut String, name: &str, preview: &Preview) {
    let Preview {
        subject,
        validity,
        extensions,
        notes,
    } = preview;
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{name}");
    for (attribute, value) in subject {
        let _ = writeln!(text, "    {attribute:<24} {value}");
    }
    let _ = writeln!(
        text,
        "    valid                    {} to {}",
        format_time(validity.not_before),
        format_time(validity.not_after)
    );
    for extension in extensions {
        let critical = if extension.critical { "critical " } else { "" };
        let _ = writeln!(
            text,
            "    {:<24} {critical}{}",
            extension.name, extension.value
        );
    }
    for note in notes {
        let _ = writeln!(text, "    warning: {note}");
    }
}
