//! Connecting, reading and writing with an end in sight: no call here waits without bound.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream, ToSocketAddrs};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

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
        // The kernel lets this call wait without bound while the emulator's queue is full, so it waits in a
        // thread of its own, which ends when the emulator takes the connection or goes away.
        let (sender, receiver) = mpsc::channel();
        let path = path.to_owned();
        thread::Builder::new()
            .name("tpm-connect".to_owned())
            .spawn(move || sender.send(UnixStream::connect(path)))
            .map_err(|e| explain(at, e, CONNECT_PATIENCE))?;
        match receiver.recv_timeout(CONNECT_PATIENCE) {
            Ok(Ok(stream)) => Ok(Self::new(at, Box::new(stream))),
            Ok(Err(error)) => Err(explain(at, error, CONNECT_PATIENCE)),
            Err(_) => Err(TransportError::Timeout {
                at: at.to_owned(),
                after: CONNECT_PATIENCE,
            }),
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
    deadline: Instant,
}

impl Exchange<'_> {
    /// What is connected to, as a TCTI string.
    pub(super) fn at(&self) -> &str {
        self.at
    }

    /// Sends all of `bytes`.
    pub(super) fn send(&mut self, bytes: &[u8]) -> Result<(), TransportError> {
        self.stream
            .write_all(bytes)
            .map_err(|e| explain(self.at, e, self.patience))
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
        loop {
            // The socket's own timeout bounds one read; a peer that drips octets is bounded here.
            if Instant::now() >= self.deadline {
                return Err(TransportError::Timeout {
                    at: self.at.to_owned(),
                    after: self.patience,
                });
            }
            match self.stream.read(buffer) {
                Ok(0) => {
                    return Err(TransportError::Closed {
                        at: self.at.to_owned(),
                    });
                }
                Ok(got) => return Ok(got),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(explain(self.at, error, self.patience)),
            }
        }
    }
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
