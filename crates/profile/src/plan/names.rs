//! The names of a certificate: which are asked for, whether each may be had, and the extension that
//! bears them (RFC 5280, section 4.2.1.6).

use std::borrow::Cow;

use tpm2ca_x509::{Extension, GeneralName, Name, ext, parse_general_names};

use crate::choice::{CommonNameRule, SanKind, SanRule};
use crate::constraint::Constraints;
use crate::names::{DnsName, EmailAddress, Uri, UriHost, check_ip};
use crate::profile::Profile;
use crate::refusal::{Refusal, RulePlace};
use crate::request::{IssuerView, Request};
use crate::rules::{RequesterRule, Verdict};

mod attributes;
mod other;

/// Checks every name and makes the subject alternative name extension; `None` if there is none.
///
/// `asked` is the subject of the request, `subject` the one of the certificate.
pub(super) fn decide(
    profile: &Profile,
    requester: Option<&RequesterRule>,
    request: &Request<'_>,
    asked: &Name,
    subject: &Name,
    issuer: Option<&IssuerView<'_>>,
    notes: &mut Vec<String>,
) -> Result<Option<Extension>, Refusal> {
    let names = collect(profile, request.names, asked, notes)?;
    let constraints = issuer.map(|issuer| Constraints {
        permitted: issuer.permitted,
        excluded: issuer.excluded,
    });
    let checker = Checker {
        profile,
        requester,
        constraints: constraints.unwrap_or_default(),
    };
    for name in names.iter() {
        checker.san(name)?;
        if matches!(name, GeneralName::Dns(text) if !text.contains('.')) {
            notes.push(format!(
                "`{name}` has no dot: elsewhere it may be the name of another host"
            ));
        }
    }
    checker.subject(subject, &names)?;
    if names.is_empty() {
        if subject.is_empty() {
            return Err(Refusal::SubjectEmpty {
                profile: profile.name.clone(),
            });
        }
        return Ok(None);
    }
    // RFC 5280, section 4.2.1.6: critical if there is no subject.
    let critical = subject.is_empty();
    let received = request
        .san_der
        .filter(|der| parse_general_names(der).is_ok_and(|read| read == *names));
    Ok(Some(match received {
        Some(der) => ext::subject_alt_name_raw(der, critical),
        None => ext::subject_alt_name(&names, critical)?,
    }))
}

/// The names asked for, and with common_name = "add" those of the subject.
fn collect<'a>(
    profile: &Profile,
    names: &'a [GeneralName],
    asked: &Name,
    notes: &mut Vec<String>,
) -> Result<Cow<'a, [GeneralName]>, Refusal> {
    let mut names = Cow::Borrowed(names);
    if profile.san == SanRule::Forbidden {
        if names.is_empty() {
            return Ok(names);
        }
        return Err(Refusal::NamesForbidden {
            names: names.iter().map(ToString::to_string).collect(),
            profile: profile.name.clone(),
        });
    }
    if profile.common_name == CommonNameRule::Add {
        for common_name in asked.common_names() {
            if let Some(name) = host_of(&common_name)
                && !contains(&names, &name)
            {
                notes.push(format!(
                    "`{name}` was added to the subject alternative names, from the common name"
                ));
                names.to_mut().push(name);
            }
        }
    }
    if profile.san == SanRule::Required && names.is_empty() {
        let common_name = asked
            .common_names()
            .into_iter()
            .find(|name| DnsName::parse(name, false).is_ok());
        return Err(Refusal::NoNames {
            profile: profile.name.clone(),
            common_name,
        });
    }
    Ok(names)
}

struct Checker<'a> {
    profile: &'a Profile,
    requester: Option<&'a RequesterRule>,
    constraints: Constraints<'a>,
}

