//! Somebody changes the records beside index.txt: `db check` says so, for certificates of ours and of `openssl ca`.

use serde_json::Value;
use tpm2ca_tests::records::{Serials, each_change};

use super::folder::{Folder, LEAF, LOOSE, cnf};

#[test]
fn every_change_of_a_certificate_is_reported() {
    let ca = Folder::new(&cnf(
        "x509_extensions = ext\nunique_subject = no",
        LOOSE,
        LEAF,
        "",
    ));
    ca.csr("x.csr", "/CN=x", "");
    // 1000 to 1002 are by `openssl ca`, 1003 to 1005 by us.
    for out in ["a.crt", "b.crt", "c.crt"] {
        let output = ca.try_openssl_ca(&["-in", "x.csr", "-out", out]);
        assert!(output.status.success(), "{}", tpm2ca_tests::said(&output));
    }
    for out in ["d.crt", "e.crt", "f.crt"] {
        ca.sign("x.csr", out, &[]);
    }
    for (serial, reason) in [
        ("1001", "certificateHold"),
        ("1002", "certificateHold"),
        ("1001", "keyCompromise"),
        ("1002", "removeFromCRL"),
        ("1004", "certificateHold"),
        ("1005", "certificateHold"),
        ("1004", "keyCompromise"),
        ("1005", "removeFromCRL"),
    ] {
        ca.ok(&[
            "revoke",
            "--config",
            "openssl.cnf",
            serial,
            "--reason",
            reason,
        ]);
    }
    ca.check();
    let database = ca.path("tpm2ca.db");
    for [good, revoked, freed] in [["1000", "1001", "1002"], ["1003", "1004", "1005"]] {
        let serials = Serials {
            good,
            revoked,
            freed,
        };
        each_change(&database, &serials, |change| {
            let output = ca.run(&["--json", "db", "check", "--config", "openssl.cnf"]);
            assert_eq!(
                output.status.code(),
                Some(4),
                "{change}: {}",
                tpm2ca_tests::said(&output)
            );
            // Not only because index.txt says otherwise: who changes the records may change that file as well.
            let text = String::from_utf8(output.stdout).unwrap();
            let report: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
            let in_itself = report["problems"]
                .as_array()
                .unwrap()
                .iter()
                .any(|problem| !problem.as_str().unwrap().contains("index.txt"));
            assert!(in_itself, "{change}: {report}");
        });
    }
    ca.check();
}
