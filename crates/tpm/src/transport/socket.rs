//! Connecting, reading and writing with an end in sight: no call here waits without bound.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream, ToSocketAddrs};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::net::sockopt::{self, Timeout};
use rustix::net::{self, AddressFamily, SocketAddrUnix, SocketFlags, SocketType};

use super::TransportError;

/// A connected stream socket. After any error it is out of step with its peer and answers only
/// [`TransportError::Closed`].
pub(super) struct Socket {
    stream: Box<dyn Stream>,
    at: String,
    timeout: Duration,
    broken: bool,
}

impl Socket {
    /// Connects over TCP to the first address of `host` that takes the connection.
    pub(super) fn tcp(at: &str, host: &str, port: u16) -> Result<Self, TransportError> {
        let addresses = (host, port)
            .to_socket_addrs()
            .map_err(|_| TransportError::NotFound { at: at.to_owned() })?;
        let mut last = TransportError::NotFound { at: at.to_owned() };
        for address in addresses {
            match TcpStream::connect_timeout(&address, CONNECT_PATIENCE) {
                Ok(stream) => {
                    // A command is one write and waits for its answer: collecting more bytes would only delay it.
                    stream
                        .set_nodelay(true)
                        .map_err(|e| explain(at, e, CONNECT_PATIENCE))?;
                    return Ok(Self::new(at, Box::new(stream)));
                }
                Err(error) => last = explain(at, error, CONNECT_PATIENCE),
            }
        }
        Err(last)
    }

    /// Connects to a Unix socket.
    pub(super) fn unix(at: &str, path: &Path) -> Result<Self, TransportError> {
        let begin = Instant::now();
        loop {
            match connect_unix(path, CONNECT_PATIENCE) {
                Ok(stream) => return Ok(Self::new(at, Box::new(stream))),
                Err(error)
                    if error.kind() == io::ErrorKind::Interrupted
                        && begin.elapsed() < CONNECT_PATIENCE => {}
                Err(error) => return Err(explain(at, error, CONNECT_PATIENCE)),
            }
        }
    }

    fn new(at: &str, stream: Box<dyn Stream>) -> Self {
        Self {
            stream,
            at: at.to_owned(),
            timeout: Duration::ZERO,
            broken: false,
        }
    }

    /// What is connected to, as a TCTI string.
    pub(super) fn at(&self) -> &str {
        &self.at
    }

    /// Runs one exchange of bytes. An error in it makes the socket useless, since nobody knows any more which
    /// bytes belong to which exchange.
    pub(super) fn exchange<T>(
        &mut self,
        patience: Duration,
        steps: impl FnOnce(&mut Exchange<'_>) -> Result<T, TransportError>,
    ) -> Result<T, TransportError> {
        if self.broken {
            return Err(TransportError::Closed {
                at: self.at.clone(),
            });
        }
        self.broken = true;
        if self.timeout != patience {
            self.stream
                .set_timeout(patience)
                .map_err(|e| explain(&self.at, e, patience))?;
            self.timeout = patience;
        }
        let mut exchange = Exchange {
            stream: self.stream.as_mut(),
            at: &self.at,
            patience,
            timeout: &mut self.timeout,
            deadline: Instant::now() + patience,
        };
        let result = steps(&mut exchange)?;
        self.broken = false;
        Ok(result)
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // A child that was forked off while it was open has it open too. Closing alone would leave the emulator, which
        // serves one connection at a time, waiting for what nobody says any more.
        self.stream.hang_up();
    }
}

/// Bytes there and back under one deadline.
pub(super) struct Exchange<'a> {
    stream: &'a mut dyn Stream,
    at: &'a str,
    patience: Duration,
    /// What bounds a single read or write of the stream at present.
    timeout: &'a mut Duration,
    deadline: Instant,
}

