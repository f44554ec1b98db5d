//! Keys come from outside, move to another TPM, and nowhere else; tpm2-tools do the same with the same keys.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../support/mod.rs"]
mod support;

mod duplicate;
mod hostile;
mod import;
mod tools;
mod wire;
