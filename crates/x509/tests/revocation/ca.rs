//! A throw-away CA made by `openssl`, whose key signs through aws-lc-rs.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use aws_lc_rs::{
    digest,
    rand::SystemRandom,
    rsa,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256},
};
use tempfile::TempDir;
use tpm2ca_x509::{Certificate, SignatureAlgorithm, spki_key_bits};

pub(crate) struct TestCa {
    folder: TempDir,
    algorithm: SignatureAlgorithm,
}

impl TestCa {
    pub(crate) fn ecdsa() -> Self {
        Self::new(SignatureAlgorithm::EcdsaSha256)
    }

    pub(crate) fn rsa() -> Self {
        Self::new(SignatureAlgorithm::RsaPkcs1Sha256)
    }

    fn new(algorithm: SignatureAlgorithm) -> Self {
        let ca = Self {
            folder: tempfile::tempdir().unwrap(),
            algorithm,
        };
        ca.key("ca");
        ca.openssl(
            "req -x509 -key ca.key -out ca.pem -days 30 -sha256 -subj /C=DE/O=Example/CN=Revocation+OU=Test \
             -multivalue-rdn -addext keyUsage=critical,keyCertSign,cRLSign,digitalSignature",
        );
        ca
    }

    fn key(&self, name: &str) {
        let kind = if self.algorithm.is_rsa() {
            "RSA -pkeyopt rsa_keygen_bits:2048"
        } else {
            "EC -pkeyopt ec_paramgen_curve:P-256"
        };
        self.openssl(&format!("genpkey -algorithm {kind} -out {name}.key"));
        self.openssl(&format!(
            "pkcs8 -topk8 -nocrypt -in {name}.key -outform DER -out {name}.pk8"
        ));
    }

    /// A certificate below the CA: `name.pem`, `name.key`. `extensions` is a file for `openssl x509 -extfile`.
    pub(crate) fn issue(&self, name: &str, serial: &str, extensions: &str) {
        self.key(name);
        self.write(&format!("{name}.cnf"), extensions.as_bytes());
        self.openssl(&format!(
            "req -new -key {name}.key -subj /CN={name} -out {name}.csr"
        ));
        self.openssl(&format!(
            "x509 -req -in {name}.csr -CA ca.pem -CAkey ca.key -set_serial 0x{serial} -days 20 -sha256 \
             -extfile {name}.cnf -out {name}.pem"
        ));
    }

    pub(crate) fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// Signs with the key of `name`.
    pub(crate) fn sign(&self, name: &str, message: &[u8]) -> Vec<u8> {
        let pkcs8 = self.read(&format!("{name}.pk8"));
        let random = SystemRandom::new();
        if self.algorithm.is_rsa() {
            let pair = rsa::KeyPair::from_pkcs8(&pkcs8).unwrap();
            let mut signature = vec![0; pair.public_modulus_len()];
            pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)
                .unwrap();
            signature
        } else {
            let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &pkcs8).unwrap();
            pair.sign(&random, message).unwrap().as_ref().to_vec()
        }
    }

    /// DER of `name.pem`.
    pub(crate) fn certificate(&self, name: &str) -> Vec<u8> {
        self.openssl(&format!("x509 -in {name}.pem -outform DER -out {name}.der"));
        self.read(&format!("{name}.der"))
    }

    /// Hashes of subject and key of `name`, as `CertID` and `ResponderID` have them.
    pub(crate) fn hashes(
        &self,
        name: &str,
        algorithm: &'static digest::Algorithm,
    ) -> (Vec<u8>, Vec<u8>) {
        let der = self.certificate(name);
        let certificate = Certificate::parse(&der).unwrap();
        let key = spki_key_bits(certificate.tbs().spki_der()).unwrap();
        let hash = |bytes: &[u8]| digest::digest(algorithm, bytes).as_ref().to_vec();
        (hash(certificate.tbs().subject_der()), hash(key))
    }

    /// Runs `openssl` with these words in the folder; it must succeed. Returns what it printed, both streams.
    pub(crate) fn openssl(&self, words: &str) -> String {
        self.succeed("openssl", words)
    }

    pub(crate) fn certtool(&self, words: &str) -> String {
        self.succeed("certtool", words)
    }

    /// Runs a program that may fail. Returns whether it succeeded and what it printed.
    pub(crate) fn run(&self, program: &str, words: &str) -> (bool, String) {
        let output = self.command(program, &words.split_whitespace().collect::<Vec<_>>());
        (output.status.success(), both(&output))
    }

    /// Runs a Python script that imports `cryptography`; it must succeed. Returns its output.
    pub(crate) fn python(&self, script: &str) -> String {
        let output = self.command("/usr/bin/python3", &["-c", script]);
        assert!(output.status.success(), "{script}\n{}", both(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.path(name), bytes).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    fn succeed(&self, program: &str, words: &str) -> String {
        let (success, output) = self.run(program, words);
        assert!(success, "{program} {words}\n{output}");
        output
    }

    fn command(&self, program: &str, words: &[&str]) -> Output {
        Command::new(program)
            .args(words)
            .current_dir(self.path("."))
            .output()
            .unwrap()
    }

    fn path(&self, name: &str) -> PathBuf {
        Path::new(self.folder.path()).join(name)
    }
}

fn both(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}
