//! What can go wrong while a CRL is written.

use std::io;

use crate::{Error, Serial};

/// Why a CRL could not be written. What has reached the sink by then is no CRL.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CrlError {
    /// A field or an entry has no encoding.
    #[error(transparent)]
    Encoding(#[from] Error),
    /// The sink did not take the bytes.
    #[error("cannot write the CRL")]
    Io(#[from] io::Error),
    /// The entries are not those that were measured.
    #[error(
        "the revoked certificates changed while the CRL was written: {announced_count} entries of {announced_octets} \
         bytes were measured, {found}"
    )]
    EntriesChanged {
        /// Entries in the first walk.
        announced_count: u64,
        /// Their bytes.
        announced_octets: u64,
        /// What a later walk met.
        found: String,
    },
    /// `removeFromCRL` in a CRL that is not a delta CRL, which RFC 5280 5.3.1 forbids.
    #[error(
        "serial number {serial} has the reason `removeFromCRL`, which only a delta CRL may have"
    )]
    RemoveFromCrl {
        /// Of the entry.
        serial: Serial,
    },
    /// The update that is announced lies before the CRL itself.
    #[error("next update {next_update} is not later than this update {this_update}")]
    UpdatesReversed {
        /// `thisUpdate`, as text.
        this_update: String,
        /// `nextUpdate`, as text.
        next_update: String,
    },
    /// The CRL would be longer than this program can sign and read.
    #[error("a CRL of {octets} bytes is longer than the limit of {max} bytes")]
    TooLong {
        /// Bytes it would have.
        octets: u64,
        /// Bytes allowed.
        max: u64,
    },
}

impl CrlError {
    /// What the user can do about it, where there is something to say.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Encoding(error) => error.hint(),
            Self::EntriesChanged { .. } => Some("run the command again".to_owned()),
            Self::RemoveFromCrl { .. } => {
                Some("leave the certificate out of the list instead".to_owned())
            }
            Self::TooLong { .. } => {
                Some("split the certificates over several CRL distribution points".to_owned())
            }
            _ => None,
        }
    }
}

/// Why a CRL could not be written from a source of entries that can itself fail, such as a database.
#[derive(Debug, thiserror::Error)]
pub enum CrlStreamError<E> {
    /// The source failed.
    #[error(transparent)]
    Entries(E),
    /// The writing failed.
    #[error(transparent)]
    Crl(#[from] CrlError),
}
