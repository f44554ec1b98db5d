//! The records of a certificate authority: what was reserved, issued, refused, revoked and
//! published.
//!
//! One SQLite file per CA directory holds several issuers. The order in which a certificate travels
//! is in the types: [`Store::reserve`] writes serial, requester and SHA-256 of the to-be-signed
//! bytes durably *before* anything is signed and returns a [`Reserved`]; [`Store::record`] consumes
//! it together with the signed certificate, and only what it returned ([`Recorded`]) may be handed
//! out. A reservation that a crash left open may have been signed: it is listed, it can be revoked
//! by its serial, and its serial is never used again (RFC 5280 section 4.1.2.2).
//!
//! Everything that changes the records also appends to an audit log whose entries are chained by
//! SHA-256 ([`AuditEntry`]); [`Store::check`] recomputes the chain and compares it with the
//! records.
//!
//! # Durability and speed
//!
//! A write has reached the disk when the call returns (write-ahead log, `synchronous=FULL`). All
//! writes go through one thread, which puts every request that is waiting into one transaction and
//! syncs once for all of them; a request that fails is undone on its own. So the cost of a sync is
//! shared by those who wait for it. Only while several certificates wait for the signer does a transaction wait for
//! more requests, for less time than it takes to sign them. Several processes may use one file
//! at once.
//!
//! # Time
//!
//! The crate never asks for the time: every call that needs it takes seconds since 1970-01-01 UTC.

#![forbid(unsafe_code)]

pub use audit::{AuditEntry, AuditKind};
pub use certificate::{
    CertificateRow, Filter, NewReservation, NewRevocation, Recorded, Refused, Reserved,
    RevokeOutcome, State, Status,
};
pub use claim::{Claim, ClaimKind};
pub use crl::{CrlEntries, CrlRow, CrlScope, CrlSnapshot, NewCrl, RevokedPages, RevokedRow};
pub use error::{DatabaseError, StoreError, StoreErrorClass};
pub use evidence::Evidence;
pub use holder::Holder;
pub use index::{
    IMPORTED_PROFILE, ImportedCertificate, IndexChange, IndexEntry, IndexRow, IndexSeen,
    IndexStatus, IndexStore, SyncReport,
};
pub use issuer::{IssuerId, IssuerRow, NewIssuer};
pub use report::{CheckReport, Problem, ProblemLocation};
pub use sqlite::{SqliteError, SqliteStore};
pub use store::{Completion, Store};

mod audit;
mod certificate;
mod check;
mod claim;
mod crl;
mod der;
mod digest;
mod error;
mod evidence;
mod glob;
mod holder;
mod index;
mod issuer;
mod report;
mod rules;
mod sqlite;
mod store;
mod watch;
pub use watch::{Change, Watch};
