//! Which step of a policy failed, and why.

use std::fmt::Write;

use thiserror::Error;

use crate::algorithm::HashAlg;
use crate::name::Name;
use crate::rc::ResponseCode;

/// Why a policy cannot be made, read, or satisfied. Steps are counted from 1.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// No TPM would take it.
    #[error("not a policy: {}{reason}", at_step(*step))]
    Invalid {
        /// The step; 0 when it is the policy as a whole.
        step: usize,
        /// Why.
        reason: String,
    },
    /// A step in a key file cannot be read.
    #[error("the key file's policy is damaged: step {step}, `{command}`: {reason}")]
    Malformed {
        /// The step.
        step: usize,
        /// The command, in the specification's spelling.
        command: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// A command that this program does not run.
    #[error("the policy has a step that is not supported: step {step}, {command}")]
    Unsupported {
        /// The step.
        step: usize,
        /// The command, by name or number.
        command: String,
    },
    /// The key file's policy is another one than the key was made with.
    #[error(
        "the policy in the key file is not the key's: it leads to {}, the key wants {}",
        hex(got),
        hex(wanted)
    )]
    NotTheKeys {
        /// What the key has as its `authPolicy`.
        wanted: Vec<u8>,
        /// What the steps arrive at.
        got: Vec<u8>,
    },
    /// The key may be used for another command only.
    #[error("the policy allows the key to be used for {allowed} only, not for TPM2_Sign")]
    WrongCommand {
        /// What it may be used for.
        allowed: String,
    },
    /// Registers do not hold what the policy wants.
    #[error(
        "PCR policy not met (step {step}): PCR {} of the {bank} bank changed: expected digest {}, actual {}",
        numbers(pcrs),
        hex(expected),
        hex(actual)
    )]
    PcrChanged {
        /// The step.
        step: usize,
        /// The bank.
        bank: HashAlg,
        /// The registers that the policy is about. The policy holds one digest over them all, so with several of
        /// them the TPM cannot say which it was.
        pcrs: Vec<u8>,
        /// The digest over them that the policy wants.
        expected: Vec<u8>,
        /// The digest over what they hold now.
        actual: Vec<u8>,
        /// What they hold now: `number: value`, for comparison with records.
        values: String,
    },
    /// Registers changed while the key was being used.
    #[error("a PCR changed between the check of the policy and the use of the key")]
    PcrMoved,
    /// The TPM keeps no such registers.
    #[error("this TPM has no {bank} bank of PCRs, or not PCR {}", numbers(pcrs))]
    NoPcr {
        /// The bank.
        bank: HashAlg,
        /// The registers that are missing.
        pcrs: Vec<u8>,
    },
    /// Nobody is there to approve.
    #[error(
        "the policy needs an approval signed with the key `{key}` (step {step}), and no approver has it"
    )]
    NoApprover {
        /// The step.
        step: usize,
        /// The Name of the key that has to sign.
        key: Name,
    },
    /// The approver said no.
    #[error("the approver with the key `{key}` refused (step {step}): {reason}")]
    Refused {
        /// The step.
        step: usize,
        /// The Name of the approver's key.
        key: Name,
        /// What the approver said.
        reason: String,
    },
    /// The approval is not signed with the key it has to be signed with, or is for something else.
    #[error(
        "the approval's signature is not one of the key `{key}` over this request (step {step})"
    )]
    BadApproval {
        /// The step.
        step: usize,
        /// The Name of the approver's key.
        key: Name,
    },
    /// The approval came too late.
    #[error("the approval has expired{}", of_step(*step))]
    ApprovalExpired {
        /// The step; `None` when it expired after it was accepted.
        step: Option<usize>,
    },
    /// The key takes signed policies, and there is none in its file.
    #[error(
        "the key may be used under a policy signed with the key `{key}` only, and its file holds none"
    )]
    NoSignedPolicy {
        /// The Name of the key that signs policies.
        key: Name,
    },
    /// A policy's signature is not by the key that signs policies, or is over another policy.
    #[error("the signature under the policy is not one of the key `{key}` (step {step})")]
    BadSignature {
        /// The step.
        step: usize,
        /// The Name of the key that signs policies.
        key: Name,
    },
    /// What a secret is to be proved of is not there, or another.
    #[error("the policy needs the secret of `{wanted}` at {handle:#010x} (step {step}), there {}", found_there(found.as_ref()))]
    SecretHolder {
        /// The step.
        step: usize,
        /// Where it should be.
        handle: u32,
        /// Its Name.
        wanted: Name,
        /// What is there.
        found: Option<Name>,
    },
    /// The command comes from a locality that the policy does not allow.
    #[error("the policy allows {} only (step {step}), and this program's commands come from another", localities(*allowed))]
    WrongLocality {
        /// The step.
        step: usize,
        /// `TPMA_LOCALITY`.
        allowed: u8,
    },
    /// The TPM refused a step for a reason that has no variant of its own.
    #[error("step {step} of the policy, `{command}`, failed with {code}")]
    Step {
        /// The step.
        step: usize,
        /// The command, in the specification's spelling.
        command: &'static str,
        /// What the TPM answered.
        code: ResponseCode,
    },
    /// All steps went well, and the TPM still does not let the key be used.
    #[error("the TPM did not accept the policy: {code}")]
    NotAccepted {
        /// What the TPM answered.
        code: ResponseCode,
    },
    /// Of several ways to satisfy the policy, none worked.
    #[error("none of the policy's {} ways worked{}", reasons.len(), all(reasons))]
    NoneWorked {
        /// Name (or number) of each, and why it did not.
        reasons: Vec<(String, PolicyError)>,
    },
}

