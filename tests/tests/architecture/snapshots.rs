//! Every snapshot belongs to a test.

use std::fs;

use crate::{expect_none, files, root, rust_files, shown};

/// Folders whose tests compute the names, and compare them with what is there.
const COMPUTED: [&str; 2] = ["help", "errors"];

#[test]
fn every_snapshot_is_named_in_a_test_of_its_package() {
    let mut wrong = Vec::new();
    let mut snapshots = 0;
    for path in files(root()) {
        if path.extension().is_none_or(|extension| extension != "snap") {
            continue;
        }
        snapshots += 1;
        let folder = path.parent().unwrap();
        let folder_name = folder.file_name().unwrap().to_str().unwrap();
        if COMPUTED.contains(&folder_name) {
            continue;
        }
        // PACKAGE/tests/snapshots/FOLDER/NAME.snap
        let package = folder.ancestors().nth(3).unwrap();
        let name = format!(
            "\"{folder_name}/{}\"",
            path.file_stem().unwrap().to_str().unwrap()
        );
        let is_named = rust_files()
            .iter()
            .filter(|source| source.starts_with(package))
            .any(|source| fs::read_to_string(source).unwrap().contains(&name));
        if !is_named {
            wrong.push(format!("{}: no test has {name}", shown(&path)));
        }
    }
    expect_none(&wrong);
    assert!(snapshots > 50, "only {snapshots} snapshots found");
}
