//! Why a request gets no certificate.

use tpm2ca_x509::ext::KeyUsage;
use tpm2ca_x509::{UnixTime, format_time};

use crate::choice::Kind;
use crate::names::{DnsFault, EmailFault, IpFault, UriFault};

/// Why a request gets no certificate: what was asked, and which rule says no.
///
/// Names are shown with their type, as OpenSSL writes them: `DNS:www.example.com`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// A `[[profile.NAME.requester]]` block with `refuse = true`.
    #[error(
        "requester `{requester}` gets nothing from profile `{profile}`: it matches `{pattern}`, \
            which is refused"
    )]
    Requester {
        /// Who asked.
        requester: String,
        /// The profile.
        profile: String,
        /// The block's `match`.
        pattern: String,
    },

    // Names
    /// No subject alternative name where the profile needs one.
    #[error("the request has no subject alternative name, which profile `{profile}` requires")]
    NoNames {
        /// The profile.
        profile: String,
        /// A name that would probably have been right: the common name.
        common_name: Option<String>,
    },
    /// Subject alternative names where the profile has none.
    #[error("the request asks for {}, but certificates of profile `{profile}` have no subject alternative names", names.join(", "))]
    NamesForbidden {
        /// The names asked for.
        names: Vec<String>,
        /// The profile.
        profile: String,
    },
    /// A type of name that is not in `san_kinds`.
    #[error("`{name}` is not allowed: profile `{profile}` has no names of type {kind}, only {}", permitted.join(", "))]
    NameKind {
        /// The name asked for.
        name: String,
        /// Its type, as in `san_kinds`.
        kind: &'static str,
        /// The types there may be.
        permitted: Vec<&'static str>,
        /// The profile.
        profile: String,
    },
    /// A name of a type that is never issued (x400Address, ediPartyName).
    #[error("`{name}` is not allowed: names of this type are never issued")]
    NameUnsupported {
        /// The name asked for.
        name: String,
    },
    /// A DNS name with a wrong syntax.
    #[error("`DNS:{}` is not a name for a certificate: {fault}", name.escape_debug())]
    BadDns {
        /// The name asked for.
        name: String,
        /// What is wrong.
        fault: DnsFault,
    },
    /// An IP address that cannot be meant.
    #[error("`IP:{address}` is not an address for a certificate: {fault}")]
    BadIp {
        /// The address asked for.
        address: std::net::IpAddr,
        /// What is wrong.
        fault: IpFault,
    },
    /// A mail address with a wrong syntax.
    #[error("`email:{}` is not an address for a certificate: {fault}", address.escape_debug())]
    BadEmail {
        /// The address asked for.
        address: String,
        /// What is wrong.
        fault: EmailFault,
    },
    /// A URI with a wrong syntax.
    #[error("`URI:{}` is not a URI for a certificate: {fault}", uri.escape_debug())]
    BadUri {
        /// The URI asked for.
        uri: String,
        /// What is wrong.
        fault: UriFault,
    },
    /// An otherName of a known type whose value is not of that type's form.
    #[error("`{name}` is not a name for a certificate: {problem}")]
    BadOtherName {
        /// The name asked for, by its type.
        name: String,
        /// What is wrong.
        problem: String,
    },
    /// A wildcard where `allow_wildcards` is not set.
    #[error("`{name}` is not allowed: profile `{profile}` issues no wildcards")]
    Wildcard {
        /// The name asked for.
        name: String,
        /// The profile.
        profile: String,
    },
    /// A deny rule has the name.
    #[error("`{name}` is denied by deny_{kind} \"{pattern}\" in {place}")]
    NameDenied {
        /// The name asked for.
        name: String,
        /// `dns`, `ip`, `email` or `uri`.
        kind: &'static str,
        /// The pattern that has it.
        pattern: String,
        /// Where the rule stands.
        place: RulePlace,
    },
    /// The allow list of the name's type does not have it.
    #[error(
        "`{name}` is not allowed: allow_{kind} in {place} has {}",
        quoted(allowed)
    )]
    NameNotAllowed {
        /// The name asked for.
        name: String,
        /// `dns`, `ip`, `email` or `uri`.
        kind: &'static str,
        /// The patterns of the list.
        allowed: Vec<String>,
        /// Where the list stands.
        place: RulePlace,
    },
    /// There are allow lists, but none for the name's type.
    #[error("`{name}` is not allowed: {place} has allow lists, but no allow_{kind}")]
    NameTypeNotAllowed {
        /// The name asked for.
        name: String,
        /// `dns`, `ip`, `email` or `uri`.
        kind: &'static str,
        /// Where the lists stand.
        place: RulePlace,
    },
    /// A name constraint of the issuer excludes the name.
    #[error(
        "`{name}` would be rejected by verifiers: the issuer's name constraints exclude \
            {constraint}"
    )]
    IssuerExcludes {
        /// The name asked for.
        name: String,
        /// The excluded subtree.
        constraint: String,
    },
    /// The issuer's name constraints permit other names of this type only.
    #[error("`{name}` would be rejected by verifiers: the issuer's name constraints permit only {}", permitted.join(", "))]
    IssuerDoesNotPermit {
        /// The name asked for.
        name: String,
        /// The permitted subtrees of the name's type.
        permitted: Vec<String>,
    },
    /// An `emailAddress` that is no IA5String, below an issuer with name constraints: OpenSSL cannot compare it.
    #[error(
        "`{name}` would be rejected by verifiers: it is not an IA5String, and the issuer has name \
            constraints"
    )]
    EmailStringType {
        /// The name asked for.
        name: String,
    },
    /// The issuer constrains a type of names in a way that is not understood here.
    #[error(
        "`{name}` cannot be issued: the issuer constrains names of its type in a way that is not \
            understood ({constraint})"
    )]
    IssuerConstraint {
        /// The name asked for.
        name: String,
        /// The subtree.
        constraint: String,
    },

    // Subject
    /// The subject is not a DER `Name`.
    #[error("the subject cannot be read: {problem}")]
    SubjectUnreadable {
        /// What the reader says.
        problem: String,
    },
    /// A CA without a name, or a leaf with neither subject nor subject alternative names.
    #[error("the subject is empty, and certificates of profile `{profile}` need one")]
    SubjectEmpty {
        /// The profile.
        profile: String,
    },
    /// An attribute that is not in `subject_attributes`.
    #[error("the subject has the attribute `{attribute}`, profile `{profile}` allows only {}", allowed.join(", "))]
    SubjectAttribute {
        /// The attribute.
        attribute: String,
        /// The attributes there may be.
        allowed: Vec<String>,
        /// The profile.
        profile: String,
    },
    /// The name of the issuer (RFC 5280, section 7.1): verifiers would take the certificate for a self-issued one.
    #[error("the subject `{subject}` is the issuer's own name")]
    SubjectIsIssuer {
        /// The subject.
        subject: String,
    },
    /// A common name that looks like a host name and is not among the subject alternative names.
    #[error("the common name `{}` looks like a host name, but is not among the subject alternative names", common_name.escape_debug())]
    CommonNameNotInSan {
        /// The common name.
        common_name: String,
        /// The subject alternative names.
        names: Vec<String>,
        /// The profile.
        profile: String,
    },

    // Issuer
    /// A profile for certificates below a CA, and no CA.
    #[error("profile `{profile}` (kind \"{kind}\") needs an issuer")]
    NoIssuer {
        /// The profile.
        profile: String,
        /// Its kind.
        kind: Kind,
    },
    /// A root that would be signed by another CA.
    #[error("profile `{profile}` makes roots, which sign themselves and have no issuer")]
    RootWithIssuer {
        /// The profile.
        profile: String,
    },
    /// The issuer has expired.
    #[error("the issuer's certificate expired at {}, it is {} now", format_time(*not_after), format_time(*now))]
    IssuerExpired {
        /// End of the issuer's validity.
        not_after: UnixTime,
        /// The time.
        now: UnixTime,
    },
    /// The issuer is not valid yet: usually a wrong clock.
    #[error("the issuer's certificate is valid from {} on, it is {} now", format_time(*not_before), format_time(*now))]
    IssuerNotYetValid {
        /// Begin of the issuer's validity.
        not_before: UnixTime,
        /// The time.
        now: UnixTime,
    },
    /// No CA may stand below the issuer.
    #[error("the issuer's path length is 0, so no CA may stand below it")]
    PathLenExhausted,

    // Validity
    /// Fewer days than `min_days` or more than `max_days`.
    #[error("{days} days were asked for, profile `{profile}` gives {min} to {max}")]
    Days {
        /// Days asked for, a part of a day counted as a whole one.
        days: i64,
        /// `min_days`
        min: u32,
        /// `max_days`
        max: u32,
        /// The profile.
        profile: String,
    },
    /// Both a number of days and an end.
    #[error("both a number of days and an end of the validity were asked for")]
    DaysAndEnd,
    /// The validity would end before it begins.
    #[error("the certificate would be valid from {} to {}, which is no time at all", format_time(*not_before), format_time(*not_after))]
    ValidityEmpty {
        /// Begin.
        not_before: UnixTime,
        /// End.
        not_after: UnixTime,
    },
    /// A time that a certificate cannot have: before 1950 or after 9999.
    #[error("the time {time} (seconds since 1970) cannot be written in a certificate")]
    TimeOutOfRange {
        /// The time.
        time: UnixTime,
    },

    // Key and extensions
    /// The public key is not a `SubjectPublicKeyInfo`.
    #[error("the public key cannot be read: {problem}")]
    KeyUnreadable {
        /// What the reader says.
        problem: String,
    },
    /// The key can do nothing of what the profile's `key_usage` says.
    #[error(
        "a key of algorithm {algorithm} can do nothing of what profile `{profile}` is for: {usages}"
    )]
    KeyUsage {
        /// Algorithm of the key, as an object identifier.
        algorithm: String,
        /// The profile's `key_usage`.
        usages: KeyUsage,
        /// The profile.
        profile: String,
    },
    /// Name constraints for something that is no intermediate.
    #[error(
        "names to permit were given, but profile `{profile}` (kind \"{kind}\") does not make \
            intermediates"
    )]
    ConstraintsForKind {
        /// The profile.
        profile: String,
        /// Its kind.
        kind: Kind,
    },
    /// A DNS name to permit that is none.
    #[error("`{}` cannot be permitted: {problem}", name.escape_debug())]
    BadPermittedDns {
        /// What was given.
        name: String,
        /// What is wrong.
        problem: String,
        /// What to write instead.
        hint: Option<String>,
    },
    /// A DNS name to permit that the profile's `permit_dns` does not have.
    #[error(
        "`{name}` cannot be permitted: permit_dns of profile `{profile}` has {}",
        quoted(permitted)
    )]
    PermittedDnsTooWide {
        /// What was given.
        name: String,
        /// The profile's list.
        permitted: Vec<String>,
        /// The profile.
        profile: String,
    },
    /// An extension could not be encoded.
    #[error("an extension could not be written: {0}")]
    Encoding(#[from] tpm2ca_x509::Error),
}

