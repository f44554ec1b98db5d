//! Somebody between us and the TPM tampers with one step of a key's life: it fails, and nothing is believed.
//!
//! Each operation is run against every mischief below: a bit of each octet flipped, the response cut at each length, an
//! earlier response, another command.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_lc_rs::encoding::{AsBigEndian, EcPrivateKeyBin};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use support::{P256, auth, code_of, command, new_key, open, open_through, template};
use tpm2ca_testkit::Swtpm;
use tpm2ca_tpm::{
    Algorithm, Auth, Curve, DecryptPadding, HashAlg, ImportTemplate, KeyOptions, KeyPublic,
    ParentPublic, SoftwarePrivate, Tpm, TpmError, TpmOptions, duplication_policy,
};

const IMPORT: u32 = 0x156;
const DUPLICATE: u32 = 0x14b;
const RSA_DECRYPT: u32 = 0x159;
const ECDH_ZGEN: u32 = 0x154;
const HANDLE: u32 = 0x8100_0010;

/// What is done to every response to one command.
#[derive(Clone, Copy, Debug)]
enum Mischief {
    /// A bit of an octet is flipped, in parameters, nonce, attributes or HMAC.
    Flip(usize),
    /// It ends early, and its header says so.
    Cut(usize),
    /// It ends early, and its header says nothing of that.
    CutBehindItsBack(usize),
    /// An earlier response to the same command comes instead.
    Replay,
    /// The command itself is changed on its way.
    FlipInCommand,
}

#[derive(Default)]
struct Middle {
    target: u32,
    mischief: Option<Mischief>,
    /// The first response that was let through.
    tape: Option<Vec<u8>>,
    /// How often the mischief was done.
    done: usize,
}

/// Opens a TPM with somebody in the middle who does nothing yet.
fn open_in_the_middle(swtpm: &Swtpm, target: u32) -> (Tpm, Arc<Mutex<Middle>>) {
    let middle = Arc::new(Mutex::new(Middle {
        target,
        ..Middle::default()
    }));
    let told = Arc::clone(&middle);
    let options = TpmOptions {
        patience: Duration::ZERO,
        ..TpmOptions::default()
    };
    let tpm = open_through(swtpm, options, move |request, tpm| {
        let mut middle = told.lock().unwrap();
        if code_of(request) != middle.target {
            return tpm.transact(request);
        }
        let Some(mischief) = middle.mischief else {
            let response = tpm.transact(request)?;
            // What the TPM refused is of no use to somebody who replays.
            if response[6..10] == [0; 4] {
                middle.tape.get_or_insert_with(|| response.clone());
            }
            return Ok(response);
        };
        middle.done += 1;
        let mut request = request.to_vec();
        if matches!(mischief, Mischief::FlipInCommand) {
            *request.last_mut().unwrap() ^= 1;
        }
        let mut response = tpm.transact(&request)?;
        match mischief {
            Mischief::Flip(at) => {
                if let Some(octet) = response.get_mut(at) {
                    *octet ^= 1 << (at % 8);
                }
            }
            Mischief::Cut(keep) => {
                response.truncate(keep);
                let size = u32::try_from(response.len()).unwrap().to_be_bytes();
                if let Some(field) = response.get_mut(2..6) {
                    field.copy_from_slice(&size);
                }
            }
            Mischief::CutBehindItsBack(keep) => response.truncate(keep),
            Mischief::Replay => response = middle.tape.clone().unwrap(),
            Mischief::FlipInCommand => {}
        }
        Ok(response)
    });
    (tpm, middle)
}

