//! A load generator that costs little beside what it measures: it runs on the same processors.
//!
//! Each of its threads has several requests on their way and reads the replies in the order in which it has asked, so
//! that it seldom has to wait for one. A reply that came earlier is noticed late: the times are no better than a client
//! would see.

use std::{
    collections::VecDeque,
    io::{Read, Write},
    net::{Ipv4Addr, TcpStream},
    sync::Barrier,
    thread,
    time::{Duration, Instant},
};

/// What is asked, and what the answer must say.
pub(crate) struct Question {
    /// The whole HTTP request, for a connection of its own and for one that is kept.
    pub(crate) http: [Vec<u8>; 2],
    /// The `CertID` in it, which the answer has to repeat.
    pub(crate) cert_id: Vec<u8>,
    pub(crate) nonce: Option<Vec<u8>>,
    pub(crate) is_revoked: bool,
}

impl Question {
    pub(crate) fn new(request: &[u8], cert_id: Vec<u8>, is_revoked: bool) -> Self {
        Self {
            http: ["close", "keep-alive"].map(|connection| http(request, connection)),
            cert_id,
            nonce: None,
            is_revoked,
        }
    }
}

/// Whom to ask, and how.
pub(crate) struct Load<'a> {
    pub(crate) port: u16,
    /// Whether a connection serves many requests, or one.
    pub(crate) keep_alive: bool,
    pub(crate) questions: &'a [Question],
}

/// What came of it.
pub(crate) struct Outcome {
    /// Answers a second.
    pub(crate) rate: f64,
    /// Microseconds.
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    /// Some of the answers, to be looked at more closely when the time does not count.
    pub(crate) samples: Vec<(usize, Vec<u8>)>,
}

impl Load<'_> {
    pub(crate) fn run(&self, duration: Duration) -> Outcome {
        let barrier = Barrier::new(THREADS);
        let tallies: Vec<Tally> = thread::scope(|scope| {
            let clients: Vec<_> = (0..THREADS)
                .map(|number| {
                    let barrier = &barrier;
                    scope.spawn(move || {
                        let mut client = Client::new(self, number);
                        barrier.wait();
                        client.run(duration);
                        client.tally
                    })
                })
                .collect();
            clients
                .into_iter()
                .map(|client| client.join().unwrap())
                .collect()
        });
        let rate = tallies
            .iter()
            .map(|tally| tally.times.len() as f64 / tally.seconds)
            .sum();
        let mut samples = Vec::new();
        let mut times = Vec::new();
        for tally in tallies {
            samples.extend(tally.samples);
            times.extend(tally.times);
        }
        times.sort_unstable();
        let at = |share: f64| {
            // A share of a length is an index.
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let index = (times.len() as f64 * share) as usize;
            f64::from(times[index.min(times.len() - 1)])
        };
        Outcome {
            rate,
            p50: at(0.5),
            p99: at(0.99),
            samples,
        }
    }
}

#[derive(Default)]
struct Tally {
    /// What each answer took, in microseconds.
    times: Vec<u32>,
    seconds: f64,
    samples: Vec<(usize, Vec<u8>)>,
}

/// One thread of it.
struct Client<'a> {
    load: &'a Load<'a>,
    number: usize,
    asked: usize,
    on_the_way: VecDeque<Asked>,
    buffer: Vec<u8>,
    /// Where in the last answer the `CertID` was: mostly it is there again.
    cert_id_at: usize,
    tally: Tally,
}

struct Asked {
    stream: TcpStream,
    question: usize,
    at: Instant,
}

impl<'a> Client<'a> {
    fn new(load: &'a Load<'a>, number: usize) -> Self {
        Self {
            load,
            number,
            asked: 0,
            on_the_way: VecDeque::new(),
            buffer: vec![0; 16 * 1024],
            cert_id_at: 0,
            tally: Tally::default(),
        }
    }

    fn run(&mut self, duration: Duration) {
        let begin = Instant::now();
        for _ in 0..WINDOW {
            self.ask(None, begin);
        }
        loop {
            let (stream, now) = self.read();
            if now - begin >= duration {
                self.tally.seconds = (now - begin).as_secs_f64();
                break;
            }
            self.ask(self.load.keep_alive.then_some(stream), now);
        }
        // They were asked and are owed an answer, which is not counted.
        let counted = self.tally.times.len();
        while !self.on_the_way.is_empty() {
            self.read();
        }
        self.tally.times.truncate(counted);
    }

