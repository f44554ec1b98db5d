//! Programs that call libcrypto: every function of the engine, the error queue afterwards, and keys that are copied.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use tpm2ca_tests::calls::{library, program};

use crate::world::{World, clean, everywhere};

/// In Python; its first lines say what it wants.
const PROGRAM: &str = include_str!("calls.py");

/// Runs the program in a mode, with nothing or with an error in the queue before each call.
fn run(world: &World, mode: &str, error_before: bool) {
    let ran = clean(program(PROGRAM, &world.openssl, error_before))
        .arg(mode)
        .arg(world.path("engines/tpm2tss.so"))
        .arg(world.tpm.tcti().to_string())
        .arg(library(&world.openssl, "libssl"))
        .env("OPENSSL_CONF", "/dev/null")
        .env("TPM2CA_TEST_CALLS", world.path("called"))
        .dir(world.folder.path())
        .ok();
    assert_eq!(ran.text(), "done\n", "{}", ran.report());
}

/// All functions that OpenSSL can call, as the source names them for the error queue.
fn entries() -> BTreeSet<String> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/openssl-engine/src/ffi");
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(source).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        for declared in text.split("run(c\"").skip(1) {
            found.insert(declared.split('"').next().unwrap().to_owned());
        }
    }
    found
}

#[test]
fn every_function_is_called_and_leaves_no_error_after_success() {
    everywhere(|world| {
        for kind in ["rsa", "ecdh"] {
            world.certificate(kind);
            world
                .theirs(&format!(
                    "x509 -in {kind}.crt -noout -pubkey -out {kind}.pub"
                ))
                .ok();
        }
        for error_before in [false, true] {
            run(world, "everything", error_before);
        }
        let called: BTreeSet<String> = fs::read_to_string(world.path("called"))
            .unwrap()
            .lines()
            .map(str::to_owned)
            .collect();
        let entries = entries();
        assert!(entries.len() > 10, "{entries:?}");
        let uncalled: Vec<_> = entries.difference(&called).collect();
        assert!(uncalled.is_empty(), "{uncalled:?}");
    });
}

#[test]
fn a_key_copied_over_another_releases_it() {
    everywhere(|world| {
        world.certificate("ecdh");
        world
            .theirs("x509 -in ecdh.crt -noout -pubkey -out ecdh.pub")
            .ok();
        run(world, "copies", false);
    });
}
