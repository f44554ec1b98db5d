//! Whoever changes the file by hand is found out, and the file itself resists the plain ways.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod fixture;

use fixture::{Calls, DAY, Fixture, NOW, add_issuer, certificate, reserve_claim};
use tpm2ca_store::{
    Claim, CrlScope, ImportedCertificate, IndexRow, IndexSeen, IndexStatus, NewCrl,
    ProblemLocation, Store,
};

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
        "UPDATE certificate SET subject = 'CN=x' WHERE state = 'void'",
        "UPDATE certificate SET requester = 'uid:0' WHERE state = 'void'",
        "UPDATE certificate SET outcome_entry = 9000000000000000000 WHERE state = 'reserved'",
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
        "UPDATE issuer SET certificate_der = NULL, certificate_entry = NULL",
        "UPDATE issuer SET subject_der = x'3000'",
    ] {
        let ca = full();
        force(&ca, statement);
        let report = ca.store.check().unwrap();
        assert!(!report.is_clean(), "not found: {statement}");
    }
}

#[test]
fn an_older_entry_or_none_does_not_pass_for_the_newest() {
    for statement in [
        // a revocation that is taken back, or made milder, by an entry that is not there, older, or another's
        "UPDATE certificate SET revoked_at = NULL, reason = NULL, revocation_entry = 9000000000000000000 \
         WHERE serial = x'01'",
        "UPDATE certificate SET reason = 6, revocation_entry = \
             (SELECT min(seq) FROM audit WHERE kind = 'revoked' AND serial = x'01') WHERE serial = x'01'",
        "UPDATE certificate SET revoked_at = NULL, reason = NULL, revocation_entry = \
             (SELECT seq FROM audit WHERE kind = 'unrevoked') WHERE serial = x'01'",
        // a hold that is over
        "UPDATE certificate SET revocation_entry = 9000000000000000000 WHERE serial = x'02'",
        "UPDATE certificate SET revoked_at = 1767225602, reason = 6, revocation_entry = \
             (SELECT min(seq) FROM audit WHERE kind = 'revoked' AND serial = x'02') WHERE serial = x'02'",
        // nothing was ever revoked
        "UPDATE certificate SET revocation_entry = 9000000000000000000 WHERE serial = x'03'",
        "UPDATE certificate SET reason = 1 WHERE serial = x'03'",
        // the issuer's certificate before this one
        "UPDATE issuer SET certificate_der = CAST('old' AS BLOB), certificate_entry = \
             (SELECT min(seq) FROM audit WHERE kind = 'issuer-certified') WHERE id = 1",
    ] {
        let ca = with_history();
        force(&ca, statement);
        let report = ca.store.check().unwrap();
        assert!(!report.is_clean(), "not found: {statement}");
    }
}

#[test]
fn an_undone_revocation_is_named() {
    let ca = with_history();
    force(
        &ca,
        "UPDATE certificate SET revoked_at = NULL, reason = NULL, revocation_entry = 9000000000000000000 \
         WHERE serial = x'01'",
    );
    let report = ca.store.check().unwrap();
    assert_eq!(
        report
            .problems
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>(),
        ["certificate 01 of issuer 1: the audit entry of its revocation is missing"]
    );
}

#[test]
fn every_change_of_what_was_taken_in_is_found() {
    for change in [
        "issuer = (SELECT max(id) FROM issuer)",
        "serial = x'77'",
        "state = 'void', issued_at = NULL, der = NULL",
        "state = 'reserved', outcome_entry = NULL, issued_at = NULL, der = NULL",
        "tbs_sha256 = zeroblob(32)",
        "tbs_sha256 = zeroblob(32), der = NULL",
        "requester = 'x'",
        "profile = 'server'",
        "subject = '/CN=x'",
        "not_after = not_after + 1",
        "reserved_at = reserved_at + 1",
        "issued_at = issued_at + 1",
        "outcome_entry = outcome_entry + 1",
        "outcome_entry = 9000000000000000000",
        "der = NULL",
        "der = CAST(substr(der, 1, 500) || x'00' || substr(der, 502) AS BLOB)",
        "revoked_at = 1, revocation_entry = 9000000000000000000",
        "revocation_entry = 9000000000000000000",
    ] {
        let ca = with_history();
        force(
            &ca,
            &format!("UPDATE certificate SET {change} WHERE serial = x'11'"),
        );
        let report = ca.store.check().unwrap();
        assert!(!report.is_clean(), "not found: {change}");
    }
    for statement in [
        // all of them at once
        "DELETE FROM certificate WHERE profile = 'openssl ca'",
        "UPDATE certificate SET state = 'reserved', outcome_entry = NULL, issued_at = NULL, der = NULL, \
             revoked_at = NULL, revocation_entry = NULL WHERE profile = 'openssl ca' AND serial <> x'13'",
        // of which there is no certificate
        "UPDATE certificate SET not_before = 1 WHERE serial = x'12'",
        "UPDATE certificate SET names = '[\"DNS:x\"]' WHERE serial = x'12'",
        // that came as revoked
        "UPDATE certificate SET revoked_at = NULL, revocation_entry = 9000000000000000000 WHERE serial = x'13'",
        "UPDATE certificate SET revoked_at = revoked_at + 1 WHERE serial = x'13'",
        "UPDATE certificate SET reason = 1 WHERE serial = x'13'",
    ] {
        let ca = with_history();
        force(&ca, statement);
        let report = ca.store.check().unwrap();
        assert!(!report.is_clean(), "not found: {statement}");
    }
    // A group that consists of one.
    let ca = with_history();
    sync_index(&ca, vec![row(IndexStatus::Valid, 0x14)]);
    ca.clean_check();
    force(&ca, "DELETE FROM certificate WHERE serial = x'14'");
    assert!(!ca.store.check().unwrap().is_clean());
}

