//! Pass phrase arguments, as OpenSSL has them (openssl-passphrase-options(1)), and systemd credentials.

use std::{
    env,
    ffi::OsStr,
    fmt,
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::{Path, PathBuf},
    str::FromStr,
};

use clap::{Arg, Command, builder::TypedValueParser, error::ErrorKind};
use zeroize::{Zeroize, Zeroizing};

use crate::error::reason;

/// Where a secret comes from. The secret itself is only in `pass:`, which the process list shows to everybody.
#[derive(Clone)]
pub enum Secret {
    /// `pass:VALUE`
    Pass(Zeroizing<String>),
    /// `env:VAR`
    Env(String),
    /// `file:PATH`: its first line
    File(PathBuf),
    /// `fd:N`: its first line
    Descriptor(u32),
    /// `stdin`: its first line
    Stdin,
    /// `credential:NAME`, from systemd's `LoadCredential=`
    Credential(String),
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(..)")
    }
}

impl fmt::Display for Secret {
    /// The source; never a value.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pass(_) => formatter.write_str("`pass:`"),
            Self::Env(name) => write!(formatter, "the environment variable `{name}`"),
            Self::File(path) => write!(formatter, "`{}`", path.display()),
            Self::Descriptor(number) => write!(formatter, "file descriptor {number}"),
            Self::Stdin => formatter.write_str("standard input"),
            Self::Credential(name) => write!(formatter, "the credential `{name}`"),
        }
    }
}

impl FromStr for Secret {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (kind, rest) = text.split_once(':').unwrap_or((text, ""));
        match kind {
            "pass" => Ok(Self::Pass(Zeroizing::new(rest.to_owned()))),
            "env" if !rest.is_empty() => Ok(Self::Env(rest.to_owned())),
            "file" if !rest.is_empty() => Ok(Self::File(rest.into())),
            "fd" => rest
                .parse()
                .map(Self::Descriptor)
                .map_err(|_| "expected a number after `fd:`".to_owned()),
            "stdin" if rest.is_empty() => Ok(Self::Stdin),
            "credential" if !rest.is_empty() && !rest.contains('/') => {
                Ok(Self::Credential(rest.to_owned()))
            }
            // The value is not repeated: it may be the secret itself, given without its prefix.
            _ => Err(SOURCES.to_owned()),
        }
    }
}

/// The forms of a secret, for messages and hints.
pub(crate) const SOURCES: &str =
    "give it as `file:PATH`, `env:VAR`, `fd:N`, `stdin`, `credential:NAME` or `pass:VALUE`";

/// Reads a [`Secret`] from the command line. clap's own errors repeat the wrong value, which may be the secret itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SecretParser;

impl TypedValueParser for SecretParser {
    type Value = Secret;

    fn parse_ref(
        &self,
        command: &Command,
        argument: Option<&Arg>,
        value: &OsStr,
    ) -> Result<Secret, clap::Error> {
        let parsed = match value.to_str() {
            Some(text) => text.parse(),
            None => Err("it is not UTF-8".to_owned()),
        };
        parsed.map_err(|message: String| {
            let option = argument.map(ToString::to_string).unwrap_or_default();
            clap::Error::raw(
                ErrorKind::ValueValidation,
                format!("the value of `{option}` cannot be used: {message}"),
            )
            .with_cmd(command)
        })
    }
}

impl Secret {
    /// Fetches the value. Only `pass:` can be empty: elsewhere that is a mistake, and would cost one of the few tries
    /// that a TPM allows.
    ///
    /// # Errors
    /// A message that names the source, never the value.
    pub(crate) fn value(&self) -> Result<Zeroizing<Vec<u8>>, String> {
        let value = self.read()?;
        if value.is_empty() && !matches!(self, Self::Pass(_)) {
            return Err(format!("the secret from {self} is empty"));
        }
        Ok(value)
    }

    /// Whether it takes standard input away from other uses.
    pub(crate) fn is_stdin(&self) -> bool {
        matches!(self, Self::Stdin | Self::Descriptor(0))
    }

