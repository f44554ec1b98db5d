//! A disk that fails at the worst moments.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::{
    fs, io,
    sync::{Arc, Mutex},
};

use support::{
    Ca, assert_sound, audit, csr,
    failing_store::{Call, FailingStore, When},
    no_tpm, now, rows,
};
use tpm2ca_authority::{
    Authority, AuthorityError, Environment, ErrorClass, IssueRequest, RevokeRequest,
};
use tpm2ca_store::{
    AuditKind, SqliteError, SqliteStore, State, Status, StoreError, StoreErrorClass,
};
use tpm2ca_x509::{Serial, crl::CertificateList};

type Switch = Arc<Mutex<Option<(Call, When)>>>;

fn failing(ca: &Ca) -> (Authority, Switch) {
    failing_with(ca, SqliteError::DiskFull.into())
}

fn failing_with(ca: &Ca, error: StoreError) -> (Authority, Switch) {
    let fail = Switch::default();
    let store = FailingStore {
        inner: SqliteStore::open(&ca.path("records.db")).unwrap(),
        fail: Arc::clone(&fail),
        error,
    };
    let authority = Authority::with_store(
        ca.directory(),
        Box::new(store),
        no_tpm(),
        Environment::default(),
    )
    .unwrap();
    (authority, fail)
}

fn issue_on_a_full_disk(authority: &Authority) {
    let request = csr("www.example.com");
    let error = authority
        .issue(&IssueRequest::new(&request, "server", "test"))
        .unwrap_err();
    assert!(
        matches!(&error, AuthorityError::Store(error) if error.class() == StoreErrorClass::Unavailable),
        "{error:?}"
    );
}

#[test]
fn a_reservation_that_fails_is_never_signed() {
    let ca = Ca::new();
    let (authority, fail) = failing(&ca);
    *fail.lock().unwrap() = Some((Call::Reserve, When::Before));
    issue_on_a_full_disk(&authority);
    assert_eq!(rows(authority.store()).len(), 0);

    // It may have reached the disk all the same; it stays, since nobody knows.
    *fail.lock().unwrap() = Some((Call::Reserve, When::After));
    issue_on_a_full_disk(&authority);
    assert_sound(&authority, 1);
    *fail.lock().unwrap() = None;
    assert_eq!(rows(authority.store())[0].status(now()), Status::Reserved);
}

#[test]
fn a_certificate_that_cannot_be_recorded_is_not_handed_out() {
    let ca = Ca::new();
    let (authority, fail) = failing(&ca);
    *fail.lock().unwrap() = Some((Call::Record, When::Before));
    issue_on_a_full_disk(&authority);
    assert_sound(&authority, 1);
    let row = rows(authority.store()).pop().unwrap();
    assert_eq!(row.status(now()), Status::Reserved);

    // It exists somewhere in memory or in a core dump: it can be revoked, and then is on the CRL.
    let serial = Serial::from_be_bytes(&row.serial).unwrap();
    let revoked = authority
        .revoke(&RevokeRequest {
            serial: &serial,
            issuer: None,
            reason: None,
            invalidity_date: None,
            requester: "test",
        })
        .unwrap();
    assert_eq!(revoked.outcome.state, State::Reserved);
    let crl = authority.crl(None, None, "test").unwrap();
    let der = fs::read(crl.path).unwrap();
    let list = CertificateList::parse(&der).unwrap();
    assert!(list.find(&serial.to_integer_content()).unwrap().is_some());
    assert_sound(&authority, 0);

    // Recorded, but the answer was lost: it is known, though the caller never got it.
    *fail.lock().unwrap() = Some((Call::Record, When::After));
    issue_on_a_full_disk(&authority);
    assert_sound(&authority, 0);
    assert_eq!(rows(authority.store())[1].status(now()), Status::Valid);
}

#[test]
fn a_refusal_stays_one_when_it_cannot_be_recorded() {
    let ca = Ca::new();
    let (authority, fail) = failing(&ca);
    *fail.lock().unwrap() = Some((Call::Refuse, When::Before));
    let request = csr("bad_name.example.com");
    let error = authority
        .issue(&IssueRequest::new(&request, "server", "test"))
        .unwrap_err();
    assert!(matches!(error, AuthorityError::Refused(_)), "{error:?}");
    assert_eq!(audit(authority.store(), AuditKind::Refused).len(), 0);
}

#[test]
fn a_crl_that_cannot_be_recorded_is_not_published() {
    let ca = Ca::new();
    let (authority, fail) = failing(&ca);
    let first = authority.crl(None, None, "test").unwrap();
    let published = fs::read(&first.path).unwrap();
    *fail.lock().unwrap() = Some((Call::RecordCrl, When::Before));
    assert!(authority.crl(None, None, "test").is_err());
    assert_eq!(fs::read(&first.path).unwrap(), published);
    assert_eq!(
        fs::read_dir(ca.path("crl")).unwrap().count(),
        1,
        "nothing half-made stays"
    );
    *fail.lock().unwrap() = None;
    let third = authority.crl(None, None, "test").unwrap();
    assert_eq!(
        (first.number, third.number),
        (1, 3),
        "a number is never used twice"
    );
    assert_sound(&authority, 0);
}

#[test]
fn every_class_of_error_reaches_the_caller() {
    let ca = Ca::new();
    for class in StoreErrorClass::ALL {
        let error = StoreError::database(class, Some("HINT"), io::Error::other("MESSAGE"));
        let (authority, fail) = failing_with(&ca, error);
        let request = csr("www.example.com");
        for call in [Call::Reserve, Call::Record, Call::RecordCrl] {
            *fail.lock().unwrap() = Some((call, When::Before));
            let error = match call {
                Call::RecordCrl => authority.crl(None, None, "test").map(drop),
                _ => authority
                    .issue(&IssueRequest::new(&request, "server", "test"))
                    .map(drop),
            }
            .unwrap_err();
            assert!(
                matches!(&error, AuthorityError::Store(error) if error.class() == class),
                "{class:?}: {error:?}"
            );
            assert_eq!(
                (error.to_string().as_str(), error.hint().as_deref()),
                ("MESSAGE", Some("HINT"))
            );
            assert_eq!(error.class(), ErrorClass::Failed);
            assert!(!error.is_refusal());
        }
    }
}
