//! What a user sees when the TPM is in trouble: success all the same, or the error that says what to do; and what
//! `tpm2ca doctor` says of it.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{fs, os::unix::fs::PermissionsExt, process::Output};

use serde_json::Value;
use tpm2ca_testkit::{Recorder, Swtpm, Tool, temp_dir};
use tpm2ca_tests::{Ca, said, tpm2ca};
use tpm2ca_tpm::Transport;

/// Runs the doctor; its exit code and findings.
fn doctor(ca: &Ca, arguments: &[&str]) -> (i32, Vec<Value>) {
    let arguments = [&["doctor", "--json"], arguments].concat();
    let (code, findings) = examined(&ca.command(&arguments).output().unwrap());
    show(ca, &arguments, code, &findings);
    (code, findings)
}

/// Adds to the snapshot the findings that are not `ok`, but for what the doctor finds of the OpenSSL that is installed
/// here.
fn show(ca: &Ca, arguments: &[&str], code: i32, findings: &[Value]) {
    let shown: Vec<String> = findings
        .iter()
        .filter(|finding| finding["level"] != "ok" && finding["check"] != "openssl")
        .map(|finding| format!("{finding}\n"))
        .collect();
    ca.shown.add(arguments, code, &shown.concat(), "");
}

fn examined(output: &Output) -> (i32, Vec<Value>) {
    let findings = String::from_utf8(output.stdout.clone())
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{}", said(output))))
        .collect();
    (output.status.code().unwrap(), findings)
}

/// What it said about one matter, at this level; all of these words are in the text or the hint.
fn assert_finds(findings: &[Value], check: &str, level: &str, words: &[&str]) {
    let found = findings
        .iter()
        .filter(|finding| finding["check"] == check && finding["level"] == level)
        .any(|finding| {
            let text = format!("{} {}", finding["what"], finding["hint"]);
            words.iter().all(|word| text.contains(word))
        });
    assert!(
        found,
        "no {level} about {check} with {words:?}: {findings:#?}"
    );
}

fn assert_no_problem((code, findings): &(i32, Vec<Value>)) {
    let problems: Vec<&Value> = findings
        .iter()
        .filter(|finding| finding["level"] == "problem")
        .collect();
    assert!(problems.is_empty() && *code == 0, "{problems:#?}");
}

/// TPM2_StartAuthSession without a salt, HMAC (0) or policy (1); whether it had room.
fn start_session(connection: &mut dyn Transport, kind: u8) -> bool {
    let mut command = vec![0x80, 0x01, 0, 0, 0, 43, 0, 0, 0x01, 0x76];
    command.extend([0x40, 0, 0, 7, 0x40, 0, 0, 7]);
    command.extend([0, 16]);
    command.extend([1; 16]);
    command.extend([0, 0, kind, 0x00, 0x10, 0x00, 0x0b]);
    connection.transact(&command).unwrap()[6..10] == [0; 4]
}

/// Loads an object of somebody else's, and leaves it loaded.
fn occupy(tpm: &Swtpm) {
    let dir = temp_dir();
    Tool::tpm2("tpm2_createprimary", tpm)
        .args(["-C", "e", "-G", "ecc", "-c"])
        .arg(dir.path().join("primary.ctx"))
        .ok();
}

#[test]
fn a_tpm_that_is_well() {
    let ca = Ca::new(&[]);
    ca.ok(&["crl"]);
    let report = doctor(&ca, &["ca/root.key"]);
    assert_no_problem(&report);
    for check in [
        "tpm",
        "self-test",
        "lockout",
        "owner",
        "storage root key",
        "object slots",
        "sessions",
        "persistent keys",
        "abilities",
        "ca",
        "permissions",
        "clock",
        "pinned TPM",
        "issuer root",
        "key of root",
        "crl of intermediate",
        "records",
        "ca/root.key",
    ] {
        assert_finds(&report.1, check, "ok", &[]);
    }
    // For people, and for a cron job.
    let text = ca.ok(&["doctor"]);
    assert!(text.lines().all(|line| line.starts_with("ok ")), "{text}");
    assert_eq!(ca.ok(&["doctor", "--quiet"]), "");
    // It changes nothing, and leaves nothing in the TPM.
    let held = Tool::tpm2("tpm2_getcap", &ca.tpm)
        .arg("handles-transient")
        .ok()
        .text();
    assert_eq!(held, "");
    ca.snapshot("tpm_in_trouble/a_tpm_that_is_well");
}

