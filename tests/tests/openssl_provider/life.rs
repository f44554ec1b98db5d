//! Long-lived programs: threads, forked children, a TPM that is reset, a process that is killed.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use tpm2ca_testkit::{Ran, Tool};

use crate::world::{World, clean, here};

/// A program in Python that calls the system's libcrypto.
const SIGNER: &str = include_str!("signer.py");

fn signer(world: &World, mode: &str) -> Ran {
    let configuration = world.configuration("");
    clean(Tool::python(SIGNER))
        .args([mode, "ec.tss", "ec.pub"])
        .env("OPENSSL_CONF", configuration)
        .dir(world.folder.path())
        .ok()
}

fn key(world: &World) {
    world.key_and_certificate("ec");
    world.public_key("ec");
}

#[test]
fn eight_threads_sign_a_hundred_times_each() {
    here(|world| {
        key(world);
        let said = signer(world, "threads").text();
        assert_eq!(said.trim(), "800 good signatures");
        nothing_is_left(world);
    });
}

#[test]
fn eight_forked_children_sign() {
    here(|world| {
        key(world);
        let said = signer(world, "children").text();
        assert_eq!(said.trim(), "8 good children");
        nothing_is_left(world);
    });
}

#[test]
fn a_child_signs_while_its_parent_has_the_tpm() {
    here(|world| {
        key(world);
        let said = signer(world, "busy").text();
        assert_eq!(said.trim(), "8 good children");
    });
}

#[test]
fn the_tpm_is_restarted_between_two_signatures() {
    here(|world| {
        key(world);
        let configuration = world.configuration("");
        let mut child = Command::new("/usr/bin/python3")
            .args(["-c", SIGNER, "twice", "ec.tss", "ec.pub"])
            .env("OPENSSL_CONF", configuration)
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

#[test]
fn killed_processes_take_no_room_for_ever() {
    here(|world| {
        key(world);
        for delay in [2, 4, 6, 8, 10, 12, 14, 17, 20, 25, 30, 40] {
            let mut child = Command::new("openssl")
                .arg("dgst")
                .args(world.providers())
                .args(["-sha256", "-sign", "ec.tss", "-out", "x", "message"])
                .env("TPM2CA_TCTI", world.tpm.tcti().to_string())
                .env("OPENSSL_CONF", "/dev/null")
                .current_dir(world.folder.path())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            std::thread::sleep(Duration::from_millis(delay));
            let _ = child.kill();
            child.wait().unwrap();
        }
        for _ in 0..4 {
            world
                .ours("dgst -sha256 -sign ec.tss -out signature message")
                .ok();
            world
                .theirs("dgst -sha256 -verify ec.pub -signature signature message")
                .ok();
        }
    });
}

/// No key and no session of ours is in the TPM.
fn nothing_is_left(world: &World) {
    for kind in ["handles-transient", "handles-loaded-session"] {
        let left = Tool::tpm2("tpm2_getcap", &world.tpm).arg(kind).ok().text();
        assert!(!left.contains("0x"), "{kind}: {left}");
    }
}
