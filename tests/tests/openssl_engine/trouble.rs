//! What goes wrong is said in OpenSSL's error queue, and never takes the program down.

use tpm2ca_testkit::{Swtpm, Tool};
use tpm2ca_tests::{Shown, openssl_versions::OpenSsl};

use crate::world::{World, clean, everywhere};

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
                .env("TPM2TSSENGINE_TCTI", "device:/dev/no-such-tpm")
        };
        absent("pkey -inform engine -in ec.tss -pubout").ok();
        shows(
            &shown,
            "req -keyform engine -new -key ec.tss -subj /CN=ec -out x",
            absent("req -keyform engine -new -key ec.tss -subj /CN=ec -out x"),
        );
        shows(
            &shown,
            "req -keyform engine -new -key ec.tss -subj /CN=ec -out x",
            world
                .ours("req -keyform engine -new -key ec.tss -subj /CN=ec -out x")
                .env("TPM2TSSENGINE_TCTI", "tabrmd:"),
        );
        shown.snapshot("openssl_engine/without_a_tpm_only_what_needs_it_fails");
    });
}

#[test]
fn a_key_of_another_tpm_says_so() {
    everywhere(|world| {
        let shown = Shown::in_folder(&world.path(""));
        world.key("ec");
        let other = Swtpm::start();
        shows(
            &shown,
            "req -keyform engine -new -key ec.tss -subj /CN=ec -out x",
            world
                .ours("req -keyform engine -new -key ec.tss -subj /CN=ec -out x")
                .env("TPM2TSSENGINE_TCTI", other.tcti().to_string()),
        );
        shown.snapshot("openssl_engine/a_key_of_another_tpm_says_so");
    });
}

#[test]
fn what_is_no_key_file_is_refused() {
    everywhere(|world| {
        let shown = Shown::in_folder(&world.path(""));
        world.key("ec");
        let text = String::from_utf8(world.read("ec.tss")).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        world.write(
            "damaged.tss",
            [&lines[..2], &lines[3..]].concat().join("\n"),
        );
        world.write("empty.tss", "");
        world
            .theirs("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out soft.pem")
            .ok();
        for name in ["damaged.tss", "empty.tss", "soft.pem", "missing.tss"] {
            fails(
                &shown,
                world,
                &format!("req -keyform engine -new -key {name} -subj /CN=x -out x"),
            );
        }
        shown.snapshot("openssl_engine/what_is_no_key_file_is_refused");
    });
}

#[test]
fn a_panic_is_an_error_like_others() {
    everywhere(|world| {
        let shown = Shown::in_folder(&world.path(""));
        world.certificate("ec");
        world.certificate("rsa");
        world
            .theirs("rsautl -encrypt -certin -inkey rsa.crt -in message -out secret")
            .ok();
        for (entry, line) in [
            (
                "load_private_key",
                "req -keyform engine -new -key ec.tss -subj /CN=ec -out x",
            ),
            (
                "ecdsa_sign",
                "req -keyform engine -new -key ec.tss -subj /CN=ec -out x",
            ),
            (
                "rsa_sign",
                "req -keyform engine -new -key rsa.tss -subj /CN=ec -out x",
            ),
            (
                "rsa_private_encrypt",
                "req -keyform engine -new -key rsa.tss -sigopt rsa_padding_mode:pss -subj /CN=ec -out x",
            ),
            (
                "rsa_private_decrypt",
                "pkeyutl -keyform engine -decrypt -inkey rsa.tss -in secret",
            ),
        ] {
            shows(
                &shown,
                line,
                world.ours(line).env("TPM2CA_TEST_PANIC", entry),
            );
        }
        shown.snapshot("openssl_engine/a_panic_is_an_error_like_others");
    });
}

/// Each line in a test of its own, because valgrind is slow.
fn valgrind_finds_nothing_in(world: &World, line: &str) {
    for kind in ["ec", "rsa", "auth"] {
        if line.contains(&format!("{kind}.tss")) {
            world.key_pair(kind);
        }
    }
    if line.contains("secret.der") {
        world
            .theirs("pkeyutl -encrypt -pubin -inkey rsa.pub -in message -out secret.der")
            .ok();
    }
    if line.contains("0x81000010") {
        world.key("ec");
        world
            .open_tpm()
            .persist(world.key_file("ec.tss"), 0x8100_0010)
            .unwrap();
    }
    clean(Tool::new("valgrind"))
        .args(["--quiet", "--leak-check=full", "--show-leak-kinds=definite"])
        .args(["--errors-for-leak-kinds=definite", "--error-exitcode=99"])
        .arg(&world.openssl.program)
        .args(line.split_whitespace())
        .env("OPENSSL_CONF", "openssl.cnf")
        .env("OPENSSL_ENGINES", world.path("engines"))
        .env("TPM2TSSENGINE_TCTI", world.tpm.tcti().to_string())
        .dir(world.folder.path())
        .ok();
}

#[test]
fn valgrind_finds_nothing_in_certificates() {
    everywhere(|world| {
        valgrind_finds_nothing_in(
            world,
            "req -engine tpm2tss -keyform engine -new -x509 -key ec.tss -subj /CN=ec -out x.crt",
        );
    });
}

#[test]
fn valgrind_finds_nothing_in_pss() {
    everywhere(|world| {
        valgrind_finds_nothing_in(
            world,
            "req -engine tpm2tss -keyform engine -new -key rsa.tss -sigopt rsa_padding_mode:pss -subj /CN=rsa -out x.csr",
        );
    });
}

#[test]
fn valgrind_finds_nothing_in_decryption() {
    everywhere(|world| {
        valgrind_finds_nothing_in(
            world,
            "pkeyutl -engine tpm2tss -keyform engine -decrypt -inkey rsa.tss -in secret.der -out x",
        );
    });
}

#[test]
fn valgrind_finds_nothing_with_handles_and_values() {
    let world = World::new(OpenSsl::system());
    for line in [
        "req -engine tpm2tss -keyform engine -new -key 0x81000010 -subj /CN=ec -out x.csr",
        "dgst -engine tpm2tss -keyform engine -sha256 -sign auth.tss -passin pass:secret -out x message",
    ] {
        valgrind_finds_nothing_in(&world, line);
    }
}
