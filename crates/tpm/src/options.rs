//! How a TPM is to be used, and the record of every command sent to it.

use std::fmt;
use std::time::Duration;

use crate::auth::Auth;
use crate::name::Name;

/// Sees the receipt of every command that the TPM carried out, in order. Nobody else gets a turn at the
/// TPM until it is done.
pub type Observer = Box<dyn FnMut(&Receipt) + Send>;

/// How to use a TPM; [`Default`] suits one that nobody has changed.
pub struct TpmOptions {
    /// Authorization of the owner hierarchy, needed to make the storage root key (`TPM2_CreatePrimary`) unless it is
    /// persistent, and to make keys persistent or evict them.
    ///
    /// It is proved through an HMAC session and never sent. The session that makes the storage root key has no salt,
    /// because the key to salt it with is only being made: who records the traffic can try short passwords against it.
    pub owner_auth: Auth,
    /// Authorization of a parent that is not in the owner hierarchy's name: a persistent key, 0x81xxxxxx, or the
    /// endorsement or platform hierarchy. Proved through the salted session.
    pub parent_auth: Auth,
    /// The storage root key that must answer. Without it the first one that answers is taken, and sessions protect
    /// against listeners on the bus only, not against somebody who stands in for the TPM.
    pub expected_srk: Option<Name>,
    /// How long a TPM that was lost is waited for, before the request that noticed it fails. The first contact does
    /// not wait.
    pub patience: Duration,
    /// Told of every command.
    pub observer: Option<Observer>,
}

impl Default for TpmOptions {
    fn default() -> Self {
        Self {
            owner_auth: Auth::empty(),
            parent_auth: Auth::empty(),
            expected_srk: None,
            patience: Duration::from_secs(20),
            observer: None,
        }
    }
}

impl fmt::Debug for TpmOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TpmOptions")
            .field("owner_auth", &self.owner_auth)
            .field("parent_auth", &self.parent_auth)
            .field("expected_srk", &self.expected_srk)
            .field("patience", &self.patience)
            .finish_non_exhaustive()
    }
}

/// What a command was and what came of it, as the TPM itself digests it.
///
/// `cpHash` covers the command code, the Names of the handles and the parameters as they were sent, `rpHash` the
/// response code, the command code and the parameters as they came back (TPM 2.0 Library Part 1, 18), both
/// with SHA-256. A TPM's audit digest is built from exactly these, and `TPM2_PolicySigned` can bind an approval to a
/// `cpHash`. Commands that failed have none: an error response carries nothing to digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// `TPM_CC` of the command.
    pub command_code: u32,
    /// SHA-256 over the command.
    pub cp_hash: [u8; 32],
    /// SHA-256 over the response.
    pub rp_hash: [u8; 32],
}
