//! `dgst` and `pkeyutl`: single signatures, decryption, key agreement.

use crate::world::{World, everywhere};

/// A key and its public half, `KIND.tss` and `KIND.pub`.
fn key(world: &World, kind: &str) {
    world.key(kind);
    world
        .ours(&format!("pkey -in {kind}.tss -pubout -out {kind}.pub"))
        .ok();
}

#[test]
fn digests_of_every_kind() {
    everywhere(|world| {
        for kind in ["ec", "p384", "rsa"] {
            key(world, kind);
            for hash in ["sha1", "sha224", "sha256", "sha384", "sha512"] {
                world
                    .ours(&format!(
                        "dgst -{hash} -sign {kind}.tss -out signature message"
                    ))
                    .ok();
                world
                    .theirs(&format!(
                        "dgst -{hash} -verify {kind}.pub -signature signature message"
                    ))
                    .ok();
            }
        }
    });
}

#[test]
fn an_unknown_digest_is_refused_with_a_reason() {
    everywhere(|world| {
        key(world, "rsa");
        let refused = world
            .ours("dgst -sha3-256 -sign rsa.tss -out x message")
            .run();
        assert!(!refused.success());
        assert!(
            refused.errors().contains("sha3-256"),
            "{}",
            refused.report()
        );
    });
}

#[test]
fn salts_of_every_length() {
    everywhere(|world| {
        key(world, "rsa");
        for (salt, octets) in [
            ("digest", 32),
            ("-1", 32),
            ("auto", 32),
            ("0", 0),
            ("20", 20),
            ("max", 222),
        ] {
            world
                .ours(&format!(
                    "dgst -sha256 -sign rsa.tss -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:{salt} -out signature message"
                ))
                .ok();
            world
                .theirs(&format!(
                    "dgst -sha256 -verify rsa.pub -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:{octets} -signature signature message"
                ))
                .ok();
        }
        world
            .ours("dgst -sha256 -sign rsa.tss -sigopt rsa_padding_mode:pss -sigopt rsa_mgf1_md:sha384 -out signature message")
            .ok();
        world
            .theirs("dgst -sha256 -verify rsa.pub -sigopt rsa_padding_mode:pss -sigopt rsa_mgf1_md:sha384 -signature signature message")
            .ok();
    });
}

#[test]
fn ready_digests() {
    everywhere(|world| {
        world
            .theirs("dgst -sha256 -binary -out digest message")
            .ok();
        for (kind, options) in [
            ("ec", ""),
            ("ec", "-pkeyopt digest:sha256"),
            ("p384", "-pkeyopt digest:sha256"),
            ("rsa", "-pkeyopt digest:sha256"),
            (
                "rsa",
                "-pkeyopt digest:sha256 -pkeyopt rsa_padding_mode:pss",
            ),
            ("rsa", ""),
        ] {
            key(world, kind);
            world
                .ours(&format!(
                    "pkeyutl -sign -inkey {kind}.tss -in digest {options} -out signature"
                ))
                .ok();
            world
                .theirs(&format!(
                    "pkeyutl -verify -pubin -inkey {kind}.pub -in digest {options} -sigfile signature"
                ))
                .ok();
            // And by the key that has made it.
            world
                .ours(&format!(
                    "pkeyutl -verify -inkey {kind}.tss -in digest {options} -sigfile signature"
                ))
                .ok();
            world.write("other", [7; 32]);
            let wrong = world
                .ours(&format!(
                    "pkeyutl -verify -inkey {kind}.tss -in other {options} -sigfile signature"
                ))
                .run();
            assert!(!wrong.success(), "{}", wrong.report());
        }
        let short = world
            .ours("pkeyutl -sign -inkey rsa.tss -in message -pkeyopt digest:sha256 -out x")
            .run();
        assert!(!short.success(), "{}", short.report());
    });
}

#[test]
fn whole_messages() {
    everywhere(|world| {
        for kind in ["ec", "rsa"] {
            key(world, kind);
            world
                .ours(&format!("pkeyutl -sign -rawin -digest sha256 -inkey {kind}.tss -in message -out signature"))
                .ok();
            world
                .theirs(&format!(
                    "pkeyutl -verify -rawin -digest sha256 -pubin -inkey {kind}.pub -in message -sigfile signature"
                ))
                .ok();
        }
    });
}

#[test]
fn rsa_decryption() {
    everywhere(|world| {
        key(world, "rsa");
        for options in [
            "",
            "-pkeyopt rsa_padding_mode:oaep",
            "-pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256",
            "-pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha384 -pkeyopt rsa_mgf1_md:sha384",
        ] {
            world
                .theirs(&format!(
                    "pkeyutl -encrypt -pubin -inkey rsa.pub -in message {options} -out secret"
                ))
                .ok();
            let opened = world
                .ours(&format!(
                    "pkeyutl -decrypt -inkey rsa.tss -in secret {options}"
                ))
                .ok();
            assert_eq!(opened.text(), "to be signed\n");
        }
        world.write("secret", [0x5a; 256]);
        let wrong = world
            .ours("pkeyutl -decrypt -inkey rsa.tss -in secret -pkeyopt rsa_padding_mode:oaep")
            .run();
        assert!(!wrong.success(), "{}", wrong.report());
    });
}

#[test]
fn bare_rsa() {
    everywhere(|world| {
        key(world, "rsa");
        let block = [&[0, 1][..], &[0x11; 254]].concat();
        world.write("block", &block);
        world
            .ours("pkeyutl -decrypt -inkey rsa.tss -in block -pkeyopt rsa_padding_mode:none -out signature")
            .ok();
        let opened = world
            .theirs("pkeyutl -verifyrecover -pubin -inkey rsa.pub -in signature -pkeyopt rsa_padding_mode:none")
            .ok();
        assert_eq!(opened.stdout, block);
    });
}

#[test]
fn key_agreement() {
    everywhere(|world| {
        for (kind, curve) in [("ec", "P-256"), ("p384", "P-384")] {
            key(world, kind);
            world
                .theirs(&format!(
                    "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:{curve} -out peer.pem"
                ))
                .ok();
            world.theirs("pkey -in peer.pem -pubout -out peer.pub").ok();
            for options in [
                "",
                "-pkeyopt kdf-type:X963KDF -pkeyopt kdf-outlen:40 -pkeyopt kdf-digest:SHA256 -pkeyopt hexkdf-ukm:0102",
            ] {
                let theirs = world
                    .theirs(&format!(
                        "pkeyutl -derive -inkey peer.pem -peerkey {kind}.pub {options}"
                    ))
                    .ok();
                let ours = world
                    .ours(&format!(
                        "pkeyutl -derive -inkey {kind}.tss -peerkey peer.pub {options}"
                    ))
                    .ok();
                assert_eq!(ours.stdout, theirs.stdout);
                assert!(!ours.stdout.is_empty());
            }
        }
    });
}