#[test]
fn the_tpm_is_reset_between_two_commands_and_in_the_middle_of_none() {
    let mut ca = Ca::new(&[]);
    ca.ok(&["issue", "a.example.com"]);
    // A power cut: it waits for TPM2_Startup now.
    ca.tpm.kill();
    ca.fails(3, &["issue", "b.example.com"]);
    let (code, findings) = doctor(&ca, &[]);
    assert_eq!(code, 3);
    // What needs no TPM is looked at all the same.
    assert_finds(&findings, "records", "ok", &[]);
    ca.tpm.restart();
    ca.ok(&["issue", "b.example.com"]);
    assert_no_problem(&doctor(&ca, &[]));
    ca.snapshot("tpm_in_trouble/the_tpm_is_reset_between_two_commands_and_in_the_middle_of_none");
}

#[test]
fn a_tpm_that_asks_to_be_asked_again() {
    let mut ca = Ca::new(&["--key-auth", "pass:short"]);
    // The first use of a protected key after a reset is answered with TPM_RC_RETRY.
    ca.tpm.restart();
    let recorder = Recorder::start(&ca.tpm.tcti());
    let output = ca
        .command(&["issue", "a.example.com", "--key-auth", "pass:short"])
        .env("TPM2CA_TCTI", recorder.tcti().to_string())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", said(&output));
    let retries = recorder
        .exchanges()
        .iter()
        .filter(|exchange| exchange.response_code() == Some(0x922))
        .count();
    assert!(retries >= 1, "the TPM did not ask to be asked again");
    let report = doctor(&ca, &["ca/root.key", "--key-auth", "pass:short"]);
    assert_no_problem(&report);
    assert_finds(
        &report.1,
        "ca/root.key",
        "ok",
        &["is right", "wrong ones count"],
    );
    ca.snapshot("tpm_in_trouble/a_tpm_that_asks_to_be_asked_again");
}

#[test]
fn lockout() {
    let ca = Ca::new(&["--key-auth", "pass:short"]);
    let wrong = ["issue", "a.example.com", "--key-auth", "pass:wrong"];
    ca.fails(5, &wrong);
    let (code, findings) = doctor(&ca, &[]);
    assert_eq!(code, 0, "a warning is no problem: {findings:#?}");
    assert_finds(
        &findings,
        "key of root",
        "ok",
        &["needs an authorization value", "wrong ones count"],
    );
    // The doctor is asked to try a wrong one: that costs a try, and it says how many are left.
    let (code, findings) = doctor(&ca, &["--key-auth", "pass:wrong"]);
    assert_eq!(code, 5, "two keys, but one try: {findings:#?}");

    ca.fails(5, &wrong);
    ca.fails(3, &["issue", "a.example.com", "--key-auth", "pass:short"]);
    let (code, _) = doctor(&ca, &[]);
    assert_eq!(code, 3);
    // The advice works.
    Tool::tpm2("tpm2_dictionarylockout", &ca.tpm)
        .arg("--clear-lockout")
        .ok();
    ca.ok(&["issue", "a.example.com", "--key-auth", "pass:short"]);
    assert_no_problem(&doctor(&ca, &[]));
    ca.snapshot("tpm_in_trouble/lockout");
}

#[test]
fn another_client_fills_all_object_slots() {
    let ca = Ca::new(&[]);
    occupy(&ca.tpm);
    let (code, _) = doctor(&ca, &[]);
    assert_eq!(code, 0);
    occupy(&ca.tpm);
    occupy(&ca.tpm);
    ca.fails(3, &["issue", "a.example.com"]);
    let (code, _) = doctor(&ca, &[]);
    assert_eq!(code, 3);
    // The advice works.
    Tool::tpm2("tpm2_flushcontext", &ca.tpm).arg("-t").ok();
    ca.ok(&["issue", "a.example.com"]);
    assert_no_problem(&doctor(&ca, &[]));
    ca.snapshot("tpm_in_trouble/another_client_fills_all_object_slots");
}

