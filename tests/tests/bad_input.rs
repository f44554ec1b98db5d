//! What a user gets who does something wrong: a clear error, a hint, the right exit code, and nothing is written.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{fs, sync::Arc};

use serde_json::Value;
use tpm2ca_authority::{Authority, CaDirectory, Clock, Environment, IssueRequest, Keyring, NoAuth};
use tpm2ca_testkit::{Swtpm, Tool, temp_dir};
use tpm2ca_tests::{Ca, openssl_csr, said, tpm2ca};
use tpm2ca_tpm::TpmOptions;

#[test]
fn requests_that_are_not_acceptable() {
    let ca = Ca::new(&[]);
    let before = counts(&ca);
    let good = fs::read_to_string(openssl_csr(ca.folder.path(), "a.example.com")).unwrap();
    let der = Tool::openssl("req")
        .args(["-outform", "DER"])
        .input(good.clone())
        .ok()
        .stdout;
    let req = |arguments: &[&str]| {
        Tool::openssl("req")
            .args([
                "-new",
                "-nodes",
                "-keyout",
                "x.key",
                "-subj",
                "/CN=a.example.com",
            ])
            .args(arguments)
            .dir(ca.folder.path())
            .ok()
            .text()
    };
    let san = ["-addext", "subjectAltName=DNS:a.example.com"];

    let mut flipped = der.clone();
    *flipped.last_mut().unwrap() ^= 1;
    let short_rsa = req(&[&["-newkey", "rsa:1024"], &san[..]].concat());
    let small_exponent = {
        Tool::openssl("genpkey")
            .args(["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"])
            .args(["-pkeyopt", "rsa_keygen_pubexp:3", "-out", "e3.key"])
            .dir(ca.folder.path())
            .ok();
        Tool::openssl("req")
            .args(["-new", "-key", "e3.key", "-subj", "/CN=a.example.com"])
            .args(san)
            .dir(ca.folder.path())
            .ok()
            .text()
    };
    let sha1 = req(&[&["-newkey", "rsa:2048", "-sha1"], &san[..]].concat());
    let no_names = req(&["-newkey", "ed25519"]);
    let bad_name = req(&[
        "-newkey",
        "ed25519",
        "-addext",
        "subjectAltName=DNS:bad name.example.com",
    ]);

    let cases: [(&str, Vec<u8>, &[&str]); 13] = [
        ("truncated", der[..der.len() / 2].to_vec(), &["truncated"]),
        ("empty", Vec::new(), &[]),
        ("not DER", b"what is this?".to_vec(), &["hint:"]),
        ("trailing bytes", [&der[..], b"x"].concat(), &["follow"]),
        ("signature wrong", flipped, &["signature"]),
        (
            "several PEM blocks",
            format!("{good}{good}").into_bytes(),
            &["2", "hint:"],
        ),
        (
            "another PEM block",
            good.replace("CERTIFICATE REQUEST", "CERTIFICATE")
                .into_bytes(),
            &["CERTIFICATE"],
        ),
        ("huge", vec![b'A'; 3 << 20], &["256 KiB", "hint:"]),
        (
            "RSA-1024",
            short_rsa.into_bytes(),
            &["1024", "2048", "hint:"],
        ),
        (
            "exponent 3",
            small_exponent.into_bytes(),
            &["exponent", "hint:"],
        ),
        ("SHA-1 signature", sha1.into_bytes(), &["SHA-1", "hint:"]),
        ("no names", no_names.into_bytes(), &["hint:"]),
        (
            "not a host name",
            bad_name.into_bytes(),
            &["bad name.example.com"],
        ),
    ];
    for (what, csr, expected) in cases {
        fs::write(ca.path("bad.csr"), csr).unwrap();
        let error = ca.fails(1, &["sign", "--in", "bad.csr", "--out", "bad.crt"]);
        assert!(error.starts_with("error: "), "{what}: {error}");
        for part in expected {
            assert!(error.contains(part), "{what}: `{part}` is not in: {error}");
        }
        assert!(!ca.path("bad.crt").exists(), "{what}");
        assert_eq!(counts(&ca), before, "{what}");
    }
    ca.fails(1, &["sign", "--in", "missing.csr", "--out", "bad.crt"]);
    let error = ca.fails(
        1,
        &["sign", "--profile", "servre", "--in", "a.example.com.csr"],
    );
    assert!(error.contains("server"), "{error}");
    ca.fails(2, &["sign"]);
    ca.fails(
        2,
        &["sign", "--in", "a.example.com.csr", "--enddate", "tomorrow"],
    );
}

