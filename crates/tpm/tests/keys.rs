//! Keys are made, loaded and sign, and other people's tools agree about them.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use support::{
    P256, auth, code_of, command, held_handles, new_key, open, open_through, refusal,
    sign_and_verify, template,
};
use tpm2ca_testkit::{Swtpm, Tool, temp_dir};
use tpm2ca_tpm::{
    Algorithm, Auth, Curve, HashAlg, KeyFile, KeyPublic, KeyTemplate, Name, Tcti, Tpm, TpmError,
    TpmOptions,
};

fn round_trip(algorithm: Algorithm, hashes: &[HashAlg]) {
    let swtpm = Swtpm::start();
    let tpm = open(&swtpm);
    for secret in [Auth::empty(), auth("sesame")] {
        let file = tpm.create_key(template(algorithm), &secret).unwrap();
        assert_eq!(file.needs_auth(), !secret.is_empty());
        // Through its text, as another process would have it.
        let file = KeyFile::from_pem(file.to_pem().as_bytes()).unwrap();
        let public = file.key_public().unwrap();
        let key = tpm.load(file, secret).unwrap();
        assert_eq!(key.public(), &public);
        assert_eq!(key.algorithm(), algorithm);
        for &hash in hashes {
            sign_and_verify(&key, hash, b"to be signed");
        }
    }
    drop(tpm);
    assert_eq!(held_handles(&swtpm), "");
}

#[test]
fn rsa_2048() {
    round_trip(Algorithm::Rsa { bits: 2048 }, &HashAlg::ALL);
}

#[test]
fn rsa_3072() {
    round_trip(Algorithm::Rsa { bits: 3072 }, &[HashAlg::Sha256]);
}

#[test]
fn p256() {
    round_trip(P256, &[HashAlg::Sha256]);
}

#[test]
fn p384() {
    round_trip(Algorithm::Ecc(Curve::P384), &[HashAlg::Sha384]);
}

#[test]
fn p521_keys_are_on_their_curve() {
    let swtpm = Swtpm::start();
    let tpm = open(&swtpm);
    let algorithm = Algorithm::Ecc(Curve::P521);
    let file = tpm.create_key(template(algorithm), &Auth::empty()).unwrap();
    let key = tpm.load(file, Auth::empty()).unwrap();
    let KeyPublic::Ecc { curve, x, y } = key.public() else {
        panic!("an ECC key");
    };
    assert_eq!((*curve, x.len(), y.len()), (Curve::P521, 66, 66));
    let digest = HashAlg::Sha512.digest(b"to be signed");
    assert!(key.sign(HashAlg::Sha512, &digest).is_ok());
}

