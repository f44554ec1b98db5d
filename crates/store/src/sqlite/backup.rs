//! A copy of the file as it is at one moment.

use std::fs::File;
use std::path::Path;

use rusqlite::OpenFlags;

use super::error::SqliteError;
use super::open;
use crate::error::StoreError;

/// Copies with `VACUUM INTO`, which reads one consistent state and lets others write meanwhile. The
/// copy is complete in itself, without a log beside it.
pub(super) fn copy(from: &Path, to: &Path) -> Result<(), StoreError> {
    let name = to.to_str().ok_or_else(|| SqliteError::CannotOpen {
        detail: format!("`{}` is not UTF-8", to.display()),
    })?;
    let connection = open::connect(from, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    // made here and not by SQLite, so that nobody else can read it at any moment
    open::create_file(to)?;
    let copied = connection
        .execute("VACUUM INTO ?1", [name])
        .map_err(StoreError::from)
        .and_then(|_| sync(to));
    if copied.is_err() {
        // half a copy must not be mistaken for one; the first error is the one to report
        let _ = std::fs::remove_file(to);
    }
    copied
}

fn sync(path: &Path) -> Result<(), StoreError> {
    File::open(path)
        .and_then(|file| file.sync_all())
        .map_err(|error| {
            SqliteError::Io {
                doing: "syncing the copy of",
                detail: error.to_string(),
            }
            .into()
        })
}
