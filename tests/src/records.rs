//! Changes that somebody with write access makes in the database of records, past everything that guards it.

use std::{fs, path::Path};

use rusqlite::Connection;

/// Serial numbers of certificates with a history, in hexadecimal.
pub struct Serials<'a> {
    /// Never revoked.
    pub good: &'a str,
    /// Put on hold, then revoked for good.
    pub revoked: &'a str,
    /// Put on hold, and taken off it.
    pub freed: &'a str,
}

/// Makes each of the [`CHANGES`] in turn, calls `check` with it, and puts the database back.
pub fn each_change(database: &Path, serials: &Serials<'_>, mut check: impl FnMut(&str)) {
    Connection::open(database)
        .unwrap()
        .execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")
        .unwrap();
    let before = fs::read(database).unwrap();
    let restore = || {
        fs::write(database, &before).unwrap();
        for ending in ["-wal", "-shm"] {
            let mut path = database.as_os_str().to_owned();
            path.push(ending);
            fs::remove_file(path).ok();
        }
    };
    for change in CHANGES {
        let statement = change
            .replace("{good}", &format!("x'{}'", serials.good))
            .replace("{revoked}", &format!("x'{}'", serials.revoked))
            .replace("{freed}", &format!("x'{}'", serials.freed));
        restore();
        force(database, &format!("UPDATE certificate SET {statement}"));
        check(&statement);
    }
    restore();
}

/// Runs a statement with triggers and constraints out of the way; afterwards they are there again.
pub fn force(database: &Path, statement: &str) {
    let sql = Connection::open(database).unwrap();
    let triggers: Vec<(String, String)> = sql
        .prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
        .unwrap()
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    sql.execute_batch("PRAGMA ignore_check_constraints = ON; PRAGMA foreign_keys = OFF")
        .unwrap();
    for (name, _) in &triggers {
        sql.execute_batch(&format!("DROP TRIGGER {name}")).unwrap();
    }
    assert!(sql.execute(statement, []).unwrap() > 0, "{statement}");
    for (_, definition) in &triggers {
        sql.execute_batch(definition).unwrap();
    }
}

/// Of each column that the audit chain covers, and of each way to undo or soften a revocation.
pub const CHANGES: &[&str] = &[
    "issuer = issuer + 1 WHERE serial = {good}",
    "serial = x'77' WHERE serial = {good}",
    "state = 'void', issued_at = NULL, der = NULL WHERE serial = {good}",
    "state = 'reserved', issued_at = NULL, der = NULL, outcome_entry = NULL WHERE serial = {good}",
    "tbs_sha256 = zeroblob(32) WHERE serial = {good}",
    "requester = 'nobody' WHERE serial = {good}",
    "profile = 'x' WHERE serial = {good}",
    "subject = 'CN=x' WHERE serial = {good}",
    "names = '[\"DNS:x\"]' WHERE serial = {good}",
    "not_before = not_before + 1 WHERE serial = {good}",
    "not_after = not_after + 1 WHERE serial = {good}",
    "reserved_at = reserved_at - 1 WHERE serial = {good}",
    "issued_at = issued_at + 1 WHERE serial = {good}",
    "outcome_entry = outcome_entry + 1 WHERE serial = {good}",
    "outcome_entry = 9000000000000000000 WHERE serial = {good}",
    "der = NULL WHERE serial = {good}",
    "der = x'3000' WHERE serial = {good}",
    "der = (SELECT der FROM certificate WHERE serial = {freed}) WHERE serial = {good}",
    // the last bytes are the signature's
    "der = CAST(substr(der, 1, length(der) - 1) || x'00' AS BLOB) WHERE serial = {good}",
    // revocations that there were none of
    "revoked_at = 1, revocation_entry = 9000000000000000000 WHERE serial = {good}",
    "revoked_at = 1, revocation_entry = (SELECT max(seq) FROM audit WHERE kind = 'revoked') WHERE serial = {good}",
    "revocation_entry = 9000000000000000000 WHERE serial = {good}",
    "reason = 1 WHERE serial = {good}",
    "invalidity_date = 1 WHERE serial = {good}",
    // one that is undone
    "revoked_at = NULL, reason = NULL WHERE serial = {revoked}",
    "revoked_at = NULL, reason = NULL, revocation_entry = NULL WHERE serial = {revoked}",
    "revoked_at = NULL, reason = NULL, revocation_entry = 9000000000000000000 WHERE serial = {revoked}",
    "revoked_at = NULL, reason = NULL, revocation_entry = (SELECT seq FROM audit WHERE kind = 'unrevoked') \
     WHERE serial = {revoked}",
    // one that is softened: only the first of its two entries counts
    "reason = 6, revocation_entry = (SELECT min(seq) FROM audit WHERE kind = 'revoked' AND serial = {revoked}) \
     WHERE serial = {revoked}",
    "reason = 6 WHERE serial = {revoked}",
    "reason = NULL WHERE serial = {revoked}",
    "revoked_at = revoked_at + 1 WHERE serial = {revoked}",
    "invalidity_date = 1 WHERE serial = {revoked}",
    "revocation_entry = revocation_entry + 1 WHERE serial = {revoked}",
    // a hold that is over
    "revocation_entry = NULL WHERE serial = {freed}",
    "revocation_entry = 9000000000000000000 WHERE serial = {freed}",
    "revoked_at = (SELECT at FROM audit WHERE kind = 'revoked' AND serial = {freed}), reason = 6, \
     revocation_entry = (SELECT seq FROM audit WHERE kind = 'revoked' AND serial = {freed}) WHERE serial = {freed}",
];
