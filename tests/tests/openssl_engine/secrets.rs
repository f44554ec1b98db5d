//! A wrong or missing authorization value costs one try of the TPM's lockout counter at most, however often it is used.

use std::process::Command;

use tpm2ca_testkit::Tool;
use tpm2ca_tests::tls::Server;
use tpm2ca_tpm::{Algorithm, Auth, Curve, KeyFile, KeyOptions};

use crate::world::{World, everywhere};

fn tries(world: &World) -> u32 {
    world.open_tpm().capabilities().unwrap().lockout_counter
}

/// A key whose wrong values count, in `pin.tss`. The file says that it has a value, whatever it is.
fn key(world: &World, value: &str) -> KeyFile {
    let mut options = KeyOptions::new(Algorithm::Ecc(Curve::P256));
    options.no_da = false;
    let auth = Auth::new(value.as_bytes().to_vec());
    let file = world.open_tpm().create_key(options, &auth).unwrap();
    let (public, private) = (file.public_blob().to_vec(), file.private_blob().to_vec());
    let file = KeyFile::loadable(KeyFile::OWNER, false, public, private);
    world.write("pin.tss", file.to_pem());
    file
}

fn sign(world: &World, name: &str, options: &str) -> Tool {
    world.ours(&format!(
        "dgst -keyform engine -sha256 -sign {name} {options} -out signature message"
    ))
}

fn is_refused(ran: Tool, words: &[&str]) {
    let ran = ran.run();
    assert_eq!(ran.code, Some(1), "{}", ran.report());
    for words in words {
        assert!(ran.errors().contains(words), "{words}: {}", ran.report());
    }
}

#[test]
fn an_empty_answer_is_no_value() {
    everywhere(|world| {
        let file = key(world, "4711");
        is_refused(
            sign(world, "pin.tss", "-passin pass:"),
            &[
                "authorization failed",
                // Some programs take an empty pass phrase for none.
                "the key needs one, and ",
            ],
        );
        world.open_tpm().persist(file, 0x8100_0010).unwrap();
        is_refused(
            sign(world, "0x81000010", "-passin pass:"),
            &["it is not known whether the key needs one"],
        );
        sign(world, "0x81000010", "-passin pass:4711").ok();
        assert_eq!(tries(world), 0);
    });
}

#[test]
fn the_empty_value_can_be_said() {
    everywhere(|world| {
        let file = key(world, "");
        world.open_tpm().persist(file, 0x8100_0010).unwrap();
        for name in ["pin.tss", "0x81000010"] {
            sign(world, name, "").env("TPM2CA_KEY_AUTH", "pass:").ok();
        }
        assert_eq!(tries(world), 0);
    });
}

#[test]
fn a_wrong_value_is_refused_when_the_key_is_loaded() {
    everywhere(|world| {
        key(world, "4711");
        is_refused(
            world.ours("pkey -inform engine -in pin.tss -noout -passin pass:wrong"),
            &["authorization failed", "2 tries are left before lockout"],
        );
        assert_eq!(tries(world), 1);
    });
}

/// What is wrong shows in the handshakes only, since nobody proves a parent's value when a key is loaded.
#[test]
fn a_wrong_value_of_a_parent_is_sent_once_by_a_server() {
    everywhere(|world| {
        let tools = |name: &str, options: &str| {
            Tool::tpm2(name, &world.tpm)
                .args(options.split_whitespace())
                .dir(world.folder.path())
                .ok()
        };
        tools("tpm2_createprimary", "-C o -G ecc -p right -c parent.ctx");
        tools("tpm2_evictcontrol", "-C o -c parent.ctx 0x81000005");
        tools("tpm2_flushcontext", "-t");
        Tool::new(tpm2ca_tests::program("tpm2ca"))
            .args(
                "genkey --alg ecdsa --parent 0x81000005 --parent-auth pass:right ec.tss".split(' '),
            )
            .env("TPM2CA_TCTI", world.tpm.tcti().to_string())
            .dir(world.folder.path())
            .ok();
        world
            .ours("req -keyform engine -new -x509 -key ec.tss -subj /CN=ec -extensions ca -out ec.crt")
            .env("TPM2CA_PARENT_AUTH", "pass:right")
            .ok();
        let mut command = Command::new(&world.openssl.program);
        command
            .args("s_server -engine tpm2tss -keyform engine -cert ec.crt -key ec.tss".split(' '))
            .current_dir(world.folder.path())
            .env("OPENSSL_CONF", "openssl.cnf")
            .env("OPENSSL_ENGINES", world.path("engines"))
            .env("TPM2TSSENGINE_TCTI", world.tpm.tcti().to_string())
            .env("TPM2CA_PARENT_AUTH", "pass:wrong");
        let end = Server::start(&mut command);
        for _ in 0..4 {
            let client = world
                .theirs(&format!("s_client -connect 127.0.0.1:{}", end.port))
                .run();
            assert!(!client.success(), "{}", client.report());
        }
        drop(end);
        assert_eq!(tries(world), 1);
    });
}
