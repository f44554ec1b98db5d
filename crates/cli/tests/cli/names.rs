//! Names as people type them.

use std::fs;

use tpm2ca_testkit::Tool;

use crate::support::Ca;

fn openssl_says(ca: &Ca, certificate: &str) -> String {
    Tool::openssl("x509")
        .args([
            "-noout",
            "-subject",
            "-ext",
            "subjectAltName",
            "-nameopt",
            "RFC2253,utf8,-esc_msb",
            "-in",
            certificate,
        ])
        .dir(ca.folder.path())
        .ok()
        .text()
}

#[test]
fn machines() {
    let ca = Ca::new(&[]);
    ca.ok(&[
        "issue",
        "a.example.com",
        "b.example.com",
        "10.0.0.1",
        "2001:db8::1",
        "a.example.com",
    ]);
    let said = openssl_says(&ca, "a.example.com.crt");
    assert!(said.contains("subject=CN=a.example.com"), "{said}");
    assert_eq!(
        said.matches("DNS:a.example.com").count(),
        1,
        "said once: {said}"
    );
    assert!(
        said.contains("DNS:b.example.com") && said.contains("IP Address:10.0.0.1"),
        "{said}"
    );
    assert!(said.contains("IP Address:2001:DB8:0:0:0:0:0:1"), "{said}");
    ca.ok(&["issue", "2001:db8::1"]);
    assert!(ca.path("2001_db8__1.crt").exists());
    let long = format!("{}example.com", "abcdefghi.".repeat(7));
    ca.ok(&["issue", &long]);
    let said = openssl_says(&ca, &format!("{long}.crt"));
    assert!(!said.contains("CN"), "too long for a common name: {said}");
}

#[test]
fn people_and_programs() {
    let ca = Ca::new(&[]);
    ca.ok(&[
        "issue",
        "--profile",
        "client",
        "J\u{fc}rgen M\u{fc}ller",
        "jm@example.com",
        "spiffe://example.com/jm",
    ]);
    let said = openssl_says(&ca, "J_rgen_M_ller.crt");
    assert!(said.contains("CN=J\u{fc}rgen M\u{fc}ller"), "{said}");
    assert!(
        said.contains("email:jm@example.com") && said.contains("URI:spiffe://example.com/jm"),
        "{said}"
    );
    ca.ok(&[
        "issue",
        "--profile",
        "ocsp",
        "Answers of Test",
        "--out",
        "ocsp.crt",
    ]);
    assert!(!openssl_says(&ca, "ocsp.crt").contains("DNS"));
}

#[test]
fn what_is_no_name_is_refused_and_leaves_nothing() {
    let ca = Ca::new(&[]);
    let before = (ca.counts(), ca.files());
    let too_long = format!("{}.example.com", "a".repeat(64));
    for (code, name) in [
        (1, "jane doe"),
        (1, "../../etc/x"),
        (1, "/abs"),
        (1, "a_b.example.com"),
        (1, "300.1.1.1"),
        (1, "*.example.com"),
        (1, "jane@example.com"),
        (1, &too_long),
        (2, "IP:localhost"),
    ] {
        ca.fails(code, &["issue", name]);
        assert_eq!((ca.counts(), ca.files()), before, "{name}");
    }
    ca.fails(1, &["issue", "--", "-x"]);
    ca.fails(2, &["issue", "m\u{fc}nchen.example"]);
    assert_eq!((ca.counts(), ca.files()), before);
    ca.snapshot("names/what_is_no_name_is_refused_and_leaves_nothing");
}

#[test]
fn dates() {
    let ca = Ca::new(&[]);
    let before = (ca.counts(), ca.files());
    for more in [
        &["--days", "99999999"][..],
        &["--startdate", "2020-01-01T00:00:00Z"],
        &["--enddate", "2020-01-01T00:00:00Z"],
        &[
            "--startdate",
            "20300101000000Z",
            "--enddate",
            "20290101000000Z",
        ],
    ] {
        ca.fails(1, &[&["issue", "a.example.com"], more].concat());
        assert_eq!((ca.counts(), ca.files()), before, "{more:?}");
    }
    let ran = ca.json(&[
        "issue",
        "a.example.com",
        "--startdate",
        "20300101000000Z",
        "--days",
        "5",
    ]);
    assert_eq!(ran[0]["not_before"], "2030-01-01T00:00:00Z");
    assert_eq!(ran[0]["not_after"], "2030-01-06T00:00:00Z");
    ca.snapshot("names/dates");
}

