//! The public side of RSA (RFC 8017): paddings, and the operation that undoes a signature. None of it is secret.

pub mod padding;
pub mod pss;
mod public_operation;

pub use public_operation::public_operation;
