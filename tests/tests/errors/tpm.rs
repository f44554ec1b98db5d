//! The errors of `tpm`.

use std::{io, sync::LazyLock, time::Duration};

use tpm2ca_tests::keys::KeyBench;
use tpm2ca_tpm::{
    Algorithm, Curve, HashAlg, KeyFileError, Origin, ParseNameError, ParseParentError,
    PersistentKey, PolicyError, ResponseCode, TctiError, Tpm, TpmError, TpmOptions, TransportError,
};

use crate::{expect_all, io_error, name};

#[test]
fn tpm_error() {
    expect_all(
        "tpm_error",
        &[
            TpmError::RefusedBefore {
                what: "WHAT".into(),
                empty: false,
            },
            TpmError::RefusedBefore {
                what: "WHAT".into(),
                empty: true,
            },
            TpmError::RequestLimit {
                limit: "LIMIT".into(),
            },
            TpmError::Transport(TransportError::NotFound { at: "AT".into() }),
            TpmError::Rc {
                command: "COMMAND",
                code: ResponseCode::new(0x1d5),
                argument: Some("ARGUMENT"),
            },
            TpmError::Rc {
                command: "COMMAND",
                code: ResponseCode::new(0x1d5),
                argument: None,
            },
            TpmError::Lockout {
                until: Duration::from_secs(7),
                lockout_counter: 7,
                max_auth_fail: 7,
                recovery: Duration::from_secs(7),
            },
            TpmError::Lockout {
                until: Duration::from_secs(0),
                lockout_counter: 7,
                max_auth_fail: 7,
                recovery: Duration::from_secs(0),
            },
            TpmError::AuthFailed {
                what: "WHAT".into(),
                tries_left: Some(1),
                empty: false,
            },
            TpmError::AuthFailed {
                what: "WHAT".into(),
                tries_left: None,
                empty: true,
            },
            TpmError::AuthFailed {
                what: "WHAT".into(),
                tries_left: Some(0),
                empty: false,
            },
            TpmError::AuthFailed {
                what: "WHAT".into(),
                tries_left: Some(2),
                empty: false,
            },
            TpmError::WrongParent {
                tried: "TRIED".into(),
            },
            TpmError::NoParent {
                handle: 0x8100_0010,
            },
            TpmError::NotWrappedForThis {
                tried: "TRIED".into(),
            },
            TpmError::CannotLeave {
                reason: "REASON".into(),
            },
            TpmError::BadParentPublic {
                reason: "REASON".into(),
            },
            TpmError::UnsuitableParent {
                reason: "REASON".into(),
            },
            TpmError::NothingAt {
                handle: 0x8100_0010,
            },
            TpmError::HandleTaken {
                handle: 0x8100_0010,
                found: Box::new(persistent(Origin::StorageRoot)),
                same: false,
            },
            TpmError::HandleTaken {
                handle: 0x8100_0010,
                found: Box::new(persistent(Origin::UnderStorageRoot)),
                same: false,
            },
            TpmError::HandleTaken {
                handle: 0x8100_0010,
                found: Box::new(persistent(Origin::Other)),
                same: false,
            },
            TpmError::HandleTaken {
                handle: 0x8100_0010,
                found: Box::new(persistent(Origin::UnderStorageRoot)),
                same: true,
            },
            TpmError::KeyReplaced {
                handle: 0x8100_0010,
                expected: name(),
                got: name(),
            },
            TpmError::BadHandle {
                handle: 0x8100_0010,
                reason: "REASON".into(),
            },
            TpmError::Template {
                reason: "REASON".into(),
            },
            TpmError::WrongTpm {
                expected: name(),
                got: name(),
            },
            TpmError::UnsupportedAlgorithm {
                asked: Algorithm::Rsa { bits: 4096 },
                can: vec![Algorithm::Rsa { bits: 2048 }, Algorithm::Ecc(Curve::P256)],
            },
            TpmError::UnsupportedAlgorithm {
                asked: Algorithm::Rsa { bits: 4096 },
                can: Vec::new(),
            },
            TpmError::UnsupportedHash {
                asked: HashAlg::Sha384,
                can: vec![HashAlg::Sha256],
            },
            TpmError::UnsupportedHash {
                asked: HashAlg::Sha384,
                can: Vec::new(),
            },
            TpmError::UnsupportedKey {
                reason: "REASON".into(),
            },
            TpmError::DigestLength {
                hash: HashAlg::Sha384,
                got: 7,
            },
            TpmError::AuthTooLong { max: 7, got: 7 },
            TpmError::BadResponse {
                command: "COMMAND",
                problem: "PROBLEM".into(),
            },
            TpmError::ResponseHmac { command: "COMMAND" },
            TpmError::SlotsFull { what: "WHAT" },
            TpmError::Policy(Box::new(PolicyError::PcrMoved)),
            TpmError::Crypto {
                operation: "OPERATION",
            },
            TpmError::Thread {
                source: io_error(io::ErrorKind::NotFound),
            },
            TpmError::Thread {
                source: io_error(io::ErrorKind::PermissionDenied),
            },
            TpmError::Stopped,
        ],
        TpmError::hint,
    );
}

