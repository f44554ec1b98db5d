//! A folder with an openssl.cnf and the files of a CA, as `openssl ca` wants them; the key is a file.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Output,
};

use tpm2ca_testkit::{Ran, TempDir, Tool, temp_dir};
use tpm2ca_tests::{Shown, said, tpm2ca};

/// The CA's files are in its folder, and its configuration names them by relative paths.
pub(crate) struct Folder {
    folder: TempDir,
    pub(crate) shown: Shown,
}

impl Folder {
    /// A CA with a new root, an empty index.txt, and the serial number 1000.
    pub(crate) fn new(cnf: &str) -> Self {
        let this = Self::empty();
        this.write("openssl.cnf", cnf);
        this.write("root.cnf", ROOT_CNF);
        this.openssl(&[
            "req", "-x509", "-config", "root.cnf", "-newkey", "rsa:2048", "-nodes", "-days",
            "7300", "-keyout", "ca.key", "-out", "ca.crt",
        ]);
        this.begin();
        this
    }

    fn empty() -> Self {
        let folder = temp_dir();
        Self {
            shown: Shown::in_folder(folder.path()),
            folder,
        }
    }

    /// The same CA once more, without anything that it has done.
    pub(crate) fn twin(&self) -> Self {
        let twin = Self::empty();
        for name in ["openssl.cnf", "ca.key", "ca.crt"] {
            fs::copy(self.path(name), twin.path(name)).unwrap();
        }
        twin.begin();
        twin
    }

    /// No certificate has been issued yet.
    pub(crate) fn begin(&self) {
        fs::remove_dir_all(self.path("newcerts")).ok();
        fs::create_dir(self.path("newcerts")).unwrap();
        for name in ["tpm2ca.db", "index.txt.attr", "index.txt.old", "serial.old"] {
            fs::remove_file(self.path(name)).ok();
        }
        self.write("index.txt", "");
        self.write("serial", "1000\n");
        self.write("crlnumber", "1000\n");
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        String::from_utf8_lossy(&self.bytes(name)).into_owned()
    }

    pub(crate) fn bytes(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// A CSR with a new key; `extensions` are lines of a section.
    pub(crate) fn csr(&self, name: &str, subject: &str, extensions: &str) {
        let cnf = format!(
            "[req]\ndistinguished_name = dn\nprompt = no\nstring_mask = utf8only\n[dn]\nCN = x\n[ext]\n{extensions}\n"
        );
        self.write("csr.cnf", &cnf);
        let mut arguments = vec![
            "req",
            "-new",
            "-config",
            "csr.cnf",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-keyout",
            "csr.key",
            "-utf8",
            "-subj",
            subject,
            "-out",
            name,
        ];
        if !extensions.is_empty() {
            arguments.extend(["-reqexts", "ext"]);
        }
        self.openssl(&arguments);
    }

    /// `openssl`, which must succeed.
    pub(crate) fn openssl(&self, arguments: &[&str]) -> Ran {
        Tool::new("openssl")
            .args(arguments)
            .dir(self.folder.path())
            .ok()
    }

    /// `openssl ca -config openssl.cnf -batch -notext`, whether it succeeds or not.
    pub(crate) fn try_openssl_ca(&self, arguments: &[&str]) -> Output {
        std::process::Command::new("openssl")
            .args(["ca", "-config", "openssl.cnf", "-batch", "-notext"])
            .args(arguments)
            .current_dir(self.folder.path())
            .output()
            .unwrap()
    }

    /// The program, which must succeed; what it said on stdout.
    pub(crate) fn ok(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(
            output.status.success(),
            "tpm2ca {arguments:?}: {}",
            said(&output)
        );
        String::from_utf8(output.stdout).unwrap()
    }

    /// The program, which must succeed; what it printed belongs to the snapshot.
    pub(crate) fn shows(&self, arguments: &[&str]) {
        let command = &mut tpm2ca(self.folder.path(), arguments);
        self.shown.run(0, arguments, command);
    }

    /// The program, which must fail with this exit code; what it printed belongs to the snapshot. What it said on stderr.
    pub(crate) fn fails(&self, code: i32, arguments: &[&str]) -> String {
        let command = &mut tpm2ca(self.folder.path(), arguments);
        self.shown.run(code, arguments, command)
    }

    /// Compares all that belongs to it with a snapshot.
    pub(crate) fn snapshot(&self, name: &str) {
        self.shown.snapshot(name);
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        tpm2ca(self.folder.path(), arguments).output().unwrap()
    }

    /// `tpm2ca sign --config openssl.cnf --batch --in CSR --out OUT` and more.
    pub(crate) fn sign(&self, csr: &str, out: &str, more: &[&str]) {
        let arguments = [
            &[
                "sign",
                "--config",
                "openssl.cnf",
                "--batch",
                "--in",
                csr,
                "--out",
                out,
            ],
            more,
        ]
        .concat();
        self.ok(&arguments);
    }

    /// The records are in order, and agree with index.txt.
    pub(crate) fn check(&self) {
        self.ok(&["db", "check", "--config", "openssl.cnf"]);
    }

    /// Files in a folder of the CA.
    pub(crate) fn names(&self, folder: &str) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.path(folder))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    pub(crate) fn root(&self) -> &Path {
        self.folder.path()
    }
}

const ROOT_CNF: &str = "\
[req]
distinguished_name = dn
prompt = no
string_mask = utf8only
x509_extensions = v3_ca
[dn]
C = GB
ST = England
L = London
O = Alice Ltd
CN = Alice Root
[v3_ca]
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid:always,issuer
basicConstraints = critical, CA:true
keyUsage = critical, digitalSignature, cRLSign, keyCertSign
subjectAltName = email:ca@example.com, URI:http://ca.example.com/
";

/// A whole configuration around lines of the CA's section and of others.
pub(crate) fn cnf(ca: &str, policy: &str, extensions: &str, more: &str) -> String {
    format!(
        "[ca]\ndefault_ca = CA_default\n\
         [CA_default]\ndir = .\ndatabase = $dir/index.txt\nnew_certs_dir = $dir/newcerts\nserial = $dir/serial\n\
         crlnumber = $dir/crlnumber\nprivate_key = $dir/ca.key\ncertificate = $dir/ca.crt\ndefault_md = sha256\n\
         default_days = 375\ndefault_crl_days = 30\npolicy = policy\n{ca}\n\
         [policy]\n{policy}\n[ext]\n{extensions}\n{more}\n"
    )
}

pub(crate) const LOOSE: &str = "countryName = optional\nstateOrProvinceName = optional\nlocalityName = optional\n\
                                organizationName = optional\norganizationalUnitName = optional\n\
                                commonName = supplied\nemailAddress = optional";

pub(crate) const LEAF: &str = "basicConstraints = CA:FALSE\nsubjectKeyIdentifier = hash\nauthorityKeyIdentifier = keyid,issuer\n\
     keyUsage = critical, digitalSignature";
