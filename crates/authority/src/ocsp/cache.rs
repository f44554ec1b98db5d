//! The answers that are kept ready.

use std::{
    collections::{HashMap, VecDeque},
    hash::{BuildHasher, RandomState},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};

use aws_lc_rs::digest;
use tpm2ca_store::IssuerId;
use tpm2ca_x509::{SignatureAlgorithm, UnixTime, ocsp::assemble_ocsp};

use super::{Freshness, OcspAnswer, issuer::CertIdForm};

/// An answer without its end, the certificate that all of one delegate's have in common: so a hundred thousand of them
/// are some forty megabytes.
#[derive(Clone)]
pub(super) struct Signed {
    begin: Arc<[u8]>,
    /// The certificate at its end.
    certificate: Arc<[u8]>,
    pub(super) freshness: Freshness,
}

impl Signed {
    /// Good from `this_update` to `next_update`.
    pub(super) fn new(
        tbs: &[u8],
        algorithm: SignatureAlgorithm,
        signature: &[u8],
        certificate: &Arc<[u8]>,
        [this_update, next_update]: [UnixTime; 2],
    ) -> Self {
        let certs: [&[u8]; 1] = [certificate];
        let whole = assemble_ocsp(tbs, algorithm, signature, &certs);
        // What is assembled ends with the certificates.
        let begin = whole.strip_suffix(&**certificate).unwrap_or_default();
        Self {
            begin: begin.into(),
            certificate: Arc::clone(certificate),
            freshness: Freshness {
                this_update,
                next_update,
                sha1: sha1(&whole),
            },
        }
    }

    pub(super) fn to_answer(&self) -> OcspAnswer {
        OcspAnswer {
            der: [&*self.begin, &*self.certificate].concat(),
            freshness: Some(self.freshness),
        }
    }

    /// From when on it should be signed anew, so that nobody is given an answer that is about to end.
    fn stale_at(&self) -> UnixTime {
        let Freshness {
            this_update,
            next_update,
            ..
        } = self.freshness;
        this_update.saturating_add(next_update.saturating_sub(this_update) / 2)
    }
}

/// Which certificate an answer is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) issuer: IssuerId,
    /// Big endian without leading zeros.
    pub(super) serial: Box<[u8]>,
}

impl Key {
    pub(super) fn new(issuer: IssuerId, serial: &[u8]) -> Self {
        Self {
            issuer,
            serial: serial.into(),
        }
    }
}

/// Shared by all threads. A client's way of naming the hash, of which there are a handful, is a part of what is signed,
/// so that a certificate has an answer for each.
pub(super) struct Cache {
    shards: Box<[Mutex<Shard>; SHARDS]>,
    hasher: RandomState,
    capacity: usize,
    len: AtomicUsize,
    /// Counts what was forgotten.
    generation: AtomicU64,
}

#[derive(Default)]
struct Shard {
    answers: HashMap<Key, Vec<Entry>>,
    /// In the order in which they were put in, which is that in which they grow stale.
    ages: VecDeque<(UnixTime, Key)>,
}

struct Entry {
    form: CertIdForm,
    signed: Signed,
}

impl Cache {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            shards: Box::new(std::array::from_fn(|_| Mutex::default())),
            hasher: RandomState::new(),
            capacity,
            len: AtomicUsize::new(0),
            generation: AtomicU64::new(0),
        }
    }

    /// An answer that is not stale.
    pub(super) fn get(&self, key: &Key, form: CertIdForm, now: UnixTime) -> Option<Signed> {
        let shard = self.shard(key);
        let entry = shard
            .answers
            .get(key)?
            .iter()
            .find(|entry| entry.form == form)?;
        // A clock that was set back makes answers of the future.
        let fresh = entry.signed.freshness.this_update..entry.signed.stale_at();
        fresh.contains(&now).then(|| entry.signed.clone())
    }

    /// Returns true when there is an answer in any form.
    pub(super) fn has(&self, key: &Key) -> bool {
        self.shard(key).answers.contains_key(key)
    }

    /// See [`Cache::put`].
    pub(super) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// Keeps an answer, unless something was forgotten after `generation`: it might be this one.
    pub(super) fn put(&self, key: Key, form: CertIdForm, signed: &Signed, generation: u64) {
        let mut shard = self.shard(&key);
        // Under the lock that `forget` has to take as well, after it has counted.
        if self.generation() != generation {
            return;
        }
        let kept = shard.answers.get_mut(&key);
        let place = kept.and_then(|entries| entries.iter_mut().find(|entry| entry.form == form));
        if let Some(entry) = place {
            entry.signed = signed.clone();
        } else {
            if self.is_full() {
                return;
            }
            self.len.fetch_add(1, Ordering::Relaxed);
            shard.answers.entry(key.clone()).or_default().push(Entry {
                form,
                signed: signed.clone(),
            });
        }
        shard.ages.push_back((signed.stale_at(), key));
    }

    /// Forgets what is known about a certificate.
    pub(super) fn forget(&self, key: &Key) {
        self.generation.fetch_add(1, Ordering::AcqRel);
        let forgotten = self.shard(key).answers.remove(key);
        let count = forgotten.map_or(0, |entries| entries.len());
        self.len.fetch_sub(count, Ordering::Relaxed);
    }

    /// Forgets everything.
    pub(super) fn forget_all(&self) {
        self.generation.fetch_add(1, Ordering::AcqRel);
        for shard in self.shards.iter() {
            let mut shard = lock(shard);
            let count = shard.answers.values().map(Vec::len).sum();
            self.len.fetch_sub(count, Ordering::Relaxed);
            *shard = Shard::default();
        }
    }

    /// Takes out some certificates whose answers grow stale before `until`, with the ways in which they are named.
    pub(super) fn stale(&self, until: UnixTime, limit: usize) -> Vec<(Key, Vec<CertIdForm>)> {
        let mut found = Vec::new();
        for shard in self.shards.iter() {
            let mut shard = lock(shard);
            while found.len() < limit && shard.ages.front().is_some_and(|(at, _)| *at < until) {
                let Some((_, key)) = shard.ages.pop_front() else {
                    break;
                };
                // Others may have renewed or forgotten it meanwhile.
                let forms: Vec<CertIdForm> = shard
                    .answers
                    .get(&key)
                    .into_iter()
                    .flatten()
                    .filter(|entry| entry.signed.stale_at() < until)
                    .map(|entry| entry.form)
                    .collect();
                if !forms.is_empty() {
                    found.push((key, forms));
                }
            }
        }
        found
    }

    /// Answers that are kept.
    pub(super) fn len(&self) -> usize {
        self.len.load(Ordering::Relaxed)
    }

    /// Whether no answer about yet another certificate is going to be kept.
    pub(super) fn is_full(&self) -> bool {
        self.len() >= self.capacity
    }

    fn shard(&self, key: &Key) -> MutexGuard<'_, Shard> {
        let [at, ..] = self.hasher.hash_one(key).to_le_bytes();
        // An octet reaches no further than the array.
        lock(&self.shards[usize::from(at)])
    }
}

fn sha1(octets: &[u8]) -> [u8; 20] {
    let digest = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, octets);
    let mut value = [0; 20];
    value.copy_from_slice(digest.as_ref());
    value
}

fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    // Each change is whole before the next begins: a panic leaves a smaller cache behind, not a wrong one.
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One for each value of an octet.
const SHARDS: usize = 256;
