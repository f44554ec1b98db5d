//! CRLs that openssl accepts, in their order, whoever makes them.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::PermissionsExt,
    sync::{
        Barrier,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use support::{Ca, DAY, assert_sound, audit, csr, now};
use tpm2ca_authority::{Authority, AuthorityError, IssueRequest, RevokeRequest};
use tpm2ca_store::{AuditKind, StoreError};
use tpm2ca_testkit::Tool;
use tpm2ca_x509::{
    Serial,
    crl::{CertificateList, ReasonCode},
};

fn issue(authority: &Authority, host: &str) -> Serial {
    let request = csr(host);
    authority
        .issue(&IssueRequest::new(&request, "server", "test"))
        .unwrap()
        .serial
}

fn revoke(
    authority: &Authority,
    serial: &Serial,
    reason: Option<ReasonCode>,
) -> Result<(), AuthorityError> {
    authority
        .revoke(&RevokeRequest {
            serial,
            issuer: None,
            reason,
            invalidity_date: None,
            requester: "test",
        })
        .map(drop)
}

#[test]
fn openssl_accepts_it_and_the_certificates_by_it() {
    let ca = Ca::new();
    let authority = ca.open();
    let request = csr("www.example.com");
    let wish = IssueRequest::new(&request, "server", "test");
    let (good, bad) = (
        authority.issue(&wish).unwrap(),
        authority.issue(&wish).unwrap(),
    );
    revoke(&authority, &bad.serial, Some(ReasonCode::KeyCompromise)).unwrap();
    let error = revoke(&authority, &bad.serial, None).unwrap_err();
    assert!(
        matches!(
            error,
            AuthorityError::Store(StoreError::AlreadyRevoked { .. })
        ),
        "{error:?}"
    );

    let crl = authority.crl(None, Some(3), "uid:7").unwrap();
    assert_eq!((crl.number, crl.entries), (1, 1));
    assert_eq!(crl.next_update, crl.this_update + 3 * DAY);
    assert_eq!(crl.path, ca.path("crl/intermediate.crl"));
    let mode = fs::metadata(&crl.path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o644);
    authority.crl(Some("root"), None, "test").unwrap();
    let text = Tool::openssl("crl")
        .args(["-inform", "DER", "-noout", "-text", "-verify"])
        .arg("-in")
        .arg(&crl.path)
        .arg("-CAfile")
        .arg(ca.path("intermediate.crt"))
        .ok();
    assert!(text.report().contains("verify OK"), "{}", text.report());
    assert!(text.text().contains("Key Compromise"), "{}", text.text());

    let pems: String = ["root", "intermediate"]
        .map(|name| {
            Tool::openssl("crl")
                .args(["-inform", "DER", "-in"])
                .arg(ca.path(&format!("crl/{name}.crl")))
                .ok()
                .text()
        })
        .concat();
    fs::write(ca.path("crls.pem"), pems).unwrap();
    let verify = |der: &[u8]| {
        Tool::openssl("verify")
            .args(["-x509_strict", "-crl_check_all", "-CAfile"])
            .arg(ca.path("root.crt"))
            .arg("-untrusted")
            .arg(ca.path("intermediate.crt"))
            .arg("-CRLfile")
            .arg(ca.path("crls.pem"))
            .input(tpm2ca_x509::pem::encode("CERTIFICATE", der))
            .run()
    };
    assert!(
        verify(&good.certificate).success(),
        "{}",
        verify(&good.certificate).report()
    );
    let refused = verify(&bad.certificate);
    assert!(
        refused.report().contains("certificate revoked"),
        "{}",
        refused.report()
    );

    let (entry, detail) = audit(authority.store(), AuditKind::Crl).remove(0);
    assert_eq!(entry.actor, "uid:7");
    assert_eq!(detail["number"], 1);
    assert_sound(&authority, 0);
}

#[test]
fn it_ends_with_its_issuer_at_the_latest() {
    let ca = Ca::new();
    let end = now() + 3650 * DAY;
    let (authority, clock) = ca.open_at(end - 3 * DAY);
    let crl = authority.crl(None, None, "test").unwrap();
    assert!(
        crl.next_update <= end && crl.next_update > end - DAY,
        "{crl:?}"
    );
    let crl = authority.crl(None, Some(u32::MAX), "test").unwrap();
    assert!(crl.next_update <= end);
    clock.set(end + 1);
    let error = authority.crl(None, None, "test").unwrap_err();
    assert!(
        matches!(error, AuthorityError::IssuerExpired { .. }),
        "{error:?}"
    );
}

/// Two processes and some threads: the newest list is the one that stays, and it was never seen to go back.
#[test]
fn the_newest_list_is_never_replaced_by_an_older_one() {
    const WORKERS: usize = 6;
    const EACH: usize = 8;
    let ca = Ca::new();
    // Two authorities share nothing but the directory, as two processes do.
    let authorities = [ca.open(), ca.open()];
    let (done, start) = (AtomicBool::new(false), Barrier::new(WORKERS));
    authorities[0].crl(None, None, "test").unwrap();
    let path = ca.path("crl/intermediate.crl");
    let numbers = thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut last = 0;
            while !done.load(Ordering::SeqCst) {
                let der = fs::read(&path).unwrap();
                let number = CertificateList::parse(&der)
                    .expect("it is always whole")
                    .number_u64()
                    .unwrap();
                assert!(number >= last, "{number} was published after {last}");
                last = number;
            }
        });
        let workers: Vec<_> = (0..WORKERS)
            .map(|worker| {
                let authority = &authorities[worker % 2];
                let start = &start;
                scope.spawn(move || {
                    start.wait();
                    (0..EACH)
                        .map(|_| authority.crl(None, None, "test").unwrap().number)
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        let numbers: Vec<u64> = workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap())
            .collect();
        done.store(true, Ordering::SeqCst);
        reader.join().unwrap();
        numbers
    });
    let distinct: BTreeSet<u64> = numbers.into_iter().collect();
    let last = (WORKERS * EACH + 1) as u64;
    assert_eq!(distinct, (2..=last).collect());
    let der = fs::read(&path).unwrap();
    let published = CertificateList::parse(&der).unwrap();
    assert_eq!(published.number_u64(), Some(last));
    assert_eq!(
        fs::read_dir(ca.path("crl")).unwrap().count(),
        1,
        "no leftovers"
    );
    assert_sound(&authorities[0], 0);
}

#[test]
fn a_list_of_many() {
    let ca = Ca::new();
    let authority = ca.open();
    let serials: Vec<Serial> = (0..40)
        .map(|number| issue(&authority, &format!("h{number}.example.com")))
        .collect();
    for serial in &serials {
        revoke(&authority, serial, None).unwrap();
    }
    let crl = authority.crl(None, None, "test").unwrap();
    assert_eq!(crl.entries, 40);
    let der = fs::read(&crl.path).unwrap();
    let list = CertificateList::parse(&der).unwrap();
    for serial in &serials {
        assert!(
            list.find(&serial.to_integer_content()).unwrap().is_some(),
            "{serial}"
        );
    }
}
