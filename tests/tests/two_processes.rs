//! Several processes use one CA directory at once.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{collections::HashSet, process::Stdio};

use tpm2ca_testkit::temp_dir;
use tpm2ca_tests::{Ca, judges, openssl_csr, said, tpm2ca};

#[test]
fn both_succeed_with_distinct_serials() {
    let ca = Ca::new(&[]);
    let csr = openssl_csr(ca.folder.path(), "two.example.com");
    let children: Vec<_> = (0..4)
        .map(|number| {
            ca.command(&["sign", "--json", "--in"])
                .arg(&csr)
                .args(["--out", &format!("{number}.crt")])
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    let mut serials = HashSet::new();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", said(&output));
        let record: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(serials.insert(record["serial"].as_str().unwrap().to_owned()));
    }
    assert_eq!(serials.len(), 4);
    ca.ok(&["db", "check"]);
    assert_eq!(ca.judged().certificates, 2 + 4);
}

#[test]
fn the_software_tpm_inside_the_program_is_shared_in_turns() {
    let folder = temp_dir();
    let init = [
        "init",
        "--ca",
        "ca",
        "--name",
        "Shared",
        "--tpm",
        "libtpms:tpm",
    ];
    let output = tpm2ca(folder.path(), &init).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    let children: Vec<_> = (0..3)
        .map(|number| {
            let name = format!("host{number}.example.com");
            tpm2ca(folder.path(), &["issue", "--ca", "ca", &name])
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", said(&output));
    }
    let judged = judges::everything(&folder.path().join("ca"));
    assert_eq!(judged.certificates, 2 + 3);
}
