//! The output of every command after success, as text and with `--json`.

use std::fs;

use tpm2ca_testkit::Tool;

use crate::support::{Ca, Keys};

/// Runs a command twice, the second time with `--json`. What is done once only is undone by `between`.
fn both(ca: &Ca, arguments: &[&str], between: impl FnOnce()) {
    ca.shows(arguments);
    between();
    ca.shows(&[arguments, &["--json"]].concat());
}

#[test]
fn of_certificates() {
    let ca = Ca::empty();
    ca.shows(&["init", "--name", "Test", "--tpm", "libtpms:tpm"]);
    ca.shows(&[
        "init",
        "--name",
        "Other",
        "--tpm",
        "libtpms:tpm",
        "--ca",
        "other",
        "--json",
    ]);
    let csr = ca.csr("a.example.com");
    ca.shows(&["issue", "www.example.com", "10.0.0.1", "--chain"]);
    ca.shows(&["issue", "b.example.com", "--out", "-"]);
    ca.shows(&["issue", "json.example.com", "--json"]);
    ca.shows(&["issue", "q.example.com", "--quiet"]);
    both(&ca, &["sign", "--in", &csr], || {});
    ca.shows(&["sign", "--in", &csr, "--out", "a.crt"]);
    ca.shows(&["sign", "--in", &csr, "--out", "a.crt", "--force", "--json"]);
    fs::copy(ca.path(&csr), ca.path("b.csr")).unwrap();
    ca.shows(&["sign", "b.csr"]);
    both(&ca, &["list", "--issuer", "root"], || {});
    both(&ca, &["list", "--name", "www.*"], || {});
    ca.shows(&["list", "--name", "nobody"]);
    both(&ca, &["show", "www.example.com.crt"], || {});
    ca.shows(&["show", "www.example.com.crt", "--pem"]);
    both(&ca, &["revoke", "www.example.com.crt"], || {
        let superseded = ["revoke", "q.example.com.crt", "--reason", "superseded"];
        ca.shows(&superseded);
        ca.shows(&["revoke", "b.crt", "--reason", "certificateHold"]);
        ca.shows(&["revoke", "b.crt", "--reason", "removeFromCRL"]);
        fs::rename(
            ca.path("json.example.com.crt"),
            ca.path("www.example.com.crt"),
        )
        .unwrap();
    });
    ca.shows(&["list", "--status", "revoked"]);
    ca.shows(&["show", "q.example.com.crt"]);
    both(&ca, &["crl"], || {});
    ca.shows(&["crl", "--out", "-"]);
    ca.shows(&["crl", "--out", "a.crl", "--issuer", "root", "--days", "90"]);
    ca.shows(&["crl", "--delta", "--hours", "6"]);
    both(&ca, &["db", "check"], || {});
    ca.snapshot("output/of_certificates");
}

#[test]
fn of_the_tpm_and_the_doctor() {
    let ca = Ca::new(&[]);
    // What another version of the emulator says of itself.
    let info = ca.json(&["tpm", "info"]).remove(0);
    let firmware = info["firmware"].as_str().unwrap();
    ca.redact(firmware, "[FIRMWARE]");
    let commands = &info["commands"];
    ca.redact(
        format!("commands     {commands}\n"),
        "commands     [COUNT]\n",
    );
    ca.redact(
        format!("\"commands\": {commands},"),
        "\"commands\": [COUNT],",
    );
    both(&ca, &["tpm", "info"], || {});
    for arguments in [&["doctor"][..], &["doctor", "--json"]] {
        let mut ran = ca.ok(arguments);
        // What is installed on this machine.
        let is_ours = |line: &&str| {
            !["ok       openssl:", "{\"check\":\"openssl\""]
                .iter()
                .any(|start| line.starts_with(start))
        };
        ran.stdout = ran.stdout.split_inclusive('\n').filter(is_ours).collect();
        ca.add(arguments, &ran);
    }
    ca.shows(&["doctor", "--quiet"]);
    ca.snapshot("output/of_the_tpm_and_the_doctor");
}

#[test]
fn of_the_demo() {
    let ca = Ca::empty();
    ca.redact(env!("CARGO_BIN_EXE_tpm2ca"), "[PROGRAM]");
    ca.shows(&["demo", "trial"]);
    ca.shows(&["demo", "records", "--json"]);
    ca.fails(1, &["demo", "trial"]);
    ca.snapshot("output/of_the_demo");
}

