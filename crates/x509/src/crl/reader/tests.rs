//! Lists that were written, read back; and lists that nobody should have written.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::convert::Infallible;

use proptest::prelude::*;

use super::*;
use crate::{
    Extension, Validity,
    crl::{CrlFields, RevokedEntry},
    write,
};

fn list(entries: &[RevokedEntry], extensions: &[Extension], number: u64) -> Vec<u8> {
    let issuer = Name::common_name("CA").unwrap();
    let fields = CrlFields {
        signature_algorithm: SignatureAlgorithm::EcdsaSha384,
        issuer_der: issuer.as_der(),
        this_update: 1_000_000_000,
        next_update: 2_600_000_000,
        authority_key_id: &[7; 20],
        number,
        extensions,
    };
    let all = || entries.iter().cloned().map(Ok::<_, Infallible>);
    let size = CrlFields::entries_len(all()).unwrap();
    let mut der = Vec::new();
    fields.write(&size, all(), b"signature", &mut der).unwrap();
    der
}

fn entry(serial: &str) -> RevokedEntry {
    RevokedEntry {
        serial: serial.parse().unwrap(),
        revoked_at: 999_999_999,
        reason: None,
        invalidity_date: None,
    }
}

/// A `TBSCertList` of these fields, made into a list with a signature of the same algorithm.
fn wrap(fields: &[&[u8]]) -> Vec<u8> {
    let mut content = write::tlv(tag::SEQUENCE, &fields.concat());
    content.extend_from_slice(ALGORITHM);
    write::push_whole_bytes(&mut content, b"signature");
    write::tlv(tag::SEQUENCE, &content)
}

fn one_extension(oid: der::asn1::ObjectIdentifier, value: &[u8]) -> Vec<u8> {
    let der = Extension {
        oid,
        critical: false,
        value: value.to_vec(),
    }
    .to_der();
    write::tlv(
        tag::context_constructed(0),
        &write::tlv(tag::SEQUENCE, &der),
    )
}

const ALGORITHM: &[u8] = SignatureAlgorithm::EcdsaSha384.to_der();
const VERSION: &[u8] = b"\x02\x01\x01";
const ISSUER: &[u8] = b"\x30\x0d\x31\x0b\x30\x09\x06\x03\x55\x04\x03\x0c\x02CA";
const TIME: &[u8] = b"\x17\x0d010909014640Z";

#[test]
fn fields_read_back() {
    let der = list(&[entry("05")], &[], 0xffff);
    let read = CertificateList::parse(&der).unwrap();
    assert_eq!(read.der(), der);
    assert_eq!(read.version(), 1);
    assert_eq!(read.issuer_der(), ISSUER);
    assert_eq!(read.issuer().to_string(), "CN=CA");
    assert_eq!(read.this_update(), 1_000_000_000);
    assert_eq!(read.next_update(), Some(2_600_000_000));
    assert_eq!(read.number(), Some(&[0, 0xff, 0xff][..]));
    assert_eq!(read.number_u64(), Some(0xffff));
    assert_eq!(read.authority_key_id(), Some(&[7; 20][..]));
    assert_eq!(
        read.signature_algorithm(),
        Ok(SignatureAlgorithm::EcdsaSha384)
    );
    assert_eq!(read.signature(), b"signature");
    assert_eq!(read.extensions().len(), 2);
    assert_eq!(read.unknown_critical_extensions().count(), 0);
    assert!(read.extension(oid::CRL_NUMBER).is_some());
    assert!(
        der.windows(read.tbs_der().len())
            .any(|w| w == read.tbs_der())
    );
}

#[test]
fn version_1_lists_have_few_fields() {
    let der = wrap(&[ALGORITHM, ISSUER, TIME]);
    let read = CertificateList::parse(&der).unwrap();
    assert_eq!(
        (read.version(), read.next_update(), read.number_u64()),
        (0, None, None)
    );
    assert_eq!(read.entries().count(), 0);
}

#[test]
fn malformed_lists() {
    let good = [VERSION, ALGORITHM, ISSUER, TIME];
    assert!(CertificateList::parse(&wrap(&good)).is_ok());
    let number =
        |content: &[u8]| one_extension(oid::CRL_NUMBER, &write::tlv(tag::INTEGER, content));
    let other_algorithm = SignatureAlgorithm::EcdsaSha256.to_der();
    for (fields, message) in [
        (
            &[b"\x02\x01\x00", ALGORITHM, ISSUER, TIME][..],
            "`version` must be 1 (v2) or absent, found 0",
        ),
        (
            &[VERSION, other_algorithm, ISSUER, TIME],
            "`signature` differs from `signatureAlgorithm`",
        ),
        (
            &[VERSION, ALGORITHM, TIME],
            "must be SEQUENCE, found UTCTime",
        ),
        (&[VERSION, ALGORITHM, ISSUER], "`thisUpdate` is missing"),
        (
            &[VERSION, ALGORITHM, ISSUER, TIME, b"\x05\x00"],
            "follow the end of `tbsCertList`",
        ),
        (
            &[VERSION, ALGORITHM, ISSUER, TIME, &number(&[0xff])],
            "`cRLNumber` must not be negative",
        ),
        (
            &[VERSION, ALGORITHM, ISSUER, TIME, &number(&[1; 21])],
            "`cRLNumber` has 21 octets, more than 20",
        ),
        (
            &[
                VERSION,
                ALGORITHM,
                ISSUER,
                TIME,
                &one_extension(oid::CRL_NUMBER, &[5, 0]),
            ],
            "must be INTEGER",
        ),
    ] {
        let error = CertificateList::parse(&wrap(fields))
            .unwrap_err()
            .to_string();
        assert!(error.contains(message), "{error}");
    }
}

