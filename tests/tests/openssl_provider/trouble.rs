//! What goes wrong is said in OpenSSL's error queue, and never takes the program down.

use crate::world::{World, everywhere};

fn fails(world: &World, line: &str, words: &[&str]) {
    let failed = world.ours(line).run();
    assert_eq!(failed.code, Some(1), "{}", failed.report());
    for word in words {
        assert!(
            failed.errors().contains(word),
            "{word}: {}",
            failed.report()
        );
    }
}

#[test]
fn without_a_tpm_only_what_needs_it_fails() {
    everywhere(|world| {
        world.key("ec");
        let absent = |line: &str| {
            world
                .ours(line)
                .env("TPM2CA_TCTI", "device:/dev/no-such-tpm")
        };
        let listed = absent("list -providers").ok().text();
        assert!(listed.contains("tpm2"), "{listed}");
        absent("pkey -in ec.tss -pubout").ok();
        let failed = absent("req -new -key ec.tss -subj /CN=ec -out x").run();
        assert_eq!(failed.code, Some(1), "{}", failed.report());
        assert!(
            failed.errors().contains("TPM unavailable"),
            "{}",
            failed.report()
        );
        assert!(
            failed.errors().contains("/dev/no-such-tpm"),
            "{}",
            failed.report()
        );
        let wrong = world
            .ours("req -new -key ec.tss -subj /CN=ec -out x")
            .env("TPM2CA_TCTI", "tabrmd:")
            .run();
        assert!(
            wrong.errors().contains("bad configuration"),
            "{}",
            wrong.report()
        );
    });
}

#[test]
fn a_key_of_another_tpm_says_so() {
    everywhere(|world| {
        world.key("ec");
        let other = tpm2ca_testkit::Swtpm::start();
        let failed = world
            .ours("req -new -key ec.tss -subj /CN=ec -out x")
            .env("TPM2CA_TCTI", other.tcti().to_string())
            .run();
        assert_eq!(failed.code, Some(1));
        assert!(
            failed.errors().contains("another TPM"),
            "{}",
            failed.report()
        );
        assert!(failed.errors().contains("H-2"), "{}", failed.report());
    });
}

#[test]
fn a_damaged_key_file_is_refused() {
    everywhere(|world| {
        world.key("ec");
        let text = String::from_utf8(world.read("ec.tss")).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let without_one = [&lines[..2], &lines[3..]].concat().join("\n");
        world.write("damaged.tss", without_one);
        let failed = world.ours("pkey -in damaged.tss -pubout").run();
        assert_eq!(failed.code, Some(1), "{}", failed.report());
        world.write("empty.tss", "");
        fails(world, "pkey -in empty.tss -pubout", &[]);
    });
}

#[test]
fn a_key_that_needs_a_value_and_gets_none_says_so() {
    everywhere(|world| {
        world.genpkey(
            "ec.tss",
            "-algorithm EC -pkeyopt group:P-256 -pkeyopt user-auth:secret",
        );
        fails(
            world,
            "dgst -sha256 -sign ec.tss -passin pass: -out x message",
            &["authorization"],
        );
    });
}

#[test]
fn options_that_make_no_key_are_refused() {
    everywhere(|world| {
        for (options, word) in [
            ("-algorithm EC -pkeyopt group:secp256k1", "secp256k1"),
            ("-algorithm RSA -pkeyopt bits:1024", "RSA-1024"),
            (
                "-algorithm EC -pkeyopt group:P-256 -pkeyopt parent:0x80000001",
                "0x80000001",
            ),
        ] {
            fails(
                world,
                &format!("genpkey -propquery ?provider=tpm2 {options} -out x"),
                &[word],
            );
        }
    });
}

#[test]
fn a_panic_is_an_error_like_others() {
    everywhere(|world| {
        world.key("ec");
        for (entry, line) in [
            (
                "signature_digest_sign_final",
                "req -new -key ec.tss -subj /CN=ec -out x",
            ),
            ("decoder_decode_der", "pkey -in ec.tss -pubout"),
            (
                "keymgmt_gen",
                "genpkey -propquery ?provider=tpm2 -algorithm EC -pkeyopt group:P-256 -out x",
            ),
        ] {
            let failed = world.ours(line).env("TPM2CA_TEST_PANIC", entry).run();
            assert_eq!(failed.code, Some(1), "{}", failed.report());
            if entry != "decoder_decode_der" {
                assert!(
                    failed.errors().contains("asked to panic"),
                    "{}",
                    failed.report()
                );
                assert!(
                    failed.errors().contains("internal error"),
                    "{}",
                    failed.report()
                );
            }
        }
    });
}
