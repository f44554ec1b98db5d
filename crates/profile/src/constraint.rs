//! Name constraints (RFC 5280, section 4.2.1.10): those of the issuer, applied before verifiers do
//! it, and those that an intermediate gets.

use std::net::IpAddr;

use tpm2ca_x509::{GeneralName, Name, Subtree};

use crate::names::{DnsName, EmailAddress, IpPattern, PatternError, Uri, UriHost, is_below};
use crate::refusal::Refusal;

/// The name constraints of an issuer.
///
/// A name is refused if an excluded subtree has it, or if there are permitted subtrees of its type
/// and none has it. Where verifiers differ, the stricter reading is taken: what passes here passes
/// everywhere.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Constraints<'a> {
    pub(crate) permitted: &'a [Subtree],
    pub(crate) excluded: &'a [Subtree],
}

/// What a subtree says about a name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Relation {
    /// It is about another type of names.
    OtherType,
    /// It has the name.
    Inside,
    /// It does not have the name.
    Outside,
    /// It is about this type of names, but cannot be applied to this name.
    Unclear,
}

impl Constraints<'_> {
    pub(crate) fn dns(&self, shown: &str, name: &DnsName) -> Result<(), Refusal> {
        // A wildcard that stands for an excluded name is excluded as a whole.
        let excluded = |subtree: &Subtree| match subtree {
            Subtree::Dns(base) => {
                let base = base.to_ascii_lowercase();
                let within =
                    name.is_wildcard() && is_below(base.trim_start_matches('.'), name.host());
                relation(within || dns_inside(&base, name))
            }
            _ => Relation::OtherType,
        };
        let permitted = |subtree: &Subtree| match subtree {
            Subtree::Dns(base) => relation(dns_inside(&base.to_ascii_lowercase(), name)),
            _ => Relation::OtherType,
        };
        self.apply(shown, excluded, permitted)
    }

    pub(crate) fn ip(&self, shown: &str, address: IpAddr) -> Result<(), Refusal> {
        let inside = |subtree: &Subtree| match subtree {
            // To RFC 5280 both versions of IP are one type of names: who permits IPv4 only, permits
            // no IPv6.
            Subtree::Ip(base, prefix) => relation(IpPattern::new(*base, *prefix).matches(address)),
            _ => Relation::OtherType,
        };
        self.apply(shown, inside, inside)
    }

    pub(crate) fn email(&self, shown: &str, address: &EmailAddress) -> Result<(), Refusal> {
        let subtree_relation = |ignore_case: bool| {
            move |subtree: &Subtree| match subtree {
                Subtree::Email(base) => relation(email_inside(base, address, ignore_case)),
                _ => Relation::OtherType,
            }
        };
        self.apply(shown, subtree_relation(true), subtree_relation(false))
    }

    pub(crate) fn uri(&self, shown: &str, uri: &Uri) -> Result<(), Refusal> {
        let inside = |subtree: &Subtree| match (subtree, uri.host()) {
            (Subtree::Uri(base), Some(UriHost::Dns(host))) => {
                relation(host_inside(&base.to_ascii_lowercase(), host.host()))
            }
            // RFC 5280: "URI constraints … apply only to the host part"; without a DNS host they
            // cannot be met.
            (Subtree::Uri(_), _) => Relation::Unclear,
            _ => Relation::OtherType,
        };
        self.apply(shown, inside, inside)
    }

    /// A directory name, be it the subject or a subject alternative name.
    pub(crate) fn directory(&self, shown: &str, name: &Name) -> Result<(), Refusal> {
        let rdns = name.comparison_rdns();
        let excluded = |subtree: &Subtree| match subtree {
            Subtree::Dir(base) => relation(rdns.starts_with(&base.comparison_rdns())),
            _ => Relation::OtherType,
        };
        // What is permitted must be so to the verifier that compares octets, too.
        let permitted = |subtree: &Subtree| match subtree {
            Subtree::Dir(base) => relation(exact_rdns(name).starts_with(&exact_rdns(base))),
            _ => Relation::OtherType,
        };
        self.apply(shown, excluded, permitted)
    }

    /// True if there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.permitted.is_empty() && self.excluded.is_empty()
    }

    /// A registered identifier or another name: constraints on them are not understood here.
    pub(crate) fn other(&self, shown: &str, name: &GeneralName) -> Result<(), Refusal> {
        let wanted = match name {
            GeneralName::Other { .. } => OTHER_NAME,
            GeneralName::RegisteredId(_) => REGISTERED_ID,
            _ => return Ok(()),
        };
        let unclear = |subtree: &Subtree| match subtree {
            Subtree::Unsupported { tag, .. } if *tag == wanted => Relation::Unclear,
            _ => Relation::OtherType,
        };
        self.apply(shown, unclear, unclear)
    }

    fn apply(
        &self,
        shown: &str,
        excluded: impl Fn(&Subtree) -> Relation,
        permitted: impl Fn(&Subtree) -> Relation,
    ) -> Result<(), Refusal> {
        for subtree in self.excluded {
            match excluded(subtree) {
                Relation::OtherType | Relation::Outside => {}
                Relation::Inside => {
                    return Err(Refusal::IssuerExcludes {
                        name: shown.to_owned(),
                        constraint: subtree.to_string(),
                    });
                }
                Relation::Unclear => return Err(unclear(shown, subtree)),
            }
        }
        let mut of_type = Vec::new();
        for subtree in self.permitted {
            match permitted(subtree) {
                Relation::OtherType => {}
                Relation::Inside => return Ok(()),
                Relation::Outside => of_type.push(subtree.to_string()),
                Relation::Unclear => return Err(unclear(shown, subtree)),
            }
        }
        if of_type.is_empty() {
            return Ok(());
        }
        Err(Refusal::IssuerDoesNotPermit {
            name: shown.to_owned(),
            permitted: of_type,
        })
    }
}

