//! DNS names in certificates: RFC 5280, section 4.2.1.6 ("preferred name syntax" of RFC 1034,
//! section 3.5, as modified by RFC 1123), wildcards as in RFC 6125, section 6.4.3,
//! internationalised names as A-labels (RFC 5890).

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use super::PatternError;

/// A DNS name whose syntax was checked, in lower case. It may be a wildcard (`*.example.com`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DnsName {
    /// Without the `*.` of a wildcard.
    host: String,
    wildcard: bool,
}

impl DnsName {
    /// Checks `text` and brings it into lower case.
    ///
    /// `allow_underscore` lets `_` stand in a label, which no host name has (RFC 1123) but some
    /// private names do. A wildcard is accepted here as syntax; whether a profile wants one is the
    /// profile's decision.
    pub fn parse(text: &str, allow_underscore: bool) -> Result<Self, DnsFault> {
        if text.is_empty() {
            return Err(DnsFault::Empty);
        }
        if !text.is_ascii() {
            return Err(DnsFault::NotAscii);
        }
        if text.len() > MAX_NAME {
            return Err(DnsFault::TooLong { len: text.len() });
        }
        if text.ends_with('.') {
            return Err(DnsFault::TrailingDot);
        }
        let (host, wildcard) = match text.strip_prefix("*.") {
            Some(rest) => (rest, true),
            None => (text, false),
        };
        if host.contains('*') {
            return Err(DnsFault::WildcardPlace);
        }
        if host.parse::<IpAddr>().is_ok() || ends_in_number(host) {
            return Err(DnsFault::IpAddress);
        }
        for label in host.split('.') {
            check_label(label, allow_underscore)?;
        }
        if wildcard && !host.contains('.') {
            return Err(DnsFault::WildcardTooWide);
        }
        Ok(Self {
            host: host.to_ascii_lowercase(),
            wildcard,
        })
    }

    /// A common name that OpenSSL applies DNS name constraints to (`cn2dnsid`): two or more labels of letters, digits,
    /// `-` and `_`, also where they are no host name, such as `10.0.0.1` or `v1.0`.
    pub(crate) fn of_common_name(text: &str) -> Option<Self> {
        let is_label = |label: &str| {
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        };
        (text.contains('.') && text.split('.').all(is_label)).then(|| Self {
            host: text.to_ascii_lowercase(),
            wildcard: false,
        })
    }

    /// True for `*.example.com`.
    pub fn is_wildcard(&self) -> bool {
        self.wildcard
    }

    /// The name; for a wildcard the name below which it stands.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// True for a name without a dot, such as `localhost`.
    pub fn is_single_label(&self) -> bool {
        !self.host.contains('.')
    }
}

impl fmt::Display for DnsName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.wildcard {
            f.write_str("*.")?;
        }
        f.write_str(&self.host)
    }
}

/// What is wrong with a DNS name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DnsFault {
    /// No characters at all.
    #[error("it is empty")]
    Empty,
    /// A character outside ASCII; internationalised names stand as A-labels in a certificate.
    #[error(
        "it has characters outside ASCII; an internationalised name must be written in its `xn--` form"
    )]
    NotAscii,
    /// More than 253 octets.
    #[error("it has {len} characters, at most 253 are possible")]
    TooLong {
        /// Its length in octets.
        len: usize,
    },
    /// Ends with a dot: absolute names of zone files have one, certificates do not.
    #[error("it ends with a dot")]
    TrailingDot,
    /// A `*` that is not the whole leftmost label.
    #[error("a `*` may only be the whole leftmost label")]
    WildcardPlace,
    /// `*.com`
    #[error("a wildcard directly below a single label is too wide")]
    WildcardTooWide,
    /// An IP address, or what `inet_aton` and browsers take for one: the last label is a number.
    #[error("it is an IP address, or would be taken for one")]
    IpAddress,
    /// Two dots in a row, or one at the beginning.
    #[error("it has an empty label")]
    EmptyLabel,
    /// A label of more than 63 octets.
    #[error("its label `{label}` has {} characters, at most 63 are possible", label.len())]
    LabelTooLong {
        /// The label.
        label: String,
    },
    /// A label that begins or ends with a hyphen.
    #[error("its label `{label}` begins or ends with a hyphen")]
    Hyphen {
        /// The label.
        label: String,
    },
    /// An underscore where the profile does not allow them.
    #[error("its label `{label}` has an underscore, which host names may not have")]
    Underscore {
        /// The label.
        label: String,
    },
    /// Anything but letters, digits and hyphens.
    #[error("its label `{}` has the character `{}`, only letters, digits and hyphens are possible", label.escape_debug(), character.escape_debug())]
    Character {
        /// The label.
        label: String,
        /// The first character that may not be there.
        character: char,
    },
}

