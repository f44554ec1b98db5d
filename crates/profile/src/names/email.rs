//! Mail addresses in certificates: RFC 5280, section 4.2.1.6 (`Local-part@Domain` of RFC 5321,
//! section 4.1.2, in ASCII).

use std::fmt;
use std::str::FromStr;

use super::{DnsFault, DnsName, DnsPattern, PatternError};

/// A mail address whose syntax was checked; its domain is in lower case, its local part as it was
/// written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EmailAddress {
    local: String,
    domain: DnsName,
}

impl EmailAddress {
    /// Checks `text`. Quoted local parts and address literals are not accepted: verifiers differ
    /// about them.
    pub fn parse(text: &str) -> Result<Self, EmailFault> {
        Self::parse_with(text, is_atext)
    }

    /// The same for a mailbox whose local part may have letters of all scripts (RFC 6531, section 3.3), as in
    /// SmtpUTF8Mailbox, and for the names of users that look like a mail address.
    pub(crate) fn parse_utf8(text: &str) -> Result<Self, EmailFault> {
        Self::parse_with(text, |b| is_atext(b) || !b.is_ascii())
    }

    fn parse_with(text: &str, is_atext: impl Fn(u8) -> bool) -> Result<Self, EmailFault> {
        let (local, domain) = text.split_once('@').ok_or(EmailFault::NoAt)?;
        if domain.contains('@') {
            return Err(EmailFault::SecondAt);
        }
        if local.len() > MAX_LOCAL {
            return Err(EmailFault::LocalTooLong { len: local.len() });
        }
        let dot_atom = local
            .split('.')
            .all(|atom| !atom.is_empty() && atom.bytes().all(&is_atext));
        if !dot_atom {
            return Err(EmailFault::LocalPart {
                local: local.to_owned(),
            });
        }
        let domain = DnsName::parse(domain, false)?;
        if domain.is_wildcard() {
            return Err(DnsFault::WildcardPlace.into());
        }
        Ok(Self {
            local: local.to_owned(),
            domain,
        })
    }

    /// What stands before the `@`, as it was written.
    pub fn local(&self) -> &str {
        &self.local
    }

    /// What stands behind the `@`.
    pub fn domain(&self) -> &DnsName {
        &self.domain
    }
}

/// What is wrong with a mail address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EmailFault {
    /// No `@` at all.
    #[error("it has no `@`")]
    NoAt,
    /// More than one `@`.
    #[error("it has more than one `@`")]
    SecondAt,
    /// More than 64 octets before the `@`.
    #[error("its local part has {len} characters, at most 64 are possible")]
    LocalTooLong {
        /// Its length in octets.
        len: usize,
    },
    /// Something other than atoms joined by dots before the `@`.
    #[error("its local part `{}` is not made of letters, digits and the usual signs, joined by single dots", local.escape_debug())]
    LocalPart {
        /// The local part.
        local: String,
    },
    /// The domain is no host name.
    #[error("of its domain: {0}")]
    Domain(#[from] DnsFault),
}

/// A pattern of `allow_email` and `deny_email`.
///
/// | written | means |
/// |---|---|
/// | `alice@example.com` | this mailbox |
/// | `@example.com`, `example.com` | every mailbox at exactly this domain |
/// | `@*.example.com`, `*.example.com` | every mailbox at every domain below |
/// | `*` | every mailbox |
///
/// Whether `Alice@` and `alice@` are one mailbox is the receiving host's business (RFC 5321,
/// section 2.4). Allow rules take them for two, deny rules for one, so that neither can be evaded.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EmailPattern {
    local: Option<String>,
    domain: DnsPattern,
}

impl EmailPattern {
    /// True if the pattern has this address, local part compared exactly (how allow rules ask).
    pub fn covers(&self, address: &EmailAddress) -> bool {
        self.domain.covers(&address.domain)
            && self
                .local
                .as_ref()
                .is_none_or(|local| *local == address.local)
    }

