//! Long-lived programs: threads, forked children, a TPM that is restarted, keys that are copied.

use std::path::Path;

use tpm2ca_tests::limits::{for_everybody, without_threads};
use tpm2ca_tests::openssl_versions::OpenSsl;
use tpm2ca_tests::signer::{Signer, nothing_is_left};

use crate::world::{World, everywhere, libcrypto};

fn signer(world: &World) -> Signer {
    Signer {
        folder: world.folder.path().to_owned(),
        libcrypto: libcrypto(&world.openssl),
        engine: Some(world.path("engines/tpm2tss.so")),
        environment: vec![
            ("OPENSSL_CONF", "/dev/null".into()),
            ("ENGINE_TCTI", world.tpm.tcti().to_string().into()),
        ],
    }
}

#[test]
fn eight_threads_sign_a_hundred_times_each() {
    everywhere(|world| {
        world.key_pair("ec");
        let said = signer(world).signs("threads", "ec");
        assert_eq!(
            said.text().trim(),
            "800 good signatures",
            "{}",
            said.report()
        );
        nothing_is_left(&world.tpm);
    });
}

#[test]
fn eight_forked_children_sign() {
    everywhere(|world| {
        for kind in ["ec", "rsa"] {
            world.key_pair(kind);
            let said = signer(world).signs("children", kind);
            assert_eq!(said.text().trim(), "8 good children", "{}", said.report());
            nothing_is_left(&world.tpm);
        }
    });
}

#[test]
fn a_child_signs_while_its_parent_has_the_tpm() {
    everywhere(|world| {
        world.key_pair("ec");
        let said = signer(world).signs("busy", "ec");
        assert_eq!(said.text().trim(), "8 good children", "{}", said.report());
    });
}

#[test]
fn a_process_that_may_start_no_thread_signs() {
    // The others are in folders that another user may not read.
    let world = World::new(OpenSsl::system());
    world.key_pair("ec");
    for_everybody(world.folder.path());
    without_threads(Path::new("openssl"))
        .args(["dgst", "-engine", "tpm2tss", "-keyform", "engine"])
        .args(["-sha256", "-sign", "ec.tss", "-out", "signature", "message"])
        .env("OPENSSL_CONF", "openssl.cnf")
        .env("OPENSSL_ENGINES", world.path("engines"))
        .env("TPM2TSSENGINE_TCTI", world.tpm.tcti().to_string())
        .dir(world.folder.path())
        .ok();
    world
        .theirs("dgst -sha256 -verify ec.pub -signature signature message")
        .ok();
}

#[test]
fn a_copied_key_signs_after_the_original_is_gone() {
    everywhere(|world| {
        world.key_pair("ec");
        let said = signer(world).signs("copies", "ec").text();
        assert_eq!(said.trim(), "signed by the copy");
    });
}

#[test]
fn the_tpm_is_restarted_between_two_signatures() {
    everywhere(|world| {
        world.key_pair("ec");
        let signer = signer(world);
        signer.signs_before_and_after("ec", || world.tpm.restart());
    });
}
