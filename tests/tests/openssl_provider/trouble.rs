//! What goes wrong is said in OpenSSL's error queue, and never takes the program down.

use tpm2ca_testkit::Tool;
use tpm2ca_tests::Shown;
use tpm2ca_tpm::KeyFile;

use crate::world::{World, everywhere};

fn fails(shown: &Shown, world: &World, line: &str) {
    shows(shown, line, world.ours(line));
}

/// Runs a command line that fails; what our module says belongs to the snapshot.
fn shows(shown: &Shown, line: &str, tool: Tool) {
    let failed = tool.run();
    assert_eq!(failed.code, Some(1), "{}", failed.report());
    shown.openssl(line, &failed);
}

#[test]
fn without_a_tpm_only_what_needs_it_fails() {
    everywhere(|world| {
        let shown = Shown::in_folder(&world.path(""));
        world.key("ec");
        let absent = |line: &str| {
            world
                .ours(line)
                .env("TPM2CA_TCTI", "device:/dev/no-such-tpm")
        };
        let listed = absent("list -providers").ok().text();
        assert!(listed.contains("tpm2"), "{listed}");
        absent("pkey -in ec.tss -pubout").ok();
        shows(
            &shown,
            "req -new -key ec.tss -subj /CN=ec -out x",
            absent("req -new -key ec.tss -subj /CN=ec -out x"),
        );
        shows(
            &shown,
            "req -new -key ec.tss -subj /CN=ec -out x",
            world
                .ours("req -new -key ec.tss -subj /CN=ec -out x")
                .env("TPM2CA_TCTI", "tabrmd:"),
        );
        shown.snapshot("openssl_provider/without_a_tpm_only_what_needs_it_fails");
    });
}

#[test]
fn a_key_of_another_tpm_says_so() {
    everywhere(|world| {
        let shown = Shown::in_folder(&world.path(""));
        world.key("ec");
        let other = tpm2ca_testkit::Swtpm::start();
        shows(
            &shown,
            "req -new -key ec.tss -subj /CN=ec -out x",
            world
                .ours("req -new -key ec.tss -subj /CN=ec -out x")
                .env("TPM2CA_TCTI", other.tcti().to_string()),
        );
        shown.snapshot("openssl_provider/a_key_of_another_tpm_says_so");
    });
}

#[test]
fn a_damaged_key_file_is_refused() {
    everywhere(|world| {
        let shown = Shown::in_folder(&world.path(""));
        world.key("ec");
        let text = String::from_utf8(world.read("ec.tss")).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let without_one = [&lines[..2], &lines[3..]].concat().join("\n");
        world.write("damaged.tss", without_one);
        shows(
            &shown,
            "pkey -in damaged.tss -pubout",
            world.ours("pkey -in damaged.tss -pubout"),
        );
        world.write("empty.tss", "");
        fails(&shown, world, "pkey -in empty.tss -pubout");
        shown.snapshot("openssl_provider/a_damaged_key_file_is_refused");
    });
}

#[test]
fn a_key_that_needs_a_value_and_gets_none_says_so() {
    everywhere(|world| {
        let shown = Shown::in_folder(&world.path(""));
        world.genpkey(
            "ec.tss",
            "-algorithm EC -pkeyopt group:P-256 -pkeyopt user-auth:secret",
        );
        fails(
            &shown,
            world,
            "dgst -sha256 -sign ec.tss -passin pass: -out x message",
        );
        shown.snapshot("openssl_provider/a_key_that_needs_a_value_and_gets_none_says_so");
    });
}

/// Sealed data with a public key, and a restricted signing key. The public half can be had of either.
#[test]
fn a_key_that_openssl_cannot_use_says_why() {
    everywhere(|world| {
        let shown = Shown::in_folder(&world.path(""));
        world.key("ec");
        let mut sealed = KeyFile::from_pem(&world.read("ec.tss")).unwrap().to_der();
        let kind = [0x06, 0x06, 0x67, 0x81, 0x05, 0x0a, 0x01];
        let at = sealed.windows(kind.len()).position(|place| place == kind);
        sealed[at.unwrap() + kind.len()] = 5;
        let sealed = KeyFile::from_der(&sealed).unwrap();
        world.write("sealed.tss", sealed.to_pem());

        Tool::tpm2("tpm2_createprimary", &world.tpm)
            .args(["-C", "o", "-G", "ecc", "-c", "parent.ctx", "-a"])
            .arg("restricted|decrypt|fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda")
            .dir(world.folder.path())
            .ok();
        Tool::tpm2("tpm2_create", &world.tpm)
            .args(["-C", "parent.ctx", "-G", "ecc256:ecdsa-sha256:null", "-a"])
            .arg("restricted|sign|fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda")
            .args(["-u", "key.public", "-r", "key.private"])
            .dir(world.folder.path())
            .ok();
        Tool::tpm2("tpm2_flushcontext", &world.tpm).arg("-t").ok();
        let restricted = KeyFile::loadable(
            KeyFile::OWNER,
            true,
            world.read("key.public"),
            world.read("key.private"),
        );
        world.write("restricted.tss", restricted.to_pem());

        for key in ["sealed.tss", "restricted.tss"] {
            fails(
                &shown,
                world,
                &format!("dgst -sha256 -sign {key} -out x message"),
            );
            let public = world.ours(&format!("pkey -in {key} -pubout")).ok();
            assert!(public.stdout.starts_with(b"-----BEGIN PUBLIC KEY-----\n"));
        }
        shown.snapshot("openssl_provider/a_key_that_openssl_cannot_use_says_why");
    });
}

#[test]
fn a_byte_order_mark_in_front_of_a_key_is_passed_over() {
    everywhere(|world| {
        world.key("ec");
        let marked = [b"\xef\xbb\xbf", world.read("ec.tss").as_slice()].concat();
        world.write("marked.tss", marked);
        world.ours("pkey -in ec.tss -pubout -out ec.pub").ok();
        world
            .ours("dgst -sha256 -sign marked.tss -out signature message")
            .ok();
        world
            .theirs("dgst -sha256 -verify ec.pub -signature signature message")
            .ok();
    });
}

#[test]
fn options_that_make_no_key_are_refused() {
    everywhere(|world| {
        let shown = Shown::in_folder(&world.path(""));
        for options in [
            "-algorithm EC -pkeyopt group:secp256k1",
            "-algorithm RSA -pkeyopt bits:1024",
            "-algorithm EC -pkeyopt group:P-256 -pkeyopt parent:0x80000001",
        ] {
            fails(
                &shown,
                world,
                &format!("genpkey -propquery ?provider=tpm2 {options} -out x"),
            );
        }
        shown.snapshot("openssl_provider/options_that_make_no_key_are_refused");
    });
}

#[test]
fn a_panic_is_an_error_like_others() {
    everywhere(|world| {
        let shown = Shown::in_folder(&world.path(""));
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
            shows(
                &shown,
                line,
                world.ours(line).env("TPM2CA_TEST_PANIC", entry),
            );
        }
        shown.snapshot("openssl_provider/a_panic_is_an_error_like_others");
    });
}
