//! The OpenSSL that is installed: its program, its version, the folders where it looks for modules, and what its
//! configuration file says about ours.

pub(crate) mod modules;
pub(crate) mod settings;

use std::{
    env,
    ffi::OsStr,
    fs, io,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::Result;

use crate::error::{CliError, reason};

/// An `openssl` that runs.
#[derive(Clone, Debug)]
pub(crate) struct InstalledOpenSsl {
    pub(crate) program: PathBuf,
    pub(crate) version: Version,
    /// Where its openssl.cnf is.
    pub(crate) folder: PathBuf,
    /// Where its engines are, if it has any.
    pub(crate) engines: Option<PathBuf>,
    /// Where its providers are, if it has any.
    pub(crate) providers: Option<PathBuf>,
}

/// Such as 3.0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version {
    pub(crate) major: u32,
    pub(crate) minor: u32,
}

impl Version {
    pub(crate) const fn new(major: u32, minor: u32) -> Self {
        Self { major, minor }
    }

    /// From 3.0 on.
    pub(crate) fn has_providers(self) -> bool {
        self.major >= 3
    }

    /// Up to 3.x.
    pub(crate) fn has_engines(self) -> bool {
        self.major < 4
    }

    /// Before 3.5 a provider with EC keys that is loaded before `default` takes its NIST curves out of TLS.
    pub(crate) fn loses_curves(self) -> bool {
        self < Self::new(3, 5)
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}.{}", self.major, self.minor)
    }
}

impl InstalledOpenSsl {
    /// The one that is named; else the one that `TPM2CA_OPENSSL` names; else the first in `PATH` that is not this
    /// program under another name.
    ///
    /// The variable is not OpenSSL's own `OPENSSL`: with `OPENSSL='tpm2ca openssl'` the script CA.pl runs us, and we
    /// would run ourselves.
    ///
    /// # Errors
    /// There is none, or it is not OpenSSL.
    pub(crate) fn find(named: Option<&Path>) -> Result<Self> {
        let variable = env::var_os(VARIABLE).filter(|name| !name.is_empty());
        let named = named.map(Path::to_owned).or(variable.map(PathBuf::from));
        let name = named.as_deref().unwrap_or(Path::new("openssl"));
        let program = located(name, env::var_os("PATH").as_deref()).ok_or_else(|| {
            CliError::failed(
                format!("there is no program `{}`", name.display()),
                "install OpenSSL, or name its program: `--openssl PROGRAM` or TPM2CA_OPENSSL",
            )
        })?;
        Self::ask(program)
    }

    /// Asks the program what it is.
    fn ask(program: PathBuf) -> Result<Self> {
        let failed = |what: String| {
            CliError::failed(
                format!("`{}` {what}", program.display()),
                "name OpenSSL's program: `--openssl PROGRAM` or TPM2CA_OPENSSL",
            )
        };
        if env::var_os(GUARD).is_some() {
            return Err(failed("leads back to `tpm2ca openssl`".to_owned()).into());
        }
        let output = Command::new(&program)
            .args(["version", "-a"])
            // It would be read, and may be broken.
            .env("OPENSSL_CONF", "/dev/null")
            .env(GUARD, "1")
            .stdin(Stdio::null())
            .output()
            .map_err(|error| failed(format!("cannot be run: {}", reason(&error))))?;
        let text = String::from_utf8_lossy(&output.stdout);
        let said = Said::parse(&text).ok_or_else(|| {
            let errors = String::from_utf8_lossy(&output.stderr);
            let line = text.lines().chain(errors.lines()).next();
            failed(format!(
                "is not OpenSSL 1.1 or newer: it says `{}`",
                line.unwrap_or_default()
            ))
        })?;
        Ok(Self {
            version: said.version,
            folder: said.folder("OPENSSLDIR").unwrap_or_default(),
            engines: said.folder("ENGINESDIR"),
            providers: said.folder("MODULESDIR"),
            program,
        })
    }

    /// Its configuration file: the one that `OPENSSL_CONF` names, else its own. An empty name means none.
    pub(crate) fn configuration(&self) -> Option<PathBuf> {
        match env::var_os("OPENSSL_CONF") {
            Some(name) if name.is_empty() => None,
            Some(name) => Some(name.into()),
            None => Some(self.folder.join("openssl.cnf")),
        }
    }
}

