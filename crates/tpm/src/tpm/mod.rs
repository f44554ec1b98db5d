//! The handle that everybody else holds: [`Tpm`], and what is behind it.

mod create;
mod duplication;
mod handles;
mod health;
mod inspect;
mod key;
mod loaded;
mod owner;
mod parent;
mod pcr;
mod policy;
mod private_use;
mod probe;
mod reclaim;
mod recovery;
mod storage_root;
mod worker;

use std::fmt;
use std::sync::Arc;

use crate::auth::Auth;
use crate::capability::Capabilities;
use crate::creation::KeyOptions;
use crate::error::TpmError;
use crate::keyfile::KeyFile;
use crate::name::Name;
use crate::options::TpmOptions;
use crate::persistent::{AuthNeed, PersistentKey};
use crate::transport::{Connector, Tcti};

pub use duplication::duplication_policy;
pub use key::TpmKey;
pub use probe::FittingParent;

use loaded::Proof;
use owner::Owner;
use worker::Worker;

/// A TPM in use. Clones are handles to the same one; any thread may call them, and calls wait for one another.
///
/// A TPM does one thing at a time, and loses what it holds when it is reset. So the connection, the session and
/// everything that is loaded have one owner, with whom one thread at a time works: a caller's own if nobody else is at
/// it, otherwise one that is started for it. What is lost is repaired, and flushed when the last handle (a [`Tpm`] or a
/// [`TpmKey`]) is dropped. That drop waits until it is done.
#[derive(Clone)]
pub struct Tpm {
    worker: Arc<Worker>,
}

impl Tpm {
    /// Connects to a TPM.
    ///
    /// # Errors
    /// As [`Tpm::with_connector`].
    pub fn open(tcti: &Tcti, options: TpmOptions) -> Result<Self, TpmError> {
        Self::with_connector(tcti.connector(), options)
    }

    /// Connects to a TPM in a way of the caller's own.
    ///
    /// Starts the TPM up if that was not done yet, and if [`TpmOptions::expected_srk`] is given, makes sure that it
    /// is the right one. Does not wait for a TPM that is not there.
    ///
    /// # Errors
    /// [`TpmError::Transport`] when it cannot be reached, [`TpmError::WrongTpm`] when it is another one.
    pub fn with_connector(
        connector: Box<dyn Connector>,
        options: TpmOptions,
    ) -> Result<Self, TpmError> {
        let worker = Arc::new(Worker::new(connector, options));
        worker.first_contact()?;
        Ok(Self { worker })
    }

    /// What it is connected to, as a TCTI string.
    pub fn describe(&self) -> &str {
        self.worker.describe()
    }

    /// What the TPM is and can do. What cannot change is asked for once, the state of the lockout every time.
    ///
    /// # Errors
    /// [`TpmError::Transport`] and [`TpmError::BadResponse`].
    pub fn capabilities(&self) -> Result<Capabilities, TpmError> {
        self.worker.call(Owner::capabilities)
    }

    /// The Name of the storage root key, computed from its public area: what to pin a TPM by.
    ///
    /// # Errors
    /// [`TpmError::WrongTpm`], and [`TpmError::AuthFailed`] when the owner's authorization is needed.
    pub fn srk_name(&self) -> Result<Name, TpmError> {
        self.worker
            .call(|owner| owner.storage_root().map(|root| root.name))
    }

    /// Makes a key inside the TPM, under the storage root key unless [`KeyOptions`] name another parent. It is not
    /// loaded afterwards.
    ///
    /// An `auth` that is not empty crosses encrypted and is in no file: without it the key is of no use to anybody.
    ///
    /// # Errors
    /// [`TpmError::UnsupportedAlgorithm`] says what the TPM can do, [`TpmError::AuthTooLong`] when `auth` has more
    /// than 32 octets, [`TpmError::Template`] what no TPM would make. With another parent also
    /// [`TpmError::NoParent`], [`TpmError::UnsuitableParent`] and [`TpmError::AuthFailed`] about it.
    pub fn create_key(
        &self,
        options: impl Into<KeyOptions>,
        auth: &Auth,
    ) -> Result<KeyFile, TpmError> {
        let (options, auth) = (options.into(), auth.clone());
        self.worker
            .call(move |owner| owner.create_key(&options, &auth))
    }

    /// Loads a key, and if it has an authorization value proves that `auth` is right without signing anything. One that
    /// was wrapped for import is imported first, every time; [`Tpm::receive`] makes a file that spares this.
    ///
    /// The key stays usable as long as the [`TpmKey`] lives, whatever happens to the TPM in between.
    ///
    /// # Errors
    /// [`TpmError::WrongParent`] for a key of another TPM or another parent, [`TpmError::AuthFailed`],
    /// [`TpmError::UnsupportedKey`] for one that cannot sign, [`TpmError::Policy`] for one whose policy can never hold.
    /// [`Tpm::load_with`] takes what a policy needs beside the authorization value.
    pub fn load(&self, key: KeyFile, auth: Auth) -> Result<TpmKey, TpmError> {
        let loaded = self
            .worker
            .call(move |owner| owner.load(&key, auth.clone(), Proof::Now))?;
        Ok(TpmKey::new(loaded, Arc::clone(&self.worker)))
    }

