//! Policies in key files: as the draft says, of several ways, of other tools, and not the key's.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "support/signer.rs"]
mod signer;
mod support;
#[path = "support/under_policy.rs"]
mod under_policy;

use std::fs;

use signer::Signer;
use support::{P256, auth, open};
use tpm2ca_testkit::{Swtpm, Tool, temp_dir};
use tpm2ca_tpm::{
    Auth, Branch, HashAlg, KeyFile, Policy, PolicyError, PolicyStep, PolicyStepKind, TpmError,
    sign_policy,
};
use under_policy::{SIGN, create, extend, one, policy_error, present_state, refusal, signs};

#[test]
fn one_of_several() {
    let swtpm = Swtpm::start();
    let tpm = open(&swtpm);
    let good = present_state(&tpm);
    let branch = |at: u8| {
        let digest = [at; 32];
        one(PolicyStepKind::Pcr {
            bank: HashAlg::Sha256,
            selection: vec![16],
            digest,
        })
    };
    // The last of two, of eight, of nine and of twenty; the others do not hold.
    for count in [2, 8, 9, 20] {
        let mut branches: Vec<Policy> = (1..count).map(branch).collect();
        branches.push(good.clone());
        let policy = Policy::any_of(branches).unwrap();
        let file = create(&tpm, P256, &policy, &Auth::empty());
        assert_eq!(file.auth_policy().len(), usize::from(count) - 1);
        signs(&tpm.load(file, Auth::empty()).unwrap());
    }
    // In this state without, in others with the authorization value; and for signing only.
    let either = Policy::any_of(vec![good.clone(), one(PolicyStepKind::AuthValue)]).unwrap();
    let policy = either.and(PolicyStepKind::CommandCode(SIGN)).unwrap();
    let file = create(&tpm, P256, &policy, &auth("rescue"));
    let bare = tpm.load(file.clone(), Auth::empty()).unwrap();
    let rescue = tpm.load(file.clone(), auth("rescue")).unwrap();
    signs(&bare);
    signs(&rescue);
    extend(&tpm, b"broken");
    signs(&rescue);
    assert!(matches!(
        refusal(&bare),
        TpmError::AuthFailed { empty: true, .. }
    ));
    // A file that holds one way only, the others as digests.
    let one_way = KeyFile::loadable(
        KeyFile::OWNER,
        false,
        file.public_blob().to_vec(),
        file.private_blob().to_vec(),
    )
    .with_policy_steps(policy.alternatives().remove(1));
    let read = Policy::from_steps(one_way.policy()).unwrap();
    assert!(matches!(
        &read.steps()[1],
        PolicyStepKind::Or(branches) if branches.iter().all(|branch| matches!(branch, Branch::Digest(_)))
    ));
    signs(&tpm.load(one_way, auth("rescue")).unwrap());
}

#[test]
fn a_policy_that_is_not_the_keys_is_not_even_tried() {
    let swtpm = Swtpm::start();
    let tpm = open(&swtpm);
    let file = create(&tpm, P256, &present_state(&tpm), &Auth::empty());
    let other = file.clone().with_policy(&one(PolicyStepKind::AuthValue));
    match policy_error(tpm.load(other, Auth::empty()).unwrap_err()) {
        PolicyError::NotTheKeys { wanted, got } => {
            assert_eq!(wanted, present_state(&tpm).digest());
            assert_eq!(got, one(PolicyStepKind::AuthValue).digest());
        }
        problem => panic!("{problem:?}"),
    }
    let none = KeyFile::loadable(
        KeyFile::OWNER,
        true,
        file.public_blob().to_vec(),
        file.private_blob().to_vec(),
    );
    match tpm.load(none, Auth::empty()) {
        Err(TpmError::UnsupportedKey { reason }) => assert!(reason.contains("policy"), "{reason}"),
        other => panic!("{other:?}"),
    }
    let odd = file.with_policy_steps(vec![PolicyStep {
        command_code: 0x149,
        command_policy: Vec::new(),
    }]);
    assert!(matches!(
        policy_error(tpm.load(odd, Auth::empty()).unwrap_err()),
        PolicyError::Unsupported { step: 1, .. }
    ));
}