impl PolicyError {
    /// What the user can do about it, where there is something.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::PcrChanged { pcrs, values, .. } => {
                let which = if pcrs.len() == 1 {
                    ""
                } else {
                    "one of them or several; "
                };
                return Some(format!(
                    "{which}now {values}; after a wanted change (an update), have a policy for the new values signed, or \
                     boot what the key was made under"
                ));
            }
            Self::PcrMoved => "try again",
            Self::NoPcr { .. } => "`tpm2_getcap pcrs` lists the banks; choose another one",
            Self::NoApprover { .. } => "give the approver's private key with `--approver FILE`",
            Self::BadApproval { .. } => {
                "it must be signed with the private half of the key that is in the policy, over this very request"
            }
            Self::ApprovalExpired { .. } => {
                "ask for the approval again, or for one that lasts longer"
            }
            Self::NoSignedPolicy { .. } => {
                "`tpm2ca key policy sign` signs one with that key and puts it into the file"
            }
            Self::BadSignature { .. } => {
                "the policy in the key file was changed, or was signed with another key; sign it again"
            }
            Self::SecretHolder { .. } => {
                "make what the policy names persistent at that handle again"
            }
            Self::WrongLocality { .. } => {
                "the kernel's TPM device speaks from locality 0; others belong to the firmware and to a measured launch"
            }
            Self::NotTheKeys { .. } => {
                "the policy in the file was changed, or is for another key; take the file that was made with the key"
            }
            Self::Malformed { .. } => {
                "was the file cut off or changed? `openssl asn1parse -in FILE` shows what is in it"
            }
            Self::WrongCommand { .. } => "the key was made for another purpose than signing",
            Self::NoneWorked { reasons } => {
                return reasons.iter().find_map(|(_, reason)| reason.hint());
            }
            Self::Invalid { .. }
            | Self::Unsupported { .. }
            | Self::Refused { .. }
            | Self::Step { .. }
            | Self::NotAccepted { .. } => return None,
        };
        Some(hint.to_owned())
    }
}

/// Lower case hex digits.
pub(crate) fn hex(octets: &[u8]) -> String {
    octets.iter().fold(String::new(), |mut text, octet| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{octet:02x}");
        text
    })
}

fn numbers(registers: &[u8]) -> String {
    let numbers: Vec<String> = registers.iter().map(ToString::to_string).collect();
    numbers.join(", ")
}

fn localities(allowed: u8) -> String {
    if allowed > LAST_BIT {
        return format!("locality {allowed}");
    }
    let numbers: Vec<String> = (0..=4)
        .filter(|locality| allowed & (1 << locality) != 0)
        .map(|locality| locality.to_string())
        .collect();
    format!("locality {}", numbers.join(", "))
}

fn at_step(step: usize) -> String {
    match step {
        0 => String::new(),
        step => format!("step {step}: "),
    }
}

fn of_step(step: Option<usize>) -> String {
    step.map(|step| format!(" (step {step})"))
        .unwrap_or_default()
}

fn found_there(found: Option<&Name>) -> String {
    found.map_or_else(|| "is nothing".to_owned(), |name| format!("is `{name}`"))
}

fn all(reasons: &[(String, PolicyError)]) -> String {
    reasons.iter().fold(String::new(), |text, (name, reason)| {
        text + "; " + name + ": " + &reason.to_string()
    })
}

/// Above it, a `TPMA_LOCALITY` is the number of an extended locality.
const LAST_BIT: u8 = 31;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_register_and_both_digests_are_named() {
        let error = PolicyError::PcrChanged {
            step: 1,
            bank: HashAlg::Sha256,
            pcrs: vec![16],
            expected: vec![1; 32],
            actual: vec![2; 32],
            values: "16: 00".to_owned(),
        };
        let text = error.to_string();
        assert!(text.contains("PCR 16 of the SHA-256 bank"), "{text}");
        assert!(text.contains(&"01".repeat(32)) && text.contains(&"02".repeat(32)));
        let several = PolicyError::NoneWorked {
            reasons: vec![
                ("day".to_owned(), error),
                ("night".to_owned(), PolicyError::PcrMoved),
            ],
        };
        assert!(several.to_string().contains("; night: a PCR changed"));
        assert!(several.hint().is_some_and(|hint| hint.contains("16: 00")));
    }

    #[test]
    fn localities_are_numbered() {
        assert_eq!(localities(0b1001), "locality 0, 3");
        assert_eq!(localities(32), "locality 32");
    }
}
