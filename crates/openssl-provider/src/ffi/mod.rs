//! The border to C. Everything `unsafe` of this module is in this folder, one file for each concern; what lies outside
//! is safe Rust that works on references, slices and strings.
//!
//! - `abi`: structures and numbers
//! - `algorithms`: the lists of implementations that OpenSSL asks for
//! - `callback`: functions that OpenSSL hands over with a call
//! - `core`: functions that OpenSSL has for providers: errors, configuration, files
//! - `entry`: the macros that make the C function around a Rust function
//! - `init`: the one symbol that OpenSSL looks for
//! - `params`: lists of named values
#![allow(unsafe_code)]

pub(crate) mod abi;
pub(crate) mod algorithms;
pub(crate) mod callback;
pub(crate) mod core;
pub(crate) mod entry;
pub(crate) mod init;
pub(crate) mod params;
