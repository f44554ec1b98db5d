//! What can go wrong, in the words that end up in OpenSSL's error queue.

use std::error::Error as _;
use std::ffi::CStr;

use thiserror::Error;
use tpm2ca_keys::KeyError;
use tpm2ca_tpm::{ErrorKind, KeyFileError, ParseParentError, TctiError, TpmError};

use crate::ffi::init::ReasonString;

/// Why something was not done.
#[derive(Debug, Error)]
pub(crate) enum Error {
    #[error("wrong or missing authorization value: {reason}")]
    Auth { reason: String },
    #[error("the TPM returned a wrong signature; it was thrown away")]
    BadSignature,
    #[error("cannot read the provider's setting `{setting}`: {reason}")]
    Config {
        setting: &'static str,
        reason: String,
    },
    #[error("the data has {got} octets, expected {expected}")]
    DataLength { expected: String, got: usize },
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error("this is no usable TPM key file")]
    KeyFile(#[from] KeyFileError),
    #[error("no key was set for this operation")]
    NoKey,
    #[error("the result has {needed} octets, there is room for {got}")]
    NoRoom { needed: usize, got: usize },
    #[error("a text is not UTF-8")]
    NotText,
    #[error("something is missing that must be given")]
    NullArgument,
    #[error("internal error: {message}")]
    Panic { message: String },
    #[error("the parameter `{name}` has a value that is not understood")]
    Parameter { name: String },
    #[error(transparent)]
    Parent(#[from] ParseParentError),
    #[error(transparent)]
    Tcti(#[from] TctiError),
    #[error(transparent)]
    Tpm(#[from] TpmError),
    #[error("{what} is not supported: {reason}")]
    Unsupported { what: String, reason: &'static str },
    #[error("nothing takes the result")]
    Unwanted,
}

/// What OpenSSL shows in front of the words, and programs can tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    Internal = 1,
    TpmUnavailable,
    TpmFailed,
    Authorization,
    Unsupported,
    InvalidArgument,
    KeyFile,
    Configuration,
}

impl Reason {
    pub(crate) fn number(self) -> u32 {
        self as u32
    }
}

/// For OpenSSL: the words of each [`Reason`].
pub(crate) static REASONS: &[ReasonString] = &[
    ReasonString::new(Reason::Internal as u32, c"internal error"),
    ReasonString::new(Reason::TpmUnavailable as u32, c"TPM unavailable"),
    ReasonString::new(Reason::TpmFailed as u32, c"TPM failed"),
    ReasonString::new(Reason::Authorization as u32, c"authorization failed"),
    ReasonString::new(Reason::Unsupported as u32, c"unsupported"),
    ReasonString::new(Reason::InvalidArgument as u32, c"invalid argument"),
    ReasonString::new(Reason::KeyFile as u32, c"bad key file"),
    ReasonString::new(Reason::Configuration as u32, c"bad configuration"),
    ReasonString::END,
];

impl Error {
    pub(crate) fn parameter(name: &CStr) -> Self {
        Self::Parameter {
            name: name.to_string_lossy().into_owned(),
        }
    }

    pub(crate) fn unsupported(what: impl Into<String>, reason: &'static str) -> Self {
        Self::Unsupported {
            what: what.into(),
            reason,
        }
    }

    pub(crate) fn reason(&self) -> Reason {
        match self {
            Self::Auth { .. } => Reason::Authorization,
            Self::BadSignature => Reason::TpmFailed,
            Self::Config { .. } | Self::Tcti(_) => Reason::Configuration,
            Self::KeyFile(_) => Reason::KeyFile,
            Self::Panic { .. } => Reason::Internal,
            Self::Tpm(error) => match error.kind() {
                ErrorKind::Unavailable => Reason::TpmUnavailable,
                ErrorKind::Lockout | ErrorKind::Auth => Reason::Authorization,
                ErrorKind::Other => Reason::TpmFailed,
            },
            Self::Key(_) | Self::Unsupported { .. } => Reason::Unsupported,
            Self::DataLength { .. }
            | Self::NoKey
            | Self::NoRoom { .. }
            | Self::NotText
            | Self::NullArgument
            | Self::Parameter { .. }
            | Self::Parent(_)
            | Self::Unwanted => Reason::InvalidArgument,
        }
    }

    /// The error, its causes, and what to do about it.
    pub(crate) fn in_full(&self) -> String {
        let mut text = self.to_string();
        let mut source = self.source();
        while let Some(cause) = source {
            text.push_str(": ");
            text.push_str(&cause.to_string());
            source = cause.source();
        }
        if let Some(hint) = self.hint() {
            text.push_str("; hint: ");
            text.push_str(&hint);
        }
        text
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Auth { .. } => Some(
                "give it with `-passin`, or as `key-auth` in the provider's section of openssl.cnf"
                    .to_owned(),
            ),
            Self::BadSignature => Some(
                "do not use this key until the cause is found; the TPM may be faulty".to_owned(),
            ),
            Self::Key(error) => error.hint(),
            Self::Tcti(error) => error.hint(),
            Self::Tpm(error) => error.hint(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_and_hints_are_told() {
        let tcti = "tabrmd".parse::<tpm2ca_tpm::Tcti>();
        let error = tcti
            .map_err(Error::from)
            .map_or_else(|error| error.in_full(), |_| String::new());
        assert!(
            error.contains("`tabrmd`") && error.contains("; hint: "),
            "{error}"
        );
        assert_eq!(Error::BadSignature.reason().number(), 3);
    }
}
