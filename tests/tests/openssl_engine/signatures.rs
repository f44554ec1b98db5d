//! `dgst` and `pkeyutl`: single signatures, decryption, key agreement.

use crate::world::everywhere;

#[test]
fn digests_of_every_kind() {
    everywhere(|world| {
        for kind in ["ec", "p384", "rsa"] {
            world.key_pair(kind);
            for hash in ["sha1", "sha224", "sha256", "sha384", "sha512"] {
                world
                    .ours(&format!(
                        "dgst -keyform engine -{hash} -sign {kind}.tss -out signature message"
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
        world.key("rsa");
        let refused = world
            .ours("dgst -keyform engine -sha3-256 -sign rsa.tss -out x message")
            .run();
        assert!(!refused.success());
        assert!(
            refused.errors().contains("TPM keys sign with SHA-1"),
            "{}",
            refused.report()
        );
    });
}

#[test]
fn pss_with_salts_of_every_length() {
    everywhere(|world| {
        world.key_pair("rsa");
        for (salt, octets) in [("-1", 32), ("0", 0), ("20", 20), ("-2", 222)] {
            world
                .ours(&format!(
                    "dgst -keyform engine -sha256 -sign rsa.tss -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:{salt} -out signature message"
                ))
                .ok();
            world
                .theirs(&format!(
                    "dgst -sha256 -verify rsa.pub -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:{octets} -signature signature message"
                ))
                .ok();
        }
    });
}

#[test]
fn signatures_are_checked_with_the_key_that_made_them() {
    everywhere(|world| {
        for kind in ["ec", "rsa"] {
            world.key(kind);
            world
                .ours(&format!(
                    "dgst -keyform engine -sha256 -sign {kind}.tss -out signature message"
                ))
                .ok();
            world
                .ours(&format!(
                    "dgst -keyform engine -sha256 -prverify {kind}.tss -signature signature message"
                ))
                .ok();
            world.write("other", "something else\n");
            let wrong = world
                .ours(&format!(
                    "dgst -keyform engine -sha256 -prverify {kind}.tss -signature signature other"
                ))
                .run();
            assert!(!wrong.success(), "{}", wrong.report());
        }
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
                "-pkeyopt rsa_padding_mode:pss -pkeyopt digest:sha256 -pkeyopt rsa_pss_saltlen:32",
            ),
            // Without a hash the data itself is padded.
            ("rsa", ""),
        ] {
            world.key_pair(kind);
            world
                .ours(&format!(
                    "pkeyutl -keyform engine -sign -inkey {kind}.tss -in digest {options} -out signature"
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
                    "pkeyutl -keyform engine -verify -inkey {kind}.tss -in digest {options} -sigfile signature"
                ))
                .ok();
        }
    });
}

#[test]
fn messages_are_decrypted() {
    everywhere(|world| {
        world.key_pair("rsa");
        for options in [
            "",
            "-pkeyopt rsa_padding_mode:oaep",
            "-pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256",
        ] {
            world
                .theirs(&format!(
                    "pkeyutl -encrypt -pubin -inkey rsa.pub -in message {options} -out secret"
                ))
                .ok();
            let opened = world
                .ours(&format!(
                    "pkeyutl -keyform engine -decrypt -inkey rsa.tss -in secret {options}"
                ))
                .ok();
            assert_eq!(opened.text(), "to be signed\n", "{options}");
        }
    });
}

#[test]
fn what_was_not_encrypted_for_a_key_is_no_message() {
    everywhere(|world| {
        world.key("rsa");
        world.write("secret", [7; 256]);
        let refused = world
            .ours("pkeyutl -keyform engine -decrypt -inkey rsa.tss -in secret -pkeyopt rsa_padding_mode:oaep")
            .run();
        assert!(!refused.success(), "{}", refused.report());
    });
}

#[test]
fn secrets_are_agreed_on() {
    everywhere(|world| {
        world.key_pair("ecdh");
        world
            .theirs("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out peer.pem")
            .ok();
        world.theirs("pkey -in peer.pem -pubout -out peer.pub").ok();
        world
            .ours("pkeyutl -keyform engine -derive -inkey ecdh.tss -peerkey peer.pub -out ours")
            .ok();
        world
            .theirs("pkeyutl -derive -inkey peer.pem -peerkey ecdh.pub -out theirs")
            .ok();
        assert_eq!(world.read("ours"), world.read("theirs"));
    });
}

#[test]
fn a_key_for_signing_agrees_on_nothing() {
    everywhere(|world| {
        world.key("ec");
        world
            .theirs("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out peer.pem")
            .ok();
        world.theirs("pkey -in peer.pem -pubout -out peer.pub").ok();
        let refused = world
            .ours("pkeyutl -keyform engine -derive -inkey ec.tss -peerkey peer.pub -out x")
            .run();
        assert!(!refused.success(), "{}", refused.report());
        assert!(
            refused.errors().contains("for signing only"),
            "{}",
            refused.report()
        );
    });
}

#[test]
fn software_keys_sign_and_decrypt_beside_the_engine() {
    everywhere(|world| {
        world
            .theirs("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out soft.pem")
            .ok();
        world.theirs("pkey -in soft.pem -pubout -out soft.pub").ok();
        world
            .ours("dgst -sha256 -sign soft.pem -out signature message")
            .ok();
        world
            .theirs("dgst -sha256 -verify soft.pub -signature signature message")
            .ok();
        world
            .theirs("pkeyutl -encrypt -pubin -inkey soft.pub -in message -out secret")
            .ok();
        let opened = world
            .ours("pkeyutl -decrypt -inkey soft.pem -in secret")
            .ok();
        assert_eq!(opened.text(), "to be signed\n");
    });
}
