//! The errors of `store`.

use tpm2ca_store::{
    ClaimKind, IssuerId, NewIssuer, SqliteError, SqliteStore, State, Store, StoreError,
};
use tpm2ca_testkit::temp_dir;

use crate::{TIME, expect_all};

/// The first issuer of a store, for there is no other way to a number.
fn issuer() -> IssuerId {
    let folder = temp_dir();
    let store = SqliteStore::create(&folder.path().join("records.db")).unwrap();
    let issuer = NewIssuer {
        name: "root",
        subject_der: &[0x30, 0],
        key_id: &[1],
        key: "root.key",
        pinned_parent: None,
        certificate_der: None,
        requester: "test",
        at: 0,
    };
    store.add_issuer(&issuer).unwrap()
}

#[test]
fn store_error() {
    expect_all(
        "store_error",
        &[
            StoreError::SubjectIsCa {
                subject: "SUBJECT".into(),
                holder: "HOLDER".into(),
                is_ca: true,
            },
            StoreError::SubjectIsCa {
                subject: "SUBJECT".into(),
                holder: "HOLDER".into(),
                is_ca: false,
            },
            SqliteError::Busy.into(),
            StoreError::Corrupt {
                what: "WHAT".into(),
            },
            StoreError::SerialTaken {
                serial: "SERIAL".into(),
            },
            StoreError::SerialInvalid { len: 7 },
            StoreError::IssuerTaken {
                name: "NAME".into(),
            },
            StoreError::NoSuchIssuer { issuer: issuer() },
            StoreError::NotFound {
                serial: "SERIAL".into(),
            },
            StoreError::WrongCertificate { what: "WHAT" },
            StoreError::ReservationClosed {
                serial: "SERIAL".into(),
                state: State::Void,
            },
            StoreError::AlreadyRevoked {
                serial: "SERIAL".into(),
                at: 7,
                reason: Some(6),
            },
            StoreError::AlreadyRevoked {
                serial: "SERIAL".into(),
                at: 7,
                reason: None,
            },
            StoreError::NeverSigned {
                serial: "SERIAL".into(),
            },
            StoreError::NotOnHold {
                serial: "SERIAL".into(),
            },
            StoreError::InvalidReason { reason: 4 },
            StoreError::Unreadable,
            StoreError::CrlNumber {
                number: 7,
                state: "STATE",
            },
            StoreError::ClaimTaken {
                kind: ClaimKind::AcmeOrder,
            },
            StoreError::ClaimTaken {
                kind: ClaimKind::Token,
            },
            StoreError::ClaimTaken {
                kind: ClaimKind::Renewal,
            },
            StoreError::TokenExpired { until: TIME },
            StoreError::NotRenewable { why: "WHY" },
            StoreError::NoIndex,
            StoreError::NoBaseCrl { shards: 7 },
        ],
        StoreError::hint,
    );
}

/// With the hints that users get.
#[test]
fn sqlite_error() {
    expect_all(
        "sqlite_error",
        &[
            SqliteError::Missing {
                path: "PATH".into(),
            },
            SqliteError::Exists {
                path: "PATH".into(),
            },
            SqliteError::Foreign {
                path: "PATH".into(),
                found: 7,
            },
            SqliteError::NotADatabase,
            SqliteError::NewerVersion { found: 7, known: 7 },
            SqliteError::CannotOpen {
                detail: "DETAIL".into(),
            },
            SqliteError::ReadOnly {
                detail: "DETAIL".into(),
            },
            SqliteError::Busy,
            SqliteError::DiskFull,
            SqliteError::Io {
                doing: "reading",
                detail: "DETAIL".into(),
            },
            SqliteError::Io {
                doing: "writing",
                detail: "DETAIL".into(),
            },
            SqliteError::Sqlite {
                code: 7,
                detail: "DETAIL".into(),
            },
            SqliteError::WriterGone,
        ],
        |error| StoreError::from(error.clone()).hint(),
    );
}
