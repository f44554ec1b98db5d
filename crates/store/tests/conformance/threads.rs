//! Many threads at once.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use crate::database::{Ca, New};
use crate::fixture::{Calls, NOW, issue, reserve, reserve_claim, revoke, serial};
use tpm2ca_store::{Claim, CrlScope, StoreError};

pub(crate) fn of_many_who_want_a_serial_one_gets_it(new: New) {
    let ca = Ca::new(new);
    let won = AtomicU64::new(0);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for number in 0..50 {
                    match reserve(&*ca.store, ca.issuer, &serial(number)) {
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

pub(crate) fn one_failure_in_a_batch_hurts_nobody_else(new: New) {
    let ca = Ca::new(new);
    let unknown = unknown_issuer(new);
    ca.issue(&[1]);
    thread::scope(|scope| {
        for number in 0..16u64 {
            let (store, issuer) = (&*ca.store, ca.issuer);
            scope.spawn(move || {
                for round in 0..20 {
                    if number % 2 == 0 {
                        issue(store, issuer, &serial(number * 20 + round)).unwrap();
                    } else {
                        // fails only after its audit entry was appended
                        assert!(
                            store
                                .set_issuer_certificate(unknown, b"x", "uid:0", NOW)
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

pub(crate) fn a_crl_does_not_change_while_others_revoke(new: New) {
    let ca = Ca::new(new);
    for number in 0..3000 {
        let _open = reserve_fast(&ca, number);
    }
    for number in 0..1500 {
        revoke(&*ca.store, ca.issuer, &serial(number), Some(4), NOW).unwrap();
    }
    let snapshot = ca
        .store
        .begin_crl(ca.issuer, CrlScope::default(), NOW)
        .unwrap();
    let done = AtomicBool::new(false);
    let passes: Vec<Vec<_>> = thread::scope(|scope| {
        scope.spawn(|| {
            for number in 1500..3000 {
                revoke(&*ca.store, ca.issuer, &serial(number), Some(1), NOW).unwrap();
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

fn reserve_fast(ca: &Ca, number: u64) -> tpm2ca_store::Reserved {
    reserve(&*ca.store, ca.issuer, &serial(number)).unwrap()
}

/// Number 2, where there is only number 1.
fn unknown_issuer(new: New) -> tpm2ca_store::IssuerId {
    crate::fixture::add_issuer(&*Ca::new(new).store, "second").unwrap()
}

pub(crate) fn of_many_who_want_a_token_as_many_get_it_as_it_has_uses(new: New) {
    let ca = Ca::new(new);
    let token = Claim::Token {
        hash: [7; 32],
        until: NOW,
        uses: 5,
    };
    let won = AtomicU64::new(0);
    thread::scope(|scope| {
        for thread in 0..8 {
            let (ca, won) = (&ca, &won);
            scope.spawn(move || {
                for number in 0..4 {
                    let serial = serial(thread * 4 + number);
                    match reserve_claim(&*ca.store, ca.issuer, &serial, token) {
                        Ok(_open) => _ = won.fetch_add(1, Ordering::Relaxed),
                        Err(error) => {
                            assert!(matches!(error, StoreError::ClaimTaken { .. }), "{error}");
                        }
                    }
                }
            });
        }
    });
    assert_eq!(won.into_inner(), 5);
    assert_eq!(ca.clean_check().reserved, 5);
}
