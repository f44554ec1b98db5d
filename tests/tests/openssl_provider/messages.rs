//! `cms`: signed and encrypted messages.

use tpm2ca_tests::messages;

use crate::world::{World, everywhere};

fn signed(world: &World, kind: &str, options: &str) -> String {
    messages::signed(
        |line| world.ours(&format!("cms {line}")),
        |line| world.theirs(&format!("cms {line}")),
        kind,
        options,
    )
}

fn opened(world: &World, kind: &str, options: &str) {
    messages::opened(
        |line| world.ours(&format!("cms {line}")),
        |line| world.theirs(&format!("cms {line}")),
        kind,
        options,
    );
}

#[test]
fn signed_by_ec_keys() {
    everywhere(|world| {
        world.key_and_certificate("ec");
        assert!(signed(world, "ec", "").contains("ecdsa-with-SHA256"));
        assert!(signed(world, "ec", "-md sha384").contains("ecdsa-with-SHA384"));
    });
}

#[test]
fn signed_by_rsa_keys() {
    everywhere(|world| {
        world.key_and_certificate("rsa");
        assert!(signed(world, "rsa", "").contains("rsaEncryption"));
        assert!(signed(world, "rsa", "-md sha512").contains("sha512"));
    });
}

#[test]
fn signed_with_pss() {
    everywhere(|world| {
        world.key_and_certificate("rsa");
        assert!(signed(world, "rsa", "-keyopt rsa_padding_mode:pss").contains("rsassaPss"));
        assert!(
            signed(
                world,
                "rsa",
                "-keyopt rsa_padding_mode:pss -keyopt rsa_pss_saltlen:20"
            )
            .contains("rsassaPss")
        );
    });
}

#[test]
fn encrypted_for_rsa_keys() {
    everywhere(|world| {
        world.key_and_certificate("rsa");
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
        for kind in ["ec", "p384"] {
            world.key_and_certificate(kind);
            opened(world, kind, "");
            opened(world, kind, "-keyopt ecdh_kdf_md:sha256");
        }
    });
}
