//! Files that belong to a CA, over which nothing else is written: keys, records, configuration, certificates, CRLs.
//!
//! A path is compared by its folder, with all links resolved, and its last name: an output takes the place of a link,
//! so that the link's target is not meant.

use std::{
    ffi::{OsStr, OsString},
    fs,
    path::{Path, PathBuf},
};

use crate::{AuthorityError, CaConfig, CaDirectory, IssuerConfig, KeyLocation, file::folder_of};

/// The files of one or more CAs that no output may be written over.
#[derive(Clone, Debug, Default)]
pub struct OwnFiles(Vec<Own>);

#[derive(Clone, Debug)]
struct Own {
    place: Place,
    what: &'static str,
}

#[derive(Clone, Debug)]
enum Place {
    /// A file, whether it is there or not.
    File(PathBuf),
    /// A file while it is there. A lost one may be put back.
    Existing(PathBuf),
    /// Everything in a folder.
    Folder(PathBuf),
    /// Files in a folder whose names begin and end like this.
    Like {
        folder: PathBuf,
        begin: OsString,
        end: OsString,
    },
}

impl OwnFiles {
    /// Returns those of a CA directory, or none where there is no CA. A `ca.toml` that cannot be read protects the
    /// files that every CA has.
    pub fn of_directory(directory: &CaDirectory) -> Self {
        let mut own = Self::default();
        let config_path = directory.config_path();
        if !config_path.exists() && !directory.records_path().exists() {
            return own;
        }
        own.file(&config_path, "the configuration of the CA");
        own.database(&directory.records_path());
        for (name, what) in [
            ("root.key", KEY),
            ("intermediate.key", KEY),
            ("root.crt", CERTIFICATE),
            ("intermediate.crt", CERTIFICATE),
            ("chain.crt", CERTIFICATE),
        ] {
            own.existing(&directory.path().join(name), what);
        }
        for (name, what) in [("crl", CRL), ("profiles", "a profile of the CA")] {
            own.folder(&directory.path().join(name), what);
        }
        if let Ok(config) = directory.config() {
            own.configured(directory, &config);
        }
        own
    }

    /// Returns those of the CA directories that `path` is in.
    fn around(path: &Path) -> Self {
        let mut own = Self::default();
        let Some(location) = location(path) else {
            return own;
        };
        for folder in location.ancestors().skip(1) {
            let directory = CaDirectory::new(folder);
            // Other programs have files called `ca.toml` as well.
            if directory.config_path().is_file() && directory.records_path().is_file() {
                own.add(Self::of_directory(&directory));
            }
        }
        own
    }

    fn configured(&mut self, directory: &CaDirectory, config: &CaConfig) {
        for issuer in config.issuer.values() {
            let IssuerConfig {
                key,
                certificate,
                crl,
                ..
            } = issuer;
            if !KeyLocation::is_handle(key) {
                self.existing(&directory.resolve(key), KEY);
            }
            self.existing(&directory.resolve(certificate), CERTIFICATE);
            self.crls(&directory.resolve(crl));
        }
        let state = config
            .tpm
            .tcti
            .as_deref()
            .and_then(|tcti| tcti.strip_prefix("libtpms:"))
            .map(|folder| directory.resolve(folder));
        // It can be the CA's directory itself, which may have other files too.
        if let Some(state) = state
            && fs::canonicalize(&state).ok() != fs::canonicalize(directory.path()).ok()
        {
            self.folder(&state, "part of the software TPM of the CA");
        }
    }

    /// Adds those of another CA.
    pub fn add(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Refuses a path that something else is to be written to.
    ///
    /// # Errors
    /// [`AuthorityError::OwnFile`].
    pub fn check(&self, path: &Path) -> Result<(), AuthorityError> {
        // Where the folder is missing, no file can be made.
        let Some(at) = location(path) else {
            return Ok(());
        };
        let around = Self::around(path);
        let found = self.0.iter().chain(&around.0).find(|own| own.is(&at));
        match found {
            Some(own) => Err(AuthorityError::OwnFile {
                path: path.to_owned(),
                what: own.what,
            }),
            None => Ok(()),
        }
    }

    pub(crate) fn file(&mut self, path: &Path, what: &'static str) {
        self.each(path, what, Place::File);
    }

    pub(crate) fn existing(&mut self, path: &Path, what: &'static str) {
        self.each(path, what, Place::Existing);
    }

    fn folder(&mut self, path: &Path, what: &'static str) {
        if let Ok(path) = fs::canonicalize(path) {
            self.push(Place::Folder(path), what);
        }
    }

    /// A database of SQLite, and what it keeps beside it.
    pub(crate) fn database(&mut self, path: &Path) {
        for ending in ["", "-wal", "-shm", "-journal"] {
            self.file(&with_ending(path, ending), "part of the records of the CA");
        }
    }

    /// A file that `openssl ca` keeps an older state of.
    pub(crate) fn book(&mut self, path: &Path, what: &'static str) {
        for ending in ["", ".old", ".attr", ".attr.old"] {
            self.file(&with_ending(path, ending), what);
        }
    }

    /// The list of all, the shards, and the deltas of both: see `path_of` of [`crate::crl`].
    fn crls(&mut self, path: &Path) {
        self.file(path, CRL);
        let Some(at) = location(path) else {
            return;
        };
        let mut begin = path.file_stem().unwrap_or_default().to_owned();
        begin.push("-");
        let mut end = OsString::new();
        if let Some(extension) = path.extension() {
            end.push(".");
            end.push(extension);
        }
        let folder = folder_of(&at).to_owned();
        self.push(Place::Like { folder, begin, end }, CRL);
    }

    /// The file as it is named and, if that is a link, where the link leads.
    fn each(&mut self, path: &Path, what: &'static str, place: fn(PathBuf) -> Place) {
        let Some(at) = location(path) else {
            return;
        };
        if at.is_symlink()
            && let Ok(target) = fs::canonicalize(&at)
        {
            self.push(place(target), what);
        }
        self.push(place(at), what);
    }

    fn push(&mut self, place: Place, what: &'static str) {
        self.0.push(Own { place, what });
    }
}

impl Own {
    /// Tells whether it is at this [`location`].
    fn is(&self, at: &Path) -> bool {
        match &self.place {
            Place::File(path) => path == at,
            Place::Existing(path) => path == at && path.symlink_metadata().is_ok(),
            Place::Folder(folder) => at.starts_with(folder),
            Place::Like { folder, begin, end } => {
                let name = at.file_name().unwrap_or_default().as_encoded_bytes();
                folder_of(at) == folder
                    && name.starts_with(begin.as_encoded_bytes())
                    && name.ends_with(end.as_encoded_bytes())
            }
        }
    }
}

/// The path with its folder's links resolved; the last name stays as it is.
fn location(path: &Path) -> Option<PathBuf> {
    let folder = fs::canonicalize(folder_of(path)).ok()?;
    Some(folder.join(path.file_name()?))
}

fn with_ending(path: &Path, ending: impl AsRef<OsStr>) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(ending);
    path.into()
}

