//! An OpenSSL, a TPM, our program, and a folder to work in.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use tpm2ca_testkit::{Ran, Swtpm, TempDir, Tool, temp_dir};
use tpm2ca_tests::{
    openssl_versions::{OpenSsl, Version},
    program, tpm2ca,
};

/// Where one test happens.
pub(crate) struct World {
    pub(crate) openssl: OpenSsl,
    pub(crate) folder: TempDir,
    pub(crate) tpm: Swtpm,
    /// Where our module is installed.
    pub(crate) modules: PathBuf,
}

/// Runs a test on OpenSSL 4.0, where engines are unknown.
pub(crate) fn without_engines(test: impl Fn(&World)) {
    test(&World::new(OpenSsl::version(Version::V4_0)));
}

/// Runs a test on the system's OpenSSL, 3.5 and 4.0.
pub(crate) fn everywhere(test: impl Fn(&World)) {
    for openssl in all() {
        // Shown when the test fails.
        eprintln!("OpenSSL {}", openssl.name);
        test(&World::new(openssl));
    }
}

/// Those with providers.
pub(crate) fn all() -> [OpenSsl; 3] {
    [
        OpenSsl::system(),
        OpenSsl::version(Version::V3_5),
        OpenSsl::version(Version::V4_0),
    ]
}

impl World {
    pub(crate) fn new(openssl: OpenSsl) -> Self {
        let folder = temp_dir();
        let modules = folder.path().join("modules");
        fs::create_dir(&modules).unwrap();
        put_module(&modules.join("tpm2.so"));
        fs::write(folder.path().join("message"), "to be signed\n").unwrap();
        Self {
            openssl,
            folder,
            tpm: Swtpm::start(),
            modules,
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    /// `tpm2ca openssl LINE`; the words are separated by spaces.
    pub(crate) fn wrapped(&self, line: &str) -> Tool {
        self.ours(&format!("openssl {line}"))
    }

    /// `tpm2ca LINE`.
    pub(crate) fn ours(&self, line: &str) -> Tool {
        let tool = Tool::new(program("tpm2ca")).args(line.split_whitespace());
        self.environment()
            .into_iter()
            .fold(tool, |tool, (name, value)| tool.env(&name, value))
            .dir(self.folder.path())
    }

    /// The same for what is not waited for.
    pub(crate) fn command(&self, line: &str) -> Command {
        let words: Vec<&str> = line.split_whitespace().collect();
        let mut command = tpm2ca(self.folder.path(), &words);
        command.envs(self.environment());
        command
    }

    /// As after `make install`, with nothing of the caller's.
    fn environment(&self) -> Vec<(String, String)> {
        [
            ("TPM2CA_OPENSSL", self.openssl.program.display().to_string()),
            ("OPENSSL_MODULES", self.modules.display().to_string()),
            ("OPENSSL_CONF", "/dev/null".to_owned()),
            ("TPM2CA_TCTI", self.tpm.tcti().to_string()),
            ("HOME", self.folder.path().display().to_string()),
            ("TPM2CA_DIR", String::new()),
            ("TPM2CA_KEY_AUTH", String::new()),
            ("TPM2CA_OWNER_AUTH", String::new()),
            ("TPM2CA_PARENT_AUTH", String::new()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec()
    }

    /// `openssl LINE` without our module: the judge.
    pub(crate) fn theirs(&self, line: &str) -> Tool {
        Tool::new(&self.openssl.program)
            .args(line.split_whitespace())
            .env("OPENSSL_CONF", "/dev/null")
            .dir(self.folder.path())
    }

    /// A key as tpm2tss-genkey makes it, `KIND.tss`.
    pub(crate) fn key(&self, kind: &str) {
        let options = match kind {
            "ec" => "-a ecdsa -c nist_p256",
            "p384" => "-a ecdsa -c nist_p384",
            "rsa" => "-a rsa -s 2048",
            other => panic!("no kind of key: {other}"),
        };
        self.ours(&format!("genkey {options} {kind}.tss")).ok();
    }

    /// A key, its certificate `KIND.crt` by the old command line, and its public half `KIND.pub`.
    pub(crate) fn key_and_certificate(&self, kind: &str) {
        self.key(kind);
        self.wrapped(&format!(
            "req -new -x509 -engine tpm2tss -keyform engine -key {kind}.tss -subj /CN={kind} \
             -addext subjectAltName=IP:127.0.0.1 -addext basicConstraints=critical,CA:TRUE -out {kind}.crt"
        ))
        .ok();
        self.is_self_signed(&format!("{kind}.crt"));
        self.theirs(&format!(
            "x509 -in {kind}.crt -noout -pubkey -out {kind}.pub"
        ))
        .ok();
    }

    /// A key at 0x81000010 and its public half, `handle.pub`.
    pub(crate) fn persistent_key(&self) {
        self.key("ec");
        self.ours("key persist ec.tss --handle 0x81000010").ok();
        self.ours("key public ec.tss --out handle.pub").ok();
    }

    /// A request with a software key, `NAME.csr`.
    pub(crate) fn foreign_request(&self, name: &str) {
        self.theirs(&format!(
            "req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout {name}.pem -subj /CN={name} -out {name}.csr"
        ))
        .ok();
    }

    /// The judge says that a certificate is signed by its own key. It does not look unless it is told to.
    pub(crate) fn is_self_signed(&self, certificate: &str) {
        self.theirs(&format!(
            "verify -check_ss_sig -CAfile {certificate} {certificate}"
        ))
        .ok();
    }

    /// A signature over the message is by a key.
    pub(crate) fn verifies(&self, options: &str, public: &str) {
        self.theirs(&format!(
            "dgst -sha256 {options} -verify {public} -signature signature message"
        ))
        .ok();
    }

    /// A failure, with these words.
    pub(crate) fn refuses(&self, line: &str, words: &[&str]) -> Ran {
        let ran = self.wrapped(line).run();
        assert_eq!(ran.code, Some(1), "{}", ran.report());
        for word in words {
            assert!(ran.errors().contains(word), "{word}: {}", ran.report());
        }
        ran
    }
}

/// Our module under a name.
pub(crate) fn put_module(path: &Path) {
    // As Cargo built it for this test; the one in the folder above may be of an earlier build.
    let module = program("deps/libtpm2ca_openssl_provider.so");
    fs::hard_link(&module, path)
        .or_else(|_| fs::copy(&module, path).map(drop))
        .unwrap();
}
