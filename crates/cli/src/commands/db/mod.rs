//! `tpm2ca db`: the records, and the files of `openssl ca` beside them.

mod check;
mod openssl_conf;

use anyhow::Result;

use crate::{
    args::{DbCommand, Global},
    error::Code,
    output::Output,
};

pub(super) fn run(global: &Global, command: &DbCommand, output: &Output) -> Result<Code> {
    match command {
        DbCommand::Check(args) => check::run(global, args, output),
        DbCommand::ImportOpenssl(args) => openssl_conf::import(global, args, output),
        DbCommand::ExportOpenssl(args) => openssl_conf::export(global, args, output),
        DbCommand::Updatedb(args) => openssl_conf::update(global, args, output),
    }
}