/// Reads a DNS name for `permit_dns`: `example.com` permits it and everything below. Brings it into
/// lower case.
pub(crate) fn parse_permitted_dns(text: &str) -> Result<String, PatternError> {
    let bare = text.strip_prefix("*.").or_else(|| text.strip_prefix('.'));
    if let Some(bare) = bare {
        return Err(PatternError::with_hint(
            "a name constraint always has the name itself too, so there is no pattern for what is below it",
            format!("write \"{bare}\", which permits it and everything below"),
        ));
    }
    let name = DnsName::parse(text, true).map_err(|fault| PatternError::new(fault.to_string()))?;
    Ok(name.host().to_owned())
}

/// True if `name` is `base` or below it; both in lower case.
pub(crate) fn is_within(name: &str, base: &str) -> bool {
    name == base || is_below(name, base)
}

/// A dNSName against a constraint in lower case: the constraint's name and everything below; behind
/// a leading dot, which is not in RFC 5280 but in use, only what is below; the empty constraint has
/// everything.
fn dns_inside(base: &str, name: &DnsName) -> bool {
    match base.strip_prefix('.') {
        Some(parent) => {
            is_below(name.host(), parent) || (name.is_wildcard() && name.host() == parent)
        }
        None => base.is_empty() || is_within(name.host(), base),
    }
}

/// A host of a mail address or URI against a constraint in lower case: exactly this host, or behind
/// a leading dot everything below.
fn host_inside(base: &str, host: &str) -> bool {
    match base.strip_prefix('.') {
        Some(parent) => is_below(host, parent),
        None => base.is_empty() || host == base,
    }
}

fn email_inside(base: &str, address: &EmailAddress, ignore_case: bool) -> bool {
    let domain = address.domain().host();
    match base.split_once('@') {
        Some((local, host)) => {
            let same = if ignore_case {
                local.eq_ignore_ascii_case(address.local())
            } else {
                local == address.local()
            };
            same && host.eq_ignore_ascii_case(domain)
        }
        None => host_inside(&base.to_ascii_lowercase(), domain),
    }
}

