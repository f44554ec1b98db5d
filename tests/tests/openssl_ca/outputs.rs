//! Outputs never take the place of the files that an openssl.cnf names, and never go through a link.

use std::{collections::BTreeMap, fs, os::unix::fs::symlink};

use super::folder::{Folder, LEAF, LOOSE, cnf};

fn plain() -> Folder {
    Folder::new(&cnf(
        "x509_extensions = ext\nunique_subject = no",
        LOOSE,
        LEAF,
        "",
    ))
}

/// What a CA cannot do without, and what the configuration calls it.
const OWN: [(&str, &str); 11] = [
    ("ca.key", "the key of the CA"),
    ("ca.crt", "the certificate of the CA"),
    ("index.txt", "the list of certificates of the CA"),
    ("index.txt.attr", "the list of certificates of the CA"),
    ("index.txt.old", "the list of certificates of the CA"),
    ("serial", "a file with the numbers of the CA"),
    ("serial.old", "a file with the numbers of the CA"),
    ("crlnumber", "a file with the numbers of the CA"),
    ("openssl.cnf", "the configuration of the CA"),
    ("tpm2ca.db", "part of the records of the CA"),
    ("tpm2ca.db-wal", "part of the records of the CA"),
];

fn contents(ca: &Folder) -> BTreeMap<String, Vec<u8>> {
    ca.names(".")
        .into_iter()
        .filter(|name| ca.path(name).is_file() && !name.starts_with("tpm2ca.db"))
        .map(|name| (name.clone(), ca.bytes(&name)))
        .collect()
}

#[test]
fn the_files_that_the_configuration_names_stay() {
    let ca = plain();
    ca.csr("x.csr", "/CN=x", "");
    ca.sign("x.csr", "x.crt", &[]);
    ca.openssl(&[
        "ocsp",
        "-issuer",
        "ca.crt",
        "-cert",
        "x.crt",
        "-no_nonce",
        "-reqout",
        "x.req",
    ]);
    let before = (contents(&ca), list(&ca));
    for (name, what) in OWN {
        for arguments in [
            &["crl", "--out", name][..],
            &["sign", "--batch", "--in", "x.csr", "--out", name],
            &[
                "ocsp",
                "--once",
                "--rsigner",
                "ca.crt",
                "--rkey",
                "ca.key",
                "--reqin",
                "x.req",
                "--respout",
                name,
            ],
        ] {
            let said = ca.fails(1, &[arguments, &["--config", "openssl.cnf"]].concat());
            assert_eq!(
                said,
                format!(
                    "error: `{name}` is {what}\n\
                     hint: nothing is written over the files of a CA; name another file. Nothing was done\n"
                ),
                "{arguments:?}"
            );
        }
    }
    // By another name of the folder, and among many.
    symlink(".", ca.path("here")).unwrap();
    ca.fails(
        1,
        &["crl", "--config", "openssl.cnf", "--out", "here/ca.key"],
    );
    fs::remove_file(ca.path("here")).unwrap();
    fs::copy(ca.path("x.csr"), ca.path("ca.csr")).unwrap();
    ca.fails(
        1,
        &[
            "sign",
            "--config",
            "openssl.cnf",
            "--batch",
            "--outdir",
            ".",
            "x.csr",
            "ca.csr",
        ],
    );
    fs::remove_file(ca.path("ca.csr")).unwrap();
    assert_eq!((contents(&ca), list(&ca)), before);
    ca.snapshot("openssl_ca_outputs/the_files_that_the_configuration_names_stay");
}

#[test]
fn what_users_keep_in_the_same_folder_is_theirs() {
    let ca = plain();
    ca.csr("x.csr", "/CN=x", "");
    fs::create_dir(ca.path("crl")).unwrap();
    fs::create_dir(ca.path("certs")).unwrap();
    for _ in 0..2 {
        ca.sign("x.csr", "certs/x.crt", &[]);
        ca.ok(&["crl", "--config", "openssl.cnf", "--out", "crl/ca.crl.pem"]);
    }
    ca.check();
}

/// A CA's certificate is what `--selfsign` is for.
#[test]
fn a_ca_that_signs_itself_writes_its_certificate() {
    let ca = plain();
    let old = ca.bytes("ca.crt");
    ca.openssl(&[
        "req", "-new", "-config", "root.cnf", "-key", "ca.key", "-out", "ca.csr",
    ]);
    let mut sign = [
        "sign",
        "--selfsign",
        "--config",
        "openssl.cnf",
        "--batch",
        "--in",
        "ca.csr",
        "--out",
        "ca.key",
    ];
    let said = ca.fails(1, &sign);
    assert!(said.contains("`ca.key` is the key of the CA"), "{said}");
    sign[8] = "ca.crt";
    ca.ok(&sign);
    assert_ne!(ca.bytes("ca.crt"), old);
    ca.snapshot("openssl_ca_outputs/a_ca_that_signs_itself_writes_its_certificate");
}

#[test]
fn a_link_is_replaced() {
    let ca = plain();
    let key = ca.read("ca.key");
    fs::create_dir(ca.path("www")).unwrap();
    symlink("../ca.key", ca.path("www/ca.crl")).unwrap();
    ca.ok(&["crl", "--config", "openssl.cnf", "--out", "www/ca.crl"]);
    assert_eq!(ca.read("ca.key"), key);
    assert!(!ca.path("www/ca.crl").is_symlink());
    assert!(ca.read("www/ca.crl").starts_with("-----BEGIN X509 CRL"));
}

#[test]
fn the_older_states_of_the_books_and_an_export_do_not_follow_links() {
    let ca = plain();
    ca.csr("x.csr", "/CN=x", "");
    let key = ca.read("ca.key");
    symlink("ca.key", ca.path("serial.old")).unwrap();
    symlink("ca.key", ca.path("index.txt.old")).unwrap();
    ca.sign("x.csr", "x.crt", &[]);
    fs::create_dir_all(ca.path("out/newcerts")).unwrap();
    symlink("../../ca.key", ca.path("out/newcerts/1000.pem")).unwrap();
    ca.ok(&[
        "db",
        "export-openssl",
        "--config",
        "openssl.cnf",
        "--outdir",
        "out",
    ]);
    assert_eq!(ca.read("ca.key"), key);
    assert_eq!(ca.read("serial.old"), "1000\n");
    assert!(
        ca.read("out/newcerts/1000.pem")
            .contains("BEGIN CERTIFICATE")
    );
}

fn list(ca: &Folder) -> String {
    ca.ok(&["--json", "list", "--config", "openssl.cnf"])
}
