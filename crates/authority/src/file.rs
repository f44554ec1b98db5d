//! Files that are whole or not there.

use std::{
    fs::{self, File, OpenOptions},
    hash::{BuildHasher, RandomState},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use crate::AuthorityError;

/// Writes a new file, durably, and never over another one. Nobody ever sees a part of it.
///
/// # Errors
/// [`AuthorityError::FileExists`] when there is one; [`AuthorityError::File`] when the disk refuses, in which case
/// nothing is left behind.
pub fn write_new(path: &Path, contents: &[u8], mode: u32) -> Result<(), AuthorityError> {
    let mut file = Replacement::create(path, mode)?;
    file.write_all(contents)
        .map_err(|source| file_error("write", path, source))?;
    file.sync()?;
    name_new(&file.temporary, path, mode)?;
    sync_folder(path).inspect_err(|_| {
        let _ = fs::remove_file(path);
    })
}

/// Writes a file in place of an older one: at every moment there is either the old one or the new one, whole.
///
/// # Errors
/// As [`write_new`].
pub fn write_replacing(path: &Path, contents: &[u8], mode: u32) -> Result<(), AuthorityError> {
    let mut replacement = Replacement::create(path, mode)?;
    replacement
        .write_all(contents)
        .map_err(|source| file_error("write", path, source))?;
    replacement.commit()
}

/// Writes a file in place of an older one, whose name a link may have; what the link leads to stays. For what may be
/// lost in a crash: it is not made durable, and may be seen in part.
///
/// # Errors
/// [`AuthorityError::File`].
pub(crate) fn write_afresh(path: &Path, contents: &[u8], mode: u32) -> Result<(), AuthorityError> {
    let failed = |source| file_error("write", path, source);
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path)
        .and_then(|mut file| file.write_all(contents))
        .map_err(failed)
}

/// A file that takes its final name only when it is complete and durable; dropped before that, it vanishes.
pub struct Replacement {
    file: File,
    temporary: PathBuf,
    path: PathBuf,
}

impl Replacement {
    /// Begins a file that will be called `path`.
    ///
    /// # Errors
    /// [`AuthorityError::File`].
    pub fn create(path: &Path, mode: u32) -> Result<Self, AuthorityError> {
        let mut attempt = 0;
        loop {
            // Threads, processes, and containers whose processes have the same number may all write here.
            let random = RandomState::new().hash_one(attempt);
            let temporary = path.with_file_name(format!("{PREFIX}{random:016x}{ENDING}"));
            let opened = OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(mode)
                .open(&temporary);
            match opened {
                Ok(file) => {
                    // Says that somebody is at work on it. Where a file system has no locks, unfinished files stay.
                    let _ = file.try_lock();
                    remove_abandoned(folder_of(path), &file);
                    return Ok(Self {
                        file,
                        temporary,
                        path: path.to_owned(),
                    });
                }
                Err(error)
                    if error.kind() == io::ErrorKind::AlreadyExists && attempt < ATTEMPTS =>
                {
                    attempt += 1;
                }
                Err(source) => return Err(file_error("create", path, source)),
            }
        }
    }

    /// Makes the contents durable, so that only the new name is missing.
    ///
    /// # Errors
    /// [`AuthorityError::File`].
    pub fn sync(&self) -> Result<(), AuthorityError> {
        self.file
            .sync_all()
            .map_err(|source| file_error("write", &self.path, source))
    }

    /// Where it is until it has its name.
    pub fn temporary(&self) -> &Path {
        &self.temporary
    }

    /// Gives the file its name.
    ///
    /// # Errors
    /// [`AuthorityError::File`]; the older file is still there then.
    pub fn commit(self) -> Result<(), AuthorityError> {
        self.sync()?;
        fs::rename(&self.temporary, &self.path)
            .map_err(|source| file_error("write", &self.path, source))?;
        sync_folder(&self.path)
    }
}

impl Write for Replacement {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.file.write(octets)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Replacement {
    fn drop(&mut self) {
        // Nothing is there any more when it has been renamed.
        let _ = fs::remove_file(&self.temporary);
    }
}

/// Removes what processes that were killed did not finish: files that nobody has locked, and that were there some time
/// before `newest` was made. Another process has locked its own by then.
fn remove_abandoned(folder: &Path, newest: &File) {
    let age = |file: &File| -> Option<Duration> {
        let made = |file: &File| file.metadata().ok()?.modified().ok();
        made(newest)?.duration_since(made(file)?).ok()
    };
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.as_encoded_bytes();
        if !(name.starts_with(PREFIX.as_bytes()) && name.ends_with(ENDING.as_bytes())) {
            continue;
        }
        let Ok(file) = OpenOptions::new().write(true).open(entry.path()) else {
            continue;
        };
        if age(&file).is_some_and(|age| age > LONG_AGO) && file.try_lock().is_ok() {
            let _ = fs::remove_file(entry.path());
        }
    }
}

pub(crate) fn file_error(action: &'static str, path: &Path, source: io::Error) -> AuthorityError {
    AuthorityError::File {
        action,
        path: path.to_owned(),
        source,
    }
}

/// A new name is durable only when its folder is.
pub(crate) fn sync_folder(path: &Path) -> Result<(), AuthorityError> {
    let folder = folder_of(path);
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|source| file_error("write", folder, source))
}

pub(crate) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Gives a complete file its name, unless something has that name.
fn name_new(temporary: &Path, path: &Path, mode: u32) -> Result<(), AuthorityError> {
    let refused = |source: io::Error| match source.kind() {
        io::ErrorKind::AlreadyExists => AuthorityError::FileExists(path.to_owned()),
        _ => file_error("create", path, source),
    };
    match fs::hard_link(temporary, path) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(refused(error)),
        // USB sticks and some network folders have no second names for a file: an empty file keeps the name free of
        // others until the whole one takes it.
        Err(_) => {
            OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(mode)
                .open(path)
                .map_err(refused)?;
            fs::rename(temporary, path).map_err(|source| {
                let _ = fs::remove_file(path);
                file_error("create", path, source)
            })
        }
    }
}

/// Names of temporary files; `tpm2ca doctor` knows them too.
const PREFIX: &str = ".tpm2ca-";
const ENDING: &str = ".tmp";
/// Between making a file and locking it there is less time than this.
const LONG_AGO: Duration = Duration::from_mins(1);
/// Names that are tried for a temporary file.
const ATTEMPTS: u32 = 16;
