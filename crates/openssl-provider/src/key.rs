//! A key as OpenSSL holds it.

use std::sync::{Arc, OnceLock};

use tpm2ca_openssl_keys::{Error, Key};
use tpm2ca_tpm::{Curve, KeyPublic};

use crate::ffi::core::Core;
use crate::ffi::entry::Held;
use crate::provider::Provider;

/// What a key in OpenSSL's hands points to.
pub(crate) struct KeyObject {
    provider: Provider,
    /// What is known of a key that is still to come.
    curve: Option<Curve>,
    /// Empty until it is filled by an import, or by a public key for the curve.
    key: OnceLock<Arc<Key>>,
}

impl KeyObject {
    pub(crate) fn empty(provider: &Provider) -> Box<Self> {
        Box::new(Self {
            provider: provider.clone(),
            curve: None,
            key: OnceLock::new(),
        })
    }

    /// A curve without a key on it.
    pub(crate) fn on_curve(provider: &Provider, curve: Option<Curve>) -> Box<Self> {
        Box::new(Self {
            curve,
            ..*Self::empty(provider)
        })
    }

    pub(crate) fn new(provider: &Provider, key: Arc<Key>) -> Box<Self> {
        let object = Self::empty(provider);
        // It is empty, so this always works.
        let _ = object.key.set(key);
        object
    }

    pub(crate) fn provider(&self) -> &Provider {
        &self.provider
    }

    pub(crate) fn key(&self) -> Result<&Arc<Key>, Error> {
        self.key.get().ok_or(Error::NoKey)
    }

    /// The curve of an EC key, or of one that is still to come.
    pub(crate) fn curve(&self) -> Option<Curve> {
        match self.key.get().map(|key| key.public()) {
            Some(KeyPublic::Ecc { curve, .. }) => Some(*curve),
            Some(KeyPublic::Rsa { .. }) => None,
            None => self.curve,
        }
    }

    /// Fills an empty one.
    pub(crate) fn fill(&self, key: Arc<Key>) -> Result<(), Error> {
        self.key
            .set(key)
            .map_err(|_| Error::unsupported("a second import", "this key object has a key already"))
    }
}

impl Held for KeyObject {
    fn core(&self) -> Core {
        self.provider.core()
    }
}
