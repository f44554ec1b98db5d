//! From an empty folder to certificates and CRLs that every verifier accepts.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;

use tpm2ca_testkit::Tool;
use tpm2ca_tests::{Ca, openssl_csr};

#[test]
fn rsa_2048() {
    walk(&["--alg", "rsa", "--keysize", "2048"]);
}

#[test]
fn rsa_3072() {
    walk(&["--alg", "rsa", "--keysize", "3072"]);
}

#[test]
fn p256() {
    walk(&["--alg", "ecdsa", "--curve", "nist_p256"]);
}

#[test]
fn p384() {
    walk(&["--alg", "ecdsa", "--curve", "P-384"]);
}

#[test]
fn with_an_authorization_value_and_name_constraints() {
    let ca = Ca::new(&[
        "--permit-dns",
        "example.com",
        "--key-auth",
        "pass:correct horse battery",
    ]);
    openssl_csr(ca.folder.path(), "a.example.com");
    std::fs::write(ca.path("auth"), "correct horse battery\n").unwrap();
    ca.ok(&[
        "sign",
        "--in",
        "a.example.com.csr",
        "--out",
        "a.crt",
        "--key-auth",
        "file:auth",
    ]);
    verified(&ca, "a.crt");
    openssl_csr(ca.folder.path(), "a.example.org");
    ca.fails(
        1,
        &[
            "sign",
            "--in",
            "a.example.org.csr",
            "--out",
            "b.crt",
            "--key-auth",
            "file:auth",
        ],
    );
    ca.snapshot("a_ca_from_nothing/with_an_authorization_value_and_name_constraints");
}

