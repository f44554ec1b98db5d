//! Killed at any moment, or out of space: what was acknowledged is there, what was not is not half
//! there.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod fixture;

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::thread;

use fixture::{
    Fixture, NOW, again, certificate, clean_check, hex, reserve, reserve_claim, revoke, serial,
    unhex,
};
use tpm2ca_store::{Claim, Filter, SqliteStore, State, Status, Store, StoreError};
use tpm2ca_testkit::rounds;

#[test]
fn killed_at_any_moment() {
    let ca = Fixture::new();
    let path = ca.path();
    let Fixture {
        folder: _folder,
        store,
        issuer,
    } = ca;
    drop(store);
    let mut recorded = 0;
    for round in 0..rounds() as u64 {
        let mut child = again(
            "child_issues",
            &[
                ("STORE_TEST_DB", path.to_str().unwrap()),
                ("STORE_TEST_ROUND", &round.to_string()),
            ],
        )
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
        // Somewhere between opening the file and the hundredth certificate, counted by what was said: how long that
        // takes is the machine's business.
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut said = String::new();
        for _ in 0..round * 53 % 130 {
            lines.read_line(&mut said).unwrap();
        }
        child.kill().unwrap();
        lines.read_to_string(&mut said).unwrap();
        child.wait().unwrap();

        let store = SqliteStore::open(&path).unwrap();
        let whole_lines = said.rfind('\n').map_or("", |end| &said[..end]);
        for line in whole_lines.lines() {
            let Some((what, serial)) = line.split_once(' ') else {
                continue;
            };
            let found = |serial: &str| {
                store
                    .find_by_serial(Some(issuer), &unhex(serial))
                    .unwrap()
                    .pop()
                    .expect("lost")
            };
            match what {
                "reserved" => assert!(found(serial).reserved_at == NOW),
                "recorded" => {
                    recorded += 1;
                    assert_eq!(found(serial).state, State::Issued, "{serial}");
                }
                "revoked" => assert_eq!(found(serial).status(NOW), Status::Revoked),
                _ => {}
            }
        }
        let report = clean_check(&store);
        // each thread of a killed process can have left one reservation open
        assert!(report.outstanding.len() as u64 <= 4 * (round + 1));
    }
    assert!(
        recorded > 100,
        "only {recorded} certificates were recorded before the kills"
    );
}

/// Not a test by itself: the process that [`killed_at_any_moment`] kills.
#[test]
fn child_issues() {
    let (Ok(path), Ok(round)) = (
        std::env::var("STORE_TEST_DB"),
        std::env::var("STORE_TEST_ROUND"),
    ) else {
        return;
    };
    let round: u64 = round.parse().unwrap();
    let store = SqliteStore::open(path.as_ref()).unwrap();
    let issuer = store.issuers().unwrap()[0].id;
    // the harness has begun a line
    writeln!(std::io::stdout()).unwrap();
    let out = Mutex::new(std::io::stdout());
    let say = |what: &str, serial: &[u8]| {
        let mut out = out.lock().unwrap();
        writeln!(out, "{what} {}", hex(serial)).unwrap();
        out.flush().unwrap();
    };
    thread::scope(|scope| {
        for number in 0..4 {
            let (store, say) = (&store, &say);
            scope.spawn(move || {
                for count in 0.. {
                    let serial = serial((round * 4 + number) * 1_000_000 + count);
                    let reserved = reserve(store, issuer, &serial).unwrap();
                    say("reserved", &serial);
                    store
                        .record(reserved, &certificate(&serial).1, None, NOW)
                        .unwrap();
                    say("recorded", &serial);
                    if count % 5 == 0 {
                        revoke(store, issuer, &serial, Some(1), NOW).unwrap();
                        say("revoked", &serial);
                    }
                }
            });
        }
    });
}

#[test]
fn killed_with_claims() {
    let ca = Fixture::new();
    let path = ca.path();
    let Fixture {
        folder: _folder,
        store,
        issuer,
    } = ca;
    drop(store);
    let child = again(
        "child_claims",
        &[("STORE_TEST_CLAIMS_DB", path.to_str().unwrap())],
    )
    .output()
    .unwrap();
    assert!(!child.status.success(), "{child:?}");

    let store = SqliteStore::open(&path).unwrap();
    let claim = |serial, claim| reserve_claim(&store, issuer, &[serial], claim);
    for held in [OPEN, RECORDED, TOKEN] {
        let error = claim(20, held).unwrap_err();
        assert!(matches!(error, StoreError::ClaimTaken { .. }), "{held:?}");
    }
    let _open = claim(20, RELEASED).unwrap();
    clean_check(&store);
}

