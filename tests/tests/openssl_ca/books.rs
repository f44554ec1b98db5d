//! index.txt and the records: taking over, completing, marking, handing back.

use tpm2ca_tests::said;

use super::folder::{Folder, LEAF, LOOSE, cnf};

fn plain() -> Folder {
    Folder::new(&cnf("x509_extensions = ext", LOOSE, LEAF, ""))
}

const ODD: &str = "\
V\t491231235959Z\t\t01\tunknown\t/C=GB/CN=plain
V\t20600101000000Z\t\t00\tunknown\t/CN=serial zero
E\t200101000000Z\t\t02\tunknown\t/CN=expired
R\t491231235959Z\t200101000000Z\t03\tunknown\t/CN=revoked
R\t491231235959Z\t200101000000Z,keyTime,20191231235959Z\t04\tunknown\t/CN=since
R\t491231235959Z\t200101000000Z,holdInstruction,1.2.3.4\t0A0B\tunknown\t/CN=held
V\t491231235959Z\t\t7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF\tunknown\t/CN=\\xC3\\xA9 \\\tb
V\t491231235959Z\t\t05\t/a/file\t
";

#[test]
fn an_existing_ca_is_taken_over_and_given_back() {
    let ca = plain();
    ca.write("index.txt", ODD);
    ca.shows(&["db", "import-openssl", "--config", "openssl.cnf"]);
    assert_eq!(ca.read("index.txt"), ODD, "nothing was changed");
    ca.shows(&["db", "import-openssl", "--config", "openssl.cnf"]);
    ca.check();
    let shown = ca.ok(&["--json", "show", "--config", "openssl.cnf", "04"]);
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["status"], "revoked");
    assert_eq!(shown["reason"], "keyCompromise");
    assert_eq!(shown["subject"], "/CN=since");
    ca.ok(&[
        "db",
        "export-openssl",
        "--config",
        "openssl.cnf",
        "--outdir",
        "out",
    ]);
    // Only the name of a file, which nobody uses, is not kept.
    let expected = ODD.replace("/a/file", "unknown");
    assert_eq!(ca.read("out/index.txt"), expected);
    assert_eq!(
        ca.read("out/serial"),
        "8000000000000000000000000000000000000000\n"
    );
    ca.fails(
        1,
        &[
            "db",
            "export-openssl",
            "--config",
            "openssl.cnf",
            "--outdir",
            "out",
        ],
    );
    ca.snapshot("openssl_ca_books/an_existing_ca_is_taken_over_and_given_back");
}

#[test]
fn a_native_ca_can_move_to_openssl() {
    let native = tpm2ca_tests::Ca::new(&["--alg", "rsa"]);
    native.ok(&["issue", "a.example.com"]);
    native.ok(&["issue", "b.example.com"]);
    native.ok(&["revoke", "b.example.com.crt", "--reason", "superseded"]);
    native.ok(&["db", "export-openssl", "--outdir", "out"]);
    let text = std::fs::read_to_string(native.path("out/index.txt")).unwrap();
    let rows: Vec<&str> = text.lines().collect();
    assert_eq!(rows.len(), 2, "{text}");
    assert!(
        rows[0].starts_with("V\t") && rows[0].ends_with("\t/CN=a.example.com"),
        "{text}"
    );
    assert!(
        rows[1].starts_with("R\t") && rows[1].contains(",superseded\t"),
        "{text}"
    );
    let names = std::fs::read_dir(native.path("out/newcerts"))
        .unwrap()
        .count();
    assert_eq!(names, 2);
    // `openssl ca` reads it: its own CRL has the one entry.
    std::fs::write(
        native.path("out/openssl.cnf"),
        "[ca]\ndefault_ca = d\n[d]\ndatabase = index.txt\ncrlnumber = crlnumber\nserial = serial\n\
         private_key = k\ncertificate = c\ndefault_md = sha256\ndefault_crl_days = 1\n",
    )
    .unwrap();
    let openssl = |arguments: &[&str]| {
        tpm2ca_testkit::Tool::new("openssl")
            .args(arguments)
            .dir(native.path("out"))
            .ok()
            .text()
    };
    openssl(&[
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=x", "-keyout", "k", "-out",
        "c",
    ]);
    openssl(&["ca", "-config", "openssl.cnf", "-gencrl", "-out", "crl"]);
    let crl = openssl(&["crl", "-in", "crl", "-noout", "-text"]);
    assert!(crl.contains("Superseded"), "{crl}");
}

#[test]
fn rows_that_others_append_are_taken_in_with_their_certificates() {
    let ca = plain();
    ca.csr("x.csr", "/CN=x", "");
    ca.sign("x.csr", "x.crt", &["--subj", "/CN=ours"]);
    for name in ["a", "b"] {
        let subject = format!("/CN={name}");
        let output = ca.try_openssl_ca(&["-in", "x.csr", "-out", "y.crt", "-subj", &subject]);
        assert!(output.status.success(), "{}", said(&output));
    }
    let listed = ca.ok(&["list", "--config", "openssl.cnf"]);
    assert_eq!(listed.lines().count(), 3, "{listed}");
    let pem = ca.ok(&["show", "--config", "openssl.cnf", "--pem", "1002"]);
    assert_eq!(pem, ca.read("y.crt"));
    ca.check();
}