#[test]
fn policy_error() {
    expect_all(
        "policy_error",
        &[
            PolicyError::Invalid {
                step: 7,
                reason: "REASON".into(),
            },
            PolicyError::Malformed {
                step: 7,
                command: "COMMAND",
                reason: "REASON".into(),
            },
            PolicyError::Unsupported {
                step: 7,
                command: "COMMAND".into(),
            },
            PolicyError::NotTheKeys {
                wanted: vec![1, 2, 3],
                got: vec![1, 2, 3],
            },
            PolicyError::WrongCommand {
                allowed: "ALLOWED".into(),
            },
            PolicyError::PcrChanged {
                step: 7,
                bank: HashAlg::Sha384,
                pcrs: vec![1, 2, 3],
                expected: vec![1, 2, 3],
                actual: vec![1, 2, 3],
                values: "VALUES".into(),
            },
            PolicyError::PcrMoved,
            PolicyError::NoPcr {
                bank: HashAlg::Sha384,
                pcrs: vec![1, 2, 3],
            },
            PolicyError::NoApprover {
                step: 7,
                key: name(),
            },
            PolicyError::Refused {
                step: 7,
                key: name(),
                reason: "REASON".into(),
            },
            PolicyError::BadApproval {
                step: 7,
                key: name(),
            },
            PolicyError::ApprovalExpired { step: Some(2) },
            PolicyError::ApprovalExpired { step: None },
            PolicyError::NoSignedPolicy { key: name() },
            PolicyError::BadSignature {
                step: 7,
                key: name(),
            },
            PolicyError::SecretHolder {
                step: 7,
                handle: 0x8100_0010,
                wanted: name(),
                found: Some(name()),
            },
            PolicyError::SecretHolder {
                step: 7,
                handle: 0x8100_0010,
                wanted: name(),
                found: None,
            },
            PolicyError::WrongLocality {
                step: 7,
                allowed: 3,
            },
            PolicyError::Step {
                step: 7,
                command: "COMMAND",
                code: ResponseCode::new(0x1d5),
            },
            PolicyError::NotAccepted {
                code: ResponseCode::new(0x1d5),
            },
            PolicyError::NoneWorked {
                reasons: vec![("WAY".into(), PolicyError::PcrMoved)],
            },
        ],
        PolicyError::hint,
    );
}

#[test]
fn transport_error() {
    expect_all(
        "transport_error",
        &[
            TransportError::Io {
                at: "AT".into(),
                source: io_error(io::ErrorKind::NotFound),
            },
            TransportError::Io {
                at: "AT".into(),
                source: io_error(io::ErrorKind::PermissionDenied),
            },
            TransportError::NotFound { at: "AT".into() },
            TransportError::PermissionDenied { at: "AT".into() },
            TransportError::InUse {
                at: "AT".into(),
                by: "BY".into(),
            },
            TransportError::Closed { at: "AT".into() },
            TransportError::Timeout {
                at: "AT".into(),
                after: Duration::from_secs(7),
            },
            TransportError::Timeout {
                at: "AT".into(),
                after: Duration::from_secs(0),
            },
            TransportError::BadFrame {
                at: "AT".into(),
                expected: "EXPECTED".into(),
                got: "GOT".into(),
            },
            TransportError::LibraryMissing {
                library: "LIBRARY",
                reason: "REASON".into(),
            },
            TransportError::Emulator {
                at: "AT".into(),
                call: "CALL",
                code: 7,
            },
            TransportError::State {
                action: "ACTION",
                path: "PATH".into(),
                source: io_error(io::ErrorKind::NotFound),
            },
            TransportError::State {
                action: "ACTION",
                path: "PATH".into(),
                source: io_error(io::ErrorKind::PermissionDenied),
            },
        ],
        TransportError::hint,
    );
}

#[test]
fn tcti_error() {
    expect_all(
        "tcti_error",
        &[
            TctiError::UnknownKind {
                kind: "KIND".into(),
            },
            TctiError::BadOption {
                option: "OPTION".into(),
                tcti: "TCTI".into(),
            },
            TctiError::NoFolder,
        ],
        TctiError::hint,
    );
}

#[test]
fn parse_parent_error() {
    expect_all(
        "parse_parent_error",
        &[
            ParseParentError::NotHex { got: "GOT".into() },
            ParseParentError::Handle { got: 7 },
        ],
        |_| None,
    );
}

#[test]
fn parse_name_error() {
    expect_all(
        "parse_name_error",
        &[
            ParseNameError::NotHex,
            ParseNameError::TooShort,
            ParseNameError::UnknownAlgorithm { found: 7 },
            ParseNameError::Length {
                expected: 7,
                got: 7,
            },
        ],
        |_| None,
    );
}

#[test]
fn key_file_error() {
    expect_all(
        "key_file_error",
        &[
            KeyFileError::TooLarge { len: 7, max: 7 },
            KeyFileError::NoKey {
                found: vec!["ONE".into(), "TWO".into()],
            },
            KeyFileError::NoKey { found: Vec::new() },
            KeyFileError::SeveralKeys { count: 7 },
            KeyFileError::BadArmour {
                reason: "REASON".into(),
            },
            KeyFileError::Malformed {
                field: "FIELD",
                expected: "EXPECTED".into(),
            },
            KeyFileError::UnknownType { oid: "OID".into() },
            KeyFileError::Exists {
                path: "PATH".into(),
            },
            KeyFileError::Io {
                path: "PATH".into(),
                source: io_error(io::ErrorKind::NotFound),
            },
            KeyFileError::Io {
                path: "PATH".into(),
                source: io_error(io::ErrorKind::PermissionDenied),
            },
        ],
        KeyFileError::hint,
    );
}

/// A key of a real TPM, for there is no other way to a value of this type, with another name and origin.
fn persistent(origin: Origin) -> PersistentKey {
    static KEY: LazyLock<PersistentKey> = LazyLock::new(|| {
        let bench = KeyBench::new();
        let tpm = Tpm::open(&bench.tpm.tcti(), TpmOptions::default()).unwrap();
        tpm.persistent_handles().unwrap().remove(0)
    });
    let mut key = KEY.clone();
    key.name = Some(name());
    key.origin = origin;
    key
}
