//! Records of an issuer that has an index.txt: what is taken in from it, and what it is yet to say.

use crate::database::{Ca, New};
use crate::fixture::{Calls, DAY, NOW};
use tpm2ca_store::{
    AuditKind, IndexRow, IndexSeen, IndexStatus, NewRevocation, Status, StoreError, SyncReport,
};

fn row(status: IndexStatus, serial: u8, subject: &str) -> IndexRow {
    IndexRow {
        status,
        serial: vec![serial],
        subject: subject.to_owned(),
        not_after: NOW + DAY,
        revoked_at: (status == IndexStatus::Revoked).then_some(NOW - DAY),
        reason: None,
        invalidity_date: None,
        note: None,
        certificate: None,
    }
}

fn seen(size: u64) -> IndexSeen {
    IndexSeen {
        size,
        ..IndexSeen::default()
    }
}

fn sync_index(ca: &Ca, rows: Vec<IndexRow>) -> SyncReport {
    ca.store
        .index()
        .unwrap()
        .sync_index(
            ca.issuer,
            Box::new(rows.into_iter().map(Ok)),
            seen(1),
            "openssl ca",
            NOW,
        )
        .unwrap()
}

pub(crate) fn rows_are_taken_in_once_and_checked_like_everything_else(new: New) {
    let ca = Ca::new(new);
    let rows = vec![
        row(IndexStatus::Valid, 1, "/CN=a"),
        row(IndexStatus::Revoked, 2, "/CN=b"),
        row(IndexStatus::Expired, 3, "/CN=c"),
    ];
    let taken = sync_index(&ca, rows.clone());
    assert_eq!((taken.rows, taken.added, taken.added_revoked), (3, 3, 1));
    assert_eq!(taken.change_count, 0);
    let again = sync_index(&ca, rows);
    assert_eq!((again.rows, again.added, again.change_count), (3, 0, 0));
    assert_eq!(ca.find(&[1]).status(NOW), Status::Valid);
    assert_eq!(ca.find(&[2]).status(NOW), Status::Revoked);
    assert_eq!(ca.find(&[2]).revoked_at, Some(NOW - DAY));
    assert!(
        ca.store
            .index()
            .unwrap()
            .index_pending(ca.issuer)
            .unwrap()
            .is_empty()
    );
    let report = ca.store.check().unwrap();
    assert!(report.is_clean(), "{:?}", report.problems);
    assert_eq!((report.issued, report.revoked), (3, 1));
}

