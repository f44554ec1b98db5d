//! `make install` puts the modules where the installed OpenSSL looks for them, and takes nobody's place unasked.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::path::{Path, PathBuf};

use tpm2ca_testkit::{Ran, TempDir, Tool, temp_dir};
use tpm2ca_tests::openssl_versions::{OpenSsl, Version};
use tpm2ca_tests::program;

/// A system to install into, and the folder where cargo has built the modules.
struct System {
    root: TempDir,
    built: TempDir,
    openssl: OpenSsl,
}

impl System {
    fn new(openssl: OpenSsl) -> Self {
        let built = temp_dir();
        for name in [
            "libtpm2ca_openssl_provider.so",
            "libtpm2ca_openssl_engine.so",
        ] {
            fs::copy(program(&format!("deps/{name}")), built.path().join(name)).unwrap();
        }
        Self {
            root: temp_dir(),
            built,
            openssl,
        }
    }

    fn install(&self, more: &[(&str, &str)]) -> Ran {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging/install-modules.sh");
        let tool = Tool::new(script)
            .arg(self.built.path())
            .env("OPENSSL", &self.openssl.program)
            .env("OPENSSL_CONF", "/dev/null")
            .env("DESTDIR", self.root.path());
        more.iter()
            .fold(tool, |tool, (name, value)| tool.env(name, value))
            .run()
    }

    /// Where this OpenSSL looks: `-m` for providers, `-e` for engines.
    fn folder(&self, which: &str) -> PathBuf {
        let said = self.openssl.tool("version").arg(which).ok().text();
        let folder = said.split('"').nth(1).unwrap();
        self.root.path().join(folder.trim_start_matches('/'))
    }
}

#[test]
fn both_modules_are_found_by_their_names() {
    for openssl in [OpenSsl::system(), OpenSsl::version(Version::V3_5)] {
        let system = System::new(openssl);
        let said = system.install(&[]);
        assert!(said.success(), "{}", said.report());
        let (modules, engines) = (system.folder("-m"), system.folder("-e"));
        for name in ["tpm2ca", "tpm2"] {
            let listed = system
                .openssl
                .tool("list")
                .args(["-providers", "-provider", name])
                .env("OPENSSL_MODULES", &modules)
                .ok()
                .text();
            assert!(listed.contains("OpenSSL provider for TPM 2.0"), "{listed}");
        }
        has_engines(&system, &engines);
    }
}

#[test]
fn an_openssl_without_providers_gets_the_engine_alone() {
    let system = System::new(OpenSsl::version(Version::V1_1_1));
    let said = system.install(&[]);
    assert!(said.success(), "{}", said.report());
    assert!(!said.text().contains("tpm2.so"), "{}", said.report());
    let engines = system.folder("-e");
    has_engines(&system, &engines);
}

#[test]
fn an_openssl_without_engines_gets_the_provider_alone() {
    let system = System::new(OpenSsl::version(Version::V4_0));
    let said = system.install(&[]);
    assert!(said.success(), "{}", said.report());
    assert!(said.text().contains("tpm2.so"), "{}", said.report());
    assert!(!said.text().contains("tpm2tss"), "{}", said.report());
}

fn has_engines(system: &System, engines: &Path) {
    for name in ["tpm2tss", "tpm2ca"] {
        let said = system
            .openssl
            .tool("engine")
            .args(["-t", name])
            .env("OPENSSL_ENGINES", engines)
            .ok()
            .text();
        assert!(
            said.contains(&format!("({name}) TPM 2.0 keys (tpm2ca)"))
                && said.contains("[ available ]"),
            "{said}"
        );
    }
    assert!(engines.join("libtpm2tss.so").exists());
}

#[test]
fn modules_of_other_projects_stay_unless_told_otherwise() {
    let system = System::new(OpenSsl::system());
    let (modules, engines) = (system.folder("-m"), system.folder("-e"));
    let theirs = [
        modules.join("tpm2.so"),
        engines.join("tpm2tss.so"),
        engines.join("libtpm2tss.so"),
    ];
    for file in &theirs {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, "somebody else's").unwrap();
    }
    let said = system.install(&[]);
    assert!(said.success(), "{}", said.report());
    assert_eq!(
        said.errors()
            .matches("belongs to another project and stays")
            .count(),
        3,
        "{}",
        said.report()
    );
    for file in &theirs {
        assert_eq!(fs::read(file).unwrap(), b"somebody else's");
    }
    assert!(modules.join("tpm2ca.so").exists() && engines.join("tpm2ca.so").exists());

    let said = system.install(&[("REPLACE", "yes")]);
    assert!(said.success(), "{}", said.report());
    for file in &theirs {
        assert!(fs::metadata(file).unwrap().len() > 100_000);
        let kept = format!("{}.orig", file.display());
        assert_eq!(fs::read(kept).unwrap(), b"somebody else's");
    }
    // Once more: what is ours now is replaced, and the copies stay theirs.
    system.install(&[("REPLACE", "yes")]);
    let kept = format!("{}.orig", theirs[0].display());
    assert_eq!(fs::read(kept).unwrap(), b"somebody else's");
}

#[test]
fn what_is_not_built_is_named() {
    let system = System::new(OpenSsl::system());
    fs::remove_file(system.built.path().join("libtpm2ca_openssl_engine.so")).unwrap();
    let said = system.install(&[]);
    assert_eq!(said.code, Some(1), "{}", said.report());
    assert!(
        said.errors()
            .contains("cargo build --release --package tpm2ca-openssl-engine"),
        "{}",
        said.report()
    );
}
