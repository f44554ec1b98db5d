//! Asking whether certificates are revoked: other people's clients at `tpm2ca ocsp`.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;

use rustix::process::Signal;
use tpm2ca_testkit::Tool;
use tpm2ca_tests::{
    Ca,
    ocsp::{Responder, request},
};

/// What `openssl ocsp` makes of the responder's answers.
fn openssl(ca: &Ca, responder: &Responder, arguments: &[&str]) -> String {
    let ran = Tool::openssl("ocsp")
        .args(["-url", &responder.url(), "-CAfile", "ca/chain.crt"])
        .args(["-issuer", "ca/intermediate.crt"])
        .args(arguments)
        .dir(ca.folder.path())
        .ok();
    let said = ran.report();
    assert!(said.contains("Response verify OK"), "{said}");
    said
}

#[test]
fn openssl_asks_in_all_its_ways() {
    let ca = Ca::new(&[]);
    for name in ["good", "bad"] {
        ca.ok(&[
            "issue",
            &format!("{name}.example.com"),
            "--out",
            &format!("{name}.crt"),
        ]);
    }
    ca.ok(&["revoke", "bad.crt", "--reason", "keyCompromise"]);
    let responder = Responder::start(&ca, &[]);
    for hash in ["-sha1", "-sha256", "-sha384"] {
        for nonce in ["-nonce", "-no_nonce"] {
            let said = openssl(
                &ca,
                &responder,
                &[
                    nonce,
                    hash,
                    "-cert",
                    "good.crt",
                    "-cert",
                    "bad.crt",
                    "-serial",
                    "0x0badcafe",
                    "-validity_period",
                    "5",
                    "-status_age",
                    "60",
                ],
            );
            for part in [
                "good.crt: good",
                "bad.crt: revoked",
                "Reason: keyCompromise",
                "Revocation Time:",
                "0x0badcafe: unknown",
            ] {
                assert!(said.contains(part), "{hash} {nonce}: no `{part}` in {said}");
            }
            assert!(!said.contains("WARNING: no nonce"), "{said}");
            // One certificate at a time, twice: the second answer is one that was kept.
            for _ in 0..2 {
                let said = openssl(&ca, &responder, &[nonce, hash, "-cert", "good.crt"]);
                assert!(said.contains("good.crt: good"), "{said}");
            }
        }
    }
    // The intermediate's own issuer answers too.
    let ran = Tool::openssl("ocsp")
        .args([
            "-url",
            &responder.url(),
            "-CAfile",
            "ca/root.crt",
            "-issuer",
            "ca/root.crt",
        ])
        .args(["-cert", "ca/intermediate.crt"])
        .dir(ca.folder.path())
        .ok();
    assert!(
        ran.report().contains("ca/intermediate.crt: good"),
        "{}",
        ran.report()
    );
    assert_eq!(responder.stop(Signal::TERM), Some(0));
    let report = ca.ok(&["db", "check"]);
    assert!(!report.is_empty());
}

#[test]
fn what_another_process_revokes_is_in_the_very_next_answer() {
    let ca = Ca::new(&[]);
    ca.ok(&["issue", "www.example.com", "--out", "www.crt"]);
    let responder = Responder::start(&ca, &[]);
    let status = || openssl(&ca, &responder, &["-no_nonce", "-cert", "www.crt"]);
    for _ in 0..3 {
        assert!(status().contains("www.crt: good"));
        ca.ok(&["revoke", "www.crt", "--reason", "certificateHold"]);
        let said = status();
        assert!(
            said.contains("www.crt: revoked") && said.contains("certificateHold"),
            "{said}"
        );
        ca.ok(&["revoke", "www.crt", "--reason", "removeFromCRL"]);
    }
    ca.ok(&["revoke", "www.crt", "--reason", "superseded"]);
    assert!(status().contains("superseded"));
    // And what it issues.
    ca.ok(&["issue", "new.example.com", "--out", "new.crt"]);
    let said = openssl(&ca, &responder, &["-cert", "new.crt"]);
    assert!(said.contains("new.crt: good"), "{said}");
}

#[test]
fn gnutls_and_python_agree() {
    let ca = Ca::new(&[]);
    ca.ok(&["issue", "good.example.com", "--out", "good.crt"]);
    ca.ok(&["issue", "bad.example.com", "--out", "bad.crt"]);
    ca.ok(&[
        "revoke",
        "bad.crt",
        "--reason",
        "keyCompromise",
        "--invalidity-date",
        "2026-01-02T03:04:05Z",
    ]);
    let responder = Responder::start(&ca, &[]);
    for (cert, expected) in [("good.crt", "good"), ("bad.crt", "revoked")] {
        for nonce in ["--nonce", "--no-nonce"] {
            let mut tool = Tool::new("ocsptool")
                .args([&format!("--ask={}", responder.url()), "--load-cert", cert])
                .args(["--load-issuer", "ca/intermediate.crt"]);
            if nonce == "--nonce" {
                tool = tool.arg(nonce);
            }
            let said = tool.dir(ca.folder.path()).run().report();
            assert!(
                said.contains(&format!("Certificate Status: {expected}"))
                    && said.contains("Verifying OCSP Response: Success"),
                "{said}"
            );
        }
        fs::write(
            ca.path("response.der"),
            responder
                .post(&request(&ca, &["-no_nonce", "-cert", cert]))
                .body,
        )
        .unwrap();
        let said = Tool::python(PYTHON)
            .args(["response.der", cert, "ca/intermediate.crt"])
            .dir(ca.folder.path())
            .ok()
            .text();
        let reason = if expected == "good" {
            "None"
        } else {
            "ReasonFlags.key_compromise"
        };
        assert_eq!(
            said.trim(),
            format!("OCSPCertStatus.{} {reason} 3600", expected.to_uppercase())
        );
    }
}

