//! Keys under policies sign when the policy holds, and only then; what failed is said.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "support/signer.rs"]
mod signer;
mod support;
#[path = "support/under_policy.rs"]
mod under_policy;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use signer::Signer;
use support::{P256, auth, code_of, command, held_handles, open, open_through, sign_and_verify};
use tpm2ca_testkit::{Recorder, Swtpm, Tool};
use tpm2ca_tpm::{
    Algorithm, Auth, Credentials, Curve, ErrorKind, HashAlg, KeyFile, KeyOptions, Policy,
    PolicyError, PolicyStep, PolicyStepKind, Tpm, TpmError, TpmOptions, sign_policy,
};
use under_policy::{SIGN, create, extend, one, policy_error, present_state, refusal, signs};

#[test]
fn a_key_bound_to_registers_stops_and_goes_on_with_a_new_signed_policy() {
    let swtpm = Swtpm::start();
    let tpm = open(&swtpm);
    for (signer, algorithm) in [
        (Signer::p256(), P256),
        (Signer::rsa(), Algorithm::Rsa { bits: 2048 }),
    ] {
        let own = one(PolicyStepKind::Authorize {
            key: signer.key.clone(),
            policy_ref: b"boot".to_vec(),
            signature: None,
        });
        let mut file = create(&tpm, algorithm, &own, &Auth::empty());
        match policy_error(tpm.load(file.clone(), Auth::empty()).unwrap_err()) {
            PolicyError::NoSignedPolicy { key } => assert_eq!(&key, signer.key.name()),
            other => panic!("{other:?}"),
        }
        let sign_present = |name: &str| {
            let state = present_state(&tpm);
            sign_policy(Some(name), &state, &signer.key, b"boot", |_, digest| {
                Ok::<_, PolicyError>(signer.sign(digest))
            })
            .unwrap()
        };
        file.add_signed_policy(sign_present("first boot"));
        let file = KeyFile::from_pem(file.to_pem().as_bytes()).unwrap();
        let key = tpm.load(file.clone(), Auth::empty()).unwrap();
        signs(&key);
        signs(&key);

        let before = tpm.pcr_read(HashAlg::Sha256, &[16]).unwrap().digest();
        extend(&tpm, b"an update");
        let after = tpm.pcr_read(HashAlg::Sha256, &[16]).unwrap();
        let error = refusal(&key);
        assert_eq!(error.kind(), ErrorKind::Other);
        assert!(error.to_string().contains("PCR 16 of the SHA-256 bank"));
        match policy_error(error) {
            problem @ PolicyError::PcrChanged {
                step: 1,
                bank: HashAlg::Sha256,
                ..
            } => {
                assert!(problem.hint().unwrap().contains("16: "));
                let PolicyError::PcrChanged {
                    pcrs,
                    expected,
                    actual,
                    ..
                } = problem
                else {
                    unreachable!()
                };
                assert_eq!(
                    (pcrs, expected, actual),
                    (vec![16], before.to_vec(), after.digest().to_vec())
                );
            }
            other => panic!("{other:?}"),
        }

        let mut renewed = file.clone();
        renewed.add_signed_policy(sign_present("after the update"));
        assert_eq!(renewed.auth_policy().len(), 2);
        let renewed_key = tpm.load(renewed.clone(), Auth::empty()).unwrap();
        signs(&renewed_key);
        // The newest is tried first. The old one is still there, so both are named when neither holds.
        extend(&tpm, b"another update");
        match policy_error(refusal(&renewed_key)) {
            PolicyError::NoneWorked { reasons } => {
                let names: Vec<&str> = reasons.iter().map(|(name, _)| name.as_str()).collect();
                assert_eq!(names, ["after the update", "first boot"]);
                assert!(
                    reasons
                        .iter()
                        .all(|(_, reason)| matches!(reason, PolicyError::PcrChanged { .. }))
                );
            }
            other => panic!("{other:?}"),
        }
        renewed.add_signed_policy(sign_present("after the update"));
        assert_eq!(renewed.auth_policy().len(), 2);
        assert!(renewed.remove_signed_policy(2).is_none());
        assert!(renewed.remove_signed_policy(1).is_some());
        signs(&tpm.load(renewed, Auth::empty()).unwrap());
    }
    drop(tpm);
    assert_eq!(held_handles(&swtpm), "");
}

