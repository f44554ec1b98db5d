//! What the fuzz target `tpm_response` and the recorder of its seeds share: everything that is asked of a TPM.
//!
//! The target is built with `--cfg fuzzing`, under which sessions take every HMAC for right and encrypt nothing
//! (`docs/adr/0030-fuzzing-behind-the-hmac.md`): else no made-up answer would get as far as the parsers behind it.

use std::time::Duration;

use tpm2ca_tpm::{
    Algorithm, Auth, Connector, Credentials, Curve, HashAlg, ImportTemplate, KeyOptions,
    KeyTemplate, Parent, Policy, PolicyKey, PolicyStepKind, SoftwarePrivate, Tpm, TpmError,
    TpmOptions, duplication_policy,
};

/// How many different things [`exercise`] can ask.
pub const OPERATIONS: u8 = 14;

/// Opens a TPM without patience.
pub fn open(connector: Box<dyn Connector>) -> Result<Tpm, TpmError> {
    let options = TpmOptions {
        patience: Duration::ZERO,
        ..TpmOptions::default()
    };
    Tpm::with_connector(connector, options)
}

/// One of the things that a TPM is asked. Answers that make no sense are errors, and nothing else.
pub fn exercise(tpm: &Tpm, operation: u8) -> Result<(), TpmError> {
    match operation % OPERATIONS {
        0 => tpm.capabilities().map(drop),
        1 => {
            tpm.health(None)?;
            tpm.srk_name()?;
            tpm.random(40).map(drop)
        }
        2 => {
            let file = tpm.create_key(template(P256), &auth())?;
            let key = tpm.load(file, auth())?;
            sign(&key)?;
            sign(&key)
        }
        3 => {
            let file = tpm.create_key(template(Algorithm::Rsa { bits: 2048 }), &Auth::empty())?;
            let key = tpm.load_unproved(file, Auth::empty())?;
            sign(&key)
        }
        4 => {
            for found in tpm.persistent_handles()? {
                let _ = found.to_string();
                tpm.auth_need(found.handle)?;
                tpm.read_public(found.handle)?;
            }
            Ok(())
        }
        5 => {
            tpm.persist_storage_root()?;
            let file = tpm.create_key(template(P256), &Auth::empty())?;
            tpm.persist(file, HANDLE)?;
            let key = tpm.load_handle(HANDLE, Auth::empty())?;
            sign(&key)?;
            drop(key);
            tpm.evict(HANDLE)
        }
        6 => {
            let file = tpm.create_key(template(P256), &auth())?;
            let file = tpm.change_auth(&file, &auth(), &Auth::new(b"new".to_vec()))?;
            tpm.load(file, Auth::new(b"new".to_vec())).map(drop)
        }
        7 => {
            let values = tpm.pcr_read(HashAlg::Sha256, &[0, 7, 16])?;
            let policy = Policy::pcr(&values)?.and(PolicyStepKind::AuthValue)?;
            let file = tpm
                .create_key(under(&policy), &auth())?
                .with_policy(&policy);
            let key = tpm.load(file, auth())?;
            sign(&key)?;
            tpm.pcr_extend(HashAlg::Sha256, 16, &[7; 32])?;
            // A real TPM refuses, since the policy is not met any more.
            let _ = sign(&key);
            Ok(())
        }
        8 => {
            let name = tpm.srk_name()?;
            let policy = Policy::any_of(vec![
                Policy::new(vec![PolicyStepKind::Locality(1)])?,
                Policy::new(vec![
                    PolicyStepKind::Secret {
                        handle: 0x8100_0001,
                        name,
                        policy_ref: Vec::new(),
                    },
                    PolicyStepKind::CommandCode(0x15d),
                ])?,
            ])?;
            tpm.trial_policy_digest(&policy, &Credentials::default())?;
            let file = tpm
                .create_key(under(&policy), &Auth::empty())?
                .with_policy(&policy);
            sign(&tpm.load_with(file, Auth::empty(), Credentials::default())?)
        }
        9 => {
            let (x, y) = POINT;
            let key = SoftwarePrivate::Ecc {
                curve: Curve::P256,
                d: vec![1].into(),
                x: x.to_vec(),
                y: y.to_vec(),
            };
            let file = tpm.import_software_key(key, ImportTemplate::default(), &auth())?;
            sign(&tpm.load(file, auth())?)
        }
        10 => {
            let public = tpm.parent_public()?;
            let mut options = KeyOptions::new(P256);
            options.fixed = false;
            options.policy = Some(duplication_policy(&tpm.srk_name()?).to_vec());
            let file = tpm.create_key(options, &Auth::empty())?;
            let duplicate = tpm.duplicate(&file, Auth::empty(), &public)?;
            let received = tpm.receive(&duplicate)?;
            sign(&tpm.load(received, Auth::empty())?)
        }
        11 => {
            let file = tpm.create_key(template(P256), &Auth::empty())?;
            tpm.fitting_parents(&file).map(drop)
        }
        12 => {
            let mut options = KeyOptions::new(P256);
            options.parent = Parent::Endorsement;
            options.rsa_parent = true;
            let file = tpm.create_key(options, &Auth::empty())?;
            sign(&tpm.load(file, Auth::empty())?)
        }
        _ => {
            // A policy that somebody signs, whose signature the TPM checks: LoadExternal, VerifySignature.
            let file = tpm.create_key(template(P256), &Auth::empty())?;
            let signer = PolicyKey::from_public(&file.key_public()?)?;
            let policy = Policy::new(vec![PolicyStepKind::Authorize {
                key: signer.clone(),
                policy_ref: Vec::new(),
                signature: None,
            }])?;
            let approved = Policy::new(vec![PolicyStepKind::CommandCode(0x15d)])?;
            let key = tpm.load(file, Auth::empty())?;
            let signed = tpm2ca_tpm::sign_policy(None, &approved, &signer, &[], |_, digest| {
                key.sign(HashAlg::Sha256, digest)
                    .map(|(signature, _)| signature)
            })?;
            let mut file = tpm
                .create_key(under(&policy), &Auth::empty())?
                .with_policy(&policy);
            file.add_signed_policy(signed);
            sign(&tpm.load(file, Auth::empty())?)
        }
    }
}

fn sign(key: &tpm2ca_tpm::TpmKey) -> Result<(), TpmError> {
    key.sign(HashAlg::Sha256, &[7; 32]).map(drop)
}

fn template(algorithm: Algorithm) -> KeyTemplate {
    KeyTemplate {
        algorithm,
        no_da: true,
    }
}

fn under(policy: &Policy) -> KeyOptions {
    let mut options = KeyOptions::new(P256);
    options.policy = Some(policy.digest().to_vec());
    options.user_with_auth = false;
    options
}

fn auth() -> Auth {
    Auth::new(b"sesame".to_vec())
}

const P256: Algorithm = Algorithm::Ecc(Curve::P256);
const HANDLE: u32 = 0x8100_0010;
/// The generator of P-256, the public half of the secret number 1.
const POINT: ([u8; 32], [u8; 32]) = (
    [
        0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40,
        0xf2, 0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98,
        0xc2, 0x96,
    ],
    [
        0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e,
        0x16, 0x2b, 0xce, 0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf,
        0x51, 0xf5,
    ],
);
