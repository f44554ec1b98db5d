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
    Parts,
    raw::Raw,
    table::{Table, median},
};

const ROUNDS: usize = 7;
const ROUND: Duration = Duration::from_millis(1500);
/// Uncounted: all requesters begin at the same moment, and it takes a while until they do not come in one crowd any more.
const RUN_UP: Duration = Duration::from_millis(250);
const REQUESTERS: usize = 16;

pub(crate) fn measure(folder: &Path, parts: &Parts, table: &mut Table) {
    let tcti = Tcti::Libtpms(folder.join("tpm"));
    let csrs: Vec<Vec<u8>> = (0..REQUESTERS).map(csr).collect();
    let kinds = [
        ("RSA-2048", Algorithm::Rsa { bits: 2048 }, 0.95),
        ("P-256", Algorithm::Ecc(Curve::P256), 0.85),
    ];
    for (name, algorithm, goal) in kinds {
        let (plain, slowed) = (parts.have(name), parts.have(&format!("{name}+30ms")));
        if !plain && !slowed {
            continue;
        }
        let directory = make_ca(folder, name, algorithm, &tcti);
        let key =
            KeyFile::from_pem(&fs::read(directory.join("intermediate.key")).unwrap()).unwrap();
        let side = Side {
            directory: &directory,
            key: &key,
            rsa: matches!(algorithm, Algorithm::Rsa { .. }),
            csrs: &csrs,
            show: !parts.are_all(),
        };
        if plain {
            let names = [
                format!("{name}: raw TPM2_Sign, password session"),
                format!("{name}: certificates, 16 requesters, durable"),
                format!("{name}: ratio (median of {ROUNDS} rounds)"),
            ];
            side.compare(&names, goal, &|| tcti.connector(), table);
        }
        if slowed {
            let names = ["raw", "certificates", "ratio"]
                .map(|what| format!("{name}, +30 ms a signature: {what}"));
            let connector = || -> Box<dyn Connector> {
                Box::new(Delay::new(tcti.connector(), Duration::from_millis(30)))
            };
            side.compare(&names, 0.98, &connector, table);
        }
    }
}

/// A CA whose issuance is measured beside its key's signatures.
struct Side<'a> {
    directory: &'a Path,
    key: &'a KeyFile,
    rsa: bool,
    csrs: &'a [Vec<u8>],
    show: bool,
}

impl Side<'_> {
    fn compare(
        &self,
        [raw_name, issued_name, ratio_name]: &[String; 3],
        goal: f64,
        connector: &dyn Fn() -> Box<dyn Connector>,
        table: &mut Table,
    ) {
        // Interleaved, so that a busy moment of the machine hits both.
        let (mut raw, mut issued, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let alone = Raw::open(connector(), self.key, self.rsa).run(ROUND);
            let certificates = issue(self.directory, connector(), self.csrs);
            let ratio = certificates / alone;
            if self.show {
                println!("{alone:8.1} {certificates:8.1} {ratio:6.3}");
            }
            raw.push(alone);
            issued.push(certificates);
            ratios.push(ratio);
        }
        table.figure(raw_name, median(&mut raw), "/s");
        table.figure(issued_name, median(&mut issued), "/s");
        table.at_least(ratio_name, median(&mut ratios), "", goal);
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
    let done = || count.load(Ordering::Relaxed);
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
        thread::sleep(RUN_UP);
        let (start, before) = (Instant::now(), done());
        thread::sleep(ROUND);
        let counted = (done() - before) as f64 / start.elapsed().as_secs_f64();
        stop.store(true, Ordering::Relaxed);
        counted
    })
}

fn csr(number: usize) -> Vec<u8> {
    let host = format!("host{number}.example.com");
    let key = SoftwareKey::generate(KeyAlgorithm::P256).unwrap();
    let subject = Name::parse(&format!("/C=DE/O=Example/CN={host}")).unwrap();
    let san = ext::subject_alt_name(&[GeneralName::Dns(host)], false).unwrap();
    key.make_csr(subject.as_der(), &[san]).unwrap()
}
