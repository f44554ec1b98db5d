//! A wrong secret ends a command with exit code 5 and costs one try of the TPM's lockout counter; a missing one costs
//! none. Services are not started again then.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{fs, path::Path};

use tpm2ca_testkit::Tool;
use tpm2ca_tests::{Ca, openssl_csr, said};
use tpm2ca_tpm::{Algorithm, Auth, Curve, KeyFile, KeyOptions, Tpm, TpmOptions};

/// Two issuers, whose keys have a value that the TPM guards.
fn ca() -> Ca {
    let ca = Ca::new(&["--key-auth", "pass:4711"]);
    fs::write(ca.path("wrong"), "0815\n").unwrap();
    fs::write(ca.path("right"), "4711\n").unwrap();
    for name in ["a", "b", "c"] {
        openssl_csr(ca.folder.path(), name);
    }
    ca
}

fn open(ca: &Ca) -> Tpm {
    Tpm::open(&ca.tpm.tcti(), TpmOptions::default()).unwrap()
}

/// What another program says of the TPM's counter.
fn tries(ca: &Ca) -> u32 {
    let said = Tool::tpm2("tpm2_getcap", &ca.tpm)
        .arg("properties-variable")
        .ok()
        .text();
    let line = said
        .lines()
        .find(|line| line.contains("TPM2_PT_LOCKOUT_COUNTER"))
        .unwrap();
    let digits = line.rsplit("0x").next().unwrap().trim();
    u32::from_str_radix(digits, 16).unwrap()
}

fn forget_tries(ca: &Ca) {
    Tool::tpm2("tpm2_dictionarylockout", &ca.tpm)
        .arg("--clear-lockout")
        .ok();
}

/// The exit codes of a service that systemd starts again after failures as its unit says, five times at most.
fn exit_codes(ca: &Ca, unit: &str, arguments: &[&str]) -> Vec<i32> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging/systemd");
    let unit = fs::read_to_string(folder.join(unit)).unwrap();
    let setting = |name: &str| unit.lines().find_map(|line| line.strip_prefix(name));
    assert_eq!(setting("Restart="), Some("on-failure"));
    let final_codes: Vec<i32> = setting("RestartPreventExitStatus=")
        .unwrap_or_default()
        .split_whitespace()
        .map(|code| code.parse().unwrap())
        .collect();
    let mut codes = Vec::new();
    while codes.len() < 5 {
        let code = ca
            .command(arguments)
            .output()
            .unwrap()
            .status
            .code()
            .unwrap();
        codes.push(code);
        if code == 0 || final_codes.contains(&code) {
            break;
        }
    }
    codes
}

#[test]
fn five_starts_of_the_responder_cost_one_try() {
    let ca = ca();
    let codes = exit_codes(
        &ca,
        "tpm2ca-ocsp.service",
        &[
            "ocsp",
            "--listen",
            "127.0.0.1:0",
            "--key-auth",
            "file:wrong",
        ],
    );
    assert_eq!(codes, [5]);
    assert_eq!(tries(&ca), 1);
    let codes = exit_codes(
        &ca,
        "tpm2ca-ocsp.service",
        &[
            "ocsp",
            "--listen",
            "127.0.0.1:0",
            "--key-auth",
            "credential:pin",
        ],
    );
    assert_eq!(codes, [5]);
    assert_eq!(tries(&ca), 1);
}

#[test]
fn a_refused_secret_is_exit_code_5_and_one_try() {
    let ca = ca();
    Tool::tpm2("tpm2_createprimary", &ca.tpm)
        .args(["-C", "o", "-G", "ecc", "-p", "4711", "-c", "parent.ctx"])
        .dir(ca.folder.path())
        .ok();
    Tool::tpm2("tpm2_evictcontrol", &ca.tpm)
        .args(["-C", "o", "-c", "parent.ctx", "0x81000005"])
        .dir(ca.folder.path())
        .ok();
    Tool::tpm2("tpm2_flushcontext", &ca.tpm).arg("-t").ok();
    let key = KeyFile::from_pem(&fs::read(ca.directory().join("root.key")).unwrap()).unwrap();
    open(&ca).persist(key, 0x8100_0010).unwrap();
    for line in [
        "sign --in a.csr --out a.crt",
        "sign a.csr b.csr c.csr",
        "issue a.example.com",
        "crl",
        "crl --issuer root",
        "key sign --key ca/root.key --in a.csr --out signature",
        "key sign --key handle:0x81000010 --in a.csr --out signature",
        "key passwd ca/root.key --new-key-auth file:right",
        "req --key ca/root.key --subj /CN=x --out x.csr",
        "doctor ca/root.key",
        "doctor handle:0x81000010",
    ] {
        let with = |more: &[&str]| {
            let words: Vec<&str> = line.split(' ').chain(more.iter().copied()).collect();
            ca.fails(5, &words)
        };
        with(&["--key-auth", "file:wrong"]);
        assert_eq!(tries(&ca), 1, "{line}");
        forget_tries(&ca);
        if !line.starts_with("doctor") {
            // There is no terminal to ask on.
            with(&[]);
        }
        with(&["--key-auth", "credential:pin"]);
        assert_eq!(tries(&ca), 0, "{line}");
    }
    let genkey = ["genkey", "-a", "ecdsa", "--parent", "0x81000005", "new.tss"];
    ca.fails(5, &[&genkey[..], &["--parent-auth", "file:wrong"]].concat());
    assert_eq!(tries(&ca), 1);
    ca.fails(
        5,
        &[&genkey[..], &["--parent-auth", "credential:pin"]].concat(),
    );
    assert_eq!(tries(&ca), 1);
    ca.ok(&[&genkey[..], &["--parent-auth", "file:right"]].concat());
    Tool::tpm2("tpm2_changeauth", &ca.tpm)
        .args(["-c", "owner", "4711"])
        .ok();
    let info = ["tpm", "info", "--owner-auth"];
    ca.fails(5, &[&info[..], &["file:wrong"]].concat());
    ca.ok(&[&info[..], &["file:right"]].concat());
    assert_eq!(tries(&ca), 1);
    ca.snapshot("refused_secrets/a_refused_secret_is_exit_code_5_and_one_try");
}

