//! Policies that somebody has to approve, and those that hold several things together.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "support/signer.rs"]
mod signer;
mod support;
#[path = "support/under_policy.rs"]
mod under_policy;

use std::sync::Arc;
use std::time::Duration;

use signer::{Answer, Signer, TestApprover};
use support::{P256, auth, held_handles, is_valid, open};
use tpm2ca_testkit::Swtpm;
use tpm2ca_tpm::{
    ApprovalTerms, Auth, Credentials, HashAlg, PolicyError, PolicyStepKind, Tpm, TpmKey,
    sign_policy,
};
use under_policy::{SIGN, create, extend, one, policy_error, present_state, refusal, signs};

fn approved_key(tpm: &Tpm, approver: &Arc<TestApprover>) -> TpmKey {
    let policy = one(PolicyStepKind::Signed {
        key: approver.signer.key.clone(),
        policy_ref: b"this CA".to_vec(),
    });
    let file = create(tpm, P256, &policy, &Auth::empty());
    let credentials = Credentials::default().approver(Arc::clone(approver) as _);
    tpm.load_with(file, Auth::empty(), credentials).unwrap()
}

#[test]
fn approvals() {
    let swtpm = Swtpm::start();
    let tpm = open(&swtpm);
    let approver = Arc::new(TestApprover::new(ApprovalTerms::default()));
    let key = approved_key(&tpm, &approver);
    signs(&key);
    signs(&key);
    assert_eq!(*approver.asked.lock().unwrap(), [None, None]);
    let name = approver.signer.key.name().clone();

    approver.answer(Answer::No);
    match policy_error(refusal(&key)) {
        PolicyError::Refused {
            step: 1,
            key,
            reason,
        } => {
            assert_eq!((key, reason.as_str()), (name.clone(), "not today"));
        }
        other => panic!("{other:?}"),
    }
    approver.answer(Answer::Wrong);
    match policy_error(refusal(&key)) {
        PolicyError::BadApproval { step: 1, key } => assert_eq!(key, name),
        other => panic!("{other:?}"),
    }
    // An approval for one session is worth nothing in the next.
    approver.answer(Answer::Remember(None));
    signs(&key);
    assert!(matches!(
        policy_error(refusal(&key)),
        PolicyError::BadApproval { .. }
    ));
    approver.answer(Answer::Yes);
    signs(&key);

    let policy = one(PolicyStepKind::Signed {
        key: approver.signer.key.clone(),
        policy_ref: Vec::new(),
    });
    drop(key);
    let file = create(&tpm, P256, &policy, &Auth::empty());
    let key = tpm.load(file, Auth::empty()).unwrap();
    match policy_error(refusal(&key)) {
        problem @ PolicyError::NoApprover { .. } => {
            assert!(problem.to_string().contains(&name.to_string()));
            assert!(problem.hint().unwrap().contains("approver"));
        }
        other => panic!("{other:?}"),
    }
    drop((key, tpm));
    assert_eq!(held_handles(&swtpm), "");
}

#[test]
fn approvals_expire() {
    let swtpm = Swtpm::start();
    let tpm = open(&swtpm);
    let approver = Arc::new(TestApprover::new(ApprovalTerms {
        expiration: 1,
        ..ApprovalTerms::default()
    }));
    let key = approved_key(&tpm, &approver);
    signs(&key);
    // However long ago the last one was.
    std::thread::sleep(Duration::from_millis(1500));
    signs(&key);
    approver.answer(Answer::Late(Duration::from_secs(2)));
    match policy_error(refusal(&key)) {
        problem @ PolicyError::ApprovalExpired { step: Some(1) } => {
            assert!(problem.hint().is_some());
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_approval_for_one_command_can_be_given_beforehand() {
    let swtpm = Swtpm::start();
    let tpm = open(&swtpm);
    let approver = Arc::new(TestApprover::new(ApprovalTerms {
        this_session: false,
        this_command: true,
        expiration: 0,
    }));
    let key = approved_key(&tpm, &approver);
    approver.answer(Answer::Remember(None));
    let digest = HashAlg::Sha256.digest(b"the certificate that was approved");
    let (_, receipt) = key.sign(HashAlg::Sha256, &digest).unwrap();
    // It can be computed by who approves, and used as often as one likes.
    let parameters = [
        &[0, 32][..],
        &digest,
        &[0, 0x18, 0, 0x0b],
        &[0x80, 0x24, 0x40, 0, 0, 7, 0, 0],
    ]
    .concat();
    let expected = [&SIGN.to_be_bytes(), key.name().as_bytes(), &parameters].concat();
    let expected: [u8; 32] = HashAlg::Sha256.digest(&expected).try_into().unwrap();
    assert_eq!(*approver.asked.lock().unwrap(), [Some(expected)]);
    assert_eq!(receipt.cp_hash, expected);
    let (signature, _) = key.sign(HashAlg::Sha256, &digest).unwrap();
    let message = b"the certificate that was approved";
    assert!(is_valid(key.public(), HashAlg::Sha256, message, &signature));
    // For anything else it is no approval.
    assert!(matches!(
        policy_error(refusal(&key)),
        PolicyError::BadApproval { .. }
    ));
    key.sign(HashAlg::Sha256, &digest).unwrap();
}

#[test]
fn everything_at_once() {
    let swtpm = Swtpm::start();
    let tpm = open(&swtpm);
    let approver = Arc::new(TestApprover::new(ApprovalTerms::default()));
    let signer = Signer::p256();
    let mut policy = one(PolicyStepKind::Authorize {
        key: signer.key.clone(),
        policy_ref: Vec::new(),
        signature: None,
    });
    for step in [
        PolicyStepKind::AuthValue,
        PolicyStepKind::Locality(1),
        PolicyStepKind::Signed {
            key: approver.signer.key.clone(),
            policy_ref: Vec::new(),
        },
        PolicyStepKind::CommandCode(SIGN),
    ] {
        policy = policy.and(step).unwrap();
    }
    let secret = auth("sesame");
    let mut file = create(&tpm, P256, &policy, &secret);
    let state = present_state(&tpm).and(PolicyStepKind::AuthValue).unwrap();
    let signed = sign_policy(None, &state, &signer.key, b"", |_, digest| {
        Ok::<_, PolicyError>(signer.sign(digest))
    });
    file.add_signed_policy(signed.unwrap());
    let credentials = || Credentials::default().approver(Arc::clone(&approver) as _);
    // Beside two other keys, so that slots are short.
    let others = [0, 1].map(|_| support::new_key(&tpm));
    let key = tpm.load_with(file, secret.clone(), credentials()).unwrap();
    for _ in 0..3 {
        signs(&key);
        others.iter().for_each(signs);
    }
}

#[test]
fn after_a_reset_the_policy_runs_again() {
    let mut swtpm = Swtpm::start();
    let tpm = open(&swtpm);
    let approver = Arc::new(TestApprover::new(ApprovalTerms::default()));
    let approved = approved_key(&tpm, &approver);
    let state = present_state(&tpm).and(PolicyStepKind::AuthValue).unwrap();
    let file = create(&tpm, P256, &state, &auth("sesame"));
    let key = tpm.load(file, auth("sesame")).unwrap();
    signs(&key);
    signs(&approved);
    for _ in 0..2 {
        swtpm.restart();
        signs(&key);
        signs(&approved);
    }
    // In the midst of it: the session is lost with the connection.
    extend(&tpm, b"not after a reset");
    assert!(matches!(
        policy_error(refusal(&key)),
        PolicyError::PcrChanged { .. }
    ));
    swtpm.restart();
    signs(&key);
}