#[test]
fn registers_alone() {
    let swtpm = Swtpm::start();
    let tpm = open(&swtpm);
    for algorithm in [
        P256,
        Algorithm::Ecc(Curve::P384),
        Algorithm::Rsa { bits: 3072 },
    ] {
        let state = present_state(&tpm);
        let file = create(&tpm, algorithm, &state, &Auth::empty());
        let key = tpm.load(file, Auth::empty()).unwrap();
        let hash = match algorithm {
            Algorithm::Ecc(Curve::P384) => HashAlg::Sha384,
            _ => HashAlg::Sha256,
        };
        sign_and_verify(&key, hash, b"as it was");
        extend(&tpm, b"something else");
        assert!(matches!(
            policy_error(key.sign(hash, &vec![0; hash.len()]).unwrap_err()),
            PolicyError::PcrChanged { .. }
        ));
    }
}

#[test]
fn the_authorization_value_is_proved_under_the_policy() {
    let secret = "a very secret authorization";
    let swtpm = Swtpm::start();
    let recorder = Recorder::start(&swtpm.tcti());
    let tpm = Tpm::open(&recorder.tcti(), TpmOptions::default()).unwrap();
    let policy = one(PolicyStepKind::AuthValue);
    for algorithm in [P256, Algorithm::Rsa { bits: 2048 }] {
        let file = create(&tpm, algorithm, &policy, &auth(secret));
        assert!(file.needs_auth());
        let key = tpm.load(file.clone(), auth(secret)).unwrap();
        recorder.clear();
        signs(&key);
        // The digest is hidden, by the session beside the policy session.
        let exchanges = recorder.exchanges();
        let sign = exchanges.iter().find(|e| e.command_code() == SIGN).unwrap();
        assert_eq!(session_attributes(&sign.command), [0x01, 0x21]);
        assert!(!recorder.contains(&HashAlg::Sha256.digest(b"under a policy")));
        assert!(!recorder.contains(secret.as_bytes()));
        match tpm.load(file.clone(), auth("wrong")) {
            Err(TpmError::AuthFailed { what, .. }) => assert_eq!(what, "the key"),
            other => panic!("{other:?}"),
        }
        // Nothing proves the empty value before it is used.
        let key = tpm.load(file.clone(), Auth::empty()).unwrap();
        match refusal(&key) {
            error @ TpmError::AuthFailed { empty: true, .. } => {
                assert_eq!(error.kind(), ErrorKind::Auth);
            }
            other => panic!("{other:?}"),
        }
        signs(&tpm.load(file, auth(secret)).unwrap());
    }
    assert!(!recorder.contains(secret.as_bytes()));
}

/// Of a command with one handle.
fn session_attributes(command: &[u8]) -> Vec<u8> {
    let number = |at: usize| usize::from(u16::from_be_bytes([command[at], command[at + 1]]));
    let end = 18 + number(16);
    let mut at = 18;
    let mut attributes = Vec::new();
    while at < end {
        at += 4;
        at += 2 + number(at);
        attributes.push(command[at]);
        at += 1;
        at += 2 + number(at);
    }
    attributes
}

#[test]
fn a_value_that_the_policy_does_not_ask_for_need_not_be_known() {
    let swtpm = Swtpm::start();
    let tpm = open(&swtpm);
    let file = create(&tpm, P256, &present_state(&tpm), &auth("nobody asks"));
    assert_eq!(file.unsupported_reason(), None);
    signs(&tpm.load(file.clone(), Auth::empty()).unwrap());
    signs(&tpm.load(file, auth("nobody asks")).unwrap());
}

#[test]
fn the_owners_secret() {
    let swtpm = Swtpm::start();
    let tpm = open(&swtpm);
    let steps = [PolicyStep {
        command_code: 0x151,
        command_policy: vec![0x40, 0, 0, 0x0b, 0, 4, 0x40, 0, 0, 0x0b, 0, 0],
    }];
    let policy = Policy::from_steps(&steps).unwrap();
    let file = create(&tpm, P256, &policy, &Auth::empty());
    signs(&tpm.load(file.clone(), Auth::empty()).unwrap());
    drop(tpm);
    Tool::tpm2("tpm2_changeauth", &swtpm)
        .args(["-c", "endorsement", "endorsed by me"])
        .ok();
    let recorder = Recorder::start(&swtpm.tcti());
    let tpm = Tpm::open(&recorder.tcti(), TpmOptions::default()).unwrap();
    let with = |secret: Auth| {
        let credentials = Credentials::default().secret(0x4000_000b, secret);
        tpm.load_with(file.clone(), Auth::empty(), credentials)
            .unwrap()
    };
    signs(&with(auth("endorsed by me")));
    match refusal(&with(auth("not by me"))) {
        TpmError::AuthFailed {
            what, empty: false, ..
        } => assert_eq!(what, "the endorsement hierarchy (policy step 1)"),
        other => panic!("{other:?}"),
    }
    assert!(matches!(
        refusal(&with(Auth::empty())),
        TpmError::AuthFailed { empty: true, .. }
    ));
    signs(&with(auth("endorsed by me")));
    assert!(!recorder.contains(b"endorsed by me"));
}

