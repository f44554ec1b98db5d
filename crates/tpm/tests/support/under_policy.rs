//! Keys under policies, for tests.
#![allow(dead_code)] // no test file needs all of it

use tpm2ca_tpm::{
    Algorithm, Auth, HashAlg, KeyFile, KeyOptions, Policy, PolicyError, PolicyStepKind, Tpm,
    TpmError, TpmKey,
};

use crate::support::sign_and_verify;

pub(crate) const SIGN: u32 = 0x15d;

/// Made under this policy, which alone allows its use, and through the text of its file.
pub(crate) fn create(tpm: &Tpm, algorithm: Algorithm, policy: &Policy, secret: &Auth) -> KeyFile {
    let mut options = KeyOptions::new(algorithm);
    options.policy = Some(policy.digest().to_vec());
    options.user_with_auth = false;
    let file = tpm.create_key(options, secret).unwrap().with_policy(policy);
    KeyFile::from_pem(file.to_pem().as_bytes()).unwrap()
}

pub(crate) fn one(step: PolicyStepKind) -> Policy {
    Policy::new(vec![step]).unwrap()
}

pub(crate) fn present_state(tpm: &Tpm) -> Policy {
    Policy::pcr(&tpm.pcr_read(HashAlg::Sha256, &[16]).unwrap()).unwrap()
}

pub(crate) fn extend(tpm: &Tpm, what: &[u8]) {
    let digest = HashAlg::Sha256.digest(what);
    tpm.pcr_extend(HashAlg::Sha256, 16, &digest).unwrap();
}

pub(crate) fn signs(key: &TpmKey) {
    sign_and_verify(key, HashAlg::Sha256, b"under a policy");
}

pub(crate) fn refusal(key: &TpmKey) -> TpmError {
    key.sign(HashAlg::Sha256, &[7; 32]).unwrap_err()
}

pub(crate) fn policy_error(error: TpmError) -> PolicyError {
    match error {
        TpmError::Policy(problem) => *problem,
        other => panic!("{other:?}"),
    }
}
