-- What a reservation uses up besides its serial number, and evidence that a TPM gave for a signature.

-- One row for each reservation with a claim. Whether it holds is the state of its certificate: a void one holds nothing.
CREATE TABLE claim (
    certificate  INTEGER PRIMARY KEY REFERENCES certificate (id),
    kind         TEXT NOT NULL CHECK (kind IN ('acme-order', 'token', 'renewal')),
    subject      BLOB NOT NULL     -- order or predecessor: its number, 8 bytes, big endian; token: its SHA-256
) STRICT;

CREATE TRIGGER claim_keeps_rows BEFORE DELETE ON claim
BEGIN SELECT RAISE(ABORT, 'claims are never forgotten'); END;

CREATE TRIGGER claim_keeps_contents BEFORE UPDATE ON claim
BEGIN SELECT RAISE(ABORT, 'what was claimed is never changed'); END;

-- The newest claim on the same thing.
CREATE INDEX claim_newest ON claim (kind, subject, certificate);

-- How many claims hold a token, so that they need not be counted for each use.
CREATE TABLE token_use (
    hash  BLOB PRIMARY KEY CHECK (length(hash) = 32),
    held  INTEGER NOT NULL CHECK (held >= 0)
) STRICT, WITHOUT ROWID;

ALTER TABLE certificate ADD COLUMN evidence BLOB CHECK (evidence IS NULL OR state = 'issued');

CREATE TRIGGER certificate_keeps_evidence BEFORE UPDATE OF evidence ON certificate WHEN old.evidence IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'evidence is never changed'); END;
