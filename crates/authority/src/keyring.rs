//! Opens the keys of issuers: in a TPM, or in a file.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use tpm2ca_keys::{Hash, Signer, SoftwareKey, TpmSigner};
use tpm2ca_tpm::{
    Auth, AuthNeed, Credentials, HashAlg, KeyFile, Name, Observer, Tcti, Tpm, TpmError, TpmKey,
    TpmOptions,
};
use zeroize::Zeroizing;

use crate::{AuthorityError, KeyLocation, file::file_error};

/// Where the authorization value of a key comes from when the key needs one.
pub trait AuthSource: Send + Sync {
    /// The value for the key in `path`. Asked only when the key file says that there is one.
    ///
    /// # Errors
    /// A message for the user when there is none to be had.
    fn key_auth(&self, path: &Path) -> Result<Auth, String>;

    /// The pass phrase of the encrypted software key in `path`. Asked only for such a key.
    ///
    /// # Errors
    /// As [`AuthSource::key_auth`].
    fn passphrase(&self, _path: &Path) -> Result<Zeroizing<Vec<u8>>, String> {
        Err("it is encrypted, and no pass phrase was given".to_owned())
    }

    /// Whether a value was given before anybody asked, so that it may as well be used where it is one of several ways.
    fn is_given(&self) -> bool {
        false
    }

    /// What the key's policy asks for beyond that: approvals, and the authorization values of other things.
    ///
    /// # Errors
    /// A message for the user when what was given cannot be used.
    fn credentials(&self, _key: &KeyFile) -> Result<Credentials, String> {
        Ok(Credentials::default())
    }
}

/// For keys without an authorization value.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoAuth;

impl AuthSource for NoAuth {
    fn key_auth(&self, _: &Path) -> Result<Auth, String> {
        Err("it needs an authorization value and none was given".to_owned())
    }
}

/// The way to the keys. The TPM is opened when the first key in it is needed, and only once: listing and revoking
/// work on a machine without one.
pub struct Keyring {
    place: Option<Place>,
    auth: Box<dyn AuthSource>,
    tpm: Mutex<Option<Tpm>>,
}

/// Where the TPM is and how to use it.
struct Place {
    tcti: Tcti,
    owner_auth: Auth,
    parent_auth: Auth,
    expected_srk: Option<Name>,
    patience: Duration,
    observer: Option<Arc<Mutex<Observer>>>,
}

/// A key that is ready to sign.
#[derive(Clone)]
pub(crate) struct OpenKey {
    pub(crate) signer: Arc<dyn Signer>,
    /// None for a key in a file.
    tpm: Option<Arc<HashesOf>>,
}

/// A TPM, and the hashes that it has once somebody has asked: that takes some commands.
struct HashesOf {
    tpm: Tpm,
    hashes: OnceLock<Vec<HashAlg>>,
}

impl Keyring {
    /// Keys in the TPM at `tcti` (none: only keys in files can be opened).
    pub fn new(tcti: Option<Tcti>, options: TpmOptions, auth: Box<dyn AuthSource>) -> Self {
        Self {
            place: tcti.map(|tcti| Place::new(tcti, options)),
            auth,
            tpm: Mutex::new(None),
        }
    }

    /// Keys in a TPM that is open already.
    pub fn with_tpm(tpm: Tpm, auth: Box<dyn AuthSource>) -> Self {
        Self {
            place: None,
            auth,
            tpm: Mutex::new(Some(tpm)),
        }
    }

