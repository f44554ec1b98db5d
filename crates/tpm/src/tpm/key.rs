//! A key in use.

use std::fmt;
use std::sync::Arc;

use crate::algorithm::{Algorithm, HashAlg};
use crate::error::TpmError;
use crate::key::{KeyPublic, RawSignature};
use crate::name::Name;
use crate::options::Receipt;
use crate::tpm::loaded::{KeyId, LoadedKey};
use crate::tpm::worker::Worker;

/// A key that can sign. Clones are handles to the same one; the TPM forgets it when the last is dropped.
///
/// Only a few keys fit into a TPM, so this one may be unloaded to make room and loaded again when it is used, which
/// takes one more command. After a reset of the TPM it is loaded again likewise.
#[derive(Clone)]
pub struct TpmKey {
    pub(super) shared: Arc<Shared>,
}

impl TpmKey {
    pub(super) fn new(loaded: LoadedKey, worker: Arc<Worker>) -> Self {
        let LoadedKey { id, public, name } = loaded;
        Self {
            shared: Arc::new(Shared {
                id,
                public,
                name,
                worker,
            }),
        }
    }

    /// The public half.
    pub fn public(&self) -> &KeyPublic {
        &self.shared.public
    }

    /// Kind and length.
    pub fn algorithm(&self) -> Algorithm {
        self.shared.public.algorithm()
    }

    /// The key's Name, computed from its public area.
    pub fn name(&self) -> &Name {
        &self.shared.name
    }

    /// Proves the authorization value that the key was loaded with, without signing anything (`TPM2_Certify` that nobody
    /// signs). Does nothing for the empty value, and where a TPM or a key has no way to do so.
    ///
    /// # Errors
    /// [`TpmError::AuthFailed`] and [`TpmError::RefusedBefore`] when it is wrong, [`TpmError::Lockout`].
    pub fn prove(&self) -> Result<(), TpmError> {
        let id = self.shared.id;
        self.shared.worker.call(move |owner| owner.prove_loaded(id))
    }

    /// Signs a digest with RSASSA-PKCS1-v1_5 or ECDSA (`TPM2_Sign`).
    ///
    /// What comes back was not verified: a TPM can be defective, so verify with [`TpmKey::public`] before use.
    ///
    /// # Errors
    /// [`TpmError::DigestLength`], [`TpmError::UnsupportedHash`], [`TpmError::Policy`] for a key under a policy that does
    /// not hold, and when the TPM is lost for too long,
    /// [`TpmError::Transport`].
    pub fn sign(&self, hash: HashAlg, digest: &[u8]) -> Result<(RawSignature, Receipt), TpmError> {
        check_length(hash, digest)?;
        let (id, digest) = (self.shared.id, digest.to_vec());
        self.shared
            .worker
            .call(move |owner| owner.sign(id, hash, &digest))
    }

    /// The same without waiting: what comes of it is given to `done`, most often on the thread that works with
    /// the TPM. The TPM stands still as long as `done` runs. Where the system gives no thread, `done` gets
    /// [`TpmError::Thread`] before this returns.
    pub fn sign_then(
        &self,
        hash: HashAlg,
        digest: &[u8],
        done: impl FnOnce(Result<(RawSignature, Receipt), TpmError>) + Send + 'static,
    ) {
        if let Err(error) = check_length(hash, digest) {
            return done(Err(error));
        }
        let (id, digest) = (self.shared.id, digest.to_vec());
        self.shared
            .worker
            .call_then(move |owner| owner.sign(id, hash, &digest), done);
    }
}

impl fmt::Debug for TpmKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TpmKey")
            .field("algorithm", &self.algorithm())
            .field("name", &self.shared.name)
            .finish_non_exhaustive()
    }
}

pub(super) fn check_length(hash: HashAlg, digest: &[u8]) -> Result<(), TpmError> {
    if digest.len() == hash.len() {
        return Ok(());
    }
    Err(TpmError::DigestLength {
        hash,
        got: digest.len(),
    })
}

pub(super) struct Shared {
    pub(super) id: KeyId,
    public: KeyPublic,
    name: Name,
    pub(super) worker: Arc<Worker>,
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.worker.unload(self.id);
    }
}
