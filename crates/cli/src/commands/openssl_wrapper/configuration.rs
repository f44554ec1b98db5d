//! `tpm2ca openssl --print-config`: the lines of an openssl.cnf with which every program loads our module.
//!
//! They can be put behind the user's file as they are: what that has already is named by its own names.

use std::fmt::Write as _;

use anyhow::Result;

use super::{Said, missing};
use crate::{
    error::Code,
    installed_openssl::{
        InstalledOpenSsl,
        modules::{Kind, Module},
        settings::Settings,
    },
    output::Output,
};

pub(super) fn print(openssl: &InstalledOpenSsl, said: &Said, output: &Output) -> Result<Code> {
    let file = openssl.configuration();
    // What is wrong with the user's file is for the doctor to say.
    let settings = file
        .as_deref()
        .and_then(|file| Settings::load(file).ok())
        .unwrap_or_default();
    let kind = if openssl.version.has_providers() {
        Kind::Provider
    } else {
        Kind::Engine
    };
    let module = kind
        .find(openssl)
        .ok_or_else(|| missing(kind, kind.folder(openssl).as_deref()))?;
    let text = match kind {
        Kind::Provider => provider_lines(openssl, &module, &settings, said),
        Kind::Engine => engine_lines(openssl, &module, &settings, said),
    };
    output.data(text.as_bytes())?;
    if said.secrets.iter().any(|(_, source)| is_value(source)) {
        output.advise(
            "an authorization value is not printed, since others may read the file",
            "give its place, which is: `file:PATH` or `env:VAR`",
        );
    }
    if let Some(file) = file {
        output.say(&format!(
            "these lines belong at the end of `{}`, or of a file that OPENSSL_CONF names",
            file.display()
        ));
    }
    Ok(Code::Done)
}

fn provider_lines(
    openssl: &InstalledOpenSsl,
    module: &Module,
    settings: &Settings,
    said: &Said,
) -> String {
    let name = module.name;
    let init = settings.init.as_deref().unwrap_or("openssl_init");
    let list = settings.list.as_deref().unwrap_or("provider_section");
    let theirs = |name: &str| {
        let provider = settings
            .providers
            .iter()
            .find(|provider| provider.name == name);
        provider.map(|provider| provider.section.as_str())
    };
    let default = theirs("default").unwrap_or("default_section");
    let own = format!("{name}_section");
    let own = theirs(name).unwrap_or(&own);

    let mut lines = Lines::new(openssl);
    lines.section("default");
    lines.value("openssl_conf", init);
    lines.section(init);
    lines.value("providers", list);
    lines.section(list);
    // The order in which they are loaded: a name that is set again stands behind all others, so that a wrong order of
    // the file becomes the right one.
    lines.value("default", default);
    lines.value(name, own);
    lines.section(default);
    lines.value("activate", "1");
    lines.section(own);
    lines.value("activate", "1");
    // A folder that a variable names now may not be named when the file is read.
    if openssl.providers.as_ref() != Some(&module.folder) {
        lines.value("module", &module.path().display().to_string());
    }
    if let Some(tcti) = &said.tcti {
        lines.value("tcti", tcti);
    }
    for (variable, source) in &said.secrets {
        if !is_value(source) {
            let setting = variable.trim_start_matches("TPM2CA_").to_ascii_lowercase();
            lines.value(&setting.replace('_', "-"), source);
        }
    }
    lines.finished()
}

fn engine_lines(
    openssl: &InstalledOpenSsl,
    module: &Module,
    settings: &Settings,
    said: &Said,
) -> String {
    let init = settings.init.as_deref().unwrap_or("openssl_init");
    let mut lines = Lines::new(openssl);
    lines.section("default");
    lines.value("openssl_conf", init);
    lines.section(init);
    lines.value("engines", "engine_section");
    lines.section("engine_section");
    lines.value("tpm2tss", "tpm2tss_section");
    lines.section("tpm2tss_section");
    lines.value("engine_id", "tpm2tss");
    lines.value("dynamic_path", &module.path().display().to_string());
    if let Some(tcti) = &said.tcti {
        lines.value("SET_TCTI", tcti);
    }
    lines.value("init", "1");
    lines.finished()
}

/// Whether it is the secret itself, and not where that is.
fn is_value(source: &str) -> bool {
    source.starts_with("pass:")
}

struct Lines(String);

impl Lines {
    fn new(openssl: &InstalledOpenSsl) -> Self {
        Self(format!(
            "\n# Keys in a TPM, by tpm2ca; for OpenSSL {}.\n",
            openssl.version
        ))
    }

    fn section(&mut self, name: &str) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.0, "[{name}]");
    }

    fn value(&mut self, name: &str, value: &str) {
        let _ = writeln!(self.0, "{name} = {}", escaped(value));
    }

    /// Whatever may follow, as when the lines are put in front of a file, belongs to no section of ours.
    fn finished(mut self) -> String {
        self.section("default");
        self.0
    }
}

/// A value as config(5) reads it back.
pub(super) fn escaped(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for character in value.chars() {
        match character {
            '\\' | '$' | '#' | '"' | '\'' | '`' => escaped.extend(['\\', character]),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;
    use tpm2ca_openssl_conf::Conf;

    use super::*;

    proptest! {
        #[test]
        fn what_is_escaped_is_read_back(value in r#"[a-z\\$#"'`{}()=;:/.\n\r][a-z \\$#"'`{}()=;:/.\n\r]{0,20}[a-z\\$#"'`{}]"#) {
            let text = format!("x = {}\n", escaped(&value));
            let conf = Conf::parse(text.as_bytes(), "x", &|_| None).unwrap();
            prop_assert_eq!(conf.get("default", "x").unwrap().as_str().unwrap(), value);
        }
    }
}
