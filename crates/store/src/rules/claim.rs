//! The rules of claims: whether what a reservation claims is free.

use super::CertificateState;
use crate::certificate::{HOLD, State};
use crate::claim::ClaimKind;
use crate::error::StoreError;

/// Checks that an order can get a certificate. `newest` is the state of its newest reservation: there is one at a time, so
/// all before were released.
///
/// # Errors
/// [`StoreError::ClaimTaken`].
pub(crate) fn check_order(newest: Option<CertificateState>) -> Result<(), StoreError> {
    let is_free = newest.is_none_or(|newest| newest.state == State::Void);
    free(is_free, ClaimKind::AcmeOrder)
}

/// Checks that a token can be used at the time `at`, when `held` reservations and certificates have used it.
///
/// # Errors
/// [`StoreError::TokenExpired`], [`StoreError::ClaimTaken`].
pub(crate) fn check_token(until: i64, uses: u32, held: i64, at: i64) -> Result<(), StoreError> {
    if at > until {
        return Err(StoreError::TokenExpired { until });
    }
    free(held < i64::from(uses), ClaimKind::Token)
}

/// Checks that a certificate can be renewed. `newest` is the state of its newest renewal: there is one at a time, so all
/// before have ended. One that was possibly signed has ended once it is revoked for good.
///
/// # Errors
/// [`StoreError::NotRenewable`], [`StoreError::ClaimTaken`].
pub(crate) fn check_renewal(
    predecessor: Option<CertificateState>,
    newest: Option<CertificateState>,
) -> Result<(), StoreError> {
    let why = match predecessor {
        None => Some("is not in the records"),
        Some(found) if found.revoked.is_some() => Some("is revoked"),
        Some(found) if found.state != State::Issued => Some("was never issued"),
        Some(_) => None,
    };
    if let Some(why) = why {
        return Err(StoreError::NotRenewable { why });
    }
    let is_free = newest.is_none_or(|newest| {
        let is_final = newest
            .revoked
            .is_some_and(|(_, reason)| reason != Some(HOLD));
        newest.state != State::Reserved || is_final
    });
    free(is_free, ClaimKind::Renewal)
}

fn free(is_free: bool, kind: ClaimKind) -> Result<(), StoreError> {
    if is_free {
        Ok(())
    } else {
        Err(StoreError::ClaimTaken { kind })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn state(state: State, reason: Option<u8>) -> CertificateState {
        CertificateState {
            state,
            revoked: match reason {
                Some(reason) => Some((5, Some(reason))),
                None => None,
            },
        }
    }

    const OPEN: CertificateState = state(State::Reserved, None);
    const ISSUED: CertificateState = state(State::Issued, None);
    const VOID: CertificateState = state(State::Void, None);

    #[test]
    fn an_order_gets_one_certificate() {
        assert!(check_order(None).is_ok());
        assert!(check_order(Some(VOID)).is_ok());
        for held in [OPEN, ISSUED, state(State::Reserved, Some(1))] {
            assert!(check_order(Some(held)).is_err(), "{held:?}");
        }
    }

    #[test]
    fn a_token_has_uses_and_an_end() {
        assert!(check_token(10, 2, 1, 10).is_ok());
        let used_up = StoreError::ClaimTaken {
            kind: ClaimKind::Token,
        };
        assert_eq!(check_token(10, 2, 2, 10), Err(used_up));
        let expired = StoreError::TokenExpired { until: 10 };
        assert_eq!(check_token(10, 2, 0, 11), Err(expired));
        assert!(check_token(10, 0, 0, 10).is_err());
    }

    #[test]
    fn a_certificate_is_renewed_once_at_a_time() {
        let renewal = |newest| check_renewal(Some(ISSUED), newest);
        for ended in [
            None,
            Some(ISSUED),
            Some(VOID),
            Some(state(State::Reserved, Some(1))),
        ] {
            assert!(renewal(ended).is_ok(), "{ended:?}");
        }
        // On hold it may still be recorded.
        for open in [OPEN, state(State::Reserved, Some(HOLD))] {
            assert!(renewal(Some(open)).is_err(), "{open:?}");
        }
        for other in [
            None,
            Some(OPEN),
            Some(VOID),
            Some(state(State::Issued, Some(HOLD))),
        ] {
            assert!(check_renewal(other, None).is_err(), "{other:?}");
        }
    }
}
