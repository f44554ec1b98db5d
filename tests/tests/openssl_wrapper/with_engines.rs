//! OpenSSL 1.1.1, which has engines only: the options stay, and our engine is found.

use std::fs;

use tpm2ca_testkit::{Swtpm, TempDir, Tool, temp_dir};
use tpm2ca_tests::{
    openssl_versions::{OpenSsl, Version},
    program,
};

struct Old {
    openssl: OpenSsl,
    folder: TempDir,
    tpm: Swtpm,
}

impl Old {
    fn new() -> Self {
        let this = Self {
            openssl: OpenSsl::version(Version::V1_1_1),
            folder: temp_dir(),
            tpm: Swtpm::start(),
        };
        fs::write(this.folder.path().join("message"), "to be signed\n").unwrap();
        fs::write(
            this.folder.path().join("openssl.cnf"),
            "[req]\ndistinguished_name = dn\n[dn]\n",
        )
        .unwrap();
        this
    }

    fn ours(&self, line: &str) -> Tool {
        Tool::new(program("tpm2ca"))
            .args(line.split_whitespace())
            .env("TPM2CA_OPENSSL", &self.openssl.program)
            .env("TPM2CA_TCTI", self.tpm.tcti().to_string())
            .env("TPM2CA_DIR", "")
            .env("HOME", self.folder.path())
            .env("OPENSSL_CONF", self.folder.path().join("openssl.cnf"))
            .dir(self.folder.path())
    }

    /// The engine as `make install` puts it; the folder.
    fn installed(&self) -> std::path::PathBuf {
        let engines = self.folder.path().join("engines");
        fs::create_dir(&engines).unwrap();
        fs::copy(
            program("deps/libtpm2ca_openssl_engine.so"),
            engines.join("tpm2tss.so"),
        )
        .unwrap();
        engines
    }

    fn is_self_signed(&self, certificate: &str) {
        Tool::openssl("verify")
            .args(["-check_ss_sig", "-CAfile", certificate, certificate])
            .dir(self.folder.path())
            .ok();
    }
}

const REQUEST: &str =
    "req -new -x509 -engine tpm2tss -keyform engine -key key.tss -subj /CN=old -out old.crt";

#[test]
fn the_installed_engine_is_used() {
    let old = Old::new();
    let engines = old.installed();
    for kind in ["rsa", "ecdsa"] {
        let _ = fs::remove_file(old.folder.path().join("key.tss"));
        old.ours(&format!("genkey -a {kind} key.tss")).ok();
        old.ours(&format!("openssl {REQUEST}"))
            .env("OPENSSL_ENGINES", &engines)
            .ok();
        old.is_self_signed("old.crt");
    }
}

#[test]
fn an_engine_beside_the_program_is_named_by_its_file() {
    let old = Old::new();
    let bin = old.folder.path().join("bin");
    fs::create_dir(&bin).unwrap();
    fs::copy(program("tpm2ca"), bin.join("tpm2ca")).unwrap();
    fs::copy(
        program("deps/libtpm2ca_openssl_engine.so"),
        bin.join("libtpm2ca_openssl_engine.so"),
    )
    .unwrap();
    old.ours("genkey -a rsa key.tss").ok();
    Tool::new(bin.join("tpm2ca"))
        .arg("openssl")
        .args(REQUEST.split(' '))
        .env("TPM2CA_OPENSSL", &old.openssl.program)
        .env("TPM2CA_TCTI", old.tpm.tcti().to_string())
        .env("OPENSSL_ENGINES", "")
        .env("OPENSSL_CONF", old.folder.path().join("openssl.cnf"))
        .dir(old.folder.path())
        .ok();
    old.is_self_signed("old.crt");
}

#[test]
fn the_printed_lines_load_the_engine() {
    let old = Old::new();
    let engines = old.installed();
    let tpm = old.tpm.tcti();
    let lines = old
        .ours(&format!("--tpm {tpm} openssl --print-config"))
        .env("OPENSSL_ENGINES", &engines)
        .ok()
        .text();
    let file = old.folder.path().join("openssl.cnf");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("{text}{lines}")).unwrap();
    old.ours("genkey -a rsa key.tss").ok();
    Tool::new(&old.openssl.program)
        .args(REQUEST.split(' '))
        .env("OPENSSL_CONF", &file)
        .env("TPM2CA_TCTI", "")
        .dir(old.folder.path())
        .ok();
    old.is_self_signed("old.crt");
}

#[test]
fn a_missing_engine_is_told_with_its_mend() {
    let old = Old::new();
    let bin = old.folder.path().join("bin");
    fs::create_dir(&bin).unwrap();
    fs::copy(program("tpm2ca"), bin.join("tpm2ca")).unwrap();
    let refused = Tool::new(bin.join("tpm2ca"))
        .arg("openssl")
        .args(REQUEST.split(' '))
        .env("TPM2CA_OPENSSL", &old.openssl.program)
        .env("OPENSSL_ENGINES", old.folder.path())
        .dir(old.folder.path())
        .run();
    assert_eq!(refused.code, Some(1), "{}", refused.report());
    assert!(
        refused.errors().contains("make install"),
        "{}",
        refused.report()
    );
}
