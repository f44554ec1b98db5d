//! Output files: tried before anything is signed, and never seen half-written.
//!
//! A link is replaced, and what it leads to stays; the files of a CA are never replaced (docs/adr/0100-outputs.md).
//!
//! A file has no name until it is whole (open(2), O_TMPFILE), so that a process which is killed leaves nothing behind.
//! Where the file system cannot do that, a temporary name stands in.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::{
        fd::AsRawFd,
        unix::fs::{FileTypeExt, OpenOptionsExt},
    },
    path::{Path, PathBuf},
    process,
};

use anyhow::Result;
use rustix::{
    fs::{AtFlags, CWD, Mode, OFlags, linkat, openat},
    io::Errno,
};
use tpm2ca_authority::OwnFiles;

use crate::error::CliError;

/// What to do with a file that is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Existing {
    /// It stays, and there is an error.
    Keep,
    /// It is replaced when the new one is whole.
    Replace,
}

/// A file that takes its name when it is [published](NewFile::publish); dropped before that, it vanishes.
#[derive(Debug)]
pub(crate) struct NewFile {
    path: PathBuf,
    file: File,
    kind: Kind,
    existing: Existing,
}

#[derive(Debug)]
enum Kind {
    /// Nobody sees it yet.
    Unnamed,
    /// It has a name that vanishes with it.
    Temporary(PathBuf),
    /// A device or a pipe, which takes what it is given at once.
    Stream,
}

impl NewFile {
    /// Begins a file that will be called `path`, and that must be none of `own`, nor of a CA around it.
    ///
    /// # Errors
    /// When there is one that is to be kept, or when none can be made there.
    pub(crate) fn begin(
        path: &Path,
        mode: u32,
        existing: Existing,
        own: &OwnFiles,
    ) -> Result<Self> {
        match (fs::metadata(path), path.symlink_metadata()) {
            (Ok(there), _) if is_stream(&there) => return Self::stream(path),
            (Ok(there), _) if there.is_dir() => {
                return Err(CliError::failed(
                    format!("`{}` is a folder", path.display()),
                    "name the file in it; nothing was done",
                )
                .into());
            }
            // Also a name that is too long is noticed here; a file without a name would not mind.
            (Err(error), Err(_)) if error.kind() != io::ErrorKind::NotFound => {
                return Err(CliError::file("create", path, &error).into());
            }
            (_, there) => {
                own.check(path)?;
                if there.is_ok() && existing == Existing::Keep {
                    return Err(exists(path).into());
                }
            }
        }
        Self::begin_at(path.to_owned(), mode, existing)
    }

    /// Begins the next state of a file that was read, behind links too.
    ///
    /// # Errors
    /// When it is not there any more, or none can be made beside it.
    pub(crate) fn next_state_of(path: &Path, mode: u32) -> Result<Self> {
        let path = fs::canonicalize(path).map_err(|error| CliError::file("find", path, &error))?;
        Self::begin_at(path, mode, Existing::Replace)
    }

    fn begin_at(path: PathBuf, mode: u32, existing: Existing) -> Result<Self> {
        let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
        let (file, kind) = match openat(CWD, folder_of(&path), flags, Mode::from_raw_mode(mode)) {
            Ok(file) if Path::new(DESCRIPTORS).is_dir() => (File::from(file), Kind::Unnamed),
            // EISDIR is what a kernel says that has never heard of O_TMPFILE.
            Ok(_) | Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::INVAL) => {
                let temporary = temporary_name(&path);
                let file = OpenOptions::new()
                    .write(true)
                    .create_new(true)
                    .mode(mode)
                    .open(&temporary)
                    .map_err(|error| CliError::file("create", &path, &error))?;
                (file, Kind::Temporary(temporary))
            }
            Err(error) => return Err(CliError::file("create", &path, &error.into()).into()),
        };
        Ok(Self {
            path,
            file,
            kind,
            existing,
        })
    }

    fn stream(path: &Path) -> Result<Self> {
        let file = OpenOptions::new()
            .write(true)
            .open(path)
            .map_err(|error| CliError::file("write", path, &error))?;
        // What has that name may be another file since it was looked at.
        if !file.metadata().is_ok_and(|opened| is_stream(&opened)) {
            return Err(exists(path).into());
        }
        Ok(Self {
            path: path.to_owned(),
            file,
            kind: Kind::Stream,
            existing: Existing::Keep,
        })
    }

    /// What it will be called.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Waits until the contents are on the disk.
    ///
    /// # Errors
    /// When the disk is full or fails.
    pub(crate) fn sync(&self) -> Result<()> {
        if !matches!(self.kind, Kind::Stream) {
            self.file
                .sync_all()
                .map_err(|error| CliError::file("write", &self.path, &error))?;
        }
        Ok(())
    }

    /// Writes the last of it and gives it its name.
    ///
    /// # Errors
    /// When the disk is full or fails, or when somebody else was faster with that name.
    pub(crate) fn publish(mut self, contents: &[u8]) -> Result<()> {
        self.write_all(contents)
            .map_err(|error| CliError::file("write", &self.path, &error))?;
        self.sync()?;
        self.take_name().map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => exists(&self.path),
            _ => CliError::file("create", &self.path, &error),
        })?;
        if !matches!(self.kind, Kind::Stream) {
            // A new name is durable only when its folder is.
            File::open(folder_of(&self.path))
                .and_then(|folder| folder.sync_all())
                .map_err(|error| CliError::file("write", &self.path, &error))?;
        }
        Ok(())
    }

    fn take_name(&self) -> io::Result<()> {
        match (&self.kind, self.existing) {
            (Kind::Stream, _) => Ok(()),
            (Kind::Unnamed, Existing::Keep) => self.link(&self.path),
            (Kind::Unnamed, Existing::Replace) => {
                let temporary = temporary_name(&self.path);
                self.link(&temporary)?;
                fs::rename(&temporary, &self.path).inspect_err(|_| {
                    let _ = fs::remove_file(&temporary);
                })
            }
            // A link, unlike a new name, fails where something is. Drop removes the old name.
            (Kind::Temporary(temporary), Existing::Keep) => fs::hard_link(temporary, &self.path),
            (Kind::Temporary(temporary), Existing::Replace) => fs::rename(temporary, &self.path),
        }
    }

    fn link(&self, path: &Path) -> io::Result<()> {
        let unnamed = format!("{DESCRIPTORS}/{}", self.file.as_raw_fd());
        Ok(linkat(CWD, unnamed, CWD, path, AtFlags::SYMLINK_FOLLOW)?)
    }
}

