//! Certificates are shown on the terminal and confirmed once.

use tpm2ca_testkit::Tool;
use tpm2ca_tests::program;

use super::folder::{Folder, LEAF, LOOSE, cnf};

/// Runs a program on a terminal of its own, and answers the question.
const TERMINAL: &str = r"
import json, os, pty, select, sys, time
answer, program = sys.argv[1], sys.argv[2:]
child, terminal = pty.fork()
if child == 0:
    os.execv(program[0], program)
seen, asked = b'', 0
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
        if seen.count(b'[y/n]') > asked:
            asked += 1
            os.write(terminal, answer.encode() + b'\n')
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
print(json.dumps({'seen': seen.decode(), 'status': status, 'asked': asked}))
";

#[test]
fn yes_signs_and_anything_else_does_not() {
    let ca = Folder::new(&cnf("x509_extensions = ext", LOOSE, LEAF, ""));
    for name in ["a", "b"] {
        ca.csr(&format!("{name}.csr"), &format!("/O=Example/CN={name}"), "");
    }
    for (answer, status, rows) in [("n", 1, 0), ("", 1, 0), ("y", 0, 2)] {
        let ran = Tool::python(TERMINAL)
            .args([answer, program("tpm2ca").to_str().unwrap()])
            .args([
                "sign",
                "--config",
                "openssl.cnf",
                "--out",
                "all.pem",
                "a.csr",
                "b.csr",
            ])
            .dir(ca.root())
            .ok();
        let ran: serde_json::Value = serde_json::from_str(&ran.text()).unwrap();
        let seen = ran["seen"].as_str().unwrap();
        assert_eq!(ran["status"], status, "{seen}");
        assert_eq!(ran["asked"], 1, "{seen}");
        assert!(seen.contains("Sign these 2 certificates?"), "{seen}");
        for shown in [
            "O                        Example",
            "basicConstraints",
            "valid  ",
        ] {
            assert!(seen.contains(shown), "{shown}: {seen}");
        }
        assert_eq!(ca.read("index.txt").lines().count(), rows);
    }
    ca.check();
}
