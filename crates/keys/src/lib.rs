//! Keys and signatures: public keys of requesters (RFC 5280 4.1.2.7), their strength, the proof that a requester holds
//! its key (RFC 2986), and [`Signer`], the one way by which this CA signs.
//!
//! Two rules shape the crate:
//!
//! - **A [`VerifiedCsr`] comes from [`verify_csr`] only.** What takes one need not ask again whether the signature was
//!   checked or the key is weak.
//! - **A [`VerifiedSignature`] is one that was checked with the signer's public key.** TPMs, and above all the software
//!   between us and them, have been seen to sign something else than they were given; the check costs some 50 µs.

#![forbid(unsafe_code)]

mod algorithm;
mod csr;
mod csr_writer;
mod der_write;
mod digest;
mod ed25519_point;
mod encrypt_pkcs8;
mod encrypted_key;
mod error;
mod private_key_file;
mod public_key;
mod signature_scheme;
mod signer;
mod software;
mod strength;
mod tpm;
mod tpm_form;

pub use tpm2ca_x509::{Hash, SignatureAlgorithm};

pub use algorithm::KeyAlgorithm;
pub use csr::{VerifiedCsr, verify_csr};
pub use csr_writer::{RequestAttribute, RequestFields, make_csr};
pub use digest::{Digest, Hasher};
pub use error::{KeyError, PrivateKeyError, SignError};
pub use public_key::PublicKey;
pub use signer::{MadeSignature, SignatureTaker, Signer, VerifiedSignature};
pub use software::SoftwareKey;
pub use strength::{WeakKey, check_strength};
pub use tpm::{TpmSigner, spki_from_tpm};
pub use tpm_form::{KeyApprover, policy_key, public_for_tpm, raw_signature, sign_for_tpm};