    /// True if the pattern may have this address, local part compared without case (how deny rules
    /// ask).
    pub fn touches(&self, address: &EmailAddress) -> bool {
        self.domain.covers(&address.domain)
            && self
                .local
                .as_ref()
                .is_none_or(|local| local.eq_ignore_ascii_case(&address.local))
    }
}

impl FromStr for EmailPattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        let (local, domain) = match text.split_once('@') {
            None => (None, text),
            Some(("", domain)) => (None, domain),
            Some((local, domain)) => (Some(local), domain),
        };
        if let Some(local) = local {
            let address =
                EmailAddress::parse(text).map_err(|fault| PatternError::new(fault.to_string()))?;
            return Ok(Self {
                local: Some(local.to_owned()),
                domain: DnsPattern::Exact(address.domain.host().to_owned()),
            });
        }
        Ok(Self {
            local: None,
            domain: domain.parse()?,
        })
    }
}

impl fmt::Display for EmailPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.local, &self.domain) {
            (None, DnsPattern::Any) => f.write_str("*"),
            (None, domain) => write!(f, "@{domain}"),
            (Some(local), domain) => write!(f, "{local}@{domain}"),
        }
    }
}

/// `atext` of RFC 5322, section 3.2.3.
fn is_atext(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte)
}

/// RFC 5321, section 4.5.3.1.1.
const MAX_LOCAL: usize = 64;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    #[test]
    fn addresses() {
        for good in [
            "alice@example.com",
            "a.b+c@Example.COM",
            "root@localhost",
            "o'neil@example.com",
        ] {
            assert!(EmailAddress::parse(good).is_ok(), "{good}");
        }
        let local = |local: &str| EmailFault::LocalPart {
            local: local.into(),
        };
        for (bad, fault) in [
            ("alice", EmailFault::NoAt),
            ("a@b@example.com", EmailFault::SecondAt),
            ("@example.com", local("")),
            ("a..b@example.com", local("a..b")),
            (".a@example.com", local(".a")),
            ("\"a b\"@example.com", local("\"a b\"")),
            ("a\0@example.com", local("a\0")),
            ("ä@example.com", local("ä")),
            ("a@", EmailFault::Domain(DnsFault::Empty)),
            (
                "a@*.example.com",
                EmailFault::Domain(DnsFault::WildcardPlace),
            ),
            ("a@10.0.0.1", EmailFault::Domain(DnsFault::IpAddress)),
            ("a@example.com.", EmailFault::Domain(DnsFault::TrailingDot)),
        ] {
            assert_eq!(EmailAddress::parse(bad), Err(fault), "{bad:?}");
        }
        let long = format!("{}@example.com", "a".repeat(65));
        assert_eq!(
            EmailAddress::parse(&long),
            Err(EmailFault::LocalTooLong { len: 65 })
        );
    }

    #[test]
    fn patterns() {
        for (pattern, address, covers, touches) in [
            ("*", "a@b", true, true),
            ("alice@example.com", "alice@example.com", true, true),
            ("alice@example.com", "Alice@EXAMPLE.com", false, true),
            ("alice@example.com", "bob@example.com", false, false),
            ("@example.com", "bob@example.com", true, true),
            ("example.com", "bob@example.com", true, true),
            ("@example.com", "bob@mail.example.com", false, false),
            ("*.example.com", "bob@mail.example.com", true, true),
            ("@*.example.com", "bob@example.com", false, false),
        ] {
            let parsed: EmailPattern = pattern.parse().unwrap();
            let address = EmailAddress::parse(address).unwrap();
            assert_eq!(parsed.covers(&address), covers, "{pattern} {address:?}");
            assert_eq!(parsed.touches(&address), touches, "{pattern} {address:?}");
        }
        for bad in [
            "",
            "@",
            "a b@example.com",
            "a@*.example.com",
            "@.example.com",
            "a@b@c",
        ] {
            assert!(bad.parse::<EmailPattern>().is_err(), "{bad:?}");
        }
        assert_eq!(
            "example.com".parse::<EmailPattern>().unwrap().to_string(),
            "@example.com"
        );
    }
}
