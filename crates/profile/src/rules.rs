//! Allow and deny rules for names, and the rules of single requesters.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use crate::names::{
    DnsName, DnsPattern, EmailAddress, EmailPattern, IpPattern, PatternError, Uri, UriPattern,
};

/// Allow and deny rules for the four types of names that have a syntax: DNS, IP, mail address, URI.
///
/// - A deny rule wins over every allow rule.
/// - Without any allow list, every name with a correct syntax is allowed.
/// - As soon as there is one allow list, names of a type *without* a list are refused: who limits
///   the DNS names of a profile does not mean to give out every IP address.
///
/// The rules hold wherever such a name stands, not only among the subject alternative names:
///
/// | place | rules |
/// |---|---|
/// | `emailAddress` of the subject, or of a directoryName | as an rfc822Name: `san_kinds`, mail address |
/// | common name that is an IP address or a mail address | IP or mail address |
/// | common name that is a DNS name with a dot | DNS; without an `allow_dns` it is refused where there are other lists, if the certificate is for servers |
/// | common name of one label, of a server without a dNSName | DNS |
/// | `UID`, `serialNumber`, `unstructuredName`, `unstructuredAddress` | of what they look like, if it has a list |
/// | `DC` attributes, joined | DNS, if it has a list |
/// | host of a URI | URI, and the deny rules of DNS and IP |
/// | otherName userPrincipalName, SmtpUTF8Mailbox, KRB5PrincipalName, XmppAddr with a `@` | mail address |
/// | otherName SRVName, NAIRealm, XmppAddr without a `@` | DNS |
///
/// Registered identifiers and other types of otherName have no rules; whether they may be there at all is said by
/// `san_kinds`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct NameRules {
    /// `allow_dns`
    pub allow_dns: Vec<DnsPattern>,
    /// `deny_dns`
    pub deny_dns: Vec<DnsPattern>,
    /// `allow_ip`
    pub allow_ip: Vec<IpPattern>,
    /// `deny_ip`
    pub deny_ip: Vec<IpPattern>,
    /// `allow_email`
    pub allow_email: Vec<EmailPattern>,
    /// `deny_email`
    pub deny_email: Vec<EmailPattern>,
    /// `allow_uri`
    pub allow_uri: Vec<UriPattern>,
    /// `deny_uri`
    pub deny_uri: Vec<UriPattern>,
}

impl NameRules {
    /// What the rules say about a DNS name.
    pub fn dns(&self, name: &DnsName) -> Verdict {
        self.verdict(
            "dns",
            &self.deny_dns,
            &self.allow_dns,
            |p| p.touches(name),
            |p| p.covers(name),
        )
    }

    /// What the rules say about an IP address.
    pub fn ip(&self, address: IpAddr) -> Verdict {
        self.verdict(
            "ip",
            &self.deny_ip,
            &self.allow_ip,
            |p| p.matches(address),
            |p| p.matches(address),
        )
    }

    /// What the rules say about a mail address.
    pub fn email(&self, address: &EmailAddress) -> Verdict {
        self.verdict(
            "email",
            &self.deny_email,
            &self.allow_email,
            |p| p.touches(address),
            |p| p.covers(address),
        )
    }

    /// What the rules say about a URI.
    pub fn uri(&self, uri: &Uri) -> Verdict {
        self.verdict(
            "uri",
            &self.deny_uri,
            &self.allow_uri,
            |p| p.matches(uri),
            |p| p.matches(uri),
        )
    }

    fn verdict<P: fmt::Display>(
        &self,
        kind: &'static str,
        deny: &[P],
        allow: &[P],
        denies: impl Fn(&P) -> bool,
        allows: impl Fn(&P) -> bool,
    ) -> Verdict {
        if let Some(pattern) = deny.iter().find(|p| denies(p)) {
            return Verdict::Denied {
                kind,
                pattern: pattern.to_string(),
            };
        }
        if allow.iter().any(allows) {
            return Verdict::Allowed;
        }
        if !allow.is_empty() {
            let allowed = allow.iter().map(ToString::to_string).collect();
            return Verdict::NotListed { kind, allowed };
        }
        if self.has_allow_list() {
            Verdict::NoList { kind }
        } else {
            Verdict::Allowed
        }
    }

    fn has_allow_list(&self) -> bool {
        let Self {
            allow_dns,
            deny_dns: _,
            allow_ip,
            deny_ip: _,
            allow_email,
            deny_email: _,
            allow_uri,
            deny_uri: _,
        } = self;
        !(allow_dns.is_empty()
            && allow_ip.is_empty()
            && allow_email.is_empty()
            && allow_uri.is_empty())
    }
}

