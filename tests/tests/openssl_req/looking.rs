//! `tpm2ca req --in` beside `openssl req -in`.

use std::fs;

use tpm2ca_testkit::Tool;
use tpm2ca_tests::{said, tpm2ca};

use super::setup::keys;

const OPTIONS: [&[&str]; 7] = [
    &[],
    &["-noout", "-subject"],
    &["-noout", "-pubkey"],
    &["-noout", "-modulus"],
    &["-noout", "-modulus", "-subject", "-pubkey"],
    &["-subject"],
    &["-outform", "DER"],
];

#[test]
fn what_is_in_a_request_is_said_as_openssl_says_it() {
    let folder = keys();
    fs::write(
        folder.path().join("test.cnf"),
        "[req]\ndistinguished_name = dn\n[dn]\n",
    )
    .unwrap();
    let mut compared = 0;
    for (key, subject) in [
        ("rsa.key", "/C=GB/ST=England/O=Alice Ltd/CN=www.example.com"),
        ("p256.key", "/CN=Müller/O=a, b \\+ c"),
        (
            "rsa.key",
            "/O= x/OU=#y/CN=say \"hi\"\\\\/emailAddress=a@b.example",
        ),
        ("p384.key", "/DC=example/UID=u/CN=one+serialNumber=2"),
        ("rsa.key", "/"),
    ] {
        let run = |arguments: &[&str]| {
            Tool::openssl("req")
                .args(["-config", "test.cnf"])
                .args(arguments)
                .dir(folder.path())
                .ok()
        };
        run(&[
            "-new", "-utf8", "-key", key, "-subj", subject, "-out", "x.csr",
        ]);
        run(&["-in", "x.csr", "-outform", "DER", "-out", "x.der"]);
        for options in OPTIONS {
            let theirs = run(&[&["-in", "x.csr"], options].concat());
            for file in ["x.csr", "x.der"] {
                let doubled: Vec<String> = options
                    .iter()
                    .map(|option| match option.strip_prefix('-') {
                        Some(name) => format!("--{name}"),
                        None => (*option).to_owned(),
                    })
                    .collect();
                let doubled: Vec<&str> = doubled.iter().map(String::as_str).collect();
                let output = tpm2ca(
                    folder.path(),
                    &[&["req", "--in", file], &doubled[..]].concat(),
                )
                .output()
                .unwrap();
                assert!(output.status.success(), "{options:?}: {}", said(&output));
                assert_eq!(
                    String::from_utf8_lossy(&output.stdout),
                    String::from_utf8_lossy(&theirs.stdout),
                    "{subject} {options:?}"
                );
                compared += 1;
            }
        }
    }
    assert_eq!(compared, 70);
}

#[test]
fn a_signature_is_verified() {
    let folder = keys();
    let openssl = |arguments: &[&str]| Tool::openssl("req").args(arguments).dir(folder.path()).ok();
    openssl(&[
        "-new", "-key", "p256.key", "-subj", "/CN=x", "-outform", "DER", "-out", "x.der",
    ]);
    let verify = |more: &[&str]| {
        tpm2ca(
            folder.path(),
            &[&["req", "--in", "x.der", "--verify", "--noout"], more].concat(),
        )
        .output()
        .unwrap()
    };
    let output = verify(&[]);
    assert!(
        output.status.success() && String::from_utf8_lossy(&output.stderr).contains("verify OK"),
        "{}",
        said(&output)
    );
    let output = verify(&["--subject", "--out", "said"]);
    assert!(output.status.success() && output.stdout.is_empty());
    assert_eq!(
        fs::read_to_string(folder.path().join("said")).unwrap(),
        "subject=CN = x\n"
    );

    let path = folder.path().join("x.der");
    let mut der = fs::read(&path).unwrap();
    *der.last_mut().unwrap() ^= 1;
    fs::write(&path, &der).unwrap();
    let output = verify(&[]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    fs::write(&path, "junk").unwrap();
    assert_eq!(verify(&[]).status.code(), Some(1));
    // Looking makes nothing, so what is for making is a mistake.
    assert_eq!(verify(&["--subj", "/CN=y"]).status.code(), Some(2));
    let output = tpm2ca(folder.path(), &["req", "--noout"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
}