    /// The TPM, opened now if it was not yet. One that could not be opened is tried again next time.
    ///
    /// # Errors
    /// [`AuthorityError::NoTpm`] when none was named, [`AuthorityError::Tpm`] when it does not answer.
    pub fn tpm(&self) -> Result<Tpm, AuthorityError> {
        let mut open = self.tpm.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tpm) = &*open {
            return Ok(tpm.clone());
        }
        let place = self.place.as_ref().ok_or(AuthorityError::NoTpm)?;
        let tpm = Tpm::open(&place.tcti, place.options())?;
        *open = Some(tpm.clone());
        Ok(tpm)
    }

    /// Closes the TPM, unless it was handed in open.
    pub(crate) fn release(&self) {
        if self.place.is_some() {
            *self.tpm.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
    }

    /// Opens the key in `path`, which may be a handle ([`KeyLocation`]); a file's content tells whether it is a TPM's or a software key.
    ///
    /// # Errors
    /// Those of the file, the key file's format and the TPM; with a wrong authorization value
    /// [`AuthorityError::Tpm`] says how many tries are left.
    pub fn signer(&self, path: &Path) -> Result<Arc<dyn Signer>, AuthorityError> {
        self.open(path).map(|key| key.signer)
    }

    pub(crate) fn open(&self, path: &Path) -> Result<OpenKey, AuthorityError> {
        let location =
            KeyLocation::of_path(path).map_err(|message| AuthorityError::KeyHandle { message })?;
        if let KeyLocation::Handle(handle) = location {
            return self.open_handle(path, handle);
        }
        let text =
            Zeroizing::new(fs::read(path).map_err(|source| file_error("read", path, source))?);
        if !KeyFile::is_tss2_pem(&text) {
            let mut passphrase = || self.auth.passphrase(path);
            let key = SoftwareKey::from_pem(&text, &mut passphrase).map_err(|source| {
                AuthorityError::KeyFile {
                    path: path.to_owned(),
                    source,
                }
            })?;
            return Ok(OpenKey {
                signer: Arc::new(key),
                tpm: None,
            });
        }
        let key = KeyFile::from_pem(&text).map_err(|source| AuthorityError::Tss2File {
            path: path.to_owned(),
            source,
        })?;
        let may_help = key.needs_auth() && self.auth.is_given();
        let auth = if key.asks_for_auth() || may_help {
            self.key_auth(path)?
        } else {
            Auth::empty()
        };
        self.load(path, key, auth)
    }

    /// Takes a persistent key into use. Which key it is, its certificate tells.
    fn open_handle(&self, path: &Path, handle: u32) -> Result<OpenKey, AuthorityError> {
        let tpm = self.tpm()?;
        let auth = match tpm.auth_need(handle)? {
            AuthNeed::None => Auth::empty(),
            AuthNeed::Needed | AuthNeed::Unknown => self.key_auth(path)?,
        };
        let loaded = tpm.load_handle(handle, auth)?;
        opened(path, tpm, loaded)
    }

    fn key_auth(&self, path: &Path) -> Result<Auth, AuthorityError> {
        self.auth
            .key_auth(path)
            .map_err(|message| AuthorityError::KeyAuth {
                key: PathBuf::from(path),
                message,
            })
    }

    /// Loads a key that was read from, or written to, `path`.
    pub(crate) fn load(
        &self,
        path: &Path,
        key: KeyFile,
        auth: Auth,
    ) -> Result<OpenKey, AuthorityError> {
        let tpm = self.tpm()?;
        let credentials =
            self.auth
                .credentials(&key)
                .map_err(|message| AuthorityError::KeyAuth {
                    key: PathBuf::from(path),
                    message,
                })?;
        let loaded = tpm.load_with(key, auth, credentials)?;
        opened(path, tpm, loaded)
    }
}

fn opened(path: &Path, tpm: Tpm, loaded: TpmKey) -> Result<OpenKey, AuthorityError> {
    let signer = TpmSigner::new(loaded).map_err(|source| AuthorityError::PublicKey {
        key: path.to_owned(),
        source,
    })?;
    Ok(OpenKey {
        signer: Arc::new(signer),
        tpm: Some(Arc::new(HashesOf {
            tpm,
            hashes: OnceLock::new(),
        })),
    })
}

impl OpenKey {
    /// Whether digests of this hash can be signed where the key is. SHA-256 is what every TPM has; for others the TPM
    /// is asked, once.
    pub(crate) fn can_hash(&self, hash: Hash) -> Result<(), TpmError> {
        let asked = match hash {
            Hash::Sha256 => return Ok(()),
            Hash::Sha384 => HashAlg::Sha384,
            Hash::Sha512 => HashAlg::Sha512,
        };
        let Some(HashesOf { tpm, hashes }) = self.tpm.as_deref() else {
            return Ok(());
        };
        let can = if let Some(can) = hashes.get() {
            can
        } else {
            let found = tpm.capabilities()?.hashes;
            hashes.get_or_init(|| found)
        };
        if can.contains(&asked) {
            return Ok(());
        }
        Err(TpmError::UnsupportedHash {
            asked,
            can: can.clone(),
        })
    }

    /// Whether it is in a TPM.
    pub(crate) fn is_in_tpm(&self) -> bool {
        self.tpm.is_some()
    }

    /// A key without a TPM, for tests of the stages.
    #[cfg(test)]
    pub(crate) fn outside_of_a_tpm(signer: Arc<dyn Signer>) -> Self {
        Self { signer, tpm: None }
    }
}

impl Place {
    fn new(tcti: Tcti, options: TpmOptions) -> Self {
        let TpmOptions {
            owner_auth,
            parent_auth,
            expected_srk,
            patience,
            observer,
        } = options;
        Self {
            tcti,
            owner_auth,
            parent_auth,
            expected_srk,
            patience,
            observer: observer.map(|observer| Arc::new(Mutex::new(observer))),
        }
    }

    /// The options that were given, for one more try.
    fn options(&self) -> TpmOptions {
        let observer = self.observer.clone().map(|shared| -> Observer {
            Box::new(move |receipt| {
                let mut observer = shared.lock().unwrap_or_else(PoisonError::into_inner);
                observer(receipt);
            })
        });
        TpmOptions {
            owner_auth: self.owner_auth.clone(),
            parent_auth: self.parent_auth.clone(),
            expected_srk: self.expected_srk.clone(),
            patience: self.patience,
            observer,
        }
    }
}