#[test]
fn a_full_session_table() {
    let ca = Ca::new(&[]);
    let mut connection = ca.tpm.tcti().connector().connect().unwrap();
    while start_session(connection.as_mut(), 1) {}
    drop(connection);
    ca.fails(3, &["issue", "a.example.com"]);
    let (code, _) = doctor(&ca, &[]);
    assert_eq!(code, 3);
    // The advice works.
    Tool::tpm2("tpm2_flushcontext", &ca.tpm).arg("-l").ok();
    ca.ok(&["issue", "a.example.com"]);

    // HMAC sessions that somebody left are taken back by themselves.
    let mut connection = ca.tpm.tcti().connector().connect().unwrap();
    while start_session(connection.as_mut(), 0) {}
    drop(connection);
    let (code, findings) = doctor(&ca, &[]);
    assert_eq!(code, 0, "{findings:#?}");
    ca.ok(&["issue", "b.example.com"]);
    assert_no_problem(&doctor(&ca, &[]));
    ca.snapshot("tpm_in_trouble/a_full_session_table");
}

#[test]
fn the_owner_has_set_an_authorization() {
    let ca = Ca::new(&[]);
    Tool::tpm2("tpm2_changeauth", &ca.tpm)
        .args(["-c", "o", "secret"])
        .ok();
    ca.fails(5, &["issue", "a.example.com"]);
    let (code, _) = doctor(&ca, &[]);
    assert_eq!(code, 5);
    fs::write(ca.path("owner"), "secret\n").unwrap();
    let given = ["--owner-auth", "file:owner"];
    ca.ok(&[&["issue", "a.example.com"], &given[..]].concat());
    let report = doctor(&ca, &given);
    assert_no_problem(&report);
    assert_finds(&report.1, "owner", "ok", &["the given one is right"]);
    let (code, _) = doctor(&ca, &["--owner-auth", "pass:wrong"]);
    assert_eq!(code, 5);
    // `tpm info` can tell all but one thing.
    let info: Value = serde_json::from_str(&ca.ok(&["tpm", "info", "--json"])).unwrap();
    assert_eq!(
        (&info["owner_auth_set"], &info["srk"]),
        (&true.into(), &Value::Null)
    );
    ca.snapshot("tpm_in_trouble/the_owner_has_set_an_authorization");
}

#[test]
fn something_else_is_at_0x81000001() {
    let ca = Ca::new(&[]);
    let dir = temp_dir();
    Tool::tpm2("tpm2_createprimary", &ca.tpm)
        .args(["-C", "o", "-c", "p.ctx"])
        .dir(dir.path())
        .ok();
    Tool::tpm2("tpm2_evictcontrol", &ca.tpm)
        .args(["-C", "o", "-c", "p.ctx", "0x81000001"])
        .dir(dir.path())
        .ok();
    Tool::tpm2("tpm2_flushcontext", &ca.tpm).arg("-t").ok();
    ca.ok(&["issue", "a.example.com"]);
    let report = doctor(&ca, &[]);
    assert_no_problem(&report);
    assert_finds(
        &report.1,
        "storage root key",
        "ok",
        &[
            "0x81000001 is taken",
            "RSA-2048 without noDA",
            "tpm2_createprimary",
            "does no harm",
        ],
    );
    ca.snapshot("tpm_in_trouble/something_else_is_at_0x81000001");
}