#[test]
fn which_certificate_is_meant() {
    let (ca, other) = (Ca::new(&[]), Ca::new(&[]));
    ca.ok(&["issue", "a.example.com", "--chain"]);
    other.ok(&["issue", "b.example.com"]);
    let foreign = other.path("b.example.com.crt");
    // By a file with its chain, then by the number in any spelling.
    let shown = ca.json(&["show", "a.example.com.crt"]).remove(0);
    let serial = shown["serial"].as_str().unwrap();
    let pairs: Vec<&str> = (0..serial.len())
        .step_by(2)
        .map(|at| &serial[at..at + 2])
        .collect();
    for spelling in [
        serial,
        &serial.to_uppercase(),
        &format!("0x{serial}"),
        &pairs.join(":"),
    ] {
        assert_eq!(ca.json(&["show", spelling]).remove(0), shown);
    }
    // What only has the same number, as a certificate of another CA may have, is not the same.
    let mut der = Tool::openssl("x509")
        .args(["-outform", "DER", "-in", "a.example.com.crt"])
        .dir(ca.folder.path())
        .ok()
        .stdout;
    *der.last_mut().unwrap() ^= 1;
    fs::write(ca.path("alike.crt"), der).unwrap();
    for what in [
        foreign.to_str().unwrap(),
        "alike.crt",
        "a.example.com.key",
        "1234",
    ] {
        ca.fails(1, &["show", what]);
        ca.fails(1, &["revoke", what]);
    }
    assert_eq!(ca.json(&["db", "check"])[0]["revoked"], 0);
    ca.snapshot("names/which_certificate_is_meant");
}

#[test]
fn revoked_twice_on_hold_and_back() {
    let ca = Ca::new(&[]);
    ca.ok(&["issue", "a.example.com"]);
    let status = || ca.json(&["show", "a.example.com.crt"])[0]["status"].clone();
    ca.fails(
        1,
        &["revoke", "a.example.com.crt", "--reason", "removeFromCRL"],
    );
    ca.ok(&["revoke", "a.example.com.crt", "--reason", "certificateHold"]);
    assert_eq!(status(), "revoked");
    ca.ok(&["revoke", "a.example.com.crt", "--reason", "removeFromCRL"]);
    assert_eq!(status(), "valid");
    ca.ok(&["revoke", "a.example.com.crt", "--reason", "keycompromise"]);
    ca.fails(
        1,
        &["revoke", "a.example.com.crt", "--reason", "superseded"],
    );
    ca.fails(
        1,
        &["revoke", "a.example.com.crt", "--reason", "removeFromCRL"],
    );
    assert_eq!(ca.json(&["crl"])[0]["entries"], 1);
    ca.snapshot("names/revoked_twice_on_hold_and_back");
}

#[test]
fn lists() {
    let ca = Ca::new(&[]);
    ca.ok(&["issue", "a.example.com"]);
    ca.ok(&["issue", "b.example.org", "--days", "5"]);
    let names = |arguments: &[&str]| {
        let rows = ca.json(&[&["list"], arguments].concat());
        rows.iter()
            .map(|row| row["subject"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&["--name", "*.example.com"]), ["CN=a.example.com"]);
    assert_eq!(names(&["--name", "?.EXAMPLE.ORG"]), ["CN=b.example.org"]);
    assert_eq!(names(&["--expires-within", "1w"]), ["CN=b.example.org"]);
    assert_eq!(
        names(&["--issuer", "root"]),
        ["CN=Test Root CA", "CN=Test Intermediate CA"]
    );
    assert!(names(&["--name", "*.example.net"]).is_empty());
    let ran = ca.ok(&["list", "--name", "*.example.net"]);
    assert!(ran.stdout.is_empty() && !ran.stderr.is_empty(), "{ran:?}");
    ca.fails(1, &["list", "--issuer", "nobody"]);
    ca.snapshot("names/lists");
}
