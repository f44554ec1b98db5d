//! Our modules for OpenSSL, and those of others in their place.

use std::{
    env,
    ffi::OsStr,
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use super::InstalledOpenSsl;

/// A kind of module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// For OpenSSL 3.0 and newer.
    Provider,
    /// For OpenSSL 1.1 to 3.x.
    Engine,
}

/// A module of ours that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Module {
    pub(crate) folder: PathBuf,
    /// The file's name without `.so`, which is what OpenSSL calls it by.
    pub(crate) name: &'static str,
    /// OpenSSL looks into this folder by itself.
    pub(crate) is_installed: bool,
}

impl Module {
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.join(format!("{}.so", self.name))
    }
}

impl Kind {
    /// The names under which a module of ours may lie, the one that people type first; the last is what Cargo calls it.
    pub(crate) fn names(self) -> &'static [&'static str] {
        match self {
            Self::Provider => &["tpm2", "tpm2ca", "libtpm2ca_openssl_provider"],
            Self::Engine => &["tpm2tss", "tpm2ca", "libtpm2ca_openssl_engine"],
        }
    }

    /// Words that only modules of ours bear.
    fn mark(self) -> &'static [u8] {
        match self {
            Self::Provider => b"OpenSSL provider for TPM 2.0 keys (tpm2ca)",
            Self::Engine => b"TPM 2.0 keys (tpm2ca)",
        }
    }

    /// The variable that turns OpenSSL to another folder.
    fn variable(self) -> &'static str {
        match self {
            Self::Provider => "OPENSSL_MODULES",
            Self::Engine => "OPENSSL_ENGINES",
        }
    }

    /// Where this OpenSSL looks for modules of the kind.
    pub(crate) fn folder(self, openssl: &InstalledOpenSsl) -> Option<PathBuf> {
        let named = env::var_os(self.variable()).filter(|folder| !folder.is_empty());
        let built_in = match self {
            Self::Provider => &openssl.providers,
            Self::Engine => &openssl.engines,
        };
        named.map(PathBuf::from).or_else(|| built_in.clone())
    }

    /// Our module: in the folder that the environment names, beside this program as after a build, or where OpenSSL
    /// looks by itself.
    pub(crate) fn find(self, openssl: &InstalledOpenSsl) -> Option<Module> {
        let is_named = env::var_os(self.variable()).is_some_and(|folder| !folder.is_empty());
        let installed = self.folder(openssl).map(|folder| (folder, true));
        let program = env::current_exe().ok();
        let beside = program
            .as_deref()
            .and_then(Path::parent)
            .map(|folder| (folder.to_owned(), false));
        let folders = if is_named {
            [installed, beside]
        } else {
            [beside, installed]
        };
        folders
            .into_iter()
            .flatten()
            .find_map(|(folder, is_installed)| {
                let name = self.names().iter().find(|name| {
                    matches!(
                        self.owner(&folder.join(format!("{name}.so"))),
                        Ok(Owner::Ours)
                    )
                })?;
                Some(Module {
                    folder,
                    name,
                    is_installed,
                })
            })
    }

    /// Whose a module's file is.
    ///
    /// # Errors
    /// It cannot be read.
    pub(crate) fn owner(self, path: &Path) -> io::Result<Owner> {
        if contains(File::open(path)?, self.mark())? {
            Ok(Owner::Ours)
        } else {
            Ok(Owner::Others)
        }
    }
}

/// Whether an engine option names ours, or the one of tpm2-tss-engine whose place it takes: by its id, or by its file.
pub(crate) fn is_our_engine(name: &str) -> bool {
    let file = Path::new(name).file_name().and_then(OsStr::to_str);
    let name = file.unwrap_or(name);
    let name = name.strip_suffix(".so").unwrap_or(name);
    ["tpm2tss", "libtpm2tss", "tpm2tss-engine", "tpm2ca"].contains(&name)
}

/// Whose a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    Ours,
    Others,
}

/// Whether the words occur in what is read. It may be large, so that it is looked at piece by piece.
fn contains(mut source: impl Read, words: &[u8]) -> io::Result<bool> {
    let mut buffer = vec![0; PIECE];
    let mut kept = 0;
    loop {
        let read = source.read(&mut buffer[kept..])?;
        if read == 0 {
            return Ok(false);
        }
        let filled = kept + read;
        if has(&buffer[..filled], words) {
            return Ok(true);
        }
        // The words may begin at the end of this piece.
        kept = filled.min(words.len() - 1);
        buffer.copy_within(filled - kept..filled, 0);
    }
}

/// Looks at nothing but the first octet of the words until that fits: ten times faster than comparing windows.
fn has(piece: &[u8], words: &[u8]) -> bool {
    let Some(first) = words.first() else {
        return true;
    };
    let mut rest = piece;
    while let Some(at) = rest.iter().position(|octet| octet == first) {
        rest = &rest[at..];
        if rest.starts_with(words) {
            return true;
        }
        rest = &rest[1..];
    }
    false
}

const PIECE: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use proptest::prelude::*;

    use super::*;

    /// Gives as much at a time as it likes.
    struct Dribble<'a>(&'a [u8], usize);

    impl Read for Dribble<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.1.min(buffer.len());
            self.0.read(&mut buffer[..count])
        }
    }

    proptest! {
        #[test]
        fn words_are_found_wherever_they_are(
            before in prop::collection::vec(b'a'..=b'c', 0..200),
            after in prop::collection::vec(b'a'..=b'c', 0..20),
            step in 1_usize..50,
        ) {
            let octets = [&before[..], b"abcd", &after].concat();
            prop_assert!(contains(Dribble(&octets, step), b"abcd").unwrap());
            prop_assert!(!contains(Dribble(&before, step), b"abcd").unwrap());
        }
    }

    #[test]
    fn words_across_two_pieces_are_found() {
        let mark = Kind::Provider.mark();
        for shift in [1, 20, mark.len() - 1] {
            let mut octets = vec![b'O'; PIECE - shift];
            octets.extend_from_slice(mark);
            octets.extend_from_slice(&[0; 10]);
            assert!(contains(&octets[..], mark).unwrap(), "{shift}");
        }
    }
}
