//! `tpm2ca key`: about one key, one file per command.

mod change;
mod duplication;
mod handles;
mod import;
mod policy;
mod public;
pub(super) mod report;
mod show;
mod sign;

use anyhow::Result;

use crate::{
    args::{
        Global,
        key::{KeyCommand, PolicyCommand},
    },
    error::Code,
    output::Output,
};

pub(super) fn run(global: &Global, command: &KeyCommand, output: &Output) -> Result<Code> {
    match command {
        KeyCommand::Show(args) => show::run(global, args, output),
        KeyCommand::Public(args) => public::run(global, args, output),
        KeyCommand::Sign(args) => sign::run(global, args, output),
        KeyCommand::Import(args) => import::run(global, args, output),
        KeyCommand::Persist(args) => handles::persist(global, args, output),
        KeyCommand::Evict(args) => handles::evict(global, args, output),
        KeyCommand::Passwd(args) => change::run(global, args, output),
        KeyCommand::Duplicate(args) => duplication::duplicate(global, args, output),
        KeyCommand::Receive(args) => duplication::receive(global, args, output),
        KeyCommand::Policy {
            command: PolicyCommand::Sign(args),
        } => policy::sign(global, args, output),
        KeyCommand::Policy {
            command: PolicyCommand::Remove(args),
        } => policy::remove(args, output),
    }
}
