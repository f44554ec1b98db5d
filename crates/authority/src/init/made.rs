//! What an unfinished `init` has written, to be taken back if it fails.

use std::{
    fs, io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

use crate::{
    AuthorityError,
    file::{file_error, sync_folder},
    write_new,
};

/// Exactly the files and folders that came from us: what was there before, and what somebody else makes at the same
/// time, is never touched.
#[derive(Default)]
pub(crate) struct Made {
    folders: Vec<PathBuf>,
    files: Vec<PathBuf>,
}

impl Made {
    /// Makes a folder for its owner alone, and those above it, where they are missing.
    pub(crate) fn folder(&mut self, path: &Path) -> Result<(), AuthorityError> {
        let missing: Vec<&Path> = path
            .ancestors()
            .take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists())
            .collect();
        for folder in missing.into_iter().rev() {
            match fs::DirBuilder::new().mode(0o700).create(folder) {
                Ok(()) => {
                    self.folders.push(folder.to_owned());
                    sync_folder(folder)?;
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(source) => return Err(file_error("create", folder, source)),
            }
        }
        Ok(())
    }

    /// Writes a file that everybody may read.
    pub(crate) fn write(&mut self, path: PathBuf, text: &str) -> Result<(), AuthorityError> {
        write_new(&path, text.as_bytes(), 0o644)?;
        self.file(path);
        Ok(())
    }

    /// Notes a file that was made in another way.
    pub(crate) fn file(&mut self, path: PathBuf) {
        self.files.push(path);
    }

    /// Removes everything, as far as it can be done.
    pub(crate) fn take_back(self) {
        for file in self.files {
            let _ = fs::remove_file(file);
        }
        // Those inside first; one that others have put something into stays.
        for folder in self.folders.into_iter().rev() {
            let _ = fs::remove_dir(folder);
        }
    }
}
