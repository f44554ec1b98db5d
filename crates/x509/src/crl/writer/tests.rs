//! Lengths announced against lengths written, and everything that must not become a CRL.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::convert::Infallible;

use super::*;
use crate::{Name, crl::CertificateList};

fn entries(serials: &[u64]) -> Vec<RevokedEntry> {
    let entry = |&serial: &u64| RevokedEntry {
        serial: crate::Serial::from_be_bytes(&serial.to_be_bytes()).unwrap(),
        revoked_at: 1_000_000_000,
        reason: None,
        invalidity_date: None,
    };
    serials.iter().map(entry).collect()
}

fn good(entries: &[RevokedEntry]) -> impl Iterator<Item = Result<RevokedEntry, Infallible>> {
    entries.iter().cloned().map(Ok)
}

fn fields(issuer_der: &[u8]) -> CrlFields<'_> {
    CrlFields {
        signature_algorithm: SignatureAlgorithm::EcdsaSha256,
        issuer_der,
        this_update: 1_000_000_000,
        next_update: 1_000_086_400,
        authority_key_id: &[7; 20],
        number: 0x80,
        extensions: &[],
    }
}

fn issuer() -> Vec<u8> {
    Name::common_name("CA").unwrap().as_der().to_vec()
}

fn write_all(
    fields: &CrlFields<'_>,
    size: &EntriesSize,
    second: &[RevokedEntry],
) -> Result<Vec<u8>, CrlError> {
    let mut out = Vec::new();
    match fields.write(size, good(second), b"signature", &mut out) {
        Ok(()) => Ok(out),
        Err(CrlStreamError::Crl(error)) => Err(error),
        Err(CrlStreamError::Entries(never)) => match never {},
    }
}

#[test]
fn announced_lengths_are_true() {
    let issuer = issuer();
    for count in [0, 1, 3, 5, 6, 7, 2000, 3000] {
        let entries = entries(&(1..=count).collect::<Vec<_>>());
        let size = CrlFields::entries_len(good(&entries)).unwrap();
        let fields = fields(&issuer);
        let mut tbs = Vec::new();
        fields.write_tbs(&size, good(&entries), &mut tbs).unwrap();
        assert_eq!(tbs.len() as u64, fields.tbs_len(&size).unwrap());
        let der = write_all(&fields, &size, &entries).unwrap();
        let read = CertificateList::parse(&der).unwrap();
        assert_eq!(read.tbs_der(), tbs, "{count}");
        assert_eq!(read.entries().count() as u64, count);
    }
}

#[test]
fn no_entries_means_no_field() {
    let issuer = issuer();
    let der = write_all(&fields(&issuer), &EntriesSize::new(), &[]).unwrap();
    // Directly after the two times come the extensions.
    let at = der
        .windows(15)
        .position(|w| w == b"\x17\x0d010910014640Z")
        .unwrap();
    assert_eq!(der[at + 15], tag::context_constructed(0));
}

#[test]
fn entries_that_change_are_an_error() {
    let issuer = issuer();
    let measured = entries(&[1, 2, 3]);
    let size = CrlFields::entries_len(good(&measured)).unwrap();
    let changed: [&[u64]; 7] = [
        &[1, 2],
        &[],
        &[1, 2, 3, 4],
        &[1, 2, 4],
        &[3, 2, 1],
        &[1, 2, 300],
        &[1, 500],
    ];
    for second in changed {
        let error = write_all(&fields(&issuer), &size, &entries(second)).unwrap_err();
        assert!(
            matches!(
                error,
                CrlError::EntriesChanged {
                    announced_count: 3,
                    ..
                }
            ),
            "{second:?}: {error}"
        );
    }
    assert!(write_all(&fields(&issuer), &size, &measured).is_ok());
}

