//! Somebody changes the database of records: `db check` says so.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;

use tpm2ca_tests::{
    Ca,
    records::{Serials, each_change, force},
};

#[test]
fn every_change_of_a_certificate_is_reported() {
    let ca = with_history();
    let serial = |name: &str| serial(&ca, name);
    let (good, revoked, freed) = (serial("good"), serial("revoked"), serial("freed"));
    let serials = Serials {
        good: &good,
        revoked: &revoked,
        freed: &freed,
    };
    ca.ok(&["db", "check"]);
    each_change(&ca.path("ca/records.db"), &serials, |change| {
        let said = ca.fails(4, &["db", "check"]);
        assert!(
            said.contains("the records are not in order"),
            "{change}: {said}"
        );
    });
    ca.ok(&["db", "check"]);
    ca.snapshot("tampered_records/every_change_of_a_certificate_is_reported");
}

/// Every entry up to the noted head is as it was: it is the row that does not fit to them.
#[test]
fn an_undone_revocation_is_reported_beside_a_noted_head() {
    let ca = with_history();
    let head = head(&ca);
    let revoked = serial(&ca, "revoked");
    force(
        Path::new(&ca.path("ca/records.db")),
        &format!(
            "UPDATE certificate SET revoked_at = NULL, reason = NULL, revocation_entry = 9000000000000000000 \
             WHERE serial = x'{revoked}'"
        ),
    );
    let said = ca.fails(4, &["db", "check", "--audit-head", &head]);
    let problems: Vec<&str> = said
        .lines()
        .filter(|line| line.starts_with("warning: "))
        .collect();
    let expected = format!(
        "warning: certificate {revoked} of issuer 2: the audit entry of its revocation is missing"
    );
    assert_eq!(problems, [expected], "{said}");
    ca.snapshot("tampered_records/an_undone_revocation_is_reported_beside_a_noted_head");
}

fn with_history() -> Ca {
    let ca = Ca::new(&[]);
    for name in ["good", "revoked", "freed"] {
        let domain = format!("{name}.example.com");
        let out = format!("{name}.crt");
        ca.ok(&["issue", &domain, "--out", &out]);
    }
    for (file, reason) in [
        ("revoked.crt", "certificateHold"),
        ("freed.crt", "certificateHold"),
        ("revoked.crt", "keyCompromise"),
        ("freed.crt", "removeFromCRL"),
    ] {
        ca.ok(&["revoke", file, "--reason", reason]);
    }
    ca
}

fn serial(ca: &Ca, name: &str) -> String {
    let shown: serde_json::Value =
        serde_json::from_str(&ca.ok(&["--json", "show", &format!("{name}.crt")])).unwrap();
    shown["serial"].as_str().unwrap().to_owned()
}

fn head(ca: &Ca) -> String {
    let report: serde_json::Value =
        serde_json::from_str(&ca.ok(&["--json", "db", "check"])).unwrap();
    report["audit_head"].as_str().unwrap().to_owned()
}
