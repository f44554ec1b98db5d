//! Issuer and subject as a whole, RFC 5280 sections 4.1.2.4 and 4.1.2.6.

use tpm2ca_x509::{Name, oid};

use super::{Report, quote};
use crate::view::{View, kind};

pub(crate) fn issuer_not_empty(view: &View<'_>, report: &mut Report<'_>) {
    report.add_if(view.issuer.is_empty(), "the issuer is empty");
}

pub(crate) fn issuer_matches(view: &View<'_>, report: &mut Report<'_>) {
    match &view.context.issuer {
        Some(issuer) => report.add_if(
            view.issuer.der != issuer.subject_der,
            "the issuer is not, byte by byte, the subject of the issuer's certificate",
        ),
        None => report.add_if(
            view.issuer.der != view.subject.der,
            "the issuer of a self-signed certificate is not, byte by byte, its subject",
        ),
    }
}

/// A verifier would take such a certificate for self-issued, and look for its issuer in the wrong place.
pub(crate) fn subject_differs(view: &View<'_>, report: &mut Report<'_>) {
    report.add_if(
        view.context.issuer.is_some() && is_same(view.issuer.der, view.subject.der),
        "the subject has the issuer's name",
    );
}

pub(crate) fn ca_subject_not_empty(view: &View<'_>, report: &mut Report<'_>) {
    report.add_if(
        view.is_ca() && view.subject.is_empty(),
        "the subject of a CA is empty",
    );
}

pub(crate) fn empty_subject_has_critical_alt_name(view: &View<'_>, report: &mut Report<'_>) {
    if !view.subject.is_empty() {
        return;
    }
    match view.is_critical(oid::SUBJECT_ALT_NAME) {
        None => report.add("the subject is empty, and there are no alternative names"),
        Some(false) => {
            report.add("the subject is empty, but the alternative names are not critical");
        }
        Some(true) => {}
    }
}

pub(crate) fn rdn_not_empty(view: &View<'_>, report: &mut Report<'_>) {
    report.add_if(
        view.subject.has_empty_rdn,
        "the subject has a relative distinguished name without attributes",
    );
}

pub(crate) fn rdn_types_distinct(view: &View<'_>, report: &mut Report<'_>) {
    let attributes = &view.subject.attributes;
    for (index, attribute) in attributes.iter().enumerate() {
        let mut before = attributes.iter().take(index);
        if before.any(|other| other.rdn == attribute.rdn && other.kind == attribute.kind) {
            report.add(format!(
                "one relative distinguished name of the subject has {} twice",
                attribute.kind
            ));
        }
    }
}

pub(crate) fn one_common_name(view: &View<'_>, report: &mut Report<'_>) {
    let attributes = view.subject.attributes.iter();
    let count = attributes
        .filter(|attribute| attribute.kind == oid::COMMON_NAME)
        .count();
    if count > 1 {
        report.add(format!("the subject has {count} common names"));
    }
}

pub(crate) fn common_name_is_alt_name(view: &View<'_>, report: &mut Report<'_>) {
    if view.is_ca() || !view.has_purpose(oid::SERVER_AUTH) {
        return;
    }
    let attributes = view.subject.attributes.iter();
    for attribute in attributes.filter(|attribute| attribute.kind == oid::COMMON_NAME) {
        let Some(text) = attribute.text() else {
            continue;
        };
        let is_listed = view.alt_names().iter().any(|name| match name.kind() {
            kind::DNS => name.content.eq_ignore_ascii_case(text.as_bytes()),
            kind::IP => match text.parse() {
                Ok(std::net::IpAddr::V4(address)) => name.content == address.octets(),
                Ok(std::net::IpAddr::V6(address)) => name.content == address.octets(),
                Err(_) => false,
            },
            _ => false,
        });
        if !is_listed {
            report.add(format!(
                "the common name {} is not among the alternative names, where clients look",
                quote(text.as_bytes())
            ));
        }
    }
}

pub(crate) fn no_email_attribute(view: &View<'_>, report: &mut Report<'_>) {
    let mut attributes = view.subject.attributes.iter();
    report.add_if(
        attributes.any(|attribute| attribute.kind == oid::EMAIL_ADDRESS),
        "the subject has an `emailAddress`, which belongs into the alternative names",
    );
}

/// RFC 5280 section 7.1.
fn is_same(one: &[u8], other: &[u8]) -> bool {
    let read = |der: &[u8]| Name::from_der(der.to_vec());
    one == other || matches!((read(one), read(other)), (Ok(one), Ok(other)) if one.matches(&other))
}
