//! Slots that a process of ours left occupied when it was killed.
//!
//! A TPM that is used without a resource manager keeps what was loaded until it is reset, whoever has gone. Such a TPM
//! serves one program at a time, so what is loaded when we are connected belongs to nobody who is. It is still only
//! touched when there is no room left, and then only what looks like ours: the storage root key, keys under it, and
//! HMAC sessions, which have no marks. Behind the kernel's resource manager nothing is ever left, and other programs'
//! sessions may be seen: there nothing is touched.

use crate::command::system::end_of_kind;
use crate::error::TpmError;
use crate::name::Name;
use crate::tpm::owner::Owner;
use crate::wire::code;
use crate::wire::public::PublicArea;

/// What a TPM can have too little room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    Object,
    Session,
}

impl Slot {
    /// For errors.
    pub(super) fn noun(self) -> &'static str {
        match self {
            Self::Object => "object",
            Self::Session => "session",
        }
    }
}

impl Owner {
    /// Flushes what others left behind; whether that made room. An error is as good as no room.
    pub(super) fn reclaim(&mut self, slot: Slot) -> bool {
        if self.channel.has_resource_manager() {
            return false;
        }
        let flushed = match slot {
            Slot::Object => self.reclaim_objects(),
            Slot::Session => self.reclaim_sessions(),
        };
        flushed.is_ok_and(|count| count > 0)
    }

    fn reclaim_sessions(&mut self) -> Result<usize, TpmError> {
        let first = u32::from(code::HT_HMAC_SESSION) << 24;
        self.flush_those(first, |_, _| Ok(true))
    }

    fn reclaim_objects(&mut self) -> Result<usize, TpmError> {
        let root = self.likely_root()?;
        let first = u32::from(code::HT_TRANSIENT) << 24;
        self.flush_those(first, |owner, handle| {
            owner.looks_like_ours(handle, root.as_ref())
        })
    }

    /// The Name of the storage root key, without making it.
    pub(super) fn likely_root(&mut self) -> Result<Option<Name>, TpmError> {
        Ok(match &self.pinned {
            Some(pinned) => Some(pinned.clone()),
            // Before the first contact with the storage root key, a persistent one is a good guess at it.
            // It takes a slot to look at it, so there may be none.
            None => match self.persistent_root() {
                Ok(root) => root.map(|root| root.name),
                Err(TpmError::Rc { .. }) => None,
                Err(error) => return Err(error),
            },
        })
    }

    /// Whether a loaded object is the storage root key or hangs from it.
    pub(super) fn looks_like_ours(
        &mut self,
        handle: u32,
        root: Option<&Name>,
    ) -> Result<bool, TpmError> {
        let Some(found) = self.channel.read_public(handle)? else {
            return Ok(false);
        };
        let is_root = found
            .area
            .is_made_from(&PublicArea::storage_root_template())
            && found.area.name().and_then(|name| primary(&name))
                == Some(found.qualified_name.clone());
        let is_under_root = root
            .and_then(|root| child(&primary(root)?, &found.area.name()?))
            .is_some_and(|expected| expected == found.qualified_name);
        Ok(is_root || is_under_root)
    }

    /// Flushes the handles from `first` on that are not in use by us and of which `condition` holds; counts them.
    fn flush_those(
        &mut self,
        first: u32,
        mut condition: impl FnMut(&mut Self, u32) -> Result<bool, TpmError>,
    ) -> Result<usize, TpmError> {
        let handles = self
            .channel
            .get_capability(code::CAP_HANDLES, first, end_of_kind(first))?;
        let mut count = 0;
        for (handle, _) in handles {
            if self.channel.held().contains(&handle) || !condition(self, handle)? {
                continue;
            }
            self.channel.flush(handle)?;
            count += 1;
        }
        Ok(count)
    }
}

/// The Qualified Name of a primary key of the owner hierarchy (TPM 2.0 Library Part 1, 16).
pub(super) fn primary(name: &Name) -> Option<Vec<u8>> {
    let octets = [&code::RH_OWNER.to_be_bytes(), name.as_bytes()].concat();
    Name::of_public(code::ALG_SHA256, &octets).map(|name| name.as_bytes().to_vec())
}

/// The Qualified Name of a key under a parent with this one.
pub(super) fn child(parent: &[u8], name: &Name) -> Option<Vec<u8>> {
    let name = name.as_bytes();
    let &[high, low] = name.first_chunk()?;
    let octets = [parent, name].concat();
    Name::of_public(u16::from_be_bytes([high, low]), &octets).map(|name| name.as_bytes().to_vec())
}
