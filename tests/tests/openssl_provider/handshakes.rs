//! `s_server` and `s_client`: TLS with a TPM key at one end, and an OpenSSL without our provider at the other.

use std::process::Command;

use tpm2ca_tests::{modules::preload, tls::Server};

use crate::world::{World, everywhere};

/// An `openssl s_server`, with our provider or without it.
pub(crate) fn server(world: &World, is_ours: bool, options: &str) -> Server {
    let mut command = Command::new(&world.installation.openssl);
    command.arg("s_server").current_dir(world.folder.path());
    command.env("OPENSSL_CONF", "/dev/null");
    if is_ours {
        command
            .args(world.providers())
            .env("TPM2CA_TCTI", world.tpm.tcti().to_string())
            .envs(preload());
    }
    Server::start(command.args(options.split_whitespace()))
}

/// Our server, the judge's client.
fn shakes_hands(world: &World, kind: &str, version: &str, options: &str) {
    world.key_and_certificate(kind);
    let end = server(
        world,
        true,
        &format!("-cert {kind}.crt -key {kind}.tss -{version}"),
    );
    let client = world
        .theirs(&format!(
            "s_client -connect 127.0.0.1:{} -CAfile {kind}.crt -verify_return_error -verify_ip 127.0.0.1 {options}",
            end.port
        ))
        .run();
    let report = client.report();
    if kind == "ec" && version == "tls1_2" && world.lacks_curves_in_tls() {
        assert!(report.contains("handshake failure"), "{report}");
        return;
    }
    assert!(client.success(), "{report}");
    assert!(report.contains("Verification: OK"), "{report}");
    assert!(
        report.contains(if version == "tls1_2" {
            "TLSv1.2"
        } else {
            "TLSv1.3"
        }),
        "{report}"
    );
}

#[test]
fn tls_1_2_with_rsa() {
    everywhere(|world| shakes_hands(world, "rsa", "tls1_2", ""));
}

#[test]
fn tls_1_3_with_rsa() {
    everywhere(|world| shakes_hands(world, "rsa", "tls1_3", ""));
}

#[test]
fn tls_1_2_with_ec() {
    everywhere(|world| shakes_hands(world, "ec", "tls1_2", ""));
}

#[test]
fn tls_1_3_with_ec() {
    everywhere(|world| {
        shakes_hands(world, "ec", "tls1_3", "");
        shakes_hands(world, "p384", "tls1_3", "");
    });
}

#[test]
fn tls_with_keys_for_pss_only() {
    everywhere(|world| {
        shakes_hands(world, "pss", "tls1_2", "");
        shakes_hands(world, "pss", "tls1_3", "");
    });
}

#[test]
fn tls_1_2_with_a_secret_encrypted_for_rsa() {
    everywhere(|world| shakes_hands(world, "rsa", "tls1_2", "-cipher AES256-GCM-SHA384"));
}

#[test]
fn clients_prove_themselves() {
    everywhere(|world| {
        world
            .theirs("req -new -x509 -newkey rsa:2048 -nodes -keyout server.pem -subj /CN=server -addext subjectAltName=IP:127.0.0.1 -out server.crt")
            .ok();
        for kind in ["ec", "rsa"] {
            world.key_and_certificate(kind);
            for version in ["tls1_2", "tls1_3"] {
                if kind == "ec" && version == "tls1_2" && world.lacks_curves_in_tls() {
                    continue;
                }
                let end = server(
                    world,
                    false,
                    &format!(
                        "-cert server.crt -key server.pem -{version} -Verify 1 -verify_return_error -CAfile {kind}.crt"
                    ),
                );
                let connect = format!(
                    "s_client -quiet -connect 127.0.0.1:{} -CAfile server.crt",
                    end.port
                );
                let page = world
                    .ours(&format!("{connect} -cert {kind}.crt -key {kind}.tss"))
                    .input("GET / HTTP/1.0\r\n\r\n")
                    .run();
                assert!(page.text().contains("200 ok"), "{}", page.report());
                let without = world.theirs(&connect).input("GET / HTTP/1.0\r\n\r\n").run();
                assert!(!without.text().contains("200 ok"), "{}", without.report());
            }
        }
    });
}
