//! Authorization values from every source, and what a mistake in one costs.

use std::{
    fs::{self, File},
    io::Write,
    process::Stdio,
};

use crate::support::{Ca, Ran};

const PIN: &str = "correct horse battery";

fn with_pin() -> (Ca, String) {
    let ca = Ca::new(&["--key-auth", &format!("pass:{PIN}")]);
    fs::write(ca.path("pin"), format!("{PIN}\nsecond line\n")).unwrap();
    let csr = ca.csr("a.example.com");
    (ca, csr)
}

#[test]
fn every_source_works() {
    let (ca, csr) = with_pin();
    let sign = ["sign", "--in", &csr, "--quiet", "--key-auth"];
    let file = format!("file:{}", ca.path("pin").display());
    for source in [
        &format!("pass:{PIN}"),
        "env:PIN",
        "file:pin",
        &file,
        "credential:ca-pin",
    ] {
        fs::create_dir_all(ca.path("credentials")).unwrap();
        fs::copy(ca.path("pin"), ca.path("credentials/ca-pin")).unwrap();
        let ran = Ran::of(
            ca.command(&sign)
                .arg(source)
                .env("PIN", PIN)
                .env("CREDENTIALS_DIRECTORY", ca.path("credentials")),
        );
        assert_eq!(ran.code, Some(0), "{source}: {ran:?}");
        assert!(
            ran.stdout.starts_with("-----BEGIN CERTIFICATE-----"),
            "{source}: {ran:?}"
        );
        assert!(ran.stderr.is_empty(), "{source}: {ran:?}");
    }
    for source in ["stdin", "fd:0"] {
        let pin = File::open(ca.path("pin")).unwrap();
        let ran = Ran::of(ca.command(&sign).arg(source).stdin(pin));
        assert_eq!(ran.code, Some(0), "{source}: {ran:?}");
    }
    let mut child = ca
        .command(&sign)
        .arg("stdin")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(PIN.as_bytes())
        .unwrap();
    let ran = Ran::from(child.wait_with_output().unwrap());
    assert_eq!(ran.code, Some(0), "without an end of line: {ran:?}");
    // A descriptor that a shell opened.
    let script = format!(
        "exec '{}' sign --in {csr} --quiet --key-auth fd:7 7<pin",
        env!("CARGO_BIN_EXE_tpm2ca")
    );
    let ran = Ran::of(
        std::process::Command::new("sh")
            .args(["-c", &script])
            .current_dir(ca.folder.path())
            .env("TPM2CA_DIR", "ca"),
    );
    assert_eq!(ran.code, Some(0), "{ran:?}");
}

#[test]
fn a_source_without_a_secret_is_named_and_costs_no_try() {
    let (ca, csr) = with_pin();
    let short = Ca::new(&["--key-auth", "pass:1234"]);
    let short_csr = short.csr("a.example.com");
    for folder in [&ca, &short] {
        fs::write(folder.path("empty"), "").unwrap();
        fs::write(folder.path("newline"), "\n1234\n").unwrap();
    }
    for source in [
        "file:empty",
        "file:newline",
        "file:no-such-file",
        "file:/",
        "env:NO_SUCH_VARIABLE",
        "env:EMPTY",
        "fd:97",
        "stdin",
        "credential:pin",
    ] {
        for (ca, csr) in [(&ca, &csr), (&short, &short_csr)] {
            let sign = ["sign", "--in", csr, "--out", "a.crt", "--key-auth", source];
            let ran = ca.show_of(&sign, ca.command(&sign).env("EMPTY", ""));
            assert_eq!(ran.code, Some(5), "{source}: {ran:?}");
            ran.assert_is_friendly();
        }
    }
    assert_eq!(short.json(&["tpm", "info"])[0]["lockout_counter"], 0);
    assert!(!ca.path("a.crt").exists());
    ca.snapshot("secrets/a_source_without_a_secret_is_named");
    short.snapshot("secrets/a_source_without_a_short_secret_is_named");
}

#[test]
fn init_does_not_take_nothing_for_a_secret() {
    let nowhere = Ca::empty();
    let init = [
        "init",
        "--ca",
        "ca",
        "--name",
        "A",
        "--tpm",
        "libtpms:tpm",
        "--key-auth",
        "stdin",
    ];
    nowhere.fails(5, &init);
    assert!(!nowhere.path("ca").exists());
    nowhere.snapshot("secrets/init_does_not_take_nothing_for_a_secret");
}

#[test]
fn a_secret_without_its_prefix_is_not_repeated() {
    let ca = Ca::new(&[]);
    for option in ["--key-auth", "--parent-auth", "--owner-auth"] {
        let ran = ca.fails(2, &["crl", option, "hunter2", "--json"]);
        assert!(!format!("{ran:?}").contains("hunter2"), "{ran:?}");
    }
    ca.snapshot("secrets/a_secret_without_its_prefix_is_not_repeated");
}

#[test]
fn pass_is_advised_against_once_and_never_with_quiet() {
    let (ca, csr) = with_pin();
    let pass = format!("pass:{PIN}");
    let sign = ["sign", "--in", &csr, "--key-auth", &pass];
    let ran = ca.shows(&sign);
    assert!(!ran.stderr.contains(PIN), "{ran:?}");
    ca.snapshot("secrets/pass_is_advised_against_once_and_never_with_quiet");
    assert!(ran.stdout.starts_with("-----BEGIN"), "{ran:?}");
    let ran = ca.ok(&[&sign[..], &["--quiet"]].concat());
    assert!(ran.stderr.is_empty(), "{ran:?}");
    let ran = ca.ok(&["sign", "--in", &csr, "--key-auth", "file:pin"]);
    assert!(ran.stderr.is_empty(), "{ran:?}");
}

#[test]
fn what_needs_no_key_asks_for_no_secret() {
    let (ca, csr) = with_pin();
    let issued = ca
        .json(&["sign", "--in", &csr, "--key-auth", "file:pin"])
        .remove(0);
    let serial = issued["serial"].as_str().unwrap();
    for arguments in [
        &["list"][..],
        &["show", serial],
        &["db", "check"],
        &["revoke", serial],
    ] {
        // Neither the TPM nor the secret exists.
        let more = [
            "--tpm",
            "swtpm:path=/no/such/socket",
            "--owner-auth",
            "file:no-such-file",
        ];
        ca.ok(&[arguments, &more].concat());
    }
}
