//! Keys in use: made, loaded, proved, signed with, unloaded when the TPM's few slots are needed for others.

use std::collections::HashMap;
use std::sync::Arc;

use crate::algorithm::HashAlg;
use crate::auth::Auth;
use crate::command::{Call, Reply, object};
use crate::error::TpmError;
use crate::key::{KeyPublic, RawSignature};
use crate::keyfile::{KeyFile, KeyFileKind};
use crate::name::Name;
use crate::options::Receipt;
use crate::persistent::{Origin, PersistentKey};
use crate::policy::{Credentials, KeyPolicy};
use crate::rc::{self, Subject};
use crate::tpm::owner::Owner;
use crate::tpm::parent::ParentKey;
use crate::tpm::policy::UnderPolicy;
use crate::wire::public::{PublicArea, Scheme};
use crate::wire::{Reader, code};

/// Tells one loaded key from another; never used twice in a process's life with one TPM.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct KeyId(u64);

/// When an authorization value is proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Proof {
    /// Before anything is signed.
    Now,
    /// By the first signature, which spares a command.
    BySigning,
}

/// What a key is loaded for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To sign, with RSASSA or ECDSA.
    Sign,
    /// Whatever it can do: [`super::private_use`].
    Any,
}

/// What the caller's side of a key has to know.
pub(super) struct LoadedKey {
    pub(super) id: KeyId,
    pub(super) public: KeyPublic,
    pub(super) name: Name,
}

/// The keys that callers hold, loaded at present or not.
#[derive(Default)]
pub(super) struct LoadedKeys {
    entries: HashMap<KeyId, Entry>,
    last_id: u64,
    /// Counts uses, to find the key that was not used for longest.
    clock: u64,
}

struct Entry {
    /// Whole `TPM2B_PUBLIC`.
    public: Vec<u8>,
    source: Source,
    auth: Auth,
    /// What its use needs instead of the authorization value alone.
    policy: Option<Arc<KeyPolicy>>,
    credentials: Credentials,
    name: Name,
    /// `None` for a key that was loaded for something else.
    signing: Option<Signing>,
    handle: Option<u32>,
    used: u64,
}

/// Where a key comes from.
enum Source {
    /// It is loaded under its parent.
    File {
        /// Whole `TPM2B_PRIVATE`.
        private: Vec<u8>,
        parent: ParentKey,
    },
    /// It is at this handle for good, and takes no slot except while it is used.
    Persistent(u32),
}

/// The scheme, and the hash if the key is bound to one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Signing {
    scheme: u16,
    hash: Option<HashAlg>,
}

impl Owner {
    /// Loads a key and proves its authorization value, now or when it signs.
    pub(super) fn load(
        &mut self,
        file: &KeyFile,
        auth: Auth,
        proof: Proof,
    ) -> Result<LoadedKey, TpmError> {
        self.load_for(file, auth, proof, Purpose::Sign)
    }

    pub(super) fn load_for(
        &mut self,
        file: &KeyFile,
        auth: Auth,
        proof: Proof,
        purpose: Purpose,
    ) -> Result<LoadedKey, TpmError> {
        let imported;
        let file = match file.kind() {
            KeyFileKind::Importable => {
                imported = self.receive(file)?;
                &imported
            }
            _ => file,
        };
        let (mut entry, public) = Entry::from_file(file, auth, purpose)?;
        // Under a policy the value may not be needed, and then none is given.
        let may_have_auth = (file.needs_auth() && entry.policy.is_none()) || !entry.auth.is_empty();
        let provable = entry.is_provable();
        self.make_room_for_a_key();
        let handle = self.load_entry(&entry)?;
        entry.handle = Some(handle);
        if proof == Proof::Now && may_have_auth && provable {
            self.prove((handle, entry.name.clone()), &entry.auth)?;
        }
        let name = entry.name.clone();
        let id = self.keys.add(entry);
        Ok(LoadedKey { id, public, name })
    }

    /// Takes a key at a persistent handle into use.
    pub(super) fn load_handle(&mut self, handle: u32, auth: Auth) -> Result<LoadedKey, TpmError> {
        self.load_handle_for(handle, auth, Proof::Now, Purpose::Sign)
    }

