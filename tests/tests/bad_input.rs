//! What a user gets who does something wrong: a clear error, a hint, the right exit code, and nothing is written.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{fs, sync::Arc};

use serde_json::Value;
use tpm2ca_authority::{Authority, CaDirectory, Clock, Environment, IssueRequest, Keyring, NoAuth};
use tpm2ca_testkit::{Swtpm, Tool, temp_dir};
use tpm2ca_tests::{Ca, Shown, openssl_csr, said, tpm2ca};
use tpm2ca_tpm::TpmOptions;

#[test]
fn requests_that_are_not_acceptable() {
    let ca = Ca::new(&[]);
    let before = counts(&ca);
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
    // Signatures of Ed25519 have one length, and so have the requests.
    let good = req(&[&["-newkey", "ed25519"], &san[..]].concat());
    let der = Tool::openssl("req")
        .args(["-outform", "DER"])
        .input(good.clone())
        .ok()
        .stdout;

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

    let cases: [(&str, Vec<u8>); 13] = [
        ("truncated", der[..der.len() / 2].to_vec()),
        ("empty", Vec::new()),
        ("not DER", b"what is this?".to_vec()),
        ("trailing bytes", [&der[..], b"x"].concat()),
        ("signature wrong", flipped),
        ("several PEM blocks", format!("{good}{good}").into_bytes()),
        (
            "another PEM block",
            good.replace("CERTIFICATE REQUEST", "CERTIFICATE")
                .into_bytes(),
        ),
        ("huge", vec![b'A'; 3 << 20]),
        ("RSA-1024", short_rsa.into_bytes()),
        ("exponent 3", small_exponent.into_bytes()),
        ("SHA-1 signature", sha1.into_bytes()),
        ("no names", no_names.into_bytes()),
        ("not a host name", bad_name.into_bytes()),
    ];
    for (what, csr) in cases {
        fs::write(ca.path("bad.csr"), csr).unwrap();
        ca.shown.heading(what);
        ca.fails(1, &["sign", "--in", "bad.csr", "--out", "bad.crt"]);
        assert!(!ca.path("bad.crt").exists(), "{what}");
        assert_eq!(counts(&ca), before, "{what}");
    }
    ca.fails(1, &["sign", "--in", "missing.csr", "--out", "bad.crt"]);
    ca.fails(
        1,
        &["sign", "--profile", "servre", "--in", "a.example.com.csr"],
    );
    ca.fails(2, &["sign"]);
    ca.fails(
        2,
        &["sign", "--in", "a.example.com.csr", "--enddate", "tomorrow"],
    );
    ca.snapshot("bad_input/requests_that_are_not_acceptable");
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
            ca.fails(1, &arguments);
            assert_eq!(counts(&ca), before);
        }
    }
    fs::write(
        ca.directory().join("profiles/web.toml"),
        "[profile.server]\n\ndais = 3\n",
    )
    .unwrap();
    ca.fails(1, &["list"]);
    ca.snapshot("bad_input/names_that_the_profile_does_not_allow");
}

#[test]
fn names_in_the_subject_that_the_profile_does_not_allow() {
    let ca = Ca::new(&[]);
    fs::write(
        ca.directory().join("profiles/web.toml"),
        "[profile.server.names]\nallow_dns = [\"*.example.com\"]\n\
         [profile.client.names]\nallow_email = [\"@example.com\"]\n",
    )
    .unwrap();
    openssl_csr(ca.folder.path(), "a.example.com");
    let sign = |profile: &'static str, subject: &'static str, out: &'static str| {
        let csr = "a.example.com.csr";
        [
            "sign",
            "--profile",
            profile,
            "--in",
            csr,
            "--subj",
            subject,
            "--out",
            out,
        ]
    };
    let before = counts(&ca);
    // `email:mallory@evil.org` among the names would be refused for the same reasons.
    let error = ca.fails(
        1,
        &sign("server", "/emailAddress=mallory@evil.org", "bad.crt"),
    );
    assert_eq!(
        error,
        "error: `emailAddress:mallory@evil.org` is not allowed: profile `server` has allow lists, but no allow_email\n\
         hint: if it may be issued, add it to `[profile.server.names]`, in profiles/server.toml: allow_email = \
         [\"mallory@evil.org\"]\n"
    );
    let csr = Tool::openssl("req")
        .args(["-new", "-newkey", "ed25519", "-nodes", "-keyout", "x.key"])
        .args(["-subj", "/CN=alice", "-out", "alice.csr"])
        .dir(ca.folder.path());
    csr.ok();
    let client = |subject: &'static str, out: &'static str| {
        let mut arguments = sign("client", subject, out);
        arguments[4] = "alice.csr";
        arguments
    };
    for subject in [
        "/emailAddress=mallory@evil.org",
        "/CN=alice/emailAddress=alice@example.com/emailAddress=mallory@evil.org",
        "/CN=alice+emailAddress=mallory@evil.org",
        "/CN=mallory@evil.org",
        "/UID=mallory@evil.org",
    ] {
        let error = ca.fails(1, &client(subject, "bad.crt"));
        assert!(
            error.contains("allow_email in profile `client` has \"@example.com\""),
            "{subject}: {error}"
        );
    }
    assert_eq!(counts(&ca), before);
    assert!(!ca.path("bad.crt").exists());
    ca.ok(&client(
        "/CN=alice/emailAddress=alice@example.com",
        "good.crt",
    ));
    assert_eq!(ca.judged().certificates, 3);
    ca.snapshot("bad_input/names_in_the_subject_that_the_profile_does_not_allow");
}

