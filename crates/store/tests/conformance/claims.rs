//! Claims are held with their reservation, and undone with it.

use crate::database::{Ca, New};
use crate::fixture::{Calls, NOW, certificate, reserve_claim};
use tpm2ca_store::{Claim, ClaimKind, Evidence, Reserved, Status, StoreError, StoreErrorClass};

const ORDER: Claim = Claim::AcmeOrder(7);

const fn token(uses: u32) -> Claim {
    Claim::Token {
        hash: [7; 32],
        until: NOW,
        uses,
    }
}

impl Ca {
    fn claim(&self, serial: u8, claim: Claim) -> Result<Reserved, StoreError> {
        let reserved = reserve_claim(&*self.store, self.issuer, &[serial], claim);
        if let Err(error) = &reserved {
            assert_eq!(error.class(), StoreErrorClass::Conflict, "{error}");
            assert!(
                self.store
                    .find_by_serial(None, &[serial])
                    .unwrap()
                    .is_empty(),
                "what is refused is not reserved"
            );
        }
        reserved
    }

    fn is_taken(&self, serial: u8, claim: Claim) -> bool {
        match self.claim(serial, claim) {
            Ok(reserved) => {
                self.store.release(reserved, "only asked", NOW).unwrap();
                false
            }
            Err(StoreError::ClaimTaken { .. }) => true,
            Err(other) => panic!("{other}"),
        }
    }

    fn record(&self, reserved: Reserved) {
        let (_, der) = certificate(reserved.serial());
        let _recorded = self.store.record(reserved, &der, None, NOW).unwrap();
    }

    fn renewal_of(&self, serial: u8) -> Claim {
        Claim::Renewal {
            predecessor: self.find(&[serial]).position,
        }
    }
}

pub(crate) fn a_claim_is_reserved_undone_and_completed_with_its_reservation(new: New) {
    let ca = Ca::new(new);
    for (kind, claim) in [(ClaimKind::AcmeOrder, ORDER), (ClaimKind::Token, token(1))] {
        let first = if kind == ClaimKind::Token { 100 } else { 1 };
        let reserved = ca.claim(first, claim).unwrap();
        let taken = StoreError::ClaimTaken { kind };
        assert_eq!(ca.claim(first + 1, claim).unwrap_err(), taken);
        ca.store.release(reserved, "lockout", NOW).unwrap();
        let reserved = ca.claim(first + 1, claim).unwrap();
        assert_eq!(ca.claim(first + 2, claim).unwrap_err(), taken);
        ca.record(reserved);
        assert_eq!(ca.claim(first + 2, claim).unwrap_err(), taken);
        assert_eq!(ca.find(&[first + 1]).status(NOW), Status::Valid);
    }
    // Another order and another token are free.
    assert!(!ca.is_taken(200, Claim::AcmeOrder(8)));
    let other = Claim::Token {
        hash: [8; 32],
        until: NOW,
        uses: 1,
    };
    assert!(!ca.is_taken(201, other));
    ca.clean_check();
}

pub(crate) fn claims_outlive_a_process_that_leaves_them_open(new: New) {
    let ca = Ca::new(new);
    ca.issue(&[1]);
    let renewal = ca.renewal_of(1);
    for (serial, claim) in [(2, ORDER), (3, token(1)), (4, renewal)] {
        // Whether it was signed is not known.
        drop(ca.claim(serial, claim).unwrap());
    }
    let (released, recorded) = (Claim::AcmeOrder(8), Claim::AcmeOrder(9));
    let reserved = ca.claim(5, released).unwrap();
    ca.store.release(reserved, "lockout", NOW).unwrap();
    ca.record(ca.claim(6, recorded).unwrap());

    let ca = ca.reopen();
    for claim in [ORDER, token(1), renewal, recorded] {
        assert!(ca.is_taken(20, claim), "{claim:?}");
    }
    assert!(!ca.is_taken(21, released));
    // Once nobody can use what may have been signed, the certificate can be renewed; order and token stay used.
    for serial in [2, 3, 4] {
        ca.revoke(&[serial], Some(6), NOW).unwrap();
    }
    assert!(ca.is_taken(22, renewal), "on hold it may still be recorded");
    for serial in [2, 3, 4] {
        ca.revoke(&[serial], Some(4), NOW).unwrap();
    }
    assert!(ca.is_taken(23, ORDER) && ca.is_taken(23, token(1)));
    assert!(!ca.is_taken(23, renewal));
    ca.clean_check();
}

pub(crate) fn a_token_is_good_for_its_uses_until_its_end(new: New) {
    let ca = Ca::new(new);
    let first = ca.claim(1, token(2)).unwrap();
    ca.record(ca.claim(2, token(2)).unwrap());
    assert!(ca.is_taken(3, token(2)));
    ca.store.release(first, "lockout", NOW).unwrap();
    ca.record(ca.claim(4, token(2)).unwrap());
    assert!(ca.is_taken(5, token(2)));
    assert!(!ca.is_taken(5, token(3)), "who says how often decides");
    let expired = Claim::Token {
        hash: [9; 32],
        until: NOW - 1,
        uses: 1,
    };
    let error = ca.claim(6, expired).unwrap_err();
    assert_eq!(error, StoreError::TokenExpired { until: NOW - 1 });
    ca.clean_check();
}

pub(crate) fn a_certificate_is_renewed_once_at_a_time(new: New) {
    let ca = Ca::new(new);
    ca.issue(&[1]);
    ca.issue(&[2]);
    let renewal = ca.renewal_of(1);
    let reserved = ca.claim(10, renewal).unwrap();
    assert!(ca.is_taken(11, renewal));
    assert!(!ca.is_taken(12, ca.renewal_of(2)), "another certificate");
    ca.record(reserved);
    ca.record(ca.claim(13, renewal).unwrap());
    let not_renewable = |claim| match ca.claim(14, claim) {
        Err(StoreError::NotRenewable { why }) => why,
        other => panic!("{other:?}"),
    };
    let open = ca.reserve(&[3]);
    assert_eq!(not_renewable(ca.renewal_of(3)), "was never issued");
    drop(open);
    ca.revoke(&[1], Some(1), NOW).unwrap();
    assert_eq!(not_renewable(renewal), "is revoked");
    let unknown = Claim::Renewal {
        predecessor: i64::MAX,
    };
    assert_eq!(not_renewable(unknown), "is not in the records");
    ca.clean_check();
}

pub(crate) fn a_reservation_that_fails_claims_nothing(new: New) {
    let ca = Ca::new(new);
    ca.issue(&[1]);
    for claim in [ORDER, token(1)] {
        assert!(matches!(
            reserve_claim(&*ca.store, ca.issuer, &[1], claim),
            Err(StoreError::SerialTaken { .. })
        ));
        ca.record(ca.claim(if claim == ORDER { 2 } else { 3 }, claim).unwrap());
    }
    ca.clean_check();
}

pub(crate) fn evidence_is_kept_beside_the_certificate(new: New) {
    let ca = Ca::new(new);
    let evidence = Evidence::new(vec![1, 2, 3]);
    let reserved = ca.reserve(&[1]);
    let (_, der) = certificate(&[1]);
    let _recorded = ca
        .store
        .record(reserved, &der, Some(&evidence), NOW)
        .unwrap();
    ca.issue(&[2]);
    let ca = ca.reopen();
    let found = |serial: &[u8]| ca.store.evidence(ca.issuer, serial).unwrap();
    assert_eq!(found(&[0, 1]), Some(evidence));
    assert_eq!(found(&[2]), None);
    assert_eq!(found(&[3]), None);
    ca.clean_check();
}
