//! Free ports for tests that run at the same time, in this and in other processes.

use std::hash::{BuildHasher, RandomState};
use std::net::{Ipv4Addr, TcpListener};

/// Two free neighbouring ports, held open until the caller has use for them.
pub(crate) struct PortPair {
    /// The lower one.
    pub(crate) port: u16,
    /// Listens on it.
    pub(crate) first: TcpListener,
    /// Listens on the next one.
    pub(crate) second: TcpListener,
}

impl PortPair {
    /// Finds a pair.
    pub(crate) fn find() -> Self {
        for attempt in 0..TRIES {
            // A new RandomState hashes differently, in every process and at every call.
            let random = RandomState::new().hash_one(attempt);
            let port = FIRST + 2 * u16::try_from(random % PAIRS).unwrap();
            let listen = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port));
            if let (Ok(first), Ok(second)) = (listen(port), listen(port + 1)) {
                return Self {
                    port,
                    first,
                    second,
                };
            }
        }
        panic!("no two free ports in {TRIES} tries");
    }
}

const TRIES: u32 = 1000;
/// Below the range from which the kernel takes ports for outgoing connections (32768 and up).
const FIRST: u16 = 12_000;
const PAIRS: u64 = 10_000;
