//! The way to the TPM, shared by everything that a module does in a process.
//!
//! A TPM behind the kernel's resource manager is kept open, and so are the keys in it, as long as the process lives. Any
//! other serves one program at a time: it is opened for each operation and closed when no thread of this process waits
//! for it any more, and nothing is left in it in between. So a process can be killed or forked at any time, and several
//! of them take turns.
//!
//! A child that was forked off has none of its parent's threads, and its parent's locks may be held for ever in it. It
//! gets a connection of its own, and the old one is neither used nor freed there.

use std::collections::HashMap;
use std::mem::{self, ManuallyDrop};
use std::process;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError, TryLockError};
use std::thread;
use std::time::{Duration, Instant};

use tpm2ca_tpm::{Auth, Tcti, Tpm, TpmError, TpmKey, TpmOptions, TransportError};

use crate::config::Config;
use crate::error::Error;

/// Tells one key from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyId(usize);

impl KeyId {
    /// Another one each time.
    #[expect(clippy::new_without_default, reason = "it is no value to fall back on")]
    pub fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// How the TPM is reached, in this process and in those that are forked off from it.
pub struct Connection {
    config: Config,
    first: Process,
}

/// What belongs to one process.
struct Process {
    id: u32,
    /// Threads that use the TPM or wait for it.
    users: AtomicUsize,
    open: ManuallyDrop<Mutex<Option<Open>>>,
    /// Keys that were freed while a thread was at the TPM.
    freed: ManuallyDrop<Mutex<Freed>>,
    /// A child of this process.
    child: OnceLock<Box<Process>>,
}

/// Keys to unload.
#[derive(Default)]
struct Freed {
    keys: Vec<KeyId>,
    /// There were more than anybody counts.
    all: bool,
}

/// What authorizes the use of a parent, if it is not what the configuration says.
pub enum ParentAuth {
    /// Of the owner's hierarchy.
    Owner(Auth),
    /// Of any other parent.
    Other(Auth),
}

/// A TPM in use.
pub struct Open {
    tpm: Tpm,
    loaded: HashMap<KeyId, TpmKey>,
    /// It stays open.
    is_shared: bool,
    since: Instant,
}

impl Connection {
    /// Opens nothing yet.
    pub fn new(config: Config) -> Self {
        Self {
            config,
            first: Process::new(),
        }
    }

    /// What was said about the TPM.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Does something with the TPM, when nobody else in this process does.
    ///
    /// # Errors
    /// When the TPM cannot be reached, or other programs keep it; what `work` says.
    pub fn with<T>(
        &self,
        parent: Option<&ParentAuth>,
        work: impl FnOnce(&mut Open) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let process = self.process();
        let user = User::new(&process.users);
        let slot = process.lock();
        // Whoever is done is no user any more before the next one has the lock, else that one takes him for one who waits,
        // and leaves the TPM open. So they are dropped in this order, the last one first.
        let (mut slot, user) = (slot, user);
        if parent.is_some() {
            // One operation with another value than the configured one: nobody shares that.
            drop(slot.take());
            return work(&mut self.open(parent)?);
        }
        let open = match &mut *slot {
            Some(open) => open,
            none => none.insert(self.open(None)?),
        };
        open.unload(process.take_freed());
        let outcome = work(open);
        open.unload(process.take_freed());
        drop(user);
        let is_last = process.users.load(Ordering::SeqCst) == 0;
        if !open.is_shared && (is_last || open.since.elapsed() > LONGEST_TURN) {
            // Also under the lock: who comes next opens it again when this is done.
            *slot = None;
        }
        outcome
    }

    /// Forgets a key that is not used any more. It waits for nobody: while a thread is at the TPM, which may take minutes,
    /// that thread or the next one unloads the key.
    pub fn forget(&self, key: KeyId) {
        let process = self.process();
        process.freed().add(key);
        if let Some(mut slot) = process.try_lock() {
            let freed = process.take_freed();
            if let Some(open) = &mut *slot {
                open.unload(freed);
            }
        }
    }

    fn process(&self) -> &Process {
        let id = process::id();
        let mut at = &self.first;
        while at.id != id {
            at = at.child.get_or_init(|| Box::new(Process::new()));
        }
        at
    }

