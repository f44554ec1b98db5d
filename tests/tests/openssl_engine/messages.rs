//! `cms` and `smime`: signed and encrypted messages.

use tpm2ca_tests::messages;

use crate::world::{World, everywhere};

fn signed(world: &World, kind: &str, options: &str) -> String {
    messages::signed(
        |line| world.ours(&format!("cms -keyform engine {line}")),
        |line| world.theirs(&format!("cms {line}")),
        kind,
        options,
    )
}

fn opened(world: &World, kind: &str, options: &str) {
    messages::opened(
        |line| world.ours(&format!("cms -keyform engine {line}")),
        |line| world.theirs(&format!("cms {line}")),
        kind,
        options,
    );
}

#[test]
fn signed_by_ec_keys() {
    everywhere(|world| {
        world.certificate("ec");
        assert!(signed(world, "ec", "").contains("ecdsa-with-SHA256"));
        assert!(signed(world, "ec", "-md sha384").contains("ecdsa-with-SHA384"));
    });
}

#[test]
fn signed_by_rsa_keys() {
    everywhere(|world| {
        world.certificate("rsa");
        assert!(signed(world, "rsa", "").contains("rsaEncryption"));
        assert!(signed(world, "rsa", "-md sha512").contains("sha512"));
    });
}

#[test]
fn signed_with_pss() {
    everywhere(|world| {
        world.certificate("rsa");
        assert!(signed(world, "rsa", "-keyopt rsa_padding_mode:pss").contains("rsassaPss"));
    });
}

#[test]
fn signed_by_a_key_with_a_value() {
    everywhere(|world| {
        world.certificate("auth");
        signed(world, "auth", "-passin pass:secret");
    });
}

#[test]
fn signed_with_smime() {
    everywhere(|world| {
        world.certificate("rsa");
        world
            .ours("smime -keyform engine -sign -in message -text -signer rsa.crt -inkey rsa.tss -out signed.eml")
            .ok();
        world
            .theirs("smime -verify -in signed.eml -CAfile rsa.crt -purpose any -out opened")
            .ok();
    });
}

#[test]
fn encrypted_for_rsa_keys() {
    everywhere(|world| {
        world.certificate("rsa");
        opened(world, "rsa", "");
        opened(world, "rsa", "-keyopt rsa_padding_mode:oaep");
        opened(
            world,
            "rsa",
            "-keyopt rsa_padding_mode:oaep -keyopt rsa_oaep_md:sha256",
        );
    });
}

#[test]
fn encrypted_for_ec_keys() {
    everywhere(|world| {
        world.certificate("ecdh");
        opened(world, "ecdh", "");
        opened(world, "ecdh", "-keyopt ecdh_kdf_md:sha256");
    });
}
