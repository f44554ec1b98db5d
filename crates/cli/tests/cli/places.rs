//! Which CA and which TPM are meant.

use std::{
    fs,
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::Path,
    process::Command,
};

use tpm2ca_store::{SqliteStore, Store};
use tpm2ca_testkit::{Tool, temp_dir};

use crate::support::{Ca, Ran, files, tpm2ca};

#[test]
fn the_ca_directory_and_its_fallbacks() {
    let ca = Ca::empty();
    let folder = &ca.folder;
    let home = |name: &str| folder.path().join(name);
    let init = ["init", "--name", "A", "--tpm", "libtpms:tpm", "--quiet"];
    for (variable, value, made) in [
        ("TPM2CA_DIR", home("a"), "a/ca.toml"),
        ("XDG_DATA_HOME", home("b"), "b/tpm2ca/ca.toml"),
        ("HOME", home("c"), "c/.local/share/tpm2ca/ca.toml"),
    ] {
        let ran = Ran::of(tpm2ca(folder.path(), &init).env(variable, value));
        assert_eq!(ran.code, Some(0), "{variable}: {ran:?}");
        assert!(folder.path().join(made).exists(), "{variable}");
    }
    // What is empty is as good as unset, and a relative XDG_DATA_HOME is ignored.
    let ran = Ran::of(
        tpm2ca(folder.path(), &["list"])
            .env("TPM2CA_DIR", "")
            .env("XDG_DATA_HOME", "b")
            .env("HOME", home("c")),
    );
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let list = || tpm2ca(folder.path(), &["list"]);
    let ran = ca.show_of(&["list"], list().env("HOME", ""));
    assert_eq!(ran.code, Some(2), "{ran:?}");
    ran.assert_is_friendly();
    let ran = ca.show_of(&["list"], list().env("HOME", "/nowhere"));
    assert_eq!(ran.code, Some(1), "{ran:?}");
    ca.snapshot("places/the_ca_directory_and_its_fallbacks");
}

#[test]
fn a_ca_with_its_software_tpm_inside_can_be_moved() {
    let folder = temp_dir();
    let run = |arguments: &[&str]| {
        let ran = Ran::of(&mut tpm2ca(folder.path(), arguments));
        assert_eq!(ran.code, Some(0), "{arguments:?}: {ran:?}");
    };
    run(&[
        "init",
        "--name",
        "A",
        "--ca",
        "one place",
        "--tpm",
        "libtpms:one place/tpm",
    ]);
    run(&["issue", "--ca", "one place", "a.example.com"]);
    fs::rename(
        folder.path().join("one place"),
        folder.path().join("another"),
    )
    .unwrap();
    run(&["issue", "--ca", "another", "b.example.com"]);
    run(&[
        "crl",
        "--ca",
        folder.path().join("another").to_str().unwrap(),
    ]);
}

#[test]
fn a_software_tpm_that_is_gone_is_not_replaced_by_a_new_one() {
    let ca = Ca::new(&[]);
    let csr = ca.csr("a.example.com");
    let before = ca.counts();
    fs::rename(ca.path("tpm"), ca.path("moved")).unwrap();
    for arguments in [
        &["sign", "--in", &csr][..],
        &["issue", "b.example.com"],
        &["crl"],
    ] {
        ca.fails(3, arguments);
    }
    assert!(!ca.path("tpm").exists());
    assert_eq!(ca.counts(), before);
    ca.ok(&["sign", "--in", &csr, "--tpm", "libtpms:moved"]);
    ca.snapshot("places/a_software_tpm_that_is_gone_is_not_replaced_by_a_new_one");
}

#[test]
fn a_variable_that_names_no_tpm_is_named() {
    let ca = Ca::new(&[]);
    for variable in [
        "TPM2CA_TCTI",
        "TPM2OPENSSL_TCTI",
        "TPM2TSSENGINE_TCTI",
        "TPM2TOOLS_TCTI",
    ] {
        let ran = ca.show_of(
            &["crl"],
            ca.command(&["crl"])
                .env(variable, "tabrmd:bus_type=session"),
        );
        assert_eq!(ran.code, Some(2), "{ran:?}");
        ran.assert_is_friendly();
        // The option goes before it, and what needs no TPM does not look.
        for arguments in [&["crl", "--tpm", "libtpms:tpm"][..], &["list"]] {
            let ran = Ran::of(
                ca.command(arguments)
                    .env(variable, "tabrmd:bus_type=session"),
            );
            assert_eq!(ran.code, Some(0), "{ran:?}");
        }
    }
    ca.ok(&["crl", "--tpm", "libtpms:tpm"]);
    ca.snapshot("places/a_variable_that_names_no_tpm_is_named");
}

#[test]
fn no_tpm_is_exit_code_3_and_leaves_nothing() {
    let nowhere = Ca::empty();
    for tcti in [
        "device:/no/such/tpm",
        "swtpm:host=127.0.0.1,port=1",
        "swtpm:path=socket",
    ] {
        let init = ["init", "--ca", "ca", "--name", "A", "--tpm", tcti];
        for arguments in [&init[..], &["tpm", "info", "--tpm", tcti]] {
            nowhere.fails(3, arguments);
        }
        assert!(nowhere.files().is_empty(), "{tcti}");
    }
    nowhere.snapshot("places/no_tpm_is_exit_code_3_and_leaves_nothing");
}

