//! A serial from reservation to revocation, and what the audit log says of it.

use std::ops::ControlFlow;

use crate::database::{Ca, New};
use crate::fixture::{Calls, DAY, NOW, add_issuer, certificate, issue_until, reserve, sha256};
use tpm2ca_store::{
    AuditKind, Claim, CrlScope, Filter, NewCrl, NewReservation, NewRevocation, Refused, RevokedRow,
    State, Status, StoreError,
};

pub(crate) fn issued_certificate_is_found_by_its_serial(new: New) {
    let ca = Ca::new(new);
    let recorded = ca.issue(&[0x51, 7]);
    let (tbs, der) = certificate(&[0x51, 7]);
    assert_eq!(recorded.serial(), [0x51, 7]);
    assert_eq!(recorded.certificate_sha256(), &sha256(&der));

    // leading zeros, as DER has them before a set first bit, do not matter
    let row = ca.find(&[0, 0, 0x51, 7]);
    assert_eq!(row.state, State::Issued);
    assert_eq!(row.tbs_sha256, sha256(&tbs));
    assert_eq!(
        (row.requester.as_str(), row.profile.as_str()),
        ("uid:1000", "server")
    );
    assert_eq!(row.names, ["DNS:host-5107.example.com", "IP:192.0.2.1"]);
    assert_eq!(
        (row.reserved_at, row.issued_at, row.revoked_at),
        (NOW, Some(NOW + 1), None)
    );
    assert_eq!(
        ca.store
            .certificate_der(ca.issuer, &[0x51, 7])
            .unwrap()
            .unwrap(),
        der
    );
    assert_eq!(
        ca.store.certificate_der(ca.issuer, &[0x51, 8]).unwrap(),
        None
    );
    assert_eq!(ca.store.find_by_serial(None, &[0x51, 7]).unwrap(), [row]);

    let entries = ca.audit();
    let entry = &entries[usize::try_from(recorded.audit_entry()).unwrap() - 1];
    assert_eq!(
        (entry.kind, entry.at, entry.actor.as_str()),
        (AuditKind::Issued, NOW + 1, "uid:1000")
    );
    assert_eq!(entry.serial.as_deref(), Some([0x51, 7].as_slice()));
    assert!(
        entry.detail.contains(&crate::fixture::hex(&sha256(&der))),
        "{}",
        entry.detail
    );
    ca.clean_check();
}

pub(crate) fn status_depends_on_the_time(new: New) {
    let ca = Ca::new(new);
    ca.issue(&[1]);
    let row = ca.find(&[1]);
    assert_eq!(row.status(NOW), Status::Valid);
    // notAfter is the last second of validity (RFC 5280 section 4.1.2.5)
    assert_eq!(row.status(row.not_after), Status::Valid);
    assert_eq!(row.status(row.not_after + 1), Status::Expired);
    ca.revoke(&[1], Some(1), NOW + 5).unwrap();
    assert_eq!(ca.find(&[1]).status(row.not_after + 1), Status::Revoked);
}

pub(crate) fn a_serial_is_used_once_for_each_issuer(new: New) {
    let ca = Ca::new(new);
    let other = add_issuer(&*ca.store, "intermediate").unwrap();
    let taken = StoreError::SerialTaken {
        serial: "07".to_owned(),
    };
    let reserved = ca.reserve(&[7]);
    assert_eq!(reserve(&*ca.store, ca.issuer, &[7]).unwrap_err(), taken);
    assert_eq!(reserve(&*ca.store, ca.issuer, &[0, 7]).unwrap_err(), taken);
    ca.store
        .release(reserved, "the TPM was in lockout", NOW)
        .unwrap();
    assert_eq!(
        reserve(&*ca.store, ca.issuer, &[7]).unwrap_err(),
        taken,
        "a released serial stays used"
    );
    let _open = reserve(&*ca.store, other, &[7]).unwrap();
    assert_eq!(ca.store.find_by_serial(None, &[7]).unwrap().len(), 2);
    assert_eq!(ca.store.find_by_serial(Some(other), &[7]).unwrap().len(), 1);
}

