//! An OpenSSL with engines, a TPM and a folder to work in.

use std::fs;
use std::path::{Path, PathBuf};

use tpm2ca_testkit::{Swtpm, TempDir, Tool, temp_dir};
use tpm2ca_tests::modules::{VARIABLES_OF_MODULES, engine, preload};
use tpm2ca_tests::openssl_versions::{OpenSsl, Version};
use tpm2ca_tpm::{Algorithm, Auth, Curve, KeyFile, KeyOptions, Tpm, TpmOptions};

/// Those that have engines: the system's, and those that were built for tests.
pub(crate) fn installations() -> [OpenSsl; 3] {
    [
        OpenSsl::version(Version::V1_1_1),
        OpenSsl::system(),
        OpenSsl::version(Version::V3_5),
    ]
}

/// Where one test happens.
pub(crate) struct World {
    pub(crate) openssl: OpenSsl,
    pub(crate) folder: TempDir,
    pub(crate) tpm: Swtpm,
}

/// Runs a test on each OpenSSL.
pub(crate) fn everywhere(test: impl Fn(&mut World)) {
    for openssl in installations() {
        // Shown when the test fails.
        eprintln!("OpenSSL {}", openssl.name);
        test(&mut World::new(openssl));
    }
}

impl World {
    pub(crate) fn new(openssl: OpenSsl) -> Self {
        let folder = temp_dir();
        let engines = folder.path().join("engines");
        fs::create_dir(&engines).unwrap();
        let file = engines.join("tpm2tss.so");
        fs::hard_link(engine(), &file)
            .or_else(|_| fs::copy(engine(), &file).map(drop))
            .unwrap();
        let world = Self {
            openssl,
            folder,
            tpm: Swtpm::start(),
        };
        world.write("message", "to be signed\n");
        world.write("openssl.cnf", BARE_CONFIGURATION);
        world
    }

