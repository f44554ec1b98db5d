-- Names of CAs, and the keys that may bear them. A CRL is found by the name of its issuer: two CAs of one name could
-- revoke, or fail to revoke, one another's certificates.
CREATE TABLE ca_name (
    id           INTEGER PRIMARY KEY,
    name_sha256  BLOB NOT NULL CHECK (length(name_sha256) = 32),  -- of the name as it is compared (RFC 5280 section 7.1)
    key_sha256   BLOB CHECK (length(key_sha256) = 32),  -- of the SubjectPublicKeyInfo; NULL: only the name is known
    issuer       INTEGER REFERENCES issuer (id),        -- whose certificate has it as its subject, or as its issuer
    certificate  INTEGER REFERENCES certificate (id),   -- of a CA, reserved, issued or taken in
    CHECK ((issuer IS NULL) <> (certificate IS NULL))
) STRICT;

CREATE INDEX ca_name_by_name ON ca_name (name_sha256, key_sha256);