impl Checker<'_> {
    /// One subject alternative name: its type, its syntax, the rules, the issuer's constraints.
    fn san(&self, name: &GeneralName) -> Result<(), Refusal> {
        self.kind(name)?;
        let shown = name.to_string();
        match name {
            GeneralName::Dns(text) => {
                let dns = DnsName::parse(text, self.profile.allow_underscore).map_err(|fault| {
                    Refusal::BadDns {
                        name: text.clone(),
                        fault,
                    }
                })?;
                self.wildcard(&shown, &dns)?;
                self.rules(&shown, |rules| rules.dns(&dns))?;
                self.constraints.dns(&shown, &dns)
            }
            GeneralName::Ip(address) => {
                check_ip(*address).map_err(|fault| Refusal::BadIp {
                    address: *address,
                    fault,
                })?;
                self.rules(&shown, |rules| rules.ip(*address))?;
                self.constraints.ip(&shown, *address)
            }
            GeneralName::Email(text) => {
                let address = EmailAddress::parse(text).map_err(|fault| Refusal::BadEmail {
                    address: text.clone(),
                    fault,
                })?;
                self.rules(&shown, |rules| rules.email(&address))?;
                self.constraints.email(&shown, &address)
            }
            GeneralName::Uri(text) => {
                let uri = Uri::parse(text).map_err(|fault| Refusal::BadUri {
                    uri: text.clone(),
                    fault,
                })?;
                self.rules(&shown, |rules| rules.uri(&uri))?;
                match uri.host() {
                    Some(UriHost::Dns(host)) => self.deny_rules(&shown, |rules| rules.dns(host))?,
                    Some(UriHost::Ip(host)) => self.deny_rules(&shown, |rules| rules.ip(*host))?,
                    None => {}
                }
                self.constraints.uri(&shown, &uri)
            }
            GeneralName::DirectoryName(directory) => {
                self.directory(directory)?;
                self.constraints.directory(&shown, directory)
            }
            GeneralName::Other { oid, value } => {
                self.other_name(&shown, *oid, value)?;
                self.constraints.other(&shown, name)
            }
            GeneralName::RegisteredId(_) => self.constraints.other(&shown, name),
            GeneralName::Unsupported { .. } => Err(Refusal::NameUnsupported { name: shown }),
        }
    }

    fn kind(&self, name: &GeneralName) -> Result<(), Refusal> {
        match SanKind::of(name) {
            Some(kind) => self.has_kind(&name.to_string(), kind),
            None => Err(Refusal::NameUnsupported {
                name: name.to_string(),
            }),
        }
    }

    /// Refuses a wildcard in a profile that issues none.
    fn wildcard(&self, shown: &str, dns: &DnsName) -> Result<(), Refusal> {
        if dns.is_wildcard() && !self.profile.allow_wildcards {
            return Err(Refusal::Wildcard {
                name: shown.to_owned(),
                profile: self.profile.name.clone(),
            });
        }
        Ok(())
    }

    fn has_kind(&self, shown: &str, kind: SanKind) -> Result<(), Refusal> {
        if self.profile.san_kinds.contains(&kind) {
            return Ok(());
        }
        Err(Refusal::NameKind {
            name: shown.to_owned(),
            kind: kind.as_str(),
            permitted: self
                .profile
                .san_kinds
                .iter()
                .map(|kind| kind.as_str())
                .collect(),
            profile: self.profile.name.clone(),
        })
    }

    /// The profile's rules and the requester's.
    fn rules(
        &self,
        shown: &str,
        verdict: impl Fn(&crate::rules::NameRules) -> Verdict,
    ) -> Result<(), Refusal> {
        for (rules, place) in self.places() {
            let refusal = refuse(verdict(rules), shown, place);
            if let Some(refusal) = refusal {
                return Err(refusal);
            }
        }
        Ok(())
    }

    /// For names that are not asked for as names: a missing allow list does not count against them.
    fn listed_rules(
        &self,
        shown: &str,
        verdict: impl Fn(&crate::rules::NameRules) -> Verdict,
    ) -> Result<(), Refusal> {
        self.rules(shown, |rules| match verdict(rules) {
            Verdict::NoList { .. } => Verdict::Allowed,
            other => other,
        })
    }

    /// For what may be a name or not: only deny rules count.
    fn deny_rules(
        &self,
        shown: &str,
        verdict: impl Fn(&crate::rules::NameRules) -> Verdict,
    ) -> Result<(), Refusal> {
        self.rules(shown, |rules| match verdict(rules) {
            denied @ Verdict::Denied { .. } => denied,
            _ => Verdict::Allowed,
        })
    }

    fn places(&self) -> impl Iterator<Item = (&crate::rules::NameRules, RulePlace)> {
        let profile = &self.profile.name;
        let everybody = RulePlace {
            profile: profile.clone(),
            requester: None,
        };
        let block = self.requester.map(|rule| {
            (
                &rule.names,
                RulePlace {
                    profile: profile.clone(),
                    requester: Some(rule.matches.to_string()),
                },
            )
        });
        std::iter::once((&self.profile.names, everybody)).chain(block)
    }
}

fn refuse(verdict: Verdict, shown: &str, place: RulePlace) -> Option<Refusal> {
    let name = shown.to_owned();
    match verdict {
        Verdict::Allowed => None,
        Verdict::Denied { kind, pattern } => Some(Refusal::NameDenied {
            name,
            kind,
            pattern,
            place,
        }),
        Verdict::NotListed { kind, allowed } => Some(Refusal::NameNotAllowed {
            name,
            kind,
            allowed,
            place,
        }),
        Verdict::NoList { kind } => Some(Refusal::NameTypeNotAllowed { name, kind, place }),
    }
}

/// Whether a verifier could take a common name for a host: an address, or a word of host characters
/// with a dot in it. Generous, because a wrong yes costs a hint and a wrong no lets a name slip
/// past the rules.
fn looks_like_host(common_name: &str) -> bool {
    common_name.parse::<std::net::IpAddr>().is_ok()
        || (common_name.contains('.')
            && common_name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-._*".contains(&b)))
}

/// The subject alternative name that a common name like a host stands for.
fn host_of(common_name: &str) -> Option<GeneralName> {
    if let Ok(address) = common_name.parse() {
        return Some(GeneralName::Ip(address));
    }
    looks_like_host(common_name).then(|| GeneralName::Dns(common_name.to_owned()))
}

fn contains(names: &[GeneralName], wanted: &GeneralName) -> bool {
    names.iter().any(|name| match (name, wanted) {
        (GeneralName::Dns(a), GeneralName::Dns(b)) => a.eq_ignore_ascii_case(b),
        (a, b) => a == b,
    })
}
