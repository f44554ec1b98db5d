//! Debian's tpm2-openssl takes our keys, and we take its.

use tpm2ca_testkit::{Ran, Tool};

use crate::world::{World, clean, here};

/// `openssl COMMAND` with the system's own tpm2 provider.
fn debian(world: &World, line: &str) -> Ran {
    // It leaves what it loads when nothing cleans up behind it.
    Tool::tpm2("tpm2_flushcontext", &world.tpm).arg("-t").ok();
    let mut words = line.split_whitespace();
    clean(Tool::openssl(words.next().unwrap()))
        .args(["-provider", "tpm2", "-provider", "default"])
        .args(words)
        .env("TPM2OPENSSL_TCTI", world.tpm.tpm2_tools_tcti())
        .dir(world.folder.path())
        .ok()
}

#[test]
fn its_keys_work_here() {
    here(|world| {
        for (options, more) in [
            ("-algorithm RSA -pkeyopt bits:2048", ""),
            ("-algorithm EC -pkeyopt group:P-256", ""),
            ("-algorithm EC -pkeyopt group:P-384", ""),
            (
                "-algorithm EC -pkeyopt group:P-256 -pkeyopt user-auth:secret",
                "-passin pass:secret",
            ),
        ] {
            debian(
                world,
                &format!("genpkey -propquery provider=tpm2 {options} -out key.tss"),
            );
            world
                .ours(&format!(
                    "req -new -x509 -key key.tss {more} -subj /CN=key -out key.crt"
                ))
                .ok();
            world.is_self_signed("key.crt");
        }
    });
}

#[test]
fn our_keys_work_there() {
    here(|world| {
        for kind in ["rsa", "ec", "p384"] {
            world.key_and_certificate(kind);
            world.public_key(kind);
            debian(
                world,
                &format!(
                    "pkeyutl -sign -rawin -digest sha256 -inkey {kind}.tss -in message -out signature"
                ),
            );
            world
                .theirs(&format!(
                    "pkeyutl -verify -rawin -digest sha256 -pubin -inkey {kind}.pub -in message -sigfile signature"
                ))
                .ok();
        }
    });
}

#[test]
fn its_environment_is_understood() {
    here(|world| {
        world
            .ours(
                "genpkey -propquery ?provider=tpm2 -algorithm EC -pkeyopt group:P-256 -out ec.tss",
            )
            .env("TPM2CA_TCTI", "")
            .env("TPM2OPENSSL_TCTI", world.tpm.tpm2_tools_tcti())
            .ok();
        world
            .ours("req -new -x509 -key ec.tss -subj /CN=ec -out ec.crt")
            .env("TPM2CA_TCTI", "")
            .env("TPM2TSSENGINE_TCTI", world.tpm.tpm2_tools_tcti())
            .ok();
        world.is_self_signed("ec.crt");
    });
}
