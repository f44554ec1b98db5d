//! What other threads and processes have revoked meanwhile, for those who keep answers about certificates ready.

use crate::error::StoreError;
use crate::issuer::IssuerId;

/// Looks for revocations that were committed since it looked last: [`Store::watch`](crate::Store::watch).
pub trait Watch: Send {
    /// Calls `each` for every change since the last call, or since the watch was made. It does not matter which
    /// process committed it. Costs a few microseconds when nothing was committed, and never grows with the number of
    /// certificates.
    ///
    /// # Errors
    /// Those of the database. The changes are then told at the next call; some may be told twice.
    fn changes(&mut self, each: &mut dyn FnMut(Change)) -> Result<(), StoreError>;
}

/// What is not any more as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A certificate was revoked, put on hold, or taken off it.
    Revocation {
        /// The certificate's issuer.
        issuer: IssuerId,
        /// Its serial, big endian without leading zeros.
        serial: Vec<u8>,
    },
    /// Something that this version cannot tell apart: anything may have changed.
    Anything,
}
