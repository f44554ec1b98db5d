//! Runs of the program whose output belongs to the snapshot of a test.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::Mutex,
};

use tpm2ca_testkit::{Ran, Transcript, snapshot};

use crate::said;

/// A transcript that a test adds to through a shared reference.
#[derive(Debug)]
pub struct Shown(Mutex<Transcript>);

impl Shown {
    /// An empty one of what runs in a folder.
    pub fn in_folder(folder: &Path) -> Self {
        let mut transcript = Transcript::new();
        // Without a `.` or a slash at its end.
        transcript.redact_folder(&folder.components().collect::<PathBuf>());
        Self(Mutex::new(transcript))
    }

    /// Runs a command of the program with these arguments, expects this exit code, and adds it; what it said on stderr.
    pub fn run(&self, code: i32, arguments: &[&str], command: &mut Command) -> String {
        let output = self.whatever(arguments, command);
        assert_eq!(
            output.status.code(),
            Some(code),
            "tpm2ca {arguments:?}: {}",
            said(&output)
        );
        String::from_utf8(output.stderr).unwrap()
    }

    /// Runs a command of the program with these arguments without input, and adds it, whatever comes of it.
    pub fn whatever(&self, arguments: &[&str], command: &mut Command) -> Output {
        let output = command.stdin(Stdio::null()).output().unwrap();
        let stdout = String::from_utf8_lossy(&output.stdout);
        let stderr = String::from_utf8_lossy(&output.stderr);
        let code = output.status.code().expect("an exit code");
        self.add(arguments, code, &stdout, &stderr);
        output
    }

    /// Adds what a run with these arguments printed.
    pub fn add(&self, arguments: &[&str], code: i32, stdout: &str, stderr: &str) {
        let mut transcript = self.0.lock().unwrap();
        transcript.tpm2ca(arguments, Some(code), stdout, stderr);
    }

    /// Adds a run of `openssl` with one of our modules, and of what it printed the reasons and messages of the module:
    /// the rest of OpenSSL's error queue is another with each version.
    pub fn openssl(&self, line: &str, ran: &Ran) {
        let errors: String = ran
            .errors()
            .lines()
            .filter_map(|line| {
                // CODE, library, function, reason, file, line, message; before 3.0 the function is where the file is.
                let (_, entry) = line.split_once(":error:")?;
                let parts: Vec<&str> = entry.splitn(7, ':').collect();
                let [_, library, function, reason, file, "0", message] = parts[..] else {
                    return None;
                };
                [library, function, file]
                    .contains(&"tpm2ca")
                    .then(|| format!("{reason}: {message}\n"))
            })
            .collect();
        let command = format!("openssl {line}");
        self.0.lock().unwrap().run(&command, ran.code, "", &errors);
    }

    /// Adds a line that says what comes next.
    pub fn heading(&self, heading: &str) {
        self.0.lock().unwrap().heading(heading);
    }

    /// Compares it with a snapshot.
    pub fn snapshot(&self, name: &str) {
        snapshot(name, self.0.lock().unwrap());
    }
}
