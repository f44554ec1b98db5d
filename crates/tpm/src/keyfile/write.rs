//! Putting a new file on disk.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::KeyFileError;

/// Makes the file, for its owner alone, and has it and its folder on disk when it returns.
pub(super) fn write_new(path: &Path, bytes: &[u8]) -> Result<(), KeyFileError> {
    let explain = |source: io::Error| match source.kind() {
        io::ErrorKind::AlreadyExists => KeyFileError::Exists {
            path: path.to_owned(),
        },
        _ => KeyFileError::Io {
            path: path.to_owned(),
            source,
        },
    };
    // `create_new` follows no symbolic link either.
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(explain)?;
    fill(file, bytes).map_err(|source| {
        // Half a key would be in the way of the next try.
        let _ = fs::remove_file(path);
        explain(source)
    })?;
    sync_folder(path).map_err(explain)
}

fn fill(mut file: File, bytes: &[u8]) -> io::Result<()> {
    file.write_all(bytes)?;
    file.sync_all()
}

fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn a_new_file_belongs_to_its_owner_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key.pem");
        write_new(&path, b"text").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"text");
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn nothing_is_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key.pem");
        fs::write(&path, b"old").unwrap();
        let error = write_new(&path, b"new").unwrap_err();
        assert!(matches!(error, KeyFileError::Exists { .. }));
        assert!(error.hint().unwrap().contains("never overwritten"));
        assert_eq!(fs::read(&path).unwrap(), b"old");

        let link = dir.path().join("link.pem");
        symlink(dir.path().join("elsewhere"), &link).unwrap();
        assert!(write_new(&link, b"new").is_err());
        assert!(!dir.path().join("elsewhere").exists());
    }

    #[test]
    fn a_full_disk_leaves_no_half_key() {
        // Every write to this device fails with ENOSPC.
        let file = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let error = fill(file, b"text").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    }

    #[test]
    fn a_missing_folder_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let error = write_new(&dir.path().join("no/key.pem"), b"").unwrap_err();
        assert!(error.hint().unwrap().contains("folder"));
    }
}
