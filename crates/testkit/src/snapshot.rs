//! Comparison of what users read with files below `tests/snapshots` of the package that tests it.

use std::{env, fmt::Display, path::PathBuf};

/// Compares a text with the snapshot `tests/snapshots/NAME.snap` of the package whose tests run; NAME has a folder and a
/// name, such as `help/sign`. A missing snapshot is a difference.
///
/// With INSTA_UPDATE=always in the environment the text is written there instead. The names of module, file and line are
/// kept out of the snapshot and of its path, so that code can be moved without a change of snapshots.
pub fn snapshot(name: &str, text: impl Display) {
    let (folder, name) = name.split_once('/').expect("a folder and a name");
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(snapshots().join(folder));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text.to_string()));
}

/// Returns the names of all snapshots in a folder, for tests that compute theirs.
pub fn snapshots_in(folder: &str) -> Vec<String> {
    let mut names: Vec<String> = snapshots()
        .join(folder)
        .read_dir()
        .expect("a folder of snapshots")
        .filter_map(|entry| {
            let name = entry.expect("an entry").file_name();
            Some(name.to_str()?.strip_suffix(".snap")?.to_owned())
        })
        .collect();
    names.sort();
    names
}

/// Asked for when the test runs: clones that share a target folder share its programs too.
fn snapshots() -> PathBuf {
    let package = env::var_os("CARGO_MANIFEST_DIR").expect("Cargo to run the tests");
    PathBuf::from(package).join("tests/snapshots")
}
