//! `key`: what is done with one key.

use std::fs;

use tpm2ca_testkit::Tool;

use crate::support::Keys;

#[test]
fn the_public_half_in_every_form() {
    let keys = Keys::new();
    keys.ok(&["genkey", "-a", "ecdsa", "key.pem"]);
    let pem = keys.ok(&["key", "public", "key.pem"]).stdout;
    let read = Tool::openssl("pkey")
        .args(["-pubin", "-noout", "-text"])
        .input(pem)
        .ok();
    assert!(read.text().contains("P-256"), "{}", read.report());
    keys.ok(&[
        "key",
        "public",
        "key.pem",
        "--outform",
        "der",
        "--out",
        "key.der",
    ]);
    Tool::openssl("pkey")
        .args(["-pubin", "-inform", "DER", "-noout", "-in", "key.der"])
        .dir(keys.folder.path())
        .ok();
    keys.ok(&["key", "public", "key.pem", "--tpm2b", "--out", "key.pub"]);
    let printed = Tool::new("tpm2_print")
        .args(["-t", "TPM2B_PUBLIC", "key.pub"])
        .dir(keys.folder.path())
        .ok();
    assert!(printed.text().contains("NIST p256"), "{}", printed.report());
    keys.ok(&["key", "public", "--parent", "--out", "parent.pub"]);
    let printed = Tool::new("tpm2_print")
        .args(["-t", "TPM2B_PUBLIC", "parent.pub"])
        .dir(keys.folder.path())
        .ok();
    assert!(
        printed.text().contains("restricted|decrypt"),
        "{}",
        printed.report()
    );
    keys.fails(1, &["key", "public", "key.pem", "--out", "parent.pub"]);
    keys.snapshot("keys/the_public_half_in_every_form");
}

#[test]
fn policies_of_every_kind_end_to_end() {
    let keys = Keys::new();
    keys.openssl_key("approver");
    for (policy, use_it) in [
        ("pcr:sha256:0,7", &[][..]),
        ("pcr:sha384:16", &[]),
        ("secret:owner", &[]),
        ("secret:endorsement", &[]),
        ("command:sign", &[]),
        ("locality:0", &[]),
        ("signed:approver.pub#team", &["--approver", "approver.key"]),
        ("pcr:sha256:7 and locality:0,3 and command:sign", &[]),
        ("locality:3 or secret:owner or command:sign", &[]),
        ("(pcr:sha256:16 or locality:4) and command:sign", &[]),
    ] {
        keys.ok(&[
            "genkey", "-a", "ecdsa", "--policy", policy, "key.pem", "--force",
        ]);
        keys.signs("key.pem", use_it);
    }
    for (policy, with, without) in [
        ("authvalue", true, false),
        ("pcr:sha256:16 and authvalue", true, false),
        ("pcr:sha256:16 or authvalue", true, true),
        ("locality:3 or authvalue", true, false),
    ] {
        keys.ok(&[
            "genkey",
            "-a",
            "ecdsa",
            "--policy",
            policy,
            "--key-auth",
            "env:PIN",
            "key.pem",
            "--force",
        ]);
        let sign = [
            "key", "sign", "--key", "key.pem", "--in", "message", "--out", "s", "--force",
        ];
        assert_eq!(
            keys.run(&[&sign[..], &["--key-auth", "env:PIN"]].concat())
                .code
                == Some(0),
            with,
            "{policy}"
        );
        assert_eq!(keys.run(&sign).code == Some(0), without, "{policy}");
    }
    for policy in [
        "signed:approver.pub",
        "locality:3",
        "command:certify",
        "secret:endorsement and locality:1",
    ] {
        keys.ok(&[
            "genkey", "-a", "ecdsa", "--policy", policy, "key.pem", "--force",
        ]);
        keys.fails(1, &["key", "sign", "--key", "key.pem", "--in", "message"]);
    }
    keys.snapshot("keys/policies_of_every_kind_end_to_end");
}

