//! Somebody who signs policies and approvals, with OpenSSL and not with this crate.
#![allow(dead_code)] // no test file needs all of it

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use tpm2ca_testkit::{TempDir, Tool, temp_dir};
use tpm2ca_tpm::{
    ApprovalRefused, ApprovalRequest, ApprovalTerms, Approver, Curve, KeyPublic, PolicyKey,
    RawSignature,
};

/// A key in a PEM file.
pub(crate) struct Signer {
    dir: TempDir,
    pub(crate) key: PolicyKey,
}

impl Signer {
    pub(crate) fn p256() -> Self {
        Self::new(&["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"])
    }

    pub(crate) fn rsa() -> Self {
        Self::new(&["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"])
    }

    fn new(options: &[&str]) -> Self {
        let dir = temp_dir();
        Tool::openssl("genpkey")
            .dir(&dir)
            .args(options)
            .args(["-out", "key.pem"])
            .ok();
        Tool::openssl("pkey")
            .dir(&dir)
            .args(["-in", "key.pem", "-pubout", "-out", "public.pem"])
            .ok();
        let public = if options.contains(&"RSA") {
            let text = Tool::openssl("rsa")
                .dir(&dir)
                .args(["-in", "key.pem", "-noout", "-modulus"])
                .ok()
                .text();
            let digits = text.trim().strip_prefix("Modulus=").unwrap();
            KeyPublic::Rsa {
                modulus: unhex(digits),
                exponent: 65537,
            }
        } else {
            let der = Tool::openssl("pkey")
                .dir(&dir)
                .args(["-in", "key.pem", "-pubout", "-outform", "DER"])
                .ok()
                .stdout;
            let point = &der[der.len() - 64..];
            KeyPublic::Ecc {
                curve: Curve::P256,
                x: point[..32].to_vec(),
                y: point[32..].to_vec(),
            }
        };
        Self {
            key: PolicyKey::from_public(&public).unwrap(),
            dir,
        }
    }

    pub(crate) fn public_pem(&self) -> PathBuf {
        self.dir.path().join("public.pem")
    }

    /// Signs a SHA-256 digest.
    pub(crate) fn sign(&self, digest: &[u8]) -> RawSignature {
        fs::write(self.dir.path().join("digest"), digest).unwrap();
        let signature = Tool::openssl("pkeyutl")
            .dir(&self.dir)
            .args(["-sign", "-inkey", "key.pem", "-in", "digest"])
            .args(["-pkeyopt", "digest:sha256"])
            .ok()
            .stdout;
        if signature.first() == Some(&0x30) && signature.len() < 80 {
            let r_len = usize::from(signature[3]);
            RawSignature::Ecdsa {
                r: unsigned(&signature[4..4 + r_len]),
                s: unsigned(&signature[6 + r_len..]),
            }
        } else {
            RawSignature::Rsa(signature)
        }
    }
}

/// Without the octet that keeps a DER INTEGER positive.
fn unsigned(integer: &[u8]) -> Vec<u8> {
    integer.strip_prefix(&[0]).unwrap_or(integer).to_vec()
}

pub(crate) fn hex(octets: &[u8]) -> String {
    octets.iter().fold(String::new(), |mut text, octet| {
        write!(text, "{octet:02x}").unwrap();
        text
    })
}

pub(crate) fn unhex(digits: &str) -> Vec<u8> {
    (0..digits.len() / 2)
        .map(|at| u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).unwrap())
        .collect()
}

/// Approves, in the way it was told.
pub(crate) struct TestApprover {
    pub(crate) signer: Signer,
    pub(crate) terms: ApprovalTerms,
    pub(crate) answer: Mutex<Answer>,
    /// The `cpHash`es it was asked about.
    pub(crate) asked: Mutex<Vec<Option<[u8; 32]>>>,
}

pub(crate) enum Answer {
    Yes,
    No,
    Late(Duration),
    /// A signature over something else.
    Wrong,
    /// Over the first request that came, whatever comes then.
    Remember(Option<RawSignature>),
}

impl TestApprover {
    pub(crate) fn new(terms: ApprovalTerms) -> Self {
        Self {
            signer: Signer::p256(),
            terms,
            answer: Mutex::new(Answer::Yes),
            asked: Mutex::default(),
        }
    }

    pub(crate) fn answer(&self, answer: Answer) {
        *self.answer.lock().unwrap() = answer;
    }
}

impl Approver for TestApprover {
    fn key(&self) -> &PolicyKey {
        &self.signer.key
    }

    fn terms(&self) -> ApprovalTerms {
        self.terms
    }

    fn sign(
        &self,
        digest: &[u8],
        request: &ApprovalRequest<'_>,
    ) -> Result<RawSignature, ApprovalRefused> {
        self.asked.lock().unwrap().push(request.cp_hash);
        match &mut *self.answer.lock().unwrap() {
            Answer::Yes => {}
            Answer::No => {
                return Err(ApprovalRefused {
                    reason: "not today".to_owned(),
                });
            }
            Answer::Late(by) => thread::sleep(*by),
            Answer::Wrong => return Ok(self.signer.sign(&[7; 32])),
            Answer::Remember(first) => {
                return Ok(first
                    .get_or_insert_with(|| self.signer.sign(digest))
                    .clone());
            }
        }
        Ok(self.signer.sign(digest))
    }
}
