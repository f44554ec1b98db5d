//! `tpm2ca key policy`: policies that somebody signs for a key, after an update for instance.

use anyhow::Result;
use serde_json::json;
use tpm2ca_authority::KeyLocation;
use tpm2ca_keys::{Signer, public_for_tpm, sign_for_tpm};
use tpm2ca_tpm::{HashAlg, KeyFile, PolicyKey, PolicyStepKind, TpmError, sign_policy};

use super::sign::signer;
use crate::{
    args::{
        Global,
        key::{PolicyRemove, PolicySign},
    },
    error::{CliError, Code},
    key_file::{self, Stored},
    key_tpm::KeyTpm,
    output::Output,
    policy::{signable, words},
    text::printable,
};

pub(super) fn sign(global: &Global, args: &PolicySign, output: &Output) -> Result<Code> {
    let mut file = key_file::read_tpm(&args.file)?;
    let path = args.file.display();
    let (key, reference) = authorizing(&file).ok_or_else(|| {
        CliError::failed(
            format!("the key in `{path}` takes no signed policies"),
            "that is chosen when a key is made: `tpm2ca genkey --policy authorize:KEY`",
        )
    })?;
    let tpm = KeyTpm::new(global, output);
    let signer: Box<dyn Signer> = match &args.key {
        KeyLocation::File(path) => match key_file::read(path)? {
            Stored::Software(octets) => {
                Box::new(key_file::software(path, &octets, args.passin.as_ref())?)
            }
            Stored::Tpm(_) => signer(&args.key, &tpm)?,
        },
        KeyLocation::Handle(_) => signer(&args.key, &tpm)?,
    };
    if public_for_tpm(signer.public_key()).as_ref() != Some(key.public()) {
        return Err(CliError::failed(
            format!(
                "the key in `{path}` takes policies signed with the {} key `{}`, and `{}` is another one",
                key.public().algorithm(),
                key.name(),
                args.key
            ),
            "sign with the private half of the key that was named in `authorize:`",
        )
        .into());
    }
    let policies = signable(&args.policy, &tpm)?;
    for (at, policy) in policies.iter().enumerate() {
        let name = match (&args.name, policies.len()) {
            (Some(name), 1) => Some(name.clone()),
            (Some(name), _) => Some(format!("{name} ({})", at + 1)),
            (None, _) => None,
        };
        let sign = |hash: HashAlg, digest: &[u8]| {
            sign_for_tpm(&*signer, hash, digest).map_err(Failed::Signer)
        };
        let signed =
            sign_policy(name.as_deref(), policy, &key, &reference, sign).map_err(|failed| {
                match failed {
                    Failed::Signer(reason) => anyhow::Error::from(CliError::failed(
                        format!("the policy cannot be signed: {reason}"),
                        "sign with an RSA or EC key",
                    )),
                    Failed::Policy(error) => TpmError::from(error).into(),
                }
            })?;
        file.add_signed_policy(signed);
    }
    key_file::replace(&args.file, &file)?;
    let words: Vec<String> = policies.iter().map(words).collect();
    output.done(
        || json!({ "file": path.to_string(), "name": args.name, "needs": words, "signed": true }),
        || printable(&format!("{path}  may be used with {}", words.join(", or "))),
    )?;
    Ok(Code::Done)
}

pub(super) fn remove(args: &PolicyRemove, output: &Output) -> Result<Code> {
    let mut file = key_file::read_tpm(&args.file)?;
    let path = args.file.display();
    if authorizing(&file).is_none() {
        return Err(CliError::failed(
            format!(
                "the key in `{path}` takes no signed policies, and its own cannot be taken out"
            ),
            "`tpm2ca key show` shows what the file holds",
        )
        .into());
    }
    let by_number = args.which.parse::<usize>().ok();
    let index = file
        .auth_policy()
        .iter()
        .position(|policy| policy.name.as_deref() == Some(&args.which))
        .or_else(|| by_number?.checked_sub(1));
    let removed = index.and_then(|index| file.remove_signed_policy(index));
    if removed.is_none() {
        return Err(CliError::failed(
            format!("there is no signed policy `{}` in `{path}`", args.which),
            "`tpm2ca key show` lists them",
        )
        .into());
    }
    key_file::replace(&args.file, &file)?;
    output.say("whoever has a copy of the old file can put it back: a signature does not expire");
    Ok(Code::Done)
}

/// Whose signed policies a key takes, and for what.
fn authorizing(file: &KeyFile) -> Option<(PolicyKey, Vec<u8>)> {
    let policies = file.policies().ok()?;
    let (_, own) = policies.first()?;
    match own.steps().first()? {
        PolicyStepKind::Authorize {
            key,
            policy_ref,
            signature: None,
        } => Some((key.clone(), policy_ref.clone())),
        _ => None,
    }
}

/// Why a policy was not signed.
enum Failed {
    Signer(String),
    Policy(tpm2ca_tpm::PolicyError),
}

impl From<tpm2ca_tpm::PolicyError> for Failed {
    fn from(error: tpm2ca_tpm::PolicyError) -> Self {
        Self::Policy(error)
    }
}
