//! RSA decryption: what the TPM is asked and what the caller gets do not tell a right padding from a wrong one.

use tpm2ca_openssl_keys::unpad::{Rejection, pkcs1_or_synthetic};
use tpm2ca_testkit::{Recorder, Tool};
use tpm2ca_tests::decrypter::{
    Decrypter, encrypt_block, hex, pkcs1_blocks, pkcs1_message, traffic,
};
use tpm2ca_tests::openssl_versions::{OpenSsl, Version};

use crate::world::{World, everywhere, here};

/// A key, and each of the blocks encrypted for it.
fn cipher_texts(world: &World) -> Vec<(String, Vec<u8>)> {
    world.key("rsa");
    world.ours("pkey -in rsa.tss -pubout -out rsa.pub").ok();
    let encrypted = |(name, block): (&str, Vec<u8>)| {
        encrypt_block(world.folder.path(), "rsa.pub", name, &block);
        (format!("{name}.secret"), block)
    };
    pkcs1_blocks().into_iter().map(encrypted).collect()
}

/// The program, with a configuration that has this way to the TPM in place of the direct one.
fn decrypter(world: &World, tcti: &str) -> Decrypter {
    let configuration = world.configuration("");
    let text = String::from_utf8(world.read("openssl.cnf")).unwrap();
    world.write(
        "openssl.cnf",
        text.replace(&world.tpm.tcti().to_string(), tcti),
    );
    Decrypter {
        folder: world.folder.path().to_owned(),
        libcrypto: "libcrypto.so.3".into(),
        engine: None,
        environment: vec![("OPENSSL_CONF", configuration.into())],
    }
}

#[test]
fn every_padding_causes_the_same_commands() {
    here(|world| {
        let pkcs1: Vec<String> = cipher_texts(world)
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        let recorder = Recorder::start(&world.tpm.tcti());
        let decrypter = decrypter(world, &recorder.tcti().to_string());

        world
            .theirs("pkeyutl -encrypt -pubin -inkey rsa.pub -in message -pkeyopt rsa_padding_mode:oaep -out oaep.secret")
            .ok();
        let [block] = &decrypter.messages("rsa.tss", "none", &["oaep.secret"])[..] else {
            panic!("one block");
        };
        let block = unhex(block);
        let mut oaep = vec!["oaep.secret".to_owned()];
        // The first byte, the seed, the hash of the label, the zeros, the one and the message.
        for index in [0, 1, 20, 21, 40, 41, 100, 255] {
            let mut wrong = block.clone();
            wrong[index] ^= 1;
            let name = format!("oaep-{index}");
            encrypt_block(world.folder.path(), "rsa.pub", &name, &wrong);
            oaep.push(format!("{name}.secret"));
        }

        for (padding, cipher_texts) in [
            ("pkcs1", &pkcs1),
            ("pkcs1-or-error", &pkcs1),
            ("tls", &pkcs1),
            ("none", &pkcs1),
            ("oaep", &oaep),
        ] {
            let mut expected = None;
            for cipher_text in cipher_texts {
                recorder.clear();
                // The second time in the same process: what is different after a wrong padding?
                let messages =
                    decrypter.messages("rsa.tss", padding, &[cipher_text, &cipher_texts[0]]);
                let got = traffic(&recorder);
                let first = expected.get_or_insert_with(|| got.clone());
                assert_eq!(*first, got, "{padding}, {cipher_text}");
                let is_error = messages[0] == "error";
                match padding {
                    "oaep" => {
                        assert_eq!(is_error, *cipher_text != cipher_texts[0], "{cipher_text}");
                    }
                    "pkcs1" | "tls" | "none" => assert!(!is_error, "{padding}, {cipher_text}"),
                    _ => {}
                }
            }
        }
    });
}

#[test]
fn messages_are_those_of_the_rules() {
    here(|world| {
        let blocks = cipher_texts(world);
        let names: Vec<&str> = blocks.iter().map(|(name, _)| name.as_str()).collect();
        let decrypter = decrypter(world, &world.tpm.tcti().to_string());
        let run = |padding| decrypter.messages("rsa.tss", padding, &names);

        let (once, again) = (run("pkcs1"), run("pkcs1"));
        assert_eq!(once, again, "a second process gets other messages");
        let (or_error, bare) = (run("pkcs1-or-error"), run("none"));
        let (tls, other_tls) = (run("tls"), run("tls"));
        for (index, (name, block)) in blocks.iter().enumerate() {
            let expected = pkcs1_message(block);
            assert_eq!(
                or_error[index],
                expected.map_or("error".to_owned(), hex),
                "{name}"
            );
            assert_eq!(bare[index], hex(block), "{name}");
            let message = &once[index];
            if let Some(expected) = expected {
                assert_eq!(*message, hex(expected), "{name}");
            } else {
                assert_ne!(message, "error", "{name}");
                assert!(message.len() < 8 || !hex(block).contains(message), "{name}");
            }
            let is_secret = index == 0;
            assert_eq!(tls[index].len(), 96, "{name}");
            assert_eq!(tls[index] == hex(&block[208..]), is_secret, "{name}");
            assert_eq!(tls[index] == other_tls[index], is_secret, "{name}");
        }
        // Those that are short may be the same by chance.
        let mut long: Vec<&String> = once.iter().filter(|message| message.len() >= 16).collect();
        let count = long.len();
        long.sort();
        long.dedup();
        assert_eq!(long.len(), count, "two cipher texts have one message");
    });
}

