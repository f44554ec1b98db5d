//! Keys in a TPM 2.0 as OpenSSL's modules use them: what the provider (OpenSSL 3.0 to 4.x) and the engine (1.1.1 to 3.x)
//! have in common. It knows nothing of either interface and calls no libcrypto.
//!
//! | what | module |
//! |---|---|
//! | which TPM, and what authorizes its use | [`config`] |
//! | the way to it, shared by all keys of a process: threads, forks, resets | [`connection`] |
//! | a key, its public half here and its private half in the TPM | [`key`] |
//! | how a file or a handle becomes a key | [`open`] |
//! | signatures, made by the TPM and checked here before they leave | [`signature`] |
//! | decryption and key agreement | [`secret`] |
//! | paddings of decrypted blocks, removed in constant time | [`unpad`] |
//! | hashes; the public side of RSA | [`digest`], [`rsa`] |
//! | what can go wrong, in the words of OpenSSL's error queue | [`error`] |
//! | panics become errors | [`mod@panic`] |
//! | which functions were called, for tests | [`calls`] |
#![forbid(unsafe_code)]

pub mod calls;
pub mod config;
pub mod connection;
pub mod digest;
pub mod error;
pub mod key;
pub mod open;
pub mod panic;
pub mod rsa;
pub mod secret;
pub mod signature;
pub mod unpad;

pub use config::Config;
pub use connection::Connection;
pub use error::{Error, Reason};
pub use key::{Key, Kind, Place};
