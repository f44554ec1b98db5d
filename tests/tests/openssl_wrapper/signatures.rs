//! `dgst`, `pkeyutl`, `cms` and `smime` with the options of old.

use crate::world::{everywhere, without_engines};

#[test]
fn digests_with_an_rsa_key() {
    everywhere(|world| {
        world.key_and_certificate("rsa");
        world
            .wrapped(
                "dgst -engine tpm2tss -keyform engine -sha256 -sign rsa.tss -out signature message",
            )
            .ok();
        world.verifies("", "rsa.pub");
    });
}

#[test]
fn digests_with_ec_keys() {
    without_engines(|world| {
        for kind in ["ec", "p384"] {
            world.key_and_certificate(kind);
            world
                .wrapped(&format!(
                    "dgst -engine tpm2tss -keyform engine -sha256 -sign {kind}.tss -out signature message"
                ))
                .ok();
            world.verifies("", &format!("{kind}.pub"));
        }
    });
}

#[test]
fn digests_by_the_engine_too() {
    without_engines(|world| {
        world.key_and_certificate("ec");
        world
            .wrapped("dgst -engine tpm2tss -engine_impl -keyform engine -sha256 -sign ec.tss -out signature message")
            .ok();
        world.verifies("", "ec.pub");
    });
}

#[test]
fn a_digest_that_is_the_command() {
    without_engines(|world| {
        world.key_and_certificate("ec");
        world
            .wrapped("sha256 -engine tpm2tss -keyform engine -sign ec.tss -out signature message")
            .ok();
        world.verifies("", "ec.pub");
    });
}

#[test]
fn digests_with_pss() {
    without_engines(|world| {
        world.key_and_certificate("rsa");
        let pss = "-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32";
        world
            .wrapped(&format!(
                "dgst -engine tpm2tss -keyform engine -sha256 {pss} -sign rsa.tss -out signature message"
            ))
            .ok();
        world.verifies(pss, "rsa.pub");
    });
}

#[test]
fn a_signature_by_a_key_at_a_handle() {
    without_engines(|world| {
        world.persistent_key();
        world
            .wrapped("dgst -engine tpm2tss -keyform engine -sha256 -sign 0x81000010 -out signature message")
            .ok();
        world.verifies("", "handle.pub");
    });
}

#[test]
fn a_signature_is_verified_by_the_key_itself() {
    without_engines(|world| {
        world.key_and_certificate("ec");
        world
            .wrapped(
                "dgst -engine tpm2tss -keyform engine -sha256 -sign ec.tss -out signature message",
            )
            .ok();
        world.verifies("", "ec.pub");
        let verify =
            "dgst -engine tpm2tss -keyform engine -sha256 -prverify ec.tss -signature signature";
        world.wrapped(&format!("{verify} message")).ok();
        world.write("other", "something else");
        let wrong = world.wrapped(&format!("{verify} other")).run();
        assert_eq!(wrong.code, Some(1), "{}", wrong.report());
    });
}

#[test]
fn ready_digests() {
    without_engines(|world| {
        world
            .theirs("dgst -sha256 -binary -out digest message")
            .ok();
        for (kind, options) in [("ec", ""), ("rsa", "-pkeyopt digest:sha256")] {
            world.key_and_certificate(kind);
            world
                .wrapped(&format!(
                    "pkeyutl -engine tpm2tss -keyform engine -sign -inkey {kind}.tss -in digest {options} -out signature"
                ))
                .ok();
            world
                .theirs(&format!(
                    "pkeyutl -verify -pubin -inkey {kind}.pub -in digest {options} -sigfile signature"
                ))
                .ok();
        }
    });
}