/// Runs an operation against every mischief. `before` brings the TPM into the state that the operation needs.
fn withstands(
    tpm: &Tpm,
    middle: &Mutex<Middle>,
    before: impl Fn(&Tpm),
    operation: impl Fn(&Tpm) -> Result<(), TpmError>,
) {
    before(tpm);
    middle.lock().unwrap().tape = None;
    operation(tpm).unwrap();
    let length = middle.lock().unwrap().tape.as_ref().unwrap().len();
    // At the end is the HMAC.
    let hmac = length - 32;
    let mischiefs = (10..length)
        .map(Mischief::Flip)
        .chain((0..length).map(Mischief::Cut))
        .chain((0..length).step_by(16).map(Mischief::CutBehindItsBack))
        .chain([Mischief::Replay, Mischief::FlipInCommand]);
    for mischief in mischiefs {
        before(tpm);
        let start = {
            let mut middle = middle.lock().unwrap();
            middle.mischief = Some(mischief);
            middle.done
        };
        let outcome = operation(tpm);
        let mut middle = middle.lock().unwrap();
        assert!(middle.done > start, "{mischief:?}: nothing was done");
        middle.mischief = None;
        match (mischief, outcome) {
            (_, Ok(()) | Err(TpmError::Stopped)) => panic!("{mischief:?} went unnoticed"),
            (Mischief::Replay, Err(TpmError::ResponseHmac { .. })) => {}
            (Mischief::Flip(at), Err(TpmError::ResponseHmac { .. })) if at >= hmac => {}
            (Mischief::Replay, other) => panic!("{mischief:?}: {other:?}"),
            (Mischief::Flip(at), other) if at >= hmac => panic!("{mischief:?}: {other:?}"),
            (Mischief::Cut(_), Err(error)) => {
                assert!(
                    matches!(error, TpmError::BadResponse { .. }),
                    "{mischief:?}: {error:?}"
                );
            }
            (_, Err(_)) => {}
        }
    }
    // Once they are gone, all is well.
    before(tpm);
    operation(tpm).unwrap();
}

fn software_key() -> SoftwarePrivate {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let d: EcPrivateKeyBin<'_> = pair.private_key().as_be_bytes().unwrap();
    let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
    SoftwarePrivate::Ecc {
        curve: Curve::P256,
        d: d.as_ref().to_vec().into(),
        x: x.to_vec(),
        y: y.to_vec(),
    }
}

#[test]
fn a_key_is_made() {
    let swtpm = Swtpm::start();
    let (tpm, middle) = open_in_the_middle(&swtpm, command::CREATE);
    withstands(
        &tpm,
        &middle,
        |_| {},
        |tpm| tpm.create_key(template(P256), &auth("sesame")).map(drop),
    );
}

#[test]
fn a_key_is_loaded() {
    let swtpm = Swtpm::start();
    let (tpm, middle) = open_in_the_middle(&swtpm, command::LOAD);
    let file = tpm.create_key(template(P256), &auth("sesame")).unwrap();
    withstands(
        &tpm,
        &middle,
        |_| {},
        |tpm| tpm.load(file.clone(), auth("sesame")).map(drop),
    );
}

#[test]
fn a_key_signs() {
    let swtpm = Swtpm::start();
    let (tpm, middle) = open_in_the_middle(&swtpm, command::SIGN);
    let key = new_key(&tpm);
    withstands(
        &tpm,
        &middle,
        |_| {},
        |_| key.sign(HashAlg::Sha256, &[1; 32]).map(drop),
    );
}

#[test]
fn the_signature_of_another_key_is_no_signature() {
    let swtpm = Swtpm::start();
    let (tpm, middle) = open_in_the_middle(&swtpm, command::SIGN);
    let (key, other) = (new_key(&tpm), new_key(&tpm));
    other.sign(HashAlg::Sha256, &[1; 32]).unwrap();
    middle.lock().unwrap().mischief = Some(Mischief::Replay);
    let outcome = key.sign(HashAlg::Sha256, &[1; 32]);
    assert!(
        matches!(outcome, Err(TpmError::ResponseHmac { .. })),
        "{outcome:?}"
    );
    middle.lock().unwrap().mischief = None;
    assert!(key.sign(HashAlg::Sha256, &[1; 32]).is_ok());
}

#[test]
fn its_authorization_value_is_changed() {
    let swtpm = Swtpm::start();
    let (tpm, middle) = open_in_the_middle(&swtpm, command::OBJECT_CHANGE_AUTH);
    let file = tpm.create_key(template(P256), &auth("old")).unwrap();
    withstands(
        &tpm,
        &middle,
        |_| {},
        |tpm| tpm.change_auth(&file, &auth("old"), &auth("new")).map(drop),
    );
}

