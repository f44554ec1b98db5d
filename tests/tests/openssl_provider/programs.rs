//! Programs that know nothing of TPMs: nginx, curl, Python. An openssl.cnf is all it takes.

use std::path::Path;
use std::process::{Command, Stdio};

use tpm2ca_testkit::Tool;
use tpm2ca_tests::{modules::preload, tls::Nginx};

use crate::handshakes::server;
use crate::world::{World, clean, here};

fn nginx(world: &World, kind: &str) -> Nginx {
    let configuration = world.configuration("");
    let key = world.path(&format!("{kind}.tss")).display().to_string();
    Nginx::start(
        world.folder.path(),
        &format!("{kind}.crt"),
        &key,
        &configuration,
    )
}

#[test]
fn nginx_with_three_workers_serves_200_handshakes() {
    here(|world| {
        for kind in ["ec", "rsa"] {
            world.key_and_certificate(kind);
            nginx(world, kind).is_visited(world.folder.path(), &format!("{kind}.crt"));
        }
    });
}

#[test]
fn nginx_goes_on_after_the_tpm_was_restarted() {
    here(|world| {
        world.key_and_certificate("ec");
        let nginx = nginx(world, "ec");
        let visit = |world: &World| {
            world
                .theirs(&format!(
                    "s_client -connect 127.0.0.1:{} -CAfile ec.crt -verify_return_error",
                    nginx.port
                ))
                .ok();
        };
        visit(world);
        world.tpm.restart();
        visit(world);
    });
}

#[test]
fn curl_proves_itself_with_a_tpm_key() {
    here(|world| {
        world
            .theirs("req -new -x509 -newkey rsa:2048 -nodes -keyout server.pem -subj /CN=server -addext subjectAltName=IP:127.0.0.1 -out server.crt")
            .ok();
        let configuration = world.configuration("");
        for kind in ["ec", "rsa"] {
            world.key_and_certificate(kind);
            let end = server(
                world,
                false,
                &format!(
                    "-cert server.crt -key server.pem -Verify 1 -verify_return_error -CAfile {kind}.crt"
                ),
            );
            let url = format!("https://127.0.0.1:{}/", end.port);
            let page = clean(Tool::new("curl"))
                .args(["--silent", "--show-error", "--cacert", "server.crt"])
                .args([
                    "--cert",
                    &format!("{kind}.crt"),
                    "--key",
                    &format!("{kind}.tss"),
                    &url,
                ])
                .env("OPENSSL_CONF", &configuration)
                .envs(preload())
                .dir(world.folder.path())
                .ok();
            assert!(page.text().contains("s_server"), "{}", page.report());
        }
    });
}

#[test]
fn python_serves_with_a_tpm_key() {
    const SERVER: &str = r"
import socket, ssl, sys
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1], sys.argv[2])
with socket.create_server(('127.0.0.1', 0)) as listener:
    print(listener.getsockname()[1], flush=True)
    for _ in range(3):
        plain, _ = listener.accept()
        with context.wrap_socket(plain, server_side=True) as tls:
            tls.sendall(b'hello')
";
    here(|world| {
        let python = if Path::new("/usr/bin/python3").exists() {
            "/usr/bin/python3"
        } else {
            "python3"
        };
        for kind in ["ec", "rsa"] {
            world.key_and_certificate(kind);
            let configuration = world.configuration("");
            let mut server = Command::new(python)
                .args(["-c", SERVER, &format!("{kind}.crt"), &format!("{kind}.tss")])
                .env("OPENSSL_CONF", configuration)
                .envs(preload())
                .current_dir(world.folder.path())
                .stdout(Stdio::piped())
                .spawn()
                .unwrap();
            let mut port = String::new();
            std::io::BufRead::read_line(
                &mut std::io::BufReader::new(server.stdout.take().unwrap()),
                &mut port,
            )
            .unwrap();
            for version in ["-tls1_2", "-tls1_3", ""] {
                let said = world
                    .theirs(&format!(
                        "s_client -connect 127.0.0.1:{} -CAfile {kind}.crt -verify_return_error -ign_eof {version}",
                        port.trim()
                    ))
                    .run();
                assert!(said.text().contains("hello"), "{}", said.report());
                assert!(
                    said.text().contains("Verification: OK"),
                    "{}",
                    said.report()
                );
            }
            assert!(server.wait().unwrap().success());
        }
    });
}
