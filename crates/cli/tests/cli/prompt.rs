//! The question for an authorization value on a terminal.

use serde_json::Value;
use tpm2ca_testkit::{Tool, snapshot};

use crate::support::Ca;

/// Runs a program on a terminal of its own, types the answer when it is asked, the second of two (with `&&` between them)
/// when it is asked once more, and tells in JSON what was seen, how it ended, and whether the terminal echoed at the
/// question and afterwards.
const TERMINAL: &str = r"
import json, os, pty, select, sys, termios, time
answers, program = sys.argv[1].encode().decode('unicode_escape').encode().split(b'&&'), sys.argv[2:]
child, terminal = pty.fork()
if child == 0:
    os.execv(program[0], program)
seen, at_question = b'', None
def echoes():
    return bool(termios.tcgetattr(terminal)[3] & termios.ECHO)
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
    if at_question is None and b'authorization value of' in seen:
        at_question = echoes()
        os.write(terminal, answers.pop(0))
    if answers and b'once more' in seen:
        os.write(terminal, answers.pop(0))
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
print(json.dumps({'seen': seen.decode(), 'status': status, 'at_question': at_question, 'after': echoes()}))
";

fn on_a_terminal(ca: &Ca, answer: &str, arguments: &[&str]) -> Value {
    let ran = Tool::python(TERMINAL)
        .arg(answer)
        .arg(env!("CARGO_BIN_EXE_tpm2ca"))
        .args(arguments)
        .env("TPM2CA_DIR", "ca")
        .dir(ca.folder.path())
        .ok();
    serde_json::from_str(&ran.text()).unwrap()
}

#[test]
fn is_asked_without_echo_and_never_repeated() {
    let ca = Ca::new(&["--key-auth", "pass:s3cret"]);
    let csr = ca.csr("a.example.com");
    let sign = ["sign", "--quiet", "--in", &csr, "--out", "a.crt"];

    let wrong = on_a_terminal(&ca, r"wr0ng\n", &sign);
    assert_eq!(wrong["status"], 5, "{wrong}");
    let seen = wrong["seen"].as_str().unwrap();
    assert!(!seen.contains("wr0ng"), "{wrong}");
    snapshot("prompt/is_asked_without_echo_and_never_repeated", seen);
    assert!(!ca.path("a.crt").exists());

    let nothing = on_a_terminal(&ca, r"\n", &sign);
    assert_eq!(nothing["status"], 5, "{nothing}");
    let info = ca.json(&["tpm", "info"]).remove(0);
    assert_eq!(
        info["lockout_counter"], 1,
        "an empty answer is not tried: {info}"
    );

    let right = on_a_terminal(&ca, r"s3crex\x7ft\n", &sign);
    assert_eq!(right["status"], 0, "{right}");
    assert!(ca.path("a.crt").exists());
    for answer in [&wrong, &nothing, &right] {
        assert_eq!(
            (&answer["at_question"], &answer["after"]),
            (&false.into(), &true.into()),
            "{answer}"
        );
    }
}

#[test]
fn ctrl_c_gives_the_terminal_its_echo_back() {
    let ca = Ca::new(&["--key-auth", "pass:s3cret"]);
    let csr = ca.csr("a.example.com");
    let before = (ca.files(), ca.counts());
    let interrupted = on_a_terminal(&ca, r"s3c\x03", &["sign", "--in", &csr, "--out", "a.crt"]);
    assert_eq!(interrupted["status"], -2, "ended by SIGINT: {interrupted}");
    assert_eq!(interrupted["at_question"], false, "{interrupted}");
    assert_eq!(interrupted["after"], true, "{interrupted}");
    assert_eq!((ca.files(), ca.counts()), before);
}

#[test]
fn many_csrs_are_one_question() {
    let ca = Ca::new(&["--key-auth", "pass:s3cret"]);
    let (first, second) = (ca.csr("a.example.com"), ca.csr("b.example.com"));
    let signed = on_a_terminal(&ca, r"s3cret\n", &["sign", &first, &second]);
    assert_eq!(signed["status"], 0, "{signed}");
    assert_eq!(
        signed["seen"]
            .as_str()
            .unwrap()
            .matches("authorization value")
            .count(),
        1,
        "{signed}"
    );
    assert!(ca.path("a.example.com.crt").exists() && ca.path("b.example.com.crt").exists());
}

#[test]
fn a_new_value_is_asked_for_twice() {
    let ca = Ca::new(&[]);
    let init = |answer: &str, name: &str| {
        let tpm = ["--tpm", "libtpms:tpm"];
        let arguments = [
            &["init", "--ask-key-auth", "--name", "Asked", "--ca", name],
            &tpm[..],
        ];
        on_a_terminal(&ca, answer, &arguments.concat())
    };
    let unlike = init(r"s3cret\n&&s3crte\n", "unlike");
    assert_eq!(unlike["status"], 1, "{unlike}");
    let seen = unlike["seen"].as_str().unwrap();
    assert!(!seen.contains("s3cr"), "{unlike}");
    snapshot("prompt/a_new_value_that_is_not_repeated", seen);
    assert!(!ca.path("unlike").exists());

    let made = init(r"s3cret\n&&s3cret\n", "asked");
    assert_eq!(made["status"], 0, "{made}");
    assert_eq!(made["at_question"], false, "{made}");
    let issue = ["issue", "--ca", "asked", "a.example.com", "--key-auth"];
    ca.fails(5, &[&issue[..], &["pass:wrong"]].concat());
    ca.ok(&[&issue[..], &["pass:s3cret"]].concat());

    // Without a terminal it is an error with advice, and two sources are one too many.
    ca.fails(
        5,
        &["init", "--ask-key-auth", "--name", "A", "--ca", "none"],
    );
    ca.fails(
        2,
        &[
            "init",
            "--ask-key-auth",
            "--key-auth",
            "pass:x",
            "--name",
            "A",
        ],
    );
    ca.snapshot("prompt/a_new_value_is_asked_for_twice");
}
