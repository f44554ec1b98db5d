//! What is wrong is told with file and line, section and key, and a hint; nothing is written.

use std::fs;

use tpm2ca_tests::said;

use super::folder::{Folder, LEAF, LOOSE, cnf};

const SIGN: [&str; 6] = [
    "sign",
    "--config",
    "openssl.cnf",
    "--batch",
    "--in",
    "x.csr",
];

fn plain() -> Folder {
    let ca = Folder::new(&cnf("x509_extensions = ext", LOOSE, LEAF, ""));
    ca.csr("x.csr", "/CN=x", "");
    ca
}

#[test]
fn a_damaged_index_is_told_by_its_line_and_left_alone() {
    let ca = plain();
    ca.sign("x.csr", "x.crt", &[]);
    let good = ca.read("index.txt");
    for damage in [
        "X\t270101000000Z\t\t1001\tunknown\t/CN=y\n",
        "V\t270101000000Z\t\t1001\tunknown\n",
        "R\t270101000000Z\t\t1001\tunknown\t/CN=y\n",
        "V\tsoon\t\t1001\tunknown\t/CN=y\n",
        "V\t270101000000Z\t\t1x01\tunknown\t/CN=y\n",
        "\n",
        "V\t270101000000Z\t\t1001\tunknown\t/CN=cut",
    ] {
        let text = format!("{good}{damage}");
        ca.write("index.txt", &text);
        ca.shown.heading(&format!("{damage:?}"));
        ca.fails(1, &[&SIGN[..], &["--subj", "/CN=z"]].concat());
        assert_eq!(ca.read("index.txt"), text);
        assert_eq!(ca.read("serial"), "1001\n");
        assert_eq!(ca.names("newcerts").len(), 1);
    }
    ca.write("index.txt", &good);
    ca.check();
    ca.snapshot("openssl_ca_bad_input/a_damaged_index_is_told_by_its_line_and_left_alone");
}

#[test]
fn a_lost_oid_file_is_a_warning() {
    let ca = plain();
    let text = cnf("x509_extensions = ext", LOOSE, LEAF, "");
    ca.write("openssl.cnf", &format!("oid_file = lost.oids\n{text}"));
    ca.shows(&[&SIGN[..], &["--out", "x.crt"]].concat());
    assert!(ca.path("x.crt").exists());
    ca.snapshot("openssl_ca_bad_input/a_lost_oid_file_is_a_warning");
}

#[test]
fn the_file_is_told_by_line_section_and_key() {
    let ca = plain();
    let base = cnf("x509_extensions = ext", LOOSE, LEAF, "");
    for (from, to) in [
        ("default_ca = CA_default", ""),
        ("default_ca = CA_default", "default_ca = nowhere"),
        ("database = $dir/index.txt\n", ""),
        ("certificate = $dir/ca.crt\n", ""),
        ("private_key = $dir/ca.key\n", ""),
        ("default_days = 375\n", ""),
        ("policy = policy\n", ""),
        ("default_md = sha256", "default_md = sha1"),
        ("default_md = sha256", "default_md = MD5"),
        ("default_md = sha256", "default_md = sha224"),
        ("default_days = 375", "default_days = 99999999999999999999"),
        ("commonName = supplied", "commonName = maybe"),
        ("commonName = supplied", "comonName = supplied"),
        ("x509_extensions = ext", "x509_extensions = gone"),
        (
            "x509_extensions = ext",
            "x509_extensions = ext\ncopy_extensions = yes",
        ),
        (
            "keyUsage = critical, digitalSignature",
            "keyUsage = critical, signing",
        ),
        ("[policy]", "[policy"),
        (
            "new_certs_dir = $dir/newcerts",
            "new_certs_dir = $nowhere/newcerts",
        ),
    ] {
        assert!(base.contains(from), "{from}");
        ca.write("openssl.cnf", &base.replacen(from, to, 1));
        ca.shown.heading(&format!("{from:?} -> {to:?}"));
        ca.fails(1, &SIGN);
        assert_eq!(ca.read("index.txt"), "");
        assert_eq!(ca.read("serial"), "1000\n");
    }
    ca.write("openssl.cnf", &base);
    ca.write("serial", "one thousand\n");
    ca.fails(1, &SIGN);
    ca.write("serial", "1000\n");
    std::fs::remove_file(ca.path("index.txt")).unwrap();
    ca.fails(1, &SIGN);
    ca.snapshot("openssl_ca_bad_input/the_file_is_told_by_line_section_and_key");
}

