//! The sources: size, names, `unsafe`, and what should not be left in them.

use std::{fs, path::Path};

use crate::{expect_none, files, root, rust_files, rust_text, shown};

const LONGEST_FILE: usize = 1000;

/// The only places for `unsafe`: where C is called, and where C calls.
const BORDERS_TO_C: [&str; 3] = [
    "crates/openssl-engine/src/ffi",
    "crates/openssl-provider/src/ffi",
    "crates/tpm/src/transport/embedded",
];

#[test]
fn no_file_is_longer_than_can_be_read() {
    let mut wrong = Vec::new();
    for path in rust_files() {
        let lines = read(&path).lines().count();
        if lines > LONGEST_FILE {
            wrong.push(format!("{}: {lines} lines, split it by idea", shown(&path)));
        }
    }
    expect_none(&wrong);
}

#[test]
fn no_file_is_named_after_nothing() {
    let mut wrong = Vec::new();
    for path in rust_files() {
        let nothing = ["common", "helper", "helpers", "misc", "util", "utils"];
        let mut parts = path.strip_prefix(root()).unwrap().iter();
        let stem = |part: &Path| part.file_stem().unwrap().to_string_lossy().into_owned();
        if parts.any(|part| nothing.contains(&stem(Path::new(part)).as_str())) {
            wrong.push(format!("{}: a name that says nothing", shown(&path)));
        }
    }
    expect_none(&wrong);
}

#[test]
fn unsafe_code_is_at_the_borders_to_c_only_and_says_why_it_is_sound() {
    let mut wrong = Vec::new();
    for path in rust_files() {
        let source = read(&path);
        let code = rust_text::code(&source);
        if !rust_text::has_word(&code, "unsafe") {
            continue;
        }
        let name = shown(&path);
        if !BORDERS_TO_C.iter().any(|border| name.starts_with(border)) {
            wrong.push(format!("{}: unsafe code", shown(&path)));
            continue;
        }
        for (number, line) in code.lines().enumerate() {
            // Types and declarations of functions are not where something happens.
            let is_block = rust_text::has_word(line, "unsafe")
                && !["unsafe fn", "unsafe extern"]
                    .iter()
                    .any(|other| line.contains(other));
            let before: Vec<&str> = source.lines().take(number + 1).collect();
            let reason = before
                .iter()
                .rev()
                .take(8)
                .any(|line| line.contains("SAFETY:"));
            if is_block && !reason {
                wrong.push(format!(
                    "{}:{}: no SAFETY comment",
                    shown(&path),
                    number + 1
                ));
            }
        }
    }
    expect_none(&wrong);
}

#[test]
fn every_crate_refuses_unsafe_code() {
    let mut wrong = Vec::new();
    for path in rust_files() {
        let name = shown(&path);
        let is_root = name.ends_with("/src/lib.rs")
            || name.ends_with("/src/main.rs")
            || name.contains("/src/bin/");
        let rule = match name.as_str() {
            "crates/openssl-engine/src/lib.rs"
            | "crates/openssl-provider/src/lib.rs"
            | "crates/tpm/src/lib.rs" => "#![deny(unsafe_code)]",
            _ => "#![forbid(unsafe_code)]",
        };
        if is_root && !name.starts_with("fuzz/") && !read(&path).contains(rule) {
            wrong.push(format!("{name}: lacks `{rule}`"));
        }
    }
    expect_none(&wrong);
}

#[test]
fn nothing_is_left_for_later() {
    // Put together here, so that this file does not find itself.
    let marks = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("to", "do!("),
        concat!("unimple", "mented!("),
        concat!("#[ig", "nore"),
    ];
    expect_none(&lines_with(&marks));
}

#[test]
fn no_path_of_somebody_s_machine_is_in_the_tree() {
    let here = format!("{}/", root().display());
    let marks = [
        here.as_str(),
        concat!("/ho", "me/"),
        concat!("/ro", "ot/"),
        concat!("/Us", "ers/"),
    ];
    expect_none(&lines_with(&marks));
}

#[test]
fn every_test_with_rounds_belongs_to_make_test_long() {
    let nextest = read(&root().join(".config/nextest.toml"));
    let (_, long) = nextest.split_once("[profile.long]").unwrap();
    let call = concat!("rounds", "()");
    let mut wrong = Vec::new();
    let mut found = 0;
    for path in rust_files() {
        let name = shown(&path);
        if name.starts_with("crates/testkit/") || !rust_text::code(&read(&path)).contains(call) {
            continue;
        }
        found += 1;
        let stem = path.file_stem().unwrap().to_string_lossy();
        if !long.contains(&*stem) {
            wrong.push(format!(
                "{name}: not chosen by the profile `long` of nextest"
            ));
        }
    }
    expect_none(&wrong);
    assert!(found >= 5, "only {found} files with rounds found");
}

#[test]
fn the_readme_has_both_commands() {
    let readme = read(&root().join("README.md"));
    for command in ["make demo", "make test"] {
        assert!(
            readme.contains(command),
            "README.md does not mention `{command}`"
        );
    }
}

#[test]
fn the_documents_that_were_promised_exist() {
    for path in [
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "README.md",
        "docs/adr",
        "docs/threat-model.md",
    ] {
        assert!(root().join(path).exists(), "{path} does not exist");
    }
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", shown(path)))
}

/// `file:line` of every line of the tree that has one of the marks. What is not text has no lines.
fn lines_with(marks: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for path in files(root()) {
        let Ok(text) = fs::read_to_string(&path) else {
            continue;
        };
        for (number, line) in text.lines().enumerate() {
            if let Some(mark) = marks.iter().find(|mark| line.contains(*mark)) {
                found.push(format!("{}:{}: `{mark}`", shown(&path), number + 1));
            }
        }
    }
    found
}
