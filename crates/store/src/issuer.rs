//! Issuers: the names and keys under which certificates are issued.

use std::fmt;

/// Number of an issuer within one store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IssuerId(i64);

impl IssuerId {
    pub(crate) fn new(id: i64) -> Self {
        Self(id)
    }

    /// The number as it stands in the database.
    pub fn get(self) -> i64 {
        self.0
    }
}

impl fmt::Display for IssuerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An issuer to add with [`Store::add_issuer`](crate::Store::add_issuer).
#[derive(Clone, Copy, Debug)]
pub struct NewIssuer<'a> {
    /// Short name by which the operator speaks of it, unique in the store (for example `root`).
    pub name: &'a str,
    /// Its subject as DER: what certificates and CRLs bear as issuer.
    pub subject_der: &'a [u8],
    /// Its subject key identifier (RFC 5280 section 4.2.1.2).
    pub key_id: &'a [u8],
    /// Where its key is, in the words of the caller (for example a file name in the CA directory);
    /// opaque to the store.
    pub key: &'a str,
    /// Name of the TPM key under which its key lies, if it is to be pinned; opaque to the store.
    pub pinned_parent: Option<&'a [u8]>,
    /// Its certificate, if there is one already. A root has none before it has reserved a serial
    /// under itself; [`Store::set_issuer_certificate`](crate::Store::set_issuer_certificate) gives
    /// it one later.
    pub certificate_der: Option<&'a [u8]>,
    /// Who adds it, for the audit log.
    pub requester: &'a str,
    /// Time of the call.
    pub at: i64,
}

/// An issuer as it is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuerRow {
    /// Its number in this store.
    pub id: IssuerId,
    /// Short name, unique in the store.
    pub name: String,
    /// Subject as DER.
    pub subject_der: Vec<u8>,
    /// Subject key identifier.
    pub key_id: Vec<u8>,
    /// Where its key is, in the words of who added it.
    pub key: String,
    /// Name of the TPM key under which its key lies, if pinned.
    pub pinned_parent: Option<Vec<u8>>,
    /// Its newest certificate.
    pub certificate_der: Option<Vec<u8>>,
    /// When it was added.
    pub added_at: i64,
}
