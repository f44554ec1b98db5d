//! Files that are ours, and files that are not.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod fixture;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use fixture::{Calls, Fixture, NOW, add_issuer, clean_check, exists, issue, reserve};
use tpm2ca_store::{Claim, CrlScope, SqliteError, SqliteStore, Store, StoreError, StoreErrorClass};

#[test]
fn a_new_file_is_private_and_never_overwrites() {
    let ca = Fixture::new();
    ca.issue(&[1]);
    for suffix in ["", "-wal", "-shm"] {
        let name = format!("{}{suffix}", ca.path().display());
        assert_eq!(
            fs::metadata(name).unwrap().permissions().mode() & 0o777,
            0o600,
            "{suffix}"
        );
    }
    assert_eq!(
        SqliteStore::create(&ca.path()).unwrap_err(),
        SqliteError::Exists { path: ca.path() }.into()
    );
    let nowhere = ca.folder.path().join("no/ca.db");
    assert_eq!(
        SqliteStore::create(&nowhere).unwrap_err(),
        SqliteError::Missing { path: nowhere }.into()
    );
    ca.clean_check();
}

#[test]
fn closing_leaves_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ca.db");
    let store = Arc::new(SqliteStore::create(&path).unwrap());
    let issuer = add_issuer(&*store, "root").unwrap();
    let _open = store.reserve(&fixture_reservation(issuer)).unwrap();
    let clone = Arc::clone(&store);
    drop(store);
    assert_eq!(clone.find_by_serial(None, &[1]).unwrap().len(), 1);
    drop(clone);
    assert!(!exists(&path, "-wal") && !exists(&path, "-shm"));
    let store = SqliteStore::open(&path).unwrap();
    assert_eq!(store.find_by_serial(None, &[1]).unwrap().len(), 1);
}

#[test]
fn what_is_not_there_or_not_ours_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("missing.db");
    for open in [SqliteStore::open, SqliteStore::open_read_only] {
        let error = open(&path).unwrap_err();
        assert_eq!(error, SqliteError::Missing { path: path.clone() }.into());
        assert_eq!(error.class(), StoreErrorClass::NotFound);
        assert!(error.hint().unwrap().contains("tpm2ca init"));
    }

    let text = folder.path().join("text.db");
    fs::write(
        &text,
        "V\t271123214400Z\t\t01\tunknown\t/CN=an index.txt\n".repeat(100),
    )
    .unwrap();
    let foreign = folder.path().join("foreign.db");
    let connection = rusqlite::Connection::open(&foreign).unwrap();
    connection
        .execute_batch("CREATE TABLE certificate (id INTEGER); PRAGMA application_id = 252006674;")
        .unwrap();
    drop(connection);
    for open in [SqliteStore::open, SqliteStore::open_read_only] {
        unchanged(&text, || {
            assert_eq!(open(&text).unwrap_err(), SqliteError::NotADatabase.into());
        });
        let error = SqliteError::Foreign {
            path: foreign.clone(),
            found: 0x0f05_5112,
        };
        unchanged(&foreign, || {
            assert_eq!(open(&foreign).unwrap_err().to_string(), error.to_string());
        });
    }
    assert!(SqliteStore::open(folder.path()).is_err(), "a folder");
}

#[test]
fn a_newer_format_is_refused_and_left_alone() {
    let ca = Fixture::new();
    let path = ca.path();
    drop(ca.store);
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection
        .execute_batch("PRAGMA user_version = 4711; PRAGMA journal_mode = delete")
        .unwrap();
    drop(connection);
    for open in [SqliteStore::open, SqliteStore::open_read_only] {
        unchanged(&path, || {
            let error = open(&path).unwrap_err();
            assert_eq!(
                error,
                SqliteError::NewerVersion {
                    found: 4711,
                    known: 5
                }
                .into()
            );
            assert!(error.hint().unwrap().contains("newer"));
        });
    }
}

#[test]
fn an_interrupted_creation_is_finished() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ca.db");
    fs::write(&path, "").unwrap();
    assert!(is_read_only(SqliteStore::open_read_only(&path)));
    let store = SqliteStore::open(&path).unwrap();
    add_issuer(&store, "root").unwrap();
    clean_check(&store);
}

