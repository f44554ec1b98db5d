//! Many keys and many threads on one TPM, the receipts of what was done, and what the TPM is.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, mpsc};
use std::thread::{self, ThreadId};

use support::{P256, auth, command, held_handles, new_key, open, sign_and_verify, template};
use tpm2ca_testkit::{Recorder, Swtpm, Tool};
use tpm2ca_tpm::{Algorithm, Curve, HashAlg, Receipt, Tpm, TpmError, TpmOptions};

#[test]
fn four_threads_sign_through_one_tpm() {
    let swtpm = Swtpm::start();
    let tpm = open(&swtpm);
    let file = tpm.create_key(template(P256), &auth("sesame")).unwrap();
    let key = tpm.load(file, auth("sesame")).unwrap();
    thread::scope(|scope| {
        for number in 0..4u8 {
            let key = key.clone();
            scope.spawn(move || {
                for round in 0..25u8 {
                    sign_and_verify(&key, HashAlg::Sha256, &[number, round]);
                }
            });
        }
    });
    drop((key, tpm));
    assert_eq!(held_handles(&swtpm), "");
}

#[test]
fn more_keys_than_slots_take_turns() {
    let swtpm = Swtpm::start();
    let tpm = open(&swtpm);
    let keys: Vec<_> = (0..6).map(|_| new_key(&tpm)).collect();
    for round in 0..3u8 {
        for key in &keys {
            sign_and_verify(key, HashAlg::Sha256, &[round]);
        }
    }
    let names: BTreeSet<_> = keys.iter().map(|key| key.name().to_string()).collect();
    assert_eq!(names.len(), keys.len());
    drop(tpm);
    // A key keeps the TPM open by itself.
    sign_and_verify(&keys[0], HashAlg::Sha256, b"last");
    drop(keys);
    assert_eq!(held_handles(&swtpm), "");
}

#[test]
fn a_dropped_key_frees_its_slot() {
    let swtpm = Swtpm::start();
    let recorder = Recorder::start(&swtpm.tcti());
    let tpm = Tpm::open(&recorder.tcti(), TpmOptions::default()).unwrap();
    let key = new_key(&tpm);
    let flushes = || {
        recorder
            .exchanges()
            .iter()
            .filter(|exchange| exchange.command_code() == command::FLUSH_CONTEXT)
            .count()
    };
    let before = flushes();
    drop(key.clone());
    tpm.capabilities().unwrap();
    assert_eq!(flushes(), before, "one handle to it is left");
    drop(key);
    tpm.capabilities().unwrap();
    assert_eq!(flushes(), before + 1);
}

#[test]
fn every_command_has_a_receipt_that_can_be_computed_from_the_wire() {
    let swtpm = Swtpm::start();
    let recorder = Recorder::start(&swtpm.tcti());
    let receipts: Arc<Mutex<Vec<Receipt>>> = Arc::default();
    let tape = Arc::clone(&receipts);
    let options = TpmOptions {
        observer: Some(Box::new(move |receipt| tape.lock().unwrap().push(*receipt))),
        ..TpmOptions::default()
    };
    let tpm = Tpm::open(&recorder.tcti(), options).unwrap();
    let key = new_key(&tpm);
    let (_, receipt) = key.sign(HashAlg::Sha256, &[7; 32]).unwrap();
    assert_eq!(receipts.lock().unwrap().last(), Some(&receipt));

    let exchanges = recorder.exchanges();
    let succeeded: Vec<_> = exchanges
        .iter()
        .filter(|exchange| exchange.response_code() == Some(0))
        .collect();
    let receipts = receipts.lock().unwrap();
    assert_eq!(
        receipts.iter().map(|r| r.command_code).collect::<Vec<_>>(),
        succeeded
            .iter()
            .map(|exchange| exchange.command_code())
            .collect::<Vec<_>>()
    );

    // Taken apart by hand: handle, authorization area, parameters.
    let signing = succeeded.last().unwrap();
    let body = &signing.command[14..];
    let area = usize::try_from(u32::from_be_bytes(body[..4].try_into().unwrap())).unwrap();
    let hashed = [
        &command::SIGN.to_be_bytes(),
        key.name().as_bytes(),
        &body[4 + area..],
    ]
    .concat();
    assert_eq!(receipt.cp_hash.to_vec(), HashAlg::Sha256.digest(&hashed));
    let body = &signing.response.as_ref().unwrap()[10..];
    let size = usize::try_from(u32::from_be_bytes(body[..4].try_into().unwrap())).unwrap();
    let hashed = [&[0; 4], &command::SIGN.to_be_bytes(), &body[4..4 + size]].concat();
    assert_eq!(receipt.rp_hash.to_vec(), HashAlg::Sha256.digest(&hashed));
}

