//! The errors of `keys`.

use std::io;

use tpm2ca_keys::{
    Hash, KeyAlgorithm, KeyError, PrivateKeyError, SignError, SignatureAlgorithm, WeakKey,
};
use tpm2ca_tpm::TpmError;

use crate::{expect_all, io_error};

#[test]
fn key_error() {
    expect_all(
        "key_error",
        &[
            KeyError::AlgorithmMismatch {
                key: KeyAlgorithm::P256,
                signature: "SIGNATURE".into(),
            },
            KeyError::BadSignature {
                key: KeyAlgorithm::P256,
                signature: "SIGNATURE".into(),
            },
            KeyError::CompressedPoint {
                curve: KeyAlgorithm::P256,
            },
            KeyError::DigestLength {
                hash: Hash::Sha256,
                expected: 7,
                got: 7,
            },
            KeyError::DigestMismatch {
                algorithm: SignatureAlgorithm::EcdsaSha256,
                digest: Hash::Sha256,
            },
            KeyError::Malformed {
                what: "WHAT".into(),
            },
            KeyError::MalformedAlgorithm {
                what: "WHAT".into(),
            },
            KeyError::PointNotOnCurve {
                curve: KeyAlgorithm::P256,
            },
            KeyError::PssParameters {
                what: "WHAT".into(),
            },
            KeyError::RsaExponent { bits: 7 },
            KeyError::UnsupportedKey {
                algorithm: "ALGORITHM".into(),
            },
            KeyError::UnsupportedSignature {
                algorithm: "ALGORITHM".into(),
                broken: false,
            },
            KeyError::UnsupportedSignature {
                algorithm: "ALGORITHM".into(),
                broken: true,
            },
            KeyError::Weak(WeakKey::Roca),
        ],
        KeyError::hint,
    );
}

#[test]
fn private_key_error() {
    expect_all(
        "private_key_error",
        &[
            PrivateKeyError::Encrypted {
                form: "FORM".into(),
            },
            PrivateKeyError::Exists {
                path: "PATH".into(),
            },
            PrivateKeyError::Generation {
                algorithm: KeyAlgorithm::P256,
            },
            PrivateKeyError::Io {
                path: "PATH".into(),
                source: io_error(io::ErrorKind::NotFound),
            },
            PrivateKeyError::Io {
                path: "PATH".into(),
                source: io_error(io::ErrorKind::PermissionDenied),
            },
            PrivateKeyError::Malformed {
                what: "WHAT".into(),
            },
            PrivateKeyError::NoPassphrase {
                reason: "REASON".into(),
            },
            PrivateKeyError::NotOneKey {
                found: "FOUND".into(),
            },
            PrivateKeyError::Public(KeyError::Weak(WeakKey::Roca)),
            PrivateKeyError::Rejected {
                algorithm: "ALGORITHM".into(),
                reason: "REASON".into(),
            },
            PrivateKeyError::TpmKeyFile,
            PrivateKeyError::UnsupportedEncryption {
                cipher: "CIPHER".into(),
            },
            PrivateKeyError::WrongPassphrase,
            PrivateKeyError::Unsupported {
                algorithm: "ALGORITHM".into(),
            },
        ],
        PrivateKeyError::hint,
    );
}

#[test]
fn sign_error() {
    expect_all(
        "sign_error",
        &[
            SignError::BadSignature {
                signer: "SIGNER".into(),
                algorithm: SignatureAlgorithm::EcdsaSha256,
            },
            SignError::Key(KeyError::Weak(WeakKey::Roca)),
            SignError::Software {
                signer: "SIGNER".into(),
                algorithm: SignatureAlgorithm::EcdsaSha256,
            },
            SignError::Tpm(TpmError::Stopped),
            SignError::Unsupported {
                signer: "SIGNER".into(),
                algorithm: SignatureAlgorithm::EcdsaSha256,
                reason: "REASON",
            },
        ],
        SignError::hint,
    );
}

#[test]
fn weak_key() {
    expect_all(
        "weak_key",
        &[
            WeakKey::RsaTooShort { bits: 7 },
            WeakKey::RsaTooLong { bits: 7 },
            WeakKey::ExponentEven,
            WeakKey::ExponentTooSmall { exponent: 7 },
            WeakKey::ExponentTooLarge { bits: 7 },
            WeakKey::SmallFactor { factor: 7 },
            WeakKey::Roca,
            WeakKey::ClosePrimes,
            WeakKey::SmallOrderPoint,
        ],
        WeakKey::hint,
    );
}
