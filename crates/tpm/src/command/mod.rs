//! Commands (TPM 2.0 Library Part 3): what each is called, how it is sent and what comes back.

mod allowance;
mod channel;
pub(crate) mod duplication;
pub(crate) mod object;
pub(crate) mod persist;
pub(crate) mod policy;
pub(crate) mod private_use;
pub(crate) mod session;
pub(crate) mod system;

pub(crate) use channel::{Authorization, Call, Channel, Reply, Started};
