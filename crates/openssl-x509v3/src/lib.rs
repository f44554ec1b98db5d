//! From the sections of an openssl.cnf to DER, as OpenSSL 3.0 makes it: extensions (x509v3_config(5)), distinguished
//! names, object identifiers (`oid_section`), and the `ASN1:` language (ASN1_generate_nconf(3)).
//!
//! The same bytes as OpenSSL's are the aim, also where RFC 5280 would have others: existing files must make the
//! certificates they always made. What is left out is said at [`ExtensionBuilder`].

#![forbid(unsafe_code)]

mod asn1;
mod context;
mod der;
mod error;
mod extensions;
mod list;
mod names;
mod objects;
mod scalar;

pub use self::asn1::generate;
pub use self::context::{ExtensionContext, Issuer, IssuerCertificate, Target};
pub use self::error::{OpensslError, Warning};
pub use self::extensions::{CopyExtensions, ExtensionBuilder, Extensions};
pub use self::names::{NameBuilder, NameRules, StringMask};
pub use self::objects::{Objects, Oid};
