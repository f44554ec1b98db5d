//! Whether there is a TPM, whether this user may use it, and whether it is well.

use std::{fs, os::unix::fs::MetadataExt, path::Path};

use anyhow::Result;
use tpm2ca_tpm::{SelfTest, Tcti};

use super::{finding::Findings, situation::Situation};
use crate::tpm;

/// Which TPM is meant, and its device's owner and mode.
pub(super) fn place(situation: &Situation<'_>, findings: &mut Findings<'_>) -> Result<()> {
    let (tcti, origin) = match &situation.place {
        Ok(place) => place,
        Err(error) => return Ok(findings.error_ref(CHECK, error)?),
    };
    let name = format!("`{tcti}`, from {origin}");
    match tcti {
        Tcti::Device(path) => device(path, &name, findings),
        _ => Ok(findings.ok(CHECK, name)?),
    }
}

fn device(path: &Path, name: &str, findings: &mut Findings<'_>) -> Result<()> {
    let Ok(metadata) = fs::metadata(path) else {
        // Why, the next check says.
        return Ok(findings.ok(CHECK, name)?);
    };
    let owner = format!(
        "{name}; owner {}, group {}, mode {:04o}",
        metadata.uid(),
        metadata.gid(),
        metadata.mode() & 0o7777
    );
    if path.to_string_lossy().contains("tpmrm") {
        return Ok(findings.ok(CHECK, owner)?);
    }
    let managed = path.with_file_name("tpmrm0");
    Ok(findings.warning(
        CHECK,
        format!("{owner}: this is the TPM without the kernel's resource manager; one program at a time can use it"),
        format!("use `--tpm device:{}`", managed.display()),
    )?)
}

/// Whether it answers.
pub(super) fn answer(situation: &Situation<'_>, findings: &mut Findings<'_>) -> Result<()> {
    let Ok((tcti, _)) = &situation.place else {
        return Ok(());
    };
    if let Err(error) = tpm::must_exist(tcti) {
        return Ok(findings.error(CHECK, error)?);
    }
    if let Err(error) = situation.open() {
        return Ok(findings.error(CHECK, error)?);
    }
    let Some(can) = situation.capabilities() else {
        return Ok(());
    };
    let kind = if can.is_software {
        "; a program, for trials: its keys are as safe as the files it keeps them in"
    } else {
        ""
    };
    Ok(findings.ok(
        CHECK,
        format!(
            "it answers: {} {}, firmware {}{kind}",
            can.manufacturer, can.vendor, can.firmware
        ),
    )?)
}

/// Whether its self-test went well.
pub(super) fn self_test(situation: &Situation<'_>, findings: &mut Findings<'_>) -> Result<()> {
    let Some(health) = situation.health() else {
        return Ok(());
    };
    match health.self_test {
        SelfTest::Passed => findings.ok(SELF_TEST, "passed")?,
        SelfTest::Failed(code) => findings.unusable_tpm(
            SELF_TEST,
            format!("the TPM is in failure mode: {code}"),
            "switch the machine off and on again; if it stays so the TPM is defective",
        )?,
        // It was asked to finish, and says that some are done when they are needed.
        _ => findings.ok(SELF_TEST, "goes on when algorithms are first used")?,
    }
    Ok(())
}

const CHECK: &str = "tpm";
const SELF_TEST: &str = "self-test";
