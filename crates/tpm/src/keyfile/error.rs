//! What can be wrong with a key file.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Why a key file could not be read or written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum KeyFileError {
    /// No key file is that long.
    #[error("a key file of {len} octets; at most {max} are read")]
    TooLarge {
        /// Its length.
        len: usize,
        /// What is allowed.
        max: usize,
    },
    /// There is no TSS2 key in it.
    #[error("no `TSS2 PRIVATE KEY` block{}", found_instead(.found))]
    NoKey {
        /// The labels of the PEM blocks that are there.
        found: Vec<String>,
    },
    /// Which of them is meant?
    #[error("{count} TSS2 keys in one file")]
    SeveralKeys {
        /// How many.
        count: usize,
    },
    /// The PEM block has no end, or is not base64.
    #[error("the PEM block is damaged: {reason}")]
    BadArmour {
        /// In what way.
        reason: String,
    },
    /// The bytes inside are not the structure of the draft.
    #[error("the key file is damaged: `{field}`: expected {expected}")]
    Malformed {
        /// The field, as the draft calls it.
        field: &'static str,
        /// What should be there.
        expected: String,
    },
    /// A `type` that the draft does not know.
    #[error("unknown type of TPM key `{oid}`")]
    UnknownType {
        /// The object identifier, dotted where it can be read.
        oid: String,
    },
    /// There is something of that name, and it stays.
    #[error("`{path}` exists already")]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The operating system refused.
    #[error("cannot write `{path}`")]
    Io {
        /// The file.
        path: PathBuf,
        /// The reason.
        #[source]
        source: io::Error,
    },
}

impl KeyFileError {
    /// What the user should do next.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NoKey { .. } => "`tpm2ca genkey FILE` makes a key in the TPM",
            Self::SeveralKeys { .. } => "put each key into a file of its own",
            Self::BadArmour { .. } | Self::Malformed { .. } => {
                "was the file cut off or changed? `openssl asn1parse -in FILE` shows what is in it"
            }
            Self::Exists { .. } => {
                "a key is never overwritten: choose another name, or move the old one away"
            }
            Self::Io { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                "the folder must exist"
            }
            Self::TooLarge { .. } | Self::UnknownType { .. } | Self::Io { .. } => return None,
        };
        Some(hint.to_owned())
    }
}

fn found_instead(found: &[String]) -> String {
    if found.is_empty() {
        String::new()
    } else {
        format!(", only `{}`", found.join("`, `"))
    }
}
