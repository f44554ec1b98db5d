//! `db import-openssl --ca DIR`: a CA of `openssl ca` becomes an issuer of a CA directory.

use std::fs;

use tpm2ca_testkit::Tool;

use super::folder::{Folder, LEAF, LOOSE, cnf};

const CONFIG: [&str; 2] = ["--config", "openssl.cnf"];

/// A CA of `openssl ca` with four certificates, two of them revoked, and rows of which it has no certificate.
fn lived() -> Folder {
    let ca = Folder::new(&cnf(
        "x509_extensions = ext\nunique_subject = no\ncrl_extensions = crl_ext",
        LOOSE,
        &format!(
            "{LEAF}\ncrlDistributionPoints = URI:http://pki.example.com/ca.crl\n\
             authorityInfoAccess = OCSP;URI:http://ocsp.example.com/, caIssuers;URI:http://pki.example.com/ca.crt"
        ),
        "[crl_ext]\nauthorityKeyIdentifier = keyid",
    ));
    for (name, subject) in [
        ("a", "/C=GB/O=Alice Ltd/CN=a"),
        ("b", "/CN=b+serialNumber=7"),
        ("c", "/CN=Müller, \\/ GmbH"),
        ("d", "/CN=d"),
    ] {
        let csr = format!("{name}.csr");
        ca.csr(&csr, subject, "");
        let out = format!("{name}.crt");
        openssl_ca(&ca, &["-in", &csr, "-out", &out]);
    }
    openssl_ca(
        &ca,
        &["-revoke", "b.crt", "-crl_compromise", "20260101000000Z"],
    );
    openssl_ca(&ca, &["-revoke", "c.crt", "-crl_reason", "superseded"]);
    openssl_ca(&ca, &["-gencrl", "-out", "old.crl"]);
    let index = ca.read("index.txt");
    ca.write("index.txt", &format!("{index}{WITHOUT_CERTIFICATES}"));
    ca
}

const WITHOUT_CERTIFICATES: &str = "\
E\t200101000000Z\t\t02\tunknown\t/CN=expired
R\t491231235959Z\t200101000000Z\t03\tunknown\t/CN=revoked
R\t491231235959Z\t200101000000Z,holdInstruction,1.2.3.4\t0A0B\tunknown\t/CN=held
R\t491231235959Z\t200101000000Z,removeFromCRL\t0A0C\tunknown\t/CN=removed
V\t491231235959Z\t\t7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF\tunknown\t/CN=\\xC3\\xA9 \\\tb
";

