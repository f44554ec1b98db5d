//! The ways through a policy: one straight list of commands for each combination of branches. A key file holds these,
//! and a use of the key tries them one after the other.

use super::digest::{any_of, end_of, levels};
use super::{Branch, Policy, PolicyStepKind, body, digest_after};
use crate::algorithm::HashAlg;
use crate::error::PolicyError;
use crate::keyfile::{KeyFile, PolicyStep};
use crate::session::DIGEST_LEN;
use crate::wire::code;
use crate::wire::command::TpmCommand;
use crate::wire::public::PublicArea;

impl Policy {
    /// The commands of the first way through, as a key file holds them.
    pub fn to_steps(&self) -> Vec<PolicyStep> {
        self.ways()
            .first()
            .map(|steps| body::encode_all(steps))
            .unwrap_or_default()
    }

    /// The commands of each way through, as key files hold them.
    pub fn alternatives(&self) -> Vec<Vec<PolicyStep>> {
        self.ways()
            .iter()
            .map(|steps| body::encode_all(steps))
            .collect()
    }

    /// Reads commands as key files hold them. Of an OR, nothing but the digests of the other branches is there: the
    /// steps of the branch that was taken come before it.
    ///
    /// # Errors
    /// [`PolicyError::Malformed`], [`PolicyError::Invalid`], and [`PolicyError::Unsupported`] for commands that are not
    /// run here.
    pub fn from_steps(steps: &[PolicyStep]) -> Result<Self, PolicyError> {
        let steps = body::decode_all(steps)?;
        check_ors(&steps)?;
        Ok(Self { steps })
    }

    /// Each way through.
    pub(crate) fn ways(&self) -> Vec<Vec<PolicyStepKind>> {
        ways_from([0; DIGEST_LEN], &self.steps)
    }
}

/// All ways through these steps for a session that stands at `start`.
fn ways_from(start: [u8; DIGEST_LEN], steps: &[PolicyStepKind]) -> Vec<Vec<PolicyStepKind>> {
    let mut ways = vec![Vec::new()];
    // Where all ways meet again after each step.
    let mut present = start;
    for step in steps {
        ways = match step {
            PolicyStepKind::Or(branches)
                if branches
                    .iter()
                    .any(|branch| matches!(branch, Branch::Steps(_))) =>
            {
                let through = ways_through(present, branches);
                ways.iter()
                    .flat_map(|way| {
                        through
                            .iter()
                            .map(move |more| [way.as_slice(), more].concat())
                    })
                    .collect()
            }
            step => {
                for way in &mut ways {
                    way.push(step.clone());
                }
                ways
            }
        };
        present = digest_after(present, std::slice::from_ref(step));
    }
    ways
}

/// The ways through an OR: through each branch whose steps are known, and the lists that lead on from it.
fn ways_through(before: [u8; DIGEST_LEN], branches: &[Branch]) -> Vec<Vec<PolicyStepKind>> {
    let ends: Vec<_> = branches
        .iter()
        .map(|branch| end_of(before, branch))
        .collect();
    let levels = levels(ends.clone());
    let mut through = Vec::new();
    for (branch, end) in branches.iter().zip(ends) {
        let Branch::Steps(policy) = branch else {
            continue;
        };
        let mut present = end;
        let mut lists = Vec::new();
        for level in &levels {
            if let Some(list) = level.iter().find(|list| list.contains(&present)) {
                let digests = list.iter().copied().map(Branch::Digest).collect();
                lists.push(PolicyStepKind::Or(digests));
                present = any_of(list);
            }
        }
        for way in ways_from(before, policy.steps()) {
            through.push([way, lists.clone()].concat());
        }
    }
    through
}

/// In a straight list of commands, an OR must have in its list what comes before it.
fn check_ors(steps: &[PolicyStepKind]) -> Result<(), PolicyError> {
    let mut present = [0; DIGEST_LEN];
    for (at, step) in steps.iter().enumerate() {
        if let PolicyStepKind::Or(branches) = step
            && !branches.contains(&Branch::Digest(present))
        {
            return Err(PolicyError::Invalid {
                step: at + 1,
                reason: "what the steps before it lead to is not in its list".to_owned(),
            });
        }
        present = digest_after(present, std::slice::from_ref(step));
    }
    Ok(())
}

/// One way to satisfy a key's policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Way {
    /// What people call it.
    pub(crate) name: String,
    pub(crate) steps: Vec<PolicyStepKind>,
}

