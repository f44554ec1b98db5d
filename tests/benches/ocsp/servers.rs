//! A CA that is full, and the two responders for it.

use std::{
    fmt::Write as _,
    fs,
    io::{BufRead, BufReader},
    net::{TcpListener, TcpStream},
    os::unix::process::CommandExt,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use tpm2ca_testkit::Tool;
use tpm2ca_tests::{Ca, bulk};
use tpm2ca_x509::{
    Certificate, Serial,
    ocsp::{CertId, OcspRequestFields},
    oid, pem, spki_key_bits,
};

/// A CA with so many certificates, and the same in `index.txt`; every tenth is revoked.
pub(crate) fn full_ca(count: usize) -> Ca {
    let ca = Ca::new(&[]);
    #[expect(clippy::disallowed_methods, reason = "a benchmark runs now")]
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs();
    bulk::load(&ca.directory(), count, 10, i64::try_from(now).unwrap());
    let mut index = String::new();
    for number in 0..count {
        let serial = serial(number).to_string().replace(':', "").to_uppercase();
        let end = "290101000000Z";
        let (letter, revoked) = if number % 10 == 0 {
            ("R", "260101000000Z,superseded")
        } else {
            ("V", "")
        };
        writeln!(
            index,
            "{letter}\t{end}\t{revoked}\t{serial}\tunknown\t/CN=host{number}.example.com"
        )
        .unwrap();
    }
    fs::write(ca.path("index.txt"), index).unwrap();
    Tool::openssl("req")
        .args([
            "-new",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
        ])
        .args([
            "-keyout",
            "ocsp.key",
            "-subj",
            "/CN=Responder",
            "-out",
            "ocsp.csr",
        ])
        .dir(ca.folder.path())
        .ok();
    ca.ok(&[
        "sign",
        "--profile",
        "ocsp",
        "--in",
        "ocsp.csr",
        "--out",
        "ocsp.crt",
    ]);
    ca
}

/// As `bulk` numbers them.
fn serial(number: usize) -> Serial {
    let mut octets = [0x5a; 17];
    octets[9..].copy_from_slice(&(number as u64).to_be_bytes());
    Serial::from_be_bytes(&octets).unwrap()
}

/// One for each certificate, without a nonce, in an order that is not theirs.
pub(crate) fn requests(ca: &Ca, count: usize) -> Vec<Vec<u8>> {
    let text = fs::read(ca.directory().join("intermediate.crt")).unwrap();
    let der = pem::single(&text, &["CERTIFICATE"]).unwrap();
    let issuer = Certificate::parse(&der).unwrap();
    let sha1 = |octets: &[u8]| {
        let tool = Tool::openssl("dgst").args(["-sha1", "-binary"]);
        tool.input(octets).ok().stdout
    };
    let name = sha1(issuer.tbs().subject_der());
    let key = sha1(spki_key_bits(issuer.tbs().spki_der()).unwrap());
    (0..count)
        .map(|number| {
            let serial = serial(number * 7919 % count);
            let id = CertId::new(oid::SHA1, &name, &key, &serial).unwrap();
            OcspRequestFields {
                certs: &[id],
                nonce: None,
            }
            .to_der()
            .unwrap()
        })
        .collect()
}

/// Some of them with a nonce.
pub(crate) fn with_nonce(requests: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let some = requests.iter().take(5000).zip(0u32..);
    some.map(|(request, number)| {
        let parsed = tpm2ca_x509::ocsp::OcspRequest::parse(request).unwrap();
        let nonce: Vec<u8> = number.to_be_bytes().repeat(8);
        OcspRequestFields {
            certs: parsed.certs(),
            nonce: Some(&nonce),
        }
        .to_der()
        .unwrap()
    })
    .collect()
}

/// `openssl ocsp -multi 2`.
pub(crate) struct Theirs {
    pub(crate) port: u16,
    child: Child,
}

impl Theirs {
    pub(crate) fn start(ca: &Ca) -> Self {
        let port = {
            let free = TcpListener::bind("127.0.0.1:0").unwrap();
            free.local_addr().unwrap().port()
        };
        let child = Command::new("openssl")
            .args(["ocsp", "-multi", "2", "-port", &port.to_string()])
            .args(["-index", "index.txt", "-CA", "ca/intermediate.crt"])
            .args(["-rsigner", "ocsp.crt", "-rkey", "ocsp.key", "-nmin", "60"])
            .current_dir(ca.folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // With its children it is one group, which can be ended at once.
            .process_group(0)
            .spawn()
            .unwrap();
        let theirs = Self { port, child };
        // It spins for ever after a connection that asks nothing: so it is asked.
        for _ in 0..600 {
            thread::sleep(Duration::from_millis(100));
            let tool = Tool::openssl("ocsp")
                .args([
                    "-url",
                    &format!("http://127.0.0.1:{port}/"),
                    "-noverify",
                    "-no_nonce",
                ])
                .args(["-issuer", "ca/intermediate.crt", "-serial", "5"])
                .dir(ca.folder.path());
            if tool.run().success() {
                return theirs;
            }
        }
        panic!("openssl ocsp does not answer");
    }
}

impl Drop for Theirs {
    fn drop(&mut self) {
        let group = rustix::process::Pid::from_child(&self.child);
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        let _ = self.child.wait();
    }
}

/// `tpm2ca ocsp`.
pub(crate) struct Ours {
    pub(crate) port: u16,
    child: Child,
}

impl Ours {
    /// When its answers are signed ahead.
    pub(crate) fn start(ca: &Ca) -> Self {
        let mut child = ca
            .command(&["ocsp", "--listen", ":0", "--verbose"])
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut port = None;
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        for line in lines.by_ref() {
            let line = line.unwrap();
            if let Some(url) = line.strip_prefix("listening on http://") {
                let (_, number) = url.trim_end_matches('/').rsplit_once(':').unwrap();
                port = Some(number.parse().unwrap());
            }
            if line.ends_with("answers are ready") {
                break;
            }
        }
        thread::spawn(move || lines.for_each(drop));
        let port = port.expect("the responder to say where it listens");
        TcpStream::connect(("127.0.0.1", port)).unwrap();
        Self { port, child }
    }

    pub(crate) fn memory_mib(&self) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status
            .lines()
            .find(|line| line.starts_with("VmRSS:"))
            .unwrap();
        let kib: f64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
        kib / 1024.0
    }
}

impl Drop for Ours {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
