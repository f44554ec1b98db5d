//! The storage root key: what is where others keep it, and whether it is the CA's.

use anyhow::Result;
use tpm2ca_tpm::{ErrorKind, Origin, ParentTemplate, PersistentKey, TpmError};

use super::{finding::Findings, situation::Situation};
use crate::tpm::pinned_srk;

/// What is at 0x81000001.
pub(super) fn check(situation: &Situation<'_>, findings: &mut Findings<'_>) -> Result<()> {
    let Some(tpm) = situation.tpm() else {
        return Ok(());
    };
    let found = match tpm.read_public(HANDLE) {
        Ok(found) => found,
        Err(TpmError::NothingAt { .. }) => {
            return Ok(findings.ok(
                CHECK,
                "nothing at 0x81000001: the storage root key is made anew by each process, which takes a chip 0.1 to 0.3 s",
            )?);
        }
        Err(error) if error.kind() == ErrorKind::Unavailable => return Ok(()),
        Err(error) => return Ok(findings.error(CHECK, error)?),
    };
    if found.origin == Origin::StorageRoot {
        return Ok(findings.ok(
            CHECK,
            "at 0x81000001, of template H-2, where everybody looks for it",
        )?);
    }
    let owner_is_unknown = tpm
        .srk_name()
        .is_err_and(|error| error.kind() == ErrorKind::Auth);
    if owner_is_unknown && is_of_the_template(&found) {
        return Ok(findings.ok(
            CHECK,
            "at 0x81000001 there is a key of template H-2; whether it is the storage root key only the owner can tell",
        )?);
    }
    let template = match ParentTemplate::alike(&found.public) {
        // The template, but not the key: another unique part went into it.
        Some(ParentTemplate::H2) => format!("made as {}", ParentTemplate::EccZeros),
        Some(ParentTemplate::H1) => {
            "an RSA-2048 storage key, as the TCG, go-tpm and step keep it there".to_owned()
        }
        Some(other) => format!("made as {other}"),
        None => "of a template that is not known here".to_owned(),
    };
    Ok(findings.ok(
        CHECK,
        format!(
            "0x81000001 is taken by {found} ({template}). That does no harm: our storage root key is made beside it by each \
             process. It stays untouched, since keys of others may hang from it"
        ),
    )?)
}

/// Whether this is the TPM that the CA was made in.
pub(super) fn pinned(situation: &Situation<'_>, findings: &mut Findings<'_>) -> Result<()> {
    let (Some(tpm), Some((directory, config))) = (situation.tpm(), situation.ca()) else {
        return Ok(());
    };
    let expected = match pinned_srk(directory, config) {
        Ok(Some(expected)) => expected,
        Ok(None) => {
            return Ok(findings.warning(
                PINNED,
                "`ca.toml` does not say which TPM the CA belongs to: whoever stands between could play the TPM",
                "write `srk = \"NAME\"` under `[tpm]`; `tpm2ca tpm info` shows the NAME",
            )?);
        }
        Err(error) => return Ok(findings.error(PINNED, error)?),
    };
    match tpm.srk_name() {
        Ok(name) if name == expected => {
            findings.ok(PINNED, "this is the TPM that the CA was made in")?;
        }
        Ok(name) => findings.error(
            PINNED,
            TpmError::WrongTpm {
                expected,
                got: name,
            },
        )?,
        Err(error) if error.kind() == ErrorKind::Auth => match tpm.read_public(HANDLE) {
            Ok(found) if found.name.as_ref() == Some(&expected) => {
                findings.ok(PINNED, "this is the TPM that the CA was made in")?;
            }
            // The check of the owner has said what is missing.
            _ => {}
        },
        // Said already.
        Err(_) => {}
    }
    Ok(())
}

/// Whether it can be the storage root key, by its looks.
pub(super) fn is_of_the_template(found: &PersistentKey) -> bool {
    ParentTemplate::alike(&found.public) == Some(ParentTemplate::H2)
}

/// Where the TCG has the storage root key kept.
pub(super) const HANDLE: u32 = 0x8100_0001;
const CHECK: &str = "storage root key";
const PINNED: &str = "pinned TPM";
