//! `tpm2ca ocsp --config openssl.cnf`, asked by `openssl ocsp`, while `openssl ca` goes on.

use std::{fs, thread, time::Duration};

use rustix::process::Signal;
use tpm2ca_testkit::{Ran, Tool};
use tpm2ca_tests::{
    ocsp::{PATIENCE, Responder},
    tpm2ca,
};

use super::folder::{Folder, LEAF, LOOSE, cnf};

/// A CA with three certificates of ours, the second of them revoked.
fn with_three() -> Folder {
    let ca = Folder::new(&cnf(
        "x509_extensions = ext\nunique_subject = yes",
        LOOSE,
        &format!(
            "{LEAF}\nauthorityInfoAccess = OCSP;URI:http://pki.example.com/ocsp/a, caIssuers;URI:http://x/"
        ),
        "[ocsp]\nbasicConstraints = CA:FALSE\nextendedKeyUsage = critical, OCSPSigning\n",
    ));
    for name in ["a", "b", "c"] {
        let csr = format!("{name}.csr");
        ca.csr(&csr, &format!("/CN={name}"), "");
        ca.sign(&csr, &format!("{name}.crt"), &[]);
    }
    ca.ok(&[
        "revoke",
        "--config",
        "openssl.cnf",
        "b.crt",
        "--reason",
        "superseded",
    ]);
    ca
}

fn listening(ca: &Folder, more: &[&str]) -> Responder {
    let arguments = [
        &["ocsp", "--config", "openssl.cnf", "--listen", "127.0.0.1:0"],
        more,
    ]
    .concat();
    Responder::spawn(tpm2ca(ca.root(), &arguments))
}

/// What the client of OpenSSL makes of the answer, whose signature it has verified.
fn ask(ca: &Folder, responder: &Responder, asked: &[&str]) -> Ran {
    let ran = Tool::new("openssl")
        .args(["ocsp", "-issuer", "ca.crt", "-CAfile", "ca.crt"])
        .args(["-url", &responder.url()])
        .args(asked)
        .dir(ca.root())
        .ok();
    assert!(
        ran.errors().contains("Response verify OK"),
        "{}",
        ran.report()
    );
    ran
}

fn status(ca: &Folder, responder: &Responder, certificate: &str) -> String {
    ask(ca, responder, &["-cert", certificate]).text()
}

#[test]
fn good_revoked_and_unknown_by_a_delegate_that_is_certified_by_itself() {
    let ca = with_three();
    let responder = listening(&ca, &[]);
    assert!(status(&ca, &responder, "a.crt").contains("a.crt: good"));
    let revoked = status(&ca, &responder, "b.crt");
    assert!(
        revoked.contains("b.crt: revoked") && revoked.contains("Reason: superseded"),
        "{revoked}"
    );
    let all = ask(&ca, &responder, &["-serial", "0x7777", "-cert", "c.crt"]).text();
    assert!(
        all.contains("0x7777: unknown") && all.contains("c.crt: good"),
        "{all}"
    );

    // The delegate has the next serial number, a row and a file, as everybody.
    let index = ca.read("index.txt");
    let row = index.lines().nth(3).unwrap();
    assert!(
        row.starts_with("V\t")
            && row.contains("\t1003\tunknown\t/C=GB/ST=England/L=London/O=Alice Ltd/CN=Alice Root OCSP responder")
            && row.contains("/serialNumber="),
        "{row}"
    );
    assert_eq!(ca.read("serial"), "1004\n");
    let verified = ca.openssl(&[
        "verify",
        "-x509_strict",
        "-check_ss_sig",
        "-purpose",
        "ocsphelper",
        "-CAfile",
        "ca.crt",
        "newcerts/1003.pem",
    ]);
    assert!(verified.text().contains("OK"));
    let text = ca
        .openssl(&["x509", "-in", "newcerts/1003.pem", "-noout", "-text"])
        .text();
    assert!(
        text.contains("OCSP No Check") && text.contains("OCSP Signing"),
        "{text}"
    );

    // A second one has another subject, so that `openssl ca` can still read its index with unique subjects.
    drop(responder);
    let second = listening(&ca, &["--ndays", "1"]);
    assert!(status(&ca, &second, "a.crt").contains("good"));
    ca.csr("d.csr", "/CN=d", "");
    let signed = ca.try_openssl_ca(&["-in", "d.csr", "-out", "d.crt"]);
    assert!(
        signed.status.success(),
        "{}",
        String::from_utf8_lossy(&signed.stderr)
    );
    assert!(status(&ca, &second, "d.crt").contains("d.crt: good"));
    assert_eq!(second.stop(Signal::TERM), Some(0));
    ca.check();
}

