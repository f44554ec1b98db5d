//! RSA decryption: what the TPM is asked and what the caller gets do not tell a right padding from a wrong one.

use tpm2ca_testkit::{Recorder, Tool};
use tpm2ca_tests::decrypter::{
    Decrypter, encrypt_block, hex, pkcs1_blocks, pkcs1_message, traffic,
};

use crate::world::{World, everywhere, libcrypto};

/// A key, and each of the blocks encrypted for it.
fn cipher_texts(world: &World) -> Vec<(String, Vec<u8>)> {
    world.key_pair("rsa");
    let encrypted = |(name, block): (&str, Vec<u8>)| {
        encrypt_block(world.folder.path(), "rsa.pub", name, &block);
        (format!("{name}.secret"), block)
    };
    pkcs1_blocks().into_iter().map(encrypted).collect()
}

fn decrypter(world: &World, tcti: &str) -> Decrypter {
    Decrypter {
        folder: world.folder.path().to_owned(),
        libcrypto: libcrypto(&world.openssl),
        engine: Some(world.path("engines/tpm2tss.so")),
        environment: vec![
            ("OPENSSL_CONF", "/dev/null".into()),
            ("ENGINE_TCTI", tcti.into()),
        ],
    }
}

#[test]
fn every_padding_causes_the_same_commands() {
    everywhere(|world| {
        let blocks = cipher_texts(world);
        let recorder = Recorder::start(&world.tpm.tcti());
        let decrypter = decrypter(world, &recorder.tcti().to_string());
        for padding in ["pkcs1", "pkcs1-or-error", "none", "oaep"] {
            let mut expected = None;
            for (name, block) in &blocks {
                recorder.clear();
                // The second time in the same process: what is different after a wrong padding?
                let messages = decrypter.messages("rsa.tss", padding, &[name, &blocks[0].0]);
                let got = traffic(&recorder);
                let first = expected.get_or_insert_with(|| got.clone());
                assert_eq!(*first, got, "{padding}, {name}");
                let message = pkcs1_message(block).map(hex);
                match (padding, message) {
                    ("pkcs1" | "pkcs1-or-error", Some(message)) => assert_eq!(messages[0], message),
                    ("pkcs1", None) => assert!(messages[0] != "error", "{name}"),
                    ("none", _) => assert_eq!(messages[0], hex(block)),
                    _ => assert_eq!(messages[0], "error", "{padding}, {name}"),
                }
            }
        }
    });
}

#[test]
fn a_wrong_padding_is_always_the_same_message() {
    everywhere(|world| {
        world.key("rsa");
        world.write("secret", [7; 256]);
        let line = "pkeyutl -keyform engine -decrypt -inkey rsa.tss -in secret";
        assert_eq!(world.ours(line).ok().stdout, world.ours(line).ok().stdout);
    });
}

#[test]
fn a_key_that_is_fixed_to_rsaes_needs_a_setting() {
    everywhere(|world| {
        let tools = |name: &str, options: &str| {
            Tool::tpm2(name, &world.tpm)
                .args(options.split_whitespace())
                .dir(world.folder.path())
                .ok()
        };
        tools(
            "tpm2_createprimary",
            "-C o -G rsa2048:rsaes -a decrypt|fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda -c key.ctx",
        );
        tools("tpm2_evictcontrol", "-C o -c key.ctx 0x81000010");
        tools("tpm2_flushcontext", "-t");
        world
            .ours("pkey -inform engine -in 0x81000010 -pubout -out rsa.pub")
            .ok();
        world
            .theirs("pkeyutl -encrypt -pubin -inkey rsa.pub -in message -out secret")
            .ok();
        let line = "pkeyutl -engine tpm2tss -keyform engine -decrypt -inkey 0x81000010 -in secret";
        for (more, variable, is_allowed) in [
            ("", "", false),
            ("", "yes", true),
            ("SET_ALLOWRSAES = yes", "", true),
            ("SET_ALLOWRSAES = no", "yes", false),
        ] {
            world.configuration(more);
            let ran = world
                .configured(line)
                .env("TPM2CA_ALLOW_RSAES", variable)
                .run();
            assert_eq!(ran.success(), is_allowed, "{more}: {}", ran.report());
            if is_allowed {
                assert_eq!(ran.text(), "to be signed\n");
            } else {
                assert!(
                    ran.errors()
                        .contains("decryption with PKCS#1 v1.5 is refused for this key"),
                    "{}",
                    ran.report()
                );
            }
        }
    });
}
