//! The errors of `openssl-keys`.

use std::io;

use tpm2ca_keys::{KeyError, WeakKey};
use tpm2ca_openssl_keys as openssl_keys;
use tpm2ca_tpm::{KeyFileError, ParseParentError, TctiError, TpmError};

use crate::{expect_all, io_error};

#[test]
fn openssl_keys_error() {
    expect_all(
        "openssl_keys_error",
        &[
            openssl_keys::Error::Decryption,
            openssl_keys::Error::NotBelowModulus,
            openssl_keys::Error::Rsaes,
            openssl_keys::Error::Auth {
                reason: "REASON".into(),
            },
            openssl_keys::Error::BadSignature,
            openssl_keys::Error::Config {
                setting: "SETTING",
                reason: "REASON".into(),
            },
            openssl_keys::Error::DataLength {
                expected: "EXPECTED".into(),
                got: 7,
            },
            openssl_keys::Error::Key(KeyError::Weak(WeakKey::Roca)),
            openssl_keys::Error::KeyFile(KeyFileError::SeveralKeys { count: 2 }),
            openssl_keys::Error::NoKey,
            openssl_keys::Error::NoRoom { needed: 7, got: 7 },
            openssl_keys::Error::NotText,
            openssl_keys::Error::NullArgument,
            openssl_keys::Error::Panic {
                message: "MESSAGE".into(),
            },
            openssl_keys::Error::Parameter {
                name: "NAME".into(),
            },
            openssl_keys::Error::Parent(ParseParentError::Handle { got: 7 }),
            openssl_keys::Error::ReadFile {
                path: "PATH".into(),
                source: io_error(io::ErrorKind::NotFound),
            },
            openssl_keys::Error::ReadFile {
                path: "PATH".into(),
                source: io_error(io::ErrorKind::PermissionDenied),
            },
            openssl_keys::Error::Tcti(TctiError::NoFolder),
            openssl_keys::Error::Tpm(TpmError::Stopped),
            openssl_keys::Error::Unsupported {
                what: "WHAT".into(),
                reason: "REASON",
            },
            openssl_keys::Error::Unwanted,
        ],
        |_| None,
    );
}