#[test]
fn a_policy_names_the_field_and_both_values() {
    let ca = plain();
    let policy = "organizationName = match\ncommonName = supplied";
    ca.write(
        "openssl.cnf",
        &cnf("x509_extensions = ext", policy, LEAF, ""),
    );
    ca.fails(1, &[&SIGN[..], &["--subj", "/O=Bob/CN=x"]].concat());
    ca.fails(1, &[&SIGN[..], &["--subj", "/CN=x"]].concat());
    ca.fails(1, &[&SIGN[..], &["--subj", "/O=Alice Ltd"]].concat());
    // The text is the same, its string type is not.
    ca.write(
        "openssl.cnf",
        &cnf(
            "x509_extensions = ext\nstring_mask = nombstr",
            policy,
            LEAF,
            "",
        ),
    );
    ca.fails(1, &[&SIGN[..], &["--subj", "/O=Alice Ltd/CN=x"]].concat());
    // Refusals are in the audit log, and no serial is used up by them.
    assert_eq!(ca.read("serial"), "1000\n");
    ca.snapshot("openssl_ca_bad_input/a_policy_names_the_field_and_both_values");
}

#[test]
fn a_subject_may_have_one_valid_certificate() {
    let ca = plain();
    ca.sign("x.csr", "x.crt", &[]);
    ca.fails(1, &SIGN);
    assert_eq!(ca.read("serial"), "1001\n");
    ca.ok(&["revoke", "--config", "openssl.cnf", "1000"]);
    ca.sign("x.csr", "y.crt", &[]);
    ca.write("index.txt.attr", "unique_subject = no\n");
    ca.sign("x.csr", "z.crt", &[]);
    ca.check();
    ca.snapshot("openssl_ca_bad_input/a_subject_may_have_one_valid_certificate");
}

#[test]
fn who_is_not_asked_does_not_sign() {
    let ca = plain();
    // Without a terminal and without --batch.
    let output = std::process::Command::new("setsid")
        .arg(tpm2ca_tests::program("tpm2ca"))
        .args(["sign", "--config", "openssl.cnf", "--in", "x.csr"])
        .current_dir(ca.root())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--batch"));
    assert_eq!(ca.read("index.txt"), "");
    ca.fails(
        1,
        &[
            "sign",
            "--config",
            "openssl.cnf",
            "--batch",
            "--spkac",
            "x.spkac",
        ],
    );
    ca.fails(
        1,
        &[&SIGN[..], &["--strict", "--enddate", "20991231000000Z"]].concat(),
    );
    // Without it that is said, once.
    let other = plain();
    let output = other.run(&[&SIGN[..], &["--enddate", "20991231000000Z"]].concat());
    let heard = said(&output);
    assert!(
        output.status.success() && heard.matches("after the issuer's").count() == 1,
        "{heard}"
    );
    // Numbers that the file counts up are no reason.
    let other = plain();
    let output = other.run(&[&SIGN[..], &["--strict"]].concat());
    assert!(output.status.success(), "{}", said(&output));
    assert!(!said(&output).contains("64 bits"), "{}", said(&output));
    ca.fails(1, &["revoke", "--config", "openssl.cnf", "1000"]);
    // A folder that is not there is noticed before a number is used up.
    fs::rename(ca.path("newcerts"), ca.path("elsewhere")).unwrap();
    ca.fails(1, &SIGN);
    fs::rename(ca.path("elsewhere"), ca.path("newcerts")).unwrap();
    assert_eq!(ca.read("serial"), "1000\n");
    ca.fails(1, &["revoke", "--config", "openssl.cnf", "x.csr"]);
    ca.sign("x.csr", "x.crt", &[]);
    ca.fails(
        1,
        &[
            "revoke",
            "--config",
            "openssl.cnf",
            "1000",
            "--reason",
            "privilegeWithdrawn",
        ],
    );
    ca.snapshot("openssl_ca_bad_input/who_is_not_asked_does_not_sign");
}
