//! A CA on a software TPM in a folder that vanishes, and the program under test.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    rc::Rc,
    sync::Mutex,
};

use serde_json::Value;
use tpm2ca_testkit::{Swtpm, TempDir, Tool, Transcript, snapshot, temp_dir};

/// A folder with a CA in `ca/` and its software TPM in `tpm/`. Commands run in the folder, on that CA.
pub(crate) struct Ca {
    pub(crate) folder: TempDir,
    transcript: Mutex<Transcript>,
}

impl Ca {
    /// `tpm2ca init`, with further arguments.
    pub(crate) fn new(arguments: &[&str]) -> Self {
        let ca = Self::empty();
        ca.ok(&[
            &["init", "--name", "Test", "--tpm", "libtpms:tpm"],
            arguments,
        ]
        .concat());
        ca
    }

    /// A folder without a CA.
    pub(crate) fn empty() -> Self {
        let folder = temp_dir();
        Self {
            transcript: transcript(folder.path()),
            folder,
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = tpm2ca(self.folder.path(), arguments);
        command.env("TPM2CA_DIR", "ca");
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(&mut self.command(arguments))
    }

    /// Expects success.
    pub(crate) fn ok(&self, arguments: &[&str]) -> Ran {
        let ran = self.run(arguments);
        assert_eq!(ran.code, Some(0), "{arguments:?}: {ran:?}");
        ran
    }

    /// Expects failure with this exit code, and that the message has its form; what is printed belongs to the snapshot.
    pub(crate) fn fails(&self, code: i32, arguments: &[&str]) -> Ran {
        let ran = self.show(arguments);
        assert_eq!(ran.code, Some(code), "{arguments:?}: {ran:?}");
        ran.assert_is_friendly();
        ran
    }

    /// Expects success; what is printed belongs to the snapshot.
    pub(crate) fn shows(&self, arguments: &[&str]) -> Ran {
        let ran = self.show(arguments);
        assert_eq!(ran.code, Some(0), "{arguments:?}: {ran:?}");
        ran
    }

    /// Runs it, well or not; what is printed belongs to the snapshot.
    pub(crate) fn show(&self, arguments: &[&str]) -> Ran {
        self.show_of(arguments, &mut self.command(arguments))
    }

    /// Runs a command with these arguments that has more to it, such as a variable; what is printed belongs to the
    /// snapshot.
    pub(crate) fn show_of(&self, arguments: &[&str], command: &mut Command) -> Ran {
        let ran = Ran::of(command);
        ran.add_to(&self.transcript, arguments);
        ran
    }

    /// Adds to the snapshot what a run printed.
    pub(crate) fn add(&self, arguments: &[&str], ran: &Ran) {
        ran.add_to(&self.transcript, arguments);
    }

    /// Compares all that belongs to it with a snapshot.
    pub(crate) fn snapshot(&self, name: &str) {
        snapshot(name, self.transcript.lock().unwrap());
    }

    /// Has the snapshot show a placeholder in place of a value.
    pub(crate) fn redact(&self, value: impl Into<String>, placeholder: &str) {
        self.transcript.lock().unwrap().redact(value, placeholder);
    }

    /// The records that `--json` prints.
    pub(crate) fn json(&self, arguments: &[&str]) -> Vec<Value> {
        self.ok(&[arguments, &["--json"]].concat()).json()
    }

    /// How many certificates and CRLs there are: what nothing that fails may change.
    pub(crate) fn counts(&self) -> (Value, Value, Value) {
        let report = self.json(&["db", "check"]).remove(0);
        assert_eq!(report["clean"], true, "{report}");
        (
            report["issued"].clone(),
            report["possibly_signed"].clone(),
            report["crls"].clone(),
        )
    }

    /// A CSR by openssl for a name, in `NAME.csr`.
    pub(crate) fn csr(&self, name: &str) -> String {
        let csr = format!("{name}.csr");
        Tool::openssl("req")
            .args([
                "-new",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
            ])
            .args(["-keyout", &format!("{name}.csr.key"), "-out", &csr])
            .args(["-subj", &format!("/CN={name}")])
            .args(["-addext", &format!("subjectAltName=DNS:{name}")])
            .dir(self.folder.path())
            .ok();
        csr
    }

    /// What is in the folder.
    pub(crate) fn files(&self) -> Vec<String> {
        files(self.folder.path())
    }
}

/// A folder for keys, with a software TPM in `tpm/` (unless it is told otherwise) and a file `message` to be signed.
pub(crate) struct Keys {
    pub(crate) folder: Rc<TempDir>,
    tpm: String,
    transcript: Rc<Mutex<Transcript>>,
}

impl Keys {
    pub(crate) fn new() -> Self {
        let folder = temp_dir();
        fs::write(folder.path().join("message"), "to be signed").unwrap();
        let tpm = format!("libtpms:{}", folder.path().join("tpm").display());
        Self {
            transcript: Rc::new(transcript(folder.path())),
            folder: Rc::new(folder),
            tpm,
        }
    }

    /// The same folder, and another TPM.
    pub(crate) fn in_swtpm(&self, swtpm: &Swtpm) -> Self {
        Self {
            folder: Rc::clone(&self.folder),
            tpm: swtpm.tcti().to_string(),
            transcript: Rc::clone(&self.transcript),
        }
    }

    pub(crate) fn tpm(&self) -> String {
        self.tpm.clone()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// With `PIN` in its environment, for `--key-auth env:PIN`.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = tpm2ca(self.folder.path(), arguments);
        command.env("TPM2CA_TCTI", &self.tpm).env("PIN", "4711");
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(&mut self.command(arguments))
    }

