//! Our engine in an openssl.cnf, where only providers are used.
//!
//! OpenSSL 4 stops at a file with `engines`, and before it one with an engine that is not installed. So it is given a
//! copy, in memory, whose `openssl_conf` names the same entries without that one. What the file says to the engine is
//! said to the provider.

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
        InstalledOpenSsl,
        modules::is_our_engine,
        settings::{Engine, Settings},
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
        && let Some(settings) = settings_of_our_engine(&file)
    {
        output.detail(&format!("`{}` is read without its engine", file.display()));
        command.env("OPENSSL_CONF", without_engines(&settings)?);
        hand_on(command, &settings, said);
    }
    if let Some((at, skipped)) = value_place(&arguments, "config")
        && let Some(word) = arguments[at].to_str()
        && let Some((option, file)) = word.split_at_checked(skipped)
        && let Some(settings) = settings_of_our_engine(Path::new(file))
    {
        output.detail(&format!("`{file}` is read without its engine"));
        let mut changed = OsString::from(option);
        changed.push(without_engines(&settings)?);
        arguments[at] = changed;
        hand_on(command, &settings, said);
    }
    Ok(arguments)
}

/// Of a file whose engines are ours and no others. If it cannot be read, OpenSSL says so.
fn settings_of_our_engine(file: &Path) -> Option<Settings> {
    let settings = Settings::load(file).ok()?;
    let (first, rest) = settings.engines.split_first()?;
    let is_ours = |engine: &Engine| is_our_engine(&engine.id);
    (is_ours(first) && rest.iter().all(is_ours)).then_some(settings)
}

/// The name of a copy that has no engines. It lives as long as somebody has it open, which OpenSSL inherits.
fn without_engines(settings: &Settings) -> Result<OsString> {
    let path = &settings.file;
    let mut text = fs::read(path).map_err(|error| CliError::file("read", path, &error))?;
    text.extend_from_slice(addition(settings).as_bytes());
    let copy = in_memory(&text).map_err(|error| CliError::file("copy", path, &error))?;
    Ok(copy)
}

/// Lines behind all others count.
fn addition(settings: &Settings) -> String {
    let mut lines = format!("\n\n[default]\nopenssl_conf = {SECTION}\n[{SECTION}]\n");
    for (name, value) in &settings.without_engines {
        // Writing to a string cannot fail.
        let _ = writeln!(lines, "{name} = {}", escaped(value));
    }
    lines
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

const KEY_AUTH: &str = "TPM2CA_KEY_AUTH";
const OWNER_AUTH: &str = "TPM2CA_OWNER_AUTH";
const PARENT_AUTH: &str = "TPM2CA_PARENT_AUTH";
const SECTION: &str = "tpm2ca_without_engines";