#[test]
fn a_key_of_another_tpm_and_one_under_another_parent() {
    let ca = Ca::new(&[]);
    let other = Ca::new(&[]);
    let stranger = other.directory().join("root.key");
    let stranger = stranger.to_str().unwrap();
    let (code, _) = doctor(&ca, &[stranger]);
    assert_eq!(code, 1);

    // The whole CA on another TPM.
    let elsewhere = other.tpm.tcti().to_string();
    let (code, _) = doctor(&ca, &["--tpm", &elsewhere]);
    assert_eq!(code, 1);

    // A key of tpm2-tools, with its default parent, in a file that names the usual one.
    let dir = temp_dir();
    let tool = |name: &str, arguments: &[&str]| {
        Tool::tpm2(name, &ca.tpm)
            .args(arguments)
            .dir(dir.path())
            .ok();
        Tool::tpm2("tpm2_flushcontext", &ca.tpm).arg("-t").ok();
    };
    tool("tpm2_createprimary", &["-C", "o", "-c", "parent.ctx"]);
    tool(
        "tpm2_create",
        &[
            "-C",
            "parent.ctx",
            "-G",
            "ecc",
            "-u",
            "key.pub",
            "-r",
            "key.priv",
        ],
    );
    let read = |name: &str| fs::read(dir.path().join(name)).unwrap();
    let file = |parent| {
        tpm2ca_tpm::KeyFile::loadable(parent, true, read("key.pub"), read("key.priv")).to_pem()
    };
    fs::write(ca.path("theirs.key"), file(0x4000_0001)).unwrap();
    let (code, _) = doctor(&ca, &["theirs.key"]);
    assert_eq!(code, 1);
    // Its parent is not where the file says.
    fs::write(ca.path("theirs.key"), file(0x8100_0002)).unwrap();
    doctor(&ca, &["theirs.key"]);
    // The advice works.
    tool("tpm2_createprimary", &["-C", "o", "-c", "parent.ctx"]);
    tool(
        "tpm2_evictcontrol",
        &["-C", "o", "-c", "parent.ctx", "0x81000002"],
    );
    let report = doctor(&ca, &["theirs.key"]);
    assert_no_problem(&report);
    assert_finds(&report.1, "theirs.key", "ok", &["loads under 0x81000002"]);
    ca.snapshot("tpm_in_trouble/a_key_of_another_tpm_and_one_under_another_parent");
}

#[test]
fn key_files_that_are_none() {
    let ca = Ca::new(&[]);
    let good = fs::read_to_string(ca.directory().join("root.key")).unwrap();
    fs::write(ca.path("cut.key"), &good[..good.len() / 2]).unwrap();
    fs::write(ca.path("noise.key"), "what is this?").unwrap();
    fs::write(ca.path("huge.key"), vec![b'A'; 1 << 20]).unwrap();
    Tool::openssl("genpkey")
        .args([
            "-algorithm",
            "EC",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-out",
            "soft.key",
        ])
        .dir(ca.folder.path())
        .ok();
    fs::set_permissions(ca.path("soft.key"), fs::Permissions::from_mode(0o644)).unwrap();
    for name in [
        "cut.key",
        "noise.key",
        "huge.key",
        "missing.key",
        "soft.key",
        "handle:0x81000033",
        "handle:here",
    ] {
        let (code, _) = doctor(&ca, &[name]);
        assert_eq!(code, 1, "{name}");
    }
    ca.snapshot("tpm_in_trouble/key_files_that_are_none");
}

#[test]
fn a_key_at_a_handle_and_one_that_is_bound_to_the_boot() {
    use tpm2ca_tpm::{
        Algorithm, Auth, Curve, HashAlg, KeyOptions, KeyTemplate, Policy, Tpm, TpmOptions,
    };
    let ca = Ca::new(&[]);
    let tpm = Tpm::open(&ca.tpm.tcti(), TpmOptions::default()).unwrap();
    let template = KeyTemplate {
        algorithm: Algorithm::Ecc(Curve::P256),
        no_da: true,
    };
    let file = tpm.create_key(template, &Auth::empty()).unwrap();
    tpm.persist(file, 0x8100_0010).unwrap();
    let policy = Policy::pcr(&tpm.pcr_read(HashAlg::Sha256, &[16]).unwrap()).unwrap();
    let mut options = KeyOptions::new(template.algorithm);
    options.policy = Some(policy.digest().to_vec());
    options.user_with_auth = false;
    tpm.create_key(options, &Auth::empty())
        .unwrap()
        .with_policy(&policy)
        .write_new(&ca.path("boot.key"))
        .unwrap();
    drop(tpm);
    let keys = ["boot.key", "handle:0x81000010"];
    let report = doctor(&ca, &keys);
    assert_no_problem(&report);
    assert_finds(&report.1, "boot.key", "ok", &["the policy holds now"]);
    assert_finds(
        &report.1,
        "handle:0x81000010",
        "ok",
        &["P-256 signing key", "needs no authorization"],
    );
    let extend = format!("16:sha256={}", "07".repeat(32));
    Tool::tpm2("tpm2_pcrextend", &ca.tpm).arg(extend).ok();
    let (code, _) = doctor(&ca, &keys);
    assert_eq!(code, 1);
    ca.snapshot("tpm_in_trouble/a_key_at_a_handle_and_one_that_is_bound_to_the_boot");
}

