//! The command line of `tpm2ca`. One file per command in `commands/`; everything that is printed goes through
//! `output::Output`; names and exit codes are a contract with scripts.
#![forbid(unsafe_code)]

mod algorithm;
pub mod args;
mod auth;
mod commands;
mod context;
mod error;
mod features;
mod installed_openssl;
mod interrupt;
mod key_file;
mod key_tpm;
mod names;
mod new_file;
mod openssl_config;
mod output;
mod policy;
mod requester;
mod secret;
mod terminal;
mod text;
mod tpm;
mod usage;

use std::{env, ffi::OsStr, path::Path, process::ExitCode};

use anyhow::Result;
use clap::{CommandFactory, Parser};

pub use error::Code;

use crate::{
    args::{Cli, Command, Global, OpenSslWrapper, genkey::TssGenkey},
    error::{Failure, is_broken_pipe},
    interrupt::Interrupted,
    output::Output,
};

/// Parses the arguments, runs the command and tells how it went.
pub fn main() -> ExitCode {
    if called_as(TSS_GENKEY) {
        return match TssGenkey::try_parse() {
            Ok(args) => {
                let output = Output::new(false, false, args.verbose);
                exit(commands::tss_genkey(&args, &output), &output)
            }
            Err(error) => usage::report(&error, TSS_GENKEY).into(),
        };
    }
    if called_as(OPENSSL) {
        let output = Output::new(false, false, false);
        let args = OpenSslWrapper {
            arguments: env::args_os().skip(1).collect(),
            ..OpenSslWrapper::default()
        };
        let cli = Cli {
            global: Global::default(),
            command: Command::Openssl(args),
        };
        return exit(commands::run(cli, &output), &output);
    }
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage::report(&error, usage::PROGRAM).into(),
    };
    let output = Output::new(cli.global.json, cli.global.quiet, cli.global.verbose);
    exit(commands::run(cli, &output), &output)
}

/// The name of the tool whose place we take when we are called so.
const TSS_GENKEY: &str = "tpm2tss-genkey";
/// Likewise: everything that we are given is for the real one.
const OPENSSL: &str = "openssl";

fn called_as(name: &str) -> bool {
    env::args_os()
        .next()
        .is_some_and(|program| Path::new(&program).file_name() == Some(OsStr::new(name)))
}

fn exit(outcome: Result<Code>, output: &Output) -> ExitCode {
    match outcome {
        Ok(code) => code.into(),
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) if error.is::<Interrupted>() => {
            // By now, everything that was begun is taken back.
            interrupt::end();
            ExitCode::FAILURE
        }
        Err(error) => {
            let failure = Failure::from(&error);
            output.failure(&failure);
            failure.code.into()
        }
    }
}

/// The definition of the command line, for man pages and completions.
pub fn command() -> clap::Command {
    Cli::command()
}
