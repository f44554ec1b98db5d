//! Somebody between us and the TPM can break things, but not deceive us.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use support::{
    P256, auth, code_of, command, held_handles, is_valid, new_key, open_through, sign_and_verify,
    template,
};
use tpm2ca_testkit::Swtpm;
use tpm2ca_tpm::{Auth, HashAlg, Tpm, TpmError, TpmOptions};

/// A TPM whose responses to one command have a certain bit flipped. `target` is the command, 0 for none.
fn tampered(swtpm: &Swtpm) -> (Tpm, Arc<AtomicU32>, Arc<AtomicUsize>, Arc<AtomicUsize>) {
    let target = Arc::new(AtomicU32::new(0));
    let bit = Arc::new(AtomicUsize::new(0));
    let length = Arc::new(AtomicUsize::new(0));
    let told = (Arc::clone(&target), Arc::clone(&bit), Arc::clone(&length));
    let tpm = open_through(swtpm, TpmOptions::default(), move |request, tpm| {
        let (target, bit, length) = &told;
        let mut response = tpm.transact(request)?;
        if code_of(request) == target.load(Ordering::SeqCst) {
            // Once is enough: what is repaired shall be seen to work.
            target.store(0, Ordering::SeqCst);
            length.store(response.len(), Ordering::SeqCst);
            let bit = bit.load(Ordering::SeqCst);
            if let Some(octet) = response.get_mut(bit / 8) {
                *octet ^= 1 << (bit % 8);
            }
        }
        Ok(response)
    });
    (tpm, target, bit, length)
}

#[test]
fn a_flipped_bit_in_a_signature_is_noticed() {
    let swtpm = Swtpm::start();
    let (tpm, target, bit, length) = tampered(&swtpm);
    let key = new_key(&tpm);
    let digest = HashAlg::Sha256.digest(b"to be signed");

    let mut position = 0;
    let mut forged = 0;
    let mut lengths = 0;
    loop {
        bit.store(position, Ordering::SeqCst);
        target.store(command::SIGN, Ordering::SeqCst);
        match key.sign(HashAlg::Sha256, &digest) {
            Err(TpmError::ResponseHmac { command }) => {
                assert_eq!(command, "TPM2_Sign");
                forged += 1;
            }
            Err(TpmError::BadResponse { .. } | TpmError::Rc { .. }) => lengths += 1,
            // A flipped response code may read as "again" or "was reset": then the TPM was asked again.
            Ok((signature, _)) => {
                assert!(
                    (48..80).contains(&position),
                    "bit {position} went unnoticed"
                );
                assert!(is_valid(
                    key.public(),
                    HashAlg::Sha256,
                    b"to be signed",
                    &signature
                ));
            }
            other => panic!("bit {position}: {other:?}"),
        }
        // Every third bit, which is each bit of an octet in turn.
        position += 3;
        if position >= length.load(Ordering::SeqCst) * 8 {
            break;
        }
    }
    assert!(forged > 100 && lengths > 10, "{forged} {lengths}");
    sign_and_verify(&key, HashAlg::Sha256, b"and on it goes");
    drop((key, tpm));
    assert_eq!(held_handles(&swtpm), "");
}

#[test]
fn a_flipped_bit_in_other_responses_is_noticed() {
    let swtpm = Swtpm::start();
    let (tpm, target, bit, _) = tampered(&swtpm);
    let file = tpm.create_key(template(P256), &auth("sesame")).unwrap();
    // In the middle of the encrypted first parameter.
    bit.store(8 * 40, Ordering::SeqCst);

    target.store(command::CREATE, Ordering::SeqCst);
    assert!(matches!(
        tpm.create_key(template(P256), &auth("sesame")),
        Err(TpmError::ResponseHmac {
            command: "TPM2_Create"
        })
    ));
    target.store(command::LOAD, Ordering::SeqCst);
    assert!(matches!(
        tpm.load(file.clone(), auth("sesame")),
        Err(TpmError::ResponseHmac {
            command: "TPM2_Load"
        })
    ));
    target.store(command::CERTIFY, Ordering::SeqCst);
    assert!(matches!(
        tpm.load(file.clone(), auth("sesame")),
        Err(TpmError::ResponseHmac {
            command: "TPM2_Certify"
        })
    ));
    target.store(command::GET_RANDOM, Ordering::SeqCst);
    assert!(matches!(
        tpm.random(32),
        Err(TpmError::ResponseHmac {
            command: "TPM2_GetRandom"
        })
    ));
    assert!(tpm.load(file, auth("sesame")).is_ok());
    drop(tpm);
    assert_eq!(held_handles(&swtpm), "");
}

