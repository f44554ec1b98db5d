//! The border to C. Everything `unsafe` of this module is in this folder, one file for each concern; what lies outside
//! is safe Rust.
//!
//! - `bind`: the symbols that OpenSSL looks for, and what it learns of the engine
//! - `control`: controls
//! - `ec`: ECDSA and ECDH with a key of the TPM
//! - `entry`: what every function that C calls has around it
//! - `errors`: OpenSSL's error queue
//! - `held`: how a key of OpenSSL holds one of ours
//! - `libcrypto`: what we call
//! - `library`: a library that is loaded already
//! - `load`: keys by their names
//! - `pass_phrase`: asking for one
//! - `rsa`: RSA with a key of the TPM
#![allow(unsafe_code)]

mod bind;
mod control;
mod ec;
mod entry;
mod errors;
mod held;
mod libcrypto;
mod library;
mod load;
mod pass_phrase;
mod rsa;
