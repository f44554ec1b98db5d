//! A store that fails at a chosen call, before or after it has done its work, with a chosen error.

use std::{
    ops::ControlFlow,
    path::Path,
    sync::{Arc, Mutex},
};

use tpm2ca_store::{
    AuditEntry, CertificateRow, CheckReport, CrlRow, CrlScope, CrlSnapshot, Evidence, Filter,
    Holder, IndexStore, IssuerId, IssuerRow, NewCrl, NewIssuer, NewReservation, NewRevocation,
    Recorded, Refused, Reserved, RevokeOutcome, SqliteStore, Store, StoreError, Watch,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    Reserve,
    Record,
    Refuse,
    RecordCrl,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    /// Nothing is written.
    Before,
    /// It is written, but the caller does not learn so: as when the process dies at the wrong moment.
    After,
}

pub(crate) struct FailingStore {
    pub(crate) inner: SqliteStore,
    pub(crate) fail: Arc<Mutex<Option<(Call, When)>>>,
    pub(crate) error: StoreError,
}

impl FailingStore {
    fn strikes<T>(
        &self,
        call: Call,
        work: impl FnOnce() -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let planned = *self.fail.lock().unwrap();
        match planned {
            Some((planned, When::Before)) if planned == call => Err(self.error.clone()),
            Some((planned, When::After)) if planned == call => {
                let _ = work()?;
                Err(self.error.clone())
            }
            _ => work(),
        }
    }
}

impl Store for FailingStore {
    fn reserve(&self, reservation: &NewReservation<'_>) -> Result<Reserved, StoreError> {
        self.strikes(Call::Reserve, || self.inner.reserve(reservation))
    }

    fn check_subject(&self, holder: &Holder<'_>, subject: &str) -> Result<(), StoreError> {
        self.inner.check_subject(holder, subject)
    }

    fn record(
        &self,
        reserved: Reserved,
        der: &[u8],
        evidence: Option<&Evidence>,
        at: i64,
    ) -> Result<Recorded, StoreError> {
        self.strikes(Call::Record, || {
            self.inner.record(reserved, der, evidence, at)
        })
    }

    fn evidence(&self, issuer: IssuerId, serial: &[u8]) -> Result<Option<Evidence>, StoreError> {
        self.inner.evidence(issuer, serial)
    }

    fn refuse(&self, refused: &Refused<'_>) -> Result<(), StoreError> {
        self.strikes(Call::Refuse, || self.inner.refuse(refused))
    }

    fn record_crl(&self, crl: &NewCrl<'_>) -> Result<(), StoreError> {
        self.strikes(Call::RecordCrl, || self.inner.record_crl(crl))
    }

    fn add_issuer(&self, issuer: &NewIssuer<'_>) -> Result<IssuerId, StoreError> {
        self.inner.add_issuer(issuer)
    }

    fn set_issuer_certificate(
        &self,
        issuer: IssuerId,
        der: &[u8],
        requester: &str,
        at: i64,
    ) -> Result<(), StoreError> {
        self.inner
            .set_issuer_certificate(issuer, der, requester, at)
    }

    fn issuers(&self) -> Result<Vec<IssuerRow>, StoreError> {
        self.inner.issuers()
    }

    fn release(&self, reserved: Reserved, why: &str, at: i64) -> Result<(), StoreError> {
        self.inner.release(reserved, why, at)
    }

    fn find_by_serial(
        &self,
        issuer: Option<IssuerId>,
        serial: &[u8],
    ) -> Result<Vec<CertificateRow>, StoreError> {
        self.inner.find_by_serial(issuer, serial)
    }

    fn certificate_der(
        &self,
        issuer: IssuerId,
        serial: &[u8],
    ) -> Result<Option<Vec<u8>>, StoreError> {
        self.inner.certificate_der(issuer, serial)
    }

    fn revoke(&self, revocation: &NewRevocation<'_>) -> Result<RevokeOutcome, StoreError> {
        self.inner.revoke(revocation)
    }

    fn unrevoke(
        &self,
        issuer: IssuerId,
        serial: &[u8],
        requester: &str,
        at: i64,
    ) -> Result<(), StoreError> {
        self.inner.unrevoke(issuer, serial, requester, at)
    }

    fn watch(&self) -> Result<Box<dyn Watch>, StoreError> {
        self.inner.watch()
    }

    fn list(
        &self,
        filter: &Filter,
        each: &mut dyn FnMut(CertificateRow) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        self.inner.list(filter, each)
    }

    fn begin_crl(
        &self,
        issuer: IssuerId,
        scope: CrlScope,
        at: i64,
    ) -> Result<CrlSnapshot, StoreError> {
        self.inner.begin_crl(issuer, scope, at)
    }

    fn last_crl(&self, issuer: IssuerId) -> Result<Option<CrlRow>, StoreError> {
        self.inner.last_crl(issuer)
    }

    fn audit(
        &self,
        after: u64,
        each: &mut dyn FnMut(AuditEntry) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        self.inner.audit(after, each)
    }

    fn check(&self) -> Result<CheckReport, StoreError> {
        self.inner.check()
    }

    fn index(&self) -> Option<&dyn IndexStore> {
        self.inner.index()
    }

    fn backup_to(&self, path: &Path) -> Result<(), StoreError> {
        self.inner.backup_to(path)
    }
}
