//! Runs the commands of a document, in order, in a folder of their own with a software TPM.

use std::{env, fs, path::Path, process::Command};

use tpm2ca_testkit::temp_dir;
use tpm2ca_tests::{program, tpm2ca};

use crate::markdown::{Block, Document};

/// Commands that are run together, and what they say.
struct Step<'a> {
    line: usize,
    commands: String,
    expected: Option<Vec<&'a str>>,
}

/// Runs all blocks in one shell, so that variables live on. `shown_folder` is where the document claims to be.
pub(crate) fn run(document: &Document, shown_folder: &str) {
    run_after("", document, shown_folder);
}

/// The same after commands that make the machine what the document takes it for.
pub(crate) fn run_after(before: &str, document: &Document, shown_folder: &str) {
    let steps: Vec<Step<'_>> = document.blocks.iter().flat_map(steps).collect();
    assert!(!steps.is_empty(), "{}: no commands", document.name);
    let script: Vec<String> = steps
        .iter()
        .map(|step| format!("printf '{MARK}'\n{}\n", step.commands))
        .collect();
    let folder = temp_dir();
    let (all, failed) = match run_script(&format!("{before}{}", script.concat()), folder.path()) {
        Ok(said) => (said, None),
        Err((said, status)) => (said, Some(status)),
    };
    let outputs: Vec<&str> = all.split(MARK).skip(1).collect();
    for (step, output) in steps.iter().zip(&outputs) {
        let place = format!("{}:{}", document.name, step.line);
        if let Some(expected) = &step.expected {
            expect_output(&place, expected, output, folder.path(), shown_folder);
        }
    }
    if let Some(status) = failed {
        let (step, output) = steps
            .iter()
            .zip(&outputs)
            .next_back()
            .expect("a step that failed");
        panic!(
            "{}:{}: {status}\n{}\n{output}",
            document.name, step.line, step.commands
        );
    }
    assert_eq!(outputs.len(), steps.len(), "not all commands were run");
}

/// Runs a script with our program in front of all others; what it said on both outputs, and how it failed.
pub(crate) fn run_script(script: &str, folder: &Path) -> Result<String, (String, String)> {
    let path = format!(
        "{}:{}",
        program("tpm2ca").parent().unwrap().display(),
        env::var("PATH").unwrap()
    );
    let file = folder.join(".script");
    fs::write(
        &file,
        format!("set -eu -o pipefail\nexec 2>&1 </dev/null\n{script}\n"),
    )
    .unwrap();
    // The environment of the program under test, which a shell passes on to it.
    let prepared = tpm2ca(folder, &[]);
    let mut command = Command::new("bash");
    for (name, value) in prepared.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let output = command
        .arg(&file)
        .env("PATH", path)
        .env("HOME", folder)
        .env("PWD", folder)
        .env(
            "TPM2CA_TCTI",
            format!("libtpms:{}", folder.join("tpm").display()),
        )
        .current_dir(folder)
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    if output.status.success() {
        Ok(said)
    } else {
        Err((said, output.status.to_string()))
    }
}

/// Fails unless the output is the one that is shown.
pub(crate) fn expect_output(
    place: &str,
    shown: &[impl AsRef<str>],
    said: &str,
    folder: &Path,
    shown_folder: &str,
) {
    let shown: Vec<String> = shown.iter().map(|line| comparable(line.as_ref())).collect();
    let real = said
        .trim_end()
        .replace(folder.to_str().unwrap(), shown_folder);
    let said: Vec<String> = real.lines().map(comparable).collect();
    assert!(
        matches(&shown, &said),
        "{place}: this is shown:\n{}\nthis is said:\n{real}",
        shown.join("\n")
    );
}

fn matches(shown: &[String], said: &[String]) -> bool {
    match (shown.split_first(), said.split_first()) {
        (None, None) => true,
        (Some((line, rest)), _) if line == "..." => {
            (0..=said.len()).any(|skipped| matches(rest, &said[skipped..]))
        }
        (Some((line, rest)), Some((real, later))) => {
            let fits = match line.strip_suffix(" ...") {
                Some(begin) => real.starts_with(begin),
                None => line == real,
            };
            fits && matches(rest, later)
        }
        _ => false,
    }
}

/// The line with what differs from run to run made equal: serial numbers, hashes, times, white space.
fn comparable(line: &str) -> String {
    let words: Vec<String> = line
        .split_whitespace()
        .map(|word| {
            if is_time(word) {
                "TIME".to_owned()
            } else {
                without_numbers(word)
            }
        })
        .collect();
    words.join(" ")
}

/// `2026-11-23T22:57:33Z`
fn is_time(word: &str) -> bool {
    let shape: String = word
        .chars()
        .map(|c| if c.is_ascii_digit() { '0' } else { c })
        .collect();
    shape == "0000-00-00T00:00:00Z"
}

/// Long hexadecimal numbers become `HEX`.
fn without_numbers(word: &str) -> String {
    let mut rest = word;
    let mut result = String::new();
    while let Some(first) = rest.chars().next() {
        let digits = rest
            .find(|c| !matches!(c, '0'..='9' | 'a'..='f'))
            .unwrap_or(rest.len());
        let (part, after) = rest.split_at(if digits == 0 {
            first.len_utf8()
        } else {
            digits
        });
        result.push_str(if digits >= SHORTEST_NUMBER {
            "HEX"
        } else {
            part
        });
        rest = after;
    }
    result
}

fn steps(block: &Block) -> Vec<Step<'_>> {
    match block.language.as_str() {
        "sh" => vec![Step {
            line: block.line,
            commands: block.lines.join("\n"),
            expected: None,
        }],
        "console" => {
            let mut steps: Vec<Step<'_>> = Vec::new();
            for (line, text) in (block.line + 1..).zip(&block.lines) {
                match (text.strip_prefix("$ "), steps.last_mut()) {
                    (Some(command), _) => steps.push(Step {
                        line,
                        commands: command.to_owned(),
                        expected: Some(Vec::new()),
                    }),
                    (None, Some(step)) => step.expected.get_or_insert_default().push(text),
                    (None, None) => panic!("line {line}: output before the first command"),
                }
            }
            steps
        }
        _ => Vec::new(),
    }
}

/// Before the output of each step. A character that nobody prints.
const MARK: &str = "\u{1e}";
const SHORTEST_NUMBER: usize = 32;

#[test]
fn what_differs_from_run_to_run_is_equal() {
    let line = "a.crt  serial 01bf55f3da66285055f90f592786df4621  valid to 2027-02-21T22:57:33Z";
    assert_eq!(comparable(line), "a.crt serial HEX valid to TIME");
    assert_eq!(
        comparable("`0155da1811c244788be75abc768f0a7abc`: face 12"),
        "`HEX`: face 12"
    );
    let lines = |text: &str| -> Vec<String> { text.lines().map(comparable).collect() };
    for (shown, said, fits) in [
        ("a\nb", "a\nb", true),
        ("a", "a\nb", false),
        ("a\nb", "a", false),
        ("a\n...", "a", true),
        ("...\nc", "a\nb\nc", true),
        ("a\n...\nc", "a\nb", false),
        ("a ...", "a b c", true),
        ("b ...", "a b c", false),
    ] {
        assert_eq!(
            matches(&lines(shown), &lines(said)),
            fits,
            "{shown} / {said}"
        );
    }
}