#[test]
fn decryption() {
    without_engines(|world| {
        world.key_and_certificate("rsa");
        for options in ["", "-pkeyopt rsa_padding_mode:oaep"] {
            world
                .theirs(&format!(
                    "pkeyutl -encrypt -pubin -inkey rsa.pub -in message {options} -out secret"
                ))
                .ok();
            let opened = world
                .wrapped(&format!(
                    "pkeyutl -decrypt -engine tpm2tss -keyform engine -inkey rsa.tss -in secret {options}"
                ))
                .ok();
            assert_eq!(opened.text(), "to be signed\n");
        }
    });
}

#[test]
fn key_agreement() {
    without_engines(|world| {
        // Keys of the engine's tool only sign.
        world
            .wrapped(
                "genpkey -propquery ?provider=tpm2 -algorithm EC -pkeyopt group:P-256 -out ec.tss",
            )
            .ok();
        world
            .wrapped("pkey -engine tpm2tss -inform engine -in ec.tss -pubout -out ec.pub")
            .ok();
        world
            .theirs("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out peer.pem")
            .ok();
        world.theirs("pkey -in peer.pem -pubout -out peer.pub").ok();
        let theirs = world
            .theirs("pkeyutl -derive -inkey peer.pem -peerkey ec.pub")
            .ok();
        let ours = world
            .wrapped(
                "pkeyutl -derive -engine tpm2tss -keyform engine -inkey ec.tss -peerkey peer.pub",
            )
            .ok();
        assert_eq!(ours.stdout, theirs.stdout);
        assert_eq!(ours.stdout.len(), 32);
    });
}

#[test]
fn messages_signed_with_an_rsa_key() {
    everywhere(|world| {
        world.key_and_certificate("rsa");
        world
            .wrapped("cms -sign -engine tpm2tss -keyform engine -in message -signer rsa.crt -inkey rsa.tss -out signed.pem")
            .ok();
        world
            .theirs("cms -verify -in signed.pem -CAfile rsa.crt -purpose any -out opened")
            .ok();
        assert_eq!(world.read("opened"), b"to be signed\r\n");
    });
}

#[test]
fn messages_signed_with_ec_and_with_pss() {
    without_engines(|world| {
        for (kind, options) in [
            ("ec", ""),
            ("p384", ""),
            ("rsa", "-keyopt rsa_padding_mode:pss"),
        ] {
            world.key_and_certificate(kind);
            world
                .wrapped(&format!(
                    "cms -sign -in message -signer {kind}.crt -inkey {kind}.tss {options} -keyform engine -engine tpm2tss -out signed.pem"
                ))
                .ok();
            world
                .theirs(&format!(
                    "cms -verify -in signed.pem -CAfile {kind}.crt -purpose any -out opened"
                ))
                .ok();
        }
    });
}

#[test]
fn messages_are_opened() {
    without_engines(|world| {
        world.key_and_certificate("rsa");
        world
            .theirs("cms -encrypt -binary -aes256 -in message -out secret.pem rsa.crt")
            .ok();
        let opened = world
            .wrapped("cms -decrypt -engine tpm2tss -keyform engine -in secret.pem -recip rsa.crt -inkey rsa.tss")
            .ok();
        assert_eq!(opened.text(), "to be signed\n");
    });
}

#[test]
fn mail_is_signed() {
    without_engines(|world| {
        world.key_and_certificate("rsa");
        world
            .wrapped("smime -sign -engine tpm2tss -keyform engine -in message -signer rsa.crt -inkey rsa.tss -out signed.eml")
            .ok();
        world
            .theirs("smime -verify -in signed.eml -CAfile rsa.crt -purpose any -out opened")
            .ok();
    });
}

#[test]
fn bare_rsa_signatures() {
    without_engines(|world| {
        world.key_and_certificate("rsa");
        world
            .wrapped("rsautl -sign -engine tpm2tss -keyform engine -inkey rsa.tss -in message -out signature")
            .ok();
        let opened = world
            .theirs("pkeyutl -verifyrecover -pubin -inkey rsa.pub -in signature")
            .ok();
        assert_eq!(opened.text(), "to be signed\n");
    });
}
