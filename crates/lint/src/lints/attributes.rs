//! Each attribute of the subject, RFC 5280 appendix A.1 and X.520.
//!
//! The issuer's attributes are not looked at: they are, byte by byte, the subject of a certificate that exists.

use tpm2ca_x509::{ObjectIdentifier, oid};

use super::{Report, quote};
use crate::{
    tlv::{Oid, tag},
    view::{Attribute, View},
};

pub(crate) fn length(view: &View<'_>, report: &mut Report<'_>) {
    for attribute in &view.subject.attributes {
        let limit = LIMITS.iter().find(|(oid, _)| attribute.kind == *oid);
        if let (Some((_, limit)), Some(text)) = (limit, attribute.text()) {
            // Octets are never fewer than characters.
            if text.len() > *limit && text.chars().count() > *limit {
                report.add(format!(
                    "{} has {} characters instead of at most {limit}",
                    label(attribute.kind),
                    text.chars().count()
                ));
            }
        }
    }
}

pub(crate) fn not_empty(view: &View<'_>, report: &mut Report<'_>) {
    for attribute in &view.subject.attributes {
        if attribute.value.is_empty() {
            report.add(format!("{} is empty", label(attribute.kind)));
        }
    }
}

pub(crate) fn country(view: &View<'_>, report: &mut Report<'_>) {
    for attribute in &view.subject.attributes {
        if attribute.kind != oid::COUNTRY {
            continue;
        }
        let is_code =
            matches!(attribute.value, [a, b] if a.is_ascii_alphabetic() && b.is_ascii_alphabetic());
        if attribute.tag != tag::PRINTABLE_STRING || !is_code {
            report.add(format!(
                "the country {} is not a PrintableString of two letters",
                quote(attribute.value)
            ));
        }
    }
}

pub(crate) fn country_in_capitals(view: &View<'_>, report: &mut Report<'_>) {
    for attribute in &view.subject.attributes {
        if attribute.kind == oid::COUNTRY && attribute.value.iter().any(u8::is_ascii_lowercase) {
            report.add(format!(
                "the country {} is not in capital letters",
                quote(attribute.value)
            ));
        }
    }
}

pub(crate) fn no_outer_whitespace(view: &View<'_>, report: &mut Report<'_>) {
    for attribute in &view.subject.attributes {
        if let Some(text) = attribute.text()
            && text.trim() != text
        {
            report.add(format!(
                "{} {} begins or ends with white space",
                label(attribute.kind),
                quote(text.as_bytes())
            ));
        }
    }
}

pub(crate) fn no_control_characters(view: &View<'_>, report: &mut Report<'_>) {
    for attribute in &view.subject.attributes {
        if let Some(text) = attribute.text()
            && text.chars().any(char::is_control)
        {
            report.add(format!(
                "{} {} has a control character",
                label(attribute.kind),
                quote(text.as_bytes())
            ));
        }
    }
}

pub(crate) fn charset(view: &View<'_>, report: &mut Report<'_>) {
    for attribute in &view.subject.attributes {
        let (valid, name) = match attribute.tag {
            tag::PRINTABLE_STRING => (
                attribute.value.iter().all(|&octet| is_printable(octet)),
                "PrintableString",
            ),
            tag::IA5_STRING => (attribute.value.is_ascii(), "IA5String"),
            tag::UTF8_STRING => (attribute.text().is_some(), "UTF8String"),
            tag::BMP_STRING => (attribute.text().is_some(), "BMPString"),
            tag::UNIVERSAL_STRING => (attribute.text().is_some(), "UniversalString"),
            _ => continue,
        };
        if !valid {
            report.add(format!(
                "{} {} has octets that a {name} cannot have",
                label(attribute.kind),
                quote(attribute.value)
            ));
        }
    }
}

