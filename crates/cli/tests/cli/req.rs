//! `tpm2ca req`: questions, answers, and what it leaves on the disk. That its results are OpenSSL's is tested end to
//! end.

use std::{fs, process::Stdio};

use serde_json::Value;
use tpm2ca_testkit::{TempDir, Tool, Transcript, snapshot, temp_dir};

use crate::support::{Ran, files, tpm2ca};

/// Runs a program on a terminal of its own, types each answer once its question is the last thing on the screen, and
/// tells in JSON what was seen. A question may reach the terminal in pieces, so it is waited for by its words: what a
/// program prints behind its own question (a given value) would otherwise be answered, depending on who runs first.
const TERMINAL: &str = r"
import json, os, pty, select, sys, time
answers, program = json.loads(sys.argv[1]), sys.argv[2:]
child, terminal = pty.fork()
if child == 0:
    os.execvp(program[0], program)
seen = b''
deadline = time.time() + 60
while time.time() < deadline:
    if select.select([terminal], [], [], 0.1)[0]:
        try:
            new = os.read(terminal, 4096)
        except OSError:
            break
        if not new:
            break
        seen += new
    if answers and seen.endswith(answers[0][0].encode()):
        os.write(terminal, answers.pop(0)[1].encode())
        seen += b'<>'
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
print(json.dumps({'seen': seen.decode().replace('\r', ''), 'status': status}))
";

const QUESTIONS: &str = "\
[req]
distinguished_name = dn
attributes = at
utf8 = yes
[dn]
countryName = Country Name (2 letter code)
countryName_default = DE
countryName_min = 2
countryName_max = 2
O = Organization Name
commonName = Common Name
emailAddress = Email
emailAddress_value = given@example.org
[at]
challengePassword = A challenge password
";

fn on_a_terminal(
    folder: &TempDir,
    answers: &[(&str, &str)],
    program: &str,
    arguments: &[&str],
) -> Value {
    let ran = Tool::python(TERMINAL)
        .arg(serde_json::to_string(answers).unwrap())
        .arg(program)
        .args(arguments)
        .dir(folder.path())
        .ok();
    serde_json::from_str(&ran.text()).unwrap()
}

/// A folder with a configuration and a key.
fn folder(config: &str) -> TempDir {
    let folder = temp_dir();
    fs::write(folder.path().join("test.cnf"), config).unwrap();
    Tool::openssl("genpkey")
        .args([
            "-algorithm",
            "EC",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-out",
            "test.key",
        ])
        .dir(folder.path())
        .ok();
    folder
}

fn req(folder: &TempDir, arguments: &[&str]) -> Ran {
    let all = [&["req", "--key", "test.key"], arguments].concat();
    Ran::of(&mut tpm2ca(folder.path(), &all))
}

/// Runs it likewise, and adds it to the transcript.
fn shown(transcript: &mut Transcript, folder: &TempDir, arguments: &[&str]) -> Ran {
    let ran = req(folder, arguments);
    let all = [&["req", "--key", "test.key"], arguments].concat();
    transcript.tpm2ca(&all, ran.code, &ran.stdout, &ran.stderr);
    ran
}

#[test]
fn the_questions_on_a_terminal_are_openssl_s() {
    let folder = folder(QUESTIONS);
    let answers = [
        ("Country Name (2 letter code) [DE]:", "DEU\n"),
        ("Country Name (2 letter code) [DE]:", "\n"),
        ("Organization Name []:", "Müller\n"),
        ("Common Name []:", "www.example.org\n"),
        ("A challenge password []:", "\n"),
    ];
    let theirs = on_a_terminal(
        &folder,
        &answers,
        "openssl",
        &[
            "req",
            "-new",
            "-key",
            "test.key",
            "-config",
            "test.cnf",
            "-out",
            "theirs.csr",
        ],
    );
    let ours = on_a_terminal(
        &folder,
        &answers,
        env!("CARGO_BIN_EXE_tpm2ca"),
        &[
            "req", "--quiet", "--key", "test.key", "--config", "test.cnf", "--out", "ours.csr",
        ],
    );
    assert_eq!(ours["seen"], theirs["seen"]);
    assert_eq!((&ours["status"], &theirs["status"]), (&0.into(), &0.into()));
    let subject = |file: &str| {
        let ran = Tool::openssl("req")
            .args(["-in", file, "-noout", "-subject"])
            .dir(folder.path())
            .ok();
        ran.text()
    };
    assert_eq!(subject("ours.csr"), subject("theirs.csr"));
    assert!(subject("ours.csr").contains("CN = www.example.org"));
}

