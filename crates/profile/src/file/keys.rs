//! The keys of a profile file: one table for the parser, its messages and the reference
//! documentation.

use std::ops::RangeInclusive;
use std::str::FromStr;

use tpm2ca_x509::ext::KeyUsage;

use super::item::{Fault, Item};
use crate::choice::{CommonNameRule, Kind, LeafBasicConstraints, SanKind, SanRule, SubjectRule};
use crate::constraint::parse_permitted_dns;
use crate::names::PatternError;
use crate::profile::Profile;
use crate::rules::{NameRules, RequesterRule};
use crate::usage::{parse_attribute, parse_extended_key_usage, parse_key_usage, parse_oid};

/// The documentation of one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyInfo {
    /// The key.
    pub name: &'static str,
    /// What is written behind the `=`.
    pub value: &'static str,
    /// The value where neither the profile nor its base says anything.
    pub default: &'static str,
    /// What it does, in whole sentences.
    pub description: &'static str,
}

/// A table of a profile file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Section {
    /// `[profile.NAME]`
    Profile,
    /// `[profile.NAME.names]`
    Names,
    /// `[[profile.NAME.requester]]`
    Requester,
}

/// Every key there is, for the reference documentation.
pub fn keys(section: Section) -> Vec<&'static KeyInfo> {
    fn infos<T>(table: &'static [Key<T>]) -> impl Iterator<Item = &'static KeyInfo> {
        table.iter().map(|key| &key.info)
    }
    match section {
        Section::Profile => std::iter::once(&BASE).chain(infos(PROFILE_KEYS)).collect(),
        Section::Names => infos(RULE_KEYS).chain(infos(NAMES_SWITCHES)).collect(),
        Section::Requester => infos(REQUESTER_KEYS).chain(infos(RULE_KEYS)).collect(),
    }
}

/// A key and what it does to a `T`.
pub(super) struct Key<T: 'static> {
    pub(super) info: KeyInfo,
    pub(super) set: fn(&mut T, Item<'_, '_>) -> Result<(), Fault>,
}

/// `base` is read before the others, because it says what they change.
const BASE: KeyInfo = KeyInfo {
    name: "base",
    value: "name of a profile",
    default: "none",
    description: "The profile this one begins as; the other keys then change it. A built-in \
        profile has no base.",
};

