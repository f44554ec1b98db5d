//! The names of a subject alternative name (RFC 5280, section 4.2.1.6): their syntax, and the
//! patterns of the allow and deny rules.
//!
//! A name is parsed once into a type that holds the normalised form; patterns only ever see such a
//! type, so that a rule cannot be evaded by a spelling (upper case, a trailing dot, an IPv4 address
//! written as IPv6).

mod dns;
mod email;
mod ip;
mod uri;

pub(crate) use self::dns::is_below;
pub use self::dns::{DnsFault, DnsName, DnsPattern};
pub use self::email::{EmailAddress, EmailFault, EmailPattern};
pub use self::ip::{IpFault, IpPattern, check_ip};
pub use self::uri::{Uri, UriFault, UriHost, UriPattern};

/// A pattern that could not be parsed: what is wrong, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternError {
    /// What is wrong, without the pattern itself.
    pub problem: String,
    /// What to write instead, where that can be told.
    pub hint: Option<String>,
}

impl PatternError {
    pub(crate) fn new(problem: impl Into<String>) -> Self {
        Self {
            problem: problem.into(),
            hint: None,
        }
    }

    pub(crate) fn with_hint(problem: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            problem: problem.into(),
            hint: Some(hint.into()),
        }
    }
}