    fn read(&self) -> Result<Zeroizing<Vec<u8>>, String> {
        match self {
            Self::Pass(value) => Ok(Zeroizing::new(value.as_bytes().to_vec())),
            Self::Env(name) => env::var(name)
                .map(|value| Zeroizing::new(value.into_bytes()))
                .map_err(|_| format!("the environment variable `{name}` is not set")),
            Self::File(path) => self.first_line_of(path),
            Self::Descriptor(number) => self.first_line_of(Path::new(&format!("/dev/fd/{number}"))),
            Self::Stdin => {
                first_line(&mut io::stdin().lock()).map_err(|error| self.unreadable(&error))
            }
            Self::Credential(name) => {
                let folder = env::var_os("CREDENTIALS_DIRECTORY").ok_or_else(|| {
                    format!(
                        "there is no credential `{name}`: CREDENTIALS_DIRECTORY is not set (systemd sets it for units \
                         with LoadCredential=)"
                    )
                })?;
                self.first_line_of(&Path::new(&folder).join(name))
            }
        }
    }

    fn first_line_of(&self, path: &Path) -> Result<Zeroizing<Vec<u8>>, String> {
        File::open(path)
            .and_then(|file| first_line(&mut BufReader::new(file)))
            .map_err(|error| self.unreadable(&error))
    }

    fn unreadable(&self, error: &io::Error) -> String {
        format!("{self} cannot be read: {}", reason(error))
    }
}

/// One line without its end; a secret is short, so that a wrong file is noticed instead of read to its end.
fn first_line(source: &mut impl BufRead) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut line = Zeroizing::new(Vec::with_capacity(MAX_LINE));
    source.take(MAX_LINE as u64).read_until(b'\n', &mut line)?;
    if line.len() == MAX_LINE {
        line.zeroize();
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "the first line is too long for a secret",
        ));
    }
    while line
        .last()
        .is_some_and(|octet| matches!(octet, b'\n' | b'\r'))
    {
        line.pop();
    }
    Ok(line)
}

const MAX_LINE: usize = 4096;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn sources_are_read_and_never_shown() {
        let secret: Secret = "pass:s3cret".parse().unwrap();
        assert_eq!(&secret.value().unwrap()[..], b"s3cret");
        assert!(!format!("{secret:?}").contains("s3cret"));

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pin");
        std::fs::write(&path, "first\r\nsecond\n").unwrap();
        let secret: Secret = format!("file:{}", path.display()).parse().unwrap();
        assert_eq!(&secret.value().unwrap()[..], b"first");
    }

    #[test]
    fn a_bare_value_is_refused_without_being_repeated() {
        let error = "hunter2".parse::<Secret>().unwrap_err();
        assert!(!error.contains("hunter2"), "{error}");
        for wrong in ["env:", "file:", "fd:x", "credential:../x", "stdin:x"] {
            assert!(wrong.parse::<Secret>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_missing_source_is_named() {
        let error = |text: &str| text.parse::<Secret>().unwrap().value().unwrap_err();
        let message = error("env:TPM2CA_NO_SUCH_VARIABLE");
        assert!(message.contains("TPM2CA_NO_SUCH_VARIABLE"), "{message}");
        assert_eq!(
            error("file:/no/such/pin"),
            "`/no/such/pin` cannot be read: no such file or directory"
        );
    }

    #[test]
    fn nothing_is_not_taken_for_a_secret_unless_it_is_said() {
        let folder = tempfile::tempdir().unwrap();
        for (name, contents) in [("empty", ""), ("line", "\nsecret\n")] {
            let path = folder.path().join(name);
            std::fs::write(&path, contents).unwrap();
            let secret: Secret = format!("file:{}", path.display()).parse().unwrap();
            let error = secret.value().unwrap_err();
            assert!(error.contains("is empty"), "{error}");
        }
        assert!(
            "pass:"
                .parse::<Secret>()
                .unwrap()
                .value()
                .unwrap()
                .is_empty()
        );
    }
}