pub(crate) fn a_serial_fits_rfc_5280(new: New) {
    let ca = Ca::new(new);
    for (serial, len) in [
        (vec![], 0),
        (vec![0, 0], 0),
        (vec![1; 21], 21),
        (vec![0x80; 20], 20),
    ] {
        assert_eq!(
            reserve(&*ca.store, ca.issuer, &serial).unwrap_err(),
            StoreError::SerialInvalid { len }
        );
    }
    ca.issue(&[0x7f; 20]);
    ca.clean_check();
}

pub(crate) fn a_certificate_must_fit_its_reservation(new: New) {
    let ca = Ca::new(new);
    let wrong = |result: Result<_, StoreError>| match result {
        Err(StoreError::WrongCertificate { what }) => what,
        other => panic!("{other:?}"),
    };
    let reserved = ca.reserve(&[1]);
    assert!(wrong(ca.store.record(reserved, b"hello", None, NOW)).contains("not a certificate"));
    let reserved = ca.reserve(&[2]);
    assert!(wrong(ca.store.record(reserved, &certificate(&[3]).1, None, NOW)).contains("serial"));
    let reserved = ca.reserve(&[4]);
    let mut der = certificate(&[4]).1;
    der[400] ^= 1;
    assert!(wrong(ca.store.record(reserved, &der, None, NOW)).contains("to-be-signed"));
    // all three stay open
    let open = ca.list(&Filter {
        status: Some(Status::Reserved),
        now: NOW,
        ..Filter::default()
    });
    assert_eq!(
        open.iter()
            .map(|row| row.serial.clone())
            .collect::<Vec<_>>(),
        [vec![1], vec![2], vec![4]]
    );
    let report = ca.clean_check();
    assert_eq!(report.outstanding, open);
}

pub(crate) fn a_released_reservation_is_void(new: New) {
    let ca = Ca::new(new);
    let reserved = ca.reserve(&[9]);
    ca.store
        .release(reserved, "the TPM was in lockout", NOW + 2)
        .unwrap();
    assert_eq!(ca.find(&[9]).status(NOW), Status::Void);
    let last = ca.audit().pop().unwrap();
    assert_eq!(
        (last.kind, last.serial),
        (AuditKind::Released, Some(vec![9]))
    );
    assert!(last.detail.contains("the TPM was in lockout"));
    assert_eq!(
        ca.revoke(&[9], None, NOW).unwrap_err(),
        StoreError::NeverSigned {
            serial: "09".to_owned()
        }
    );
    assert_eq!(ca.clean_check().void, 1);
}

pub(crate) fn a_refusal_leaves_an_audit_entry_only(new: New) {
    let ca = Ca::new(new);
    let refused = Refused {
        issuer: Some(ca.issuer),
        requester: "uid:1000",
        profile: "server",
        subject: "CN=evil \"quoted\"\n",
        reason: "name not allowed",
        csr_sha256: Some([5; 32]),
        at: NOW,
    };
    ca.store.refuse(&refused).unwrap();
    let last = ca.audit().pop().unwrap();
    assert_eq!(
        (last.kind, last.issuer, last.serial),
        (AuditKind::Refused, Some(ca.issuer), None)
    );
    let detail: serde_json::Value = serde_json::from_str(&last.detail).unwrap();
    assert_eq!(detail["subject"], refused.subject);
    assert_eq!(detail["csr_sha256"], "05".repeat(32));
    assert!(ca.list(&Filter::default()).is_empty());
    ca.clean_check();
}

