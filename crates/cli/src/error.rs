//! From an error to what the user sees: one line, a hint, an exit code.

use std::{io, path::Path, process::ExitCode};

use thiserror::Error;
use tpm2ca_authority::{AuthorityError, ErrorClass};
use tpm2ca_keys::{KeyError, PrivateKeyError, SignError};
use tpm2ca_openssl_ca::req::ReqError;
use tpm2ca_responder::ServeError;
use tpm2ca_store::StoreError;
use tpm2ca_tpm::{ErrorKind, KeyFileError, PolicyError, TpmError};

/// The exit codes, a contract with scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// Done.
    Done,
    /// Refused or failed.
    Failed,
    /// Wrong usage.
    Usage,
    /// TPM unavailable or locked out.
    TpmUnavailable,
    /// A verification said no.
    VerificationFailed,
    /// A secret is wrong or missing.
    WrongSecret,
}

impl From<Code> for u8 {
    fn from(code: Code) -> Self {
        match code {
            Code::Done => 0,
            Code::Failed => 1,
            Code::Usage => 2,
            Code::TpmUnavailable => 3,
            Code::VerificationFailed => 4,
            Code::WrongSecret => 5,
        }
    }
}

impl From<Code> for ExitCode {
    fn from(code: Code) -> Self {
        Self::from(u8::from(code))
    }
}

/// An error of the command line itself, which always has advice.
#[derive(Debug, Error)]
#[error("{message}")]
pub(crate) struct CliError {
    message: String,
    hint: String,
    code: Code,
}

impl CliError {
    /// Arguments that do not fit.
    pub(crate) fn usage(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(Code::Usage, message, hint)
    }

    /// Something that does not work.
    pub(crate) fn failed(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(Code::Failed, message, hint)
    }

    /// There is no TPM where one should be.
    pub(crate) fn no_tpm(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(Code::TpmUnavailable, message, hint)
    }

    /// A secret that is missing.
    pub(crate) fn secret(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(Code::WrongSecret, message, hint)
    }

    /// A check that came out badly.
    pub(crate) fn verification(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(Code::VerificationFailed, message, hint)
    }

    /// A file of the user's that cannot be read or made.
    pub(crate) fn file(action: &str, path: &Path, error: &io::Error) -> Self {
        let hint = file_hint(error).unwrap_or("look at it with `ls -l`");
        Self::failed(
            format!("cannot {action} `{}`: {}", path.display(), reason(error)),
            hint,
        )
    }

    fn new(code: Code, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: hint.into(),
            code,
        }
    }
}

/// Standard output cannot be written to.
#[derive(Debug, Error)]
#[error("cannot write to standard output")]
pub(crate) struct StdoutError(#[source] pub(crate) io::Error);

/// Whether the reader of our output went away, which is not an error of ours. A pipe that breaks elsewhere, such as
/// the one to a TPM, is.
pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<StdoutError>()
        .is_some_and(|StdoutError(error)| error.kind() == io::ErrorKind::BrokenPipe)
}

/// What the user sees.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
    pub(crate) code: Code,
    /// Which CSR it is about, where there were many.
    pub(crate) about: Option<String>,
}

impl From<&anyhow::Error> for Failure {
    fn from(error: &anyhow::Error) -> Self {
        let mut code = Code::Failed;
        let mut hint = None;
        for cause in error.chain() {
            let (its_hint, its_code) = advice(cause);
            hint = hint.or(its_hint);
            if code == Code::Failed {
                code = its_code.unwrap_or(Code::Failed);
            }
        }
        Self {
            message: chain(error),
            hint,
            code,
            about: None,
        }
    }
}

