//! Issues certificates and stops at a chosen point on the way; for the crash tests.
//!
//! `crash-issuer CA_DIR TCTI POINT NTH ACTION COUNT`: issues COUNT certificates; when a certificate passes POINT for
//! the NTH time, `kill` stops the process with SIGKILL, `pause` says `reached` and waits for a line on standard
//! input. `crash-issuer openssl CNF CSR POINT NTH COUNT` does so with the CA of an openssl.cnf, and is killed. Every
//! certificate that the caller got is printed as `issued SERIAL`, and every error as `error ...`.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

use std::{
    io::{self, BufRead, Write},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use tpm2ca_authority::{
    Authority, CaDirectory, Checkpoint, Checkpoints, Environment, IssueRequest, Keyring, NoAuth,
    OpensslCa, OpensslCaOptions, SignOptions,
};
use tpm2ca_keys::{KeyAlgorithm, SoftwareKey};
use tpm2ca_openssl_conf::Conf;
use tpm2ca_tpm::TpmOptions;
use tpm2ca_x509::{GeneralName, Name, ext};

struct Trap {
    point: usize,
    nth: usize,
    pause: bool,
    seen: AtomicUsize,
}

impl Checkpoints for Trap {
    fn reached(&self, point: Checkpoint) {
        if Checkpoint::ALL.get(self.point) != Some(&point)
            || self.seen.fetch_add(1, Ordering::SeqCst) + 1 != self.nth
        {
            return;
        }
        if self.pause {
            say("reached");
            io::stdin().lock().read_line(&mut String::new()).unwrap();
        } else {
            let me = rustix::process::getpid();
            rustix::process::kill_process(me, rustix::process::Signal::KILL).unwrap();
        }
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|first| first == "openssl") {
        return by_openssl_cnf(&arguments);
    }
    let [directory, tcti, point, nth, action, count] = arguments.as_slice() else {
        panic!("usage: crash-issuer CA_DIR TCTI POINT NTH ACTION COUNT");
    };
    let environment = Environment {
        checkpoints: Arc::new(Trap {
            point: point.parse().unwrap(),
            nth: nth.parse().unwrap(),
            pause: action == "pause",
            seen: AtomicUsize::new(0),
        }),
        ..Environment::default()
    };
    let keyring = Keyring::new(
        Some(tcti.parse().unwrap()),
        TpmOptions::default(),
        Box::new(NoAuth),
    );
    let authority =
        Authority::open(CaDirectory::new(directory), keyring, environment).expect("opens");
    let key = SoftwareKey::generate(KeyAlgorithm::P256).unwrap();
    let subject = Name::common_name("crash.example.com").unwrap();
    let san =
        ext::subject_alt_name(&[GeneralName::Dns("crash.example.com".into())], false).unwrap();
    let csr = key.make_csr(subject.as_der(), &[san]).unwrap();
    for _ in 0..count.parse().unwrap() {
        match authority.issue(&IssueRequest::new(&csr, "server", "crash-test")) {
            Ok(issued) => say(&format!("issued {}", issued.serial)),
            Err(error) => say(&format!("error {error}")),
        }
    }
}

/// All certificates of one call, as `tpm2ca sign --config` makes them.
fn by_openssl_cnf(arguments: &[String]) {
    let [_, cnf, csr, point, nth, count] = arguments else {
        panic!("usage: crash-issuer openssl CNF CSR POINT NTH COUNT");
    };
    let environment = Environment {
        checkpoints: Arc::new(Trap {
            point: point.parse().unwrap(),
            nth: nth.parse().unwrap(),
            pause: false,
            seen: AtomicUsize::new(0),
        }),
        ..Environment::default()
    };
    let conf = Conf::load(cnf.as_ref(), &|_| None).unwrap();
    let keyring = Keyring::new(None, TpmOptions::default(), Box::new(NoAuth));
    let options = OpensslCaOptions {
        requester: "crash-test".to_owned(),
        ..OpensslCaOptions::default()
    };
    let ca = OpensslCa::open(conf, &options, keyring, environment).expect("opens");
    let csr = std::fs::read(csr).unwrap();
    let options = SignOptions {
        extensions: None,
        extfile: None,
        policy: None,
        days: None,
        not_before: None,
        not_after: None,
        md: None,
        subject: None,
        preserve: false,
        no_email: false,
        selfsign: false,
        rand_serial: false,
        create_serial: false,
        strict: false,
        requester: "crash-test",
    };
    let mut signing = ca.begin().unwrap();
    for _ in 0..count.parse().unwrap() {
        let wanted = ca.prepare(&csr, &options).unwrap();
        let issued = signing.sign(wanted, &options).unwrap();
        say(&format!("issued {}", issued.serial));
    }
    signing.finish().unwrap();
}

/// A line that is out of the process before the next step.
fn say(line: &str) {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{line}").unwrap();
    stdout.flush().unwrap();
}
