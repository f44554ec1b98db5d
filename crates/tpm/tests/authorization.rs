//! Right, wrong and missing authorization values; what of them can be seen on the wire.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::time::Duration;

use support::{P256, auth, command, open, sign_and_verify, template};
use tpm2ca_testkit::{Recorder, Swtpm, Tool};
use tpm2ca_tpm::{
    Algorithm, Auth, ErrorKind, HashAlg, KeyFile, KeyTemplate, Tcti, Tpm, TpmError, TpmOptions,
};

/// Protected against guessing by the TPM's lockout.
const PROTECTED: KeyTemplate = KeyTemplate {
    algorithm: P256,
    no_da: false,
};

#[test]
fn wrong_ones_count_until_lockout() {
    let swtpm = Swtpm::start();
    let tpm = open(&swtpm);
    let file = tpm.create_key(PROTECTED, &auth("right")).unwrap();
    let max = tpm.capabilities().unwrap().max_auth_fail;
    assert!(max >= 2, "swtpm allows {max} failures");

    for failures in 1..=max {
        match tpm.load(file.clone(), auth(&format!("wrong {failures}"))) {
            Err(error @ TpmError::AuthFailed { tries_left, .. }) => {
                assert_eq!(tries_left, Some(max - failures));
                let says = match max - failures {
                    0 => "no try is left, the TPM is in lockout now".to_owned(),
                    1 => "1 try is left before lockout".to_owned(),
                    left => format!("{left} tries are left before lockout"),
                };
                assert_eq!(
                    error.to_string(),
                    format!("wrong authorization for the key; {says}")
                );
                assert_eq!(error.kind(), ErrorKind::Auth);
            }
            other => panic!("after {failures} failures: {other:?}"),
        }
        // One failure is one failure: nothing was tried again behind the caller's back.
        let capabilities = tpm.capabilities().unwrap();
        assert_eq!(capabilities.lockout_counter, failures);
        assert_eq!(capabilities.in_lockout, failures == max);
    }
    match tpm.load(file.clone(), auth("right")) {
        Err(
            error @ TpmError::Lockout {
                until,
                lockout_counter,
                max_auth_fail,
                ..
            },
        ) => {
            assert_eq!(until, Duration::from_secs(1000));
            assert_eq!((lockout_counter, max_auth_fail), (max, max));
            assert_eq!(error.kind(), ErrorKind::Lockout);
            assert_eq!(
                error.to_string(),
                format!(
                    "the TPM is in lockout after {max} failed authorizations, of which {max} lock it; a try is given back \
                     within 1000 seconds"
                )
            );
        }
        other => panic!("{other:?}"),
    }

    drop(tpm);
    Tool::tpm2("tpm2_dictionarylockout", &swtpm).arg("-c").ok();
    let key = open(&swtpm).load(file, auth("right")).unwrap();
    sign_and_verify(&key, HashAlg::Sha256, b"unlocked");
}

