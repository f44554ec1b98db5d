//! Long-lived programs: threads, forked children, a TPM that is reset, a process that is killed.

use std::process::{Command, Stdio};
use std::time::Duration;

use tpm2ca_tests::signer::{Signer, nothing_is_left};

use crate::world::{World, here};

fn signer(world: &World) -> Signer {
    Signer {
        folder: world.folder.path().to_owned(),
        libcrypto: "libcrypto.so.3".into(),
        engine: None,
        environment: vec![("OPENSSL_CONF", world.configuration("").into())],
    }
}

fn key(world: &World) {
    world.key_and_certificate("ec");
    world.public_key("ec");
}

#[test]
fn eight_threads_sign_a_hundred_times_each() {
    here(|world| {
        key(world);
        let said = signer(world).signs("threads", "ec").text();
        assert_eq!(said.trim(), "800 good signatures");
        nothing_is_left(&world.tpm);
    });
}

#[test]
fn eight_forked_children_sign() {
    here(|world| {
        key(world);
        let said = signer(world).signs("children", "ec").text();
        assert_eq!(said.trim(), "8 good children");
        nothing_is_left(&world.tpm);
    });
}

#[test]
fn a_child_signs_while_its_parent_has_the_tpm() {
    here(|world| {
        key(world);
        let said = signer(world).signs("busy", "ec").text();
        assert_eq!(said.trim(), "8 good children");
    });
}

#[test]
fn the_tpm_is_restarted_between_two_signatures() {
    here(|world| {
        key(world);
        let signer = signer(world);
        signer.signs_before_and_after("ec", || world.tpm.restart());
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
