//! Programs that know nothing of TPMs: nginx, curl, Python. An openssl.cnf is all it takes.

use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tpm2ca_testkit::Tool;

use crate::handshakes::Server;
use crate::world::{World, clean, here};

/// Connects 200 times, eight at a time, and checks the certificate each time.
const VISITORS: &str = r"
import concurrent.futures, socket, ssl, sys
port, authority = int(sys.argv[1]), sys.argv[2]
def visit(number):
    context = ssl.create_default_context(cafile=authority)
    with socket.create_connection(('127.0.0.1', port), timeout=60) as plain:
        with context.wrap_socket(plain, server_hostname='127.0.0.1') as tls:
            tls.sendall(b'GET / HTTP/1.0\r\n\r\n')
            return tls.recv(20).startswith(b'HTTP/1.1 ')
with concurrent.futures.ThreadPoolExecutor(8) as pool:
    print(sum(pool.map(visit, range(200))), 'visits')
";

struct Nginx(Child);

impl Drop for Nginx {
    fn drop(&mut self) {
        // Its master stops the workers when it is told to end; a killed one leaves them.
        let _ = Command::new("kill").arg(self.0.id().to_string()).status();
        let _ = self.0.wait();
    }
}

fn nginx(world: &World, port: u16, key: &str) -> Nginx {
    let configuration = world.configuration("");
    let folder = world.folder.path().display();
    world.write(
        "nginx.conf",
        format!(
            "user root;\ndaemon off;\nworker_processes 3;\npid {folder}/nginx.pid;\nerror_log {folder}/nginx.log info;\nevents {{}}\nhttp \
             {{\naccess_log off;\nclient_body_temp_path {folder}/t1;\nproxy_temp_path {folder}/t2;\nfastcgi_temp_path \
             {folder}/t3;\nuwsgi_temp_path {folder}/t4;\nscgi_temp_path {folder}/t5;\nserver {{\nlisten 127.0.0.1:{port} \
             ssl;\nssl_certificate {folder}/{key}.crt;\nssl_certificate_key {folder}/{key}.tss;\nssl_session_cache off;\nlocation / {{\nreturn 200 \
             'hello';\n}}\n}}\n}}\n"
        ),
    );
    let child = Command::new("/usr/sbin/nginx")
        .args(["-c", "nginx.conf", "-p", "."])
        .current_dir(world.folder.path())
        .env("OPENSSL_CONF", configuration)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let nginx = Nginx(child);
    let deadline = Instant::now() + Duration::from_secs(30);
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        let log = std::fs::read_to_string(world.path("nginx.log")).unwrap_or_default();
        assert!(Instant::now() < deadline, "nginx does not listen:\n{log}");
        std::thread::sleep(Duration::from_millis(20));
    }
    nginx
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

#[test]
fn nginx_with_three_workers_serves_200_handshakes() {
    here(|world| {
        for kind in ["ec", "rsa"] {
            world.key_and_certificate(kind);
            let port = free_port();
            let _nginx = nginx(world, port, kind);
            let said = clean(Tool::python(VISITORS))
                .args([port.to_string(), format!("{kind}.crt")])
                .dir(world.folder.path())
                .run();
            let log = std::fs::read_to_string(world.path("nginx.log")).unwrap_or_default();
            assert_eq!(said.text().trim(), "200 visits", "{}\n{log}", said.report());
        }
    });
}

#[test]
fn nginx_goes_on_after_the_tpm_was_restarted() {
    here(|world| {
        world.key_and_certificate("ec");
        let port = free_port();
        let _nginx = nginx(world, port, "ec");
        let visit = |world: &World| {
            world
                .theirs(&format!(
                    "s_client -connect 127.0.0.1:{port} -CAfile ec.crt -verify_return_error"
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
            let server = Server::start(
                world,
                false,
                &format!(
                    "-cert server.crt -key server.pem -Verify 1 -verify_return_error -CAfile {kind}.crt"
                ),
            );
            let url = format!("https://127.0.0.1:{}/", server.port);
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
