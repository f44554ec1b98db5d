//! Keys and requests made by OpenSSL.

#![allow(dead_code)] // each test file uses its part

use std::path::PathBuf;

use tpm2ca_testkit::{TempDir, Tool, temp_dir};
use tpm2ca_x509::{Csr, pem};

/// A folder with a private key that OpenSSL made.
pub(crate) struct Key {
    pub(crate) dir: TempDir,
}

impl Key {
    /// `openssl genpkey` with these options, such as `-algorithm ED25519`.
    pub(crate) fn new(options: &str) -> Self {
        let key = Self { dir: temp_dir() };
        Tool::openssl("genpkey")
            .args(options.split(' '))
            .arg("-out")
            .arg(key.path())
            .ok();
        key
    }

    pub(crate) fn rsa(bits: u32) -> Self {
        Self::new(&format!("-algorithm RSA -pkeyopt rsa_keygen_bits:{bits}"))
    }

    pub(crate) fn ec(group: &str) -> Self {
        Self::new(&format!("-algorithm EC -pkeyopt group:{group}"))
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.dir.path().join("key.pem")
    }

    pub(crate) fn pem(&self) -> Vec<u8> {
        std::fs::read(self.path()).unwrap()
    }

    /// SubjectPublicKeyInfo
    pub(crate) fn spki(&self) -> Vec<u8> {
        self.spki_with(&[])
    }

    pub(crate) fn spki_with(&self, options: &[&str]) -> Vec<u8> {
        Tool::openssl("pkey")
            .arg("-in")
            .arg(self.path())
            .args(["-pubout", "-outform", "DER"])
            .args(options)
            .ok()
            .stdout
    }

    /// A request in DER, made with more options of `openssl req`.
    pub(crate) fn request(&self, options: &[&str]) -> Vec<u8> {
        let conf = self.dir.path().join("req.cnf");
        std::fs::write(&conf, "[req]\ndistinguished_name = dn\n[dn]\n").unwrap();
        Tool::openssl("req")
            .args(["-new", "-subj", "/CN=test", "-outform", "DER", "-config"])
            .arg(conf)
            .arg("-key")
            .arg(self.path())
            .args(options)
            .ok()
            .stdout
    }

    /// `openssl dgst -sign` over a message (Ed25519: `pkeyutl`).
    pub(crate) fn sign(&self, hash: &str, message: &[u8]) -> Vec<u8> {
        let input = self.dir.path().join("message");
        std::fs::write(&input, message).unwrap();
        Tool::openssl("dgst")
            .arg(format!("-{hash}"))
            .arg("-sign")
            .arg(self.path())
            .arg(input)
            .ok()
            .stdout
    }
}

/// Whether OpenSSL finds a signature right. The public key is given as SubjectPublicKeyInfo.
pub(crate) fn verifies(spki_der: &[u8], hash: &str, message: &[u8], signature: &[u8]) -> bool {
    let dir = temp_dir();
    let write = |name: &str, content: &[u8]| {
        let path = dir.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    };
    Tool::openssl("dgst")
        .arg(format!("-{hash}"))
        .arg("-verify")
        .arg(write(
            "public.pem",
            pem::encode("PUBLIC KEY", spki_der).as_bytes(),
        ))
        .arg("-signature")
        .arg(write("signature", signature))
        .arg(write("message", message))
        .run()
        .success()
}

/// Whether OpenSSL finds the signature of a request right.
pub(crate) fn request_verifies(csr: &[u8]) -> bool {
    let ran = Tool::openssl("req")
        .args(["-inform", "DER", "-verify", "-noout"])
        .input(csr)
        .run();
    ran.success() && ran.errors().contains("verify OK")
}

pub(crate) fn parse(der: &[u8]) -> Csr<'_> {
    Csr::parse(der).unwrap()
}