    /// OpenSSL 1.1.1, where some programs do other things or less.
    pub(crate) fn is_1_1_1(&self) -> bool {
        self.openssl.name == "1.1.1"
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

    /// `openssl COMMAND -engine tpm2tss` with the rest of the line; its words are separated by spaces.
    pub(crate) fn ours(&self, line: &str) -> Tool {
        let (command, rest) = line.split_once(' ').unwrap();
        self.plain(&format!("{command} -engine tpm2tss {rest}"))
    }

    /// `openssl` with this line as it is, where the engine can be found.
    pub(crate) fn plain(&self, line: &str) -> Tool {
        clean(Tool::new(&self.openssl.program))
            .args(line.split_whitespace())
            .dir(self.folder.path())
            .env("OPENSSL_CONF", "openssl.cnf")
            .env("OPENSSL_ENGINES", self.path("engines"))
            .env("TPM2TSSENGINE_TCTI", self.tpm.tcti().to_string())
            .envs(preload())
    }

    /// The system's `openssl`, which cannot find the engine: the judge.
    pub(crate) fn theirs(&self, line: &str) -> Tool {
        clean(Tool::new("openssl"))
            .args(line.split_whitespace())
            .dir(self.folder.path())
            .env("OPENSSL_CONF", "openssl.cnf")
            .env("OPENSSL_ENGINES", "/nonexistent")
    }

    /// A new key in the TPM, `KIND.tss`: `ec`, `p384`, `p521` or `rsa`; `ecdh` may agree on secrets, and `auth` has the
    /// authorization value `secret`.
    pub(crate) fn key(&self, kind: &str) {
        let algorithm = match kind {
            "ec" | "ecdh" | "auth" => Algorithm::Ecc(Curve::P256),
            "p384" => Algorithm::Ecc(Curve::P384),
            "p521" => Algorithm::Ecc(Curve::P521),
            "rsa" => Algorithm::Rsa { bits: 2048 },
            other => panic!("no kind of key: {other}"),
        };
        let mut options = KeyOptions::new(algorithm);
        options.key_agreement = kind == "ecdh";
        let auth = match kind {
            "auth" => Auth::new(b"secret".to_vec()),
            _ => Auth::empty(),
        };
        let file = self.open_tpm().create_key(options, &auth).unwrap();
        self.write(&format!("{kind}.tss"), file.to_pem());
    }

    pub(crate) fn open_tpm(&self) -> Tpm {
        Tpm::open(&self.tpm.tcti(), TpmOptions::default()).unwrap()
    }

    pub(crate) fn key_file(&self, name: &str) -> KeyFile {
        KeyFile::from_pem(&self.read(name)).unwrap()
    }

    /// A new key and its public half, as the engine gives it: `KIND.tss`, `KIND.pub`.
    pub(crate) fn key_pair(&self, kind: &str) {
        self.key(kind);
        self.ours(&format!(
            "pkey -inform engine -in {kind}.tss -pubout -out {kind}.pub -passin pass:secret"
        ))
        .ok();
    }

    /// A new key, and a certificate that it has signed itself: `KIND.tss`, `KIND.crt`.
    pub(crate) fn certificate(&self, kind: &str) {
        self.key(kind);
        self.ours(&format!(
            "req -keyform engine -new -x509 -key {kind}.tss -passin pass:secret -subj /CN={kind} -extensions ca \
             -out {kind}.crt"
        ))
        .ok();
        self.is_self_signed(&format!("{kind}.crt"));
    }

    /// The judge says that a certificate is signed by its own key. It does not look unless it is told to.
    pub(crate) fn is_self_signed(&self, certificate: &str) {
        self.theirs(&format!(
            "verify -check_ss_sig -CAfile {certificate} {certificate}"
        ))
        .ok();
    }

    /// A software key of the judge's with a certificate for a server here: `server.pem`, `server.crt`.
    pub(crate) fn software_server(&self) {
        self.theirs(
            "req -new -x509 -newkey rsa:2048 -nodes -keyout server.pem -subj /CN=server -extensions ca -out server.crt",
        )
        .ok();
    }

    /// An openssl.cnf that loads the engine, for programs without an option for that. `more` are lines of its section.
    pub(crate) fn configuration(&self, more: &str) {
        self.write(
            "engine.cnf",
            format!(
                "openssl_conf = init\n{BARE_CONFIGURATION}\n[init]\nengines = engines\n[engines]\ntpm2tss = \
                 tpm2tss_section\n[tpm2tss_section]\nengine_id = tpm2tss\ndynamic_path = {}\nSET_TCTI = {}\n{more}\n",
                self.path("engines/tpm2tss.so").display(),
                self.tpm.tcti(),
            ),
        );
    }

    /// `openssl` with this line and [`Self::configuration`], which is all that it has.
    pub(crate) fn configured(&self, line: &str) -> Tool {
        self.plain(line)
            .env("OPENSSL_CONF", "engine.cnf")
            .env("OPENSSL_ENGINES", "/nonexistent")
            .env("TPM2TSSENGINE_TCTI", "")
    }
}

/// Without anything of the caller's environment that OpenSSL or the engine would look at.
pub(crate) fn clean(tool: Tool) -> Tool {
    VARIABLES_OF_MODULES
        .into_iter()
        .fold(tool, |tool, name| tool.env(name, ""))
        .envs(preload())
}

/// Where the libraries of an OpenSSL are, for programs that load them by name.
pub(crate) fn libcrypto(openssl: &OpenSsl) -> PathBuf {
    let name = match openssl.name.as_str() {
        "1.1.1" => "libcrypto.so.1.1",
        _ => "libcrypto.so.3",
    };
    openssl
        .libraries
        .as_deref()
        .map_or_else(|| Path::new(name).to_owned(), |folder| folder.join(name))
}

/// `req` of 1.1.1 wants a file with a section for names.
const BARE_CONFIGURATION: &str = "\
[req]
distinguished_name = names
[names]
[ca]
basicConstraints = critical, CA:TRUE
subjectAltName = IP:127.0.0.1
";