#[test]
fn what_is_wrong_with_a_ca_directory() {
    let ca = Ca::new(&[]);
    ca.ok(&["crl"]);
    let path = |name: &str| ca.directory().join(name);
    let mode = |name: &str, mode| {
        fs::set_permissions(path(name), fs::Permissions::from_mode(mode)).unwrap();
    };
    let finds = |check: &str, level: &str, words: &[&str]| {
        let (code, findings) = doctor(&ca, &[]);
        assert_finds(&findings, check, level, words);
        assert_eq!(code, i32::from(level == "problem"), "{check}");
    };
    mode("root.key", 0o644);
    finds("permissions", "problem", &["root.key", "0644", "chmod 600"]);
    mode("root.key", 0o600);
    mode("", 0o777);
    finds("permissions", "problem", &["0777", "chmod go-w"]);
    mode("", 0o700);

    fs::write(path(".tpm2ca-0123456789abcdef.tmp"), "half of").unwrap();
    finds(
        "leftovers",
        "warning",
        &["1 unfinished", ".tpm2ca-0123456789abcdef.tmp", "rm "],
    );
    fs::remove_file(path(".tpm2ca-0123456789abcdef.tmp")).unwrap();

    let swap = |one: &str, other: &str| {
        fs::rename(path(one), path("between")).unwrap();
        fs::rename(path(other), path(one)).unwrap();
        fs::rename(path("between"), path(other)).unwrap();
    };
    swap("root.key", "intermediate.key");
    finds(
        "key of root",
        "problem",
        &["not the key in the certificate", "backup"],
    );
    swap("root.key", "intermediate.key");

    fs::rename(path("crl"), path("crls")).unwrap();
    finds(
        "crl of intermediate",
        "problem",
        &["missing", "tpm2ca crl --issuer intermediate"],
    );
    fs::rename(path("crls"), path("crl")).unwrap();

    let config = fs::read_to_string(path("ca.toml")).unwrap();
    fs::write(path("ca.toml"), config.replace("crl_days", "crl_dayz")).unwrap();
    finds("ca", "problem", &["crl_dayz"]);
    fs::write(path("ca.toml"), &config).unwrap();

    let records = fs::read(path("records.db")).unwrap();
    fs::write(path("records.db"), &records[..records.len() / 2]).unwrap();
    finds("records", "problem", &["backup"]);
    fs::write(path("records.db"), records).unwrap();
    assert_no_problem(&doctor(&ca, &[]));

    let nowhere = ["doctor", "--json", "--ca", "nowhere"];
    let output = tpm2ca(ca.folder.path(), &nowhere)
        .env("TPM2CA_TCTI", ca.tpm.tcti().to_string())
        .output()
        .unwrap();
    let (code, findings) = examined(&output);
    assert_eq!(code, 1);
    show(&ca, &nowhere, code, &findings);
    ca.snapshot("tpm_in_trouble/what_is_wrong_with_a_ca_directory");
}

#[test]
fn certificates_and_crls_near_their_end() {
    let ca = Ca::new(&["--root-days", "40", "--intermediate-days", "30"]);
    ca.ok(&["crl", "--days", "1"]);
    let (code, _) = doctor(&ca, &[]);
    assert_eq!(code, 0);
    // The clock of a machine whose battery is empty, and one far ahead.
    let at = |offset: &str| {
        let output = Tool::new("faketime")
            .args(["-f", offset])
            .arg(tpm2ca_tests::program("tpm2ca"))
            .args(["doctor", "--json", "--ca"])
            .arg(ca.directory())
            .env("TPM2CA_TCTI", ca.tpm.tcti().to_string());
        let ran = output.run();
        let findings: Vec<Value> = ran
            .text()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let arguments = ["doctor", "--json", "(at)", offset];
        show(&ca, &arguments, ran.code.unwrap(), &findings);
    };
    at("-4000d");
    at("+23h");
    at("+35d");
    ca.snapshot("tpm_in_trouble/certificates_and_crls_near_their_end");
}
