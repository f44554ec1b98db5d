//! Clients that behave badly, and a web in between: `tpm2ca ocsp` as an HTTP server.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{
    fmt::Write as _,
    fs,
    io::{Read, Write},
    net::TcpStream,
    os::unix::net::{UnixDatagram, UnixStream},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use rustix::process::Signal;
use tpm2ca_tests::{
    Ca,
    ocsp::{PATIENCE, Reply, Responder, post, request},
};
use tpm2ca_x509::ocsp::{CertStatus, ErrorStatus, OcspResponse};

/// A CA with one certificate, its responder, and a request about the certificate.
struct Setup {
    ca: Ca,
    responder: Responder,
    request: Vec<u8>,
}

impl Setup {
    fn new() -> Self {
        let ca = Ca::new(&[]);
        ca.ok(&["issue", "www.example.com", "--out", "www.crt"]);
        let request = request(&ca, &["-no_nonce", "-cert", "www.crt"]);
        let responder = Responder::start(&ca, &[]);
        Self {
            ca,
            responder,
            request,
        }
    }

    /// Somebody who behaves is served, and soon.
    fn serves(&self) {
        let begin = Instant::now();
        for _ in 0..20 {
            let reply = self.responder.post(&self.request);
            assert_eq!(reply.status, 200);
            assert!(is_good(&reply.body));
        }
        assert!(
            begin.elapsed() < Duration::from_secs(5),
            "{:?}",
            begin.elapsed()
        );
    }

    fn path(&self) -> String {
        format!("/{}", base64(&self.request))
    }
}

fn is_good(der: &[u8]) -> bool {
    match OcspResponse::parse(der).unwrap() {
        OcspResponse::Successful(basic) => basic.responses()[0].status == CertStatus::Good,
        OcspResponse::Error(_) => false,
    }
}

fn error_of(reply: &Reply) -> ErrorStatus {
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(
        reply.header("content-type"),
        Some("application/ocsp-response")
    );
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    match OcspResponse::parse(&reply.body).unwrap() {
        OcspResponse::Error(status) => status,
        OcspResponse::Successful(basic) => panic!("{basic:?}"),
    }
}

fn base64(octets: &[u8]) -> String {
    let out = tpm2ca_testkit::Tool::openssl("base64")
        .arg("-A")
        .input(octets)
        .ok();
    out.text().trim().to_owned()
}

fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, octet| {
        if octet.is_ascii_alphanumeric() {
            out.push(char::from(octet));
        } else {
            write!(out, "%{octet:02x}").unwrap();
        }
        out
    })
}

#[test]
fn get_and_its_caches() {
    let setup = Setup::new();
    let first = setup.responder.get(&setup.path(), "");
    assert_eq!(first.status, 200);
    assert!(is_good(&first.body));
    assert_eq!(
        first.header("content-type"),
        Some("application/ocsp-response")
    );
    let control = first.header("cache-control").unwrap();
    let age: u64 = control
        .strip_prefix("max-age=")
        .and_then(|rest| rest.split(',').next()?.parse().ok())
        .unwrap();
    assert!((1800..=3600).contains(&age), "{control}");
    assert!(
        control.ends_with(", public, no-transform, must-revalidate"),
        "{control}"
    );
    for name in ["date", "last-modified", "expires"] {
        assert!(first.header(name).unwrap().ends_with(" gmt"), "{first:?}");
    }
    let tag = first.header("etag").unwrap().to_owned();
    // The same to the byte, in whatever way the path is written, and as the answer to POST.
    let plain = base64(&setup.request);
    for path in [
        format!("/{}", escaped(&plain)),
        format!("/{}", plain.trim_end_matches('=')),
        format!("/{}", plain.replace('+', "-").replace('/', "_")),
        format!("http://ocsp.example.com/{plain}"),
    ] {
        assert_eq!(setup.responder.get(&path, "").body, first.body, "{path}");
    }
    assert_eq!(setup.responder.post(&setup.request).body, first.body);
    // Who has it already.
    for condition in [
        format!("If-None-Match: {tag}\r\n"),
        "If-None-Match: *\r\n".to_owned(),
    ] {
        let reply = setup.responder.get(&setup.path(), &condition);
        assert_eq!((reply.status, reply.body.len()), (304, 0));
        assert_eq!(reply.header("etag"), Some(tag.as_str()));
    }
    let reply = setup
        .responder
        .get(&setup.path(), "If-None-Match: \"other\"\r\n");
    assert_eq!(reply.status, 200);
    // HEAD is GET without the body.
    let mut stream = setup.responder.connect();
    let head = format!(
        "HEAD {} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        setup.path()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    assert!(
        text.starts_with("HTTP/1.1 200")
            && text.ends_with("\r\n\r\n")
            && text.to_lowercase().contains(&tag),
        "{text}"
    );
}

