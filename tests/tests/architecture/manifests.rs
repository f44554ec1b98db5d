//! Every `Cargo.toml`: reasons, versions in one place, lints.

use std::fs;

use crate::{expect_none, files, root, shown};

/// A comment may speak for this many lines in a row.
const SHARED_BY: usize = 3;

#[test]
fn every_dependency_of_the_workspace_says_why() {
    let text = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let (_, section) = text
        .split_once("[workspace.dependencies]\n")
        .expect("a list of dependencies");
    let section = section.split("\n[").next().unwrap();
    let mut wrong = Vec::new();
    let mut lines_since_comment = SHARED_BY;
    let mut dependencies = 0;
    for line in section.lines() {
        if line.trim().is_empty() {
            lines_since_comment = SHARED_BY;
        } else if line.starts_with('#') {
            lines_since_comment = 0;
        } else if !line.contains("path = \"crates/") {
            dependencies += 1;
            if lines_since_comment >= SHARED_BY {
                wrong.push(format!("no reason is given for: {line}"));
            }
            lines_since_comment += 1;
        }
    }
    expect_none(&wrong);
    assert!(dependencies > 10, "only {dependencies} dependencies found");
}

#[test]
fn members_take_versions_and_lints_from_the_workspace() {
    let mut wrong = Vec::new();
    let mut members = 0;
    for folder in ["crates", "tests", "xtask"] {
        for path in files(&root().join(folder)) {
            // `openssl-sources` is no member: it names sources and has none.
            if path.file_name().unwrap() != "Cargo.toml"
                || path.parent().unwrap().ends_with("openssl-sources")
            {
                continue;
            }
            members += 1;
            let text = fs::read_to_string(&path).unwrap();
            if !text.contains("[lints]\nworkspace = true") {
                wrong.push(format!(
                    "{}: does not take the workspace's lints",
                    shown(&path)
                ));
            }
            if text.contains("\"DESC\"") {
                wrong.push(format!("{}: has no description", shown(&path)));
            }
            let mut section = "";
            for line in text.lines().map(str::trim) {
                if line.starts_with('[') {
                    section = line;
                }
                let is_dependency = section.ends_with("dependencies]")
                    && line.contains('=')
                    && !line.starts_with('#');
                if is_dependency && !line.contains("workspace = true") && !line.contains("path = ")
                {
                    wrong.push(format!("{}: a version of its own: {line}", shown(&path)));
                }
            }
        }
    }
    expect_none(&wrong);
    assert!(members >= 11, "only {members} manifests found");
}