    /// Expects success.
    pub(crate) fn ok(&self, arguments: &[&str]) -> Ran {
        let ran = self.run(arguments);
        assert_eq!(ran.code, Some(0), "{arguments:?}: {ran:?}");
        ran
    }

    /// Expects failure with this exit code, and that the message has its form; what is printed belongs to the snapshot.
    pub(crate) fn fails(&self, code: i32, arguments: &[&str]) -> Ran {
        let ran = self.show(arguments);
        assert_eq!(ran.code, Some(code), "{arguments:?}: {ran:?}");
        ran.assert_is_friendly();
        ran
    }

    /// Expects success; what is printed belongs to the snapshot.
    pub(crate) fn shows(&self, arguments: &[&str]) -> Ran {
        let ran = self.show(arguments);
        assert_eq!(ran.code, Some(0), "{arguments:?}: {ran:?}");
        ran
    }

    /// Runs it, well or not; what is printed belongs to the snapshot.
    pub(crate) fn show(&self, arguments: &[&str]) -> Ran {
        self.show_of(arguments, &mut self.command(arguments))
    }

    /// Runs a command with these arguments that has more to it, such as a variable; what is printed belongs to the
    /// snapshot.
    pub(crate) fn show_of(&self, arguments: &[&str], command: &mut Command) -> Ran {
        let ran = Ran::of(command);
        ran.add_to(&self.transcript, arguments);
        ran
    }

    /// Compares all that belongs to it with a snapshot.
    pub(crate) fn snapshot(&self, name: &str) {
        snapshot(name, self.transcript.lock().unwrap());
    }

    /// The records that `--json` prints.
    pub(crate) fn json(&self, arguments: &[&str]) -> Vec<Value> {
        self.ok(&[arguments, &["--json"]].concat()).json()
    }

    /// Signs the message with a key, and has openssl verify it with the public half that is printed of the key.
    pub(crate) fn signs(&self, key: &str, options: &[&str]) {
        let sign = [
            "key",
            "sign",
            "--key",
            key,
            "--in",
            "message",
            "--out",
            "signature",
            "--md",
            "sha256",
            "--force",
        ];
        self.ok(&[&sign[..], options].concat());
        self.ok(&["key", "public", key, "--out", "public.pem", "--force"]);
        Tool::openssl("dgst")
            .args([
                "-sha256",
                "-verify",
                "public.pem",
                "-signature",
                "signature",
                "message",
            ])
            .dir(self.folder.path())
            .ok();
    }

    /// A P-256 key by openssl, in `NAME.key` and `NAME.pub`.
    pub(crate) fn openssl_key(&self, name: &str) {
        let (key, public) = (format!("{name}.key"), format!("{name}.pub"));
        Tool::openssl("genpkey")
            .args([
                "-algorithm",
                "EC",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-out",
                &key,
            ])
            .dir(self.folder.path())
            .ok();
        Tool::openssl("pkey")
            .args(["-in", &key, "-pubout", "-out", &public])
            .dir(self.folder.path())
            .ok();
    }
}

/// An empty transcript of what runs in a folder.
fn transcript(folder: &Path) -> Mutex<Transcript> {
    let mut transcript = Transcript::new();
    transcript.redact_folder(folder);
    Mutex::new(transcript)
}

/// The names in a folder, in order.
pub(crate) fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// The program in a folder, without anything of the caller's environment that it would look at, and without input.
pub(crate) fn tpm2ca(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tpm2ca"));
    command
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null());
    for variable in [
        "TPM2CA_DIR",
        "TPM2CA_TCTI",
        "TPM2OPENSSL_TCTI",
        "TPM2TSSENGINE_TCTI",
        "TPM2TOOLS_TCTI",
        "CREDENTIALS_DIRECTORY",
        "XDG_DATA_HOME",
    ] {
        command.env_remove(variable);
    }
    command.env("HOME", folder.join("no-home"));
    // The width of help texts.
    command.env("COLUMNS", "100");
    command
}

/// What a run came to.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    pub(crate) fn of(command: &mut Command) -> Self {
        command.output().unwrap().into()
    }

    /// Adds it to a transcript.
    fn add_to(&self, transcript: &Mutex<Transcript>, arguments: &[&str]) {
        transcript
            .lock()
            .unwrap()
            .tpm2ca(arguments, self.code, &self.stdout, &self.stderr);
    }

    /// One JSON object a line.
    pub(crate) fn json(&self) -> Vec<Value> {
        self.stdout
            .lines()
            .map(|line| {
                let value: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
                assert!(value.is_object(), "{line}");
                value
            })
            .collect()
    }

    /// `error:` in lower case and without a full stop, then `hint:`; nothing of Rust's, and no colours.
    pub(crate) fn assert_is_friendly(&self) {
        let error = self
            .stderr
            .lines()
            .find_map(|line| line.strip_prefix("error: "));
        let hint = self
            .stderr
            .lines()
            .find_map(|line| line.strip_prefix("hint: "));
        let (Some(error), Some(hint)) = (error, hint) else {
            panic!("no error or no hint: {self:?}");
        };
        for text in [error, hint] {
            let full_stop = text.ends_with('.') && !text.ends_with("...");
            assert!(!full_stop && !text.is_empty(), "{self:?}");
        }
        assert!(
            !error.starts_with(|first: char| first.is_uppercase() && !error.starts_with("RSA")),
            "{self:?}"
        );
        for unfriendly in ["panicked", "os error", "Error {", "\u{1b}"] {
            assert!(!self.stderr.contains(unfriendly), "{self:?}");
        }
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}
