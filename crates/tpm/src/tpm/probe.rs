//! Finding the parent that a key was made under, by trying.

use crate::auth::Auth;
use crate::command::object;
use crate::error::TpmError;
use crate::keyfile::{KeyFile, KeyFileKind};
use crate::parent::Parent;
use crate::persistent::PersistentKey;
use crate::rc;
use crate::template::ParentTemplate;
use crate::tpm::Tpm;
use crate::tpm::owner::Owner;
use crate::tpm::parent::ParentInUse;

/// A parent that a key loads under.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FittingParent {
    /// The primary key of a hierarchy, made from a template.
    Primary {
        /// The hierarchy.
        hierarchy: Parent,
        /// The template.
        template: ParentTemplate,
    },
    /// A key at a persistent handle.
    Persistent(Box<PersistentKey>),
}

impl Tpm {
    /// Tries under which parents a key loads: the templates of [`ParentTemplate`] in the hierarchies, and the storage
    /// keys at persistent handles. For a key that fails with [`TpmError::WrongParent`].
    ///
    /// It takes some seconds on a chip, since each parent is made anew. Parents that need an authorization other than
    /// [`TpmOptions::owner_auth`](crate::TpmOptions::owner_auth) and
    /// [`TpmOptions::parent_auth`](crate::TpmOptions::parent_auth) are passed over. Nothing stays loaded, and no
    /// authorization is tried that could count.
    ///
    /// # Errors
    /// [`TpmError::UnsupportedKey`] for a file that does not hold a key ready to load, otherwise as
    /// [`Tpm::srk_name`].
    pub fn fitting_parents(&self, key: &KeyFile) -> Result<Vec<FittingParent>, TpmError> {
        if key.kind() != KeyFileKind::Loadable {
            return Err(TpmError::UnsupportedKey {
                reason: "only a key that is not wrapped for import has a parent already".to_owned(),
            });
        }
        let key = key.clone();
        self.worker.call(move |owner| owner.fitting_parents(&key))
    }
}

impl Owner {
    fn fitting_parents(&mut self, key: &KeyFile) -> Result<Vec<FittingParent>, TpmError> {
        let mut fitting = Vec::new();
        self.unload_all_but(0);
        for found in self.persistent_keys()? {
            if !found.is_parent || self.parent_is_guarded(&found) {
                continue;
            }
            let Ok(parent) = self.persistent_parent(found.handle) else {
                continue;
            };
            if self.loads_under(&parent, key)? {
                fitting.push(FittingParent::Persistent(Box::new(found)));
            }
        }
        for hierarchy in [Parent::Owner, Parent::Endorsement, Parent::Null] {
            for template in ParentTemplate::ALL {
                // A wrong value counts nowhere here: only the lockout hierarchy is under its own protection.
                let parent = match self.primary_of(hierarchy, template) {
                    Ok(parent) => parent,
                    Err(error @ (TpmError::Transport(_) | TpmError::BadResponse { .. })) => {
                        return Err(error);
                    }
                    // The TPM lacks the kind of key, or somebody else rules over the hierarchy.
                    Err(_) => {
                        self.tidy();
                        continue;
                    }
                };
                if self.loads_under(&parent, key)? {
                    fitting.push(FittingParent::Primary {
                        hierarchy,
                        template,
                    });
                }
                self.tidy();
            }
        }
        Ok(fitting)
    }

    /// Whether a wrong authorization value for this parent would count towards lockout.
    fn parent_is_guarded(&self, found: &PersistentKey) -> bool {
        !found.no_da && !self.parent_auth.is_empty()
    }

    fn loads_under(&mut self, parent: &ParentInUse, key: &KeyFile) -> Result<bool, TpmError> {
        let outcome = self.load_under_this(parent, key.private_blob(), key.public_blob());
        match outcome {
            Ok(reply) => {
                let handle = reply.handle()?;
                self.channel.release(handle);
                Ok(true)
            }
            Err(error @ (TpmError::Transport(_) | TpmError::BadResponse { .. })) => Err(error),
            Err(error)
                if error
                    .code()
                    .is_some_and(|code| code.base() == rc::OBJECT_MEMORY) =>
            {
                Err(error)
            }
            Err(_) => Ok(false),
        }
    }

    /// `TPM2_CreatePrimary` from any of the templates.
    fn primary_of(
        &mut self,
        hierarchy: Parent,
        template: ParentTemplate,
    ) -> Result<ParentInUse, TpmError> {
        self.free_the_root()?;
        let auth: Auth = self.auth_of(hierarchy);
        let call = object::create_primary(hierarchy.handle(), &template.area());
        let reply = self.run(call, &auth, &hierarchy.noun())?;
        let area = object::created_primary(&reply)?;
        ParentInUse::temporary(
            reply.handle()?,
            &area,
            format!("the primary key of {} ({template})", hierarchy.noun()),
        )
        .ok_or_else(|| TpmError::BadResponse {
            command: reply.command.name,
            problem: "the key in it has no known name algorithm".to_owned(),
        })
    }
}
