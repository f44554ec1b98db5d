//! The issuers of a CA: those that the records know, and of these the ones that `ca.toml` has, each opened when it is
//! first needed.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tpm2ca_store::{IssuerId, IssuerRow};

use crate::{AuthorityError, CaConfig, Issuer};

pub(crate) struct Issuers {
    rows: Vec<IssuerRow>,
    seats: BTreeMap<String, Seat>,
}

/// One issuer of `ca.toml`. Each has a lock of its own: while one key is being loaded, or its authorization value
/// typed in, the other issuers sign; and who needs that very key waits, instead of loading it twice.
#[derive(Default)]
struct Seat {
    opened: Mutex<Option<Arc<Issuer>>>,
    opening: Mutex<()>,
}

impl Seat {
    fn opened(&self) -> Option<Arc<Issuer>> {
        self.place().clone()
    }

    fn place(&self) -> MutexGuard<'_, Option<Arc<Issuer>>> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Issuers {
    /// `rows` are those of the records. The error is the name of an issuer that they do not have.
    pub(crate) fn new(config: &CaConfig, rows: Vec<IssuerRow>) -> Result<Self, String> {
        let mut seats = BTreeMap::new();
        for name in config.issuer.keys() {
            if rows.iter().all(|row| row.name != *name) {
                return Err(name.clone());
            }
            seats.insert(name.clone(), Seat::default());
        }
        Ok(Self { rows, seats })
    }

    /// The issuer, opened by `open` if it was not yet. An issuer that could not be opened is tried again next time.
    pub(crate) fn get(
        &self,
        name: &str,
        open: impl FnOnce(&IssuerRow) -> Result<Issuer, AuthorityError>,
    ) -> Result<Arc<Issuer>, AuthorityError> {
        let seat = self.seats.get(name).ok_or_else(|| self.unknown(name))?;
        if let Some(issuer) = seat.opened() {
            return Ok(issuer);
        }
        let _alone = seat.opening.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(issuer) = seat.opened() {
            return Ok(issuer);
        }
        let issuer = Arc::new(open(self.row(name)?)?);
        *seat.place() = Some(Arc::clone(&issuer));
        Ok(issuer)
    }

    /// Closes them all. Who still uses one keeps it until it is done.
    pub(crate) fn close(&self) {
        for seat in self.seats.values() {
            *seat.place() = None;
        }
    }

    /// The issuer if it is open.
    pub(crate) fn opened(&self, name: &str) -> Option<Arc<Issuer>> {
        self.seats.get(name)?.opened()
    }

    /// What the records said of an issuer when they were opened, also of one that is not in `ca.toml` any more.
    pub(crate) fn row(&self, name: &str) -> Result<&IssuerRow, AuthorityError> {
        self.rows
            .iter()
            .find(|row| row.name == name)
            .ok_or_else(|| self.unknown(name))
    }

    pub(crate) fn name(&self, id: IssuerId) -> Option<&str> {
        let row = self.rows.iter().find(|row| row.id == id)?;
        Some(&row.name)
    }

    pub(crate) fn unknown(&self, name: &str) -> AuthorityError {
        AuthorityError::UnknownIssuer {
            asked: name.to_owned(),
            known: self.seats.keys().cloned().collect(),
        }
    }
}