fn openssl_ca(ca: &Folder, arguments: &[&str]) {
    let output = ca.try_openssl_ca(arguments);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

fn import(more: &[&str]) -> Vec<String> {
    let all = [&["--ca", "new", "db", "import-openssl"], &CONFIG[..], more].concat();
    all.into_iter().map(str::to_owned).collect()
}

fn strs(arguments: &[String]) -> Vec<&str> {
    arguments.iter().map(String::as_str).collect()
}

/// Everything in a folder, to be compared.
fn everything(ca: &Folder) -> Vec<(String, Vec<u8>)> {
    let mut all: Vec<(String, Vec<u8>)> = fs::read_dir(ca.root())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .map(|path| (path.display().to_string(), fs::read(&path).unwrap()))
        .collect();
    all.sort();
    all
}

#[test]
fn its_records_go_on_in_a_ca_directory() {
    let ca = lived();
    let before = everything(&ca);
    ca.shows(&strs(&import(&[])));
    assert_eq!(everything(&ca), before, "its files are as they were");

    let native = |arguments: &[&str]| ca.ok(&[&["--ca", "new"], arguments].concat());
    native(&["db", "check"]);
    let json = |serial: &str| -> serde_json::Value {
        serde_json::from_str(&native(&["--json", "show", serial])).unwrap()
    };
    let b = json("1001");
    assert_eq!(
        (&b["status"], &b["reason"]),
        (&"revoked".into(), &"keyCompromise".into())
    );
    assert_eq!(json("02")["status"], "expired");
    assert_eq!(json("02")["subject"], "/CN=expired");
    assert_eq!(json("0A0B")["reason"], "certificateHold");
    assert_eq!(json("0A0C")["status"], "valid");
    // The certificates are the very same.
    for (serial, name) in [("1000", "a.crt"), ("1002", "c.crt")] {
        ca.write("shown.pem", &native(&["show", serial, "--pem"]));
        let der = |file: &str| ca.openssl(&["x509", "-in", file, "-outform", "DER"]).stdout;
        assert_eq!(der("shown.pem"), der(name));
    }

    // The next CRL has the next number, and what the old one had.
    native(&["revoke", "1003", "--reason", "cessationOfOperation"]);
    native(&["revoke", "7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"]);
    native(&["crl", "--out", "new.crl", "--outform", "pem"]);
    let text = ca
        .openssl(&[
            "crl", "-in", "new.crl", "-noout", "-text", "-CAfile", "ca.crt",
        ])
        .text();
    assert_eq!(text.matches("Serial Number:").count(), 6, "{text}");
    assert!(
        text.contains("Invalidity Date") && text.contains("Jan  1 00:00:00 2026 GMT"),
        "{text}"
    );
    let mut lines = text.lines();
    lines.find(|line| line.contains("CRL Number")).unwrap();
    assert_eq!(lines.next().unwrap().trim(), "4097", "{text}");

    // It issues, with the old certificate's key and the URLs of the file.
    ca.csr(
        "e.csr",
        "/CN=e.example.com",
        "subjectAltName = DNS:e.example.com",
    );
    native(&[
        "sign",
        "--profile",
        "server",
        "--in",
        "e.csr",
        "--out",
        "e.crt",
    ]);
    let verified = Tool::new("openssl")
        .args([
            "verify",
            "-x509_strict",
            "-CAfile",
            "ca.crt",
            "-CRLfile",
            "new.crl",
            "-crl_check",
        ])
        .args(["e.crt", "a.crt"])
        .dir(ca.root())
        .run();
    assert!(verified.success(), "{}", verified.report());
    let text = ca
        .openssl(&["x509", "-in", "e.crt", "-noout", "-text"])
        .text();
    for url in [
        "http://pki.example.com/ca.crl",
        "http://ocsp.example.com/",
        "http://pki.example.com/ca.crt",
    ] {
        assert!(text.contains(url), "{url}: {text}");
    }
    native(&["db", "check"]);

    // And back again: the same rows, and what came since.
    native(&["db", "export-openssl", "--outdir", "back"]);
    let back = ca.read("back/index.txt");
    for line in ca
        .read("index.txt")
        .lines()
        .filter(|line| line.starts_with("V\t"))
    {
        let serial = line.split('\t').nth(3).unwrap();
        assert!(back.contains(&format!("\t{serial}\t")), "{serial}: {back}");
    }
    assert!(back.contains("\t1001\tunknown\t/CN=b\n"), "{back}");
    ca.fails(1, &strs(&import(&[])));
    ca.snapshot("openssl_ca_take_over/its_records_go_on_in_a_ca_directory");
}

#[test]
fn an_intermediate_joins_its_root() {
    let ca = lived();
    ca.ok(&strs(&import(&[])));
    let text = fs::read_to_string(ca.path("new/ca.toml")).unwrap();
    ca.write("new/ca.toml", &format!("# mine\n{text}"));
    // An intermediate CA of the same folder, with a section of its own.
    ca.openssl(&[
        "req",
        "-new",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-keyout",
        "int.key",
        "-subj",
        "/CN=Int",
        "-out",
        "int.csr",
    ]);
    let native = |arguments: &[&str]| ca.ok(&[&["--ca", "new"], arguments].concat());
    native(&[
        "sign",
        "--profile",
        "intermediate",
        "--in",
        "int.csr",
        "--out",
        "int.crt",
    ]);
    let cnf = ca.read("openssl.cnf");
    let section = "[int]\ndir = .\ndatabase = int.txt\nprivate_key = int.key\ncertificate = int.crt\npolicy = policy\n\
                   default_days = 30\ndefault_crl_days = 7\n";
    ca.write("openssl.cnf", &format!("{cnf}{section}"));
    ca.write("int.txt", "V\t491231235959Z\t\t05\tunknown\t/CN=five\n");
    let beside = [&["db", "import-openssl", "--issuer", "web"], &CONFIG[..]].concat();
    ca.fails(2, &beside);
    ca.fails(2, &strs(&import(&["--section", "int", "--issuer", "../x"])));
    ca.fails(1, &strs(&import(&["--section", "int", "--issuer", "root"])));
    ca.ok(&strs(&import(&["--section", "int", "--issuer", "web"])));
    let text = fs::read_to_string(ca.path("new/ca.toml")).unwrap();
    assert!(
        text.starts_with("# mine\n")
            && text.contains("[issuer.web]")
            && text.contains("parent = \"root\""),
        "{text}"
    );
    ca.csr(
        "w.csr",
        "/CN=w.example.com",
        "subjectAltName = DNS:w.example.com",
    );
    native(&[
        "sign",
        "--profile",
        "server",
        "--issuer",
        "web",
        "--in",
        "w.csr",
        "--out",
        "w.crt",
    ]);
    ca.openssl(&[
        "verify",
        "-CAfile",
        "ca.crt",
        "-untrusted",
        "int.crt",
        "w.crt",
    ]);
    native(&["db", "check"]);
    ca.snapshot("openssl_ca_take_over/an_intermediate_joins_its_root");
}

#[test]
fn what_is_damaged_is_told_and_changes_nothing() {
    let ca = lived();
    let index = ca.read("index.txt");
    for damage in [
        "X\t270101000000Z\t\t1A01\tunknown\t/CN=y\n",
        "V\t270101000000Z\t\t1A01\tunknown\n",
        "R\t270101000000Z\tnever\t1A01\tunknown\t/CN=y\n",
        "V\t270101000000Z\t\t1A01\tunknown\t/CN=cut",
        "\n",
    ] {
        ca.write("index.txt", &format!("{index}{damage}"));
        ca.shown.heading(&format!("{damage:?}"));
        ca.fails(1, &strs(&import(&[])));
        assert!(!ca.path("new").exists());
    }
    ca.write("index.txt", &index);

    let cnf = ca.read("openssl.cnf");
    for (from, to) in [
        ("private_key = $dir/ca.key\n", ""),
        ("certificate = $dir/ca.crt\n", ""),
        ("$dir/ca.key", "$dir/none.key"),
        ("$dir/ca.crt", "$dir/a.crt"),
        ("$dir/index.txt", "$dir/none.txt"),
        ("= $dir/crlnumber", "= $dir/openssl.cnf"),
    ] {
        assert!(cnf.contains(from), "{from}");
        ca.write("openssl.cnf", &cnf.replace(from, to));
        ca.shown.heading(&format!("{from:?} -> {to:?}"));
        ca.fails(1, &strs(&import(&[])));
        assert!(!ca.path("new").exists(), "{from}");
    }
    ca.write("openssl.cnf", &cnf);

    // A folder that has something else is left alone.
    fs::create_dir(ca.path("new")).unwrap();
    ca.write("new/root.key", "mine");
    ca.fails(1, &strs(&import(&[])));
    assert_eq!(ca.names("new"), ["root.key"]);
    fs::remove_dir_all(ca.path("new")).unwrap();

    // So is a CA that is there: damage beside it changes neither records nor ca.toml.
    ca.ok(&strs(&import(&[])));
    ca.write(
        "openssl.cnf",
        &format!("{cnf}[int]\ndatabase = int.txt\nprivate_key = ca.key\ncertificate = ca.crt\n"),
    );
    ca.write("int.txt", "junk\n");
    let toml = ca.read("new/ca.toml");
    let listed = ca.ok(&["--ca", "new", "--json", "list"]);
    ca.fails(
        1,
        &strs(&import(&["--section", "int", "--issuer", "other"])),
    );
    assert_eq!(ca.read("new/ca.toml"), toml);
    assert_eq!(ca.ok(&["--ca", "new", "--json", "list"]), listed);
    ca.snapshot("openssl_ca_take_over/what_is_damaged_is_told_and_changes_nothing");
}