#[test]
fn nothing_beyond_the_announced_entries_is_written() {
    let issuer = issuer();
    let many = entries(&(1..=5000).collect::<Vec<_>>());
    let size = CrlFields::entries_len(good(&many[..100])).unwrap();
    let mut out = Vec::new();
    assert!(
        fields(&issuer)
            .write_tbs(&size, good(&many), &mut out)
            .is_err()
    );
    assert!(out.len() as u64 <= fields(&issuer).tbs_len(&size).unwrap());
}

#[test]
fn errors_of_the_source_travel_through() {
    let issuer = issuer();
    let broken = || [Ok(entries(&[1]).remove(0)), Err("disk on fire")];
    assert!(matches!(
        CrlFields::entries_len(broken()),
        Err(CrlStreamError::Entries("disk on fire"))
    ));
    let size = CrlFields::entries_len(good(&entries(&[1, 2]))).unwrap();
    let result = fields(&issuer).write_tbs(&size, broken(), &mut io::sink());
    assert!(matches!(
        result,
        Err(CrlStreamError::Entries("disk on fire"))
    ));
}

#[test]
fn errors_of_the_sink_travel_through() {
    struct Full;
    impl io::Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let issuer = issuer();
    let result = fields(&issuer).write_tbs(&EntriesSize::new(), good(&[]), &mut Full);
    assert!(
        matches!(&result, Err(CrlStreamError::Crl(CrlError::Io(e))) if e.kind() == io::ErrorKind::StorageFull),
        "{result:?}"
    );
}

#[test]
fn fields_that_make_no_crl_are_refused() {
    let issuer = issuer();
    let refusal = |fields: CrlFields<'_>| {
        write_all(&fields, &EntriesSize::new(), &[])
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        refusal(fields(b"\x30\x00")),
        "`issuer` of a CRL must not be empty"
    );
    assert!(refusal(fields(b"\x31\x00")).contains("must be SEQUENCE"));
    assert_eq!(
        refusal(CrlFields {
            next_update: 1_000_000_000,
            ..fields(&issuer)
        }),
        "next update 2001-09-09T01:46:40Z is not later than this update 2001-09-09T01:46:40Z"
    );
    let twice = [crl_number(1)];
    assert_eq!(
        refusal(CrlFields {
            extensions: &twice,
            ..fields(&issuer)
        }),
        "extension 2.5.29.20 occurs more than once"
    );
    let endless = EntriesSize {
        octets: 5 << 30,
        count: 100_000_000,
        ..EntriesSize::new()
    };
    let error = fields(&issuer).tbs_len(&endless).unwrap_err();
    assert!(
        matches!(
            error,
            CrlError::TooLong {
                octets: 5_368_709_120,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn remove_from_crl_is_for_delta_crls() {
    let issuer = issuer();
    let removed = [RevokedEntry {
        reason: Some(ReasonCode::RemoveFromCrl),
        ..entries(&[0x1f]).remove(0)
    }];
    let size = CrlFields::entries_len(good(&removed)).unwrap();
    let error = write_all(&fields(&issuer), &size, &removed).unwrap_err();
    assert!(matches!(&error, CrlError::RemoveFromCrl { serial } if serial.to_string() == "1f"));
    let delta = [Extension {
        oid: oid::DELTA_CRL_INDICATOR,
        critical: true,
        value: vec![2, 1, 1],
    }];
    assert!(
        write_all(
            &CrlFields {
                extensions: &delta,
                ..fields(&issuer)
            },
            &size,
            &removed
        )
        .is_ok()
    );
}

#[test]
fn crl_numbers_are_shortest_and_not_negative() {
    for (number, der) in [
        (0, &b"\x02\x01\x00"[..]),
        (0x7f, b"\x02\x01\x7f"),
        (0x80, b"\x02\x02\x00\x80"),
        (u64::MAX, b"\x02\x09\x00\xff\xff\xff\xff\xff\xff\xff\xff"),
    ] {
        assert_eq!(crl_number(number).value, der);
    }
}
