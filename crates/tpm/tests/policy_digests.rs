//! Policy digests: computed here, by a trial session of the TPM, and by tpm2-tools. All three agree.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "support/signer.rs"]
mod signer;
mod support;

use std::fs;
use std::path::{Path, PathBuf};

use signer::Signer;
use support::{P256, auth, open, template};
use tpm2ca_testkit::{Swtpm, TempDir, Tool, temp_dir};
use tpm2ca_tpm::{
    Credentials, HashAlg, KeyFile, Name, PcrValues, Policy, PolicyKey, PolicyStepKind, Tpm,
};

fn one(step: PolicyStepKind) -> Policy {
    Policy::new(vec![step]).unwrap()
}

fn owner_secret(policy_ref: &[u8]) -> PolicyStepKind {
    PolicyStepKind::Secret {
        handle: KeyFile::OWNER,
        name: name_of_handle(KeyFile::OWNER),
        policy_ref: policy_ref.to_vec(),
    }
}

/// Through a key file, because a hierarchy's Name is no text that can be parsed.
fn name_of_handle(handle: u32) -> Name {
    let mut body = handle.to_be_bytes().to_vec();
    body.extend([0, 4]);
    body.extend(handle.to_be_bytes());
    body.extend([0, 0]);
    let step = tpm2ca_tpm::PolicyStep {
        command_code: 0x151,
        command_policy: body,
    };
    match Policy::from_steps(&[step]).unwrap().steps() {
        [PolicyStepKind::Secret { name, .. }] => name.clone(),
        other => panic!("{other:?}"),
    }
}

fn trial(tpm: &Tpm, policy: &Policy) -> [u8; 32] {
    tpm.trial_policy_digest(policy, &Credentials::default())
        .unwrap()
}

#[test]
fn a_trial_session_agrees_about_every_kind_and_their_combinations() {
    let swtpm = Swtpm::start();
    let tpm = open(&swtpm);
    let (ecc, rsa) = (Signer::p256(), Signer::rsa());
    let values = tpm.pcr_read(HashAlg::Sha256, &[0, 7, 16]).unwrap();
    let pcr = Policy::pcr(&values).unwrap();
    let sha384 = Policy::pcr(&tpm.pcr_read(HashAlg::Sha384, &[23]).unwrap()).unwrap();
    let signed = one(PolicyStepKind::Signed {
        key: ecc.key.clone(),
        policy_ref: b"approve".to_vec(),
    });
    let authorize = one(PolicyStepKind::Authorize {
        key: rsa.key.clone(),
        policy_ref: b"boot".to_vec(),
        signature: None,
    });
    let value = one(PolicyStepKind::AuthValue);
    let code = one(PolicyStepKind::CommandCode(0x15d));
    let parts = [
        pcr,
        sha384,
        signed,
        authorize,
        value,
        code,
        one(PolicyStepKind::Locality(0b1001)),
        one(owner_secret(b"")),
        one(owner_secret(b"purpose")),
        one(PolicyStepKind::DuplicationSelect {
            object: None,
            new_parent: ecc.key.name().clone(),
        }),
    ];
    for part in &parts {
        assert_eq!(part.digest(), trial(&tpm, part), "{part:?}");
    }
    // Those that may follow one another.
    let all = parts[..9].iter().try_fold(Policy::default(), |sum, part| {
        part.steps().iter().cloned().try_fold(sum, Policy::and)
    });
    let all = all.unwrap();
    assert_eq!(all.digest(), trial(&tpm, &all));

    // ORs: of two, of nine and of twenty, in each other, and after something.
    let of = |count: usize| {
        let policies = (0..count).map(|at| {
            let code = PolicyStepKind::CommandCode(u32::try_from(at).unwrap() + 0x15d);
            parts[4].clone().and(code).unwrap()
        });
        Policy::any_of(policies.collect()).unwrap()
    };
    for count in [2, 8, 9, 17, 20, 64] {
        assert_eq!(of(count).digest(), trial(&tpm, &of(count)), "{count}");
    }
    let nested = Policy::any_of(vec![all, of(3)]).unwrap();
    assert_eq!(nested.digest(), trial(&tpm, &nested));
    let prefix = one(PolicyStepKind::AuthValue);
    let after = prefix.and(of(9).steps()[0].clone()).unwrap();
    assert_eq!(after.digest(), trial(&tpm, &after));
}

