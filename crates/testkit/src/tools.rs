//! Other people's programs, run to see whether they agree with us.

use std::ffi::OsStr;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use crate::swtpm::Swtpm;

/// A program to run. Its input is empty unless [`Tool::input`] says otherwise.
#[derive(Debug)]
pub struct Tool {
    command: Command,
    input: Vec<u8>,
}

impl Tool {
    /// Any program.
    pub fn new(program: impl AsRef<OsStr>) -> Self {
        Self {
            command: Command::new(program),
            input: Vec::new(),
        }
    }

    /// `openssl COMMAND`
    pub fn openssl(command: &str) -> Self {
        Self::new("openssl").arg(command)
    }

    /// GnuTLS's `certtool`.
    pub fn certtool() -> Self {
        Self::new("certtool")
    }

    /// A tool of tpm2-tools, such as `tpm2_load`, on this TPM.
    pub fn tpm2(name: &str, tpm: &Swtpm) -> Self {
        Self::new(name).env("TPM2TOOLS_TCTI", tpm.tpm2_tools_tcti())
    }

    /// A Python script; `cryptography` can be imported in it, and arguments are in `sys.argv[1:]`.
    pub fn python(script: &str) -> Self {
        // The system's own, for which Debian packages the module.
        let system = Path::new("/usr/bin/python3");
        let program = if system.exists() {
            system
        } else {
            Path::new("python3")
        };
        Self::new(program).args(["-c", script])
    }

    /// One more argument.
    #[must_use]
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    /// More arguments.
    #[must_use]
    pub fn args(mut self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.command.args(args);
        self
    }

    /// A variable in its environment.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// More variables in its environment.
    #[must_use]
    pub fn envs(
        mut self,
        variables: impl IntoIterator<Item = (impl AsRef<OsStr>, impl AsRef<OsStr>)>,
    ) -> Self {
        self.command.envs(variables);
        self
    }

    /// The folder it runs in.
    #[must_use]
    pub fn dir(mut self, dir: impl AsRef<Path>) -> Self {
        self.command.current_dir(dir);
        self
    }

    /// What it reads from its standard input.
    #[must_use]
    pub fn input(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = input.into();
        self
    }

    /// Runs it to its end, however that is.
    pub fn run(mut self) -> Ran {
        let line = format!("{:?}", self.command);
        let mut child = self
            .command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{line}: {error}"));
        let mut stdin = child.stdin.take().unwrap();
        let input = self.input;
        // Beside the reading of its output, so that neither waits for the other. Not all tools read to the end.
        let writer = thread::spawn(move || {
            let _ = stdin.write_all(&input);
        });
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        Ran {
            line,
            code: output.status.code(),
            stdout: output.stdout,
            stderr: output.stderr,
        }
    }

    /// Runs it and panics with everything it said unless it exits with 0.
    pub fn ok(self) -> Ran {
        let ran = self.run();
        assert!(ran.success(), "{}", ran.report());
        ran
    }
}

/// A program that has ended.
#[derive(Clone, Debug)]
pub struct Ran {
    line: String,
    /// Its exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// What it wrote to its standard output.
    pub stdout: Vec<u8>,
    /// What it wrote to its standard error.
    pub stderr: Vec<u8>,
}

impl Ran {
    /// Whether it exited with 0.
    pub fn success(&self) -> bool {
        self.code == Some(0)
    }

    /// Its standard output as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// Its standard error as text.
    pub fn errors(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }

    /// All of it, for the message of a failed assertion.
    pub fn report(&self) -> String {
        format!(
            "{}\nexit code {:?}\n{}{}",
            self.line,
            self.code,
            self.text(),
            self.errors()
        )
    }
}
