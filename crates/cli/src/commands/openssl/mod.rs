//! The commands with `--config openssl.cnf`: what `openssl ca` does.

mod confirm;
mod crl;
mod records;
mod revoke;
mod sign;

pub(super) use crl::run as crl;
pub(super) use records::{export, import, update};
pub(super) use revoke::run as revoke;
pub(super) use sign::run as sign;
