//! Responses that were written, read back; and responses that nobody should have written.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::prelude::*;

use super::*;
use crate::{
    Extension, Name, Serial,
    crl::ReasonCode,
    ocsp::{BasicResponseFields, CertId, CertStatus, assemble_ocsp, ocsp_error},
    write,
};

fn id(serial: &str) -> CertId<'static> {
    CertId::new(
        oid::SHA256,
        &[1; 32],
        &[2; 32],
        &serial.parse::<Serial>().unwrap(),
    )
    .unwrap()
}

fn single(status: CertStatus) -> SingleResponse<'static> {
    SingleResponse {
        cert_id: id("0f"),
        status,
        this_update: 1_000_000_000,
        next_update: Some(1_000_086_400),
        archive_cutoff: None,
        invalidity_date: None,
    }
}

fn fields<'a>(responses: &'a [SingleResponse<'a>]) -> BasicResponseFields<'a> {
    BasicResponseFields {
        responder: ResponderId::ByKey(&[3; 20]),
        produced_at: 1_000_000_001,
        responses,
        nonce: None,
        extensions: &[],
    }
}

fn assemble(tbs: &[u8], certs: &[&[u8]]) -> Vec<u8> {
    assemble_ocsp(tbs, SignatureAlgorithm::EcdsaSha256, b"signature", certs)
}

fn basic(der: &[u8]) -> BasicResponse<'_> {
    match OcspResponse::parse(der).unwrap() {
        OcspResponse::Successful(basic) => *basic,
        OcspResponse::Error(status) => panic!("{status}"),
    }
}

#[test]
fn errors_are_five_bytes() {
    assert_eq!(
        ocsp_error(ErrorStatus::MalformedRequest),
        b"\x30\x03\x0a\x01\x01"
    );
    assert_eq!(
        ocsp_error(ErrorStatus::Unauthorized),
        b"\x30\x03\x0a\x01\x06"
    );
    for status in ErrorStatus::ALL {
        let der = ocsp_error(status);
        assert!(
            matches!(OcspResponse::parse(&der), Ok(OcspResponse::Error(read)) if read == status)
        );
    }
}

#[test]
fn statuses_without_meaning() {
    for (why, der) in [
        ("successful without an answer", &b"\x30\x03\x0a\x01\x00"[..]),
        ("4 is not used", b"\x30\x03\x0a\x01\x04"),
        ("no content", b"\x30\x02\x0a\x00"),
        ("two octets", b"\x30\x04\x0a\x02\x00\x01"),
        ("an error with an answer", b"\x30\x05\x0a\x01\x01\xa0\x00"),
        (
            "another type of answer",
            b"\x30\x0e\x0a\x01\x00\xa0\x09\x30\x07\x06\x03\x55\x1d\x14\x04\x00",
        ),
    ] {
        assert!(OcspResponse::parse(der).is_err(), "{why}");
    }
}

#[test]
fn an_answer_reads_back() {
    let responses = [
        single(CertStatus::Good),
        single(CertStatus::Unknown),
        SingleResponse {
            archive_cutoff: Some(0),
            invalidity_date: Some(86_400),
            next_update: None,
            ..single(CertStatus::Revoked {
                at: 999_999_999,
                reason: Some(ReasonCode::CertificateHold),
            })
        },
        single(CertStatus::Revoked {
            at: 5,
            reason: None,
        }),
    ];
    let name = Name::common_name("Responder").unwrap();
    let extra = [Extension {
        oid: oid::CRL_NUMBER,
        critical: false,
        value: vec![2, 1, 1],
    }];
    let tbs = BasicResponseFields {
        responder: ResponderId::ByName(name.as_der()),
        nonce: Some(&[8; 32]),
        extensions: &extra,
        ..fields(&responses)
    }
    .to_tbs_der()
    .unwrap();
    let certs: [&[u8]; 2] = [b"\x30\x00", b"\x30\x02\x05\x00"];
    let der = assemble(&tbs, &certs);
    let read = basic(&der);
    assert_eq!(read.tbs_der(), tbs);
    assert_eq!(
        read.signature_algorithm(),
        Ok(SignatureAlgorithm::EcdsaSha256)
    );
    assert_eq!(read.signature(), b"signature");
    assert_eq!(read.certs(), certs);
    assert_eq!(read.responder(), ResponderId::ByName(name.as_der()));
    assert_eq!(read.produced_at(), 1_000_000_001);
    assert_eq!(read.responses(), responses);
    assert_eq!(read.nonce(), Some(&[8; 32][..]));
    assert_eq!(read.extensions().len(), 2);
}

#[test]
fn status_encodings() {
    let der = |status| single(status).to_der().unwrap();
    let has = |der: &[u8], part: &[u8]| der.windows(part.len()).any(|w| w == part);
    assert!(has(
        &der(CertStatus::Good),
        b"\x80\x00\x18\x0f20010909014640Z\xa0\x11\x18\x0f"
    ));
    assert!(has(
        &der(CertStatus::Unknown),
        b"\x82\x00\x18\x0f20010909014640Z"
    ));
    let revoked = |reason| der(CertStatus::Revoked { at: 0, reason });
    assert!(has(
        &revoked(Some(ReasonCode::KeyCompromise)),
        b"\xa1\x16\x18\x0f19700101000000Z\xa0\x03\x0a\x01\x01\x18"
    ));
    assert!(has(&revoked(None), b"\xa1\x11\x18\x0f19700101000000Z\x18"));
    assert_eq!(revoked(Some(ReasonCode::Unspecified)), revoked(None));
}

