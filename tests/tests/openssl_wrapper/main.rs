//! `tpm2ca openssl`: command lines for tpm2-tss-engine as they were, on an OpenSSL that has no engines, judged by one
//! without our module or by other software; the most important on every OpenSSL. And the OpenSSL Certificate Authority
//! guide end to end, and what the doctor says about OpenSSL.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr)]

mod authority;
mod configuration;
mod doctor;
mod guide;
mod installed;
mod keys;
mod passing_through;
mod requests;
mod signatures;
mod tls;
mod with_engines;
mod world;