const KEY: &str = "the key of an issuer of the CA";
const CERTIFICATE: &str = "a certificate of an issuer of the CA";
const CRL: &str = "a CRL of the CA";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use std::os::unix::fs::symlink;

    use super::*;

    fn ca(folder: &Path) -> CaDirectory {
        let directory = CaDirectory::new(folder.join("ca"));
        fs::create_dir_all(folder.join("ca/crl")).unwrap();
        fs::create_dir_all(folder.join("ca/profiles")).unwrap();
        fs::create_dir_all(folder.join("elsewhere")).unwrap();
        let config = format!(
            "format = 1\nname = \"Test\"\ndefault_issuer = \"root\"\n[tpm]\n[issuer.root]\nkey = \"{0}/elsewhere/ca.pem\"\n\
             certificate = \"root.crt\"\ncrl = \"../elsewhere/list.crl\"\n",
            folder.display()
        );
        fs::write(directory.config_path(), config).unwrap();
        fs::write(directory.records_path(), "").unwrap();
        for name in ["ca/root.key", "ca/root.crt", "elsewhere/ca.pem"] {
            fs::write(folder.join(name), "").unwrap();
        }
        directory.config().unwrap();
        directory
    }

    #[test]
    fn a_cas_files_are_known_by_any_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let own = OwnFiles::of_directory(&ca(folder.path()));
        symlink("ca", path("alias")).unwrap();
        symlink("../ca/root.key", path("elsewhere/link")).unwrap();
        for name in [
            "ca/ca.toml",
            "ca/records.db",
            "ca/records.db-wal",
            "ca/root.key",
            "ca/root.crt",
            "ca/crl/anything",
            "ca/profiles/new.toml",
            "ca/../ca/root.key",
            "alias/root.key",
            "elsewhere/ca.pem",
            "elsewhere/list.crl",
            "elsewhere/list-3-of-16-delta.crl",
        ] {
            let error = own.check(&path(name)).unwrap_err();
            assert!(matches!(error, AuthorityError::OwnFile { .. }), "{name}");
        }
        for name in [
            // a link is replaced, its target stays
            "elsewhere/link",
            "elsewhere/other.crl",
            "elsewhere/listing.crl",
            "ca/new.key",
            // a lost one is put back
            "ca/intermediate.key",
            "www.crt",
            "no/such/folder",
        ] {
            own.check(&path(name)).unwrap();
        }
    }

    #[test]
    fn a_key_behind_a_link_is_the_cas_too() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let directory = ca(folder.path());
        fs::rename(path("ca/root.key"), path("elsewhere/safe.key")).unwrap();
        symlink("../elsewhere/safe.key", path("ca/root.key")).unwrap();
        let own = OwnFiles::of_directory(&directory);
        assert!(own.check(&path("elsewhere/safe.key")).is_err());
        assert!(own.check(&path("ca/root.key")).is_err());
    }

    #[test]
    fn a_ca_is_recognised_around_a_path() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let directory = ca(folder.path());
        let nothing = OwnFiles::default();
        assert!(nothing.check(&path("ca/root.key")).is_err());
        assert!(nothing.check(&path("ca/crl/root.crl")).is_err());
        nothing.check(&path("ca/www.crt")).unwrap();
        nothing.check(&path("www.crt")).unwrap();
        // With a `ca.toml` that says nothing, those that every CA has are protected.
        fs::write(directory.config_path(), "damaged").unwrap();
        assert!(nothing.check(&path("ca/root.key")).is_err());
        nothing.check(&path("elsewhere/list.crl")).unwrap();
        fs::remove_file(directory.records_path()).unwrap();
        nothing.check(&path("ca/root.key")).unwrap();
    }
}