#[test]
fn what_openssl_ca_changes_is_in_the_next_answer() {
    let ca = with_three();
    let responder = listening(&ca, &[]);
    assert!(status(&ca, &responder, "a.crt").contains("a.crt: good"));
    let openssl_ca = |arguments: &[&str]| {
        let output = ca.try_openssl_ca(arguments);
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    };
    let unknown = ask(&ca, &responder, &["-serial", "0x1004"]).text();
    assert!(unknown.contains("0x1004: unknown"), "{unknown}");
    ca.csr("d.csr", "/CN=d", "");
    openssl_ca(&["-in", "d.csr", "-out", "d.crt"]);
    assert!(status(&ca, &responder, "d.crt").contains("d.crt: good"));
    for (certificate, reason) in [
        ("a.crt", "keyCompromise"),
        ("d.crt", "cessationOfOperation"),
        ("c.crt", "affiliationChanged"),
    ] {
        openssl_ca(&["-revoke", certificate, "-crl_reason", reason]);
        let answer = status(&ca, &responder, certificate);
        assert!(
            answer.contains(&format!("{certificate}: revoked"))
                && answer.contains(&format!("Reason: {reason}")),
            "{answer}"
        );
    }
    // What we do ourselves is, too.
    ca.csr("e.csr", "/CN=e", "");
    ca.sign("e.csr", "e.crt", &[]);
    assert!(status(&ca, &responder, "e.crt").contains("e.crt: good"));
    ca.ok(&["revoke", "--config", "openssl.cnf", "e.crt"]);
    assert!(status(&ca, &responder, "e.crt").contains("e.crt: revoked"));
    ca.check();
}

#[test]
fn a_responder_certificate_that_exists_is_used_and_no_row_is_added() {
    let ca = with_three();
    ca.openssl(&[
        "req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", "ocsp.key", "-subj", "/CN=ocsp",
        "-out", "ocsp.csr",
    ]);
    ca.sign("ocsp.csr", "ocsp.crt", &["--extensions", "ocsp"]);
    let index = ca.read("index.txt");
    // Files as OpenSSL has made them at all times: a key with and without pass phrase, old form and new.
    let keys: [(&str, &[&str]); 4] = [
        ("ocsp.key", &[]),
        ("old.key", &["rsa", "-traditional"]),
        ("locked.key", &["rsa", "-aes256", "-passout", "pass:sesame"]),
        (
            "locked-old.key",
            &["rsa", "-traditional", "-aes256", "-passout", "pass:sesame"],
        ),
    ];
    for (key, made_by) in keys {
        if let [command, options @ ..] = made_by {
            let arguments = [&[*command, "-in", "ocsp.key", "-out", key], options].concat();
            ca.openssl(&arguments);
        }
        let signer = [
            "--rsigner",
            "ocsp.crt",
            "--rkey",
            key,
            "--key-auth",
            "pass:sesame",
        ];
        let responder = listening(&ca, &signer);
        assert!(
            status(&ca, &responder, "a.crt").contains("a.crt: good"),
            "{key}"
        );
        assert!(
            status(&ca, &responder, "b.crt").contains("b.crt: revoked"),
            "{key}"
        );
        drop(responder);

        ca.openssl(&[
            "ocsp",
            "-issuer",
            "ca.crt",
            "-cert",
            "c.crt",
            "-no_nonce",
            "-reqout",
            "ask.der",
        ]);
        let once = ["--once", "--reqin", "ask.der", "--respout", "answer.der"];
        ca.ok(&[&["ocsp", "--config", "openssl.cnf"], &once[..], &signer].concat());
        let ran = ca.openssl(&[
            "ocsp",
            "-issuer",
            "ca.crt",
            "-cert",
            "c.crt",
            "-respin",
            "answer.der",
            "-no_nonce",
            "-CAfile",
            "ca.crt",
        ]);
        assert!(ran.text().contains("c.crt: good"), "{}", ran.report());
    }
    // The chain may stand behind it.
    let chain = format!("{}{}", ca.read("ocsp.crt"), ca.read("ca.crt"));
    ca.write("chain.crt", &chain);
    let responder = listening(&ca, &["--rsigner", "chain.crt", "--rkey", "ocsp.key"]);
    assert!(status(&ca, &responder, "a.crt").contains("a.crt: good"));
    drop(responder);
    assert_eq!(ca.read("index.txt"), index);
    for (certificate, key) in [
        ("a.crt", "ocsp.key"),
        ("ocsp.crt", "ca.key"),
        ("missing.crt", "ocsp.key"),
    ] {
        ca.fails(
            1,
            &[
                "ocsp",
                "--config",
                "openssl.cnf",
                "--listen",
                "127.0.0.1:0",
                "--rsigner",
                certificate,
                "--rkey",
                key,
            ],
        );
    }
    ca.snapshot("openssl_ca_ocsp/a_responder_certificate_that_exists_is_used_and_no_row_is_added");
}

