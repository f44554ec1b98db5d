//! Help and version.

use std::{collections::BTreeSet, path::Path};

use tpm2ca_testkit::{Transcript, snapshot, snapshots_in};

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
fn every_help_is_as_in_its_snapshot() {
    let mut names = BTreeSet::new();
    for words in commands() {
        let name = [&["tpm2ca".to_owned()], &words[..]].concat().join("_");
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let long = [&words[..], &["--help"]].concat();
        let short = [&words[..], &["-h"]].concat();
        let ran = run(&long);
        let mut transcript = Transcript::new();
        transcript.tpm2ca(&long, ran.code, &ran.stdout, &ran.stderr);
        let other = run(&short);
        if (&other.stdout, &other.stderr) == (&ran.stdout, &ran.stderr) {
            transcript.heading("the same with -h");
        } else {
            transcript.tpm2ca(&short, other.code, &other.stdout, &other.stderr);
        }
        snapshot(&format!("help/{name}"), transcript);
        names.insert(name);
        let other = run(&[&["help"], &words[..]].concat());
        assert_eq!(other.stdout, ran.stdout, "`help` beside `--help`");
    }
    assert_eq!(
        snapshots_in("help"),
        Vec::from_iter(names),
        "a snapshot for each command, and no others"
    );
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
    let mut transcript = Transcript::new();
    for arguments in [&[][..], &["tpm"], &["db"]] {
        let ran = run(arguments);
        assert_eq!(ran.code, Some(2), "{ran:?}");
        assert!(ran.stdout.is_empty(), "{ran:?}");
        transcript.tpm2ca(arguments, ran.code, &ran.stdout, &ran.stderr);
    }
    snapshot("usage/no_command_is_wrong_usage_with_help", transcript);
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