    pub(super) fn load_handle_for(
        &mut self,
        handle: u32,
        auth: Auth,
        proof: Proof,
        purpose: Purpose,
    ) -> Result<LoadedKey, TpmError> {
        let mut entry = self.usable_at(handle, purpose)?;
        entry.auth = auth;
        let area = PublicArea::from_tpm2b(&entry.public);
        // The empty value is only a guess, and a wrong guess must not count towards lockout.
        let provable = area.is_ok_and(|area| {
            !area.has(code::ATTR_ADMIN_WITH_POLICY)
                && (area.has(code::ATTR_NO_DA) || !entry.auth.is_empty())
        });
        if proof == Proof::Now && provable {
            self.prove((handle, entry.name.clone()), &entry.auth)?;
        }
        entry.handle = Some(handle);
        let public = KeyPublic::from_tpm2b_public(&entry.public)?;
        let name = entry.name.clone();
        let id = self.keys.add(entry);
        Ok(LoadedKey { id, public, name })
    }

    /// `TPM2_Sign`.
    pub(super) fn sign(
        &mut self,
        id: KeyId,
        hash: HashAlg,
        digest: &[u8],
    ) -> Result<(RawSignature, Receipt), TpmError> {
        let entry = self.keys.entry(id)?;
        let Some(Signing {
            scheme,
            hash: bound,
        }) = entry.signing
        else {
            return Err(TpmError::UnsupportedKey {
                reason: "it does not sign with RSASSA or ECDSA".to_owned(),
            });
        };
        if let Some(bound) = bound.filter(|bound| *bound != hash) {
            return Err(TpmError::UnsupportedHash {
                asked: hash,
                can: vec![bound],
            });
        }
        self.sign_as(id, scheme, hash, digest)
    }

    /// `TPM2_Sign` with a scheme that the caller knows the key to have.
    pub(super) fn sign_as(
        &mut self,
        id: KeyId,
        scheme: u16,
        hash: HashAlg,
        digest: &[u8],
    ) -> Result<(RawSignature, Receipt), TpmError> {
        let outcome = self.use_key(id, &|key| object::sign(key, digest, scheme, hash));
        let reply = match outcome {
            Ok(reply) => reply,
            Err(error) => return Err(self.why_no_signature(error, hash)),
        };
        let signature = object::signed(&reply, scheme, hash)?;
        Ok((signature, reply.receipt))
    }

    /// Runs a command whose first handle is the key, authorized by its value or under its policy.
    pub(super) fn use_key(
        &mut self,
        id: KeyId,
        command: &dyn Fn((u32, Name)) -> Call,
    ) -> Result<Reply, TpmError> {
        let entry = self.keys.entry(id)?;
        let (name, auth) = (entry.name.clone(), entry.auth.clone());
        let (policy, credentials) = (entry.policy.clone(), entry.credentials.clone());
        let handle = self.ensure_loaded(id)?;
        let call = || command((handle, name.clone()));
        match &policy {
            None => self.run(call(), &auth, KEY),
            Some(policy) => self.run_under_policy(&UnderPolicy {
                policy,
                credentials: &credentials,
                object: &name,
                auth: &auth,
                what: KEY,
                call: &call,
            }),
        }
    }

    /// Proves the value of a key that is in use, if it has one that can be proved without signing.
    pub(super) fn prove_loaded(&mut self, id: KeyId) -> Result<(), TpmError> {
        let entry = self.keys.entry(id)?;
        if entry.auth.is_empty() || !entry.is_provable() {
            return Ok(());
        }
        let (name, auth) = (entry.name.clone(), entry.auth.clone());
        let handle = self.ensure_loaded(id)?;
        self.prove((handle, name), &auth)
    }

    /// Forgets a key that no caller holds any more.
    pub(super) fn unload(&mut self, id: KeyId) {
        if let Some(handle) = self.keys.remove(id)
            && self.channel.is_ready()
        {
            self.channel.begin_request();
            self.channel.release(handle);
        }
    }

    pub(super) fn ensure_loaded(&mut self, id: KeyId) -> Result<u32, TpmError> {
        if let Some(handle) = self.keys.touch(id) {
            return Ok(handle);
        }
        self.make_room_for_a_key();
        // Taken out for as long as it borrows nothing from the others.
        let entry = self.keys.take(id)?;
        let outcome = self.load_entry(&entry);
        self.keys
            .put_back(id, entry, outcome.as_ref().ok().copied());
        outcome
    }

    fn load_entry(&mut self, entry: &Entry) -> Result<u32, TpmError> {
        let (private, parent) = match &entry.source {
            Source::File { private, parent } => (private, *parent),
            Source::Persistent(handle) => return self.still_there(*handle, &entry.name),
        };
        let reply = self.load_under(parent, private, &entry.public)?;
        if object::loaded_name(&reply)? != entry.name.as_bytes() {
            return Err(TpmError::BadResponse {
                command: reply.command.name,
                problem: "the Name in it is not that of the key that was sent".to_owned(),
            });
        }
        reply.handle()
    }

