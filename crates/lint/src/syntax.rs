//! Host names, email addresses, URIs, and how name constraints compare them (RFC 5280 sections 4.2.1.6 and 4.2.1.10).

use crate::view::{GeneralName, kind};

/// What is wrong with a host name in the preferred syntax of RFC 1034 section 3.5. Underscores pass: they are a matter
/// of taste that another lint has.
pub(crate) fn host_flaw(name: &[u8]) -> Option<&'static str> {
    if name.len() > 253 {
        return Some("is longer than 253 octets");
    }
    name.split(|&octet| octet == b'.').find_map(|label| {
        let is_allowed = |octet: &u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_');
        if label.is_empty() {
            Some("has an empty label")
        } else if label.len() > 63 {
            Some("has a label longer than 63 octets")
        } else if !label.iter().all(is_allowed) {
            Some("has an octet that is no letter, digit or hyphen")
        } else if label.starts_with(b"-") || label.ends_with(b"-") {
            Some("has a label that begins or ends with a hyphen")
        } else {
            None
        }
    })
}

/// What is wrong with a `Mailbox` of RFC 5321 section 4.1.2, of which quoted local parts pass unseen.
pub(crate) fn email_flaw(address: &[u8]) -> Option<&'static str> {
    let Some(at) = address.iter().rposition(|&octet| octet == b'@') else {
        return Some("has no `@`");
    };
    let (local, host) = address.split_at(at);
    let host = host.get(1..).unwrap_or_default();
    let is_quoted = local.len() > 1 && local.starts_with(b"\"") && local.ends_with(b"\"");
    let is_atom = |octet: &u8| octet.is_ascii_graphic() && !b"()<>[]:;@\\,\"".contains(octet);
    if local.is_empty() {
        Some("has nothing before the `@`")
    } else if !address.is_ascii() {
        Some("is not ASCII")
    } else if !is_quoted && !local.iter().all(is_atom) {
        Some("has an octet before the `@` that may not stand there")
    } else if host.starts_with(b"[") && host.ends_with(b"]") {
        None
    } else {
        host_flaw(host)
    }
}

/// The scheme of a URI, RFC 3986 section 3.1.
pub(crate) fn scheme(uri: &[u8]) -> Option<&[u8]> {
    let (scheme, _) = uri.split_at_checked(uri.iter().position(|&octet| octet == b':')?)?;
    let is_allowed = |octet: &u8| octet.is_ascii_alphanumeric() || b"+-.".contains(octet);
    let starts_well = scheme.first().is_some_and(u8::is_ascii_alphabetic);
    (starts_well && scheme.iter().all(is_allowed)).then_some(scheme)
}

/// What is wrong with an absolute URI.
pub(crate) fn uri_flaw(uri: &[u8]) -> Option<&'static str> {
    let Some(scheme) = scheme(uri) else {
        return Some("is not absolute");
    };
    let is_allowed = |octet: &u8| octet.is_ascii_graphic() && !b"<>\"{}|\\^`".contains(octet);
    let rest = uri.get(scheme.len() + 1..).unwrap_or_default();
    let needs_authority = [&b"http"[..], b"https", b"ldaps", b"spiffe"];
    if rest.is_empty() {
        Some("has nothing after its scheme")
    } else if !uri.iter().all(is_allowed) {
        Some("has an octet that must be escaped")
    } else if needs_authority
        .iter()
        .any(|name| scheme.eq_ignore_ascii_case(name))
        && uri_host(uri).is_none_or(<[u8]>::is_empty)
    {
        Some("has no host")
    } else {
        None
    }
}

