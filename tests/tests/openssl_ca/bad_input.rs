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
    for (damage, expected) in [
        (
            "X\t270101000000Z\t\t1001\tunknown\t/CN=y\n",
            "line 2: the row begins with `X`",
        ),
        (
            "V\t270101000000Z\t\t1001\tunknown\n",
            "line 2: the row has 5 fields",
        ),
        (
            "R\t270101000000Z\t\t1001\tunknown\t/CN=y\n",
            "no revocation date",
        ),
        (
            "V\tsoon\t\t1001\tunknown\t/CN=y\n",
            "end of validity `soon`",
        ),
        (
            "V\t270101000000Z\t\t1x01\tunknown\t/CN=y\n",
            "the serial `1x01`",
        ),
        ("\n", "line 2"),
        ("V\t270101000000Z\t\t1001\tunknown\t/CN=cut", "cut off"),
    ] {
        let text = format!("{good}{damage}");
        ca.write("index.txt", &text);
        let error = ca.fails(1, &[&SIGN[..], &["--subj", "/CN=z"]].concat());
        assert!(
            error.contains(expected) && error.contains("hint: "),
            "{damage:?}: {error}"
        );
        assert_eq!(ca.read("index.txt"), text);
        assert_eq!(ca.read("serial"), "1001\n");
        assert_eq!(ca.names("newcerts").len(), 1);
    }
    ca.write("index.txt", &good);
    ca.check();
}

#[test]
fn the_file_is_told_by_line_section_and_key() {
    let ca = plain();
    let base = cnf("x509_extensions = ext", LOOSE, LEAF, "");
    for (from, to, expected) in [
        ("default_ca = CA_default", "", "[ca] has no `default_ca`"),
        (
            "default_ca = CA_default",
            "default_ca = nowhere",
            "there is no section [nowhere]",
        ),
        ("database = $dir/index.txt\n", "", "has no `database`"),
        ("certificate = $dir/ca.crt\n", "", "has no `certificate`"),
        ("private_key = $dir/ca.key\n", "", "has no `private_key`"),
        ("default_days = 375\n", "", "has no `default_days`"),
        ("policy = policy\n", "", "has no `policy`"),
        ("default_md = sha256", "default_md = sha1", "collisions"),
        ("default_md = sha256", "default_md = MD5", "collisions"),
        (
            "default_md = sha256",
            "default_md = sha224",
            "not sure to know",
        ),
        (
            "default_days = 375",
            "default_days = 99999999999999999999",
            "default_days",
        ),
        (
            "commonName = supplied",
            "commonName = maybe",
            "openssl.cnf:22: `commonName` in [policy]: expected `match`",
        ),
        (
            "commonName = supplied",
            "comonName = supplied",
            "openssl.cnf:22: `comonName` in [policy]",
        ),
        (
            "x509_extensions = ext",
            "x509_extensions = gone",
            "there is no section [gone]",
        ),
        (
            "x509_extensions = ext",
            "x509_extensions = ext\ncopy_extensions = yes",
            "`copy_extensions` in [CA_default]",
        ),
        (
            "keyUsage = critical, digitalSignature",
            "keyUsage = critical, signing",
            "openssl.cnf:28: `keyUsage` in [ext]",
        ),
        ("[policy]", "[policy", "openssl.cnf:"),
        (
            "new_certs_dir = $dir/newcerts",
            "new_certs_dir = $nowhere/newcerts",
            "nowhere",
        ),
    ] {
        assert!(base.contains(from), "{from}");
        ca.write("openssl.cnf", &base.replacen(from, to, 1));
        let error = ca.fails(1, &SIGN);
        assert!(error.contains(expected), "{from} -> {to}: {error}");
        assert!(error.contains("hint: "), "{from} -> {to}: {error}");
        assert_eq!(ca.read("index.txt"), "");
        assert_eq!(ca.read("serial"), "1000\n");
    }
    ca.write("openssl.cnf", &base);
    ca.write("serial", "one thousand\n");
    let error = ca.fails(1, &SIGN);
    assert!(
        error.contains("`./serial`: expected a hexadecimal number"),
        "{error}"
    );
    ca.write("serial", "1000\n");
    std::fs::remove_file(ca.path("index.txt")).unwrap();
    let error = ca.fails(1, &SIGN);
    assert!(
        error.contains("there is no `./index.txt`") && error.contains("touch"),
        "{error}"
    );
}

#[test]
fn a_policy_names_the_field_and_both_values() {
    let ca = plain();
    let policy = "organizationName = match\ncommonName = supplied";
    ca.write(
        "openssl.cnf",
        &cnf("x509_extensions = ext", policy, LEAF, ""),
    );
    let error = ca.fails(1, &[&SIGN[..], &["--subj", "/O=Bob/CN=x"]].concat());
    assert!(
        error.contains("`organizationName`")
            && error.contains("`Alice Ltd`")
            && error.contains("`Bob`"),
        "{error}"
    );
    let error = ca.fails(1, &[&SIGN[..], &["--subj", "/CN=x"]].concat());
    assert!(
        error.contains("`organizationName`") && error.contains("does not have it"),
        "{error}"
    );
    let error = ca.fails(1, &[&SIGN[..], &["--subj", "/O=Alice Ltd"]].concat());
    assert!(error.contains("`commonName`"), "{error}");
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
    let error = ca.fails(1, &[&SIGN[..], &["--subj", "/O=Alice Ltd/CN=x"]].concat());
    assert!(error.contains("string type"), "{error}");
    // Refusals are in the audit log, and no serial is used up by them.
    assert_eq!(ca.read("serial"), "1000\n");
}

#[test]
fn a_subject_may_have_one_valid_certificate() {
    let ca = plain();
    ca.sign("x.csr", "x.crt", &[]);
    let error = ca.fails(1, &SIGN);
    assert!(
        error.contains("`/CN=x`") && error.contains("1000") && error.contains("revoke"),
        "{error}"
    );
    assert_eq!(ca.read("serial"), "1001\n");
    ca.ok(&["revoke", "--config", "openssl.cnf", "1000"]);
    ca.sign("x.csr", "y.crt", &[]);
    ca.write("index.txt.attr", "unique_subject = no\n");
    ca.sign("x.csr", "z.crt", &[]);
    ca.check();
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
    let error = ca.fails(
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
    assert!(error.contains("SPKAC") && error.contains("MD5"), "{error}");
    let error = ca.fails(
        1,
        &[&SIGN[..], &["--strict", "--enddate", "20991231000000Z"]].concat(),
    );
    assert!(
        error.contains("--strict") && error.contains("after the issuer's"),
        "{error}"
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
    let error = ca.fails(1, &["revoke", "--config", "openssl.cnf", "1000"]);
    assert!(error.contains("1000"), "{error}");
    // A folder that is not there is noticed before a number is used up.
    fs::rename(ca.path("newcerts"), ca.path("elsewhere")).unwrap();
    let error = ca.fails(1, &SIGN);
    assert!(error.contains("newcerts"), "{error}");
    fs::rename(ca.path("elsewhere"), ca.path("newcerts")).unwrap();
    assert_eq!(ca.read("serial"), "1000\n");
    let error = ca.fails(1, &["revoke", "--config", "openssl.cnf", "x.csr"]);
    assert!(error.contains("x.csr"), "{error}");
    ca.sign("x.csr", "x.crt", &[]);
    let error = ca.fails(
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
    assert!(error.contains("`openssl ca` knows no reason"), "{error}");
}
