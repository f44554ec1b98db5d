//! A head of the audit log that was noted elsewhere shows what was cut off.

use std::fs;

use crate::support::Ca;

#[test]
fn records_that_were_put_back_are_noticed() {
    let ca = Ca::new(&[]);
    ca.ok(&["issue", "a.example.com"]);
    let before = fs::read(ca.path("ca/records.db")).unwrap();
    ca.ok(&["issue", "b.example.com"]);
    let report = ca.json(&["db", "check"]).remove(0);
    let head = report["audit_head"].as_str().unwrap().to_owned();
    assert!(report["noted_head_at"].is_null());

    // What comes later does not matter.
    ca.ok(&["issue", "c.example.com"]);
    let check = ["db", "check", "--audit-head", &head];
    // The new head is printed too.
    ca.shows(&check);
    let report = ca.json(&check).remove(0);
    assert_eq!(
        report["noted_head_at"],
        report["audit_entries"].as_u64().unwrap() - 1
    );

    // Somebody puts an old copy in place: in itself it is in order.
    fs::write(ca.path("ca/records.db"), before).unwrap();
    for rest in ["ca/records.db-wal", "ca/records.db-shm"] {
        let _ = fs::remove_file(ca.path(rest));
    }
    ca.ok(&["db", "check"]);
    ca.fails(4, &check);
    ca.fails(2, &["db", "check", "--audit-head", "abc"]);
    ca.snapshot("audit_head/records_that_were_put_back_are_noticed");
}
