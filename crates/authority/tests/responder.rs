//! The OCSP responder over the days: answers that are kept, revocations by others, delegates that are renewed.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::{fs, sync::Arc};

use support::{Ca, DAY, assert_sound, csr, generate, now, rows};
use tpm2ca_authority::{
    Authority, AuthorityError, IssueRequest, Issued, Lookup, OcspAnswer, OcspOptions,
    OcspResponder, ResponderKey, RevokeRequest,
};
use tpm2ca_keys::KeyAlgorithm;
use tpm2ca_testkit::Tool;
use tpm2ca_x509::{
    Certificate, Serial, UnixTime,
    crl::ReasonCode,
    ocsp::{CertId, CertStatus, ErrorStatus, OcspRequestFields, OcspResponse, SingleResponse},
    oid, pem, spki_key_bits,
};

fn issue(authority: &Authority, host: &str) -> Issued {
    authority
        .issue(&IssueRequest::new(&csr(host), "server", "test"))
        .unwrap()
}

/// As another process does it.
fn revoke_elsewhere(ca: &Ca, serial: &Serial, reason: ReasonCode, since: Option<UnixTime>) {
    ca.open()
        .revoke(&RevokeRequest {
            serial,
            issuer: None,
            reason: Some(reason),
            invalidity_date: since,
            requester: "somebody else",
        })
        .unwrap();
}

fn open(authority: Authority, options: OcspOptions) -> OcspResponder<Arc<Authority>> {
    OcspResponder::open(Arc::new(authority), options).unwrap()
}

/// The answer that is ready without a signature, if there is one.
fn kept(responder: &OcspResponder<Arc<Authority>>, request: &[u8]) -> Option<OcspAnswer> {
    match responder.is_current().then(|| responder.lookup(request))? {
        Lookup::Hit(answer) => Some(answer),
        Lookup::Miss(_) => None,
    }
}

fn for_intermediate() -> OcspOptions {
    OcspOptions {
        issuers: vec!["intermediate".into()],
        ..OcspOptions::new("test")
    }
}

/// A request about serial numbers of an issuer, whose hashes openssl makes.
struct Asker {
    hashes: [Vec<u8>; 2],
}

impl Asker {
    fn of(ca: &Ca, issuer: &str) -> Self {
        let text = fs::read(ca.path(&format!("{issuer}.crt"))).unwrap();
        let der = pem::single(&text, &["CERTIFICATE"]).unwrap();
        let certificate = Certificate::parse(&der).unwrap();
        let sha1 = |octets: &[u8]| {
            let tool = Tool::openssl("dgst").args(["-sha1", "-binary"]);
            tool.input(octets).ok().stdout
        };
        let tbs = certificate.tbs();
        let hashes = [tbs.subject_der(), spki_key_bits(tbs.spki_der()).unwrap()].map(sha1);
        Self { hashes }
    }

    fn id(&self, serial: &Serial) -> CertId<'_> {
        CertId::new(oid::SHA1, &self.hashes[0], &self.hashes[1], serial).unwrap()
    }

    fn request(&self, serial: &Serial) -> Vec<u8> {
        Self::about(&[self.id(serial)])
    }

    fn about(certs: &[CertId<'_>]) -> Vec<u8> {
        OcspRequestFields { certs, nonce: None }.to_der().unwrap()
    }
}

/// The only answer in it.
fn single(answer: &OcspAnswer) -> SingleResponse<'_> {
    match OcspResponse::parse(&answer.der).unwrap() {
        OcspResponse::Successful(basic) => {
            assert_eq!(basic.responses().len(), 1);
            basic.responses()[0].clone()
        }
        OcspResponse::Error(status) => panic!("{status}"),
    }
}

fn error_of(answer: &OcspAnswer) -> ErrorStatus {
    assert_eq!(answer.freshness, None);
    match OcspResponse::parse(&answer.der).unwrap() {
        OcspResponse::Error(status) => status,
        OcspResponse::Successful(basic) => panic!("{basic:?}"),
    }
}

#[test]
fn an_answer_is_kept_until_half_its_time_is_over() {
    let ca = Ca::new();
    let start = now();
    let (authority, clock) = ca.open_at(start);
    let good = issue(&authority, "a.example.com");
    let responder = open(authority, for_intermediate());
    let asker = Asker::of(&ca, "intermediate");
    let request = asker.request(&good.serial);
    assert_eq!(kept(&responder, &request), None);
    let first = responder.answer(&request);
    assert_eq!(single(&first).next_update, Some(start + 3600));
    let freshness = first.freshness.unwrap();
    assert_eq!(
        (freshness.this_update, freshness.next_update),
        (start, start + 3600)
    );
    for (at, is_kept) in [(0, true), (1799, true), (1800, false), (-1, false)] {
        clock.set(start + at);
        let answer = kept(&responder, &request);
        assert_eq!(answer, is_kept.then(|| first.clone()), "{at}");
    }
    clock.set(start + 1800);
    assert_eq!(
        single(&responder.answer(&request)).this_update,
        start + 1800
    );
    assert!(kept(&responder, &request).is_some());

    // Without parameters of the hash it is another answer, and each is for the client's own bytes.
    let bare = asker.id(&good.serial).without_parameters();
    let request = Asker::about(std::slice::from_ref(&bare));
    assert_eq!(kept(&responder, &request), None);
    assert_eq!(single(&responder.answer(&request)).cert_id, bare);
    assert!(kept(&responder, &request).is_some());
}