#[test]
fn names_that_the_profile_does_not_allow() {
    let ca = Ca::new(&[]);
    fs::write(
        ca.directory().join("profiles/web.toml"),
        "[profile.server.names]\nallow_dns = [\"*.example.com\"]\ndeny_dns = [\"secret.example.com\"]\n",
    )
    .unwrap();
    for (host, allowed) in [
        ("www.example.com", true),
        ("secret.example.com", false),
        ("www.example.org", false),
    ] {
        openssl_csr(ca.folder.path(), host);
        let csr = format!("{host}.csr");
        let out = format!("{host}.crt");
        let arguments = ["sign", "--in", &csr, "--out", &out];
        if allowed {
            ca.ok(&arguments);
        } else {
            let before = counts(&ca);
            let error = ca.fails(1, &arguments);
            assert!(error.contains(host) && error.contains("hint:"), "{error}");
            assert_eq!(counts(&ca), before);
        }
    }
    fs::write(
        ca.directory().join("profiles/web.toml"),
        "[profile.server]\n\ndais = 3\n",
    )
    .unwrap();
    let error = ca.fails(1, &["list"]);
    assert!(
        error.contains("web.toml") && error.contains("dais") && error.contains('3'),
        "{error}"
    );
}

#[test]
fn output_that_is_in_the_way() {
    let ca = Ca::new(&[]);
    openssl_csr(ca.folder.path(), "a.example.com");
    fs::write(ca.path("a.crt"), "precious").unwrap();
    let before = counts(&ca);
    let error = ca.fails(1, &["sign", "--in", "a.example.com.csr", "--out", "a.crt"]);
    assert!(
        error.contains("a.crt") && error.contains("hint:"),
        "{error}"
    );
    assert_eq!(fs::read_to_string(ca.path("a.crt")).unwrap(), "precious");
    assert_eq!(counts(&ca), before);
    ca.ok(&[
        "sign",
        "--in",
        "a.example.com.csr",
        "--out",
        "a.crt",
        "--force",
    ]);
    fs::write(ca.path("b.example.com.key"), "precious").unwrap();
    ca.fails(1, &["issue", "b.example.com"]);
    assert_eq!(
        fs::read_to_string(ca.path("b.example.com.key")).unwrap(),
        "precious"
    );
    assert!(!ca.path("b.example.com.crt").exists());
}

#[test]
fn no_tpm() {
    let folder = temp_dir();
    let cases = [
        ("device:/dev/no-such-tpm", 3, "/dev/no-such-tpm"),
        ("swtpm:host=127.0.0.1,port=1", 3, "127.0.0.1"),
        ("swtpm:path=/no/such/socket", 3, "/no/such/socket"),
        ("nonsense:x", 2, "nonsense"),
    ];
    for (tcti, code, named) in cases {
        let output = tpm2ca(
            folder.path(),
            &["init", "--ca", "ca", "--name", "X", "--tpm", tcti],
        )
        .output()
        .unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{tcti}: {error}");
        assert!(
            error.contains(named) && error.contains("hint:"),
            "{tcti}: {error}"
        );
        assert!(!folder.path().join("ca").exists(), "{tcti}");
    }
    // Never a software TPM unasked.
    if !std::path::Path::new("/dev/tpmrm0").exists() {
        let output = tpm2ca(folder.path(), &["init", "--ca", "ca", "--name", "X"])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(3), "{}", said(&output));
        assert!(
            String::from_utf8_lossy(&output.stderr).contains("libtpms:"),
            "{}",
            said(&output)
        );
    }
}

