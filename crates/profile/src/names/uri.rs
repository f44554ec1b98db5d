//! URIs in certificates: RFC 5280, section 4.2.1.6 (absolute, with scheme and scheme-specific
//! part), RFC 3986.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

use super::{DnsFault, DnsName, DnsPattern, PatternError};

/// A URI whose syntax was checked, as far as rules look at it: scheme and host, both in lower case.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Uri {
    scheme: String,
    host: Option<UriHost>,
}

/// The host of a URI.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum UriHost {
    /// A DNS name, never a wildcard.
    Dns(DnsName),
    /// An IP address.
    Ip(IpAddr),
}

impl Uri {
    /// Checks `text` and finds its scheme and host.
    ///
    /// User information (`user@host`) is refused, because parsers differ about where the host
    /// begins then; so are percent signs in the host.
    pub fn parse(text: &str) -> Result<Self, UriFault> {
        let (scheme, rest) = text.split_once(':').ok_or(UriFault::NoScheme)?;
        if !is_scheme(scheme) {
            return Err(UriFault::NoScheme);
        }
        if rest.is_empty() {
            return Err(UriFault::Empty);
        }
        check_characters(rest)?;
        let host = match rest.strip_prefix("//") {
            None => None,
            Some(rest) => {
                let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
                let (authority, _) = rest.split_at(end);
                parse_authority(authority)?
            }
        };
        Ok(Self {
            scheme: scheme.to_ascii_lowercase(),
            host,
        })
    }

    /// The scheme in lower case, without the colon.
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// The host; `None` where the URI has none, as in `urn:uuid:…` or `file:///etc`.
    pub fn host(&self) -> Option<&UriHost> {
        self.host.as_ref()
    }
}

/// What is wrong with a URI.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UriFault {
    /// A relative reference.
    #[error("it does not begin with a scheme such as `https:`")]
    NoScheme,
    /// Nothing behind the scheme.
    #[error("there is nothing behind its scheme")]
    Empty,
    /// A character that RFC 3986 has no place for.
    #[error("it has the character `{}`, which must be percent-encoded", character.escape_debug())]
    Character {
        /// The first such character.
        character: char,
    },
    /// A `%` without two hexadecimal digits.
    #[error("it has a `%` that is not followed by two hexadecimal digits")]
    Percent,
    /// `user@host`
    #[error("it has user information before its host")]
    UserInfo,
    /// A port that is no number up to 65535.
    #[error("its port `{port}` is not a number up to 65535")]
    Port {
        /// The port.
        port: String,
    },
    /// A bracketed host that is no IPv6 address.
    #[error("its host `{host}` is not an IPv6 address")]
    Ipv6 {
        /// The host.
        host: String,
    },
    /// The host is no DNS name.
    #[error("of its host: {0}")]
    Host(#[from] DnsFault),
}

/// A pattern of `allow_uri` and `deny_uri`.
///
/// | written | means |
/// |---|---|
/// | `https://example.com` | every URI of this scheme at exactly this host, whatever port and path |
/// | `https://*.example.com` | the same at every host below |
/// | `https://192.0.2.7`, `https://[2001:db8::1]` | the same at this address |
/// | `urn:` | every URI of this scheme, with a host or without |
/// | `*` | every URI |
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum UriPattern {
    /// `*`
    Any,
    /// `urn:`, in lower case and without the colon
    Scheme(String),
    /// `https://*.example.com`
    Dns {
        /// In lower case, without the colon.
        scheme: String,
        /// The hosts.
        host: DnsPattern,
    },
    /// `https://192.0.2.7`
    Ip {
        /// In lower case, without the colon.
        scheme: String,
        /// The address.
        host: IpAddr,
    },
}

impl UriPattern {
    /// True if the URI is in the pattern.
    pub fn matches(&self, uri: &Uri) -> bool {
        match self {
            Self::Any => true,
            Self::Scheme(scheme) => uri.scheme == *scheme,
            Self::Dns { scheme, host } => {
                uri.scheme == *scheme
                    && matches!(&uri.host, Some(UriHost::Dns(name)) if host.covers(name))
            }
            Self::Ip { scheme, host } => {
                uri.scheme == *scheme && uri.host == Some(UriHost::Ip(*host))
            }
        }
    }
}

