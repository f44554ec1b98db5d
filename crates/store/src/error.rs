//! What can go wrong with the records, and what to do about it.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;
use rusqlite::ffi;

use crate::certificate::State;
use crate::issuer::IssuerId;

/// An error of the store. Whatever a failing call wanted to write is not written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// There is no such file.
    #[error("there are no records at `{}`", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// A file that was to be made exists.
    #[error("`{}` exists already", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The file is a database of some other program.
    #[error(
        "`{}` is an SQLite database, but not one of tpm2ca (application id {found:#x})",
        path.display()
    )]
    Foreign {
        /// The file.
        path: PathBuf,
        /// The application id it bears.
        found: u32,
    },
    /// The file is not a database, or its beginning is destroyed.
    #[error("the records are not an SQLite database")]
    NotADatabase,
    /// The records were written by a newer version of this program.
    #[error("the records have format version {found}, this program knows versions up to {known}")]
    NewerVersion {
        /// Version of the file.
        found: u32,
        /// Newest version that is known here.
        known: u32,
    },
    /// The file or its folder cannot be opened or made.
    #[error("cannot open the records: {detail}")]
    CannotOpen {
        /// What the system said.
        detail: String,
    },
    /// The file may not be written.
    #[error("the records cannot be written: {detail}")]
    ReadOnly {
        /// Why.
        detail: String,
    },
    /// Another process kept the records locked for too long.
    #[error("the records are locked by another process")]
    Busy,
    /// No space is left.
    #[error("no space is left for the records")]
    DiskFull,
    /// Reading, writing or syncing failed.
    #[error("{doing} the records failed: {detail}")]
    Io {
        /// `reading`, `writing` or `syncing`.
        doing: &'static str,
        /// SQLite's or the system's words.
        detail: String,
    },
    /// What is stored makes no sense.
    #[error("the records are damaged: {what}")]
    Corrupt {
        /// Where and how.
        what: String,
    },
    /// Any other error of SQLite.
    #[error("SQLite error {code}: {detail}")]
    Sqlite {
        /// Extended result code.
        code: i32,
        /// SQLite's words.
        detail: String,
    },
    /// The thread that writes has ended because of an earlier failure.
    #[error("the writer of the records has ended")]
    WriterGone,

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
    /// Rows to take in could not be read to their end; who reads them knows why.
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
    /// What the operator can do.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            StoreError::Missing { .. } => {
                "make a CA with `tpm2ca init`, or name its directory with `--ca`"
            }
            StoreError::Exists { .. } => "choose another file; nothing is ever overwritten",
            StoreError::Foreign { .. } | StoreError::NotADatabase => {
                "this is not the database of a CA; restore it from a backup if it used to be"
            }
            StoreError::NewerVersion { .. } => {
                "use the version of tpm2ca that wrote these records, or a newer one"
            }
            StoreError::CannotOpen { .. } => {
                "the user who runs tpm2ca needs read and write access to the CA directory"
            }
            StoreError::ReadOnly { .. } => {
                "the CA directory and the database in it must be writable, by this user"
            }
            StoreError::Busy => {
                "another tpm2ca works in this CA directory; try again when it is done"
            }
            StoreError::DiskFull => {
                "free some space; nothing was written, and the request can be repeated"
            }
            StoreError::Io {
                doing: "writing", ..
            } => {
                "the disk may be full or failing, or a quota or file size limit (`ulimit -f`) reached"
            }
            StoreError::Io { .. } => "the disk may be failing; see the system's log",
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
            StoreError::ReservationClosed { .. } | StoreError::WriterGone => "repeat the request",
            _ => return None,
        };
        Some(hint.to_owned())
    }

    pub(crate) fn from_file_error(path: &Path, error: &std::io::Error) -> Self {
        use std::io::ErrorKind;
        match error.kind() {
            ErrorKind::NotFound => StoreError::Missing {
                path: path.to_owned(),
            },
            ErrorKind::AlreadyExists => StoreError::Exists {
                path: path.to_owned(),
            },
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => StoreError::DiskFull,
            ErrorKind::ReadOnlyFilesystem => StoreError::ReadOnly {
                detail: format!("`{}`: {error}", path.display()),
            },
            _ => StoreError::CannotOpen {
                detail: format!("`{}`: {error}", path.display()),
            },
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::Error;
        match &error {
            Error::SqliteFailure(failure, message) => {
                let detail = message.clone().unwrap_or_else(|| failure.to_string());
                from_code(*failure, detail)
            }
            Error::FromSqlConversionFailure(..)
            | Error::IntegralValueOutOfRange(..)
            | Error::InvalidColumnType(..)
            | Error::Utf8Error(..) => StoreError::Corrupt {
                what: error.to_string(),
            },
            _ => StoreError::Sqlite {
                code: ffi::SQLITE_ERROR,
                detail: error.to_string(),
            },
        }
    }
}

