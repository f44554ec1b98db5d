//! `tpm2ca demo`: what a newcomer sees first.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::process::Command;

use tpm2ca_testkit::temp_dir;
use tpm2ca_tests::{judges, program, said, tpm2ca};

#[test]
fn tells_its_story_and_every_command_it_names_works() {
    let folder = temp_dir();
    let output = tpm2ca(folder.path(), &["demo", "trial"]).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    let told = String::from_utf8(output.stdout).unwrap();
    let advice = String::from_utf8(output.stderr).unwrap();
    assert!(
        told.lines().count() + advice.lines().count() < 30,
        "{told}{advice}"
    );
    for step in [
        "root",
        "intermediate",
        "server certificate",
        "revocation",
        "CRL",
        "OCSP",
    ] {
        assert!(told.contains(step), "{step}: {told}");
    }

    // A stranger's eyes on what was made.
    let trial = folder.path().join("trial");
    let judged = judges::everything(&trial.join("ca"));
    assert!(judged.certificates >= 3 && judged.crls >= 1, "{judged:?}");
    let crl = Command::new("openssl")
        .args([
            "crl",
            "-inform",
            "DER",
            "-noout",
            "-in",
            "ca/crl/intermediate.crl",
        ])
        .args(["-CAfile", "ca/intermediate.crt"])
        .current_dir(&trial)
        .output()
        .unwrap();
    assert!(said(&crl).contains("verify OK"), "{}", said(&crl));
    let ocsp = Command::new("openssl")
        .args([
            "ocsp",
            "-respin",
            "ocsp.der",
            "-issuer",
            "ca/intermediate.crt",
            "-CAfile",
            "ca/root.crt",
        ])
        .args([
            "-sha256",
            "-cert",
            "server.crt",
            "-verify_other",
            "ca/intermediate.crt",
            "-no_nonce",
        ])
        .current_dir(&trial)
        .output()
        .unwrap();
    assert!(ocsp.status.success(), "{}", said(&ocsp));
    assert!(
        said(&ocsp).contains("Response verify OK"),
        "{}",
        said(&ocsp)
    );
    assert!(
        said(&ocsp).contains("server.crt: revoked"),
        "{}",
        said(&ocsp)
    );

    // The commands it advises, run as they stand, but for those that need a TPM of the reader's own.
    let path = format!(
        "{}:{}",
        program("tpm2ca").parent().unwrap().display(),
        std::env::var("PATH").unwrap()
    );
    let commands: Vec<&str> = advice
        .lines()
        .filter(|line| line.starts_with("  "))
        .map(str::trim)
        .take_while(|line| !line.starts_with("tpm2ca tpm info"))
        .collect();
    assert!(commands.len() >= 4, "{advice}");
    let script = format!("set -e\n{}", commands.join("\n"));
    let ran = Command::new("sh")
        .args(["-c", &script])
        .env("PATH", path)
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(ran.status.success(), "{script}\n{}", said(&ran));

    let again = tpm2ca(folder.path(), &["demo", "trial"]).output().unwrap();
    assert_eq!(again.status.code(), Some(1), "{}", said(&again));
    assert!(said(&again).contains("hint:"), "{}", said(&again));
}
