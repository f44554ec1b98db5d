//! `tpm2ca ocsp`.

use std::{
    fs,
    io::{self, Read},
    path::Path,
    sync::Arc,
};

use anyhow::Result;
use serde_json::json;
use tpm2ca_authority::{AuthorityError, OcspAnswer, OcspOptions, ResponderKey};
use tpm2ca_responder::{Event, Limits, Paths, Server};
use tpm2ca_x509::{
    format_time,
    ocsp::{ErrorStatus, OcspRequest, OcspResponse, ocsp_error},
};

use super::delivery::is_stdout;
use crate::{
    args::{Global, Ocsp, ResponderKeyArg},
    context::own_files,
    error::{CliError, Code, Failure},
    new_file::{Existing, NewFile},
    output::Output,
    requester::requester,
};

mod home;
mod service_manager;

use home::Home;

pub(super) fn run(global: &Global, args: &Ocsp, output: &Output) -> Result<Code> {
    if args.listen.is_empty() {
        return once(global, args, output);
    }
    let limits = limits()?;
    // Before a certificate is issued for nothing.
    let server = Server::bind(&args.listen)?;
    let home = Home::open(global, args, output)?;
    let paths = Paths::of_urls(home.urls().iter().map(String::as_str));
    let mut responder = output.while_waiting("getting the responder its certificates", || {
        home.responder(options(args))
    })?;
    for (issuer, error) in responder.take_left_out() {
        let why = Failure::from(&error.into()).message;
        output.warn(&format!(
            "no answers about certificates of `{issuer}`: {why}"
        ));
    }
    let issuers: Vec<&str> = responder.issuers().collect();
    output.detail(&format!("answers for {}", issuers.join(", ")));
    let addresses = server.addresses();
    let talk = output.clone();
    let report = move |event| tell(&talk, event);
    server.run(Arc::new(responder), paths, limits, report, || {
        for address in &addresses {
            output.say(&format!("listening on {address}"));
        }
        if let Err(error) = service_manager::notify_ready() {
            output.warn(&format!("the service manager cannot be told: {error}"));
        }
    })?;
    Ok(Code::Done)
}

fn options(args: &Ocsp) -> OcspOptions {
    let key = match (&args.rsigner, &args.rkey, args.key) {
        (Some(certificate), Some(key), _) => ResponderKey::Files {
            certificate: certificate.clone(),
            key: key.clone(),
        },
        (_, _, ResponderKeyArg::Memory) => ResponderKey::Memory,
        (_, _, ResponderKeyArg::Tpm) => ResponderKey::Tpm,
    };
    let mut options = OcspOptions {
        issuers: args.issuer.clone(),
        release_keys: key == ResponderKey::Memory,
        key,
        ..OcspOptions::new(requester())
    };
    if let Some(minutes) = args.nmin {
        options.valid_for = i64::from(minutes) * 60;
    }
    if let Some(days) = args.ndays {
        options.valid_for = i64::from(days) * 86_400;
    }
    options
}

/// As many connections as the system lets us have files, and some files for other ends.
fn limits() -> Result<Limits> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    // The soft limit is for programs that cannot do with high numbers. Where it cannot be raised, it stays.
    let _ = setrlimit(
        Resource::Nofile,
        Rlimit {
            current: maximum,
            maximum,
        },
    );
    let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let limits = Limits::default();
    let spare = usize::try_from(files.saturating_sub(OTHER_FILES)).unwrap_or(usize::MAX);
    if spare < FEWEST_CONNECTIONS {
        return Err(CliError::failed(
            format!("this process may open {files} files only, too few for connections"),
            "raise the limit: `ulimit -n 4096`, or LimitNOFILE= in a systemd unit",
        )
        .into());
    }
    Ok(Limits {
        connections: limits.connections.min(spare),
        ..limits
    })
}

/// The records, the TPM, sockets that listen.
const OTHER_FILES: u64 = 64;
const FEWEST_CONNECTIONS: usize = 16;

