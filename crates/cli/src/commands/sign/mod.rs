//! `tpm2ca sign`: certificates from CSRs.

mod batch;
mod confirm;
mod openssl_conf;
mod params;

use std::path::Path;

use anyhow::Result;

use self::params::{IssueParams, existing};
use super::{
    csr,
    delivery::{Delivery, Destination},
};
use crate::{
    args::{Global, Sign},
    context::{authority, own_files},
    error::{CliError, Code},
    output::Output,
};

pub(super) fn run(global: &Global, args: &Sign, output: &Output) -> Result<Code> {
    if args.by_config.config.is_some() {
        return openssl_conf::run(global, args, output);
    }
    args.validity.one_end()?;
    let params = IssueParams::new(args)?;
    match (&args.input, args.csrs.as_slice()) {
        (Some(input), _) => one(global, args, &params, input, output),
        // `sign x.csr --out x.crt` is as clear as `sign --in x.csr --out x.crt`.
        (None, [input]) if args.out.is_some() => one(global, args, &params, input, output),
        (None, _) if args.out.is_some() => Err(CliError::usage(
            "`--out` names one file, and there are several CSRs",
            "`--outdir DIR` names a folder for their certificates",
        )
        .into()),
        (None, csrs) => match csrs.iter().find(|csr| csr::is_stdin(csr)) {
            Some(_) => Err(CliError::usage(
                "a CSR from standard input has no name for its certificate to be called after",
                "use `--in - --out FILE`",
            )
            .into()),
            None => batch::run(global, args, &params, output),
        },
    }
}

fn one(
    global: &Global,
    args: &Sign,
    params: &IssueParams,
    input: &Path,
    output: &Output,
) -> Result<Code> {
    if csr::is_stdin(input) && secrets_from_stdin(global) {
        return Err(CliError::usage(
            "the CSR and a secret cannot both come from standard input",
            "give the secret as `file:PATH`, `fd:N` or `env:VAR`, or the CSR as `--in FILE`",
        )
        .into());
    }
    // What can go wrong without a TPM goes wrong before the TPM is touched.
    let csr = csr::read(input)?;
    let destination = Destination::begin(args.out.as_deref(), existing(args), &own_files(global))?;
    let authority = authority(global, output)?;
    let issued = params.issue(&authority, &csr, args)?;
    let delivery = Delivery {
        authority: &authority,
        issued: &issued,
        chain: args.chain,
        key: None,
    };
    delivery.to(destination, output)?;
    Ok(Code::Done)
}

fn secrets_from_stdin(global: &Global) -> bool {
    [&global.key_auth, &global.parent_auth, &global.owner_auth]
        .into_iter()
        .flatten()
        .any(crate::secret::Secret::is_stdin)
}
