//! The parent of a key, and which other one fits where the one in the file does not.

use anyhow::Result;
use tpm2ca_tpm::{FittingParent, KeyFile, Parent, Tpm};

use super::finding::Findings;

/// What a key file says of its parent.
pub(super) fn of_file(file: &KeyFile) -> String {
    match Parent::try_from(file.parent()) {
        Ok(Parent::Handle(handle)) => format!("{handle:#010x}"),
        Ok(parent) => {
            let template = if file.rsa_parent() { "H-1" } else { "H-2" };
            format!("{parent} (template {template})")
        }
        Err(_) => format!("{:#010x}", file.parent()),
    }
}

/// The key did not load (`TPM_RC_INTEGRITY`): tries others, and says which fits.
pub(super) fn explain(
    tpm: &Tpm,
    check: &str,
    file: &KeyFile,
    tried: &str,
    findings: &mut Findings<'_>,
) -> Result<()> {
    let fitting = match tpm.fitting_parents(file) {
        Ok(fitting) => fitting,
        Err(error) => return Ok(findings.error(check, error)?),
    };
    let Some(first) = fitting.first() else {
        return Ok(findings.problem(
            check,
            format!(
                "it does not load under {tried}, nor under any parent of those that tools make in this TPM: it was made in \
                 another TPM, or before this one was cleared, or its file is damaged"
            ),
            "use the TPM that it was made in (`--tpm`), or a backup of the key; a key cannot be taken out of a TPM that is gone",
        )?);
    };
    let (what, hint) = match first {
        FittingParent::Persistent(found) => (
            format!("the key at {:#010x}", found.handle),
            format!("the file must name the parent {:#010x}", found.handle),
        ),
        FittingParent::Primary {
            hierarchy,
            template,
        } => (
            format!("the primary key {hierarchy} made as {template}"),
            if *hierarchy == Parent::Owner {
                format!(
                    "keep that parent in the TPM: `{} && tpm2_evictcontrol -C o -c parent.ctx 0x81000002`; then the file \
                     must name the parent 0x81000002",
                    template.tools_command()
                )
            } else {
                format!("the file must name the parent {hierarchy}")
            },
        ),
        _ => return Ok(()),
    };
    Ok(findings.problem(
        check,
        format!("it does not load under {tried}, which its file names; it was made under {what}"),
        hint,
    )?)
}
