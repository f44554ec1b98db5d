//! Private keys in memory and in files: those that `issue` makes for servers, and those of a CA under test. The keys of
//! a real CA live in a TPM, see [`TpmSigner`](crate::TpmSigner).

use std::{fmt, path::Path};

use aws_lc_rs::{
    digest,
    encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der},
    error::{KeyRejected, Unspecified},
    rsa,
    signature::{self, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair, RsaEncoding},
};
use tpm2ca_x509::{Extension, Hash, SignatureAlgorithm};
use zeroize::Zeroizing;

use crate::{
    Digest, KeyAlgorithm, KeyError, PrivateKeyError, PublicKey, SignError, Signer,
    VerifiedSignature,
    csr_writer::make_csr,
    encrypt_pkcs8,
    private_key_file::{self, Form, Kind, PrivateKeyDer},
    signer::check_request,
};

/// A private key in the memory of this process. The crypto library wipes it when it is dropped.
pub struct SoftwareKey {
    pair: Pair,
    public: PublicKey,
}

enum Pair {
    Rsa(rsa::KeyPair),
    Ec(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl SoftwareKey {
    /// Makes a new key with the random numbers of the crypto library (seeded by the kernel). RSA keys have 2048, 3072,
    /// 4096 or 8192 bits and the exponent 65537.
    ///
    /// # Errors
    /// [`PrivateKeyError::Unsupported`] for another RSA size, [`PrivateKeyError::Generation`] when the library fails.
    pub fn generate(algorithm: KeyAlgorithm) -> Result<Self, PrivateKeyError> {
        let failed = |_: Unspecified| PrivateKeyError::Generation { algorithm };
        let pair = match algorithm {
            KeyAlgorithm::Rsa { bits } => {
                let size = match bits {
                    2048 => rsa::KeySize::Rsa2048,
                    3072 => rsa::KeySize::Rsa3072,
                    4096 => rsa::KeySize::Rsa4096,
                    8192 => rsa::KeySize::Rsa8192,
                    _ => {
                        return Err(PrivateKeyError::Unsupported {
                            algorithm: algorithm.to_string(),
                        });
                    }
                };
                Pair::Rsa(rsa::KeyPair::generate(size).map_err(failed)?)
            }
            KeyAlgorithm::P256 => Pair::Ec(EcdsaKeyPair::generate(P256_SIGNING).map_err(failed)?),
            KeyAlgorithm::P384 => Pair::Ec(EcdsaKeyPair::generate(P384_SIGNING).map_err(failed)?),
            KeyAlgorithm::P521 => Pair::Ec(EcdsaKeyPair::generate(P521_SIGNING).map_err(failed)?),
            KeyAlgorithm::Ed25519 => Pair::Ed25519(Ed25519KeyPair::generate().map_err(failed)?),
        };
        Self::new(pair)
    }

    /// Reads a PEM file with one unencrypted private key: `PRIVATE KEY`, `RSA PRIVATE KEY` or `EC PRIVATE KEY`. Other
    /// blocks beside it, such as `EC PARAMETERS`, are skipped.
    ///
    /// # Errors
    /// Every [`PrivateKeyError`] but those of making and writing keys.
    pub fn from_pkcs8_pem(pem: &[u8]) -> Result<Self, PrivateKeyError> {
        Self::from_der(&private_key_file::read(pem, None)?)
    }

    /// The same for keys that may be encrypted with AES under a pass phrase, in PKCS#8 (PBES2) or with a header
    /// `Proc-Type: 4,ENCRYPTED`. `passphrase` is asked for one only then, and answers with a message for the user when
    /// there is none.
    ///
    /// # Errors
    /// As [`SoftwareKey::from_pkcs8_pem`], and [`PrivateKeyError::WrongPassphrase`],
    /// [`PrivateKeyError::NoPassphrase`], [`PrivateKeyError::UnsupportedEncryption`].
    pub fn from_pem(
        pem: &[u8],
        passphrase: &mut dyn FnMut() -> Result<Zeroizing<Vec<u8>>, String>,
    ) -> Result<Self, PrivateKeyError> {
        Self::from_der(&private_key_file::read(pem, Some(passphrase))?)
    }

    fn from_der(key: &PrivateKeyDer) -> Result<Self, PrivateKeyError> {
        let pair = match (key.kind, key.form) {
            (Kind::Rsa, Form::Pkcs8) => rsa::KeyPair::from_pkcs8(&key.der).map(Pair::Rsa),
            (Kind::Rsa, _) => rsa::KeyPair::from_der(&key.der).map(Pair::Rsa),
            (Kind::Ec(curve), Form::Pkcs8) => {
                EcdsaKeyPair::from_pkcs8(ec_signing(curve), &key.der).map(Pair::Ec)
            }
            (Kind::Ec(curve), _) => {
                EcdsaKeyPair::from_private_key_der(ec_signing(curve), &key.der).map(Pair::Ec)
            }
            (Kind::Ed25519, _) => {
                Ed25519KeyPair::from_pkcs8_maybe_unchecked(&key.der).map(Pair::Ed25519)
            }
        };
        let pair = pair.map_err(|rejected: KeyRejected| PrivateKeyError::Rejected {
            algorithm: match key.kind {
                Kind::Rsa => "RSA".to_owned(),
                Kind::Ec(curve) => curve.to_string(),
                Kind::Ed25519 => KeyAlgorithm::Ed25519.to_string(),
            },
            reason: rejected.to_string(),
        })?;
        Self::new(pair)
    }

    /// The key as PKCS#8 in PEM, unencrypted, as OpenSSL 1.1 and later read it.
    ///
    /// # Errors
    /// [`PrivateKeyError::Generation`] when the crypto library cannot encode the key.
    pub fn to_pkcs8_pem(&self) -> Result<Zeroizing<String>, PrivateKeyError> {
        let algorithm = self.public.algorithm();
        pem_rfc7468::encode_string(
            "PRIVATE KEY",
            pem_rfc7468::LineEnding::LF,
            &self.to_pkcs8_der()?,
        )
        .map(Zeroizing::new)
        .map_err(|_| PrivateKeyError::Generation { algorithm })
    }

    /// The same, encrypted with a pass phrase (PBES2 with PBKDF2, HMAC-SHA256 and AES-256-CBC).
    ///
    /// # Errors
    /// As for [`SoftwareKey::to_pkcs8_pem`].
    pub fn to_encrypted_pkcs8_pem(
        &self,
        passphrase: &[u8],
    ) -> Result<Zeroizing<String>, PrivateKeyError> {
        let algorithm = self.public.algorithm();
        let failed = || PrivateKeyError::Generation { algorithm };
        let encrypted =
            encrypt_pkcs8::encrypt(&self.to_pkcs8_der()?, passphrase).map_err(|_| failed())?;
        pem_rfc7468::encode_string(
            "ENCRYPTED PRIVATE KEY",
            pem_rfc7468::LineEnding::LF,
            &encrypted,
        )
        .map(Zeroizing::new)
        .map_err(|_| failed())
    }

    /// The key in DER, unencrypted.
    pub(crate) fn to_pkcs8_der(&self) -> Result<Zeroizing<Vec<u8>>, PrivateKeyError> {
        let algorithm = self.public.algorithm();
        let failed = |_: Unspecified| PrivateKeyError::Generation { algorithm };
        let owned = |der: &[u8]| Zeroizing::new(der.to_vec());
        Ok(match &self.pair {
            Pair::Rsa(pair) => owned(
                AsDer::<Pkcs8V1Der<'_>>::as_der(pair)
                    .map_err(failed)?
                    .as_ref(),
            ),
            Pair::Ec(pair) => owned(pair.to_pkcs8v1().map_err(failed)?.as_ref()),
            Pair::Ed25519(pair) => owned(pair.to_pkcs8v1().map_err(failed)?.as_ref()),
        })
    }

    /// Writes the key as PKCS#8 in PEM to a new file with mode 0600, and waits until it is on the disk.
    ///
    /// # Errors
    /// [`PrivateKeyError::Exists`], [`PrivateKeyError::Io`] (nothing is left behind then).
    pub fn write_new(&self, path: &Path) -> Result<(), PrivateKeyError> {
        private_key_file::write_new(path, self.to_pkcs8_pem()?.as_bytes())
    }

    /// The public half.
    pub fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// Signs a whole message; unlike [`Signer::sign`] it can be done with Ed25519.
    ///
    /// # Errors
    /// As for [`Signer::sign`].
    pub fn sign_message(
        &self,
        algorithm: SignatureAlgorithm,
        message: &[u8],
    ) -> Result<VerifiedSignature, SignError> {
        match (&self.pair, algorithm.hash()) {
            (Pair::Ed25519(pair), None) => {
                let signature = pair
                    .try_sign(message)
                    .map_err(|_| self.library_failed(algorithm))?;
                VerifiedSignature::check_message(
                    self,
                    algorithm,
                    message,
                    signature.as_ref().to_vec(),
                )
            }
            (_, Some(hash)) => self.sign(algorithm, &Digest::of(hash, message)),
            (_, None) => Err(SignError::Key(KeyError::AlgorithmMismatch {
                key: self.public.algorithm(),
                signature: algorithm.name().to_owned(),
            })),
        }
    }

    /// Makes a PKCS#10 request in DER, as [`make_csr`](crate::make_csr) does, but also with an Ed25519 key.
    ///
    /// # Errors
    /// As for [`SoftwareKey::sign_message`].
    pub fn make_csr(
        &self,
        subject_der: &[u8],
        extensions: &[Extension],
    ) -> Result<Vec<u8>, SignError> {
        make_csr(subject_der, extensions, self)
    }

    fn new(pair: Pair) -> Result<Self, PrivateKeyError> {
        let spki = match &pair {
            Pair::Rsa(pair) => AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key()),
            Pair::Ec(pair) => AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key()),
            Pair::Ed25519(pair) => AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key()),
        };
        let spki = spki.map_err(|_| PrivateKeyError::Malformed {
            what: "the public half cannot be encoded".to_owned(),
        })?;
        let public = PublicKey::from_spki_der(spki.as_ref())?;
        Ok(Self { pair, public })
    }

    fn library_failed(&self, algorithm: SignatureAlgorithm) -> SignError {
        SignError::Software {
            signer: self.describe(),
            algorithm,
        }
    }
}