pub(crate) fn revocation_is_once_and_for_ever(new: New) {
    let ca = Ca::new(new);
    ca.issue(&[1]);
    let outcome = ca
        .store
        .revoke(&NewRevocation {
            issuer: ca.issuer,
            serial: &[1],
            reason: Some(1),
            invalidity_date: Some(NOW - DAY),
            requester: "uid:7",
            at: NOW + 10,
        })
        .unwrap();
    assert_eq!(
        (outcome.state, outcome.replaced_hold, outcome.revoked_at),
        (State::Issued, false, NOW + 10)
    );
    let row = ca.find(&[1]);
    assert_eq!(
        (row.revoked_at, row.reason, row.invalidity_date),
        (Some(NOW + 10), Some(1), Some(NOW - DAY))
    );
    let again = StoreError::AlreadyRevoked {
        serial: "01".to_owned(),
        at: NOW + 10,
        reason: Some(1),
    };
    assert_eq!(ca.revoke(&[1], Some(4), NOW + 20).unwrap_err(), again);
    assert!(matches!(
        ca.store.unrevoke(ca.issuer, &[1], "uid:7", NOW),
        Err(StoreError::NotOnHold { .. })
    ));
    assert!(matches!(
        ca.revoke(&[2], None, NOW),
        Err(StoreError::NotFound { .. })
    ));
    for reason in [7, 8, 11, 255] {
        assert_eq!(
            ca.revoke(&[1], Some(reason), NOW).unwrap_err(),
            StoreError::InvalidReason { reason }
        );
    }
    let last = ca.audit().pop().unwrap();
    assert_eq!(
        (last.kind, last.actor.as_str(), last.at),
        (AuditKind::Revoked, "uid:7", NOW + 10)
    );
    ca.clean_check();
}

pub(crate) fn a_hold_is_lifted_or_made_final(new: New) {
    let ca = Ca::new(new);
    ca.issue(&[1]);
    ca.issue(&[2]);
    ca.revoke(&[1], Some(6), NOW + 1).unwrap();
    assert_eq!(ca.find(&[1]).reason, Some(6));
    assert!(matches!(
        ca.revoke(&[1], Some(6), NOW + 2),
        Err(StoreError::AlreadyRevoked { .. })
    ));
    ca.store
        .unrevoke(ca.issuer, &[1], "uid:0", NOW + 3)
        .unwrap();
    assert_eq!(ca.find(&[1]).status(NOW), Status::Valid);
    assert_eq!(ca.find(&[1]).reason, None);
    ca.clean_check();
    ca.revoke(&[1], Some(6), NOW + 4).unwrap();

    ca.revoke(&[2], Some(6), NOW + 5).unwrap();
    let outcome = ca.revoke(&[2], Some(1), NOW + 6).unwrap();
    assert_eq!((outcome.replaced_hold, outcome.revoked_at), (true, NOW + 5));
    assert_eq!(
        (ca.find(&[2]).revoked_at, ca.find(&[2]).reason),
        (Some(NOW + 5), Some(1))
    );
    assert!(
        ca.store
            .unrevoke(ca.issuer, &[2], "uid:0", NOW + 7)
            .is_err()
    );
    assert_eq!(ca.clean_check().revoked, 2);
}

pub(crate) fn a_reservation_can_be_revoked_and_is_then_closed_to_its_signer(new: New) {
    let ca = Ca::new(new);
    let (first, second) = (ca.reserve(&[1]), ca.reserve(&[2]));
    assert_eq!(ca.revoke(&[1], None, NOW).unwrap().state, State::Reserved);
    assert_eq!(ca.revoke(&[2], None, NOW).unwrap().state, State::Reserved);
    assert_eq!(ca.find(&[1]).status(NOW), Status::Revoked);
    let result = ca.store.record(first, &certificate(&[1]).1, None, NOW);
    assert!(
        matches!(result, Err(StoreError::AlreadyRevoked { .. })),
        "{result:?}"
    );
    let result = ca.store.release(second, "not signed after all", NOW);
    assert!(
        matches!(result, Err(StoreError::AlreadyRevoked { .. })),
        "{result:?}"
    );
    let crl = ca
        .store
        .begin_crl(ca.issuer, CrlScope::default(), NOW)
        .unwrap();
    assert_eq!(crl.entries().count(), 2);
    let report = ca.clean_check();
    assert_eq!(
        (report.reserved, report.revoked, report.outstanding.len()),
        (2, 2, 0)
    );
    // what failed left no audit entry: issuer, and two revocations
    assert_eq!(report.audit_entries, 3);
}

