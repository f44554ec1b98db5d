//! What a key hangs from: a hierarchy or a persistent key (draft-bottomley-tpm2-keys, 3.1.8 `parent`; TPM 2.0 Library
//! Part 1, 14 "Hierarchies").

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::wire::code;

/// The parent of a key, as a key file names it.
///
/// A hierarchy stands for its primary key of template H-2 (or H-1, where the file says `rsaParent`), which is made anew
/// whenever a key is loaded under it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Parent {
    /// The owner's (storage) hierarchy, where almost all keys are. Its primary key is the storage root key.
    #[default]
    Owner,
    /// The endorsement hierarchy, under the control of who cares for privacy.
    Endorsement,
    /// The platform hierarchy, under the control of the firmware.
    Platform,
    /// The null hierarchy: its keys are gone after the next reset of the TPM.
    Null,
    /// A storage key at a persistent handle, 0x81000000 to 0x81ffffff.
    Handle(u32),
}

impl Parent {
    /// The integer in a key file: `TPM_RH_*` or the persistent handle.
    pub fn handle(self) -> u32 {
        match self {
            Self::Owner => code::RH_OWNER,
            Self::Endorsement => code::RH_ENDORSEMENT,
            Self::Platform => code::RH_PLATFORM,
            Self::Null => code::RH_NULL,
            Self::Handle(handle) => handle,
        }
    }

    /// For errors.
    pub(crate) fn noun(self) -> String {
        match self {
            Self::Owner => "the owner hierarchy".to_owned(),
            Self::Endorsement => "the endorsement hierarchy".to_owned(),
            Self::Platform => "the platform hierarchy".to_owned(),
            Self::Null => "the null hierarchy".to_owned(),
            Self::Handle(handle) => format!("the parent key at {handle:#010x}"),
        }
    }
}

impl fmt::Display for Parent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#010x}", self.handle())
    }
}

impl TryFrom<u32> for Parent {
    type Error = ParseParentError;

    /// Reads the integer of a key file; 0 means the owner, as old writers have it.
    fn try_from(handle: u32) -> Result<Self, Self::Error> {
        match handle {
            code::RH_OWNER | 0 => Ok(Self::Owner),
            code::RH_ENDORSEMENT => Ok(Self::Endorsement),
            code::RH_PLATFORM => Ok(Self::Platform),
            code::RH_NULL => Ok(Self::Null),
            _ if is_persistent(handle) => Ok(Self::Handle(handle)),
            _ => Err(ParseParentError::Handle { got: handle }),
        }
    }
}

impl FromStr for Parent {
    type Err = ParseParentError;

    /// Reads `owner`, `endorsement`, `platform`, `null`, or a handle in hex with or without `0x`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "owner" => return Ok(Self::Owner),
            "endorsement" => return Ok(Self::Endorsement),
            "platform" => return Ok(Self::Platform),
            "null" => return Ok(Self::Null),
            _ => {}
        }
        let digits = text
            .strip_prefix("0x")
            .or_else(|| text.strip_prefix("0X"))
            .unwrap_or(text);
        // `from_str_radix` would take a sign.
        if !digits.bytes().all(|octet| octet.is_ascii_hexdigit()) {
            return Err(ParseParentError::NotHex {
                got: text.to_owned(),
            });
        }
        u32::from_str_radix(digits, 16)
            .map_err(|_| ParseParentError::NotHex {
                got: text.to_owned(),
            })
            .and_then(Self::try_from)
    }
}

/// Why something is no parent.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ParseParentError {
    /// Neither a word nor a number.
    #[error(
        "`{got}` is no parent: `owner`, `endorsement`, `platform`, `null` or a persistent handle such as `0x81000001`"
    )]
    NotHex {
        /// The text.
        got: String,
    },
    /// A handle of another kind.
    #[error("{got:#010x} is neither a hierarchy nor a persistent key (0x81000000 to 0x81ffffff)")]
    Handle {
        /// The handle.
        got: u32,
    },
}

/// Whether a handle is a persistent key's, `TPM_HT_PERSISTENT` (Part 2, 7.2).
pub(crate) fn is_persistent(handle: u32) -> bool {
    let [kind, ..] = handle.to_be_bytes();
    kind == code::HT_PERSISTENT
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_and_numbers_name_the_same_parents() {
        for (word, number, parent) in [
            ("owner", "0x40000001", Parent::Owner),
            ("endorsement", "4000000b", Parent::Endorsement),
            ("platform", "0x4000000C", Parent::Platform),
            ("null", "0X40000007", Parent::Null),
        ] {
            assert_eq!(word.parse(), Ok(parent));
            assert_eq!(number.parse(), Ok(parent));
        }
        assert_eq!("0x0".parse(), Ok(Parent::Owner));
        assert_eq!("81000001".parse(), Ok(Parent::Handle(0x8100_0001)));
        assert_eq!(Parent::Owner.to_string(), "0x40000001");
        for (text, complaint) in [
            ("0x80000000", "0x80000000"),
            ("0x40000009", "0x40000009"),
            ("+81000001", "+81000001"),
            ("", "no parent"),
            ("0x181000001", "0x181000001"),
        ] {
            let error = text.parse::<Parent>().unwrap_err().to_string();
            assert!(error.contains(complaint), "{error}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(number: u32, text in ".{0,12}") {
            if let Ok(parent) = Parent::try_from(number) {
                prop_assert_eq!(parent.to_string().parse(), Ok(parent));
                prop_assert!(number == 0 || parent.handle() == number);
            }
            let _ = text.parse::<Parent>();
        }
    }
}