#[test]
fn a_wrong_authorization_value_and_lockout() {
    let ca = Ca::new(&["--key-auth", "pass:1234"]);
    openssl_csr(ca.folder.path(), "a.example.com");
    let before = counts(&ca);
    let sign = |auth: &str| {
        ca.command(&[
            "sign",
            "--in",
            "a.example.com.csr",
            "--out",
            "a.crt",
            "--key-auth",
            auth,
        ])
        .output()
        .unwrap()
    };
    // swtpm locks out after three wrong tries. Each run costs one: nothing is retried by itself.
    let mut left = Vec::new();
    let mut locked = None;
    for _ in 0..5 {
        let output = sign("pass:4321");
        let error = String::from_utf8(output.stderr).unwrap();
        if output.status.code() == Some(3) {
            locked = Some(error);
            break;
        }
        assert_eq!(output.status.code(), Some(1), "{error}");
        assert!(
            error.contains("hint:") && !error.contains("4321"),
            "{error}"
        );
        left.push(error);
    }
    let locked = locked.expect("locks out");
    assert!(locked.to_lowercase().contains("lock"), "{locked}");
    assert!(
        locked.chars().any(|character| character.is_ascii_digit()),
        "says until when: {locked}"
    );
    assert!(left.len() >= 2, "{left:?}");
    assert!(
        left[0].contains('2') && left[1].contains('1'),
        "says how many tries are left: {left:?}"
    );
    assert_eq!(
        sign("pass:1234").status.code(),
        Some(3),
        "the right value is locked out as well"
    );
    assert_eq!(counts(&ca), before);
    assert!(!ca.path("a.crt").exists());
    // Without a value and without a terminal there is an error, not a hang.
    let ca = Ca::new(&["--key-auth", "pass:0123456789abcdef"]);
    openssl_csr(ca.folder.path(), "a.example.com");
    let error = ca.fails(1, &["sign", "--in", "a.example.com.csr", "--out", "a.crt"]);
    assert!(error.contains("--key-auth"), "{error}");
}

#[test]
fn keys_of_another_tpm() {
    let ca = Ca::new(&[]);
    openssl_csr(ca.folder.path(), "a.example.com");
    let before = counts(&ca);
    let other = Swtpm::start();
    let output = ca
        .command(&["sign", "--in", "a.example.com.csr", "--out", "a.crt"])
        .args(["--tpm", &other.tcti().to_string()])
        .output()
        .unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(error.contains("hint:"), "{error}");

    // The same without the pin: the TPM itself refuses, and the parent that was tried is named.
    let config = ca.directory().join("ca.toml");
    let text = fs::read_to_string(&config).unwrap();
    let unpinned: String = text
        .lines()
        .filter(|line| !line.starts_with("srk"))
        .collect::<Vec<_>>()
        .join("\n");
    fs::write(&config, unpinned).unwrap();
    let output = ca
        .command(&["sign", "--in", "a.example.com.csr", "--out", "a.crt"])
        .args(["--tpm", &other.tcti().to_string()])
        .output()
        .unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(
        error.contains("40000001") && error.contains("hint:"),
        "{error}"
    );
    fs::write(&config, text).unwrap();
    assert_eq!(counts(&ca), before);

    // Key and certificate that do not belong together.
    let root_key = fs::read(ca.directory().join("root.key")).unwrap();
    fs::remove_file(ca.directory().join("intermediate.key")).unwrap();
    fs::write(ca.directory().join("intermediate.key"), root_key).unwrap();
    let error = ca.fails(1, &["sign", "--in", "a.example.com.csr", "--out", "a.crt"]);
    assert!(error.contains("intermediate.crt"), "{error}");
    assert_eq!(counts(&ca), before);
}

