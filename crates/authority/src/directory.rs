//! The folder that is a CA.
//!
//! ```text
//! DIR/ca.toml             what it is; written last by `init`, so that a half-made CA is recognised
//!     root.key            TSS2 PRIVATE KEY, 0600
//!     root.crt            PEM
//!     intermediate.key    likewise
//!     intermediate.crt
//!     chain.crt           intermediate and root, for servers
//!     records.db          every certificate, refusal, revocation and CRL
//!     profiles/*.toml     the user's profiles
//!     crl/*.crl           the newest CRL of each issuer, DER
//! ```

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use tpm2ca_profile::Profiles;

use crate::{AuthorityError, CaConfig, KeyLocation, file::file_error};

/// Paths inside one CA's folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaDirectory {
    root: PathBuf,
}

impl CaDirectory {
    /// Names a folder; looks at nothing.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.root
    }

    /// `ca.toml`.
    pub fn config_path(&self) -> PathBuf {
        self.root.join(CONFIG)
    }

    /// The database of records.
    pub fn records_path(&self) -> PathBuf {
        self.root.join(RECORDS)
    }

    /// A path of `ca.toml`, which is relative to the folder. A key's can name a persistent handle instead, see
    /// [`KeyLocation`].
    pub fn resolve(&self, relative: &str) -> PathBuf {
        if KeyLocation::is_handle(relative) {
            return relative.into();
        }
        self.root.join(relative)
    }

    /// Looks whether there is a CA, or a half-made one, already.
    ///
    /// # Errors
    /// [`AuthorityError::DirectoryInUse`].
    pub(crate) fn must_be_free(&self) -> Result<(), AuthorityError> {
        let is_there = |name: &str| self.root.join(name).symlink_metadata().is_ok();
        let half_made = !is_there(CONFIG);
        if !half_made || MADE_BY_INIT.into_iter().any(is_there) {
            return Err(AuthorityError::DirectoryInUse {
                path: self.root.clone(),
                half_made,
            });
        }
        Ok(())
    }

    /// Reads `ca.toml`.
    ///
    /// # Errors
    /// [`AuthorityError::NoCa`] when there is none; see [`CaConfig::parse`] for the rest.
    pub fn config(&self) -> Result<CaConfig, AuthorityError> {
        let path = self.config_path();
        let text = fs::read_to_string(&path).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
                AuthorityError::NoCa(self.root.clone())
            }
            _ => file_error("read", &path, source),
        })?;
        CaConfig::parse(&text, &path.display().to_string())
    }

    /// The built-in profiles, changed and added to by `profiles/*.toml` in the order of their names. Hidden files are
    /// an editor's.
    ///
    /// # Errors
    /// [`AuthorityError::Profile`] with file and line.
    pub fn profiles(&self) -> Result<Profiles, AuthorityError> {
        let mut profiles = Profiles::built_in();
        let folder = self.root.join("profiles");
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(profiles),
            Err(source) => return Err(file_error("read", &folder, source)),
        };
        let mut files = Vec::new();
        for entry in entries {
            let path = entry
                .map_err(|source| file_error("read", &folder, source))?
                .path();
            let name = path.file_name().unwrap_or_default().as_encoded_bytes();
            if name.ends_with(b".toml") && !name.starts_with(b".") {
                files.push(path);
            }
        }
        files.sort();
        let texts = files
            .into_iter()
            .map(|path| {
                let text = fs::read_to_string(&path)
                    .map_err(|source| file_error("read", &path, source))?;
                Ok((text, path.display().to_string()))
            })
            .collect::<Result<Vec<_>, AuthorityError>>()?;
        // Together, so that a profile may be based on one in a later file.
        profiles.merge_all(texts)?;
        Ok(profiles)
    }
}

const CONFIG: &str = "ca.toml";
const RECORDS: &str = "records.db";

/// What a broken-off `init` may have left, and what a new one would run into.
const MADE_BY_INIT: [&str; 6] = [
    RECORDS,
    "root.key",
    "root.crt",
    "intermediate.key",
    "intermediate.crt",
    "chain.crt",
];
