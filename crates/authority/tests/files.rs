//! Files are whole or not there, whoever writes them at the same time.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{
    fs,
    io::Write,
    os::unix::fs::PermissionsExt,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use tpm2ca_authority::{AuthorityError, Replacement, write_new, write_replacing};
use tpm2ca_testkit::temp_dir;

fn count(folder: &Path) -> usize {
    fs::read_dir(folder).unwrap().count()
}

#[test]
fn never_overwrites() {
    let folder = temp_dir();
    let path = folder.path().join("key");
    write_new(&path, b"one", 0o600).unwrap();
    assert!(matches!(
        write_new(&path, b"two", 0o600),
        Err(AuthorityError::FileExists(_))
    ));
    assert_eq!(fs::read(&path).unwrap(), b"one");
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(count(folder.path()), 1);
    // Also not a name that leads nowhere.
    let dangling = folder.path().join("dangling");
    std::os::unix::fs::symlink("nowhere", &dangling).unwrap();
    assert!(write_new(&dangling, b"x", 0o600).is_err());
    assert!(!folder.path().join("nowhere").exists());
}

#[test]
fn of_many_that_write_a_new_file_one_succeeds() {
    let folder = temp_dir();
    let path = folder.path().join("certificate");
    let written = thread::scope(|scope| {
        let all: Vec<_> = (0..8u8)
            .map(|number| {
                let path = &path;
                scope.spawn(move || write_new(path, &[number; 10_000], 0o644).is_ok())
            })
            .collect();
        all.into_iter()
            .filter_map(|one| one.join().unwrap().then_some(()))
            .count()
    });
    assert_eq!(written, 1);
    let contents = fs::read(&path).unwrap();
    assert_eq!(contents.len(), 10_000);
    assert!(contents.iter().all(|octet| *octet == contents[0]));
    assert_eq!(count(folder.path()), 1);
}

#[test]
fn a_file_that_is_replaced_is_always_whole() {
    let folder = temp_dir();
    let path = folder.path().join("crl");
    write_replacing(&path, &vec![0; 50_000], 0o644).unwrap();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            while !done.load(Ordering::SeqCst) {
                let contents = fs::read(&path).unwrap();
                assert_eq!(contents.len(), 50_000);
                assert!(contents.iter().all(|octet| *octet == contents[0]));
            }
        });
        let writers: Vec<_> = (1..5u8)
            .map(|number| {
                let path = &path;
                scope.spawn(move || {
                    for _ in 0..10 {
                        write_replacing(path, &vec![number; 50_000], 0o644).unwrap();
                    }
                })
            })
            .collect();
        for writer in writers {
            writer.join().unwrap();
        }
        done.store(true, Ordering::SeqCst);
        reader.join().unwrap();
    });
    assert_eq!(count(folder.path()), 1);
}

#[test]
fn an_abandoned_replacement_leaves_the_old_file_alone() {
    let folder = temp_dir();
    let path = folder.path().join("crl");
    write_replacing(&path, b"old", 0o644).unwrap();
    let mut replacement = Replacement::create(&path, 0o644).unwrap();
    replacement.write_all(b"half of the n").unwrap();
    drop(replacement);
    assert_eq!(fs::read(&path).unwrap(), b"old");
    assert_eq!(count(folder.path()), 1);
    write_replacing(&path, b"new", 0o644).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"new");
}

#[test]
fn a_folder_that_is_missing_is_named() {
    let folder = temp_dir();
    let path = folder.path().join("absent/crl");
    for error in [
        write_new(&path, b"x", 0o644).unwrap_err(),
        write_replacing(&path, b"x", 0o644).unwrap_err(),
    ] {
        assert!(
            matches!(
                error,
                AuthorityError::File {
                    action: "create",
                    ..
                }
            ),
            "{error:?}"
        );
        assert!(error.to_string().contains("absent/crl"), "{error}");
    }
}

#[test]
fn what_a_killed_process_left_is_removed_by_the_next_that_writes() {
    let folder = temp_dir();
    let now = fs::metadata(folder.path()).unwrap().modified().unwrap();
    let long_ago = now - std::time::Duration::from_hours(1);
    let unfinished = |name: &str| {
        let file = fs::File::create_new(folder.path().join(name)).unwrap();
        file.set_modified(long_ago).unwrap();
        file
    };
    drop(unfinished(".tpm2ca-0000000000000001.tmp"));
    // Somebody is still at work on the second, the third was begun just now, and the last is none of ours.
    let in_use = unfinished(".tpm2ca-0000000000000002.tmp");
    in_use.lock().unwrap();
    fs::write(folder.path().join(".tpm2ca-0000000000000003.tmp"), "new").unwrap();
    drop(unfinished(".other-0000000000000004.tmp"));
    write_replacing(&folder.path().join("crl"), b"whole", 0o644).unwrap();
    let mut left: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    left.sort();
    assert_eq!(
        left,
        [
            ".other-0000000000000004.tmp",
            ".tpm2ca-0000000000000002.tmp",
            ".tpm2ca-0000000000000003.tmp",
            "crl"
        ]
    );
}
