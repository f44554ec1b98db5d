//! The owner's authorization value, which making the storage root key takes.

use anyhow::Result;
use tpm2ca_tpm::{ErrorKind, TpmError};

use super::{finding::Findings, situation::Situation};

pub(super) fn check(situation: &Situation<'_>, findings: &mut Findings<'_>) -> Result<()> {
    let (Some(tpm), Some(can)) = (situation.tpm(), situation.capabilities()) else {
        return Ok(());
    };
    let given = situation.global.owner_auth.is_some();
    match (tpm.srk_name(), can.owner_auth_set) {
        (Ok(_), false) => {
            findings.ok(CHECK, "no owner authorization is set, and none is needed")?;
        }
        (Ok(_), true) if given => {
            findings.ok(
                CHECK,
                "an owner authorization is set, and the given one is right",
            )?;
        }
        // The key is persistent and known to be the right one; for that a Name would have to be pinned, or it was made.
        (Ok(_), true) => findings.ok(CHECK, "an owner authorization is set, and is not needed")?,
        (Err(error), _) if error.kind() == ErrorKind::Auth && given => findings.wrong_secret(
            CHECK,
            "the owner authorization that was given is wrong",
            "check what `--owner-auth` names; wrong tries do not count here",
        )?,
        (Err(error), _) if error.kind() == ErrorKind::Auth => {
            persistent_or_not(situation, findings)?;
        }
        (Err(error), _) if error.kind() == ErrorKind::Unavailable => {
            // Full slots are told of below.
            if !matches!(error, TpmError::SlotsFull { .. }) {
                findings.error(CHECK, error)?;
            }
        }
        (Err(error), _) => findings.error(CHECK, error)?,
    }
    Ok(())
}

/// The owner's value is not known. With the storage root key at its place that is no harm.
fn persistent_or_not(situation: &Situation<'_>, findings: &mut Findings<'_>) -> Result<()> {
    let is_there = situation
        .tpm()
        .and_then(|tpm| tpm.read_public(super::storage_root::HANDLE).ok())
        .is_some_and(|found| super::storage_root::is_of_the_template(&found));
    if is_there {
        return Ok(findings.ok(
            CHECK,
            "an owner authorization is set; keys load without it, because a storage root key is persistent. New \
             persistent keys take `--owner-auth`",
        )?);
    }
    Ok(findings.wrong_secret(
        CHECK,
        "an owner authorization is set, and making the storage root key takes it: no key can be made or loaded without",
        "give it with `--owner-auth file:PATH`",
    )?)
}

const CHECK: &str = "owner";