impl Signer for SoftwareKey {
    fn public_key(&self) -> &PublicKey {
        &self.public
    }

    fn sign(
        &self,
        algorithm: SignatureAlgorithm,
        digest: &Digest,
    ) -> Result<VerifiedSignature, SignError> {
        if let Pair::Ed25519(_) = &self.pair {
            return Err(SignError::Unsupported {
                signer: self.describe(),
                algorithm,
                reason: "Ed25519 signs whole messages, not digests",
            });
        }
        check_request(&self.public, algorithm, digest)?;
        let signature = match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign_digest(
                    rsa_padding(digest.hash()),
                    digest.imported(),
                    &mut signature,
                )
                .map(|()| signature)
            }
            Pair::Ec(pair) => for_curve(digest, pair)
                .and_then(|digest| Ok(pair.sign_digest(&digest)?.as_ref().to_vec())),
            Pair::Ed25519(_) => Err(Unspecified),
        };
        let signature = signature.map_err(|_| self.library_failed(algorithm))?;
        VerifiedSignature::check(self, algorithm, digest, signature)
    }

    fn sign_message(
        &self,
        algorithm: SignatureAlgorithm,
        message: &[u8],
    ) -> Result<VerifiedSignature, SignError> {
        Self::sign_message(self, algorithm, message)
    }

    fn describe(&self) -> String {
        format!("software key {}", self.public.algorithm())
    }
}