/// What `openssl version -a` says.
struct Said<'a> {
    text: &'a str,
    version: Version,
}

impl<'a> Said<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let number = text.strip_prefix("OpenSSL ")?.split_whitespace().next()?;
        let mut parts = number.split('.').map(str::parse);
        let version = Version::new(parts.next()?.ok()?, parts.next()?.ok()?);
        (version >= Version::new(1, 1)).then_some(Self { text, version })
    }

    /// The folder of a line such as `MODULESDIR: "/usr/lib/ossl-modules"`.
    fn folder(&self, name: &str) -> Option<PathBuf> {
        self.text.lines().find_map(|line| {
            let rest = line.strip_prefix(name)?.strip_prefix(": \"")?;
            rest.strip_suffix('"').map(PathBuf::from)
        })
    }
}

/// A program by its path, or by its name in `PATH`, passing over ourselves.
fn located(name: &Path, path: Option<&OsStr>) -> Option<PathBuf> {
    if name.components().count() > 1 {
        return Some(name.to_owned());
    }
    let us = env::current_exe().and_then(fs::metadata).ok();
    env::split_paths(path?)
        .map(|folder| folder.join(name))
        .find(|candidate| is_program(candidate, us.as_ref()).unwrap_or(false))
}

fn is_program(path: &Path, us: Option<&fs::Metadata>) -> io::Result<bool> {
    let found = fs::metadata(path)?;
    let is_us = us.is_some_and(|us| (us.dev(), us.ino()) == (found.dev(), found.ino()));
    Ok(found.is_file() && found.permissions().mode() & 0o111 != 0 && !is_us)
}

/// Names the program.
const VARIABLE: &str = "TPM2CA_OPENSSL";
/// Set for whatever we run: a script called `openssl` that runs us must not be what we run.
pub(crate) const GUARD: &str = "TPM2CA_RUNS_OPENSSL";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn versions_and_folders_are_read() {
        let text = "OpenSSL 3.5.5 27 Jan 2026 (Library: OpenSSL 3.5.5 27 Jan 2026)\nOPENSSLDIR: \"/etc/ssl\"\n\
                    ENGINESDIR: \"/usr/lib/engines-3\"\nMODULESDIR: \"/usr/lib/ossl-modules\"\n";
        let said = Said::parse(text).unwrap();
        assert_eq!(said.version, Version::new(3, 5));
        assert_eq!(said.folder("OPENSSLDIR").unwrap(), Path::new("/etc/ssl"));
        assert_eq!(
            said.folder("MODULESDIR").unwrap(),
            Path::new("/usr/lib/ossl-modules")
        );
        let old = Said::parse("OpenSSL 1.1.1w  11 Sep 2023\n").unwrap();
        assert!(!old.version.has_providers() && old.folder("MODULESDIR").is_none());
        assert!(
            !Said::parse("OpenSSL 4.0.3 29 Sep 2026\n")
                .unwrap()
                .version
                .has_engines()
        );
        for other in [
            "LibreSSL 3.8.2\n",
            "OpenSSL 0.9.8zh\n",
            "OpenSSL\n",
            "",
            "BusyBox v1",
        ] {
            assert!(Said::parse(other).is_none(), "{other}");
        }
    }

    #[test]
    fn curves_stay_from_3_5_on() {
        assert!(Version::new(3, 0).loses_curves() && Version::new(3, 4).loses_curves());
        assert!(!Version::new(3, 5).loses_curves() && !Version::new(4, 0).loses_curves());
    }

    #[test]
    fn programs_are_found_by_path_and_name() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("openssl-x");
        fs::write(&file, "").unwrap();
        let path = env::join_paths([Path::new("/nowhere"), folder.path()]).unwrap();
        let find = |name: &str| located(Path::new(name), Some(&path));
        assert_eq!(find("openssl-x"), None);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(find("openssl-x"), Some(file.clone()));
        assert_eq!(find("./openssl-x"), Some("./openssl-x".into()));
        // This program under that name.
        fs::remove_file(&file).unwrap();
        std::os::unix::fs::symlink(env::current_exe().unwrap(), &file).unwrap();
        assert_eq!(find("openssl-x"), None);
    }
}
