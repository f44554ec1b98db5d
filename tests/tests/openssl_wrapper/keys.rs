//! Keys: shown, with values, beside certificates, in other forms.

use crate::world::{everywhere, without_engines};

#[test]
fn the_public_half_of_a_key() {
    everywhere(|world| {
        for kind in ["ec", "rsa"] {
            world.key_and_certificate(kind);
            world
                .wrapped(&format!(
                    "pkey -engine tpm2tss -inform engine -in {kind}.tss -pubout -out key.pub"
                ))
                .ok();
            assert_eq!(world.read("key.pub"), world.read(&format!("{kind}.pub")));
        }
    });
}

#[test]
fn the_public_half_by_the_commands_of_one_algorithm() {
    without_engines(|world| {
        for kind in ["ec", "rsa"] {
            world.key_and_certificate(kind);
            world
                .wrapped(&format!(
                    "{kind} -engine tpm2tss -inform engine -in {kind}.tss -pubout -out key.pub"
                ))
                .ok();
            assert_eq!(world.read("key.pub"), world.read(&format!("{kind}.pub")));
        }
    });
}

#[test]
fn the_public_half_of_a_key_at_a_handle() {
    without_engines(|world| {
        world.persistent_key();
        world
            .wrapped("pkey -engine tpm2tss -inform engine -in 0x81000010 -pubout -out key.pub")
            .ok();
        assert_eq!(world.read("key.pub"), world.read("handle.pub"));
    });
}

#[test]
fn a_key_with_a_value_and_a_wrong_value() {
    everywhere(|world| {
        world
            .ours("genkey -a ecdsa --key-auth env:PIN ec.tss")
            .env("PIN", "secret")
            .ok();
        let sign = "dgst -engine tpm2tss -keyform engine -sha256 -sign ec.tss -out signature";
        world
            .wrapped("pkey -engine tpm2tss -inform engine -in ec.tss -passin pass:secret -pubout -out ec.pub")
            .ok();
        world
            .wrapped(&format!("{sign} -passin pass:secret message"))
            .ok();
        world.verifies("", "ec.pub");
        world.refuses(
            &format!("{sign} -passin pass:wrong message"),
            &["authorization"],
        );
    });
}

#[test]
fn a_value_by_our_own_option() {
    everywhere(|world| {
        world
            .ours("genkey -a ecdsa --key-auth env:PIN ec.tss")
            .env("PIN", "secret")
            .ok();
        world.ours("key public ec.tss --out ec.pub").ok();
        world.write("pin", "secret\n");
        let sign = "-keyform engine -engine tpm2tss -sha256 -sign ec.tss -out signature message";
        for source in ["file:pin", "env:PIN", "credential:pin", "pass:secret"] {
            world
                .ours(&format!("openssl --key-auth {source} dgst {sign}"))
                .env("PIN", "secret")
                .env(
                    "CREDENTIALS_DIRECTORY",
                    world.folder.path().to_str().unwrap(),
                )
                .ok();
            world.verifies("", "ec.pub");
            std::fs::remove_file(world.path("signature")).unwrap();
        }
        let wrong = world
            .ours(&format!("openssl --key-auth env:PIN dgst {sign}"))
            .env("PIN", "wrong")
            .run();
        assert!(
            wrong.errors().contains("authorization"),
            "{}",
            wrong.report()
        );
    });
}

#[test]
fn a_key_beside_its_certificate_in_one_file() {
    everywhere(|world| {
        world.key_and_certificate("ec");
        let both = [world.read("ec.crt"), world.read("ec.tss")].concat();
        world.write("both.pem", both);
        world
            .wrapped("req -new -engine tpm2tss -keyform engine -key both.pem -subj /CN=both -out both.csr")
            .ok();
        let said = world
            .theirs("req -in both.csr -verify -noout -pubkey")
            .ok()
            .text();
        let public = String::from_utf8(world.read("ec.pub")).unwrap();
        assert!(said.ends_with(&public), "{said}");
    });
}

#[test]
fn another_name_of_the_engine() {
    without_engines(|world| {
        world.key_and_certificate("ec");
        for engine in [
            "libtpm2tss",
            "/usr/lib/x86_64-linux-gnu/engines-1.1/libtpm2tss.so",
        ] {
            world
                .wrapped(&format!(
                    "dgst -engine {engine} -keyform e -sha256 -sign ec.tss -out signature message"
                ))
                .ok();
            world.verifies("", "ec.pub");
        }
    });
}

#[test]
fn another_s_engine_is_left_to_openssl() {
    without_engines(|world| {
        let refused = world
            .wrapped(
                "req -new -engine pkcs11 -keyform engine -key pkcs11:object=x -subj /CN=x -out x",
            )
            .run();
        assert_eq!(refused.code, Some(1), "{}", refused.report());
        // In its own words.
        assert!(refused.errors().contains("engine"), "{}", refused.report());
    });
}

#[test]
fn commands_that_only_have_the_option() {
    without_engines(|world| {
        let octets = world.wrapped("rand -engine tpm2tss 16").ok().stdout;
        assert_eq!(octets.len(), 16);
        world.key_and_certificate("ec");
        world
            .wrapped("verify -engine tpm2tss -CAfile ec.crt ec.crt")
            .ok();
    });
}