#[test]
fn what_is_no_request_gets_a_proper_answer() {
    let setup = Setup::new();
    let responder = &setup.responder;
    for body in [&b""[..], b"\x30\x00", b"hello", &vec![0x30; 200_000]] {
        assert_eq!(
            error_of(&responder.post(body)),
            ErrorStatus::MalformedRequest
        );
    }
    assert_eq!(
        error_of(&responder.get(&format!("/{}", base64(b"hello")), "")),
        ErrorStatus::MalformedRequest
    );
    // A nonce of more than 128 octets: RFC 9654 section 2.1.
    let with_nonce = request(&setup.ca, &["-cert", "www.crt"]);
    assert!(is_good(&responder.post(&with_nonce).body));
    for (path, status) in [
        ("/", 200),
        ("/favicon.ico", 404),
        ("/robots.txt", 404),
        ("/a%", 404),
    ] {
        assert_eq!(responder.get(path, "").status, status, "{path}");
    }
    for (head, status) in [
        (
            "POST /elsewhere HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
            404,
        ),
        (
            "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
            405,
        ),
        ("DELETE / HTTP/1.1\r\nHost: x\r\n\r\n", 405),
        (
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 0\r\n\r\n",
            415,
        ),
        (
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 262145\r\n\r\n",
            413,
        ),
        ("nonsense\r\n\r\n", 400),
        ("GET / HTTP/9.9\r\n\r\n", 400),
    ] {
        assert_eq!(responder.exchange(head.as_bytes()).status, status, "{head}");
    }
    // Longer than the cap without saying so.
    let mut stream = responder.connect();
    let head = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    let chunk = [&b"10000\r\n"[..], &vec![0x30; 0x10000], b"\r\n"].concat();
    for _ in 0..5 {
        let _ = stream.write_all(&chunk);
    }
    assert_eq!(Reply::read(&mut stream).unwrap().status, 413);
    // Headers without end.
    let long = format!("/{}", "M".repeat(40_000));
    let reply = responder.get(&long, "");
    assert!([400, 414, 431].contains(&reply.status), "{reply:?}");
    setup.serves();
}

#[test]
fn one_connection_serves_many_requests() {
    let setup = Setup::new();
    let mut stream = setup.responder.connect();
    for _ in 0..200 {
        stream.write_all(&post(&setup.request)).unwrap();
        assert!(is_good(&Reply::read(&mut stream).unwrap().body));
    }
    // Several at once, before the first is answered.
    let three = post(&setup.request).repeat(3);
    stream.write_all(&three).unwrap();
    for _ in 0..3 {
        assert!(is_good(&Reply::read(&mut stream).unwrap().body));
    }
}

#[test]
fn connections_that_come_to_nothing_disturb_nobody() {
    let setup = Setup::new();
    // Connect and close.
    for _ in 0..50 {
        drop(setup.responder.connect());
    }
    setup.serves();
    // Half a head, half a body, nothing at all: and they stay.
    let half = post(&setup.request);
    let mut open: Vec<TcpStream> = Vec::new();
    for octets in [&b"POST / HT"[..], b"GET ", &half[..half.len() - 10], b""] {
        for _ in 0..5 {
            let mut stream = setup.responder.connect();
            stream.write_all(octets).unwrap();
            open.push(stream);
        }
    }
    setup.serves();
    // It does not wait with its processor.
    let before = setup.responder.ticks();
    thread::sleep(Duration::from_secs(2));
    let spent = setup.responder.ticks() - before;
    assert!(spent < 20, "{spent} ticks in two idle seconds");
    // Their time runs out.
    for mut stream in open {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest);
        let rest = String::from_utf8_lossy(&rest);
        assert!(
            rest.is_empty() || rest.starts_with("HTTP/1.1 408"),
            "{rest}"
        );
    }
    setup.serves();
}

/// Becomes true at the end, also when that is a panic.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn a_revocation_is_told_a_millisecond_later_however_busy_it_is() {
    let setup = Setup::new();
    let address = setup.responder.address;
    let octets = post(&setup.request);
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        // They keep the responder from ever being without news for long.
        for _ in 0..2 {
            scope.spawn(|| {
                let mut stream = TcpStream::connect(address).unwrap();
                while !is_over.load(Ordering::Relaxed) {
                    stream.write_all(&octets).unwrap();
                    assert_eq!(Reply::read(&mut stream).unwrap().status, 200);
                }
            });
        }
        let _over = Over(&is_over);
        for number in 0..10 {
            let file = format!("{number}.crt");
            let host = format!("host{number}.example.com");
            setup.ca.ok(&["issue", &host, "--out", &file]);
            let request = request(&setup.ca, &["-no_nonce", "-cert", &file]);
            assert!(is_good(&setup.responder.post(&request).body));
            setup.ca.ok(&["revoke", &file]);
            thread::sleep(Duration::from_millis(1));
            assert!(
                !is_good(&setup.responder.post(&request).body),
                "{host} was revoked a millisecond ago"
            );
        }
    });
}

