//! The audit log: one entry for everything that changes the records or is refused, chained by
//! SHA-256.
//!
//! `hash = SHA-256(prev_hash || fields)`, where every field is its length as four bytes, big
//! endian, and then its bytes; an absent field is the length `0xffffffff`. The fields are, in this
//! order, the tag `tpm2ca audit 1`, seq, at, kind, issuer, serial, actor, detail; integers are
//! eight bytes, big endian, two's complement. The first entry has the number 1 and a `prev_hash`
//! of 32 zero bytes.

pub(crate) mod detail;
mod entry;

use std::borrow::Cow;

use aws_lc_rs::digest;

use crate::digest::to_array;
use crate::issuer::IssuerId;

/// One entry of the audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its number; they start at 1 and have no gaps.
    pub seq: u64,
    /// When it happened.
    pub at: i64,
    /// What happened.
    pub kind: AuditKind,
    /// The issuer concerned.
    pub issuer: Option<IssuerId>,
    /// The serial concerned.
    pub serial: Option<Vec<u8>>,
    /// Who asked for it.
    pub actor: String,
    /// The particulars, a JSON object.
    pub detail: String,
    /// Hash of the entry before.
    pub prev_hash: [u8; 32],
    /// Hash of this entry.
    pub hash: [u8; 32],
}

/// What an audit entry is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AuditKind {
    /// An issuer was added.
    IssuerAdded,
    /// An issuer was given its certificate.
    IssuerCertified,
    /// A certificate was recorded.
    Issued,
    /// A reservation was closed, since nothing was signed.
    Released,
    /// A request was refused.
    Refused,
    /// A certificate or reservation was revoked or put on hold.
    Revoked,
    /// A certificate was taken off hold.
    Unrevoked,
    /// A CRL was recorded.
    Crl,
    /// Certificates were taken in from an index.txt.
    TakenIn,
}

impl AuditKind {
    /// All of them.
    pub const ALL: [AuditKind; 9] = [
        AuditKind::IssuerAdded,
        AuditKind::IssuerCertified,
        AuditKind::Issued,
        AuditKind::Released,
        AuditKind::Refused,
        AuditKind::Revoked,
        AuditKind::Unrevoked,
        AuditKind::Crl,
        AuditKind::TakenIn,
    ];

    /// The word that stands in the log.
    pub fn as_str(self) -> &'static str {
        match self {
            AuditKind::IssuerAdded => "issuer-added",
            AuditKind::IssuerCertified => "issuer-certified",
            AuditKind::Issued => "issued",
            AuditKind::Released => "released",
            AuditKind::Refused => "refused",
            AuditKind::Revoked => "revoked",
            AuditKind::Unrevoked => "unrevoked",
            AuditKind::Crl => "crl",
            AuditKind::TakenIn => "taken-in",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// The fields of an entry that is being written or checked. The kind is text, so that an entry with
/// an unknown kind can be checked as well.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields<'a> {
    pub(crate) seq: i64,
    pub(crate) at: i64,
    pub(crate) kind: &'a str,
    pub(crate) issuer: Option<i64>,
    pub(crate) serial: Option<&'a [u8]>,
    pub(crate) actor: &'a str,
    pub(crate) detail: &'a str,
}

impl Fields<'_> {
    pub(crate) fn hash(&self, prev_hash: &[u8; 32]) -> [u8; 32] {
        let Self {
            seq,
            at,
            kind,
            issuer,
            serial,
            actor,
            detail,
        } = self;
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(prev_hash);
        let mut put = |field: Option<&[u8]>| {
            // Values are shorter than 4 GiB in every database, so no length is the mark for
            // absence
            let len = field.map_or(u32::MAX, |bytes| {
                u32::try_from(bytes.len()).unwrap_or(u32::MAX - 1)
            });
            context.update(&len.to_be_bytes());
            context.update(field.unwrap_or_default());
        };
        put(Some(TAG));
        put(Some(&seq.to_be_bytes()));
        put(Some(&at.to_be_bytes()));
        put(Some(kind.as_bytes()));
        put(issuer
            .map(i64::to_be_bytes)
            .as_ref()
            .map(<[u8; 8]>::as_slice));
        put(*serial);
        put(Some(actor.as_bytes()));
        put(Some(detail.as_bytes()));
        to_array(&context.finish())
    }
}