/// A folder, and tools that are given a trial session in it.
struct Tools<'a> {
    swtpm: &'a Swtpm,
    dir: TempDir,
}

impl Tools<'_> {
    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn tool(&self, name: &str) -> Tool {
        Tool::tpm2(name, self.swtpm).dir(self.dir.path())
    }

    /// What these commands arrive at in one trial session.
    fn digest(&self, commands: &[(&str, &[&str])]) -> [u8; 32] {
        self.tool("tpm2_startauthsession")
            .args(["-S", "session"])
            .ok();
        for (name, options) in commands {
            self.tool(name)
                .args(["-S", "session", "-L", "policy.dat"])
                .args(*options)
                .ok();
        }
        self.tool("tpm2_flushcontext").arg("session").ok();
        self.tool("tpm2_flushcontext").arg("-t").ok();
        fs::read(self.path("policy.dat"))
            .unwrap()
            .try_into()
            .unwrap()
    }

    /// Loads a PEM file and returns its Name.
    fn load_external(&self, pem: &Path, algorithm: &str, context: &str) {
        self.tool("tpm2_loadexternal")
            .args([
                "-C", "o", "-G", algorithm, "-c", context, "-n", "name", "-u",
            ])
            .arg(pem)
            .ok();
        self.tool("tpm2_flushcontext").arg("-t").ok();
    }
}

#[test]
fn tpm2_tools_agree() {
    let swtpm = Swtpm::start();
    let tpm = open(&swtpm);
    let extension = HashAlg::Sha256.digest(b"something was started");
    tpm.pcr_extend(HashAlg::Sha256, 16, &extension).unwrap();
    let values = tpm.pcr_read(HashAlg::Sha256, &[0, 7, 16]).unwrap();
    drop(tpm);

    let tools = Tools {
        swtpm: &swtpm,
        dir: temp_dir(),
    };
    let pcr = Policy::pcr(&values).unwrap();
    assert_eq!(
        pcr.digest(),
        tools.digest(&[("tpm2_policypcr", &["-l", "sha256:0,7,16"])])
    );
    assert_eq!(
        one(PolicyStepKind::AuthValue).digest(),
        tools.digest(&[("tpm2_policyauthvalue", &[])])
    );
    assert_eq!(
        one(PolicyStepKind::AuthValue).digest(),
        tools.digest(&[("tpm2_policypassword", &[])])
    );
    assert_eq!(
        one(PolicyStepKind::CommandCode(0x15d)).digest(),
        tools.digest(&[("tpm2_policycommandcode", &["TPM2_CC_Sign"])])
    );
    assert_eq!(
        one(PolicyStepKind::Locality(0b1000)).digest(),
        tools.digest(&[("tpm2_policylocality", &["three"])])
    );
    assert_eq!(
        one(owner_secret(b"")).digest(),
        tools.digest(&[("tpm2_policysecret", &["-c", "owner"])])
    );
    assert_eq!(
        one(owner_secret(b"ref")).digest(),
        tools.digest(&[("tpm2_policysecret", &["-c", "owner", "-q", "726566"])])
    );
    let both = pcr.clone().and(PolicyStepKind::AuthValue).unwrap();
    let both_by_tools = tools.digest(&[
        ("tpm2_policypcr", &["-l", "sha256:0,7,16"]),
        ("tpm2_policyauthvalue", &[]),
    ]);
    assert_eq!(both.digest(), both_by_tools);

    // An OR of these two.
    let secret = one(owner_secret(b""));
    fs::write(tools.path("a"), both_by_tools).unwrap();
    fs::write(tools.path("b"), secret.digest()).unwrap();
    let either = Policy::any_of(vec![both, secret]).unwrap();
    assert_eq!(
        either.digest(),
        tools.digest(&[("tpm2_policyor", &["-l", "sha256:a,b"])])
    );

    for (signer, algorithm) in [(Signer::p256(), "ecc"), (Signer::rsa(), "rsa")] {
        tools.load_external(&signer.public_pem(), algorithm, "signer.ctx");
        let name = fs::read(tools.path("name")).unwrap();
        assert_eq!(signer.key.name().as_bytes(), name, "{algorithm}");
        fs::write(tools.path("reference"), b"ref").unwrap();
        let authorize = one(PolicyStepKind::Authorize {
            key: signer.key.clone(),
            policy_ref: b"ref".to_vec(),
            signature: None,
        });
        fs::write(tools.path("approved"), pcr.digest()).unwrap();
        let options = ["-n", "name", "-q", "reference", "-i", "approved"];
        assert_eq!(
            authorize.digest(),
            tools.digest(&[("tpm2_policyauthorize", &options)])
        );
        let signed = one(PolicyStepKind::Signed {
            key: signer.key.clone(),
            policy_ref: b"ref".to_vec(),
        });
        // A trial session does not look at the signature.
        let scheme = if algorithm == "ecc" {
            "ecdsa"
        } else {
            "rsassa"
        };
        let signature = Tool::openssl("dgst")
            .args(["-sha256", "-sign"])
            .arg(signer.public_pem().with_file_name("key.pem"))
            .input(b"anything".to_vec())
            .ok()
            .stdout;
        fs::write(tools.path("signature"), signature).unwrap();
        let options = [
            "-c",
            "signer.ctx",
            "-g",
            "sha256",
            "-f",
            scheme,
            "-s",
            "signature",
            "-q",
            "reference",
        ];
        assert_eq!(
            signed.digest(),
            tools.digest(&[("tpm2_policysigned", &options)])
        );
    }
}

