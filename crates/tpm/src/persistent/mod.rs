//! What is at a persistent handle (TPM 2.0 Library Part 1, 37.3 "Persistent Objects").

mod read;

use std::fmt;

use crate::algorithm::Algorithm;
use crate::name::Name;

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
