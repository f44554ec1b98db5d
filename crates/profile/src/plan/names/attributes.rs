//! Names in the attributes of a subject or of a directoryName (RFC 5280, sections 4.1.2.6 and 4.2.1.6): verifiers and
//! the programs behind them take common names, mail addresses and names of users from there, so that the rules for
//! subject alternative names hold for them too.

use std::net::IpAddr;

use tpm2ca_x509::{GeneralName, Name, NameAttribute, ObjectIdentifier, oid};

use super::{Checker, contains, host_of, looks_like_host};
use crate::choice::{CommonNameRule, Kind, SanKind};
use crate::names::{DnsName, EmailAddress};
use crate::refusal::Refusal;
use crate::rules::{NameRules, Verdict};
use crate::usage::attribute_name;

/// How a name is held to the allow lists; deny rules always count.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lists {
    /// As a subject alternative name: where there are lists, it must be in the one of its type.
    All,
    /// A list of its type must have it, but need not be there.
    OfItsType,
}

impl Checker<'_> {
    /// The subject, of a certificate with these subject alternative names.
    pub(super) fn subject(&self, subject: &Name, names: &[GeneralName]) -> Result<(), Refusal> {
        for common_name in subject.common_names() {
            self.common_name(&common_name, names)?;
        }
        self.attributes(subject)?;
        if !subject.is_empty() {
            self.constraints
                .directory(&format!("subject:{subject}"), subject)?;
        }
        Ok(())
    }

    /// A directoryName among the subject alternative names. Nobody looks for hosts in it, but what it says of mailboxes
    /// and users is believed.
    pub(super) fn directory(&self, name: &Name) -> Result<(), Refusal> {
        for common_name in name.common_names() {
            self.identity(&format!("CN:{common_name}"), &common_name, Lists::All)?;
        }
        self.attributes(name)
    }

    /// All attributes but common names.
    fn attributes(&self, name: &Name) -> Result<(), Refusal> {
        let rdns = name.rdns();
        for attribute in rdns.iter().flatten() {
            if attribute.oid == oid::EMAIL_ADDRESS {
                self.email_address(attribute)?;
            } else if IDENTITIES.contains(&attribute.oid) {
                let text = attribute.text();
                let shown = format!("{}:{text}", attribute_name(&attribute.oid));
                self.identity(&shown, &text, Lists::OfItsType)?;
            }
        }
        self.domain_components(name)
    }

    fn common_name(&self, common_name: &str, names: &[GeneralName]) -> Result<(), Refusal> {
        let must_be_in_san = self.profile.common_name != CommonNameRule::Any;
        if must_be_in_san && looks_like_host(common_name) {
            if host_of(common_name).is_some_and(|name| contains(names, &name)) {
                return Ok(());
            }
            return Err(Refusal::CommonNameNotInSan {
                common_name: common_name.to_owned(),
                names: names.iter().map(ToString::to_string).collect(),
                profile: self.profile.name.clone(),
            });
        }
        let shown = format!("CN:{common_name}");
        self.identity(&shown, common_name, Lists::All)?;
        // OpenSSL and others match the common name against the host where there is no dNSName (RFC
        // 6125, section 6.4.4), and then apply the issuer's constraints to one with a dot.
        if names.iter().any(|name| matches!(name, GeneralName::Dns(_))) {
            return Ok(());
        }
        let parsed = DnsName::parse(common_name, true).ok();
        if let Some(dns) = &parsed
            && dns.is_single_label()
        {
            return if self.is_for_servers() {
                self.rules(&shown, |rules| rules.dns(dns))
            } else if must_be_in_san {
                self.listed_rules(&shown, |rules| rules.dns(dns))
            } else {
                Ok(())
            };
        }
        match parsed.or_else(|| DnsName::of_common_name(common_name)) {
            Some(dns) => self.constraints.dns(&shown, &dns),
            None => Ok(()),
        }
    }

    /// `emailAddress`: what rfc822Name has taken the place of (RFC 5280, section 4.1.2.6).
    fn email_address(&self, attribute: &NameAttribute<'_>) -> Result<(), Refusal> {
        let text = attribute.text();
        let shown = format!("emailAddress:{text}");
        let address = EmailAddress::parse(&text).map_err(|fault| Refusal::BadEmail {
            address: text.clone(),
            fault,
        })?;
        self.rules(&shown, |rules| rules.email(&address))?;
        self.has_kind(&shown, SanKind::Email)?;
        self.constraints.email(&shown, &address)?;
        // OpenSSL compares no other type, and rejects the certificate whatever is constrained.
        if attribute.string_type() != IA5_STRING && !self.constraints.is_empty() {
            return Err(Refusal::EmailStringType { name: shown });
        }
        Ok(())
    }

    /// A text that may be an address, a mailbox or a host: it is held to the rules of what it looks like.
    fn identity(&self, shown: &str, text: &str, lists: Lists) -> Result<(), Refusal> {
        if let Ok(address) = text.parse::<IpAddr>() {
            let address = address.to_canonical();
            return self.by_lists(shown, lists, |rules| rules.ip(address));
        }
        if let Ok(address) = EmailAddress::parse_utf8(text) {
            return self.by_lists(shown, lists, |rules| rules.email(&address));
        }
        // A name with a dot at its end is the same host.
        let host = text.strip_suffix('.').unwrap_or(text);
        match DnsName::parse(host, true) {
            Ok(dns) if dns.is_single_label() => self.deny_rules(shown, |rules| rules.dns(&dns)),
            Ok(dns) => {
                self.wildcard(shown, &dns)?;
                // `john.doe` is a host to nobody who does not look for a server.
                let lists = match lists {
                    Lists::All if !self.is_for_servers() => Lists::OfItsType,
                    lists => lists,
                };
                self.by_lists(shown, lists, |rules| rules.dns(&dns))
            }
            // `w*.example.com` is matched by OpenSSL.
            Err(fault) if host.contains('*') && looks_like_host(host) => Err(Refusal::BadDns {
                name: text.to_owned(),
                fault,
            }),
            Err(_) => Ok(()),
        }
    }

    /// `DC=com, DC=example, DC=www` is the DNS name `www.example.com` (RFC 2247).
    fn domain_components(&self, name: &Name) -> Result<(), Refusal> {
        let mut labels: Vec<String> = name
            .attributes()
            .filter(|(oid, ..)| *oid == oid::DOMAIN_COMPONENT)
            .map(|(_, _, text)| text)
            .collect();
        labels.reverse();
        match DnsName::parse(&labels.join("."), true) {
            Ok(dns) => self.listed_rules(&format!("DC:{dns}"), |rules| rules.dns(&dns)),
            Err(_) => Ok(()),
        }
    }

    fn by_lists(
        &self,
        shown: &str,
        lists: Lists,
        verdict: impl Fn(&NameRules) -> Verdict,
    ) -> Result<(), Refusal> {
        match lists {
            Lists::All => self.rules(shown, verdict),
            Lists::OfItsType => self.listed_rules(shown, verdict),
        }
    }

    /// True if verifiers accept the certificate for a server, and so look for the host's name in it.
    fn is_for_servers(&self) -> bool {
        let purposes = &self.profile.extended_key_usage;
        self.profile.kind == Kind::Leaf
            && (purposes.contains(&oid::SERVER_AUTH)
                || purposes.contains(&oid::ANY_EXTENDED_KEY_USAGE))
    }
}

/// Attributes that programs take for the name of a user or a device.
const IDENTITIES: [ObjectIdentifier; 4] = [
    oid::USER_ID,
    oid::SERIAL_NUMBER,
    oid::UNSTRUCTURED_NAME,
    oid::UNSTRUCTURED_ADDRESS,
];

const IA5_STRING: u8 = 0x16;
