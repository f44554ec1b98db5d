-- The records of a certificate authority. All times are seconds since 1970-01-01 UTC.
-- Columns named *_entry are numbers of audit entries.

-- Append-only, chained by SHA-256; the octets under the hash are described in src/audit.rs.
CREATE TABLE audit (
    seq        INTEGER PRIMARY KEY,
    at         INTEGER NOT NULL,
    kind       TEXT NOT NULL,
    issuer     INTEGER,
    serial     BLOB,
    actor      TEXT NOT NULL,
    detail     TEXT NOT NULL,                     -- a JSON object
    prev_hash  BLOB NOT NULL CHECK (length(prev_hash) = 32),
    hash       BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

CREATE TRIGGER audit_keeps_entries BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'audit entries are never deleted'); END;

CREATE TRIGGER audit_keeps_contents BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'audit entries are never changed'); END;

CREATE TABLE issuer (
    id                 INTEGER PRIMARY KEY,
    name               TEXT NOT NULL UNIQUE,
    subject_der        BLOB NOT NULL,
    key_id             BLOB NOT NULL,
    key                TEXT NOT NULL,             -- where its key is, in the words of the authority
    pinned_parent      BLOB,                      -- Name of the TPM key above it
    certificate_der    BLOB,
    added_at           INTEGER NOT NULL,
    added_entry        INTEGER NOT NULL,
    certificate_entry  INTEGER,
    CHECK ((certificate_der IS NULL) = (certificate_entry IS NULL))
) STRICT;

-- One row for each serial that was ever reserved. Revocation stands beside the state, since a
-- reservation of which nobody knows whether it was signed can be revoked too.
CREATE TABLE certificate (
    id                INTEGER PRIMARY KEY,
    issuer            INTEGER NOT NULL REFERENCES issuer (id),
    serial            BLOB NOT NULL CHECK (length(serial) BETWEEN 1 AND 20),
    state             TEXT NOT NULL CHECK (state IN ('reserved', 'issued', 'void')),
    tbs_sha256        BLOB NOT NULL CHECK (length(tbs_sha256) = 32),
    requester         TEXT NOT NULL,
    profile           TEXT NOT NULL,
    subject           TEXT NOT NULL,
    names             TEXT NOT NULL,              -- a JSON array of strings
    not_before        INTEGER NOT NULL,
    not_after         INTEGER NOT NULL,
    reserved_at       INTEGER NOT NULL,
    issued_at         INTEGER,
    outcome_entry     INTEGER,                    -- 'issued' or 'released'
    revoked_at        INTEGER,
    reason            INTEGER CHECK (reason BETWEEN 1 AND 10),
    invalidity_date   INTEGER,
    revocation_entry  INTEGER,                    -- the newest 'revoked' or 'unrevoked'
    der               BLOB,
    -- the serial first: then one index serves the search with and without an issuer
    UNIQUE (serial, issuer),
    CHECK ((state = 'issued') = (der IS NOT NULL)),
    CHECK ((state = 'issued') = (issued_at IS NOT NULL)),
    CHECK ((state = 'reserved') = (outcome_entry IS NULL)),
    CHECK (revoked_at IS NULL OR state <> 'void'),
    CHECK (revoked_at IS NULL OR revocation_entry IS NOT NULL),
    CHECK (revoked_at IS NOT NULL OR (reason IS NULL AND invalidity_date IS NULL))
) STRICT;

CREATE TRIGGER certificate_keeps_serials BEFORE DELETE ON certificate
BEGIN SELECT RAISE(ABORT, 'serials are never forgotten'); END;

CREATE TRIGGER certificate_keeps_reservation
BEFORE UPDATE OF id, issuer, serial, tbs_sha256, requester, profile, subject, names,
    not_before, not_after, reserved_at
ON certificate
BEGIN SELECT RAISE(ABORT, 'what was reserved is never changed'); END;

-- All that a CRL needs, so that making one does not touch the table.
CREATE INDEX certificate_revoked
ON certificate (issuer, serial, revoked_at, reason, invalidity_date, not_after)
WHERE revoked_at IS NOT NULL;

-- The open reservations: few.
CREATE INDEX certificate_reserved ON certificate (id) WHERE state = 'reserved';

-- One row for each CRL number that was ever allotted; recorded_at is NULL when no CRL came of it.
CREATE TABLE crl (
    issuer       INTEGER NOT NULL REFERENCES issuer (id),
    number       INTEGER NOT NULL CHECK (number > 0),
    begun_at     INTEGER NOT NULL,
    recorded_at  INTEGER,
    this_update  INTEGER,
    next_update  INTEGER,
    entries      INTEGER,
    sha256       BLOB CHECK (length(sha256) = 32),
    entry        INTEGER,
    PRIMARY KEY (issuer, number),
    CHECK ((recorded_at IS NULL) = (this_update IS NULL)),
    CHECK ((recorded_at IS NULL) = (next_update IS NULL)),
    CHECK ((recorded_at IS NULL) = (entries IS NULL)),
    CHECK ((recorded_at IS NULL) = (sha256 IS NULL)),
    CHECK ((recorded_at IS NULL) = (entry IS NULL))
) STRICT, WITHOUT ROWID;

CREATE TRIGGER crl_keeps_numbers BEFORE DELETE ON crl
BEGIN SELECT RAISE(ABORT, 'crl numbers are never forgotten'); END;

CREATE TRIGGER crl_keeps_contents BEFORE UPDATE ON crl WHEN old.recorded_at IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'a recorded crl is never changed'); END;
