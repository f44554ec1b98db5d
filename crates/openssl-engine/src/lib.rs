//! An OpenSSL engine for keys that live in a TPM 2.0 (engine(3)), for OpenSSL 1.1.1 to 3.x; OpenSSL 4 has no engines.
//! Its name is `tpm2tss`, and it takes the place of tpm2-tss-engine: `-engine tpm2tss -keyform engine` in scripts. Beside
//! that one it is `tpm2ca`.
//!
//! | what | module |
//! |---|---|
//! | controls, and what was said with them | `settings` |
//! | the name of a key becomes a key | `key_name` |
//! | the border to C: symbols, methods of RSA and EC keys, errors, pass phrases | `ffi` |
//!
//! What does not depend on OpenSSL's interface is in [`tpm2ca_openssl_keys`].
//!
//! # Three rules
//!
//! - **Only keys of the TPM have our methods.** The engine offers no RSA and no EC of its own, so that software keys and
//!   the public keys of others stay with OpenSSL, also for those who make an engine the default for everything.
//! - **No hooks into EVP.** Digests are OpenSSL's, and the method of a key gets a digest or a block. tpm2-tss-engine hooks
//!   into digests, and so makes wrong signatures on OpenSSL 3.
//! - **A signature is verified before it leaves.**
#![deny(unsafe_code)]

mod ffi;
mod key_name;
mod settings;
