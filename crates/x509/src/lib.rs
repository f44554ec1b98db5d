//! The bytes of X.509: certificate requests (RFC 2986), certificates and CRLs (RFC 5280), OCSP (RFC 6960).
//!
//! This crate turns bytes into views and decisions into bytes. It does no I/O except into [`std::io::Write`] sinks,
//! asks no clock and holds no keys. Two rules shape it:
//!
//! - **What was received is copied, never re-encoded.** A subject, a public key or a subjectAltName of a request is a
//!   slice of the received bytes ([`Csr`]), and [`CertificateFields`] takes such slices as they are. Decoding and
//!   encoding again changes odd but legal names (T61String, unsorted SETs), and then the requester's name is not the
//!   one in the certificate.
//! - **What we decide is encoded by one writer** in DER, with the criticality RFC 5280 asks for ([`ext`]).

#![forbid(unsafe_code)]

mod algorithm;
mod certificate;
pub mod crl;
mod csr;
mod error;
pub mod ext;
mod extension;
mod fields;
mod general_name;
mod name;
mod name_constraints;
pub mod ocsp;
pub mod oid;
mod other_name;
pub mod pem;
mod pem_writer;
mod read;
mod serial;
pub mod spelling;
mod spki_bits;
mod tbs;
mod time;
mod write;

pub use der::asn1::ObjectIdentifier;

pub use algorithm::{Hash, SignatureAlgorithm};
pub use certificate::{Certificate, assemble};
pub use csr::Csr;
pub use error::Error;
pub use extension::{Extension, RawExtension};
pub use fields::CertificateFields;
pub use general_name::{GeneralName, encode_general_names, parse_general_names};
pub use name::{Name, NameAttribute};
pub use name_constraints::{Subtree, encode_name_constraints, parse_name_constraints};
pub use other_name::OtherName;
pub use pem::PemError;
pub use serial::Serial;
pub use spki_bits::{spki_algorithm_der, spki_key_bits};
pub use tbs::TbsCertificate;
pub use time::{UnixTime, Validity, format_time, parse_time};
