//! Somebody asks for a certificate with the name of a CA: CRLs are found by the name of their issuer, so the name belongs
//! to one key.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::process::Stdio;

use serde_json::Value;
use tpm2ca_testkit::Tool;
use tpm2ca_tests::{Ca, said};

/// A CSR with a new key, and without a name that matters.
fn csr(ca: &Ca, name: &str) {
    let (key, out) = (format!("{name}.key"), format!("{name}.csr"));
    Tool::openssl("req")
        .args([
            "-new",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
        ])
        .args(["-nodes", "-subj", "/CN=x", "-keyout", &key, "-out", &out])
        .dir(ca.folder.path())
        .ok();
}

/// `sign` for this subject and the key of a CSR.
fn sign<'a>(csr: &'a str, out: &'a str, subject: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let arguments = ["sign", "--in", csr, "--out", out, "--subj", subject];
    [&arguments[..], more].concat()
}

const SUB_CA: [&str; 4] = ["--issuer", "root", "--profile", "intermediate"];
const CLIENT: [&str; 2] = ["--profile", "client"];

/// How many certificates there are, and how many refusals.
fn counts(ca: &Ca) -> (u64, usize) {
    let report: Value = serde_json::from_str(&ca.ok(&["db", "check", "--json"])).unwrap();
    assert_eq!(report["clean"], true, "{report}");
    let log = Tool::new("python3")
        .args([
            "-c",
            "import sqlite3, sys\nfor (n,) in sqlite3.connect(sys.argv[1]).execute(\"SELECT count(*) FROM audit WHERE kind = 'refused'\"): print(n)",
        ])
        .arg(ca.directory().join("records.db"))
        .ok()
        .text();
    (
        report["issued"].as_u64().unwrap(),
        log.trim().parse().unwrap(),
    )
}

#[test]
fn a_sub_ca_with_the_name_of_another_ca() {
    let ca = Ca::new(&[]);
    for name in ["a", "b"] {
        csr(&ca, name);
    }
    let (before, _) = counts(&ca);
    let refused = |subject: &str| ca.fails(1, &sign("a.csr", "a.crt", subject, &SUB_CA));
    assert_eq!(
        refused("/CN=Test Intermediate CA"),
        "error: the subject `CN=Test Intermediate CA` is the name of issuer `intermediate`, which has another key\n\
         hint: give the new CA a name of its own, or make the request with the key of the CA that has the name\n"
    );
    // The same name to whoever compares names as RFC 5280 says.
    for subject in [
        "/CN=TEST intermediate ca",
        "/CN= Test  Intermediate CA",
        "/CN=Test Intermediate \u{ff23}\u{ff21}",
    ] {
        let error = refused(subject);
        assert!(
            error.contains("is the name of issuer `intermediate`"),
            "{error}"
        );
    }
    for subject in ["/CN=Test Root CA", "/CN=test root CA"] {
        let error = refused(subject);
        assert!(error.contains("is the issuer's own name"), "{error}");
    }
    assert_eq!(counts(&ca), (before, 6), "each refusal is in the audit log");
    assert!(!ca.path("a.crt").exists());

    // A sub-CA's own name belongs to its key, too: the same key may have another certificate, another key none.
    ca.ok(&sign(
        "a.csr",
        "sub.crt",
        "/O=Acme/CN=Department CA",
        &SUB_CA,
    ));
    let taken = ca.fails(
        1,
        &sign("b.csr", "b.crt", "/O=acme/CN=department ca", &SUB_CA),
    );
    assert!(
        taken.contains("is the name of the CA whose certificate has the serial number"),
        "{taken}"
    );
    ca.ok(&sign(
        "a.csr",
        "renewed.crt",
        "/O=Acme/CN=Department CA",
        &SUB_CA,
    ));
    ca.ok(&sign(
        "b.csr",
        "b.crt",
        "/O=Acme/CN=Department CA 2",
        &SUB_CA,
    ));
    let revoked = Tool::openssl("x509")
        .args(["-noout", "-serial", "-in", "sub.crt"])
        .dir(ca.folder.path())
        .ok()
        .text();
    let serial = revoked.trim().trim_start_matches("serial=");
    ca.ok(&["revoke", "--issuer", "root", serial]);
    ca.fails(
        1,
        &sign("b.csr", "c.crt", "/O=Acme/CN=Department CA", &SUB_CA),
    );
    assert_eq!(counts(&ca).0, before + 3);
    ca.snapshot("taken_names/a_sub_ca_with_the_name_of_another_ca");
}

#[test]
fn a_leaf_with_the_name_of_a_ca() {
    let ca = Ca::new(&[]);
    for name in ["a", "b"] {
        csr(&ca, name);
    }
    ca.ok(&sign("b.csr", "sub.crt", "/CN=Department CA", &SUB_CA));
    let (before, _) = counts(&ca);
    for (subject, expected) in [
        ("/CN=Test Root CA", "is the name of issuer `root`\n"),
        ("/CN=TEST ROOT CA", "is the name of issuer `root`\n"),
        ("/CN=Test Intermediate CA", "is the issuer's own name\n"),
        (
            "/CN=department  ca",
            "is the name of the CA whose certificate",
        ),
    ] {
        // not even with the CA's own key
        for csr in ["a.csr", "b.csr"] {
            let error = ca.fails(1, &sign(csr, "x.crt", subject, &CLIENT));
            assert!(
                error.contains(expected) && error.contains("hint: "),
                "{subject}: {error}"
            );
        }
    }
    assert_eq!(counts(&ca), (before, 8));
    assert!(!ca.path("x.crt").exists());
    ca.ok(&sign("a.csr", "x.crt", "/CN=Alice", &CLIENT));
    ca.snapshot("taken_names/a_leaf_with_the_name_of_a_ca");
}

#[test]
fn of_two_who_ask_at_once_one_gets_the_name() {
    let ca = Ca::new(&[]);
    let children: Vec<_> = (0..4)
        .map(|number| {
            let name = format!("key{number}");
            csr(&ca, &name);
            name
        })
        .collect::<Vec<_>>()
        .into_iter()
        .map(|name| {
            let (csr, out) = (format!("{name}.csr"), format!("{name}.crt"));
            ca.command(&sign(&csr, &out, "/CN=Contested CA", &SUB_CA))
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    let mut won = 0;
    for child in children {
        let output = child.wait_with_output().unwrap();
        if output.status.success() {
            won += 1;
        } else {
            let error = said(&output);
            assert!(error.contains("which has another key"), "{error}");
        }
    }
    assert_eq!(won, 1);
    assert_eq!(counts(&ca), (3, 3));
    ca.judged();
}