fn walk(algorithm: &[&str]) {
    let ca = Ca::new(&[algorithm, &["--crl-url", "http://pki.example.com/%.crl"]].concat());
    verified_chain(&ca);

    let kinds: [(&str, &[&str]); 6] = [
        ("p256", &["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]),
        ("p384", &["ec", "-pkeyopt", "ec_paramgen_curve:P-384"]),
        ("p521", &["ec", "-pkeyopt", "ec_paramgen_curve:P-521"]),
        ("rsa2048", &["rsa:2048"]),
        ("rsa3072", &["rsa:3072"]),
        ("ed25519", &["ed25519"]),
    ];
    for (kind, newkey) in kinds {
        let host = format!("{kind}.example.com");
        let csr = format!("{kind}.csr");
        let out = format!("{kind}.crt");
        Tool::openssl("req")
            .args(["-new", "-nodes", "-newkey"])
            .args(newkey)
            .args(["-subj", &format!("/C=DE/O=Example/CN={host}")])
            .args(["-addext", &format!("subjectAltName=DNS:{host},IP:10.1.2.3")])
            .args(["-keyout", &format!("{kind}.key"), "-out", &csr])
            .dir(ca.folder.path())
            .ok();
        ca.ok(&["sign", "--profile", "server", "--in", &csr, "--out", &out]);
        verified(&ca, &out);
        let text = Tool::openssl("x509")
            .args(["-noout", "-text", "-in", &out])
            .dir(ca.folder.path())
            .ok()
            .text();
        for expected in [
            format!("DNS:{host}, IP Address:10.1.2.3"),
            "TLS Web Server Authentication".to_owned(),
            "URI:http://pki.example.com/intermediate.crl".to_owned(),
            "Version: 3".to_owned(),
        ] {
            assert!(
                text.contains(&expected),
                "{kind}: no `{expected}` in {text}"
            );
        }
    }
    ca.ok(&["issue", "--profile", "client", "alice@example.com"]);
    verified(&ca, "alice@example.com.crt");
    ca.ok(&["issue", "--profile", "server", "--newkey", "rsa2048", "::1"]);

    // The CRL before and after a revocation, of both issuers.
    crl_is_accepted(&ca, "intermediate", 0);
    crl_is_accepted(&ca, "root", 0);
    ca.ok(&["revoke", "p256.crt", "--reason", "superseded"]);
    crl_is_accepted(&ca, "intermediate", 1);
    let check = |certificate: &str| {
        Tool::openssl("verify")
            .args(["-x509_strict", "-crl_check_all", "-CAfile", "ca/root.crt"])
            .args(["-untrusted", "ca/intermediate.crt"])
            .args([
                "-CRLfile",
                "intermediate.pem",
                "-CRLfile",
                "root.pem",
                certificate,
            ])
            .dir(ca.folder.path())
            .run()
    };
    assert!(
        check("p384.crt").success(),
        "{}",
        check("p384.crt").report()
    );
    let revoked = check("p256.crt");
    assert!(
        !revoked.success() && revoked.report().contains("certificate revoked"),
        "{}",
        revoked.report()
    );

    let listed = ca.ok(&["list", "--status", "revoked"]);
    assert_eq!(listed.lines().count(), 1, "{listed}");
    let shown = ca.ok(&["show", "p256.crt"]);
    assert!(
        shown.contains("revoked") && shown.contains("superseded"),
        "{shown}"
    );
    let pem = ca.ok(&["show", "p384.crt", "--pem"]);
    assert_eq!(pem, std::fs::read_to_string(ca.path("p384.crt")).unwrap());
    ca.ok(&["db", "check"]);
    // Root, intermediate, six kinds of key, a client and an address.
    let judged = ca.judged();
    assert_eq!((judged.certificates, judged.crls), (2 + 6 + 2, 2));
}

/// openssl, GnuTLS and Python's cryptography agree that the certificate is good.
fn verified(ca: &Ca, certificate: &str) {
    Tool::openssl("verify")
        .args(["-x509_strict", "-check_ss_sig", "-CAfile", "ca/root.crt"])
        .args(["-untrusted", "ca/intermediate.crt", certificate])
        .dir(ca.folder.path())
        .ok();
    let chain = ["ca/root.crt", "ca/intermediate.crt", certificate];
    certtool_accepts(ca, &chain);
    python_parses(&ca.path(certificate), "load_pem_x509_certificate");
}

fn verified_chain(ca: &Ca) {
    Tool::openssl("verify")
        .args(["-x509_strict", "-check_ss_sig", "-CAfile", "ca/root.crt"])
        .args(["ca/root.crt", "ca/intermediate.crt"])
        .dir(ca.folder.path())
        .ok();
    certtool_accepts(ca, &["ca/root.crt", "ca/intermediate.crt"]);
    for certificate in ["ca/root.crt", "ca/intermediate.crt"] {
        python_parses(&ca.path(certificate), "load_pem_x509_certificate");
    }
}

fn certtool_accepts(ca: &Ca, root_first: &[&str]) {
    let chain: String = root_first
        .iter()
        .rev()
        .map(|name| std::fs::read_to_string(ca.path(name)).unwrap())
        .collect();
    let said = Tool::certtool()
        .args(["--verify", "--load-ca-certificate", "ca/root.crt"])
        .dir(ca.folder.path())
        .input(chain)
        .ok()
        .text();
    assert!(
        said.contains("Verified. The certificate is trusted."),
        "{said}"
    );
}

fn crl_is_accepted(ca: &Ca, issuer: &str, entries: usize) {
    let file = format!("{issuer}.pem");
    ca.ok(&["crl", "--issuer", issuer, "--out", &file]);
    let said = Tool::openssl("crl")
        .args([
            "-noout",
            "-in",
            &file,
            "-CAfile",
            &format!("ca/{issuer}.crt"),
        ])
        .dir(ca.folder.path())
        .ok()
        .report();
    assert!(said.contains("verify OK"), "{said}");
    let said = Tool::certtool()
        .args([
            "--verify-crl",
            "--load-ca-certificate",
            &format!("ca/{issuer}.crt"),
        ])
        .args(["--infile", &file])
        .dir(ca.folder.path())
        .ok()
        .text();
    assert!(said.contains("Verified"), "{said}");
    let path = ca.path(&file);
    let script = format!(
        "from cryptography import x509\n\
         crl = x509.load_pem_x509_crl(open('{}', 'rb').read())\n\
         assert len(list(crl)) == {entries}, len(list(crl))\n\
         print(crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number)",
        path.display()
    );
    Tool::python(&script).ok();
}

fn python_parses(path: &Path, loader: &str) {
    let script = format!(
        "from cryptography import x509\n\
         object = x509.{loader}(open('{}', 'rb').read())\n\
         assert [e.oid for e in object.extensions]\n\
         assert object.subject is not None",
        path.display()
    );
    Tool::python(&script).ok();
}
