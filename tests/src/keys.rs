//! A folder for keys and a TPM, ours and other people's tools on both.

use std::{
    fs,
    path::PathBuf,
    process::{Command, Output},
};

use tpm2ca_testkit::{Ran, Swtpm, TempDir, Tool, temp_dir};

use crate::{Shown, said, tpm2ca};

/// A folder with a file `message`, and a TPM whose storage root key is persistent, as most are delivered.
pub struct KeyBench {
    /// Vanishes with the test.
    pub folder: TempDir,
    /// The TPM; killed with the test.
    pub tpm: Swtpm,
    /// What the program connects to, if it is not the TPM itself.
    pub tcti: String,
    /// Runs whose output belongs to the snapshot of the test.
    pub shown: Shown,
}

impl KeyBench {
    /// A new folder and a new TPM.
    pub fn new() -> Self {
        let tpm = Swtpm::start();
        let folder = temp_dir();
        let bench = Self {
            shown: Shown::in_folder(folder.path()),
            folder,
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
        self.ends_without_a_signature(1, key, options)
    }

    /// `key sign` that is refused for want of a secret; what it said.
    pub fn lacks_a_secret(&self, key: &str, options: &[&str]) -> String {
        self.ends_without_a_signature(5, key, options)
    }

    fn ends_without_a_signature(&self, code: i32, key: &str, options: &[&str]) -> String {
        let output = self.run(&refused_signature(key, options));
        assert_eq!(output.status.code(), Some(code), "{}", said(&output));
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("\nhint: "), "{said}");
        assert!(!self.path("refused.sig").exists());
        said
    }

    /// `key sign` that is refused; what it printed belongs to the snapshot.
    pub fn shows_that_it_does_not_sign(&self, key: &str, options: &[&str]) {
        self.fails(1, &refused_signature(key, options));
        assert!(!self.path("refused.sig").exists());
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

fn refused_signature<'a>(key: &'a str, options: &[&'a str]) -> Vec<&'a str> {
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
    [&sign[..], options].concat()
}
