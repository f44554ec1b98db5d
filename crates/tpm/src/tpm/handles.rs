//! Persistent handles: what is there, putting keys there, taking them away, and authorization values of keys.

use crate::algorithm::HashAlg;
use crate::auth::Auth;
use crate::command::{Call, object, persist, system::end_of_kind};
use crate::error::{ErrorKind, TpmError};
use crate::keyfile::KeyFile;
use crate::name::Name;
use crate::parent::{self, Parent};
use crate::persistent::{AuthNeed, Origin, PersistentKey};
use crate::rc;
use crate::tpm::create::check_auth;
use crate::tpm::owner::Owner;
use crate::tpm::parent::ParentKey;
use crate::tpm::reclaim;
use crate::wire::code;
use crate::wire::public::PublicArea;

impl Owner {
    /// `TPM2_EvictControl` of a key in a file. `sent` remembers over repetitions that the command was sent: then a
    /// handle with this very key is what it did before its response was lost.
    pub(super) fn persist(
        &mut self,
        file: &KeyFile,
        handle: u32,
        sent: &mut bool,
    ) -> Result<Name, TpmError> {
        let hierarchy = hierarchy_of(handle)?;
        let key = ParentKey::of(file)?;
        let bad = |reason: &str| {
            Err(TpmError::BadHandle {
                handle,
                reason: reason.to_owned(),
            })
        };
        match (key.parent(), hierarchy) {
            (Parent::Null, _) => {
                return bad(
                    "a key of the null hierarchy is gone after the next reset wherever it is",
                );
            }
            (Parent::Platform, Parent::Owner) => {
                return bad("keys of the platform hierarchy are kept from 0x81800000 on");
            }
            (Parent::Owner | Parent::Endorsement, Parent::Platform) => {
                return bad("from 0x81800000 on there are keys of the platform hierarchy only");
            }
            _ => {}
        }
        let area = public_area(file)?;
        let name = name_of(&area)?;
        if self.is_taken(handle, &name, *sent)? {
            return Ok(name);
        }
        self.unload_all_but(KEYS_BESIDE);
        let reply = self.load_under(key, file.private_blob(), file.public_blob())?;
        let call =
            persist::evict_control(hierarchy.handle(), (reply.handle()?, name.clone()), handle);
        *sent = true;
        match self.authorized_by(hierarchy, call) {
            // Somebody was faster.
            Err(error) if error.is_code(rc::NV_DEFINED) => {
                self.is_taken(handle, &name, false).and(Err(error))
            }
            Err(error) if error.is_code(rc::HIERARCHY) || error.is_code(rc::RANGE) => bad(
                "keys of the owner and endorsement hierarchies are kept up to 0x817fffff, those of the platform hierarchy \
                 from 0x81800000 on",
            ),
            outcome => outcome.map(|()| name),
        }
    }

    /// Keeps the storage root key at 0x81000001.
    pub(super) fn persist_storage_root(&mut self, sent: &mut bool) -> Result<Name, TpmError> {
        let handle = code::SRK_HANDLE;
        let root = self.storage_root()?;
        if root.is_persistent() {
            return Ok(root.name);
        }
        if self.is_taken(handle, &root.name, *sent)? {
            return Ok(root.name);
        }
        let call = persist::evict_control(code::RH_OWNER, (root.handle, root.name.clone()), handle);
        *sent = true;
        self.authorized_by(Parent::Owner, call)?;
        Ok(root.name)
    }

    /// `TPM2_EvictControl` of what is at a handle.
    pub(super) fn evict(&mut self, handle: u32, sent: &mut bool) -> Result<(), TpmError> {
        let hierarchy = hierarchy_of(handle)?;
        let Some(found) = self.channel.read_anything(handle)? else {
            return if *sent {
                Ok(())
            } else {
                Err(TpmError::NothingAt { handle })
            };
        };
        let found = PersistentKey::new(handle, &found.public, Origin::Other);
        let name = found.name.ok_or_else(unknown_name_algorithm)?;
        let call = persist::evict_control(hierarchy.handle(), (handle, name), handle);
        self.ensure_session()?;
        *sent = true;
        self.authorized_by(hierarchy, call)?;
        if self.root.as_ref().is_some_and(|root| root.handle == handle) {
            self.root = None;
        }
        Ok(())
    }