#[test]
fn capabilities_are_what_tpm2_tools_say() {
    let swtpm = Swtpm::start();
    let tpm = open(&swtpm);
    let capabilities = tpm.capabilities().unwrap();
    assert_eq!(tpm.describe(), swtpm.tcti().to_string());
    drop(tpm);

    assert_eq!(capabilities.manufacturer, "IBM");
    assert!(capabilities.is_software);
    assert_eq!(capabilities.hashes, HashAlg::ALL);
    for algorithm in [
        Algorithm::Rsa { bits: 2048 },
        Algorithm::Rsa { bits: 3072 },
        Algorithm::Ecc(Curve::P256),
        Algorithm::Ecc(Curve::P384),
    ] {
        assert!(capabilities.can_do(algorithm), "{algorithm}");
    }
    assert_eq!(capabilities.transient_slots, 3);
    assert!(!capabilities.in_lockout && !capabilities.owner_auth_set);
    assert_eq!(capabilities.lockout_counter, 0);

    let tool = |capability| {
        Tool::tpm2("tpm2_getcap", &swtpm)
            .arg(capability)
            .ok()
            .text()
    };
    let commands = tool("commands");
    assert_eq!(
        capabilities.commands.len(),
        commands.matches("commandIndex:").count()
    );
    assert!(capabilities.has_command(command::SIGN));
    let fixed = tool("properties-fixed");
    let revision = format!("value: {}", f64::from(capabilities.spec_revision) / 100.0);
    assert!(fixed.contains(&revision), "{revision}\n{fixed}");
    let variable = tool("properties-variable");
    for (name, value) in [
        ("TPM2_PT_MAX_AUTH_FAIL", capabilities.max_auth_fail),
        ("TPM2_PT_LOCKOUT_INTERVAL", capabilities.lockout_interval),
        ("TPM2_PT_LOCKOUT_RECOVERY", capabilities.lockout_recovery),
    ] {
        assert!(
            variable.contains(&format!("{name}: {value:#X}").replace("0X", "0x")),
            "{name} {value}\n{variable}"
        );
    }
}

#[test]
fn an_observer_that_panics_ends_the_use_of_the_tpm_and_nothing_else() {
    let swtpm = Swtpm::start();
    let mut armed = false;
    let options = TpmOptions {
        observer: Some(Box::new(move |receipt| {
            assert!(!armed, "the observer of this test panics on purpose");
            armed = receipt.command_code == command::LOAD;
        })),
        ..TpmOptions::default()
    };
    let tpm = Tpm::open(&swtpm.tcti(), options).unwrap();
    let file = tpm.create_key(template(P256), &auth("sesame")).unwrap();
    // After the load comes the proof of its authorization.
    assert!(matches!(
        tpm.load(file, auth("sesame")),
        Err(TpmError::Stopped)
    ));
    assert!(matches!(tpm.random(1), Err(TpmError::Stopped)));
}

#[test]
fn who_finds_the_tpm_free_works_on_his_own_thread() {
    let swtpm = Swtpm::start();
    let seen: Arc<Mutex<Vec<ThreadId>>> = Arc::default();
    let tape = Arc::clone(&seen);
    let options = TpmOptions {
        observer: Some(Box::new(move |receipt| {
            if receipt.command_code == command::SIGN {
                tape.lock().unwrap().push(thread::current().id());
            }
        })),
        ..TpmOptions::default()
    };
    let tpm = Tpm::open(&swtpm.tcti(), options).unwrap();
    let key = new_key(&tpm);
    sign_and_verify(&key, HashAlg::Sha256, b"alone");

    // What is given to a callback waits for nobody; what comes in the meantime waits in line behind it.
    let (tell, told) = mpsc::channel();
    let (let_go, hold) = mpsc::channel::<()>();
    let digest = HashAlg::Sha256.digest(b"in line");
    let order: Arc<Mutex<Vec<&str>>> = Arc::default();
    let first = Arc::clone(&order);
    key.sign_then(HashAlg::Sha256, &digest, move |signed| {
        signed.unwrap();
        tell.send(thread::current().id()).unwrap();
        hold.recv().unwrap();
        first.lock().unwrap().push("callback");
    });
    let server = told.recv().unwrap();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            sign_and_verify(&key, HashAlg::Sha256, b"behind it");
            order.lock().unwrap().push("caller");
        });
        let_go.send(()).unwrap();
        waiting.join().unwrap();
    });
    assert_eq!(*order.lock().unwrap(), ["callback", "caller"]);
    let own = thread::current().id();
    let seen = seen.lock().unwrap();
    assert_eq!(seen[..2], [own, server]);
    assert_ne!(own, server);
}

#[test]
fn a_callback_that_panics_ends_the_use_of_the_tpm_and_nothing_else() {
    let swtpm = Swtpm::start();
    let tpm = open(&swtpm);
    let key = new_key(&tpm);
    let (tell, told) = mpsc::channel();
    key.sign_then(HashAlg::Sha256, &[7; 32], |_| {
        panic!("the callback of this test panics on purpose");
    });
    // Behind the one that panics, so that it is never carried out.
    key.sign_then(HashAlg::Sha256, &[7; 32], move |signed| {
        tell.send(signed.map(drop)).unwrap();
    });
    assert!(matches!(told.recv().unwrap(), Err(TpmError::Stopped)));
    assert!(matches!(
        key.sign(HashAlg::Sha256, &[7; 32]),
        Err(TpmError::Stopped)
    ));
    assert_eq!(held_handles(&swtpm), "");
    drop((key, tpm));
}
