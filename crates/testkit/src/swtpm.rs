//! The emulator swtpm as a child process with a state folder of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tpm2ca_tpm::Tcti;

use crate::ports::PortPair;
use crate::temp_dir;

/// A running swtpm. Its state lives until it is dropped, through [`Swtpm::kill`] and [`Swtpm::restart`].
#[derive(Debug)]
pub struct Swtpm {
    dir: TempDir,
    address: Address,
    startup: bool,
    child: Option<Child>,
}

#[derive(Clone, Copy, Debug)]
enum Address {
    /// The data channel; the control channel is on the next port, where tpm2-tools look for it.
    Tcp(u16),
    Unix,
}

impl Swtpm {
    /// A new TPM on two TCP ports, with TPM2_Startup(CLEAR) done.
    pub fn start() -> Self {
        Self::launch(false, true)
    }

    /// A new TPM on a Unix socket, with TPM2_Startup(CLEAR) done.
    pub fn start_unix() -> Self {
        Self::launch(true, true)
    }

    /// A new TPM on two TCP ports that still waits for its TPM2_Startup.
    pub fn start_without_startup() -> Self {
        Self::launch(false, false)
    }

    fn launch(unix: bool, startup: bool) -> Self {
        let mut this = Self {
            dir: temp_dir(),
            address: Address::Unix,
            startup,
            child: None,
        };
        for _ in 0..TRIES {
            if !unix {
                // The ports are free now. Whoever takes them before swtpm does makes it fail, and us try others.
                this.address = Address::Tcp(PortPair::find().port);
            }
            if this.spawn().is_ok() {
                return this;
            }
        }
        panic!("swtpm did not start:\n{}", this.log());
    }

    /// What our own code connects to.
    pub fn tcti(&self) -> Tcti {
        match self.address {
            Address::Tcp(port) => Tcti::SwtpmTcp {
                host: HOST.to_owned(),
                port,
            },
            Address::Unix => Tcti::SwtpmUnix(self.path(SOCKET)),
        }
    }

    /// What tpm2-tools, tpm2-openssl and tpm2-tss-engine connect to. Needs a TPM on TCP.
    pub fn tpm2_tools_tcti(&self) -> String {
        format!("swtpm:host={HOST},port={}", self.port())
    }

    /// The TCP port of its data channel.
    pub fn port(&self) -> u16 {
        match self.address {
            Address::Tcp(port) => port,
            Address::Unix => panic!("this swtpm is on a Unix socket"),
        }
    }

    /// Where its state is.
    pub fn state_dir(&self) -> PathBuf {
        self.path(STATE)
    }

    /// Its process id, to send it signals.
    pub fn pid(&self) -> u32 {
        self.child.as_ref().expect("swtpm is running").id()
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.path(LOG)).unwrap_or_default()
    }

    /// Ends it with SIGKILL, as a power cut would.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            child.wait().expect("swtpm is waited for");
        }
    }

    /// Ends it if it runs, and starts it with the same state at the same address.
    pub fn restart(&mut self) {
        self.kill();
        let deadline = Instant::now() + PATIENCE;
        while let Err(error) = self.spawn() {
            // Somebody may have taken the port in between, for as long as a test takes.
            assert!(
                Instant::now() < deadline,
                "swtpm did not restart: {error}\n{}",
                self.log()
            );
            thread::sleep(PAUSE);
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn spawn(&mut self) -> Result<(), String> {
        fs::create_dir_all(self.state_dir()).unwrap();
        for leftover in [PID, SOCKET, CONTROL] {
            let _ = fs::remove_file(self.path(leftover));
        }
        let option = |prefix: &str, path: &Path| format!("{prefix}{}", path.display());
        let (server, control) = match self.address {
            Address::Tcp(port) => (
                format!("type=tcp,port={port},bindaddr={HOST}"),
                format!("type=tcp,port={},bindaddr={HOST}", port + 1),
            ),
            Address::Unix => (
                option("type=unixio,path=", &self.path(SOCKET)),
                option("type=unixio,path=", &self.path(CONTROL)),
            ),
        };
        let flags = if self.startup {
            "not-need-init,startup-clear"
        } else {
            "not-need-init"
        };
        let child = Command::new("swtpm")
            .args(["socket", "--tpm2"])
            .args(["--tpmstate", &option("dir=", &self.state_dir())])
            .args(["--server", &server])
            .args(["--ctrl", &control])
            .args(["--flags", flags])
            .args(["--pid", &option("file=", &self.path(PID))])
            .args(["--log", &option("file=", &self.path(LOG))])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("swtpm is installed");
        self.child = Some(child);
        self.wait_until_ready().inspect_err(|_| self.kill())
    }

    /// It writes its process id once it listens; who connects then is served.
    fn wait_until_ready(&mut self) -> Result<(), String> {
        let deadline = Instant::now() + PATIENCE;
        let pid = self.pid().to_string();
        loop {
            if let Some(status) = self.child.as_mut().unwrap().try_wait().unwrap() {
                return Err(format!("swtpm ended with {status}"));
            }
            if fs::read_to_string(self.path(PID)).is_ok_and(|text| text.trim() == pid) {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err("swtpm does not get ready".to_owned());
            }
            thread::sleep(PAUSE);
        }
    }
}

impl Drop for Swtpm {
    fn drop(&mut self) {
        self.kill();
    }
}

const HOST: &str = "127.0.0.1";
const STATE: &str = "state";
const SOCKET: &str = "tpm.sock";
const CONTROL: &str = "control.sock";
const PID: &str = "pid";
const LOG: &str = "log";
const TRIES: u32 = 20;
const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(5);