    fn open(&self, parent: Option<&ParentAuth>) -> Result<Open, Error> {
        let owner_auth = match parent {
            Some(ParentAuth::Owner(auth)) => auth.clone(),
            _ => self.config.owner_auth()?,
        };
        let parent_auth = match parent {
            Some(ParentAuth::Other(auth)) => auth.clone(),
            _ => self.config.parent_auth()?,
        };
        let mut open = self.open_with(&owner_auth, &parent_auth)?;
        if owner_auth.is_empty()
            && let Some(at_need) = self.config.owner_auth_at_need()?
            && open.tpm.capabilities()?.owner_auth_set
        {
            // There is room for one connection at a time.
            drop(open);
            open = self.open_with(&at_need, &parent_auth)?;
        }
        Ok(open)
    }

    fn open_with(&self, owner_auth: &Auth, parent_auth: &Auth) -> Result<Open, Error> {
        let tcti = self.config.tcti()?;
        let start = Instant::now();
        loop {
            let options = TpmOptions {
                owner_auth: owner_auth.clone(),
                parent_auth: parent_auth.clone(),
                ..TpmOptions::default()
            };
            match Tpm::open(&tcti, options) {
                Ok(tpm) => {
                    return Ok(Open {
                        tpm,
                        loaded: HashMap::new(),
                        is_shared: is_shared(&tcti),
                        since: Instant::now(),
                    });
                }
                // Another process has its turn.
                Err(TpmError::Transport(TransportError::InUse { .. }))
                    if start.elapsed() < PATIENCE =>
                {
                    thread::sleep(PAUSE);
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
}

impl Open {
    /// The TPM itself.
    pub fn tpm(&self) -> &Tpm {
        &self.tpm
    }

    fn unload(&mut self, freed: Freed) {
        if freed.all {
            // The others are loaded again when they are used.
            self.loaded.clear();
        }
        for key in freed.keys {
            self.loaded.remove(&key);
        }
    }

    /// The key, loaded if it is not.
    ///
    /// # Errors
    /// What `load` says.
    pub fn key(
        &mut self,
        id: KeyId,
        load: impl FnOnce(&Tpm) -> Result<TpmKey, TpmError>,
    ) -> Result<TpmKey, TpmError> {
        if let Some(key) = self.loaded.get(&id) {
            return Ok(key.clone());
        }
        if self.loaded.len() >= MOST_KEYS {
            self.loaded.clear();
        }
        let key = load(&self.tpm)?;
        self.loaded.insert(id, key.clone());
        Ok(key)
    }
}

impl Process {
    fn new() -> Self {
        Self {
            id: process::id(),
            users: AtomicUsize::new(0),
            open: ManuallyDrop::new(Mutex::new(None)),
            freed: ManuallyDrop::default(),
            child: OnceLock::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Open>> {
        // After a panic the connection is in some state, from which it recovers as from every error.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `None` while another thread has it.
    fn try_lock(&self) -> Option<MutexGuard<'_, Option<Open>>> {
        match self.open.try_lock() {
            Ok(guard) => Some(guard),
            Err(TryLockError::Poisoned(guard)) => Some(guard.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// Never waited for: nothing is done while it is held.
    fn freed(&self) -> MutexGuard<'_, Freed> {
        self.freed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take_freed(&self) -> Freed {
        mem::take(&mut *self.freed())
    }
}

impl Freed {
    fn add(&mut self, key: KeyId) {
        if self.keys.len() < MOST_KEYS {
            self.keys.push(key);
        } else {
            self.all = true;
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // Of this process only: what belongs to a parent is not ours to close.
        *self.process().lock() = None;
    }
}

struct User<'a>(&'a AtomicUsize);

impl<'a> User<'a> {
    fn new(users: &'a AtomicUsize) -> Self {
        users.fetch_add(1, Ordering::SeqCst);
        Self(users)
    }
}

impl Drop for User<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Whether several programs can have it open at the same time.
fn is_shared(tcti: &Tcti) -> bool {
    match tcti {
        Tcti::Device(path) => path.to_string_lossy().contains("tpmrm"),
        _ => false,
    }
}

/// How long the threads of one process keep a TPM that serves one program at a time.
const LONGEST_TURN: Duration = Duration::from_millis(500);
/// How long another process's turn is waited for.
const PATIENCE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(5);
/// Keys that are kept loaded; the TPM itself holds fewer, the others are loaded when they are used.
const MOST_KEYS: usize = 64;