#[test]
fn without_a_file_the_usual_questions_are_asked() {
    let folder = folder("");
    let answers = [
        ("Country Name (2 letter code) []:", "DE\n"),
        ("State or Province Name (full name) []:", "\n"),
        ("Locality Name (eg, city) []:", "\n"),
        ("Organization Name (eg, company) []:", "Müller\n"),
        ("Organizational Unit Name (eg, section) []:", "\n"),
        (
            "Common Name (e.g. server FQDN or YOUR name) []:",
            "www.example.org\n",
        ),
        ("Email Address []:", "\n"),
    ];
    let asked = on_a_terminal(
        &folder,
        &answers,
        env!("CARGO_BIN_EXE_tpm2ca"),
        &["req", "--key", "test.key", "--out", "ours.csr"],
    );
    assert_eq!(asked["status"], 0, "{asked}");
    let seen = asked["seen"].as_str().unwrap();
    snapshot("req/without_a_file_the_usual_questions_are_asked", seen);
}

#[test]
fn answers_can_be_piped_in_as_to_openssl() {
    let folder = folder(QUESTIONS);
    fs::write(
        folder.path().join("answers"),
        "FR\nExemple\nwww.example.fr\n\n",
    )
    .unwrap();
    let mut command = tpm2ca(
        folder.path(),
        &[
            "req", "--key", "test.key", "--config", "test.cnf", "--out", "ours.csr",
        ],
    );
    let answers = fs::File::open(folder.path().join("answers")).unwrap();
    let output = command.stdin(Stdio::from(answers)).output().unwrap();
    assert!(output.status.success());
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "ours.csr  certificate request for `1.2.840.113549.1.9.1=given@example.org,CN=www.example.fr,O=Exemple,C=FR`\n"
            .replace("1.2.840.113549.1.9.1", "emailAddress")
    );
}

#[test]
fn without_a_terminal_the_defaults_are_taken_in_batch_only() {
    let folder = folder(QUESTIONS);
    let before = files(folder.path());
    let mut transcript = Transcript::new();
    let arguments = ["--config", "test.cnf", "--out", "ours.csr"];
    let refused = shown(&mut transcript, &folder, &arguments);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    refused.assert_is_friendly();
    assert_eq!(files(folder.path()), before);
    let batch = [&arguments[..], &["--batch"]].concat();
    let made = shown(&mut transcript, &folder, &batch);
    assert_eq!(made.code, Some(0), "{made:?}");
    // What OpenSSL prints in batch, too: the value that is fixed.
    assert_eq!(made.stderr, "given@example.org\n");
    snapshot(
        "req/without_a_terminal_the_defaults_are_taken_in_batch_only",
        transcript,
    );
}

#[test]
fn the_request_goes_to_standard_output_where_no_file_is_named() {
    let folder = folder("");
    let made = req(&folder, &["--subj", "/CN=a"]);
    assert_eq!(made.code, Some(0), "{made:?}");
    assert!(
        made.stdout
            .starts_with("-----BEGIN CERTIFICATE REQUEST-----\n"),
        "{made:?}"
    );
    assert_eq!(made.stderr, "");
    let json = req(&folder, &["--subj", "/CN=a", "--x509", "--json"])
        .json()
        .remove(0);
    assert_eq!(json["subject"], "CN=a");
    assert!(
        json["pem"]
            .as_str()
            .unwrap()
            .starts_with("-----BEGIN CERTIFICATE-----")
    );
    assert_eq!(
        json["notes"],
        Value::Array(Vec::new()),
        "the built-in extensions are good ones"
    );
}

