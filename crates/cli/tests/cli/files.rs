//! Output files: tried before anything is signed, whole or not there, never overwritten unasked.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
};

use tpm2ca_testkit::Tool;

use crate::support::Ca;

#[test]
fn where_nothing_can_be_written_nothing_is_signed() {
    let ca = Ca::new(&[]);
    let csr = ca.csr("a.example.com");
    fs::create_dir(ca.path("folder")).unwrap();
    fs::write(ca.path("precious"), "precious").unwrap();
    symlink("nowhere", ca.path("dangling")).unwrap();
    let before = (ca.counts(), ca.files());
    let long = "x".repeat(300);
    for out in [
        "no/such/folder/a.crt",
        "folder",
        "precious",
        "precious/a.crt",
        "dangling",
        &long,
    ] {
        ca.fails(1, &["sign", "--in", &csr, "--out", out]);
        ca.fails(1, &["issue", "b.example.com", "--out", out]);
        ca.fails(1, &["issue", "b.example.com", "--key-out", out]);
        assert_eq!((ca.counts(), ca.files()), before, "{out}");
    }
    for out in ["no/such/folder/a.crt", "folder", "precious/a.crt"] {
        ca.fails(1, &["sign", "--in", &csr, "--out", out, "--force"]);
        ca.fails(1, &["crl", "--out", out]);
        assert_eq!((ca.counts(), ca.files()), before, "{out}");
    }
    ca.fails(
        2,
        &[
            "issue",
            "b.example.com",
            "--key-out",
            "same",
            "--out",
            "same",
        ],
    );
    ca.fails(2, &["issue", "b.example.com", "--key-out", "-"]);
    assert_eq!((ca.counts(), ca.files()), before);
    assert_eq!(fs::read(ca.path("precious")).unwrap(), b"precious");
    ca.snapshot("files/where_nothing_can_be_written_nothing_is_signed");
}

#[test]
fn force_replaces_a_link_and_not_the_file_behind_it() {
    let ca = Ca::new(&[]);
    let csr = ca.csr("a.example.com");
    fs::write(ca.path("old.crt"), "old").unwrap();
    symlink("old.crt", ca.path("link.crt")).unwrap();
    ca.fails(1, &["sign", "--in", &csr, "--out", "link.crt"]);
    ca.ok(&["sign", "--in", &csr, "--out", "link.crt", "--force"]);
    assert!(!ca.path("link.crt").is_symlink());
    assert_eq!(fs::read_to_string(ca.path("old.crt")).unwrap(), "old");
    assert!(
        fs::read_to_string(ca.path("link.crt"))
            .unwrap()
            .starts_with("-----BEGIN CERTIFICATE")
    );
    ca.snapshot("files/force_replaces_a_file_but_not_the_link_to_it");
}

#[test]
fn standard_output_and_devices() {
    let ca = Ca::new(&[]);
    let csr = ca.csr("a.example.com");
    for out in [&["--out", "-"][..], &["--out", "/dev/stdout"], &[]] {
        let ran = ca.ok(&[&["sign", "--in", &csr], out].concat());
        assert!(ran.stdout.starts_with("-----BEGIN CERTIFICATE"), "{ran:?}");
        assert!(ran.stderr.is_empty(), "{ran:?}");
    }
    let ran = ca.ok(&["issue", "b.example.com", "--out", "-", "--chain"]);
    assert_eq!(
        ran.stdout.matches("BEGIN CERTIFICATE").count(),
        2,
        "{ran:?}"
    );
    assert!(ran.stderr.contains("b.example.com.key"), "{ran:?}");
    ca.ok(&["sign", "--in", &csr, "--out", "/dev/null"]);
    let crl = ca.ok(&["crl", "--out", "-"]).stdout;
    assert!(crl.starts_with("-----BEGIN X509 CRL-----"), "{crl}");
    Tool::openssl("crl").args(["-noout"]).input(crl).ok();
    ca.ok(&["crl", "--out", "/dev/null", "--outform", "der"]);
}

#[test]
fn a_key_is_its_owners_alone() {
    let ca = Ca::new(&[]);
    ca.ok(&["issue", "b.example.com"]);
    let mode = |name| fs::metadata(ca.path(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("b.example.com.key"), 0o600);
    assert_eq!(mode("b.example.com.crt") & 0o600, 0o600);
    Tool::openssl("pkey")
        .args(["-noout", "-check", "-in"])
        .arg(ca.path("b.example.com.key"))
        .ok();
}

#[test]
fn a_crl_is_replaced() {
    let ca = Ca::new(&[]);
    ca.ok(&["crl", "--out", "a.crl"]);
    let first = fs::read(ca.path("a.crl")).unwrap();
    ca.ok(&["crl", "--out", "a.crl", "--outform", "der"]);
    let second = fs::read(ca.path("a.crl")).unwrap();
    assert!(first.starts_with(b"-----BEGIN X509 CRL"));
    assert_eq!(second[0], 0x30);
    assert_eq!(
        second,
        fs::read(ca.path("ca/crl/intermediate.crl")).unwrap()
    );
}

#[test]
fn quiet_is_silent_when_all_is_well() {
    let ca = Ca::new(&["--quiet"]);
    let csr = ca.csr("a.example.com");
    for arguments in [
        &["sign", "--in", &csr, "--out", "a.crt"][..],
        &["sign", &csr],
        &["issue", "b.example.com"],
        &["revoke", "a.crt"],
        &["crl", "--out", "a.crl"],
        &[
            "init",
            "--ca",
            "other",
            "--name",
            "Other",
            "--tpm",
            "libtpms:tpm",
        ],
    ] {
        let ran = ca.ok(&[arguments, &["-q"]].concat());
        assert!(
            ran.stdout.is_empty() && ran.stderr.is_empty(),
            "{arguments:?}: {ran:?}"
        );
    }
    assert!(
        !ca.ok(&["list", "-q"]).stdout.is_empty(),
        "what was asked for is said"
    );
}
