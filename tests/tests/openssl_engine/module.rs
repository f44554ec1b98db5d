//! The file itself: what it needs, and when it refuses to be loaded.

use tpm2ca_testkit::Tool;
use tpm2ca_tests::modules::{engine, preload};

use crate::world::{World, clean, everywhere, installations, libcrypto};

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

/// So that the one file works with every libcrypto, and wherever the program keeps it.
#[test]
fn it_leaves_no_symbol_of_libcrypto_to_the_loader() {
    let said = Tool::new("nm")
        .args(["--dynamic", "--undefined-only"])
        .arg(engine())
        .ok()
        .text();
    let (mut versioned, mut others) = (0, Vec::new());
    for line in said.lines() {
        let mut words = line.split_whitespace().rev();
        let (name, kind) = (words.next().unwrap(), words.next().unwrap());
        // A weak one may be missing; what has a version is the C library's.
        if name.contains('@') {
            versioned += 1;
        } else if kind != "w" {
            others.push(name);
        }
    }
    assert!(versioned > 50, "{said}");
    assert!(others.is_empty(), "{others:?}");
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

/// Programs of OpenSSL 3 load the file and then look for the key of an engine of that name in its folder.
#[test]
fn programs_of_1_1_1_may_name_its_file() {
    everywhere(|world| {
        if !world.is_1_1_1() {
            return;
        }
        world.key("ec");
        world
            .plain(&format!(
                "req -engine {} -keyform engine -new -x509 -key ec.tss -subj /CN=ec -extensions ca -out ec.crt",
                world.path("engines/tpm2tss.so").display()
            ))
            .env("OPENSSL_ENGINES", "/nonexistent")
            .ok();
        world.is_self_signed("ec.crt");
    });
}

/// Calls `bind_engine` as OpenSSL does: from nowhere, from the libcrypto that is there, and from a second copy of it.
const CALLERS: &str = r"
import ctypes, shutil, sys
def load(path):
    library = ctypes.CDLL(path)
    library.ENGINE_new.restype = ctypes.c_void_p
    library.ENGINE_get_static_state.restype = ctypes.c_void_p
    return library
first = load(sys.argv[1])
for line in open('/proc/self/maps'):
    if 'libcrypto.so' in line:
        shutil.copy(line.split()[-1], 'copy.so')
second = load('./copy.so')
engine = ctypes.CDLL(sys.argv[2])
engine.bind_engine.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
engine.v_check.restype = ctypes.c_ulong
for library, state in [
    (first, 1),
    (first, first.ENGINE_get_static_state()),
    (second, second.ENGINE_get_static_state()),
    (first, first.ENGINE_get_static_state()),
]:
    functions = (ctypes.c_void_p * 8)(state)
    print(engine.bind_engine(library.ENGINE_new(), b'tpm2tss', functions))
print(engine.v_check(ctypes.c_ulong(0x30000)), engine.v_check(ctypes.c_ulong(0x20000)))
first.ERR_print_errors_fp(ctypes.c_void_p.in_dll(ctypes.CDLL(None), 'stderr'))
";

#[test]
fn a_second_copy_of_libcrypto_is_refused() {
    for openssl in installations() {
        let world = World::new(openssl);
        let said = clean(Tool::python(CALLERS))
            .arg(libcrypto(&world.openssl))
            .arg(world.path("engines/tpm2tss.so"))
            .envs(preload())
            .dir(world.folder.path())
            .ok();
        assert_eq!(
            said.text(),
            "0\n1\n0\n1\n196608 0\n",
            "OpenSSL {}: {}",
            world.openssl.name,
            said.report()
        );
        assert!(
            said.errors().contains("a second copy of libcrypto"),
            "{}",
            said.report()
        );
    }
}