/// A pattern of `allow_dns` and `deny_dns`.
///
/// | written | means |
/// |---|---|
/// | `example.com` | exactly this host |
/// | `*.example.com` | every name below `example.com`, at any depth, but not `example.com` itself |
/// | `*` | every name |
///
/// A wildcard *certificate* name `*.b` is allowed by `*.s` where `b` is `s` or below it, and by
/// `*`, never by an exact pattern. It is denied by every pattern that has a name in common with it,
/// counted generously: `*.example.com` falls to a rule that denies `secret.example.com`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum DnsPattern {
    /// `*`
    Any,
    /// `example.com`, in lower case
    Exact(String),
    /// `*.example.com`, in lower case and without the `*.`
    Below(String),
}

impl DnsPattern {
    /// True if every host that `name` stands for is in the pattern (how allow rules ask).
    pub fn covers(&self, name: &DnsName) -> bool {
        match self {
            Self::Any => true,
            Self::Exact(host) => !name.wildcard && name.host == *host,
            Self::Below(parent) => {
                is_below(&name.host, parent) || (name.wildcard && name.host == *parent)
            }
        }
    }

    /// True if some host that `name` stands for is in the pattern (how deny rules ask).
    pub fn touches(&self, name: &DnsName) -> bool {
        self.covers(name)
            || (name.wildcard
                && match self {
                    Self::Any => true,
                    Self::Exact(host) | Self::Below(host) => is_below(host, &name.host),
                })
    }
}

impl FromStr for DnsPattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        if text == "*" {
            return Ok(Self::Any);
        }
        if let Some(rest) = text.strip_prefix('.') {
            return Err(PatternError::with_hint(
                "a pattern may not begin with a dot",
                format!(
                    "write \"*.{rest}\" for every name below it, \"{rest}\" for the host itself, or both"
                ),
            ));
        }
        let (host, below) = match text.strip_prefix("*.") {
            Some(rest) => (rest, true),
            None => (text, false),
        };
        let name =
            DnsName::parse(host, true).map_err(|fault| PatternError::new(fault.to_string()))?;
        if name.wildcard {
            return Err(PatternError::new(DnsFault::WildcardPlace.to_string()));
        }
        Ok(if below {
            Self::Below(name.host)
        } else {
            Self::Exact(name.host)
        })
    }
}

impl fmt::Display for DnsPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("*"),
            Self::Exact(host) => f.write_str(host),
            Self::Below(parent) => write!(f, "*.{parent}"),
        }
    }
}

/// True if `host` is a proper descendant of `parent`; both in lower case.
pub(crate) fn is_below(host: &str, parent: &str) -> bool {
    host.strip_suffix(parent)
        .is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
}

fn check_label(label: &str, allow_underscore: bool) -> Result<(), DnsFault> {
    if label.is_empty() {
        return Err(DnsFault::EmptyLabel);
    }
    if let Some(character) = label
        .chars()
        .find(|c| !c.is_ascii_alphanumeric() && *c != '-' && *c != '_')
    {
        return Err(DnsFault::Character {
            label: label.to_owned(),
            character,
        });
    }
    if !allow_underscore && label.contains('_') {
        return Err(DnsFault::Underscore {
            label: label.to_owned(),
        });
    }
    if label.len() > MAX_LABEL {
        return Err(DnsFault::LabelTooLong {
            label: label.to_owned(),
        });
    }
    if label.starts_with('-') || label.ends_with('-') {
        return Err(DnsFault::Hyphen {
            label: label.to_owned(),
        });
    }
    Ok(())
}

