//! Which TPM is meant, and how it is remembered with the CA.

use std::{
    env,
    path::{Path, absolute},
};

use anyhow::{Context as _, Result};
use tpm2ca_authority::{CaConfig, CaDirectory};
use tpm2ca_tpm::{Auth, Name, Tcti, TpmOptions};

use crate::{args::Global, auth, error::CliError, output::Output};

/// The TPM: `--tpm`, the environment, the one that the CA remembers, the kernel's. Never a software TPM unasked.
pub(crate) fn chosen(global: &Global, remembered: Option<Tcti>, output: &Output) -> Result<Tcti> {
    let (tcti, origin) = chosen_and_why(global, remembered)?;
    output.detail(&format!("TPM `{tcti}`, from {origin}"));
    Ok(tcti)
}

/// The same, and what says that it is this one.
pub(crate) fn chosen_and_why(
    global: &Global,
    remembered: Option<Tcti>,
) -> Result<(Tcti, &'static str)> {
    let named = match &global.tpm {
        Some(text) => Some(("--tpm", text.clone())),
        None => TCTI_VARIABLES.iter().copied().find_map(|variable| {
            let text = env::var(variable).ok().filter(|text| !text.is_empty())?;
            Some((variable, text))
        }),
    };
    let (origin, tcti) = match (named, remembered) {
        (Some((origin, text)), _) => (origin, parse(origin, &text)?),
        (None, Some(tcti)) => ("ca.toml", tcti),
        (None, None) => (DEFAULT, Tcti::Device(DEFAULT_DEVICE.into())),
    };
    let tcti = with_path(tcti, |path| {
        absolute(path).context("cannot tell the working directory")
    })?;
    Ok((tcti, origin))
}

/// The one that the command line or the environment names.
pub(crate) fn named(global: &Global) -> Result<Option<Tcti>> {
    let (tcti, origin) = chosen_and_why(global, None)?;
    Ok((origin != DEFAULT).then_some(tcti))
}

/// The TPM in which the CA's keys were made. A path that is relative in `ca.toml` begins at the CA's directory, so
/// that a CA and the software TPM inside it can be moved together.
pub(crate) fn remembered(directory: &CaDirectory, config: &CaConfig) -> Result<Option<Tcti>> {
    let Some(text) = &config.tpm.tcti else {
        return Ok(None);
    };
    let tcti = parse(&directory.config_path().display().to_string(), text)?;
    with_path(tcti, |path| Ok(directory.path().join(path))).map(Some)
}

/// How the CA is to remember the TPM; what [`remembered`] reads.
pub(crate) fn to_remember(tcti: &Tcti, directory: &CaDirectory) -> Result<String> {
    let ca = absolute(directory.path()).context("cannot tell the working directory")?;
    let tcti = with_path(tcti.clone(), |path| {
        Ok(match path.strip_prefix(&ca) {
            Ok(inside) if inside.as_os_str().is_empty() => ".".into(),
            Ok(inside) => inside.to_owned(),
            Err(_) => path.to_owned(),
        })
    })?;
    Ok(tcti.to_string())
}

/// Refuses a software TPM that does not exist. Opening it would make a new one, which has none of the CA's keys.
pub(crate) fn must_exist(tcti: &Tcti) -> Result<()> {
    if let Tcti::Libtpms(path) = tcti
        && !path.is_dir()
    {
        return Err(CliError::no_tpm(
            format!("there is no software TPM in `{}`", path.display()),
            "if it was moved, say where it is with `--tpm libtpms:DIR`",
        )
        .into());
    }
    Ok(())
}

pub(crate) fn options(global: &Global, expected_srk: Option<Name>) -> Result<TpmOptions> {
    let auth =
        |option, secret| Ok::<_, anyhow::Error>(Auth::new(auth::value(option, secret)?.to_vec()));
    Ok(TpmOptions {
        owner_auth: auth("--owner-auth", global.owner_auth.as_ref())?,
        parent_auth: auth("--parent-auth", global.parent_auth.as_ref())?,
        expected_srk,
        ..TpmOptions::default()
    })
}

/// The storage root key that the CA's keys were made under.
pub(crate) fn pinned_srk(directory: &CaDirectory, config: &CaConfig) -> Result<Option<Name>> {
    let Some(text) = &config.tpm.srk else {
        return Ok(None);
    };
    let name = text.parse().map_err(|error| {
        CliError::failed(
            format!("`{}`: `srk`: {error}", directory.config_path().display()),
            "restore `ca.toml` from a backup",
        )
    })?;
    Ok(Some(name))
}

fn parse(origin: &str, text: &str) -> Result<Tcti> {
    Ok(text.parse().map_err(|error| {
        let mut hint = HINT.to_owned();
        if TCTI_VARIABLES.contains(&origin) {
            hint = format!("{hint}; `--tpm` goes before {origin}, and `unset {origin}` removes it");
        }
        CliError::usage(
            format!("`{text}` (from {origin}) names no TPM: {error}"),
            hint,
        )
    })?)
}

/// Changes the path of a TPM that has one which the working directory matters for.
fn with_path(tcti: Tcti, change: impl FnOnce(&Path) -> Result<std::path::PathBuf>) -> Result<Tcti> {
    Ok(match tcti {
        Tcti::Libtpms(path) => Tcti::Libtpms(change(&path)?),
        Tcti::SwtpmUnix(path) => Tcti::SwtpmUnix(change(&path)?),
        other => other,
    })
}

const HINT: &str = "a TPM is named by device:/dev/tpmrm0, swtpm:host=H,port=P, swtpm:path=SOCKET, \
                    mssim:host=H,port=P or libtpms:DIR";

/// What is said of the TPM that is meant where none was named.
const DEFAULT: &str = "the default";
const DEFAULT_DEVICE: &str = "/dev/tpmrm0";

/// Ours first, then those that the tools of before have taught people.
pub(crate) const TCTI_VARIABLES: [&str; 4] = [
    "TPM2CA_TCTI",
    "TPM2OPENSSL_TCTI",
    "TPM2TSSENGINE_TCTI",
    "TPM2TOOLS_TCTI",
];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn a_software_tpm_inside_the_ca_moves_with_it() {
        let directory = CaDirectory::new("/srv/ca");
        let inside = Tcti::Libtpms("/srv/ca/tpm".into());
        assert_eq!(to_remember(&inside, &directory).unwrap(), "libtpms:tpm");
        let outside = Tcti::Libtpms("/srv/ca-tpm".into());
        assert_eq!(
            to_remember(&outside, &directory).unwrap(),
            "libtpms:/srv/ca-tpm"
        );
        let device = Tcti::Device("/dev/tpmrm0".into());
        assert_eq!(
            to_remember(&device, &directory).unwrap(),
            "device:/dev/tpmrm0"
        );
    }
}
