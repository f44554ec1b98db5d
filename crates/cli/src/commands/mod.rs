//! The commands, one file or folder each, and what several of them share. A command that works with `--config openssl.cnf`,
//! too, chooses in the `mod.rs` of its folder.

mod certificate;
mod crl;
mod csr;
mod db;
mod delivery;
mod demo;
mod doctor;
mod genkey;
mod init;
mod issue;
mod key;
mod list;
mod ocsp;
mod openssl_wrapper;
mod req;
mod revoke;
mod show;
mod sign;
mod tpm_info;

use anyhow::Result;

pub(crate) use genkey::tss as tss_genkey;

use crate::{
    args::{Cli, Command, TpmCommand},
    auth::advise_against_argv,
    error::Code,
    output::Output,
};

/// Runs the command.
pub(crate) fn run(cli: Cli, output: &Output) -> Result<Code> {
    let Cli { global, command } = cli;
    advise_against_argv(&global, output);
    match command {
        Command::Demo(args) => demo::run(&global, &args, output),
        Command::Init(args) => init::run(&global, &args, output),
        Command::Req(args) => req::run(&global, &args, output),
        Command::Sign(args) => sign::run(&global, &args, output),
        Command::Issue(args) => issue::run(&global, &args, output),
        Command::Revoke(args) => revoke::run(&global, &args, output),
        Command::Crl(args) => crl::run(&global, &args, output),
        Command::Ocsp(args) => ocsp::run(&global, &args, output),
        Command::List(args) => list::run(&global, &args, output),
        Command::Show(args) => show::run(&global, &args, output),
        Command::Genkey(args) => genkey::run(&global, &args, output),
        Command::Key { command } => key::run(&global, &command, output),
        Command::Doctor(args) => doctor::run(&global, &args, output),
        Command::Openssl(args) => openssl_wrapper::run(&global, &args, output),
        Command::Tpm {
            command: TpmCommand::Info,
        } => tpm_info::run(&global, output),
        Command::Db { command } => db::run(&global, &command, output),
    }
}
