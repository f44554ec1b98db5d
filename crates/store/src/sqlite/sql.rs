//! Every statement of the paths that must not grow with the number of certificates. Parameters are
//! numbered (`?1`): a `$1` would be a name, numbered by where it appears first.

pub(super) const AUDIT_HEAD: &str = "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1";

pub(super) const AUDIT_APPEND: &str =
    "INSERT INTO audit (seq, at, kind, issuer, serial, actor, detail, prev_hash, hash)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";

pub(super) const AUDIT_PAGE: &str =
    "SELECT seq, at, kind, issuer, serial, actor, detail, prev_hash, hash
     FROM audit WHERE seq > ?1 ORDER BY seq LIMIT ?2";

/// What came after `?1`, as far as a [`Watch`](crate::Watch) looks at it.
pub(super) const AUDIT_CHANGES: &str =
    "SELECT seq, kind, issuer, serial FROM audit WHERE seq > ?1 ORDER BY seq";

pub(super) const ISSUER_ADD: &str =
    "INSERT INTO issuer (name, subject_der, key_id, key, pinned_parent, added_at, added_entry)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";

pub(super) const ISSUER_CERTIFY: &str =
    "UPDATE issuer SET certificate_der = ?2, certificate_entry = ?3 WHERE id = ?1";

pub(super) const ISSUERS: &str =
    "SELECT id, name, subject_der, key_id, key, pinned_parent, certificate_der, added_at
     FROM issuer ORDER BY id";

