//! The commands that meet a key, under valgrind: no access where there is nothing, and nothing is lost for good.

use tpm2ca_testkit::{Ran, Tool};
use tpm2ca_tpm::{KeyFile, Tpm, TpmOptions};

use crate::handshakes::server;
use crate::world::{World, clean, here};

/// `openssl COMMAND` with our provider, under valgrind, which fails if it finds anything; so must the command not.
fn watched(world: &World, line: &str) -> Ran {
    let mut words = line.split_whitespace();
    clean(Tool::new("valgrind"))
        .args(["--quiet", "--leak-check=full", "--show-leak-kinds=definite"])
        .args(["--errors-for-leak-kinds=definite", "--error-exitcode=99"])
        .arg("openssl")
        .args(words.next())
        .args(world.providers())
        .args(words)
        .env("TPM2CA_TCTI", world.tpm.tcti().to_string())
        .dir(world.folder.path())
        .ok()
}

/// A key, its certificate and its public half.
fn key(world: &World, kind: &str) {
    world.key_and_certificate(kind);
    world.public_key(kind);
}

#[test]
fn certificates_by_a_file_and_by_a_handle() {
    here(|world| {
        world.key("ec");
        let tpm = Tpm::open(&world.tpm.tcti(), TpmOptions::default()).unwrap();
        let file = KeyFile::from_pem(&world.read("ec.tss")).unwrap();
        tpm.persist(file, 0x8100_0010).unwrap();
        drop(tpm);
        for key in ["ec.tss", "handle:0x81000010"] {
            watched(
                world,
                &format!("req -new -x509 -key {key} -subj /CN=ec -out ec.crt"),
            );
            world.is_self_signed("ec.crt");
        }
    });
}

#[test]
fn new_keys() {
    here(|world| {
        for options in [
            "-algorithm EC -pkeyopt group:P-256",
            "-algorithm RSA-PSS -pkeyopt bits:2048 -pkeyopt user-auth:secret",
        ] {
            watched(
                world,
                &format!("genpkey -propquery ?provider=tpm2 {options} -out key.tss"),
            );
            assert!(KeyFile::is_tss2_pem(&world.read("key.tss")));
        }
    });
}

#[test]
fn keys_as_text_and_der() {
    here(|world| {
        key(world, "rsa");
        let text = watched(world, "pkey -in rsa.tss -noout -text").text();
        assert!(text.contains("in a TPM"), "{text}");
        watched(world, "pkey -in rsa.tss -outform DER -out rsa.der");
        watched(world, "pkey -in rsa.der -inform DER -pubout -out again.pub");
        assert_eq!(world.read("again.pub"), world.read("rsa.pub"));
    });
}

#[test]
fn signatures_of_files() {
    here(|world| {
        // PKCS#1 v1.5 is in the tests of messages.
        for (kind, options) in [("ec", ""), ("rsa", "-sigopt rsa_padding_mode:pss")] {
            key(world, kind);
            watched(
                world,
                &format!("dgst -sha256 -sign {kind}.tss {options} -out signature message"),
            );
            world
                .theirs(&format!(
                    "dgst -sha256 -verify {kind}.pub {options} -signature signature message"
                ))
                .ok();
        }
    });
}

#[test]
fn decryption_and_bare_signatures() {
    here(|world| {
        key(world, "rsa");
        world
            .theirs("pkeyutl -encrypt -pubin -inkey rsa.pub -in message -pkeyopt rsa_padding_mode:oaep -out secret")
            .ok();
        let opened = watched(
            world,
            "pkeyutl -decrypt -inkey rsa.tss -in secret -pkeyopt rsa_padding_mode:oaep",
        );
        assert_eq!(opened.text(), "to be signed\n");
        world
            .theirs("dgst -sha256 -binary -out digest message")
            .ok();
        watched(
            world,
            "pkeyutl -sign -inkey rsa.tss -in digest -pkeyopt digest:sha256 -out signature",
        );
        world
            .theirs("pkeyutl -verify -pubin -inkey rsa.pub -in digest -pkeyopt digest:sha256 -sigfile signature")
            .ok();
    });
}

