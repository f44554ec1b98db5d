//! Ours and `openssl ca` in turns, on one folder: both see the same state at every moment, and so does a responder.

use std::collections::BTreeMap;

use tpm2ca_testkit::rounds;
use tpm2ca_tests::{ocsp::Responder, tpm2ca};

use super::folder::{Folder, LEAF, LOOSE, cnf};

#[test]
fn fifty_operations_drawn_at_random() {
    // Fifty operations are as good as ten rounds of other tests.
    for seed in [1, 20_261_125]
        .into_iter()
        .chain(2..)
        .take((rounds() / 10).max(2))
    {
        // Shown when the test fails.
        eprintln!("seed {seed}");
        run(seed);
    }
}

fn run(seed: u64) {
    let ca = Folder::new(&cnf(
        "x509_extensions = ext\nunique_subject = no\ncrl_extensions = crl_ext",
        LOOSE,
        LEAF,
        "[crl_ext]\nauthorityKeyIdentifier = keyid:always",
    ));
    ca.csr("x.csr", "/C=GB/CN=x", "");
    let mut random = Random(seed);
    let mut serials: Vec<String> = Vec::new();
    let mut revoked: BTreeMap<String, &str> = BTreeMap::new();
    let mut log = Vec::new();
    let mut crls = 0;
    let responder = Responder::spawn(tpm2ca(
        ca.root(),
        &[
            "ocsp",
            "--config",
            "openssl.cnf",
            "--listen",
            "127.0.0.1:0",
            "--rsigner",
            "ca.crt",
            "--rkey",
            "ca.key",
        ],
    ));
    let status = |serial: &str| {
        let asked = format!("0x{serial}");
        let ran = ca.openssl(&[
            "ocsp",
            "-issuer",
            "ca.crt",
            "-CAfile",
            "ca.crt",
            "-no_nonce",
            "-url",
            &responder.url(),
            "-serial",
            &asked,
        ]);
        let said = ran.text();
        let line = said.lines().find_map(|line| line.strip_prefix(&asked));
        line.unwrap_or_else(|| panic!("{}", ran.report()))
            .trim_start_matches(": ")
            .to_owned()
    };
    for step in 0..50 {
        let is_ours = random.below(2) == 0;
        let open: Vec<&String> = serials
            .iter()
            .filter(|serial| !revoked.contains_key(*serial))
            .collect();
        let choice = random.below(5);
        log.push(format!("{step}: ours={is_ours} {choice}"));
        if choice < 3 || open.is_empty() {
            let subject = format!("/C=GB/CN=host-{step}");
            let serial = format!("{:04X}", 0x1000 + serials.len());
            if is_ours {
                ca.sign("x.csr", "x.crt", &["--subj", &subject]);
            } else {
                let output =
                    ca.try_openssl_ca(&["-in", "x.csr", "-out", "x.crt", "-subj", &subject]);
                assert!(output.status.success(), "{log:?}");
            }
            assert!(
                ca.path(&format!("newcerts/{serial}.pem")).exists(),
                "{log:?}"
            );
            assert_eq!(status(&serial), "good", "{serial}: {log:?}");
            serials.push(serial);
        } else if choice == 3 {
            let serial = open[random.below(open.len())].clone();
            let reason = ["keyCompromise", "superseded", "certificateHold", ""][random.below(4)];
            let file = format!("newcerts/{serial}.pem");
            if is_ours {
                let mut arguments = vec!["revoke", "--config", "openssl.cnf", &serial];
                if !reason.is_empty() {
                    arguments.extend(["--reason", reason]);
                }
                ca.ok(&arguments);
            } else {
                let mut arguments = vec!["-revoke", &file];
                if !reason.is_empty() {
                    arguments.extend(["-crl_reason", reason]);
                }
                assert!(ca.try_openssl_ca(&arguments).status.success(), "{log:?}");
            }
            assert_eq!(status(&serial), "revoked", "{serial}: {log:?}");
            revoked.insert(serial, reason);
        } else {
            if is_ours {
                ca.ok(&["crl", "--config", "openssl.cnf", "--out", "x.crl"]);
            } else {
                assert!(
                    ca.try_openssl_ca(&["-gencrl", "-out", "x.crl"])
                        .status
                        .success(),
                    "{log:?}"
                );
            }
            crls += 1;
            let text = ca
                .openssl(&["crl", "-in", "x.crl", "-noout", "-text"])
                .text();
            assert_eq!(
                text.matches("Serial Number:").count(),
                revoked.len(),
                "{log:?}"
            );
        }
    }
    for serial in &serials {
        let expected = if revoked.contains_key(serial) {
            "revoked"
        } else {
            "good"
        };
        assert_eq!(status(serial), expected, "{serial}: {log:?}");
    }
    // The file, as a script would read it.
    let index = ca.read("index.txt");
    let rows: Vec<Vec<&str>> = index
        .lines()
        .map(|line| line.split('\t').collect())
        .collect();
    assert_eq!(rows.len(), serials.len(), "{log:?}");
    for (row, serial) in rows.iter().zip(&serials) {
        assert_eq!(row[3], serial, "{log:?}");
        let expected = if revoked.contains_key(serial) {
            "R"
        } else {
            "V"
        };
        assert_eq!(row[0], expected, "{serial}: {log:?}");
        let reason = row[2].split_once(',').map_or("", |(_, reason)| reason);
        assert_eq!(reason, revoked.get(serial).copied().unwrap_or_default());
    }
    assert_eq!(
        ca.read("serial"),
        format!("{:04X}\n", 0x1000 + serials.len())
    );
    assert_eq!(ca.read("crlnumber"), format!("{:04X}\n", 0x1000 + crls));
    // The records.
    let listed = ca.ok(&["list", "--config", "openssl.cnf"]);
    assert_eq!(listed.lines().count(), serials.len(), "{log:?}\n{listed}");
    assert_eq!(
        listed.matches(" revoked ").count(),
        revoked.len(),
        "{log:?}\n{listed}"
    );
    ca.check();
    // Both make the same CRL of it.
    let dates = ["20270101000000Z", "20270201000000Z"];
    ca.ok(&[
        "crl",
        "--config",
        "openssl.cnf",
        "--lastupdate",
        dates[0],
        "--nextupdate",
        dates[1],
        "--out",
        "a.crl",
    ]);
    ca.write("crlnumber", &ca.read("crlnumber.old"));
    let output = ca.try_openssl_ca(&[
        "-gencrl",
        "-crl_lastupdate",
        dates[0],
        "-crl_nextupdate",
        dates[1],
        "-out",
        "b.crl",
    ]);
    assert!(output.status.success());
    assert_eq!(ca.bytes("a.crl"), ca.bytes("b.crl"), "{log:?}");
}

/// Numerical Recipes' generator: the same numbers for the same seed, everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }
}
