//! Independent judges of what this crate reads and writes: OpenSSL, GnuTLS, Python's `cryptography`; and a small CA
//! over software keys.

#![allow(clippy::unwrap_used, clippy::expect_used, dead_code)]

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use aws_lc_rs::{
    digest,
    encoding::AsDer,
    rand::SystemRandom,
    rsa,
    signature::{
        ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair,
        Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256,
    },
};
use tempfile::TempDir;
use tpm2ca_x509::{CertificateFields, SignatureAlgorithm, assemble, pem, spki_key_bits};

/// A folder that vanishes with the test, and commands that run in it.
pub(crate) struct Bench {
    dir: TempDir,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self {
            dir: TempDir::new().unwrap(),
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    /// Output of a command that must succeed: stdout, then stderr.
    pub(crate) fn run(&self, program: &str, args: &[&str]) -> String {
        let (ok, text) = self.try_run(program, args);
        assert!(ok, "{program} {args:?} failed:\n{text}");
        text
    }

    pub(crate) fn try_run(&self, program: &str, args: &[&str]) -> (bool, String) {
        let output = Command::new(program)
            .args(args)
            .current_dir(self.dir.path())
            .output()
            .unwrap();
        let text = [output.stdout, output.stderr].concat();
        (
            output.status.success(),
            String::from_utf8_lossy(&text).into_owned(),
        )
    }

    pub(crate) fn openssl(&self, args: &str) -> String {
        self.run("openssl", &args.split(' ').collect::<Vec<_>>())
    }

    pub(crate) fn python(&self, script: &str) -> String {
        self.run("/usr/bin/python3", &["-c", script])
    }

    /// A request made by `openssl req` from the lines of a configuration file.
    pub(crate) fn openssl_csr(&self, key: &str, config: &str) -> Vec<u8> {
        self.write("req.cnf", config.as_bytes());
        self.openssl(&format!("req -new -config req.cnf -newkey {key} -nodes -keyout key.pem -outform DER -out csr.der"));
        self.read("csr.der")
    }

    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }
}

/// A software key that signs certificates.
pub(crate) enum TestKey {
    P256(EcdsaKeyPair),
    P384(EcdsaKeyPair),
    Rsa(rsa::KeyPair),
    Ed25519(Ed25519KeyPair),
}

impl TestKey {
    pub(crate) fn p256() -> Self {
        Self::P256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap())
    }

    pub(crate) fn p384() -> Self {
        Self::P384(EcdsaKeyPair::generate(&ECDSA_P384_SHA384_ASN1_SIGNING).unwrap())
    }

    pub(crate) fn rsa() -> Self {
        Self::Rsa(rsa::KeyPair::generate(rsa::KeySize::Rsa2048).unwrap())
    }

    pub(crate) fn ed25519() -> Self {
        Self::Ed25519(Ed25519KeyPair::generate().unwrap())
    }

    pub(crate) fn algorithm(&self) -> SignatureAlgorithm {
        match self {
            Self::P256(_) => SignatureAlgorithm::EcdsaSha256,
            Self::P384(_) => SignatureAlgorithm::EcdsaSha384,
            Self::Rsa(_) => SignatureAlgorithm::RsaPkcs1Sha256,
            Self::Ed25519(_) => SignatureAlgorithm::Ed25519,
        }
    }

    pub(crate) fn spki(&self) -> Vec<u8> {
        match self {
            Self::P256(key) | Self::P384(key) => {
                key.public_key().as_der().unwrap().as_ref().to_vec()
            }
            Self::Rsa(key) => key.public_key().as_der().unwrap().as_ref().to_vec(),
            Self::Ed25519(key) => key.public_key().as_der().unwrap().as_ref().to_vec(),
        }
    }

    /// RFC 5280 section 4.2.1.2, method 1.
    pub(crate) fn key_identifier(&self) -> Vec<u8> {
        let spki = self.spki();
        let bits = spki_key_bits(&spki).unwrap();
        digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, bits)
            .as_ref()
            .to_vec()
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Self::P256(key) | Self::P384(key) => {
                key.sign(&random, message).unwrap().as_ref().to_vec()
            }
            Self::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)
                    .unwrap();
                signature
            }
            Self::Ed25519(key) => key.sign(message).as_ref().to_vec(),
        }
    }

    /// The whole certificate.
    pub(crate) fn issue(&self, fields: &CertificateFields<'_>) -> Vec<u8> {
        let tbs = fields.to_tbs_der().unwrap();
        assemble(&tbs, self.algorithm(), &self.sign(&tbs))
    }
}

pub(crate) fn certificate_pem(der: &[u8]) -> String {
    pem::encode("CERTIFICATE", der)
}
