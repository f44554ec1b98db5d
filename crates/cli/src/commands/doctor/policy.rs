//! Whether a key's policy holds now, as far as can be seen without using the key.

use anyhow::Result;
use tpm2ca_tpm::{KeyFile, Policy, PolicyStep, PolicyStepKind, Tpm, TpmCommand, TpmError};

use super::finding::Findings;
use crate::text::hex;

/// One way to satisfy a policy, looked at.
#[derive(Default)]
struct Way {
    name: String,
    /// What does not hold.
    unmet: Vec<String>,
    /// What helps against the first of it.
    hint: Option<String>,
    /// What the user has to bring.
    takes: Vec<String>,
}

pub(super) fn check(
    tpm: &Tpm,
    check: &str,
    file: &KeyFile,
    findings: &mut Findings<'_>,
) -> Result<()> {
    if file.policy().is_empty() && file.auth_policy().is_empty() {
        return Ok(());
    }
    let mut ways = Vec::new();
    let is_signed = matches!(
        Policy::from_steps(file.policy())
            .as_ref()
            .map(Policy::steps),
        Ok([
            PolicyStepKind::Authorize {
                signature: None,
                ..
            },
            ..
        ])
    );
    if !is_signed && !file.policy().is_empty() {
        ways.push(way(tpm, "the policy", file.policy())?);
    }
    for (at, other) in file.auth_policy().iter().enumerate() {
        let name = match &other.name {
            Some(name) => format!("the policy `{name}`"),
            None => format!("policy {}", at + 1),
        };
        ways.push(way(tpm, &name, &other.policy)?);
    }
    if ways.is_empty() {
        return Ok(findings.problem(
            check,
            "it may be used under a signed policy only, and its file holds none",
            "have a policy signed with the key that its own policy names, and add it to the file",
        )?);
    }
    if let Some(way) = ways.iter().find(|way| way.unmet.is_empty()) {
        let takes = if way.takes.is_empty() {
            String::new()
        } else {
            format!("; it takes {}", way.takes.join(", "))
        };
        return Ok(findings.ok(check, format!("{} holds now{takes}", way.name))?);
    }
    let what: Vec<String> = ways
        .iter()
        .map(|way| format!("{} does not hold: {}", way.name, way.unmet.join(", ")))
        .collect();
    let hint = ways.iter().find_map(|way| way.hint.clone());
    Ok(findings.problem(
        check,
        what.join("; "),
        hint.unwrap_or_else(|| {
            "the conditions were chosen when the key was made and never change".to_owned()
        }),
    )?)
}

fn way(tpm: &Tpm, name: &str, steps: &[PolicyStep]) -> Result<Way, TpmError> {
    let mut way = Way {
        name: name.to_owned(),
        ..Way::default()
    };
    let policy = match Policy::from_steps(steps) {
        Ok(policy) => policy,
        Err(error) => {
            way.hint = error.hint();
            way.unmet.push(error.to_string());
            return Ok(way);
        }
    };
    for step in policy.steps() {
        way.look_at(tpm, step)?;
    }
    Ok(way)
}

impl Way {
    fn look_at(&mut self, tpm: &Tpm, step: &PolicyStepKind) -> Result<(), TpmError> {
        match step {
            PolicyStepKind::Pcr {
                bank,
                selection,
                digest,
            } => match tpm.pcr_read(*bank, selection) {
                Ok(values) if values.digest() == *digest => {}
                Ok(values) => {
                    let numbers: Vec<String> = selection.iter().map(ToString::to_string).collect();
                    let which = if selection.len() == 1 {
                        "holds"
                    } else {
                        "together hold"
                    };
                    self.unmet.push(format!(
                        "PCR {} of the {bank} bank {which} something else than the policy wants (digest {}, wanted {})",
                        numbers.join(", "),
                        hex(&values.digest()),
                        hex(digest)
                    ));
                    let now: Vec<String> = values
                        .iter()
                        .map(|(number, value)| format!("{number}: {}", hex(value)))
                        .collect();
                    self.hint.get_or_insert_with(|| {
                        format!(
                            "now {}; after a wanted change (an update) have a policy for the new values signed, or boot what \
                             the key was made under",
                            now.join(", ")
                        )
                    });
                }
                Err(TpmError::Policy(error)) => {
                    self.hint = self.hint.take().or_else(|| error.hint());
                    self.unmet.push(error.to_string());
                }
                Err(error) => return Err(error),
            },
            PolicyStepKind::AuthValue => {
                self.takes.push("the key's authorization value".to_owned());
            }
            PolicyStepKind::Secret { handle, name, .. } => {
                self.secret(tpm, *handle, name);
            }
            PolicyStepKind::Signed { key, .. } => {
                self.takes
                    .push(format!("an approval signed with the key `{}`", key.name()));
            }
            PolicyStepKind::CommandCode(code) if *code != TpmCommand::SIGN.code() => {
                self.unmet.push(format!(
                    "it allows the command {code:#x} only, which is not signing"
                ));
            }
            PolicyStepKind::Locality(allowed) if allowed & 1 == 0 => {
                self.unmet.push(
                    "it allows other localities only than the kernel's, which is 0".to_owned(),
                );
            }
            PolicyStepKind::DuplicationSelect { .. } => {
                self.unmet
                    .push("it allows moving the key to another TPM only".to_owned());
            }
            _ => {}
        }
        Ok(())
    }

    fn secret(&mut self, tpm: &Tpm, handle: u32, name: &tpm2ca_tpm::Name) {
        self.takes
            .push(format!("the authorization value of {handle:#010x}"));
        if handle >> 24 != PERSISTENT {
            return;
        }
        let found = tpm.read_public(handle).ok().and_then(|found| found.name);
        if found.as_ref() != Some(name) {
            self.unmet.push(format!(
                "what its secret belongs to, `{name}`, is not at {handle:#010x}"
            ));
            self.hint.get_or_insert_with(|| {
                "make what the policy names persistent at that handle again".to_owned()
            });
        }
    }
}

/// First octet of persistent handles.
const PERSISTENT: u32 = 0x81;