#[test]
fn what_another_process_revokes_is_in_the_very_next_answer() {
    let ca = Ca::new();
    let authority = ca.open();
    let [one, two] = ["a.example.com", "b.example.com"].map(|host| issue(&authority, host));
    let responder = open(authority, for_intermediate());
    let asker = Asker::of(&ca, "intermediate");
    let [first, second] = [&one, &two].map(|issued| asker.request(&issued.serial));
    for request in [&first, &second] {
        assert_eq!(single(&responder.answer(request)).status, CertStatus::Good);
    }
    let since = now() - DAY;
    revoke_elsewhere(&ca, &one.serial, ReasonCode::KeyCompromise, Some(since));
    let answer = responder.answer(&first);
    assert!(matches!(
        single(&answer).status,
        CertStatus::Revoked {
            reason: Some(ReasonCode::KeyCompromise),
            ..
        }
    ));
    assert_eq!(single(&answer).invalidity_date, Some(since));
    // The others stay ready.
    assert!(kept(&responder, &second).is_some());

    // On hold, and off it again.
    revoke_elsewhere(&ca, &two.serial, ReasonCode::CertificateHold, None);
    assert!(matches!(
        single(&responder.answer(&second)).status,
        CertStatus::Revoked {
            reason: Some(ReasonCode::CertificateHold),
            ..
        }
    ));
    let other = ca.open();
    let id = other.issuer_id("intermediate").unwrap();
    other
        .store()
        .unrevoke(id, two.serial.as_be_bytes(), "somebody else", now())
        .unwrap();
    assert_eq!(single(&responder.answer(&second)).status, CertStatus::Good);
}

#[test]
fn a_serial_number_is_unknown_until_it_is_issued() {
    let ca = Ca::new();
    let responder = open(ca.open(), for_intermediate());
    let asker = Asker::of(&ca, "intermediate");
    let never: Serial = "0badcafe".parse().unwrap();
    let request = asker.request(&never);
    let answer = responder.answer(&request);
    assert_eq!(single(&answer).status, CertStatus::Unknown);
    // For a minute only, and it is not kept here.
    let freshness = answer.freshness.unwrap();
    assert_eq!(freshness.next_update, freshness.this_update + 60);
    assert_eq!(kept(&responder, &request), None);
    let issued = issue(&ca.open(), "new.example.com");
    let answer = responder.answer(&asker.request(&issued.serial));
    assert_eq!(single(&answer).status, CertStatus::Good);
}

#[test]
fn answers_are_signed_ahead_and_again_before_they_are_stale() {
    let ca = Ca::new();
    let start = now();
    let (authority, clock) = ca.open_at(start);
    let issued: Vec<_> = (0..7)
        .map(|number| issue(&authority, &format!("host{number}.example.com")))
        .collect();
    revoke_elsewhere(&ca, &issued[3].serial, ReasonCode::Superseded, None);
    let responder = open(authority, for_intermediate());
    let asker = Asker::of(&ca, "intermediate");
    let requests: Vec<_> = issued
        .iter()
        .map(|one| asker.request(&one.serial))
        .collect();
    // In steps; the responder's own certificate is one of the issued ones.
    let mut signed = 0;
    loop {
        let step = responder.presign(3).unwrap();
        assert!(step.signed <= 3);
        signed += step.signed;
        if !step.more {
            assert_eq!((signed, step.ready), (8, 8));
            break;
        }
    }
    let ready = |at: UnixTime| -> Vec<UnixTime> {
        clock.set(at);
        let answers = requests.iter().map(|request| kept(&responder, request));
        answers
            .flatten()
            .map(|answer| single(&answer).this_update)
            .collect()
    };
    assert_eq!(ready(start), [start; 7]);
    clock.set(start + 1700);
    let step = responder.presign(100).unwrap();
    assert_eq!((step.signed, step.more), (8, false));
    assert_eq!(ready(start + 1800), [start + 1700; 7]);
    // What was issued since then, by whomever.
    let late = issue(&ca.open(), "late.example.com");
    assert_eq!(responder.presign(100).unwrap().signed, 1);
    let request = asker.request(&late.serial);
    assert!(kept(&responder, &request).is_some());
    // An answer that a revocation has made wrong is gone, however many were signed ahead.
    revoke_elsewhere(&ca, &late.serial, ReasonCode::Superseded, None);
    assert_eq!(kept(&responder, &request), None);
}

