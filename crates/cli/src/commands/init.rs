//! `tpm2ca init`: a new CA.

use std::time::Instant;

use anyhow::Result;
use serde_json::json;
use tpm2ca_authority::{Environment, InitOptions, Initialized, Keyring, NoAuth, init};
use tpm2ca_tpm::{Algorithm, Auth, Curve};
use tpm2ca_x509::format_time;

use crate::{
    args::{Global, Init, KeyAlg},
    auth,
    context::{ca_directory, requester},
    error::{CliError, Code},
    names,
    output::Output,
    text::shell_word,
    tpm,
};

pub(super) fn run(global: &Global, args: &Init, output: &Output) -> Result<Code> {
    for suffix in &args.permit_dns {
        names::ascii(suffix)?;
    }
    let directory = ca_directory(global, output)?;
    let algorithm = algorithm(args)?;
    let tcti = tpm::chosen(global, None, output)?;
    let key_auth = auth::value("--key-auth", global.key_auth.as_ref())?;
    let guessable = !key_auth.is_empty() && key_auth.len() < GUESSABLE_BELOW;
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
        output.warn(&format!(
            "the authorization value is short, so that the TPM guards it: after {tries} wrong tries it locks out \
             every key that is guarded so, for a while"
        ));
    }
    report(&made, &tpm_name, output)?;
    Ok(Code::Done)
}

/// A value of fewer octets is taken for something that a human remembers, and is guarded against guessing by the
/// TPM; from here on it is taken for the random secret of a machine.
const GUESSABLE_BELOW: usize = 16;

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

fn algorithm(args: &Init) -> Result<Algorithm> {
    let usage = |message: String, hint: &str| Err(CliError::usage(message, hint).into());
    match (args.alg, &args.curve) {
        (KeyAlg::Rsa, None) => Ok(Algorithm::Rsa {
            bits: args.keysize.unwrap_or(2048),
        }),
        (KeyAlg::Rsa, Some(_)) => usage(
            "`--curve` does not go with `--alg rsa`".to_owned(),
            "use `--keysize 2048` or `--alg ecdsa`",
        ),
        (KeyAlg::Ecdsa, curve) => {
            if args.keysize.is_some() {
                return usage(
                    "`--keysize` does not go with `--alg ecdsa`".to_owned(),
                    "use `--curve nist_p256` or `--alg rsa`",
                );
            }
            match curve.as_deref().map(str::to_ascii_lowercase).as_deref() {
                None | Some("nist_p256" | "p-256" | "p256" | "prime256v1" | "secp256r1") => {
                    Ok(Algorithm::Ecc(Curve::P256))
                }
                Some("nist_p384" | "p-384" | "p384" | "secp384r1") => {
                    Ok(Algorithm::Ecc(Curve::P384))
                }
                Some("nist_p521" | "p-521" | "p521" | "secp521r1") => {
                    Ok(Algorithm::Ecc(Curve::P521))
                }
                Some(other) => usage(
                    format!("`{other}` is not a curve known here"),
                    "use nist_p256 or nist_p384",
                ),
            }
        }
    }
}
