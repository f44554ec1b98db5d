-- Records beside the files of `openssl ca`: certificates that were issued by it, of which only what its index.txt says
-- may be known, and how far those files have come to say what is recorded here.

-- Issuers whose certificates are listed in an index.txt, and that file as it was last seen or written.
CREATE TABLE index_file (
    issuer    INTEGER PRIMARY KEY REFERENCES issuer (id),
    size      INTEGER NOT NULL,
    mtime_ns  INTEGER NOT NULL,
    inode     INTEGER NOT NULL,
    rows      INTEGER NOT NULL,
    tail      BLOB NOT NULL CHECK (length(tail) = 32)   -- SHA-256 of its last octets
) STRICT;

-- The table is made anew, since a CHECK cannot be changed: a certificate that was taken in from index.txt may be
-- issued without being here. New are the last three columns.
CREATE TABLE certificate_2 (
    id                INTEGER PRIMARY KEY,
    issuer            INTEGER NOT NULL REFERENCES issuer (id),
    serial            BLOB NOT NULL CHECK (length(serial) BETWEEN 1 AND 20),
    state             TEXT NOT NULL CHECK (state IN ('reserved', 'issued', 'void')),
    tbs_sha256        BLOB NOT NULL CHECK (length(tbs_sha256) = 32),  -- zeros when the certificate is not known
    requester         TEXT NOT NULL,
    profile           TEXT NOT NULL,
    subject           TEXT NOT NULL,
    names             TEXT NOT NULL,              -- a JSON array of strings
    not_before        INTEGER NOT NULL,           -- 0 when the certificate is not known
    not_after         INTEGER NOT NULL,
    reserved_at       INTEGER NOT NULL,
    issued_at         INTEGER,
    outcome_entry     INTEGER,                    -- 'issued', 'released' or 'taken-in'
    revoked_at        INTEGER,
    reason            INTEGER CHECK (reason BETWEEN 1 AND 10),
    invalidity_date   INTEGER,
    revocation_entry  INTEGER,                    -- the newest 'revoked' or 'unrevoked'
    der               BLOB,
    listed            TEXT CHECK (listed IN ('V', 'R', 'E')),  -- the letter that index.txt has for it, or is to have
    pending           INTEGER CHECK (pending IN (1, 2)),       -- while index.txt does not say so: 1 no row, 2 another one
    revocation_note   TEXT,                       -- what index.txt says of the revocation that no column does
    -- the serial first: then one index serves the search with and without an issuer
    UNIQUE (serial, issuer),
    CHECK (der IS NULL OR state = 'issued'),
    CHECK (state <> 'issued' OR der IS NOT NULL OR listed IS NOT NULL),
    CHECK ((state = 'issued') = (issued_at IS NOT NULL)),
    CHECK ((state = 'reserved') = (outcome_entry IS NULL)),
    CHECK (revoked_at IS NULL OR state <> 'void'),
    CHECK (revoked_at IS NULL OR revocation_entry IS NOT NULL),
    CHECK (revoked_at IS NOT NULL OR (reason IS NULL AND invalidity_date IS NULL AND revocation_note IS NULL))
) STRICT;

INSERT INTO certificate_2
SELECT id, issuer, serial, state, tbs_sha256, requester, profile, subject, names, not_before, not_after, reserved_at,
    issued_at, outcome_entry, revoked_at, reason, invalidity_date, revocation_entry, der, NULL, NULL, NULL
FROM certificate;

-- a table that is dropped takes its triggers and indices with it
DROP TABLE certificate;
ALTER TABLE certificate_2 RENAME TO certificate;

CREATE TRIGGER certificate_keeps_serials BEFORE DELETE ON certificate
BEGIN SELECT RAISE(ABORT, 'serials are never forgotten'); END;

CREATE TRIGGER certificate_keeps_reservation
BEFORE UPDATE OF id, issuer, serial, tbs_sha256, requester, profile, subject, names,
    not_before, not_after, reserved_at
ON certificate
BEGIN SELECT RAISE(ABORT, 'what was reserved is never changed'); END;

CREATE INDEX certificate_revoked
ON certificate (issuer, serial, revoked_at, reason, invalidity_date, not_after)
WHERE revoked_at IS NOT NULL;

CREATE INDEX certificate_reserved ON certificate (id) WHERE state = 'reserved';

-- OpenSSL puts the entries of a CRL in the order of their numbers.
CREATE INDEX certificate_revoked_by_number
ON certificate (issuer, length(serial), serial, revoked_at, reason, invalidity_date, revocation_note, listed)
WHERE revoked_at IS NOT NULL AND listed IS NOT NULL;

-- What index.txt does not say yet: few.
CREATE INDEX certificate_pending ON certificate (issuer, id) WHERE pending IS NOT NULL;

-- For `unique_subject`.
CREATE INDEX certificate_listed_subject ON certificate (subject, issuer) WHERE listed = 'V';

-- For marking as expired what has expired.
CREATE INDEX certificate_listed_end ON certificate (issuer, not_after) WHERE listed = 'V';