#[test]
fn of_keys() {
    let (keys, other) = (Keys::new(), Keys::new());
    keys.openssl_key("soft");
    keys.openssl_key("approver");
    for (file, options) in [
        ("rsa.pem", &[][..]),
        ("ec.pem", &["-a", "ecdsa"]),
        ("pin.pem", &["-a", "ecdsa", "--key-auth", "env:PIN"]),
        ("wrapped.pem", &["-a", "ecdsa", "--importable"]),
        (
            "pcr.pem",
            &["-a", "ecdsa", "--policy", "pcr:sha256:7 and locality:0"],
        ),
        (
            "free.pem",
            &["-a", "ecdsa", "--policy", "authorize:approver.pub"],
        ),
    ] {
        let genkey = [&["genkey", file], options].concat();
        keys.shows(&genkey);
        keys.shows(&["key", "show", file]);
        keys.shows(&["key", "show", file, "--json"]);
        keys.shows(&[&genkey[..], &["--force", "--json"]].concat());
    }
    keys.shows(&["key", "public", "ec.pem"]);
    keys.shows(&["key", "public", "ec.pem", "--json"]);
    other.ok(&["key", "public", "--parent", "--out", "parent.pub"]);
    fs::copy(other.path("parent.pub"), keys.path("parent.pub")).unwrap();
    for arguments in [
        &["key", "public", "ec.pem", "--out", "ec.pub"][..],
        &[
            "key",
            "sign",
            "--key",
            "ec.pem",
            "--in",
            "message",
            "--out",
            "signature",
        ],
        &["key", "import", "--in", "soft.key", "--out", "imported.pem"],
        &["key", "show", "soft.key"],
        &[
            "key",
            "import",
            "--in",
            "soft.key",
            "--for",
            "parent.pub",
            "--out",
            "there.pem",
        ],
        &["key", "persist", "ec.pem"],
        &["key", "show", "handle:0x81000100"],
        &["key", "evict", "0x81000100", "--key", "ec.pem"],
        &["key", "persist", "--storage-root"],
        &[
            "key",
            "passwd",
            "pin.pem",
            "--key-auth",
            "env:PIN",
            "--remove",
        ],
        &[
            "genkey",
            "-a",
            "ecdsa",
            "--duplicable-to",
            "parent.pub",
            "copy.pem",
        ],
        &["key", "show", "copy.pem"],
        &[
            "key",
            "duplicate",
            "copy.pem",
            "--to",
            "parent.pub",
            "--out",
            "duplicate.pem",
        ],
        &[
            "key",
            "policy",
            "sign",
            "--key",
            "approver.key",
            "--policy",
            "locality:0",
            "--name",
            "now",
            "free.pem",
        ],
        &["key", "show", "free.pem"],
    ] {
        keys.shows(arguments);
    }
    for arguments in [
        &["key", "public", "ec.pem", "--out", "json.pub"][..],
        &[
            "key", "sign", "--key", "ec.pem", "--in", "message", "--out", "json.sig",
        ],
        &["key", "import", "--in", "soft.key", "--out", "json.pem"],
        &["key", "persist", "ec.pem"],
        &["key", "show", "handle:0x81000100"],
        &["key", "evict", "0x81000100", "--force"],
        &[
            "key",
            "duplicate",
            "copy.pem",
            "--to",
            "parent.pub",
            "--out",
            "json.dup",
        ],
    ] {
        keys.shows(&[arguments, &["--json"]].concat());
    }
    keys.snapshot("output/of_keys");
    fs::copy(keys.path("duplicate.pem"), other.path("duplicate.pem")).unwrap();
    other.shows(&["key", "receive", "duplicate.pem", "--out", "key.pem"]);
    other.shows(&[
        "key",
        "receive",
        "duplicate.pem",
        "--out",
        "json.pem",
        "--json",
    ]);
    other.snapshot("output/of_a_received_key");
}

#[test]
fn of_requests() {
    let ca = Ca::empty();
    let key = ["genkey", "-a", "ecdsa", "key.pem", "--tpm", "libtpms:tpm"];
    ca.ok(&key);
    let req = [
        "req",
        "--key",
        "key.pem",
        "--tpm",
        "libtpms:tpm",
        "--subj",
        "/CN=a.example.com",
    ];
    for more in [
        &[][..],
        &["--out", "a.csr"],
        &["--out", "b.csr", "--json"],
        &["--x509", "--days", "30", "--out", "a.crt"],
        &["--x509", "--days", "30", "--json"],
        &[
            "--addext",
            "subjectAltName = DNS:a.example.com",
            "--out",
            "c.csr",
        ],
    ] {
        ca.shows(&[&req[..], more].concat());
    }
    ca.shows(&["req", "--in", "c.csr", "--verify", "--noout"]);
    ca.shows(&["req", "--in", "c.csr", "--noout", "--subject"]);
    ca.snapshot("output/of_requests");
}