/// The rule by which the WHATWG URL standard ("ends in a number") and `inet_aton` take a host for
/// an IPv4 address, such as `10.1` or `0x7f000001`.
fn ends_in_number(host: &str) -> bool {
    let last = host.rsplit('.').next().unwrap_or(host);
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    digits(last)
        || last
            .strip_prefix("0x")
            .or_else(|| last.strip_prefix("0X"))
            .is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// Longest name in its written form: 255 octets on the wire (RFC 1035, section 2.3.4) less the root
/// label and a length.
const MAX_NAME: usize = 253;
const MAX_LABEL: usize = 63;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    #[test]
    fn common_names_that_openssl_takes_for_dns_names() {
        for good in ["a.b", "WWW.example.com", "10.0.0.1", "v1.0", "a_b.c-d"] {
            let name = DnsName::of_common_name(good).unwrap();
            assert_eq!(name.host(), good.to_ascii_lowercase());
        }
        for bad in [
            "", "a", "a..b", ".a", "a.", "-a.b", "a-.b", "a.b-", "*.a.b", "a b.c", "ü.de",
        ] {
            assert_eq!(DnsName::of_common_name(bad), None, "{bad}");
        }
    }

    #[test]
    fn accepts_host_names_and_brings_them_into_lower_case() {
        for (text, shown) in [
            ("example.com", "example.com"),
            ("WWW.Example.COM", "www.example.com"),
            ("localhost", "localhost"),
            ("xn--bcher-kva.example", "xn--bcher-kva.example"),
            ("*.example.com", "*.example.com"),
            ("a-b.1c.example", "a-b.1c.example"),
            ("3com.example", "3com.example"),
            ("0xyz.example", "0xyz.example"),
        ] {
            assert_eq!(
                DnsName::parse(text, false).unwrap().to_string(),
                shown,
                "{text}"
            );
        }
    }

    #[test]
    fn refuses_what_is_no_host_name() {
        let long_label = "a".repeat(64);
        let long_name = format!("{}.example", ["abcdefgh"; 30].join("."));
        for (text, fault) in [
            ("", DnsFault::Empty),
            ("bücher.example", DnsFault::NotAscii),
            ("example.com.", DnsFault::TrailingDot),
            (".example.com", DnsFault::EmptyLabel),
            ("a..b", DnsFault::EmptyLabel),
            ("*", DnsFault::WildcardPlace),
            ("www*.example.com", DnsFault::WildcardPlace),
            ("a.*.example.com", DnsFault::WildcardPlace),
            ("*.*.example.com", DnsFault::WildcardPlace),
            ("*.com", DnsFault::WildcardTooWide),
            ("10.0.0.1", DnsFault::IpAddress),
            ("10.0.0.256", DnsFault::IpAddress),
            ("::1", DnsFault::IpAddress),
            ("1234", DnsFault::IpAddress),
            ("host.0x7f", DnsFault::IpAddress),
            ("-a.example", DnsFault::Hyphen { label: "-a".into() }),
            ("a-.example", DnsFault::Hyphen { label: "a-".into() }),
            (
                "_sip.example",
                DnsFault::Underscore {
                    label: "_sip".into(),
                },
            ),
            (
                "a b.example",
                DnsFault::Character {
                    label: "a b".into(),
                    character: ' ',
                },
            ),
            (
                "a\0.example",
                DnsFault::Character {
                    label: "a\0".into(),
                    character: '\0',
                },
            ),
            (
                "example.com:443",
                DnsFault::Character {
                    label: "com:443".into(),
                    character: ':',
                },
            ),
            (
                &*long_label,
                DnsFault::LabelTooLong {
                    label: long_label.clone(),
                },
            ),
            (
                &*long_name,
                DnsFault::TooLong {
                    len: long_name.len(),
                },
            ),
        ] {
            assert_eq!(DnsName::parse(text, false), Err(fault), "{text:?}");
        }
        assert!(DnsName::parse("_sip.example", true).is_ok());
        assert!(DnsName::parse(&format!("{}.example", "a".repeat(63)), false).is_ok());
    }

    #[test]
    fn patterns_cover_and_touch() {
        // pattern, name, covers, touches
        for (pattern, name, covers, touches) in [
            ("*", "a", true, true),
            ("*", "*.a.b", true, true),
            ("example.com", "example.com", true, true),
            ("example.com", "EXAMPLE.com", true, true),
            ("EXAMPLE.com", "example.com", true, true),
            ("example.com", "www.example.com", false, false),
            ("example.com", "badexample.com", false, false),
            ("example.com", "*.example.com", false, false),
            ("*.example.com", "example.com", false, false),
            ("*.example.com", "www.example.com", true, true),
            ("*.example.com", "a.b.example.com", true, true),
            ("*.example.com", "badexample.com", false, false),
            ("*.example.com", "www.example.com.evil.org", false, false),
            ("*.example.com", "*.example.com", true, true),
            ("*.example.com", "*.b.example.com", true, true),
            ("*.b.example.com", "*.example.com", false, true),
            ("secret.example.com", "*.example.com", false, true),
            ("a.secret.example.com", "*.example.com", false, true),
            ("secret.example.org", "*.example.com", false, false),
        ] {
            let name = DnsName::parse(name, false).unwrap();
            let pattern: DnsPattern = pattern.parse().unwrap();
            assert_eq!(pattern.covers(&name), covers, "{pattern} covers {name}");
            assert_eq!(pattern.touches(&name), touches, "{pattern} touches {name}");
        }
    }

    #[test]
    fn a_leading_dot_in_a_pattern_is_explained() {
        let error = ".example.com".parse::<DnsPattern>().unwrap_err();
        assert_eq!(error.problem, "a pattern may not begin with a dot");
        assert!(error.hint.unwrap().contains("\"*.example.com\""));
        for bad in ["", "*.", "*.*.a", "a*.b", "10.0.0.1", "exa mple.com", "*."] {
            assert!(bad.parse::<DnsPattern>().is_err(), "{bad:?}");
        }
    }
}
