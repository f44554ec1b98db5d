//! OpenSSL as the system has it, and other versions, built once from the sources that the `openssl-src` crates bring.
//!
//! They lie in `target/openssl/VERSION`, shared libraries and program only. A build takes two to three minutes, so that
//! `make test` sees to it before the tests start, which a watchdog times.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
};

use rustix::fs::{FlockOperation, flock};
use serde_json::Value;
use tpm2ca_testkit::Tool;

use crate::said;

/// Versions that are built here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// 1.1.1: engines, no providers.
    V1_1_1,
    /// 3.5, with long-term support: providers, and engines for the last time.
    V3_5,
    /// 4.0: providers only.
    V4_0,
}

impl Version {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::V1_1_1, Self::V3_5, Self::V4_0];

    /// As it calls itself, as far as we care.
    pub fn name(self) -> &'static str {
        match self {
            Self::V1_1_1 => "1.1.1",
            Self::V3_5 => "3.5",
            Self::V4_0 => "4.0",
        }
    }

    /// Where the sources are, fetched now if they were not yet.
    fn source(self) -> PathBuf {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("openssl-sources/Cargo.toml");
        let output = Command::new(env!("CARGO"))
            .args([
                "metadata",
                "--locked",
                "--format-version",
                "1",
                "--manifest-path",
            ])
            .arg(&manifest)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", said(&output));
        let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
        let version = format!("+{}", self.name());
        let packages = metadata["packages"].as_array().unwrap();
        let manifest = packages
            .iter()
            .filter(|package| package["name"] == "openssl-src")
            .find(|package| package["version"].as_str().unwrap().contains(&version))
            .and_then(|package| package["manifest_path"].as_str())
            .unwrap_or_else(|| panic!("no sources of OpenSSL {}", self.name()));
        Path::new(manifest).with_file_name("openssl")
    }
}

/// An OpenSSL to run.
#[derive(Clone, Debug)]
pub struct OpenSsl {
    /// What to call it in messages: `3.0`, `4.0`.
    pub name: String,
    /// The program.
    pub program: PathBuf,
    /// Where its `libcrypto.so` is; none for the system's, which the loader finds.
    pub libraries: Option<PathBuf>,
}

impl OpenSsl {
    /// The system's.
    pub fn system() -> Self {
        let said = Tool::openssl("version").ok().text();
        let version = said.split_whitespace().nth(1).unwrap_or_default();
        let name: Vec<&str> = version.split('.').take(2).collect();
        Self {
            name: name.join("."),
            program: "openssl".into(),
            libraries: None,
        }
    }

    /// This version, built now if it was not yet; other processes wait meanwhile.
    ///
    /// # Panics
    /// When it cannot be built; the message has the end of what the build said.
    pub fn version(version: Version) -> Self {
        let home = target_folder().join("openssl").join(version.name());
        fs::create_dir_all(home.parent().unwrap()).unwrap();
        let lock = File::create(beside(&home, "lock")).unwrap();
        flock(&lock, FlockOperation::LockExclusive).unwrap();
        if !home.join("bin/openssl").exists() {
            build(version, &home);
        }
        Self {
            name: version.name().to_owned(),
            program: home.join("bin/openssl"),
            libraries: Some(home.join("lib")),
        }
    }

    /// `openssl COMMAND` of this installation.
    pub fn tool(&self, command: &str) -> Tool {
        let tool = Tool::new(&self.program).arg(command);
        match &self.libraries {
            // The build's default folders are nowhere, and its configuration file does not exist.
            Some(_) => tool.env("OPENSSL_CONF", "/dev/null"),
            None => tool,
        }
    }
}

fn build(version: Version, home: &Path) {
    let work = beside(home, "build");
    let _ = fs::remove_dir_all(&work);
    let source = version.source();
    copied(&source, &work);
    // The crates leave out what the lists of exported symbols are made of. Everything is exported here.
    fs::write(
        work.join("util/mkdef.pl"),
        "print \"{ global: *; };\\n\";\n",
    )
    .unwrap();
    let rpath = format!("-Wl,-rpath,{}", home.join("lib").display());
    let mut options = vec!["no-tests", "shared", &rpath];
    if version != Version::V1_1_1 {
        options.extend(["no-module", "no-docs"]);
    }
    // Which machine this is: later versions find out by themselves.
    let mut configure = match version {
        Version::V1_1_1 => Command::new("./config"),
        Version::V3_5 | Version::V4_0 => Command::new("./Configure"),
    };
    run(configure.args(options).current_dir(&work));
    let jobs = thread::available_parallelism().map_or(2, usize::from);
    run(Command::new("make")
        .arg(format!("-j{jobs}"))
        .args(["build_libs", "apps/openssl"])
        .current_dir(&work));

    let made = beside(home, "new");
    let _ = fs::remove_dir_all(&made);
    for folder in ["bin", "lib"] {
        fs::create_dir_all(made.join(folder)).unwrap();
    }
    fs::copy(work.join("apps/openssl"), made.join("bin/openssl")).unwrap();
    for entry in fs::read_dir(&work).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.starts_with("lib") && name.contains(".so.") {
            fs::copy(work.join(&name), made.join("lib").join(&name)).unwrap();
        }
    }
    // What a broken-off build may have left.
    let _ = fs::remove_dir_all(home);
    fs::rename(&made, home).unwrap();
    fs::remove_dir_all(&work).unwrap();
    let said = Tool::new(home.join("bin/openssl"))
        .arg("version")
        .ok()
        .text();
    assert!(
        said.starts_with(&format!("OpenSSL {}", version.name())),
        "built {said} instead of {}",
        version.name()
    );
}

/// `VERSION-WHAT` in the same folder.
fn beside(home: &Path, what: &str) -> PathBuf {
    let version = home.file_name().unwrap().to_str().unwrap();
    home.with_file_name(format!("{version}-{what}"))
}

fn run(command: &mut Command) {
    let output = command
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", said(&output));
}

fn copied(from: &Path, to: &Path) {
    let copy = |from: &Path, to: &Path| -> io::Result<()> {
        fs::create_dir_all(to)?;
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            let (from, to) = (entry.path(), to.join(entry.file_name()));
            if entry.file_type()?.is_dir() {
                copied(&from, &to);
            } else {
                fs::copy(from, to)?;
            }
        }
        Ok(())
    };
    copy(from, to).unwrap_or_else(|error| panic!("{}: {error}", from.display()));
}

/// `target`: tests run from target/PROFILE/deps, programs from target/PROFILE.
fn target_folder() -> PathBuf {
    let mut folder = std::env::current_exe().unwrap();
    folder.pop();
    if folder.ends_with("deps") {
        folder.pop();
    }
    folder.pop();
    folder
}
