//! Where something stands.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

/// A line of a file, written `openssl.cnf:12`. Of a line that `\` continues it is the first.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    file: Arc<str>,
    line: usize,
}

impl Place {
    pub(crate) fn new(file: Arc<str>, line: usize) -> Self {
        Self { file, line }
    }

    /// The file, under the name by which it was opened.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The line, from 1.
    pub fn line(&self) -> usize {
        self.line
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// An `.include` that was not followed. OpenSSL says nothing about it and goes on, so this is no error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    pub(crate) place: Place,
    pub(crate) path: PathBuf,
    pub(crate) reason: String,
}

impl Skipped {
    /// The `.include` line.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// What it names.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        write!(
            f,
            "{}: `{path}` is not included: {}",
            self.place, self.reason
        )
    }
}