    /// Everything at persistent handles.
    pub(super) fn persistent_keys(&mut self) -> Result<Vec<PersistentKey>, TpmError> {
        let first = u32::from(code::HT_PERSISTENT) << 24;
        let handles = self
            .channel
            .get_capability(code::CAP_HANDLES, first, end_of_kind(first))?;
        let mut keys = Vec::new();
        for (handle, _) in handles {
            match self.persistent_key(handle) {
                Ok(key) => keys.push(key),
                // It was evicted in between.
                Err(TpmError::NothingAt { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(keys)
    }

    /// What is at a persistent handle.
    pub(super) fn persistent_key(&mut self, handle: u32) -> Result<PersistentKey, TpmError> {
        hierarchy_of(handle)?;
        let found = self
            .channel
            .read_anything(handle)?
            .ok_or(TpmError::NothingAt { handle })?;
        let mut key = PersistentKey::new(handle, &found.public, Origin::Other);
        let root = match self.storage_root() {
            Ok(root) => root,
            // Only the owner can make the key that others are compared with.
            Err(error) if error.kind() == ErrorKind::Auth => return Ok(key),
            Err(error) => return Err(error),
        };
        let (root, of_root) = (root.name.clone(), reclaim::primary(&root.name));
        if let (Some(name), Some(of_root)) = (&key.name, of_root) {
            if *name == root && found.qualified_name == of_root {
                key.origin = Origin::StorageRoot;
            } else if reclaim::child(&of_root, name) == Some(found.qualified_name) {
                key.origin = Origin::UnderStorageRoot;
            }
        }
        Ok(key)
    }

    /// Whether a key at a persistent handle takes the empty value, found out only where that costs nothing.
    pub(super) fn auth_need(&mut self, handle: u32) -> Result<AuthNeed, TpmError> {
        hierarchy_of(handle)?;
        let found = self
            .channel
            .read_anything(handle)?
            .ok_or(TpmError::NothingAt { handle })?;
        let found = PersistentKey::new(handle, &found.public, Origin::Other);
        let by_value = found.area().is_some_and(|area| {
            area.has(code::ATTR_NO_DA | code::ATTR_USER_WITH_AUTH)
                && !area.has(code::ATTR_ADMIN_WITH_POLICY)
        });
        let (true, Some(name)) = (by_value, found.name) else {
            return Ok(AuthNeed::Unknown);
        };
        let call = object::certify_unsigned((handle, name));
        match self.run_with(call, &Auth::empty(), KEY, 1) {
            Ok(_) => Ok(AuthNeed::None),
            Err(TpmError::AuthFailed { .. }) => Ok(AuthNeed::Needed),
            Err(error) if error.is_code(rc::COMMAND_CODE) => Ok(AuthNeed::Unknown),
            Err(error) => Err(error),
        }
    }

    /// `TPM2_ObjectChangeAuth` of a key in a file; the old file stays usable with the old value.
    pub(super) fn change_auth(
        &mut self,
        file: &KeyFile,
        old: &Auth,
        new: &Auth,
    ) -> Result<KeyFile, TpmError> {
        if let Some(reason) = file.unsupported_reason() {
            return Err(TpmError::UnsupportedKey { reason });
        }
        let key = ParentKey::of(file)?;
        let area = public_area(file)?;
        let name = name_of(&area)?;
        if area.has(code::ATTR_ADMIN_WITH_POLICY) {
            return Err(TpmError::UnsupportedKey {
                reason:
                    "its authorization value can be changed under a policy only (`adminWithPolicy`)"
                        .to_owned(),
            });
        }
        // SHA-1 is the only name algorithm that is not in this list.
        check_auth(
            new,
            HashAlg::from_tpm_id(area.name_alg).map_or(20, HashAlg::len),
        )?;
        self.unload_all_but(KEYS_BESIDE);
        let parent = self.parent_in_use(key)?;
        let reply = self.load_under_this(&parent, file.private_blob(), file.public_blob())?;
        let call =
            persist::object_change_auth((reply.handle()?, name), (parent.handle, parent.name), new);
        let reply = self.run(call, old, KEY)?;
        let private = persist::changed_private(&reply)?;
        Ok(file.clone().with_private(private, new.is_empty()))
    }

    /// An error when something other than this key is at a handle, or this key is there and was not put there by the
    /// present request. Whether it is there.
    fn is_taken(&mut self, handle: u32, name: &Name, sent: bool) -> Result<bool, TpmError> {
        let found = match self.persistent_key(handle) {
            Ok(found) => found,
            Err(TpmError::NothingAt { .. }) => return Ok(false),
            Err(error) => return Err(error),
        };
        let same = found.name.as_ref() == Some(name);
        if same && sent {
            return Ok(true);
        }
        Err(TpmError::HandleTaken {
            handle,
            found: Box::new(found),
            same,
        })
    }

    fn authorized_by(&mut self, hierarchy: Parent, call: Call) -> Result<(), TpmError> {
        let auth = self.auth_of(hierarchy);
        self.run(call, &auth, &hierarchy.noun()).map(drop)
    }
}

/// Who rules over a persistent handle (TPM 2.0 Library Part 2, 7.5 and 7.8).
fn hierarchy_of(handle: u32) -> Result<Parent, TpmError> {
    if !parent::is_persistent(handle) {
        return Err(TpmError::BadHandle {
            handle,
            reason: "persistent handles are 0x81000000 to 0x81ffffff".to_owned(),
        });
    }
    Ok(if handle < FIRST_OF_PLATFORM {
        Parent::Owner
    } else {
        Parent::Platform
    })
}

fn public_area(file: &KeyFile) -> Result<PublicArea, TpmError> {
    if let Some(reason) = file.unsupported_reason() {
        return Err(TpmError::UnsupportedKey { reason });
    }
    PublicArea::from_tpm2b(file.public_blob()).map_err(|problem| TpmError::UnsupportedKey {
        reason: format!("its public area cannot be read: {problem}"),
    })
}

fn name_of(area: &PublicArea) -> Result<Name, TpmError> {
    area.name().ok_or_else(unknown_name_algorithm)
}

fn unknown_name_algorithm() -> TpmError {
    TpmError::UnsupportedKey {
        reason: "its name algorithm is not known".to_owned(),
    }
}

/// `TPM_HC` `PLATFORM_PERSISTENT`.
const FIRST_OF_PLATFORM: u32 = 0x8180_0000;
/// Keys that may stay loaded while another one is loaded under its parent.
const KEYS_BESIDE: usize = 1;
const KEY: &str = "the key";
