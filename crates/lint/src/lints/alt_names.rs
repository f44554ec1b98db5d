//! Subject alternative names, RFC 5280 section 4.2.1.6.

use tpm2ca_x509::oid;

use super::{Report, hex, quote};
use crate::{
    syntax::{self, Match},
    view::{GeneralName, NameConstraints, View, kind},
};

pub(crate) fn not_empty(view: &View<'_>, report: &mut Report<'_>) {
    if view.decoded.alt_names.as_ref().is_some_and(Vec::is_empty) {
        report.add("the list of alternative names is empty");
    }
    if view.alt_names().iter().any(|name| name.content.is_empty()) {
        report.add("an alternative name is empty");
    }
}

pub(crate) fn server_has_host(view: &View<'_>, report: &mut Report<'_>) {
    let is_host = |name: &GeneralName<'_>| matches!(name.kind(), kind::DNS | kind::IP);
    report.add_if(
        !view.is_ca()
            && view.has_purpose(oid::SERVER_AUTH)
            && !view.alt_names().iter().any(is_host),
        "a server's certificate has neither a DNS name nor an IP address among its alternative names",
    );
}

pub(crate) fn not_critical_beside_subject(view: &View<'_>, report: &mut Report<'_>) {
    report.add_if(
        !view.subject.is_empty() && view.is_critical(oid::SUBJECT_ALT_NAME) == Some(true),
        "the alternative names are critical though there is a subject",
    );
}

pub(crate) fn distinct(view: &View<'_>, report: &mut Report<'_>) {
    let names = view.alt_names();
    // Quadratic, so not for lists of thousands; those get a notice for their length.
    for (index, name) in names.iter().enumerate().take(MANY) {
        if names.iter().take(index).any(|earlier| earlier == name) {
            report.add(format!("the alternative name {} occurs twice", show(name)));
        }
    }
}

pub(crate) fn not_many(view: &View<'_>, report: &mut Report<'_>) {
    let count = view.alt_names().len();
    if count > MANY {
        report.add(format!("the certificate has {count} alternative names"));
    }
}

pub(crate) fn kinds_known(view: &View<'_>, report: &mut Report<'_>) {
    for name in view.alt_names() {
        let is_known = matches!(
            name.kind(),
            kind::OTHER
                | kind::EMAIL
                | kind::DNS
                | kind::DIRECTORY
                | kind::URI
                | kind::IP
                | kind::REGISTERED_ID
        );
        if !is_known {
            report.add(format!(
                "an alternative name has the tag [{}], which no verifier compares",
                name.kind()
            ));
        }
    }
}

pub(crate) fn dns_syntax(view: &View<'_>, report: &mut Report<'_>) {
    for name in view.dns_names().filter(|name| !name.is_empty()) {
        let host = name.strip_prefix(b"*.").unwrap_or(name);
        // Wildcards, dots at the end and IP addresses have lints of their own.
        let host = host.strip_suffix(b".").unwrap_or(host);
        if !host.contains(&b'*')
            && let Some(flaw) = syntax::host_flaw(host)
        {
            report.add(format!("the DNS name {} {flaw}", quote(name)));
        }
    }
}

pub(crate) fn dns_no_trailing_dot(view: &View<'_>, report: &mut Report<'_>) {
    for name in view.dns_names().filter(|name| name.ends_with(b".")) {
        report.add(format!("the DNS name {} ends with a dot", quote(name)));
    }
}

pub(crate) fn dns_no_underscore(view: &View<'_>, report: &mut Report<'_>) {
    for name in view.dns_names().filter(|name| name.contains(&b'_')) {
        report.add(format!("the DNS name {} has an underscore", quote(name)));
    }
}

pub(crate) fn dns_wildcard(view: &View<'_>, report: &mut Report<'_>) {
    for name in view.dns_names().filter(|name| name.contains(&b'*')) {
        let rest = name.strip_prefix(b"*.");
        if rest.is_none_or(|rest| rest.is_empty() || rest.contains(&b'*')) {
            report.add(format!(
                "the DNS name {} has a wildcard that is not its whole first label",
                quote(name)
            ));
        }
    }
}

pub(crate) fn dns_wildcard_narrow(view: &View<'_>, report: &mut Report<'_>) {
    for name in view.dns_names() {
        if let Some(rest) = name.strip_prefix(b"*.")
            && !rest.contains(&b'.')
        {
            report.add(format!(
                "the DNS name {} covers a whole top-level domain",
                quote(name)
            ));
        }
    }
}

pub(crate) fn dns_not_ip(view: &View<'_>, report: &mut Report<'_>) {
    for name in view.dns_names() {
        let text = std::str::from_utf8(name).unwrap_or_default();
        let bare = text.trim_matches(['[', ']']);
        if bare.parse::<std::net::IpAddr>().is_ok() {
            report.add(format!("the DNS name {} is an IP address", quote(name)));
        }
    }
}