#[test]
fn a_thousand_open_connections_disturb_nobody() {
    let setup = Setup::new();
    let mut open: Vec<TcpStream> = (0..1000).map(|_| setup.responder.connect()).collect();
    setup.serves();
    // Half of them are used at last.
    for stream in open.iter_mut().step_by(2) {
        stream.write_all(&post(&setup.request)).unwrap();
    }
    for stream in open.iter_mut().step_by(2) {
        assert!(is_good(&Reply::read(stream).unwrap().body));
    }
    setup.serves();
    drop(open);
    setup.serves();
    assert_eq!(setup.responder.stop(Signal::TERM), Some(0));
}

#[test]
fn it_ends_when_it_is_told_to_and_finishes_what_was_begun() {
    let setup = Setup::new();
    let octets = post(&setup.request);
    let (begin, rest) = octets.split_at(octets.len() - 20);
    let mut begun = setup.responder.connect();
    begun.write_all(begin).unwrap();
    let idle = setup.responder.connect();
    // That the head has arrived is seen by an answer to somebody who came later.
    setup.serves();
    let address = setup.responder.address;
    let rest = rest.to_vec();
    let client = thread::spawn(move || {
        thread::sleep(Duration::from_millis(500));
        // No one is taken in any more.
        let refused = TcpStream::connect(address).is_err();
        begun.write_all(&rest).unwrap();
        (Reply::read(&mut begun).unwrap(), refused)
    });
    let when = Instant::now();
    assert_eq!(setup.responder.stop(Signal::TERM), Some(0));
    assert!(
        when.elapsed() < Duration::from_secs(20),
        "{:?}",
        when.elapsed()
    );
    let (reply, _) = client.join().unwrap();
    assert!(is_good(&reply.body));
    drop(idle);
}

#[test]
fn several_addresses_and_the_service_manager() {
    let ca = Ca::new(&[]);
    ca.ok(&["issue", "www.example.com", "--out", "www.crt"]);
    let octets = post(&request(&ca, &["-no_nonce", "-cert", "www.crt"]));
    let notify = UnixDatagram::bind(ca.path("notify")).unwrap();
    notify.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut child = ca
        .command(&[
            "ocsp",
            "--listen",
            "unix:ocsp.sock",
            "--listen",
            "[::1]:0",
            "--verbose",
        ])
        .env("NOTIFY_SOCKET", ca.path("notify"))
        .stderr(fs::File::create(ca.path("said")).unwrap())
        .spawn()
        .unwrap();
    let mut message = [0; 100];
    let len = notify.recv(&mut message).unwrap();
    assert_eq!(&message[..len], b"READY=1");
    let said = fs::read_to_string(ca.path("said")).unwrap();
    assert!(said.contains("listening on unix:ocsp.sock"), "{said}");
    let address = said
        .lines()
        .find_map(|line| line.strip_prefix("listening on http://"))
        .unwrap()
        .trim_end_matches('/');
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(&octets).unwrap();
    let reply = Reply::read(&mut stream).unwrap();
    assert!(is_good(&reply.body));
    let mut stream = UnixStream::connect(ca.path("ocsp.sock")).unwrap();
    let last = [
        &octets[..],
        b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    ]
    .concat();
    stream.write_all(&last).unwrap();
    let mut all = Vec::new();
    stream.read_to_end(&mut all).unwrap();
    assert!(
        all.windows(reply.body.len())
            .any(|window| window == reply.body)
    );
    // A second one does not get the socket of the first.
    ca.fails(1, &["ocsp", "--listen", "unix:ocsp.sock"]);
    rustix::process::kill_process(rustix::process::Pid::from_child(&child), Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(!ca.path("ocsp.sock").exists());
    ca.snapshot("ocsp_server/several_addresses_and_the_service_manager");
}

#[test]
fn an_address_in_use_costs_no_certificate() {
    let ca = Ca::new(&[]);
    let before = ca.ok(&["list", "--json"]);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let error = ca.fails(1, &["ocsp", "--listen", &address]);
    assert!(
        error.contains(&address) && error.contains("hint: another program"),
        "{error}"
    );
    assert_eq!(ca.ok(&["list", "--json"]), before);
    ca.snapshot("ocsp_server/an_address_in_use_costs_no_certificate");
}
