//! What keeps a server from serving.

use std::io;

use thiserror::Error;

/// An error of the server itself; what clients do wrong is answered.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ServeError {
    /// An address that is none.
    #[error("`{given}` is no address to listen at")]
    Address {
        /// What was given.
        given: String,
    },
    /// The system does not give us this address.
    #[error("cannot listen at `{address}`")]
    Listen {
        /// The address.
        address: String,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The system does not give us threads, timers or signals.
    #[error("cannot start the server")]
    Start(#[source] io::Error),
}

impl ServeError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Address { .. } => Some(
                "an address is 127.0.0.1:8080, [::1]:8080, localhost:8080, :8080 (all interfaces) or unix:PATH"
                    .to_owned(),
            ),
            Self::Listen { source, .. } => Some(
                match source.kind() {
                    io::ErrorKind::AddrInUse => "another program listens there: `ss -lptn` shows which one",
                    io::ErrorKind::PermissionDenied => {
                        "ports below 1024 need the capability CAP_NET_BIND_SERVICE; take another one, or the systemd unit"
                    }
                    io::ErrorKind::AddrNotAvailable => {
                        "this machine does not have that address: `ip address` shows those it has"
                    }
                    _ => "choose another address",
                }
                .to_owned(),
            ),
            Self::Start(_) => None,
        }
    }
}
