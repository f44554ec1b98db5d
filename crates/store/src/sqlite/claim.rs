//! The statements of claims.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::rows;
use super::transaction::Transaction;
use crate::check::Check;
use crate::claim::{Claim, ClaimKind};
use crate::error::StoreError;
use crate::rules::CertificateState;
use crate::rules::claim::{check_order, check_renewal, check_token};

/// Checks that what a reservation claims is free at the time `at`. Reads only.
pub(super) fn check(
    transaction: &mut Transaction<'_, '_>,
    claim: &Claim,
    at: i64,
) -> Result<(), StoreError> {
    match *claim {
        Claim::None => Ok(()),
        Claim::AcmeOrder(_) => check_order(newest(transaction, claim)?),
        Claim::Token { hash, until, uses } => {
            let held = transaction
                .statements
                .token_held
                .query_row(params![hash], |row| row.get(0))
                .optional()?;
            check_token(until, uses, held.unwrap_or(0), at)
        }
        Claim::Renewal { predecessor } => {
            let found = transaction
                .statements
                .state_by_id
                .query_row([predecessor], state)
                .optional()?;
            check_renewal(found, newest(transaction, claim)?)
        }
    }
}

/// Writes the claim of the reservation in row `certificate`.
pub(super) fn add(
    transaction: &mut Transaction<'_, '_>,
    certificate: i64,
    claim: &Claim,
) -> Result<(), StoreError> {
    let Some((kind, subject)) = claim.key() else {
        return Ok(());
    };
    transaction
        .statements
        .claim_add
        .execute(params![certificate, kind.as_str(), subject])?;
    if kind == ClaimKind::Token {
        transaction.statements.token_use.execute([subject])?;
    }
    Ok(())
}

/// Undoes the claim of a reservation that is being released. All but the count follows from its state.
pub(super) fn undo(transaction: &mut Transaction<'_, '_>, claim: &Claim) -> Result<(), StoreError> {
    if let Claim::Token { hash, .. } = claim {
        transaction.statements.token_free.execute(params![hash])?;
    }
    Ok(())
}

/// State of the newest reservation that claims the same.
fn newest(
    transaction: &mut Transaction<'_, '_>,
    claim: &Claim,
) -> Result<Option<CertificateState>, StoreError> {
    let Some((kind, subject)) = claim.key() else {
        return Ok(None);
    };
    let found = transaction
        .statements
        .claim_newest
        .query_row(params![kind.as_str(), subject], state);
    Ok(found.optional()?)
}

fn state(row: &Row<'_>) -> rusqlite::Result<CertificateState> {
    rows::certificate_state(row).map(|(_, state)| state)
}

/// Compares the counts of tokens with the claims.
pub(super) fn check_counts(connection: &Connection, check: &mut Check) -> Result<(), StoreError> {
    let wrong: u64 = connection.query_row(WRONG_COUNTS, [], |row| rows::unsigned(row, 0))?;
    check.tokens(wrong);
    Ok(())
}

const WRONG_COUNTS: &str = "
    SELECT count(*) FROM (
        SELECT claim.subject AS hash, count(*) AS held
        FROM claim JOIN certificate ON certificate.id = claim.certificate
        WHERE claim.kind = 'token' AND certificate.state <> 'void' GROUP BY claim.subject
    ) AS counted FULL JOIN token_use USING (hash)
    WHERE coalesce(counted.held, 0) <> coalesce(token_use.held, 0)";