impl Exchange<'_> {
    /// What is connected to, as a TCTI string.
    pub(super) fn at(&self) -> &str {
        self.at
    }

    /// Sends all of `bytes`.
    pub(super) fn send(&mut self, bytes: &[u8]) -> Result<(), TransportError> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let sent = self.before_the_deadline(|stream| stream.write(rest))?;
            // `write` returns at most the length of what it was given.
            rest = rest.get(sent..).unwrap_or_default();
        }
        Ok(())
    }

    /// Fills `buffer`.
    pub(super) fn receive(&mut self, buffer: &mut [u8]) -> Result<(), TransportError> {
        let mut rest = buffer;
        while !rest.is_empty() {
            let got = self.receive_some(rest)?;
            // `read` returns at most the length of what it was given.
            rest = rest.get_mut(got..).unwrap_or_default();
        }
        Ok(())
    }

    /// Waits for at least one octet and returns how many came.
    pub(super) fn receive_some(&mut self, buffer: &mut [u8]) -> Result<usize, TransportError> {
        self.before_the_deadline(|stream| stream.read(buffer))
    }

    /// Reads or writes at least one byte. The socket's own timeout bounds one call; a peer that takes or gives byte
    /// after byte is bounded here.
    fn before_the_deadline(
        &mut self,
        mut call: impl FnMut(&mut dyn Stream) -> io::Result<usize>,
    ) -> Result<usize, TransportError> {
        loop {
            let left = self.deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(TransportError::Timeout {
                    at: self.at.to_owned(),
                    after: self.patience,
                });
            }
            // A system call that a TPM which answers at once does not need.
            if left + self.patience / 16 < *self.timeout {
                self.stream
                    .set_timeout(left)
                    .map_err(|e| explain(self.at, e, self.patience))?;
                *self.timeout = left;
            }
            match call(self.stream) {
                Ok(0) => {
                    return Err(TransportError::Closed {
                        at: self.at.to_owned(),
                    });
                }
                Ok(count) => return Ok(count),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(explain(self.at, error, self.patience)),
            }
        }
    }
}

/// Connects to a Unix socket. While the emulator's queue is full, the kernel lets this wait for as long as a write may
/// take. Then the error is [`io::ErrorKind::WouldBlock`].
fn connect_unix(path: &Path, patience: Duration) -> io::Result<UnixStream> {
    let socket = net::socket_with(
        AddressFamily::UNIX,
        SocketType::STREAM,
        SocketFlags::CLOEXEC,
        None,
    )?;
    sockopt::set_socket_timeout(&socket, Timeout::Send, Some(patience))?;
    net::connect(&socket, &SocketAddrUnix::new(path)?)?;
    Ok(UnixStream::from(socket))
}

/// What both kinds of socket can do.
trait Stream: Read + Write + Send {
    /// Bounds every single read and write.
    fn set_timeout(&self, timeout: Duration) -> io::Result<()>;
    /// Ends the connection for everybody who has it open. One that the peer has ended already is as good.
    fn hang_up(&self);
}

impl Stream for TcpStream {
    fn set_timeout(&self, timeout: Duration) -> io::Result<()> {
        self.set_read_timeout(Some(timeout))?;
        self.set_write_timeout(Some(timeout))
    }

    fn hang_up(&self) {
        let _ = self.shutdown(Shutdown::Both);
    }
}

impl Stream for UnixStream {
    fn set_timeout(&self, timeout: Duration) -> io::Result<()> {
        self.set_read_timeout(Some(timeout))?;
        self.set_write_timeout(Some(timeout))
    }

    fn hang_up(&self) {
        let _ = self.shutdown(Shutdown::Both);
    }
}

/// The error of a socket call in the words of this crate.
fn explain(at: &str, error: io::Error, patience: Duration) -> TransportError {
    let at = at.to_owned();
    match error.kind() {
        io::ErrorKind::NotFound => TransportError::NotFound { at },
        io::ErrorKind::PermissionDenied => TransportError::PermissionDenied { at },
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => TransportError::Timeout {
            at,
            after: patience,
        },
        io::ErrorKind::UnexpectedEof
        | io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe => TransportError::Closed { at },
        _ => TransportError::Io { at, source: error },
    }
}

