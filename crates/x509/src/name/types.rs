//! The attribute types of names: how they are called, which string type they are written in, how long they may be.
//! RFC 5280 appendix A.1, RFC 4519, and the short names of OpenSSL.

use der::asn1::ObjectIdentifier;

use crate::{oid, read::tag};

/// What is known about one attribute type.
pub(super) struct AttributeType {
    pub(super) oid: ObjectIdentifier,
    /// As OpenSSL spells it; RFC 4514 spells its nine the same way.
    pub(super) short: &'static str,
    /// Other spellings that are read.
    pub(super) long: &'static str,
    /// Identifier octet of the string type it is written in.
    pub(super) string_type: u8,
    pub(super) min_chars: usize,
    /// The upper bound of RFC 5280 appendix A, or X.520's where that has none.
    pub(super) max_chars: usize,
}

pub(super) fn by_oid(oid: ObjectIdentifier) -> Option<&'static AttributeType> {
    TYPES.iter().find(|t| t.oid == oid)
}

/// By short or long name in any case.
pub(super) fn by_name(name: &str) -> Option<&'static AttributeType> {
    TYPES
        .iter()
        .find(|t| t.short.eq_ignore_ascii_case(name) || t.long.eq_ignore_ascii_case(name))
}

const fn utf8(
    oid: ObjectIdentifier,
    short: &'static str,
    long: &'static str,
    max_chars: usize,
) -> AttributeType {
    AttributeType {
        oid,
        short,
        long,
        string_type: tag::UTF8_STRING,
        min_chars: 1,
        max_chars,
    }
}

const fn ia5(
    oid: ObjectIdentifier,
    short: &'static str,
    long: &'static str,
    max_chars: usize,
) -> AttributeType {
    AttributeType {
        oid,
        short,
        long,
        string_type: tag::IA5_STRING,
        min_chars: 1,
        max_chars,
    }
}

const fn printable(
    oid: ObjectIdentifier,
    short: &'static str,
    long: &'static str,
    min_chars: usize,
    max_chars: usize,
) -> AttributeType {
    AttributeType {
        oid,
        short,
        long,
        string_type: tag::PRINTABLE_STRING,
        min_chars,
        max_chars,
    }
}

/// Limit for types that RFC 5280 sets none for (`ub-name`).
pub(super) const DEFAULT_MAX_CHARS: usize = 32_768;

const TYPES: [AttributeType; 25] = [
    printable(oid::COUNTRY, "C", "countryName", 2, 2),
    utf8(oid::STATE, "ST", "stateOrProvinceName", 128),
    utf8(oid::LOCALITY, "L", "localityName", 128),
    utf8(oid::ORGANIZATION, "O", "organizationName", 64),
    utf8(oid::ORGANIZATIONAL_UNIT, "OU", "organizationalUnitName", 64),
    utf8(oid::COMMON_NAME, "CN", "commonName", 64),
    utf8(oid::STREET, "street", "streetAddress", 128),
    utf8(oid::POSTAL_CODE, "postalCode", "postalCode", 40),
    ia5(oid::DOMAIN_COMPONENT, "DC", "domainComponent", 63),
    utf8(oid::USER_ID, "UID", "userId", 256),
    ia5(oid::EMAIL_ADDRESS, "emailAddress", "E", 255),
    printable(
        oid::SERIAL_NUMBER,
        "serialNumber",
        "deviceSerialNumber",
        1,
        64,
    ),
    printable(
        oid::DN_QUALIFIER,
        "dnQualifier",
        "distinguishedNameQualifier",
        1,
        64,
    ),
    utf8(oid::SURNAME, "SN", "surname", 40),
    utf8(oid::GIVEN_NAME, "GN", "givenName", 16),
    utf8(oid::INITIALS, "initials", "initials", 5),
    utf8(
        oid::GENERATION_QUALIFIER,
        "generationQualifier",
        "generationQualifier",
        3,
    ),
    utf8(oid::TITLE, "title", "title", 64),
    utf8(oid::PSEUDONYM, "pseudonym", "pseudonym", 128),
    utf8(oid::NAME, "name", "name", DEFAULT_MAX_CHARS),
    utf8(oid::DESCRIPTION, "description", "description", 1024),
    utf8(
        oid::BUSINESS_CATEGORY,
        "businessCategory",
        "businessCategory",
        128,
    ),
    utf8(
        oid::ORGANIZATION_IDENTIFIER,
        "organizationIdentifier",
        "organizationIdentifier",
        256,
    ),
    utf8(
        ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.60.2.1.2"),
        "jurisdictionST",
        "jurisdictionStateOrProvinceName",
        128,
    ),
    printable(
        ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.60.2.1.3"),
        "jurisdictionC",
        "jurisdictionCountryName",
        2,
        2,
    ),
];