const OPEN: Claim = Claim::AcmeOrder(1);
const RECORDED: Claim = Claim::AcmeOrder(2);
const RELEASED: Claim = Claim::AcmeOrder(3);
const TOKEN: Claim = Claim::Token {
    hash: [7; 32],
    until: NOW,
    uses: 1,
};

/// Not a test by itself: the process that dies in [`killed_with_claims`].
#[test]
fn child_claims() {
    let Ok(path) = std::env::var("STORE_TEST_CLAIMS_DB") else {
        return;
    };
    let store = SqliteStore::open(path.as_ref()).unwrap();
    let issuer = store.issuers().unwrap()[0].id;
    let claim = |serial, claim| reserve_claim(&store, issuer, &[serial], claim).unwrap();
    let _open = (claim(1, OPEN), claim(2, TOKEN));
    let recorded = claim(3, RECORDED);
    let _recorded = store
        .record(recorded, &certificate(&[3]).1, None, NOW)
        .unwrap();
    store.release(claim(4, RELEASED), "lockout", NOW).unwrap();
    std::process::abort();
}

#[test]
fn out_of_space() {
    // In units of 512 octets. With the first limit the log cannot grow any more; with the second
    // one, the database itself cannot take in the log before that. The third one does not even let
    // the file be opened.
    for (limit, opens) in [(2048, true), (9000, true), (8, false)] {
        let ca = Fixture::new();
        let path = ca.path();
        let Fixture {
            folder: _folder,
            store,
            issuer,
        } = ca;
        drop(store);
        let child = again(
            "child_until_full",
            &[("STORE_TEST_FULL_DB", path.to_str().unwrap())],
        );
        let mut limited = Command::new("sh");
        limited
            .arg("-c")
            .arg(format!(
                "ulimit -f {limit}; trap '' XFSZ; exec \"$0\" \"$@\""
            ))
            .arg(child.get_program())
            .args(child.get_args())
            .env("STORE_TEST_FULL_DB", &path);
        let output = limited.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let said = String::from_utf8(output.stdout).unwrap();
        let error = said
            .lines()
            .find_map(|line| line.strip_prefix("error "))
            .expect("it never got full");
        assert!(
            error.contains("Io { doing: \"writing\"") || error.contains("DiskFull"),
            "{error}"
        );
        let acknowledged: HashSet<_> = said
            .lines()
            .filter_map(|line| line.strip_prefix("reserved "))
            .map(unhex)
            .collect();
        assert_eq!(!acknowledged.is_empty(), opens, "{said}");

        let store = SqliteStore::open(&path).unwrap();
        let report = clean_check(&store);
        let rows = fixture::list(&store, &Filter::default());
        let serials: HashSet<_> = rows.into_iter().map(|row| row.serial).collect();
        assert_eq!(serials, acknowledged, "what failed was not written");
        assert_eq!(
            report.issued,
            said.lines()
                .filter(|line| line.starts_with("recorded "))
                .count() as u64
        );
        // and when there is space again it goes on
        fixture::issue(&store, issuer, &serial(u64::MAX)).unwrap();
        clean_check(&store);
    }
}

/// Not a test by itself: the process that gets into trouble in [`out_of_space`].
#[test]
fn child_until_full() {
    let Ok(path) = std::env::var("STORE_TEST_FULL_DB") else {
        return;
    };
    let mut out = std::io::stdout();
    // the harness has begun a line
    writeln!(out).unwrap();
    let store = match SqliteStore::open(path.as_ref()) {
        Ok(store) => store,
        Err(error) => return writeln!(out, "error {error:?}").unwrap(),
    };
    let issuer = store.issuers().unwrap()[0].id;
    let out = Mutex::new(out);
    let say = |line: String| writeln!(out.lock().unwrap(), "{line}").unwrap();
    let issue = |number| -> Result<(), StoreError> {
        let serial = serial(number);
        let reserved = reserve(&store, issuer, &serial)?;
        say(format!("reserved {}", hex(&serial)));
        store.record(reserved, &certificate(&serial).1, None, NOW)?;
        say(format!("recorded {}", hex(&serial)));
        Ok(())
    };
    thread::scope(|scope| {
        for thread in 0..4 {
            let (issue, say) = (&issue, &say);
            scope.spawn(move || {
                let error = (thread * 1_000_000..)
                    .find_map(|number| issue(number).err())
                    .unwrap();
                let hint = error.hint().unwrap();
                assert!(hint.contains("space") || hint.contains("disk"), "{error}");
                say(format!("error {error:?}"));
            });
        }
    });
    // the store is still good for reading
    let found = store.find_by_serial(Some(issuer), &serial(0)).unwrap();
    assert_eq!(found.len(), 1);
}
