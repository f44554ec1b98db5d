//! Every variant of every error, with its hint: also those that no test of the program brings about.
//!
//! Where a field has text, its name in capitals stands for it. A variant may be there twice, for its other words.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod authority;
mod keys;
mod openssl;
mod openssl_keys;
mod profile;
mod responder;
mod store;
mod tpm;
mod x509;

use std::{collections::BTreeSet, env, error::Error, fmt::Write as _, fs, io, path::Path};

use tpm2ca_openssl_x509v3::OpensslError;
use tpm2ca_testkit::{snapshot, snapshots_in};
use tpm2ca_tpm::Name;
use tpm2ca_x509::UnixTime;

/// 2030-03-17T17:46:40Z
const TIME: UnixTime = 1_900_000_000;

/// Compares the examples of an error with `errors/NAME`, and their variants with those in the source.
fn expect_all<E: Error>(name: &str, examples: &[E], hint: impl Fn(&E) -> Option<String>) {
    let mut text = String::new();
    let mut variants = BTreeSet::new();
    for example in examples {
        let variant = variant(example);
        let mut message = example.to_string();
        let mut source = example.source();
        while let Some(cause) = source {
            write!(message, ": {cause}").unwrap();
            source = cause.source();
        }
        writeln!(text, "{variant}\n  {message}").unwrap();
        if let Some(hint) = hint(example) {
            writeln!(text, "  hint: {hint}").unwrap();
        }
        variants.insert(variant);
    }
    let type_name = std::any::type_name::<E>().rsplit("::").next().unwrap();
    assert!(
        enums().any(|(found, known)| found == type_name && known == variants),
        "{type_name} has other variants than {variants:?}"
    );
    snapshot(&format!("errors/{name}"), text);
}

/// The name of an example's variant.
fn variant(example: &impl Error) -> String {
    let debug = format!("{example:?}");
    let end = debug.find(|character: char| !character.is_alphanumeric());
    debug[..end.unwrap_or(debug.len())].to_owned()
}

/// Every public enum of the crates with the names of its variants.
fn enums() -> impl Iterator<Item = (String, BTreeSet<String>)> {
    let package = env::var_os("CARGO_MANIFEST_DIR").expect("Cargo to run the tests");
    let mut found = Vec::new();
    read(&Path::new(&package).join("../crates"), &mut found);
    found.into_iter()
}

fn read(folder: &Path, found: &mut Vec<(String, BTreeSet<String>)>) {
    for path in folder
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().path())
    {
        if path.is_dir() {
            read(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let mut lines = text.lines();
            while let Some(line) = lines.next() {
                let name = line
                    .strip_prefix("pub enum ")
                    .and_then(|rest| rest.strip_suffix(" {"));
                if let Some(name) = name {
                    // Formatted by rustfmt: variants are what is indented once, up to the closing brace.
                    let variants = lines
                        .by_ref()
                        .take_while(|line| *line != "}")
                        .filter_map(|line| line.strip_prefix("    "))
                        .filter(|line| line.starts_with(|first: char| first.is_ascii_uppercase()))
                        .map(|line| {
                            let end = line.find(|character: char| !character.is_alphanumeric());
                            line[..end.unwrap_or(line.len())].to_owned()
                        })
                        .collect();
                    found.push((name.to_owned(), variants));
                }
            }
        }
    }
}

/// Errors that pass on the words of others and have none of their own.
const TRANSPARENT: [&str; 1] = ["PlanError"];

#[test]
fn no_error_is_left_out() {
    let snapshots = snapshots_in("errors");
    let names: BTreeSet<String> = enums()
        .map(|(name, _)| name)
        .filter(|name| {
            ["Error", "Fault", "Refusal", "WeakKey"]
                .iter()
                .any(|end| name.ends_with(end))
                && !TRANSPARENT.contains(&name.as_str())
        })
        .map(|name| snake(&name))
        .collect();
    // Two of them are called `Error`, which their snapshots do not say.
    let found: BTreeSet<String> = snapshots
        .iter()
        .map(|name| match name.as_str() {
            "x509_error" | "openssl_keys_error" => "error".to_owned(),
            name => name.to_owned(),
        })
        .collect();
    assert_eq!(names, found, "an enum, and its snapshot");
    assert_eq!(snapshots.len(), found.len() + 1, "a snapshot for each enum");
}

/// `KeyError` as `key_error`.
fn snake(name: &str) -> String {
    let mut snake = String::new();
    for character in name.chars() {
        if character.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(character.to_ascii_lowercase());
    }
    snake
}

fn io_error(kind: io::ErrorKind) -> io::Error {
    io::Error::from(kind)
}

fn name() -> Name {
    format!("000b{}", "07".repeat(32)).parse().unwrap()
}

fn of_openssl() -> OpensslError {
    OpensslError::Text {
        text: "TEXT".into(),
        problem: "PROBLEM".into(),
        hint: Some("HINT".into()),
    }
}
