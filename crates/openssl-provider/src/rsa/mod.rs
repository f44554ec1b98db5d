//! The public side of RSA (RFC 8017): paddings, and the operation that undoes a signature. None of it is secret.

pub(crate) mod padding;
pub(crate) mod pss;
mod public_operation;

pub(crate) use public_operation::public_operation;
