//! Imports external changes to index.txt before each OCSP response.

use std::{
    fs, io,
    os::unix::fs::MetadataExt,
    path::Path,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use super::OpensslCa;
use crate::AuthorityError;

/// Knows how index.txt looked when it was imported last.
#[derive(Default)]
pub(super) struct IndexSync {
    imported: Mutex<Option<FileStamp>>,
    /// Held while the file is imported.
    importing: Mutex<()>,
    /// Set when the last import has failed.
    failed: AtomicBool,
    /// Set when there was no such file.
    missing: AtomicBool,
}

/// Enough to see that somebody has changed the file.
#[derive(Clone, Copy, PartialEq, Eq)]
struct FileStamp {
    size: u64,
    modified_seconds: i64,
    modified_nanoseconds: i64,
    inode: u64,
}

impl FileStamp {
    fn of(path: &Path) -> io::Result<Self> {
        let metadata = fs::metadata(path)?;
        Ok(Self {
            size: metadata.len(),
            modified_seconds: metadata.mtime(),
            modified_nanoseconds: metadata.mtime_nsec(),
            inode: metadata.ino(),
        })
    }
}

impl IndexSync {
    /// Returns true when the file is the one that was imported. Costs one system call.
    pub(super) fn is_current(&self, ca: &OpensslCa) -> bool {
        FileStamp::of(ca.index()).is_ok_and(|stamp| self.was_imported(stamp))
    }

    /// Imports what has changed. Somebody else who has the lock has imported it before, and is not waited for. A
    /// file that cannot be imported is tried once: answers go on from what is known, as those of `openssl ocsp` do, and
    /// [`IndexSync::ensure_current`] says what is wrong with it.
    pub(super) fn refresh(&self, ca: &OpensslCa) {
        // Between two renames of `openssl ca` there is no file for a moment.
        let Ok(stamp) = FileStamp::of(ca.index()) else {
            return;
        };
        if self.was_imported(stamp) {
            return;
        }
        let _importing = self
            .importing
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if !self.was_imported(stamp) {
            let failed = ca.try_synchronize().is_err();
            self.failed.store(failed, Ordering::Release);
            self.note(stamp);
        }
    }

    /// The same, and an error when the file cannot be imported, or is still not there.
    pub(super) fn ensure_current(&self, ca: &OpensslCa) -> Result<(), AuthorityError> {
        let stamp = FileStamp::of(ca.index()).ok();
        let was_missing = self.missing.swap(stamp.is_none(), Ordering::AcqRel);
        if stamp.map_or(!was_missing, |stamp| self.was_imported(stamp))
            && !self.failed.load(Ordering::Acquire)
        {
            return Ok(());
        }
        let _importing = self
            .importing
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let imported = ca.try_synchronize();
        self.failed.store(imported.is_err(), Ordering::Release);
        if let Some(stamp) = stamp {
            self.note(stamp);
        }
        imported
    }

    fn was_imported(&self, stamp: FileStamp) -> bool {
        *self.imported.lock().unwrap_or_else(PoisonError::into_inner) == Some(stamp)
    }

    fn note(&self, stamp: FileStamp) {
        *self.imported.lock().unwrap_or_else(PoisonError::into_inner) = Some(stamp);
    }
}
