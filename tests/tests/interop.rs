//! Our key files work in other people's programs, and theirs in ours.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;

use tpm2ca_authority::{Keyring, NoAuth};
use tpm2ca_keys::make_csr;
use tpm2ca_testkit::Tool;
use tpm2ca_tests::Ca;
use tpm2ca_tpm::{KeyFile, TpmOptions};
use tpm2ca_x509::{Name, pem};

#[test]
fn openssl_with_the_tpm2_provider_signs_with_our_keys() {
    for algorithm in ["rsa", "ecdsa"] {
        let ca = Ca::new(&["--alg", algorithm]);
        fs::write(ca.path("message"), "to be signed").unwrap();
        for (key, certificate) in [
            ("ca/root.key", "ca/root.crt"),
            ("ca/intermediate.key", "ca/intermediate.crt"),
        ] {
            flush(&ca);
            Tool::openssl("pkeyutl")
                .args([
                    "-provider",
                    "tpm2",
                    "-provider",
                    "default",
                    "-sign",
                    "-rawin",
                ])
                .args([
                    "-digest",
                    "sha256",
                    "-inkey",
                    key,
                    "-in",
                    "message",
                    "-out",
                    "signature",
                ])
                .env("TPM2OPENSSL_TCTI", ca.tpm.tpm2_tools_tcti())
                .dir(ca.folder.path())
                .ok();
            let verified = Tool::openssl("pkeyutl")
                .args([
                    "-verify",
                    "-rawin",
                    "-digest",
                    "sha256",
                    "-certin",
                    "-inkey",
                    certificate,
                ])
                .args(["-in", "message", "-sigfile", "signature"])
                .dir(ca.folder.path())
                .ok();
            assert!(
                verified.report().contains("Verified Successfully"),
                "{}",
                verified.report()
            );
        }
    }
}

#[test]
fn we_sign_with_the_keys_of_openssl_with_the_tpm2_provider() {
    let ca = Ca::new(&[]);
    let kinds: [(&str, &[&str]); 3] = [
        ("rsa.key", &["-algorithm", "RSA", "-pkeyopt", "bits:2048"]),
        ("p256.key", &["-algorithm", "EC", "-pkeyopt", "group:P-256"]),
        ("p384.key", &["-algorithm", "EC", "-pkeyopt", "group:P-384"]),
    ];
    for (file, options) in kinds {
        flush(&ca);
        Tool::openssl("genpkey")
            .args(["-provider", "tpm2", "-propquery", "provider=tpm2"])
            .args(options)
            .args(["-out", file])
            .env("TPM2OPENSSL_TCTI", ca.tpm.tpm2_tools_tcti())
            .dir(ca.folder.path())
            .ok();
        flush(&ca);
        let keyring = Keyring::new(Some(ca.tpm.tcti()), TpmOptions::default(), Box::new(NoAuth));
        let signer = keyring.signer(&ca.path(file)).unwrap();
        let subject = Name::common_name("theirs").unwrap();
        let csr = make_csr(subject.as_der(), &[], &*signer).unwrap();
        let verified = Tool::openssl("req")
            .args(["-verify", "-noout"])
            .input(pem::encode("CERTIFICATE REQUEST", &csr))
            .ok();
        assert!(
            verified.report().contains("verify OK"),
            "{file}: {}",
            verified.report()
        );
    }
}

#[test]
fn tpm2_tools_load_our_blobs_and_sign() {
    let ca = Ca::new(&["--alg", "ecdsa"]);
    let key = KeyFile::from_pem(&fs::read(ca.directory().join("root.key")).unwrap()).unwrap();
    fs::write(ca.path("key.pub"), key.public_blob()).unwrap();
    fs::write(ca.path("key.priv"), key.private_blob()).unwrap();
    fs::write(ca.path("message"), "to be signed").unwrap();
    let run = |name: &str, arguments: &[&str]| {
        Tool::tpm2(&format!("tpm2_{name}"), &ca.tpm)
            .args(arguments)
            .dir(ca.folder.path())
            .ok();
        flush(&ca);
    };
    run(
        "createprimary",
        &[
            "-C",
            "o",
            "-G",
            "ecc256:aes128cfb",
            "-c",
            "srk.ctx",
            "-a",
            "restricted|decrypt|fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda",
        ],
    );
    run(
        "load",
        &[
            "-C", "srk.ctx", "-u", "key.pub", "-r", "key.priv", "-c", "key.ctx",
        ],
    );
    run(
        "sign",
        &[
            "-c",
            "key.ctx",
            "-g",
            "sha256",
            "-s",
            "ecdsa",
            "-f",
            "plain",
            "-o",
            "signature",
            "message",
        ],
    );
    Tool::openssl("x509")
        .args([
            "-noout",
            "-pubkey",
            "-in",
            "ca/root.crt",
            "-out",
            "root.pub",
        ])
        .dir(ca.folder.path())
        .ok();
    Tool::openssl("dgst")
        .args([
            "-sha256",
            "-verify",
            "root.pub",
            "-signature",
            "signature",
            "message",
        ])
        .dir(ca.folder.path())
        .ok();
}

/// These tools leave their objects in a TPM that has no resource manager above it.
fn flush(ca: &Ca) {
    for kind in ["--transient-object", "--loaded-session", "--saved-session"] {
        Tool::tpm2("tpm2_flushcontext", &ca.tpm).arg(kind).run();
    }
}
