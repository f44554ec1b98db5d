//! `tpm2ca doctor`: what is wrong, and what mends it.
//!
//! A list of checks, each of which looks at one matter and says what it found. They run in the order of [`CHECKS`], from
//! the ground upwards: what a later one needs, an earlier one has complained about already. Then each key that was
//! named is looked at.

mod abilities;
mod clock;
mod directory;
mod finding;
mod issuers;
mod key;
mod lockout;
mod openssl;
mod owner;
mod parents;
mod policy;
mod reach;
mod records;
mod situation;
mod slots;
mod storage_root;

use anyhow::Result;

use crate::{
    args::{Doctor, Global},
    error::Code,
    output::Output,
};

use finding::Findings;
use situation::Situation;

/// Looks at one matter. What it cannot look at, because something under it is broken, it passes over.
type Check = fn(&Situation<'_>, &mut Findings<'_>) -> Result<()>;

/// What is looked at, in this order.
const CHECKS: &[Check] = &[
    reach::place,
    reach::answer,
    reach::self_test,
    lockout::check,
    owner::check,
    storage_root::check,
    slots::objects,
    slots::sessions,
    slots::persistent,
    abilities::check,
    directory::config,
    directory::permissions,
    directory::leftovers,
    clock::check,
    storage_root::pinned,
    issuers::certificates,
    issuers::keys,
    issuers::crls,
    records::check,
    openssl::check,
];

pub(super) fn run(global: &Global, args: &Doctor, output: &Output) -> Result<Code> {
    let situation = Situation::new(global, output);
    let mut findings = Findings::new(output);
    for check in CHECKS {
        check(&situation, &mut findings)?;
    }
    for name in &args.keys {
        key::check(&situation, name, &mut findings)?;
    }
    Ok(findings.conclude())
}
