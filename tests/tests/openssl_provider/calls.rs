//! Programs that call libcrypto: every function of the provider, the error queue afterwards, and lengths and orders of
//! calls that no command has.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use tpm2ca_tests::calls::{library, program};
use tpm2ca_tpm::{KeyFile, Tpm, TpmOptions};

use crate::world::{World, clean, everywhere, here};

/// In Python; its first lines say what it wants.
const PROGRAM: &str = include_str!("calls.py");

fn prepare(world: &World) {
    for kind in ["rsa", "pss", "ec"] {
        world.key_and_certificate(kind);
        world.public_key(kind);
    }
    world.genpkey("ec2.tss", "-algorithm EC -pkeyopt group:P-256");
    world
        .theirs("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out peer.pem")
        .ok();
    world.theirs("pkey -in peer.pem -pubout -out peer.pub").ok();
    world.configuration("");
}

/// Runs the program in a mode, with nothing or with an error in the queue before each call; what it says before `done`.
fn run(world: &World, mode: &str, error_before: bool) -> String {
    let openssl = &world.installation.library;
    let ran = clean(program(PROGRAM, openssl, error_before))
        .arg(mode)
        .arg(library(openssl, "libssl"))
        .env("OPENSSL_CONF", world.path("openssl.cnf"))
        .env("TPM2CA_TEST_CALLS", world.path("called"))
        .dir(world.folder.path())
        .ok();
    let text = ran.text();
    text.strip_suffix("done\n")
        .unwrap_or_else(|| panic!("{}", ran.report()))
        .to_owned()
}

/// All functions that OpenSSL can call, as the source has them.
fn entries() -> BTreeSet<String> {
    fn look_into(path: &Path, found: &mut BTreeSet<String>) {
        if path.is_dir() {
            for entry in fs::read_dir(path).unwrap() {
                look_into(&entry.unwrap().path(), found);
            }
            return;
        }
        let text = fs::read_to_string(path).unwrap();
        for start in ["\nentry!(fn ", "\npub(crate) unsafe extern \"C\" fn "] {
            for declared in text.split(start).skip(1) {
                found.insert(declared.split('(').next().unwrap().to_owned());
            }
        }
    }
    let mut found = BTreeSet::new();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/openssl-provider/src");
    look_into(&source, &mut found);
    found
}

#[test]
fn every_function_is_called_and_leaves_no_error_after_success() {
    everywhere(|world| {
        prepare(world);
        let tpm = Tpm::open(&world.tpm.tcti(), TpmOptions::default()).unwrap();
        let file = KeyFile::from_pem(&world.read("ec.tss")).unwrap();
        tpm.persist(file, 0x8100_0010).unwrap();
        drop(tpm);
        for error_before in [false, true] {
            assert_eq!(run(world, "everything", error_before), "");
        }
        let called: BTreeSet<String> = fs::read_to_string(world.path("called"))
            .unwrap()
            .lines()
            .map(str::to_owned)
            .collect();
        let entries = entries();
        assert!(entries.len() > 80, "{entries:?}");
        let uncalled: Vec<_> = entries.difference(&called).collect();
        assert!(uncalled.is_empty(), "{uncalled:?}");
    });
}

#[test]
fn peers_come_in_every_order_that_openssl_allows() {
    everywhere(|world| {
        prepare(world);
        assert_eq!(run(world, "agreements", false), "");
    });
}

#[test]
fn every_selection_of_a_key_works_or_says_why_not() {
    everywhere(|world| {
        prepare(world);
        let said = run(world, "selections", false);
        let mut words = said.split_whitespace();
        let worked: usize = words
            .next()
            .unwrap()
            .parse()
            .unwrap_or_else(|_| panic!("{said}"));
        assert_eq!(words.next(), Some("worked"), "{said}");
        assert!(worked > 100, "{said}");
    });
}

#[test]
fn parameters_alone_are_printed_or_refused() {
    everywhere(|world| {
        prepare(world);
        for kind in ["rsa", "pss", "ec"] {
            let ran = world
                .ours(&format!("pkeyparam -in {kind}.tss -text -noout"))
                .run();
            // Before, it was killed by a signal.
            assert!(ran.code.is_some(), "{}", ran.report());
        }
    });
}

#[test]
fn lengths_that_no_buffer_has_are_no_panic() {
    everywhere(|world| {
        prepare(world);
        assert_eq!(run(world, "lengths", false), "");
    });
}

#[test]
fn a_certificate_and_its_key_are_loaded_again() {
    everywhere(|world| {
        prepare(world);
        assert_eq!(run(world, "certificates", false), "");
    });
}

/// libtpms uses the libcrypto of the process, and leaves its errors there.
#[test]
fn the_embedded_tpm_leaves_no_error_after_success() {
    here(|world| {
        fs::create_dir(world.path("tpm")).unwrap();
        let tcti = format!("libtpms:{}", world.path("tpm").display());
        let embedded = |line: &str| world.ours(line).env("TPM2CA_TCTI", &tcti).ok();
        embedded(
            "genpkey -propquery ?provider=tpm2 -algorithm RSA -pkeyopt bits:2048 -out rsa.tss",
        );
        let configuration = fs::read_to_string(world.configuration("")).unwrap();
        let there = world.tpm.tcti().to_string();
        world.write("openssl.cnf", configuration.replace(&there, &tcti));
        for error_before in [false, true] {
            assert_eq!(run(world, "tls-secret", error_before), "");
        }
    });
}
