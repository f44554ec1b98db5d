//! `tpm2ca init`: a new CA.

use std::time::Instant;

use anyhow::Result;
use serde_json::json;
use tpm2ca_authority::{Environment, InitOptions, Initialized, Keyring, NoAuth, init};
use tpm2ca_tpm::{Algorithm, Auth};
use tpm2ca_x509::format_time;

use crate::{
    algorithm,
    args::{Global, Init, KeyAlg},
    auth,
    context::ca_directory,
    error::Code,
    names,
    output::Output,
    requester::requester,
    text::shell_word,
    tpm,
};

pub(super) fn run(global: &Global, args: &Init, output: &Output) -> Result<Code> {
    for suffix in &args.permit_dns {
        names::ascii(suffix)?;
    }
    let directory = ca_directory(global, output)?;
    let algorithm = asked(args)?;
    let tcti = tpm::chosen(global, None, output)?;
    let key_auth = if args.ask_key_auth {
        auth::ask_for_new("authorization value of the new keys: ")?
    } else {
        auth::value("--key-auth", global.key_auth.as_ref())?
    };
    let guessable = auth::is_guessable(&key_auth);
    let options = InitOptions {
        name: args.name.clone(),
        algorithm,
        root_days: args.root_days,
        intermediate_days: args.intermediate_days,
        permit_dns: args.permit_dns.clone(),
        no_da: !guessable,
        key_auth: Auth::new(key_auth.to_vec()),
        crl_url: args.crl_url.clone(),
        tcti: Some(tpm::to_remember(&tcti, &directory)?),
        requester: requester(),
    };
    let tpm_name = tcti.to_string();
    let keyring = Keyring::new(Some(tcti), tpm::options(global, None)?, Box::new(NoAuth));
    let before = Instant::now();
    let made = output.while_waiting(&format!("making two {algorithm} keys in the TPM"), || {
        init(&directory, keyring, Environment::default(), &options)
    })?;
    output.detail(&format!("done in {:.1} s", before.elapsed().as_secs_f64()));
    if guessable {
        let tries = made
            .authority
            .keyring()
            .tpm()?
            .capabilities()?
            .max_auth_fail;
        auth::warn_of_lockout(tries, output);
    }
    report(&made, &tpm_name, output)?;
    Ok(Code::Done)
}

fn report(made: &Initialized, tpm: &str, output: &Output) -> Result<()> {
    let authority = &made.authority;
    let directory = authority.directory().path().display();
    output.done(
        || {
            json!({
                "ca": directory.to_string(),
                "name": authority.config().name,
                "tpm": tpm,
                "root": { "serial": made.root.serial.to_string(), "not_after": format_time(made.root.validity.not_after) },
                "intermediate": {
                    "serial": made.intermediate.serial.to_string(),
                    "not_after": format_time(made.intermediate.validity.not_after),
                },
            })
        },
        || {
            format!(
                "CA `{}` in {directory}\n  root.crt          valid to {}\n  intermediate.crt  valid to {}\n  chain.crt         \
                 both, for clients and servers",
                authority.config().name,
                format_time(made.root.validity.not_after),
                format_time(made.intermediate.validity.not_after),
            )
        },
    )?;
    output.say(&format!(
        "next: tpm2ca issue --ca {} --profile server www.example.com",
        shell_word(&directory.to_string())
    ));
    Ok(())
}

fn asked(args: &Init) -> Result<Algorithm> {
    let curve = args.curve.as_deref();
    match args.alg {
        KeyAlg::Rsa => algorithm::rsa(args.keysize, curve),
        KeyAlg::Ecdsa => algorithm::ecdsa(args.keysize, curve),
    }
}
