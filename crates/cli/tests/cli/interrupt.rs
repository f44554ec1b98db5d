//! Ctrl-C, while the TPM takes its time: nothing half-made stays.

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    os::unix::process::ExitStatusExt,
    process::{Child, Stdio},
    sync::mpsc::{self, Receiver, Sender},
    thread,
    time::Duration,
};

use serde_json::Value;
use tpm2ca_testkit::{Swtpm, Tool, temp_dir};

use crate::support::{Ca, files, tpm2ca};

/// Between the program and a TPM, up to a command that never gets an answer, or a late one.
struct Stalling {
    port: u16,
    reached: Receiver<()>,
    /// Lets the command go on to the TPM. Only once.
    go: Sender<()>,
}

impl Stalling {
    fn at(command_code: u32, tpm: &Swtpm) -> Self {
        let (go, may_go) = mpsc::channel();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (told, reached) = mpsc::channel();
        let tpm = tpm.port();
        thread::spawn(move || {
            for client in listener.incoming() {
                let tpm = TcpStream::connect((Ipv4Addr::LOCALHOST, tpm)).unwrap();
                // The program is killed in the middle of it: that ends the connection, and with it the loop.
                let _ = relay(client.unwrap(), tpm, command_code, &told, &may_go);
            }
        });
        Self { port, reached, go }
    }

    fn tcti(&self) -> String {
        format!("swtpm:host=127.0.0.1,port={}", self.port)
    }

    fn wait(&self) {
        self.reached
            .recv_timeout(Duration::from_mins(1))
            .expect("the command was sent");
    }
}

fn relay(
    mut client: TcpStream,
    mut tpm: TcpStream,
    stop_at: u32,
    told: &Sender<()>,
    may_go: &Receiver<()>,
) -> std::io::Result<()> {
    loop {
        let command = frame(&mut client)?;
        if command[6..10] == stop_at.to_be_bytes() {
            let _ = told.send(());
            // Until the program is gone, unless it is told to go on.
            client.set_read_timeout(Some(Duration::from_millis(20)))?;
            while may_go.try_recv().is_err() {
                match client.peek(&mut [0]) {
                    Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                    _ => return Ok(()),
                }
            }
            client.set_read_timeout(None)?;
        }
        tpm.write_all(&command)?;
        client.write_all(&frame(&mut tpm)?)?;
    }
}

/// One command or response (TPM 2.0 Library Part 1, section 18): tag, size, code, the rest.
fn frame(stream: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut frame = vec![0; 10];
    stream.read_exact(&mut frame)?;
    let size = u32::from_be_bytes(frame[2..6].try_into().unwrap()) as usize;
    frame.resize(size, 0);
    stream.read_exact(&mut frame[10..])?;
    Ok(frame)
}

const TPM2_CREATE: u32 = 0x153;
const TPM2_SIGN: u32 = 0x15d;

fn press(child: &Child) {
    Tool::new("kill")
        .args(["-INT", &child.id().to_string()])
        .ok();
}

fn interrupt(mut child: Child) {
    press(&child);
    let status = child.wait().unwrap();
    assert_eq!(status.signal(), Some(2), "{status}");
}

#[test]
fn while_the_keys_of_a_ca_are_made() {
    let (folder, tpm) = (temp_dir(), Swtpm::start());
    let stalling = Stalling::at(TPM2_CREATE, &tpm);
    let tcti = stalling.tcti();
    let init = |tcti: &str| {
        let arguments = ["init", "--ca", "ca", "--name", "A", "--tpm", tcti];
        let mut command = tpm2ca(folder.path(), &arguments);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    };
    let child = init(&tcti).spawn().unwrap();
    stalling.wait();
    interrupt(child);
    assert!(
        files(folder.path()).is_empty(),
        "{:?}",
        files(&folder.path().join("ca"))
    );
    assert!(
        init(&tpm.tcti().to_string()).status().unwrap().success(),
        "the next try finds a clean place"
    );
}

#[test]
fn while_something_is_signed() {
    let tpm = Swtpm::start();
    let ca = Ca::empty();
    ca.ok(&["init", "--name", "A", "--tpm", &tpm.tcti().to_string()]);
    let csr = ca.csr("a.example.com");
    std::fs::write(ca.path("old.crt"), "old").unwrap();
    let before = ca.files();
    let possibly_signed = |report: &Value| report["possibly_signed"].as_array().unwrap().len();
    for (count, arguments) in [
        &["sign", "--in", &csr, "--out", "a.crt"][..],
        &["sign", "--in", &csr, "--out", "old.crt", "--force"],
        &["sign", &csr],
        &["issue", "b.example.com"],
    ]
    .into_iter()
    .enumerate()
    {
        let stalling = Stalling::at(TPM2_SIGN, &tpm);
        let child = ca
            .command(arguments)
            .args(["--tpm", &stalling.tcti()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        stalling.wait();
        interrupt(child);
        assert_eq!(ca.files(), before, "{arguments:?}");
        assert_eq!(std::fs::read(ca.path("old.crt")).unwrap(), b"old");
        let report = ca.json(&["db", "check"]).remove(0);
        assert_eq!(report["clean"], true, "{report}");
        assert_eq!(
            possibly_signed(&report),
            count + 1,
            "the TPM may have signed: {report}"
        );
    }
    let stalling = Stalling::at(TPM2_SIGN, &tpm);
    let child = ca
        .command(&["crl", "--out", "a.crl", "--tpm", &stalling.tcti()])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    stalling.wait();
    interrupt(child);
    assert_eq!(ca.files(), before);
    assert!(files(&ca.path("ca/crl")).is_empty());
    ca.ok(&["crl", "--out", "a.crl"]);
}

#[test]
fn while_a_key_is_made() {
    let (folder, tpm) = (temp_dir(), Swtpm::start());
    let start = |stalling: &Stalling| {
        let child = tpm2ca(
            folder.path(),
            &["genkey", "--tpm", &stalling.tcti(), "k.pem"],
        )
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
        stalling.wait();
        child
    };
    // It waits for the TPM, and takes everything back.
    let stalling = Stalling::at(TPM2_CREATE, &tpm);
    let mut child = start(&stalling);
    press(&child);
    let mut said = [0; 11];
    child.stderr.take().unwrap().read_exact(&mut said).unwrap();
    assert_eq!(&said, b"interrupted");
    stalling.go.send(()).unwrap();
    let status = child.wait().unwrap();
    assert_eq!(status.signal(), Some(2), "{status}");
    assert!(files(folder.path()).is_empty());
    for kind in ["handles-transient", "handles-loaded-session"] {
        let held = Tool::tpm2("tpm2_getcap", &tpm).arg(kind).ok().text();
        assert_eq!(held, "", "{kind}");
    }
    // Whoever does not want to wait need not.
    let stalling = Stalling::at(TPM2_CREATE, &tpm);
    let child = start(&stalling);
    press(&child);
    thread::sleep(Duration::from_millis(200));
    interrupt(child);
    assert!(files(folder.path()).is_empty());
}
