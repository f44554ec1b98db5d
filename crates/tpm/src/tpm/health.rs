//! Asking a TPM how it is, before anything of ours is loaded.

use crate::command::system::end_of_kind;
use crate::error::TpmError;
use crate::health::{Health, LoadedObject, SelfTest};
use crate::name::Name;
use crate::rc;
use crate::tpm::Tpm;
use crate::tpm::owner::Owner;
use crate::wire::code;

impl Tpm {
    /// How the TPM is: its self-test, what others have loaded in it, its clock. What this [`Tpm`] has loaded itself is
    /// not in it. What hangs from the storage root key is known by that key's Name, if it is given, was pinned, or is at
    /// its place.
    ///
    /// # Errors
    /// [`TpmError::Transport`] and [`TpmError::BadResponse`].
    pub fn health(&self, storage_root: Option<&Name>) -> Result<Health, TpmError> {
        let root = storage_root.cloned();
        self.worker.call(move |owner| owner.health(root.as_ref()))
    }
}

impl Owner {
    fn health(&mut self, storage_root: Option<&Name>) -> Result<Health, TpmError> {
        let mut self_test = self.channel.test_result()?;
        if self_test == SelfTest::NotDone {
            // The tests of what was not tested yet are due anyway when it is used.
            self.channel.self_test()?;
            self_test = self.channel.test_result()?;
        }
        let root = match storage_root {
            Some(name) => Some(name.clone()),
            None => self.likely_root()?,
        };
        let mut objects = Vec::new();
        for handle in self.foreign_handles(code::HT_TRANSIENT, code::HT_TRANSIENT)? {
            let under_storage_root = self.looks_like_ours(handle, root.as_ref())?;
            objects.push(LoadedObject {
                handle,
                under_storage_root,
            });
        }
        // Loaded sessions are listed from the first HMAC session on, policy sessions among them.
        let sessions = self.foreign_handles(code::HT_HMAC_SESSION, code::HT_POLICY_SESSION)?;
        let saved_sessions =
            self.foreign_handles(code::HT_POLICY_SESSION, code::HT_POLICY_SESSION)?;
        let clock = match self.channel.read_clock() {
            Ok(clock) => Some(clock),
            Err(error) if error.is_code(rc::COMMAND_CODE) => None,
            Err(error) => return Err(error),
        };
        Ok(Health {
            self_test,
            objects,
            sessions,
            saved_sessions,
            clock,
            resource_manager: self.channel.has_resource_manager(),
        })
    }

    /// Handles from the first of one kind to the last of another, without those that we hold.
    fn foreign_handles(&mut self, first: u8, last: u8) -> Result<Vec<u32>, TpmError> {
        let first = u32::from(first) << 24;
        let last = end_of_kind(u32::from(last) << 24);
        let listed = self
            .channel
            .get_capability(code::CAP_HANDLES, first, last)?;
        Ok(listed
            .into_iter()
            .map(|(handle, _)| handle)
            .filter(|handle| !self.channel.held().contains(handle))
            .collect())
    }
}