#[test]
fn no_more_answers_are_kept_than_was_said() {
    let ca = Ca::new();
    let authority = ca.open();
    let issued: Vec<_> = (0..4)
        .map(|number| issue(&authority, &format!("host{number}.example.com")))
        .collect();
    let options = OcspOptions {
        capacity: 2,
        ..for_intermediate()
    };
    let responder = open(authority, options);
    assert_eq!(responder.presign(100).unwrap().ready, 2);
    let asker = Asker::of(&ca, "intermediate");
    for one in &issued {
        let answer = responder.answer(&asker.request(&one.serial));
        assert_eq!(single(&answer).status, CertStatus::Good);
    }
    assert_eq!(responder.presign(100).unwrap().ready, 2);
}

#[test]
fn delegates_are_renewed_with_a_new_key_when_two_thirds_of_their_life_are_over() {
    let ca = Ca::new();
    let start = now();
    let (authority, clock) = ca.open_at(start);
    let good = issue(&authority, "a.example.com");
    let responder = open(authority, for_intermediate());
    let asker = Asker::of(&ca, "intermediate");
    let request = asker.request(&good.serial);
    let delegate = || responder.certificates().remove(0).1;
    let first = delegate();
    let key = |der: &[u8]| Certificate::parse(der).unwrap().tbs().spki_der().to_vec();
    clock.set(start + 20 * DAY - 1);
    assert!(responder.renew().is_empty());
    let before = responder.answer(&request);
    clock.set(start + 20 * DAY);
    let renewed = responder.renew();
    assert_eq!(renewed.len(), 1);
    assert_eq!(renewed[0].issuer, "intermediate");
    let (serial, end) = renewed[0].result.as_ref().unwrap();
    assert_eq!(*end, start + 50 * DAY);
    let second = delegate();
    assert_ne!(key(&second), key(&first));
    assert_eq!(
        Certificate::parse(&second).unwrap().tbs().serial(),
        serial.to_integer_content()
    );
    ca.openssl_verifies(&first);
    assert!(responder.renew().is_empty());
    // The former one's answers serve their time.
    assert_eq!(responder.answer(&request), before);
    clock.set(start + 20 * DAY + 3600);
    let after = responder.answer(&request);
    assert!(contains(&before.der, &first) && contains(&after.der, &second));
    assert_sound(&ca.open(), 0);
}

fn contains(all: &[u8], part: &[u8]) -> bool {
    all.windows(part.len()).any(|window| window == part)
}

#[test]
fn when_a_delegate_cannot_be_renewed_the_old_one_goes_on() {
    let ca = Ca::new();
    let start = now();
    let (authority, clock) = ca.open_at(start);
    let good = issue(&authority, "a.example.com");
    let responder = open(authority, for_intermediate());
    let request = Asker::of(&ca, "intermediate").request(&good.serial);
    // Nothing can be recorded any more.
    let blocker = rusqlite_lock(&ca);
    clock.set(start + 25 * DAY);
    let renewed = responder.renew();
    assert!(matches!(renewed[0].result, Err(AuthorityError::Store(_))));
    assert_eq!(single(&responder.answer(&request)).status, CertStatus::Good);
    drop(blocker);
    assert!(responder.renew()[0].result.is_ok());
}

/// The table of issuers is gone from the file for as long as this lives.
fn rusqlite_lock(ca: &Ca) -> Blocker {
    let sql = "CREATE TRIGGER blocked BEFORE INSERT ON certificate BEGIN SELECT RAISE(ABORT, 'blocked'); END;";
    python_sql(ca, sql);
    Blocker(ca.path("records.db"))
}

struct Blocker(std::path::PathBuf);

impl Drop for Blocker {
    fn drop(&mut self) {
        run_sql(&self.0, "DROP TRIGGER blocked");
    }
}

fn python_sql(ca: &Ca, sql: &str) {
    run_sql(&ca.path("records.db"), sql);
}

fn run_sql(path: &std::path::Path, sql: &str) {
    Tool::python("import sqlite3, sys; sqlite3.connect(sys.argv[1]).executescript(sys.argv[2])")
        .arg(path)
        .arg(sql)
        .ok();
}

