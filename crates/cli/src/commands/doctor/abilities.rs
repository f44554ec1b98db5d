//! What the TPM lacks for what this program does.

use anyhow::Result;

use super::{finding::Findings, situation::Situation};
use crate::features::{Feature, Need};

pub(super) fn check(situation: &Situation<'_>, findings: &mut Findings<'_>) -> Result<()> {
    let Some(can) = situation.capabilities() else {
        return Ok(());
    };
    let mut missing = Vec::new();
    for feature in Feature::ALL {
        let Err(lacks) = feature.is_there(can) else {
            continue;
        };
        if feature.need() == Need::Everything {
            findings.unusable_tpm(
                CHECK,
                format!("the TPM has no {lacks}, without which nothing works here"),
                "a firmware update may bring it (`fwupdmgr update`); else this TPM cannot be used",
            )?;
        } else {
            missing.push(format!("{} (no {lacks})", feature.title()));
        }
    }
    if missing.is_empty() {
        findings.ok(CHECK, "the TPM can do all that this program asks of one")?;
    } else {
        findings.ok(
            CHECK,
            format!("the TPM lacks: {}; the rest works", missing.join(", ")),
        )?;
    }
    Ok(())
}

const CHECK: &str = "abilities";
