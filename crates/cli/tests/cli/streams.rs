//! Readers that go away, disks that are full, input from a pipe.

use std::{
    fs::{self, File, OpenOptions},
    process::Stdio,
};

use tpm2ca_testkit::Tool;

use crate::support::{Ca, Ran};

/// A pipe that nobody reads.
fn closed_pipe() -> Stdio {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer.into()
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let ca = Ca::new(&[]);
    for arguments in [
        &["list"][..],
        &["list", "--json"],
        &["tpm", "info"],
        &["--help"],
        &["db", "check"],
    ] {
        let ran = Ran::of(ca.command(arguments).stdout(closed_pipe()));
        assert_eq!(ran.code, Some(0), "{arguments:?}: {ran:?}");
        assert!(!ran.stderr.contains("error"), "{arguments:?}: {ran:?}");
    }
    // Nor is it a reason to panic while an error is told, wherever to.
    let ran = Ran::of(ca.command(&["show", "99", "--json"]).stdout(closed_pipe()));
    assert_eq!(ran.code, Some(1), "{ran:?}");
    ran.assert_is_friendly();
    let status = ca
        .command(&["show", "99", "--json"])
        .stdout(closed_pipe())
        .stderr(closed_pipe())
        .status()
        .unwrap();
    assert_eq!(status.code(), Some(1));
}

#[test]
fn a_certificate_that_nobody_read_is_not_lost_silently() {
    let ca = Ca::new(&[]);
    let csr = ca.csr("a.example.com");
    for full in [false, true] {
        let stdout = if full {
            OpenOptions::new()
                .write(true)
                .open("/dev/full")
                .unwrap()
                .into()
        } else {
            closed_pipe()
        };
        let ran = Ran::of(ca.command(&["sign", "--in", &csr]).stdout(stdout));
        assert_eq!(ran.code, Some(1), "{ran:?}");
        ran.assert_is_friendly();
        let (_, command) = ran.stderr.split_once("hint: `tpm2ca ").unwrap();
        let words: Vec<&str> = command.split('`').next().unwrap().split(' ').collect();
        assert!(
            ca.ok(&words).stdout.starts_with("-----BEGIN CERTIFICATE"),
            "{words:?}"
        );
    }
}

#[test]
fn a_full_disk_behind_standard_output_is_an_error() {
    let ca = Ca::new(&[]);
    for arguments in [
        &["list"][..],
        &["list", "--json"],
        &["crl", "--out", "-"],
        &["tpm", "info"],
    ] {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let ran = ca.show_of(arguments, ca.command(arguments).stdout(full));
        assert_eq!(ran.code, Some(1), "{arguments:?}: {ran:?}");
        ran.assert_is_friendly();
    }
    ca.snapshot("streams/a_full_disk_behind_standard_output_is_an_error");
}

#[test]
fn a_csr_from_standard_input_in_both_forms() {
    let ca = Ca::new(&[]);
    let csr = ca.csr("a.example.com");
    let der = Tool::openssl("req")
        .args(["-outform", "DER", "-in"])
        .arg(ca.path(&csr))
        .ok()
        .stdout;
    fs::write(ca.path("der"), der).unwrap();
    for name in [&csr, "der"] {
        let ran = Ran::of(
            ca.command(&["sign", "--in", "-"])
                .stdin(File::open(ca.path(name)).unwrap()),
        );
        assert_eq!(ran.code, Some(0), "{name}: {ran:?}");
        assert!(
            ran.stdout.starts_with("-----BEGIN CERTIFICATE"),
            "{name}: {ran:?}"
        );
    }
    ca.fails(1, &["sign", "--in", "-"]);
    ca.fails(1, &["sign", "--in", "ca"]);
    ca.snapshot("streams/a_csr_from_standard_input_in_both_forms");
}