impl Way {
    /// What the key may be used for, if this way does not lead to `TPM2_Sign`.
    fn other_use(&self) -> Option<String> {
        self.steps.iter().find_map(|step| match step {
            PolicyStepKind::CommandCode(code) if *code == TpmCommand::SIGN.code => None,
            PolicyStepKind::CommandCode(code) => Some(format!("command {code:#x}")),
            PolicyStepKind::DuplicationSelect { .. } => Some(TpmCommand::DUPLICATE.name.to_owned()),
            _ => None,
        })
    }

    pub(crate) fn is_for_other_use(&self) -> bool {
        self.other_use().is_some()
    }

    pub(crate) fn needs_auth_value(&self) -> bool {
        self.steps.contains(&PolicyStepKind::AuthValue)
    }
}

/// All that a key file says about its key's policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeyPolicy {
    pub(crate) ways: Vec<Way>,
}

impl KeyPolicy {
    /// Reads it; `None` when the file has none.
    ///
    /// A policy that begins with `TPM2_PolicyAuthorize` has as many ways as there are signed policies in the file
    /// (`authPolicy`): each is followed by what is left of the key's own. In files of ours, `authPolicy` holds further
    /// ways of a policy with an OR otherwise, which others ignore.
    pub(crate) fn of(file: &KeyFile) -> Result<Option<Self>, PolicyError> {
        if file.policy().is_empty() && file.auth_policy().is_empty() {
            return Ok(None);
        }
        if file.auth_policy().len() > super::MOST_WAYS {
            return Err(PolicyError::Invalid {
                step: 0,
                reason: format!(
                    "{} signed policies; at most {} are tried",
                    file.auth_policy().len(),
                    super::MOST_WAYS
                ),
            });
        }
        let own = body::decode_all(file.policy())?;
        let is_signed = matches!(
            own.first(),
            Some(PolicyStepKind::Authorize {
                signature: None,
                ..
            })
        );
        let mut ways = Vec::new();
        let rest = if is_signed { own.get(1..) } else { None };
        if rest.is_none() && !own.is_empty() {
            ways.push(Way {
                name: "the first".to_owned(),
                steps: own.clone(),
            });
        }
        for (at, alternative) in file.auth_policy().iter().enumerate() {
            let mut steps = body::decode_all(&alternative.policy)?;
            steps.extend(rest.unwrap_or_default().iter().cloned());
            let name = alternative
                .name
                .clone()
                .unwrap_or_else(|| format!("policy {}", at + 1));
            ways.push(Way { name, steps });
        }
        for way in &ways {
            check_ors(&way.steps)?;
        }
        if let (true, [PolicyStepKind::Authorize { key, .. }, ..]) =
            (ways.is_empty(), own.as_slice())
        {
            return Err(PolicyError::NoSignedPolicy {
                key: key.name().clone(),
            });
        }
        Ok(Some(Self { ways }))
    }

    /// The ways that lead to a signature with the key; `None` when the key is used by its authorization value alone.
    pub(crate) fn for_signing(
        file: &KeyFile,
        area: &PublicArea,
    ) -> Result<Option<Self>, PolicyError> {
        let Some(mut policy) = Self::of(file)? else {
            return Ok(None);
        };
        if area.name_alg != code::ALG_SHA256 {
            return Err(PolicyError::Unsupported {
                step: 0,
                command: format!(
                    "a policy hashed with {}",
                    HashAlg::from_tpm_id(area.name_alg).map_or_else(
                        || format!("{:#06x}", area.name_alg),
                        |hash| hash.to_string()
                    )
                ),
            });
        }
        let digests: Vec<_> = policy
            .ways
            .iter()
            .map(|way| digest_after([0; DIGEST_LEN], &way.steps))
            .collect();
        let mut fitting = digests.iter().map(|digest| area.auth_policy == *digest);
        policy.ways.retain(|_| fitting.next().unwrap_or(false));
        if policy.ways.is_empty() {
            return Err(PolicyError::NotTheKeys {
                wanted: area.auth_policy.clone(),
                got: digests
                    .first()
                    .map(|digest| digest.to_vec())
                    .unwrap_or_default(),
            });
        }
        let allowed = policy.ways.iter().find_map(Way::other_use);
        policy.ways.retain(|way| way.other_use().is_none());
        match allowed {
            Some(allowed) if policy.ways.is_empty() => {
                // The policy is for another purpose, such as duplication.
                if area.has(code::ATTR_USER_WITH_AUTH) {
                    Ok(None)
                } else {
                    Err(PolicyError::WrongCommand { allowed })
                }
            }
            _ => Ok(Some(policy)),
        }
    }
}
