//! `make bench`: OCSP answers a second over HTTP, beside those of `openssl ocsp -multi 2`.
//!
//! Both have 100,000 certificates, a P-256 responder key, and the same load generator on the same machine; their rounds
//! alternate, and what is compared is the ratio. The table goes to stdout, the same to `target/bench.json`.

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

use std::{env, path::PathBuf, time::Duration};

use load::{Load, Outcome, Question};
use servers::{Ours, Questions, Theirs};
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
    let questions = Questions::new(&ca, CERTIFICATES);
    let theirs = Theirs::start(&ca);
    let ours = Ours::start(&ca);

    let run = |port, keep_alive, asked: &[Question], duration| {
        let load = Load {
            port,
            keep_alive,
            questions: asked,
        };
        let outcome = load.run(duration);
        for (question, answer) in &outcome.samples {
            questions.check(&asked[*question], answer);
        }
        outcome
    };
    let kinds = [(theirs.port, false), (ours.port, false), (ours.port, true)];
    let mut outcomes: [Vec<Outcome>; 3] = Default::default();
    for round in 0..=ROUNDS {
        for ((port, keep_alive), outcomes) in kinds.iter().zip(&mut outcomes) {
            let outcome = run(*port, *keep_alive, &questions.all, ROUND);
            // The first one is for caches to get warm.
            if round > 0 {
                outcomes.push(outcome);
            }
        }
    }
    let with_nonce = [run(ours.port, true, &questions.with_nonce, ROUND)];

    let [openssl, single, kept] = outcomes;
    let mut table = Table::default();
    show(
        &mut table,
        "openssl ocsp -multi 2, a connection per request",
        &openssl,
    );
    show(&mut table, "tpm2ca ocsp, a connection per request", &single);
    show(&mut table, "tpm2ca ocsp, keep-alive", &kept);
    show(
        &mut table,
        "tpm2ca ocsp, keep-alive, a nonce each",
        &with_nonce,
    );
    let ratio = |ours: &[Outcome]| {
        let mut ratios: Vec<f64> = ours
            .iter()
            .zip(&openssl)
            .map(|(ours, theirs)| ours.rate / theirs.rate)
            .collect();
        median(&mut ratios)
    };
    table.at_least("ratio, a connection per request", ratio(&single), "", 2.0);
    table.at_least(
        "ratio, keep-alive to openssl's connections",
        ratio(&kept),
        "",
        4.0,
    );
    table.figure("tpm2ca ocsp: resident memory", ours.memory_mib(), "MiB");
    print!("{}", table.text());
    table.save(&target_folder(), "ocsp");
}

fn show(table: &mut Table, name: &str, outcomes: &[Outcome]) {
    let middle = |value: fn(&Outcome) -> f64| {
        let mut values: Vec<f64> = outcomes.iter().map(value).collect();
        median(&mut values)
    };
    table.figure(name, middle(|outcome| outcome.rate), "/s");
    table.figure("  half of them within", middle(|outcome| outcome.p50), "us");
    table.figure("  99 % of them within", middle(|outcome| outcome.p99), "us");
}

/// `target`, three levels above `target/release/deps/ocsp-...`.
fn target_folder() -> PathBuf {
    let program = env::current_exe().unwrap();
    program.ancestors().nth(3).unwrap().to_owned()
}
