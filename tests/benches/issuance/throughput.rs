//! Certificates per second from CSR bytes to durable record, beside raw TPM2_Sign on the same embedded TPM.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

use tpm2ca_authority::{
    Authority, CaDirectory, Environment, InitOptions, IssueRequest, Keyring, NoAuth, init,
};
use tpm2ca_keys::{KeyAlgorithm, SoftwareKey};
use tpm2ca_testkit::Delay;
use tpm2ca_tpm::{Algorithm, Auth, Connector, Curve, KeyFile, Tcti, Tpm, TpmOptions};
use tpm2ca_x509::{GeneralName, Name, ext};

use crate::{
    raw::Raw,
    table::{Table, median},
};

const ROUNDS: usize = 7;
const ROUND: Duration = Duration::from_millis(1500);
const REQUESTERS: usize = 16;

pub(crate) fn measure(folder: &Path, table: &mut Table) {
    let tcti = Tcti::Libtpms(folder.join("tpm"));
    let csrs: Vec<Vec<u8>> = (0..REQUESTERS).map(csr).collect();
    let kinds = [
        ("RSA-2048", Algorithm::Rsa { bits: 2048 }, 0.95),
        ("P-256", Algorithm::Ecc(Curve::P256), 0.85),
    ];
    for (name, algorithm, goal) in kinds {
        let directory = make_ca(folder, name, algorithm, &tcti);
        let key =
            KeyFile::from_pem(&fs::read(directory.join("intermediate.key")).unwrap()).unwrap();
        let rsa = matches!(algorithm, Algorithm::Rsa { .. });
        // Interleaved, so that a busy moment of the machine hits both.
        let (mut raw, mut issued, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            raw.push(Raw::open(tcti.connector(), &key, rsa).run(ROUND));
            issued.push(issue(&directory, tcti.connector(), &csrs));
            ratios.push(issued[issued.len() - 1] / raw[raw.len() - 1]);
        }
        table.figure(
            &format!("{name}: raw TPM2_Sign, password session"),
            median(&mut raw),
            "/s",
        );
        table.figure(
            &format!("{name}: certificates, 16 requesters, durable"),
            median(&mut issued),
            "/s",
        );
        table.at_least(
            &format!("{name}: ratio (median of {ROUNDS} rounds)"),
            median(&mut ratios),
            "",
            goal,
        );

        let slow = || -> Box<dyn Connector> {
            Box::new(Delay::new(tcti.connector(), Duration::from_millis(30)))
        };
        let (mut raw, mut issued, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            raw.push(Raw::open(slow(), &key, rsa).run(ROUND));
            issued.push(issue(&directory, slow(), &csrs));
            ratios.push(issued[issued.len() - 1] / raw[raw.len() - 1]);
        }
        table.figure(
            &format!("{name}, +30 ms a signature: raw"),
            median(&mut raw),
            "/s",
        );
        table.figure(
            &format!("{name}, +30 ms a signature: certificates"),
            median(&mut issued),
            "/s",
        );
        table.at_least(
            &format!("{name}, +30 ms a signature: ratio"),
            median(&mut ratios),
            "",
            0.98,
        );
    }
}

fn make_ca(folder: &Path, name: &str, algorithm: Algorithm, tcti: &Tcti) -> PathBuf {
    let directory = folder.join(name);
    let keyring = Keyring::new(Some(tcti.clone()), TpmOptions::default(), Box::new(NoAuth));
    init(
        &CaDirectory::new(&directory),
        keyring,
        Environment::default(),
        &InitOptions {
            name: name.to_owned(),
            algorithm,
            root_days: None,
            intermediate_days: None,
            permit_dns: Vec::new(),
            key_auth: Auth::empty(),
            no_da: true,
            crl_url: Some("http://pki.example.com/%.crl".to_owned()),
            tcti: Some(tcti.to_string()),
            requester: "bench".to_owned(),
        },
    )
    .unwrap();
    directory
}

/// Certificates per second: 16 requesters that wait for their answers.
fn issue(directory: &Path, connector: Box<dyn Connector>, csrs: &[Vec<u8>]) -> f64 {
    let tpm = Tpm::with_connector(connector, TpmOptions::default()).unwrap();
    let authority = Authority::open(
        CaDirectory::new(directory),
        Keyring::with_tpm(tpm, Box::new(NoAuth)),
        Environment::default(),
    )
    .unwrap();
    authority.issuer(None).unwrap();
    let (stop, count) = (AtomicBool::new(false), AtomicU64::new(0));
    let start = Instant::now();
    thread::scope(|scope| {
        for csr in csrs {
            let (authority, stop, count) = (&authority, &stop, &count);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    let wish = IssueRequest::new(csr, "server", "bench");
                    authority.issue(&wish).unwrap();
                    count.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        thread::sleep(ROUND);
        stop.store(true, Ordering::Relaxed);
    });
    count.load(Ordering::Relaxed) as f64 / start.elapsed().as_secs_f64()
}

fn csr(number: usize) -> Vec<u8> {
    let host = format!("host{number}.example.com");
    let key = SoftwareKey::generate(KeyAlgorithm::P256).unwrap();
    let subject = Name::parse(&format!("/C=DE/O=Example/CN={host}")).unwrap();
    let san = ext::subject_alt_name(&[GeneralName::Dns(host)], false).unwrap();
    key.make_csr(subject.as_der(), &[san]).unwrap()
}
