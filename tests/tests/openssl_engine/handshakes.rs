//! `s_server` and `s_client`: TLS with a TPM key at one end, and an OpenSSL without our engine at the other.

use std::process::Command;

use tpm2ca_testkit::Ran;
use tpm2ca_tests::{modules::preload, tls::Server};

use crate::world::{World, everywhere};

/// A server with these options.
pub(crate) fn server(world: &World, options: &str) -> Server {
    Server::start(
        Command::new(&world.openssl.program)
            .arg("s_server")
            .args(options.split_whitespace())
            .current_dir(world.folder.path())
            .env("OPENSSL_CONF", "openssl.cnf")
            .env("OPENSSL_ENGINES", world.path("engines"))
            .env("TPM2TSSENGINE_TCTI", world.tpm.tcti().to_string())
            .envs(preload()),
    )
}

/// Our server, the judge's client.
fn handshake(world: &World, kind: &str, server_options: &str, client_options: &str) -> Ran {
    world.certificate(kind);
    let end = server(
        world,
        &format!(
            "-engine tpm2tss -keyform engine -cert {kind}.crt -key {kind}.tss {server_options}"
        ),
    );
    world
        .theirs(&format!(
            "s_client -connect 127.0.0.1:{} -CAfile {kind}.crt -verify_return_error -verify_ip 127.0.0.1 {client_options}",
            end.port
        ))
        .run()
}

/// That works, in this version of TLS.
fn shakes_hands(world: &World, kind: &str, version: &str, options: &str) {
    let client = handshake(world, kind, &format!("-{version} {options}"), options);
    let report = client.report();
    assert!(client.success(), "{report}");
    assert!(report.contains("Verification: OK"), "{report}");
    let name = match version {
        "tls1_1" => "TLSv1.1",
        "tls1_2" => "TLSv1.2",
        _ => "TLSv1.3",
    };
    assert!(report.contains(name), "{report}");
}

#[test]
fn tls_1_2_with_rsa() {
    everywhere(|world| shakes_hands(world, "rsa", "tls1_2", ""));
}

#[test]
fn tls_1_2_with_rsa_and_pkcs1() {
    everywhere(|world| shakes_hands(world, "rsa", "tls1_2", "-sigalgs RSA+SHA256"));
}

/// The client encrypts the secret for the key, which decrypts it. OpenSSL 3 asks for a padding that its own code for
/// engines does not know, and then ends the handshake.
#[test]
fn tls_1_2_with_a_secret_encrypted_for_rsa() {
    everywhere(|world| {
        let client = handshake(world, "rsa", "-tls1_2", "-cipher AES256-GCM-SHA384");
        let report = client.report();
        if world.is_1_1_1() {
            assert!(client.success(), "{report}");
            assert!(report.contains("Cipher is AES256-GCM-SHA384"), "{report}");
        } else {
            assert!(report.contains("alert decrypt error"), "{report}");
        }
    });
}

/// Two hashes one after the other, which are padded without saying so.
#[test]
fn tls_1_1_with_rsa() {
    everywhere(|world| shakes_hands(world, "rsa", "tls1_1", "-cipher ALL:@SECLEVEL=0"));
}

#[test]
fn tls_1_3_with_rsa() {
    everywhere(|world| shakes_hands(world, "rsa", "tls1_3", ""));
}

#[test]
fn tls_1_2_with_ec() {
    everywhere(|world| {
        shakes_hands(world, "ec", "tls1_2", "");
        shakes_hands(world, "p384", "tls1_2", "");
    });
}

#[test]
fn tls_1_3_with_ec() {
    everywhere(|world| {
        shakes_hands(world, "ec", "tls1_3", "");
        shakes_hands(world, "p384", "tls1_3", "");
    });
}

fn client_proves_itself(world: &World, kind: &str, version: &str) {
    world.software_server();
    world.certificate(kind);
    let end = server(
        world,
        &format!(
            "-cert server.crt -key server.pem -{version} -Verify 1 -verify_return_error -CAfile {kind}.crt"
        ),
    );
    let connect = format!(
        "s_client -quiet -connect 127.0.0.1:{} -CAfile server.crt",
        end.port
    );
    let page = world
        .plain(&format!(
            "{connect} -engine tpm2tss -keyform engine -cert {kind}.crt -key {kind}.tss"
        ))
        .input("GET / HTTP/1.0\r\n\r\n")
        .run();
    assert!(page.text().contains("200 ok"), "{}", page.report());
    let without = world.theirs(&connect).input("GET / HTTP/1.0\r\n\r\n").run();
    assert!(!without.text().contains("200 ok"), "{}", without.report());
}

#[test]
fn clients_prove_themselves_with_ec() {
    everywhere(|world| {
        client_proves_itself(world, "ec", "tls1_2");
        client_proves_itself(world, "ec", "tls1_3");
    });
}

#[test]
fn clients_prove_themselves_with_rsa() {
    everywhere(|world| {
        client_proves_itself(world, "rsa", "tls1_2");
        client_proves_itself(world, "rsa", "tls1_3");
    });
}

/// Both ends have a TPM key.
#[test]
fn mutual_tls() {
    everywhere(|world| {
        world.certificate("rsa");
        world.certificate("ec");
        let end = server(
            world,
            "-engine tpm2tss -keyform engine -cert rsa.crt -key rsa.tss -Verify 1 -verify_return_error -CAfile ec.crt",
        );
        let page = world
            .plain(&format!(
                "s_client -quiet -connect 127.0.0.1:{} -CAfile rsa.crt -verify_return_error -engine tpm2tss -keyform engine -cert ec.crt -key ec.tss",
                end.port
            ))
            .input("GET / HTTP/1.0\r\n\r\n")
            .run();
        assert!(page.text().contains("200 ok"), "{}", page.report());
    });
}
