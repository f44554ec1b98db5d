//! TLS servers that other people wrote, for keys of ours: `openssl s_server` and nginx.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use tpm2ca_testkit::{Ran, Tool};

use crate::modules::preload;

/// An `openssl s_server`, stopped when it is dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    /// Where it listens, on 127.0.0.1.
    pub port: u16,
}

impl Server {
    /// Starts it on a free port. `command` has everything else.
    pub fn start(command: &mut Command) -> Self {
        let mut child = command
            .args(["-accept", "127.0.0.1:0", "-www"])
            .envs(preload())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = lines
            .by_ref()
            .map(Result::unwrap)
            .find_map(|line| {
                line.strip_prefix("ACCEPT ")?
                    .rsplit(':')
                    .next()?
                    .parse()
                    .ok()
            })
            .expect("the server says where it listens");
        // It would be stopped by a pipe that nobody reads.
        thread::spawn(move || lines.for_each(drop));
        Self { child, port }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An nginx with three workers, stopped when it is dropped.
#[derive(Debug)]
pub struct Nginx {
    child: Child,
    /// Where it listens, on 127.0.0.1.
    pub port: u16,
}

impl Nginx {
    /// Starts it in a folder, where certificate and openssl.cnf are; `key` is what `ssl_certificate_key` takes.
    pub fn start(folder: &Path, certificate: &str, key: &str, openssl_cnf: &Path) -> Self {
        let port = free_port();
        let here = folder.display();
        fs::write(
            folder.join("nginx.conf"),
            format!(
                "user root;\ndaemon off;\nworker_processes 3;\npid {here}/nginx.pid;\nerror_log {here}/nginx.log info;\nevents {{}}\nhttp \
                 {{\naccess_log off;\nclient_body_temp_path {here}/t1;\nproxy_temp_path {here}/t2;\nfastcgi_temp_path \
                 {here}/t3;\nuwsgi_temp_path {here}/t4;\nscgi_temp_path {here}/t5;\nserver {{\nlisten 127.0.0.1:{port} \
                 ssl;\nssl_certificate {here}/{certificate};\nssl_certificate_key {key};\nssl_session_cache off;\nlocation / {{\nreturn 200 \
                 'hello';\n}}\n}}\n}}\n"
            ),
        )
        .unwrap();
        let child = Command::new("/usr/sbin/nginx")
            .args(["-c", "nginx.conf", "-p", "."])
            .current_dir(folder)
            .env("OPENSSL_CONF", openssl_cnf)
            .envs(preload())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let nginx = Self { child, port };
        let deadline = Instant::now() + Duration::from_secs(30);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(
                Instant::now() < deadline,
                "nginx does not listen:\n{}",
                log(folder)
            );
            thread::sleep(Duration::from_millis(20));
        }
        nginx
    }

    /// Is visited 200 times, eight at a time, and shows the certificate each time.
    pub fn is_visited(&self, folder: &Path, certificate: &str) {
        let said: Ran = Tool::python(VISITORS)
            .args([&self.port.to_string(), certificate])
            .env("OPENSSL_CONF", "/dev/null")
            .dir(folder)
            .run();
        assert_eq!(
            said.text().trim(),
            "200 visits",
            "{}\n{}",
            said.report(),
            log(folder)
        );
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // Its master stops the workers when it is told to end; a killed one leaves them.
        let _ = Command::new("kill")
            .arg(self.child.id().to_string())
            .status();
        let _ = self.child.wait();
    }
}

fn log(folder: &Path) -> String {
    fs::read_to_string(folder.join("nginx.log")).unwrap_or_default()
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

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