fn advice(cause: &(dyn std::error::Error + 'static)) -> (Option<String>, Option<Code>) {
    if let Some(error) = cause.downcast_ref::<AuthorityError>() {
        let code = match error.class() {
            ErrorClass::TpmUnavailable => Some(Code::TpmUnavailable),
            ErrorClass::WrongSecret => Some(Code::WrongSecret),
            _ => None,
        };
        (error.hint(), code)
    } else if let Some(error) = cause.downcast_ref::<TpmError>() {
        let code = match error.kind() {
            ErrorKind::Unavailable | ErrorKind::Lockout => Some(Code::TpmUnavailable),
            ErrorKind::Auth => Some(Code::WrongSecret),
            ErrorKind::Other => None,
        };
        (error.hint(), code)
    } else if let Some(error) = cause.downcast_ref::<StoreError>() {
        (error.hint(), None)
    } else if let Some(error) = cause.downcast_ref::<SignError>() {
        let code = match error {
            SignError::Tpm(error) => advice(error).1,
            _ => None,
        };
        (error.hint(), code)
    } else if let Some(error) = cause.downcast_ref::<KeyFileError>() {
        (error.hint(), None)
    } else if let Some(error) = cause.downcast_ref::<PrivateKeyError>() {
        let code = match error {
            PrivateKeyError::WrongPassphrase | PrivateKeyError::NoPassphrase { .. } => {
                Some(Code::WrongSecret)
            }
            _ => None,
        };
        (error.hint(), code)
    } else if let Some(error) = cause.downcast_ref::<KeyError>() {
        (error.hint(), None)
    } else if let Some(error) = cause.downcast_ref::<PolicyError>() {
        (error.hint(), None)
    } else if let Some(error) = cause.downcast_ref::<ServeError>() {
        (error.hint(), None)
    } else if let Some(error) = cause.downcast_ref::<ReqError>() {
        (error.hint(), None)
    } else if let Some(CliError { hint, code, .. }) = cause.downcast_ref() {
        (Some(hint.clone()), Some(*code))
    } else if let Some(error) = cause.downcast_ref::<io::Error>() {
        (file_hint(error).map(str::to_owned), None)
    } else {
        (None, None)
    }
}

/// The whole chain on one line; a cause that its parent quotes already is not said twice.
fn chain(error: &anyhow::Error) -> String {
    let mut message = String::new();
    for cause in error.chain() {
        let text = match cause.downcast_ref::<io::Error>() {
            Some(error) if !message.contains(&error.to_string()) => reason(error),
            _ => cause.to_string(),
        };
        if message.is_empty() {
            message = text;
        } else if !message.contains(&text) {
            message.push_str(": ");
            message.push_str(&text);
        }
    }
    crate::text::printable(&message)
}

/// An error of the operating system in our way of writing: lower case, and without its number.
pub(crate) fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => first.to_lowercase().chain(characters).collect(),
        None => "unknown error".to_owned(),
    }
}

fn file_hint(error: &io::Error) -> Option<&'static str> {
    use io::ErrorKind as Kind;
    Some(match error.kind() {
        Kind::NotFound => {
            "is the path right? `ls -l` shows what is there, `mkdir -p` makes a folder"
        }
        Kind::PermissionDenied => "run it as a user who may do this; `ls -l` shows owner and mode",
        Kind::IsADirectory => "that is a folder; name a file",
        Kind::NotADirectory => "a part of the path is a file, not a folder; name another path",
        Kind::AlreadyExists => "choose another name, or remove what is there first",
        Kind::StorageFull | Kind::QuotaExceeded => "make room on the disk, then try again",
        Kind::ReadOnlyFilesystem => "the file system is mounted read-only; choose another place",
        Kind::InvalidFilename => "choose a shorter name for the file",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;
    use tpm2ca_store::StoreErrorClass;

    use super::*;

    #[test]
    fn a_broken_pipe_to_a_tpm_is_an_error() {
        let pipe = || io::Error::from(io::ErrorKind::BrokenPipe);
        assert!(is_broken_pipe(&StdoutError(pipe()).into()));
        assert!(!is_broken_pipe(
            &anyhow::Error::from(pipe()).context("the TPM is gone")
        ));
    }

    #[test]
    fn errors_of_the_system_are_written_as_ours_are() {
        let error = io::Error::from_raw_os_error(2);
        let failure = Failure::from(&anyhow::Error::from(error).context("cannot read `x`"));
        assert_eq!(
            failure.message,
            "cannot read `x`: no such file or directory"
        );
        assert!(failure.hint.is_some_and(|hint| hint.contains("ls -l")));
    }

    #[test]
    fn every_class_of_error_of_the_records_has_its_hint_and_a_code() {
        for class in StoreErrorClass::ALL {
            let error = || StoreError::database(class, Some("HINT"), io::Error::other("MESSAGE"));
            for error in [
                anyhow::Error::from(error()),
                AuthorityError::Store(error()).into(),
            ] {
                let failure = Failure::from(&error.context("`a.csr`"));
                assert_eq!(failure.message, "`a.csr`: MESSAGE");
                assert_eq!(failure.hint.as_deref(), Some("HINT"), "{class:?}");
                assert_eq!(failure.code, Code::Failed, "{class:?}");
            }
        }
    }

    #[test]
    fn hint_and_code_come_from_the_first_that_knows() {
        let error = anyhow!(CliError::no_tpm("no TPM", "plug one in")).context("`a.csr`");
        let failure = Failure::from(&error);
        assert_eq!(failure.message, "`a.csr`: no TPM");
        assert_eq!(failure.hint.as_deref(), Some("plug one in"));
        assert_eq!(failure.code, Code::TpmUnavailable);
    }
}