pub(crate) fn what_others_revoke_is_learned_and_logged(new: New) {
    let ca = Ca::new(new);
    sync_index(&ca, vec![row(IndexStatus::Valid, 1, "/CN=a")]);
    let mut revoked = row(IndexStatus::Revoked, 1, "/CN=a");
    revoked.reason = Some(4);
    let taken = sync_index(&ca, vec![revoked]);
    assert_eq!(taken.change_count, 1);
    assert_eq!(taken.changed[0].serial, [1]);
    assert!(taken.changed[0].revoked);
    assert_eq!(ca.find(&[1]).reason, Some(4));
    let mut kinds = Vec::new();
    ca.store
        .audit(0, &mut |entry| {
            kinds.push((entry.kind, entry.actor));
            std::ops::ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(
        kinds[1..],
        [
            (AuditKind::TakenIn, "openssl ca".to_owned()),
            (AuditKind::Revoked, "openssl ca".to_owned())
        ]
    );
    let back = sync_index(&ca, vec![row(IndexStatus::Valid, 1, "/CN=a")]);
    assert!(!back.changed[0].revoked);
    assert_eq!(ca.find(&[1]).status(NOW), Status::Valid);
    assert!(ca.store.check().unwrap().is_clean());
}

pub(crate) fn what_is_done_here_is_pending_until_it_is_written(new: New) {
    let ca = Ca::new(new);
    sync_index(&ca, vec![row(IndexStatus::Valid, 1, "/CN=a")]);
    ca.issue(&[2]);
    ca.revoke(&[1], Some(1), NOW).unwrap();
    let pending = ca.store.index().unwrap().index_pending(ca.issuer).unwrap();
    let summary: Vec<_> = pending
        .iter()
        .map(|entry| (entry.serial.clone(), entry.status, entry.is_new))
        .collect();
    assert_eq!(
        summary,
        [
            (vec![1], IndexStatus::Revoked, false),
            (vec![2], IndexStatus::Valid, true)
        ]
    );
    // The file still says V for the revoked one: that is not what the records learn from.
    let taken = sync_index(&ca, vec![row(IndexStatus::Valid, 1, "/CN=a")]);
    assert_eq!(taken.change_count, 0);
    assert_eq!(ca.find(&[1]).status(NOW), Status::Revoked);
    let positions = pending.iter().map(|entry| entry.position).collect();
    ca.store
        .index()
        .unwrap()
        .index_written(ca.issuer, positions, seen(9))
        .unwrap();
    assert!(
        ca.store
            .index()
            .unwrap()
            .index_pending(ca.issuer)
            .unwrap()
            .is_empty()
    );
    assert_eq!(
        ca.store
            .index()
            .unwrap()
            .index_seen(ca.issuer)
            .unwrap()
            .unwrap()
            .size,
        9
    );
}

pub(crate) fn a_native_ca_has_nothing_pending(new: New) {
    let ca = Ca::new(new);
    ca.issue(&[2]);
    ca.revoke(&[2], None, NOW).unwrap();
    assert_eq!(
        ca.store.index().unwrap().index_seen(ca.issuer).unwrap(),
        None
    );
    assert!(
        ca.store
            .index()
            .unwrap()
            .index_pending(ca.issuer)
            .unwrap()
            .is_empty()
    );
}

pub(crate) fn subjects_that_are_listed_as_valid_are_found(new: New) {
    let ca = Ca::new(new);
    sync_index(
        &ca,
        vec![
            row(IndexStatus::Valid, 1, "/CN=a"),
            row(IndexStatus::Revoked, 2, "/CN=b"),
            row(IndexStatus::Expired, 3, "/CN=c"),
        ],
    );
    let find = |subject| {
        ca.store
            .index()
            .unwrap()
            .listed_as_valid(ca.issuer, subject)
            .unwrap()
    };
    assert_eq!(find("/CN=a"), Some(vec![1]));
    assert_eq!(find("/CN=b"), None);
    assert_eq!(find("/CN=c"), None);
    let marked = ca
        .store
        .index()
        .unwrap()
        .mark_expired(ca.issuer, NOW + DAY)
        .unwrap();
    assert_eq!(marked, [(vec![1], "/CN=a".to_owned())]);
    assert_eq!(find("/CN=a"), None);
}

pub(crate) fn crl_entries_come_in_the_order_of_their_numbers(new: New) {
    let ca = Ca::new(new);
    let mut rows = vec![
        row(IndexStatus::Revoked, 9, "/CN=nine"),
        row(IndexStatus::Revoked, 2, "/CN=two"),
        row(IndexStatus::Revoked, 0, "/CN=zero"),
        row(IndexStatus::Valid, 3, "/CN=three"),
    ];
    let mut long = row(IndexStatus::Revoked, 1, "/CN=long");
    long.serial = vec![1, 0];
    long.reason = Some(6);
    long.note = Some("holdInstruction,1.2.3".to_owned());
    // ended long ago, and nevertheless on every list
    long.not_after = NOW - 1000 * DAY;
    rows.insert(0, long);
    sync_index(&ca, rows);
    for number in [7, 7] {
        let snapshot = ca
            .store
            .index()
            .unwrap()
            .begin_listed_crl(ca.issuer, number, NOW)
            .unwrap();
        let entries: Vec<_> = snapshot.entries().map(Result::unwrap).collect();
        let serials: Vec<_> = entries
            .iter()
            .map(|entry| entry.serial.as_slice())
            .collect();
        assert_eq!(serials, [&[0][..], &[2], &[9], &[1, 0]]);
        assert_eq!(entries[3].note.as_deref(), Some("holdInstruction,1.2.3"));
    }
    let third = ca
        .store
        .index()
        .unwrap()
        .begin_listed_crl(ca.issuer, 7, NOW)
        .unwrap();
    assert_eq!(third.number(), 9, "numbers that are taken are passed over");
}

pub(crate) fn a_note_goes_with_its_revocation(new: New) {
    let ca = Ca::new(new);
    sync_index(&ca, vec![row(IndexStatus::Valid, 1, "/CN=a")]);
    ca.store
        .index()
        .unwrap()
        .revoke_with_note(
            &NewRevocation {
                issuer: ca.issuer,
                serial: &[1],
                reason: None,
                invalidity_date: None,
                requester: "uid:0",
                at: NOW,
            },
            Some("unspecified"),
        )
        .unwrap();
    let pending = ca.store.index().unwrap().index_pending(ca.issuer).unwrap();
    assert_eq!(pending[0].note.as_deref(), Some("unspecified"));
}

pub(crate) fn rows_that_break_off_leave_nothing_behind(new: New) {
    let ca = Ca::new(new);
    let rows = vec![
        Ok(row(IndexStatus::Valid, 1, "/CN=a")),
        Err(StoreError::Unreadable),
    ];
    let error = ca
        .store
        .index()
        .unwrap()
        .sync_index(
            ca.issuer,
            Box::new(rows.into_iter()),
            seen(1),
            "openssl ca",
            NOW,
        )
        .unwrap_err();
    assert_eq!(error, StoreError::Unreadable);
    assert!(ca.store.find_by_serial(None, &[1]).unwrap().is_empty());
    assert_eq!(
        ca.store.index().unwrap().index_seen(ca.issuer).unwrap(),
        None
    );
}
