//! The digest of a policy, computed as the TPM computes it (TPM 2.0 Library Part 3, 23.2 "policyDigest", and with each
//! command).

use aws_lc_rs::digest::{self, SHA256};

use super::{Branch, PolicyStepKind, selection_list};
use crate::session::DIGEST_LEN;
use crate::wire::command::TpmCommand;

/// A session's digest.
type Digest = [u8; DIGEST_LEN];

/// Where a session arrives that stands at `start` and takes these steps.
pub(crate) fn after(start: Digest, steps: &[PolicyStepKind]) -> Digest {
    steps.iter().fold(start, after_step)
}

/// Where a session arrives with one more step.
pub(super) fn after_step(before: Digest, step: &PolicyStepKind) -> Digest {
    match step {
        PolicyStepKind::Pcr {
            bank,
            selection,
            digest,
        } => extend(
            before,
            TpmCommand::POLICY_PCR,
            &[&selection_list(*bank, selection), digest],
        ),
        PolicyStepKind::AuthValue => extend(before, TpmCommand::POLICY_AUTH_VALUE, &[]),
        PolicyStepKind::Secret {
            name, policy_ref, ..
        } => {
            let named = extend(before, TpmCommand::POLICY_SECRET, &[name.as_bytes()]);
            hash(&[&named, policy_ref])
        }
        PolicyStepKind::Signed { key, policy_ref } => {
            let named = extend(before, TpmCommand::POLICY_SIGNED, &[key.name().as_bytes()]);
            hash(&[&named, policy_ref])
        }
        // Begins again: what counts is who signed, not what.
        PolicyStepKind::Authorize {
            key, policy_ref, ..
        } => {
            let named = extend(
                START,
                TpmCommand::POLICY_AUTHORIZE,
                &[key.name().as_bytes()],
            );
            hash(&[&named, policy_ref])
        }
        PolicyStepKind::CommandCode(code) => {
            let code = code.to_be_bytes();
            extend(before, TpmCommand::POLICY_COMMAND_CODE, &[&code])
        }
        PolicyStepKind::Locality(locality) => {
            extend(before, TpmCommand::POLICY_LOCALITY, &[&[*locality]])
        }
        PolicyStepKind::DuplicationSelect { object, new_parent } => {
            let object_name = object.as_ref().map_or(&[][..], |name| name.as_bytes());
            extend(
                before,
                TpmCommand::POLICY_DUPLICATION_SELECT,
                &[
                    object_name,
                    new_parent.as_bytes(),
                    &[u8::from(object.is_some())],
                ],
            )
        }
        PolicyStepKind::Or(branches) => {
            let ends: Vec<Digest> = branches
                .iter()
                .map(|branch| end_of(before, branch))
                .collect();
            levels(ends).last().map_or(before, |top| {
                // The uppermost level is one list.
                top.first().map_or(before, |list| any_of(list))
            })
        }
    }
}

/// Where a branch arrives.
pub(super) fn end_of(before: Digest, branch: &Branch) -> Digest {
    match branch {
        Branch::Steps(policy) => after(before, policy.steps()),
        Branch::Digest(digest) => *digest,
    }
}

/// The lists that `TPM2_PolicyOR` is given to get from one of many digests to a single one, level above level. A TPM
/// takes 2 to 8 digests at once, so each list has that many, and the lists of a level are about equally long.
pub(super) fn levels(digests: Vec<Digest>) -> Vec<Vec<Vec<Digest>>> {
    let mut levels = Vec::new();
    let mut present = digests;
    loop {
        let lists = split(&present);
        let is_top = lists.len() <= 1;
        present = lists.iter().map(|list| any_of(list)).collect();
        levels.push(lists);
        if is_top {
            return levels;
        }
    }
}

/// `TPM2_PolicyOR`: begins again with all that is possible.
pub(super) fn any_of(list: &[Digest]) -> Digest {
    extend(START, TpmCommand::POLICY_OR, &[&list.concat()])
}

fn split(digests: &[Digest]) -> Vec<Vec<Digest>> {
    let count = digests.len().div_ceil(MOST_BRANCHES).max(1);
    let (short, longer) = (digests.len() / count, digests.len() % count);
    let mut rest = digests.iter().copied();
    (0..count)
        .map(|at| {
            rest.by_ref()
                .take(short + usize::from(at < longer))
                .collect()
        })
        .collect()
}

fn extend(before: Digest, command: &TpmCommand, parts: &[&[u8]]) -> Digest {
    let code = command.code.to_be_bytes();
    let mut all: Vec<&[u8]> = vec![&before, &code];
    all.extend(parts);
    hash(&all)
}

pub(crate) fn hash(parts: &[&[u8]]) -> Digest {
    let mut context = digest::Context::new(&SHA256);
    for part in parts {
        context.update(part);
    }
    let mut octets = START;
    for (to, from) in octets.iter_mut().zip(context.finish().as_ref()) {
        *to = *from;
    }
    octets
}

/// Where every session begins.
pub(super) const START: Digest = [0; DIGEST_LEN];
/// `TPML_DIGEST` in `TPM2_PolicyOR`.
pub(super) const MOST_BRANCHES: usize = 8;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_number_of_branches_fits(count in 2usize..=64) {
            let digests: Vec<Digest> = (0..count).map(|at| [u8::try_from(at).unwrap_or(0); 32]).collect();
            let levels = levels(digests.clone());
            for lists in &levels {
                for list in lists {
                    prop_assert!((2..=8).contains(&list.len()), "{}", list.len());
                }
            }
            prop_assert_eq!(levels[0].concat(), digests);
            for pair in levels.windows(2) {
                let below: Vec<Digest> = pair[0].iter().map(|list| any_of(list)).collect();
                prop_assert_eq!(pair[1].concat(), below);
            }
            prop_assert_eq!(levels.last().map(Vec::len), Some(1));
        }
    }
}
