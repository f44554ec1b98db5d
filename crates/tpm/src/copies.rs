//! Whether a key can be in more than one place (TPM 2.0 Library Part 1, 23 "Duplication"; Part 2, 8.3 `TPMA_OBJECT`).

use std::fmt;

use crate::error::TpmError;
use crate::keyfile::KeyFile;
use crate::wire::code;
use crate::wire::public::PublicArea;

/// What the attributes of a key say about copies of it. [`Display`](fmt::Display) says it in a sentence.
///
/// A TPM loads a key only with the attributes it was made or imported with, so they can be believed of a key that was
/// loaded; in a file that was not they can be anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Copies {
    /// The private key was made by a TPM (`sensitiveDataOrigin`); if not, it has been outside of every TPM, and there
    /// may be any number of copies.
    pub made_in_tpm: bool,
    /// How the key can leave the TPM it is in, and so may have left it, or have come from another.
    pub way_out: WayOut,
}

/// How a key can leave its TPM.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WayOut {
    /// Not at all (`fixedTPM`).
    None,
    /// Together with its parent only (`fixedParent` alone).
    WithParent,
    /// Not from here: it may be duplicated by its attributes, but has no policy to authorize that with.
    Unauthorized,
    /// As its policy allows (`TPM2_Duplicate` needs a policy, whatever else a key is authorized by).
    ByPolicy,
}

impl Copies {
    /// Whether it is certain that the private key is in one TPM and nowhere else.
    pub fn is_only_one(self) -> bool {
        self.made_in_tpm && self.way_out == WayOut::None
    }

    fn of(area: &PublicArea) -> Self {
        let way_out = if area.has(code::ATTR_FIXED_TPM) {
            WayOut::None
        } else if area.has(code::ATTR_FIXED_PARENT) {
            WayOut::WithParent
        } else if area.auth_policy.is_empty() {
            WayOut::Unauthorized
        } else {
            WayOut::ByPolicy
        };
        Self {
            made_in_tpm: area.has(code::ATTR_SENSITIVE_DATA_ORIGIN),
            way_out,
        }
    }
}

impl fmt::Display for Copies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (self.made_in_tpm, self.way_out) {
            (true, WayOut::None) => "made in its TPM and cannot leave it: there is no copy",
            (true, WayOut::WithParent) => {
                "made in a TPM; can leave it together with its parent key: there may be copies"
            }
            (true, WayOut::Unauthorized) => {
                "made in a TPM; cannot be duplicated from here, but may have come as a duplicate: there may be copies"
            }
            (true, WayOut::ByPolicy) => {
                "made in a TPM; can be duplicated as its policy allows: there may be copies"
            }
            (false, WayOut::None | WayOut::Unauthorized) => {
                "made outside of the TPM, so a copy existed; cannot be duplicated from here"
            }
            (false, WayOut::WithParent) => {
                "made outside of the TPM, so a copy existed; can leave together with its parent key"
            }
            (false, WayOut::ByPolicy) => {
                "made outside of the TPM, so a copy existed; can be duplicated as its policy allows"
            }
        })
    }
}

impl KeyFile {
    /// Whether a copy of the key exists or can be made; needs no TPM.
    ///
    /// # Errors
    /// [`TpmError::UnsupportedKey`] when the public area is damaged, or no RSA or ECC key's.
    pub fn copies(&self) -> Result<Copies, TpmError> {
        let area = PublicArea::from_tpm2b(self.public_blob()).map_err(|problem| {
            TpmError::UnsupportedKey {
                reason: format!("its public area cannot be read: {problem}"),
            }
        })?;
        Ok(Copies::of(&area))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copies(attributes: u32, policy: bool) -> Copies {
        let mut area = PublicArea::storage_root_template();
        area.attributes = attributes;
        area.auth_policy = vec![7; if policy { 32 } else { 0 }];
        Copies::of(&area)
    }

    #[test]
    fn attributes_say_what_is_possible() {
        let origin = code::ATTR_SENSITIVE_DATA_ORIGIN;
        let fixed = code::ATTR_FIXED_TPM | code::ATTR_FIXED_PARENT;
        assert!(copies(origin | fixed, true).is_only_one());
        assert!(!copies(fixed, false).is_only_one());
        assert!(!copies(origin, false).is_only_one());
        assert_eq!(
            copies(code::ATTR_FIXED_PARENT, true).way_out,
            WayOut::WithParent
        );
        assert_eq!(copies(origin, false).way_out, WayOut::Unauthorized);
        assert_eq!(copies(origin, true).way_out, WayOut::ByPolicy);
    }

    #[test]
    fn a_copy_that_may_exist_is_always_mentioned() {
        for attributes in [0, code::ATTR_SENSITIVE_DATA_ORIGIN, code::ATTR_FIXED_PARENT] {
            for policy in [false, true] {
                let copies = copies(attributes, policy);
                assert!(copies.to_string().contains("cop"), "{copies}");
                assert!(!copies.to_string().contains("no copy"), "{copies}");
            }
        }
    }
}
