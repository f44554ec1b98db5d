//! The entries of one CRL: a read transaction on a connection of its own.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, params};

use super::{open, rows, sql};
use crate::crl::{CrlRow, CrlSnapshot, RevokedPages, RevokedRow};
use crate::error::StoreError;
use crate::issuer::IssuerId;
use crate::rules::CrlCutoff;

/// Which entries belong on a CRL, and in which order.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Entries {
    /// Without those that have been on a CRL after their end, in the order of the serials' bytes.
    Current,
    /// All that index.txt lists as revoked, in the order of the serials as numbers: those of `openssl ca`.
    Listed,
}

/// Takes a snapshot. What was committed before is in it, what is committed later is not.
pub(super) fn take(
    path: &Path,
    issuer: IssuerId,
    number: u64,
    entries: Entries,
) -> Result<CrlSnapshot, StoreError> {
    let connection = open::readable(path, false)?;
    // A transaction that was only begun sees nothing yet: the read that follows fixes what it sees.
    connection.execute_batch("BEGIN")?;
    let previous: Option<CrlRow> = connection
        .query_row(sql::CRL_LAST, [issuer.get()], rows::crl)
        .optional()?;
    Ok(of_all(connection, issuer, number, previous, entries))
}

/// All entries that the connection sees.
pub(super) fn of_all(
    connection: Connection,
    issuer: IssuerId,
    number: u64,
    previous: Option<CrlRow>,
    entries: Entries,
) -> CrlSnapshot {
    let cutoff = CrlCutoff::after(previous.as_ref());
    CrlSnapshot::new(
        issuer,
        number,
        previous,
        Box::new(Pages {
            connection,
            issuer,
            cutoff,
            entries,
        }),
    )
}

struct Pages {
    connection: Connection,
    issuer: IssuerId,
    cutoff: CrlCutoff,
    entries: Entries,
}

impl RevokedPages for Pages {
    fn page(&self, after: Option<&[u8]>) -> Result<Vec<RevokedRow>, StoreError> {
        // an empty serial stands before all others
        let after = after.unwrap_or_default();
        if self.entries == Entries::Listed {
            return self.listed(after);
        }
        let mut statement = self.connection.prepare(sql::CRL_PAGE)?;
        let found = statement.query_map(
            params![self.issuer.get(), after, self.cutoff.previous_update, PAGE],
            rows::revoked,
        )?;
        Ok(found.collect::<Result<_, _>>()?)
    }
}

impl Pages {
    fn listed(&self, after: &[u8]) -> Result<Vec<RevokedRow>, StoreError> {
        let issuer = self.issuer.get();
        let length = i64::try_from(after.len()).unwrap_or(i64::MAX);
        let mut statement = self.connection.prepare(sql::INDEX_CRL_PAGE)?;
        let found = statement.query_map(
            params![issuer, length, after, PAGE],
            rows::revoked_with_note,
        )?;
        let page: Vec<RevokedRow> = found.collect::<Result<_, _>>()?;
        if !page.is_empty() {
            return Ok(page);
        }
        let mut statement = self.connection.prepare(sql::INDEX_CRL_LONGER)?;
        let found = statement.query_map(params![issuer, length, PAGE], rows::revoked_with_note)?;
        Ok(found.collect::<Result<_, _>>()?)
    }
}

/// Entries that are read at a time.
const PAGE: i64 = 1024;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    #[test]
    fn the_statement_leaves_out_what_the_rule_leaves_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.db");
        open::create_file(&path).unwrap();
        let connection = open::writable(&path).unwrap();
        connection
            .execute_batch(
                "INSERT INTO issuer (id, name, subject_der, key_id, key, added_at, added_entry)
                 VALUES (1, 'root', x'3000', x'01', 'k', 0, 1)",
            )
            .unwrap();
        let times = [9, 10, 11];
        let cutoff = CrlCutoff {
            previous_update: 10,
        };
        let mut expected = Vec::new();
        for (serial, (end, revoked)) in (1u8..).zip(
            times
                .iter()
                .flat_map(|end| times.iter().map(move |at| (*end, *at))),
        ) {
            connection
                .execute(
                    "INSERT INTO certificate (issuer, serial, state, tbs_sha256, requester, profile, subject, names,
                         not_before, not_after, reserved_at, revoked_at, revocation_entry)
                     VALUES (1, ?1, 'reserved', zeroblob(32), '', '', '', '[]', 0, ?2, 0, ?3, 1)",
                    params![[serial], end, revoked],
                )
                .unwrap();
            if cutoff.lists(end, revoked) {
                expected.push(vec![serial]);
            }
        }
        let pages = Pages {
            connection,
            issuer: IssuerId::new(1),
            cutoff,
            entries: Entries::Current,
        };
        let listed = pages.page(None).unwrap();
        let serials: Vec<_> = listed.into_iter().map(|row| row.serial).collect();
        assert_eq!(serials, expected);
        assert_eq!(serials.len(), 8);
    }
}