#[test]
fn wrong_ones_of_other_keys_do_not_count() {
    let swtpm = Swtpm::start();
    let tpm = open(&swtpm);
    let file = tpm.create_key(template(P256), &auth("right")).unwrap();
    for _ in 0..5 {
        match tpm.load(file.clone(), auth("wrong")) {
            Err(TpmError::AuthFailed {
                what,
                tries_left: None,
                empty: false,
            }) => assert_eq!(what, "the key"),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(tpm.capabilities().unwrap().lockout_counter, 0);
    assert!(tpm.load(file, auth("right")).is_ok());
}

/// In one process, whatever is opened again.
#[test]
fn a_refused_one_is_not_sent_again() {
    let swtpm = Swtpm::start();
    let tpm = open(&swtpm);
    let [one, two, good] =
        ["right", "right", "wrong"].map(|value| tpm.create_key(PROTECTED, &auth(value)).unwrap());
    let free = tpm.create_key(template(P256), &auth("right")).unwrap();
    let before = tpm.load(good.clone(), auth("wrong")).unwrap();
    let refused = tpm.load(one.clone(), auth("wrong"));
    assert!(matches!(refused, Err(TpmError::AuthFailed { .. })));
    let counter = |tpm: &Tpm| tpm.capabilities().unwrap().lockout_counter;
    assert_eq!(counter(&tpm), 1);

    let is_remembered = |tpm: &Tpm, file: &KeyFile| match tpm.load(file.clone(), auth("wrong")) {
        Err(error @ TpmError::RefusedBefore { .. }) => {
            assert_eq!(error.kind(), ErrorKind::Auth);
            assert_eq!(
                error.to_string(),
                "the authorization value for the key was not sent to the TPM, which has refused the same value before"
            );
        }
        other => panic!("{other:?}"),
    };
    is_remembered(&tpm, &one);
    is_remembered(&tpm, &two);
    is_remembered(&tpm, &free);
    // Where it was right before, it is right.
    sign_and_verify(&before, HashAlg::Sha256, b"another key's value");
    drop((before, tpm));
    let tpm = open(&swtpm);
    is_remembered(&tpm, &one);
    assert!(tpm.load(good, auth("wrong")).is_ok());
    let changed = tpm.change_auth(&two, &auth("wrong"), &auth("new"));
    assert!(matches!(changed, Err(TpmError::RefusedBefore { .. })));
    assert_eq!(counter(&tpm), 1);
    // Another value is sent, and so is every value to another TPM.
    for file in [one, two] {
        let key = tpm.load(file, auth("right")).unwrap();
        sign_and_verify(&key, HashAlg::Sha256, b"the right one");
    }
    assert_eq!(counter(&tpm), 1);
    let other = Swtpm::start();
    let tpm = open(&other);
    let file = tpm.create_key(PROTECTED, &auth("wrong")).unwrap();
    assert!(tpm.load(file, auth("wrong")).is_ok());
}

/// Almost every object has the empty value, so it is refused for the one only.
#[test]
fn a_refused_empty_one_is_not_sent_again_for_the_same_key() {
    let swtpm = Swtpm::start();
    let tpm = open(&swtpm);
    let file = tpm.create_key(PROTECTED, &auth("right")).unwrap();
    let other = tpm.create_key(PROTECTED, &Auth::empty()).unwrap();
    assert!(matches!(
        tpm.load(file.clone(), Auth::empty()),
        Err(TpmError::AuthFailed { empty: true, .. })
    ));
    for _ in 0..3 {
        match tpm.load(file.clone(), Auth::empty()) {
            Err(error @ TpmError::RefusedBefore { empty: true, .. }) => {
                assert!(error.hint().unwrap().contains("none was given"));
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(tpm.capabilities().unwrap().lockout_counter, 1);
    let key = tpm.load(other, Auth::empty()).unwrap();
    sign_and_verify(&key, HashAlg::Sha256, b"without a value");
}

#[test]
fn a_missing_one_is_called_missing() {
    let swtpm = Swtpm::start();
    let tpm = open(&swtpm);
    let file = tpm.create_key(template(P256), &auth("right")).unwrap();
    match tpm.load(file, Auth::empty()) {
        Err(error @ TpmError::AuthFailed { empty: true, .. }) => {
            assert!(error.hint().unwrap().contains("none was given"));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn nothing_secret_is_on_the_wire() {
    let secret = "a very secret authorization";
    let swtpm = Swtpm::start();
    let recorder = Recorder::start(&swtpm.tcti());
    let tpm = Tpm::open(&recorder.tcti(), TpmOptions::default()).unwrap();
    for algorithm in [P256, Algorithm::Rsa { bits: 2048 }] {
        let file = tpm.create_key(template(algorithm), &auth(secret)).unwrap();
        let private = file.private_blob()[2..].to_vec();
        let key = tpm.load(file, auth(secret)).unwrap();
        sign_and_verify(&key, HashAlg::Sha256, b"to be signed");
        assert!(!recorder.contains(&HashAlg::Sha256.digest(b"to be signed")));
        // Even the wrapped key is hidden, in both directions.
        assert!(!recorder.contains(&private));
    }
    let random = tpm.random(32).unwrap();
    assert!(!recorder.contains(&random));
    drop(tpm);

    assert!(!recorder.contains(secret.as_bytes()));
    let sent = |code| {
        recorder
            .exchanges()
            .iter()
            .any(|exchange| exchange.command_code() == code)
    };
    // The recorder did hear it all.
    assert!(sent(command::CREATE) && sent(command::LOAD) && sent(command::CERTIFY));
    assert!(sent(command::SIGN) && sent(command::GET_RANDOM));
}

#[test]
fn the_owner_is_authorized_without_sending_the_value() {
    let swtpm = Swtpm::start();
    Tool::tpm2("tpm2_changeauth", &swtpm)
        .args(["-c", "owner", "owner secret"])
        .ok();

    let open = |tcti: &Tcti, owner_auth| {
        let options = TpmOptions {
            owner_auth,
            ..TpmOptions::default()
        };
        Tpm::open(tcti, options).unwrap()
    };
    match open(&swtpm.tcti(), Auth::empty()).srk_name() {
        Err(TpmError::AuthFailed {
            what, empty: true, ..
        }) => assert_eq!(what, "the owner hierarchy"),
        other => panic!("{other:?}"),
    }
    match open(&swtpm.tcti(), auth("not it")).srk_name() {
        Err(TpmError::AuthFailed { empty: false, .. }) => {}
        other => panic!("{other:?}"),
    }

    let recorder = Recorder::start(&swtpm.tcti());
    let tpm = open(&recorder.tcti(), auth("owner secret"));
    assert!(tpm.capabilities().unwrap().owner_auth_set);
    let file = tpm.create_key(template(P256), &Auth::empty()).unwrap();
    let key = tpm.load(file, Auth::empty()).unwrap();
    sign_and_verify(&key, HashAlg::Sha256, b"owned");
    assert!(!recorder.contains(b"owner secret"));
}
