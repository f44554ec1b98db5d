//! Long-lived programs: threads, forked children, a TPM that is reset, a process that is killed.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use tpm2ca_tests::limits::{for_everybody, without_threads};
use tpm2ca_tests::modules::{engine, preload};
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

/// The same with the software TPM in the process, and a key `ec.tss` in it.
fn with_libtpms(world: &World) -> Signer {
    let software = format!("libtpms:{}", world.path("libtpms").display());
    let signer = signer(world);
    let text = String::from_utf8(world.read("openssl.cnf")).unwrap();
    world.write(
        "openssl.cnf",
        text.replace(&world.tpm.tcti().to_string(), &software),
    );
    for line in [
        "genpkey -algorithm EC -pkeyopt group:P-256 -propquery ?provider=tpm2 -out ec.tss",
        "pkey -in ec.tss -pubout -out ec.pub",
    ] {
        world.ours(line).env("TPM2CA_TCTI", &software).ok();
    }
    signer
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
fn children_sign_while_their_parent_is_in_the_software_tpm() {
    here(|world| {
        let mut signer = with_libtpms(world);
        signer.environment.push(("CHILDREN", "12".into()));
        let said = signer.signs("busy", "ec").text();
        assert_eq!(said.trim(), "12 good children");
    });
}

#[test]
fn the_child_of_a_killed_process_keeps_the_software_tpm_from_nobody() {
    here(|world| {
        let signer = with_libtpms(world);
        signer.leaves_a_child("ec", || {
            let tcti = format!("libtpms:{}", world.path("libtpms").display());
            world
                .ours("dgst -sha256 -sign ec.tss -out signature message")
                .env("TPM2CA_TCTI", tcti)
                .ok();
        });
    });
}

#[test]
fn two_modules_take_turns_with_software_tpms() {
    here(|world| {
        let mut signer = with_libtpms(world);
        let other = format!("libtpms:{}", world.path("other").display());
        for line in [
            "genpkey -algorithm EC -pkeyopt group:P-256 -propquery ?provider=tpm2 -out other.tss",
            "pkey -in other.tss -pubout -out other.pub",
        ] {
            world.ours(line).env("TPM2CA_TCTI", &other).ok();
        }
        signer.engine = Some(engine());
        signer.environment.push(("ENGINE_TCTI", other.into()));
        let said = signer.signs("both", "ec").text();
        assert_eq!(said.trim(), "160 good signatures");
    });
}

#[test]
fn freeing_a_key_does_not_wait_for_the_tpm() {
    here(|world| {
        key(world);
        let mut signer = signer(world);
        let tpm = world.tpm.pid().to_string();
        signer.environment.push(("TPM_PROCESS", tpm.into()));
        let said = signer.signs("freeing", "ec").text();
        assert_eq!(said.trim(), "freed before the signature [True]");
        nothing_is_left(&world.tpm);
    });
}

#[test]
fn a_process_that_may_start_no_thread_signs() {
    here(|world| {
        key(world);
        let of_swtpm = world.configuration("");
        let sign = |world: &World, configuration: &Path| {
            for_everybody(world.folder.path());
            without_threads(Path::new("openssl"))
                .args(["dgst", "-sha256", "-sign", "ec.tss"])
                .args(["-out", "signature", "message"])
                .env("OPENSSL_CONF", configuration)
                .dir(world.folder.path())
                .ok();
            world
                .theirs("dgst -sha256 -verify ec.pub -signature signature message")
                .ok();
        };
        sign(world, &of_swtpm);
        with_libtpms(world);
        sign(world, &world.path("openssl.cnf"));
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
                .envs(preload())
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
