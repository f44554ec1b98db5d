//! A key as OpenSSL holds it: its public half is here, its private half is in the TPM.

use std::sync::{Arc, OnceLock};

use der::Encode;
use der::asn1::ObjectIdentifier;
use spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};
use tpm2ca_keys::{PublicKey, spki_from_tpm};
use tpm2ca_tpm::{
    Auth, BoundScheme, Curve, KeyFile, KeyPublic, KeyUses, Parent, Tpm, TpmError, TpmKey,
};

use crate::connection::KeyId;
use crate::error::Error;
use crate::ffi::core::Core;
use crate::ffi::entry::Held;
use crate::provider::Provider;

/// What OpenSSL calls the type of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Rsa,
    /// An RSA key that signs with RSASSA-PSS only.
    RsaPss,
    Ec,
}

impl Kind {
    pub(crate) fn name(self) -> &'static std::ffi::CStr {
        match self {
            Self::Rsa => c"RSA",
            Self::RsaPss => c"RSA-PSS",
            Self::Ec => c"EC",
        }
    }

    pub(crate) fn of(public: &KeyPublic, bound: Option<BoundScheme>) -> Self {
        match (public, bound) {
            (KeyPublic::Ecc { .. }, _) => Self::Ec,
            (KeyPublic::Rsa { .. }, Some(BoundScheme::RsaPss(_))) => Self::RsaPss,
            (KeyPublic::Rsa { .. }, _) => Self::Rsa,
        }
    }
}

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
        match self.key.get().map(|key| &key.public) {
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

/// A key.
pub(crate) struct Key {
    id: KeyId,
    kind: Kind,
    public: KeyPublic,
    /// For checking signatures.
    verifier: PublicKey,
    private: Option<Private>,
    /// Told when the key goes, to unload it.
    provider: Provider,
}

/// Where the private half is.
pub(crate) struct Private {
    place: Place,
    uses: KeyUses,
    auth: Auth,
}

pub(crate) enum Place {
    /// In a file, encrypted by the TPM for itself.
    File(KeyFile),
    /// In the TPM, at a persistent handle.
    Handle(u32),
}

impl Key {
    pub(crate) fn from_file(provider: &Provider, file: KeyFile, auth: Auth) -> Result<Self, Error> {
        let (public, uses) = (file.key_public()?, file.uses()?);
        Self::new(provider, public, uses, Place::File(file), auth)
    }

    /// `blob` is the whole `TPM2B_PUBLIC` of what is at the handle.
    pub(crate) fn at_handle(
        provider: &Provider,
        handle: u32,
        blob: &[u8],
        auth: Auth,
    ) -> Result<Self, Error> {
        let public = KeyPublic::from_tpm2b_public(blob)?;
        let uses = KeyUses::from_tpm2b_public(blob)?;
        Self::new(provider, public, uses, Place::Handle(handle), auth)
    }

    fn new(
        provider: &Provider,
        public: KeyPublic,
        uses: KeyUses,
        place: Place,
        auth: Auth,
    ) -> Result<Self, Error> {
        if uses.restricted {
            return Err(Error::unsupported(
                "a restricted key",
                "it works on the TPM's own structures only",
            ));
        }
        let mut key = Self::public_only(provider, public)?;
        key.kind = Kind::of(&key.public, uses.bound);
        key.private = Some(Private { place, uses, auth });
        Ok(key)
    }

    /// Somebody else's public key.
    pub(crate) fn public_only(provider: &Provider, public: KeyPublic) -> Result<Self, Error> {
        Ok(Self {
            id: KeyId::new(),
            kind: Kind::of(&public, None),
            verifier: PublicKey::from_spki_der(&spki_from_tpm(&public))?,
            public,
            private: None,
            provider: provider.clone(),
        })
    }

    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    pub(crate) fn public(&self) -> &KeyPublic {
        &self.public
    }

    pub(crate) fn verifier(&self) -> &PublicKey {
        &self.verifier
    }

    pub(crate) fn private(&self) -> Option<&Private> {
        self.private.as_ref()
    }

    /// What the key may be used for.
    pub(crate) fn uses(&self) -> Result<KeyUses, Error> {
        Ok(self.private.as_ref().ok_or(Error::NoKey)?.uses)
    }

    /// Uses the private half.
    pub(crate) fn with_private<T>(
        &self,
        work: impl FnOnce(&TpmKey) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let private = self.private.as_ref().ok_or(Error::NoKey)?;
        self.provider.connection().with(None, |open| {
            let key = open.key(self.id, |tpm| private.load(tpm))?;
            work(&key)
        })
    }

    /// SubjectPublicKeyInfo (RFC 5280, 4.1.2.7). Of a key for RSASSA-PSS only it says so (RFC 4055, 1.2).
    pub(crate) fn spki(&self) -> Result<Vec<u8>, Error> {
        if self.kind != Kind::RsaPss {
            return Ok(self.verifier.spki_der().to_vec());
        }
        let malformed = |_| Error::unsupported("this public key", "it does not fit into DER");
        let mut spki =
            <SubjectPublicKeyInfoRef<'_> as der::Decode<'_>>::from_der(self.verifier.spki_der())
                .map_err(malformed)?;
        spki.algorithm = AlgorithmIdentifierRef {
            oid: RSASSA_PSS,
            parameters: None,
        };
        spki.to_der().map_err(malformed)
    }

    /// The point in its uncompressed form (SEC 1, 2.3.3).
    pub(crate) fn point(&self) -> Option<Vec<u8>> {
        match &self.public {
            KeyPublic::Ecc { x, y, .. } => Some([&[UNCOMPRESSED], &x[..], &y[..]].concat()),
            KeyPublic::Rsa { .. } => None,
        }
    }

    /// Bits of the modulus or of the field.
    pub(crate) fn bits(&self) -> usize {
        match &self.public {
            KeyPublic::Rsa { modulus, .. } => modulus
                .first()
                .map_or(0, |top| modulus.len() * 8 - top.leading_zeros() as usize),
            KeyPublic::Ecc { curve, .. } => field_bits(*curve),
        }
    }

    /// Octets of the longest signature, secret or decrypted message.
    pub(crate) fn max_size(&self) -> usize {
        match &self.public {
            KeyPublic::Rsa { modulus, .. } => modulus.len(),
            KeyPublic::Ecc { curve, .. } => {
                // SEQUENCE of two INTEGERs with a sign octet each; its length has one or two octets.
                let integers = 2 * (3 + curve.coordinate_len());
                integers + if integers < 0x80 { 2 } else { 3 }
            }
        }
    }

    /// SP 800-57 part 1, table 2.
    pub(crate) fn security_bits(&self) -> usize {
        match &self.public {
            KeyPublic::Rsa { .. } => match self.bits() {
                0..2048 => 80,
                2048..3072 => 112,
                3072..7680 => 128,
                _ => 192,
            },
            KeyPublic::Ecc { curve, .. } => match curve {
                Curve::P256 => 128,
                Curve::P384 => 192,
                Curve::P521 => 256,
            },
        }
    }
}

impl Private {
    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    fn load(&self, tpm: &Tpm) -> Result<TpmKey, TpmError> {
        match &self.place {
            Place::File(file) => tpm.load_for_any_use(file.clone(), self.auth.clone()),
            Place::Handle(handle) => tpm.load_handle_for_any_use(*handle, self.auth.clone()),
        }
    }
}

impl Place {
    /// For people: where the key is.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::File(file) => match Parent::try_from(file.parent()) {
                Ok(Parent::Owner) => "TPM key file, parent 0x40000001 (owner)".to_owned(),
                _ => format!("TPM key file, parent {:#010x}", file.parent()),
            },
            Self::Handle(handle) => format!("persistent in the TPM at {handle:#010x}"),
        }
    }

    pub(crate) fn needs_auth(&self) -> Option<bool> {
        match self {
            Self::File(file) => Some(file.needs_auth()),
            Self::Handle(_) => None,
        }
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        if self.private.is_some() {
            self.provider.connection().forget(self.id);
        }
    }
}

/// Bits of a coordinate.
fn field_bits(curve: Curve) -> usize {
    match curve {
        Curve::P256 => 256,
        Curve::P384 => 384,
        Curve::P521 => 521,
    }
}

pub(crate) const UNCOMPRESSED: u8 = 0x04;
pub(crate) const RSASSA_PSS: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");