#[test]
fn a_changed_row_of_an_import_is_one_problem() {
    let ca = Fixture::new();
    sync_index(&ca, vec![row(IndexStatus::Valid, 1)]);
    ca.sql()
        .execute_batch(
            "DROP TRIGGER certificate_keeps_reservation; UPDATE certificate SET subject = '/CN=b'",
        )
        .unwrap();
    let report = ca.store.check().unwrap();
    assert_eq!(report.problem_count, 1, "{:?}", report.problems);
    assert!(report.problems[0].to_string().contains("took in"));
}

#[test]
fn the_first_broken_entry_is_named() {
    let ca = full();
    force(&ca, "UPDATE audit SET detail = '{}' WHERE seq = 4");
    let report = ca.store.check().unwrap();
    assert_eq!(report.problems[0].location, ProblemLocation::Audit(4));
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
fn a_token_with_another_count_than_its_claims_is_found() {
    for statement in [
        "UPDATE token_use SET held = held + 1",
        "UPDATE token_use SET held = 0",
        "DELETE FROM token_use",
        "DELETE FROM claim",
    ] {
        let ca = Fixture::new();
        let token = Claim::Token {
            hash: [7; 32],
            until: NOW,
            uses: 2,
        };
        let _open = reserve_claim(&ca.store, ca.issuer, &[1], token).unwrap();
        ca.clean_check();
        force(&ca, statement);
        let report = ca.store.check().unwrap();
        assert_eq!(
            report.problems[0].to_string(),
            "database file: 1 tokens have other counts than their claims",
            "{statement}"
        );
    }
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
            .any(|problem| problem.location == ProblemLocation::File),
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
    let crl = ca
        .store
        .begin_crl(ca.issuer, CrlScope::default(), NOW)
        .unwrap();
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

/// Certificates that were put on hold and revoked, on hold and taken off it, taken in; an issuer with a second
/// certificate, and a second issuer.
fn with_history() -> Fixture {
    let ca = Fixture::new();
    for number in 1..=3 {
        ca.issue(&[number]);
    }
    ca.revoke(&[1], Some(6), NOW + 1).unwrap();
    ca.revoke(&[1], Some(1), NOW + 2).unwrap();
    ca.revoke(&[2], Some(6), NOW + 2).unwrap();
    ca.store
        .unrevoke(ca.issuer, &[2], "uid:0", NOW + 3)
        .unwrap();
    for certificate in [b"old", b"new"] {
        ca.store
            .set_issuer_certificate(ca.issuer, certificate, "uid:0", NOW)
            .unwrap();
    }
    add_issuer(&ca.store, "other").unwrap();
    sync_index(
        &ca,
        vec![
            IndexRow {
                certificate: Some(ImportedCertificate {
                    der: certificate(&[0x11]).1,
                    not_before: NOW,
                    names: Vec::new(),
                }),
                ..row(IndexStatus::Valid, 0x11)
            },
            row(IndexStatus::Valid, 0x12),
            row(IndexStatus::Revoked, 0x13),
        ],
    );
    ca.clean_check();
    ca
}

fn sync_index(ca: &Fixture, rows: Vec<IndexRow>) {
    ca.store
        .index()
        .unwrap()
        .sync_index(
            ca.issuer,
            Box::new(rows.into_iter().map(Ok)),
            IndexSeen::default(),
            "openssl ca",
            NOW,
        )
        .unwrap();
}

fn row(status: IndexStatus, serial: u8) -> IndexRow {
    IndexRow {
        status,
        serial: vec![serial],
        subject: format!("/CN={serial}"),
        not_after: NOW + DAY,
        revoked_at: (status == IndexStatus::Revoked).then_some(NOW - DAY),
        reason: None,
        invalidity_date: None,
        note: None,
        certificate: None,
    }
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
