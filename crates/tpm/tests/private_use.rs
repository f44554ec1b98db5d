//! What keys do beside signing certificates: RSASSA-PSS, decryption, key agreement, judged by openssl.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use support::{auth, code_of, open, open_through, refusal};
use tpm2ca_testkit::{Recorder, Swtpm, TempDir, Tool, temp_dir};
use tpm2ca_tpm::{
    Algorithm, Auth, BoundScheme, Curve, DecryptPadding, ErrorKind, HashAlg, KeyOptions, KeyPublic,
    RawSignature, Tpm, TpmError, TpmOptions,
};

const RSA: Algorithm = Algorithm::Rsa { bits: 2048 };
const P256: Algorithm = Algorithm::Ecc(Curve::P256);

/// The public half of an RSA key for openssl, `key.pub` in a folder.
fn rsa_public(public: &KeyPublic) -> TempDir {
    let KeyPublic::Rsa { modulus, exponent } = public else {
        panic!("no RSA key")
    };
    let hex: Vec<String> = modulus.iter().map(|octet| format!("{octet:02x}")).collect();
    let hex = hex.concat();
    let folder = temp_dir();
    let spki = format!(
        "asn1=SEQUENCE:spki\n[spki]\nalgorithm=SEQUENCE:algorithm\nkey=BITWRAP,SEQUENCE:key\n[algorithm]\noid=OID:rsaEncryption\n\
         parameters=NULL\n[key]\nn=INTEGER:0x{hex}\ne=INTEGER:{exponent}\n"
    );
    fs::write(folder.path().join("spki.cnf"), spki).unwrap();
    Tool::openssl("asn1parse")
        .args(["-genconf", "spki.cnf", "-noout", "-out", "key.der"])
        .dir(folder.path())
        .ok();
    Tool::openssl("pkey")
        .args([
            "-pubin", "-inform", "DER", "-in", "key.der", "-out", "key.pub",
        ])
        .dir(folder.path())
        .ok();
    folder
}

#[test]
fn pss_signatures_verify() {
    let swtpm = Swtpm::start();
    let tpm = open(&swtpm);
    let mut only = KeyOptions::new(RSA);
    only.pss_only = Some(HashAlg::Sha384);
    for (options, bound) in [
        (KeyOptions::new(RSA), None),
        (only, Some(BoundScheme::RsaPss(Some(HashAlg::Sha384)))),
    ] {
        let file = tpm.create_key(options, &Auth::empty()).unwrap();
        assert_eq!(file.uses().unwrap().bound, bound);
        let key = tpm.load_for_any_use(file, Auth::empty()).unwrap();
        let folder = rsa_public(key.public());
        let digest = HashAlg::Sha384.digest(b"message");
        let (RawSignature::Rsa(signature), _) = key.sign_pss(HashAlg::Sha384, &digest).unwrap()
        else {
            panic!("no RSA signature")
        };
        fs::write(folder.path().join("signature"), signature).unwrap();
        fs::write(folder.path().join("message"), "message").unwrap();
        Tool::openssl("dgst")
            .args(["-sha384", "-verify", "key.pub", "-signature", "signature"])
            .args(["-sigopt", "rsa_padding_mode:pss", "message"])
            .dir(folder.path())
            .ok();
        assert!(matches!(
            key.sign_pss(HashAlg::Sha256, &digest),
            Err(TpmError::DigestLength { .. })
        ));
    }
}