/// The host of a URI's authority, RFC 3986 section 3.2; an IP literal keeps its brackets.
pub(crate) fn uri_host(uri: &[u8]) -> Option<&[u8]> {
    let after_scheme = uri.get(scheme(uri)?.len() + 1..)?.strip_prefix(b"//")?;
    let end = after_scheme.iter().position(|octet| b"/?#".contains(octet));
    let authority = after_scheme.get(..end.unwrap_or(after_scheme.len()))?;
    let start = authority
        .iter()
        .rposition(|&octet| octet == b'@')
        .map_or(0, |at| at + 1);
    let host = authority.get(start..)?;
    let end = if host.starts_with(b"[") {
        host.iter()
            .position(|&octet| octet == b']')
            .map(|bracket| bracket + 1)
    } else {
        host.iter().position(|&octet| octet == b':')
    };
    host.get(..end.unwrap_or(host.len()))
}

/// How a name stands to a name constraint of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Match {
    /// All that the name stands for is inside of the subtree.
    Inside,
    /// Only a part is: the name is a wildcard.
    Partly,
    /// Nothing is.
    Outside,
}

/// Compares a name with the base of a subtree of the same kind.
pub(crate) fn compare(name: &GeneralName<'_>, base: &GeneralName<'_>) -> Match {
    let is_inside = match name.kind() {
        kind::DNS => return compare_dns(name.content, base.content),
        kind::IP => is_in_network(name.content, base.content),
        kind::EMAIL => {
            if base.content.contains(&b'@') {
                is_same_mailbox(name.content, base.content)
            } else {
                let host = name.content.rsplit(|&octet| octet == b'@').next();
                host.is_some_and(|host| is_in_domain(host, base.content))
            }
        }
        kind::URI => uri_host(name.content).is_some_and(|host| is_in_domain(host, base.content)),
        // Not compared.
        _ => true,
    };
    if is_inside {
        Match::Inside
    } else {
        Match::Outside
    }
}

fn compare_dns(name: &[u8], base: &[u8]) -> Match {
    // A leading dot is not in RFC 5280, but common: subdomains only.
    let (base, only_below) = match base.strip_prefix(b".") {
        Some(base) => (base, true),
        None => (base, false),
    };
    let is_same = name.eq_ignore_ascii_case(base);
    if base.is_empty() || is_below(name, base) || is_same && !only_below {
        return Match::Inside;
    }
    // `*.example.com` stands for `host.example.com` too.
    let parent = base
        .iter()
        .position(|&octet| octet == b'.')
        .and_then(|dot| base.get(dot + 1..));
    match (name.strip_prefix(b"*."), parent) {
        (Some(rest), Some(parent)) if rest.eq_ignore_ascii_case(parent) => Match::Partly,
        _ => Match::Outside,
    }
}

fn is_below(name: &[u8], base: &[u8]) -> bool {
    let dot = name.len().checked_sub(base.len() + 1);
    dot.and_then(|dot| name.get(dot..)).is_some_and(|end| {
        end.split_first()
            .is_some_and(|(first, end)| *first == b'.' && end.eq_ignore_ascii_case(base))
    })
}

/// `host` is that host alone, `.domain` all hosts below it.
fn is_in_domain(host: &[u8], base: &[u8]) -> bool {
    match base.strip_prefix(b".") {
        Some(domain) => is_below(host, domain),
        None => host.eq_ignore_ascii_case(base),
    }
}

/// Hosts are compared without regard to case, local parts exactly.
fn is_same_mailbox(left: &[u8], right: &[u8]) -> bool {
    let parts = |address: &'_ [u8]| {
        let at = address
            .iter()
            .rposition(|&octet| octet == b'@')
            .unwrap_or(0);
        (
            address.get(..at).map(<[u8]>::to_vec),
            address.get(at..).map(<[u8]>::to_ascii_lowercase),
        )
    };
    parts(left) == parts(right)
}