pub(super) const PROFILE_KEYS: &[Key<Profile>] = &[
    Key {
        info: KeyInfo {
            name: "kind",
            value: "\"root\", \"intermediate\" or \"leaf\"",
            default: "\"leaf\"",
            description: "Whether the certificate is a CA's, and which.",
        },
        set: |profile, item| set(&mut profile.kind, item.word(Kind::WORDS)),
    },
    Key {
        info: KeyInfo {
            name: "days",
            value: "1 to 36525",
            default: "90",
            description: "Validity where the request asks for none. A certificate never outlives \
                its issuer's.",
        },
        set: |profile, item| set(&mut profile.days, item.number(DAYS)),
    },
    Key {
        info: KeyInfo {
            name: "min_days",
            value: "1 to 36525",
            default: "1",
            description: "Fewest days a request may ask for.",
        },
        set: |profile, item| set(&mut profile.min_days, item.number(DAYS)),
    },
    Key {
        info: KeyInfo {
            name: "max_days",
            value: "1 to 36525",
            default: "825",
            description: "Most days a request may ask for. Some verifiers refuse server \
                certificates of more than 825.",
        },
        set: |profile, item| set(&mut profile.max_days, item.number(DAYS)),
    },
    Key {
        info: KeyInfo {
            name: "backdate",
            value: "seconds, 0 to 604800",
            default: "300",
            description: "How far notBefore lies in the past, for verifiers whose clock is slow. \
                Never before the issuer's.",
        },
        set: |profile, item| set(&mut profile.backdate, item.number(0..=604_800)),
    },
    Key {
        info: KeyInfo {
            name: "key_usage",
            value: "list of names",
            default: "[\"digitalSignature\"]",
            description: "The key usage extension, names as in openssl.cnf. Usages that the \
                request's key cannot have are left out: keyEncipherment and dataEncipherment \
                with elliptic curves, keyAgreement with RSA. An empty list leaves the extension \
                out.",
        },
        set: |profile, item| {
            let usages = item.list(|entry| entry.parsed(parse_key_usage))?;
            profile.key_usage = usages
                .into_iter()
                .fold(KeyUsage::empty(), |all, usage| all | usage);
            Ok(())
        },
    },
    Key {
        info: KeyInfo {
            name: "extended_key_usage",
            value: "list of names or object identifiers",
            default: "[]",
            description: "The purposes, names as in openssl.cnf. A leaf needs one at least; a CA \
                without any is not limited.",
        },
        set: |profile, item| {
            set(
                &mut profile.extended_key_usage,
                item.list(|entry| entry.parsed(parse_extended_key_usage)),
            )
        },
    },
    Key {
        info: KeyInfo {
            name: "path_len",
            value: "0 to 255, or \"none\"",
            default: "\"none\"",
            description: "For a CA: how many more CAs may stand below it.",
        },
        set: |profile, item| {
            let path_len = if item.string().is_ok_and(|text| text == "none") {
                Ok(None)
            } else {
                item.number(0..=255).map(|number| u8::try_from(number).ok())
            };
            set(&mut profile.path_len, path_len)
        },
    },
    Key {
        info: KeyInfo {
            name: "basic_constraints",
            value: "\"absent\" or \"present\"",
            default: "\"absent\"",
            description: "For a leaf: whether it says that it is not a CA. The absence of the \
                extension means the same. CAs always have it.",
        },
        set: |profile, item| {
            set(
                &mut profile.basic_constraints,
                item.word(LeafBasicConstraints::WORDS),
            )
        },
    },
    Key {
        info: KeyInfo {
            name: "subject",
            value: "\"csr\", \"rebuild\" or \"empty\"",
            default: "\"csr\"",
            description: "The subject: the request's octets unchanged; or only the attributes of \
                `subject_attributes`, the others being left out; or none, for certificates whose \
                names are all in the subject alternative name.",
        },
        set: |profile, item| set(&mut profile.subject, item.word(SubjectRule::WORDS)),
    },
    Key {
        info: KeyInfo {
            name: "subject_attributes",
            value: "list of short names or object identifiers",
            default: "[]",
            description: "Attributes the subject may have, such as \"CN\" and \"O\". With \
                subject = \"csr\" a request with others is refused; an empty list allows all.",
        },
        set: |profile, item| {
            set(
                &mut profile.subject_attributes,
                item.list(|entry| entry.parsed(parse_attribute)),
            )
        },
    },
    Key {
        info: KeyInfo {
            name: "common_name",
            value: "\"in-san\", \"add\" or \"any\"",
            default: "\"in-san\"",
            description: "A common name that looks like a host name must be among the subject \
                alternative names; or is added to them; or may be missing there. Allow and deny \
                rules hold for it in any case.",
        },
        set: |profile, item| set(&mut profile.common_name, item.word(CommonNameRule::WORDS)),
    },
    Key {
        info: KeyInfo {
            name: "san",
            value: "\"required\", \"optional\" or \"forbidden\"",
            default: "\"optional\"",
            description: "Whether there are subject alternative names.",
        },
        set: |profile, item| set(&mut profile.san, item.word(SanRule::WORDS)),
    },
    Key {
        info: KeyInfo {
            name: "san_kinds",
            value: "list of \"dns\", \"ip\", \"email\", \"uri\", \"directory-name\", \
                \"registered-id\", \"other-name\"",
            default: "[\"dns\", \"ip\"]",
            description: "Types of subject alternative names that may be there; a request with \
                others is refused. Without \"email\" the subject may have no emailAddress either.",
        },
        set: |profile, item| {
            set(
                &mut profile.san_kinds,
                item.list(|entry| entry.word(SanKind::WORDS)),
            )
        },
    },
    Key {
        info: KeyInfo {
            name: "policies",
            value: "list of object identifiers",
            default: "[]",
            description: "Certificate policies.",
        },
        set: |profile, item| {
            set(
                &mut profile.policies,
                item.list(|entry| entry.parsed(parse_oid)),
            )
        },
    },
    Key {
        info: KeyInfo {
            name: "ocsp_no_check",
            value: "true or false",
            default: "false",
            description: "For an OCSP responder: verifiers need not ask for the responder's own \
                status. Keep its validity short.",
        },
        set: |profile, item| set(&mut profile.ocsp_no_check, item.boolean()),
    },
    Key {
        info: KeyInfo {
            name: "must_staple",
            value: "true or false",
            default: "false",
            description: "The TLS server must staple an OCSP response, else clients refuse it.",
        },
        set: |profile, item| set(&mut profile.must_staple, item.boolean()),
    },
    Key {
        info: KeyInfo {
            name: "permit_dns",
            value: "list of DNS names",
            default: "[]",
            description: "For an intermediate: DNS names it may issue for, each with everything \
                below it, as a critical name constraint. IP addresses are excluded then, but for \
                those in `permit_ip`; mail addresses and URIs stay unlimited.",
        },
        set: |profile, item| {
            set(
                &mut profile.permit_dns,
                item.list(|entry| entry.parsed(parse_permitted_dns)),
            )
        },
    },
    Key {
        info: KeyInfo {
            name: "permit_ip",
            value: "list of addresses and CIDR blocks",
            default: "[]",
            description: "For an intermediate with `permit_dns`: IP addresses it may issue for.",
        },
        set: |profile, item| set(&mut profile.permit_ip, item.patterns()),
    },
];

