//! Outputs of every command: a link is replaced, and nothing is written over the files of a CA.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use tpm2ca_testkit::Tool;
use tpm2ca_tests::{Ca, openssl_csr};

#[test]
fn a_link_in_the_web_folder_does_not_lead_to_the_key() {
    let ca = Ca::new(&[]);
    let key = fs::read(ca.path("ca/root.key")).unwrap();
    fs::create_dir(ca.path("www")).unwrap();
    symlink("../ca/root.key", ca.path("www/intermediate.crl")).unwrap();
    ca.ok(&["crl", "--out", "www/intermediate.crl", "--outform", "der"]);
    assert_eq!(fs::read(ca.path("ca/root.key")).unwrap(), key);
    assert!(!ca.path("www/intermediate.crl").is_symlink());
    assert_eq!(
        fs::read(ca.path("www/intermediate.crl")).unwrap(),
        fs::read(ca.path("ca/crl/intermediate.crl")).unwrap()
    );
    // The whole folder, of which the program chooses the names.
    symlink("../ca/root.key", ca.path("www/root.crl")).unwrap();
    ca.ok(&["crl", "--issuer", "root", "--outdir", "www"]);
    assert_eq!(fs::read(ca.path("ca/root.key")).unwrap(), key);
    assert!(!ca.path("www/root.crl").is_symlink());
}

#[test]
fn no_command_writes_over_the_files_of_a_ca() {
    let ca = Ca::new(&[]);
    ca.ok(&["issue", "a.example.com"]);
    ca.ok(&["crl"]);
    fs::write(ca.path("ca/profiles/web.toml"), "").unwrap();
    openssl_csr(ca.folder.path(), "b.example.com");
    Tool::openssl("ocsp")
        .args([
            "-issuer",
            "ca/intermediate.crt",
            "-cert",
            "a.example.com.crt",
        ])
        .args(["-reqout", "a.req"])
        .dir(ca.folder.path())
        .ok();
    let before = (files(&ca.path("ca")), ca.ok(&["--json", "list"]));
    for (name, what) in [
        ("ca.toml", "the configuration of the CA"),
        ("records.db", "part of the records of the CA"),
        ("records.db-wal", "part of the records of the CA"),
        ("root.key", "the key of an issuer of the CA"),
        ("intermediate.crt", "a certificate of an issuer of the CA"),
        ("chain.crt", "a certificate of an issuer of the CA"),
        ("crl/intermediate.crl", "a CRL of the CA"),
        ("crl/new.crl", "a CRL of the CA"),
        ("profiles/web.toml", "a profile of the CA"),
    ] {
        let out = format!("ca/{name}");
        for arguments in [
            &["crl", "--out", &out][..],
            &[
                "sign",
                "--in",
                "b.example.com.csr",
                "--force",
                "--out",
                &out,
            ],
            &["issue", "c.example.com", "--out", &out],
            &["issue", "c.example.com", "--key-out", &out],
            &["ocsp", "--once", "--reqin", "a.req", "--respout", &out],
            &["genkey", "--force", &out],
            &[
                "key",
                "public",
                "a.example.com.key",
                "--force",
                "--out",
                &out,
            ],
            &[
                "key",
                "sign",
                "--key",
                "a.example.com.key",
                "--in",
                "a.req",
                "--force",
                "--out",
                &out,
            ],
            &[
                "key",
                "import",
                "--in",
                "a.example.com.key",
                "--force",
                "--out",
                &out,
            ],
            &[
                "req",
                "--new",
                "--key",
                "a.example.com.key",
                "--subj",
                "/CN=a",
                "--out",
                &out,
            ],
            &[
                "req", "--new", "--newkey", "ec:P-256", "--noenc", "--subj", "/CN=a", "--keyout",
                &out,
            ],
            &["req", "--in", "b.example.com.csr", "--out", &out],
        ] {
            let said = ca.fails(1, arguments);
            let error = said.lines().find(|line| line.starts_with("error: "));
            assert_eq!(
                error,
                Some(format!("error: `{out}` is {what}").as_str()),
                "{arguments:?}: {said}"
            );
        }
    }
    let said = ca.fails(1, &["crl", "--outdir", "ca/crl"]);
    assert!(said.contains("is a CRL of the CA"), "{said}");
    fs::copy(ca.path("b.example.com.csr"), ca.path("intermediate.csr")).unwrap();
    let said = ca.fails(
        1,
        &["sign", "--force", "--outdir", "ca", "intermediate.csr"],
    );
    assert!(
        said.contains("is a certificate of an issuer of the CA"),
        "{said}"
    );
    assert_eq!((files(&ca.path("ca")), ca.ok(&["--json", "list"])), before);

    // Any CA is recognised, also by a command that works on none or on another one.
    let mut command = tpm2ca_tests::tpm2ca(
        ca.folder.path(),
        &[
            "req",
            "--new",
            "--key",
            "a.example.com.key",
            "--subj",
            "/CN=a",
            "--out",
            "ca/root.key",
        ],
    );
    let output = command.output().unwrap();
    assert_eq!(
        output.status.code(),
        Some(1),
        "{}",
        tpm2ca_tests::said(&output)
    );
    assert_eq!(files(&ca.path("ca")), before.0);
    ca.snapshot("output_files/no_command_writes_over_the_files_of_a_ca");
}

#[test]
fn other_files_in_the_folder_of_a_ca_are_the_users() {
    let ca = Ca::new(&[]);
    ca.ok(&[
        "issue",
        "a.example.com",
        "--out",
        "ca/a.crt",
        "--key-out",
        "ca/a.key",
    ]);
    ca.ok(&["crl", "--out", "ca/for-the-web.crl"]);
    ca.ok(&["crl", "--out", "ca/for-the-web.crl"]);
    // A file of the CA's that was lost is put back.
    let chain = fs::read(ca.path("ca/chain.crt")).unwrap();
    fs::remove_file(ca.path("ca/chain.crt")).unwrap();
    ca.ok(&["issue", "b.example.com", "--out", "ca/chain.crt"]);
    fs::write(ca.path("ca/chain.crt"), chain).unwrap();
    ca.ok(&["db", "check"]);
}

/// A key file that is changed in its place stays where a link says.
#[test]
fn a_new_authorization_value_goes_into_the_file_behind_a_link() {
    let ca = Ca::new(&[]);
    fs::create_dir(ca.path("safe")).unwrap();
    fs::rename(ca.path("ca/root.key"), ca.path("safe/root.key")).unwrap();
    symlink("../safe/root.key", ca.path("ca/root.key")).unwrap();
    let before = fs::read(ca.path("safe/root.key")).unwrap();
    let said = ca.fails(1, &["crl", "--out", "safe/root.key"]);
    assert!(said.contains("is the key of an issuer of the CA"), "{said}");
    fs::write(ca.path("secret"), "a long new secret value").unwrap();
    ca.ok(&[
        "key",
        "passwd",
        "ca/root.key",
        "--new-key-auth",
        "file:secret",
    ]);
    assert!(ca.path("ca/root.key").is_symlink());
    assert_ne!(fs::read(ca.path("safe/root.key")).unwrap(), before);
    ca.snapshot("output_files/a_new_authorization_value_goes_into_the_file_behind_a_link");
}

/// All files below a folder, except for the database, which is asked.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(files(&path));
        } else if !path.display().to_string().contains("records.db") {
            all.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
    all
}
