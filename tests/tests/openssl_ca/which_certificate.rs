//! A file names a certificate: the serial number in it is not enough, since every CA may use the same one.

use std::fs;

use super::folder::{Folder, LEAF, LOOSE, cnf};

const CONFIG: [&str; 2] = ["--config", "openssl.cnf"];

/// A CA with the certificate 1000, `web.crt`; and certificates with the same number and another one, by a CA of another
/// name and by one of the same name with another key.
fn with_strangers() -> Folder {
    let ca = Folder::new(&cnf(
        "x509_extensions = ext\nunique_subject = no",
        LOOSE,
        LEAF,
        "",
    ));
    ca.csr("web.csr", "/CN=web", "");
    ca.sign("web.csr", "web.crt", &[]);
    let root = ca.read("root.cnf");
    ca.write(
        "other.cnf",
        &root.replace("CN = Alice Root", "CN = Other Root"),
    );
    for (name, cnf) in [("other", "other.cnf"), ("alike", "root.cnf")] {
        let (key, crt) = (format!("{name}.key"), format!("{name}-ca.crt"));
        ca.openssl(&[
            "req", "-x509", "-config", cnf, "-newkey", "rsa:2048", "-nodes", "-keyout", &key,
            "-out", &crt,
        ]);
        for serial in ["1000", "2000"] {
            ca.openssl(&[
                "x509",
                "-req",
                "-in",
                "web.csr",
                "-CA",
                &crt,
                "-CAkey",
                &key,
                "-set_serial",
                &format!("0x{serial}"),
                "-out",
                &format!("{name}-{serial}.crt"),
            ]);
        }
    }
    ca
}

/// `revoke FILE`, with reasons that revoke and that end a hold, and `show FILE` all fail with the error.
fn is_refused(ca: &Folder, file: &str, expected: &str) {
    for arguments in [
        &["revoke", file][..],
        &["revoke", file, "--reason", "keyCompromise"],
        &["revoke", file, "--reason", "removeFromCRL"],
        &["show", file],
    ] {
        let said = ca.fails(1, &[arguments, &CONFIG].concat());
        let error = said
            .lines()
            .find(|line| line.starts_with("error: "))
            .unwrap_or_default();
        assert_eq!(error, expected, "{arguments:?}: {said}");
        assert!(
            said.contains("hint: nothing was recorded. "),
            "{arguments:?}: {said}"
        );
    }
}

#[test]
fn the_certificate_of_another_ca_is_not_revoked() {
    let ca = with_strangers();
    let before = (ca.read("index.txt"), list(&ca));
    is_refused(
        &ca,
        "other-1000.crt",
        "error: `other-1000.crt`: the certificate 1000 issued by `CN=Other Root,O=Alice Ltd,L=London,ST=England,C=GB` is \
         not of this CA: the certificate with this serial number here was issued by \
         `CN=Alice Root,O=Alice Ltd,L=London,ST=England,C=GB`",
    );
    is_refused(
        &ca,
        "alike-1000.crt",
        "error: `alike-1000.crt`: the certificate 1000 issued by `CN=Alice Root,O=Alice Ltd,L=London,ST=England,C=GB` is \
         not of this CA: the certificate with this serial number here is another one, for `/CN=web`",
    );
    assert_eq!((ca.read("index.txt"), list(&ca)), before);
    ca.ok(&[&["revoke", "web.crt"], &CONFIG[..]].concat());
    assert!(ca.read("index.txt").starts_with("R\t"));
    ca.check();
    ca.snapshot("openssl_ca_which_certificate/the_certificate_of_another_ca_is_not_revoked");
}

#[test]
fn a_number_that_is_not_in_the_file_is_added_for_this_cas_certificates_only() {
    let ca = with_strangers();
    let before = (ca.read("index.txt"), list(&ca));
    for (file, problem) in [
        ("other-2000.crt", "this CA has no issuer of that name"),
        (
            "alike-2000.crt",
            "the signature is not by the key of this CA: ",
        ),
    ] {
        let said = ca.fails(1, &[&["revoke", file], &CONFIG[..]].concat());
        assert!(
            said.contains(&format!("error: `{file}`: the certificate 2000 issued by "))
                && said.contains(problem),
            "{said}"
        );
    }
    assert_eq!((ca.read("index.txt"), list(&ca)), before);
    ca.snapshot("openssl_ca_which_certificate/a_number_that_is_not_in_the_file_is_added_for_this_cas_certificates_only");
}