#[test]
fn key_agreement() {
    here(|world| {
        key(world, "ec");
        world
            .theirs("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out peer.pem")
            .ok();
        world.theirs("pkey -in peer.pem -pubout -out peer.pub").ok();
        let theirs = world
            .theirs("pkeyutl -derive -inkey peer.pem -peerkey ec.pub")
            .ok();
        let ours = watched(world, "pkeyutl -derive -inkey ec.tss -peerkey peer.pub");
        assert_eq!(ours.stdout, theirs.stdout);
    });
}

#[test]
fn messages() {
    here(|world| {
        for kind in ["ec", "rsa"] {
            key(world, kind);
            watched(
                world,
                &format!(
                    "cms -sign -in message -signer {kind}.crt -inkey {kind}.tss -out signed.pem"
                ),
            );
            world
                .theirs(&format!(
                    "cms -verify -in signed.pem -CAfile {kind}.crt -purpose any -out opened"
                ))
                .ok();
        }
        // With an RSA key it is what `pkeyutl` does.
        world
            .theirs("cms -encrypt -binary -aes256 -in message -out secret.pem ec.crt")
            .ok();
        let opened = watched(
            world,
            "cms -decrypt -in secret.pem -recip ec.crt -inkey ec.tss",
        );
        assert_eq!(opened.text(), "to be signed\n");
    });
}

#[test]
fn an_authority() {
    here(|world| {
        key(world, "ec");
        world
            .theirs(
                "req -new -newkey rsa:2048 -nodes -keyout leaf.pem -subj /CN=leaf -out leaf.csr",
            )
            .ok();
        watched(
            world,
            "x509 -req -in leaf.csr -CA ec.crt -CAkey ec.tss -set_serial 7 -days 3 -out leaf.crt",
        );
        world.theirs("verify -CAfile ec.crt leaf.crt").ok();
        crate::authority::authority(world);
        watched(
            world,
            "ca -config ca.cnf -batch -notext -in leaf.csr -out again.crt",
        );
        world.theirs("verify -CAfile ec.crt again.crt").ok();
        watched(world, "ca -config ca.cnf -gencrl -out list.crl");
        world.theirs("crl -in list.crl -CAfile ec.crt -noout").ok();
    });
}

#[test]
fn a_client_of_tls() {
    here(|world| {
        world
            .theirs("req -new -x509 -newkey rsa:2048 -nodes -keyout server.pem -subj /CN=server -out server.crt")
            .ok();
        for (kind, version) in [("ec", "tls1_3"), ("rsa", "tls1_2")] {
            key(world, kind);
            let peer = server(
                world,
                false,
                &format!(
                    "-cert server.crt -key server.pem -Verify 1 -verify_return_error -CAfile {kind}.crt"
                ),
            );
            let client = watched(
                world,
                &format!(
                    "s_client -connect 127.0.0.1:{} -CAfile server.crt -cert {kind}.crt -key {kind}.tss -{version}",
                    peer.port
                ),
            );
            assert!(
                client.text().contains("Verification: OK"),
                "{}",
                client.report()
            );
        }
    });
}

#[test]
fn what_fails() {
    here(|world| {
        world.genpkey(
            "ec.tss",
            "-algorithm EC -pkeyopt group:P-256 -pkeyopt user-auth:secret",
        );
        let wrong = clean(Tool::new("valgrind"))
            .args(["--quiet", "--leak-check=full", "--show-leak-kinds=definite"])
            .args(["--errors-for-leak-kinds=definite", "--error-exitcode=99"])
            .args(["openssl", "dgst"])
            .args(world.providers())
            .args(["-sha256", "-sign", "ec.tss", "-passin", "pass:wrong"])
            .args(["-out", "x", "message"])
            .env("TPM2CA_TCTI", world.tpm.tcti().to_string())
            .dir(world.folder.path())
            .run();
        assert_eq!(wrong.code, Some(1), "{}", wrong.report());
        assert!(
            wrong.errors().contains("authorization"),
            "{}",
            wrong.report()
        );
    });
}
