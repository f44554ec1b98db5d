//! A long-lived program that signs with a key in the TPM through libcrypto: with threads, with forked children, before
//! and after a restart of the TPM.

use std::{
    ffi::{OsStr, OsString},
    io::{BufRead, BufReader, Write},
    os::unix::process::ExitStatusExt,
    path::PathBuf,
    process::{Command, Stdio},
};

use tpm2ca_testkit::{Ran, Swtpm, Tool};

use crate::modules::{VARIABLES_OF_MODULES, preload};

/// In Python, which calls libcrypto; its first lines say what arguments it has.
const PROGRAM: &str = include_str!("signer.py");

/// How it gets at its key.
pub struct Signer {
    /// Where it runs, with the keys.
    pub folder: PathBuf,
    /// The library: a path, or a name that the loader finds.
    pub libcrypto: PathBuf,
    /// The file of the engine that loads the key; without one, libcrypto reads it like any other.
    pub engine: Option<PathBuf>,
    /// What libcrypto and our module look for in the environment.
    pub environment: Vec<(&'static str, OsString)>,
}

impl Signer {
    /// Signs in a mode of the program with `KIND.tss`, whose public half is `KIND.pub`, and expects success.
    pub fn signs(&self, mode: &str, kind: &str) -> Ran {
        Tool::python(PROGRAM)
            .envs(self.environment())
            .envs(preload())
            .args(self.arguments(mode, kind))
            .dir(&self.folder)
            .ok()
    }

    /// Signs, waits until something is done, and signs once more in the same process.
    pub fn signs_before_and_after(&self, kind: &str, something: impl FnOnce()) {
        let mut child = Command::new("/usr/bin/python3")
            .args(["-c", PROGRAM])
            .args(self.arguments("twice", kind))
            .envs(self.environment())
            .envs(preload())
            .current_dir(&self.folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert_eq!(lines.next().unwrap().unwrap(), "signed");
        something();
        child.stdin.take().unwrap().write_all(b"go on\n").unwrap();
        assert_eq!(lines.next().unwrap().unwrap(), "signed");
        assert!(child.wait().unwrap().success());
    }

    /// Forks a child that does nothing, and kills the parent at the TPM. The child is there while `meanwhile` runs.
    pub fn leaves_a_child(&self, kind: &str, meanwhile: impl FnOnce()) {
        let mut parent = Command::new("/usr/bin/python3")
            .args(["-c", PROGRAM])
            .args(self.arguments("orphan", kind))
            .envs(self.environment())
            .envs(preload())
            .current_dir(&self.folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut child = BufReader::new(parent.stdout.take().unwrap()).lines();
        assert_eq!(child.next().unwrap().unwrap(), "forked");
        let ends = parent.stdin.take().unwrap();
        assert_eq!(parent.wait().unwrap().signal(), Some(9));
        meanwhile();
        drop(ends);
        assert!(child.next().is_none());
    }

    /// Nothing of the caller's that a module would look at.
    fn environment(&self) -> impl Iterator<Item = (&str, &OsStr)> {
        let none = VARIABLES_OF_MODULES.map(|name| (name, OsStr::new("")));
        let ours = self.environment.iter();
        none.into_iter()
            .chain(ours.map(|(name, value)| (*name, value.as_os_str())))
    }

    fn arguments(&self, mode: &str, kind: &str) -> Vec<OsString> {
        let mut arguments = vec![
            mode.into(),
            self.libcrypto.clone().into(),
            format!("{kind}.tss").into(),
            format!("{kind}.pub").into(),
        ];
        arguments.extend(self.engine.clone().map(OsString::from));
        arguments
    }
}

/// No key and no session of ours is in the TPM.
pub fn nothing_is_left(tpm: &Swtpm) {
    for kind in ["handles-transient", "handles-loaded-session"] {
        let left = Tool::tpm2("tpm2_getcap", tpm).arg(kind).ok().text();
        assert!(!left.contains("0x"), "{kind}: {left}");
    }
}
