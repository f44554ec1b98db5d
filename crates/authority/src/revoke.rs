//! Revocation.

use tpm2ca_store::{NewRevocation, RevokeOutcome};
use tpm2ca_x509::{Serial, UnixTime, crl::ReasonCode};

use crate::{Authority, AuthorityError};

/// A wish to revoke.
#[derive(Clone, Debug)]
pub struct RevokeRequest<'a> {
    /// The serial number of the certificate, or of a reservation that may have been signed.
    pub serial: &'a Serial,
    /// Its issuer, where several have used the number.
    pub issuer: Option<&'a str>,
    /// Why (RFC 5280 section 5.3.1).
    pub reason: Option<ReasonCode>,
    /// Since when the key must be doubted (RFC 5280 section 5.3.2).
    pub invalidity_date: Option<UnixTime>,
    /// The requester, as the records name it.
    pub requester: &'a str,
}

/// A revocation that is durably recorded. It is known to the world with the next CRL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revoked {
    /// The issuer whose next CRL will have it.
    pub issuer: String,
    /// The subject, for people.
    pub subject: String,
    /// What the records made of it.
    pub outcome: RevokeOutcome,
}

impl Authority {
    /// Revokes a certificate, or a reservation that may have been signed. Needs no TPM.
    ///
    /// # Errors
    /// [`AuthorityError::Serial`] when no certificate, or one of several issuers', has the number;
    /// [`AuthorityError::Store`] when it is revoked already.
    pub fn revoke(&self, wish: &RevokeRequest<'_>) -> Result<Revoked, AuthorityError> {
        let row = self.find(wish.serial, wish.issuer)?;
        let outcome = self.store.revoke(&NewRevocation {
            issuer: row.issuer,
            serial: &row.serial,
            reason: wish.reason.map(ReasonCode::code),
            invalidity_date: wish.invalidity_date,
            requester: wish.requester,
            at: self.now(),
        })?;
        Ok(Revoked {
            issuer: self.issuer_name(row.issuer),
            subject: row.subject,
            outcome,
        })
    }
}