#[test]
fn an_issuer_without_its_key_is_left_out() {
    let ca = Ca::new();
    let good = issue(&ca.open(), "a.example.com");
    fs::remove_file(ca.path("root.key")).unwrap();
    let mut responder = open(ca.open(), OcspOptions::new("test"));
    assert_eq!(responder.issuers().collect::<Vec<_>>(), ["intermediate"]);
    assert_eq!(responder.take_left_out().remove(0).0, "root");
    let answer = responder.answer(&Asker::of(&ca, "intermediate").request(&good.serial));
    assert_eq!(single(&answer).status, CertStatus::Good);
    let answer = responder.answer(&Asker::of(&ca, "root").request(&good.serial));
    assert_eq!(error_of(&answer), ErrorStatus::Unauthorized);
    // Who names it wants it.
    let options = OcspOptions {
        issuers: vec!["intermediate".into(), "root".into()],
        ..OcspOptions::new("test")
    };
    let refused = OcspResponder::open(ca.open(), options).map(drop);
    assert!(matches!(refused, Err(AuthorityError::File { .. })));
}

#[test]
fn every_issuer_is_answered_for_by_its_own_delegate() {
    let ca = Ca::new();
    let responder = open(ca.open(), OcspOptions::new("test"));
    assert_eq!(
        responder.issuers().collect::<Vec<_>>(),
        ["intermediate", "root"]
    );
    for (issuer, certificate) in responder.certificates() {
        let own = rows(ca.open().store());
        let row = own
            .iter()
            .find(|row| {
                Certificate::parse(&certificate).unwrap().tbs().serial()
                    == Serial::from_be_bytes(&row.serial)
                        .unwrap()
                        .to_integer_content()
            })
            .unwrap();
        assert_eq!(ca.open().issuer_name(row.issuer), issuer);
        let serial = Serial::from_be_bytes(&row.serial).unwrap();
        let answer = responder.answer(&Asker::of(&ca, &issuer).request(&serial));
        assert_eq!(single(&answer).status, CertStatus::Good);
        assert!(contains(&answer.der, &certificate));
    }
}

#[test]
fn answers_about_the_expired_say_how_far_back_they_reach() {
    let ca = Ca::new();
    let start = now();
    let (authority, clock) = ca.open_at(start);
    let request = csr("short.example.com");
    let short = authority
        .issue(&IssueRequest {
            days: Some(1),
            ..IssueRequest::new(&request, "server", "test")
        })
        .unwrap();
    let responder = open(authority, for_intermediate());
    let request = Asker::of(&ca, "intermediate").request(&short.serial);
    assert_eq!(single(&responder.answer(&request)).archive_cutoff, None);
    clock.set(start + 2 * DAY);
    let answer = responder.answer(&request);
    // The fixture's intermediate begins yesterday.
    let cutoff = single(&answer).archive_cutoff.unwrap();
    assert!((start - DAY - 60..start).contains(&cutoff), "{cutoff}");
}

#[test]
fn a_certificate_and_key_that_exist_can_be_used() {
    let ca = Ca::new();
    let authority = ca.open();
    let good = issue(&authority, "a.example.com");
    let make = |name: &str, profile: &str| {
        let key = generate(KeyAlgorithm::Rsa { bits: 2048 });
        let subject = tpm2ca_x509::Name::common_name(&format!("{name}.example.com")).unwrap();
        let csr = key.make_csr(subject.as_der(), &[]).unwrap();
        let issued = authority
            .issue(&IssueRequest {
                names: Some(if profile == "server" {
                    vec![tpm2ca_x509::GeneralName::Dns("server.example.com".into())]
                } else {
                    Vec::new()
                }),
                ..IssueRequest::new(&csr, profile, "test")
            })
            .unwrap();
        key.write_new(&ca.path(&format!("{name}.key"))).unwrap();
        fs::write(
            ca.path(&format!("{name}.pem")),
            pem::encode("CERTIFICATE", &issued.certificate),
        )
        .unwrap();
    };
    make("ocsp", "ocsp");
    make("server", "server");
    let with = |certificate: &str, key: &str| OcspOptions {
        key: ResponderKey::Files {
            certificate: ca.path(certificate),
            key: ca.path(key),
        },
        ..for_intermediate()
    };
    let responder = open(ca.open(), with("ocsp.pem", "ocsp.key"));
    let request = Asker::of(&ca, "intermediate").request(&good.serial);
    let answer = responder.answer(&request);
    assert_eq!(single(&answer).status, CertStatus::Good);
    assert!(responder.renew().is_empty());
    // The issuer may speak for itself.
    let responder = open(ca.open(), with("intermediate.crt", "intermediate.key"));
    assert_eq!(single(&responder.answer(&request)).status, CertStatus::Good);
    for (certificate, key, why) in [
        ("server.pem", "server.key", "lacks the purpose OCSPSigning"),
        ("ocsp.pem", "server.key", "its key is not the one"),
        ("root.crt", "root.key", "the issuer has not signed it"),
    ] {
        let refused = OcspResponder::open(ca.open(), with(certificate, key));
        let Err(error) = refused.map(drop) else {
            panic!("{certificate} was accepted");
        };
        assert!(error.to_string().contains(why), "{error}");
        assert!(error.hint().is_some());
    }
}
