//! The documents are true: their commands run, their output is what the program says, what they name exists.
//!
//! Fenced blocks are `sh` (run), `console` (run, and the output must be the one shown), `toml` and `text` (not run). In
//! `console` blocks a line `...` stands for any number of lines, and ` ...` at the end of one for its rest; serial
//! numbers, hashes and times are taken as equal, and so is any white space.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod markdown;
mod naming;
mod transcript;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
};

use tpm2ca_testkit::temp_dir;
use tpm2ca_tests::{program, said};

use self::{
    markdown::{Block, Document},
    transcript::{expect_output, run, run_after, run_script},
};

#[test]
fn the_commands_of_the_readme_run() {
    run(&document("README.md"), "/srv/pki");
}

#[test]
fn the_commands_of_the_guide_run() {
    run(&document("docs/guide.md"), "/srv/pki");
}

#[test]
fn the_commands_of_the_page_about_keys_run() {
    run(&document("docs/keys.md"), "/srv/keys");
}

#[test]
fn the_commands_of_the_page_about_the_doctor_run() {
    run(&document("docs/doctor.md"), "/srv/pki");
}

#[test]
fn the_commands_of_the_page_about_openssl_run() {
    run_with_the_provider("docs/openssl.md");
}

#[test]
fn the_commands_of_the_openssl_ca_guide_run() {
    run_with_the_provider("docs/openssl-ca-guide.md");
}

/// As after `make install`.
fn run_with_the_provider(name: &str) {
    let modules = temp_dir();
    for (built, name) in [
        ("deps/libtpm2ca_openssl_provider.so", "tpm2.so"),
        ("deps/libtpm2ca_openssl_engine.so", "tpm2tss.so"),
    ] {
        fs::copy(program(built), modules.path().join(name)).unwrap();
    }
    let installed = format!(
        "export OPENSSL_MODULES='{0}' OPENSSL_ENGINES='{0}'\n",
        modules.path().display()
    );
    run_after(&installed, &document(name), "/srv/pki");
}

/// The documents whose commands are run.
const RUN: [&str; 7] = [
    "README.md",
    "docs/doctor.md",
    "docs/guide.md",
    "docs/keys.md",
    "docs/openssl-ca-guide.md",
    "docs/openssl.md",
    "docs/revocation.md",
];

#[test]
fn the_commands_of_the_page_about_revocation_run() {
    run(&document("docs/revocation.md"), "/srv/pki");
}

#[test]
fn no_other_document_has_commands_that_nobody_runs() {
    for document in documents() {
        for Block { language, line, .. } in &document.blocks {
            let place = format!("{}:{line}", document.name);
            let is_run = RUN.contains(&document.name.as_str());
            match language.as_str() {
                "sh" | "console" => assert!(is_run, "{place}: nothing runs this block"),
                "text" | "toml" => {}
                other => panic!("{place}: a block of language `{other}`"),
            }
        }
    }
}

#[test]
fn the_readme_shows_what_the_demo_says() {
    let readme = document("README.md");
    let block = readme
        .blocks
        .iter()
        .find(|block| {
            block
                .lines
                .first()
                .is_some_and(|line| line == "$ make demo")
        })
        .expect("a block with the output of the demo");
    let [_, building, path, shown @ ..] = block.lines.as_slice() else {
        panic!("the block is too short");
    };
    let folder = temp_dir();
    let said = run_script("tpm2ca demo target/demo", folder.path()).unwrap();
    let place = format!("{}:{}", readme.name, block.line);
    expect_output(&place, shown, &said, folder.path(), "/srv/tpm2ca");

    // The first two lines are the Makefile's.
    let makefile = fs::read_to_string(root().join("Makefile")).unwrap();
    for line in [building, path] {
        // Up to where a folder of the reader's stands.
        let beginning = line.split('"').next().unwrap();
        assert!(
            makefile.contains(&format!("echo \"{beginning}"))
                || makefile.contains(&format!("echo '{beginning}")),
            "{place}: the Makefile does not say `{line}`"
        );
    }
}

#[test]
fn generated_files_are_up_to_date() {
    let files = tpm2ca_xtask::generated().unwrap();
    let stale = tpm2ca_xtask::stale(&files, root()).unwrap();
    let names: Vec<String> = stale.iter().map(ToString::to_string).collect();
    assert!(
        names.is_empty(),
        "stale: {}\nrun `cargo run -p tpm2ca-xtask`",
        names.join(", ")
    );
    for (name, contents) in files {
        let text = String::from_utf8(contents).unwrap();
        let here = root().to_str().unwrap();
        assert!(
            !text.contains(here),
            "{}: a path of this machine",
            name.display()
        );
    }
}

