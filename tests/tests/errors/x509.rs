//! The errors of `x509`.

use std::io;

use tpm2ca_x509::{self as x509, ObjectIdentifier, PemError, Serial, crl::CrlError};

use crate::{expect_all, io_error};

#[test]
fn x509_error() {
    expect_all(
        "x509_error",
        &[
            x509::Error::TooLarge { len: 7, max: 7 },
            x509::Error::Truncated {
                field: "FIELD",
                expected: 7,
                got: 7,
            },
            x509::Error::NotDer {
                field: "FIELD",
                offset: 7,
                problem: "PROBLEM",
            },
            x509::Error::NeitherPemNorDer {
                field: "FIELD",
                first: 4,
            },
            x509::Error::PemNotDer,
            x509::Error::WrongKind {
                expected: "EXPECTED",
                found: "FOUND",
            },
            x509::Error::TrailingData {
                field: "FIELD",
                offset: 7,
                len: 7,
            },
            x509::Error::WrongType {
                field: "FIELD",
                offset: 7,
                expected: "EXPECTED",
                found: "FOUND".into(),
            },
            x509::Error::Missing {
                field: "FIELD",
                offset: 7,
            },
            x509::Error::Value {
                field: "FIELD",
                problem: "PROBLEM".into(),
            },
            x509::Error::DuplicateExtension(ObjectIdentifier::new_unwrap("1.2.3")),
            x509::Error::UnknownSignatureAlgorithm(ObjectIdentifier::new_unwrap("1.2.3")),
            x509::Error::AlgorithmParameters {
                algorithm: "ALGORITHM",
                expected: "EXPECTED",
                found: "FOUND".into(),
            },
            x509::Error::NameSyntax {
                text: "TEXT".into(),
                problem: "PROBLEM".into(),
            },
            x509::Error::GeneralNameSyntax {
                text: "TEXT".into(),
                problem: "PROBLEM".into(),
            },
            x509::Error::Serial {
                problem: "PROBLEM".into(),
            },
            x509::Error::TimeOutOfRange { seconds: 7 },
            x509::Error::ValidityReversed {
                not_before: "NOT_BEFORE".into(),
                not_after: "NOT_AFTER".into(),
            },
        ],
        x509::Error::hint,
    );
}

#[test]
fn crl_error() {
    expect_all(
        "crl_error",
        &[
            CrlError::Encoding(x509::Error::PemNotDer),
            CrlError::Io(io_error(io::ErrorKind::NotFound)),
            CrlError::Io(io_error(io::ErrorKind::PermissionDenied)),
            CrlError::EntriesChanged {
                announced_count: 7,
                announced_octets: 7,
                found: "FOUND".into(),
            },
            CrlError::RemoveFromCrl {
                serial: Serial::from_be_bytes(&[0x12, 0x34]).unwrap(),
            },
            CrlError::UpdatesReversed {
                this_update: "THIS_UPDATE".into(),
                next_update: "NEXT_UPDATE".into(),
            },
            CrlError::TooLong { octets: 7, max: 7 },
        ],
        CrlError::hint,
    );
}

#[test]
fn pem_error() {
    expect_all(
        "pem_error",
        &[
            PemError::NoBlock {
                expected: "EXPECTED".into(),
            },
            PemError::SeveralBlocks {
                found: vec!["ONE".into(), "TWO".into()],
                expected: "EXPECTED".into(),
            },
            PemError::SeveralBlocks {
                found: Vec::new(),
                expected: "EXPECTED".into(),
            },
            PemError::WrongLabel {
                found: "FOUND".into(),
                expected: "EXPECTED".into(),
            },
            PemError::Utf16,
            PemError::NoEnd {
                label: "LABEL".into(),
                line: 7,
            },
            PemError::Begin { line: 7 },
            PemError::Headers {
                label: "LABEL".into(),
                header: "HEADER".into(),
            },
            PemError::Base64 {
                label: "LABEL".into(),
                line: 7,
            },
        ],
        PemError::hint,
    );
}