#[test]
fn a_key_becomes_persistent() {
    let swtpm = Swtpm::start();
    let (tpm, middle) = open_in_the_middle(&swtpm, command::EVICT_CONTROL);
    let file = tpm.create_key(template(P256), &auth("sesame")).unwrap();
    withstands(
        &tpm,
        &middle,
        // What was answered was a lie, but it was done.
        |tpm| match tpm.evict(HANDLE) {
            Ok(()) | Err(TpmError::NothingAt { .. }) => {}
            Err(error) => panic!("{error:?}"),
        },
        |tpm| tpm.persist(file.clone(), HANDLE).map(drop),
    );
}

#[test]
fn a_persistent_key_is_taken_away() {
    let swtpm = Swtpm::start();
    let (tpm, middle) = open_in_the_middle(&swtpm, command::EVICT_CONTROL);
    let file = tpm.create_key(template(P256), &auth("sesame")).unwrap();
    withstands(
        &tpm,
        &middle,
        |tpm| match tpm.persist(file.clone(), HANDLE) {
            Ok(_) | Err(TpmError::HandleTaken { .. }) => {}
            Err(error) => panic!("{error:?}"),
        },
        |tpm| tpm.evict(HANDLE),
    );
}

#[test]
fn a_software_key_is_imported() {
    let swtpm = Swtpm::start();
    let (tpm, middle) = open_in_the_middle(&swtpm, IMPORT);
    let key = software_key();
    withstands(
        &tpm,
        &middle,
        |_| {},
        |tpm| {
            tpm.import_software_key(key.clone(), ImportTemplate::default(), &auth("sesame"))
                .map(drop)
        },
    );
}

#[test]
fn a_wrapped_key_is_received() {
    let swtpm = Swtpm::start();
    let (tpm, middle) = open_in_the_middle(&swtpm, IMPORT);
    let parent = ParentPublic::from_octets(&tpm.parent_public().unwrap()).unwrap();
    let file = software_key()
        .wrap_for(&parent, &ImportTemplate::default(), &auth("sesame"))
        .unwrap();
    withstands(&tpm, &middle, |_| {}, |tpm| tpm.receive(&file).map(drop));
}

#[test]
fn a_key_is_duplicated() {
    let (here, there) = (Swtpm::start(), Swtpm::start());
    let recovery = open(&there).parent_public().unwrap();
    let parent = ParentPublic::from_octets(&recovery).unwrap();
    let (tpm, middle) = open_in_the_middle(&here, DUPLICATE);
    let mut options = KeyOptions::new(P256);
    options.fixed = false;
    options.policy = Some(duplication_policy(parent.name()).to_vec());
    let file = tpm.create_key(options, &auth("sesame")).unwrap();
    withstands(
        &tpm,
        &middle,
        |_| {},
        |tpm| tpm.duplicate(&file, auth("sesame"), &recovery).map(drop),
    );
}

#[test]
fn a_key_decrypts() {
    let swtpm = Swtpm::start();
    let (tpm, middle) = open_in_the_middle(&swtpm, RSA_DECRYPT);
    let options = KeyOptions::new(Algorithm::Rsa { bits: 2048 });
    let file = tpm.create_key(options, &auth("sesame")).unwrap();
    let key = tpm.load_for_any_use(file, auth("sesame")).unwrap();
    withstands(
        &tpm,
        &middle,
        |_| {},
        |_| key.rsa_decrypt(&[1; 256], DecryptPadding::None).map(drop),
    );
}

#[test]
fn a_key_agrees_on_a_secret() {
    let swtpm = Swtpm::start();
    let (tpm, middle) = open_in_the_middle(&swtpm, ECDH_ZGEN);
    let mut options = KeyOptions::new(P256);
    options.key_agreement = true;
    let file = tpm.create_key(options, &Auth::empty()).unwrap();
    let key = tpm.load_for_any_use(file, Auth::empty()).unwrap();
    let KeyPublic::Ecc { x, y, .. } = key.public().clone() else {
        panic!("no EC key")
    };
    withstands(&tpm, &middle, |_| {}, |_| key.ecdh(&x, &y).map(drop));
}
