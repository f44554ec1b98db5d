//! A TPM that is reset, lost, full or busy does not lose a request.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use support::{
    P256, auth, code_of, command, flush, held_handles, new_key, open, open_through, refusal,
    sign_and_verify, template,
};
use tpm2ca_testkit::{Intercept, Swtpm, Tool, temp_dir};
use tpm2ca_tpm::{Auth, ErrorKind, HashAlg, Tpm, TpmError, TpmOptions, TransportError};

#[test]
fn a_restart_between_requests() {
    for mut swtpm in [Swtpm::start(), Swtpm::start_unix()] {
        let tpm = open(&swtpm);
        let file = tpm.create_key(template(P256), &auth("sesame")).unwrap();
        let key = tpm.load(file.clone(), auth("sesame")).unwrap();
        sign_and_verify(&key, HashAlg::Sha256, b"before");
        let name = tpm.srk_name().unwrap();

        swtpm.restart();
        sign_and_verify(&key, HashAlg::Sha256, b"after");
        swtpm.restart();
        assert!(tpm.load(file, auth("sesame")).is_ok());
        swtpm.restart();
        assert_eq!(tpm.srk_name().unwrap(), name);
        swtpm.restart();
        assert_eq!(tpm.random(8).unwrap().len(), 8);
    }
}

#[test]
fn a_tpm_that_waits_for_startup_is_started() {
    let swtpm = Swtpm::start_without_startup();
    let key = new_key(&open(&swtpm));
    sign_and_verify(&key, HashAlg::Sha256, b"started");
}

/// Restarts the TPM under every command of a whole life, before the command is sent and after its response is lost.
#[test]
fn a_restart_during_any_command() {
    for after in [false, true] {
        let swtpm = Arc::new(Mutex::new(Swtpm::start()));
        let at = Arc::new(AtomicU32::new(u32::MAX));
        let count = Arc::new(AtomicU32::new(0));
        let connector = {
            let (swtpm, at, count) = (Arc::clone(&swtpm), Arc::clone(&at), Arc::clone(&count));
            let inner = swtpm.lock().unwrap().tcti().connector();
            Box::new(Intercept::new(inner, move |request, tpm| {
                let now = count.fetch_add(1, Ordering::SeqCst);
                let strike = at
                    .compare_exchange(now, u32::MAX, Ordering::SeqCst, Ordering::SeqCst)
                    .is_ok();
                if strike && after {
                    tpm.transact(request)?;
                }
                if strike {
                    swtpm.lock().unwrap().restart();
                }
                tpm.transact(request)
            }))
        };
        let life = |connector: Option<Box<Intercept>>, tpm: Option<Tpm>| {
            let tpm = tpm.unwrap_or_else(|| {
                Tpm::with_connector(connector.unwrap(), TpmOptions::default()).unwrap()
            });
            let file = tpm.create_key(template(P256), &auth("sesame")).unwrap();
            let key = tpm.load(file, auth("sesame")).unwrap();
            sign_and_verify(&key, HashAlg::Sha256, b"alive");
            drop(key);
            // Waits until the key is flushed, so that every life has the same commands.
            tpm.capabilities().unwrap();
            tpm
        };
        let mut tpm = life(Some(connector), None);
        // From here on each round has the same commands, one of them under a restart.
        let begin = count.load(Ordering::SeqCst);
        tpm = life(None, Some(tpm));
        let length = count.load(Ordering::SeqCst) - begin;
        assert!(length >= 6, "create, load, certify, sign and flushes");
        for step in 0..length {
            at.store(count.load(Ordering::SeqCst) + step, Ordering::SeqCst);
            tpm = life(None, Some(tpm));
            assert_eq!(at.load(Ordering::SeqCst), u32::MAX, "it did strike");
        }
        drop(tpm);
        assert_eq!(held_handles(&swtpm.lock().unwrap()), "");
    }
}

#[test]
fn a_reset_behind_a_standing_connection() {
    let swtpm = Swtpm::start();
    let tpm = open(&swtpm);
    let key = new_key(&tpm);
    let control = format!("127.0.0.1:{}", swtpm.port() + 1);
    // CMD_INIT: power off and on, without a TPM2_Startup.
    Tool::new("swtpm_ioctl")
        .args(["--tcp", &control, "-i"])
        .ok();
    sign_and_verify(&key, HashAlg::Sha256, b"after the reset");
}

#[test]
fn handles_that_were_flushed_by_somebody_else() {
    let swtpm = Swtpm::start();
    // Where a TPM2_Sign has the handle that is to be flushed.
    let pending: Arc<Mutex<Option<usize>>> = Arc::default();
    let told = Arc::clone(&pending);
    let tpm = open_through(&swtpm, TpmOptions::default(), move |request, tpm| {
        if code_of(request) == command::SIGN
            && let Some(at) = told.lock().unwrap().take()
        {
            let handle = u32::from_be_bytes(request[at..at + 4].try_into().unwrap());
            assert_eq!(tpm.transact(&flush(handle)).unwrap(), refusal(0));
        }
        tpm.transact(request)
    });
    let key = new_key(&tpm);
    for at in [KEY_HANDLE, SESSION_HANDLE] {
        *pending.lock().unwrap() = Some(at);
        sign_and_verify(&key, HashAlg::Sha256, b"once more");
        assert_eq!(*pending.lock().unwrap(), None, "it was flushed");
    }
}

