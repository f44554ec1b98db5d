//! Requests for the name of a CA, which `openssl ca` grants: CRLs are found by the name of their issuer.

use super::folder::{Folder, LEAF, LOOSE, cnf};

const SIGN: [&str; 6] = [
    "sign",
    "--config",
    "openssl.cnf",
    "--batch",
    "--in",
    "x.csr",
];

const SUB_CA: [&str; 2] = ["--extensions", "sub_ca"];

/// A CA with extensions for leaves and for CAs below it.
fn ca() -> Folder {
    let more = "[sub_ca]\nbasicConstraints = critical, CA:TRUE\nsubjectKeyIdentifier = hash\n\
                authorityKeyIdentifier = keyid\nkeyUsage = critical, keyCertSign, cRLSign";
    Folder::new(&cnf(
        "x509_extensions = ext\nunique_subject = no",
        LOOSE,
        LEAF,
        more,
    ))
}

/// The subject of the CA, and what others take for the same.
const OWN: [&str; 2] = [
    "/C=GB/ST=England/L=London/O=Alice Ltd/CN=Alice Root",
    "/C=GB/ST=ENGLAND/L=London/O=Alice  Ltd/CN=alice root",
];

/// Expects that it fails, with this in its message, and that no number was used up.
fn refused(ca: &Folder, arguments: &[&str], expected: &str) {
    let before = ["serial", "index.txt"].map(|name| ca.read(name));
    let error = ca.fails(1, &[&SIGN[..], arguments].concat());
    assert!(
        error.contains(expected) && error.contains("hint: "),
        "{arguments:?}: {error}"
    );
    assert_eq!(["serial", "index.txt"].map(|name| ca.read(name)), before);
    ca.check();
}

#[test]
fn the_name_of_the_ca_itself() {
    let ca = ca();
    for subject in OWN {
        ca.csr("x.csr", subject, "");
        refused(
            &ca,
            &SUB_CA,
            "is the name of issuer `CA_default`, which has another key",
        );
        refused(&ca, &[], "is the name of issuer `CA_default`\n");
    }
    // With its own key it is a CA's certificate once more.
    ca.openssl(&[
        "req", "-new", "-config", "root.cnf", "-key", "ca.key", "-out", "x.csr",
    ]);
    refused(&ca, &[], "is the name of issuer `CA_default`\n");
    ca.sign("x.csr", "again.crt", &SUB_CA);
    ca.csr("x.csr", "/CN=somebody else", "");
    ca.sign("x.csr", "sub.crt", &SUB_CA);
    ca.check();
    ca.snapshot("openssl_ca_ca_names/the_name_of_the_ca_itself");
}

#[test]
fn the_name_of_a_ca_that_openssl_has_issued() {
    let ca = ca();
    ca.csr("x.csr", "/CN=Department", "");
    let made = ca.try_openssl_ca(&[&["-in", "x.csr", "-out", "sub.crt"][..], &SUB_CA].concat());
    assert!(made.status.success(), "{made:?}");
    let subs_key = ca.bytes("x.csr");
    ca.csr("x.csr", "/CN=department", "");
    let expected = "is the name of the CA whose certificate has the serial number 1000";
    refused(&ca, &SUB_CA, expected);
    refused(&ca, &[], expected);

    // The same when the CA has become one of a directory.
    let new = ["--ca", "new"];
    ca.ok(&[
        &new[..],
        &["db", "import-openssl", "--config", "openssl.cnf"],
    ]
    .concat());
    let native = |out: &'static str| {
        let arguments = [
            "sign",
            "--profile",
            "intermediate",
            "--in",
            "x.csr",
            "--out",
            out,
        ];
        [&new[..], &arguments].concat()
    };
    let error = ca.fails(1, &native("y.crt"));
    assert!(error.contains(expected), "{error}");
    std::fs::write(ca.path("x.csr"), subs_key).unwrap();
    ca.ok(&native("y.crt"));
    ca.snapshot("openssl_ca_ca_names/the_name_of_a_ca_that_openssl_has_issued");
}

#[test]
fn a_ca_that_signs_itself_with_another_key() {
    let ca = ca();
    let selfsign = ["--selfsign", "--extensions", "sub_ca"];
    let cnf = ca.read("openssl.cnf");
    ca.write("openssl.cnf", &cnf.replace("$dir/ca.crt", "$dir/own.crt"));
    ca.openssl(&[
        "req", "-new", "-config", "root.cnf", "-key", "ca.key", "-out", "x.csr",
    ]);
    ca.sign("x.csr", "own.crt", &selfsign);
    // Its next certificate, with the same key.
    ca.sign("x.csr", "next.crt", &selfsign);
    std::fs::remove_file(ca.path("own.crt")).unwrap();
    ca.openssl(&[
        "req", "-new", "-config", "root.cnf", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key",
        "-out", "x.csr",
    ]);
    let error = ca.fails(1, &[&SIGN[..], &selfsign].concat());
    assert!(
        error.contains("is the name of the CA whose certificate has the serial number 1001, which has another key"),
        "{error}"
    );
    assert_eq!(ca.read("serial"), "1002\n");
    ca.snapshot("openssl_ca_ca_names/a_ca_that_signs_itself_with_another_key");
}