/// What [`NameRules`] say about one name.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Verdict {
    /// The name may be in a certificate.
    Allowed,
    /// A deny rule has it.
    Denied {
        /// `dns`, `ip`, `email` or `uri`: the rule is in `deny_<kind>`.
        kind: &'static str,
        /// The pattern that has it.
        pattern: String,
    },
    /// There is an allow list for its type, and it is not in it.
    NotListed {
        /// As above: the list is `allow_<kind>`.
        kind: &'static str,
        /// The patterns of the list.
        allowed: Vec<String>,
    },
    /// There are allow lists, but none for its type.
    NoList {
        /// As above: the list missing is `allow_<kind>`.
        kind: &'static str,
    },
}

/// A `[[profile.NAME.requester]]` block: narrows what one requester, or a group of them, may have.
///
/// Of a profile's blocks the first whose `match` fits the requester is used; a requester that no
/// block fits has the profile's rules alone. A name needs the consent of the profile's rules and of
/// the block's.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RequesterRule {
    /// `match`
    pub matches: RequesterPattern,
    /// `refuse`: this requester gets nothing at all from this profile.
    pub refuse: bool,
    /// The block's own allow and deny rules.
    pub names: NameRules,
}

impl Default for RequesterRule {
    fn default() -> Self {
        Self {
            matches: RequesterPattern("*".to_owned()),
            refuse: false,
            names: NameRules::default(),
        }
    }
}

/// Which requesters a [`RequesterRule`] is for: `uid:1000` exactly, or `uid:*` for all that begin
/// so.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RequesterPattern(String);

impl RequesterPattern {
    /// True if the pattern fits. Compared exactly, upper and lower case differ.
    pub fn fits(&self, requester: &str) -> bool {
        match self.0.strip_suffix('*') {
            Some(prefix) => requester.starts_with(prefix),
            None => requester == self.0,
        }
    }
}

impl FromStr for RequesterPattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        if text.is_empty() {
            return Err(PatternError::new("it is empty"));
        }
        let prefix = text.strip_suffix('*').unwrap_or(text);
        if prefix.contains('*') {
            return Err(PatternError::with_hint(
                "a `*` may only stand at its end",
                "write for example \"uid:1000\" or \"uid:*\"",
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for RequesterPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    fn dns(text: &str) -> DnsName {
        DnsName::parse(text, false).unwrap()
    }

    #[test]
    fn deny_wins_over_allow() {
        let rules = NameRules {
            allow_dns: vec![
                "*.example.com".parse().unwrap(),
                "secret.example.com".parse().unwrap(),
            ],
            deny_dns: vec!["secret.example.com".parse().unwrap()],
            ..NameRules::default()
        };
        assert_eq!(rules.dns(&dns("www.example.com")), Verdict::Allowed);
        let denied = Verdict::Denied {
            kind: "dns",
            pattern: "secret.example.com".into(),
        };
        assert_eq!(rules.dns(&dns("Secret.example.com")), denied);
        assert_eq!(rules.dns(&dns("*.example.com")), denied);
        assert_eq!(
            rules.dns(&dns("example.com")),
            Verdict::NotListed {
                kind: "dns",
                allowed: vec!["*.example.com".into(), "secret.example.com".into()]
            }
        );
    }

    #[test]
    fn one_allow_list_closes_the_other_types() {
        let open = NameRules::default();
        let ip: IpAddr = "10.0.0.1".parse().unwrap();
        let email = EmailAddress::parse("a@example.com").unwrap();
        let uri = Uri::parse("urn:a").unwrap();
        assert_eq!(open.ip(ip), Verdict::Allowed);
        assert_eq!(open.email(&email), Verdict::Allowed);
        assert_eq!(open.uri(&uri), Verdict::Allowed);
        let closed = NameRules {
            allow_dns: vec![DnsPattern::Any],
            ..NameRules::default()
        };
        assert_eq!(closed.ip(ip), Verdict::NoList { kind: "ip" });
        assert_eq!(closed.email(&email), Verdict::NoList { kind: "email" });
        assert_eq!(closed.uri(&uri), Verdict::NoList { kind: "uri" });
        let deny_only = NameRules {
            deny_dns: vec![DnsPattern::Any],
            ..NameRules::default()
        };
        assert_eq!(deny_only.ip(ip), Verdict::Allowed);
    }

    #[test]
    fn requester_patterns() {
        for (pattern, requester, fits) in [
            ("uid:1000", "uid:1000", true),
            ("uid:1000", "uid:10001", false),
            ("uid:100*", "uid:1000", true),
            ("uid:*", "gid:0", false),
            ("*", "", true),
        ] {
            let parsed: RequesterPattern = pattern.parse().unwrap();
            assert_eq!(parsed.fits(requester), fits, "{pattern} {requester}");
        }
        assert!("".parse::<RequesterPattern>().is_err());
        assert!("a*b".parse::<RequesterPattern>().is_err());
    }
}
