//! What is done before anybody asks: new delegates, and answers signed ahead.

use std::{ops::ControlFlow, sync::PoisonError};

use tpm2ca_store::{CertificateRow, Filter};
use tpm2ca_x509::{Certificate, Serial, UnixTime, ocsp::CertStatus};

use super::{
    Key, OcspResponder, Renewal, ResponderCa, ResponderIssuer,
    delegate::DelegatedResponder,
    issuer::{CertIdForm, USUAL_FORM},
    status,
};
use crate::AuthorityError;

/// The progress of [`OcspResponder::presign`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PresignProgress {
    /// Answers that were signed.
    pub signed: usize,
    /// Whether there is more to do at once.
    pub more: bool,
    /// Answers that are kept ready now.
    pub ready: usize,
}

/// How far the records were read.
#[derive(Debug, Default)]
pub(super) struct Walk {
    position: i64,
}

impl<C: ResponderCa> OcspResponder<C> {
    /// Gives those delegates a successor that have lived two thirds of their life. To be called now and then, such as
    /// once a minute: one that failed is tried again then.
    pub fn renew(&self) -> Vec<Renewal> {
        let now = self.now();
        let is_due =
            |issuer: &&ResponderIssuer| issuer.delegate().renew_at.is_some_and(|at| at <= now);
        let renewals: Vec<Renewal> = self
            .issuers
            .iter()
            .filter(is_due)
            .map(|issuer| {
                let made = DelegatedResponder::certify(&self.ca, &issuer.name, &self.options);
                Renewal {
                    issuer: issuer.name.clone(),
                    result: made.and_then(|delegate| {
                        let known = (serial(&delegate)?, delegate.not_after);
                        issuer.replace(delegate);
                        Ok(known)
                    }),
                }
            })
            .collect();
        if !renewals.is_empty() && self.options.release_keys {
            self.ca.release_keys();
        }
        renewals
    }

    /// Signs some `limit` answers that are going to be asked for: those about certificates that were issued since the
    /// last call (at first: about all that have not ended), and those that will be stale before the next.
    ///
    /// # Errors
    /// Those of the records, of what others have written, and of the delegate's key.
    pub fn presign(&self, limit: usize) -> Result<PresignProgress, AuthorityError> {
        self.ca.ensure_current()?;
        let now = self.now();
        // Renewed a little before the time comes, so that nobody has to wait for it.
        let margin = self.options.valid_for / 16;
        let stale = self.cache.stale(now.saturating_add(margin), limit);
        let mut signed = 0;
        for (key, forms) in &stale {
            signed += self.sign_anew(key, forms, now)?;
        }
        let left = limit.saturating_sub(stale.len());
        let rows = self.next_rows(left, now)?;
        let more = stale.len() >= limit || (left > 0 && rows.len() >= left);
        for row in &rows {
            signed += usize::from(self.sign_first(row, now)?);
        }
        Ok(PresignProgress {
            signed,
            more,
            ready: self.cache.len(),
        })
    }

    fn sign_anew(
        &self,
        key: &Key,
        forms: &[CertIdForm],
        now: UnixTime,
    ) -> Result<usize, AuthorityError> {
        let Some(issuer) = self.issuers.iter().find(|issuer| issuer.id == key.issuer) else {
            return Ok(0);
        };
        let serial = Serial::from_be_bytes(&key.serial)?;
        let delegate = issuer.delegate();
        let mut signed = 0;
        for form in forms {
            if let Some(id) = issuer.cert_id(*form, &serial) {
                self.sign_to_keep(issuer, &delegate, &id, now)?;
                signed += 1;
            }
        }
        Ok(signed)
    }

    /// The answer in the form in which nearly all clients ask for it.
    fn sign_first(&self, row: &CertificateRow, now: UnixTime) -> Result<bool, AuthorityError> {
        let Some(issuer) = self.issuers.iter().find(|issuer| issuer.id == row.issuer) else {
            return Ok(false);
        };
        let key = Key::new(row.issuer, &row.serial);
        // What is only reserved yet has its answer signed when somebody asks.
        let is_known = status(row) != CertStatus::Unknown;
        if !is_known || row.not_after < now || self.cache.has(&key) || self.cache.is_full() {
            return Ok(false);
        }
        let serial = Serial::from_be_bytes(&row.serial)?;
        let Some(id) = issuer.cert_id(USUAL_FORM, &serial) else {
            return Ok(false);
        };
        self.sign_to_keep(issuer, &issuer.delegate(), &id, now)?;
        Ok(true)
    }

    fn next_rows(
        &self,
        limit: usize,
        now: UnixTime,
    ) -> Result<Vec<CertificateRow>, AuthorityError> {
        let mut rows = Vec::new();
        if limit == 0 {
            return Ok(rows);
        }
        let mut walk = self.walk.lock().unwrap_or_else(PoisonError::into_inner);
        let filter = Filter {
            now,
            after: Some(walk.position),
            limit: u64::try_from(limit).ok(),
            ..Filter::default()
        };
        let store = self.ca.authority().store();
        store.list(&filter, &mut |row| {
            rows.push(row);
            ControlFlow::Continue(())
        })?;
        if let Some(last) = rows.last() {
            walk.position = last.position;
        }
        Ok(rows)
    }
}

fn serial(delegate: &DelegatedResponder) -> Result<Serial, AuthorityError> {
    let certificate = Certificate::parse(&delegate.certificate)?;
    Ok(Serial::from_integer_content(certificate.tbs().serial())?)
}
