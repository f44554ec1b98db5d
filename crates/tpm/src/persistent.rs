//! What is at a persistent handle (TPM 2.0 Library Part 1, 37.3 "Persistent Objects").

use std::fmt;

use crate::algorithm::Algorithm;
use crate::key::KeyPublic;
use crate::name::Name;
use crate::wire::public::PublicArea;
use crate::wire::{Reader, code};

/// An object that stays in the TPM when it is switched off.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PersistentKey {
    /// Where it is, 0x81000000 to 0x81ffffff.
    pub handle: u32,
    /// Its Name, computed from the public area; `None` when its name algorithm is not known here.
    pub name: Option<Name>,
    /// Kind and length; `None` for what is neither an RSA nor an ECC key known here, such as sealed data.
    pub algorithm: Option<Algorithm>,
    /// The whole `TPM2B_PUBLIC`.
    pub public: Vec<u8>,
    /// It is a signing key that is not restricted to what the TPM itself hashed: [`crate::Tpm::load_handle`] takes it.
    pub signs: bool,
    /// It is a storage key, so that it can be the parent of others.
    pub is_parent: bool,
    /// Wrong authorizations for it do not count towards lockout.
    pub no_da: bool,
    /// Whether it hangs from this TPM's storage root key. The TPM says so, and nothing proves it.
    pub origin: Origin,
}

/// Where a persistent key comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Origin {
    /// It is the storage root key itself.
    StorageRoot,
    /// It was made directly under the storage root key, as this program makes keys; others do so too.
    UnderStorageRoot,
    /// Anything else, or it is not known which key the storage root key is.
    Other,
}

/// Whether a key asks for an authorization value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AuthNeed {
    /// The empty value works.
    None,
    /// The empty value was refused.
    Needed,
    /// Not tried, because a wrong try would count towards lockout, or because a policy decides.
    Unknown,
}

impl PersistentKey {
    /// Reads the content of a `TPM2B_PUBLIC`, of whatever kind of object.
    pub(crate) fn new(handle: u32, area: &[u8], origin: Origin) -> Self {
        let header = Header::read(area);
        let has = |attributes: u32| {
            header
                .as_ref()
                .is_some_and(|header| header.attributes & attributes == attributes)
        };
        // It came out of a TPM2B.
        let length = u16::try_from(area.len()).unwrap_or(u16::MAX).to_be_bytes();
        let public = [&length, area].concat();
        let algorithm = KeyPublic::from_tpm2b_public(&public)
            .ok()
            .map(|key| key.algorithm());
        Self {
            handle,
            name: header
                .as_ref()
                .and_then(|header| Name::of_public(header.name_alg, area)),
            algorithm,
            public,
            signs: algorithm.is_some() && has(code::ATTR_SIGN) && !has(code::ATTR_RESTRICTED),
            is_parent: has(code::ATTR_RESTRICTED | code::ATTR_DECRYPT) && !has(code::ATTR_SIGN),
            no_da: has(code::ATTR_NO_DA),
            origin,
        }
    }

    /// The public area, if it is one of the kinds that are used here.
    pub(crate) fn area(&self) -> Option<PublicArea> {
        PublicArea::from_tpm2b(&self.public).ok()
    }

    fn noun(&self) -> &'static str {
        match (self.is_parent, self.signs) {
            (true, _) => "storage key",
            (false, true) => "signing key",
            (false, false) => "object",
        }
    }
}

impl fmt::Display for PersistentKey {
    /// Such as ``a P-256 signing key `000b12…`, made under the storage root key``.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.origin == Origin::StorageRoot {
            f.write_str("the storage root key")?;
        } else {
            match self.algorithm {
                Some(Algorithm::Rsa { bits }) => write!(f, "an RSA-{bits} {}", self.noun())?,
                Some(algorithm) => write!(f, "a {algorithm} {}", self.noun())?,
                None => f.write_str("another kind of object")?,
            }
        }
        if let Some(name) = &self.name {
            write!(f, " `{name}`")?;
        }
        f.write_str(match self.origin {
            Origin::StorageRoot => "",
            Origin::UnderStorageRoot => ", made under the storage root key",
            Origin::Other => ", not made under the storage root key",
        })
    }
}

/// What every `TPMT_PUBLIC` begins with.
struct Header {
    name_alg: u16,
    attributes: u32,
}

impl Header {
    fn read(area: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(area);
        reader.u16("type").ok()?;
        Some(Self {
            name_alg: reader.u16("nameAlg").ok()?,
            attributes: reader.u32("objectAttributes").ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_found_is_put_into_words() {
        let blob = PublicArea::rsa_storage_template().to_tpm2b().unwrap();
        // The template has no modulus yet, so it is no key.
        let found = PersistentKey::new(0x8100_0001, &blob[2..], Origin::Other);
        assert!(found.is_parent && !found.signs && found.no_da);
        assert_eq!(found.algorithm, None);
        assert_eq!(found.public, *blob);
        let name = found.name.clone().unwrap();
        assert_eq!(
            found.to_string(),
            format!("another kind of object `{name}`, not made under the storage root key")
        );
        // TPM_ALG_KEYEDHASH: sealed data has a Name too.
        let sealed = [0, 8, 0, 0x0b, 0, 0, 0, 0x12, 0, 0, 0, 0x10, 0, 0];
        let found = PersistentKey::new(0x8100_0002, &sealed, Origin::UnderStorageRoot);
        assert_eq!(found.name, Name::of_public(code::ALG_SHA256, &sealed));
        assert!(!found.signs && !found.is_parent);
    }

    proptest! {
        #[test]
        fn reading_never_panics(area in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = PersistentKey::new(0x8100_0000, &area, Origin::Other).to_string();
        }
    }
}