impl fmt::Debug for SoftwareKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SoftwareKey")
            .field("public", &self.public)
            .finish_non_exhaustive()
    }
}

/// The digest in the length of the one hash that aws-lc signs with on this curve.
///
/// ECDSA takes the leftmost bits of the digest, as many as the curve's order has, as a number (FIPS 186-5 section
/// 6.4.1); so a longer digest can be cut and a shorter one can get zeros in front, and the number stays the same.
fn for_curve(digest: &Digest, pair: &EcdsaKeyPair) -> Result<digest::Digest, Unspecified> {
    let hash = if *pair.algorithm() == *P256_SIGNING {
        &digest::SHA256
    } else if *pair.algorithm() == *P384_SIGNING {
        &digest::SHA384
    } else {
        &digest::SHA512
    };
    let len = hash.output_len();
    let value = digest.value();
    let cut = value.get(..len).unwrap_or(value);
    let mut padded = vec![0; len - cut.len()];
    padded.extend_from_slice(cut);
    digest::Digest::import_less_safe(&padded, hash)
}

fn ec_signing(curve: KeyAlgorithm) -> &'static EcdsaSigningAlgorithm {
    match curve {
        KeyAlgorithm::P384 => P384_SIGNING,
        KeyAlgorithm::P521 => P521_SIGNING,
        KeyAlgorithm::P256 | KeyAlgorithm::Rsa { .. } | KeyAlgorithm::Ed25519 => P256_SIGNING,
    }
}

fn rsa_padding(hash: Hash) -> &'static dyn RsaEncoding {
    match hash {
        Hash::Sha256 => &signature::RSA_PKCS1_SHA256,
        Hash::Sha384 => &signature::RSA_PKCS1_SHA384,
        Hash::Sha512 => &signature::RSA_PKCS1_SHA512,
    }
}

const P256_SIGNING: &EcdsaSigningAlgorithm = &signature::ECDSA_P256_SHA256_ASN1_SIGNING;
const P384_SIGNING: &EcdsaSigningAlgorithm = &signature::ECDSA_P384_SHA384_ASN1_SIGNING;
const P521_SIGNING: &EcdsaSigningAlgorithm = &signature::ECDSA_P521_SHA512_ASN1_SIGNING;
