//! `tpm2ca openssl` before `openssl` takes its place. What comes after is in the end-to-end tests.

use crate::support::Keys;

#[test]
fn what_cannot_be_run_is_told_with_what_to_do() {
    let keys = Keys::new();
    for program in [
        "no-such-program",
        "/no/such/program",
        "/bin/true",
        "/bin/false",
    ] {
        keys.fails(1, &["openssl", "--openssl", program, "version"]);
    }
    keys.snapshot("openssl/what_cannot_be_run_is_told_with_what_to_do");
}

#[test]
fn wrong_usage_is_told_before_anything_is_run() {
    let keys = Keys::new();
    keys.fails(2, &["openssl", "--print-config", "req", "-new"]);
    for source in ["stdin", "fd:0"] {
        keys.fails(2, &["openssl", "--key-auth", source, "version"]);
    }
    // Its value is no TPM, which openssl itself would not say before a key is used.
    keys.fails(2, &["openssl", "--tpm", "nonsense", "version"]);
    keys.fails(
        5,
        &["openssl", "--key-auth", "env:NO_SUCH_VARIABLE", "version"],
    );
    keys.snapshot("openssl/wrong_usage_is_told_before_anything_is_run");
}

#[test]
fn options_behind_the_command_are_those_of_openssl() {
    let keys = Keys::new();
    for words in [
        &["openssl", "version"][..],
        &["openssl", "--", "version"],
        &["openssl", "--quiet", "version"],
        &["--verbose", "openssl", "version"],
    ] {
        let ran = keys.ok(words);
        assert!(ran.stdout.starts_with("OpenSSL "), "{ran:?}");
    }
    // Ours of that name stands in front.
    let ran = keys.run(&["openssl", "version", "--tpm", "device:/dev/no-such-tpm"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(!ran.stderr.contains("error: "), "{ran:?}");
}

#[test]
fn what_was_changed_is_told_to_the_curious() {
    let keys = Keys::new();
    let ran = keys.run(&["--verbose", "openssl", "version"]);
    assert!(ran.stderr.contains("OpenSSL "), "{ran:?}");
}
