//! The one place that prints. Data goes to standard output, talk to standard error.
//!
//! Nothing here uses `println!` or `eprintln!`, which panic when nobody reads any more.

use std::{
    io::{self, IsTerminal, Write},
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::error::{Failure, StdoutError};

/// Where the user sees what a command has to say.
#[derive(Clone)]
pub(crate) struct Output {
    json: bool,
    quiet: bool,
    verbose: bool,
}

impl Output {
    pub(crate) fn new(json: bool, quiet: bool, verbose: bool) -> Self {
        Self {
            json,
            quiet,
            verbose,
        }
    }

    /// Whether records go out as JSON.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// A record that was asked for: a JSON object on a line, or the text for people.
    pub(crate) fn record(
        &self,
        json: impl FnOnce() -> Value,
        text: impl FnOnce() -> String,
    ) -> Result<(), StdoutError> {
        let line = if self.json {
            json().to_string()
        } else {
            text()
        };
        self.data(format!("{line}\n").as_bytes())
    }

    /// What a check found. For people who asked for quiet, what is as it should be goes without saying.
    pub(crate) fn checked(
        &self,
        is_well: bool,
        json: impl FnOnce() -> Value,
        text: impl FnOnce() -> String,
    ) -> Result<(), StdoutError> {
        if self.quiet && is_well && !self.json {
            return Ok(());
        }
        self.record(json, text)
    }

    /// The record of something that was done. For people who asked for quiet it went without saying.
    pub(crate) fn done(
        &self,
        json: impl FnOnce() -> Value,
        text: impl FnOnce() -> String,
    ) -> Result<(), StdoutError> {
        if self.quiet && !self.json {
            return Ok(());
        }
        self.record(json, text)
    }

    /// Data as it is.
    #[expect(clippy::unused_self, reason = "all printing goes through a value")]
    pub(crate) fn data(&self, octets: &[u8]) -> Result<(), StdoutError> {
        let mut stdout = io::stdout().lock();
        stdout
            .write_all(octets)
            .and_then(|()| stdout.flush())
            .map_err(StdoutError)
    }

    /// Talk: what to know, what to do next.
    pub(crate) fn say(&self, text: &str) {
        if !self.quiet {
            to_stderr(text);
        }
    }

    /// A question, or what belongs to one. The answer is typed behind it.
    #[expect(clippy::unused_self, reason = "all printing goes through a value")]
    pub(crate) fn prompt(&self, text: &str) {
        let mut stderr = io::stderr().lock();
        let _ = stderr
            .write_all(text.as_bytes())
            .and_then(|()| stderr.flush());
    }

    /// Talk for the curious.
    pub(crate) fn detail(&self, text: &str) {
        if self.verbose {
            to_stderr(text);
        }
    }

    /// What should be known about the result although it went well. Shown even when quiet is asked for.
    #[expect(clippy::unused_self, reason = "all printing goes through a value")]
    pub(crate) fn warn(&self, text: &str) {
        to_stderr(&format!("warning: {text}"));
    }

    /// What should be done in another way the next time; nothing is wrong with the result.
    pub(crate) fn advise(&self, text: &str, hint: &str) {
        if !self.quiet {
            to_stderr(&format!("warning: {text}\nhint: {hint}"));
        }
    }

    /// What went wrong, and what to do.
    pub(crate) fn failure(&self, failure: &Failure) {
        let Failure {
            message,
            hint,
            code,
            about,
        } = failure;
        if self.json {
            let mut record =
                json!({ "error": message, "hint": hint, "exit_code": u8::from(*code) });
            if let (Some(about), Some(fields)) = (about, record.as_object_mut()) {
                fields.insert("csr".to_owned(), about.as_str().into());
            }
            // Where nobody reads it, there is nobody to tell.
            let _ = self.data(format!("{record}\n").as_bytes());
        }
        to_stderr(&format!("error: {message}"));
        if let Some(hint) = hint {
            to_stderr(&format!("hint: {hint}"));
        }
    }

    /// Does work that may take long, and says on a terminal what it is and for how long, from the second second on.
    pub(crate) fn while_waiting<T>(&self, what: &str, work: impl FnOnce() -> T) -> T {
        if self.quiet || !io::stderr().is_terminal() {
            return work();
        }
        thread::scope(|scope| {
            let (done, is_done) = mpsc::channel::<()>();
            scope.spawn(move || {
                let begin = Instant::now();
                let mut shown = false;
                while is_done.recv_timeout(Duration::from_secs(1)) == Err(RecvTimeoutError::Timeout)
                {
                    let _ = write!(io::stderr(), "\r{what} ... {} s", begin.elapsed().as_secs());
                    shown = true;
                }
                if shown {
                    let _ = write!(io::stderr(), "\r{:width$}\r", "", width = what.len() + 16);
                }
            });
            let result = work();
            // Also a panic drops it, so that the other thread ends.
            drop(done);
            result
        })
    }
}

fn to_stderr(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}
