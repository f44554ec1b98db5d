//! What the request is made from: the configuration, and the options that change it.

use std::{env, path::Path};

use anyhow::Result;
use tpm2ca_keys::Hash;
use tpm2ca_openssl_ca::req::{ReqError, ReqSettings, hash_by_name};
use tpm2ca_openssl_conf::{Conf, Section};
use tpm2ca_openssl_x509v3::Objects;
use tpm2ca_x509::Serial;

use crate::{
    args::req::Req,
    error::CliError,
    openssl_config::{load, oid_file},
    output::Output,
};

/// The file, and the names of object identifiers that it adds.
pub(super) struct Config {
    conf: Conf,
    objects: Objects,
    /// Whether there was no file.
    is_builtin: bool,
}

impl Config {
    /// `--config`, or the built-in one.
    pub(super) fn load(path: Option<&Path>, output: &Output) -> Result<Self> {
        let conf = match path {
            Some(path) => load(path, output),
            None => Conf::parse(
                BUILTIN.as_bytes(),
                "the built-in configuration",
                &|_: &str| None,
            ),
        };
        let conf = conf.map_err(ReqError::Conf)?;
        let mut objects = Objects::from_conf(&conf).map_err(ReqError::Openssl)?;
        if let Some(bytes) = oid_file(&conf, output).map_err(ReqError::Conf)? {
            objects.add_file(&bytes);
        }
        Ok(Self {
            conf,
            objects,
            is_builtin: path.is_none(),
        })
    }

    pub(super) fn settings<'a>(&'a self, section: &'a str) -> ReqSettings<'a> {
        ReqSettings::new(&self.conf, section, &self.objects)
    }

    /// The hash: the option's, the configuration's, SHA-256 as with OpenSSL; what suits the key best without a file.
    pub(super) fn hash(&self, args: &Req, settings: &ReqSettings<'_>) -> Result<Option<Hash>> {
        let by_option = match &args.md {
            Some(name) => Some(hash_by_name(name).map_err(|(problem, hint)| {
                CliError::usage(format!("`--md {name}`: {problem}"), hint)
            })?),
            None if args.sha256 => Some(Hash::Sha256),
            None if args.sha384 => Some(Hash::Sha384),
            None if args.sha512 => Some(Hash::Sha512),
            None => None,
        };
        if by_option.is_some() {
            return Ok(by_option);
        }
        let otherwise = (!self.is_builtin).then_some(Hash::Sha256);
        Ok(settings.default_md()?.or(otherwise))
    }

    /// The section of extensions: the option's, or the one that the configuration names.
    pub(super) fn extensions<'a>(
        &'a self,
        args: &Req,
        settings: &ReqSettings<'a>,
    ) -> Result<Option<&'a Section>> {
        let (key, option, named) = if args.x509 {
            (
                "x509_extensions",
                "--extensions",
                args.extensions.as_deref(),
            )
        } else if let Some(name) = &args.reqexts {
            ("req_extensions", "--reqexts", Some(name.as_str()))
        } else {
            ("req_extensions", "--extensions", args.extensions.as_deref())
        };
        let Some(name) = named else {
            return Ok(settings.extensions(key)?);
        };
        let section = self.conf.section(name).ok_or_else(|| {
            let sections: Vec<_> = self.conf.sections().map(Section::name).collect();
            CliError::usage(
                format!(
                    "`{option} {name}`: {} has no section [{name}]",
                    self.conf.name()
                ),
                format!("its sections are {}", sections.join(", ")),
            )
        })?;
        Ok(Some(section))
    }
}

/// `--addext`, read as if it were the lines of a file.
pub(super) fn added_extensions(extensions: &[String]) -> Result<Option<Conf>> {
    if extensions.is_empty() {
        return Ok(None);
    }
    let mut names = Vec::new();
    for extension in extensions {
        let name = extension.split_once('=').map(|(name, _)| name.trim());
        let Some(name) = name.filter(|name| !name.is_empty()) else {
            return Err(CliError::usage(
                format!("`--addext {extension}`: expected `name = value`"),
                "such as `--addext 'subjectAltName = DNS:www.example.com'`",
            )
            .into());
        };
        if names.contains(&name) {
            return Err(CliError::usage(
                format!("`--addext` gives `{name}` twice"),
                "put all values into one, separated by commas",
            )
            .into());
        }
        names.push(name);
    }
    let lines = extensions.join("\n");
    let conf = Conf::parse(lines.as_bytes(), "--addext", &|name: &str| {
        env::var(name).ok()
    });
    Ok(Some(conf.map_err(ReqError::Conf)?))
}

/// `--set_serial`: decimal, or hexadecimal behind `0x`.
pub(super) fn serial(text: &str) -> Result<Serial> {
    let wrong = |problem: String| {
        CliError::usage(
            format!("`--set_serial {text}`: {problem}"),
            "a serial number is a positive decimal number, or `0x` and hexadecimal digits, of at most 20 octets",
        )
    };
    if text.starts_with("0x") || text.starts_with("0X") {
        return Ok(text
            .parse()
            .map_err(|error: tpm2ca_x509::Error| wrong(error.to_string()))?);
    }
    // Long division by the base: the number is longer than any that the machine has.
    let mut octets = [0_u8; 21];
    if text.is_empty() || text.len() > 49 {
        return Err(wrong("it is empty, or too long".to_owned()).into());
    }
    for character in text.chars() {
        let Some(digit) = character.to_digit(10) else {
            return Err(wrong(format!("`{character}` is no digit")).into());
        };
        let mut carry = digit;
        for octet in octets.iter_mut().rev() {
            let product = u32::from(*octet) * 10 + carry;
            let [.., high, low] = product.to_be_bytes();
            (*octet, carry) = (low, u32::from(high));
        }
        if carry != 0 {
            return Err(wrong("it is too large".to_owned()).into());
        }
    }
    Ok(Serial::from_be_bytes(&octets).map_err(|error| wrong(error.to_string()))?)
}

const BUILTIN: &str = include_str!("builtin.cnf");

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn serial_numbers() {
        for (text, hex) in [
            ("1", "01"),
            ("4096", "1000"),
            ("0x1000", "1000"),
            ("0X0a", "0a"),
            ("007", "07"),
            (
                "340282366920938463463374607431768211456",
                "0100000000000000000000000000000000",
            ),
            (
                "730750818665451459101842416358141509827966271487",
                "7fffffffffffffffffffffffffffffffffffffff",
            ),
        ] {
            assert_eq!(serial(text).unwrap().to_string(), hex, "{text}");
        }
        for text in [
            "",
            "0",
            "-1",
            "0x",
            "0x0",
            "1.5",
            "12a",
            " 1",
            "730750818665451459101842416358141509827966271488",
            "1461501637330902918203684832716283019655932542976",
            "99999999999999999999999999999999999999999999999999999999",
        ] {
            assert!(serial(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_built_in_configuration_can_be_used() {
        let output = Output::new(false, true, false);
        let config = Config::load(None, &output).unwrap();
        let settings = config.settings("req");
        assert_eq!(settings.name_questions().unwrap().len(), 7);
        assert!(settings.attribute_questions().unwrap().is_empty());
        assert!(settings.extensions("x509_extensions").unwrap().is_some());
        assert!(settings.prompts());
    }
}