/// RDNs for an exact comparison: types and octets.
fn exact_rdns(name: &Name) -> Vec<Vec<(String, &[u8])>> {
    name.rdns()
        .iter()
        .map(|rdn| rdn.iter().map(|a| (a.oid.to_string(), a.value)).collect())
        .collect()
}

fn relation(inside: bool) -> Relation {
    if inside {
        Relation::Inside
    } else {
        Relation::Outside
    }
}

fn unclear(shown: &str, subtree: &Subtree) -> Refusal {
    Refusal::IssuerConstraint {
        name: shown.to_owned(),
        constraint: subtree.to_string(),
    }
}

/// Context tags of `GeneralName`.
const OTHER_NAME: u8 = 0;
const REGISTERED_ID: u8 = 8;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    fn subtrees(texts: &[&str]) -> Vec<Subtree> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    /// Whether a name passes the constraints, by its type's prefix.
    fn passes(permitted: &[&str], excluded: &[&str], name: &str) -> bool {
        let (permitted, excluded) = (subtrees(permitted), subtrees(excluded));
        let constraints = Constraints {
            permitted: &permitted,
            excluded: &excluded,
        };
        let (kind, text) = name.split_once(':').unwrap();
        let outcome = match kind {
            "DNS" => constraints.dns(name, &DnsName::parse(text, false).unwrap()),
            "IP" => constraints.ip(name, text.parse().unwrap()),
            "email" => constraints.email(name, &EmailAddress::parse(text).unwrap()),
            "URI" => constraints.uri(name, &Uri::parse(text).unwrap()),
            "dirName" => constraints.directory(name, &Name::parse(text).unwrap()),
            other => panic!("{other}"),
        };
        outcome.is_ok()
    }

    #[test]
    fn permitted_subtrees() {
        for (permitted, name, expected) in [
            ("DNS:example.com", "DNS:example.com", true),
            ("DNS:example.com", "DNS:a.b.example.com", true),
            ("DNS:EXAMPLE.com", "DNS:www.Example.COM", true),
            ("DNS:example.com", "DNS:*.example.com", true),
            ("DNS:example.com", "DNS:badexample.com", false),
            ("DNS:example.com", "DNS:example.org", false),
            ("DNS:www.example.com", "DNS:*.example.com", false),
            ("DNS:.example.com", "DNS:example.com", false),
            ("DNS:.example.com", "DNS:www.example.com", true),
            ("DNS:", "DNS:anything", true),
            // A constraint says nothing about other types.
            ("DNS:example.com", "IP:10.0.0.1", true),
            ("DNS:example.com", "email:a@evil.org", true),
            ("IP:10.0.0.0/8", "IP:10.1.2.3", true),
            ("IP:10.0.0.0/8", "IP:11.1.2.3", false),
            ("IP:10.0.0.0/8", "IP:fd00::1", false),
            ("IP:fd00::/8", "IP:fd00::1", true),
            ("IP:0.0.0.0/0", "IP:192.0.2.1", true),
            ("email:example.com", "email:a@example.com", true),
            ("email:example.com", "email:a@mail.example.com", false),
            ("email:.example.com", "email:a@mail.example.com", true),
            ("email:.example.com", "email:a@example.com", false),
            ("email:alice@example.com", "email:alice@EXAMPLE.com", true),
            ("email:alice@example.com", "email:Alice@example.com", false),
            ("URI:example.com", "URI:https://example.com:1/a", true),
            ("URI:example.com", "URI:https://www.example.com/", false),
            ("URI:.example.com", "URI:https://www.example.com/", true),
            ("URI:example.com", "URI:urn:a", false),
            ("URI:example.com", "URI:https://192.0.2.1/", false),
        ] {
            assert_eq!(
                passes(&[permitted], &[], name),
                expected,
                "{permitted} {name}"
            );
        }
        assert!(passes(
            &["DNS:a.example", "DNS:b.example"],
            &[],
            "DNS:x.b.example"
        ));
    }

    #[test]
    fn excluded_subtrees() {
        for (excluded, name, expected) in [
            ("DNS:example.com", "DNS:example.com", false),
            ("DNS:example.com", "DNS:www.example.com", false),
            ("DNS:example.com", "DNS:example.org", true),
            ("DNS:secret.example.com", "DNS:*.example.com", false),
            ("DNS:", "DNS:example.org", false),
            ("IP:0.0.0.0/0", "IP:192.0.2.1", false),
            ("IP:0.0.0.0/0", "IP:2001:db8::1", true),
            ("IP:::/0", "IP:2001:db8::1", false),
            ("email:alice@example.com", "email:ALICE@example.com", false),
            ("email:alice@example.com", "email:bob@example.com", true),
            ("URI:example.com", "URI:https://example.com/", false),
            ("URI:example.com", "URI:urn:a", false),
        ] {
            assert_eq!(
                passes(&[], &[excluded], name),
                expected,
                "{excluded} {name}"
            );
        }
        assert!(!passes(
            &["DNS:example.com"],
            &["DNS:a.example.com"],
            "DNS:x.a.example.com"
        ));
        assert!(passes(
            &["DNS:example.com"],
            &["DNS:a.example.com"],
            "DNS:b.example.com"
        ));
    }

    #[test]
    fn directory_names() {
        let base = [Subtree::Dir(Name::parse("/C=DE/O=Acme").unwrap())];
        let check = |permitted: &[Subtree], excluded: &[Subtree], name: &str| {
            Constraints {
                permitted,
                excluded,
            }
            .directory(name, &Name::parse(name).unwrap())
            .is_ok()
        };
        assert!(check(&base, &[], "/C=DE/O=Acme/CN=host"));
        assert!(!check(&base, &[], "/C=DE/O=Other/CN=host"));
        assert!(!check(&base, &[], "/CN=host"));
        // Generous where it excludes, exact where it permits.
        assert!(!check(&base, &[], "/C=DE/O=ACME/CN=host"));
        assert!(!check(&[], &base, "/C=DE/O=ACME/CN=host"));
        assert!(check(&[], &base, "/C=DE/CN=host"));
    }

    #[test]
    fn unknown_constraints_refuse_names_of_their_type_only() {
        let other = [Subtree::Unsupported {
            tag: 8,
            der: vec![0x88, 1, 0x2a],
        }];
        let constraints = Constraints {
            permitted: &other,
            excluded: &[],
        };
        let id = GeneralName::RegisteredId("1.2.3".parse().unwrap());
        assert!(matches!(
            constraints.other("RID:1.2.3", &id),
            Err(Refusal::IssuerConstraint { .. })
        ));
        assert!(
            constraints
                .dns("DNS:a", &DnsName::parse("a", false).unwrap())
                .is_ok()
        );
    }

    #[test]
    fn the_message_names_the_constraint() {
        let permitted = subtrees(&["DNS:example.com", "IP:10.0.0.0/8"]);
        let constraints = Constraints {
            permitted: &permitted,
            excluded: &[],
        };
        let refusal = constraints
            .dns("DNS:a.org", &DnsName::parse("a.org", false).unwrap())
            .unwrap_err();
        assert_eq!(
            refusal.to_string(),
            "`DNS:a.org` would be rejected by verifiers: the issuer's name constraints permit only DNS:example.com"
        );
    }

    #[test]
    fn permitted_names_are_bare() {
        assert_eq!(parse_permitted_dns("Example.com").unwrap(), "example.com");
        assert_eq!(parse_permitted_dns("corp").unwrap(), "corp");
        for bad in [".example.com", "*.example.com"] {
            let error = parse_permitted_dns(bad).unwrap_err();
            assert_eq!(
                error.hint.unwrap(),
                "write \"example.com\", which permits it and everything below"
            );
        }
        assert!(parse_permitted_dns("").is_err());
        assert!(parse_permitted_dns("10.0.0.0/8").is_err());
    }
}