#[test]
fn init_beside_what_is_there() {
    let ca = Ca::new(&[]);
    let before = files(&ca.path("ca"));
    ca.fails(1, &["init", "--name", "Again", "--tpm", "libtpms:tpm"]);
    assert_eq!(files(&ca.path("ca")), before);
    for wrong in [
        &["--intermediate-days", "99999"][..],
        &["--permit-dns", "no name"],
        &["--crl-url", "nope"],
    ] {
        let init = [
            "init",
            "--ca",
            "other",
            "--name",
            "A",
            "--tpm",
            "libtpms:tpm",
        ];
        let ran = ca.show(&[&init, wrong].concat());
        assert_eq!(ran.code, Some(1), "{ran:?}");
        assert!(!ca.path("other").exists(), "{wrong:?}");
    }
    let ran = ca.run(&[
        "init",
        "--ca",
        "a.csr/ca",
        "--name",
        "A",
        "--tpm",
        "libtpms:tpm",
    ]);
    assert_eq!(ran.code, Some(0), "folders above are made: {ran:?}");
    let trial = ca.path("trial");
    fs::create_dir(&trial).unwrap();
    fs::write(trial.join("diary"), "mine").unwrap();
    ca.fails(1, &["demo", "trial"]);
    assert_eq!(files(&trial), ["diary"]);
    ca.snapshot("places/init_beside_what_is_there");
}

/// The program as a user who may read everything in the folder and write nothing.
fn as_reader(folder: &Path, arguments: &[&str]) -> Command {
    // Another user may not be able to reach where the program was built.
    let program = folder.join("program");
    if !program.exists() {
        fs::copy(env!("CARGO_BIN_EXE_tpm2ca"), &program).unwrap();
        Tool::new("chmod").args(["-R", "a+rX"]).arg(folder).ok();
        Tool::new("chmod")
            .args(["-R", "a-w"])
            .arg(folder.join("ca"))
            .ok();
    }
    let is_root = Tool::new("id").arg("-u").ok().text().trim() == "0";
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir(folder)
        .env("TPM2CA_DIR", "ca");
    if is_root {
        // Root may write everywhere.
        command.uid(NOBODY).gid(NOBODY);
    }
    command
}

const NOBODY: u32 = 65534;

const READ: &[&[&str]] = &[&["list"], &["show", "b.example.com.crt"], &["db", "check"]];

#[test]
fn a_ca_that_may_only_be_read_while_its_owner_has_it_open() {
    let ca = Ca::new(&[]);
    let csr = ca.csr("a.example.com");
    ca.ok(&["issue", "b.example.com"]);
    fs::set_permissions(ca.folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let owner = SqliteStore::open(&ca.path("ca/records.db")).unwrap();
    assert_eq!(owner.issuers().unwrap().len(), 2);
    for arguments in READ {
        let ran = Ran::of(&mut as_reader(ca.folder.path(), arguments));
        assert_eq!(ran.code, Some(0), "{arguments:?}: {ran:?}");
    }
    drop(owner);
    for arguments in [
        &["sign", "--in", &csr][..],
        &["crl"],
        &["revoke", "b.example.com.crt"],
    ] {
        let ran = Ran::of(&mut as_reader(ca.folder.path(), arguments));
        assert_ne!(ran.code, Some(0), "{arguments:?}: {ran:?}");
        ran.assert_is_friendly();
    }
    // For the folder to be removed.
    Tool::new("chmod")
        .args(["-R", "u+w"])
        .arg(ca.folder.path())
        .ok();
    assert_eq!(ca.counts().0, 3);
}

/// SQLite may need to make a file even to read. Then it is said who can.
#[test]
fn a_ca_that_may_only_be_read() {
    let ca = Ca::new(&[]);
    ca.ok(&["issue", "b.example.com"]);
    fs::set_permissions(ca.folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    for arguments in READ {
        let ran = Ran::of(&mut as_reader(ca.folder.path(), arguments));
        if ran.code != Some(0) {
            assert_eq!(ran.code, Some(1), "{arguments:?}: {ran:?}");
            ran.assert_is_friendly();
            assert!(ran.stderr.contains("sudo -u"), "{arguments:?}: {ran:?}");
        }
    }
    Tool::new("chmod")
        .args(["-R", "u+w"])
        .arg(ca.folder.path())
        .ok();
}

#[test]
fn a_ca_of_somebody_else() {
    let ca = Ca::new(&[]);
    let csr = ca.csr("a.example.com");
    fs::set_permissions(ca.folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let mut list = as_reader(ca.folder.path(), &["list"]);
    fs::set_permissions(ca.path("ca"), fs::Permissions::from_mode(0o000)).unwrap();
    for command in [
        &mut list,
        &mut as_reader(ca.folder.path(), &["sign", "--in", &csr]),
    ] {
        let ran = ca.show_of(&["(as somebody else)"], command);
        assert_eq!(ran.code, Some(1), "{ran:?}");
        ran.assert_is_friendly();
    }
    Tool::new("chmod")
        .args(["-R", "u+rwX"])
        .arg(ca.folder.path())
        .ok();
    ca.snapshot("places/a_ca_of_somebody_else");
}
