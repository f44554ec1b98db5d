//! `genkey`, also under the name `tpm2tss-genkey`.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
    process::Command,
};

use tpm2ca_testkit::{Swtpm, Tool};

use crate::support::{Keys, Ran};

#[test]
fn every_kind_of_key_is_made_and_signs() {
    let keys = Keys::new();
    for (options, algorithm) in [
        (&[][..], "RSA-2048"),
        (&["-s", "3072"], "RSA-3072"),
        (&["-a", "ecdsa"], "P-256"),
        (&["-a", "ecdsa", "-c", "nist_p384"], "P-384"),
        (&["--alg", "ecdsa", "--curve", "nist_p521"], "P-521"),
    ] {
        let file = format!("{algorithm}.pem");
        let made = keys.ok(&[&["genkey", &file], options].concat());
        assert!(made.stdout.contains(algorithm), "{made:?}");
        assert!(made.stdout.contains("there is no copy"), "{made:?}");
        let mode = fs::metadata(keys.path(&file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        keys.signs(&file, &[]);
        let shown = keys.json(&["key", "show", &file]).remove(0);
        assert_eq!(shown["algorithm"], algorithm);
        assert_eq!(shown["only_one"], true);
        assert_eq!(shown["auth"], "none needed");
        assert_eq!(shown["lockout_protected"], false);
    }
}

#[test]
fn what_is_there_stays_unless_forced() {
    let keys = Keys::new();
    fs::write(keys.path("key.pem"), "precious").unwrap();
    let refused = keys.fails(1, &["genkey", "-a", "ecdsa", "key.pem"]);
    assert!(refused.stderr.contains("`key.pem` exists already"));
    assert_eq!(fs::read(keys.path("key.pem")).unwrap(), b"precious");
    keys.ok(&["genkey", "-a", "ecdsa", "key.pem", "--force"]);
    keys.signs("key.pem", &[]);
}

#[test]
fn authorization_values_come_from_every_source_and_are_guarded_by_their_length() {
    let keys = Keys::new();
    fs::write(keys.path("pin"), "4711\n").unwrap();
    let made = keys.ok(&[
        "genkey",
        "-a",
        "ecdsa",
        "--key-auth",
        "file:pin",
        "short.pem",
    ]);
    assert!(made.stderr.contains("after 3 wrong tries"), "{made:?}");
    let shown = keys.json(&["key", "show", "short.pem"]).remove(0);
    assert_eq!(shown["lockout_protected"], true);
    keys.signs("short.pem", &["--key-auth", "file:pin"]);
    let wrong = keys.fails(
        1,
        &[
            "key",
            "sign",
            "--key",
            "short.pem",
            "--in",
            "message",
            "--key-auth",
            "pass:0815",
        ],
    );
    assert!(wrong.stderr.contains("wrong authorization"), "{wrong:?}");
    let none = keys.fails(1, &["key", "sign", "--key", "short.pem", "--in", "message"]);
    assert!(none.stderr.contains("no terminal"), "{none:?}");

    fs::write(keys.path("secret"), "a long secret of a machine").unwrap();
    let made = keys.ok(&[
        "genkey",
        "-a",
        "ecdsa",
        "--key-auth",
        "file:secret",
        "long.pem",
    ]);
    assert!(!made.stderr.contains("wrong tries"), "{made:?}");
    keys.signs("long.pem", &["--key-auth", "file:secret"]);

    let visible = keys.ok(&[
        "genkey",
        "-a",
        "ecdsa",
        "-p",
        "a long secret in argv",
        "p.pem",
    ]);
    assert!(visible.stderr.contains("`-p` is visible to every user"));
    assert!(!visible.stderr.contains("long secret"));
    keys.signs("p.pem", &["--key-auth", "pass:a long secret in argv"]);
    let twice = keys.fails(2, &["genkey", "-p", "x", "--key-auth", "file:pin", "x.pem"]);
    assert!(twice.stderr.contains("twice"), "{twice:?}");
    let too_long = keys.fails(
        1,
        &["genkey", "-a", "ecdsa", "-p", &"x".repeat(33), "x.pem"],
    );
    assert!(
        too_long.stderr.contains("32 octets, got 33"),
        "{too_long:?}"
    );
}

#[test]
fn parents_of_every_kind() {
    // A software TPM inside the program is reset with each, and with it the null hierarchy.
    let swtpm = Swtpm::start();
    let keys = Keys::new().in_swtpm(&swtpm);
    keys.ok(&["key", "persist", "--storage-root"]);
    for parent in [
        "0x81000001",
        "81000001",
        "owner",
        "0x40000001",
        "0",
        "endorsement",
        "platform",
        "null",
    ] {
        let file = format!("{parent}.pem");
        let made = keys.ok(&["genkey", "-a", "ecdsa", "-P", parent, &file]);
        assert_eq!(
            made.stderr.contains("gone after the next reset"),
            parent == "null"
        );
        keys.signs(&file, &[]);
    }
    let nothing = keys.fails(1, &["genkey", "-a", "ecdsa", "-P", "0x81000077", "x.pem"]);
    assert!(
        nothing
            .stderr
            .contains("no key at the persistent handle 0x81000077")
    );
    let no_parent = keys.fails(2, &["genkey", "-P", "0x80000000", "x.pem"]);
    assert!(no_parent.stderr.contains("0x80000000"), "{no_parent:?}");
}

#[test]
fn what_the_tpm_cannot_do_is_refused_with_what_it_can() {
    let keys = Keys::new();
    for options in [
        &["-a", "sm2"][..],
        &["-a", "ecdsa", "-c", "sm2_p256"],
        &["-s", "4096"],
    ] {
        let refused = keys.fails(1, &[&["genkey", "x.pem"], options].concat());
        assert!(
            refused.stderr.contains("RSA-2048, RSA-3072, P-256"),
            "{refused:?}"
        );
    }
    for (options, word) in [
        (&["-a", "ecdsa", "-c", "secp256k1"][..], "secp256k1"),
        (&["-c", "nist_p256"], "--curve"),
        (&["-a", "ecdsa", "-s", "2048"], "--keysize"),
        (&["-u", "x"], "--private"),
        (&["-a", "dsa"], "dsa"),
    ] {
        let refused = keys.fails(2, &[&["genkey", "x.pem"], options].concat());
        assert!(refused.stderr.contains(word), "{refused:?}");
    }
    let refused = keys.fails(1, &["genkey", "-e", "3", "x.pem"]);
    assert!(refused.stderr.contains("65537"), "{refused:?}");
    assert!(!keys.path("x.pem").exists());
}

#[test]
fn under_the_name_of_tpm2tss_genkey_it_takes_its_place() {
    let keys = Keys::new();
    let name = keys.path("tpm2tss-genkey");
    symlink(env!("CARGO_BIN_EXE_tpm2ca"), &name).unwrap();
    let run = |arguments: &[&str]| {
        let ours = keys.command(&[]);
        let mut command = Command::new(&name);
        command.args(arguments).current_dir(keys.folder.path());
        for (variable, value) in ours.get_envs() {
            match value {
                Some(value) => command.env(variable, value),
                None => command.env_remove(variable),
            };
        }
        Ran::of(&mut command)
    };
    // The call of the blog posts, of which it says nothing.
    let made = run(&["-a", "rsa", "-s", "2048", "rsa.tss"]);
    assert_eq!(
        (made.code, made.stdout.as_str(), made.stderr.as_str()),
        (Some(0), "", "")
    );
    keys.signs("rsa.tss", &[]);
    // What does not go together is not looked at.
    let made = run(&[
        "-a",
        "ecdsa",
        "-c",
        "nist_p384",
        "-s",
        "2048",
        "-e",
        "3",
        "ec.tss",
    ]);
    assert_eq!(made.code, Some(0), "{made:?}");
    assert!(keys.ok(&["key", "show", "ec.tss"]).stdout.contains("P-384"));
    let made = run(&[
        "--password",
        "a long secret of a machine",
        "-t",
        &keys.tpm(),
        "-v",
        "auth.tss",
    ]);
    assert_eq!(made.code, Some(0), "{made:?}");
    assert!(
        made.stderr.contains("from --tpm") && made.stderr.contains("visible"),
        "{made:?}"
    );
    keys.signs(
        "auth.tss",
        &["--key-auth", "pass:a long secret of a machine"],
    );
    for (arguments, word) in [
        (&["genkey", "x.tss"][..], "x.tss"),
        (&["--json", "x.tss"], "--json"),
        (&[], "FILE"),
    ] {
        let refused = run(arguments);
        refused.assert_is_friendly();
        assert_eq!(refused.code, Some(2), "{refused:?}");
        assert!(
            refused.stderr.contains(word) && refused.stderr.contains("`tpm2tss-genkey --help`"),
            "{refused:?}"
        );
    }
    let help = run(&["-h"]);
    assert_eq!(help.code, Some(0));
    for letter in [
        "-a", "-c", "-e", "-s", "-p", "-o", "-P", "-W", "-u", "-r", "-t", "-v", "-h",
    ] {
        assert!(
            help.stdout.contains(&format!("  {letter}, --")),
            "{letter}: {}",
            help.stdout
        );
    }
}

#[test]
fn a_pair_of_tpm2_create_becomes_a_key_file_without_a_tpm() {
    let keys = Keys::new();
    let swtpm = Swtpm::start();
    keys.in_swtpm(&swtpm)
        .ok(&["key", "persist", "--storage-root"]);
    Tool::tpm2("tpm2_create", &swtpm)
        .args([
            "-C",
            "0x81000001",
            "-G",
            "ecc256:ecdsa-sha256",
            "-u",
            "key.pub",
            "-r",
            "key.priv",
            "-p",
            "sesame",
        ])
        .dir(keys.folder.path())
        .ok();
    Tool::tpm2("tpm2_flushcontext", &swtpm).arg("-t").run();
    let no_tpm = ["--tpm", "swtpm:path=/nowhere"];
    let wrap = |options: &[&str], file: &str| {
        keys.run(
            &[
                &["genkey", "-u", "key.pub", "-r", "key.priv", file][..],
                options,
                &no_tpm,
            ]
            .concat(),
        )
    };
    assert_eq!(
        wrap(&["-p", "sesame", "-P", "0x81000001"], "key.pem").code,
        Some(0)
    );
    keys.in_swtpm(&swtpm)
        .signs("key.pem", &["--key-auth", "pass:sesame"]);

    fs::write(keys.path("short.priv"), [0, 9, 1]).unwrap();
    for (public, private, word) in [
        ("message", "key.priv", "`message` is no TPM2B_PUBLIC"),
        ("key.pub", "short.priv", "`short.priv` is no TPM2B_PRIVATE"),
        ("missing", "key.priv", "cannot read `missing`"),
    ] {
        let refused = keys.fails(1, &["genkey", "-u", public, "-r", private, "x.pem"]);
        assert!(refused.stderr.contains(word), "{refused:?}");
        assert!(!keys.path("x.pem").exists());
    }
}

#[test]
fn keys_of_software_are_wrapped_for_this_tpm_or_another() {
    let (here, there) = (Keys::new(), Keys::new());
    here.ok(&["genkey", "-a", "ecdsa", "--importable", "here.pem"]);
    here.signs("here.pem", &[]);
    there.ok(&["key", "public", "--parent", "--out", "parent.pub"]);
    fs::copy(there.path("parent.pub"), here.path("parent.pub")).unwrap();
    here.ok(&[
        "genkey",
        "--importable=parent.pub",
        "there.pem",
        "--tpm",
        "swtpm:path=/nowhere",
    ]);
    let refused = here.fails(1, &["key", "sign", "--key", "there.pem", "--in", "message"]);
    assert!(refused.stderr.contains("not wrapped for"), "{refused:?}");
    fs::copy(here.path("there.pem"), there.path("key.pem")).unwrap();
    there.signs("key.pem", &[]);
    let shown = there.json(&["key", "show", "key.pem"]).remove(0);
    assert_eq!(shown["only_one"], false);
    assert!(
        shown["kind"].as_str().unwrap().contains("wrapped"),
        "{shown}"
    );
}

#[test]
fn the_program_makes_no_key_where_no_file_can_be() {
    let keys = Keys::new();
    for path in ["no/folder/key.pem", ".", "-"] {
        let ran = keys.run(&["genkey", "-a", "ecdsa", path]);
        ran.assert_is_friendly();
        assert_ne!(ran.code, Some(0), "{path}");
    }
    assert!(
        !Path::new(&keys.path("tpm")).exists(),
        "the TPM was not asked"
    );
}
