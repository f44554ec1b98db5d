//! Keys that are made, opened, and in the TPM.

use std::fs;

use tpm2ca_testkit::{Tool, temp_dir};
use tpm2ca_tests::{said, tpm2ca};

use super::setup::keys;

#[test]
fn a_new_key_is_made_as_the_configuration_says() {
    let folder = temp_dir();
    let config = "[req]\ndefault_bits=2048\ndefault_keyfile=new.key\nprompt=no\ndistinguished_name=dn\noutput_password=hunter2\n[dn]\nCN=x\n";
    fs::write(folder.path().join("test.cnf"), config).unwrap();
    let run = |options: &[&str]| {
        tpm2ca(
            folder.path(),
            &[&["req", "--config", "test.cnf"], options].concat(),
        )
        .output()
        .unwrap()
    };
    let openssl = |command: &str, options: &[&str]| {
        Tool::openssl(command).args(options).dir(folder.path()).ok()
    };
    let output = run(&["--out", "a.csr"]);
    assert!(output.status.success(), "{}", said(&output));
    assert!(
        fs::read_to_string(folder.path().join("new.key"))
            .unwrap()
            .starts_with("-----BEGIN ENCRYPTED PRIVATE KEY")
    );
    openssl(
        "pkey",
        &["-in", "new.key", "-passin", "pass:hunter2", "-noout"],
    );
    openssl("req", &["-in", "a.csr", "-verify", "-noout"]);
    // The key of the request is that of the file.
    let public = openssl("req", &["-in", "a.csr", "-noout", "-pubkey"]).text();
    assert_eq!(
        openssl(
            "pkey",
            &["-in", "new.key", "-passin", "pass:hunter2", "-pubout"]
        )
        .text(),
        public
    );

    let output = run(&["--out", "b.csr"]);
    assert_eq!(
        output.status.code(),
        Some(1),
        "a key is never replaced: {}",
        said(&output)
    );

    for kind in ["rsa:3072", "ec:P-384", "ec", "ed25519"] {
        let name = format!("{}.pem", kind.replace(':', "-"));
        let output = run(&[
            "--newkey", kind, "--noenc", "--x509", "--keyout", &name, "--out", &name,
        ]);
        assert!(output.status.success(), "{}", said(&output));
        // Key and certificate in one file, as with OpenSSL.
        let key = openssl("pkey", &["-in", &name, "-pubout"]).text();
        assert_eq!(
            openssl("x509", &["-in", &name, "-noout", "-pubkey"]).text(),
            key
        );
        let verified = openssl("verify", &["-check_ss_sig", "-CAfile", &name, &name]);
        assert!(verified.report().contains("OK"), "{}", verified.report());
    }
    let output = run(&[
        "--newkey", "rsa:1024", "--noenc", "--keyout", "weak", "--out", "weak",
    ]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
}

#[test]
fn an_encrypted_software_key_is_opened_with_the_configuration_s_pass_phrase() {
    let folder = keys();
    Tool::openssl("pkey")
        .args([
            "-in",
            "rsa.key",
            "-aes256",
            "-passout",
            "pass:hunter2",
            "-out",
            "locked.key",
        ])
        .dir(folder.path())
        .ok();
    let config = "[req]\nprompt=no\ninput_password=hunter2\ndistinguished_name=dn\n[dn]\nCN=x\n";
    fs::write(folder.path().join("test.cnf"), config).unwrap();
    let request = |key: &str, options: &[&str]| {
        let arguments = ["req", "--config", "test.cnf", "--key", key];
        tpm2ca(folder.path(), &[&arguments[..], options].concat())
            .output()
            .unwrap()
    };
    let unlocked = request("rsa.key", &[]);
    assert!(unlocked.status.success(), "{}", said(&unlocked));
    assert_eq!(request("locked.key", &[]).stdout, unlocked.stdout);
    let wrong = request("locked.key", &["--key-auth", "pass:wrong"]);
    assert_eq!(wrong.status.code(), Some(5), "{}", said(&wrong));
}

#[test]
fn a_key_in_the_tpm_makes_requests_and_roots() {
    let ca = tpm2ca_tests::Ca::new(&["--alg", "rsa", "--key-auth", "pass:s3cret"]);
    let config = "[req]\nprompt=no\ndistinguished_name=dn\nx509_extensions=v3\nreq_extensions=e\nINPUT\n[dn]\nO=Acme\nCN=Acme Root\n[v3]\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid:always\nbasicConstraints=critical,CA:true\nkeyUsage=critical,cRLSign,keyCertSign\n[e]\nsubjectAltName=DNS:a.example\n";
    fs::write(ca.path("test.cnf"), config.replace("INPUT", "")).unwrap();
    // The value of the key can stand in the file, as OpenSSL's pass phrase can.
    fs::write(
        ca.path("password.cnf"),
        config.replace("INPUT", "input_password=s3cret"),
    )
    .unwrap();
    let common = ["req", "--key", "ca/root.key"];
    ca.ok(&[
        &common[..],
        &[
            "--config",
            "test.cnf",
            "--key-auth",
            "pass:s3cret",
            "--out",
            "a.csr",
        ],
    ]
    .concat());
    ca.ok(&[
        &common[..],
        &[
            "--config",
            "password.cnf",
            "--x509",
            "--days",
            "100",
            "--out",
            "root.crt",
        ],
    ]
    .concat());
    let ran = Tool::openssl("req")
        .args(["-in", "a.csr", "-verify", "-noout"])
        .dir(ca.folder.path())
        .ok();
    assert!(ran.report().contains("verify OK"), "{}", ran.report());
    Tool::openssl("verify")
        .args([
            "-x509_strict",
            "-check_ss_sig",
            "-CAfile",
            "root.crt",
            "root.crt",
        ])
        .dir(ca.folder.path())
        .ok();
    Tool::certtool()
        .args([
            "--verify",
            "--load-ca-certificate",
            "root.crt",
            "--infile",
            "root.crt",
        ])
        .dir(ca.folder.path())
        .ok();
    let said = ca.fails(
        5,
        &[
            &common[..],
            &[
                "--config",
                "test.cnf",
                "--key-auth",
                "pass:wrong",
                "--out",
                "b.csr",
            ],
        ]
        .concat(),
    );
    assert!(
        said.contains("tries are left") && !ca.path("b.csr").exists(),
        "{said}"
    );
    // The same key at a persistent handle.
    ca.ok(&[
        "key",
        "persist",
        "ca/root.key",
        "--key-auth",
        "pass:s3cret",
        "--handle",
        "0x81000021",
    ]);
    ca.ok(&[
        "req",
        "--key",
        "handle:0x81000021",
        "--config",
        "password.cnf",
        "--x509",
        "--out",
        "handle.crt",
    ]);
    let public = |file: &str| {
        let ran = Tool::openssl("x509")
            .args(["-in", file, "-noout", "-pubkey"])
            .dir(ca.folder.path())
            .ok();
        ran.text()
    };
    assert_eq!(public("handle.crt"), public("root.crt"));
    ca.snapshot("openssl_req_keys/a_key_in_the_tpm_makes_requests_and_roots");
}