#[test]
fn answers_that_are_not_written() {
    let good = [single(CertStatus::Good)];
    let twice = [Extension {
        oid: oid::OCSP_NONCE,
        critical: false,
        value: vec![4, 1, 1],
    }];
    let refused = [
        fields(&[]),
        BasicResponseFields {
            nonce: Some(&[]),
            ..fields(&good)
        },
        BasicResponseFields {
            nonce: Some(&[0; 129]),
            ..fields(&good)
        },
        BasicResponseFields {
            nonce: Some(&[1]),
            extensions: &twice,
            ..fields(&good)
        },
        BasicResponseFields {
            produced_at: i64::MAX,
            ..fields(&good)
        },
        BasicResponseFields {
            responder: ResponderId::ByKey(&[1; 32]),
            ..fields(&good)
        },
        BasicResponseFields {
            responder: ResponderId::ByName(b"\x05\x00"),
            ..fields(&good)
        },
    ];
    for fields in refused {
        assert!(fields.to_tbs_der().is_err(), "{fields:?}");
    }
    assert!(fields(&good).to_tbs_der().is_ok());

    let removed = CertStatus::Revoked {
        at: 0,
        reason: Some(ReasonCode::RemoveFromCrl),
    };
    assert!(single(removed).to_der().is_err());
    let reversed = SingleResponse {
        next_update: Some(0),
        ..single(CertStatus::Good)
    };
    assert_eq!(
        reversed.to_der().unwrap_err().to_string(),
        "`nextUpdate` 1970-01-01T00:00:00Z is earlier than `thisUpdate` 2001-09-09T01:46:40Z"
    );
}

#[test]
fn unknown_critical_single_extensions_are_refused() {
    let plain = single(CertStatus::Good).to_der().unwrap();
    let content = Cursor::new(&plain, "x").unwrap().any("x").unwrap().content;
    for (critical, accepted) in [(true, false), (false, true)] {
        let strange = Extension {
            oid: oid::KEY_USAGE,
            critical,
            value: vec![],
        }
        .to_der();
        let extensions = write::tlv(
            tag::context_constructed(1),
            &write::tlv(tag::SEQUENCE, &strange),
        );
        let der = write::tlv(tag::SEQUENCE, &[content, &extensions].concat());
        let read = SingleResponse::read(&mut Cursor::new(&der, "x").unwrap());
        assert_eq!(read.is_ok(), accepted, "{read:?}");
    }
}

fn any_status() -> impl Strategy<Value = CertStatus> {
    let time = || 0..4_000_000_000i64;
    let written: Vec<_> = ReasonCode::ALL
        .into_iter()
        .filter(|r| !matches!(r, ReasonCode::Unspecified | ReasonCode::RemoveFromCrl))
        .collect();
    prop_oneof![
        Just(CertStatus::Good),
        Just(CertStatus::Unknown),
        (
            time(),
            proptest::option::of(proptest::sample::select(written))
        )
            .prop_map(|(at, reason)| CertStatus::Revoked { at, reason }),
    ]
}

proptest! {
    #[test]
    fn round_trips(
        statuses in proptest::collection::vec(any_status(), 1..5),
        produced_at in crate::Validity::EARLIEST..=crate::Validity::NO_EXPIRY,
        nonce in proptest::option::of(proptest::collection::vec(any::<u8>(), 1..=128)),
        cutoff in proptest::option::of(0..4_000_000_000i64),
    ) {
        let responses: Vec<_> =
            statuses.into_iter().map(|s| SingleResponse { archive_cutoff: cutoff, invalidity_date: cutoff, ..single(s) }).collect();
        let fields = BasicResponseFields { produced_at, nonce: nonce.as_deref(), ..fields(&responses) };
        let der = assemble(&fields.to_tbs_der().unwrap(), &[]);
        let read = basic(&der);
        prop_assert_eq!(read.responses(), &responses[..]);
        prop_assert_eq!(read.nonce(), nonce.as_deref());
        prop_assert_eq!(read.produced_at(), produced_at);
        prop_assert!(read.certs().is_empty());
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = OcspResponse::parse(&bytes);
        let _ = BasicResponse::parse(&bytes);
    }

    #[test]
    fn changed_responses_are_read_or_refused(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let responses =
            [single(CertStatus::Good), single(CertStatus::Revoked { at: 0, reason: Some(ReasonCode::Superseded) })];
        let tbs = BasicResponseFields { nonce: Some(&[8; 32]), ..fields(&responses) }.to_tbs_der().unwrap();
        let mut der = assemble(&tbs, &[b"\x30\x00"]);
        let at = at.index(der.len());
        der[at] = byte;
        let _ = OcspResponse::parse(&der);
    }
}
