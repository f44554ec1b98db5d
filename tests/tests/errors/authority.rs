//! The errors of `authority`.

use std::io;

use tpm2ca_authority::AuthorityError;
use tpm2ca_keys::{Hash, KeyAlgorithm, KeyError, PrivateKeyError, SignError, WeakKey};
use tpm2ca_lint::{Finding, Rejected, Severity, lints};
use tpm2ca_openssl_ca::config::{CaFileError, PolicyRefusal};
use tpm2ca_profile::{ProfileError, Refusal};
use tpm2ca_store::SqliteError;
use tpm2ca_tpm::{KeyFileError, TpmError};
use tpm2ca_x509::{self as x509, crl::CrlError};

use crate::{TIME, expect_all, io_error, of_openssl};

fn rejected() -> Rejected {
    let lint = &lints()[0];
    Rejected {
        findings: vec![Finding {
            lint: lint.name,
            severity: Severity::Error,
            message: "MESSAGE".into(),
            reference: "REFERENCE",
        }],
        tbs: Vec::new(),
    }
}

fn unknown_profile() -> ProfileError {
    ProfileError::UnknownProfile {
        name: "NAME".into(),
        known: vec!["ONE".into()],
    }
}

#[test]
fn authority_error() {
    expect_all(
        "authority_error",
        &[
            AuthorityError::NoCa("TEXT".into()),
            AuthorityError::NotIssuedHere {
                serial: "SERIAL".into(),
                issuer: "ISSUER".into(),
                problem: "PROBLEM".into(),
            },
            AuthorityError::OwnFile {
                path: "PATH".into(),
                what: "WHAT",
            },
            AuthorityError::DirectoryInUse {
                path: "PATH".into(),
                half_made: false,
            },
            AuthorityError::DirectoryInUse {
                path: "PATH".into(),
                half_made: true,
            },
            AuthorityError::NewerDirectory {
                path: "PATH".into(),
                found: 7,
                known: 7,
            },
            AuthorityError::Config {
                path: "PATH".into(),
                message: "MESSAGE".into(),
                hint: Some("HINT".into()),
            },
            AuthorityError::Config {
                path: "PATH".into(),
                message: "MESSAGE".into(),
                hint: None,
            },
            AuthorityError::Url {
                url: "URL".into(),
                problem: "PROBLEM",
            },
            AuthorityError::File {
                action: "ACTION",
                path: "PATH".into(),
                source: io_error(io::ErrorKind::NotFound),
            },
            AuthorityError::File {
                action: "ACTION",
                path: "PATH".into(),
                source: io_error(io::ErrorKind::PermissionDenied),
            },
            AuthorityError::FileExists("TEXT".into()),
            AuthorityError::Openssl(Box::new(of_openssl())),
            AuthorityError::HashDoesNotFit {
                key: KeyAlgorithm::P256,
                hash: Hash::Sha256,
            },
            AuthorityError::UnknownIssuer {
                asked: "ASKED".into(),
                known: vec!["ONE".into(), "TWO".into()],
            },
            AuthorityError::UnknownIssuer {
                asked: "ASKED".into(),
                known: Vec::new(),
            },
            AuthorityError::IssuerCertificate {
                path: "PATH".into(),
                message: "MESSAGE".into(),
            },
            AuthorityError::KeyMismatch {
                issuer: "ISSUER".into(),
                key: "KEY".into(),
                certificate: "CERTIFICATE".into(),
            },
            AuthorityError::Responder {
                path: "PATH".into(),
                message: "MESSAGE".into(),
            },
            AuthorityError::NoShards,
            AuthorityError::NoTpm,
            AuthorityError::Tpm(TpmError::Stopped),
            AuthorityError::Tss2File {
                path: "PATH".into(),
                source: KeyFileError::SeveralKeys { count: 2 },
            },
            AuthorityError::KeyFile {
                path: "PATH".into(),
                source: PrivateKeyError::WrongPassphrase,
            },
            AuthorityError::KeyHandle {
                message: "MESSAGE".into(),
            },
            AuthorityError::KeyAuth {
                key: "KEY".into(),
                message: "MESSAGE".into(),
            },
            AuthorityError::PublicKey {
                key: "KEY".into(),
                source: KeyError::Weak(WeakKey::Roca),
            },
            AuthorityError::SoftwareKey(PrivateKeyError::WrongPassphrase),
            AuthorityError::Signature(SignError::Key(KeyError::Weak(WeakKey::Roca))),
            AuthorityError::KeyCannotSign {
                issuer: "ISSUER".into(),
                key: KeyAlgorithm::P256,
                md: Some(Hash::Sha256),
            },
            AuthorityError::KeyCannotSign {
                issuer: "ISSUER".into(),
                key: KeyAlgorithm::P256,
                md: None,
            },
            AuthorityError::X509(x509::Error::PemNotDer),
            AuthorityError::Key(KeyError::Weak(WeakKey::Roca)),
            AuthorityError::Profile(unknown_profile()),
            AuthorityError::Refused(Refusal::PathLenExhausted),
            AuthorityError::UnreadableNames(x509::Error::PemNotDer),
            AuthorityError::RootByRequest,
            AuthorityError::Lint(Box::new(rejected())),
            AuthorityError::IssuerExpired {
                issuer: "ISSUER".into(),
                not_after: TIME,
            },
            AuthorityError::IssuerNotYetValid {
                issuer: "ISSUER".into(),
                not_before: TIME,
            },
            AuthorityError::Crl(CrlError::TooLong { octets: 7, max: 6 }),
            AuthorityError::Store(SqliteError::Busy.into()),
            AuthorityError::Serial {
                serial: "SERIAL".into(),
                issuers: vec!["ONE".into(), "TWO".into()],
            },
            AuthorityError::Serial {
                serial: "SERIAL".into(),
                issuers: Vec::new(),
            },
            AuthorityError::CaFile(Box::new(CaFileError::from(of_openssl()))),
            AuthorityError::Policy(PolicyRefusal::EmailType),
            AuthorityError::NoIndex("TEXT".into()),
            AuthorityError::TakenOver {
                path: "PATH".into(),
                issuer: "ISSUER".into(),
            },
            AuthorityError::Index {
                path: "PATH".into(),
                line: 7,
                problem: "PROBLEM".into(),
            },
            AuthorityError::NumberFile {
                path: "PATH".into(),
                got: "GOT".into(),
            },
            AuthorityError::NoSerialFile("TEXT".into()),
            AuthorityError::SubjectTaken {
                subject: "SUBJECT".into(),
                serial: "SERIAL".into(),
            },
            AuthorityError::RefusedHash {
                md: "MD".into(),
                from: "FROM".into(),
                why: "WHY",
            },
            AuthorityError::Strict("TEXT".into()),
            AuthorityError::UnlistableReason("TEXT".into()),
            AuthorityError::NotSelfSigned,
            AuthorityError::MissingSetting {
                section: "SECTION".into(),
                key: "KEY",
                purpose: "PURPOSE",
            },
            AuthorityError::Randomness,
            AuthorityError::BrokenOff,
            AuthorityError::SerialsRepeat { attempts: 7 },
        ],
        AuthorityError::hint,
    );
}
