//! Opening the file: is it ours, is its format known, how is it to be used.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::ca_name;
use super::error::SqliteError;
use crate::error::StoreError;

/// A connection that writes, to a file whose format has been brought up to date.
pub(super) fn writable(path: &Path) -> Result<Connection, StoreError> {
    let mut connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let kind = identify(&connection, path)?;
    if connection.is_readonly("main")? {
        return Err(SqliteError::ReadOnly {
            detail: format!("`{}` is write-protected", path.display()),
        }
        .into());
    }
    use_log(&connection)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
    connection.pragma_update(None, "journal_size_limit", LOG_LIMIT)?;
    if kind != Kind::Version(VERSION) {
        migrate(&mut connection)?;
    }
    Ok(connection)
}

/// Turns the write-ahead log on. SQLite does not call the busy handler for this when another process does the same.
fn use_log(connection: &Connection) -> Result<(), StoreError> {
    let mut tries = 0;
    loop {
        let changed =
            connection.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0));
        match changed.map(|mode: String| mode) {
            Err(error)
                if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) && wait(tries) =>
            {
                tries += 1;
            }
            Err(error) => return Err(error.into()),
            Ok(_) => return Ok(()),
        }
    }
}

/// A connection that only reads. `fixed` is for stores that were opened for reading: then SQLite
/// opens the file for reading too.
pub(super) fn readable(path: &Path, fixed: bool) -> Result<Connection, StoreError> {
    let flags = if fixed {
        OpenFlags::SQLITE_OPEN_READ_ONLY
    } else {
        OpenFlags::SQLITE_OPEN_READ_WRITE
    };
    let connection = connect(path, flags)?;
    match identify(&connection, path)? {
        Kind::Version(VERSION) => {}
        Kind::Empty => {
            return Err(SqliteError::ReadOnly {
                detail: format!("`{}` is empty", path.display()),
            }
            .into());
        }
        Kind::Version(older) => {
            let detail = format!(
                "`{}` has format version {older} and must first be opened for writing",
                path.display()
            );
            return Err(SqliteError::ReadOnly { detail }.into());
        }
    }
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

/// The same file whatever the current folder will be, in a form that SQLite cannot take for a URI
/// (it would for `file:...`).
pub(super) fn absolute(path: &Path) -> Result<PathBuf, StoreError> {
    std::path::absolute(path).map_err(|error| SqliteError::of_file(path, &error))
}

/// Makes an empty file that only its owner can read, durably. SQLite gives the files beside it the
/// same mode.
///
/// No file may be opened and closed in this way while SQLite has it open in this process: closing
/// would drop SQLite's locks. That cannot happen here, since an existing file is an error before it
/// is opened.
pub(super) fn create_file(path: &Path) -> Result<(), StoreError> {
    let created = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    created
        .and_then(|file| file.sync_all())
        .map_err(|error| SqliteError::of_file(path, &error))?;
    sync_folder(path)
}

/// Makes a new name in a folder durable.
pub(super) fn sync_folder(path: &Path) -> Result<(), StoreError> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|error| SqliteError::of_file(folder, &error))
}

/// A bare connection that waits for locks.
pub(super) fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
    // SQLite's own error for a missing file is just "unable to open"
    std::fs::metadata(path).map_err(|error| SqliteError::of_file(path, &error))?;
    let mut connection =
        Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_handler(Some(wait))?;
    Ok(connection)
}

/// Newest format version: the number of migrations.
pub(super) const VERSION: u32 = 5;

/// Append-only: a migration that was ever released is never changed.
const MIGRATIONS: [&str; VERSION as usize] = [
    include_str!("../../migrations/0001_initial.sql"),
    include_str!("../../migrations/0002_index.sql"),
    include_str!("../../migrations/0003_crl_scope.sql"),
    include_str!("../../migrations/0004_ca_name.sql"),
    include_str!("../../migrations/0005_claim.sql"),
];

/// The version that is the first to have `ca_name`.
const WITH_CA_NAMES: u32 = 4;

/// "T2CA", so that `file` and we know whose database it is.
const APPLICATION_ID: u32 = 0x5432_4341;

/// Unique serials are random, so their index is touched everywhere; this keeps that of a million
/// certificates in memory.
const WRITER_CACHE_KIB: i64 = 32 * 1024;

/// Octets to which the log is cut after it had to grow beyond the usual 16 MiB.
const LOG_LIMIT: i64 = 32 * 1024 * 1024;

#[derive(PartialEq, Eq)]
enum Kind {
    Empty,
    Version(u32),
}

/// Looks at a file without changing it.
fn identify(connection: &Connection, path: &Path) -> Result<Kind, StoreError> {
    // One transaction, so that another process that is making the tables is seen before or after, not in between.
    let connection = connection.unchecked_transaction()?;
    let id: i64 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let id = u32::from_ne_bytes(i32::try_from(id).unwrap_or_default().to_ne_bytes());
    let found = version(&connection)?;
    if id == APPLICATION_ID {
        return if found > VERSION {
            Err(SqliteError::NewerVersion {
                found,
                known: VERSION,
            }
            .into())
        } else {
            Ok(Kind::Version(found))
        };
    }
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if id == 0 && found == 0 && tables == 0 {
        return Ok(Kind::Empty);
    }
    Err(SqliteError::Foreign {
        path: path.to_owned(),
        found: id,
    }
    .into())
}

fn version(connection: &Connection) -> Result<u32, StoreError> {
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    u32::try_from(found).map_err(|_| StoreError::Corrupt {
        what: format!("format version {found}"),
    })
}

fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let transaction =
        connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    // read again: another process may have done it while this one waited for the lock
    let done = version(&transaction)?;
    for (number, migration) in (1..).zip(MIGRATIONS).filter(|(number, _)| *number > done) {
        transaction.execute_batch(migration)?;
        if number == WITH_CA_NAMES {
            ca_name::fill(&transaction)?;
        }
        transaction.pragma_update(None, "user_version", number)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.commit()?;
    Ok(())
}

/// Waits for another process. SQLite's own handler sleeps up to 100 ms between tries and so hardly
/// ever finds the lock free while another process commits one batch after the other.
fn wait(tries: i32) -> bool {
    thread::sleep(if tries < 20 {
        Duration::from_micros(250)
    } else {
        Duration::from_millis(1)
    });
    // about 20 seconds
    tries < 18_000
}
