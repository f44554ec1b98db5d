//! The record of a certificate is found by the certificate, whoever else has used its serial number.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use support::{Ca, DAY, generate, now};
use tpm2ca_authority::AuthorityError;
use tpm2ca_keys::{Digest, Hash, KeyAlgorithm};
use tpm2ca_store::{Claim, Holder, NewReservation, Reserved, SqliteStore, State, Store};
use tpm2ca_x509::{CertificateFields, Name, Serial, SignatureAlgorithm, Validity, assemble};

/// A certificate by a key that is nobody's here: its signature is not looked at where its bytes are recorded.
fn certificate(issuer: &str, subject: &str, serial: &Serial) -> (Vec<u8>, Vec<u8>) {
    let key = generate(KeyAlgorithm::P256);
    let tbs = CertificateFields {
        serial,
        signature_algorithm: SignatureAlgorithm::EcdsaSha256,
        issuer_der: Name::common_name(issuer).unwrap().as_der(),
        validity: Validity {
            not_before: now(),
            not_after: now() + DAY,
        },
        subject_der: Name::common_name(subject).unwrap().as_der(),
        spki_der: key.public_key().spki_der(),
        extensions: &[],
    }
    .to_tbs_der()
    .unwrap();
    let signature = key
        .sign_message(SignatureAlgorithm::EcdsaSha256, &tbs)
        .unwrap();
    let der = assemble(&tbs, SignatureAlgorithm::EcdsaSha256, signature.bytes());
    (tbs, der)
}

#[test]
fn issuer_and_bytes_tell() {
    let ca = Ca::new();
    let authority = ca.open();
    let store = SqliteStore::open(&ca.path("records.db")).unwrap();
    let serial: Serial = "1000".parse().unwrap();
    let reserve = |issuer: &str, serial: &Serial, tbs: &[u8]| -> Reserved {
        store
            .reserve(&NewReservation {
                issuer: authority.issuer_id(issuer).unwrap(),
                holder: Holder {
                    subject_der: b"\x30\x00",
                    spki_der: b"",
                    is_ca: false,
                },
                serial: serial.as_be_bytes(),
                tbs_sha256: Digest::of(Hash::Sha256, tbs).value().try_into().unwrap(),
                requester: "test",
                profile: "server",
                subject: "CN=a",
                names: &[],
                not_before: now(),
                not_after: now() + DAY,
                claim: Claim::None,
                at: now(),
            })
            .unwrap()
    };
    let mut recorded = Vec::new();
    for (issuer, name) in [("root", "Root"), ("intermediate", "Intermediate")] {
        let (tbs, der) = certificate(name, "a", &serial);
        let reserved = reserve(issuer, &serial, &tbs);
        let _ = store.record(reserved, &der, None, now()).unwrap();
        recorded.push((issuer, der));
    }
    // The number alone does not tell.
    assert!(matches!(
        authority.find(&serial, None),
        Err(AuthorityError::Serial { issuers, .. }) if issuers.len() == 2
    ));
    for (issuer, der) in &recorded {
        let row = authority.find_certificate(der, None).unwrap();
        assert_eq!(authority.issuer_name(row.issuer), *issuer);
    }
    let problem = |der: &[u8], issuer: Option<&str>| match authority.find_certificate(der, issuer) {
        Err(AuthorityError::NotIssuedHere { problem, .. }) => problem,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        problem(&recorded[0].1, Some("intermediate")),
        "the certificate with this serial number here was issued by `CN=Intermediate`"
    );
    let another = certificate("Intermediate", "b", &serial).1;
    assert_eq!(
        problem(&another, Some("intermediate")),
        "the certificate with this serial number here is another one, for `CN=a`"
    );
    let mut damaged = recorded[1].1.clone();
    *damaged.last_mut().unwrap() ^= 1;
    problem(&damaged, None);
    let unknown = certificate("Root", "a", &"2000".parse().unwrap()).1;
    assert_eq!(
        problem(&unknown, None),
        "no certificate in the records has its serial number"
    );

    // What may have been signed is known by what was reserved.
    let open: Serial = "3000".parse().unwrap();
    let (tbs, der) = certificate("Root", "c", &open);
    drop(reserve("root", &open, &tbs));
    let row = authority.find_certificate(&der, None).unwrap();
    assert_eq!(row.state, State::Reserved);
    problem(&certificate("Root", "d", &open).1, None);
}
