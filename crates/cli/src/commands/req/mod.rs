//! `tpm2ca req`: a certificate request or a self-signed certificate, as `openssl req` makes them.

mod config;
mod key;
mod look;
mod questions;

use std::path::Path;

use anyhow::Result;
use serde_json::json;
use tpm2ca_authority::{Environment, ExtensionSource, Made, RequestPlan, SelfSigning};
use tpm2ca_keys::RequestAttribute;
use tpm2ca_openssl_ca::req::{Answer, ReqError, ReqSettings};
use tpm2ca_openssl_conf::Conf;
use tpm2ca_openssl_x509v3::NameRules;
use tpm2ca_x509::{Name, pem};

use self::{config::Config, key::Key, questions::Questioner};
use super::delivery::Destination;
use crate::{
    args::{Form, Global, req::Req},
    context::own_files,
    error::{CliError, Code},
    new_file::Existing,
    output::Output,
    secret::Secret,
    text::printable,
};

pub(super) fn run(global: &Global, args: &Req, output: &Output) -> Result<Code> {
    if let Some(input) = &args.input {
        return look::run(args, input, &own_files(global), output);
    }
    // What can go wrong without a key goes wrong before anybody is asked anything, and before the key is touched.
    let config = Config::load(args.config.as_deref(), output)?;
    let settings = config.settings(&args.section);
    let rules = settings.name_rules(args.utf8)?;
    let hash = config.hash(args, &settings)?;
    let section = config.extensions(args, &settings)?;
    let added = config::added_extensions(&args.addext)?;
    let serial = args.set_serial.as_deref().map(config::serial).transpose()?;
    if !args.x509 && (args.days.is_some() || serial.is_some()) {
        output.warn("`--days` and `--set_serial` are for certificates, and this is a request");
    }
    if asks(args, &settings) && secrets_from_stdin(global, args) {
        return Err(CliError::usage(
            "the answers and a secret cannot both come from standard input",
            "give the secret as `file:PATH`, `fd:N` or `env:VAR`, or the subject with `--subj`",
        )
        .into());
    }
    let own = own_files(global);
    let key = Key::choose(args, &settings, &own, output)?;
    let beside_key = key.is_in(args.out.as_deref());
    if beside_key && matches!(args.outform, Form::Der) {
        return Err(CliError::usage(
            "a key in PEM and DER do not go into one file",
            "name another file with `--out`, or leave `--outform` out",
        )
        .into());
    }
    let out = args.out.as_deref().filter(|_| !beside_key);
    let destination = Destination::begin(out, Existing::Replace, &own)?;

    let (subject, attributes) = subject(args, &settings, rules, output)?;
    let plan = RequestPlan {
        subject,
        extensions: ExtensionSource {
            conf: settings.conf(),
            objects: settings.objects(),
            string_mask: rules.string_mask,
            section,
            added: added
                .as_ref()
                .and_then(|added: &Conf| added.section("default")),
        },
        hash,
    };
    let signer = key.signer(global, &settings, output)?;
    let made = if args.x509 {
        let how = SelfSigning {
            serial,
            days: args.days.unwrap_or(DAYS),
            strict: args.strict,
        };
        plan.self_signed(&how, &*signer, &Environment::default())?
    } else {
        plan.request(&attributes, &*signer)?
    };
    let delivery = Delivery::new(args, &made);
    delivery.warn(output);
    if beside_key {
        key.keep(&delivery.pem, output)?;
        delivery.report(args.out.as_deref(), output)?;
    } else {
        key.keep("", output)?;
        delivery.to(destination, output)?;
    }
    Ok(Code::Done)
}

/// Whether questions come, which are answered on standard input.
fn asks(args: &Req, settings: &ReqSettings<'_>) -> bool {
    args.subj.is_none() && !args.batch && settings.prompts()
}

fn secrets_from_stdin(global: &Global, args: &Req) -> bool {
    [
        &global.key_auth,
        &global.parent_auth,
        &global.owner_auth,
        &args.passout,
    ]
    .into_iter()
    .flatten()
    .any(Secret::is_stdin)
}