#[test]
fn the_issuer_itself_may_answer_and_strangers_are_sent_away() {
    let ca = with_three();
    let own = ["--rsigner", "ca.crt", "--rkey", "ca.key"];
    let responder = listening(&ca, &own);
    assert!(status(&ca, &responder, "a.crt").contains("a.crt: good"));
    drop(responder);

    let other = with_three();
    other.openssl(&[
        "ocsp", "-issuer", "ca.crt", "-cert", "a.crt", "-reqout", "ask.der",
    ]);
    fs::copy(other.path("ask.der"), ca.path("ask.der")).unwrap();
    let index = ca.read("index.txt");
    ca.fails(
        1,
        &[
            "ocsp",
            "--config",
            "openssl.cnf",
            "--name",
            "CA_default",
            "--once",
            "--reqin",
            "ask.der",
            "--respout",
            "answer.der",
        ],
    );
    ca.write("junk.der", "junk");
    ca.fails(
        1,
        &[
            "ocsp",
            "--config",
            "openssl.cnf",
            "--once",
            "--reqin",
            "junk.der",
        ],
    );
    // No certificate was issued for that.
    assert_eq!(ca.read("index.txt"), index);
    ca.snapshot("openssl_ca_ocsp/the_issuer_itself_may_answer_and_strangers_are_sent_away");
}

#[test]
fn requests_below_the_urls_of_the_file() {
    let ca = with_three();
    let responder = listening(&ca, &["--rsigner", "ca.crt", "--rkey", "ca.key"]);
    for path in ["/", "/ocsp/a", "/ocsp/a/"] {
        let ran = Tool::new("openssl")
            .args([
                "ocsp", "-issuer", "ca.crt", "-CAfile", "ca.crt", "-cert", "a.crt",
            ])
            .args(["-host", &responder.address.to_string(), "-path", path])
            .dir(ca.root())
            .ok();
        assert!(
            ran.text().contains("a.crt: good"),
            "{path}: {}",
            ran.report()
        );
    }
}

#[test]
fn a_damaged_index_stops_no_answers_and_is_told() {
    let ca = with_three();
    let good = ca.read("index.txt");
    ca.write("index.txt", &format!("{good}X\tdamage\n"));
    let listen = ["ocsp", "--config", "openssl.cnf", "--listen", "127.0.0.1:0"];
    ca.fails(1, &listen);
    ca.write("index.txt", &good);
    assert_eq!(ca.read("serial"), "1003\n");

    let responder = listening(&ca, &["--rsigner", "ca.crt", "--rkey", "ca.key"]);
    ca.write("index.txt", &format!("{good}X\tdamage\n"));
    assert!(status(&ca, &responder, "a.crt").contains("a.crt: good"));
    assert!(status(&ca, &responder, "b.crt").contains("b.crt: revoked"));
    let mut tries = PATIENCE.as_millis() / 20;
    while !responder.said().contains("line 4: the row") {
        assert!(tries > 0, "{}", responder.said());
        tries -= 1;
        thread::sleep(Duration::from_millis(20));
    }
    // Mended and changed at once.
    ca.write("index.txt", &good);
    let output = ca.try_openssl_ca(&["-revoke", "a.crt"]);
    assert!(output.status.success());
    assert!(status(&ca, &responder, "a.crt").contains("a.crt: revoked"));
    ca.snapshot("openssl_ca_ocsp/a_damaged_index_stops_no_answers_and_is_told");
}
