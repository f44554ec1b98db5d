//! What is wrong with an openssl.cnf.

use std::io;

use tpm2ca_openssl_ca::config::{CaFileError, PolicyRefusal};
use tpm2ca_openssl_ca::req::ReqError;
use tpm2ca_openssl_conf::{Conf, ConfError, Place};
use tpm2ca_openssl_x509v3::OpensslError;

use crate::{expect_all, io_error, of_openssl};

fn place() -> Place {
    let conf = Conf::parse(b"[a]\nb = c\n", "openssl.cnf", &|_| None).unwrap();
    conf.get("a", "b").unwrap().place().clone()
}

#[test]
fn conf_error() {
    expect_all(
        "conf_error",
        &[
            ConfError::ExpansionTooLong {
                place: place(),
                name: Some("NAME".into()),
                variable: "VARIABLE".into(),
            },
            ConfError::ExpansionTooLong {
                place: place(),
                name: None,
                variable: "VARIABLE".into(),
            },
            ConfError::IncludeDepth {
                place: place(),
                path: "PATH".into(),
            },
            ConfError::IncludeCount { place: place() },
            ConfError::InvalidPragma {
                place: place(),
                expected: "EXPECTED",
                got: "GOT".into(),
            },
            ConfError::MissingBracket {
                place: place(),
                got: "GOT".into(),
            },
            ConfError::MissingEqualSign {
                place: place(),
                got: "GOT".into(),
            },
            ConfError::MissingSection {
                place: place(),
                section: "SECTION".into(),
                name: "NAME".into(),
                missing: "MISSING".into(),
            },
            ConfError::NoValue {
                place: place(),
                name: Some("NAME".into()),
                variable: "VARIABLE".into(),
            },
            ConfError::NoValue {
                place: place(),
                name: None,
                variable: "VARIABLE".into(),
            },
            ConfError::NumberTooLarge {
                place: place(),
                section: "SECTION".into(),
                name: "NAME".into(),
                got: "GOT".into(),
            },
            ConfError::NotUtf8 {
                place: place(),
                what: "WHAT".into(),
            },
            ConfError::NullByte { place: place() },
            ConfError::Read {
                path: "PATH".into(),
                source: io_error(io::ErrorKind::NotFound),
            },
            ConfError::Read {
                path: "PATH".into(),
                source: io_error(io::ErrorKind::PermissionDenied),
            },
            ConfError::RelativeInclude {
                place: place(),
                path: "PATH".into(),
            },
            ConfError::TooLarge {
                file: "FILE".into(),
            },
            ConfError::ValuesTooLarge { place: place() },
            ConfError::UnclosedVariable {
                place: place(),
                name: Some("NAME".into()),
                expected: '}',
                got: "GOT".into(),
            },
            ConfError::UnclosedVariable {
                place: place(),
                name: None,
                expected: '}',
                got: "GOT".into(),
            },
        ],
        ConfError::hint,
    );
}

#[test]
fn openssl_error() {
    expect_all(
        "openssl_error",
        &[
            OpensslError::Entry {
                place: "PLACE".into(),
                section: "SECTION".into(),
                key: "KEY".into(),
                problem: "PROBLEM".into(),
                hint: Some("HINT".into()),
            },
            OpensslError::Entry {
                place: "PLACE".into(),
                section: "SECTION".into(),
                key: "KEY".into(),
                problem: "PROBLEM".into(),
                hint: None,
            },
            OpensslError::Text {
                text: "TEXT".into(),
                problem: "PROBLEM".into(),
                hint: Some("HINT".into()),
            },
            OpensslError::Text {
                text: "TEXT".into(),
                problem: "PROBLEM".into(),
                hint: None,
            },
        ],
        |error| error.hint().map(str::to_owned),
    );
}

#[test]
fn ca_file_error() {
    expect_all(
        "ca_file_error",
        &[
            CaFileError::Conf(ConfError::IncludeCount { place: place() }),
            CaFileError::Openssl(of_openssl()),
            CaFileError::MissingKey {
                file: "FILE".into(),
                section: "SECTION".into(),
                key: "KEY",
                purpose: "PURPOSE",
            },
            CaFileError::MissingSection {
                place: "PLACE".into(),
                section: "SECTION".into(),
                purpose: "PURPOSE",
            },
            CaFileError::Value {
                place: "PLACE".into(),
                section: "SECTION".into(),
                key: "KEY".into(),
                problem: "PROBLEM".into(),
                hint: Some("HINT".into()),
            },
            CaFileError::Value {
                place: "PLACE".into(),
                section: "SECTION".into(),
                key: "KEY".into(),
                problem: "PROBLEM".into(),
                hint: None,
            },
        ],
        CaFileError::hint,
    );
}

#[test]
fn policy_refusal() {
    expect_all(
        "policy_refusal",
        &[
            PolicyRefusal::NotSupplied {
                field: "FIELD".into(),
            },
            PolicyRefusal::NothingToMatch {
                field: "FIELD".into(),
                ca: "CA".into(),
            },
            PolicyRefusal::NotInCa {
                field: "FIELD".into(),
            },
            PolicyRefusal::Different {
                field: "FIELD".into(),
                ca: "CA".into(),
                request: "REQUEST".into(),
                types: false,
            },
            PolicyRefusal::Different {
                field: "FIELD".into(),
                ca: "CA".into(),
                request: "REQUEST".into(),
                types: true,
            },
            PolicyRefusal::EmailType,
            PolicyRefusal::Characters {
                field: "FIELD".into(),
            },
        ],
        |error| Some(error.hint()),
    );
}

#[test]
fn req_error() {
    expect_all(
        "req_error",
        &[
            ReqError::Conf(ConfError::IncludeCount { place: place() }),
            ReqError::Openssl(of_openssl()),
            ReqError::NoName {
                file: "FILE".into(),
                section: "SECTION".into(),
            },
            ReqError::EmptyName {
                place: "PLACE".into(),
            },
            ReqError::Value {
                place: "PLACE".into(),
                section: "SECTION".into(),
                key: "KEY".into(),
                problem: "PROBLEM".into(),
                hint: Some("HINT".into()),
            },
            ReqError::Value {
                place: "PLACE".into(),
                section: "SECTION".into(),
                key: "KEY".into(),
                problem: "PROBLEM".into(),
                hint: None,
            },
        ],
        ReqError::hint,
    );
}
