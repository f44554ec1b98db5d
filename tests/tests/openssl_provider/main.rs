//! OpenSSL with our provider: every command that meets a key, in both orders of loading, judged by an OpenSSL without the
//! provider or by other software.
//!
//! Each test runs on each OpenSSL of [`world::Installation::all`]: the system's, 3.5 and 4.0. The provider is one and the same file for all of them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr)]

mod authority;
mod calls;
mod decryption;
mod handshakes;
mod interop;
mod keys;
mod life;
mod messages;
mod programs;
mod requests;
mod secrets;
mod signatures;
mod trouble;
mod valgrind;
mod world;
