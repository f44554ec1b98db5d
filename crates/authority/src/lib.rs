//! The one place where certificates, CRLs and OCSP responses come into being.
//!
//! A certificate travels through stages, and each stage is a value that only the stage before it can make
//! (`stages` has them in order):
//!
//! ```text
//! CSR bytes -> parsed -> verified -> planned -> drafted -> linted -> reserved -> signed -> recorded -> out
//! ```
//!
//! So a certificate that was not linted, not reserved or not recorded is not a code path that exists.
//! The clock, the randomness and the keys are handed in ([`Environment`]); nothing here reads the environment,
//! prints, or asks a terminal.
//!
//! The crash rule: a serial number is reserved durably before the signature is asked for. If the power goes
//! between the two, the reservation stays behind, is listed, can be revoked by its serial number and is never
//! used again. A certificate that is not durably recorded is never handed out.
#![forbid(unsafe_code)]

mod authority;
mod ca_certificate;
mod check;
mod checkpoint;
mod clock;
mod config;
mod crl;
mod directory;
mod error;
mod file;
mod find;
mod hashing_writer;
mod init;
mod issuance;
mod issue;
mod issuer;
mod issuers;
mod key_location;
mod keyring;
mod ocsp;
mod openssl;
mod own_files;
mod plan;
mod planned_crl;
mod requests;
mod revoke;
mod self_sign;
mod sha256;
mod shard;
mod stages;
mod workers;

pub use authority::{Authority, Environment};
pub use ca_certificate::CaCertificate;
pub use check::DeepCheck;
pub use checkpoint::{Checkpoint, Checkpoints, NoCheckpoints};
pub use clock::{Clock, OsRandom, Randomness, SystemClock};
pub use config::{CaConfig, FORMAT, IssuerConfig, TpmConfig};
pub use crl::{CrlRequest, CrlSummary};
pub use directory::CaDirectory;
pub use error::{AuthorityError, ErrorClass};
pub use file::{Replacement, write_new, write_replacing};
pub use init::{InitOptions, Initialized, init};
pub use issue::{IssueRequest, Issued};
pub use issuer::Issuer;
pub use key_location::KeyLocation;
pub use keyring::{AuthSource, Keyring, NoAuth};
pub use ocsp::{
    Freshness, Lookup, OcspAnswer, OcspOptions, OcspResponder, PresignProgress, Renewal,
    ResponderCa, ResponderKey, SigningTicket,
};
#[doc(hidden)]
pub use openssl::fuzzed_index_txt;
pub use openssl::{
    ExportSummary, OpensslCa, OpensslCaOptions, OpensslCrl, OpensslCrlOptions, OpensslRevocation,
    Preview, PreviewExtension, SignOptions, Signing, TakeOver, TakenOver, Wanted, take_over,
};
pub use own_files::OwnFiles;
pub use plan::{LintedPlan, PlannedCertificate};
pub use planned_crl::{CrlFile, PlannedCrl};
pub use requests::{ExtensionSource, Made, RequestPlan, SelfSigning};
pub use revoke::{RevokeRequest, Revoked};
pub use self_sign::{SelfSignRequest, self_sign};
pub use shard::Shard;
pub use stages::random_serial;
