//! An OpenSSL provider for keys that live in a TPM 2.0 (provider(7)). One file serves OpenSSL 3.0 to 4.x: it is linked
//! with neither libcrypto nor libtss2.
//!
//! # What OpenSSL asks for, and where it is
//!
//! | operation | what | module |
//! |---|---|---|
//! | decoder | a TSS2 PRIVATE KEY file becomes a key | `decoder` |
//! | store | `handle:0x81000010` becomes a key | `store` |
//! | key management | what a key is; new keys | `keymgmt` |
//! | signature | RSA, RSA-PSS, ECDSA | `signature` |
//! | asymmetric cipher | RSA decryption | `cipher` |
//! | key exchange | ECDH | `exchange` |
//! | encoder | a key becomes a file or text | `encoder` |
//!
//! Beside these, `provider` is what is loaded, `key` a key as OpenSSL holds it, and `ffi` the border to C. What does not
//! depend on OpenSSL's interface is in [`tpm2ca_openssl_keys`].
//!
//! # Two rules
//!
//! - **Only keys of the TPM are ours.** The private half is never exported, which makes OpenSSL come to us for it; and no
//!   foreign key is imported, so that software keys and the public keys of others stay with the default provider, in
//!   whatever order the two are loaded. (The peer of a key agreement is the one exception: `exchange`.)
//! - **A signature is verified before it leaves.**
#![deny(unsafe_code)]
#![allow(
    clippy::unnecessary_box_returns,
    clippy::unnecessary_wraps,
    reason = "what OpenSSL holds is a box, and what it calls can fail: all entries have one form"
)]

mod cipher;
mod decoder;
mod encoder;
mod exchange;
mod ffi;
mod key;
mod keymgmt;
mod provider;
mod signature;
mod store;

pub use decoder::fuzzed;
