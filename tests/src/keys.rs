//! A folder for keys and a TPM, ours and other people's tools on both.

use std::{
    fs,
    path::PathBuf,
    process::{Command, Output},
};

use tpm2ca_testkit::{Ran, Swtpm, TempDir, Tool, temp_dir};

use crate::{said, tpm2ca};

/// A folder with a file `message`, and a TPM whose storage root key is persistent, as most are delivered.
pub struct KeyBench {
    /// Vanishes with the test.
    pub folder: TempDir,
    /// The TPM; killed with the test.
    pub tpm: Swtpm,
    /// What the program connects to, if it is not the TPM itself.
    pub tcti: String,
}

impl KeyBench {
    /// A new folder and a new TPM.
    pub fn new() -> Self {
        let tpm = Swtpm::start();
        let bench = Self {
            folder: temp_dir(),
            tcti: tpm.tcti().to_string(),
            tpm,
        };
        fs::write(bench.path("message"), "to be signed").unwrap();
        bench.ok(&["key", "persist", "--storage-root"]);
        bench
    }

    /// A path in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The program, on this TPM, in the folder.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = tpm2ca(self.folder.path(), arguments);
        command
            .env("TPM2CA_TCTI", &self.tcti)
            .stdin(std::process::Stdio::null());
        command
    }

    /// Runs it.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs it, and expects success; what it said on stdout.
    pub fn ok(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(
            output.status.success(),
            "tpm2ca {arguments:?} failed: {}",
            said(&output)
        );
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs it, and expects failure with this exit code; what it said on stderr.
    pub fn fails(&self, code: i32, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(
            output.status.code(),
            Some(code),
            "tpm2ca {arguments:?}: {}",
            said(&output)
        );
        String::from_utf8(output.stderr).unwrap()
    }

    /// `key sign`, with further options; openssl verifies it with the public half that `key public` prints.
    pub fn signs(&self, key: &str, options: &[&str]) {
        let sign = [
            "key", "sign", "--key", key, "--md", "sha256", "--in", "message", "--out", "sig",
            "--force",
        ];
        self.ok(&[&sign[..], options].concat());
        self.is_signed_by(key);
    }

    /// `key sign` that is refused; what it said.
    pub fn does_not_sign(&self, key: &str, options: &[&str]) -> String {
        let sign = [
            "key",
            "sign",
            "--key",
            key,
            "--in",
            "message",
            "--out",
            "refused.sig",
        ];
        let said = self.fails(1, &[&sign[..], options].concat());
        assert!(said.contains("\nhint: "), "{said}");
        assert!(!self.path("refused.sig").exists());
        said
    }

    /// Has openssl verify the file `sig` over the message.
    pub fn is_signed_by(&self, key: &str) {
        self.ok(&["key", "public", key, "--out", "public.pem", "--force"]);
        self.openssl(&[
            "dgst",
            "-sha256",
            "-verify",
            "public.pem",
            "-signature",
            "sig",
            "message",
        ]);
    }

    /// `openssl` in the folder; expects success.
    pub fn openssl(&self, arguments: &[&str]) -> Ran {
        Tool::openssl(arguments[0])
            .args(&arguments[1..])
            .dir(self.folder.path())
            .ok()
    }

    /// `openssl` with the provider of tpm2-openssl on the TPM, which leaves its objects there.
    pub fn provider(&self, arguments: &[&str]) -> Ran {
        let ran = Tool::openssl(arguments[0])
            .args(["-provider", "tpm2", "-provider", "default"])
            .args(&arguments[1..])
            .env("TPM2OPENSSL_TCTI", self.tpm.tpm2_tools_tcti())
            .dir(self.folder.path())
            .run();
        self.flush();
        ran
    }

    /// A tool of tpm2-tools on the TPM, in the folder; expects success, and flushes the keys that it leaves behind.
    pub fn tool(&self, name: &str, arguments: &[&str]) -> Ran {
        let ran = Tool::tpm2(&format!("tpm2_{name}"), &self.tpm)
            .args(arguments)
            .dir(self.folder.path())
            .ok();
        Tool::tpm2("tpm2_flushcontext", &self.tpm).arg("-t").run();
        ran
    }

    /// Takes everything out of the TPM that is not persistent.
    pub fn flush(&self) {
        for kind in ["--transient-object", "--loaded-session", "--saved-session"] {
            Tool::tpm2("tpm2_flushcontext", &self.tpm).arg(kind).run();
        }
    }
}

impl Default for KeyBench {
    fn default() -> Self {
        Self::new()
    }
}
