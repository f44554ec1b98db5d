//! Revoking: by serial or file, with reasons, once.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use tpm2ca_testkit::Tool;
use tpm2ca_tests::Ca;

#[test]
fn by_serial_by_file_and_only_once() {
    let ca = Ca::new(&[]);
    ca.ok(&["issue", "a.example.com", "--out", "a.crt"]);
    ca.ok(&["issue", "b.example.com", "--out", "b.crt", "--chain"]);
    let serial = Tool::openssl("x509")
        .args(["-noout", "-serial", "-in", "a.crt"])
        .dir(ca.folder.path())
        .ok()
        .text();
    // As openssl prints it: upper case, without colons.
    let serial = serial.trim().trim_start_matches("serial=");
    ca.ok(&[
        "revoke",
        serial,
        "--reason",
        "keycompromise",
        "--invalidity-date",
        "2026-01-02T03:04:05Z",
    ]);
    ca.ok(&["revoke", "b.crt"]);
    ca.fails(1, &["revoke", serial]);
    ca.fails(1, &["revoke", "0badc0de"]);
    ca.fails(2, &["revoke", "no-such-file.crt"]);
    ca.fails(2, &["revoke", serial, "--reason", "boredom"]);

    ca.ok(&["crl", "--out", "crl.der", "--outform", "der"]);
    let text = Tool::openssl("crl")
        .args(["-inform", "DER", "-noout", "-text", "-in", "crl.der"])
        .dir(ca.folder.path())
        .ok()
        .text();
    assert!(
        text.contains("Key Compromise") && text.contains("Invalidity Date"),
        "{text}"
    );
    assert!(
        text.to_lowercase().contains(&serial.to_lowercase()),
        "{text}"
    );
    let to_stdout = ca.ok(&["crl", "--out", "-"]);
    assert!(
        to_stdout.starts_with("-----BEGIN X509 CRL-----"),
        "{to_stdout}"
    );
    let number = |text: &str| {
        text.lines()
            .skip_while(|line| !line.contains("CRL Number"))
            .nth(1)
            .and_then(|line| line.trim().parse::<u64>().ok())
            .unwrap()
    };
    let next = Tool::openssl("crl")
        .args(["-noout", "-text"])
        .input(to_stdout)
        .ok()
        .text();
    assert_eq!(number(&next), number(&text) + 1);
    let judged = ca.judged();
    assert_eq!((judged.certificates, judged.crls), (4, 1));
    ca.snapshot("revocation/by_serial_by_file_and_only_once");
}

#[test]
fn a_revoked_intermediate_is_on_the_crl_of_the_root() {
    let ca = Ca::new(&[]);
    ca.ok(&["revoke", "ca/intermediate.crt", "--reason", "CACompromise"]);
    ca.ok(&["crl", "--issuer", "root", "--out", "root.pem"]);
    let verified = Tool::openssl("verify")
        .args([
            "-crl_check",
            "-CAfile",
            "ca/root.crt",
            "-CRLfile",
            "root.pem",
            "ca/intermediate.crt",
        ])
        .dir(ca.folder.path())
        .run();
    assert!(
        verified.report().contains("certificate revoked"),
        "{}",
        verified.report()
    );
    assert_eq!(ca.judged().crls, 1);
}

#[test]
fn lists_in_shards_and_deltas() {
    let ca = Ca::new(&[]);
    let config = std::fs::read_to_string(ca.path("ca/ca.toml")).unwrap();
    let section = "[issuer.intermediate]\n";
    assert!(config.contains(section), "{config}");
    let with_shards = format!(
        "{section}crl_shards = 2\ncrl_urls = [\"http://pki.example.com/{{shard}}.crl\"]\n\
         delta_urls = [\"http://pki.example.com/{{shard}}-delta.crl\"]\n"
    );
    std::fs::write(ca.path("ca/ca.toml"), config.replace(section, &with_shards)).unwrap();
    ca.ok(&["issue", "a.example.com", "--out", "a.crt"]);
    ca.fails(2, &["crl", "--out", "all.crl"]);
    ca.fails(1, &["crl", "--delta"]);
    std::fs::create_dir(ca.path("www")).unwrap();
    let said = ca.ok(&["crl", "--outdir", "www", "--outform", "der"]);
    assert_eq!(said.lines().count(), 2, "{said}");
    ca.ok(&["revoke", "a.crt"]);
    let said = ca.ok(&["crl", "--delta", "--hours", "6", "--outdir", "www"]);
    assert_eq!(said.matches("  1 changed  ").count(), 1, "{said}");
    for name in ["0-of-2", "1-of-2", "0-of-2-delta", "1-of-2-delta"] {
        assert!(
            ca.path(&format!("www/intermediate-{name}.crl")).exists(),
            "{name}"
        );
    }
    // One list of all, for certificates from before.
    let said = ca.ok(&["crl", "--shards", "0", "--out", "all.crl", "--json"]);
    assert!(
        said.contains("\"entries\":1") && said.contains("\"shard\":null"),
        "{said}"
    );
    ca.ok(&["db", "check"]);
    ca.snapshot("revocation/lists_in_shards_and_deltas");
}