#[test]
fn the_empty_value_can_be_said() {
    let ca = ca();
    for no_da in [false, true] {
        let mut options = KeyOptions::new(Algorithm::Ecc(Curve::P256));
        options.no_da = no_da;
        let file = open(&ca).create_key(options, &Auth::empty()).unwrap();
        let (public, private) = (file.public_blob().to_vec(), file.private_blob().to_vec());
        // As Debian's `tpm2_encodeobject` writes it.
        let file = KeyFile::loadable(KeyFile::OWNER, false, public, private);
        fs::write(ca.path("bare.tss"), file.to_pem()).unwrap();
        let sign = [
            "key", "sign", "--key", "bare.tss", "--in", "a.csr", "--out", "s",
        ];
        ca.ok(&[&sign[..], &["--force", "--key-auth", "pass:"]].concat());
        ca.fails(5, &[&sign[..], &["--force"]].concat());
    }
    assert_eq!(tries(&ca), 0);
    ca.snapshot("refused_secrets/the_empty_value_can_be_said");
}

/// What is said of the counter is what the TPM says after the failure.
#[test]
fn tries_are_counted_as_the_tpm_counts_them() {
    let ca = ca();
    let guessing = || {
        let said = ca.ok(&["tpm", "info"]);
        let line = said.lines().find(|line| line.starts_with("guessing"));
        line.unwrap()["guessing".len()..].trim().to_owned()
    };
    assert_eq!(
        guessing(),
        "0 of 3 wrong tries so far, one forgotten every 1000 s"
    );
    let hint_of_two = "hint: it was not tried again; check it and repeat";
    let hint_of_one =
        "hint: the next wrong one locks every protected key in this TPM; find the right one first";
    let hint_of_none = "hint: wait (`tpm2ca doctor` says how long), or reset it with the lockout authorization: \
                        `tpm2_dictionarylockout --clear-lockout`; find the right one before the next try";
    for (count, left, hint, info) in [
        (
            1,
            "2 tries are left before lockout",
            hint_of_two,
            "1 of 3 wrong tries so far, one forgotten every 1000 s",
        ),
        (
            2,
            "1 try is left before lockout",
            hint_of_one,
            "2 of 3 wrong tries so far, one forgotten every 1000 s",
        ),
        (
            3,
            "no try is left, the TPM is in lockout now",
            hint_of_none,
            "locked out after 3 of 3 wrong tries, one forgotten every 1000 s",
        ),
    ] {
        let error = ca.fails(5, &["crl", "--key-auth", "file:wrong"]);
        assert_eq!(
            error,
            format!("error: wrong authorization for the key; {left}\n{hint}\n")
        );
        assert_eq!(tries(&ca), count);
        assert_eq!(guessing(), info);
    }
    for value in ["file:wrong", "file:right"] {
        let error = ca.fails(3, &["crl", "--key-auth", value]);
        assert_eq!(
            error,
            "error: the TPM is in lockout after 3 failed authorizations, of which 3 lock it; a try is given back within \
             1000 seconds\nhint: wait, or reset it with the lockout authorization: `tpm2_dictionarylockout --clear-lockout`\n"
        );
        assert_eq!(tries(&ca), 3);
    }
    forget_tries(&ca);
    let output = ca
        .command(&["crl", "--key-auth", "file:right"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", said(&output));
    ca.snapshot("refused_secrets/tries_are_counted_as_the_tpm_counts_them");
}
