//! `tpm2ca crl`.

mod encode;
mod native;
mod openssl_conf;

use anyhow::Result;

use super::delivery::is_stdout;
use crate::{
    args::{Crl, Global},
    error::{CliError, Code},
    output::Output,
};

pub(super) fn run(global: &Global, args: &Crl, output: &Output) -> Result<Code> {
    if args.out.as_deref().is_some_and(is_stdout) && output.is_json() {
        return Err(CliError::usage(
            "`--json` and `--out -` cannot share standard output",
            "give `--out FILE`; the record says where the CRL is",
        )
        .into());
    }
    match &args.by_config.from.config {
        Some(config) => openssl_conf::run(global, args, config, output),
        None => native::run(global, args, output),
    }
}
