//! Help and version.

use std::path::Path;

use crate::support::{Ran, tpm2ca};

fn run(arguments: &[&str]) -> Ran {
    Ran::of(&mut tpm2ca(Path::new("/"), arguments))
}

/// The words of every command, with those that only have others below them.
fn commands() -> Vec<Vec<String>> {
    fn walk(command: &clap::Command, words: &[String], found: &mut Vec<Vec<String>>) {
        found.push(words.to_vec());
        for below in command.get_subcommands() {
            walk(
                below,
                &[words, &[below.get_name().to_owned()]].concat(),
                found,
            );
        }
    }
    let mut found = Vec::new();
    walk(&tpm2ca_cli::command(), &[], &mut found);
    found
}

#[test]
fn every_command_has_help() {
    let commands = commands();
    assert!(commands.len() > 10, "{commands:?}");
    for words in commands {
        let mut arguments: Vec<&str> = words.iter().map(String::as_str).collect();
        arguments.push("--help");
        let ran = run(&arguments);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        let usage = format!(
            "Usage: {}",
            [&["tpm2ca".to_owned()], &words[..]].concat().join(" ")
        );
        assert!(ran.stdout.contains(&usage), "{ran:?}");
        assert!(
            ran.stdout.contains("\nOptions of every command:\n"),
            "{ran:?}"
        );
        assert!(ran.stderr.is_empty(), "{ran:?}");
        // Every option says what it does.
        for line in ran
            .stdout
            .lines()
            .filter(|line| line.trim_start().starts_with("--"))
        {
            assert!(
                line.trim().split("  ").count() > 1,
                "`{line}` says nothing: {ran:?}"
            );
        }
    }
}

#[test]
fn help_has_examples_that_parse() {
    for command in ["init", "sign", "issue", "revoke", "crl"] {
        let help = run(&[command, "--help"]).stdout;
        let (_, examples) = help
            .split_once("Examples:\n")
            .unwrap_or_else(|| panic!("{help}"));
        let mut count = 0;
        for line in examples
            .lines()
            .map(str::trim)
            .filter(|line| line.starts_with("tpm2ca "))
        {
            let words = line
                .split(" #")
                .next()
                .unwrap()
                .split(" < ")
                .next()
                .unwrap();
            let words = words.replace("'Jane Doe'", "Jane_Doe");
            tpm2ca_cli::command()
                .try_get_matches_from(words.split_whitespace())
                .unwrap_or_else(|error| panic!("{line}: {error}"));
            count += 1;
        }
        assert!(count >= 2, "{help}");
    }
}

#[test]
fn no_command_is_wrong_usage_with_help() {
    for arguments in [&[][..], &["tpm"], &["db"]] {
        let ran = run(arguments);
        assert_eq!(ran.code, Some(2), "{ran:?}");
        assert!(ran.stdout.is_empty(), "{ran:?}");
        assert!(
            ran.stderr.contains("Usage: tpm2ca") && ran.stderr.contains("Commands:"),
            "{ran:?}"
        );
    }
}

#[test]
fn version() {
    let ran = run(&["--version"]);
    assert_eq!(ran.code, Some(0));
    assert_eq!(
        ran.stdout,
        format!("tpm2ca {}\n", env!("CARGO_PKG_VERSION"))
    );
}
