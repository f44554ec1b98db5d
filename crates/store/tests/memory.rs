//! 100,000 certificates: the time to load them, and memory that does not grow with them. Alone in
//! its program, since it looks at the memory of the whole process.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod fixture;

use std::ops::ControlFlow;
use std::thread;

use fixture::{Calls, Fixture, NOW, certificate, issue, revoke, serial};
use tpm2ca_store::{CrlScope, Filter, Store};

const COUNT: u64 = 100_000;
const THREADS: u64 = 64;

#[test]
fn a_hundred_thousand() {
    let ca = Fixture::new();
    let (store, issuer) = (&ca.store, ca.issuer);
    in_threads(|number| _ = issue(store, issuer, &serial(number)).unwrap());
    compare_with_few(&ca);
    in_threads(|number| _ = revoke(store, issuer, &serial(number), Some(4), NOW).unwrap());

    forget_peak();
    let before = memory("VmRSS:");
    let snapshot = store.begin_crl(issuer, CrlScope::default(), NOW).unwrap();
    for _ in 0..3 {
        assert!(snapshot.entries().map(Result::unwrap).count() as u64 >= COUNT);
    }
    drop(snapshot);
    let mut listed = 0;
    let filter = Filter {
        name_glob: Some("*.example.com".to_owned()),
        ..Filter::default()
    };
    store
        .list(&filter, &mut |_| {
            listed += 1;
            ControlFlow::Continue(())
        })
        .unwrap();
    assert!(listed >= COUNT);
    let grown = memory("VmHWM:").saturating_sub(before);
    assert!(grown < 8 * 1024, "memory grew by {grown} KiB");

    let report = ca.clean_check();
    assert!(report.revoked >= COUNT);
    let grown = memory("VmHWM:").saturating_sub(before);
    assert!(grown < 16 * 1024, "memory grew by {grown} KiB");
}

fn in_threads(work: impl Fn(u64) + Sync) {
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let work = &work;
            scope.spawn(move || (thread..COUNT).step_by(64).for_each(work));
        }
    });
}

/// What one certificate costs in a store with 100,000 and in one with 100 of them. Turn by turn,
/// since the machine may have other things to do.
fn compare_with_few(many: &Fixture) {
    let few = Fixture::new();
    for number in 0..100 {
        few.issue(&serial(number));
    }
    let mut costs = [Vec::new(), Vec::new()];
    for number in COUNT..COUNT + 201 {
        for (store, costs) in [&few, many].into_iter().zip(&mut costs) {
            costs.push(way_through(store, &serial(number)));
        }
    }
    // Octets and not time: what is written does not depend on who else is busy. `make bench` shows the time.
    let [few, many] = costs.map(|mut octets: Vec<u64>| *octets.select_nth_unstable(100).1);
    assert!(
        many < few * 2,
        "octets written: {few} with 100 certificates, {many} with 100,000"
    );
}

/// Octets that this process wrote.
fn way_through(ca: &Fixture, serial: &[u8]) -> u64 {
    let written = written();
    let reserved = ca.reserve(serial);
    ca.store
        .record(reserved, &certificate(serial).1, None, NOW)
        .unwrap();
    ca.find(serial);
    ca.revoke(serial, None, NOW).unwrap();
    self::written() - written
}

fn written() -> u64 {
    let io = std::fs::read_to_string("/proc/self/io").unwrap();
    let line = io
        .lines()
        .find_map(|line| line.strip_prefix("wchar: "))
        .unwrap();
    line.parse().unwrap()
}

/// KiB
fn memory(key: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(key))
        .unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

fn forget_peak() {
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
}
