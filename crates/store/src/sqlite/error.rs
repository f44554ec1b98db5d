//! Errors of the SQLite store.

use std::path::{Path, PathBuf};

use rusqlite::{ErrorCode, ffi};

use crate::error::{StoreError, StoreErrorClass};

/// An error of the file or of SQLite; the source of a [`StoreError::Database`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SqliteError {
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
}

impl SqliteError {
    fn class(&self) -> StoreErrorClass {
        match self {
            Self::Missing { .. } => StoreErrorClass::NotFound,
            Self::Exists { .. } => StoreErrorClass::Conflict,
            Self::Foreign { .. } | Self::NewerVersion { .. } => StoreErrorClass::Incompatible,
            Self::NotADatabase => StoreErrorClass::Corrupt,
            Self::CannotOpen { .. } => StoreErrorClass::Denied,
            Self::ReadOnly { .. } => StoreErrorClass::ReadOnly,
            // After a sync that failed, the commit is in the log and may survive a crash.
            Self::Io { doing, .. } if *doing == SYNCING => StoreErrorClass::UnknownOutcome,
            Self::WriterGone => StoreErrorClass::UnknownOutcome,
            Self::Busy | Self::DiskFull | Self::Io { .. } | Self::Sqlite { .. } => {
                StoreErrorClass::Unavailable
            }
        }
    }

    fn hint(&self) -> Option<&'static str> {
        Some(match self {
            SqliteError::Missing { .. } => {
                "make a CA with `tpm2ca init`, or name its directory with `--ca`"
            }
            SqliteError::Exists { .. } => "choose another file; nothing is ever overwritten",
            SqliteError::Foreign { .. } | SqliteError::NotADatabase => {
                "this is not the database of a CA; restore it from a backup if it used to be"
            }
            SqliteError::NewerVersion { .. } => {
                "use the version of tpm2ca that wrote these records, or a newer one"
            }
            SqliteError::CannotOpen { .. } => {
                "the user who runs tpm2ca needs read and write access to the CA directory"
            }
            SqliteError::ReadOnly { .. } => {
                "the CA directory and the database in it must be writable, by this user"
            }
            SqliteError::Busy => {
                "another tpm2ca works in this CA directory; try again when it is done"
            }
            SqliteError::DiskFull => {
                "free some space; nothing was written, and the request can be repeated"
            }
            SqliteError::Io {
                doing: "writing", ..
            } => {
                "the disk may be full or failing, or a quota or file size limit (`ulimit -f`) reached"
            }
            SqliteError::Io { .. } => "the disk may be failing; see the system's log",
            SqliteError::WriterGone => "repeat the request",
            SqliteError::Sqlite { .. } => return None,
        })
    }

    /// Returns the error for a file or folder that the system did not open, make or sync.
    pub(super) fn of_file(path: &Path, error: &std::io::Error) -> StoreError {
        use std::io::ErrorKind;
        let path = path.to_owned();
        match error.kind() {
            ErrorKind::NotFound => SqliteError::Missing { path },
            ErrorKind::AlreadyExists => SqliteError::Exists { path },
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => SqliteError::DiskFull,
            ErrorKind::ReadOnlyFilesystem => SqliteError::ReadOnly {
                detail: format!("`{}`: {error}", path.display()),
            },
            _ => SqliteError::CannotOpen {
                detail: format!("`{}`: {error}", path.display()),
            },
        }
        .into()
    }
}

impl From<SqliteError> for StoreError {
    fn from(error: SqliteError) -> Self {
        Self::database(error.class(), error.hint(), error)
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
            _ => SqliteError::Sqlite {
                code: ffi::SQLITE_ERROR,
                detail: error.to_string(),
            }
            .into(),
        }
    }
}

fn from_code(failure: ffi::Error, detail: String) -> StoreError {
    let code = failure.extended_code;
    let error = match failure.code {
        ErrorCode::DatabaseCorrupt => return StoreError::Corrupt { what: detail },
        ErrorCode::DiskFull => SqliteError::DiskFull,
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => SqliteError::Busy,
        ErrorCode::ReadOnly => SqliteError::ReadOnly { detail },
        ErrorCode::CannotOpen | ErrorCode::PermissionDenied => SqliteError::CannotOpen { detail },
        ErrorCode::NotADatabase => SqliteError::NotADatabase,
        ErrorCode::SystemIoFailure => SqliteError::Io {
            doing: doing(code),
            detail: format!("{detail} ({code})"),
        },
        _ => SqliteError::Sqlite { code, detail },
    };
    error.into()
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
        ffi::SQLITE_IOERR_FSYNC | ffi::SQLITE_IOERR_DIR_FSYNC | ffi::SQLITE_IOERR_CLOSE => SYNCING,
        ffi::SQLITE_IOERR_READ | ffi::SQLITE_IOERR_SHORT_READ => "reading",
        _ => "access to",
    }
}

const SYNCING: &str = "syncing";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    #[test]
    fn sqlite_codes_become_errors_that_say_what_to_do() {
        let error =
            |code| StoreError::from(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None));
        let of = |code| match error(code) {
            StoreError::Database(error) => error.downcast_ref::<SqliteError>().cloned().unwrap(),
            other => panic!("{other:?}"),
        };
        let doing = |code| match of(code) {
            SqliteError::Io { doing, .. } => doing,
            other => panic!("{other:?}"),
        };
        assert_eq!(of(ffi::SQLITE_FULL), SqliteError::DiskFull);
        assert_eq!(of(ffi::SQLITE_BUSY), SqliteError::Busy);
        assert_eq!(of(ffi::SQLITE_BUSY_SNAPSHOT), SqliteError::Busy);
        assert_eq!(of(ffi::SQLITE_NOTADB), SqliteError::NotADatabase);
        assert!(matches!(
            of(ffi::SQLITE_CANTOPEN),
            SqliteError::CannotOpen { .. }
        ));
        assert!(matches!(
            of(ffi::SQLITE_READONLY_DIRECTORY),
            SqliteError::ReadOnly { .. }
        ));
        assert!(matches!(
            error(ffi::SQLITE_CORRUPT),
            StoreError::Corrupt { .. }
        ));
        assert_eq!(doing(ffi::SQLITE_IOERR_WRITE), "writing");
        assert_eq!(doing(ffi::SQLITE_IOERR_SHMSIZE), "writing");
        assert_eq!(doing(ffi::SQLITE_IOERR_FSYNC), "syncing");
        assert_eq!(doing(ffi::SQLITE_IOERR_READ), "reading");
        assert!(of(ffi::SQLITE_IOERR_WRITE).hint().unwrap().contains("full"));
        for (code, class) in [
            (ffi::SQLITE_IOERR_WRITE, StoreErrorClass::Unavailable),
            (ffi::SQLITE_IOERR_FSYNC, StoreErrorClass::UnknownOutcome),
            (ffi::SQLITE_CORRUPT, StoreErrorClass::Corrupt),
            (ffi::SQLITE_READONLY, StoreErrorClass::ReadOnly),
            (ffi::SQLITE_CANTOPEN, StoreErrorClass::Denied),
        ] {
            assert_eq!(error(code).class(), class, "{code}");
        }
        let other = of(ffi::SQLITE_TOOBIG);
        assert!(
            matches!(
                other,
                SqliteError::Sqlite {
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
