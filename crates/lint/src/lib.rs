//! Lints over the to-be-signed bytes of a certificate (RFC 5280 section 4.1, `TBSCertificate`), and over nothing
//! else: what [`Linter::check`] has looked at is what [`Linted`] owns, and what the signer is given.
//!
//! The rules come from RFC 5280, from X.690 (DER), from the RFCs of the key types (3279, 5480, 8410, 8813), from
//! RFC 6960 for OCSP responders, and from those parts of the CA/Browser Forum's Baseline Requirements (section 7.1)
//! that make sense for a private CA. [`lints`] lists all of them.
//!
//! The bytes are read by a small DER reader of this crate's own rather than by `tpm2ca-x509`, whose writer made them:
//! a mistake in writer and reader alike must not hide itself. That the project's own reader accepts the bytes too is
//! one of the lints. The bytes are read once, into a view that all lints share.
//!
//! An [`Error`](Severity::Error) finding rejects the certificate; a warning or a notice travels with it.

#![forbid(unsafe_code)]

mod canonical;
mod context;
mod finding;
mod linter;
mod lints;
mod syntax;
mod table;
mod tlv;
mod view;

pub use context::{Context, IssuerFacts, Role};
pub use finding::{Finding, Rejected, Severity};
pub use linter::{Linted, Linter, UnknownLint};
pub use table::{LintInfo, lints};
