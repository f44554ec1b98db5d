//! `cms`: signed and encrypted messages.

use crate::world::{World, everywhere};

/// Signs, and has the judge verify; the structure as text.
fn signed(world: &World, kind: &str, options: &str) -> String {
    world
        .ours(&format!(
            "cms -sign -binary -nodetach -in message -signer {kind}.crt -inkey {kind}.tss {options} -outform DER -out signed.der"
        ))
        .ok();
    let opened = world
        .theirs(&format!(
            "cms -verify -binary -inform DER -in signed.der -CAfile {kind}.crt -purpose any"
        ))
        .ok();
    assert_eq!(opened.text(), "to be signed\n");
    world
        .theirs("cms -cmsout -print -noout -inform DER -in signed.der")
        .ok()
        .text()
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

/// The judge encrypts, a TPM key opens.
fn opened(world: &World, kind: &str, options: &str) {
    world
        .theirs(&format!(
            "cms -encrypt -binary -aes256 -in message -outform DER -out secret.der -recip {kind}.crt {options}"
        ))
        .ok();
    let opened = world
        .ours(&format!(
            "cms -decrypt -binary -inform DER -in secret.der -recip {kind}.crt -inkey {kind}.tss"
        ))
        .ok();
    assert_eq!(opened.text(), "to be signed\n");
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