impl FromStr for UriPattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        if text == "*" {
            return Ok(Self::Any);
        }
        let usage =
            "write for example \"https://*.example.com\", \"spiffe://example.org\" or \"urn:\"";
        let (scheme, rest) = text
            .split_once(':')
            .filter(|(scheme, _)| is_scheme(scheme))
            .ok_or_else(|| PatternError::with_hint("it does not begin with a scheme", usage))?;
        let scheme = scheme.to_ascii_lowercase();
        if rest.is_empty() {
            return Ok(Self::Scheme(scheme));
        }
        let host = rest.strip_prefix("//").ok_or_else(|| {
            PatternError::with_hint(
                "behind the scheme there must be nothing, or `//` and a host",
                usage,
            )
        })?;
        if host.contains(['/', '?', '#', '@']) {
            return Err(PatternError::with_hint(
                "it has more than a scheme and a host",
                usage,
            ));
        }
        if let Some(ip) = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')) {
            let host: Ipv6Addr = ip
                .parse()
                .map_err(|_| PatternError::new("its host is not an IPv6 address"))?;
            return Ok(Self::Ip {
                scheme,
                host: host.into(),
            });
        }
        if let Ok(host) = host.parse::<IpAddr>() {
            return Ok(Self::Ip { scheme, host });
        }
        Ok(Self::Dns {
            scheme,
            host: host.parse()?,
        })
    }
}

impl fmt::Display for UriPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("*"),
            Self::Scheme(scheme) => write!(f, "{scheme}:"),
            Self::Dns { scheme, host } => write!(f, "{scheme}://{host}"),
            Self::Ip {
                scheme,
                host: IpAddr::V4(host),
            } => write!(f, "{scheme}://{host}"),
            Self::Ip {
                scheme,
                host: IpAddr::V6(host),
            } => write!(f, "{scheme}://[{host}]"),
        }
    }
}

fn parse_authority(authority: &str) -> Result<Option<UriHost>, UriFault> {
    if authority.contains('@') {
        return Err(UriFault::UserInfo);
    }
    if authority.is_empty() {
        return Ok(None);
    }
    if let Some(rest) = authority.strip_prefix('[') {
        let bad = || UriFault::Ipv6 {
            host: authority.to_owned(),
        };
        let (host, port) = rest.split_once(']').ok_or_else(bad)?;
        match port.strip_prefix(':') {
            Some(port) => check_port(port)?,
            None if port.is_empty() => {}
            None => return Err(bad()),
        }
        let address: Ipv6Addr = host.parse().map_err(|_| bad())?;
        return Ok(Some(UriHost::Ip(address.into())));
    }
    let host = match authority.split_once(':') {
        Some((host, port)) => {
            check_port(port)?;
            host
        }
        None => authority,
    };
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(Some(UriHost::Ip(address)));
    }
    // SPIFFE trust domains may have underscores, and no rule is weakened by them.
    let name = DnsName::parse(host, true)?;
    if name.is_wildcard() {
        return Err(DnsFault::WildcardPlace.into());
    }
    Ok(Some(UriHost::Dns(name)))
}

fn check_port(port: &str) -> Result<(), UriFault> {
    let number = port.bytes().all(|b| b.is_ascii_digit())
        && (port.is_empty() || port.parse::<u16>().is_ok());
    if number {
        Ok(())
    } else {
        Err(UriFault::Port {
            port: port.to_owned(),
        })
    }
}

