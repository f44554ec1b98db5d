//! What the sessions of the `tpm` crate cost: signatures through a salted, encrypted session beside raw commands with a
//! password, in one thread; and how many commands a process takes that signs once.

use std::{
    path::Path,
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use tpm2ca_testkit::Intercept;
use tpm2ca_tpm::{
    Algorithm, Auth, Curve, HashAlg, KeyFile, KeyTemplate, Name, Tcti, Tpm, TpmKey, TpmOptions,
};

use crate::{
    raw::Raw,
    table::{Table, median},
};

/// More rounds than elsewhere: each is short, and neighbours on the machine disturb single ones.
const ROUNDS: usize = 15;
const ROUND: Duration = Duration::from_millis(700);

pub(crate) fn measure(folder: &Path, table: &mut Table) {
    let tcti = Tcti::Libtpms(folder.join("signing-tpm"));
    let (key, root) = new_key(&tcti);
    ratio(&tcti, &key, table);
    cold(&tcti, &key, &root, table);
}

/// A P-256 key without an authorization value, and the Name of the storage root key, which is made persistent.
fn new_key(tcti: &Tcti) -> (KeyFile, Name) {
    let tpm = Tpm::open(tcti, TpmOptions::default()).unwrap();
    let template = KeyTemplate {
        algorithm: Algorithm::Ecc(Curve::P256),
        no_da: true,
    };
    let key = tpm.create_key(template, &Auth::empty()).unwrap();
    (key, tpm.persist_storage_root().unwrap())
}

/// The embedded TPM serves one connection at a time, so the two take turns.
fn ratio(tcti: &Tcti, key: &KeyFile, table: &mut Table) {
    let (mut raw, mut ours, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    let mut of_two = Vec::new();
    for _ in 0..ROUNDS {
        let of_raw = Raw::open(tcti.connector(), key, false).run(ROUND);
        let tpm = Tpm::open(tcti, TpmOptions::default()).unwrap();
        let loaded = tpm.load(key.clone(), Auth::empty()).unwrap();
        let of_ours = tight_loop(&loaded);
        of_two.push(two_callers(&loaded) / of_raw);
        raw.push(of_raw);
        ours.push(of_ours);
        ratios.push(of_ours / of_raw);
    }
    table.figure(
        "P-256 raw TPM2_Sign, password session",
        median(&mut raw),
        "/s",
    );
    table.figure(
        "P-256 TpmKey::sign, salted and encrypted session, one thread",
        median(&mut ours),
        "/s",
    );
    table.at_least("P-256 TpmKey::sign: ratio", median(&mut ratios), "", 0.85);
    table.figure(
        "P-256 TpmKey::sign, two callers: ratio",
        median(&mut of_two),
        "",
    );
}

/// With a second caller the TPM's thread has always something to do: what is left is the cost of the session, without
/// that of waking the two threads.
fn two_callers(key: &TpmKey) -> f64 {
    thread::scope(|scope| {
        let other = scope.spawn(|| tight_loop(key));
        tight_loop(key) + other.join().unwrap()
    })
}

fn tight_loop(key: &TpmKey) -> f64 {
    let digest = [0x5a; 32];
    let start = Instant::now();
    let mut count = 0_u32;
    while start.elapsed() < ROUND {
        key.sign(HashAlg::Sha256, &digest).unwrap();
        count += 1;
    }
    f64::from(count) / start.elapsed().as_secs_f64()
}

/// A process that signs once, with a persistent parent whose Name is pinned.
fn cold(tcti: &Tcti, key: &KeyFile, root: &Name, table: &mut Table) {
    let sent: Arc<Mutex<Vec<u32>>> = Arc::default();
    let ear = Arc::clone(&sent);
    let connector = Intercept::new(tcti.connector(), move |command, tpm| {
        let code = u32::from_be_bytes(command[6..10].try_into().unwrap());
        ear.lock().unwrap().push(code);
        tpm.transact(command)
    });
    let options = TpmOptions {
        expected_srk: Some(root.clone()),
        ..TpmOptions::default()
    };
    let tpm = Tpm::with_connector(Box::new(connector), options).unwrap();
    let loaded = tpm.load_unproved(key.clone(), Auth::empty()).unwrap();
    loaded.sign(HashAlg::Sha256, &[0x5a; 32]).unwrap();
    drop((loaded, tpm));
    let sent = sent.lock().unwrap();
    let count = |code| sent.iter().filter(|sent| **sent == code).count();
    // Startup is refused by a TPM that runs, and does nothing.
    let commands = sent.len() - count(STARTUP);
    table.at_most(
        "commands of a cold signature: read, session, load, sign, 2 flushes",
        commands as f64,
        "",
        6.0,
    );
    table.at_most(
        "TPM2_CreatePrimary among them",
        count(CREATE_PRIMARY) as f64,
        "",
        0.0,
    );
}

const STARTUP: u32 = 0x144;
const CREATE_PRIMARY: u32 = 0x131;
