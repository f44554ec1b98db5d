//! Long-lived programs: threads, forked children, a TPM that is restarted, keys that are copied.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use tpm2ca_testkit::{Ran, Tool};

use crate::world::{World, clean, everywhere, libcrypto};

/// A program in Python that calls libcrypto.
const SIGNER: &str = include_str!("signer.py");

fn signer(world: &World, mode: &str, kind: &str) -> Ran {
    clean(Tool::python(SIGNER))
        .arg(mode)
        .arg(libcrypto(&world.openssl))
        .arg(world.path("engines/tpm2tss.so"))
        .args([format!("{kind}.tss"), format!("{kind}.pub")])
        .env("OPENSSL_CONF", "/dev/null")
        .env("ENGINE_TCTI", world.tpm.tcti().to_string())
        .dir(world.folder.path())
        .ok()
}

#[test]
fn eight_threads_sign_a_hundred_times_each() {
    everywhere(|world| {
        world.key_pair("ec");
        let said = signer(world, "threads", "ec");
        assert_eq!(
            said.text().trim(),
            "800 good signatures",
            "{}",
            said.report()
        );
        nothing_is_left(world);
    });
}

#[test]
fn eight_forked_children_sign() {
    everywhere(|world| {
        for kind in ["ec", "rsa"] {
            world.key_pair(kind);
            let said = signer(world, "children", kind);
            assert_eq!(said.text().trim(), "8 good children", "{}", said.report());
            nothing_is_left(world);
        }
    });
}

#[test]
fn a_child_signs_while_its_parent_has_the_tpm() {
    everywhere(|world| {
        world.key_pair("ec");
        let said = signer(world, "busy", "ec");
        assert_eq!(said.text().trim(), "8 good children", "{}", said.report());
    });
}

#[test]
fn a_copied_key_signs_after_the_original_is_gone() {
    everywhere(|world| {
        world.key_pair("ec");
        let said = signer(world, "copies", "ec").text();
        assert_eq!(said.trim(), "signed by the copy");
    });
}

#[test]
fn the_tpm_is_restarted_between_two_signatures() {
    everywhere(|world| {
        world.key_pair("ec");
        let mut child = Command::new("/usr/bin/python3")
            .args(["-c", SIGNER, "twice"])
            .arg(libcrypto(&world.openssl))
            .arg(world.path("engines/tpm2tss.so"))
            .args(["ec.tss", "ec.pub"])
            .env("OPENSSL_CONF", "/dev/null")
            .env("ENGINE_TCTI", world.tpm.tcti().to_string())
            .current_dir(world.folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert_eq!(lines.next().unwrap().unwrap(), "signed");
        world.tpm.restart();
        child.stdin.take().unwrap().write_all(b"go on\n").unwrap();
        assert_eq!(lines.next().unwrap().unwrap(), "signed");
        assert!(child.wait().unwrap().success());
    });
}

/// No key and no session of ours is in the TPM.
fn nothing_is_left(world: &World) {
    for kind in ["handles-transient", "handles-loaded-session"] {
        let left = Tool::tpm2("tpm2_getcap", &world.tpm).arg(kind).ok().text();
        assert!(!left.contains("0x"), "{kind}: {left}");
    }
}
