//! Names of TPM objects (TPM 2.0 Library Part 1, 16 "Names").

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest;
use thiserror::Error;

use crate::wire::code;

/// What a TPM calls an object: its name algorithm followed by the digest of its public area.
///
/// It says which key it is without any certificate. This crate always computes a Name from the public area and never
/// believes one that a TPM returned. Written as lower case hex, as `tpm2_readpublic` does.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Name(Vec<u8>);

impl Name {
    /// The octets: `TPM_ALG_ID` of the name algorithm, then the digest.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The Name of an object with this `TPMT_PUBLIC`; `None` for a name algorithm that is not known here.
    pub(crate) fn of_public(name_alg: u16, public: &[u8]) -> Option<Self> {
        let digest = digest::digest(implementation(name_alg)?, public);
        let mut name = name_alg.to_be_bytes().to_vec();
        name.extend_from_slice(digest.as_ref());
        Some(Self(name))
    }

    /// Reads the octets of a Name: a handle, or a digest as long as its algorithm makes it.
    pub(crate) fn from_octets(octets: &[u8]) -> Option<Self> {
        let fits = match octets {
            [_, _, _, _] => true,
            [high, low, digest @ ..] => {
                implementation(u16::from_be_bytes([*high, *low]))?.output_len() == digest.len()
            }
            _ => false,
        };
        fits.then(|| Self(octets.to_vec()))
    }

    /// The Name of what has no public area: a hierarchy or a session is called by its handle.
    pub fn of_handle(handle: u32) -> Self {
        Self(handle.to_be_bytes().to_vec())
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Name({self})")
    }
}

impl FromStr for Name {
    type Err = ParseNameError;

    /// Reads the hex form, in either case. The length must be that of the name algorithm's digest.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let octets = unhex(text).ok_or(ParseNameError::NotHex)?;
        let (Some(&high), Some(&low)) = (octets.first(), octets.get(1)) else {
            return Err(ParseNameError::TooShort);
        };
        let name_alg = u16::from_be_bytes([high, low]);
        let expected = 2 + implementation(name_alg)
            .ok_or(ParseNameError::UnknownAlgorithm { found: name_alg })?
            .output_len();
        if octets.len() != expected {
            return Err(ParseNameError::Length {
                expected,
                got: octets.len(),
            });
        }
        Ok(Self(octets))
    }
}

/// Why a text is not a Name.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ParseNameError {
    /// A character that is no hex digit, or an odd number of them.
    #[error("a Name is written in hex digits, two for each octet")]
    NotHex,
    /// Not even the name algorithm is there.
    #[error("too short for a Name")]
    TooShort,
    /// The first two octets are no hash known here.
    #[error("a Name begins with a hash algorithm, `{found:#06x}` is none that is known")]
    UnknownAlgorithm {
        /// What was found.
        found: u16,
    },
    /// The digest has another length than its algorithm makes.
    #[error("a Name with this algorithm has {expected} octets, got {got}")]
    Length {
        /// Octets of such a Name.
        expected: usize,
        /// Octets that were given.
        got: usize,
    },
}

fn implementation(name_alg: u16) -> Option<&'static digest::Algorithm> {
    match name_alg {
        // Old keys of other tools have it; a Name must still be computed for them.
        code::ALG_SHA1 => Some(&digest::SHA1_FOR_LEGACY_USE_ONLY),
        code::ALG_SHA256 => Some(&digest::SHA256),
        code::ALG_SHA384 => Some(&digest::SHA384),
        code::ALG_SHA512 => Some(&digest::SHA512),
        _ => None,
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.bytes().all(|c| c.is_ascii_hexdigit()) {
        return None;
    }
    // Only ASCII is left, so every even position is a character boundary.
    (0..text.len())
        .step_by(2)
        .map(|at| {
            text.get(at..at + 2)
                .and_then(|pair| u8::from_str_radix(pair, 16).ok())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_hierarchy_is_called_by_its_handle() {
        assert_eq!(Name::of_handle(0x4000_0001).to_string(), "40000001");
    }

    #[test]
    fn a_name_is_algorithm_and_digest() {
        let name = Name::of_public(code::ALG_SHA256, b"abc").unwrap();
        assert_eq!(
            name.to_string(),
            "000bba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(name.to_string().to_uppercase().parse(), Ok(name));
        assert_eq!(Name::of_public(code::ALG_NULL, b"abc"), None);
    }

    #[test]
    fn what_is_no_name_is_told_apart() {
        assert_eq!("000".parse::<Name>(), Err(ParseNameError::NotHex));
        assert_eq!("ß0".parse::<Name>(), Err(ParseNameError::NotHex));
        assert_eq!("00".parse::<Name>(), Err(ParseNameError::TooShort));
        assert_eq!(
            "0010ff".parse::<Name>(),
            Err(ParseNameError::UnknownAlgorithm { found: 0x10 })
        );
        assert_eq!(
            "000bff".parse::<Name>(),
            Err(ParseNameError::Length {
                expected: 34,
                got: 3
            })
        );
    }

    proptest! {
        #[test]
        fn parsing_never_panics(text in ".{0,80}") {
            let _ = text.parse::<Name>();
        }
    }
}
