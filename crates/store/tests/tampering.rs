//! Whoever changes the file by hand is found out, and the file itself resists the plain ways.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod fixture;

use fixture::{Fixture, NOW};
use tpm2ca_store::{NewCrl, Place, Store};

#[test]
fn the_file_resists_changes_of_what_is_final() {
    let ca = full();
    let sql = ca.sql();
    for statement in [
        "DELETE FROM audit",
        "UPDATE audit SET actor = 'x' WHERE seq = 1",
        "DELETE FROM certificate WHERE id = 1",
        "UPDATE certificate SET subject = 'CN=x'",
        "UPDATE certificate SET serial = x'77' WHERE id = 1",
        "UPDATE certificate SET der = NULL WHERE id = 1",
        "UPDATE certificate SET state = 'reserved' WHERE id = 1",
        "DELETE FROM crl",
        "UPDATE crl SET entries = 0",
        "DELETE FROM issuer",
    ] {
        assert!(sql.execute_batch(statement).is_err(), "{statement}");
    }
    ca.clean_check();
}

#[test]
fn every_change_by_force_is_found() {
    for statement in [
        // the audit log
        "UPDATE audit SET actor = 'nobody' WHERE seq = 2",
        "UPDATE audit SET at = at + 1 WHERE seq = 2",
        "UPDATE audit SET detail = replace(detail, 'server', 'client') WHERE seq = 2",
        "UPDATE audit SET kind = 'refused' WHERE seq = 2",
        "UPDATE audit SET hash = zeroblob(32) WHERE seq = 2",
        "UPDATE audit SET prev_hash = zeroblob(32) WHERE seq = 2",
        "DELETE FROM audit WHERE seq = 1",
        "DELETE FROM audit WHERE seq = 3",
        "DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit WHERE kind = 'issued')",
        // certificates
        "UPDATE certificate SET der = CAST(substr(der, 1, 500) || x'00' || substr(der, 502) AS BLOB) WHERE id = 1",
        "UPDATE certificate SET der = CAST(substr(der, 1, length(der) - 1) || x'00' AS BLOB) WHERE id = 1",
        "UPDATE certificate SET der = x'3000' WHERE id = 1",
        "UPDATE certificate SET serial = x'77' WHERE id = 1",
        "UPDATE certificate SET tbs_sha256 = zeroblob(32) WHERE id = 1",
        "UPDATE certificate SET requester = 'uid:0' WHERE id = 1",
        "UPDATE certificate SET profile = 'x' WHERE id = 1",
        "UPDATE certificate SET subject = 'CN=x' WHERE id = 1",
        "UPDATE certificate SET names = '[]' WHERE id = 1",
        "UPDATE certificate SET not_after = 0 WHERE id = 1",
        "UPDATE certificate SET issued_at = 0 WHERE id = 1",
        "UPDATE certificate SET outcome_entry = 3 WHERE id = 1",
        "DELETE FROM certificate WHERE id = 1",
        "DELETE FROM certificate WHERE state = 'void'",
        "UPDATE certificate SET state = 'reserved', outcome_entry = NULL, der = NULL, issued_at = NULL WHERE id = 1",
        "UPDATE certificate SET state = 'reserved', outcome_entry = NULL WHERE state = 'void'",
        "UPDATE certificate SET state = 'void', outcome_entry = 2 WHERE state = 'reserved'",
        // revocations: taken away, made up, changed
        "UPDATE certificate SET revoked_at = NULL, reason = NULL WHERE serial = x'02'",
        "UPDATE certificate SET revoked_at = NULL, reason = NULL, revocation_entry = NULL WHERE serial = x'02'",
        "UPDATE certificate SET reason = 4 WHERE serial = x'02'",
        "UPDATE certificate SET revoked_at = 1 WHERE serial = x'02'",
        "UPDATE certificate SET invalidity_date = 1 WHERE serial = x'02'",
        "UPDATE certificate SET revoked_at = 1, revocation_entry = 3 WHERE serial = x'01'",
        "UPDATE certificate SET revoked_at = 1, revocation_entry = (SELECT seq FROM audit WHERE kind = 'revoked') \
         WHERE serial = x'01'",
        // CRLs and issuers
        "UPDATE crl SET entries = 5",
        "UPDATE crl SET sha256 = zeroblob(32)",
        "DELETE FROM crl",
        "UPDATE issuer SET key_id = x'00'",
        "UPDATE issuer SET certificate_der = x'00'",
        "UPDATE issuer SET subject_der = x'3000'",
    ] {
        let ca = full();
        force(&ca, statement);
        let report = ca.store.check().unwrap();
        assert!(!report.is_clean(), "not found: {statement}");
    }
}

#[test]
fn the_first_broken_entry_is_named() {
    let ca = full();
    force(&ca, "UPDATE audit SET detail = '{}' WHERE seq = 4");
    let report = ca.store.check().unwrap();
    assert_eq!(report.problems[0].place, Place::Audit(4));
    assert_eq!(
        report.problems[0].to_string(),
        "audit entry 4: its hash does not fit its contents"
    );

    let ca = full();
    force(&ca, "DELETE FROM audit WHERE seq = 4");
    let report = ca.store.check().unwrap();
    assert_eq!(
        report.problems[0].to_string(),
        "audit entry 5: it follows entry 3: entries are missing"
    );
}

#[test]
fn a_damaged_page_is_a_finding() {
    let ca = full();
    let path = ca.path();
    let folder = ca.folder;
    drop(ca.store);
    let mut octets = std::fs::read(&path).unwrap();
    let len = octets.len();
    octets[len - 4096..].fill(0xee);
    std::fs::write(&path, octets).unwrap();
    let report = tpm2ca_store::SqliteStore::open(&path)
        .unwrap()
        .check()
        .unwrap();
    assert!(
        report
            .problems
            .iter()
            .any(|problem| problem.place == Place::File),
        "{:#?}",
        report.problems
    );
    drop(folder);
}

/// A bit of everything.
fn full() -> Fixture {
    let ca = Fixture::new();
    for number in 1..=5 {
        ca.issue(&[number]);
    }
    ca.revoke(&[2], Some(1), NOW + 5).unwrap();
    let _open = ca.reserve(&[6]);
    let void = ca.reserve(&[7]);
    ca.store.release(void, "lockout", NOW).unwrap();
    ca.store
        .set_issuer_certificate(ca.issuer, b"certificate", "uid:0", NOW)
        .unwrap();
    let crl = ca.store.begin_crl(ca.issuer, NOW).unwrap();
    let (number, entries) = (crl.number(), 1);
    drop(crl);
    ca.store
        .record_crl(&NewCrl {
            issuer: ca.issuer,
            number,
            sha256: [3; 32],
            this_update: NOW,
            next_update: NOW + 9,
            entries,
            requester: "uid:0",
            at: NOW,
        })
        .unwrap();
    ca.clean_check();
    ca
}

/// Runs it with all that guards the file out of the way.
fn force(ca: &Fixture, statement: &str) {
    let sql = ca.sql();
    let triggers: Vec<String> = sql
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    assert!(!triggers.is_empty());
    for trigger in triggers {
        sql.execute_batch(&format!("DROP TRIGGER {trigger}"))
            .unwrap();
    }
    sql.execute_batch("PRAGMA ignore_check_constraints = ON; PRAGMA foreign_keys = OFF")
        .unwrap();
    assert!(sql.execute(statement, []).unwrap() > 0, "{statement}");
}