const OPENSSL_CNF: &str = "\
[ca]
default_ca = test
[test]
dir = .
database = $dir/index.txt
serial = $dir/serial
crlnumber = $dir/crlnumber
new_certs_dir = $dir/newcerts
certificate = $dir/ca.crt
private_key = $dir/ca.key
default_md = sha256
default_days = 30
default_crl_days = 30
policy = any
x509_extensions = server
copy_extensions = copy
[any]
commonName = supplied
[server]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[root]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
";

#[test]
fn of_a_ca_by_openssl_cnf() {
    let ca = Ca::empty();
    fs::write(ca.path("openssl.cnf"), OPENSSL_CNF).unwrap();
    fs::create_dir(ca.path("newcerts")).unwrap();
    fs::write(ca.path("index.txt"), "").unwrap();
    for number in ["serial", "crlnumber"] {
        fs::write(ca.path(number), "1000\n").unwrap();
    }
    let tpm = ["--tpm", "libtpms:tpm"];
    ca.ok(&[&["genkey", "-a", "ecdsa", "ca.key"], &tpm[..]].concat());
    ca.shows(
        &[
            &[
                "req",
                "--x509",
                "--key",
                "ca.key",
                "--config",
                "openssl.cnf",
                "--subj",
                "/CN=Test CA",
                "--extensions",
                "root",
                "--days",
                "3650",
                "--out",
                "ca.crt",
            ],
            &tpm[..],
        ]
        .concat(),
    );
    let csr = ca.csr("a.example.com");
    let other = ca.csr("b.example.com");
    let config = ["--config", "openssl.cnf"];
    let run = |words: &[&str], more: &[&str]| ca.shows(&[words, &config, more].concat());
    run(
        &["sign"],
        &[
            "--in",
            &csr,
            "--out",
            "a.crt",
            "--batch",
            "--tpm",
            "libtpms:tpm",
        ],
    );
    run(
        &["sign"],
        &["--in", &other, "--batch", "--tpm", "libtpms:tpm", "--json"],
    );
    for json in [&[][..], &["--json"]] {
        run(&["list"], json);
        run(&["show", "1000"], json);
    }
    run(&["revoke", "a.crt"], &["--reason", "superseded"]);
    run(&["revoke", "1001"], &["--json"]);
    run(&["crl"], &["--out", "a.crl", "--tpm", "libtpms:tpm"]);
    run(
        &["crl"],
        &["--out", "a.crl", "--tpm", "libtpms:tpm", "--json"],
    );
    for json in [&[][..], &["--json"]] {
        run(&["db", "check"], json);
        run(&["db", "updatedb"], json);
        let folder = if json.is_empty() { "export" } else { "again" };
        run(
            &["db", "export-openssl"],
            &[&["--outdir", folder], json].concat(),
        );
        run(&["db", "import-openssl"], json);
    }
    run(&["list"], &[]);
    ca.snapshot("output/of_a_ca_by_openssl_cnf");
}

/// Requests are made by openssl, and answered without a listener.
#[test]
fn of_ocsp_responses() {
    let ca = Ca::new(&[]);
    ca.ok(&["issue", "a.example.com"]);
    ca.ok(&["issue", "b.example.com"]);
    ca.ok(&["revoke", "b.example.com.crt", "--reason", "keyCompromise"]);
    for name in ["a", "b"] {
        let (certificate, request) = (format!("{name}.example.com.crt"), format!("{name}.req"));
        Tool::openssl("ocsp")
            .args([
                "-issuer",
                "ca/intermediate.crt",
                "-cert",
                &certificate,
                "-reqout",
                &request,
            ])
            .dir(ca.folder.path())
            .ok();
        let response = format!("{name}.resp");
        ca.shows(&[
            "ocsp",
            "--once",
            "--reqin",
            &request,
            "--respout",
            &response,
        ]);
        ca.shows(&[
            "ocsp",
            "--once",
            "--reqin",
            &request,
            "--respout",
            &response,
            "--json",
        ]);
    }
    ca.fails(
        1,
        &[
            "ocsp",
            "--once",
            "--reqin",
            "a.example.com.crt",
            "--respout",
            "x",
        ],
    );
    ca.fails(2, &["ocsp", "--once", "--reqin", "a.req", "--json"]);
    ca.snapshot("output/of_ocsp_responses");
}
