//! Private keys exist only as TPM blobs; no secret is in the CA's directory, in what the program says, or on the way
//! to the TPM.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use tpm2ca_testkit::{Recorder, Swtpm, Tool, temp_dir};
use tpm2ca_tests::{openssl_csr, said, tpm2ca};

const AUTH: &str = "never to be seen 7f3a9c";

#[test]
fn nothing_secret_is_to_be_found() {
    for algorithm in ["rsa", "ecdsa"] {
        search(algorithm);
    }
}

fn search(algorithm: &str) {
    let folder = temp_dir();
    let tpm = Swtpm::start();
    let recorder = Recorder::start(&tpm.tcti());
    openssl_csr(folder.path(), "a.example.com");
    fs::write(folder.path().join("auth"), AUTH).unwrap();
    let mut outputs = Vec::new();
    for arguments in [
        &["init", "--name", "Secret", "--alg", algorithm, "--verbose"][..],
        &[
            "sign",
            "--in",
            "a.example.com.csr",
            "--out",
            "a.crt",
            "--verbose",
        ],
        &["list", "--json"],
    ] {
        let output = tpm2ca(folder.path(), arguments)
            .args(["--ca", "ca", "--key-auth", "file:auth", "--tpm"])
            .arg(recorder.tcti().to_string())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", said(&output));
        outputs.push(output);
    }

    // The recorder saw what it should have seen: a key was made, loaded and used.
    let exchanges = recorder.exchanges();
    for (command, code) in [("Create", 0x153), ("Load", 0x157), ("Sign", 0x15d)] {
        assert!(
            exchanges
                .iter()
                .any(|exchange| exchange.command_code() == code),
            "no TPM2_{command} was recorded"
        );
    }
    assert!(
        !recorder.contains(AUTH.as_bytes()),
        "the authorization value crossed in clear"
    );
    // Auth values are HMAC keys; not even a digest of one may cross, from which it could be guessed.
    let digest = Tool::openssl("dgst")
        .args(["-sha256", "-binary"])
        .input(AUTH)
        .ok();
    assert!(
        !recorder.contains(&digest.stdout),
        "a digest of the value crossed"
    );
    for exchange in &exchanges {
        if exchange.command_code() == 0x153 {
            let attributes = session_attributes(&exchange.command);
            assert_eq!(
                attributes & DECRYPT,
                DECRYPT,
                "TPM2_Create without parameter encryption"
            );
        }
    }
    for output in &outputs {
        let everything = [&output.stdout[..], &output.stderr].concat();
        assert!(!contains(&everything, AUTH.as_bytes()), "{}", said(output));
    }

    let mut files = 0;
    each_file(&folder.path().join("ca"), &mut |path| {
        files += 1;
        let contents = fs::read(path).unwrap();
        assert!(!contains(&contents, AUTH.as_bytes()), "{}", path.display());
        for armour in [
            "BEGIN PRIVATE KEY",
            "BEGIN RSA PRIVATE KEY",
            "BEGIN EC PRIVATE KEY",
        ] {
            assert!(
                !contains(&contents, armour.as_bytes()),
                "{}",
                path.display()
            );
        }
        // The sensitive area of a key in clear begins with its type, its auth value and a seed; a blob has
        // TPM2B_PRIVATE with an integrity digest in front, and nothing that repeats.
        if path.extension().is_some_and(|extension| extension == "key") {
            let mode = fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, 0o600, "{}", path.display());
            // openssl, which knows no TPM, cannot use it.
            let ran = Tool::openssl("pkey")
                .args(["-noout", "-in"])
                .arg(path)
                .run();
            assert!(!ran.success(), "{} is a software key", path.display());
        }
    });
    assert!(files >= 6, "only {files} files were searched");
    let mode = fs::metadata(folder.path().join("ca"))
        .unwrap()
        .permissions()
        .mode()
        & 0o777;
    assert_eq!(mode, 0o700);
}

const DECRYPT: u8 = 0x20;

/// Attributes of the command's first session (TPM 2.0 Library Part 1, 18.6): TPM2_Create has one handle before them.
fn session_attributes(command: &[u8]) -> u8 {
    let authorization = &command[10 + 4 + 4..];
    let nonce = usize::from(u16::from_be_bytes([authorization[4], authorization[5]]));
    let first = authorization[6 + nonce];
    if first & DECRYPT == DECRYPT {
        return first;
    }
    // A second session may be the one that encrypts.
    let hmac_at = 6 + nonce + 1;
    let hmac = usize::from(u16::from_be_bytes([
        authorization[hmac_at],
        authorization[hmac_at + 1],
    ]));
    let second = &authorization[hmac_at + 2 + hmac..];
    let nonce = usize::from(u16::from_be_bytes([second[4], second[5]]));
    second[6 + nonce]
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle)
}

fn each_file(folder: &Path, each: &mut dyn FnMut(&Path)) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            each_file(&path, each);
        } else {
            each(&path);
        }
    }
}
