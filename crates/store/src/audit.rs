//! The audit log: one entry for everything that changes the records or is refused, chained by
//! SHA-256.
//!
//! `hash = SHA-256(prev_hash || fields)`, where every field is its length as four octets, big
//! endian, and then its octets; an absent field is the length `0xffffffff`. The fields are, in this
//! order, the tag `tpm2ca audit 1`, seq, at, kind, issuer, serial, actor, detail; integers are
//! eight octets, big endian, two's complement. The first entry has the number 1 and a `prev_hash`
//! of 32 zero octets.

use aws_lc_rs::digest;

use crate::certificate::Facts;
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
/// a kind that somebody made up can be checked as well.
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
            // SQLite's limit of 10^9 octets for a value keeps every length below the mark for
            // absence
            let len = field.map_or(u32::MAX, |octets| {
                u32::try_from(octets.len()).unwrap_or(u32::MAX - 1)
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

/// Hash before the first entry.
pub(crate) const GENESIS: [u8; 32] = [0; 32];

const TAG: &[u8] = b"tpm2ca audit 1";

/// Writes the detail of an entry: a JSON object whose members stand in the order in which they were
/// added, so that the same facts always give the same text.
pub(crate) struct Detail(String);

impl Detail {
    pub(crate) fn new() -> Self {
        Self(String::from("{"))
    }

    pub(crate) fn text(self, key: &str, value: &str) -> Self {
        let json = serde_json::Value::from(value).to_string();
        self.raw(key, &json)
    }

    pub(crate) fn hex(self, key: &str, octets: &[u8]) -> Self {
        self.text(key, &hex(octets))
    }

    pub(crate) fn number(self, key: &str, value: impl Into<i64>) -> Self {
        self.raw(key, &value.into().to_string())
    }

    /// Leaves the member out when there is nothing to say.
    pub(crate) fn number_if(self, key: &str, value: Option<impl Into<i64>>) -> Self {
        match value {
            Some(value) => self.number(key, value),
            None => self,
        }
    }

    /// Leaves the member out when there is nothing to say.
    pub(crate) fn hex_if(self, key: &str, octets: Option<&[u8]>) -> Self {
        match octets {
            Some(octets) => self.hex(key, octets),
            None => self,
        }
    }

    /// `json` must be JSON.
    pub(crate) fn raw(mut self, key: &str, json: &str) -> Self {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        self.0.push('"');
        self.0.push_str(key);
        self.0.push_str("\":");
        self.0.push_str(json);
        self
    }

    pub(crate) fn finish(mut self) -> String {
        self.0.push('}');
        self.0
    }
}

/// Detail of `issued`: all that the row says, so that a check finds every changed column.
pub(crate) fn issued_detail(facts: &Facts, certificate_sha256: &[u8; 32]) -> String {
    reservation_detail(facts)
        .hex("certificate_sha256", certificate_sha256)
        .finish()
}

/// Detail of `released`.
pub(crate) fn released_detail(facts: &Facts, why: &str) -> String {
    reservation_detail(facts).text("why", why).finish()
}

fn reservation_detail(facts: &Facts) -> Detail {
    // `issuer`, `serial` and `requester` are columns of the entry itself
    let Facts {
        issuer: _,
        serial: _,
        requester: _,
        tbs_sha256,
        profile,
        subject,
        names,
        not_before,
        not_after,
        reserved_at,
    } = facts;
    Detail::new()
        .text("profile", profile)
        .text("subject", subject)
        .raw("names", names)
        .number("not_before", *not_before)
        .number("not_after", *not_after)
        .number("reserved_at", *reserved_at)
        .hex("tbs_sha256", tbs_sha256)
}

/// Detail of `taken-in`: the hash is that of [`TakenRows`], one for each certificate.
pub(crate) fn taken_in_detail(rows: i64, sha256: &[u8]) -> String {
    Detail::new()
        .number("rows", rows)
        .hex("sha256", sha256)
        .finish()
}

/// What an entry `taken-in` vouches for, in a hash over all certificates that it took in, in the order of their rows.
pub(crate) struct TakenRows(digest::Context);

impl TakenRows {
    pub(crate) fn new() -> Self {
        Self(digest::Context::new(&digest::SHA256))
    }

    pub(crate) fn add(
        &mut self,
        serial: &[u8],
        tbs_sha256: &[u8; 32],
        subject: &str,
        not_after: i64,
    ) {
        for field in [
            serial,
            tbs_sha256,
            subject.as_bytes(),
            &not_after.to_be_bytes(),
        ] {
            let len = u32::try_from(field.len()).unwrap_or(u32::MAX);
            self.0.update(&len.to_be_bytes());
            self.0.update(field);
        }
    }

    pub(crate) fn finish(self) -> [u8; 32] {
        to_array(&self.0.finish())
    }
}

/// Detail of `revoked`.
pub(crate) fn revoked_detail(
    revoked_at: i64,
    reason: Option<u8>,
    invalidity_date: Option<i64>,
) -> String {
    Detail::new()
        .number("revoked_at", revoked_at)
        .number_if("reason", reason)
        .number_if("invalidity_date", invalidity_date)
        .finish()
}

/// Detail of `crl`.
pub(crate) fn crl_detail(
    number: i64,
    sha256: &[u8],
    this_update: i64,
    next_update: i64,
    entries: i64,
    shards: u32,
    base: Option<i64>,
) -> String {
    Detail::new()
        .number("number", number)
        .number("this_update", this_update)
        .number("next_update", next_update)
        .number("entries", entries)
        .hex("sha256", sha256)
        .number_if("shards", (shards > 0).then_some(shards))
        .number_if("base", base)
        .finish()
}

/// Detail of `issuer-added`.
pub(crate) fn issuer_detail(
    name: &str,
    subject_der: &[u8],
    key_id: &[u8],
    key: &str,
    pinned_parent: Option<&[u8]>,
) -> String {
    Detail::new()
        .text("name", name)
        .hex("subject_der", subject_der)
        .hex("key_id", key_id)
        .text("key", key)
        .hex_if("pinned_parent", pinned_parent)
        .finish()
}

/// Detail of `issuer-certified`.
pub(crate) fn certified_detail(certificate_sha256: &[u8; 32]) -> String {
    Detail::new()
        .hex("certificate_sha256", certificate_sha256)
        .finish()
}

pub(crate) fn sha256(octets: &[u8]) -> [u8; 32] {
    to_array(&digest::digest(&digest::SHA256, octets))
}

pub(crate) fn hex(octets: &[u8]) -> String {
    let mut text = String::with_capacity(octets.len() * 2);
    for octet in octets {
        for nibble in [octet >> 4, octet & 15] {
            text.push(char::from_digit(u32::from(nibble), 16).unwrap_or('?'));
        }
    }
    text
}

fn to_array(digest: &digest::Digest) -> [u8; 32] {
    let mut octets = [0; 32];
    octets.copy_from_slice(digest.as_ref());
    octets
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

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
        let base = ENTRY.hash(&GENESIS);
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
        let mut hashes: Vec<_> = changed.iter().map(|fields| fields.hash(&GENESIS)).collect();
        hashes.push(base);
        hashes.push(ENTRY.hash(&[1; 32]));
        let count = hashes.len();
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), count);
    }

    #[test]
    fn detail_is_json_whatever_is_in_it() {
        let detail = Detail::new()
            .text("a", "quote \" backslash \\ newline \n nul \0 \u{1f511}")
            .number("b", -5)
            .number_if("c", None::<i64>)
            .hex("d", &[0, 255])
            .finish();
        let value: serde_json::Value = serde_json::from_str(&detail).unwrap();
        assert_eq!(
            value["a"],
            "quote \" backslash \\ newline \n nul \0 \u{1f511}"
        );
        assert_eq!(value["b"], -5);
        assert!(value.get("c").is_none());
        assert_eq!(value["d"], "00ff");
    }

    #[test]
    fn kinds_are_read_as_they_are_written() {
        for kind in AuditKind::ALL {
            assert_eq!(AuditKind::parse(kind.as_str()), Some(kind));
        }
        assert_eq!(AuditKind::parse("x"), None);
    }
}