#[test]
fn what_has_expired_is_marked() {
    let ca = plain();
    ca.write(
        "index.txt",
        "V\t200101000000Z\t\t01\tunknown\t/CN=old\nV\t491231235959Z\t\t02\tunknown\t/CN=new\n",
    );
    let said = ca.ok(&["db", "updatedb", "--config", "openssl.cnf"]);
    assert_eq!(said, "01  /CN=old\n");
    assert_eq!(
        ca.read("index.txt"),
        "E\t200101000000Z\t\t01\tunknown\t/CN=old\nV\t491231235959Z\t\t02\tunknown\t/CN=new\n"
    );
    // `openssl ca -updatedb` has nothing left to do.
    assert!(ca.try_openssl_ca(&["-updatedb"]).status.success());
    assert!(ca.read("index.txt").starts_with("E\t"));
    ca.check();
}

#[test]
fn a_hold_comes_to_an_end() {
    let ca = plain();
    ca.csr("x.csr", "/CN=x", "");
    ca.sign("x.csr", "x.crt", &[]);
    ca.ok(&[
        "revoke",
        "--config",
        "openssl.cnf",
        "x.crt",
        "--reason",
        "certificateHold",
    ]);
    assert!(ca.read("index.txt").contains(",certificateHold\t"));
    ca.ok(&[
        "revoke",
        "--config",
        "openssl.cnf",
        "1000",
        "--reason",
        "removeFromCRL",
    ]);
    let index = ca.read("index.txt");
    assert!(
        index.starts_with("V\t") && index.lines().count() == 1,
        "{index}"
    );
    ca.ok(&[
        "revoke",
        "--config",
        "openssl.cnf",
        "1000",
        "--hold-instruction",
        "holdInstructionReject",
    ]);
    assert!(
        ca.read("index.txt")
            .contains(",holdInstruction,holdInstructionReject\t")
    );
    ca.check();
}

#[test]
fn a_certificate_that_the_file_has_not_is_added_and_revoked() {
    let ca = plain();
    ca.csr("x.csr", "/CN=x", "");
    ca.sign("x.csr", "x.crt", &[]);
    // The same CA, whose books were lost.
    let lost = ca.twin();
    std::fs::copy(ca.path("x.crt"), lost.path("x.crt")).unwrap();
    lost.ok(&[
        "revoke",
        "--config",
        "openssl.cnf",
        "x.crt",
        "--reason",
        "superseded",
    ]);
    let index = lost.read("index.txt");
    assert!(
        index.starts_with("R\t") && index.contains("\t1000\tunknown\t/CN=x\n"),
        "{index}"
    );
    lost.check();
}

#[test]
fn several_requests_in_one_call() {
    let ca = plain();
    for name in ["a", "b", "c"] {
        ca.csr(&format!("{name}.csr"), &format!("/CN={name}"), "");
    }
    ca.csr("bad.csr", "/O=no common name", "");
    let output = ca.run(&[
        "sign",
        "--config",
        "openssl.cnf",
        "--batch",
        "--out",
        "all.pem",
        "a.csr",
        "bad.csr",
        "b.csr",
        "c.csr",
    ]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        error.contains("`bad.csr`") && error.contains("`commonName`"),
        "{error}"
    );
    assert_eq!(ca.read("all.pem").matches("BEGIN CERTIFICATE").count(), 3);
    assert_eq!(ca.read("index.txt").lines().count(), 3);
    assert_eq!(ca.read("serial"), "1003\n");
    ca.check();
    // A serial file that has fallen behind is no reason to use a number twice.
    ca.write("serial", "1001\n");
    ca.csr("d.csr", "/CN=d", "");
    ca.shows(&[
        "sign",
        "--config",
        "openssl.cnf",
        "--batch",
        "--in",
        "d.csr",
        "--out",
        "d.pem",
    ]);
    assert_eq!(ca.read("serial"), "1004\n");
    ca.snapshot("openssl_ca_books/several_requests_in_one_call");
}

#[test]
fn random_serial_numbers() {
    let text = cnf("x509_extensions = ext\nrand_serial = yes", LOOSE, LEAF, "");
    let ca = Folder::new(&text);
    ca.csr("x.csr", "/CN=x", "");
    ca.sign("x.csr", "x.crt", &[]);
    assert_eq!(ca.read("serial"), "1000\n", "the file is left alone");
    assert_eq!(
        ca.names("newcerts")[0].len(),
        "01".len() + 32 + ".pem".len()
    );
    std::fs::remove_file(ca.path("serial")).unwrap();
    ca.write(
        "openssl.cnf",
        &cnf("x509_extensions = ext", LOOSE, LEAF, ""),
    );
    ca.fails(
        1,
        &[
            "sign",
            "--config",
            "openssl.cnf",
            "--batch",
            "--in",
            "x.csr",
            "--subj",
            "/CN=y",
        ],
    );
    ca.sign("x.csr", "y.crt", &["--subj", "/CN=y", "--create_serial"]);
    assert_eq!(ca.read("serial").len(), 35);
    ca.check();
    ca.snapshot("openssl_ca_books/random_serial_numbers");
}