#[test]
fn a_key_in_the_tpm_can_be_a_signer() {
    let swtpm = Swtpm::start();
    let tpm = open(&swtpm);
    let file = tpm.create_key(template(P256), &auth("sesame")).unwrap();
    let key = PolicyKey::from_tpm2b_public(file.public_blob()).unwrap();
    assert_eq!(tpm.load(file, auth("sesame")).unwrap().name(), key.name());
    assert!(PolicyKey::from_tpm2b_public(&key.public_blob()[1..]).is_err());
}

#[test]
fn registers_are_read_as_tpm2_tools_read_them() {
    let swtpm = Swtpm::start();
    let tpm = open(&swtpm);
    let all: Vec<u8> = (0..24).collect();
    for register in [10, 16, 23] {
        let digest = HashAlg::Sha384.digest(&[register]);
        tpm.pcr_extend(HashAlg::Sha384, register, &digest).unwrap();
    }
    let values: PcrValues = tpm.pcr_read(HashAlg::Sha384, &all).unwrap();
    assert_eq!(values.iter().count(), 24);
    let expected = HashAlg::Sha384.digest(&[&[0; 48][..], &HashAlg::Sha384.digest(&[16])].concat());
    assert_eq!(values.iter().nth(16).unwrap(), (16, expected.as_slice()));
    drop(tpm);
    let text = Tool::tpm2("tpm2_pcrread", &swtpm).arg("sha384").ok().text();
    for (register, value) in values.iter() {
        let digits = signer::hex(value).to_uppercase();
        let line = text
            .lines()
            .find(|line| {
                line.trim().starts_with(&format!("{register} "))
                    || line.trim().starts_with(&format!("{register}:"))
            })
            .unwrap_or_else(|| panic!("{register} in {text}"));
        assert!(line.contains(&digits), "{line}: {digits}");
    }
    // Registers 17 and up are for others.
    let tpm = open(&swtpm);
    assert!(tpm.pcr_extend(HashAlg::Sha256, 17, &[0; 32]).is_err());
    assert!(tpm.pcr_extend(HashAlg::Sha256, 16, &[0; 31]).is_err());
}