/// RFC 5890 section 2.3.1: `--` in third and fourth place is reserved for A-labels.
pub(crate) fn dns_a_labels(view: &View<'_>, report: &mut Report<'_>) {
    for name in view.dns_names() {
        let is_reserved = |label: &[u8]| {
            label.get(2..4) == Some(b"--")
                && !label
                    .get(..2)
                    .is_some_and(|start| start.eq_ignore_ascii_case(b"xn"))
        };
        if name.split(|&octet| octet == b'.').any(is_reserved) {
            report.add(format!(
                "the DNS name {} has a label with `--` that is no A-label",
                quote(name)
            ));
        }
    }
}

pub(crate) fn ip_length(view: &View<'_>, report: &mut Report<'_>) {
    for name in of_kind(view, kind::IP) {
        if !matches!(name.len(), 4 | 16) {
            report.add(format!(
                "the IP address {} has {} octets instead of 4 or 16",
                hex(name),
                name.len()
            ));
        }
    }
}

pub(crate) fn ip_specified(view: &View<'_>, report: &mut Report<'_>) {
    for name in of_kind(view, kind::IP) {
        if matches!(name.len(), 4 | 16) && name.iter().all(|&octet| octet == 0) {
            report.add("the IP address is the unspecified one, which no client connects to");
        }
    }
}

pub(crate) fn email_syntax(view: &View<'_>, report: &mut Report<'_>) {
    for name in of_kind(view, kind::EMAIL).filter(|name| !name.is_empty()) {
        if let Some(flaw) = syntax::email_flaw(name) {
            report.add(format!("the email address {} {flaw}", quote(name)));
        }
    }
}

pub(crate) fn uri_syntax(view: &View<'_>, report: &mut Report<'_>) {
    for name in of_kind(view, kind::URI).filter(|name| !name.is_empty()) {
        if let Some(flaw) = syntax::uri_flaw(name) {
            report.add(format!("the URI {} {flaw}", quote(name)));
        }
    }
}

/// RFC 5280 section 4.2.1.10, for DNS names, IP addresses, email addresses (those of the subject too) and URIs.
/// Directory names need the comparison of X.520, and are left to the profile and the verifiers.
pub(crate) fn within_issuer_constraints(view: &View<'_>, report: &mut Report<'_>) {
    let Some(der) = view
        .context
        .issuer
        .and_then(|issuer| issuer.name_constraints)
    else {
        return;
    };
    let constraints = match NameConstraints::parse(der) {
        Ok(constraints) => constraints,
        Err(flaw) => {
            report.add(format!(
                "the issuer's name constraints cannot be read: {flaw}"
            ));
            return;
        }
    };
    let attributes = view.subject.attributes.iter();
    let addresses = attributes
        .filter(|attribute| attribute.kind == oid::EMAIL_ADDRESS)
        .map(|attribute| GeneralName {
            tag: 0x80 | kind::EMAIL,
            content: attribute.value,
        });
    for name in view.alt_names().iter().copied().chain(addresses) {
        let name = &name;
        let bases = |list: &'_ Option<Vec<_>>| -> Vec<Match> {
            let subtrees = list.iter().flatten();
            subtrees
                .map(|subtree: &crate::view::Subtree<'_>| subtree.base)
                .filter(|base| base.kind() == name.kind())
                .map(|base| syntax::compare(name, &base))
                .collect()
        };
        let permitted = bases(&constraints.permitted);
        if bases(&constraints.excluded)
            .iter()
            .any(|found| *found != Match::Outside)
        {
            report.add(format!("the issuer excludes the name {}", show(name)));
        } else if !permitted.is_empty() && !permitted.contains(&Match::Inside) {
            report.add(format!(
                "the issuer does not permit the name {}",
                show(name)
            ));
        }
    }
}

/// More names than this make a certificate too large for some clients.
const MANY: usize = 100;

fn of_kind<'v, 'a>(view: &'v View<'a>, kind: u8) -> impl Iterator<Item = &'a [u8]> + 'v {
    let names = view.alt_names().iter();
    names
        .filter(move |name| name.kind() == kind)
        .map(|name| name.content)
}

fn show(name: &GeneralName<'_>) -> String {
    match name.kind() {
        kind::DNS | kind::EMAIL | kind::URI => quote(name.content),
        kind::IP => match (
            <[u8; 4]>::try_from(name.content),
            <[u8; 16]>::try_from(name.content),
        ) {
            (Ok(octets), _) => std::net::Ipv4Addr::from(octets).to_string(),
            (_, Ok(octets)) => std::net::Ipv6Addr::from(octets).to_string(),
            _ => hex(name.content),
        },
        _ => hex(name.content),
    }
}