pub(crate) fn list_filters_and_pages(new: New) {
    let ca = Ca::new(new);
    for number in 1..=250u8 {
        ca.issue(&[1, number]);
    }
    for number in 1..=250u8 {
        let reserved = ca.store.reserve(&NewReservation {
            issuer: ca.issuer,
            holder: crate::fixture::leaf(),
            serial: &[2, number],
            tbs_sha256: sha256(&certificate(&[2, number]).0),
            requester: "uid:1000",
            profile: "client",
            subject: "O=Acme,CN=Jane Doe",
            names: &[],
            not_before: NOW,
            not_after: NOW + DAY,
            claim: Claim::None,
            at: NOW,
        });
        ca.store
            .record(reserved.unwrap(), &certificate(&[2, number]).1, None, NOW)
            .unwrap();
    }
    ca.revoke(&[1, 9], None, NOW).unwrap();
    let _open = ca.reserve(&[3]);
    let now = NOW + 2 * DAY;
    let count = |filter: Filter| ca.list(&Filter { now, ..filter }).len();
    let status = |status| Filter {
        status: Some(status),
        ..Filter::default()
    };
    assert_eq!(count(Filter::default()), 501);
    assert_eq!(count(status(Status::Valid)), 249);
    assert_eq!(count(status(Status::Expired)), 250);
    assert_eq!(count(status(Status::Revoked)), 1);
    assert_eq!(count(status(Status::Reserved)), 1);
    assert_eq!(count(status(Status::Void)), 0);
    let name = |glob: &str| Filter {
        name_glob: Some(glob.to_owned()),
        ..Filter::default()
    };
    assert_eq!(count(name("host-01??.EXAMPLE.com")), 250);
    assert_eq!(count(name("jane *")), 250);
    assert_eq!(count(name("host-0109.example.com")), 1);
    assert_eq!(
        count(Filter {
            status: Some(Status::Revoked),
            ..name("jane*")
        }),
        0
    );
    assert_eq!(
        count(Filter {
            expires_before: Some(NOW + 2 * DAY),
            ..Filter::default()
        }),
        250
    );
    assert_eq!(
        count(Filter {
            issuer: Some(add_issuer(&*ca.store, "x").unwrap()),
            ..Filter::default()
        }),
        0
    );

    // page by page gives the same as at once
    let all = ca.list(&Filter::default());
    let (mut paged, mut after) = (Vec::new(), None);
    loop {
        let page = ca.list(&Filter {
            limit: Some(200),
            after,
            ..Filter::default()
        });
        let Some(last) = page.last() else { break };
        after = Some(last.position);
        paged.extend(page);
    }
    assert_eq!(paged, all);
    assert!(all.is_sorted_by_key(|row| row.position));
    let mut seen = 0;
    ca.store
        .list(&Filter::default(), &mut |_| {
            seen += 1;
            if seen == 300 {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        })
        .unwrap();
    assert_eq!(seen, 300);
}

pub(crate) fn crl_numbers_rise_and_are_recorded_once(new: New) {
    let ca = Ca::new(new);
    ca.issue(&[2]);
    ca.issue(&[1]);
    ca.revoke(&[2], Some(1), NOW + 1).unwrap();
    ca.revoke(&[1], None, NOW + 2).unwrap();
    assert_eq!(ca.store.last_crl(ca.issuer).unwrap(), None);
    let _never_recorded = ca
        .store
        .begin_crl(ca.issuer, CrlScope::default(), NOW)
        .unwrap();
    let snapshot = ca
        .store
        .begin_crl(ca.issuer, CrlScope::default(), NOW)
        .unwrap();
    assert_eq!(snapshot.number(), 2);
    let rows: Vec<_> = snapshot.entries().collect::<Result<_, _>>().unwrap();
    let row = |serial, revoked_at, reason| RevokedRow {
        serial: vec![serial],
        revoked_at,
        reason,
        invalidity_date: None,
        note: None,
    };
    assert_eq!(rows, [row(1, NOW + 2, None), row(2, NOW + 1, Some(1))]);
    let crl = NewCrl {
        issuer: ca.issuer,
        number: 2,
        sha256: [8; 32],
        this_update: NOW,
        next_update: NOW + 7 * DAY,
        entries: 2,
        requester: "uid:0",
        at: NOW,
    };
    ca.store.record_crl(&crl).unwrap();
    assert!(matches!(
        ca.store.record_crl(&crl),
        Err(StoreError::CrlNumber { number: 2, .. })
    ));
    for number in [3, u64::MAX] {
        let result = ca.store.record_crl(&NewCrl { number, ..crl });
        assert_eq!(
            result,
            Err(StoreError::CrlNumber {
                number,
                state: "not allotted"
            })
        );
    }
    let last = ca.store.last_crl(ca.issuer).unwrap().unwrap();
    assert_eq!((last.number, last.sha256, last.entries), (2, [8; 32], 2));
    let next = ca
        .store
        .begin_crl(ca.issuer, CrlScope::default(), NOW)
        .unwrap();
    assert_eq!((next.number(), next.previous()), (3, Some(&last)));
    let other = add_issuer(&*ca.store, "other").unwrap();
    assert_eq!(
        ca.store
            .begin_crl(other, CrlScope::default(), NOW)
            .unwrap()
            .number(),
        1
    );
    assert_eq!(ca.clean_check().crls, 1);
}

pub(crate) fn an_expired_certificate_is_on_one_crl_after_its_end(new: New) {
    let ca = Ca::new(new);
    issue_until(&*ca.store, ca.issuer, &[1], NOW + 10).unwrap();
    issue_until(&*ca.store, ca.issuer, &[2], NOW + 10).unwrap();
    issue_until(&*ca.store, ca.issuer, &[3], NOW + 1000).unwrap();
    ca.revoke(&[1], None, NOW).unwrap();
    ca.revoke(&[3], None, NOW).unwrap();
    let crl = |this_update| {
        let snapshot = ca
            .store
            .begin_crl(ca.issuer, CrlScope::default(), this_update)
            .unwrap();
        let serials: Vec<_> = snapshot
            .entries()
            .map(|row| row.unwrap().serial[0])
            .collect();
        ca.store
            .record_crl(&NewCrl {
                issuer: ca.issuer,
                number: snapshot.number(),
                sha256: [0; 32],
                this_update,
                next_update: this_update + 100,
                entries: serials.len() as u64,
                requester: "uid:0",
                at: this_update,
            })
            .unwrap();
        serials
    };
    assert_eq!(crl(NOW + 5), [1, 3]);
    assert_eq!(crl(NOW + 20), [1, 3], "the first one after its end");
    assert_eq!(crl(NOW + 30), [3]);
    ca.revoke(&[2], None, NOW + 40).unwrap();
    assert_eq!(crl(NOW + 50), [2, 3], "revoked after its end");
    assert_eq!(crl(NOW + 60), [3]);
}

pub(crate) fn issuers_are_kept_with_their_certificates(new: New) {
    let ca = Ca::new(new);
    assert_eq!(
        add_issuer(&*ca.store, "root").unwrap_err(),
        StoreError::IssuerTaken {
            name: "root".to_owned()
        }
    );
    assert_eq!(ca.store.issuers().unwrap()[0].certificate_der, None);
    ca.store
        .set_issuer_certificate(ca.issuer, b"certificate", "uid:0", NOW)
        .unwrap();
    let issuers = ca.store.issuers().unwrap();
    assert_eq!(issuers.len(), 1);
    assert_eq!(issuers[0].id, ca.issuer);
    assert_eq!(
        issuers[0].certificate_der.as_deref(),
        Some(b"certificate".as_slice())
    );
    assert_eq!(
        issuers[0].pinned_parent.as_deref(),
        Some([0, 11, 7].as_slice())
    );
    let kinds: Vec<_> = ca.audit().iter().map(|entry| entry.kind).collect();
    assert_eq!(kinds, [AuditKind::IssuerAdded, AuditKind::IssuerCertified]);
    ca.clean_check();

    // an issuer of another store, with a number that this one has not
    let other = Ca::new(new);
    let unknown = add_issuer(&*other.store, "second").unwrap();
    let missing = StoreError::NoSuchIssuer { issuer: unknown };
    assert_eq!(reserve(&*ca.store, unknown, &[1]).unwrap_err(), missing);
    assert_eq!(
        ca.store
            .begin_crl(unknown, CrlScope::default(), NOW)
            .unwrap_err(),
        missing
    );
    assert_eq!(
        ca.store
            .set_issuer_certificate(unknown, b"x", "uid:0", NOW)
            .unwrap_err(),
        missing
    );
    assert_eq!(ca.clean_check().audit_entries, 2);
}