    /// The handle of a persistent key, if it is the one that was there before.
    fn still_there(&mut self, handle: u32, expected: &Name) -> Result<u32, TpmError> {
        // It was usable when it was loaded, and a key of this Name always is.
        let got = self.usable_at(handle, Purpose::Any)?.name;
        if got == *expected {
            Ok(handle)
        } else {
            Err(TpmError::KeyReplaced {
                handle,
                expected: expected.clone(),
                got,
            })
        }
    }

    /// A key at a persistent handle that can do what it is loaded for, not tried yet.
    fn usable_at(&mut self, handle: u32, purpose: Purpose) -> Result<Entry, TpmError> {
        let found = self
            .channel
            .read_anything(handle)?
            .ok_or(TpmError::NothingAt { handle })?;
        let public = PersistentKey::new(handle, &found.public, Origin::Other).public;
        let source = Source::Persistent(handle);
        Entry::new(public, source, Auth::empty(), None, purpose).map(|(entry, _)| entry)
    }

    /// Checks the authorization value without signing anything.
    fn prove(&mut self, key: (u32, Name), auth: &Auth) -> Result<(), TpmError> {
        let call = object::certify_unsigned(key);
        // Nobody signs, and nobody's authorization value is empty.
        match self.run_with(call, auth, KEY, 1) {
            Ok(_) => Ok(()),
            // Then the first signature has to show it.
            Err(error) if error.is_code(rc::COMMAND_CODE) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Unloads the keys that were not used for longest, until one more fits.
    fn make_room_for_a_key(&mut self) {
        self.unload_all_but(MOST_LOADED - 1);
    }

    pub(super) fn unload_all_but(&mut self, most: usize) {
        while self.keys.loaded_count() > most {
            let Some(handle) = self.keys.least_recently_used() else {
                return;
            };
            self.channel.release(handle);
        }
    }

    fn why_no_signature(&mut self, error: TpmError, asked: HashAlg) -> TpmError {
        let of_scheme = error.code().is_some_and(|code| {
            code.subject() == Some(IN_SCHEME) || matches!(code.base(), rc::HASH | rc::SCHEME)
        });
        if of_scheme
            && let Ok(capabilities) = self.capabilities()
            && !capabilities.hashes.contains(&asked)
        {
            return TpmError::UnsupportedHash {
                asked,
                can: capabilities.hashes,
            };
        }
        error
    }
}

impl Entry {
    fn from_file(
        file: &KeyFile,
        auth: Auth,
        purpose: Purpose,
    ) -> Result<(Self, KeyPublic), TpmError> {
        // Says more than that the file is not supported.
        KeyPolicy::of(file)?;
        if let Some(reason) = file.unsupported_reason() {
            return Err(TpmError::UnsupportedKey { reason });
        }
        let mut private = Reader::new(file.private_blob());
        private
            .sized("TPM2B_PRIVATE")
            .and_then(|_| private.finish("TPM2B_PRIVATE"))
            .map_err(|problem| TpmError::UnsupportedKey {
                reason: format!("its private part is damaged: {problem}"),
            })?;
        let source = Source::File {
            private: file.private_blob().to_vec(),
            parent: ParentKey::of(file)?,
        };
        Self::new(
            file.public_blob().to_vec(),
            source,
            auth,
            Some(file),
            purpose,
        )
    }

    /// The public part must be whole and that of a key that does what it is loaded for. Its policy, if it has one, is
    /// in the file.
    fn new(
        public_blob: Vec<u8>,
        source: Source,
        auth: Auth,
        file: Option<&KeyFile>,
        purpose: Purpose,
    ) -> Result<(Self, KeyPublic), TpmError> {
        let unsupported = |reason: &str| TpmError::UnsupportedKey {
            reason: reason.to_owned(),
        };
        let public = KeyPublic::from_tpm2b_public(&public_blob)?;
        let area = PublicArea::from_tpm2b(&public_blob)
            .map_err(|_| unsupported("its public area cannot be read"))?;
        let signs = area.has(code::ATTR_SIGN);
        match purpose {
            Purpose::Sign if !signs => return Err(unsupported("it is no signing key")),
            Purpose::Any if !signs && !area.has(code::ATTR_DECRYPT) => {
                return Err(unsupported("it neither signs nor decrypts"));
            }
            _ => {}
        }
        if area.has(code::ATTR_RESTRICTED) {
            return Err(unsupported(if signs {
                "it is restricted to signing what the TPM itself has hashed"
            } else {
                "it is a storage key"
            }));
        }
        let policy = match file {
            Some(file) => KeyPolicy::for_signing(file, &area)?.map(Arc::new),
            None => None,
        };
        if policy.is_none() && !area.has(code::ATTR_USER_WITH_AUTH) {
            return Err(unsupported(
                "it may be used under a policy only, and which one is not known: it takes the key file that says so",
            ));
        }
        let name = area
            .name()
            .ok_or_else(|| unsupported("its name algorithm is not known"))?;
        let entry = Self {
            public: public_blob,
            source,
            auth,
            policy,
            credentials: Credentials::default(),
            name,
            signing: match (purpose, Signing::of(&area, &public)) {
                (Purpose::Sign, signing) => Some(signing?),
                (Purpose::Any, signing) => signing.ok().filter(|_| signs),
            },
            handle: None,
            used: 0,
        };
        Ok((entry, public))
    }
}

impl Signing {
    /// A key made for one scheme and hash can do only that; one without may be asked for anything.
    fn of(area: &PublicArea, public: &KeyPublic) -> Result<Self, TpmError> {
        let scheme = match public {
            KeyPublic::Rsa { .. } => code::ALG_RSASSA,
            KeyPublic::Ecc { .. } => code::ALG_ECDSA,
        };
        match area.parameters.scheme() {
            Scheme::Null => Ok(Self { scheme, hash: None }),
            Scheme::Hashed { algorithm, hash } if algorithm == scheme => {
                let hash = HashAlg::from_tpm_id(hash).ok_or_else(|| TpmError::UnsupportedKey {
                    reason: format!("it signs with hash {hash:#06x} only, which is not known here"),
                })?;
                Ok(Self {
                    scheme,
                    hash: Some(hash),
                })
            }
            _ => Err(TpmError::UnsupportedKey {
                reason: "it is bound to a scheme other than RSASSA and ECDSA".to_owned(),
            }),
        }
    }
}

impl Entry {
    /// Returns true where the value alone authorizes `TPM2_Certify`.
    fn is_provable(&self) -> bool {
        !PublicArea::from_tpm2b(&self.public)
            .is_ok_and(|area| area.has(code::ATTR_ADMIN_WITH_POLICY))
    }

    /// The slot it takes in the TPM.
    fn slot(&self) -> Option<u32> {
        self.handle
            .filter(|_| matches!(self.source, Source::File { .. }))
    }
}

impl LoadedKeys {
    pub(super) fn loaded_count(&self) -> usize {
        self.entries
            .values()
            .filter(|entry| entry.slot().is_some())
            .count()
    }

    pub(super) fn is_loaded(&self, handle: u32) -> bool {
        self.entries
            .values()
            .any(|entry| entry.handle == Some(handle))
    }

    pub(super) fn forget_handles(&mut self) {
        for entry in self.entries.values_mut() {
            entry.handle = None;
        }
    }

    fn add(&mut self, mut entry: Entry) -> KeyId {
        self.last_id += 1;
        entry.used = self.tick();
        let id = KeyId(self.last_id);
        self.entries.insert(id, entry);
        id
    }

    /// Notes a use; the handle if it is loaded.
    fn touch(&mut self, id: KeyId) -> Option<u32> {
        let now = self.tick();
        let entry = self.entries.get_mut(&id)?;
        entry.used = now;
        entry.handle
    }

    /// What is at hand for the key's policy.
    pub(super) fn give(&mut self, id: KeyId, credentials: Credentials) {
        if let Some(entry) = self.entries.get_mut(&id) {
            entry.credentials = credentials;
        }
    }

    fn entry(&self, id: KeyId) -> Result<&Entry, TpmError> {
        // A caller holds the key as long as it calls, so it is always there.
        self.entries.get(&id).ok_or(TpmError::Stopped)
    }

    fn take(&mut self, id: KeyId) -> Result<Entry, TpmError> {
        self.entries.remove(&id).ok_or(TpmError::Stopped)
    }

    fn put_back(&mut self, id: KeyId, mut entry: Entry, handle: Option<u32>) {
        entry.handle = handle;
        self.entries.insert(id, entry);
    }

    /// Takes the handle from the loaded key that was not used for longest.
    fn least_recently_used(&mut self) -> Option<u32> {
        self.entries
            .values_mut()
            .filter(|entry| entry.slot().is_some())
            .min_by_key(|entry| entry.used)?
            .handle
            .take()
    }

    fn remove(&mut self, id: KeyId) -> Option<u32> {
        self.entries.remove(&id)?.slot()
    }

    fn tick(&mut self) -> u64 {
        self.clock += 1;
        self.clock
    }
}

/// Of the three slots that every TPM has, one is for the parent while a key is loaded under it.
const MOST_LOADED: usize = 2;
const IN_SCHEME: Subject = Subject::Parameter(2);
const KEY: &str = "the key";