#[test]
fn what_the_tpm_cannot_make_is_said_with_what_it_can() {
    let swtpm = Swtpm::start();
    let tpm = open(&swtpm);
    let asked = Algorithm::Rsa { bits: 16384 };
    match tpm.create_key(template(asked), &Auth::empty()) {
        Err(TpmError::UnsupportedAlgorithm { asked: named, can }) => {
            assert_eq!(named, asked);
            assert!(can.contains(&P256) && can.contains(&Algorithm::Rsa { bits: 2048 }));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn digests_of_another_length_do_not_get_to_the_tpm() {
    let swtpm = Swtpm::start();
    let key = new_key(&open(&swtpm));
    match key.sign(HashAlg::Sha384, &[0; 32]) {
        Err(TpmError::DigestLength { hash, got }) => {
            assert_eq!((hash, got), (HashAlg::Sha384, 32));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn authorization_values_have_a_limit() {
    let swtpm = Swtpm::start();
    let tpm = open(&swtpm);
    let make = |len| tpm.create_key(template(P256), &Auth::new(vec![7; len]));
    assert!(make(32).is_ok());
    assert!(matches!(
        make(33),
        Err(TpmError::AuthTooLong { max: 32, got: 33 })
    ));
}

#[test]
fn tpm2_tools_load_our_keys_and_call_them_the_same() {
    let swtpm = Swtpm::start();
    let tpm = open(&swtpm);
    let srk_name = tpm.srk_name().unwrap();
    let files = [P256, Algorithm::Rsa { bits: 2048 }].map(|algorithm| {
        tpm.create_key(template(algorithm), &auth("sesame"))
            .unwrap()
    });
    let names = files.clone().map(|file| {
        let key = tpm.load(file, auth("sesame")).unwrap();
        key.name().clone()
    });
    drop(tpm);

    let dir = temp_dir();
    let path = |name: &str| dir.path().join(name).display().to_string();
    // Template H-2 with an empty unique part.
    fs::write(path("unique"), [0; 4]).unwrap();
    Tool::tpm2("tpm2_createprimary", &swtpm)
        .args(["-C", "o", "-G", "ecc256:aes128cfb", "-g", "sha256"])
        .args(["-a", PRIMARY_ATTRIBUTES, "-u", &path("unique")])
        .args(["-c", &path("primary.ctx")])
        .ok();
    Tool::tpm2("tpm2_flushcontext", &swtpm).arg("-t").ok();
    assert_eq!(name_of(&swtpm, &path("primary.ctx")), srk_name);

    for (file, name) in files.iter().zip(&names) {
        fs::write(path("key.pub"), file.public_blob()).unwrap();
        fs::write(path("key.priv"), file.private_blob()).unwrap();
        Tool::tpm2("tpm2_load", &swtpm)
            .args(["-C", &path("primary.ctx"), "-c", &path("key.ctx")])
            .args(["-u", &path("key.pub"), "-r", &path("key.priv")])
            .ok();
        Tool::tpm2("tpm2_flushcontext", &swtpm).arg("-t").ok();
        assert_eq!(&name_of(&swtpm, &path("key.ctx")), name);
        fs::write(path("message"), b"to be signed").unwrap();
        Tool::tpm2("tpm2_sign", &swtpm)
            .args(["-c", &path("key.ctx"), "-g", "sha256", "-p", "sesame"])
            .args(["-o", &path("signature"), &path("message")])
            .ok();
        Tool::tpm2("tpm2_flushcontext", &swtpm).arg("-t").ok();
    }
}

fn name_of(swtpm: &Swtpm, context: &str) -> Name {
    let text = Tool::tpm2("tpm2_readpublic", swtpm)
        .args(["-c", context])
        .ok()
        .text();
    Tool::tpm2("tpm2_flushcontext", swtpm).arg("-t").ok();
    let name = text
        .lines()
        .find_map(|line| line.strip_prefix("name: "))
        .expect("tpm2_readpublic prints a name");
    name.parse().unwrap()
}

#[test]
fn random_octets_come_in_any_number() {
    let swtpm = Swtpm::start();
    let tpm = open(&swtpm);
    assert!(tpm.random(0).unwrap().is_empty());
    let octets = tpm.random(100).unwrap();
    assert_eq!(octets.len(), 100);
    assert_ne!(octets, tpm.random(100).unwrap());
}

#[test]
fn a_tpm_inside_this_process_keeps_its_keys() {
    let dir = temp_dir();
    let open = || Tpm::open(&Tcti::Libtpms(dir.path().to_owned()), TpmOptions::default()).unwrap();
    // Under the lockout's protection, which an end without a TPM2_Shutdown would count against.
    let protected = KeyTemplate {
        algorithm: P256,
        no_da: false,
    };
    let file = open().create_key(protected, &auth("sesame")).unwrap();
    for _ in 0..4 {
        let tpm = open();
        let key = tpm.load(file.clone(), auth("sesame")).unwrap();
        sign_and_verify(&key, HashAlg::Sha256, b"still the same");
        assert_eq!(tpm.capabilities().unwrap().lockout_counter, 0);
    }
}

#[test]
fn a_tpm_without_aes_in_sessions_uses_xor() {
    let swtpm = Swtpm::start();
    let refused = Arc::new(AtomicU32::new(0));
    let told = Arc::clone(&refused);
    let tpm = open_through(&swtpm, TpmOptions::default(), move |request, tpm| {
        // TPMT_SYM_DEF of AES-128-CFB, then SHA-256, at the very end.
        if code_of(request) == command::START_AUTH_SESSION
            && request.ends_with(&[0x00, 0x06, 0x00, 0x80, 0x00, 0x43, 0x00, 0x0b])
        {
            told.fetch_add(1, Ordering::SeqCst);
            return Ok(refusal(TPM_RC_SYMMETRIC_4));
        }
        tpm.transact(request)
    });
    let file = tpm.create_key(template(P256), &auth("sesame")).unwrap();
    let key = tpm.load(file, auth("sesame")).unwrap();
    sign_and_verify(&key, HashAlg::Sha256, b"hidden by XOR");
    assert_eq!(tpm.random(32).unwrap().len(), 32);
    assert_eq!(refused.load(Ordering::SeqCst), 1);
}

#[test]
fn a_hash_that_the_tpm_lacks_is_said_with_what_it_has() {
    let swtpm = Swtpm::start();
    let tpm = open_through(&swtpm, TpmOptions::default(), |request, tpm| {
        if code_of(request) == command::SIGN {
            return Ok(refusal(TPM_RC_HASH_2));
        }
        let mut response = tpm.transact(request)?;
        // TPM_CAP_ALGS: SHA-512 becomes something unknown.
        if code_of(request) == command::GET_CAPABILITY && request[10..14] == [0; 4] {
            for entry in response[19..].chunks_exact_mut(6) {
                if entry[..2] == [0x00, 0x0d] {
                    entry[1] = 0xee;
                }
            }
        }
        Ok(response)
    });
    match new_key(&tpm).sign(HashAlg::Sha512, &[0; 64]) {
        Err(TpmError::UnsupportedHash { asked, can }) => {
            assert_eq!(asked, HashAlg::Sha512);
            assert_eq!(can, [HashAlg::Sha256, HashAlg::Sha384]);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn exponent_65537_is_written_out_unless_the_tpm_refuses() {
    let swtpm = Swtpm::start();
    let picky = Arc::new(AtomicU32::new(0));
    let told = Arc::clone(&picky);
    let tpm = open_through(&swtpm, TpmOptions::default(), move |request, tpm| {
        if code_of(request) == command::CREATE
            && told.load(Ordering::SeqCst) == 1
            && request.windows(4).any(|octets| octets == [0, 1, 0, 1])
        {
            return Ok(refusal(TPM_RC_RANGE_2));
        }
        tpm.transact(request)
    });
    let rsa = template(Algorithm::Rsa { bits: 2048 });
    let exponent_in = |file: &KeyFile| file.public_blob()[18..22].to_vec();
    let file = tpm.create_key(rsa, &Auth::empty()).unwrap();
    assert_eq!(exponent_in(&file), [0, 1, 0, 1]);
    picky.store(1, Ordering::SeqCst);
    let file = tpm.create_key(rsa, &Auth::empty()).unwrap();
    assert_eq!(exponent_in(&file), [0; 4]);
    let key = tpm.load(file, Auth::empty()).unwrap();
    sign_and_verify(&key, HashAlg::Sha256, b"the same exponent all the same");
}

const TPM_RC_SYMMETRIC_4: u32 = 0x4d6;
const TPM_RC_HASH_2: u32 = 0x2c3;
const TPM_RC_RANGE_2: u32 = 0x2cd;
const PRIMARY_ATTRIBUTES: &str =
    "restricted|decrypt|fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda";
