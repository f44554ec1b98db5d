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
    let there = keys.fails(1, &["key", "public", "key.pem", "--out", "parent.pub"]);
    assert!(there.stderr.contains("exists already"));
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
    for (policy, word) in [
        ("signed:approver.pub", "approval"),
        ("locality:3", "locality 3"),
        ("command:certify", "not for TPM2_Sign"),
        ("secret:endorsement and locality:1", "locality 1"),
    ] {
        keys.ok(&[
            "genkey", "-a", "ecdsa", "--policy", policy, "key.pem", "--force",
        ]);
        let refused = keys.run(&["key", "sign", "--key", "key.pem", "--in", "message"]);
        assert_eq!(refused.code, Some(1), "{policy}");
        assert!(refused.stderr.contains(word), "{policy}: {refused:?}");
    }
}

#[test]
fn a_policy_that_makes_no_sense_is_refused_before_a_key_is_made() {
    let keys = Keys::new();
    keys.openssl_key("signer");
    for (options, code, word) in [
        (&["--policy", "authvalue"][..], 2, "--key-auth"),
        (
            &["--policy", "locality:0", "--key-auth", "env:PIN"],
            2,
            "never asks for",
        ),
        (
            &["--policy", "locality:0 and authorize:signer.pub"],
            2,
            "first condition",
        ),
        (
            &["--policy", "authorize:signer.pub or locality:0"],
            2,
            "first condition",
        ),
        (&["--policy", "authorize:missing.pub"], 1, "missing.pub"),
        (&["--policy", "authorize:message"], 1, "no public key"),
        (&["--policy", "weekday:monday"], 2, "weekday"),
        (&["--pcr", "sha256:24"], 2, "24"),
        (&["--pcr", "sha1:0"], 2, "sha1"),
        (&["--policy", "secret:0x81000055"], 1, "0x81000055"),
        (&["--duplicable-to", "message"], 1, "no key can be wrapped"),
    ] {
        let refused = keys.run(&[&["genkey", "-a", "ecdsa", "key.pem"], options].concat());
        assert_eq!(refused.code, Some(code), "{options:?}: {refused:?}");
        assert!(refused.stderr.contains(word), "{options:?}: {refused:?}");
        assert!(
            refused.stderr.contains("hint: "),
            "{options:?}: {refused:?}"
        );
        assert!(!keys.path("key.pem").exists());
    }
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
        let done = keys.ok(&[
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
        assert!(done.stderr.contains("a copy of the key exists"), "{done:?}");
        assert!(done.stdout.contains("a copy existed"), "{done:?}");
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
    for (arguments, word) in [
        (&["--in", "enc8.key"][..], "needs a pass phrase"),
        (
            &["--in", "enc1.key", "--passin", "file:wrong"],
            "does not open",
        ),
        (&["--in", "ed.key"], "Ed25519"),
        (&["--in", "message"], "exactly one PEM block"),
        (&["--in", "missing"], "cannot read `missing`"),
        (&["--in", "key.pem"], "lives in a TPM"),
    ] {
        let refused = keys.fails(
            1,
            &[&["key", "import", "--out", "x.pem"], arguments].concat(),
        );
        assert!(refused.stderr.contains(word), "{arguments:?}: {refused:?}");
        assert!(!keys.path("x.pem").exists());
    }
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
    let taken = keys.fails(
        1,
        &["key", "persist", "two.pem", "--handle", "handle:0x81000100"],
    );
    assert!(
        taken.stderr.contains("is taken by a P-256 signing key"),
        "{taken:?}"
    );
    let put = keys.json(&["key", "persist", "two.pem"]).remove(0);
    assert_eq!(put["handle"], "0x81000101");
    let shown = keys.json(&["key", "show", "handle:0x81000101"]).remove(0);
    assert!(
        shown["auth"].as_str().unwrap().contains("perhaps"),
        "{shown}"
    );
    keys.signs("handle:0x81000101", &["--key-auth", "env:PIN"]);

    let kept = keys.fails(1, &["key", "evict", "0x81000100"]);
    assert!(
        kept.stderr.contains("--key FILE") && kept.stderr.contains("--force"),
        "{kept:?}"
    );
    let other = keys.fails(1, &["key", "evict", "0x81000100", "--key", "two.pem"]);
    assert!(
        other.stderr.contains("not the key of `two.pem`"),
        "{other:?}"
    );
    keys.ok(&["key", "evict", "0x81000100", "--key", "one.pem"]);
    keys.ok(&["key", "evict", "handle:0x81000101", "--force"]);
    let gone = keys.fails(1, &["key", "evict", "0x81000101", "--force"]);
    assert!(
        gone.stderr.contains("nothing at the persistent handle"),
        "{gone:?}"
    );
    for handle in ["0x80000001", "0x40000001", "me"] {
        keys.fails(2, &["key", "evict", handle]);
    }
    for key in ["handle:0x80000001", "handle:me"] {
        keys.fails(2, &["key", "show", key]);
    }
}

#[test]
fn the_authorization_value_is_changed_in_the_file() {
    let keys = Keys::new();
    keys.ok(&["genkey", "-a", "ecdsa", "--key-auth", "env:PIN", "key.pem"]);
    let before = fs::read(keys.path("key.pem")).unwrap();
    fs::write(keys.path("new"), "a new and long secret").unwrap();
    let wrong = keys.fails(
        1,
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
    assert!(wrong.stderr.contains("wrong authorization"), "{wrong:?}");
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
    let silent = keys.fails(1, &["key", "passwd", "key.pem"]);
    assert!(silent.stderr.contains("--new-key-auth"), "{silent:?}");
    let handle = keys.fails(2, &["key", "passwd", "handle:0x81000001", "--remove"]);
    assert!(handle.stderr.contains("in a file only"), "{handle:?}");
    // A key that was wrapped for import is imported on the way.
    keys.ok(&["genkey", "-a", "ecdsa", "--importable", "wrapped.pem"]);
    keys.ok(&["key", "passwd", "wrapped.pem", "--new-key-auth", "file:new"]);
    keys.signs("wrapped.pem", &["--key-auth", "file:new"]);
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
    for (file, word) in [
        ("message", "no `TSS2 PRIVATE KEY` block"),
        ("cut.pem", "damaged"),
        ("big.pem", "at most 65536"),
        ("missing", "no such file"),
        (".", "folder"),
    ] {
        let refused = keys.run(&["key", "show", file]);
        assert_eq!(refused.code, Some(1), "{refused:?}");
        assert!(refused.stderr.contains(word), "{file}: {refused:?}");
        assert!(refused.stderr.contains(file), "{file}: {refused:?}");
    }
    let soft = keys.ok(&["key", "show", "soft.key"]);
    assert!(
        soft.stdout.contains("whoever reads the file has the key"),
        "{soft:?}"
    );
    for command in [
        &["persist", "soft.key"][..],
        &["passwd", "soft.key", "--remove"],
        &["receive", "soft.key", "--out", "x.pem"],
    ] {
        let refused = keys.fails(1, &[&["key"], command].concat());
        assert!(refused.stderr.contains("tpm2ca key import"), "{refused:?}");
    }
    let receive = keys.fails(1, &["key", "receive", "key.pem", "--out", "x.pem"]);
    assert!(
        receive.stderr.contains("not wrapped for import"),
        "{receive:?}"
    );
    let other = Keys::new();
    fs::copy(keys.path("key.pem"), other.path("key.pem")).unwrap();
    other.ok(&["genkey", "-a", "ecdsa", "own.pem"]);
    let refused = other.fails(1, &["key", "sign", "--key", "key.pem", "--in", "message"]);
    assert!(refused.stderr.contains("another TPM"), "{refused:?}");
}
