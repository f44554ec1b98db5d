//! OCSP answers, judged by `openssl ocsp`.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::{fs, path::Path};

use support::{Ca, DAY, assert_sound, csr, now, openssl_text};
use tpm2ca_authority::{Authority, IssueRequest, Issued, OcspResponder, RevokeRequest};
use tpm2ca_store::{Claim, Holder, NewReservation, SqliteStore, Store};
use tpm2ca_testkit::Tool;
use tpm2ca_x509::{
    Certificate, Serial,
    crl::ReasonCode,
    ocsp::{CertId, CertStatus, ErrorStatus, OcspRequestFields, OcspResponse},
    oid, pem, spki_key_bits,
};

fn issue(authority: &Authority, host: &str) -> Issued {
    let request = csr(host);
    authority
        .issue(&IssueRequest::new(&request, "server", "test"))
        .unwrap()
}

fn revoke(authority: &Authority, serial: &Serial, reason: ReasonCode) {
    authority
        .revoke(&RevokeRequest {
            serial,
            issuer: None,
            reason: Some(reason),
            invalidity_date: None,
            requester: "test",
        })
        .unwrap();
}

/// What `openssl ocsp` asks with these arguments, and what it makes of the answer.
fn ask(ca: &Ca, responder: &OcspResponder<&Authority>, arguments: &[&str]) -> String {
    let run = |tool: Tool| tool.dir(ca.folder.path()).ok();
    run(Tool::openssl("ocsp")
        .args(["-issuer", "intermediate.crt"])
        .args(arguments)
        .args(["-reqout", "request.der"]));
    let request = fs::read(ca.path("request.der")).unwrap();
    fs::write(ca.path("response.der"), responder.answer(&request).der).unwrap();
    run(Tool::openssl("ocsp")
        .args(["-issuer", "intermediate.crt"])
        .args(arguments)
        // The nonce to compare with is in the request already.
        .args([
            "-no_nonce",
            "-reqin",
            "request.der",
            "-respin",
            "response.der",
        ])
        .args(["-CAfile", "chain.crt"]))
    .report()
}

fn write_chain(ca: &Ca) {
    let both = [
        fs::read(ca.path("intermediate.crt")),
        fs::read(ca.path("root.crt")),
    ]
    .map(Result::unwrap)
    .concat();
    fs::write(ca.path("chain.crt"), both).unwrap();
}

fn write_pem(path: &Path, der: &[u8]) {
    fs::write(path, pem::encode("CERTIFICATE", der)).unwrap();
}

#[test]
fn openssl_believes_the_answers() {
    let ca = Ca::new();
    write_chain(&ca);
    let authority = ca.open();
    let (good, bad) = (
        issue(&authority, "a.example.com"),
        issue(&authority, "b.example.com"),
    );
    revoke(&authority, &bad.serial, ReasonCode::KeyCompromise);
    write_pem(&ca.path("good.crt"), &good.certificate);
    write_pem(&ca.path("bad.crt"), &bad.certificate);
    let responder = authority.ocsp_responder(None, "test").unwrap();

    let said = ask(&ca, &responder, &["-cert", "good.crt"]);
    assert!(
        said.contains("Response verify OK") && said.contains("good.crt: good"),
        "{said}"
    );
    let said = ask(&ca, &responder, &["-cert", "bad.crt"]);
    assert!(
        said.contains("bad.crt: revoked") && said.contains("keyCompromise"),
        "{said}"
    );
    let said = ask(&ca, &responder, &["-serial", "0x0123456789"]);
    assert!(
        said.contains("Response verify OK") && said.contains("unknown"),
        "{said}"
    );
    for hash in ["-sha1", "-sha256", "-sha384", "-sha512"] {
        let said = ask(
            &ca,
            &responder,
            &[
                hash, "-cert", "good.crt", "-cert", "bad.crt", "-serial", "7",
            ],
        );
        assert!(
            said.contains("good.crt: good")
                && said.contains("bad.crt: revoked")
                && said.contains("7: unknown")
                && !said.contains("WARNING: no nonce"),
            "{hash}: {said}"
        );
    }

    // The responder's certificate was issued like any other.
    ca.openssl_verifies(&responder.certificate());
    let text = openssl_text(&responder.certificate());
    assert!(
        text.contains("OCSP Signing") && text.contains("OCSP No Check"),
        "{text}"
    );
    assert_sound(&authority, 0);
}

/// The certificate's own issuer, and a serial number.
fn id_of<'a>(
    certificate: &Certificate<'_>,
    serial: &Serial,
    hashes: &'a mut [Vec<u8>; 2],
) -> CertId<'a> {
    let tbs = certificate.tbs();
    let sha1 = |octets: &[u8]| {
        Tool::openssl("dgst")
            .args(["-sha1", "-binary"])
            .input(octets)
            .ok()
            .stdout
    };
    *hashes = [
        sha1(tbs.subject_der()),
        sha1(spki_key_bits(tbs.spki_der()).unwrap()),
    ];
    CertId::new(oid::SHA1, &hashes[0], &hashes[1], serial).unwrap()
}