fn is_in_network(address: &[u8], network: &[u8]) -> bool {
    let Some((base, mask)) = network.split_at_checked(address.len()) else {
        return false;
    };
    mask.len() == address.len()
        && address
            .iter()
            .zip(base)
            .zip(mask)
            .all(|((octet, base), mask)| octet & mask == base & mask)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts() {
        for good in [
            "a",
            "example.com",
            "x-1.example",
            "under_score.example",
            &"a".repeat(63),
        ] {
            assert_eq!(host_flaw(good.as_bytes()), None, "{good}");
        }
        for bad in [
            "",
            "a..b",
            "-a",
            "a-.b",
            "a b",
            "ä",
            "a.",
            &"a".repeat(64),
            &"a.".repeat(127),
        ] {
            assert!(host_flaw(bad.as_bytes()).is_some(), "{bad}");
        }
    }

    #[test]
    fn emails() {
        for good in [
            "a@b",
            "first.last+tag@example.com",
            "\"odd one\"@example.com",
            "a@[192.0.2.1]",
        ] {
            assert_eq!(email_flaw(good.as_bytes()), None, "{good}");
        }
        for bad in [
            "", "a", "@b", "a@", "a b@c", "a@b@c", "<a@b>", "ä@b", "a@-b",
        ] {
            assert!(email_flaw(bad.as_bytes()).is_some(), "{bad}");
        }
    }

    #[test]
    fn uris() {
        for good in [
            "http://example.com",
            "https://user@host:8443/path?q#f",
            "http://[2001:db8::1]:80/",
            "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
            "ldap:///cn=ca?certificateRevocationList",
            "spiffe://domain/workload",
        ] {
            assert_eq!(uri_flaw(good.as_bytes()), None, "{good}");
        }
        for bad in [
            "",
            "/path",
            "example.com/x",
            "1http://x",
            "http:",
            "http://",
            "http:///x",
            "urn:a b",
            "urn:ä",
        ] {
            assert!(uri_flaw(bad.as_bytes()).is_some(), "{bad}");
        }
        assert_eq!(uri_host(b"https://user@host:8443/path"), Some(&b"host"[..]));
        assert_eq!(uri_host(b"http://[::1]:80/"), Some(&b"[::1]"[..]));
        assert_eq!(uri_host(b"urn:x"), None);
    }

    #[test]
    fn constraints() {
        let compare = |tag: u8, name: &[u8], base: &[u8]| {
            compare(
                &GeneralName { tag, content: name },
                &GeneralName { tag, content: base },
            )
        };
        let dns = |name: &str, base: &str| compare(0x82, name.as_bytes(), base.as_bytes());
        assert_eq!(dns("example.com", "example.com"), Match::Inside);
        assert_eq!(dns("A.Example.com", "example.COM"), Match::Inside);
        assert_eq!(dns("badexample.com", "example.com"), Match::Outside);
        assert_eq!(dns("example.com", ".example.com"), Match::Outside);
        assert_eq!(dns("a.example.com", ".example.com"), Match::Inside);
        assert_eq!(dns("anything", ""), Match::Inside);
        assert_eq!(dns("*.example.com", "example.com"), Match::Inside);
        assert_eq!(dns("*.example.com", "host.example.com"), Match::Partly);
        assert_eq!(dns("*.example.com", "a.host.example.com"), Match::Outside);
        let email = |name: &str, base: &str| compare(0x81, name.as_bytes(), base.as_bytes());
        assert_eq!(email("me@example.com", "example.com"), Match::Inside);
        assert_eq!(email("me@a.example.com", "example.com"), Match::Outside);
        assert_eq!(email("me@a.example.com", ".example.com"), Match::Inside);
        assert_eq!(email("me@Example.com", "me@example.com"), Match::Inside);
        assert_eq!(email("Me@example.com", "me@example.com"), Match::Outside);
        let uri = |name: &str, base: &str| compare(0x86, name.as_bytes(), base.as_bytes());
        assert_eq!(uri("http://a.example.com/x", ".example.com"), Match::Inside);
        assert_eq!(uri("http://example.com:80/x", "example.com"), Match::Inside);
        assert_eq!(uri("urn:example.com", "example.com"), Match::Outside);
        let network = [10, 1, 0, 0, 255, 255, 0, 0];
        assert_eq!(compare(0x87, &[10, 1, 2, 3], &network), Match::Inside);
        assert_eq!(compare(0x87, &[10, 2, 2, 3], &network), Match::Outside);
        assert_eq!(compare(0x87, &[0; 16], &network), Match::Outside);
    }
}
