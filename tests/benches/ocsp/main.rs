//! `make bench`: OCSP answers a second over HTTP, beside those of `openssl ocsp -multi 2`.
//!
//! Both have 100,000 certificates, a P-256 responder key, and the same load generator on the same machine; their rounds
//! alternate, and what is compared is the ratio. The table goes to stdout, the same to `target/bench-ocsp.json`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    missing_docs
)]

mod load;
mod servers;
#[path = "../issuance/table.rs"]
#[allow(dead_code)] // not every table has every kind of row
mod table;

use std::{env, fs, path::PathBuf, time::Duration};

use load::{Load, Result};
use servers::{Ours, Theirs};
use table::{Table, median};

const CERTIFICATES: usize = 100_000;
const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(2);

fn main() {
    // `cargo test --benches` and nextest run benches with such flags; there is nothing to test here.
    if env::args().any(|argument| argument == "--test" || argument == "--list") {
        return;
    }
    let ca = servers::full_ca(CERTIFICATES);
    let requests = servers::requests(&ca, CERTIFICATES);
    let theirs = Theirs::start(&ca);
    let ours = Ours::start(&ca);

    let kinds = [
        ("a connection per request", theirs.port, false),
        ("a connection per request", ours.port, false),
        ("keep-alive", ours.port, true),
    ];
    let mut results: Vec<Vec<Result>> = vec![Vec::new(); kinds.len()];
    for _ in 0..ROUNDS {
        for ((_, port, keep_alive), results) in kinds.iter().zip(&mut results) {
            let load = Load {
                port: *port,
                keep_alive: *keep_alive,
                requests: &requests,
            };
            results.push(load.run(ROUND));
        }
    }
    let with_nonce: Vec<Result> = (0..ROUNDS)
        .map(|_| {
            let load = Load {
                port: ours.port,
                keep_alive: true,
                requests: &servers::with_nonce(&requests),
            };
            load.run(ROUND)
        })
        .collect();

    let [openssl, single, kept] = [0, 1, 2].map(|at| results[at].as_slice());
    let mut table = Table::default();
    show(
        &mut table,
        "openssl ocsp -multi 2, a connection per request",
        openssl,
    );
    show(&mut table, "tpm2ca ocsp, a connection per request", single);
    show(&mut table, "tpm2ca ocsp, keep-alive", kept);
    show(
        &mut table,
        "tpm2ca ocsp, keep-alive, a nonce each",
        &with_nonce,
    );
    let ratio = |ours: &[Result]| {
        let mut ratios: Vec<f64> = ours
            .iter()
            .zip(openssl)
            .map(|(ours, theirs)| ours.rate / theirs.rate)
            .collect();
        median(&mut ratios)
    };
    table.at_least("ratio, a connection per request", ratio(single), "", 2.0);
    table.at_least(
        "ratio, keep-alive to openssl's connections",
        ratio(kept),
        "",
        4.0,
    );
    table.figure("tpm2ca ocsp: resident memory", ours.memory_mib(), "MiB");
    print!("{}", table.text());
    fs::write(target_folder().join("bench-ocsp.json"), table.json()).unwrap();
}

fn show(table: &mut Table, name: &str, results: &[Result]) {
    let middle = |value: fn(&Result) -> f64| {
        let mut values: Vec<f64> = results.iter().map(value).collect();
        median(&mut values)
    };
    table.figure(name, middle(|result| result.rate), "/s");
    table.figure("  half of them within", middle(|result| result.p50), "us");
    table.figure("  99 % of them within", middle(|result| result.p99), "us");
}

/// `target`, three levels above `target/release/deps/ocsp-...`.
fn target_folder() -> PathBuf {
    let program = env::current_exe().unwrap();
    program.ancestors().nth(3).unwrap().to_owned()
}
