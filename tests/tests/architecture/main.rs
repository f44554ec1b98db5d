//! The walls of the house: which crate may know which, what may be depended on, and how sources look.
//!
//! What these tests hold is drawn in CONTRIBUTING.md and argued in `docs/adr/`. When one of them is in the way, change
//! the decision first, then the test.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod graph;
mod licences;
mod manifests;
mod rust_text;
mod snapshots;
mod sources;

use std::{
    env,
    path::{Path, PathBuf},
    sync::LazyLock,
};

/// The workspace's root. Asked for when the test runs: clones that share a target folder share its programs too.
fn root() -> &'static Path {
    static ROOT: LazyLock<PathBuf> = LazyLock::new(|| {
        let package = env::var_os("CARGO_MANIFEST_DIR").expect("Cargo to run the tests");
        Path::new(&package).parent().unwrap().to_owned()
    });
    &ROOT
}

/// Every file below `folder` that somebody wrote: build output, and what begins with a dot, is left out.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = folder.read_dir() else {
            continue;
        };
        for entry in entries.map(Result::unwrap) {
            let name = entry.file_name().into_string().unwrap();
            let generated = ["target", "corpus", "artifacts", "coverage", "Cargo.lock"];
            if name.starts_with('.') || generated.contains(&name.as_str()) {
                continue;
            }
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    found
}

/// The Rust sources of every crate of ours.
fn rust_files() -> Vec<PathBuf> {
    let mut all = files(root());
    all.retain(|path| path.extension().is_some_and(|extension| extension == "rs"));
    assert!(all.len() > 50, "only {} sources found", all.len());
    all
}

/// The path as it is written in messages.
fn shown(path: &Path) -> String {
    path.strip_prefix(root())
        .unwrap_or(path)
        .display()
        .to_string()
}

/// Fails with one line for each of the things that are wrong.
fn expect_none(wrong: &[String]) {
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}
