//! Threads that share a commit, and several processes in one file.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod fixture;

use std::thread;

use fixture::{Calls, Fixture, again, issue, reserve, serial};
use tpm2ca_store::{SqliteStore, Store, StoreError};

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
