//! Certificate revocation lists, version 2: RFC 5280 section 5.
//!
//! A CRL may have a million entries, so it is never held in memory. DER wants lengths before contents, and a signature
//! comes after what it covers, so the entries are walked three times, in the same order each time:
//!
//! 1. [`CrlFields::entries_len`] finds how long they will be;
//! 2. [`CrlFields::write_tbs`] writes the part to be signed into a hasher;
//! 3. [`CrlFields::write`] writes the whole list, with the signature, into a file.
//!
//! Should the entries of a later walk differ from those of the first one, writing ends with
//! [`CrlError::EntriesChanged`]: what was written until then is to be thrown away, and nobody gets a list whose
//! lengths or signature are wrong.
//!
//! [`CertificateList`] reads a CRL from borrowed bytes, its entries one by one.

mod entry;
mod error;
mod plain;
mod reader;
mod reason;
mod writer;

pub use entry::{EntriesSize, RevokedEntry};
pub use error::{CrlError, CrlStreamError};
pub use plain::{PlainCrlFields, PlainEntry, crl_number_extension};
pub use reader::{CertificateList, RevokedCertificate, RevokedCertificates};
pub use reason::{ReasonCode, UnknownReason};
pub use writer::{CrlFields, CrlWriter};

pub(crate) use entry::ENUMERATED;
pub(crate) use reader::reason_from_content;
pub(crate) use writer::integer_content;