/// Checks the signature with the certificate in the response, and that against the issuer.
const PYTHON: &str = r"
import sys
from cryptography import x509
from cryptography.x509 import ocsp
from cryptography.hazmat.primitives.asymmetric import ec
response = ocsp.load_der_ocsp_response(open(sys.argv[1], 'rb').read())
cert, issuer = (x509.load_pem_x509_certificate(open(path, 'rb').read()) for path in sys.argv[2:4])
signer = response.certificates[0]
verify = lambda key, sig, tbs, hash: key.verify(sig, tbs, ec.ECDSA(hash))
verify(signer.public_key(), response.signature, response.tbs_response_bytes, response.signature_hash_algorithm)
verify(issuer.public_key(), signer.signature, signer.tbs_certificate_bytes, signer.signature_hash_algorithm)
assert response.serial_number == cert.serial_number
assert response.responder_key_hash is not None
signer.extensions.get_extension_for_class(x509.OCSPNoCheck)
print(response.certificate_status, response.revocation_reason, (response.next_update - response.this_update).seconds)
";

#[test]
fn one_request_from_a_file() {
    let ca = Ca::new(&[]);
    ca.ok(&["issue", "www.example.com", "--out", "www.crt"]);
    ca.ok(&["revoke", "www.crt"]);
    request(&ca, &["-cert", "www.crt"]);
    let check = |response: &str| {
        let said = Tool::openssl("ocsp")
            .args(["-reqin", "request.der", "-respin", response, "-no_nonce"])
            .args(["-issuer", "ca/intermediate.crt", "-cert", "www.crt"])
            .args(["-CAfile", "ca/chain.crt"])
            .dir(ca.folder.path())
            .ok()
            .report();
        assert!(
            said.contains("Response verify OK") && said.contains("www.crt: revoked"),
            "{said}"
        );
    };
    let said = ca.ok(&[
        "ocsp",
        "--once",
        "--reqin",
        "request.der",
        "--respout",
        "response.der",
    ]);
    assert_eq!(said.trim(), "response.der");
    check("response.der");
    // As in `openssl ocsp`: with a responder's certificate that there is already.
    Tool::openssl("req")
        .args([
            "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", "ocsp.key",
        ])
        .args(["-subj", "/CN=Responder", "-out", "ocsp.csr"])
        .dir(ca.folder.path())
        .ok();
    ca.ok(&[
        "sign",
        "--profile",
        "ocsp",
        "--in",
        "ocsp.csr",
        "--out",
        "ocsp.crt",
    ]);
    let before = ca.ok(&["list", "--json"]);
    ca.ok(&[
        "ocsp",
        "--reqin",
        "request.der",
        "--respout",
        "again.der",
        "--rsigner",
        "ocsp.crt",
        "--rkey",
        "ocsp.key",
        "--ndays",
        "7",
    ]);
    check("again.der");
    assert_eq!(ca.ok(&["list", "--json"]), before);

    ca.fails(1, &["ocsp", "--once", "--reqin", "ocsp.csr"]);
    // About a stranger: the answer says so, and nothing is issued for it.
    Tool::openssl("ocsp")
        .args([
            "-issuer",
            "ocsp.crt",
            "-serial",
            "1",
            "-reqout",
            "stranger.der",
        ])
        .dir(ca.folder.path())
        .ok();
    ca.fails(
        1,
        &[
            "ocsp",
            "--reqin",
            "stranger.der",
            "--respout",
            "stranger-response.der",
        ],
    );
    assert_eq!(
        fs::read(ca.path("stranger-response.der")).unwrap(),
        b"\x30\x03\x0a\x01\x06"
    );
    assert_eq!(ca.ok(&["list", "--json"]), before);
    ca.fails(2, &["ocsp"]);
    ca.fails(2, &["ocsp", "--once", "--listen", "127.0.0.1:0"]);
    ca.fails(2, &["ocsp", "--listen", "8080"]);
    ca.snapshot("ocsp_clients/one_request_from_a_file");
}

#[test]
fn the_key_of_the_responder_can_be_in_the_tpm() {
    let ca = Ca::new(&[]);
    ca.ok(&["issue", "www.example.com", "--out", "www.crt"]);
    let responder = Responder::start(&ca, &["--key", "tpm", "--issuer", "intermediate"]);
    for _ in 0..3 {
        let said = openssl(&ca, &responder, &["-cert", "www.crt"]);
        assert!(said.contains("www.crt: good"), "{said}");
    }
    assert_eq!(responder.stop(Signal::INT), Some(0));
    assert!(!ca.path("ca").join("ocsp.key").exists());
}
