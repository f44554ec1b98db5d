//! Files that are made from the code and kept beside it: man pages and shell completions from the definition of the
//! command line, reference documents from the tables of keys and lints.
#![forbid(unsafe_code)]

mod command_line;
mod reference;

use std::{
    collections::BTreeMap,
    fmt, fs, io,
    path::{Path, PathBuf},
};

/// Contents of files by their paths below the workspace's root.
pub type Files = BTreeMap<PathBuf, Vec<u8>>;

/// Everything that is generated.
///
/// # Errors
/// When a generator cannot write.
pub fn generated() -> io::Result<Files> {
    let mut files = Files::new();
    command_line::man_pages(Path::new(MAN), &mut files)?;
    command_line::completions(Path::new(COMPLETIONS), &mut files);
    files.insert(
        PathBuf::from("docs/profiles.md"),
        reference::profiles().into_bytes(),
    );
    files.insert(
        PathBuf::from("docs/lints.md"),
        reference::lints().into_bytes(),
    );
    Ok(files)
}

/// A file that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stale {
    /// It is missing, or its contents are others.
    Differs(PathBuf),
    /// It is there, and nothing generates it, such as the page of a command that is gone.
    Unknown(PathBuf),
}

impl Stale {
    /// Its path below the workspace's root.
    pub fn path(&self) -> &Path {
        match self {
            Self::Differs(path) | Self::Unknown(path) => path,
        }
    }
}

impl fmt::Display for Stale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Differs(path) => write!(f, "{}", path.display()),
            Self::Unknown(path) => write!(f, "{} (nothing generates it)", path.display()),
        }
    }
}

/// The files below `root` that are not as `files` has them.
///
/// # Errors
/// When a folder cannot be read.
pub fn stale(files: &Files, root: &Path) -> io::Result<Vec<Stale>> {
    let mut stale = Vec::new();
    for (name, contents) in files {
        if fs::read(root.join(name)).ok().as_ref() != Some(contents) {
            stale.push(Stale::Differs(name.clone()));
        }
    }
    for folder in [MAN, COMPLETIONS] {
        let entries = match fs::read_dir(root.join(folder)) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        for entry in entries {
            let name = Path::new(folder).join(entry?.file_name());
            if !files.contains_key(&name) {
                stale.push(Stale::Unknown(name));
            }
        }
    }
    Ok(stale)
}

const MAN: &str = "packaging/man";
const COMPLETIONS: &str = "packaging/completions";