#[test]
fn many_may_open_a_new_file_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ca.db");
    fs::write(&path, "").unwrap();
    std::thread::scope(|scope| {
        for number in 0..8 {
            let path = &path;
            scope.spawn(move || {
                add_issuer(&SqliteStore::open(path).unwrap(), &format!("i{number}")).unwrap()
            });
        }
    });
    assert_eq!(
        SqliteStore::open(&path).unwrap().issuers().unwrap().len(),
        8
    );
}

#[test]
fn opened_for_reading_nothing_is_written() {
    let ca = Fixture::new();
    ca.issue(&[1]);
    let store = SqliteStore::open_read_only(&ca.path()).unwrap();
    assert_eq!(store.find_by_serial(None, &[1]).unwrap().len(), 1);
    clean_check(&store);
    assert!(is_read_only(reserve(&store, ca.issuer, &[2])));
    assert!(is_read_only(store.begin_crl(
        ca.issuer,
        CrlScope::default(),
        NOW
    )));
    ca.issue(&[3]);
    assert_eq!(
        store.find_by_serial(None, &[3]).unwrap().len(),
        1,
        "it sees what others write"
    );
}

#[test]
fn a_backup_is_a_store_of_its_own() {
    let ca = Fixture::new();
    for number in 1..=50 {
        ca.issue(&[number]);
    }
    let copy = ca.folder.path().join("copy.db");
    ca.store.backup_to(&copy).unwrap();
    ca.issue(&[51]);
    assert_eq!(
        fs::metadata(&copy).unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert_eq!(
        ca.store.backup_to(&copy).unwrap_err(),
        SqliteError::Exists { path: copy.clone() }.into()
    );
    let store = SqliteStore::open(&copy).unwrap();
    assert_eq!(clean_check(&store).issued, 50);
    issue(&store, ca.issuer, &[52]).unwrap();
    clean_check(&store);
    ca.clean_check();
}

#[test]
fn a_store_of_version_1_is_brought_up_to_date() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ca.db");
    let old = rusqlite::Connection::open(&path).unwrap();
    old.execute_batch(include_str!("../migrations/0001_initial.sql"))
        .unwrap();
    old.execute_batch(
        "PRAGMA user_version = 1; PRAGMA application_id = 1412580161;
         INSERT INTO audit VALUES (1, 0, 'issuer-added', NULL, NULL, 'x', '{}', zeroblob(32), zeroblob(32));
         INSERT INTO issuer VALUES (1, 'root', x'3000', x'01', 'k', NULL, NULL, 0, 1, NULL);
         INSERT INTO certificate VALUES (7, 1, x'05', 'reserved', zeroblob(32), 'x', 'p', 's', '[]', 1, 2, 3,
             NULL, NULL, NULL, NULL, NULL, NULL, NULL);",
    )
    .unwrap();
    drop(old);
    let store = SqliteStore::open(&path).unwrap();
    let found = store.find_by_serial(None, &[5]).unwrap();
    assert_eq!((found[0].position, found[0].not_after), (7, 2));
}

fn is_read_only<T>(outcome: Result<T, StoreError>) -> bool {
    outcome.is_err_and(|error| error.class() == StoreErrorClass::ReadOnly)
}

fn unchanged(path: &Path, work: impl FnOnce()) {
    let before = fs::read(path).unwrap();
    work();
    assert!(
        before == fs::read(path).unwrap(),
        "`{}` was changed",
        path.display()
    );
    assert!(!exists(path, "-wal"), "a log was left");
}

fn fixture_reservation(issuer: tpm2ca_store::IssuerId) -> tpm2ca_store::NewReservation<'static> {
    tpm2ca_store::NewReservation {
        issuer,
        holder: fixture::leaf(),
        serial: &[1],
        tbs_sha256: [0; 32],
        requester: "uid:0",
        profile: "root",
        subject: "CN=root",
        names: &[],
        not_before: NOW,
        not_after: NOW,
        claim: Claim::None,
        at: NOW,
    }
}