#[test]
fn large_numbers_are_seen_but_do_not_fit() {
    let der = wrap(&[
        VERSION,
        ALGORITHM,
        ISSUER,
        TIME,
        &one_extension(oid::CRL_NUMBER, b"\x02\x09\x01\0\0\0\0\0\0\0\0"),
    ]);
    let read = CertificateList::parse(&der).unwrap();
    assert_eq!(
        (read.number().map(<[u8]>::len), read.number_u64()),
        (Some(9), None)
    );
}

#[test]
fn a_malformed_entry_ends_the_iteration() {
    let fine = entry("05").to_der().unwrap();
    let reason = |value: &[u8]| {
        let extension = Extension {
            oid: oid::CRL_REASON,
            critical: false,
            value: value.to_vec(),
        }
        .to_der();
        let parts = [
            b"\x02\x01\x06",
            TIME,
            &write::tlv(tag::SEQUENCE, &extension),
        ]
        .concat();
        write::tlv(tag::SEQUENCE, &parts)
    };
    for (bad, message) in [
        (b"\x05\x00".to_vec(), "must be SEQUENCE"),
        (
            b"\x30\x03\x02\x01\x06".to_vec(),
            "`revocationDate` is missing",
        ),
        (
            reason(&[ENUMERATED, 1, 7]),
            "`reasonCode` has no meaning: 7",
        ),
        (
            reason(&[ENUMERATED, 2, 0, 1]),
            "`reasonCode` must be one octet, found 2",
        ),
        (reason(&[tag::INTEGER, 1, 1]), "must be ENUMERATED"),
        (
            reason(&[ENUMERATED, 1, 1, 0]),
            "follow the end of `reasonCode`",
        ),
    ] {
        let entries = write::tlv(tag::SEQUENCE, &[&fine[..], &bad, &fine].concat());
        let der = wrap(&[VERSION, ALGORITHM, ISSUER, TIME, &entries]);
        let read = CertificateList::parse(&der).unwrap();
        let found: Vec<_> = read.entries().collect();
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].is_ok());
        let error = found[1].as_ref().unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
        assert!(read.find(&[5]).unwrap().is_some());
        assert!(read.find(&[9]).is_err());
    }
}

fn any_entry() -> impl Strategy<Value = RevokedEntry> {
    let time = || Validity::EARLIEST..=Validity::NO_EXPIRY;
    let reasons: Vec<_> = ReasonCode::ALL
        .into_iter()
        .filter(|&r| r != ReasonCode::RemoveFromCrl)
        .collect();
    (
        "[1-9a-f][0-9a-f]{0,37}",
        time(),
        proptest::option::of(proptest::sample::select(reasons)),
        proptest::option::of(time()),
    )
        .prop_map(
            |(serial, revoked_at, reason, invalidity_date)| RevokedEntry {
                serial: serial.parse().unwrap(),
                revoked_at,
                reason,
                invalidity_date,
            },
        )
}

proptest! {
    #[test]
    fn round_trips(entries in proptest::collection::vec(any_entry(), 0..20), number in any::<u64>()) {
        let der = list(&entries, &[], number);
        let read = CertificateList::parse(&der).unwrap();
        prop_assert_eq!(read.number_u64(), Some(number));
        let found: Vec<_> = read.entries().map(Result::unwrap).collect();
        prop_assert_eq!(found.len(), entries.len());
        for (found, sent) in found.iter().zip(&entries) {
            prop_assert_eq!(found.serial(), Ok(sent.serial.clone()));
            prop_assert_eq!(found.revoked_at(), sent.revoked_at);
            prop_assert_eq!(found.reason(), sent.reason.filter(|&r| r != ReasonCode::Unspecified));
            prop_assert_eq!(found.invalidity_date(), sent.invalidity_date);
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(read) = CertificateList::parse(&bytes) {
            let _ = read.entries().count();
        }
    }

    #[test]
    fn changed_lists_are_read_or_refused(at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in 0..3usize) {
        let entries = [
            RevokedEntry { reason: Some(ReasonCode::KeyCompromise), invalidity_date: Some(0), ..entry("7f01") },
            entry("05"),
        ];
        let mut der = list(&entries, &[], 300);
        let at = at.index(der.len());
        der[at] = byte;
        der.truncate(der.len() - cut);
        if let Ok(read) = CertificateList::parse(&der) {
            let _ = read.entries().count();
            let _ = (read.number_u64(), read.issuer(), read.signature_algorithm());
        }
    }
}