impl Write for NewFile {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.file.write(octets)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if let Kind::Temporary(temporary) = &self.kind {
            let _ = fs::remove_file(temporary);
        }
    }
}

const DESCRIPTORS: &str = "/proc/self/fd";

fn is_stream(there: &fs::Metadata) -> bool {
    let kind = there.file_type();
    kind.is_char_device() || kind.is_fifo() || kind.is_socket()
}

fn exists(path: &Path) -> CliError {
    CliError::failed(
        format!("`{}` exists already", path.display()),
        "choose another name or remove it first; nothing was done",
    )
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

fn temporary_name(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", process::id()));
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn begin(path: &Path, mode: u32, existing: Existing) -> Result<NewFile> {
        NewFile::begin(path, mode, existing, &OwnFiles::default())
    }

    fn names_in(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn appears_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        drop(begin(&path, 0o600, Existing::Keep).unwrap());
        assert!(names_in(folder.path()).is_empty());

        let mut file = begin(&path, 0o600, Existing::Keep).unwrap();
        file.write_all(b"first half, ").unwrap();
        file.sync().unwrap();
        assert!(!path.exists());
        file.publish(b"second half").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"first half, second half");
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert_eq!(names_in(folder.path()), ["key"]);
    }

    #[test]
    fn never_overwrites_unless_asked_to() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("crt");
        let late = begin(&path, 0o644, Existing::Keep).unwrap();
        fs::write(&path, "precious").unwrap();
        assert!(begin(&path, 0o644, Existing::Keep).is_err());
        assert!(late.publish(b"new").is_err());
        assert_eq!(fs::read(&path).unwrap(), b"precious");

        let replacement = begin(&path, 0o644, Existing::Replace).unwrap();
        replacement.publish(b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(names_in(folder.path()), ["crt"]);
    }

    #[test]
    fn a_link_is_replaced_and_a_device_is_written_to() {
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("key"), folder.path().join("link"));
        for target in [path.as_path(), Path::new("nowhere")] {
            fs::write(&path, "old").unwrap();
            let _ = fs::remove_file(&link);
            symlink(target, &link).unwrap();
            assert!(begin(&link, 0o644, Existing::Keep).is_err());
            let replacement = begin(&link, 0o644, Existing::Replace).unwrap();
            replacement.publish(b"new").unwrap();
            assert!(!link.is_symlink());
            assert_eq!(fs::read(&link).unwrap(), b"new");
            assert_eq!(fs::read(&path).unwrap(), b"old");
        }

        let device = begin(Path::new("/dev/null"), 0o644, Existing::Keep).unwrap();
        device.publish(b"gone").unwrap();
        assert!(is_stream(&fs::metadata("/dev/null").unwrap()));
    }

    #[test]
    fn the_next_state_of_a_file_stays_behind_its_link() {
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("key"), folder.path().join("link"));
        fs::write(&path, "old").unwrap();
        symlink("key", &link).unwrap();
        let next = NewFile::next_state_of(&link, 0o600).unwrap();
        next.publish(b"new").unwrap();
        assert!(link.is_symlink());
        assert_eq!(fs::read(&path).unwrap(), b"new");
    }

    #[test]
    fn a_place_where_nothing_can_be_made_is_noticed_first() {
        let folder = tempfile::tempdir().unwrap();
        for path in ["no/such/folder", "."] {
            assert!(
                begin(&folder.path().join(path), 0o644, Existing::Replace).is_err(),
                "{path}"
            );
        }
        let long = folder.path().join("x".repeat(300));
        let file = begin(&long, 0o644, Existing::Keep);
        assert!(file.is_err(), "a name that is too long");
    }

    #[test]
    fn a_temporary_name_stands_in_where_files_need_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("crt");
        let temporary = |existing| {
            let name = temporary_name(&path);
            NewFile {
                path: path.clone(),
                file: File::create(&name).unwrap(),
                kind: Kind::Temporary(name),
                existing,
            }
        };
        drop(temporary(Existing::Keep));
        assert!(names_in(folder.path()).is_empty());
        temporary(Existing::Keep).publish(b"one").unwrap();
        assert!(temporary(Existing::Keep).publish(b"two").is_err());
        assert_eq!(fs::read(&path).unwrap(), b"one");
        temporary(Existing::Replace).publish(b"three").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"three");
        assert_eq!(names_in(folder.path()), ["crt"]);
    }
}
