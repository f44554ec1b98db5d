//! From what a user wrote to a policy: registers are read, Names are looked up, keys are read from their files.

use std::path::Path;

use anyhow::Result;
use tpm2ca_keys::{PublicKey, SoftwareKey, policy_key};
use tpm2ca_tpm::{
    Branch, KeyFile, Name, ParentPublic, PcrValues, Policy, PolicyKey, PolicyStepKind,
    duplication_policy,
};
use tpm2ca_x509::pem;

use super::parse::{Expression, Registers, Signer};
use crate::{args::genkey::Guards, error::CliError, key_tpm::KeyTpm};

/// What guards a new key beyond its authorization value.
pub(crate) struct Guard {
    /// Digest of its policy.
    pub(crate) digest: Option<Vec<u8>>,
    /// The policy, for its file. There is none when it is for moving the key only.
    pub(crate) policy: Option<Policy>,
    /// Whether it can leave its TPM.
    pub(crate) movable: bool,
}

impl Guard {
    /// Whether the policy has to hold for every use.
    pub(crate) fn is_for_use(&self) -> bool {
        self.policy.is_some()
    }
}

/// What `--pcr`, `--policy` and `--duplicable-to` come to, for a key that has an authorization value or not.
///
/// # Errors
/// When they cannot be understood, contradict one another, or name what is not there.
pub(crate) fn guard(guards: &Guards, has_auth: bool, tpm: &KeyTpm<'_>) -> Result<Guard> {
    let mut expressions = parsed(&guards.policy)?;
    expressions.extend(guards.pcr.iter().cloned().map(Expression::Pcr));
    let new_parent = guards
        .duplicable_to
        .as_deref()
        .map(parent_name)
        .transpose()?;
    if expressions.is_empty() {
        return Ok(Guard {
            digest: new_parent
                .as_ref()
                .map(|name| duplication_policy(name).to_vec()),
            policy: None,
            movable: new_parent.is_some(),
        });
    }
    let mut policy = conjunction(&expressions, tpm)?;
    // What was bound to registers and has a value needs both.
    if has_auth && guards.policy.is_empty() {
        policy = policy.and(PolicyStepKind::AuthValue)?;
    }
    let signed = is_authorize(policy.steps().first());
    check(&policy, signed, has_auth)?;
    let by_policy = mentions_duplication(&policy);
    if let Some(new_parent) = &new_parent {
        if signed {
            return Err(CliError::usage(
                "`--duplicable-to` does not go with `authorize`: such a key could be moved wherever a signed policy says",
                "leave one of them away",
            )
            .into());
        }
        policy = Policy::any_of(vec![policy, Policy::new(vec![select(new_parent.clone())])?])?;
    }
    Ok(Guard {
        digest: Some(policy.digest().to_vec()),
        policy: Some(policy),
        movable: new_parent.is_some() || by_policy,
    })
}

/// A policy as `tpm2ca key policy sign` signs it: one for each way that was written with `or` between.
///
/// # Errors
/// As [`guard`].
pub(crate) fn signable(texts: &[String], tpm: &KeyTpm<'_>) -> Result<Vec<Policy>> {
    let expressions = parsed(texts)?;
    let ways = match expressions.as_slice() {
        [Expression::Any(ways)] => ways.clone(),
        _ => vec![Expression::All(expressions)],
    };
    ways.iter()
        .map(|way| conjunction(std::slice::from_ref(way), tpm))
        .collect()
}

/// The Name of a parent in another TPM, given as such or by the file with its public area.
///
/// # Errors
/// When it is neither.
pub(crate) fn parent_name(text: &str) -> Result<Name> {
    if let Ok(name) = text.parse::<Name>() {
        return Ok(name);
    }
    let path = Path::new(text);
    let octets = crate::key_file::read_limited(path)?;
    Ok(ParentPublic::from_octets(&octets)?.name().clone())
}

fn parsed(texts: &[String]) -> Result<Vec<Expression>> {
    texts
        .iter()
        .map(|text| {
            text.parse().map_err(|problem| {
                CliError::usage(
                    format!("the policy `{text}` cannot be understood: {problem}"),
                    "`tpm2ca genkey --help` shows how policies are written",
                )
                .into()
            })
        })
        .collect()
}

fn conjunction(expressions: &[Expression], tpm: &KeyTpm<'_>) -> Result<Policy> {
    let mut steps = Vec::new();
    for expression in expressions {
        add(&mut steps, expression, tpm)?;
    }
    Ok(Policy::new(steps)?)
}

fn add(steps: &mut Vec<PolicyStepKind>, expression: &Expression, tpm: &KeyTpm<'_>) -> Result<()> {
    let step = match expression {
        Expression::All(list) => {
            return list
                .iter()
                .try_for_each(|expression| add(steps, expression, tpm));
        }
        Expression::Any(list) => {
            let branches = list
                .iter()
                .map(|expression| {
                    conjunction(std::slice::from_ref(expression), tpm).map(Branch::Steps)
                })
                .collect::<Result<_>>()?;
            PolicyStepKind::Or(branches)
        }
        Expression::Pcr(registers) => values(registers, tpm)?.to_step(),
        Expression::AuthValue => PolicyStepKind::AuthValue,
        Expression::Secret(handle) => PolicyStepKind::Secret {
            handle: *handle,
            name: name_at(*handle, tpm)?,
            policy_ref: Vec::new(),
        },
        Expression::Signed(Signer { file, reference }) => PolicyStepKind::Signed {
            key: signer_key(file)?,
            policy_ref: reference.clone(),
        },
        Expression::Authorize(Signer { file, reference }) => PolicyStepKind::Authorize {
            key: signer_key(file)?,
            policy_ref: reference.clone(),
            signature: None,
        },
        Expression::Command(code) => PolicyStepKind::CommandCode(*code),
        Expression::Locality(set) => PolicyStepKind::Locality(*set),
        Expression::Duplicate(parent) => select(parent_name(parent)?),
    };
    steps.push(step);
    Ok(())
}