#[test]
fn a_policy_that_makes_no_sense_is_refused_before_a_key_is_made() {
    let keys = Keys::new();
    keys.openssl_key("signer");
    for (options, code) in [
        (&["--policy", "authvalue"][..], 2),
        (&["--policy", "locality:0", "--key-auth", "env:PIN"], 2),
        (&["--policy", "locality:0 and authorize:signer.pub"], 2),
        (&["--policy", "authorize:signer.pub or locality:0"], 2),
        (&["--policy", "authorize:missing.pub"], 1),
        (&["--policy", "authorize:message"], 1),
        (&["--policy", "weekday:monday"], 2),
        (&["--pcr", "sha256:24"], 2),
        (&["--pcr", "sha1:0"], 2),
        (&["--policy", "secret:0x81000055"], 1),
        (&["--duplicable-to", "message"], 1),
    ] {
        keys.fails(
            code,
            &[&["genkey", "-a", "ecdsa", "key.pem"], options].concat(),
        );
        assert!(!keys.path("key.pem").exists());
    }
    keys.snapshot("keys/a_policy_that_makes_no_sense_is_refused_before_a_key_is_made");
}

#[test]
fn software_keys_are_imported_plain_and_encrypted() {
    let keys = Keys::new();
    keys.openssl_key("ec");
    Tool::openssl("genrsa")
        .args(["-out", "rsa.key", "2048"])
        .dir(keys.folder.path())
        .ok();
    let openssl = |arguments: &[&str]| {
        Tool::openssl(arguments[0])
            .args(&arguments[1..])
            .dir(keys.folder.path())
            .ok();
    };
    openssl(&["rsa", "-in", "rsa.key", "-traditional", "-out", "pkcs1.key"]);
    openssl(&["ec", "-in", "ec.key", "-out", "sec1.key"]);
    openssl(&[
        "pkcs8",
        "-topk8",
        "-in",
        "ec.key",
        "-out",
        "enc8.key",
        "-passout",
        "pass:open",
    ]);
    openssl(&[
        "rsa",
        "-in",
        "rsa.key",
        "-traditional",
        "-aes256",
        "-passout",
        "pass:open",
        "-out",
        "enc1.key",
    ]);
    fs::write(keys.path("phrase"), "open\n").unwrap();
    for file in ["rsa", "ec", "pkcs1", "sec1", "enc8", "enc1"] {
        let input = format!("{file}.key");
        keys.shows(&[
            "key",
            "import",
            "--in",
            &input,
            "--passin",
            "file:phrase",
            "--out",
            "key.pem",
            "--force",
        ]);
        keys.signs("key.pem", &[]);
        let public = keys.ok(&["key", "public", "key.pem"]).stdout;
        let theirs = Tool::openssl("pkey")
            .args(["-in", &input, "-pubout", "-passin", "pass:open"])
            .dir(keys.folder.path())
            .ok();
        assert_eq!(public, theirs.text());
    }
    fs::write(
        keys.path("ed.key"),
        Tool::openssl("genpkey")
            .args(["-algorithm", "ED25519"])
            .ok()
            .stdout,
    )
    .unwrap();
    fs::write(keys.path("wrong"), "shut").unwrap();
    for (code, arguments) in [
        (5, &["--in", "enc8.key"][..]),
        (5, &["--in", "enc1.key", "--passin", "file:wrong"]),
        (1, &["--in", "ed.key"]),
        (1, &["--in", "message"]),
        (1, &["--in", "missing"]),
        (1, &["--in", "key.pem"]),
    ] {
        keys.fails(
            code,
            &[&["key", "import", "--out", "x.pem"], arguments].concat(),
        );
        assert!(!keys.path("x.pem").exists());
    }
    keys.snapshot("keys/software_keys_are_imported_plain_and_encrypted");
}

