//! The Microsoft simulator's framing in front of swtpm, for want of a packaged simulator
//! (`TpmTcpProtocol.h` of ms-tpm-20-ref). The TCTI of libtss2 is the judge of its being right.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use tpm2ca_tpm::Tcti;

use crate::frames;
use crate::ports::PortPair;
use crate::swtpm::Swtpm;

/// Two ports that look like the simulator's.
#[derive(Debug)]
pub struct MssimProxy {
    port: u16,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// The one connection to swtpm: the simulator, too, runs one command at a time for many clients.
    tpm: Mutex<TcpStream>,
    power_ons: AtomicU32,
    stop: AtomicBool,
}

impl MssimProxy {
    /// Takes the one connection that `tpm` has to give, for as long as it lives.
    pub fn start(tpm: &Swtpm) -> Self {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, tpm.port())).unwrap();
        stream.set_nodelay(true).unwrap();
        let shared = Arc::new(Shared {
            tpm: Mutex::new(stream),
            power_ons: AtomicU32::new(0),
            stop: AtomicBool::new(false),
        });
        let PortPair {
            port,
            first,
            second,
        } = PortPair::find();
        serve(first, Arc::clone(&shared), serve_commands);
        serve(second, Arc::clone(&shared), serve_platform);
        Self { port, shared }
    }

    /// What our own code connects to.
    pub fn tcti(&self) -> Tcti {
        Tcti::Mssim {
            host: "127.0.0.1".to_owned(),
            port: self.port,
        }
    }

    /// How often the power button was pressed.
    pub fn power_ons(&self) -> u32 {
        self.shared.power_ons.load(Ordering::SeqCst)
    }
}

impl Drop for MssimProxy {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        for port in [self.port, self.port + 1] {
            let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, port));
        }
    }
}

fn serve(
    listener: TcpListener,
    shared: Arc<Shared>,
    session: fn(TcpStream, &Shared) -> io::Result<()>,
) {
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            if shared.stop.load(Ordering::SeqCst) {
                return;
            }
            let shared = Arc::clone(&shared);
            thread::spawn(move || session(client, &shared));
        }
    });
}

fn serve_commands(mut client: TcpStream, shared: &Shared) -> io::Result<()> {
    client.set_nodelay(true)?;
    loop {
        match read_u32(&mut client)? {
            SEND_COMMAND => {
                let mut locality = [0];
                client.read_exact(&mut locality)?;
                let size = read_u32(&mut client)?;
                let mut command = vec![0; usize::try_from(size).unwrap()];
                client.read_exact(&mut command)?;
                let response = {
                    let mut tpm = shared.tpm.lock().unwrap();
                    tpm.write_all(&command)?;
                    frames::read(&mut *tpm)?
                };
                let size = u32::try_from(response.len()).unwrap();
                client.write_all(&size.to_be_bytes())?;
                client.write_all(&response)?;
                client.write_all(&0_u32.to_be_bytes())?;
            }
            SESSION_END => return Ok(()),
            other => return Err(io::Error::other(format!("command {other}"))),
        }
    }
}

fn serve_platform(mut client: TcpStream, shared: &Shared) -> io::Result<()> {
    loop {
        match read_u32(&mut client)? {
            SESSION_END => return Ok(()),
            signal => {
                if signal == POWER_ON {
                    shared.power_ons.fetch_add(1, Ordering::SeqCst);
                }
                client.write_all(&0_u32.to_be_bytes())?;
            }
        }
    }
}

fn read_u32(stream: &mut TcpStream) -> io::Result<u32> {
    let mut bytes = [0; 4];
    stream.read_exact(&mut bytes)?;
    Ok(u32::from_be_bytes(bytes))
}

const POWER_ON: u32 = 1;
const SEND_COMMAND: u32 = 8;
const SESSION_END: u32 = 20;
