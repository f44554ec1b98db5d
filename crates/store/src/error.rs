//! What can go wrong with the records, and what to do about it.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use crate::certificate::State;
use crate::claim::ClaimKind;
use crate::issuer::IssuerId;

/// An error of the store. Unless its class is [`StoreErrorClass::UnknownOutcome`], the failing call has written nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The database failed, or cannot be used.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// What is stored makes no sense.
    #[error("the records are damaged: {what}")]
    Corrupt {
        /// Where and how.
        what: String,
    },

    /// The issuer has used this serial before.
    #[error("serial `{serial}` is taken")]
    SerialTaken {
        /// The serial in hex.
        serial: String,
    },
    /// The subject is the name of a CA, and CRLs are found by the name of their issuer (RFC 5280 section 6.3.3).
    #[error("the subject `{subject}` is the name of {holder}{}", if *is_ca { ", which has another key" } else { "" })]
    SubjectIsCa {
        /// The subject asked for.
        subject: String,
        /// Who has the name.
        holder: String,
        /// True if it was asked for by a CA with another key, false for a leaf.
        is_ca: bool,
    },
    /// A serial must be positive and at most 20 octets (RFC 5280 section 4.1.2.2).
    #[error(
        "a serial must be positive and at most 20 octets, got {len} octets without leading zeros"
    )]
    SerialInvalid {
        /// Octets without leading zeros.
        len: usize,
    },
    /// The issuer's name is in use.
    #[error("there is an issuer `{name}` already")]
    IssuerTaken {
        /// The name.
        name: String,
    },
    /// No such issuer.
    #[error("there is no issuer {issuer}")]
    NoSuchIssuer {
        /// The number that was asked for.
        issuer: IssuerId,
    },
    /// No such certificate.
    #[error("no certificate with serial `{serial}`")]
    NotFound {
        /// The serial in hex.
        serial: String,
    },
    /// The certificate does not belong to the reservation.
    #[error("the certificate does not fit its reservation: {what}")]
    WrongCertificate {
        /// What differs.
        what: &'static str,
    },
    /// The reservation is no longer open.
    #[error("the reservation of serial `{serial}` is closed, it is {state}")]
    ReservationClosed {
        /// The serial in hex.
        serial: String,
        /// What became of it.
        state: State,
    },
    /// It is revoked already.
    #[error("serial `{serial}` is revoked already")]
    AlreadyRevoked {
        /// The serial in hex.
        serial: String,
        /// Revocation date, seconds since 1970-01-01 UTC.
        at: i64,
        /// CRLReason; `None` is unspecified.
        reason: Option<u8>,
    },
    /// Nothing was ever signed under this serial.
    #[error("nothing was signed under serial `{serial}`, so there is nothing to revoke")]
    NeverSigned {
        /// The serial in hex.
        serial: String,
    },
    /// Only what is on hold can be taken off hold.
    #[error("serial `{serial}` is not on hold")]
    NotOnHold {
        /// The serial in hex.
        serial: String,
    },
    /// Not a CRLReason that an entry of a complete CRL can have (RFC 5280 section 5.3.1).
    #[error("{reason} is not a reason for which a certificate can be revoked")]
    InvalidReason {
        /// What was given.
        reason: u8,
    },
    /// Rows to import could not be read to their end; the caller that reads them knows the reason.
    #[error("what was to be taken in could not be read")]
    Unreadable,
    /// The CRL number was not allotted, or is recorded already.
    #[error("crl number {number} is {state}")]
    CrlNumber {
        /// The number.
        number: u64,
        /// `not allotted` or `recorded already`.
        state: &'static str,
    },
    /// The claim of a reservation is used up, or another reservation holds it.
    #[error("{}", match kind {
        ClaimKind::AcmeOrder => "the order has a certificate already, or one is being issued for it",
        ClaimKind::Token => "the token is used up",
        ClaimKind::Renewal => "the certificate is being renewed already",
    })]
    ClaimTaken {
        /// The claim.
        kind: ClaimKind,
    },
    /// The token can no longer be used.
    #[error("the token has expired")]
    TokenExpired {
        /// The last second in which it could be used.
        until: i64,
    },
    /// The certificate to renew is not issued, or is revoked.
    #[error("the certificate to renew {why}")]
    NotRenewable {
        /// The state that was found.
        why: &'static str,
    },
    /// The database does not support records beside an index.txt.
    #[error("these records cannot be kept beside an index.txt")]
    NoIndex,
    /// A delta CRL without a complete one that it could change.
    #[error("there is no complete crl yet that a delta could change")]
    NoBaseCrl {
        /// Into how many lists it would be divided.
        shards: u32,
    },
}

