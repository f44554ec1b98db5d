//! A key: its public half is here, its private half is in the TPM.

use std::sync::{Arc, OnceLock};

use der::Encode;
use der::asn1::ObjectIdentifier;
use spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};
use tpm2ca_keys::{PublicKey, spki_from_tpm};
use tpm2ca_tpm::{
    Auth, BoundScheme, Curve, ErrorKind, KeyAttributes, KeyFile, KeyPublic, KeyUses, Parent, Tpm,
    TpmError, TpmKey,
};

use crate::config::Config;
use crate::connection::{Connection, KeyId};
use crate::error::Error;
use crate::unpad::Rejection;

/// What OpenSSL calls the type of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An RSA key for everything.
    Rsa,
    /// An RSA key that signs with RSASSA-PSS only.
    RsaPss,
    /// A key on an elliptic curve.
    Ec,
}

impl Kind {
    /// The name.
    pub fn name(self) -> &'static std::ffi::CStr {
        match self {
            Self::Rsa => c"RSA",
            Self::RsaPss => c"RSA-PSS",
            Self::Ec => c"EC",
        }
    }

    /// The type of a key, which may be bound to a scheme.
    pub fn of(public: &KeyPublic, bound: Option<BoundScheme>) -> Self {
        match (public, bound) {
            (KeyPublic::Ecc { .. }, _) => Self::Ec,
            (KeyPublic::Rsa { .. }, Some(BoundScheme::RsaPss(_))) => Self::RsaPss,
            (KeyPublic::Rsa { .. }, _) => Self::Rsa,
        }
    }
}

/// A key.
pub struct Key {
    id: KeyId,
    kind: Kind,
    public: KeyPublic,
    /// For checking signatures.
    verifier: PublicKey,
    private: Option<Private>,
    /// For RSA keys that decrypt; made when it is needed first.
    rejection: OnceLock<Rejection>,
    /// Told when the key goes, to unload it.
    connection: Arc<Connection>,
}

/// Where the private half is.
pub struct Private {
    place: Place,
    uses: KeyUses,
    auth: KeyAuth,
    /// Wrong values count towards lockout.
    is_guarded: bool,
}

/// The authorization value of a key.
pub enum KeyAuth {
    /// This one.
    Value(Auth),
    /// None, and the key cannot be used without; the reason.
    Missing(String),
}

/// Where a private half is.
pub enum Place {
    /// In a file, encrypted by the TPM for itself.
    File(KeyFile),
    /// In the TPM, at a persistent handle.
    Handle(u32),
}

impl Key {
    /// The key in a file.
    ///
    /// # Errors
    /// When its public half cannot be read, or the key is one that OpenSSL cannot use.
    pub fn from_file(
        connection: &Arc<Connection>,
        file: KeyFile,
        auth: impl Into<KeyAuth>,
    ) -> Result<Self, Error> {
        let key = Self::from_any_file(connection, file, auth)?;
        key.usable_private()?;
        Ok(key)
    }

    /// The key in a file, also one that OpenSSL cannot use: then each use of its private half says why.
    ///
    /// # Errors
    /// When its public half cannot be read.
    pub fn from_any_file(
        connection: &Arc<Connection>,
        file: KeyFile,
        auth: impl Into<KeyAuth>,
    ) -> Result<Self, Error> {
        let public = file.key_public()?;
        let private = Private {
            uses: file.uses()?,
            is_guarded: !file.attributes()?.no_da,
            place: Place::File(file),
            auth: auth.into(),
        };
        Self::new(connection, public, private)
    }

    /// The key at a persistent handle; `blob` is the whole `TPM2B_PUBLIC` of what is at the handle.
    pub fn at_handle(
        connection: &Arc<Connection>,
        handle: u32,
        blob: &[u8],
        auth: impl Into<KeyAuth>,
    ) -> Result<Self, Error> {
        let public = KeyPublic::from_tpm2b_public(blob)?;
        let private = Private {
            uses: KeyUses::from_tpm2b_public(blob)?,
            is_guarded: !KeyAttributes::from_tpm2b_public(blob)?.no_da,
            place: Place::Handle(handle),
            auth: auth.into(),
        };
        let key = Self::new(connection, public, private)?;
        key.usable_private()?;
        Ok(key)
    }

    fn new(
        connection: &Arc<Connection>,
        public: KeyPublic,
        private: Private,
    ) -> Result<Self, Error> {
        let mut key = Self::public_only(connection, public)?;
        key.kind = Kind::of(&key.public, private.uses.bound);
        key.private = Some(private);
        Ok(key)
    }

    /// Somebody else's public key.
    ///
    /// # Errors
    /// When it is no key.
    pub fn public_only(connection: &Arc<Connection>, public: KeyPublic) -> Result<Self, Error> {
        Ok(Self {
            id: KeyId::new(),
            kind: Kind::of(&public, None),
            verifier: PublicKey::from_spki_der(&spki_from_tpm(&public))?,
            public,
            private: None,
            rejection: OnceLock::new(),
            connection: Arc::clone(connection),
        })
    }

    /// What OpenSSL calls its type.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Its public half.
    pub fn public(&self) -> &KeyPublic {
        &self.public
    }

    /// What checks its signatures.
    pub fn verifier(&self) -> &PublicKey {
        &self.verifier
    }

    /// Where its private half is, if it has one.
    pub fn private(&self) -> Option<&Private> {
        self.private.as_ref()
    }

