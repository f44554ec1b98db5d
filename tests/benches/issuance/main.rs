//! `make bench`: how near issuance comes to the speed of the TPM alone.
//!
//! All figures of a table come from one run, interleaved, and what is compared is their ratio: absolute numbers of a
//! shared machine say little. The table goes to stdout, the same to `target/bench.json`.
//!
//! With arguments only these parts are measured, each round is shown, and no file is written:
//! `cargo bench --package tpm2ca-tests --bench issuance -- p-256`. The parts are `rsa-2048`, `rsa-2048+30ms`, `p-256`,
//! `p-256+30ms`, `process` and `grown`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    missing_docs
)]

mod cold;
mod raw;
mod signing;
mod table;
mod throughput;

use std::{env, path::PathBuf};

use table::Table;

fn main() {
    // `cargo test --benches` and nextest run benches with such flags; there is nothing to test here.
    if env::args().any(|argument| argument == "--test" || argument == "--list") {
        return;
    }
    let named = env::args().skip(1);
    let parts = Parts(named.filter(|argument| argument != "--bench").collect());
    let target = target_folder();
    // On the disk that builds are on, not on a tmpfs: durable commits must cost what they cost.
    let folder = tempfile::tempdir_in(&target).unwrap();
    let mut table = Table::default();
    if parts.have("signing") {
        signing::measure(folder.path(), &mut table);
    }
    throughput::measure(folder.path(), &parts, &mut table);
    cold::measure(folder.path(), &parts, &mut table);
    print!("{}", table.text());
    if parts.are_all() {
        table.save(&target, "issuance");
    }
}

/// What is measured: everything if nothing was named.
struct Parts(Vec<String>);

impl Parts {
    fn are_all(&self) -> bool {
        self.0.is_empty()
    }

    fn have(&self, part: &str) -> bool {
        self.are_all() || self.0.iter().any(|name| name.eq_ignore_ascii_case(part))
    }
}

/// `target`, three levels above `target/release/deps/issuance-...`.
fn target_folder() -> PathBuf {
    let program = env::current_exe().unwrap();
    program.ancestors().nth(3).unwrap().to_owned()
}