#[test]
fn what_was_encrypted_for_a_key_is_decrypted() {
    let swtpm = Swtpm::start();
    let tpm = open(&swtpm);
    let file = tpm
        .create_key(KeyOptions::new(RSA), &auth("secret"))
        .unwrap();
    let key = tpm.load_for_any_use(file.clone(), auth("secret")).unwrap();
    let folder = rsa_public(key.public());
    fs::write(folder.path().join("message"), "message").unwrap();
    for (options, padding) in [
        (&[][..], DecryptPadding::Pkcs1),
        (&["rsa_padding_mode:oaep"], DecryptPadding::OaepSha1),
        (
            &["rsa_padding_mode:oaep", "rsa_oaep_md:sha256"],
            DecryptPadding::Oaep(HashAlg::Sha256),
        ),
    ] {
        let encrypted = Tool::openssl("pkeyutl")
            .args(["-encrypt", "-pubin", "-inkey", "key.pub", "-in", "message"])
            .args(options.iter().flat_map(|option| ["-pkeyopt", option]))
            .dir(folder.path())
            .ok()
            .stdout;
        let message = key.rsa_decrypt(&encrypted, padding).unwrap();
        assert_eq!(message.as_slice(), b"message");
        let bare = key.rsa_decrypt(&encrypted, DecryptPadding::None).unwrap();
        assert_eq!(bare.len(), 256);
        let wrong = tpm.load_for_any_use(file.clone(), auth("wrong")).unwrap();
        let refused = wrong.rsa_decrypt(&encrypted, padding).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Auth, "{refused}");
    }
    assert!(
        key.rsa_decrypt(&[0x5a; 256], DecryptPadding::Pkcs1)
            .is_err()
    );
    assert!(key.ecdh(&[1], &[2]).is_err());
}

#[test]
fn two_keys_agree_on_a_secret() {
    let swtpm = Swtpm::start();
    let tpm = open(&swtpm);
    let mut options = KeyOptions::new(P256);
    options.key_agreement = true;
    let key = |options: &KeyOptions| {
        let file = tpm.create_key(options.clone(), &Auth::empty()).unwrap();
        tpm.load_for_any_use(file, Auth::empty()).unwrap()
    };
    let (one, other) = (key(&options), key(&options));
    let point = |public: &KeyPublic| match public {
        KeyPublic::Ecc { x, y, .. } => (x.clone(), y.clone()),
        KeyPublic::Rsa { .. } => panic!("no EC key"),
    };
    let (x, y) = point(other.public());
    let here = one.ecdh(&x, &y).unwrap();
    let (x, y) = point(one.public());
    let there = other.ecdh(&x, &y).unwrap();
    assert_eq!(here, there);
    assert_eq!(here.len(), 32);
    assert!(
        one.ecdh(&[1; 32], &[2; 32]).is_err(),
        "no point of the curve"
    );
    // A key that was made for signing only.
    let signing = key(&KeyOptions::new(P256));
    assert!(signing.ecdh(&x, &y).is_err());
    let digest = HashAlg::Sha256.digest(b"message");
    assert!(signing.sign(HashAlg::Sha256, &digest).is_ok());
}

#[test]
fn a_persistent_key_decrypts_too() {
    let swtpm = Swtpm::start();
    let tpm = open(&swtpm);
    let file = tpm
        .create_key(KeyOptions::new(RSA), &Auth::empty())
        .unwrap();
    tpm.persist(file, 0x8100_0010).unwrap();
    let key = tpm
        .load_handle_for_any_use(0x8100_0010, Auth::empty())
        .unwrap();
    assert!(key.rsa_decrypt(&[1; 256], DecryptPadding::None).is_ok());
    assert!(matches!(
        tpm.load_handle_for_any_use(0x8100_0077, Auth::empty()),
        Err(TpmError::NothingAt { .. })
    ));
}

/// A key at a handle that removes paddings by itself, made by tpm2-tools.
fn fixed(swtpm: &Swtpm, scheme: &str) -> u32 {
    let folder = temp_dir();
    let tools = |name: &str, options: &str| {
        Tool::tpm2(name, swtpm)
            .args(options.split_whitespace())
            .dir(folder.path())
            .ok()
    };
    tools(
        "tpm2_createprimary",
        &format!(
            "-C o -G rsa2048:{scheme} -a decrypt|fixedtpm|fixedparent|sensitivedataorigin|userwithauth -p sesame -c key.ctx"
        ),
    );
    tools("tpm2_evictcontrol", "-C o -c key.ctx 0x81000010");
    tools("tpm2_flushcontext", "-t");
    0x8100_0010
}

fn encrypted(public: &KeyPublic, options: &[&str]) -> Vec<u8> {
    let folder = rsa_public(public);
    fs::write(folder.path().join("message"), "message").unwrap();
    Tool::openssl("pkeyutl")
        .args(["-encrypt", "-pubin", "-inkey", "key.pub", "-in", "message"])
        .args(options.iter().flat_map(|option| ["-pkeyopt", option]))
        .dir(folder.path())
        .ok()
        .stdout
}