/// index.txt has no certificates: where the file is missing in newcerts, the signature tells.
#[test]
fn without_the_recorded_bytes_the_signature_tells() {
    let ca = with_strangers();
    fs::remove_file(ca.path("newcerts/1000.pem")).unwrap();
    fs::remove_file(ca.path("tpm2ca.db")).unwrap();
    ca.ok(&[&["db", "import-openssl"], &CONFIG[..]].concat());
    for file in ["other-1000.crt", "alike-1000.crt"] {
        let said = ca.fails(1, &[&["revoke", file], &CONFIG[..]].concat());
        assert!(said.contains("is not of this CA"), "{said}");
        ca.fails(1, &[&["show", file], &CONFIG[..]].concat());
    }
    assert!(ca.read("index.txt").starts_with("V\t"));
    ca.ok(&[&["show", "web.crt"], &CONFIG[..]].concat());
    ca.ok(&[&["revoke", "web.crt"], &CONFIG[..]].concat());
    assert!(ca.read("index.txt").starts_with("R\t"));
    ca.check();
    ca.snapshot("openssl_ca_which_certificate/without_the_recorded_bytes_the_signature_tells");
}

#[test]
fn a_certificate_that_an_earlier_ca_left_in_newcerts_is_not_taken_in() {
    for ours in [&CONFIG[..], &["--ca", "new"]] {
        let ca = with_strangers();
        fs::copy(ca.path("other-1000.crt"), ca.path("newcerts/1000.pem")).unwrap();
        fs::remove_file(ca.path("tpm2ca.db")).unwrap();
        let native = ours != CONFIG;
        let more: &[&str] = if native { ours } else { &[] };
        ca.ok(&[more, &["db", "import-openssl"], &CONFIG].concat());
        ca.fails(1, &[&["show", "1000", "--pem"], ours].concat());
        ca.fails(1, &[&["revoke", "other-1000.crt"], ours].concat());
        ca.ok(&[&["revoke", "web.crt"], ours].concat());
        ca.ok(&[&["db", "check"], ours].concat());
        ca.snapshot(if native {
            "openssl_ca_which_certificate/a_certificate_left_in_newcerts_directory"
        } else {
            "openssl_ca_which_certificate/a_certificate_left_in_newcerts_config"
        });
    }
}

/// Several issuers of a CA directory have used a number: the file tells whose certificate is meant.
#[test]
fn of_several_issuers_certificates_the_one_in_the_file_is_revoked() {
    let (ca, other) = (with_strangers(), with_strangers());
    let new = ca.path("new").display().to_string();
    let new: &[&str] = &["--ca", &new];
    ca.ok(&[new, &["db", "import-openssl"], &CONFIG[..]].concat());
    other.ok(&[
        new,
        &["db", "import-openssl", "--issuer", "other"],
        &CONFIG[..],
    ]
    .concat());
    let status = |issuer: &str| {
        let shown = ca.ok(&[new, &["--json", "show", "1000", "--issuer", issuer]].concat());
        let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
        shown["status"].as_str().unwrap().to_owned()
    };
    ca.fails(1, &[new, &["revoke", "1000"][..]].concat());
    ca.fails(1, &[new, &["revoke", "alike-1000.crt"][..]].concat());
    ca.fails(
        1,
        &[new, &["revoke", "web.crt", "--issuer", "other"][..]].concat(),
    );
    assert_eq!(
        (status("root"), status("other")),
        ("valid".into(), "valid".into())
    );
    other.ok(&[new, &["revoke", "web.crt"][..]].concat());
    assert_eq!(
        (status("root"), status("other")),
        ("valid".into(), "revoked".into())
    );
    let shown = ca.ok(&[new, &["show", "web.crt"][..]].concat());
    assert!(shown.contains("status       valid"), "{shown}");
    ca.snapshot("openssl_ca_which_certificate/of_several_issuers_certificates_the_one_in_the_file_is_revoked");
}

fn list(ca: &Folder) -> String {
    ca.ok(&["--json", "list", "--config", "openssl.cnf"])
}