fn select(new_parent: Name) -> PolicyStepKind {
    PolicyStepKind::DuplicationSelect {
        object: None,
        new_parent,
    }
}

/// The values that are expected, and for the others those that the TPM has now.
fn values(registers: &Registers, tpm: &KeyTpm<'_>) -> Result<PcrValues> {
    let Registers { bank, list } = registers;
    let unknown: Vec<u8> = list
        .iter()
        .filter(|(_, value)| value.is_none())
        .map(|(register, _)| *register)
        .collect();
    let mut values: Vec<(u8, Vec<u8>)> = list
        .iter()
        .filter_map(|(register, value)| Some((*register, value.clone()?)))
        .collect();
    if !unknown.is_empty() {
        let present = tpm.open()?.pcr_read(*bank, &unknown)?;
        values.extend(
            present
                .iter()
                .map(|(register, value)| (register, value.to_vec())),
        );
    }
    Ok(PcrValues::new(*bank, values)?)
}

fn name_at(handle: u32, tpm: &KeyTpm<'_>) -> Result<Name> {
    if handle >> 24 == 0x40 {
        return Ok(Name::of_handle(handle));
    }
    let found = tpm.open()?.read_public(handle)?;
    found.name.ok_or_else(|| {
        CliError::failed(
            format!("the name algorithm of the key at {handle:#010x} is not known"),
            "name another key for `secret:`",
        )
        .into()
    })
}

/// The key that signs approvals or policies, by its public half, its certificate or its key file.
fn signer_key(path: &Path) -> Result<PolicyKey> {
    let octets = crate::key_file::read_limited(path)?;
    if KeyFile::is_tss2_pem(&octets) {
        let file = crate::key_file::parse(path, &octets)?;
        return Ok(PolicyKey::from_tpm2b_public(file.public_blob())?);
    }
    let unreadable = |reason: String| {
        CliError::failed(
            format!("`{}` holds no public key: {reason}", path.display()),
            format!(
                "`openssl pkey -in KEY -pubout -out {}` writes the public half of a key",
                path.display()
            ),
        )
    };
    let public = match pem::single(&octets, &["PUBLIC KEY"]) {
        Ok(der) => PublicKey::from_spki_der(&der).map_err(|error| unreadable(error.to_string()))?,
        Err(problem) => match SoftwareKey::from_pkcs8_pem(&octets) {
            Ok(key) => key.public_key().clone(),
            Err(_) => return Err(unreadable(problem.to_string()).into()),
        },
    };
    Ok(policy_key(&public)?)
}

/// Refuses what would make a key that can never be used, or whose value guards nothing.
fn check(policy: &Policy, signed: bool, has_auth: bool) -> Result<()> {
    if anywhere(policy, &|step| is_authorize(Some(step))) && !(signed && one_authorize(policy)) {
        return Err(CliError::usage(
            "`authorize` must be the first condition, without any `or`: what comes before it does not count",
            "put it first: `--policy 'authorize:KEY and ...'`",
        )
        .into());
    }
    // What signed policies will ask for is not known yet.
    if signed {
        return Ok(());
    }
    if policy.needs_auth_value() && !has_auth {
        return Err(CliError::usage(
            "the policy asks for the key's authorization value, and none was given",
            "give one with `--key-auth SOURCE`, or leave `authvalue` away",
        )
        .into());
    }
    if has_auth && !policy.needs_auth_value() {
        return Err(CliError::usage(
            "an authorization value was given that the policy never asks for",
            "add it to the policy, as in `--policy '... and authvalue'`, or leave it away",
        )
        .into());
    }
    Ok(())
}

fn is_authorize(step: Option<&PolicyStepKind>) -> bool {
    matches!(step, Some(PolicyStepKind::Authorize { .. }))
}

fn one_authorize(policy: &Policy) -> bool {
    let steps = policy.steps();
    !steps
        .iter()
        .skip(1)
        .any(|step| is_authorize(Some(step)) || matches!(step, PolicyStepKind::Or(_)))
}

fn mentions_duplication(policy: &Policy) -> bool {
    anywhere(policy, &|step| {
        matches!(step, PolicyStepKind::DuplicationSelect { .. })
    })
}

fn anywhere(policy: &Policy, is: &dyn Fn(&PolicyStepKind) -> bool) -> bool {
    policy.steps().iter().any(|step| {
        is(step)
            || match step {
                PolicyStepKind::Or(branches) => branches.iter().any(|branch| match branch {
                    Branch::Steps(policy) => anywhere(policy, is),
                    Branch::Digest(_) => false,
                }),
                _ => false,
            }
    })
}
