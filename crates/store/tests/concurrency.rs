//! Many threads and several processes in one file.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod fixture;

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use fixture::{Fixture, NOW, again, issue, reserve, revoke, serial};
use tpm2ca_store::{CrlScope, SqliteStore, Store, StoreError};

#[test]
fn of_many_who_want_a_serial_one_gets_it() {
    let ca = Fixture::new();
    let won = AtomicU64::new(0);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for number in 0..50 {
                    match reserve(&ca.store, ca.issuer, &serial(number)) {
                        Ok(_open) => _ = won.fetch_add(1, Ordering::Relaxed),
                        Err(error) => {
                            assert!(matches!(error, StoreError::SerialTaken { .. }), "{error}");
                        }
                    }
                }
            });
        }
    });
    assert_eq!(won.into_inner(), 50);
    assert_eq!(ca.clean_check().reserved, 50);
}

#[test]
fn two_processes_share_one_file() {
    let ca = Fixture::new();
    let path = ca.path();
    let children: Vec<_> = (0..2)
        .map(|half| {
            again(
                "child_issues",
                &[
                    ("STORE_TEST_DB", path.to_str().unwrap()),
                    ("STORE_TEST_HALF", &half.to_string()),
                ],
            )
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap()
        })
        .collect();
    // and this one is a third
    for number in 2000..2100 {
        ca.issue(&serial(number));
    }
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    // the halves overlap in 100 serials, of which each was given to one
    let report = ca.clean_check();
    assert_eq!((report.issued, report.reserved), (2 * 300 - 100 + 100, 0));
    assert_eq!(report.audit_entries, 1 + 600);
}

/// Not a test by itself: the other process of [`two_processes_share_one_file`].
#[test]
fn child_issues() {
    let (Ok(path), Ok(half)) = (
        std::env::var("STORE_TEST_DB"),
        std::env::var("STORE_TEST_HALF"),
    ) else {
        return;
    };
    let store = SqliteStore::open(path.as_ref()).unwrap();
    let issuer = store.issuers().unwrap()[0].id;
    let from = half.parse::<u64>().unwrap() * 200;
    thread::scope(|scope| {
        for thread in 0..3 {
            let store = &store;
            scope.spawn(move || {
                for number in (from + thread..from + 300).step_by(3) {
                    match issue(store, issuer, &serial(number)) {
                        Ok(_) | Err(StoreError::SerialTaken { .. }) => {}
                        Err(error) => panic!("{error}"),
                    }
                }
            });
        }
    });
}

#[test]
fn who_waits_together_syncs_together() {
    let ca = Fixture::new();
    let before = ca.store.commits();
    thread::scope(|scope| {
        for number in 0..16 {
            let (store, issuer) = (&ca.store, ca.issuer);
            scope.spawn(move || {
                for round in 0..50 {
                    let _open = reserve(store, issuer, &serial(number * 50 + round)).unwrap();
                }
            });
        }
    });
    let commits = ca.store.commits() - before;
    assert!(commits < 800 / 3, "{commits} commits for 800 requests");
    assert_eq!(ca.clean_check().reserved, 800);
}

#[test]
fn one_failure_in_a_batch_hurts_nobody_else() {
    let ca = Fixture::new();
    ca.issue(&[1]);
    thread::scope(|scope| {
        for number in 0..16u64 {
            let (store, issuer) = (&ca.store, ca.issuer);
            scope.spawn(move || {
                for round in 0..20 {
                    if number % 2 == 0 {
                        issue(store, issuer, &serial(number * 20 + round)).unwrap();
                    } else {
                        // fails only after its audit entry was appended
                        assert!(
                            store
                                .set_issuer_certificate(unknown_issuer(), b"x", "uid:0", NOW)
                                .is_err()
                        );
                        assert!(revoke(store, issuer, &serial(99_999), None, NOW).is_err());
                    }
                }
            });
        }
    });
    let report = ca.clean_check();
    assert_eq!((report.issued, report.audit_entries), (161, 162));
}

#[test]
fn a_crl_does_not_change_while_others_revoke() {
    let ca = Fixture::new();
    for number in 0..3000 {
        let _open = reserve_fast(&ca, number);
    }
    for number in 0..1500 {
        revoke(&ca.store, ca.issuer, &serial(number), Some(4), NOW).unwrap();
    }
    let snapshot = ca
        .store
        .begin_crl(ca.issuer, CrlScope::default(), NOW)
        .unwrap();
    let done = AtomicBool::new(false);
    let passes: Vec<Vec<_>> = thread::scope(|scope| {
        scope.spawn(|| {
            for number in 1500..3000 {
                revoke(&ca.store, ca.issuer, &serial(number), Some(1), NOW).unwrap();
            }
            done.store(true, Ordering::Release);
        });
        let mut passes = Vec::new();
        while passes.len() < 3 || !done.load(Ordering::Acquire) {
            if passes.len() == 3 {
                passes.pop();
            }
            passes.push(snapshot.entries().collect::<Result<_, _>>().unwrap());
        }
        passes.push(snapshot.entries().collect::<Result<_, _>>().unwrap());
        passes
    });
    assert_eq!(passes[0].len(), 1500);
    assert!(passes[0].is_sorted_by_key(|row: &tpm2ca_store::RevokedRow| row.serial.clone()));
    assert_eq!(
        passes[0]
            .iter()
            .map(|row| &row.serial)
            .collect::<HashSet<_>>()
            .len(),
        1500
    );
    assert!(passes.iter().all(|pass| *pass == passes[0]));
    drop(snapshot);
    assert_eq!(
        ca.store
            .begin_crl(ca.issuer, CrlScope::default(), NOW)
            .unwrap()
            .entries()
            .count(),
        3000
    );
}

fn reserve_fast(ca: &Fixture, number: u64) -> tpm2ca_store::Reserved {
    reserve(&ca.store, ca.issuer, &serial(number)).unwrap()
}

/// Number 2, where there is only number 1.
fn unknown_issuer() -> tpm2ca_store::IssuerId {
    static UNKNOWN: std::sync::OnceLock<tpm2ca_store::IssuerId> = std::sync::OnceLock::new();
    *UNKNOWN.get_or_init(|| {
        let other = Fixture::new();
        fixture::add_issuer(&other.store, "second").unwrap()
    })
}
