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

use tpm2ca_keys::PublicKey;
use tpm2ca_testkit::Tool;
use tpm2ca_tests::{Ca, bulk};
use tpm2ca_x509::{
    Certificate, Serial, SignatureAlgorithm,
    ocsp::{CertId, CertStatus, OcspRequestFields, OcspResponse},
    oid, pem, spki_key_bits,
};

use crate::load::Question;

/// A CA with so many certificates, and the same in `index.txt`; every tenth is revoked.
pub(crate) fn full_ca(count: usize) -> Ca {
    let ca = Ca::new(&[]);
    #[expect(clippy::disallowed_methods, reason = "a benchmark runs now")]
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs();
    bulk::load(
        &ca.directory(),
        count,
        REVOKE_EVERY,
        i64::try_from(now).unwrap(),
    );
    let mut index = String::new();
    for number in 0..count {
        let serial = serial(number).to_string().replace(':', "").to_uppercase();
        let end = "290101000000Z";
        let (letter, revoked) = if is_revoked(number) {
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

const REVOKE_EVERY: usize = 10;

/// As `bulk` revokes them.
fn is_revoked(number: usize) -> bool {
    number.is_multiple_of(REVOKE_EVERY)
}

/// As `bulk` numbers them.
fn serial(number: usize) -> Serial {
    let mut octets = [0x5a; 17];
    octets[9..].copy_from_slice(&(number as u64).to_be_bytes());
    Serial::from_be_bytes(&octets).unwrap()
}

/// What is asked of the responders, and what is right.
pub(crate) struct Questions {
    issuer: PublicKey,
    pub(crate) all: Vec<Question>,
    /// Some of them with a nonce.
    pub(crate) with_nonce: Vec<Question>,
}

impl Questions {
    /// One about each certificate, in an order that is not theirs.
    pub(crate) fn new(ca: &Ca, count: usize) -> Self {
        let text = fs::read(ca.directory().join("intermediate.crt")).unwrap();
        let der = pem::single(&text, &["CERTIFICATE"]).unwrap();
        let issuer = Certificate::parse(&der).unwrap();
        let spki_der = issuer.tbs().spki_der();
        let sha1 = |octets: &[u8]| {
            let tool = Tool::openssl("dgst").args(["-sha1", "-binary"]);
            tool.input(octets).ok().stdout
        };
        let name = sha1(issuer.tbs().subject_der());
        let key = sha1(spki_key_bits(spki_der).unwrap());
        let question = |place: usize, nonce: Option<&[u8]>| {
            let number = place * 7919 % count;
            let id = CertId::new(oid::SHA1, &name, &key, &serial(number)).unwrap();
            let certs = std::slice::from_ref(&id);
            let request = OcspRequestFields { certs, nonce }.to_der().unwrap();
            Question {
                nonce: nonce.map(<[u8]>::to_vec),
                ..Question::new(&request, id.to_der(), is_revoked(number))
            }
        };
        Self {
            all: (0..count).map(|place| question(place, None)).collect(),
            with_nonce: (0..count.min(5000))
                .map(|place| question(place, Some(&(place as u64).to_be_bytes().repeat(4))))
                .collect(),
            issuer: PublicKey::from_spki_der(spki_der).unwrap(),
        }
    }

    /// Panics unless the answer about a question has the right content, and is signed by somebody whom the issuer has
    /// certified.
    pub(crate) fn check(&self, question: &Question, answer: &[u8]) {
        let OcspResponse::Successful(answer) = OcspResponse::parse(answer).unwrap() else {
            panic!("the response is an error");
        };
        let [single] = answer.responses() else {
            panic!("not one answer: {answer:?}");
        };
        assert_eq!(single.cert_id.to_der(), question.cert_id);
        let is_revoked = matches!(single.status, CertStatus::Revoked { .. });
        assert!(is_revoked || single.status == CertStatus::Good);
        assert_eq!(is_revoked, question.is_revoked);
        assert_eq!(answer.nonce(), question.nonce.as_deref());
        let responder = Certificate::parse(answer.certs()[0]).unwrap();
        let algorithm = SignatureAlgorithm::from_der(responder.signature_algorithm_der()).unwrap();
        self.issuer
            .verify(algorithm, responder.tbs().der(), responder.signature())
            .unwrap();
        PublicKey::from_spki_der(responder.tbs().spki_der())
            .unwrap()
            .verify(
                answer.signature_algorithm().unwrap(),
                answer.tbs_der(),
                answer.signature(),
            )
            .unwrap();
    }
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
