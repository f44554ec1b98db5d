//! What can go wrong with keys, each with what to do about it.

use std::{io, path::PathBuf};

use thiserror::Error;
use tpm2ca_tpm::TpmError;
use tpm2ca_x509::{Hash, SignatureAlgorithm};

use crate::{KeyAlgorithm, WeakKey};

/// A public key or a signature made with it that is not accepted.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyError {
    /// Key and signature are of different kinds.
    #[error("a signature of `{signature}` cannot have been made by a key of the kind {key}")]
    AlgorithmMismatch {
        /// the kind of the key
        key: KeyAlgorithm,
        /// the algorithm the signature claims
        signature: String,
    },
    /// The signature is not one of this message by this key.
    #[error("the signature `{signature}` does not verify with the {key} public key it belongs to")]
    BadSignature {
        /// the kind of the key
        key: KeyAlgorithm,
        /// the algorithm of the signature
        signature: String,
    },
    /// Only uncompressed points are accepted (RFC 5480 section 2.2 leaves compressed ones optional, and many programs
    /// cannot read them).
    #[error("the {curve} public key is a compressed point; only uncompressed ones are accepted")]
    CompressedPoint {
        /// the curve
        curve: KeyAlgorithm,
    },
    /// The value does not have the length of the hash's values.
    #[error("a value of {hash} has {expected} octets, got {got}")]
    DigestLength {
        /// the hash
        hash: Hash,
        /// its length in octets
        expected: usize,
        /// the length of what was given
        got: usize,
    },
    /// The digest is of another hash than the signature algorithm uses.
    #[error("`{algorithm}` cannot sign a digest of {digest}")]
    DigestMismatch {
        /// the signature algorithm
        algorithm: SignatureAlgorithm,
        /// the hash of the digest
        digest: Hash,
    },
    /// The bytes are no SubjectPublicKeyInfo in DER.
    #[error("malformed public key: {what}")]
    Malformed {
        /// which part, and why
        what: String,
    },
    /// The AlgorithmIdentifier of a signature is no DER, or its parameters do not belong to the algorithm.
    #[error("malformed signature algorithm: {what}")]
    MalformedAlgorithm {
        /// which part, and why
        what: String,
    },
    /// The numbers are no point of the curve (or not below the field's prime).
    #[error("the public key is not a point on {curve}")]
    PointNotOnCurve {
        /// the curve
        curve: KeyAlgorithm,
    },
    /// RSASSA-PSS with other parameters than the hash for both purposes and a salt as long as the hash.
    #[error("RSASSA-PSS parameters are not supported: {what}")]
    PssParameters {
        /// which parameter, and why
        what: String,
    },
    /// RSA exponents of more than 33 bits are legal, but no verification with them is offered.
    #[error("RSA public exponent of {bits} bits is not supported, at most 33 bits are")]
    RsaExponent {
        /// length of the exponent in bits
        bits: usize,
    },
    /// A kind of key that this CA does not accept.
    #[error(
        "public keys of the kind `{algorithm}` are not supported, only RSA, P-256, P-384, P-521 and Ed25519 are"
    )]
    UnsupportedKey {
        /// name or object identifier of the kind
        algorithm: String,
    },
    /// A signature algorithm that this CA does not accept.
    #[error("{} signature algorithm `{algorithm}`", if *.broken { "broken" } else { "unsupported" })]
    UnsupportedSignature {
        /// name or object identifier of the algorithm
        algorithm: String,
        /// whether it is refused because forgeries are possible (SHA-1, MD5)
        broken: bool,
    },
    /// The key can be broken.
    #[error(transparent)]
    Weak(#[from] WeakKey),
}

impl KeyError {
    /// What the user should do next.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::BadSignature { .. } => {
                "the request was changed after it was signed, or was signed with another key; make it again: \
                 `openssl req -new -sha256 -key key.pem -out request.pem`"
            }
            Self::UnsupportedSignature { broken: true, .. } => {
                "signatures over SHA-1 and MD5 can be forged; make the request again with `openssl req -new -sha256 \
                 -key key.pem -out request.pem`"
            }
            Self::UnsupportedSignature { broken: false, .. }
            | Self::AlgorithmMismatch { .. }
            | Self::MalformedAlgorithm { .. } => {
                "make the request again with `openssl req -new -sha256 -key key.pem -out request.pem`"
            }
            Self::PssParameters { .. } => {
                "make the request again with `openssl req -new -sha256 -sigopt rsa_padding_mode:pss -sigopt \
                 rsa_pss_saltlen:32 -key key.pem -out request.pem`, or without any `-sigopt`"
            }
            Self::CompressedPoint { .. } => {
                "write the key again with `openssl pkey -in key.pem -ec_conv_form uncompressed -out new.pem` and make \
                 the request with it"
            }
            Self::UnsupportedKey { .. }
            | Self::RsaExponent { .. }
            | Self::PointNotOnCurve { .. } => {
                "make a new key, such as `openssl genpkey -algorithm EC -pkeyopt group:P-256 -out key.pem`"
            }
            Self::Weak(weak) => return weak.hint(),
            Self::DigestLength { .. } | Self::DigestMismatch { .. } | Self::Malformed { .. } => {
                return None;
            }
        };
        Some(hint.to_owned())
    }
}

