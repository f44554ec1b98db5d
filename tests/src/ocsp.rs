//! `tpm2ca ocsp` running, and clients that speak HTTP to it in their own way.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use tpm2ca_testkit::Tool;

use crate::Ca;

/// The responder, on a port that the system has chosen. Ends with the test.
pub struct Responder {
    /// Where it answers.
    pub address: SocketAddr,
    child: Child,
    said: Arc<Mutex<String>>,
}

impl Responder {
    /// `tpm2ca ocsp --listen 127.0.0.1:0`, with further arguments.
    pub fn start(ca: &Ca, arguments: &[&str]) -> Self {
        Self::spawn(ca.command(&[&["ocsp", "--listen", "127.0.0.1:0"], arguments].concat()))
    }

    /// The same by a command that listens on `127.0.0.1:0`.
    pub fn spawn(mut command: Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut begin = String::new();
        let address = loop {
            let line = lines
                .next()
                .unwrap_or_else(|| panic!("the responder has ended: {begin}"))
                .unwrap();
            begin.push_str(&line);
            begin.push('\n');
            if let Some(url) = line.strip_prefix("listening on http://") {
                break url.trim_end_matches('/').parse().unwrap();
            }
        };
        let said = Arc::new(Mutex::new(begin));
        let more = Arc::clone(&said);
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let mut said = more.lock().unwrap();
                said.push_str(&line);
                said.push('\n');
            }
        });
        Self {
            address,
            child,
            said,
        }
    }

    /// Everything that it said on stderr so far.
    pub fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    /// The URL of the responder.
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// A new connection.
    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        stream
    }

    /// Sends these octets on a new connection, and reads one reply.
    pub fn exchange(&self, octets: &[u8]) -> Reply {
        let mut stream = self.connect();
        stream.write_all(octets).unwrap();
        Reply::read(&mut stream).unwrap()
    }

    /// A POST on a new connection.
    pub fn post(&self, request: &[u8]) -> Reply {
        self.exchange(&post(request))
    }

    /// A GET on a new connection.
    pub fn get(&self, path: &str, headers: &str) -> Reply {
        self.exchange(format!("GET {path} HTTP/1.1\r\nHost: x\r\n{headers}\r\n").as_bytes())
    }

    /// Processor time that the process has used, in clock ticks.
    pub fn ticks(&self) -> u64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let fields: Vec<&str> = stat
            .rsplit(')')
            .next()
            .unwrap()
            .split_whitespace()
            .collect();
        fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Tells it to end, and waits until it has; its exit code.
    pub fn stop(mut self, signal: Signal) -> Option<i32> {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, signal).unwrap();
        self.child.wait().unwrap().code()
    }
}

impl Drop for Responder {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// For what must come.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// A POST with a request in it.
pub fn post(request: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/ocsp-request\r\nContent-Length: {}\r\n\r\n",
        request.len()
    );
    [head.as_bytes(), request].concat()
}

/// An HTTP reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Status code.
    pub status: u16,
    /// Headers, in lower case.
    pub head: String,
    /// Body.
    pub body: Vec<u8>,
}

impl Reply {
    /// Reads one; none when the connection ends before it has begun.
    pub fn read(stream: &mut TcpStream) -> Option<Self> {
        let mut head = Vec::new();
        let mut octet = [0];
        while !head.ends_with(b"\r\n\r\n") {
            match stream.read(&mut octet) {
                Ok(1) => head.extend(octet),
                Ok(_) => return None,
                Err(error)
                    if head.is_empty() && error.kind() == std::io::ErrorKind::ConnectionReset =>
                {
                    return None;
                }
                Err(error) => panic!("{error} after {}", String::from_utf8_lossy(&head)),
            }
        }
        let head = String::from_utf8(head).unwrap();
        let status = head[9..12].parse().unwrap();
        let mut reply = Self {
            status,
            head: head.to_lowercase(),
            body: Vec::new(),
        };
        let length = reply
            .header("content-length")
            .map_or(0, |length| length.parse().unwrap());
        reply.body = vec![0; length];
        stream.read_exact(&mut reply.body).unwrap();
        Some(reply)
    }

    /// A header, without the case of its letters.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

/// A request by openssl with these arguments, about certificates of the intermediate.
pub fn request(ca: &Ca, arguments: &[&str]) -> Vec<u8> {
    Tool::openssl("ocsp")
        .args(["-issuer", "ca/intermediate.crt", "-reqout", "request.der"])
        .args(arguments)
        .dir(ca.folder.path())
        .ok();
    std::fs::read(ca.path("request.der")).unwrap()
}