#[test]
fn generated_files_do_not_depend_on_who_makes_them() {
    let output = Command::new(env::current_exe().unwrap())
        .args(["--exact", "generated_files_are_up_to_date"])
        .env("TPM2CA_DIR", "/nowhere/at/all")
        .env("TPM2CA_TCTI", "libtpms:/nowhere/at/all")
        .env("HOME", "/nowhere/at/all")
        .env("COLUMNS", "40")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", said(&output));
    assert!(said(&output).contains("1 passed"), "{}", said(&output));
}

#[test]
fn commands_and_options_that_are_named_exist() {
    let mut wrong = Vec::new();
    let mut commands = 0;
    for document in documents() {
        for (line, code) in &document.code {
            let place = format!("{}:{line}", document.name);
            commands += naming::check(code, &place, &mut wrong);
        }
    }
    expect_none(&wrong);
    assert!(commands > 50, "only {commands} commands found");
}

#[test]
fn the_readme_has_every_command() {
    let readme = document("README.md");
    for name in naming::commands() {
        assert!(
            readme.code.iter().any(|(_, code)| *code == name),
            "README.md does not list `{name}`"
        );
    }
}

#[test]
fn links_lead_somewhere() {
    let mut wrong = Vec::new();
    let all = documents();
    for document in &all {
        for (line, link) in &document.links {
            if link.starts_with("https://") || link.starts_with("http://") {
                continue;
            }
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if path.is_empty() {
                root().join(&document.name)
            } else {
                root().join(&document.name).parent().unwrap().join(path)
            };
            let place = format!("{}:{line}: {link}", document.name);
            if !target.exists() {
                wrong.push(format!("{place}: no such file"));
            } else if !anchor.is_empty() {
                let text = fs::read_to_string(&target).unwrap();
                if !Document::parse(path, &text)
                    .anchors
                    .iter()
                    .any(|known| known == anchor)
                {
                    wrong.push(format!("{place}: no such heading"));
                }
            }
        }
    }
    expect_none(&wrong);
}

#[test]
fn messages_in_the_guide_are_those_of_the_program() {
    let guide = document("docs/guide.md");
    let sources = sources();
    let messages = guide.table_below("Troubleshooting");
    assert!(
        messages.len() > 20,
        "only {} messages found",
        messages.len()
    );
    let mut wrong = Vec::new();
    for (line, message) in messages {
        let pieces: Vec<&str> = message
            .split('…')
            .map(|piece| piece.trim_matches(['`', ' ']))
            .filter(|piece| !piece.is_empty())
            .collect();
        if !sources.iter().any(|source| has_in_order(source, &pieces)) {
            wrong.push(format!("{}:{line}: nothing says {message}", guide.name));
        }
    }
    expect_none(&wrong);
}

/// Whether the pieces follow one another closely enough to be one message.
fn has_in_order(source: &str, pieces: &[&str]) -> bool {
    let [first, rest @ ..] = pieces else {
        return false;
    };
    source.match_indices(first).any(|(start, _)| {
        let mut text = &source[start + first.len()..];
        rest.iter().all(|piece| {
            let found = text.find(piece).filter(|gap| *gap < LONGEST_GAP);
            if let Some(gap) = found {
                text = &text[gap + piece.len()..];
            }
            found.is_some()
        })
    })
}

const LONGEST_GAP: usize = 120;

/// What the program is made of, with strings over several lines put together.
fn sources() -> Vec<String> {
    let mut sources = Vec::new();
    let mut folders = vec![root().join("crates")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                let mut lines = text.lines();
                let mut joined = String::with_capacity(text.len());
                while let Some(mut line) = lines.next() {
                    while let Some(begun) = line.strip_suffix('\\') {
                        joined.push_str(begun);
                        line = lines.next().unwrap_or_default().trim_start();
                    }
                    joined.push_str(line);
                    joined.push('\n');
                }
                sources.push(joined);
            }
        }
    }
    sources
}

fn document(name: &str) -> Document {
    let text =
        fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    Document::parse(name, &text)
}

/// Everything that is written for people.
fn documents() -> Vec<Document> {
    let mut names = vec![
        "README.md".to_owned(),
        "CHANGELOG.md".to_owned(),
        "CONTRIBUTING.md".to_owned(),
    ];
    for folder in ["docs", "docs/adr"] {
        for entry in fs::read_dir(root().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "md") {
                let name = path.file_name().unwrap().to_str().unwrap();
                names.push(format!("{folder}/{name}"));
            }
        }
    }
    assert!(names.len() > 10, "only {names:?} found");
    names.iter().map(|name| document(name)).collect()
}

/// The workspace's root. Asked for when the test runs: clones that share a target folder share its programs too.
fn root() -> &'static Path {
    static ROOT: LazyLock<PathBuf> = LazyLock::new(|| {
        let package = env::var_os("CARGO_MANIFEST_DIR").expect("Cargo to run the tests");
        Path::new(&package).parent().unwrap().to_owned()
    });
    &ROOT
}

/// Fails with one line for each of the things that are wrong.
fn expect_none(wrong: &[String]) {
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}
