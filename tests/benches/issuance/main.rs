//! `make bench`: how near issuance comes to the speed of the TPM alone.
//!
//! All figures of a table come from one run, interleaved, and what is compared is their ratio: absolute numbers of a
//! shared machine say little. The table goes to stdout, the same to `target/bench.json`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    missing_docs
)]

mod cold;
mod raw;
mod table;
mod throughput;

use std::{env, fs, path::PathBuf};

use table::Table;

fn main() {
    // `cargo test --benches` and nextest run benches with such flags; there is nothing to test here.
    if env::args().any(|argument| argument == "--test" || argument == "--list") {
        return;
    }
    let target = target_folder();
    // On the disk that builds are on, not on a tmpfs: durable commits must cost what they cost.
    let folder = tempfile::tempdir_in(&target).unwrap();
    let mut table = Table::default();
    throughput::measure(folder.path(), &mut table);
    cold::measure(folder.path(), &mut table);
    print!("{}", table.text());
    fs::write(target.join("bench.json"), table.json()).unwrap();
}

/// `target`, three levels above `target/release/deps/issuance-...`.
fn target_folder() -> PathBuf {
    let program = env::current_exe().unwrap();
    program.ancestors().nth(3).unwrap().to_owned()
}