#[test]
fn a_storage_root_key_that_was_swapped_is_noticed_by_its_name() {
    let swtpm = Swtpm::start();
    let (tpm, target, bit, _) = tampered(&swtpm);
    let name = tpm.srk_name().unwrap();
    // In the x-coordinate: header, handle, parameterSize, size, then 22 octets of TPMT_PUBLIC before it.
    bit.store(8 * (10 + 4 + 4 + 2 + 22 + 8), Ordering::SeqCst);
    target.store(command::CREATE_PRIMARY, Ordering::SeqCst);
    match tpm.srk_name() {
        Err(TpmError::WrongTpm { expected, got }) => {
            assert_eq!(expected, name);
            assert_ne!(got, name);
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(tpm.srk_name().unwrap(), name);
}

#[test]
fn a_replayed_signature_is_not_accepted() {
    let swtpm = Swtpm::start();
    let first: Arc<Mutex<Option<Vec<u8>>>> = Arc::default();
    let tape = Arc::clone(&first);
    let tpm = open_through(&swtpm, TpmOptions::default(), move |request, tpm| {
        let response = tpm.transact(request)?;
        if code_of(request) != command::SIGN {
            return Ok(response);
        }
        Ok(tape.lock().unwrap().get_or_insert(response).clone())
    });
    let key = new_key(&tpm);
    sign_and_verify(&key, HashAlg::Sha256, b"one");
    assert!(matches!(
        key.sign(HashAlg::Sha256, &HashAlg::Sha256.digest(b"two")),
        Err(TpmError::ResponseHmac { .. })
    ));
}

#[test]
fn responses_that_are_cut_off_are_refused() {
    let swtpm = Swtpm::start();
    let cut: Arc<Mutex<Option<(u32, usize)>>> = Arc::default();
    let told = Arc::clone(&cut);
    let tpm = open_through(&swtpm, TpmOptions::default(), move |request, tpm| {
        let mut response = tpm.transact(request)?;
        let mut cut = told.lock().unwrap();
        if let Some((_, keep)) = cut.take_if(|(code, _)| *code == code_of(request)) {
            assert!(keep < response.len());
            response.truncate(keep);
            if let Some(size) = response.get_mut(2..6) {
                // A size that fits, so that the cut is found further inside.
                size.copy_from_slice(&u32::try_from(keep).unwrap().to_be_bytes());
            }
        }
        Ok(response)
    });
    let key = new_key(&tpm);
    for keep in [0, 5, 10, 12, 20, 30, 60, 100] {
        *cut.lock().unwrap() = Some((command::SIGN, keep));
        match key.sign(HashAlg::Sha256, &[1; 32]) {
            Err(error @ TpmError::BadResponse { .. }) => assert!(error.hint().is_some()),
            other => panic!("cut after {keep}: {other:?}"),
        }
    }
    for keep in [0, 10, 14, 40, 100, 200] {
        *cut.lock().unwrap() = Some((command::CREATE, keep));
        match tpm.create_key(template(P256), &Auth::empty()) {
            Err(TpmError::BadResponse { .. }) => {}
            other => panic!("cut after {keep}: {other:?}"),
        }
    }
    sign_and_verify(&key, HashAlg::Sha256, b"and on it goes");
    drop((key, tpm));
    assert_eq!(held_handles(&swtpm), "");
}