#[test]
fn the_secret_of_another_key() {
    let swtpm = Swtpm::start();
    let tpm = open(&swtpm);
    let holder = tpm
        .create_key(KeyOptions::new(P256), &auth("of the holder"))
        .unwrap();
    let name = tpm.persist(holder, 0x8100_0010).unwrap();
    let policy = one(PolicyStepKind::Secret {
        handle: 0x8100_0010,
        name: name.clone(),
        policy_ref: b"ref".to_vec(),
    });
    let file = create(&tpm, P256, &policy, &Auth::empty());
    let credentials = || Credentials::default().secret(0x8100_0010, auth("of the holder"));
    let key = tpm.load_with(file, Auth::empty(), credentials()).unwrap();
    signs(&key);
    tpm.evict(0x8100_0010).unwrap();
    match policy_error(refusal(&key)) {
        PolicyError::SecretHolder {
            handle: 0x8100_0010,
            wanted,
            found: None,
            step: 1,
        } => assert_eq!(wanted, name),
        other => panic!("{other:?}"),
    }
    let other = tpm
        .create_key(KeyOptions::new(P256), &auth("of the holder"))
        .unwrap();
    let other = tpm.persist(other, 0x8100_0010).unwrap();
    match policy_error(refusal(&key)) {
        PolicyError::SecretHolder { found, .. } => assert_eq!(found, Some(other)),
        problem => panic!("{problem:?}"),
    }
}

#[test]
fn localities_and_commands() {
    let swtpm = Swtpm::start();
    let tpm = open(&swtpm);
    let load = |policy: &Policy| {
        let file = create(&tpm, P256, policy, &Auth::empty());
        tpm.load(file, Auth::empty())
    };
    signs(&load(&one(PolicyStepKind::Locality(0b0_0001))).unwrap());
    signs(&load(&one(PolicyStepKind::CommandCode(SIGN))).unwrap());
    let key = load(&one(PolicyStepKind::Locality(0b0_1000))).unwrap();
    match policy_error(refusal(&key)) {
        problem @ PolicyError::WrongLocality {
            step: 1,
            allowed: 8,
        } => {
            assert!(problem.to_string().contains("locality 3"));
            assert!(problem.hint().is_some());
        }
        other => panic!("{other:?}"),
    }
    match policy_error(load(&one(PolicyStepKind::CommandCode(0x148))).unwrap_err()) {
        problem @ PolicyError::WrongCommand { .. } => {
            assert!(problem.to_string().contains("0x148"));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn few_commands_are_needed() {
    let swtpm = Swtpm::start();
    let count = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&count);
    let tpm = open_through(&swtpm, TpmOptions::default(), move |request, tpm| {
        assert!(
            code_of(request) != command::CREATE_PRIMARY || counted.load(Ordering::SeqCst) < 1000
        );
        counted.fetch_add(1, Ordering::SeqCst);
        tpm.transact(request)
    });
    let state = present_state(&tpm).and(PolicyStepKind::AuthValue).unwrap();
    let file = create(&tpm, P256, &state, &auth("sesame"));
    let key = tpm.load(file, auth("sesame")).unwrap();
    signs(&key);
    count.store(1000, Ordering::SeqCst);
    signs(&key);
    // PolicyPCR, PolicyAuthValue, Sign: the policy session is used again.
    assert_eq!(count.load(Ordering::SeqCst), 1003);
}

#[test]
fn somebody_in_between_gains_nothing() {
    let swtpm = Swtpm::start();
    // Leaves out the check of the registers, and lies about what they hold.
    let tpm = open_through(
        &swtpm,
        TpmOptions::default(),
        |request, tpm| match code_of(request) {
            0x17f => Ok(support::refusal(0)),
            _ => tpm.transact(request),
        },
    );
    let file = create(&tpm, P256, &present_state(&tpm), &Auth::empty());
    let key = tpm.load(file, Auth::empty()).unwrap();
    match policy_error(refusal(&key)) {
        PolicyError::NotAccepted { code } => assert_eq!(code.name(), "TPM_RC_POLICY_FAIL"),
        other => panic!("{other:?}"),
    }
    drop((key, tpm));
    let lying = open_through(&swtpm, TpmOptions::default(), |request, tpm| {
        let mut response = tpm.transact(request)?;
        if code_of(request) == 0x17e && response.len() > 60 {
            response[50] ^= 1;
        }
        Ok(response)
    });
    assert!(matches!(
        lying.pcr_read(HashAlg::Sha256, &[16]),
        Err(TpmError::ResponseHmac { .. } | TpmError::BadResponse { .. })
    ));
}