pub(super) const RESERVE: &str =
    "INSERT INTO certificate (issuer, serial, state, tbs_sha256, requester, profile, subject, names,
         not_before, not_after, reserved_at)
     VALUES (?1, ?2, 'reserved', ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";

/// Who has a name: the newest issuer or certificate with a known key, before CAs of which only the name is known.
pub(super) const CA_NAME_ANY: &str =
    "SELECT issuer.name, n.key_sha256 IS NOT NULL, certificate.serial
     FROM ca_name n
         LEFT JOIN issuer ON issuer.id = n.issuer
         LEFT JOIN certificate ON certificate.id = n.certificate
     WHERE n.name_sha256 = ?1 AND certificate.state IS NOT 'void'
     ORDER BY n.key_sha256 DESC, n.id DESC LIMIT 1";

pub(super) const CA_NAME_SAME: &str =
    "SELECT 1 FROM ca_name n LEFT JOIN certificate ON certificate.id = n.certificate
     WHERE n.name_sha256 = ?1 AND n.key_sha256 = ?2 AND certificate.state IS NOT 'void' LIMIT 1";

pub(super) const CA_NAME_ADD: &str =
    "INSERT INTO ca_name (name_sha256, key_sha256, issuer, certificate) VALUES (?1, ?2, ?3, ?4)";

/// `?2` is the kind, `?3` what is claimed.
pub(super) const CLAIM_ADD: &str =
    "INSERT INTO claim (certificate, kind, subject) VALUES (?1, ?2, ?3)";

pub(super) const CLAIM_NEWEST: &str =
    "SELECT certificate.id, certificate.state, certificate.revoked_at, certificate.reason
     FROM claim INDEXED BY claim_newest JOIN certificate ON certificate.id = claim.certificate
     WHERE claim.kind = ?1 AND claim.subject = ?2 ORDER BY claim.certificate DESC LIMIT 1";

pub(super) const TOKEN_HELD: &str = "SELECT held FROM token_use WHERE hash = ?1";

pub(super) const TOKEN_USE: &str = "INSERT INTO token_use (hash, held) VALUES (?1, 1) ON CONFLICT (hash) DO UPDATE SET held = held + 1";

pub(super) const TOKEN_FREE: &str = "UPDATE token_use SET held = held - 1 WHERE hash = ?1";

pub(super) const RECORD: &str =
    "UPDATE certificate SET state = 'issued', issued_at = ?2, outcome_entry = ?3, der = ?4, evidence = ?5,
         (listed, pending) = (SELECT 'V', 1 FROM index_file WHERE index_file.issuer = certificate.issuer)
     WHERE id = ?1 AND state = 'reserved' AND revoked_at IS NULL";

pub(super) const VOID: &str = "UPDATE certificate SET state = 'void', outcome_entry = ?2
     WHERE id = ?1 AND state = 'reserved' AND revoked_at IS NULL";

pub(super) const STATE_BY_ID: &str =
    "SELECT id, state, revoked_at, reason FROM certificate WHERE id = ?1";

pub(super) const STATE_BY_SERIAL: &str =
    "SELECT id, state, revoked_at, reason FROM certificate WHERE serial = ?2 AND issuer = ?1";

pub(super) const SET_REVOCATION: &str =
    "UPDATE certificate SET revoked_at = ?2, reason = ?3, invalidity_date = ?4, revocation_entry = ?5,
         revocation_note = NULL,
         listed = iif(listed IS NULL
             AND NOT EXISTS (SELECT 1 FROM index_file WHERE index_file.issuer = certificate.issuer),
             NULL, iif(?2 IS NULL, 'V', 'R')),
         pending = (SELECT iif(pending = 1 OR listed IS NULL, 1, 2) FROM index_file
             WHERE index_file.issuer = certificate.issuer)
     WHERE id = ?1";

pub(super) const CRL_BEGIN: &str =
    "INSERT INTO crl (issuer, number, begun_at, shards, base, seen_entry)
     VALUES (?1, coalesce((SELECT max(number) FROM crl WHERE issuer = ?1), 0) + 1, ?2, ?3, ?4,
         coalesce((SELECT max(seq) FROM audit), 0))
     RETURNING number";

pub(super) const CRL_STATE: &str =
    "SELECT recorded_at, shards, base FROM crl WHERE issuer = ?1 AND number = ?2";

pub(super) const CRL_RECORD: &str =
    "UPDATE crl SET recorded_at = ?3, this_update = ?4, next_update = ?5, entries = ?6,
         sha256 = ?7, entry = ?8
     WHERE issuer = ?1 AND number = ?2";

/// The columns that [`rows::crl`](super::rows::crl) reads.
macro_rules! crl_columns {
    () => {
        "issuer, number, sha256, this_update, next_update, entries, recorded_at, shards, base, seen_entry"
    };
}

pub(super) const CRL_LAST: &str = concat!(
    "SELECT ",
    crl_columns!(),
    " FROM crl INDEXED BY crl_complete WHERE issuer = ?1 AND shards = 0
         AND recorded_at IS NOT NULL AND base IS NULL ORDER BY number DESC LIMIT 1"
);

/// The same for lists that are divided into `?2` shards.
pub(super) const CRL_COMPLETE: &str = concat!(
    "SELECT ",
    crl_columns!(),
    " FROM crl INDEXED BY crl_complete WHERE issuer = ?1 AND shards = ?2
         AND recorded_at IS NOT NULL AND base IS NULL ORDER BY number DESC LIMIT 1"
);

/// What has changed after the audit entry `?2`; 8 is removeFromCRL, which is dated by its own entry.
pub(super) const CRL_CHANGES: &str =
    "SELECT serial, coalesce(revoked_at, (SELECT at FROM audit WHERE seq = revocation_entry)),
         iif(revoked_at IS NULL, 8, reason), invalidity_date
     FROM certificate INDEXED BY certificate_changed
     WHERE issuer = ?1 AND revocation_entry > ?2 ORDER BY revocation_entry";

/// `?3` is the previous CRL's thisUpdate. A certificate that ended before it has been on a CRL
/// issued after its end, unless it was revoked only later (RFC 5280 section 3.3).
pub(super) const CRL_PAGE: &str = "SELECT serial, revoked_at, reason, invalidity_date
     FROM certificate INDEXED BY certificate_revoked
     WHERE issuer = ?1 AND revoked_at IS NOT NULL AND serial > ?2
         AND (not_after >= ?3 OR revoked_at >= ?3)
     ORDER BY serial LIMIT ?4";

/// Marks an issuer as one whose certificates are listed in an index.txt, and notes how the file was last seen.
pub(super) const INDEX_SEEN: &str =
    "INSERT INTO index_file (issuer, size, mtime_ns, inode, rows, tail) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
     ON CONFLICT (issuer) DO UPDATE SET size = ?2, mtime_ns = ?3, inode = ?4, rows = ?5, tail = ?6";

pub(super) const INDEX_LAST_SEEN: &str =
    "SELECT size, mtime_ns, inode, rows, tail FROM index_file WHERE issuer = ?1";

pub(super) const INDEX_STANDING: &str =
    "SELECT id, state, listed, pending, revoked_at, reason, invalidity_date, revocation_note
     FROM certificate WHERE serial = ?2 AND issuer = ?1";

pub(super) const INDEX_ADD: &str =
    "INSERT INTO certificate (issuer, serial, state, tbs_sha256, requester, profile, subject, names,
         not_before, not_after, reserved_at, issued_at, outcome_entry, der, listed)
     VALUES (?1, ?2, 'issued', ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10, ?11, ?12, ?13)";

