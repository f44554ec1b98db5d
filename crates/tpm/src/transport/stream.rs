//! Commands and responses bare on a stream socket, each delimited by the size in its own header: what
//! `swtpm socket --server` speaks.

use std::path::Path;

use super::frame::{bad_frame, patience, response_size};
use super::socket::Socket;
use super::{Transport, TransportError};

/// A connection to swtpm.
pub(super) struct Stream {
    socket: Socket,
}

impl Stream {
    /// Connects over TCP.
    pub(super) fn tcp(at: &str, host: &str, port: u16) -> Result<Self, TransportError> {
        Ok(Self {
            socket: Socket::tcp(at, host, port)?,
        })
    }

    /// Connects to a Unix socket.
    pub(super) fn unix(at: &str, path: &Path) -> Result<Self, TransportError> {
        Ok(Self {
            socket: Socket::unix(at, path)?,
        })
    }
}

impl Transport for Stream {
    fn transact(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.socket.exchange(patience(command), |exchange| {
            exchange.send(command)?;
            let mut buffer = [0; USUAL_RESPONSE];
            let mut response = Vec::new();
            loop {
                let got = exchange.receive_some(&mut buffer)?;
                response.extend_from_slice(buffer.get(..got).unwrap_or(&buffer));
                match response_size(exchange.at(), &response)? {
                    Some(size) if response.len() == size => return Ok(response),
                    Some(size) if response.len() > size => {
                        return Err(bad_frame(
                            exchange.at(),
                            format!("{size} octets, as the header says"),
                            response.len(),
                        ));
                    }
                    _ => {}
                }
            }
        })
    }
}

/// Holds every response of a TPM whose MAX_RESPONSE_SIZE is the usual one; longer ones take another turn.
const USUAL_RESPONSE: usize = 4096;
