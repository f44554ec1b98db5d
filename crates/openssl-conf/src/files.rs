//! The files that `.include` names.

use std::{
    fs, io,
    io::Read as _,
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
};

use crate::limits;

/// Where included files come from.
pub trait Files {
    /// What is at `path`. A file larger than `limit` octets may be cut after `limit + 1` of them.
    fn find(&self, path: &Path, limit: usize) -> io::Result<Found>;
}

/// What an `.include` may name.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Found {
    /// A file and what is in it.
    File(Vec<u8>),
    /// A folder, and the files in it, of any name.
    Folder(Vec<PathBuf>),
}

/// The files of this machine; relative paths belong to the current folder, as with OpenSSL.
#[derive(Clone, Copy, Debug, Default)]
pub struct Disk;

impl Files for Disk {
    fn find(&self, path: &Path, limit: usize) -> io::Result<Found> {
        if !fs::metadata(path)?.is_dir() {
            let mut bytes = Vec::new();
            let limit = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
            fs::File::open(path)?.take(limit).read_to_end(&mut bytes)?;
            return Ok(Found::File(bytes));
        }
        let mut files = Vec::new();
        for entry in fs::read_dir(path)?.take(limits::INCLUDES) {
            files.push(path.join(entry?.file_name()));
        }
        Ok(Found::Folder(files))
    }
}

/// The files of a folder that are configuration files by their names, in the order of these.
pub(crate) fn configuration_files(mut files: Vec<PathBuf>) -> Vec<PathBuf> {
    files.retain(|path| {
        let name = path.file_name().unwrap_or_default().as_bytes();
        let ends_with = |suffix: &[u8]| {
            name.len() > suffix.len()
                && name[name.len() - suffix.len()..].eq_ignore_ascii_case(suffix)
        };
        ends_with(b".conf") || ends_with(b".cnf")
    });
    files.sort();
    files
}