/// A private key in a file that cannot be read, made or written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PrivateKeyError {
    /// The key is protected by a pass phrase.
    #[error("the private key is encrypted (`{form}`)")]
    Encrypted {
        /// how one sees it: the PEM label or header
        form: String,
    },
    /// A file of that name is there already; keys are never overwritten.
    #[error("`{}` exists already", path.display())]
    Exists {
        /// the file
        path: PathBuf,
    },
    /// The crypto library could not make a key.
    #[error("a key of the kind {algorithm} could not be made")]
    Generation {
        /// the kind of key
        algorithm: KeyAlgorithm,
    },
    /// The file could not be written.
    #[error("cannot write `{}`", path.display())]
    Io {
        /// the file
        path: PathBuf,
        /// why
        source: io::Error,
    },
    /// The PEM or DER is damaged.
    #[error("malformed private key: {what}")]
    Malformed {
        /// which part, and why
        what: String,
    },
    /// The key is encrypted, and there is no pass phrase to open it with.
    #[error("the private key is encrypted, and {reason}")]
    NoPassphrase {
        /// why there is none
        reason: String,
    },
    /// There is not exactly one private key.
    #[error("expected exactly one PEM block with a private key, found {found}")]
    NotOneKey {
        /// what there is instead
        found: String,
    },
    /// The public half is not acceptable.
    #[error(transparent)]
    Public(#[from] KeyError),
    /// Well formed, but the crypto library does not take it: numbers that do not fit one another, RSA below 2048 bits.
    #[error("the {algorithm} private key is not usable: {reason}")]
    Rejected {
        /// the kind of key
        algorithm: String,
        /// the library's word for it
        reason: String,
    },
    /// The file holds the blob of a TPM key, not a private key.
    #[error("the file holds a key that lives in a TPM (`TSS2 PRIVATE KEY`)")]
    TpmKeyFile,
    /// A way to encrypt keys that is not known here.
    #[error("the private key is encrypted with `{cipher}`, which is not supported")]
    UnsupportedEncryption {
        /// name or object identifier
        cipher: String,
    },
    /// The pass phrase is not the one that the key was encrypted with.
    #[error("the pass phrase does not open the private key")]
    WrongPassphrase,
    /// A kind of key that cannot be used here.
    #[error("private keys of the kind `{algorithm}` are not supported")]
    Unsupported {
        /// name or object identifier of the kind
        algorithm: String,
    },
}

impl PrivateKeyError {
    /// What the user should do next.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Encrypted { .. } => {
                "decrypt it first: `openssl pkcs8 -topk8 -nocrypt -in key.pem -out plain.pem` asks for the pass phrase"
            }
            Self::NoPassphrase { .. } => {
                "give it as `file:PATH`, `env:VAR`, `fd:N`, `stdin` or `credential:NAME`"
            }
            Self::UnsupportedEncryption { .. } => {
                "have it written anew: `openssl pkey -in key.pem -aes256 -out new.pem` asks for the pass phrase"
            }
            Self::WrongPassphrase => {
                "was it changed, or typed wrongly? `openssl pkey -in key.pem -noout` asks for it too"
            }
            Self::Exists { .. } => {
                "keys are never overwritten: choose another name, or move the old key away"
            }
            Self::TpmKeyFile => "load it with its TPM instead of as a software key",
            Self::Unsupported { .. } | Self::Rejected { .. } => {
                "supported are RSA from 2048 to 8192 bits, EC keys on the named curves P-256, P-384 and P-521, and \
                 Ed25519; make one with `openssl genpkey -algorithm EC -pkeyopt group:P-256 -out key.pem`"
            }
            Self::NotOneKey { .. } | Self::Malformed { .. } => {
                "a private key begins with `-----BEGIN PRIVATE KEY-----`; `openssl pkey -in key.pem -noout -check` \
                 tells whether it is sound"
            }
            Self::Public(error) => return error.hint(),
            Self::Generation { .. } | Self::Io { .. } => return None,
        };
        Some(hint.to_owned())
    }
}

/// Nothing was signed, or nothing that may leave the house.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SignError {
    /// What the signer returned is not a signature of the digest under its own public key.
    #[error("{signer} returned a wrong `{algorithm}` signature; it was thrown away")]
    BadSignature {
        /// the signer, as it describes itself
        signer: String,
        /// the algorithm that was asked for
        algorithm: SignatureAlgorithm,
    },
    /// The digest or the algorithm does not go with the key.
    #[error(transparent)]
    Key(KeyError),
    /// The crypto library could not sign with a software key.
    #[error("{signer} could not make a `{algorithm}` signature")]
    Software {
        /// the signer, as it describes itself
        signer: String,
        /// the algorithm that was asked for
        algorithm: SignatureAlgorithm,
    },
    /// The TPM refused or could not be reached.
    #[error(transparent)]
    Tpm(#[from] TpmError),
    /// The signer cannot do this.
    #[error("{signer} cannot sign with `{algorithm}`: {reason}")]
    Unsupported {
        /// the signer, as it describes itself
        signer: String,
        /// the algorithm that was asked for
        algorithm: SignatureAlgorithm,
        /// why not
        reason: &'static str,
    },
}

impl SignError {
    /// What the user should do next.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::BadSignature { .. } => Some(
                "the TPM, or something on the way to it, is faulty or has been tampered with: do not use this key until \
                 the cause is found; `tpm2ca tpm info` shows which TPM answers"
                    .to_owned(),
            ),
            Self::Key(error) => error.hint(),
            Self::Tpm(error) => error.hint(),
            Self::Unsupported { .. } => Some("keys of a CA are RSA or EC keys".to_owned()),
            Self::Software { .. } => None,
        }
    }
}
