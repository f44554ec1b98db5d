//! After `make install` all of them find our module: `-provider tpm2`, `-provider tpm2ca`, and the wrapper.

use std::{fs, path::Path};

use tpm2ca_testkit::Tool;
use tpm2ca_tests::program;

use crate::world::{World, everywhere};

/// Installs both modules into a folder of the test, where another project's may be already.
fn install(world: &World, replace: &str) {
    let built = world.path("built");
    fs::create_dir_all(&built).unwrap();
    for name in [
        "libtpm2ca_openssl_provider.so",
        "libtpm2ca_openssl_engine.so",
    ] {
        fs::copy(program(&format!("deps/{name}")), built.join(name)).unwrap();
    }
    Tool::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging/install-modules.sh"))
        .arg(&built)
        .env("MODULES_DIR", &world.modules)
        .env("ENGINES_DIR", world.path("engines"))
        .env("REPLACE", replace)
        .ok();
}

fn signs(world: &World, provider: &str) {
    world
        .theirs(&format!(
            "req -provider default -provider {provider} -new -x509 -key ec.tss -subj /CN={provider} -out x.crt"
        ))
        .env("OPENSSL_MODULES", &world.modules)
        .env("TPM2CA_TCTI", world.tpm.tcti().to_string())
        .ok();
    world.is_self_signed("x.crt");
}

#[test]
fn by_both_names_and_by_the_wrapper() {
    everywhere(|world| {
        fs::remove_file(world.modules.join("tpm2.so")).unwrap();
        install(world, "");
        world.key("ec");
        signs(world, "tpm2");
        signs(world, "tpm2ca");
        world.key_and_certificate("p384");
        let listed = world.wrapped("list -providers").ok().text();
        assert!(
            listed.contains("  tpm2\n    name: OpenSSL provider for TPM 2.0"),
            "{listed}"
        );
    });
}

#[test]
fn beside_another_project_s_module_and_in_its_place() {
    everywhere(|world| {
        fs::remove_file(world.modules.join("tpm2.so")).unwrap();
        fs::write(world.modules.join("tpm2.so"), "another module").unwrap();
        install(world, "");
        world.key("ec");
        signs(world, "tpm2ca");
        // The wrapper knows the one from the other.
        world.key_and_certificate("p384");
        let listed = world.wrapped("list -providers").ok().text();
        assert!(
            listed.contains("  tpm2ca\n    name: OpenSSL provider for TPM 2.0"),
            "{listed}"
        );
        install(world, "yes");
        signs(world, "tpm2");
        assert_eq!(
            fs::read(world.modules.join("tpm2.so.orig")).unwrap(),
            b"another module"
        );
    });
}