/// As the default provider of OpenSSL 3.2 and newer does.
#[test]
fn a_wrong_padding_is_a_message_unless_an_error_is_asked_for() {
    everywhere(|world| {
        world.key("rsa");
        world.write("secret", [0x5a; 256]);
        let line = "pkeyutl -decrypt -inkey rsa.tss -in secret";
        assert_eq!(world.ours(line).ok().stdout, world.ours(line).ok().stdout);
        if world.installation.version >= (3, 2) {
            let refused = world
                .ours(&format!("{line} -pkeyopt rsa_pkcs1_implicit_rejection:0"))
                .run();
            assert!(!refused.success(), "{}", refused.report());
            assert!(
                refused.errors().contains("the cipher text cannot be decrypted: it was made for another key or with another padding"),
                "{}",
                refused.report()
            );
        }
    });
}

#[test]
fn what_is_no_cipher_text_for_the_key_is_refused_without_a_command() {
    here(|world| {
        cipher_texts(world);
        let recorder = Recorder::start(&world.tpm.tcti());
        world.write("short.secret", [1; 255]);
        world.write("long.secret", [1; 257]);
        world.write("large.secret", [0xff; 256]);
        for (padding, cipher_text) in ["pkcs1", "tls", "oaep", "none"]
            .iter()
            .flat_map(|padding| ["short", "long", "large"].map(|name| (padding, name)))
        {
            let decrypter = decrypter(world, &recorder.tcti().to_string());
            recorder.clear();
            let message =
                decrypter.messages("rsa.tss", padding, &[&format!("{cipher_text}.secret")]);
            assert_eq!(message, ["error"], "{padding}, {cipher_text}");
            assert_eq!(traffic(&recorder), [], "{padding}, {cipher_text}");
        }
    });
}

#[test]
fn oaep_with_labels_and_two_hashes() {
    everywhere(|world| {
        world.key("rsa");
        world.ours("pkey -in rsa.tss -pubout -out rsa.pub").ok();
        for options in [
            "-pkeyopt rsa_oaep_label:6c6162656c",
            "-pkeyopt rsa_oaep_md:sha256 -pkeyopt rsa_mgf1_md:sha1",
            "-pkeyopt rsa_oaep_md:sha512 -pkeyopt rsa_mgf1_md:sha256 -pkeyopt rsa_oaep_label:00",
            "-pkeyopt rsa_oaep_md:sha224",
        ] {
            let options = format!("-pkeyopt rsa_padding_mode:oaep {options}");
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
            assert_eq!(opened.text(), "to be signed\n", "{options}");
            let other = world
                .ours("pkeyutl -decrypt -inkey rsa.tss -in secret -pkeyopt rsa_padding_mode:oaep")
                .run();
            assert!(!other.success(), "{}", other.report());
        }
    });
}

/// A key with a fixed scheme at a handle, and its public half in `rsa.pub`.
fn fixed(world: &World, scheme: &str) {
    let tools = |name: &str, options: &str| {
        Tool::tpm2(name, &world.tpm)
            .args(options.split_whitespace())
            .dir(world.folder.path())
            .ok()
    };
    tools(
        "tpm2_createprimary",
        &format!(
            "-C o -G rsa2048:{scheme} -a decrypt|fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda -c key.ctx"
        ),
    );
    tools("tpm2_evictcontrol", "-C o -c key.ctx 0x81000010");
    tools("tpm2_flushcontext", "-t");
    world
        .ours("pkey -in handle:0x81000010 -pubout -out rsa.pub")
        .ok();
}

