//! `tpm2ca req` beside `openssl req`.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod keys;
mod looking;
mod refusals;
mod same_bytes;
mod setup;
