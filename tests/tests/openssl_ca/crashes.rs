//! The process dies at any point: the next operation completes the files from the records.

use std::process::Command;

use tpm2ca_testkit::rounds;
use tpm2ca_tests::{program, said};

use super::folder::{Folder, LEAF, LOOSE, cnf};

/// Points of `Checkpoint::ALL`.
const POINTS: usize = 6;

fn plain() -> Folder {
    let ca = Folder::new(&cnf(
        "x509_extensions = ext\nunique_subject = no",
        LOOSE,
        LEAF,
        "",
    ));
    ca.csr("x.csr", "/CN=x", "");
    ca.openssl(&["req", "-in", "x.csr", "-outform", "DER", "-out", "x.der"]);
    ca
}

#[test]
fn killed_at_every_point() {
    let ca = plain();
    // Each point twice at least: with the first certificate of a call, and with the second.
    let rounds = rounds().max(2 * POINTS);
    for round in 0..rounds {
        let point = round % POINTS;
        let nth = 1 + (round / POINTS) % 2;
        let output = Command::new(program("crash-issuer"))
            .args(["openssl", "openssl.cnf", "x.der"])
            .args([point.to_string(), nth.to_string(), "3".to_owned()])
            .current_dir(ca.root())
            .output()
            .unwrap();
        assert!(
            output.status.code().is_none(),
            "not killed: {}",
            said(&output)
        );
        // `openssl ca` can go on at once, and so can we.
        if nth == 1 {
            let output = ca.try_openssl_ca(&["-in", "x.csr", "-out", "y.crt"]);
            assert!(output.status.success(), "{}", said(&output));
        } else {
            ca.sign("x.csr", "y.crt", &[]);
        }
        ca.ok(&["list", "--config", "openssl.cnf"]);
        let index = ca.read("index.txt");
        let mut serials: Vec<&str> = index
            .lines()
            .map(|line| line.split('\t').nth(3).unwrap())
            .collect();
        let rows = serials.len();
        serials.sort_unstable();
        serials.dedup();
        assert_eq!(serials.len(), rows, "a serial was used twice: {index}");
        for serial in serials {
            assert!(
                ca.path(&format!("newcerts/{serial}.pem")).exists(),
                "{serial}"
            );
        }
    }
    ca.check();
    let report = ca.ok(&["--json", "db", "check", "--config", "openssl.cnf"]);
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    // Killed after reserve, before sign, after sign, before record.
    let expected = (0..rounds)
        .filter(|round| (1..=4).contains(&(round % POINTS)))
        .count();
    assert_eq!(
        report["possibly_signed"].as_array().unwrap().len(),
        expected,
        "{report}"
    );
    // What may have been signed can be revoked, and is on the list then.
    let serial = report["possibly_signed"][0].as_str().unwrap().to_owned();
    ca.ok(&["revoke", "--config", "openssl.cnf", &serial]);
    ca.ok(&["crl", "--config", "openssl.cnf", "--out", "x.crl"]);
    let text = ca
        .openssl(&["crl", "-in", "x.crl", "-noout", "-text"])
        .text();
    assert_eq!(text.matches("Serial Number:").count(), 1, "{text}");
    ca.check();
}

#[test]
fn a_row_that_was_cut_off_is_mended() {
    let ca = plain();
    ca.sign("x.csr", "x.crt", &[]);
    let whole = ca.read("index.txt");
    // Killed behind the record: the certificate is in the records and not in the file.
    let output = Command::new(program("crash-issuer"))
        .args(["openssl", "openssl.cnf", "x.der", "5", "1", "1"])
        .current_dir(ca.root())
        .output()
        .unwrap();
    assert!(output.status.code().is_none(), "{}", said(&output));
    assert_eq!(ca.read("index.txt"), whole);
    // As if the power had gone in the middle of the row.
    let end = whole.split('\t').nth(1).unwrap();
    ca.write("index.txt", &format!("{whole}V\t{}", &end[..4]));
    ca.ok(&["list", "--config", "openssl.cnf"]);
    let index = ca.read("index.txt");
    assert!(
        index.starts_with(&whole) && index.lines().count() == 2,
        "{index}"
    );
    assert!(index.contains("\t1001\tunknown\t/CN=x\n"), "{index}");
    ca.check();
}