    /// What the key may be used for.
    ///
    /// # Errors
    /// [`Error::NoKey`] when it has no private half; the reason when OpenSSL cannot use that.
    pub fn uses(&self) -> Result<KeyUses, Error> {
        Ok(self.usable_private()?.uses)
    }

    fn usable_private(&self) -> Result<&Private, Error> {
        let private = self.private.as_ref().ok_or(Error::NoKey)?;
        if let Place::File(file) = &private.place
            && let Some(reason) = file.unsupported_reason()
        {
            return Err(TpmError::UnsupportedKey { reason }.into());
        }
        if private.uses.restricted {
            return Err(Error::unsupported(
                "a restricted key",
                "it works on the TPM's own structures only",
            ));
        }
        Ok(private)
    }

    /// What was configured for the TPM that it is in.
    pub fn config(&self) -> &Config {
        self.connection.config()
    }

    /// Returns what synthetic messages of this key are made from.
    ///
    /// # Errors
    /// As `make`, which is called if there is none yet.
    pub(crate) fn rejection(
        &self,
        make: impl FnOnce() -> Result<Rejection, Error>,
    ) -> Result<&Rejection, Error> {
        if let Some(rejection) = self.rejection.get() {
            return Ok(rejection);
        }
        let made = make()?;
        Ok(self.rejection.get_or_init(|| made))
    }

    /// Uses the private half.
    ///
    /// # Errors
    /// [`Error::NoKey`] when there is none; [`Error::Auth`] when its value is missing, without asking the TPM; when the
    /// TPM cannot load it; what `work` says.
    pub fn with_private<T>(
        &self,
        work: impl FnOnce(&TpmKey) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let private = self.usable_private()?;
        let auth = private.auth()?;
        self.connection.with(None, |open| {
            let key = open.key(self.id, |tpm| private.load(tpm, auth))?;
            work(&key)
        })
    }

    /// Proves an authorization value whose failure counts towards lockout: a daemon loads a key once and forks off workers,
    /// each of which would otherwise find out for itself, at the cost of a try, that the value is wrong. A value that was
    /// refused here is not sent again, by the workers neither. A TPM that cannot be asked now tells it when the key is used.
    ///
    /// # Errors
    /// [`Error::Auth`] when the value is missing; when the TPM refuses it.
    pub fn prove(&self) -> Result<(), Error> {
        let Some(private) = &self.private else {
            return Ok(());
        };
        if private.auth()?.is_empty() || !private.is_guarded {
            return Ok(());
        }
        match self.with_private(|key| Ok(key.prove()?)) {
            Err(Error::Tpm(error)) if error.kind() == ErrorKind::Auth => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// SubjectPublicKeyInfo (RFC 5280, 4.1.2.7). Of a key for RSASSA-PSS only it says so (RFC 4055, 1.2).
    ///
    /// # Errors
    /// When it does not fit into DER.
    pub fn spki(&self) -> Result<Vec<u8>, Error> {
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
    pub fn point(&self) -> Option<Vec<u8>> {
        match &self.public {
            KeyPublic::Ecc { x, y, .. } => Some([&[UNCOMPRESSED], &x[..], &y[..]].concat()),
            KeyPublic::Rsa { .. } => None,
        }
    }

    /// Bits of the modulus or of the field.
    pub fn bits(&self) -> usize {
        match &self.public {
            KeyPublic::Rsa { modulus, .. } => modulus
                .first()
                .map_or(0, |top| modulus.len() * 8 - top.leading_zeros() as usize),
            KeyPublic::Ecc { curve, .. } => field_bits(*curve),
        }
    }

    /// Octets of the longest signature, secret or decrypted message.
    pub fn max_size(&self) -> usize {
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
    pub fn security_bits(&self) -> usize {
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
    /// The place.
    pub fn place(&self) -> &Place {
        &self.place
    }

    fn auth(&self) -> Result<&Auth, Error> {
        match &self.auth {
            KeyAuth::Value(auth) => Ok(auth),
            KeyAuth::Missing(reason) => Err(Error::Auth {
                reason: reason.clone(),
            }),
        }
    }

    fn load(&self, tpm: &Tpm, auth: &Auth) -> Result<TpmKey, TpmError> {
        match &self.place {
            Place::File(file) => tpm.load_for_any_use(file.clone(), auth.clone()),
            Place::Handle(handle) => tpm.load_handle_for_any_use(*handle, auth.clone()),
        }
    }
}

impl From<Auth> for KeyAuth {
    fn from(auth: Auth) -> Self {
        Self::Value(auth)
    }
}

impl Place {
    /// For people: where the key is.
    pub fn describe(&self) -> String {
        match self {
            Self::File(file) => match Parent::try_from(file.parent()) {
                Ok(Parent::Owner) => "TPM key file, parent 0x40000001 (owner)".to_owned(),
                _ => format!("TPM key file, parent {:#010x}", file.parent()),
            },
            Self::Handle(handle) => format!("persistent in the TPM at {handle:#010x}"),
        }
    }

    /// Whether the key has an authorization value, if that is known here.
    pub fn needs_auth(&self) -> Option<bool> {
        match self {
            Self::File(file) => Some(file.needs_auth()),
            Self::Handle(_) => None,
        }
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        if self.private.is_some() {
            self.connection.forget(self.id);
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

/// First octet of an uncompressed point (SEC 1, 2.3.3).
pub const UNCOMPRESSED: u8 = 0x04;
/// id-RSASSA-PSS (RFC 8017, A.2.3).
pub const RSASSA_PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");
