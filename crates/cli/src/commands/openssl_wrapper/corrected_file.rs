//! Files that keep OpenSSL from using our provider as it should.
//!
//! OpenSSL 4 stops at a file with `engines`, and before it one with an engine that is not installed. And a file that loads
//! our provider does it before any option is read, so that the order is the file's. Such a file is given to OpenSSL as a
//! copy, in memory, whose `openssl_conf` names the same entries without `engines`, and with `default` in front. What the
//! file says to the engine is said to the provider.

use std::{
    ffi::OsString,
    fmt::Write as _,
    fs::{self, File},
    io::{self, Write as _},
    os::fd::{AsRawFd, IntoRawFd},
    path::Path,
    process::Command,
};

use anyhow::Result;
use rustix::fs::{MemfdFlags, memfd_create};

use super::{
    Said, TCTI, configuration::escaped, is_set, is_tcti_in_environment, rewrite::value_place,
};
use crate::{
    error::CliError,
    installed_openssl::{
        InstalledOpenSsl, Version,
        modules::{Kind, is_our_engine},
        settings::{Engine, Provider, Settings},
    },
    output::Output,
};

/// Looks at the file that OpenSSL reads when it starts and at the one behind `-config`; the arguments, with the copy's
/// name where there is one.
pub(super) fn apply(
    command: &mut Command,
    openssl: &InstalledOpenSsl,
    arguments: &[OsString],
    said: &Said,
    output: &Output,
) -> Result<Vec<OsString>> {
    let mut arguments = arguments.to_vec();
    if let Some(file) = openssl.configuration()
        && let Some(correction) = Correction::of(&file, Some(openssl.version))
    {
        command.env("OPENSSL_CONF", correction.copy(output)?);
        hand_on(command, &correction.settings, said);
    }
    if let Some((at, skipped)) = value_place(&arguments, "config")
        && let Some(word) = arguments[at].to_str()
        && let Some((option, file)) = word.split_at_checked(skipped)
        // By then the options have loaded the providers.
        && let Some(correction) = Correction::of(Path::new(file), None)
    {
        let mut changed = OsString::from(option);
        changed.push(correction.copy(output)?);
        arguments[at] = changed;
        hand_on(command, &correction.settings, said);
    }
    Ok(arguments)
}

/// What is wrong with a file.
struct Correction {
    settings: Settings,
    has_engine: bool,
    /// Our provider is loaded before `default`.
    is_reversed: bool,
}

impl Correction {
    /// Of a file that is read; the order matters in the one that this version reads when it starts. A file with other
    /// engines is left alone, and so is one that cannot be read: OpenSSL says so.
    fn of(file: &Path, at_start: Option<Version>) -> Option<Self> {
        let settings = Settings::load(file).ok()?;
        let is_ours = |engine: &Engine| is_our_engine(&engine.id);
        if !settings.engines.iter().all(is_ours) {
            return None;
        }
        let correction = Self {
            has_engine: !settings.engines.is_empty(),
            is_reversed: at_start.is_some_and(|version| is_reversed(&settings, version)),
            settings,
        };
        (correction.has_engine || correction.is_reversed).then_some(correction)
    }

    /// The name of a copy without it. The copy lives as long as somebody has it open, which OpenSSL inherits.
    fn copy(&self, output: &Output) -> Result<OsString> {
        let path = &self.settings.file;
        if self.has_engine {
            output.detail(&format!("`{}` is read without its engine", path.display()));
        }
        if self.is_reversed {
            output.detail(&format!(
                "`{}` is read with `default` first",
                path.display()
            ));
        }
        let mut text = fs::read(path).map_err(|error| CliError::file("read", path, &error))?;
        text.extend_from_slice(self.addition().as_bytes());
        Ok(in_memory(&text).map_err(|error| CliError::file("copy", path, &error))?)
    }

    /// Lines behind all others count.
    fn addition(&self) -> String {
        let mut lines = format!("\n\n[default]\nopenssl_conf = {SECTION}\n[{SECTION}]\n");
        let mut line = |name: &str, value: &str| {
            // Writing to a string cannot fail.
            let _ = writeln!(lines, "{name} = {}", escaped(value));
        };
        for (name, value) in &self.settings.without_engines {
            if !(self.is_reversed && name == "providers") {
                line(name, value);
            }
        }
        if self.is_reversed {
            line("providers", LIST);
            let _ = writeln!(lines, "[{LIST}]");
            let (first, rest): (Vec<&Provider>, Vec<&Provider>) = self
                .settings
                .providers
                .iter()
                .partition(|provider| provider.name == "default");
            for provider in first.into_iter().chain(rest) {
                let _ = writeln!(lines, "{} = {}", provider.name, escaped(&provider.section));
            }
        }
        lines
    }
}

/// Whether a provider for TPM keys is loaded before `default` is.
fn is_reversed(settings: &Settings, version: Version) -> bool {
    let place = |is_it: &dyn Fn(&Provider) -> bool| {
        let mut active = settings
            .providers
            .iter()
            .filter(|provider| provider.is_active(version));
        active.position(is_it)
    };
    let default = place(&|provider| provider.name == "default");
    let ours = place(&|provider| Kind::Provider.names().contains(&provider.name.as_str()));
    matches!((ours, default), (Some(ours), Some(default)) if ours < default)
}

fn in_memory(octets: &[u8]) -> io::Result<OsString> {
    // Without CLOEXEC: it is for the program that takes our place.
    let mut file = File::from(memfd_create("openssl.cnf", MemfdFlags::empty())?);
    file.write_all(octets)?;
    let name = format!("/proc/self/fd/{}", file.as_raw_fd());
    let _ = file.into_raw_fd();
    Ok(name.into())
}

/// What our options and the environment say goes before it.
fn hand_on(command: &mut Command, settings: &Settings, said: &Said) {
    let controls = settings.engines.iter().flat_map(|engine| &engine.controls);
    for (name, value) in controls {
        match name.as_str() {
            "SET_TCTI" if said.tcti.is_none() && !is_tcti_in_environment() => {
                command.env(TCTI, value);
            }
            "SET_OWNERAUTH" => hand_on_secret(command, OWNER_AUTH, value, said),
            "SET_PARENTAUTH" => hand_on_secret(command, PARENT_AUTH, value, said),
            "SET_KEYAUTH" => hand_on_secret(command, KEY_AUTH, value, said),
            "SET_ALLOWRSAES" if !is_set(ALLOW_RSAES) => {
                command.env(ALLOW_RSAES, value);
            }
            _ => {}
        }
    }
}

fn hand_on_secret(command: &mut Command, variable: &str, value: &str, said: &Said) {
    let is_said = said.secrets.iter().any(|(name, _)| *name == variable);
    if is_said || is_set(variable) {
        return;
    }
    // tpm2-tss-engine takes the value itself, our engine also where it is.
    let is_source = ["pass:", "env:", "file:"]
        .iter()
        .any(|kind| value.starts_with(kind));
    let prefix = if is_source { "" } else { "pass:" };
    command.env(variable, format!("{prefix}{value}"));
}

const ALLOW_RSAES: &str = "TPM2CA_ALLOW_RSAES";
const KEY_AUTH: &str = "TPM2CA_KEY_AUTH";
const OWNER_AUTH: &str = "TPM2CA_OWNER_AUTH";
const PARENT_AUTH: &str = "TPM2CA_PARENT_AUTH";
const SECTION: &str = "tpm2ca_corrected";
const LIST: &str = "tpm2ca_providers";