fn tell(output: &Output, event: Event) {
    match event {
        Event::Renewal(renewal) => match renewal.result {
            Ok((serial, end)) => output.say(&format!(
                "new responder certificate {serial} of `{}`, valid to {}",
                renewal.issuer,
                format_time(end)
            )),
            Err(error) => output.warn(&format!(
                "no new responder certificate from `{}`, which is tried again: {}",
                renewal.issuer,
                Failure::from(&error.into()).message
            )),
        },
        Event::Ready(count) => output.detail(&format!("{count} answers are ready")),
        Event::Trouble(error @ (AuthorityError::Index { .. } | AuthorityError::NoIndex(_))) => {
            let why = Failure::from(&error.into()).message;
            output.warn(&format!(
                "what has changed in index.txt is not known, answers say what was known before: {why}"
            ));
        }
        Event::Trouble(error) => output.warn(&format!(
            "answers cannot be signed ahead: {}",
            Failure::from(&error.into()).message
        )),
        _ => {}
    }
}

/// One request, one response.
fn once(global: &Global, args: &Ocsp, output: &Output) -> Result<Code> {
    let to_stdout = args.respout.as_deref().is_none_or(is_stdout);
    if to_stdout && output.is_json() {
        return Err(CliError::usage(
            "`--json` and a response on standard output cannot share it",
            "give `--respout FILE`",
        )
        .into());
    }
    let request = request(args.reqin.as_deref())?;
    // Before a certificate is issued for something that gets no answer.
    let question = OcspRequest::parse(&request).map_err(|error| {
        CliError::failed(
            format!("this is no OCSP request: {error}"),
            "`openssl ocsp -issuer CA -cert CERT -reqout FILE` makes one, DER",
        )
    })?;
    let file = match &args.respout {
        Some(path) if !to_stdout => Some(NewFile::begin(
            path,
            0o644,
            Existing::Replace,
            &own_files(global),
        )?),
        _ => None,
    };
    let home = Home::open(global, args, output)?;
    if let (Some(file), Home::Openssl(ca)) = (&file, &home) {
        ca.own_files().check(file.path())?;
    }
    let mut options = options(args);
    if options.issuers.is_empty() {
        // Only the one that is asked about gives a certificate.
        options.issuers.extend(home.asked_about(&question)?);
    }
    let answer = if options.issuers.is_empty() {
        let der = ocsp_error(ErrorStatus::Unauthorized);
        let freshness = None;
        OcspAnswer { der, freshness }
    } else {
        home.responder(options)?.answer(&request)
    };
    let refused = match OcspResponse::parse(&answer.der)? {
        OcspResponse::Successful(_) => None,
        OcspResponse::Error(status) => Some(status),
    };
    match file {
        Some(file) => {
            let path = file.path().display().to_string();
            file.publish(&answer.der)?;
            output.done(
                || {
                    json!({
                        "file": path,
                        "status": refused.map_or("successful".to_owned(), |status| status.to_string()),
                        "next_update": answer.freshness.map(|freshness| format_time(freshness.next_update)),
                    })
                },
                || path.clone(),
            )?;
        }
        None => output.data(&answer.der)?,
    }
    match refused {
        None => Ok(Code::Done),
        Some(status) => Err(CliError::failed(
            format!("the response says `{status}`"),
            "ask the responder of the CA whose certificates the request is about",
        )
        .into()),
    }
}

fn request(path: Option<&Path>) -> Result<Vec<u8>> {
    let mut request = Vec::new();
    let limit = OcspRequest::MAX_LEN as u64 + 1;
    let read = match path {
        Some(path) if path != Path::new("-") => {
            fs::File::open(path).and_then(|file| file.take(limit).read_to_end(&mut request))
        }
        _ => io::stdin().lock().take(limit).read_to_end(&mut request),
    };
    let name = path.unwrap_or(Path::new("-"));
    read.map_err(|error| CliError::file("read", name, &error))?;
    Ok(request)
}
