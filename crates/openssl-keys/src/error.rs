//! What can go wrong, in the words that end up in OpenSSL's error queue.

use std::error::Error as _;
use std::ffi::CStr;
use std::io;
use std::path::PathBuf;

use thiserror::Error;
use tpm2ca_keys::KeyError;
use tpm2ca_tpm::{ErrorKind, KeyFileError, ParseParentError, TctiError, TpmError};

/// Why something was not done.
#[derive(Debug, Error)]
#[allow(missing_docs, reason = "the messages say it")]
pub enum Error {
    #[error("wrong or missing authorization value: {reason}")]
    Auth { reason: String },
    #[error("the TPM returned a wrong signature; it was thrown away")]
    BadSignature,
    #[error("cannot read the setting `{setting}`: {reason}")]
    Config {
        setting: &'static str,
        reason: String,
    },
    #[error("the data has {got} octets, expected {expected}")]
    DataLength { expected: String, got: usize },
    #[error(
        "the cipher text cannot be decrypted: it was made for another key or with another padding"
    )]
    Decryption,
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
    #[error("the cipher text is not less than the modulus of the key")]
    NotBelowModulus,
    #[error("something is missing that must be given")]
    NullArgument,
    #[error("internal error: {message}")]
    Panic { message: String },
    #[error("the parameter `{name}` has a value that is not understood")]
    Parameter { name: String },
    #[error(transparent)]
    Parent(#[from] ParseParentError),
    #[error("cannot read `{}`", path.display())]
    ReadFile { path: PathBuf, source: io::Error },
    #[error(
        "decryption with PKCS#1 v1.5 is refused for this key: its scheme is fixed to RSAES, so the TPM would check the \
         padding, and the time that takes would tell whether it is right"
    )]
    Rsaes,
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
pub enum Reason {
    /// A mistake of ours.
    Internal = 1,
    /// There is no TPM, or it does not answer.
    TpmUnavailable,
    /// The TPM refused something.
    TpmFailed,
    /// A wrong authorization value, or none.
    Authorization,
    /// What the TPM, its key or we cannot do.
    Unsupported,
    /// What OpenSSL or the program gave us.
    InvalidArgument,
    /// A damaged key file.
    KeyFile,
    /// A setting.
    Configuration,
}

impl Reason {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Internal,
        Self::TpmUnavailable,
        Self::TpmFailed,
        Self::Authorization,
        Self::Unsupported,
        Self::InvalidArgument,
        Self::KeyFile,
        Self::Configuration,
    ];

    /// As OpenSSL's queue keeps it.
    pub const fn number(self) -> u32 {
        self as u32
    }

    /// Its words.
    pub const fn words(self) -> &'static CStr {
        match self {
            Self::Internal => c"internal error",
            Self::TpmUnavailable => c"TPM unavailable",
            Self::TpmFailed => c"TPM failed",
            Self::Authorization => c"authorization failed",
            Self::Unsupported => c"unsupported",
            Self::InvalidArgument => c"invalid argument",
            Self::KeyFile => c"bad key file",
            Self::Configuration => c"bad configuration",
        }
    }
}

impl Error {
    /// A parameter whose value is not understood.
    pub fn parameter(name: &CStr) -> Self {
        Self::Parameter {
            name: name.to_string_lossy().into_owned(),
        }
    }

    /// What cannot be done, and why.
    pub fn unsupported(what: impl Into<String>, reason: &'static str) -> Self {
        Self::Unsupported {
            what: what.into(),
            reason,
        }
    }

    /// What it is at its shortest.
    pub fn reason(&self) -> Reason {
        match self {
            Self::Auth { .. } => Reason::Authorization,
            Self::BadSignature => Reason::TpmFailed,
            Self::Config { .. } | Self::Tcti(_) => Reason::Configuration,
            Self::KeyFile(_) | Self::ReadFile { .. } => Reason::KeyFile,
            Self::Panic { .. } => Reason::Internal,
            Self::Tpm(error) => match error.kind() {
                ErrorKind::Unavailable => Reason::TpmUnavailable,
                ErrorKind::Lockout | ErrorKind::Auth => Reason::Authorization,
                ErrorKind::Other => Reason::TpmFailed,
            },
            Self::Key(_) | Self::Rsaes | Self::Unsupported { .. } => Reason::Unsupported,
            Self::DataLength { .. }
            | Self::Decryption
            | Self::NoKey
            | Self::NoRoom { .. }
            | Self::NotBelowModulus
            | Self::NotText
            | Self::NullArgument
            | Self::Parameter { .. }
            | Self::Parent(_)
            | Self::Unwanted => Reason::InvalidArgument,
        }
    }

    /// The error, its causes, and what to do about it.
    pub fn in_full(&self) -> String {
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
                "give it with `-passin`, in the environment as `TPM2CA_KEY_AUTH=pass:…`, or in the module's section of \
                 openssl.cnf; if the key has the empty value, `TPM2CA_KEY_AUTH=pass:` says so"
                    .to_owned(),
            ),
            Self::BadSignature => Some(
                "do not use this key until the cause is found; the TPM may be faulty".to_owned(),
            ),
            Self::Key(error) => error.hint(),
            Self::KeyFile(error) => error.hint(),
            Self::Rsaes => Some(
                "use a key without a fixed scheme; if nobody who sends cipher texts can measure the time, \
                 `allow-rsaes = yes` in the provider's section of openssl.cnf, the engine's control `SET_ALLOWRSAES` or \
                 `TPM2CA_ALLOW_RSAES=yes` allows it"
                    .to_owned(),
            ),
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