#[test]
fn a_key_that_is_fixed_to_rsaes_needs_a_setting() {
    here(|world| {
        fixed(world, "rsaes");
        for (name, block) in pkcs1_blocks() {
            encrypt_block(world.folder.path(), "rsa.pub", name, &block);
        }
        let secret = world.read("right.block").split_off(208);
        let line = "pkeyutl -decrypt -inkey handle:0x81000010 -in right.secret";
        let refused = world.ours(line).run();
        assert!(!refused.success(), "{}", refused.report());
        assert!(
            refused.errors().contains(
                "decryption with PKCS#1 v1.5 is refused for this key: its scheme is fixed to RSAES, so the TPM would check the \
                 padding, and the time that takes would tell whether it is right; hint: use a key without a fixed scheme; if \
                 nobody who sends cipher texts can measure the time, `allow-rsaes = yes` in the provider's section of \
                 openssl.cnf, the engine's control `SET_ALLOWRSAES` or `TPM2CA_ALLOW_RSAES=yes` allows it"
            ),
            "{}",
            refused.report()
        );
        let allowed = world.ours(line).env("TPM2CA_ALLOW_RSAES", "yes").ok();
        assert_eq!(allowed.stdout, secret);
        let wrong = world
            .ours("pkeyutl -decrypt -inkey handle:0x81000010 -in no-separator.secret")
            .env("TPM2CA_ALLOW_RSAES", "yes")
            .run();
        assert!(
            wrong
                .errors()
                .contains("the cipher text cannot be decrypted"),
            "{}",
            wrong.report()
        );
        let oaep = world
            .ours(&format!("{line} -pkeyopt rsa_padding_mode:oaep"))
            .env("TPM2CA_ALLOW_RSAES", "yes")
            .run();
        assert!(
            oaep.errors().contains(
                "this padding is not supported: the scheme of the key is fixed to another one"
            ),
            "{}",
            oaep.report()
        );
        // The file comes before the environment.
        for (setting, is_allowed) in [("no", false), ("yes", true)] {
            let configuration = world.configuration(&format!("allow-rsaes = {setting}"));
            let ran = world
                .theirs(line)
                .env("OPENSSL_CONF", configuration)
                .env("TPM2CA_ALLOW_RSAES", "yes")
                .run();
            assert_eq!(ran.success(), is_allowed, "{}", ran.report());
        }
    });
}

#[test]
fn a_key_that_is_fixed_to_oaep_decrypts() {
    here(|world| {
        fixed(world, "oaep");
        let options = "-pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256";
        world
            .theirs(&format!(
                "pkeyutl -encrypt -pubin -inkey rsa.pub -in message {options} -out secret"
            ))
            .ok();
        let line = "pkeyutl -decrypt -inkey handle:0x81000010 -in";
        let opened = world.ours(&format!("{line} secret {options}")).ok();
        assert_eq!(opened.text(), "to be signed\n");
        world.write("wrong", [0x5a; 256]);
        let wrong = world.ours(&format!("{line} wrong {options}")).run();
        assert!(
            wrong
                .errors()
                .contains("the cipher text cannot be decrypted"),
            "{}",
            wrong.report()
        );
        let pkcs1 = world.ours(&format!("{line} secret")).run();
        assert!(
            pkcs1.errors().contains(
                "this padding is not supported: the scheme of the key is fixed to another one"
            ),
            "{}",
            pkcs1.report()
        );
    });
}

/// With the secret that OpenSSL has, which is its private exponent, synthetic messages are OpenSSL's.
#[test]
fn synthetic_messages_are_those_of_openssl() {
    let openssl = OpenSsl::version(Version::V3_5);
    here(|world| {
        let openssl = |command: &str, options: &str| {
            openssl
                .tool(command)
                .args(options.split_whitespace())
                .dir(world.folder.path())
                .ok()
        };
        openssl(
            "genpkey",
            "-algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out soft.pem",
        );
        openssl(
            "rsa",
            "-in soft.pem -traditional -outform DER -out soft.der",
        );
        let parsed = openssl("asn1parse", "-inform DER -in soft.der").text();
        let exponent = parsed
            .lines()
            .filter_map(|line| line.split_once("INTEGER           :"))
            .map(|(_, digits)| unhex(digits))
            .nth(3)
            .unwrap();
        let secret = [vec![0; 256 - exponent.len()], exponent].concat();
        let rejection = Rejection::new(&secret);
        for first in 0..16 {
            let cipher_text = [&[first][..], &[0x5a; 255]].concat();
            world.write("secret", &cipher_text);
            let line = "-decrypt -inkey soft.pem -in secret";
            let block =
                openssl("pkeyutl", &format!("{line} -pkeyopt rsa_padding_mode:none")).stdout;
            let theirs = openssl("pkeyutl", line).stdout;
            let ours = pkcs1_or_synthetic(&block, &cipher_text, &rejection);
            assert_eq!(hex(&ours), hex(&theirs));
        }
    });
}

fn unhex(digits: &str) -> Vec<u8> {
    let pair = |at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
    (0..digits.len()).step_by(2).map(pair).collect()
}