/// `scheme` of RFC 3986, section 3.1.
fn is_scheme(text: &str) -> bool {
    text.bytes().next().is_some_and(|b| b.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
}

/// Characters of RFC 3986, section 2.
fn check_characters(text: &str) -> Result<(), UriFault> {
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        if character == '%' {
            let hex = |c: Option<char>| c.is_some_and(|c| c.is_ascii_hexdigit());
            if !(hex(rest.next()) && hex(rest.next())) {
                return Err(UriFault::Percent);
            }
        } else if !character.is_ascii_alphanumeric()
            && !"-._~:/?#[]@!$&'()*+,;=".contains(character)
        {
            return Err(UriFault::Character { character });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    #[test]
    fn finds_scheme_and_host() {
        let dns = |name: &str| Some(UriHost::Dns(DnsName::parse(name, true).unwrap()));
        for (text, scheme, host) in [
            ("https://Example.com", "https", dns("example.com")),
            (
                "HTTPS://example.com:8443/a?b=c#d",
                "https",
                dns("example.com"),
            ),
            ("spiffe://example.org/ns/a", "spiffe", dns("example.org")),
            ("http://example.com?@evil.org", "http", dns("example.com")),
            (
                "https://[2001:db8::1]:443/",
                "https",
                Some(UriHost::Ip("2001:db8::1".parse().unwrap())),
            ),
            (
                "https://192.0.2.1/",
                "https",
                Some(UriHost::Ip("192.0.2.1".parse().unwrap())),
            ),
            ("urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "urn", None),
            ("file:///etc/motd", "file", None),
            ("sip:alice@example.com", "sip", None),
        ] {
            let uri = Uri::parse(text).unwrap();
            assert_eq!(
                (uri.scheme(), uri.host()),
                (scheme, host.as_ref()),
                "{text}"
            );
        }
    }

    #[test]
    fn refuses_what_parsers_differ_about() {
        for (text, fault) in [
            ("example.com", UriFault::NoScheme),
            ("//example.com", UriFault::NoScheme),
            ("1a://example.com", UriFault::NoScheme),
            ("https:", UriFault::Empty),
            ("https://a@example.com", UriFault::UserInfo),
            (
                "https://example.com\\@evil.org",
                UriFault::Character { character: '\\' },
            ),
            (
                "https://example.com/ä",
                UriFault::Character { character: 'ä' },
            ),
            ("https://example.com/%4", UriFault::Percent),
            ("https://example.com:x", UriFault::Port { port: "x".into() }),
            (
                "https://example.com:65536",
                UriFault::Port {
                    port: "65536".into(),
                },
            ),
            (
                "https://[::1",
                UriFault::Ipv6 {
                    host: "[::1".into(),
                },
            ),
            (
                "https://[::1]x",
                UriFault::Ipv6 {
                    host: "[::1]x".into(),
                },
            ),
            (
                "https://example.com./",
                UriFault::Host(DnsFault::TrailingDot),
            ),
            (
                "https://*.example.com/",
                UriFault::Host(DnsFault::WildcardPlace),
            ),
            ("https://10.1/", UriFault::Host(DnsFault::IpAddress)),
        ] {
            assert_eq!(Uri::parse(text), Err(fault), "{text}");
        }
        assert!(matches!(
            Uri::parse("https://ex%61mple.com/"),
            Err(UriFault::Host(DnsFault::Character { .. }))
        ));
    }

    #[test]
    fn patterns() {
        for (pattern, uri, expected) in [
            ("*", "urn:a", true),
            ("https://example.com", "https://example.com:8443/x", true),
            ("https://example.com", "http://example.com/", false),
            ("https://example.com", "https://www.example.com/", false),
            ("https://*.example.com", "https://www.example.com/", true),
            ("https://*", "https://192.0.2.1/", false),
            ("https://*", "https://host/", true),
            ("https:", "https://192.0.2.1/", true),
            ("https://192.0.2.1", "https://192.0.2.1/", true),
            ("https://[::1]", "https://[0::1]/", true),
            ("urn:", "urn:uuid:1", true),
            ("urn:", "https://a", false),
            ("SPIFFE://example.org", "spiffe://EXAMPLE.org/a", true),
        ] {
            let parsed: UriPattern = pattern.parse().unwrap();
            assert_eq!(
                parsed.matches(&Uri::parse(uri).unwrap()),
                expected,
                "{pattern} {uri}"
            );
        }
        for bad in [
            "",
            "example.com",
            "https://",
            "https://a/b",
            "https://a@b",
            "urn:uuid",
            "https://[x]",
            "https://a:1",
        ] {
            assert!(bad.parse::<UriPattern>().is_err(), "{bad}");
        }
    }
}