/// An entry to append; the chain gives it its number and hashes.
#[derive(Clone, Debug)]
pub(crate) struct NewEntry<'a> {
    pub(crate) at: i64,
    pub(crate) kind: AuditKind,
    pub(crate) issuer: Option<IssuerId>,
    pub(crate) serial: Option<Cow<'a, [u8]>>,
    pub(crate) actor: Cow<'a, str>,
    pub(crate) detail: String,
}

/// The newest entry of the chain: its number and its hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AuditHead {
    pub(crate) seq: i64,
    pub(crate) hash: [u8; 32],
}

impl AuditHead {
    /// The head of a log without entries.
    pub(crate) const EMPTY: Self = Self {
        seq: 0,
        hash: [0; 32],
    };

    /// Returns the number of the next entry.
    pub(crate) fn next_seq(self) -> i64 {
        self.seq + 1
    }

    /// Appends an entry to the chain: returns its fields, which follow the hash of this head, and the head after it.
    pub(crate) fn append<'a>(self, entry: &'a NewEntry<'_>) -> (Fields<'a>, Self) {
        let fields = Fields {
            seq: self.next_seq(),
            at: entry.at,
            kind: entry.kind.as_str(),
            issuer: entry.issuer.map(IssuerId::get),
            serial: entry.serial.as_deref(),
            actor: &entry.actor,
            detail: &entry.detail,
        };
        let head = Self {
            seq: fields.seq,
            hash: fields.hash(&self.hash),
        };
        (fields, head)
    }
}

const TAG: &[u8] = b"tpm2ca audit 1";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;
    use crate::digest::sha256;

    const ENTRY: Fields<'_> = Fields {
        seq: 2,
        at: -1,
        kind: "issued",
        issuer: Some(1),
        serial: Some(&[0xab]),
        actor: "uid:0",
        detail: "{}",
    };

    #[test]
    fn hash_is_over_the_documented_octets() {
        let mut octets = vec![7u8; 32];
        let fields: [&[u8]; 8] = [
            b"\0\0\0\x0etpm2ca audit 1",
            b"\0\0\0\x08\0\0\0\0\0\0\0\x02",
            b"\0\0\0\x08\xff\xff\xff\xff\xff\xff\xff\xff",
            b"\0\0\0\x06issued",
            b"\0\0\0\x08\0\0\0\0\0\0\0\x01",
            b"\0\0\0\x01\xab",
            b"\0\0\0\x05uid:0",
            b"\0\0\0\x02{}",
        ];
        for field in fields {
            octets.extend_from_slice(field);
        }
        assert_eq!(ENTRY.hash(&[7; 32]), sha256(&octets));
    }

    #[test]
    fn every_field_changes_the_hash() {
        let base = ENTRY.hash(&AuditHead::EMPTY.hash);
        let changed = [
            Fields { seq: 3, ..ENTRY },
            Fields { at: 0, ..ENTRY },
            Fields {
                kind: "refused",
                ..ENTRY
            },
            Fields {
                issuer: None,
                ..ENTRY
            },
            Fields {
                serial: None,
                ..ENTRY
            },
            Fields {
                serial: Some(&[]),
                ..ENTRY
            },
            Fields {
                actor: "uid:",
                ..ENTRY
            },
            // an octet that moves from one field into the next
            Fields {
                actor: "uid:0{",
                detail: "}",
                ..ENTRY
            },
            Fields {
                detail: "{ }",
                ..ENTRY
            },
        ];
        let mut hashes: Vec<_> = changed
            .iter()
            .map(|fields| fields.hash(&AuditHead::EMPTY.hash))
            .collect();
        hashes.push(base);
        hashes.push(ENTRY.hash(&[1; 32]));
        let count = hashes.len();
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), count);
    }

    #[test]
    fn kinds_are_read_as_they_are_written() {
        for kind in AuditKind::ALL {
            assert_eq!(AuditKind::parse(kind.as_str()), Some(kind));
        }
        assert_eq!(AuditKind::parse("x"), None);
    }

    #[test]
    fn entries_are_chained() {
        let entry = NewEntry {
            at: 5,
            kind: AuditKind::Refused,
            issuer: None,
            serial: None,
            actor: "uid:0".into(),
            detail: "{}".to_owned(),
        };
        let (first, head) = AuditHead::EMPTY.append(&entry);
        assert_eq!((first.seq, head.seq), (1, 1));
        assert_eq!(head.hash, first.hash(&[0; 32]));
        let (second, next) = head.append(&entry);
        assert_eq!(second.seq, 2);
        assert_eq!(next.hash, second.hash(&head.hash));
    }
}