#[test]
fn output_that_is_in_the_way() {
    let ca = Ca::new(&[]);
    openssl_csr(ca.folder.path(), "a.example.com");
    fs::write(ca.path("a.crt"), "precious").unwrap();
    let before = counts(&ca);
    ca.fails(1, &["sign", "--in", "a.example.com.csr", "--out", "a.crt"]);
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
    ca.snapshot("bad_input/output_that_is_in_the_way");
}

#[test]
fn no_tpm() {
    let folder = temp_dir();
    let shown = Shown::in_folder(folder.path());
    let cases = [
        ("device:/dev/no-such-tpm", 3),
        ("swtpm:host=127.0.0.1,port=1", 3),
        ("swtpm:path=/no/such/socket", 3),
        ("nonsense:x", 2),
    ];
    for (tcti, code) in cases {
        let init = ["init", "--ca", "ca", "--name", "X", "--tpm", tcti];
        shown.run(code, &init, &mut tpm2ca(folder.path(), &init));
        assert!(!folder.path().join("ca").exists(), "{tcti}");
    }
    shown.snapshot("bad_input/no_tpm");
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
    let sign = |code: i32, auth: &str| {
        ca.fails(
            code,
            &[
                "sign",
                "--in",
                "a.example.com.csr",
                "--out",
                "a.crt",
                "--key-auth",
                auth,
            ],
        )
    };
    // swtpm locks out after three wrong tries. Each run costs one: nothing is retried by itself.
    for code in [5, 5, 5, 3] {
        sign(code, "pass:4321");
    }
    // The right value is locked out as well.
    sign(3, "pass:1234");
    assert_eq!(counts(&ca), before);
    assert!(!ca.path("a.crt").exists());
    // Without a value and without a terminal there is an error, not a hang.
    let long = Ca::new(&["--key-auth", "pass:0123456789abcdef"]);
    openssl_csr(long.folder.path(), "a.example.com");
    long.fails(5, &["sign", "--in", "a.example.com.csr", "--out", "a.crt"]);
    ca.snapshot("bad_input/a_wrong_authorization_value_and_lockout");
    long.snapshot("bad_input/no_authorization_value_and_no_terminal");
}

#[test]
fn keys_of_another_tpm() {
    let ca = Ca::new(&[]);
    openssl_csr(ca.folder.path(), "a.example.com");
    let before = counts(&ca);
    let other = Swtpm::start();
    let tcti = other.tcti().to_string();
    let elsewhere = || {
        let sign = ["sign", "--in", "a.example.com.csr", "--out", "a.crt"];
        ca.fails(1, &[&sign[..], &["--tpm", &tcti]].concat());
    };
    elsewhere();

    // The same without the pin: the TPM itself refuses, and the parent that was tried is named.
    let config = ca.directory().join("ca.toml");
    let text = fs::read_to_string(&config).unwrap();
    let unpinned: String = text
        .lines()
        .filter(|line| !line.starts_with("srk"))
        .collect::<Vec<_>>()
        .join("\n");
    fs::write(&config, unpinned).unwrap();
    elsewhere();
    fs::write(&config, text).unwrap();
    assert_eq!(counts(&ca), before);

    // Key and certificate that do not belong together.
    let root_key = fs::read(ca.directory().join("root.key")).unwrap();
    fs::remove_file(ca.directory().join("intermediate.key")).unwrap();
    fs::write(ca.directory().join("intermediate.key"), root_key).unwrap();
    ca.fails(1, &["sign", "--in", "a.example.com.csr", "--out", "a.crt"]);
    assert_eq!(counts(&ca), before);
    ca.snapshot("bad_input/keys_of_another_tpm");
}

#[test]
fn an_algorithm_that_this_tpm_does_not_have() {
    let folder = temp_dir();
    let tpm = Swtpm::start();
    let shown = Shown::in_folder(folder.path());
    let tcti = tpm.tcti().to_string();
    let init = [
        "init",
        "--ca",
        "ca",
        "--name",
        "X",
        "--alg",
        "rsa",
        "--keysize",
        "4096",
        "--tpm",
        &tcti,
    ];
    shown.run(1, &init, &mut tpm2ca(folder.path(), &init));
    shown.snapshot("bad_input/an_algorithm_that_this_tpm_does_not_have");
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
    ca.fails(1, &["list"]);
    fs::write(&config, &text).unwrap();

    let records = ca.directory().join("records.db");
    Tool::new("python3")
        .args([
            "-c",
            "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('PRAGMA user_version = 99')",
        ])
        .arg(&records)
        .ok();
    ca.fails(1, &["list"]);

    ca.fails(1, &["init", "--name", "Again"]);
    let empty = temp_dir();
    let list = ["list", "--ca", "nothing"];
    ca.shown.run(1, &list, &mut tpm2ca(empty.path(), &list));
    ca.snapshot("bad_input/a_directory_of_a_newer_version");
}

#[test]
fn validity_beyond_the_issuer() {
    let ca = Ca::new(&["--root-days", "30", "--intermediate-days", "20"]);
    openssl_csr(ca.folder.path(), "a.example.com");
    ca.shows(&[
        "sign",
        "--json",
        "--in",
        "a.example.com.csr",
        "--out",
        "a.crt",
        "--days",
        "60",
    ]);
    ca.snapshot("bad_input/validity_beyond_the_issuer");
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
