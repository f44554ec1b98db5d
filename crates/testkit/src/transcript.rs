//! Runs of programs as text that is the same each time.

use std::{
    fmt::{self, Write as _},
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use crate::redaction::Redactions;

/// The runs of programs in one test: command lines, output, exit codes.
///
/// What differs from run to run is replaced by placeholders when it is displayed. It panics when it is dropped without
/// having been displayed: then it was not compared with anything.
#[derive(Debug, Default)]
pub struct Transcript {
    text: String,
    redactions: Redactions,
    was_displayed: AtomicBool,
}

impl Transcript {
    /// An empty transcript.
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes a placeholder for every occurrence of a value, such as the path of a temporary folder.
    pub fn redact(&mut self, value: impl Into<String>, placeholder: impl Into<String>) {
        self.redactions.value(value.into(), placeholder.into());
    }

    /// Writes `[FOLDER]` for the path of a temporary folder.
    pub fn redact_folder(&mut self, folder: &Path) {
        self.redact(folder.to_str().expect("a path in UTF-8"), "[FOLDER]");
    }

    /// Adds a line that says what comes next.
    pub fn heading(&mut self, heading: &str) {
        self.gap();
        let _ = writeln!(self.text, "# {heading}");
    }

    /// Adds a run of `tpm2ca`.
    pub fn tpm2ca(&mut self, arguments: &[&str], code: Option<i32>, stdout: &str, stderr: &str) {
        let words: Vec<String> = arguments.iter().map(|word| quoted(word)).collect();
        self.run(&format!("tpm2ca {}", words.join(" ")), code, stdout, stderr);
    }

    /// Adds a run of a program. A record of `--json` has a line for each of its members.
    pub fn run(&mut self, command: &str, code: Option<i32>, stdout: &str, stderr: &str) {
        if !self.text.ends_with('\n') || !self.last_line_is_heading() {
            self.gap();
        }
        let _ = writeln!(self.text, "$ {}", command.trim_end());
        self.part("stdout", &with_readable_records(stdout));
        self.part("stderr", stderr);
        match code {
            Some(0) => {}
            Some(code) => {
                let _ = writeln!(self.text, "exit code: {code}");
            }
            None => self.text.push_str("ended by a signal\n"),
        }
    }

    fn part(&mut self, name: &str, text: &str) {
        if text.is_empty() {
            return;
        }
        let _ = writeln!(self.text, "{name}:");
        for line in text.split_inclusive('\n') {
            let (line, end) = match line.strip_suffix('\n') {
                Some(line) => (line, ""),
                None => (line, " (no end of line)"),
            };
            let indent = if line.is_empty() { "" } else { "  " };
            let _ = writeln!(self.text, "{indent}{line}{end}");
        }
    }

    fn last_line_is_heading(&self) -> bool {
        self.text
            .lines()
            .last()
            .is_some_and(|line| line.starts_with("# "))
    }

    fn gap(&mut self) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
    }
}

impl fmt::Display for Transcript {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.was_displayed.store(true, Ordering::Relaxed);
        formatter.write_str(&self.redactions.apply(&self.text))
    }
}

impl Drop for Transcript {
    fn drop(&mut self) {
        assert!(
            self.text.is_empty()
                || self.was_displayed.load(Ordering::Relaxed)
                || thread::panicking(),
            "not compared with a snapshot: {}",
            self.text
        );
    }
}

/// Writes a word as a shell would need it.
fn quoted(word: &str) -> String {
    let plain = |character: char| {
        character.is_alphanumeric() || "-_./:=,@%+*{}\\".contains(character) && character != '\\'
    };
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    if word.chars().any(char::is_control) || word.len() > 200 {
        let start: String = word.chars().take(40).collect();
        let rest = word.chars().count() - start.chars().count();
        let more = if rest == 0 {
            String::new()
        } else {
            format!("[{rest} MORE]")
        };
        return format!("$'{}{more}'", start.escape_debug());
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// Breaks each line that is a JSON object into one line for each member.
fn with_readable_records(text: &str) -> String {
    text.split_inclusive('\n')
        .map(|line| {
            let record = line
                .starts_with('{')
                .then(|| serde_json::from_str::<serde_json::Value>(line).ok())
                .flatten();
            match record {
                Some(record) => format!("{record:#}\n"),
                None => line.to_owned(),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_has_its_command_its_output_and_its_exit_code() {
        let mut transcript = Transcript::new();
        transcript.redact("/tmp/tpm2ca-x", "[FOLDER]");
        transcript.heading("first");
        transcript.tpm2ca(&["show", "it's"], Some(1), "", "error: `/tmp/tpm2ca-x/a`\n");
        transcript.tpm2ca(
            &["list", "--json"],
            Some(0),
            "{\"b\":1,\"a\":[]}\n\nend",
            "",
        );
        assert_eq!(
            transcript.to_string(),
            "# first\n$ tpm2ca show 'it'\\''s'\nstderr:\n  error: `[FOLDER]/a`\nexit code: 1\n\n\
             $ tpm2ca list --json\nstdout:\n  {\n    \"a\": [],\n    \"b\": 1\n  }\n\n  end (no end of line)\n"
        );
    }
}
