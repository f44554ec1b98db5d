-- CRLs of a part of an issuer's certificates, and delta CRLs.

-- 0: one list of all of them; otherwise so many lists, made together under one number.
ALTER TABLE crl ADD COLUMN shards INTEGER NOT NULL DEFAULT 0 CHECK (shards >= 0);
-- For a delta CRL: the number of the complete one that it changes.
ALTER TABLE crl ADD COLUMN base INTEGER;
-- The last audit entry when the number was allotted: all revocations up to it are on the list.
ALTER TABLE crl ADD COLUMN seen_entry INTEGER;

CREATE INDEX crl_complete ON crl (issuer, shards, number) WHERE recorded_at IS NOT NULL AND base IS NULL;

-- What a delta CRL is made of.
CREATE INDEX certificate_changed ON certificate (issuer, revocation_entry) WHERE revocation_entry IS NOT NULL;