#[test]
fn an_algorithm_that_this_tpm_does_not_have() {
    let folder = temp_dir();
    let tpm = Swtpm::start();
    let output = tpm2ca(
        folder.path(),
        &[
            "init",
            "--ca",
            "ca",
            "--name",
            "X",
            "--alg",
            "rsa",
            "--keysize",
            "4096",
        ],
    )
    .args(["--tpm", &tpm.tcti().to_string()])
    .output()
    .unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{error}");
    for part in ["RSA-4096", "RSA-2048", "P-256", "P-384"] {
        assert!(error.contains(part), "`{part}` is not in: {error}");
    }
    assert!(!folder.path().join("ca").exists(), "nothing is written");
}

#[test]
fn a_directory_of_a_newer_version() {
    let ca = Ca::new(&[]);
    let config = ca.directory().join("ca.toml");
    let text = fs::read_to_string(&config).unwrap();
    fs::write(
        &config,
        text.replace("format = 1", "format = 99\nmystery = 1"),
    )
    .unwrap();
    let error = ca.fails(1, &["list"]);
    assert!(error.contains("99") && error.contains("hint:"), "{error}");
    fs::write(&config, &text).unwrap();

    let records = ca.directory().join("records.db");
    Tool::new("python3")
        .args([
            "-c",
            "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('PRAGMA user_version = 99')",
        ])
        .arg(&records)
        .ok();
    let error = ca.fails(1, &["list"]);
    assert!(error.contains("99") && error.contains("hint:"), "{error}");

    let error = ca.fails(1, &["init", "--name", "Again"]);
    assert!(error.contains("hint:"), "{error}");
    let empty = temp_dir();
    let output = tpm2ca(empty.path(), &["list", "--ca", "nothing"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("tpm2ca init"),
        "{}",
        said(&output)
    );
}

#[test]
fn validity_beyond_the_issuer() {
    let ca = Ca::new(&["--root-days", "30", "--intermediate-days", "20"]);
    openssl_csr(ca.folder.path(), "a.example.com");
    let output = ca
        .command(&[
            "sign",
            "--json",
            "--in",
            "a.example.com.csr",
            "--out",
            "a.crt",
            "--days",
            "60",
        ])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", said(&output));
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("warning"),
        "{}",
        said(&output)
    );
    let end = |file: &str| {
        Tool::openssl("x509")
            .args(["-noout", "-enddate", "-in", file])
            .dir(ca.folder.path())
            .ok()
            .text()
    };
    assert_eq!(
        end("a.crt"),
        end("ca/intermediate.crt"),
        "cut to the issuer's end"
    );
    assert_eq!(ca.judged().certificates, 3);
}

#[test]
fn an_expired_issuer() {
    struct Later(i64);
    impl Clock for Later {
        fn now(&self) -> i64 {
            self.0
        }
    }
    let ca = Ca::new(&["--intermediate-days", "20"]);
    let csr = openssl_csr(ca.folder.path(), "a.example.com");
    let der = Tool::openssl("req")
        .args(["-outform", "DER", "-in"])
        .arg(csr)
        .ok()
        .stdout;
    let before = counts(&ca);
    let now = Environment::default().clock.now();
    let authority = Authority::open(
        CaDirectory::new(ca.directory()),
        Keyring::new(Some(ca.tpm.tcti()), TpmOptions::default(), Box::new(NoAuth)),
        Environment {
            clock: Arc::new(Later(now + 21 * 86_400)),
            ..Environment::default()
        },
    )
    .unwrap();
    let error = authority
        .issue(&IssueRequest::new(&der, "server", "test"))
        .unwrap_err();
    assert!(error.to_string().contains("expired"), "{error}");
    assert!(error.hint().is_some());
    assert!(
        authority.crl(None, None, "test").is_err(),
        "nor does it sign CRLs"
    );
    drop(authority);
    assert_eq!(counts(&ca), before);
}

/// What is in the records but refusals, which leave an audit entry each.
fn counts(ca: &Ca) -> Vec<Value> {
    let report: Value = serde_json::from_str(&ca.ok(&["db", "check", "--json"])).unwrap();
    [
        "clean",
        "issued",
        "revoked",
        "void",
        "crls",
        "possibly_signed",
    ]
    .map(|field| report[field].clone())
    .to_vec()
}