fn from_code(failure: ffi::Error, detail: String) -> StoreError {
    let code = failure.extended_code;
    match failure.code {
        ErrorCode::DiskFull => StoreError::DiskFull,
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => StoreError::Busy,
        ErrorCode::ReadOnly => StoreError::ReadOnly { detail },
        ErrorCode::CannotOpen | ErrorCode::PermissionDenied => StoreError::CannotOpen { detail },
        ErrorCode::NotADatabase => StoreError::NotADatabase,
        ErrorCode::DatabaseCorrupt => StoreError::Corrupt { what: detail },
        ErrorCode::SystemIoFailure => StoreError::Io {
            doing: doing(code),
            detail: format!("{detail} ({code})"),
        },
        _ => StoreError::Sqlite { code, detail },
    }
}

/// What SQLite was doing. Everything that needs space (also the shared memory of the write-ahead
/// log) counts as writing, since SQLite reports only `ENOSPC` as a full disk, but not `EDQUOT` or
/// `EFBIG`.
fn doing(code: i32) -> &'static str {
    match code {
        ffi::SQLITE_IOERR_WRITE
        | ffi::SQLITE_IOERR_TRUNCATE
        | ffi::SQLITE_IOERR_SHMSIZE
        | ffi::SQLITE_IOERR_SHMMAP
        | ffi::SQLITE_IOERR_SHMOPEN => "writing",
        ffi::SQLITE_IOERR_FSYNC | ffi::SQLITE_IOERR_DIR_FSYNC | ffi::SQLITE_IOERR_CLOSE => {
            "syncing"
        }
        ffi::SQLITE_IOERR_READ | ffi::SQLITE_IOERR_SHORT_READ => "reading",
        _ => "access to",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    #[test]
    fn sqlite_codes_become_errors_that_say_what_to_do() {
        let of =
            |code| StoreError::from(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None));
        let doing = |code| match of(code) {
            StoreError::Io { doing, .. } => doing,
            other => panic!("{other:?}"),
        };
        assert_eq!(of(ffi::SQLITE_FULL), StoreError::DiskFull);
        assert_eq!(of(ffi::SQLITE_BUSY), StoreError::Busy);
        assert_eq!(of(ffi::SQLITE_BUSY_SNAPSHOT), StoreError::Busy);
        assert_eq!(of(ffi::SQLITE_NOTADB), StoreError::NotADatabase);
        assert!(matches!(
            of(ffi::SQLITE_CANTOPEN),
            StoreError::CannotOpen { .. }
        ));
        assert!(matches!(
            of(ffi::SQLITE_READONLY_DIRECTORY),
            StoreError::ReadOnly { .. }
        ));
        assert!(matches!(
            of(ffi::SQLITE_CORRUPT),
            StoreError::Corrupt { .. }
        ));
        assert_eq!(doing(ffi::SQLITE_IOERR_WRITE), "writing");
        assert_eq!(doing(ffi::SQLITE_IOERR_SHMSIZE), "writing");
        assert_eq!(doing(ffi::SQLITE_IOERR_FSYNC), "syncing");
        assert_eq!(doing(ffi::SQLITE_IOERR_READ), "reading");
        assert!(of(ffi::SQLITE_IOERR_WRITE).hint().unwrap().contains("full"));
        let other = of(ffi::SQLITE_TOOBIG);
        assert!(
            matches!(
                other,
                StoreError::Sqlite {
                    code: ffi::SQLITE_TOOBIG,
                    ..
                }
            ),
            "{other:?}"
        );
    }

    #[test]
    fn a_value_of_the_wrong_kind_is_damage() {
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        let read = connection.query_row("SELECT 'x'", [], |row| row.get::<_, i64>(0));
        assert!(matches!(
            StoreError::from(read.unwrap_err()),
            StoreError::Corrupt { .. }
        ));
    }
}
