//! Revocation, as `openssl ca -revoke` does it.

use tpm2ca_store::{
    CertificateRow, ImportedCertificate, IndexRow, IndexSeen, IndexStatus, NewRevocation,
    SyncReport,
};
use tpm2ca_x509::{Certificate, Serial, UnixTime, crl::ReasonCode};

use super::{
    OpensslCa,
    ca::shown,
    index_txt::{can_list, instruction, listed_subject},
};
use crate::{AuthorityError, Revoked};

/// A wish to revoke.
#[derive(Clone, Copy, Debug)]
pub struct OpensslRevocation<'a> {
    /// The serial number of the certificate.
    pub serial: &'a Serial,
    /// The certificate with that number, if it is at hand: it must be the one in the records, and `openssl ca` adds one
    /// that is not in index.txt.
    pub certificate: Option<&'a [u8]>,
    /// Why.
    pub reason: Option<ReasonCode>,
    /// Since when the key must be doubted: with keyCompromise and CACompromise only.
    pub invalidity_date: Option<UnixTime>,
    /// What to do with what is on hold: a name or number (`-crl_hold`).
    pub hold_instruction: Option<&'a str>,
    /// The requester, as the records name it.
    pub requester: &'a str,
}

impl OpensslCa {
    /// Revokes a certificate, in the records and in index.txt.
    ///
    /// # Errors
    /// [`AuthorityError::Serial`] when it is not known; [`AuthorityError::NotIssuedHere`] when the certificate at hand
    /// is another one, or not of this CA; [`AuthorityError::UnlistableReason`];
    /// [`AuthorityError::Store`] when it is revoked already.
    pub fn revoke(
        &self,
        wish: &OpensslRevocation<'_>,
    ) -> Result<(Revoked, Option<SyncReport>), AuthorityError> {
        let now = self.authority.now();
        if let Some(reason) = wish.reason
            && !can_list(reason)
        {
            return Err(AuthorityError::UnlistableReason(reason.name().to_owned()));
        }
        let note = match (wish.hold_instruction, wish.reason) {
            (Some(text), _) if instruction(text).is_none() => {
                return Err(AuthorityError::UnlistableReason(format!(
                    "holdInstruction,{text}"
                )));
            }
            (Some(text), _) => Some(format!("holdInstruction,{text}")),
            (None, Some(ReasonCode::Unspecified)) => Some("unspecified".to_owned()),
            (None, _) => None,
        };
        let reason = if wish.hold_instruction.is_some() {
            Some(ReasonCode::CertificateHold)
        } else {
            wish.reason
        };
        let dated = matches!(
            reason,
            Some(ReasonCode::KeyCompromise | ReasonCode::CaCompromise)
        );
        if wish.invalidity_date.is_some() && !dated {
            return Err(AuthorityError::UnlistableReason(
                "with an invalidity date other than keyCompromise and CACompromise".to_owned(),
            ));
        }
        let issuer = self.known_row()?;
        let (books, taken) = self.books(issuer, now)?;
        let store = &self.authority.store;
        let row = match (self.find(wish.serial)?, wish.certificate) {
            (Some(row), None) => row,
            (Some(row), Some(der)) => {
                self.authority.check_record_of(&row, der)?;
                row
            }
            (None, Some(der)) => {
                self.add(der, wish.requester, now)?;
                self.find(wish.serial)?
                    .ok_or_else(|| not_found(wish.serial))?
            }
            (None, None) => return Err(not_found(wish.serial)),
        };
        let outcome = store.require_index()?.revoke_with_note(
            &NewRevocation {
                issuer: issuer.id,
                serial: &row.serial,
                reason: reason.map(ReasonCode::code),
                invalidity_date: wish.invalidity_date,
                requester: wish.requester,
                at: now,
            },
            note.as_deref(),
        )?;
        books.write_pending()?;
        Ok((
            Revoked {
                issuer: issuer.name.clone(),
                subject: row.subject,
                outcome,
            },
            taken,
        ))
    }

    /// Takes a certificate off hold: its row in index.txt says `V` again. Where `certificate` is at hand, it must be the
    /// one in the records.
    ///
    /// # Errors
    /// [`tpm2ca_store::StoreError::NotOnHold`]; [`AuthorityError::NotIssuedHere`].
    pub fn end_hold(
        &self,
        serial: &Serial,
        certificate: Option<&[u8]>,
        requester: &str,
    ) -> Result<(), AuthorityError> {
        let now = self.authority.now();
        let issuer = self.known_row()?;
        let (books, _) = self.books(issuer, now)?;
        if let (Some(row), Some(der)) = (self.find(serial)?, certificate) {
            self.authority.check_record_of(&row, der)?;
        }
        let store = &self.authority.store;
        store.unrevoke(issuer.id, serial.as_be_bytes(), requester, now)?;
        books.write_pending()
    }

    fn find(&self, serial: &Serial) -> Result<Option<CertificateRow>, AuthorityError> {
        let issuer = self.known_row()?;
        let store = &self.authority.store;
        let mut rows = store.find_by_serial(Some(issuer.id), serial.as_be_bytes())?;
        Ok(rows.pop())
    }

    /// Takes in a certificate of this CA that index.txt does not have.
    fn add(&self, der: &[u8], requester: &str, now: UnixTime) -> Result<(), AuthorityError> {
        let issuer = self.known_row()?;
        let certificate = Certificate::parse(der)?;
        let tbs = certificate.tbs();
        let serial = Serial::from_integer_content(tbs.serial())?;
        // Nothing else tells whether it is of this CA.
        self.authority.check_signed_here(der)?;
        let index = self.authority.store.require_index()?;
        let seen = index.index_seen(issuer.id)?.unwrap_or_default();
        let names = tbs
            .general_names()
            .map(|names| names.iter().map(ToString::to_string).collect())
            .unwrap_or_default();
        let row = IndexRow {
            status: IndexStatus::Valid,
            serial: serial.as_be_bytes().to_vec(),
            subject: listed_subject(&tbs.subject(), &serial, &self.settings.objects),
            not_after: tbs.validity().not_after,
            revoked_at: None,
            reason: None,
            invalidity_date: None,
            note: None,
            certificate: Some(ImportedCertificate {
                der: der.to_vec(),
                not_before: tbs.validity().not_before,
                names,
            }),
        };
        // The row is not in the file yet: what is taken in here is not counted among the file's rows.
        let rows = seen.rows;
        let seen = IndexSeen {
            rows: rows.saturating_sub(1),
            ..seen
        };
        index.sync_index(
            issuer.id,
            Box::new([Ok(row)].into_iter()),
            seen,
            requester,
            now,
        )?;
        Ok(())
    }
}

fn not_found(serial: &Serial) -> AuthorityError {
    AuthorityError::Serial {
        serial: shown(serial),
        issuers: Vec::new(),
    }
}
