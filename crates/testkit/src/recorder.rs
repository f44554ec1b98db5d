//! An ear on the wire between a client and swtpm.

use std::io::{self, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use tpm2ca_tpm::Tcti;

use crate::frames;

/// One command and what came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// The whole command.
    pub command: Vec<u8>,
    /// The whole response; `None` when the TPM went away before it answered.
    pub response: Option<Vec<u8>>,
}

impl Exchange {
    /// TPM_CC of the command.
    pub fn command_code(&self) -> u32 {
        u32::from_be_bytes(self.command[6..10].try_into().unwrap())
    }

    /// TPM_RC of the response.
    pub fn response_code(&self) -> Option<u32> {
        let response = self.response.as_ref()?;
        Some(u32::from_be_bytes(response[6..10].try_into().unwrap()))
    }
}

/// A TCP proxy that keeps every octet of every connection made through it. Clients may come and go.
#[derive(Debug)]
pub struct Recorder {
    port: u16,
    tape: Arc<Mutex<Vec<Exchange>>>,
    stop: Arc<AtomicBool>,
}

impl Recorder {
    /// Starts listening; each client gets a connection of its own to `tpm`, which must be swtpm on TCP.
    pub fn start(tpm: &Tcti) -> Self {
        let Tcti::SwtpmTcp { host, port } = tpm.clone() else {
            panic!("the recorder speaks to swtpm on TCP, not to {tpm}");
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let this = Self {
            port: listener.local_addr().unwrap().port(),
            tape: Arc::default(),
            stop: Arc::default(),
        };
        let (tape, stop) = (Arc::clone(&this.tape), Arc::clone(&this.stop));
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                let (tape, host) = (Arc::clone(&tape), host.clone());
                // An error is one side hanging up: dropping both sockets tells the other.
                thread::spawn(move || relay(client, TcpStream::connect((host, port))?, &tape));
            }
        });
        this
    }

    /// What the client connects to.
    pub fn tcti(&self) -> Tcti {
        Tcti::SwtpmTcp {
            host: "127.0.0.1".to_owned(),
            port: self.port,
        }
    }

    /// Everything so far.
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.tape.lock().unwrap().clone()
    }

    /// Forgets everything so far.
    pub fn clear(&self) {
        self.tape.lock().unwrap().clear();
    }

    /// Whether these octets went over the wire in one command or one response, in either direction.
    pub fn contains(&self, needle: &[u8]) -> bool {
        assert!(!needle.is_empty(), "nothing is in everything");
        let within = |bytes: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
        self.tape.lock().unwrap().iter().any(|exchange| {
            within(&exchange.command) || exchange.response.as_deref().is_some_and(within)
        })
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes the thread that listens.
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
    }
}

fn relay(mut client: TcpStream, mut tpm: TcpStream, tape: &Mutex<Vec<Exchange>>) -> io::Result<()> {
    client.set_nodelay(true)?;
    tpm.set_nodelay(true)?;
    loop {
        let command = frames::read(&mut client)?;
        let result = tpm
            .write_all(&command)
            .and_then(|()| frames::read(&mut tpm));
        tape.lock().unwrap().push(Exchange {
            command,
            response: result.as_ref().ok().cloned(),
        });
        client.write_all(&result?)?;
    }
}
