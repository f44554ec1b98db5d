//! CAs that an earlier version made are opened, and go on.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{
    env, fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use tpm2ca_testkit::{TempDir, Tool, Transcript, snapshot, temp_dir};
use tpm2ca_tests::{judges, openssl_csr, tpm2ca};

/// A copy of a CA of `tests/fixtures`, and what runs in it.
struct Earlier {
    folder: TempDir,
    transcript: Transcript,
}

impl Earlier {
    fn copy(name: &str) -> Self {
        let folder = temp_dir();
        let package = env::var_os("CARGO_MANIFEST_DIR").expect("Cargo to run the tests");
        copy(
            &PathBuf::from(package).join("fixtures").join(name),
            folder.path(),
        );
        let mut transcript = Transcript::new();
        transcript.redact_folder(folder.path());
        Self { folder, transcript }
    }

    /// Runs it, expects success, and adds it to the transcript.
    fn shows(&mut self, arguments: &[&str]) {
        let output = tpm2ca(self.folder.path(), arguments)
            .env("TPM2CA_TCTI", "libtpms:tpm")
            .output()
            .unwrap();
        let stdout = String::from_utf8(output.stdout).unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        let code = output.status.code();
        assert_eq!(code, Some(0), "{arguments:?}: {stdout}{stderr}");
        self.transcript.tpm2ca(arguments, code, &stdout, &stderr);
    }
}

/// Copies a folder as its owner would have it: Git keeps no modes.
fn copy(from: &Path, to: &Path) {
    for entry in from.read_dir().unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        let mode = if entry.file_type().unwrap().is_dir() {
            fs::create_dir(&to).unwrap();
            copy(&entry.path(), &to);
            0o700
        } else {
            fs::copy(entry.path(), &to).unwrap();
            0o600
        };
        fs::set_permissions(&to, fs::Permissions::from_mode(mode)).unwrap();
    }
}

#[test]
fn of_a_ca_directory() {
    let mut earlier = Earlier::copy("directory");
    openssl_csr(earlier.folder.path(), "new.example.com");
    for arguments in [
        &["list"][..],
        &["show", "valid.example.com.crt", "--json"],
        &["db", "check"],
        &["sign", "--in", "new.example.com.csr", "--out", "new.crt"],
        &[
            "sign",
            "--profile",
            "device",
            "--in",
            "new.example.com.csr",
            "--out",
            "device.crt",
        ],
        &["issue", "issued.example.com"],
        &["revoke", "valid.example.com.crt", "--reason", "superseded"],
        &["revoke", "new.crt"],
        &["list", "--status", "revoked"],
        &["crl"],
        &["crl", "--issuer", "root"],
        &["db", "check"],
    ] {
        earlier.shows(&[arguments, &["--ca", "."]].concat());
    }
    snapshot("earlier_version/of_a_ca_directory", &earlier.transcript);
    // Other people's tools agree with all that is there now.
    let judged = judges::everything(earlier.folder.path());
    assert_eq!(judged.certificates, 8);
    for (certificate, good) in [("device.crt", true), ("new.crt", false)] {
        let verified = Tool::openssl("verify")
            .args([
                "-crl_check",
                "-CAfile",
                "root.crt",
                "-untrusted",
                "intermediate.crt",
            ])
            .args(["-CRLfile", "crl/intermediate.crl", certificate])
            .dir(earlier.folder.path())
            .run();
        assert_eq!(verified.success(), good, "{}", verified.report());
    }
}

#[test]
fn of_a_ca_by_openssl_cnf() {
    let mut earlier = Earlier::copy("openssl");
    openssl_csr(earlier.folder.path(), "new.example.com");
    openssl_csr(earlier.folder.path(), "other.example.com");
    for arguments in [
        &["list"][..],
        &["show", "1000", "--json"],
        &["db", "check"],
        &[
            "sign",
            "--batch",
            "--in",
            "new.example.com.csr",
            "--out",
            "new.crt",
        ],
        &[
            "sign",
            "--batch",
            "--in",
            "other.example.com.csr",
            "--out",
            "other.crt",
        ],
        &["revoke", "1000", "--reason", "keyCompromise"],
        &["revoke", "new.crt"],
        &["list"],
        &["crl", "--out", "ca.crl"],
        &["db", "updatedb"],
        &["db", "check"],
    ] {
        earlier.shows(&[arguments, &["--config", "openssl.cnf"]].concat());
    }
    snapshot(
        "earlier_version/of_a_ca_by_openssl_cnf",
        &earlier.transcript,
    );
    let index = fs::read_to_string(earlier.folder.path().join("index.txt")).unwrap();
    let columns = |line: &str| {
        let fields: Vec<&str> = line.split('\t').collect();
        format!("{} {} {}", fields[0], fields[3], fields[5])
    };
    assert_eq!(
        index.lines().map(columns).collect::<Vec<_>>(),
        [
            "R 1000 /CN=valid.example.com",
            "R 1001 /CN=revoked.example.com",
            "R 1002 /CN=new.example.com",
            "V 1003 /CN=other.example.com",
        ]
    );
    for (certificate, good) in [("other.crt", true), ("new.crt", false)] {
        let verified = Tool::openssl("verify")
            .args([
                "-crl_check",
                "-CAfile",
                "ca.crt",
                "-CRLfile",
                "ca.crl",
                certificate,
            ])
            .dir(earlier.folder.path())
            .run();
        assert_eq!(verified.success(), good, "{}", verified.report());
    }
}
