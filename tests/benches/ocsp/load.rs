//! A load generator: threads with raw sockets, one request at a time on each.

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, TcpStream},
    sync::Barrier,
    thread,
    time::{Duration, Instant},
};

/// What is asked, and how.
pub(crate) struct Load<'a> {
    pub(crate) port: u16,
    /// Whether a connection serves all requests of a thread, or one.
    pub(crate) keep_alive: bool,
    pub(crate) requests: &'a [Vec<u8>],
}

/// What came of it.
#[derive(Clone, Copy)]
pub(crate) struct Result {
    /// Answers a second.
    pub(crate) rate: f64,
    /// Microseconds.
    pub(crate) p50: f64,
    pub(crate) p99: f64,
}

impl Load<'_> {
    pub(crate) fn run(&self, duration: Duration) -> Result {
        let barrier = Barrier::new(CLIENTS);
        let mut times: Vec<u32> = thread::scope(|scope| {
            let clients: Vec<_> = (0..CLIENTS)
                .map(|number| {
                    let barrier = &barrier;
                    scope.spawn(move || {
                        barrier.wait();
                        self.client(number, duration)
                    })
                })
                .collect();
            clients
                .into_iter()
                .flat_map(|client| client.join().unwrap())
                .collect()
        });
        times.sort_unstable();
        let at = |share: f64| {
            // A share of a length is an index.
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let index = (times.len() as f64 * share) as usize;
            f64::from(times[index.min(times.len() - 1)])
        };
        Result {
            rate: times.len() as f64 / duration.as_secs_f64(),
            p50: at(0.5),
            p99: at(0.99),
        }
    }

    /// The time that each answer took, in microseconds.
    fn client(&self, number: usize, duration: Duration) -> Vec<u32> {
        let mut times = Vec::new();
        let mut kept = None;
        let mut answer = vec![0; 16 * 1024];
        let begin = Instant::now();
        let mut next = number * 7919;
        while begin.elapsed() < duration {
            let request = &self.requests[next % self.requests.len()];
            next += 1;
            let start = Instant::now();
            let mut stream = kept.take().unwrap_or_else(|| connect(self.port, next));
            stream.write_all(&http(request, self.keep_alive)).unwrap();
            read_answer(&mut stream, &mut answer);
            if self.keep_alive {
                kept = Some(stream);
            } else {
                drop(stream);
            }
            times.push(u32::try_from(start.elapsed().as_micros()).unwrap());
        }
        times
    }
}

/// To one of many addresses of this machine, so that the ports of closed connections do not run out.
fn connect(port: u16, number: usize) -> TcpStream {
    let host = u8::try_from(number % 200).unwrap() + 1;
    let stream = TcpStream::connect((Ipv4Addr::new(127, 0, 0, host), port)).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

fn http(request: &[u8], keep_alive: bool) -> Vec<u8> {
    let connection = if keep_alive { "keep-alive" } else { "close" };
    let head = format!(
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/ocsp-request\r\nContent-Length: {}\r\nConnection: {connection}\r\n\r\n",
        request.len()
    );
    [head.as_bytes(), request].concat()
}

/// Reads one reply, and panics unless it is a successful OCSP response.
fn read_answer(stream: &mut TcpStream, buffer: &mut [u8]) {
    let mut len = 0;
    let (head, length) = loop {
        let more = stream.read(&mut buffer[len..]).unwrap();
        assert!(
            more > 0,
            "the connection was closed in the middle of a reply"
        );
        len += more;
        let end = buffer[..len]
            .windows(4)
            .position(|four| four == b"\r\n\r\n");
        if let Some(end) = end {
            let head = String::from_utf8_lossy(&buffer[..end]).to_lowercase();
            assert!(head.contains(" 200 "), "{head}");
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "))
                .map(|length| length.trim().parse::<usize>().unwrap())
                .unwrap();
            break (end + 4, length);
        }
    };
    while len < head + length {
        let more = stream.read(&mut buffer[len..]).unwrap();
        assert!(
            more > 0,
            "the connection was closed in the middle of a reply"
        );
        len += more;
    }
    // responseStatus successful
    let body = &buffer[head..head + length];
    assert!(
        body.windows(3)
            .take(6)
            .any(|three| three == b"\x0a\x01\x00"),
        "no successful response"
    );
}

const CLIENTS: usize = 8;
