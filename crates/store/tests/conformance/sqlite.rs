//! Names of CAs in a file of an earlier format, which only SQLite has.

use std::path::Path;

use crate::ca_names::{Names, is_refused, issuer, reserve};
use crate::database::Sqlite;
use crate::fixture::clean_check;
use tpm2ca_store::SqliteStore;

#[test]
fn cas_of_a_store_of_version_3() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ca.db");
    let ca = Names::in_database(Box::new(Sqlite::at(&path)));
    ca.issue(2, "/CN=Sub", 2, true).unwrap();
    ca.issue(3, "/CN=host", 3, false).unwrap();
    issuer(&*ca.store, "guest", "/CN=Elsewhere", "/CN=Guest", 7);
    let root = ca.root;
    drop(ca);
    to_version_3(&path);
    let store = SqliteStore::open(&path).unwrap();
    let reserve =
        |serial, subject, key, is_ca| reserve(&store, root, serial, subject, key, is_ca).map(drop);
    for subject in ["/CN=Root", "/CN=sub", "/CN=Guest", "/CN=Elsewhere"] {
        assert!(is_refused(reserve(9, subject, 9, true)), "{subject}");
        assert!(is_refused(reserve(9, subject, 9, false)), "{subject}");
    }
    for (serial, subject, key) in [(4, "/CN=Root", 1), (5, "/CN=Sub", 2), (6, "/CN=Guest", 7)] {
        reserve(serial, subject, key, true).unwrap();
    }
    reserve(7, "/CN=host", 9, true).unwrap();
    clean_check(&store);
}

fn to_version_3(path: &Path) {
    rusqlite::Connection::open(path)
        .unwrap()
        .execute_batch(
            "DROP TABLE claim; DROP TABLE token_use; DROP TRIGGER certificate_keeps_evidence;
             ALTER TABLE certificate DROP COLUMN evidence; DROP TABLE ca_name; PRAGMA user_version = 3",
        )
        .unwrap();
}