pub(crate) fn preferred_type(view: &View<'_>, report: &mut Report<'_>) {
    for attribute in &view.subject.attributes {
        let name = match attribute.tag {
            tag::TELETEX_STRING => "TeletexString",
            tag::BMP_STRING => "BMPString",
            tag::UNIVERSAL_STRING => "UniversalString",
            _ => continue,
        };
        report.add(format!(
            "{} is a {name}; new names are UTF8String or PrintableString",
            label(attribute.kind)
        ));
    }
}

pub(crate) fn right_type(view: &View<'_>, report: &mut Report<'_>) {
    for attribute in &view.subject.attributes {
        if let Some(expected) = mismatch(attribute) {
            report.add(format!(
                "{} has a value with tag 0x{:02x} instead of {expected}",
                label(attribute.kind),
                attribute.tag
            ));
        }
    }
}

/// Upper bounds in characters.
const LIMITS: [(ObjectIdentifier, usize); 20] = [
    (oid::COMMON_NAME, 64),
    (oid::LOCALITY, 128),
    (oid::STATE, 128),
    (oid::ORGANIZATION, 64),
    (oid::ORGANIZATIONAL_UNIT, 64),
    (oid::TITLE, 64),
    (oid::SERIAL_NUMBER, 64),
    (oid::EMAIL_ADDRESS, 255),
    (oid::PSEUDONYM, 128),
    (oid::NAME, 32_768),
    (oid::SURNAME, 32_768),
    (oid::GIVEN_NAME, 32_768),
    (oid::INITIALS, 32_768),
    (oid::GENERATION_QUALIFIER, 32_768),
    // X.520 and RFC 4519; RFC 5280 does not have these.
    (oid::STREET, 128),
    (oid::POSTAL_CODE, 40),
    (oid::BUSINESS_CATEGORY, 128),
    (oid::DESCRIPTION, 1024),
    (oid::ORGANIZATION_IDENTIFIER, 256),
    (oid::USER_ID, 256),
];

const PRINTABLE_ONLY: [ObjectIdentifier; 3] = [oid::COUNTRY, oid::SERIAL_NUMBER, oid::DN_QUALIFIER];

const IA5_ONLY: [ObjectIdentifier; 2] = [oid::EMAIL_ADDRESS, oid::DOMAIN_COMPONENT];

/// The type the value should have, when it has another one.
fn mismatch(attribute: &Attribute<'_>) -> Option<&'static str> {
    let is_one_of = |list: &[ObjectIdentifier]| list.iter().any(|oid| attribute.kind == *oid);
    if is_one_of(&PRINTABLE_ONLY) {
        // The country has a lint of its own.
        (attribute.tag != tag::PRINTABLE_STRING && attribute.kind != oid::COUNTRY)
            .then_some("a PrintableString")
    } else if is_one_of(&IA5_ONLY) {
        (attribute.tag != tag::IA5_STRING).then_some("an IA5String")
    } else if LIMITS.iter().any(|(oid, _)| attribute.kind == *oid) {
        let is_directory_string = matches!(
            attribute.tag,
            tag::UTF8_STRING
                | tag::PRINTABLE_STRING
                | tag::TELETEX_STRING
                | tag::BMP_STRING
                | tag::UNIVERSAL_STRING
        );
        (!is_directory_string).then_some("a DirectoryString")
    } else {
        None
    }
}

fn is_printable(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(&octet)
}

fn label(kind: Oid<'_>) -> String {
    const LABELS: [(ObjectIdentifier, &str); 8] = [
        (oid::COMMON_NAME, "the common name"),
        (oid::COUNTRY, "the country"),
        (oid::LOCALITY, "the locality"),
        (oid::STATE, "the state"),
        (oid::ORGANIZATION, "the organization"),
        (oid::ORGANIZATIONAL_UNIT, "the organizational unit"),
        (oid::SERIAL_NUMBER, "the subject's serial number"),
        (oid::EMAIL_ADDRESS, "the email address"),
    ];
    LABELS.iter().find(|(oid, _)| kind == *oid).map_or_else(
        || format!("the subject's attribute {kind}"),
        |(_, label)| (*label).to_owned(),
    )
}
