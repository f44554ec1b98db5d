//! The deep check finds what was changed behind the CA's back.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::fs;

use support::{Ca, DAY, assert_sound, ca_certificate, csr, generate, now};
use tpm2ca_authority::IssueRequest;
use tpm2ca_keys::KeyAlgorithm;
use tpm2ca_store::{Claim, Holder, NewReservation, SqliteStore, Store};
use tpm2ca_x509::{CertificateFields, Name, Serial, SignatureAlgorithm, Validity, assemble, pem};

#[test]
fn a_sound_ca_is_found_sound_without_its_keys() {
    let ca = Ca::new();
    let authority = ca.open();
    let request = csr("www.example.com");
    for _ in 0..3 {
        authority
            .issue(&IssueRequest::new(&request, "server", "test"))
            .unwrap();
    }
    drop(authority);
    fs::remove_file(ca.path("intermediate.key")).unwrap();
    let authority = ca.open();
    assert_eq!(authority.check().unwrap().verified, 3);
    assert_sound(&authority, 0);
}

/// Somebody writes a certificate into the records, in due form, whose signature is not the issuer's.
#[test]
fn a_forged_certificate_in_the_records() {
    let ca = Ca::new();
    let authority = ca.open();
    let store = SqliteStore::open(&ca.path("records.db")).unwrap();
    let serial: Serial = "0badcafe".parse().unwrap();
    let stranger = generate(KeyAlgorithm::P256);
    let tbs = CertificateFields {
        serial: &serial,
        signature_algorithm: SignatureAlgorithm::EcdsaSha256,
        issuer_der: Name::common_name("Intermediate").unwrap().as_der(),
        validity: Validity {
            not_before: now(),
            not_after: now() + DAY,
        },
        subject_der: Name::common_name("forged").unwrap().as_der(),
        spki_der: stranger.public_key().spki_der(),
        extensions: &[],
    }
    .to_tbs_der()
    .unwrap();
    let signature = stranger
        .sign_message(SignatureAlgorithm::EcdsaSha256, &tbs)
        .unwrap();
    let reserved = store
        .reserve(&NewReservation {
            issuer: authority.issuer_id("intermediate").unwrap(),
            holder: Holder {
                subject_der: b"\x30\x00",
                spki_der: b"",
                is_ca: false,
            },
            serial: serial.as_be_bytes(),
            tbs_sha256: tpm2ca_keys::Digest::of(tpm2ca_keys::Hash::Sha256, &tbs)
                .value()
                .try_into()
                .unwrap(),
            requester: "mallory",
            profile: "server",
            subject: "CN=forged",
            names: &[],
            not_before: now(),
            not_after: now() + DAY,
            claim: Claim::None,
            at: now(),
        })
        .unwrap();
    let der = assemble(&tbs, SignatureAlgorithm::EcdsaSha256, signature.bytes());
    let _ = store.record(reserved, &der, None, now()).unwrap();
    let report = authority.check().unwrap();
    assert!(report.records.is_clean(), "to the records all is in order");
    assert!(!report.is_clean());
    assert_eq!(report.verified, 0);
    assert_eq!(report.problems.len(), 1, "{:?}", report.problems);
    assert!(
        report.problems[0].contains("badcafe") && report.problems[0].contains("intermediate"),
        "{:?}",
        report.problems
    );
}

#[test]
fn another_certificate_in_an_issuers_file() {
    let ca = Ca::new();
    let authority = ca.open();
    let root = fs::read(ca.path("root.key")).unwrap();
    let root = tpm2ca_keys::SoftwareKey::from_pkcs8_pem(&root).unwrap();
    // A new one for the same root: the name and the key are right.
    let der = ca_certificate(&root, "Root", None);
    fs::write(ca.path("root.crt"), pem::encode("CERTIFICATE", &der)).unwrap();
    let problems = authority.check().unwrap().problems;
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].contains("root.crt"), "{problems:?}");
    fs::remove_file(ca.path("root.crt")).unwrap();
    let problems = authority.check().unwrap().problems;
    assert_eq!(problems.len(), 1, "{problems:?}");
}

/// An intermediate that the root has not signed.
#[test]
fn an_intermediate_of_somebody_else() {
    let ca = Ca::new();
    let key = fs::read(ca.path("intermediate.key")).unwrap();
    let key = tpm2ca_keys::SoftwareKey::from_pkcs8_pem(&key).unwrap();
    let stranger = generate(KeyAlgorithm::P256);
    let der = ca_certificate(&key, "Intermediate", Some((&stranger, "Root")));
    fs::write(
        ca.path("intermediate.crt"),
        pem::encode("CERTIFICATE", &der),
    )
    .unwrap();
    let authority = ca.open();
    let store = SqliteStore::open(&ca.path("records.db")).unwrap();
    let id = authority.issuer_id("intermediate").unwrap();
    store
        .set_issuer_certificate(id, &der, "mallory", now())
        .unwrap();
    let problems = authority.check().unwrap().problems;
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(
        problems[0].contains("`intermediate`") && problems[0].contains("verify"),
        "{problems:?}"
    );
}