/// Where an allow or deny rule stands: in the profile, or in one of its requester blocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RulePlace {
    /// The profile.
    pub profile: String,
    /// The `match` of the requester block; `None`: the rules for everybody.
    pub requester: Option<String>,
}

impl RulePlace {
    fn table(&self) -> String {
        match &self.requester {
            None => format!("`[profile.{}.names]`", self.profile),
            Some(pattern) => format!(
                "`[[profile.{}.requester]]` with match = \"{pattern}\"",
                self.profile
            ),
        }
    }
}

impl std::fmt::Display for RulePlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.requester {
            None => write!(f, "profile `{}`", self.profile),
            Some(pattern) => write!(f, "profile `{}` for requester `{pattern}`", self.profile),
        }
    }
}

impl Refusal {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Requester { profile, .. } => format!(
                "add a `[[profile.{profile}.requester]]` block for this requester before it, or \
                    use another profile"
            ),
            Self::NoNames { common_name, .. } => {
                let name = common_name.as_deref().unwrap_or("www.example.com");
                format!(
                    "make the request with `-addext subjectAltName=DNS:{name}`, or give the \
                    names to the command"
                )
            }
            Self::NamesForbidden { profile, .. } => {
                format!(
                    "make the request without them, or set san = \"optional\" in \
                    `[profile.{profile}]`"
                )
            }
            Self::NameKind {
                kind,
                profile,
                permitted,
                ..
            } => {
                let kinds: Vec<_> = permitted
                    .iter()
                    .chain([kind])
                    .map(|kind| format!("\"{kind}\""))
                    .collect();
                format!(
                    "ask without it, or write san_kinds = [{}] in \
                    `[profile.{profile}]`",
                    kinds.join(", ")
                )
            }
            Self::NameUnsupported { .. } => "make the request without it".to_owned(),
            Self::BadDns { fault, .. } => match fault {
                DnsFault::TrailingDot => "leave the dot at its end away".to_owned(),
                DnsFault::IpAddress => "ask for it as an IP address: `IP:` instead of \
                    `DNS:`"
                    .to_owned(),
                DnsFault::Underscore { .. } => {
                    "set allow_underscore = true in the profile's `names` table if it must be \
                        so"
                    .to_owned()
                }
                DnsFault::NotAscii => "convert it, for example with `idn2`".to_owned(),
                DnsFault::WildcardPlace | DnsFault::WildcardTooWide => {
                    "a wildcard is written `*.example.com`".to_owned()
                }
                _ => "correct the name in the request".to_owned(),
            },
            Self::BadIp { .. }
            | Self::BadEmail { .. }
            | Self::BadUri { .. }
            | Self::BadOtherName { .. } => "correct the name in the request".to_owned(),
            Self::EmailStringType { .. } => {
                "leave `emailAddress` out of the subject, and ask for `email:` among the names"
                    .to_owned()
            }
            Self::Wildcard { profile, .. } => {
                format!(
                    "add `allow_wildcards = true` to `[profile.{profile}.names]`, or ask for \
                    the names one by one"
                )
            }
            Self::NameDenied {
                kind,
                pattern,
                place,
                ..
            } => {
                format!(
                    "if it may be issued, take \"{pattern}\" out of deny_{kind} in \
                    {}",
                    place.table()
                )
            }
            Self::NameNotAllowed {
                name, kind, place, ..
            }
            | Self::NameTypeNotAllowed { name, kind, place } => format!(
                "if it may be issued, add it to {}, in profiles/{}.toml: allow_{kind} = [\"{}\"]",
                place.table(),
                place.profile,
                bare(name),
            ),
            Self::IssuerExcludes { .. }
            | Self::IssuerDoesNotPermit { .. }
            | Self::IssuerConstraint { .. } => {
                "a certificate's name constraints cannot be changed: ask for a name within them, \
                    or issue from another CA"
                    .to_owned()
            }
            Self::SubjectUnreadable { .. } | Self::KeyUnreadable { .. } => {
                "make the request anew, for example with `openssl req -new`".to_owned()
            }
            Self::SubjectEmpty { .. } => "give a subject, for example with `--subj \
                \"/CN=Example\"`"
                .to_owned(),
            Self::SubjectAttribute {
                attribute, profile, ..
            } => format!(
                "make the request without it, add \"{attribute}\" to subject_attributes in \
                    `[profile.{profile}]`, or set subject = \"rebuild\" there, which leaves out \
                    what is not listed"
            ),
            Self::SubjectIsIssuer { .. } => "give the certificate a name of its own".to_owned(),
            Self::CommonNameNotInSan {
                common_name,
                profile,
                ..
            } => format!(
                "add `DNS:{}` to the names, leave the common name away, or set common_name = \
                    \"add\" in `[profile.{profile}]`",
                common_name.escape_debug()
            ),
            Self::NoIssuer { .. } => "name the CA to issue from, or use profile `root`".to_owned(),
            Self::RootWithIssuer { .. } => "use profile `intermediate` for a CA below \
                another"
                .to_owned(),
            Self::IssuerExpired { .. } => "renew the CA's certificate first; if it should be \
                valid, check this machine's clock"
                .to_owned(),
            Self::IssuerNotYetValid { .. } => "check this machine's clock".to_owned(),
            Self::PathLenExhausted => "issue it from the root, or make the issuer anew with a \
                longer path length"
                .to_owned(),
            Self::Days {
                days, min, profile, ..
            } => {
                let (wish, key) = if *days < i64::from(*min) {
                    ("more", "min_days")
                } else {
                    ("fewer", "max_days")
                };
                format!("ask for {wish} days, or set {key} = {days} in `[profile.{profile}]`")
            }
            Self::DaysAndEnd => "give one of them".to_owned(),
            Self::ValidityEmpty { .. } => "ask for a later end or an earlier begin".to_owned(),
            Self::TimeOutOfRange { .. } => "ask for times from 1950 to 9999".to_owned(),
            Self::KeyUsage { .. } => "use a key of another algorithm, or another \
                profile"
                .to_owned(),
            Self::ConstraintsForKind { .. } => "give them when an intermediate is made".to_owned(),
            Self::BadPermittedDns { hint, .. } => return hint.clone(),
            Self::PermittedDnsTooWide { profile, .. } => {
                format!(
                    "ask for a name within it, or add it to permit_dns in \
                    `[profile.{profile}]`"
                )
            }
            Self::Encoding(error) => return error.hint(),
        })
    }
}

/// `DNS:a` without its type, for a pattern.
fn bare(name: &str) -> &str {
    name.split_once(':').map_or(name, |(_, bare)| bare)
}

fn quoted(list: &[String]) -> String {
    list.iter()
        .map(|entry| format!("\"{entry}\""))
        .collect::<Vec<_>>()
        .join(", ")
}
