//! What comes of an openssl.cnf: the same bytes that `openssl` makes of it, and the same refusals.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod asn1;
mod copying;
mod corpus;
mod der;
mod extensions;
mod files;
mod names;
mod ours;
mod properties;
mod theirs;