    fn ask(&mut self, stream: Option<TcpStream>, at: Instant) {
        let question = (self.number * 7919 + self.asked) % self.load.questions.len();
        self.asked += 1;
        let mut stream = stream.unwrap_or_else(|| connect(self.load.port, self.asked));
        let http = &self.load.questions[question].http[usize::from(self.load.keep_alive)];
        stream.write_all(http).unwrap();
        self.on_the_way.push_back(Asked {
            stream,
            question,
            at,
        });
    }

    fn read(&mut self) -> (TcpStream, Instant) {
        let mut asked = self.on_the_way.pop_front().unwrap();
        let mut len = 0;
        let body = loop {
            let more = asked.stream.read(&mut self.buffer[len..]).unwrap();
            assert!(
                more > 0,
                "the connection was closed in the middle of a reply: {}",
                String::from_utf8_lossy(&self.buffer[..len])
            );
            len += more;
            if let Some(body) = body(&self.buffer[..len]) {
                break body;
            }
        };
        let now = Instant::now();
        let question = &self.load.questions[asked.question];
        self.cert_id_at = check(body, question, self.cert_id_at);
        let micros = (now - asked.at).as_micros();
        self.tally.times.push(u32::try_from(micros).unwrap());
        if self.tally.times.len() % SAMPLE_EVERY == 1 {
            self.tally.samples.push((asked.question, body.to_vec()));
        }
        (asked.stream, now)
    }
}

/// To one of many addresses of this machine, so that the ports of closed connections do not run out.
fn connect(port: u16, number: usize) -> TcpStream {
    let host = u8::try_from(number % 200).unwrap() + 1;
    TcpStream::connect((Ipv4Addr::new(127, 0, 0, host), port)).unwrap()
}

fn http(request: &[u8], connection: &str) -> Vec<u8> {
    let head = format!(
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/ocsp-request\r\nContent-Length: {}\r\nConnection: {connection}\r\n\r\n",
        request.len()
    );
    [head.as_bytes(), request].concat()
}

/// The body of a reply, when it is there as a whole. Panics unless it is one with status 200.
fn body(reply: &[u8]) -> Option<&[u8]> {
    let end = reply.windows(4).position(|four| four == b"\r\n\r\n")?;
    let (head, body) = (&reply[..end + 2], &reply[end + 4..]);
    assert!(
        head[8..].starts_with(b" 200 "),
        "{}",
        String::from_utf8_lossy(head)
    );
    let at = head
        .windows(LENGTH.len())
        .position(|name| name[0] == b'\n' && name.eq_ignore_ascii_case(LENGTH))
        .expect("the reply has no length");
    let length = head[at + LENGTH.len()..]
        .iter()
        .take_while(|digit| digit.is_ascii_digit())
        .fold(0, |length, digit| length * 10 + usize::from(digit - b'0'));
    assert!(body.len() <= length, "a reply is longer than it says");
    (body.len() == length).then_some(body)
}

/// Panics unless this is a successful response about the certificate that was asked about, with the status that it
/// has. `at` is where the `CertID` may be; where it is.
fn check(body: &[u8], question: &Question, at: usize) -> usize {
    // responseStatus successful, after a SEQUENCE of two octets of length or three
    assert!(
        body[3..].starts_with(b"\x0a\x01\x00") || body[4..].starts_with(b"\x0a\x01\x00"),
        "no successful response"
    );
    let id = question.cert_id.as_slice();
    let at = if body.get(at..).is_some_and(|rest| rest.starts_with(id)) {
        at
    } else {
        body.windows(id.len())
            .position(|window| window == id)
            .expect("this is an answer to another question")
    };
    // good [0] IMPLICIT NULL, revoked [1] IMPLICIT SEQUENCE
    let status = body[at + id.len()];
    let expected = if question.is_revoked { 0xa1 } else { 0x80 };
    assert_eq!(status, expected, "the status is wrong");
    if let Some(nonce) = &question.nonce {
        assert!(
            body.windows(nonce.len()).any(|window| window == nonce),
            "the nonce is not in the answer"
        );
    }
    at
}

const LENGTH: &[u8] = b"\ncontent-length: ";
const THREADS: usize = 2;
/// Requests of one thread that are on their way.
const WINDOW: usize = 8;
const SAMPLE_EVERY: usize = 1000;
