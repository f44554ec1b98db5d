//! OpenSSL with our engine: the command lines that people have for tpm2-tss-engine, judged by an OpenSSL without it.
//!
//! Each test runs on each OpenSSL of [`world::installations`]: 1.1.1, the system's and 3.5. The engine is one and the same
//! file for all of them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr)]

mod authority;
mod calls;
mod controls;
mod decryption;
mod guide;
mod handshakes;
mod keys;
mod life;
mod messages;
mod module;
mod programs;
mod requests;
mod secrets;
mod signatures;
mod trouble;
mod world;
