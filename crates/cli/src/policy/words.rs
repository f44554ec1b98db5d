//! Policies in words.

use tpm2ca_tpm::{Policy, PolicyStepKind, TpmCommand};

use crate::text::{hex, printable};

/// What has to hold, in one sentence.
pub(crate) fn words(policy: &Policy) -> String {
    let conditions: Vec<String> = policy.steps().iter().filter_map(condition).collect();
    if conditions.is_empty() {
        return "nothing".to_owned();
    }
    conditions.join(", and ")
}

fn condition(step: &PolicyStepKind) -> Option<String> {
    Some(match step {
        PolicyStepKind::Pcr {
            bank,
            selection,
            digest,
        } => format!(
            "PCR {} ({bank}) as when the policy was made (digest {})",
            numbers(selection.iter().copied()),
            hex(digest)
        ),
        PolicyStepKind::AuthValue => "its authorization value".to_owned(),
        PolicyStepKind::Secret {
            handle, policy_ref, ..
        } => format!(
            "the authorization value of {}{}",
            holder(*handle),
            reference(policy_ref)
        ),
        PolicyStepKind::Signed { key, policy_ref } => format!(
            "an approval of every use, signed with the {} key `{}`{}",
            key.public().algorithm(),
            key.name(),
            reference(policy_ref)
        ),
        PolicyStepKind::Authorize {
            key,
            policy_ref,
            signature,
        } => format!(
            "{} with the {} key `{}`{}",
            if signature.is_some() {
                "signed"
            } else {
                "a policy that was signed"
            },
            key.public().algorithm(),
            key.name(),
            reference(policy_ref)
        ),
        PolicyStepKind::CommandCode(code) if *code == TpmCommand::SIGN.code() => {
            "for signing only".to_owned()
        }
        PolicyStepKind::CommandCode(code) => format!("for the command {code:#x} only"),
        PolicyStepKind::Locality(set) => format!(
            "locality {}",
            numbers((0..8).filter(|locality| set & (1 << locality) != 0))
        ),
        PolicyStepKind::DuplicationSelect { new_parent, .. } => {
            format!("for moving it under the parent `{new_parent}` only")
        }
        // Of a way through, only that it is one of several.
        PolicyStepKind::Or(_) => return None,
        other => format!("`{}`", other.command()),
    })
}

fn holder(handle: u32) -> String {
    match handle {
        0x4000_0001 => "the owner hierarchy".to_owned(),
        0x4000_000a => "the lockout hierarchy".to_owned(),
        0x4000_000b => "the endorsement hierarchy".to_owned(),
        0x4000_000c => "the platform hierarchy".to_owned(),
        handle => format!("the key at {handle:#010x}"),
    }
}

fn reference(policy_ref: &[u8]) -> String {
    match std::str::from_utf8(policy_ref) {
        Ok("") => String::new(),
        Ok(text) => format!(" for `{}`", printable(text)),
        Err(_) => format!(" for 0x{}", hex(policy_ref)),
    }
}

fn numbers(numbers: impl Iterator<Item = u8>) -> String {
    let numbers: Vec<String> = numbers.map(|number| number.to_string()).collect();
    numbers.join(", ")
}
