//! Parents of keys, made or found when a key is created or loaded under them.
//!
//! The session stays salted to the storage root key, whatever the parent is: that key is the same for all keys, and
//! its Name can be pinned. A parent's authorization value is proved by HMAC through this session.

use crate::auth::Auth;
use crate::command::{Reply, object};
use crate::error::TpmError;
use crate::keyfile::KeyFile;
use crate::name::Name;
use crate::parent::Parent;
use crate::rc;
use crate::tpm::owner::Owner;
use crate::tpm::storage_root::{Certainty, StorageRoot};
use crate::wire::code;
use crate::wire::public::PublicArea;

/// Which key is the parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ParentKey {
    parent: Parent,
    /// Of a hierarchy, the primary key of template H-1 and not H-2.
    rsa: bool,
}

impl ParentKey {
    pub(super) const STORAGE_ROOT: Self = Self {
        parent: Parent::Owner,
        rsa: false,
    };

    pub(super) fn new(parent: Parent, rsa: bool) -> Self {
        // A persistent key is what it is.
        let rsa = rsa && !matches!(parent, Parent::Handle(_));
        Self { parent, rsa }
    }

    /// The one that a key file names.
    pub(super) fn of(file: &KeyFile) -> Result<Self, TpmError> {
        let parent =
            Parent::try_from(file.parent()).map_err(|problem| TpmError::UnsupportedKey {
                reason: format!("its parent {problem}"),
            })?;
        Ok(Self::new(parent, file.rsa_parent()))
    }

    pub(super) fn parent(self) -> Parent {
        self.parent
    }

    fn template(self) -> PublicArea {
        if self.rsa {
            PublicArea::rsa_storage_template()
        } else {
            PublicArea::storage_root_template()
        }
    }
}

/// A parent that is loaded, and what authorizes its use.
pub(super) struct ParentInUse {
    pub(super) handle: u32,
    pub(super) name: Name,
    pub(super) auth: Auth,
    /// For errors.
    pub(super) what: String,
    /// Keys under it can be fixed to this TPM, because it is.
    pub(super) fixed: bool,
    /// It takes a slot and is of no use for anything else.
    temporary: bool,
}

impl Owner {
    /// Loads or finds the parent of a key, surely the right one.
    pub(super) fn parent_in_use(&mut self, key: ParentKey) -> Result<ParentInUse, TpmError> {
        match key.parent {
            Parent::Owner if !key.rsa => self.storage_root().map(ParentInUse::storage_root),
            Parent::Handle(handle) => self.persistent_parent(handle),
            _ => self.primary(key),
        }
    }

    /// `TPM2_Load` under the parent that is named, of a whole `TPM2B_PRIVATE` and `TPM2B_PUBLIC`.
    pub(super) fn load_under(
        &mut self,
        key: ParentKey,
        private: &[u8],
        public: &[u8],
    ) -> Result<Reply, TpmError> {
        if key == ParentKey::STORAGE_ROOT {
            // What was not made under the storage root key does not load under it, so a guess at it is good enough.
            let root = self.session_root()?;
            let certainty = root.certainty;
            let outcome = self.load_under_this(&ParentInUse::storage_root(root), private, public);
            match outcome {
                Err(TpmError::WrongParent { .. }) if certainty == Certainty::Guessed => {
                    // The failure ended the session. It has no room to wait in until the end of the request.
                    self.tidy();
                }
                outcome => return outcome,
            }
        }
        let parent = self.parent_in_use(key)?;
        let outcome = self.load_under_this(&parent, private, public);
        self.done_with(&parent);
        outcome
    }

    pub(super) fn load_under_this(
        &mut self,
        parent: &ParentInUse,
        private: &[u8],
        public: &[u8],
    ) -> Result<Reply, TpmError> {
        let call = object::load((parent.handle, parent.name.clone()), private, public);
        self.run(call, &parent.auth, &parent.what).map_err(|error| {
            if error.is_code(rc::INTEGRITY) {
                TpmError::WrongParent {
                    tried: parent.what.clone(),
                }
            } else {
                error
            }
        })
    }

    /// Gives back the slot of a parent that was made for one command. After a failure the end of the request does.
    pub(super) fn done_with(&mut self, parent: &ParentInUse) {
        if parent.temporary && self.channel.held().contains(&parent.handle) {
            self.channel.release(parent.handle);
        }
    }

