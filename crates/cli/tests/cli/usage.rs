//! Arguments that do not fit: exit code 2, before anything is touched.

use crate::support::{Ca, Ran, tpm2ca};
use tpm2ca_testkit::temp_dir;

const WRONG: &[&[&str]] = &[
    &["nope"],
    &["--nope"],
    &["init"],
    &["init", "--name", ""],
    &["init", "--name", "  "],
    &["init", "--name", "A", "--alg", "dsa"],
    &["init", "--name", "A", "--keysize", "2048"],
    &["init", "--name", "A", "--alg", "rsa", "--curve", "p256"],
    &["init", "--name", "A", "--curve", "p192"],
    &["init", "--name", "A", "--root-days", "0"],
    &["init", "--name", "A", "--root-days", "-5"],
    &["init", "--name", "A", "--intermediate-days", "99999999999"],
    &[
        "init",
        "--name",
        "A",
        "--permit-dns",
        "m\u{fc}nchen.example",
    ],
    &["init", "--name", "A", "--tpm", "nonsense"],
    &["init", "--name", "A", "--tpm", ""],
    &["init", "--name", "A", "--tpm", "libtpms:"],
    &["init", "--name", "A", "--key-auth", "fd:x"],
    &["sign"],
    &["sign", "--in", "a.csr", "b.csr"],
    &["sign", "--in", "a.csr", "--outdir", "d"],
    &["sign", "--in", "a.csr", "--days", "0"],
    &[
        "sign",
        "--in",
        "a.csr",
        "--days",
        "3",
        "--enddate",
        "20300101000000Z",
    ],
    &["sign", "--in", "a.csr", "--startdate", "tomorrow"],
    &["sign", "--in", "a.csr", "--subj", "Acme"],
    &["sign", "--in", "a.csr", "--san", "m\u{fc}nchen.example"],
    &["sign", "--in", "-", "--key-auth", "stdin"],
    &["sign", "-"],
    &["sign", "a.csr", "b.csr", "--out", "c.crt"],
    &["issue"],
    &["issue", ""],
    &["issue", "a.example", "--newkey", "dsa"],
    &["revoke"],
    &["revoke", "no-such-file.crt"],
    &["revoke", "01", "--reason", "boredom"],
    &["revoke", "01", "--invalidity-date", "yesterday"],
    &["crl", "--outform", "xml"],
    &["crl", "--days", "0"],
    &["crl", "--out", "-", "--json"],
    &["list", "--status", "good"],
    &["list", "--expires-within", "soon"],
    &["list", "--expires-within", "-3d"],
    &["show"],
    &["show", "xyz"],
    &["demo", "--tpm", "libtpms:tpm"],
    &["list", "--quiet", "--verbose"],
];

#[test]
fn is_said_with_a_hint_and_leaves_nothing() {
    let nowhere = Ca::empty();
    for arguments in WRONG {
        let ran = nowhere.fails(2, arguments);
        assert!(
            ran.stdout.is_empty() || arguments.contains(&"--json"),
            "{ran:?}"
        );
        assert!(nowhere.files().is_empty(), "{arguments:?} wrote something");
    }
    nowhere.snapshot("usage/is_said_with_a_hint_and_leaves_nothing");
}

#[test]
fn is_an_object_with_json() {
    let folder = temp_dir();
    for arguments in WRONG {
        if arguments.contains(&"--json") {
            continue;
        }
        let ran = Ran::of(tpm2ca(folder.path(), arguments).arg("--json"));
        let records = ran.json();
        assert_eq!(records.len(), 1, "{arguments:?}: {ran:?}");
        let error = records[0]["error"].as_str().unwrap();
        assert!(!error.is_empty() && !error.contains('\n'), "{ran:?}");
        assert!(records[0]["hint"].is_string(), "{ran:?}");
        assert_eq!(records[0]["exit_code"], 2, "{ran:?}");
    }
}

#[test]
fn the_hint_names_the_help_of_the_command() {
    let nowhere = Ca::empty();
    nowhere.fails(2, &["--ca", "list", "crl", "--outform", "xml"]);
    nowhere.fails(2, &["sing"]);
    nowhere.snapshot("usage/the_hint_names_the_help_of_the_command");
}
