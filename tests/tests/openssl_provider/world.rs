//! An OpenSSL, a TPM and a folder to work in.

use std::fs;
use std::path::PathBuf;

use tpm2ca_testkit::{Ran, Swtpm, TempDir, Tool, temp_dir};
use tpm2ca_tests::{
    modules::{VARIABLES_OF_MODULES, preload, provider},
    openssl_versions::{OpenSsl, Version},
};

/// An OpenSSL that is there.
#[derive(Clone, Debug)]
pub(crate) struct Installation {
    /// Its program.
    pub(crate) openssl: PathBuf,
    /// The same for programs that call its libraries.
    pub(crate) library: OpenSsl,
    /// Such as (3, 0).
    pub(crate) version: (u32, u32),
}

impl Installation {
    /// The system's, and those with providers that were built for tests.
    pub(crate) fn all() -> Vec<Self> {
        let mut all = vec![Self::system()];
        for version in [Version::V3_5, Version::V4_0] {
            all.push(Self::new(OpenSsl::version(version)));
        }
        all
    }

    /// The system's.
    pub(crate) fn system() -> Self {
        Self::new(OpenSsl::system())
    }

    fn new(library: OpenSsl) -> Self {
        let mut parts = library.name.split('.').map(|part| part.parse().unwrap());
        Self {
            openssl: library.program.clone(),
            version: (parts.next().unwrap(), parts.next().unwrap()),
            library,
        }
    }
}

/// Which provider is loaded first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    DefaultFirst,
    OursFirst,
}

/// Where one test happens.
pub(crate) struct World {
    pub(crate) installation: Installation,
    pub(crate) order: Order,
    pub(crate) folder: TempDir,
    pub(crate) tpm: Swtpm,
    /// Where the provider's file is.
    pub(crate) modules: PathBuf,
}

impl World {
    /// OpenSSL before 3.5 drops the default provider's NIST curves from TLS when another one has EC keys and is loaded
    /// first. So in TLS 1.2, where the curve of a certificate must be offered, EC certificates do not work. The
    /// documentation says so.
    pub(crate) fn lacks_curves_in_tls(&self) -> bool {
        self.order == Order::OursFirst && self.installation.version < (3, 5)
    }
}

/// Runs a test on each OpenSSL and in both orders.
pub(crate) fn everywhere(test: impl Fn(&World)) {
    for installation in Installation::all() {
        for order in [Order::DefaultFirst, Order::OursFirst] {
            // Shown when the test fails.
            eprintln!("{installation:?}, {order:?}");
            test(&World::new(installation.clone(), order));
        }
    }
}

/// Runs a test on the system's OpenSSL, the default provider first, as it should be.
pub(crate) fn here(test: impl Fn(&mut World)) {
    test(&mut World::new(Installation::system(), Order::DefaultFirst));
}

impl World {
    fn new(installation: Installation, order: Order) -> Self {
        let folder = temp_dir();
        let modules = folder.path().join("modules");
        fs::create_dir(&modules).unwrap();
        for name in ["tpm2.so", "tpm2ca.so"] {
            fs::hard_link(provider(), modules.join(name))
                .or_else(|_| fs::copy(provider(), modules.join(name)).map(drop))
                .unwrap();
        }
        fs::write(folder.path().join("message"), "to be signed\n").unwrap();
        Self {
            installation,
            order,
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

    /// The options that load the providers.
    pub(crate) fn providers(&self) -> Vec<String> {
        let modules = self.modules.display().to_string();
        let [first, second] = match self.order {
            Order::DefaultFirst => ["default", "tpm2"],
            Order::OursFirst => ["tpm2", "default"],
        };
        [
            "-provider-path",
            &modules,
            "-provider",
            first,
            "-provider",
            second,
        ]
        .map(str::to_owned)
        .to_vec()
    }

    /// `openssl COMMAND` with our provider; the words are separated by spaces.
    pub(crate) fn ours(&self, line: &str) -> Tool {
        let mut words = line.split_whitespace();
        self.bare(words.next().unwrap())
            .args(self.providers())
            .args(words)
            .env("TPM2CA_TCTI", self.tpm.tcti().to_string())
            .envs(preload())
    }

    /// The same without it: the judge.
    pub(crate) fn theirs(&self, line: &str) -> Tool {
        let mut words = line.split_whitespace();
        self.bare(words.next().unwrap()).args(words)
    }

    fn bare(&self, command: &str) -> Tool {
        clean(Tool::new(&self.installation.openssl))
            .arg(command)
            .dir(self.folder.path())
    }

    /// Makes a key in the TPM, whatever the order is: `kind.tss`.
    pub(crate) fn genpkey(&self, file: &str, options: &str) -> Ran {
        self.ours(&format!(
            "genpkey -propquery ?provider=tpm2 {options} -out {file}"
        ))
        .ok()
    }

    /// A key, and a certificate that it has signed itself: `ec`, `rsa`, `p384` or `pss`.
    pub(crate) fn key_and_certificate(&self, kind: &str) {
        self.key(kind);
        self.ours(&format!(
            "req -new -x509 -key {kind}.tss -subj /CN={kind} -addext subjectAltName=IP:127.0.0.1 -addext basicConstraints=critical,CA:TRUE -out {kind}.crt"
        ))
        .ok();
        self.is_self_signed(&format!("{kind}.crt"));
    }

    pub(crate) fn key(&self, kind: &str) {
        let options = match kind {
            "ec" => "-algorithm EC -pkeyopt group:P-256",
            "p384" => "-algorithm EC -pkeyopt group:P-384",
            "rsa" => "-algorithm RSA -pkeyopt bits:2048",
            "pss" => "-algorithm RSA-PSS -pkeyopt bits:2048",
            other => panic!("no kind of key: {other}"),
        };
        self.genpkey(&format!("{kind}.tss"), options);
    }

    /// The judge says that a certificate is signed by its own key. It does not look unless it is told to.
    pub(crate) fn is_self_signed(&self, certificate: &str) {
        self.theirs(&format!(
            "verify -check_ss_sig -CAfile {certificate} {certificate}"
        ))
        .ok();
    }

    /// The judge's public key out of a certificate, `KIND.pub`.
    pub(crate) fn public_key(&self, kind: &str) {
        self.theirs(&format!(
            "x509 -in {kind}.crt -noout -pubkey -out {kind}.pub"
        ))
        .ok();
    }

    /// An openssl.cnf that loads the providers, for programs without options for that; the file's path.
    pub(crate) fn configuration(&self, more: &str) -> PathBuf {
        let [first, second] = match self.order {
            Order::DefaultFirst => ["default", "tpm2"],
            Order::OursFirst => ["tpm2", "default"],
        };
        let text = format!(
            "openssl_conf = init\n[init]\nproviders = providers\n[providers]\n{first} = {first}_section\n{second} = \
             {second}_section\n[default_section]\nactivate = 1\n[tpm2_section]\nactivate = 1\nmodule = {}\ntcti = {}\n{more}\n",
            self.modules.join("tpm2.so").display(),
            self.tpm.tcti(),
        );
        self.write("openssl.cnf", text);
        self.path("openssl.cnf")
    }
}

/// Without anything of the caller's environment that OpenSSL or the provider would look at.
pub(crate) fn clean(tool: Tool) -> Tool {
    VARIABLES_OF_MODULES
        .into_iter()
        .fold(tool.env("OPENSSL_CONF", "/dev/null"), |tool, name| {
            tool.env(name, "")
        })
        .envs(preload())
}