    pub(super) fn persistent_parent(&mut self, handle: u32) -> Result<ParentInUse, TpmError> {
        self.free_the_root()?;
        let found = match self.channel.read_public(handle) {
            Ok(found) => found.ok_or(TpmError::NoParent { handle })?,
            Err(TpmError::BadResponse { .. }) => {
                return Err(TpmError::UnsuitableParent {
                    reason: format!("what is at {handle:#010x} is neither an RSA nor an ECC key"),
                });
            }
            Err(error) => return Err(error),
        };
        let area = found.area;
        if !area.has(code::ATTR_RESTRICTED | code::ATTR_DECRYPT) || area.has(code::ATTR_SIGN) {
            return Err(TpmError::UnsuitableParent {
                reason: format!("the key at {handle:#010x} is no storage key"),
            });
        }
        let name = area.name().ok_or_else(|| TpmError::UnsuitableParent {
            reason: format!("the name algorithm of the key at {handle:#010x} is not known"),
        })?;
        Ok(ParentInUse {
            handle,
            name,
            auth: self.parent_auth.clone(),
            what: Parent::Handle(handle).noun(),
            fixed: area.has(code::ATTR_FIXED_TPM),
            temporary: false,
        })
    }

    /// `TPM2_CreatePrimary` in a hierarchy, of a key that is not the storage root key.
    fn primary(&mut self, key: ParentKey) -> Result<ParentInUse, TpmError> {
        self.free_the_root()?;
        let hierarchy = key.parent.handle();
        let auth = self.auth_of(key.parent);
        let template = key.template();
        let call = object::create_primary(hierarchy, &template);
        let reply = self.run(call, &auth, &key.parent.noun())?;
        let area = object::created_primary(&reply)?;
        let handle = reply.handle()?;
        let name = Some(area)
            .filter(|area| area.is_made_from(&template))
            .and_then(|area| area.name())
            .ok_or_else(|| TpmError::BadResponse {
                command: reply.command.name,
                problem: "the key in it is not of the template that was sent".to_owned(),
            })?;
        let template = if key.rsa {
            "H-1, RSA-2048"
        } else {
            "H-2, ECC P-256"
        };
        Ok(ParentInUse {
            handle,
            name,
            auth: Auth::empty(),
            what: format!(
                "the primary key of {} ({}; template {template})",
                key.parent.noun(),
                key.parent
            ),
            fixed: true,
            temporary: true,
        })
    }

    /// What authorizes the use of a hierarchy or a persistent parent. The null hierarchy has the empty value for ever.
    pub(super) fn auth_of(&self, parent: Parent) -> Auth {
        match parent {
            Parent::Owner => self.hierarchy_auth.clone(),
            Parent::Null => Auth::empty(),
            Parent::Endorsement | Parent::Platform | Parent::Handle(_) => self.parent_auth.clone(),
        }
    }

    /// Opens the session while the storage root key is there, and gives its slot to another parent.
    pub(super) fn free_the_root(&mut self) -> Result<(), TpmError> {
        self.ensure_session()?;
        if let Some(root) = self.root.take_if(|root| !root.is_persistent()) {
            self.channel.release(root.handle);
        }
        Ok(())
    }
}

impl ParentInUse {
    /// A primary key that was made for the moment; `None` when its Name cannot be computed.
    pub(super) fn temporary(handle: u32, area: &PublicArea, what: String) -> Option<Self> {
        Some(Self {
            handle,
            name: area.name()?,
            auth: Auth::empty(),
            what,
            fixed: area.has(code::ATTR_FIXED_TPM),
            temporary: true,
        })
    }

    fn storage_root(root: StorageRoot) -> Self {
        let place = if root.is_persistent() {
            format!("persistent at {:#010x}", root.handle)
        } else {
            "made in the owner hierarchy, 0x40000001".to_owned()
        };
        Self {
            handle: root.handle,
            name: root.name,
            auth: Auth::empty(),
            what: format!("{STORAGE_ROOT} ({place}; template H-2, ECC P-256)"),
            fixed: true,
            temporary: false,
        }
    }
}

const STORAGE_ROOT: &str = "the storage root key";