/// How long connecting may take.
const CONNECT_PATIENCE: Duration = Duration::from_secs(15);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use std::os::unix::net::UnixListener;
    use std::thread;

    use super::*;

    const SHORT: Duration = Duration::from_millis(50);

    fn pair() -> (Socket, UnixStream) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        (Socket::new("test", Box::new(ours)), theirs)
    }

    #[test]
    fn a_silent_peer_is_given_up_and_stays_given_up() {
        let (mut socket, mut peer) = pair();
        let first = socket.exchange(SHORT, |x| x.receive(&mut [0; 4]));
        assert!(matches!(first, Err(TransportError::Timeout { .. })));
        // The late answer must not be taken for the answer to the next command.
        peer.write_all(&[1, 2, 3, 4]).unwrap();
        let second = socket.exchange(SHORT, |x| x.receive(&mut [0; 4]));
        assert!(matches!(second, Err(TransportError::Closed { .. })));
    }

    #[test]
    fn a_peer_that_drips_octets_is_given_up() {
        let (mut socket, mut peer) = pair();
        let dripping = thread::spawn(move || {
            while peer.write_all(&[0]).is_ok() {
                thread::sleep(SHORT / 5);
            }
        });
        let started = Instant::now();
        let result = socket.exchange(SHORT, |x| x.receive(&mut [0; 4096]));
        assert!(matches!(result, Err(TransportError::Timeout { .. })));
        assert!(started.elapsed() < SHORT * 100);
        drop(socket);
        dripping.join().unwrap();
    }

    #[test]
    fn a_slow_answer_shortens_the_rest_of_it_and_not_the_next_one() {
        let (ours, mut peer) = UnixStream::pair().unwrap();
        let timeout = ours.try_clone().unwrap();
        let mut socket = Socket::new("test", Box::new(ours));
        peer.write_all(&[1, 2]).unwrap();
        let patience = Duration::from_secs(20);
        socket
            .exchange(patience, |x| {
                x.deadline -= Duration::from_secs(10);
                x.receive(&mut [0])
            })
            .unwrap();
        let half = Some(Duration::from_secs(10));
        assert!(timeout.read_timeout().unwrap() <= half);
        assert!(timeout.write_timeout().unwrap() <= half);
        socket.exchange(patience, |x| x.receive(&mut [0])).unwrap();
        assert_eq!(timeout.read_timeout().unwrap(), Some(patience));
    }

    #[test]
    fn a_full_queue_is_not_waited_for_without_end() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("socket");
        let listener = net::socket(AddressFamily::UNIX, SocketType::STREAM, None).unwrap();
        net::bind(&listener, &SocketAddrUnix::new(&path).unwrap()).unwrap();
        net::listen(&listener, 1).unwrap();
        let listener = UnixListener::from(listener);
        // Nobody accepts. Where exactly the queue ends is the kernel's business.
        let mut waiting = Vec::new();
        let error = loop {
            match connect_unix(&path, SHORT) {
                Ok(stream) => waiting.push(stream),
                Err(error) => break error,
            }
        };
        assert!(matches!(
            explain("test", error, SHORT),
            TransportError::Timeout { .. }
        ));
        listener.accept().unwrap();
        connect_unix(&path, SHORT).unwrap();
    }

    #[test]
    fn a_closed_peer_is_named() {
        let (mut socket, peer) = pair();
        drop(peer);
        let result = socket.exchange(SHORT, |x| x.receive(&mut [0; 1]));
        assert!(matches!(result, Err(TransportError::Closed { .. })));
    }

    #[test]
    fn nobody_listening_is_named() {
        let missing = Socket::unix("swtpm:path=/nonexistent", Path::new("/nonexistent"));
        assert!(matches!(missing, Err(TransportError::NotFound { .. })));
        // Port 1 of the loopback is in nobody's use.
        let Err(refused) = Socket::tcp("swtpm", "127.0.0.1", 1) else {
            panic!("somebody listens on port 1");
        };
        assert!(refused.hint().unwrap().contains("running"));
        assert!(refused.is_lost());
    }
}
