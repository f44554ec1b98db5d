//! What OpenSSL's library reads from a file, in a form that can be compared with what we read.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Command,
};

use tpm2ca_openssl_conf::{Conf, ConfError, Place};

/// The environment in which both read.
pub(crate) const ENVIRONMENT: [(&str, &str); 4] = [
    ("CNF_WORD", "from the environment"),
    ("CNF_EMPTY", ""),
    ("CNF_ODD", "a \"b\" $c \\n # d"),
    ("CNF_PARTS", "tests/corpus/parts"),
];

type Octets = Vec<u8>;

/// A configuration by its sections; an error by OpenSSL's name for it, and its line where both count lines alike.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Read(BTreeMap<Octets, Vec<(Octets, Octets)>>),
    Failed(String, Option<usize>),
}

/// What OpenSSL reads, one outcome for each file, in one process.
pub(crate) fn openssl(paths: &[PathBuf], environment: &[(&str, &str)]) -> Vec<Outcome> {
    let system = Path::new("/usr/bin/python3");
    let python = if system.exists() {
        system
    } else {
        Path::new("python3")
    };
    let output = Command::new(python)
        .arg("tests/oracle/dump.py")
        .args(paths)
        .envs(environment.iter().copied())
        .output()
        .unwrap();
    let talk = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{talk}");
    let outcomes = outcomes(str::from_utf8(&output.stdout).unwrap());
    assert_eq!(outcomes.len(), paths.len());
    outcomes
}

fn outcomes(printed: &str) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    let mut section = Vec::new();
    for line in printed.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        match (&*words, outcomes.last_mut()) {
            (["file"], _) => outcomes.push(Outcome::Read(BTreeMap::new())),
            (["error", reason, line], Some(outcome)) => {
                let reason = String::from_utf8(octets(reason)).unwrap();
                let line = String::from_utf8(octets(line)).unwrap().parse().unwrap();
                *outcome = Outcome::Failed(reason, Some(line));
            }
            (["section", name], Some(Outcome::Read(sections))) => {
                section = octets(name);
                sections.insert(section.clone(), Vec::new());
            }
            (["value", name, value], Some(Outcome::Read(sections))) => {
                let values = sections.get_mut(&section).unwrap();
                values.push((octets(name), octets(value)));
            }
            _ => panic!("{line}"),
        }
    }
    outcomes
}

fn octets(word: &str) -> Vec<u8> {
    let pairs = word.as_bytes().chunks(2).filter(|pair| *pair != b"-");
    pairs
        .map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

/// What we read from `bytes`.
pub(crate) fn ours(bytes: &[u8], environment: &[(&str, &str)]) -> Outcome {
    let env = |name: &str| {
        let mut all = environment.iter();
        all.find(|(known, _)| *known == name)
            .map(|(_, value)| (*value).to_owned())
    };
    match Conf::parse(bytes, "test.cnf", &env) {
        Ok(conf) => Outcome::Read(
            conf.sections()
                .map(|section| {
                    let values = section.values().iter();
                    let values =
                        values.map(|value| (value.name().into(), value.as_bytes().to_vec()));
                    (section.name().into(), values.collect())
                })
                .collect(),
        ),
        Err(error) => {
            // OpenSSL counts the lines of all files together, and names the last one of those that belong together.
            let counts_alike = |pair: &[u8]| pair != b"\\\n" && pair != b"\\\r" && pair != b".i";
            let comparable = bytes.windows(2).all(counts_alike) && !bytes.ends_with(b"\\");
            let place = error
                .place()
                .filter(|place| comparable && place.file() == "test.cnf");
            Outcome::Failed(reason(&error).to_owned(), place.map(Place::line))
        }
    }
}

/// OpenSSL's name for a mistake.
fn reason(error: &ConfError) -> &'static str {
    match error {
        ConfError::ExpansionTooLong { .. } => "variable expansion too long",
        ConfError::InvalidPragma { .. } => "invalid pragma",
        ConfError::MissingBracket { .. } => "missing close square bracket",
        ConfError::MissingEqualSign { .. } => "missing equal sign",
        ConfError::NoValue { .. } => "variable has no value",
        ConfError::RelativeInclude { .. } => "relative path",
        ConfError::UnclosedVariable { .. } => "no close brace",
        other => panic!("OpenSSL has no such error: {other}"),
    }
}

/// Compares both readings of each configuration; returns how many have no mistake.
pub(crate) fn compare(configurations: &[(String, Vec<u8>)], environment: &[(&str, &str)]) -> usize {
    let folder = tempfile::tempdir().unwrap();
    let path = |number: usize| folder.path().join(format!("{number}.cnf"));
    let mut outcomes = Vec::new();
    // As many as fit into one command line.
    for (group, chunk) in configurations.chunks(1000).enumerate() {
        let mut paths = Vec::new();
        for (number, (_, bytes)) in chunk.iter().enumerate() {
            let path = path(1000 * group + number);
            std::fs::write(&path, bytes).unwrap();
            paths.push(path);
        }
        outcomes.extend(openssl(&paths, environment));
    }
    let mut wrong = Vec::new();
    let mut read = 0;
    for ((name, bytes), mut theirs) in configurations.iter().zip(outcomes) {
        let ours = ours(bytes, environment);
        if let (Outcome::Failed(_, None), Outcome::Failed(_, line)) = (&ours, &mut theirs) {
            *line = None;
        }
        read += usize::from(matches!(ours, Outcome::Read(_)));
        if ours != theirs {
            let text = bytes.escape_ascii();
            wrong.push(format!(
                "{name}: {text}\n  OpenSSL: {theirs:?}\n  ours:    {ours:?}"
            ));
        }
    }
    let count = wrong.len();
    wrong.truncate(10);
    assert!(
        wrong.is_empty(),
        "{count} of {} differ:\n{}",
        configurations.len(),
        wrong.join("\n")
    );
    read
}