impl StoreError {
    /// Returns an error of the database itself. Its message is that of `source`; `hint` is what the operator can do.
    pub fn database(
        class: StoreErrorClass,
        hint: Option<&'static str>,
        source: impl Error + Send + Sync + 'static,
    ) -> Self {
        Self::Database(DatabaseError {
            class,
            hint,
            source: Arc::new(source),
        })
    }

    /// Returns the kind of failure, whatever the database.
    pub fn class(&self) -> StoreErrorClass {
        match self {
            Self::Database(error) => error.class,
            Self::Corrupt { .. } => StoreErrorClass::Corrupt,
            Self::SerialTaken { .. }
            | Self::IssuerTaken { .. }
            | Self::ReservationClosed { .. }
            | Self::AlreadyRevoked { .. }
            | Self::NeverSigned { .. }
            | Self::NotOnHold { .. }
            | Self::CrlNumber { .. }
            | Self::ClaimTaken { .. }
            | Self::TokenExpired { .. }
            | Self::NotRenewable { .. } => StoreErrorClass::Conflict,
            Self::NoSuchIssuer { .. } | Self::NotFound { .. } | Self::NoBaseCrl { .. } => {
                StoreErrorClass::NotFound
            }
            Self::SubjectIsCa { .. }
            | Self::SerialInvalid { .. }
            | Self::WrongCertificate { .. }
            | Self::InvalidReason { .. }
            | Self::Unreadable
            | Self::NoIndex => StoreErrorClass::Refused,
        }
    }

    /// Returns what the operator can do.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            StoreError::Database(error) => error.hint?,
            StoreError::NoBaseCrl { .. } => "make one first: `tpm2ca crl` without `--delta`",
            StoreError::Corrupt { .. } => {
                "run `tpm2ca db check`, and restore the database from a backup"
            }
            StoreError::SubjectIsCa { is_ca: false, .. } => {
                "give the certificate a name of its own"
            }
            StoreError::SubjectIsCa { is_ca: true, .. } => {
                "give the new CA a name of its own, or make the request with the key of the CA that has the name"
            }
            StoreError::SerialTaken { .. } => "repeat the request with another serial",
            StoreError::NotFound { .. } => "`tpm2ca list` shows the serials",
            StoreError::AlreadyRevoked { reason, .. }
                if *reason == Some(crate::certificate::HOLD) =>
            {
                "it is on hold; revoke it with another reason to make that final"
            }
            StoreError::ReservationClosed { .. } => "repeat the request",
            _ => return None,
        };
        Some(hint.to_owned())
    }
}

/// Kind of failure of a [`StoreError`], the same for every database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoreErrorClass {
    /// The records are in a state that does not allow it: taken, closed, or revoked already.
    Conflict,
    /// The subject of the call is not in the records, or there are no records.
    NotFound,
    /// The request breaks a rule of the records, whatever their state.
    Refused,
    /// The records can be read, but not written.
    ReadOnly,
    /// The records cannot be opened, most often for lack of permission.
    Denied,
    /// The database is busy, full, or fails; it may work later.
    Unavailable,
    /// The records belong to another program or to a newer version of this one.
    Incompatible,
    /// The records are damaged.
    Corrupt,
    /// The database failed while it made something durable: it may have been written.
    UnknownOutcome,
}

impl StoreErrorClass {
    /// All classes.
    pub const ALL: [StoreErrorClass; 9] = [
        StoreErrorClass::Conflict,
        StoreErrorClass::NotFound,
        StoreErrorClass::Refused,
        StoreErrorClass::ReadOnly,
        StoreErrorClass::Denied,
        StoreErrorClass::Unavailable,
        StoreErrorClass::Incompatible,
        StoreErrorClass::Corrupt,
        StoreErrorClass::UnknownOutcome,
    ];
}

/// A failure of the database itself: a class, and an error that only the database's implementation knows.
#[derive(Clone, Debug)]
pub struct DatabaseError {
    class: StoreErrorClass,
    hint: Option<&'static str>,
    source: Arc<dyn Error + Send + Sync>,
}

impl DatabaseError {
    /// Returns the error of the implementation if it is of the type `E`.
    pub fn downcast_ref<E: Error + 'static>(&self) -> Option<&E> {
        self.source.downcast_ref()
    }
}

impl fmt::Display for DatabaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.source.fmt(f)
    }
}

/// Transparent: the message is that of the implementation's error, and so is the source.
impl Error for DatabaseError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.source()
    }
}

/// Compares what users see.
impl PartialEq for DatabaseError {
    fn eq(&self, other: &Self) -> bool {
        self.class == other.class
            && self.hint == other.hint
            && self.to_string() == other.to_string()
    }
}

impl Eq for DatabaseError {}