pub(super) const NAMES_SWITCHES: &[Key<Profile>] = &[
    Key {
        info: KeyInfo {
            name: "allow_wildcards",
            value: "true or false",
            default: "false",
            description: "Wildcard names such as *.example.com may be asked for, where the other \
                rules have them.",
        },
        set: |profile, item| set(&mut profile.allow_wildcards, item.boolean()),
    },
    Key {
        info: KeyInfo {
            name: "allow_underscore",
            value: "true or false",
            default: "false",
            description: "DNS names may have underscores, which host names have not.",
        },
        set: |profile, item| set(&mut profile.allow_underscore, item.boolean()),
    },
];

pub(super) const RULE_KEYS: &[Key<NameRules>] = &[
    Key {
        info: KeyInfo {
            name: "allow_dns",
            value: "list of patterns",
            default: "none",
            description: "DNS names that may be asked for: \"example.com\" is exactly this host, \
                \"*.example.com\" every name below it at any depth, \"*\" every name. As soon as \
                there is one allow list, names of a type without a list are refused. All rules \
                hold for names in the subject, too.",
        },
        set: |rules, item| set(&mut rules.allow_dns, allow(item)),
    },
    Key {
        info: KeyInfo {
            name: "deny_dns",
            value: "list of patterns",
            default: "none",
            description: "DNS names that are refused whatever allows them; also wildcards that \
                would stand for them, and URIs with such a host.",
        },
        set: |rules, item| set(&mut rules.deny_dns, item.patterns()),
    },
    Key {
        info: KeyInfo {
            name: "allow_ip",
            value: "list of addresses and CIDR blocks",
            default: "none",
            description: "IP addresses that may be asked for, such as \"10.0.0.0/8\" or \
                \"2001:db8::1\"; \"*\" is every address.",
        },
        set: |rules, item| set(&mut rules.allow_ip, allow(item)),
    },
    Key {
        info: KeyInfo {
            name: "deny_ip",
            value: "list of addresses and CIDR blocks",
            default: "none",
            description: "IP addresses that are refused whatever allows them; also URIs with such \
                a host.",
        },
        set: |rules, item| set(&mut rules.deny_ip, item.patterns()),
    },
    Key {
        info: KeyInfo {
            name: "allow_email",
            value: "list of patterns",
            default: "none",
            description: "Mail addresses that may be asked for: \"alice@example.com\", \
                \"@example.com\" for every mailbox at this domain, \"@*.example.com\" at every \
                domain below, \"*\" for all. Names of users such as a userPrincipalName count \
                as mail addresses.",
        },
        set: |rules, item| set(&mut rules.allow_email, allow(item)),
    },
    Key {
        info: KeyInfo {
            name: "deny_email",
            value: "list of patterns",
            default: "none",
            description: "Mail addresses that are refused whatever allows them.",
        },
        set: |rules, item| set(&mut rules.deny_email, item.patterns()),
    },
    Key {
        info: KeyInfo {
            name: "allow_uri",
            value: "list of patterns",
            default: "none",
            description: "URIs that may be asked for, by scheme and host: \
                \"https://*.example.com\", \"spiffe://example.org\", \"urn:\" for a whole \
                scheme, \"*\" for all.",
        },
        set: |rules, item| set(&mut rules.allow_uri, allow(item)),
    },
    Key {
        info: KeyInfo {
            name: "deny_uri",
            value: "list of patterns",
            default: "none",
            description: "URIs that are refused whatever allows them.",
        },
        set: |rules, item| set(&mut rules.deny_uri, item.patterns()),
    },
];

pub(super) const REQUESTER_KEYS: &[Key<RequesterRule>] = &[
    Key {
        info: KeyInfo {
            name: "match",
            value: "requester, or its beginning and `*`",
            default: "must be given",
            description: "Whom the block is for, such as \"uid:1000\" or \"uid:*\". The first \
                block that fits counts; a requester that no block fits has the profile's rules \
                alone.",
        },
        set: |rule, item| set(&mut rule.matches, item.parsed(str::parse)),
    },
    Key {
        info: KeyInfo {
            name: "refuse",
            value: "true or false",
            default: "false",
            description: "This requester gets nothing from this profile. As the last block with \
                match = \"*\": only those named before get something.",
        },
        set: |rule, item| set(&mut rule.refuse, item.boolean()),
    },
];

fn set<T>(field: &mut T, value: Result<T, Fault>) -> Result<(), Fault> {
    *field = value?;
    Ok(())
}

/// A list of patterns that names what is allowed. An empty one would read as "nothing" and mean
/// "everything".
fn allow<T: FromStr<Err = PatternError> + PartialEq>(item: Item<'_, '_>) -> Result<Vec<T>, Fault> {
    let list: Vec<T> = item.patterns()?;
    if list.is_empty() {
        return Err(Fault::at(item.offset(), "may not be empty").hint(
            "write [\"*\"] to allow every name of this type, or a deny list with \"*\" to \
                allow none",
        ));
    }
    Ok(list)
}

/// A hundred years.
const DAYS: RangeInclusive<u32> = 1..=36_525;