#[test]
fn the_pass_phrase_of_a_new_key_is_asked_twice() {
    let folder = folder("[req]\ndefault_keyfile=new.key\ndefault_bits=2048\n");
    let arguments = [
        "req", "--config", "test.cnf", "--newkey", "ec", "--subj", "/CN=a", "--out", "a.csr",
    ];
    let program = env!("CARGO_BIN_EXE_tpm2ca");
    let twice = |first, second| {
        [
            ("Enter PEM pass phrase:", first),
            ("Verifying - Enter PEM pass phrase:", second),
        ]
    };
    for (answers, complaint) in [
        (
            twice("hunter2\n", "hunter3\n"),
            "the two pass phrases are not the same",
        ),
        (
            twice("abc\n", "abc\n"),
            "a pass phrase has 4 characters at least",
        ),
    ] {
        let refused = on_a_terminal(&folder, &answers, program, &arguments);
        assert_eq!(refused["status"], 1, "{refused}");
        assert!(
            refused["seen"].as_str().unwrap().contains(complaint),
            "{refused}"
        );
        assert!(!folder.path().join("new.key").exists() && !folder.path().join("a.csr").exists());
    }
    let made = on_a_terminal(
        &folder,
        &twice("hunter2\n", "hunter2\n"),
        program,
        &arguments,
    );
    assert_eq!(made["status"], 0, "{made}");
    assert!(
        !made["seen"].as_str().unwrap().contains("hunter2"),
        "{made}"
    );
    Tool::openssl("pkey")
        .args(["-in", "new.key", "-passin", "pass:hunter2", "-noout"])
        .dir(folder.path())
        .ok();
}

#[test]
fn wrong_usage_says_what_is_right() {
    let folder = folder(QUESTIONS);
    let mut transcript = Transcript::new();
    for arguments in [
        &["--md", "sha1", "--subj", "/CN=a"][..],
        &["--md", "sha3-256", "--subj", "/CN=a"],
        &["--x509", "--set_serial", "0", "--subj", "/CN=a"],
        &["--subj", "/CN=a", "--addext", "=x"],
        &["--subj", "/commonNam=a"],
        &["--config", "test.cnf", "--key-auth", "stdin"],
        &["--subj", "/CN=a", "--newkey", "rsa"],
    ] {
        let arguments = [arguments, &["--out", "ours.csr"]].concat();
        let ran = shown(&mut transcript, &folder, &arguments);
        assert_eq!(ran.code, Some(2), "{ran:?}");
        ran.assert_is_friendly();
        assert!(!folder.path().join("ours.csr").exists());
    }
    let lost = shown(&mut transcript, &folder, &["--config", "lost.cnf"]);
    assert_eq!(lost.code, Some(1), "{lost:?}");
    lost.assert_is_friendly();
    snapshot("req/wrong_usage_says_what_is_right", transcript);
}

#[test]
fn what_is_passed_over_is_told() {
    let folder = folder(
        "oid_file = lost.oids\n.include lost.cnf\n[req]\nprompt=no\ndistinguished_name=dn\n[dn]\nCN=Müller\n",
    );
    let mut transcript = Transcript::new();
    let ran = shown(
        &mut transcript,
        &folder,
        &[
            "--config",
            "test.cnf",
            "--subj",
            "/CN=Müller/O=",
            "--days",
            "3",
        ],
    );
    assert_eq!(ran.code, Some(0), "{ran:?}");
    snapshot("req/what_is_passed_over_is_told", transcript);
}
