//! What the end-to-end tests share: a CA directory with its TPM, and the program under test.
//!
//! Each file in `tests/` is named after what a user does or what happens to them.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::missing_panics_doc)]

pub mod bulk;
pub mod calls;
pub mod decrypter;
pub mod guide;
pub mod judges;
pub mod keys;
pub mod limits;
pub mod messages;
pub mod modules;
pub mod ocsp;
pub mod openssl_versions;
pub mod records;
mod shown;
pub mod signer;
pub mod tls;

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

use tpm2ca_testkit::{Swtpm, TempDir, temp_dir};

pub use shown::Shown;

/// A folder with a CA in `ca/`, and the TPM that holds its keys.
pub struct Ca {
    /// Vanishes with the test.
    pub folder: TempDir,
    /// The TPM; killed with the test.
    pub tpm: Swtpm,
    /// Runs whose output belongs to the snapshot of the test.
    pub shown: Shown,
}

impl Ca {
    /// `tpm2ca init` on a fresh swtpm, with further arguments.
    pub fn new(arguments: &[&str]) -> Self {
        let folder = temp_dir();
        let ca = Self {
            shown: Shown::in_folder(folder.path()),
            folder,
            tpm: Swtpm::start(),
        };
        ca.ok(&[&["init", "--name", "Test"], arguments].concat());
        ca
    }

    /// The CA's directory.
    pub fn directory(&self) -> PathBuf {
        self.folder.path().join("ca")
    }

    /// Has everything that this CA has made judged by other people's tools; how much that was.
    pub fn judged(&self) -> judges::Judged {
        judges::everything(&self.directory())
    }

    /// A path in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The program, on this CA and TPM, in the folder.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = tpm2ca(self.folder.path(), arguments);
        command
            .env("TPM2CA_DIR", self.directory())
            .env("TPM2CA_TCTI", self.tpm.tcti().to_string());
        command
    }

    /// Runs it, and expects success; what it said on stdout.
    pub fn ok(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().unwrap();
        assert!(
            output.status.success(),
            "tpm2ca {arguments:?} failed: {}",
            said(&output)
        );
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs it, and expects success; what it printed belongs to the snapshot.
    pub fn shows(&self, arguments: &[&str]) {
        let command = &mut self.command(arguments);
        self.shown.run(0, arguments, command);
    }

    /// Runs it, and expects failure with this exit code; what it printed belongs to the snapshot. What it said on stderr.
    pub fn fails(&self, code: i32, arguments: &[&str]) -> String {
        let command = &mut self.command(arguments);
        self.shown.run(code, arguments, command)
    }

    /// Compares all that belongs to it with a snapshot.
    pub fn snapshot(&self, name: &str) {
        self.shown.snapshot(name);
    }
}

/// The program, in a folder, without anything of the caller's environment that it would look at.
pub fn tpm2ca(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program("tpm2ca"));
    command.args(arguments).current_dir(folder);
    for variable in [
        "TPM2CA_DIR",
        "TPM2CA_TCTI",
        "TPM2OPENSSL_TCTI",
        "TPM2TSSENGINE_TCTI",
        "TPM2TOOLS_TCTI",
        "CREDENTIALS_DIRECTORY",
    ] {
        command.env_remove(variable);
    }
    command.env("XDG_DATA_HOME", folder.join("no-data"));
    // The width of help texts.
    command.env("COLUMNS", "100");
    command
}

/// A program that was built together with the tests.
pub fn program(name: &str) -> PathBuf {
    // Tests run from target/PROFILE/deps, programs lie in target/PROFILE.
    let mut folder = std::env::current_exe().unwrap();
    folder.pop();
    if folder.ends_with("deps") {
        folder.pop();
    }
    let path = folder.join(name);
    assert!(
        path.exists(),
        "`{}` is not built; run `cargo build --workspace` first",
        path.display()
    );
    path
}

/// Both outputs of a program, for messages.
pub fn said(output: &Output) -> String {
    format!(
        "{}\nstdout: {}\nstderr: {}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// A new P-256 key and a CSR for `name`, made by openssl; the CSR's path.
pub fn openssl_csr(folder: &Path, name: &str) -> PathBuf {
    let csr = folder.join(format!("{name}.csr"));
    let output = Command::new("openssl")
        .args([
            "req",
            "-new",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
        ])
        .args(["-nodes", "-subj", &format!("/CN={name}")])
        .args(["-addext", &format!("subjectAltName=DNS:{name}")])
        .arg("-keyout")
        .arg(folder.join(format!("{name}.key")))
        .arg("-out")
        .arg(&csr)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", said(&output));
    csr
}
