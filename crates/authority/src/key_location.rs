//! Where a key is: in a file, or in the TPM at a persistent handle.

use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
};

use tpm2ca_tpm::Parent;

/// What users name a key by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyLocation {
    /// A PEM file; its content tells whether the key is a TPM's.
    File(PathBuf),
    /// `handle:0x81…`, as tpm2-openssl writes it too.
    Handle(u32),
}

impl KeyLocation {
    /// Whether a path names a handle. A file of such a name is still to be had, as `./handle:…`.
    pub(crate) fn is_handle(path: &str) -> bool {
        path.starts_with(SCHEME)
    }

    /// What a path in `ca.toml` or on the command line means.
    ///
    /// # Errors
    /// A message when it names a handle that is none.
    pub fn of_path(path: &Path) -> Result<Self, String> {
        match path.to_str() {
            Some(text) => text.parse(),
            None => Ok(Self::File(path.to_owned())),
        }
    }
}

impl FromStr for KeyLocation {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let Some(handle) = text.strip_prefix(SCHEME) else {
            return Ok(Self::File(text.into()));
        };
        // In tpm2-openssl it asks for the value, which is done here where it is needed.
        let handle = handle.strip_suffix("?pass").unwrap_or(handle);
        match handle.parse() {
            Ok(Parent::Handle(handle)) => Ok(Self::Handle(handle)),
            _ => Err(format!(
                "`{text}` names no persistent key; those are `handle:0x81000000` to `handle:0x81ffffff`"
            )),
        }
    }
}

impl fmt::Display for KeyLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Handle(handle) => write!(f, "{SCHEME}{handle:#010x}"),
        }
    }
}

const SCHEME: &str = "handle:";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_are_told_from_files() {
        for text in [
            "handle:0x81000010",
            "handle:81000010",
            "handle:0X81000010?pass",
        ] {
            assert_eq!(text.parse(), Ok(KeyLocation::Handle(0x8100_0010)), "{text}");
        }
        for text in ["root.key", "./handle:0x81000010", "0x81000010"] {
            assert_eq!(text.parse(), Ok(KeyLocation::File(text.into())), "{text}");
        }
        for text in [
            "handle:",
            "handle:0x80000001",
            "handle:owner",
            "handle:0x40000001",
            "handle:x",
        ] {
            assert!(text.parse::<KeyLocation>().is_err(), "{text}");
        }
        assert_eq!(
            KeyLocation::Handle(0x8100_0010).to_string(),
            "handle:0x81000010"
        );
    }
}