pub(super) const INDEX_CHANGE: &str =
    "UPDATE certificate SET listed = ?2, revoked_at = ?3, reason = ?4, invalidity_date = ?5,
         revocation_note = ?6, revocation_entry = coalesce(?7, revocation_entry), pending = NULL
     WHERE id = ?1";

pub(super) const INDEX_WRITTEN: &str = "UPDATE certificate SET pending = NULL WHERE id = ?1";

pub(super) const INDEX_NOTE: &str = "UPDATE certificate SET revocation_note = ?3 WHERE serial = ?2 AND issuer = ?1 AND revoked_at IS NOT NULL";

/// The columns of an entry of index.txt.
macro_rules! entry_columns {
    () => {
        "id, serial, listed, subject, not_after, revoked_at, reason, invalidity_date, revocation_note, pending"
    };
}

pub(super) const INDEX_PENDING: &str = concat!(
    "SELECT ",
    entry_columns!(),
    " FROM certificate INDEXED BY certificate_pending WHERE issuer = ?1 AND pending IS NOT NULL ORDER BY id"
);

pub(super) const INDEX_ENTRIES: &str = concat!(
    "SELECT ",
    entry_columns!(),
    " FROM certificate WHERE id > ?2 AND issuer = ?1
         AND (state = 'issued' OR state = 'reserved' AND revoked_at IS NOT NULL) ORDER BY id LIMIT ?3"
);

pub(super) const INDEX_BY_SUBJECT: &str =
    "SELECT serial FROM certificate INDEXED BY certificate_listed_subject
     WHERE subject = ?2 AND issuer = ?1 AND listed = 'V' LIMIT 1";

pub(super) const INDEX_EXPIRE: &str =
    "UPDATE certificate INDEXED BY certificate_listed_end SET listed = 'E', pending = iif(pending = 1, 1, 2)
     WHERE issuer = ?1 AND listed = 'V' AND not_after <= ?2 RETURNING serial, subject";

/// Those as long as the serial `?3`, which has the length `?2`, and behind it. One query for all lengths would begin
/// each page at the first serial of this length.
pub(super) const INDEX_CRL_PAGE: &str =
    "SELECT serial, revoked_at, reason, invalidity_date, revocation_note
     FROM certificate INDEXED BY certificate_revoked_by_number
     WHERE issuer = ?1 AND revoked_at IS NOT NULL AND listed IS NOT NULL
         AND length(serial) = ?2 AND serial > ?3
     ORDER BY serial LIMIT ?4";

/// Those that are longer than `?2`.
pub(super) const INDEX_CRL_LONGER: &str =
    "SELECT serial, revoked_at, reason, invalidity_date, revocation_note
     FROM certificate INDEXED BY certificate_revoked_by_number
     WHERE issuer = ?1 AND revoked_at IS NOT NULL AND listed IS NOT NULL AND length(serial) > ?2
     ORDER BY length(serial), serial LIMIT ?3";