#[test]
fn the_scheme_of_a_key_is_known() {
    for (scheme, padding) in [
        ("rsaes", DecryptPadding::Pkcs1),
        ("oaep", DecryptPadding::Oaep(HashAlg::Sha256)),
        ("oaep-sha1", DecryptPadding::OaepSha1),
    ] {
        let swtpm = Swtpm::start();
        let handle = fixed(&swtpm, scheme);
        let blob = open(&swtpm).read_public(handle).unwrap().public;
        assert_eq!(
            tpm2ca_tpm::KeyUses::from_tpm2b_public(&blob).unwrap().bound,
            Some(BoundScheme::Decryption(padding)),
            "{scheme}"
        );
    }
}

/// A new session would make the next command slower, which tells that this one was refused.
#[test]
fn a_wrong_padding_costs_no_session() {
    let swtpm = Swtpm::start();
    let handle = fixed(&swtpm, "oaep");
    let recorder = Recorder::start(&swtpm.tcti());
    let tpm = Tpm::open(&recorder.tcti(), TpmOptions::default()).unwrap();
    let key = tpm.load_handle_for_any_use(handle, auth("sesame")).unwrap();
    let padding = DecryptPadding::Oaep(HashAlg::Sha256);
    let options = ["rsa_padding_mode:oaep", "rsa_oaep_md:sha256"];
    let right = encrypted(key.public(), &options);
    key.rsa_decrypt(&right, padding).unwrap();
    recorder.clear();
    for cipher_text in [&right, &vec![0x5a; 256], &vec![0x11; 256], &right] {
        let outcome = key.rsa_decrypt(cipher_text, padding);
        assert_eq!(outcome.is_ok(), *cipher_text == right);
    }
    let sent: Vec<u32> = recorder
        .exchanges()
        .iter()
        .map(tpm2ca_testkit::Exchange::command_code)
        .collect();
    assert_eq!(sent, [RSA_DECRYPT; 4]);
}

/// An error has no HMAC, so it may be somebody else's: the TPM has then taken the command, and a new nonce.
#[test]
fn a_forged_refusal_does_not_make_a_value_wrong() {
    let swtpm = Swtpm::start();
    let (forges, sent) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicUsize::new(0)),
    );
    let (forging, count) = (Arc::clone(&forges), Arc::clone(&sent));
    let tpm = open_through(&swtpm, TpmOptions::default(), move |command, tpm| {
        let response = tpm.transact(command)?;
        if code_of(command) == RSA_DECRYPT {
            count.fetch_add(1, Ordering::SeqCst);
            if forging.load(Ordering::SeqCst) {
                return Ok(refusal(TPM_RC_VALUE));
            }
        }
        Ok(response)
    });
    let file = tpm
        .create_key(KeyOptions::new(RSA), &auth("sesame"))
        .unwrap();
    let key = tpm.load_for_any_use(file.clone(), auth("sesame")).unwrap();
    let decrypts = |key: &tpm2ca_tpm::TpmKey| key.rsa_decrypt(&[1; 256], DecryptPadding::None);
    let forged = |key| {
        forges.store(true, Ordering::SeqCst);
        assert!(
            decrypts(key)
                .unwrap_err()
                .to_string()
                .contains("TPM_RC_VALUE")
        );
        forges.store(false, Ordering::SeqCst);
        sent.store(0, Ordering::SeqCst);
    };
    forged(&key);
    // Once through the old session, once through a new one.
    decrypts(&key).unwrap();
    assert_eq!(sent.load(Ordering::SeqCst), 2);

    forged(&key);
    let digest = HashAlg::Sha256.digest(b"message");
    let wrong = tpm.load_for_any_use(file, auth("wrong")).unwrap();
    assert_eq!(decrypts(&wrong).unwrap_err().kind(), ErrorKind::Auth);
    assert_eq!(
        sent.load(Ordering::SeqCst),
        1,
        "a wrong value is not sent twice"
    );
    key.sign(HashAlg::Sha256, &digest).unwrap();
}

const RSA_DECRYPT: u32 = 0x159;
const TPM_RC_VALUE: u32 = 0x084;
