//! `s_server` and `s_client`: a TPM key at one end, an OpenSSL without our module at the other.

use std::process::Command;

use tpm2ca_tests::tls::Server;

use crate::world::{World, everywhere, without_engines};

fn shakes_hands(world: &World, kind: &str, version: &str) {
    world.key_and_certificate(kind);
    let server = Server::start(&mut world.command(&format!(
        "openssl s_server -engine tpm2tss -keyform engine -cert {kind}.crt -key {kind}.tss -{version}"
    )));
    let client = world
        .theirs(&format!(
            "s_client -connect 127.0.0.1:{} -CAfile {kind}.crt -verify_return_error -verify_ip 127.0.0.1",
            server.port
        ))
        .run();
    assert!(client.success(), "{}", client.report());
    assert!(
        client.text().contains("Verification: OK"),
        "{}",
        client.report()
    );
}

#[test]
fn a_server_with_an_ec_key_and_tls_1_2() {
    without_engines(|world| shakes_hands(world, "ec", "tls1_2"));
}

#[test]
fn a_server_with_an_ec_key_and_tls_1_3() {
    without_engines(|world| shakes_hands(world, "ec", "tls1_3"));
}

#[test]
fn a_server_with_an_rsa_key_and_tls_1_2() {
    without_engines(|world| shakes_hands(world, "rsa", "tls1_2"));
}

#[test]
fn a_server_with_an_rsa_key_and_tls_1_3() {
    without_engines(|world| shakes_hands(world, "rsa", "tls1_3"));
}

/// The one thing that fails before 3.5 when ours is loaded first.
#[test]
fn a_server_whose_file_loads_ours_first() {
    everywhere(|world| {
        world.key_and_certificate("ec");
        world.write(
            "reversed.cnf",
            "openssl_conf = i\n[i]\nproviders = p\n[p]\ntpm2 = s\ndefault = s\n[s]\nactivate = 1\n",
        );
        let server = Server::start(
            world
                .command("openssl s_server -cert ec.crt -key ec.tss -tls1_2")
                .env("OPENSSL_CONF", world.path("reversed.cnf")),
        );
        let client = world
            .theirs(&format!(
                "s_client -connect 127.0.0.1:{} -CAfile ec.crt -verify_return_error",
                server.port
            ))
            .run();
        assert!(client.success(), "{}", client.report());
        assert!(client.text().contains("TLSv1.2"), "{}", client.report());
    });
}

#[test]
fn a_client_proves_itself() {
    without_engines(|world| {
        world
            .theirs("req -new -x509 -newkey rsa:2048 -nodes -keyout server.pem -subj /CN=server -addext subjectAltName=IP:127.0.0.1 -out server.crt")
            .ok();
        for kind in ["ec", "rsa"] {
            world.key_and_certificate(kind);
            let mut command = Command::new(&world.openssl.program);
            command
                .args([
                    "s_server",
                    "-cert",
                    "server.crt",
                    "-key",
                    "server.pem",
                    "-Verify",
                    "1",
                ])
                .args(["-verify_return_error", "-CAfile", &format!("{kind}.crt")])
                .env("OPENSSL_CONF", "/dev/null")
                .current_dir(world.folder.path());
            let server = Server::start(&mut command);
            let page = world
                .wrapped(&format!(
                    "s_client -engine tpm2tss -ssl_client_engine tpm2tss -keyform engine -connect 127.0.0.1:{} -CAfile server.crt \
                     -cert {kind}.crt -key {kind}.tss -verify_return_error -quiet",
                    server.port
                ))
                .input("GET / HTTP/1.0\r\n\r\n")
                .run();
            assert!(page.text().contains("s_server"), "{}", page.report());
        }
    });
}