#[test]
fn a_key_that_tpm2_tools_made_under_a_policy() {
    let swtpm = Swtpm::start();
    let dir = temp_dir();
    let tool = |name: &str| {
        Tool::tpm2("tpm2_flushcontext", &swtpm).arg("-t").ok();
        Tool::tpm2(name, &swtpm).dir(&dir)
    };
    fs::write(dir.path().join("unique"), [0; 4]).unwrap();
    tool("tpm2_createprimary")
        .args(["-C", "o", "-G", "ecc256:aes128cfb", "-u", "unique", "-a"])
        .arg("restricted|decrypt|fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda")
        .args(["-c", "primary.ctx"])
        .ok();
    tool("tpm2_startauthsession").args(["-S", "session"]).ok();
    tool("tpm2_policypcr")
        .args(["-S", "session", "-l", "sha256:0,16", "-L", "policy.dat"])
        .ok();
    tool("tpm2_policyauthvalue")
        .args(["-S", "session", "-L", "policy.dat"])
        .ok();
    tool("tpm2_flushcontext").arg("session").ok();
    tool("tpm2_create")
        .args(["-C", "primary.ctx", "-G", "ecc256", "-L", "policy.dat"])
        .args(["-p", "sesame", "-u", "key.pub", "-r", "key.priv", "-a"])
        .arg("sign|fixedtpm|fixedparent|sensitivedataorigin|noda")
        .ok();
    Tool::tpm2("tpm2_flushcontext", &swtpm).arg("-t").ok();

    let tpm = open(&swtpm);
    let values = tpm.pcr_read(HashAlg::Sha256, &[0, 16]).unwrap();
    let policy = Policy::pcr(&values)
        .unwrap()
        .and(PolicyStepKind::AuthValue)
        .unwrap();
    let read = |name: &str| fs::read(dir.path().join(name)).unwrap();
    assert_eq!(read("policy.dat"), policy.digest());
    let file = KeyFile::loadable(KeyFile::OWNER, false, read("key.pub"), read("key.priv"))
        .with_policy(&policy);
    let key = tpm.load(file, auth("sesame")).unwrap();
    signs(&key);
    extend(&tpm, b"gone");
    assert!(
        policy_error(refusal(&key))
            .to_string()
            .contains("PCR 0, 16")
    );
}

#[test]
fn what_is_written_is_what_the_draft_says() {
    let swtpm = Swtpm::start();
    let tpm = open(&swtpm);
    let signer = Signer::p256();
    let own = one(PolicyStepKind::Authorize {
        key: signer.key.clone(),
        policy_ref: Vec::new(),
        signature: None,
    });
    let mut file = create(&tpm, P256, &own, &Auth::empty());
    let signed = sign_policy(
        Some("now"),
        &present_state(&tpm),
        &signer.key,
        b"",
        |_, digest| Ok::<_, PolicyError>(signer.sign(digest)),
    );
    file.add_signed_policy(signed.unwrap());
    let der = file.to_der();
    let shown = Tool::openssl("asn1parse")
        .args(["-inform", "DER"])
        .input(der)
        .ok()
        .text();
    let outline: Vec<String> = shown
        .lines()
        .map(|line| {
            let depth = line.split("d=").nth(1).unwrap().chars().next().unwrap();
            let kind = line.split(": ").nth(1).unwrap().trim();
            let kind = kind.split("  ").next().unwrap().trim();
            format!("{depth} {kind}")
        })
        .collect();
    let policy = |depth: u32| {
        [
            format!("{depth} SEQUENCE"),
            format!("{} cont [ 0 ]", depth + 1),
            format!("{} INTEGER", depth + 2),
            format!("{} cont [ 1 ]", depth + 1),
            format!("{} OCTET STRING", depth + 2),
        ]
    };
    let text = |lines: &[&str]| {
        lines
            .iter()
            .map(|line| (*line).to_owned())
            .collect::<Vec<_>>()
    };
    let mut expected = text(&["0 SEQUENCE", "1 OBJECT", "1 cont [ 0 ]", "2 BOOLEAN"]);
    expected.extend(text(&["1 cont [ 1 ]", "2 SEQUENCE"]));
    expected.extend(policy(3));
    expected.extend(text(&["1 cont [ 3 ]", "2 SEQUENCE", "3 SEQUENCE"]));
    expected.extend(text(&[
        "4 cont [ 0 ]",
        "5 UTF8STRING",
        "4 cont [ 1 ]",
        "5 SEQUENCE",
    ]));
    expected.extend(policy(6));
    expected.extend(policy(6));
    expected.extend(text(&["1 INTEGER", "1 OCTET STRING", "1 OCTET STRING"]));
    assert_eq!(outline, expected, "{shown}");
    // The alternative ends with the signature, the key's own policy begins with the signer.
    let codes = |steps: &[PolicyStep]| {
        steps
            .iter()
            .map(|step| step.command_code)
            .collect::<Vec<_>>()
    };
    assert_eq!(codes(file.policy()), [0x16a]);
    assert_eq!(codes(&file.auth_policy()[0].policy), [0x17f, 0x16a]);
    let unsigned = &file.policy()[0].command_policy;
    let signed = &file.auth_policy()[0].policy[1].command_policy;
    assert_eq!(unsigned[unsigned.len() - 2..], [0, 0x10]);
    assert!(signed.starts_with(&unsigned[..unsigned.len() - 2]));
    assert!(signed.len() > unsigned.len() + 60);
}
