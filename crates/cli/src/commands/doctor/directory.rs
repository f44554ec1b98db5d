//! The CA's directory: what is in it, and who may read it.

use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use anyhow::Result;

use super::{
    finding::Findings,
    situation::{Ca, Situation},
};
use crate::text::shell_word;

/// Whether there is a CA, and its `ca.toml` can be read.
pub(super) fn config(situation: &Situation<'_>, findings: &mut Findings<'_>) -> Result<()> {
    match &situation.ca {
        Ca::Nowhere(path) => findings.ok(
            CHECK,
            format!("there is none in `{path}`, and none was named; `--ca DIR` looks at one"),
        )?,
        Ca::Broken(error) => findings.error_ref(CHECK, error)?,
        Ca::There(directory, config) => {
            findings.ok(
                CHECK,
                format!("`{}`, called `{}`", directory.path().display(), config.name),
            )?;
            if let Err(error) = directory.profiles() {
                findings.error("profiles", error)?;
            }
        }
    }
    Ok(())
}

/// Whether others can read what is secret, or write what is trusted.
pub(super) fn permissions(situation: &Situation<'_>, findings: &mut Findings<'_>) -> Result<()> {
    let Some((directory, config)) = situation.ca() else {
        return Ok(());
    };
    let mut secret: Vec<PathBuf> = config
        .issuer
        .values()
        .map(|issuer| directory.resolve(&issuer.key))
        .collect();
    secret.push(directory.records_path());
    let mut all_well = true;
    for path in &secret {
        // What is missing, another check misses.
        let Some(mode) = mode(path) else { continue };
        if !is_private(mode) {
            all_well = false;
            findings.problem(
                PERMISSIONS,
                format!(
                    "`{}` can be read or written by others (mode {mode:04o})",
                    path.display()
                ),
                format!("chmod 600 {}", shell_word(&path.display().to_string())),
            )?;
        }
    }
    for path in [directory.path(), &directory.config_path()] {
        let Some(mode) = mode(path) else { continue };
        if mode & 0o022 != 0 {
            all_well = false;
            findings.problem(
                PERMISSIONS,
                format!(
                    "`{}` can be written by others (mode {mode:04o})",
                    path.display()
                ),
                format!("chmod go-w {}", shell_word(&path.display().to_string())),
            )?;
        }
    }
    if all_well {
        findings.ok(PERMISSIONS, "keys and records are for their owner alone")?;
    }
    Ok(())
}

/// Files that a process which was killed did not finish.
pub(super) fn leftovers(situation: &Situation<'_>, findings: &mut Findings<'_>) -> Result<()> {
    let Some((directory, config)) = situation.ca() else {
        return Ok(());
    };
    let mut folders = vec![directory.path().to_owned()];
    for issuer in config.issuer.values() {
        let crl = directory.resolve(&issuer.crl);
        folders.extend(crl.parent().map(Path::to_owned));
    }
    folders.sort();
    folders.dedup();
    let mut left = Vec::new();
    for folder in &folders {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if name.starts_with(".tpm2ca-") && name.ends_with(".tmp") {
                left.push(shell_word(&entry.path().display().to_string()));
            }
        }
    }
    if left.is_empty() {
        return Ok(());
    }
    left.sort();
    Ok(findings.warning(
        "leftovers",
        format!(
            "{} unfinished files of processes that were killed; nobody needs them",
            left.len()
        ),
        format!("while no tpm2ca runs here: rm {}", left.join(" ")),
    )?)
}

/// Whether nobody but the owner may do anything.
pub(super) fn is_private(mode: u32) -> bool {
    mode & 0o077 == OWNER_ALONE
}

fn mode(path: &Path) -> Option<u32> {
    Some(fs::metadata(path).ok()?.mode() & 0o7777)
}

/// What is left of a mode for group and others.
const OWNER_ALONE: u32 = 0;
const CHECK: &str = "ca";
const PERMISSIONS: &str = "permissions";
