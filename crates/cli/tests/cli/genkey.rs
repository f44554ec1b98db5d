//! `genkey`, also under the name `tpm2tss-genkey`.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
    process::Command,
};

use tpm2ca_testkit::{Swtpm, Tool};

use crate::support::Keys;

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
        keys.shows(&[&["genkey", &file], options].concat());
        let mode = fs::metadata(keys.path(&file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        keys.signs(&file, &[]);
        let shown = keys.json(&["key", "show", &file]).remove(0);
        assert_eq!(shown["algorithm"], algorithm);
        assert_eq!(shown["only_one"], true);
        assert_eq!(shown["auth"], "none needed");
        assert_eq!(shown["lockout_protected"], false);
    }
    keys.snapshot("genkey/every_kind_of_key_is_made_and_signs");
}

#[test]
fn what_is_there_stays_unless_forced() {
    let keys = Keys::new();
    fs::write(keys.path("key.pem"), "precious").unwrap();
    keys.fails(1, &["genkey", "-a", "ecdsa", "key.pem"]);
    assert_eq!(fs::read(keys.path("key.pem")).unwrap(), b"precious");
    keys.ok(&["genkey", "-a", "ecdsa", "key.pem", "--force"]);
    keys.signs("key.pem", &[]);
    keys.snapshot("genkey/what_is_there_stays_unless_forced");
}

#[test]
fn authorization_values_come_from_every_source_and_are_guarded_by_their_length() {
    let keys = Keys::new();
    fs::write(keys.path("pin"), "4711\n").unwrap();
    keys.shows(&[
        "genkey",
        "-a",
        "ecdsa",
        "--key-auth",
        "file:pin",
        "short.pem",
    ]);
    let shown = keys.json(&["key", "show", "short.pem"]).remove(0);
    assert_eq!(shown["lockout_protected"], true);
    keys.signs("short.pem", &["--key-auth", "file:pin"]);
    keys.fails(
        5,
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
    keys.fails(5, &["key", "sign", "--key", "short.pem", "--in", "message"]);

    fs::write(keys.path("secret"), "a long secret of a machine").unwrap();
    keys.shows(&[
        "genkey",
        "-a",
        "ecdsa",
        "--key-auth",
        "file:secret",
        "long.pem",
    ]);
    keys.signs("long.pem", &["--key-auth", "file:secret"]);

    let visible = keys.shows(&[
        "genkey",
        "-a",
        "ecdsa",
        "-p",
        "a long secret in argv",
        "p.pem",
    ]);
    assert!(!visible.stderr.contains("long secret"));
    keys.signs("p.pem", &["--key-auth", "pass:a long secret in argv"]);
    keys.fails(2, &["genkey", "-p", "x", "--key-auth", "file:pin", "x.pem"]);
    keys.fails(
        1,
        &["genkey", "-a", "ecdsa", "-p", &"x".repeat(33), "x.pem"],
    );
    keys.snapshot(
        "genkey/authorization_values_come_from_every_source_and_are_guarded_by_their_length",
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
        keys.shows(&["genkey", "-a", "ecdsa", "-P", parent, &file]);
        keys.signs(&file, &[]);
    }
    keys.fails(1, &["genkey", "-a", "ecdsa", "-P", "0x81000077", "x.pem"]);
    keys.fails(2, &["genkey", "-P", "0x80000000", "x.pem"]);
    keys.snapshot("genkey/parents_of_every_kind");
}

#[test]
fn what_the_tpm_cannot_do_is_refused_with_what_it_can() {
    let keys = Keys::new();
    for options in [
        &["-a", "sm2"][..],
        &["-a", "ecdsa", "-c", "sm2_p256"],
        &["-s", "4096"],
    ] {
        keys.fails(1, &[&["genkey", "x.pem"], options].concat());
    }
    for options in [
        &["-a", "ecdsa", "-c", "secp256k1"][..],
        &["-c", "nist_p256"],
        &["-a", "ecdsa", "-s", "2048"],
        &["-u", "x"],
        &["-a", "dsa"],
    ] {
        keys.fails(2, &[&["genkey", "x.pem"], options].concat());
    }
    keys.fails(1, &["genkey", "-e", "3", "x.pem"]);
    assert!(!keys.path("x.pem").exists());
    keys.snapshot("genkey/what_the_tpm_cannot_do_is_refused_with_what_it_can");
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
        keys.show_of(
            &[&["(as tpm2tss-genkey)"], arguments].concat(),
            &mut command,
        )
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
    keys.shows(&["key", "show", "ec.tss"]);
    let made = run(&[
        "--password",
        "a long secret of a machine",
        "-t",
        &keys.tpm(),
        "-v",
        "auth.tss",
    ]);
    assert_eq!(made.code, Some(0), "{made:?}");
    keys.signs(
        "auth.tss",
        &["--key-auth", "pass:a long secret of a machine"],
    );
    for arguments in [&["genkey", "x.tss"][..], &["--json", "x.tss"], &[]] {
        let refused = run(arguments);
        refused.assert_is_friendly();
        assert_eq!(refused.code, Some(2), "{refused:?}");
    }
    let help = run(&["-h"]);
    assert_eq!(help.code, Some(0));
    keys.snapshot("genkey/under_the_name_of_tpm2tss_genkey_it_takes_its_place");
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
    for (public, private) in [
        ("message", "key.priv"),
        ("key.pub", "short.priv"),
        ("missing", "key.priv"),
    ] {
        keys.fails(1, &["genkey", "-u", public, "-r", private, "x.pem"]);
        assert!(!keys.path("x.pem").exists());
    }
    keys.snapshot("genkey/a_pair_of_tpm2_create_becomes_a_key_file_without_a_tpm");
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
    here.fails(1, &["key", "sign", "--key", "there.pem", "--in", "message"]);
    fs::copy(here.path("there.pem"), there.path("key.pem")).unwrap();
    there.signs("key.pem", &[]);
    there.shows(&["key", "show", "key.pem", "--json"]);
    here.snapshot("genkey/keys_of_software_are_wrapped_here");
    there.snapshot("genkey/keys_of_software_are_wrapped_there");
}

#[test]
fn the_program_makes_no_key_where_no_file_can_be() {
    let keys = Keys::new();
    for path in ["no/folder/key.pem", ".", "-"] {
        let ran = keys.show(&["genkey", "-a", "ecdsa", path]);
        ran.assert_is_friendly();
        assert_ne!(ran.code, Some(0), "{path}");
    }
    assert!(
        !Path::new(&keys.path("tpm")).exists(),
        "the TPM was not asked"
    );
    keys.snapshot("genkey/the_program_makes_no_key_where_no_file_can_be");
}