pub(super) const CRL_BEGIN_AS: &str = "INSERT INTO crl (issuer, number, begun_at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING RETURNING number";

/// The columns that [`rows::certificate`](super::rows::certificate) reads.
macro_rules! certificate_columns {
    () => {
        "id, issuer, serial, state, tbs_sha256, requester, profile, subject, names, not_before, \
         not_after, reserved_at, issued_at, revoked_at, reason, invalidity_date"
    };
}
pub(super) use certificate_columns;

pub(super) const FIND_ANYWHERE: &str = concat!(
    "SELECT ",
    certificate_columns!(),
    " FROM certificate WHERE serial = ?1 ORDER BY issuer"
);

pub(super) const FIND: &str = concat!(
    "SELECT ",
    certificate_columns!(),
    " FROM certificate WHERE serial = ?1 AND issuer = ?2"
);

pub(super) const CERTIFICATE_DER: &str =
    "SELECT der FROM certificate WHERE serial = ?2 AND issuer = ?1";

pub(super) const EVIDENCE: &str =
    "SELECT evidence FROM certificate WHERE serial = ?2 AND issuer = ?1";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;
    use crate::sqlite::open;

    #[test]
    fn nothing_on_the_way_of_a_certificate_reads_a_whole_table() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.db");
        open::create_file(&path).unwrap();
        let connection = open::writable(&path).unwrap();
        let statements = [
            AUDIT_HEAD,
            AUDIT_APPEND,
            AUDIT_PAGE,
            AUDIT_CHANGES,
            ISSUER_ADD,
            ISSUER_CERTIFY,
            RESERVE,
            CA_NAME_ANY,
            CA_NAME_SAME,
            CA_NAME_ADD,
            CLAIM_ADD,
            CLAIM_NEWEST,
            TOKEN_HELD,
            TOKEN_USE,
            TOKEN_FREE,
            RECORD,
            VOID,
            STATE_BY_ID,
            STATE_BY_SERIAL,
            SET_REVOCATION,
            CRL_BEGIN,
            CRL_STATE,
            CRL_RECORD,
            CRL_LAST,
            CRL_COMPLETE,
            CRL_CHANGES,
            CRL_PAGE,
            FIND_ANYWHERE,
            FIND,
            CERTIFICATE_DER,
            EVIDENCE,
            INDEX_SEEN,
            INDEX_LAST_SEEN,
            INDEX_STANDING,
            INDEX_ADD,
            INDEX_CHANGE,
            INDEX_WRITTEN,
            INDEX_NOTE,
            INDEX_PENDING,
            INDEX_ENTRIES,
            INDEX_BY_SUBJECT,
            INDEX_EXPIRE,
            INDEX_CRL_PAGE,
            INDEX_CRL_LONGER,
            CRL_BEGIN_AS,
        ];
        for sql in statements {
            let plan = plan(&connection, sql);
            for step in plan.lines() {
                // walking an index from one end until LIMIT is no scan
                let ends_at_once = sql == AUDIT_HEAD && step == "SCAN audit";
                assert!(ends_at_once || !step.starts_with("SCAN"), "{sql}\n{plan}");
                assert!(!step.contains("TEMP B-TREE"), "{sql}\n{plan}");
            }
        }
        assert!(plan(&connection, CRL_PAGE).contains("USING COVERING INDEX certificate_revoked"));
        let page = plan(&connection, INDEX_CRL_PAGE);
        assert!(
            page.contains("COVERING INDEX certificate_revoked_by_number"),
            "{page}"
        );
    }

    fn plan(connection: &rusqlite::Connection, sql: &str) -> String {
        let mut statement = connection
            .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
            .unwrap();
        let nulls = vec![None::<i64>; statement.parameter_count()];
        let steps = statement
            .query_map(rusqlite::params_from_iter(nulls), |row| {
                row.get::<_, String>(3)
            })
            .unwrap()
            .collect::<Result<Vec<_>, _>>()
            .unwrap();
        steps.join("\n")
    }
}