    /// Loads a key without proving `auth`: the first signature does. For a process that signs once and ends.
    ///
    /// # Errors
    /// As [`Tpm::load`], except that a wrong `auth` is found out by [`TpmKey::sign`].
    pub fn load_unproved(&self, key: KeyFile, auth: Auth) -> Result<TpmKey, TpmError> {
        let loaded = self
            .worker
            .call(move |owner| owner.load(&key, auth.clone(), Proof::BySigning))?;
        Ok(TpmKey::new(loaded, Arc::clone(&self.worker)))
    }

    /// Takes a key at a persistent handle into use. It stays where it is when the [`TpmKey`] is dropped.
    ///
    /// A value that is not empty is proved at once. The empty one is tried only on a key whose wrong authorizations
    /// do not count towards lockout; [`Tpm::auth_need`] tells whether it is right.
    ///
    /// # Errors
    /// [`TpmError::NothingAt`], [`TpmError::BadHandle`], [`TpmError::AuthFailed`], [`TpmError::UnsupportedKey`] for
    /// what cannot sign.
    pub fn load_handle(&self, handle: u32, auth: Auth) -> Result<TpmKey, TpmError> {
        let loaded = self
            .worker
            .call(move |owner| owner.load_handle(handle, auth.clone()))?;
        Ok(TpmKey::new(loaded, Arc::clone(&self.worker)))
    }

    /// Whether the key at a persistent handle takes the empty authorization value: whether to ask for one.
    ///
    /// Nothing in a key says so, it has to be tried. That is done only where a failure has no consequences, so for a
    /// key under the lockout's protection the answer is [`AuthNeed::Unknown`].
    ///
    /// # Errors
    /// [`TpmError::NothingAt`] and [`TpmError::BadHandle`].
    pub fn auth_need(&self, handle: u32) -> Result<AuthNeed, TpmError> {
        self.worker.call(move |owner| owner.auth_need(handle))
    }

    /// Puts a key at a persistent handle, where it is without its file and without its parent. Its file stays usable.
    ///
    /// [`TpmOptions::owner_auth`] authorizes it (for handles from 0x81800000 on, which are the platform's,
    /// [`TpmOptions::parent_auth`]). Returns the key's Name.
    ///
    /// # Errors
    /// [`TpmError::HandleTaken`] says what is there; nothing is evicted. [`TpmError::BadHandle`], otherwise as
    /// [`Tpm::load`].
    pub fn persist(&self, key: KeyFile, handle: u32) -> Result<Name, TpmError> {
        let mut sent = false;
        self.worker
            .call(move |owner| owner.persist(&key, handle, &mut sent))
    }

    /// Puts the storage root key at 0x81000001, where everybody looks for it; does nothing if it is there. Then it
    /// does not have to be made in each process (0.1 to 0.3 s on a chip) and takes no slot.
    ///
    /// # Errors
    /// [`TpmError::HandleTaken`] when something else is there. Everything works then too, as if nothing were there.
    pub fn persist_storage_root(&self) -> Result<Name, TpmError> {
        let mut sent = false;
        self.worker
            .call(move |owner| owner.persist_storage_root(&mut sent))
    }

    /// Removes what is at a persistent handle, whoever put it there. A key without a file is gone for ever.
    ///
    /// # Errors
    /// [`TpmError::NothingAt`], [`TpmError::BadHandle`], [`TpmError::AuthFailed`] about the hierarchy as with
    /// [`Tpm::persist`].
    pub fn evict(&self, handle: u32) -> Result<(), TpmError> {
        let mut sent = false;
        self.worker
            .call(move |owner| owner.evict(handle, &mut sent))
    }

    /// Everything that is at persistent handles, ascending.
    ///
    /// # Errors
    /// As [`Tpm::srk_name`], but without the owner's authorization it only is not known what is under the storage
    /// root key.
    pub fn persistent_handles(&self) -> Result<Vec<PersistentKey>, TpmError> {
        self.worker.call(Owner::persistent_keys)
    }

    /// What is at a persistent handle.
    ///
    /// # Errors
    /// [`TpmError::NothingAt`] and [`TpmError::BadHandle`], otherwise as [`Tpm::persistent_handles`].
    pub fn read_public(&self, handle: u32) -> Result<PersistentKey, TpmError> {
        self.worker.call(move |owner| owner.persistent_key(handle))
    }

    /// Changes the authorization value of a key (`TPM2_ObjectChangeAuth`). Both values stay secret on the way.
    ///
    /// The result is another file of the same key. The old file keeps working with the old value wherever a copy of
    /// it is left, and so does the key at a persistent handle.
    ///
    /// # Errors
    /// [`TpmError::AuthFailed`] when `old` is wrong, [`TpmError::AuthTooLong`] when `new` is longer than the digest of
    /// the key's name algorithm; otherwise as [`Tpm::load`].
    pub fn change_auth(&self, key: &KeyFile, old: &Auth, new: &Auth) -> Result<KeyFile, TpmError> {
        let (key, old, new) = (key.clone(), old.clone(), new.clone());
        self.worker
            .call(move |owner| owner.change_auth(&key, &old, &new))
    }

    /// Octets from the TPM's random number generator. They cross encrypted.
    ///
    /// # Errors
    /// As [`Tpm::srk_name`], because the session that protects them needs the storage root key.
    pub fn random(&self, count: usize) -> Result<Vec<u8>, TpmError> {
        self.worker.call(move |owner| owner.random(count))
    }
}

impl fmt::Debug for Tpm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Tpm").field(&self.worker.describe()).finish()
    }
}
