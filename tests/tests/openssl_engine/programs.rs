//! Programs that know engines, on the system's OpenSSL: nginx and curl. An openssl.cnf says where the engine and the TPM
//! are.

use tpm2ca_testkit::Tool;
use tpm2ca_tests::modules::preload;
use tpm2ca_tests::openssl_versions::OpenSsl;
use tpm2ca_tests::tls::Nginx;

use crate::handshakes::server;
use crate::world::{World, clean};

fn nginx(world: &World, kind: &str) -> Nginx {
    world.configuration("");
    let key = format!(
        "engine:tpm2tss:{}",
        world.path(&format!("{kind}.tss")).display()
    );
    Nginx::start(
        world.folder.path(),
        &format!("{kind}.crt"),
        &key,
        &world.path("engine.cnf"),
    )
}

#[test]
fn nginx_with_three_workers_serves_200_handshakes() {
    let world = World::new(OpenSsl::system());
    for kind in ["ec", "rsa"] {
        world.certificate(kind);
        nginx(&world, kind).is_visited(world.folder.path(), &format!("{kind}.crt"));
    }
}

#[test]
fn nginx_goes_on_after_the_tpm_was_restarted() {
    let mut world = World::new(OpenSsl::system());
    world.certificate("ec");
    let nginx = nginx(&world, "ec");
    for _ in 0..2 {
        world
            .theirs(&format!(
                "s_client -connect 127.0.0.1:{} -CAfile ec.crt -verify_return_error",
                nginx.port
            ))
            .ok();
        world.tpm.restart();
    }
}

#[test]
fn curl_proves_itself_with_a_tpm_key() {
    let world = World::new(OpenSsl::system());
    world.software_server();
    world.configuration("");
    for kind in ["ec", "rsa"] {
        world.certificate(kind);
        let end = server(
            &world,
            &format!(
                "-cert server.crt -key server.pem -Verify 1 -verify_return_error -CAfile {kind}.crt"
            ),
        );
        let page = clean(Tool::new("curl"))
            .args(["--silent", "--show-error", "--cacert", "server.crt"])
            .args(["--engine", "tpm2tss", "--key-type", "ENG"])
            .args(["--cert", &format!("{kind}.crt")])
            .args(["--key", &format!("{kind}.tss")])
            .arg(format!("https://127.0.0.1:{}/", end.port))
            .env("OPENSSL_CONF", "engine.cnf")
            .envs(preload())
            .dir(world.folder.path())
            .ok();
        assert!(page.text().contains("s_server"), "{}", page.report());
    }
}