#[test]
fn a_connection_that_drops_leaves_nothing_behind() {
    let swtpm = Swtpm::start();
    let drop_now = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&drop_now);
    let tpm = open_through(&swtpm, TpmOptions::default(), move |request, tpm| {
        if told.swap(false, Ordering::SeqCst) {
            return Err(TransportError::Io {
                at: "the middle".to_owned(),
                source: io::ErrorKind::ConnectionReset.into(),
            });
        }
        tpm.transact(request)
    });
    let key = new_key(&tpm);
    // More often than the TPM has slots.
    for _ in 0..10 {
        drop_now.store(true, Ordering::SeqCst);
        sign_and_verify(&key, HashAlg::Sha256, b"still there");
    }
    drop((key, tpm));
    assert_eq!(held_handles(&swtpm), "");
}

#[test]
fn another_tpm_in_the_same_place_is_noticed() {
    let mut swtpm = Swtpm::start();
    let tpm = open(&swtpm);
    let key = new_key(&tpm);
    let before = tpm.srk_name().unwrap();
    swtpm.kill();
    std::fs::remove_dir_all(swtpm.state_dir()).unwrap();
    swtpm.restart();
    match key.sign(HashAlg::Sha256, &[0; 32]) {
        Err(TpmError::WrongTpm { expected, got }) => {
            assert_eq!(expected, before);
            assert_ne!(got, before);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_pinned_tpm_is_checked_at_once() {
    let swtpm = Swtpm::start();
    let name = open(&swtpm).srk_name().unwrap();
    let pinned = |expected_srk| TpmOptions {
        expected_srk: Some(expected_srk),
        ..TpmOptions::default()
    };
    assert!(Tpm::open(&swtpm.tcti(), pinned(name.clone())).is_ok());

    let other = open(&Swtpm::start()).srk_name().unwrap();
    match Tpm::open(&swtpm.tcti(), pinned(other.clone())) {
        Err(error @ TpmError::WrongTpm { .. }) => {
            let text = error.to_string();
            assert!(text.contains(&name.to_string()) && text.contains(&other.to_string()));
            assert!(error.hint().is_some());
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(held_handles(&swtpm), "");
}

#[test]
fn patience_has_an_end_and_is_not_spent_twice() {
    let mut swtpm = Swtpm::start();
    let options = TpmOptions {
        patience: Duration::from_millis(1500),
        ..TpmOptions::default()
    };
    let tpm = Tpm::open(&swtpm.tcti(), options).unwrap();
    let key = new_key(&tpm);
    swtpm.kill();

    let fails = || {
        let begin = Instant::now();
        let error = key.sign(HashAlg::Sha256, &[0; 32]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
        begin.elapsed()
    };
    let first = fails();
    assert!(first >= Duration::from_millis(1500) && first < Duration::from_secs(10));
    // The others in the queue do not wait all over again.
    assert!(fails() < Duration::from_secs(1));

    swtpm.restart();
    sign_and_verify(&key, HashAlg::Sha256, b"back again");
}

#[test]
fn the_first_contact_does_not_wait() {
    let dir = temp_dir();
    let tcti = format!("swtpm:path={}", dir.path().join("nobody").display());
    let begin = Instant::now();
    let error = Tpm::open(&tcti.parse().unwrap(), TpmOptions::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.hint().is_some());
    assert!(begin.elapsed() < Duration::from_secs(5));
}

#[test]
fn again_means_the_same_octets_again() {
    for busy in [0x922, 0x908, 0x90a] {
        let swtpm = Swtpm::start();
        let seen: Arc<Mutex<Vec<Vec<u8>>>> = Arc::default();
        let tape = Arc::clone(&seen);
        let tpm = open_through(&swtpm, TpmOptions::default(), move |request, tpm| {
            if code_of(request) == command::SIGN {
                let mut seen = tape.lock().unwrap();
                seen.push(request.to_vec());
                if seen.len() < 4 {
                    return Ok(refusal(busy));
                }
            }
            tpm.transact(request)
        });
        sign_and_verify(&new_key(&tpm), HashAlg::Sha256, b"patience");
        let seen = seen.lock().unwrap();
        assert_eq!(seen.len(), 4);
        assert!(seen.iter().all(|request| request == &seen[0]));
    }
}

#[test]
fn a_tpm_that_was_not_tested_is_tested() {
    let swtpm = Swtpm::start();
    let tested = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&tested);
    let tpm = open_through(&swtpm, TpmOptions::default(), move |request, tpm| {
        match code_of(request) {
            command::CREATE if !told.load(Ordering::SeqCst) => return Ok(refusal(0x153)),
            SELF_TEST => told.store(true, Ordering::SeqCst),
            _ => {}
        }
        tpm.transact(request)
    });
    sign_and_verify(&new_key(&tpm), HashAlg::Sha256, b"tested");
    assert!(tested.load(Ordering::SeqCst));
}

#[test]
fn repairs_have_an_end() {
    let swtpm = Swtpm::start();
    let tries = Arc::new(AtomicU32::new(0));
    let told = Arc::clone(&tries);
    let tpm = open_through(&swtpm, TpmOptions::default(), move |request, tpm| {
        if code_of(request) == command::SIGN {
            told.fetch_add(1, Ordering::SeqCst);
            return Ok(refusal(0x100));
        }
        tpm.transact(request)
    });
    let key = new_key(&tpm);
    match key.sign(HashAlg::Sha256, &[0; 32]) {
        Err(error @ TpmError::Rc { command, code, .. }) => {
            assert_eq!((command, code.raw()), ("TPM2_Sign", 0x100));
            assert!(error.hint().unwrap().contains("resets the TPM"));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(tries.load(Ordering::SeqCst), 4);
}

#[test]
fn room_is_made_once() {
    let swtpm = Swtpm::start();
    let full = Arc::new(AtomicU32::new(0));
    let told = Arc::clone(&full);
    let tpm = open_through(&swtpm, TpmOptions::default(), move |request, tpm| {
        let take_one = |left: u32| left.checked_sub(1);
        if code_of(request) == command::LOAD
            && told
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, take_one)
                .is_ok()
        {
            return Ok(refusal(0x902));
        }
        tpm.transact(request)
    });
    let (first, second) = (new_key(&tpm), new_key(&tpm));
    full.store(1, Ordering::SeqCst);
    let third = new_key(&tpm);
    for key in [&first, &second, &third] {
        sign_and_verify(key, HashAlg::Sha256, b"room enough");
    }

    let file = tpm.create_key(template(P256), &Auth::empty()).unwrap();
    full.store(2, Ordering::SeqCst);
    match tpm.load(file, Auth::empty()) {
        Err(error @ TpmError::SlotsFull { what: "object" }) => {
            assert_eq!(error.kind(), ErrorKind::Unavailable);
            assert!(error.hint().unwrap().contains("tpmrm0"));
        }
        other => panic!("{other:?}"),
    }
    sign_and_verify(&first, HashAlg::Sha256, b"and on it goes");
}

#[test]
fn slots_taken_by_others_are_worked_around() {
    let swtpm = Swtpm::start();
    // An object of somebody else's stays in one of the three slots.
    Tool::tpm2("tpm2_createprimary", &swtpm)
        .args(["-C", "n", "-G", "ecc"])
        .ok();
    assert!(held_handles(&swtpm).contains("0x80000000"));
    let tpm = open(&swtpm);
    let keys: Vec<_> = (0..4).map(|_| new_key(&tpm)).collect();
    for key in &keys {
        sign_and_verify(key, HashAlg::Sha256, b"two slots are enough");
    }
    drop((keys, tpm));
    assert!(held_handles(&swtpm).contains("0x80000000"));
}

#[test]
fn what_killed_processes_left_behind_is_no_obstacle() {
    let swtpm = Swtpm::start();
    let file = open(&swtpm)
        .create_key(template(P256), &Auth::empty())
        .unwrap();
    for round in 0..8 {
        let killed = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&killed);
        let tpm = open_through(&swtpm, TpmOptions::default(), move |request, tpm| {
            if told.load(Ordering::SeqCst) && code_of(request) == command::FLUSH_CONTEXT {
                return Ok(refusal(0));
            }
            tpm.transact(request)
        });
        let keys = [(); 2].map(|()| tpm.load(file.clone(), Auth::empty()).unwrap());
        for key in &keys {
            sign_and_verify(key, HashAlg::Sha256, &[round]);
        }
        // Two keys and a session stay in the TPM.
        killed.store(true, Ordering::SeqCst);
        drop((keys, tpm));
        assert!(held_handles(&swtpm).matches("0x").count() >= 3);
    }
}

#[test]
fn many_threads_and_a_restart() {
    let mut swtpm = Swtpm::start();
    let tpm = open(&swtpm);
    let key = new_key(&tpm);
    thread::scope(|scope| {
        for number in 0..4u8 {
            let key = key.clone();
            scope.spawn(move || {
                for round in 0..25u8 {
                    sign_and_verify(&key, HashAlg::Sha256, &[number, round]);
                }
            });
        }
        swtpm.restart();
    });
}

/// In a TPM2_Sign: behind the header, and behind the size of the authorization area.
const KEY_HANDLE: usize = 10;
const SESSION_HANDLE: usize = 18;
const SELF_TEST: u32 = 0x143;