#[test]
fn keys_move_in_and_out_of_handles() {
    let keys = Keys::new();
    keys.ok(&["genkey", "-a", "ecdsa", "one.pem"]);
    keys.ok(&["genkey", "-a", "ecdsa", "--key-auth", "env:PIN", "two.pem"]);
    let put = keys.json(&["key", "persist", "one.pem"]).remove(0);
    assert_eq!(put["key"], "handle:0x81000100");
    keys.signs("handle:0x81000100", &[]);
    // Once more is no mistake; another key is.
    keys.ok(&["key", "persist", "one.pem", "--handle", "0x81000100"]);
    keys.fails(
        1,
        &["key", "persist", "two.pem", "--handle", "handle:0x81000100"],
    );
    let put = keys.json(&["key", "persist", "two.pem"]).remove(0);
    assert_eq!(put["handle"], "0x81000101");
    keys.shows(&["key", "show", "handle:0x81000101", "--json"]);
    keys.signs("handle:0x81000101", &["--key-auth", "env:PIN"]);

    keys.fails(1, &["key", "evict", "0x81000100"]);
    keys.fails(1, &["key", "evict", "0x81000100", "--key", "two.pem"]);
    keys.ok(&["key", "evict", "0x81000100", "--key", "one.pem"]);
    keys.ok(&["key", "evict", "handle:0x81000101", "--force"]);
    keys.fails(1, &["key", "evict", "0x81000101", "--force"]);
    for handle in ["0x80000001", "0x40000001", "me"] {
        keys.fails(2, &["key", "evict", handle]);
    }
    for key in ["handle:0x80000001", "handle:me"] {
        keys.fails(2, &["key", "show", key]);
    }
    keys.snapshot("keys/keys_move_in_and_out_of_handles");
}

#[test]
fn the_authorization_value_is_changed_in_the_file() {
    let keys = Keys::new();
    keys.ok(&["genkey", "-a", "ecdsa", "--key-auth", "env:PIN", "key.pem"]);
    let before = fs::read(keys.path("key.pem")).unwrap();
    fs::write(keys.path("new"), "a new and long secret").unwrap();
    keys.fails(
        5,
        &[
            "key",
            "passwd",
            "key.pem",
            "--key-auth",
            "pass:wrong",
            "--new-key-auth",
            "file:new",
        ],
    );
    assert_eq!(fs::read(keys.path("key.pem")).unwrap(), before);
    keys.ok(&[
        "key",
        "passwd",
        "key.pem",
        "--key-auth",
        "env:PIN",
        "--new-key-auth",
        "file:new",
    ]);
    keys.signs("key.pem", &["--key-auth", "file:new"]);
    assert_ne!(
        keys.run(&[
            "key",
            "sign",
            "--key",
            "key.pem",
            "--in",
            "message",
            "--key-auth",
            "env:PIN"
        ])
        .code,
        Some(0)
    );
    keys.ok(&[
        "key",
        "passwd",
        "key.pem",
        "--key-auth",
        "file:new",
        "--remove",
    ]);
    keys.signs("key.pem", &[]);
    keys.fails(5, &["key", "passwd", "key.pem"]);
    keys.fails(2, &["key", "passwd", "handle:0x81000001", "--remove"]);
    // A key that was wrapped for import is imported on the way.
    keys.ok(&["genkey", "-a", "ecdsa", "--importable", "wrapped.pem"]);
    keys.ok(&["key", "passwd", "wrapped.pem", "--new-key-auth", "file:new"]);
    keys.signs("wrapped.pem", &["--key-auth", "file:new"]);
    keys.snapshot("keys/the_authorization_value_is_changed_in_the_file");
}

#[test]
fn what_is_no_key_says_so() {
    let keys = Keys::new();
    keys.openssl_key("soft");
    keys.ok(&["genkey", "-a", "ecdsa", "key.pem"]);
    let text = fs::read_to_string(keys.path("key.pem")).unwrap();
    fs::write(keys.path("cut.pem"), &text[..text.len() / 2]).unwrap();
    fs::write(
        keys.path("big.pem"),
        format!("{text}{}", "\n".repeat(70_000)),
    )
    .unwrap();
    for file in ["message", "cut.pem", "big.pem", "missing", "."] {
        let refused = keys.show(&["key", "show", file]);
        assert_eq!(refused.code, Some(1), "{refused:?}");
    }
    keys.shows(&["key", "show", "soft.key"]);
    for command in [
        &["persist", "soft.key"][..],
        &["passwd", "soft.key", "--remove"],
        &["receive", "soft.key", "--out", "x.pem"],
    ] {
        keys.fails(1, &[&["key"], command].concat());
    }
    keys.fails(1, &["key", "receive", "key.pem", "--out", "x.pem"]);
    let other = Keys::new();
    fs::copy(keys.path("key.pem"), other.path("key.pem")).unwrap();
    other.ok(&["genkey", "-a", "ecdsa", "own.pem"]);
    other.fails(1, &["key", "sign", "--key", "key.pem", "--in", "message"]);
    keys.snapshot("keys/what_is_no_key_says_so_keys");
    other.snapshot("keys/what_is_no_key_says_so_other");
}
