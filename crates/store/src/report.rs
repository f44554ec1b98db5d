//! Result of a check of the records.

use std::fmt;

use crate::certificate::CertificateRow;
use crate::issuer::IssuerId;

/// Result of [`Store::check`](crate::Store::check).
#[derive(Clone, Debug, Default)]
pub struct CheckReport {
    /// Certificates that were issued.
    pub issued: u64,
    /// Reservations that were neither recorded nor released: possibly signed.
    pub reserved: u64,
    /// Reservations of which the signer said that it signed nothing.
    pub void: u64,
    /// Issued and reserved ones that are revoked or on hold.
    pub revoked: u64,
    /// Issuers.
    pub issuers: u64,
    /// CRLs that were recorded.
    pub crls: u64,
    /// Entries of the audit log.
    pub audit_entries: u64,
    /// Hash of the newest audit entry. With a copy of it kept elsewhere, one can later prove that
    /// nothing before it was changed or cut off.
    pub audit_head: Option<[u8; 32]>,
    /// The problems, the first [`MAX_LISTED`](CheckReport::MAX_LISTED) of it.
    pub problems: Vec<Problem>,
    /// Number of all problems.
    pub problem_count: u64,
    /// The open reservations, the first [`MAX_LISTED`](CheckReport::MAX_LISTED) of them. They are
    /// no problem by themselves.
    pub outstanding: Vec<CertificateRow>,
}

impl CheckReport {
    /// Longest list of problems or reservations that a report holds.
    pub const MAX_LISTED: usize = 1000;

    /// Returns true if there is no problem.
    pub fn is_clean(&self) -> bool {
        self.problem_count == 0
    }

    pub(crate) fn problem(&mut self, location: ProblemLocation, message: impl Into<String>) {
        self.problem_count += 1;
        if self.problems.len() < Self::MAX_LISTED {
            self.problems.push(Problem {
                location,
                message: message.into(),
            });
        }
    }
}

/// A problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where it is.
    pub location: ProblemLocation,
    /// Description.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.location, self.message)
    }
}

/// Location of a problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProblemLocation {
    /// The database file itself.
    File,
    /// The audit entry with this number.
    Audit(u64),
    /// An issuer.
    Issuer(IssuerId),
    /// A certificate or reservation.
    Certificate {
        /// Its issuer.
        issuer: IssuerId,
        /// Its serial.
        serial: Vec<u8>,
    },
    /// A CRL.
    Crl {
        /// Its issuer.
        issuer: IssuerId,
        /// Its number.
        number: u64,
    },
}

impl fmt::Display for ProblemLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ProblemLocation::File => f.write_str("database file"),
            ProblemLocation::Audit(seq) => write!(f, "audit entry {seq}"),
            ProblemLocation::Issuer(issuer) => write!(f, "issuer {issuer}"),
            ProblemLocation::Certificate { issuer, serial } => {
                write!(
                    f,
                    "certificate {} of issuer {issuer}",
                    crate::digest::hex(serial)
                )
            }
            ProblemLocation::Crl { issuer, number } => write!(f, "crl {number} of issuer {issuer}"),
        }
    }
}
