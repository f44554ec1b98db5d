//! The file itself: what it needs, and when it refuses to be loaded.

use std::collections::BTreeSet;
use std::path::Path;

use tpm2ca_testkit::Tool;

use crate::world::{World, clean, engine, everywhere, installations, libcrypto};

/// Names of symbols of a shared library.
fn symbols(file: &Path, which: &str) -> BTreeSet<String> {
    Tool::new("nm")
        .args(["--dynamic", which])
        .arg(file)
        .ok()
        .text()
        .lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace().rev();
            let (name, kind) = (words.next()?, words.next()?);
            // A weak one may be missing.
            (kind != "w").then(|| name.to_owned())
        })
        .collect()
}

#[test]
fn it_is_linked_with_neither_libcrypto_nor_libtss2() {
    let said = Tool::new("readelf")
        .arg("--dynamic")
        .arg(engine())
        .ok()
        .text();
    let needed: Vec<&str> = said
        .lines()
        .filter(|line| line.contains("(NEEDED)"))
        .collect();
    assert!(!needed.is_empty(), "{said}");
    for library in ["libcrypto", "libssl", "libtss2"] {
        assert!(!said.contains(library), "{needed:?}");
    }
}

/// All symbols are bound when it is loaded, so one that is missing would keep it from being loaded.
#[test]
fn every_version_has_the_symbols_that_it_lacks() {
    let missing: BTreeSet<String> = symbols(&engine(), "--undefined-only")
        .into_iter()
        .filter(|name| !name.contains('@'))
        .collect();
    assert!(missing.contains("ENGINE_set_id"), "{missing:?}");
    for openssl in installations() {
        let file = if openssl.libraries.is_some() {
            libcrypto(&openssl)
        } else {
            // The system's is where the loader finds it.
            let said = Tool::new("sh")
                .args(["-c", "ldd \"$(command -v openssl)\""])
                .ok()
                .text();
            let line = said.lines().find(|line| line.contains("libcrypto"));
            Path::new(line.unwrap().split_whitespace().nth(2).unwrap()).to_owned()
        };
        let there: BTreeSet<String> = symbols(&file, "--defined-only")
            .iter()
            .map(|name| name.split('@').next().unwrap().to_owned())
            .collect();
        let lacking: Vec<_> = missing.difference(&there).collect();
        assert!(lacking.is_empty(), "OpenSSL {}: {lacking:?}", openssl.name);
    }
}

#[test]
fn it_can_be_loaded_by_its_path() {
    everywhere(|world| {
        let said = world
            .plain(&format!(
                "engine dynamic -pre SO_PATH:{} -pre ID:tpm2tss -pre LIST_ADD:1 -pre LOAD -t",
                world.path("engines/tpm2tss.so").display()
            ))
            .env("OPENSSL_ENGINES", "/nonexistent")
            .ok()
            .text();
        assert!(said.contains("[ available ]"), "{said}");
        assert!(said.contains("(tpm2tss) TPM 2.0 keys"), "{said}");
    });
}

#[test]
fn it_is_no_engine_of_another_name() {
    everywhere(|world| {
        std::fs::copy(engine(), world.path("engines/other.so")).unwrap();
        let refused = world.plain("engine -t other").run();
        assert!(
            !refused.report().contains("[ available ]"),
            "{}",
            refused.report()
        );
    });
}

/// Calls `bind_engine` as OpenSSL does, with the address of another libcrypto's state.
const STRANGER: &str = r"
import ctypes, sys
crypto = ctypes.CDLL(sys.argv[1], mode=ctypes.RTLD_GLOBAL)
engine = ctypes.CDLL(sys.argv[2])
crypto.ENGINE_new.restype = ctypes.c_void_p
crypto.ENGINE_get_static_state.restype = ctypes.c_void_p
engine.bind_engine.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
engine.v_check.restype = ctypes.c_ulong
new = ctypes.c_void_p(crypto.ENGINE_new())
for state in [1, crypto.ENGINE_get_static_state()]:
    functions = (ctypes.c_void_p * 8)(state)
    print(engine.bind_engine(new, b'tpm2tss', functions))
print(engine.v_check(ctypes.c_ulong(0x30000)), engine.v_check(ctypes.c_ulong(0x20000)))
stderr = ctypes.c_void_p.in_dll(ctypes.CDLL(None), 'stderr')
crypto.ERR_print_errors_fp(stderr)
";

#[test]
fn two_copies_of_libcrypto_are_refused() {
    for openssl in installations() {
        let world = World::new(openssl);
        let said = clean(Tool::python(STRANGER))
            .arg(libcrypto(&world.openssl))
            .arg(world.path("engines/tpm2tss.so"))
            .ok();
        assert_eq!(
            said.text(),
            "0\n1\n196608 0\n",
            "OpenSSL {}: {}",
            world.openssl.name,
            said.report()
        );
        assert!(
            said.errors().contains("two copies of libcrypto"),
            "{}",
            said.report()
        );
    }
}