/// The subject, and the attributes of a request: from the option, the configuration, or the user. As with OpenSSL
/// there are no attributes where the subject comes from the option.
fn subject(
    args: &Req,
    settings: &ReqSettings<'_>,
    rules: NameRules<'_>,
    output: &Output,
) -> Result<(Name, Vec<RequestAttribute>)> {
    if let Some(text) = &args.subj {
        warn_of_latin_1(text.as_bytes(), rules, "--subj", output);
        let (name, left_out) = rules.subject(text.as_bytes()).map_err(|error| {
            CliError::usage(
                format!("`--subj`: {error}"),
                error
                    .hint()
                    .unwrap_or("a subject looks like /C=DE/O=Example/CN=www.example.com"),
            )
        })?;
        for attribute in left_out {
            output.warn(&format!(
                "`--subj` has no value for `{attribute}`, which is left out"
            ));
        }
        return Ok((name, Vec::new()));
    }
    let attribute = |(oid, value_der)| RequestAttribute { oid, value_der };
    if !settings.prompts() {
        let name = settings.fixed_name(rules)?;
        let attributes = if args.x509 {
            Vec::new()
        } else {
            settings.fixed_attributes(rules)?
        };
        return Ok((name, attributes.into_iter().map(attribute).collect()));
    }
    let questioner = Questioner::new(args.batch, output);
    questioner.introduce_name();
    let mut name = rules.builder();
    for question in settings.name_questions()? {
        if let Answer::Text(text) = questioner.ask(&question)? {
            warn_of_latin_1(&text, rules, "an answer", output);
            question.add_to(&mut name, &text)?;
        }
    }
    if name.is_empty() {
        return Err(ReqError::EmptyName {
            place: settings.name_place()?,
        }
        .into());
    }
    let mut attributes = Vec::new();
    let questions = if args.x509 {
        Vec::new()
    } else {
        settings.attribute_questions()?
    };
    if !questions.is_empty() {
        questioner.introduce_attributes();
    }
    for question in questions {
        if let Answer::Text(text) = questioner.ask(&question)? {
            attributes.push(attribute(question.to_attribute(rules, &text)?));
        }
    }
    Ok((name.finish().map_err(ReqError::Openssl)?, attributes))
}

/// OpenSSL's default, which hardly anybody wants any more and whose results look broken.
fn warn_of_latin_1(text: &[u8], rules: NameRules<'_>, what: &str, output: &Output) {
    if !rules.utf8 && !text.is_ascii() {
        output.warn(&format!(
            "{what} has characters beyond ASCII, which are read as Latin-1: `--utf8` or `utf8 = yes` reads them as UTF-8"
        ));
    }
}

/// What was made, on its way out.
struct Delivery<'a> {
    made: &'a Made,
    what: &'static str,
    subject: String,
    pem: String,
    form: Form,
}

impl<'a> Delivery<'a> {
    fn new(args: &Req, made: &'a Made) -> Self {
        let (label, what) = if args.x509 {
            ("CERTIFICATE", "self-signed certificate")
        } else {
            ("CERTIFICATE REQUEST", "certificate request")
        };
        Self {
            made,
            what,
            subject: made.subject.to_string(),
            pem: pem::encode(label, &made.der),
            form: args.outform,
        }
    }

    fn warn(&self, output: &Output) {
        for warning in &self.made.warnings {
            // Those that come from lints begin with their severity.
            let warning = ["error: ", "warning: ", "notice: "]
                .iter()
                .find_map(|severity| warning.strip_prefix(severity))
                .unwrap_or(warning);
            output.warn(&printable(warning));
        }
    }

    fn to(&self, destination: Destination, output: &Output) -> Result<()> {
        let content = match self.form {
            Form::Pem => self.pem.as_bytes(),
            Form::Der => &self.made.der,
        };
        match destination {
            Destination::File(file) => {
                let path = file.path().to_owned();
                file.publish(content)?;
                self.report(Some(&path), output)
            }
            Destination::Stdout if output.is_json() => self.report(None, output),
            Destination::Stdout => Ok(output.data(content)?),
        }
    }

    fn report(&self, file: Option<&Path>, output: &Output) -> Result<()> {
        let Self {
            made,
            what,
            subject,
            pem,
            form: _,
        } = self;
        let file = file.map(|path| path.display().to_string());
        let record = || {
            json!({
                "subject": subject,
                "file": file,
                "pem": pem,
                "notes": made.warnings,
            })
        };
        let path = file.as_deref().unwrap_or_default();
        Ok(output.done(record, || {
            printable(&format!("{path}  {what} for `{subject}`"))
        })?)
    }
}

/// As with OpenSSL.
const DAYS: u32 = 30;
