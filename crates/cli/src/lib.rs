//! The command line of `tpm2ca`. One file per command in `commands/`; everything that is printed goes through
//! `output::Output`; names and exit codes are a contract with scripts.
#![forbid(unsafe_code)]

pub mod args;
mod auth;
mod commands;
mod context;
mod error;
mod names;
mod new_file;
mod output;
mod secret;
mod terminal;
mod text;
mod tpm;
mod usage;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

pub use error::Code;

use crate::{
    args::Cli,
    error::{Failure, is_broken_pipe},
    output::Output,
};

/// Parses the arguments, runs the command and tells how it went.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage::report(&error).into(),
    };
    let output = Output::new(cli.global.json, cli.global.quiet, cli.global.verbose);
    match commands::run(cli, &output) {
        Ok(code) => code.into(),
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
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
