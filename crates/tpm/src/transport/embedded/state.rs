//! The folder with the software TPM's state: a file per name (`permall`, `volatilestate`, `savestate`).
//!
//! A file is replaced whole: written beside, synced, renamed, and the folder synced. After a crash at any moment
//! the old or the new state is there, never half of one, and what was reported as written stays written.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::transport::TransportError;

/// A folder for the state of one TPM.
pub(super) struct StateFolder {
    path: PathBuf,
}

impl StateFolder {
    /// Takes the folder, or makes it. A new or empty one becomes its owner's alone; one with something in it
    /// keeps its mode, since it may have been made for more than this.
    pub(super) fn open(path: &Path) -> Result<Self, TransportError> {
        prepare(path).map_err(|source| TransportError::State {
            action: "create",
            path: path.to_owned(),
            source,
        })?;
        Ok(Self {
            path: path.to_owned(),
        })
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// What was stored under this name last; `None` when nothing ever was.
    pub(super) fn load(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        let file = match File::open(self.file(name)?) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut bytes = Vec::new();
        file.take(MAX_STATE + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > MAX_STATE {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("more than {MAX_STATE} octets"),
            ));
        }
        Ok(Some(bytes))
    }

    /// Stores it; durable when this returns.
    pub(super) fn store(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let path = self.file(name)?;
        let beside = self.file(&format!("{name}.new"))?;
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(FILE_MODE)
            .open(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        drop(file);
        fs::rename(&beside, &path)?;
        self.sync()
    }

    /// Removes it; says whether there was any.
    pub(super) fn delete(&self, name: &str) -> io::Result<bool> {
        match fs::remove_file(self.file(name)?) {
            Ok(()) => self.sync().map(|()| true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn file(&self, name: &str) -> io::Result<PathBuf> {
        // The names come out of a library; whatever it says, they stay in the folder.
        if name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-')
            && !name.is_empty()
            && !name.starts_with('.')
        {
            Ok(self.path.join(name))
        } else {
            Err(io::ErrorKind::InvalidFilename.into())
        }
    }

    /// Makes renames and removals last.
    fn sync(&self) -> io::Result<()> {
        File::open(&self.path)?.sync_all()
    }
}

fn prepare(path: &Path) -> io::Result<()> {
    if !path.exists() {
        DirBuilder::new()
            .recursive(true)
            .mode(FOLDER_MODE)
            .create(path)?;
        // So that the folder itself survives a crash, not only what is in it.
        if let Some(parent) = path.parent() {
            let parent = if parent.as_os_str().is_empty() {
                Path::new(".")
            } else {
                parent
            };
            File::open(parent)?.sync_all()?;
        }
    }
    if fs::read_dir(path)?.next().is_none() {
        fs::set_permissions(path, Permissions::from_mode(FOLDER_MODE))?;
    }
    Ok(())
}

const FOLDER_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;
/// libtpms writes some 10 KiB, and at most its NV memory of 128 KiB with something around it.
const MAX_STATE: u64 = 4 * 1024 * 1024;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn what_is_stored_is_loaded_by_its_owner_only() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b");
        let folder = StateFolder::open(&path).unwrap();
        assert_eq!(mode(&path), 0o700);
        assert!(folder.load("permall").unwrap().is_none());
        folder.store("permall", b"one").unwrap();
        folder.store("permall", b"two").unwrap();
        assert_eq!(folder.load("permall").unwrap().unwrap(), b"two");
        assert_eq!(mode(&path.join("permall")), 0o600);
        assert!(folder.delete("permall").unwrap());
        assert!(!folder.delete("permall").unwrap());
        assert!(folder.load("permall").unwrap().is_none());
    }

    #[test]
    fn a_failed_store_leaves_the_old_state() {
        let dir = tempfile::tempdir().unwrap();
        let folder = StateFolder::open(dir.path()).unwrap();
        folder.store("permall", b"old").unwrap();
        fs::create_dir(dir.path().join("permall.new")).unwrap();
        folder.store("permall", b"new").unwrap_err();
        assert_eq!(folder.load("permall").unwrap().unwrap(), b"old");
    }

    #[test]
    fn what_a_crash_left_behind_is_no_state() {
        let dir = tempfile::tempdir().unwrap();
        let folder = StateFolder::open(dir.path()).unwrap();
        fs::write(dir.path().join("permall.new"), b"ha").unwrap();
        assert!(folder.load("permall").unwrap().is_none());
        folder.store("permall", b"whole").unwrap();
        assert_eq!(folder.load("permall").unwrap().unwrap(), b"whole");
        assert!(!dir.path().join("permall.new").exists());
    }

    #[test]
    fn names_do_not_leave_the_folder() {
        let dir = tempfile::tempdir().unwrap();
        let folder = StateFolder::open(dir.path()).unwrap();
        for name in ["", "../x", "/etc/passwd", ".lock", "a\0b"] {
            assert!(folder.store(name, b"x").is_err(), "{name}");
            assert!(folder.load(name).is_err(), "{name}");
        }
    }

    #[test]
    fn a_folder_with_other_things_keeps_its_mode() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("other"), b"").unwrap();
        fs::set_permissions(dir.path(), Permissions::from_mode(0o755)).unwrap();
        StateFolder::open(dir.path()).unwrap();
        assert_eq!(mode(dir.path()), 0o755);
    }

    #[test]
    fn a_huge_state_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let folder = StateFolder::open(dir.path()).unwrap();
        File::create(dir.path().join("permall"))
            .unwrap()
            .set_len(MAX_STATE + 1)
            .unwrap();
        assert!(folder.load("permall").is_err());
    }
}