fn statuses(answer: &[u8]) -> Vec<CertStatus> {
    match OcspResponse::parse(answer).unwrap() {
        OcspResponse::Successful(basic) => basic.responses().iter().map(|one| one.status).collect(),
        other @ OcspResponse::Error(_) => panic!("{other:?}"),
    }
}

fn error_of(answer: &[u8]) -> ErrorStatus {
    match OcspResponse::parse(answer).unwrap() {
        OcspResponse::Error(status) => status,
        other @ OcspResponse::Successful(_) => panic!("{other:?}"),
    }
}

#[test]
fn strangers_and_the_reserved_are_not_good() {
    let ca = Ca::new();
    let authority = ca.open();
    let good = issue(&authority, "a.example.com");
    let responder = authority.ocsp_responder(None, "test").unwrap();
    let (own, root) = (
        authority.issuer_certificate("intermediate").unwrap(),
        authority.issuer_certificate("root").unwrap(),
    );
    let (own, root) = (
        Certificate::parse(&own).unwrap(),
        Certificate::parse(&root).unwrap(),
    );
    let (mut a, mut b, mut c) = Default::default();
    let ours = id_of(&own, &good.serial, &mut a);
    let theirs = id_of(&root, &good.serial, &mut b);
    let ask = |certs: &[CertId<'_>]| {
        let request = OcspRequestFields { certs, nonce: None }.to_der().unwrap();
        responder.answer(&request).der
    };
    assert_eq!(
        error_of(&ask(std::slice::from_ref(&theirs))),
        ErrorStatus::Unauthorized
    );
    assert_eq!(
        statuses(&ask(&[theirs, ours])),
        [CertStatus::Unknown, CertStatus::Good]
    );

    // Reserved by somebody who died: nobody has been given a certificate, until it is revoked for safety.
    let serial: Serial = "0badcafe".parse().unwrap();
    let other_process = SqliteStore::open(&ca.path("records.db")).unwrap();
    drop(
        other_process
            .reserve(&NewReservation {
                issuer: authority.issuer_id("intermediate").unwrap(),
                holder: Holder {
                    subject_der: b"\x30\x00",
                    spki_der: b"",
                    is_ca: false,
                },
                serial: serial.as_be_bytes(),
                tbs_sha256: [7; 32],
                requester: "test",
                profile: "server",
                subject: "CN=x",
                names: &[],
                not_before: now(),
                not_after: now() + DAY,
                claim: Claim::None,
                at: now(),
            })
            .unwrap(),
    );
    let reserved = id_of(&own, &serial, &mut c);
    assert_eq!(
        statuses(&ask(std::slice::from_ref(&reserved))),
        [CertStatus::Unknown]
    );
    revoke(&authority, &serial, ReasonCode::Superseded);
    assert!(matches!(
        statuses(&ask(std::slice::from_ref(&reserved)))[..],
        [CertStatus::Revoked {
            reason: Some(ReasonCode::Superseded),
            ..
        }]
    ));
}

#[test]
fn what_cannot_be_read_gets_an_answer_too() {
    let ca = Ca::new();
    let authority = ca.open();
    let responder = authority.ocsp_responder(None, "test").unwrap();
    for request in [&b""[..], b"\x30\x00", b"GET / HTTP/1.1", &[0x30; 10_000]] {
        assert_eq!(
            error_of(&responder.answer(request).der),
            ErrorStatus::MalformedRequest
        );
    }
}

#[test]
fn answers_end_with_the_responder_certificate() {
    let ca = Ca::new();
    let start = now();
    let (authority, clock) = ca.open_at(start);
    let good = issue(&authority, "a.example.com");
    let responder = authority.ocsp_responder(None, "test").unwrap();
    let certificate = responder.certificate();
    let end = Certificate::parse(&certificate)
        .unwrap()
        .tbs()
        .validity()
        .not_after;
    assert_eq!(end, start + 30 * DAY);
    let own = authority.issuer_certificate("intermediate").unwrap();
    let own = Certificate::parse(&own).unwrap();
    let mut hashes = Default::default();
    let id = id_of(&own, &good.serial, &mut hashes);
    let request = OcspRequestFields {
        certs: &[id],
        nonce: Some(&[7; 32]),
    }
    .to_der()
    .unwrap();
    let times = |at: i64| {
        clock.set(at);
        let answer = responder.answer(&request).der;
        match OcspResponse::parse(&answer).unwrap() {
            OcspResponse::Successful(basic) => {
                assert_eq!(basic.nonce(), Some(&[7; 32][..]));
                let one = &basic.responses()[0];
                Some((one.this_update, one.next_update.unwrap()))
            }
            OcspResponse::Error(_) => None,
        }
    };
    assert_eq!(times(start), Some((start, start + 3600)));
    assert_eq!(times(end - 60), Some((end - 60, end)));
    assert_eq!(times(end + 1), None);
    assert_eq!(
        error_of(&responder.answer(&request).der),
        ErrorStatus::TryLater
    );
}
