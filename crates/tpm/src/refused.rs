//! The memory of this process for authorization values that a TPM has refused.
//!
//! A failure for an object without `noDA` counts towards lockout (TPM 2.0 Library Part 1, 19.8), and the counter is one
//! for the whole chip. A daemon that sends its wrong value with every connection of a stranger locks the TPM, so a value
//! whose failure counted is not sent again by the same process, for any object
//! (`docs/adr/0111-a-refused-value-is-not-sent-again.md`).
//!
//! Only keyed digests are kept. The memory is atomic numbers and no lock, because a process may fork while another of
//! its threads is here, and a lock that is held at that moment would stay held in the child for ever.

use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::{hmac, rand};

use crate::auth::Auth;
use crate::name::Name;

/// An object in a TPM that takes an authorization value.
#[derive(Clone, Copy)]
pub(crate) struct Holder<'a> {
    /// The TPM, by its TCTI string.
    pub(crate) tpm: &'a str,
    /// The object.
    pub(crate) name: &'a Name,
}

impl Holder<'_> {
    /// Returns true for a value that must not be sent for this object: the TPM refused it before, and has not accepted
    /// it for this very object. Of the empty value only a refusal for this object counts, since most objects have it.
    pub(crate) fn has_refused(&self, auth: &Auth) -> bool {
        if auth.is_empty() {
            return REFUSED.contains(self.mark_here(auth));
        }
        REFUSED.contains(self.mark_anywhere(auth)) && !ACCEPTED.contains(self.mark_here(auth))
    }

    /// Remembers a value whose failure counted.
    pub(crate) fn refused(&self, auth: &Auth) {
        if auth.is_empty() {
            REFUSED.insert(self.mark_here(auth));
        } else {
            ACCEPTED.remove(self.mark_here(auth));
            REFUSED.insert(self.mark_anywhere(auth));
        }
    }

    /// Remembers a value that was right.
    pub(crate) fn accepted(&self, auth: &Auth) {
        if !auth.is_empty() {
            ACCEPTED.insert(self.mark_here(auth));
        }
    }

    fn mark_here(&self, auth: &Auth) -> u64 {
        mark(self.tpm, self.name.as_bytes(), auth)
    }

    fn mark_anywhere(&self, auth: &Auth) -> u64 {
        mark(self.tpm, &[], auth)
    }
}

/// Digests of values and objects, in places that their digits choose.
struct Marks([AtomicU64; PLACES]);

impl Marks {
    const fn new() -> Self {
        Self([const { AtomicU64::new(FREE) }; PLACES])
    }

    fn contains(&self, mark: u64) -> bool {
        self.places(mark)
            .any(|place| place.load(Ordering::SeqCst) == mark)
    }

    /// Where all its places are taken, it takes the first from another.
    fn insert(&self, mark: u64) {
        if self.contains(mark) {
            return;
        }
        let is_placed = self.places(mark).any(|place| replace(place, FREE, mark));
        if !is_placed && let Some(first) = self.places(mark).next() {
            first.store(mark, Ordering::SeqCst);
        }
    }

    fn remove(&self, mark: u64) {
        for place in self.places(mark) {
            replace(place, mark, FREE);
        }
    }

    fn places(&self, mark: u64) -> impl Iterator<Item = &AtomicU64> {
        let places = PLACES as u64;
        // A remainder of so small a number fits.
        let first = usize::try_from(mark % places).unwrap_or(0);
        self.0.iter().cycle().skip(first).take(PLACES_OF_ONE)
    }
}

fn replace(place: &AtomicU64, before: u64, after: u64) -> bool {
    place
        .compare_exchange(before, after, Ordering::SeqCst, Ordering::SeqCst)
        .is_ok()
}

/// A keyed digest, never [`FREE`].
fn mark(tpm: &str, object: &[u8], auth: &Auth) -> u64 {
    let mut secret = [0; 32];
    for (to, word) in secret.chunks_exact_mut(8).zip(&SECRET) {
        to.copy_from_slice(&random_once(word).to_be_bytes());
    }
    let key = hmac::Key::new(hmac::HMAC_SHA256, &secret);
    let mut context = hmac::Context::with_key(&key);
    for part in [tpm.as_bytes(), object, auth.as_bytes()] {
        // Their lengths keep the parts apart.
        context.update(&part.len().to_be_bytes());
        context.update(part);
    }
    let tag = context.sign();
    let mut first = [0; 8];
    for (to, from) in first.iter_mut().zip(tag.as_ref()) {
        *to = *from;
    }
    u64::from_be_bytes(first).max(FREE + 1)
}

/// A random number, the same ever after.
fn random_once(word: &AtomicU64) -> u64 {
    let mut octets = [0; 8];
    if word.load(Ordering::SeqCst) == UNSET {
        // Without random numbers there are no sessions either, so nothing is proved and nothing refused.
        let _ = rand::fill(&mut octets);
        // Of two threads that are here at the same time, one sets it for both.
        replace(word, UNSET, u64::from_be_bytes(octets).max(UNSET + 1));
    }
    word.load(Ordering::SeqCst)
}

static REFUSED: Marks = Marks::new();
static ACCEPTED: Marks = Marks::new();
static SECRET: [AtomicU64; 4] = [const { AtomicU64::new(UNSET) }; 4];

const UNSET: u64 = 0;
const FREE: u64 = 0;
/// More objects and values than a process has to do with.
const PLACES: usize = 1024;
/// Places that one mark may have.
const PLACES_OF_ONE: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    fn auth(value: &str) -> Auth {
        Auth::new(value.as_bytes().to_vec())
    }

    #[test]
    fn a_refused_value_is_refused_for_every_object_of_the_tpm() {
        let (one, two) = (Name::of_handle(1), Name::of_handle(2));
        let holder = |tpm, name| Holder { tpm, name };
        holder("a", &two).accepted(&auth("good"));
        holder("a", &one).refused(&auth("bad"));
        holder("a", &one).refused(&auth("good"));
        for (tpm, name, value, is_refused) in [
            ("a", &one, "bad", true),
            ("a", &two, "bad", true),
            ("b", &one, "bad", false),
            ("a", &one, "another", false),
            ("a", &one, "good", true),
            // It was right there.
            ("a", &two, "good", false),
            ("a", &one, "", false),
        ] {
            let found = holder(tpm, name).has_refused(&auth(value));
            assert_eq!(found, is_refused, "{tpm} {name} {value}");
        }
        holder("a", &two).refused(&auth("good"));
        assert!(holder("a", &two).has_refused(&auth("good")));
    }

    #[test]
    fn the_empty_value_is_refused_for_one_object_only() {
        let (one, two) = (Name::of_handle(3), Name::of_handle(4));
        let holder = |name| Holder { tpm: "a", name };
        holder(&one).refused(&Auth::empty());
        assert!(holder(&one).has_refused(&Auth::empty()));
        assert!(!holder(&two).has_refused(&Auth::empty()));
    }

    #[test]
    fn full_places_are_taken_from_others() {
        let marks = Marks::new();
        let same_place = |number: u64| 5 + number * PLACES as u64;
        for number in 0..20 {
            marks.insert(same_place(number));
            assert!(marks.contains(same_place(number)), "{number}");
        }
        assert!(marks.contains(same_place(1)) && !marks.contains(same_place(0)));
        marks.remove(same_place(1));
        assert!(!marks.contains(same_place(1)));
    }
}
