//! Which string types and lengths the attributes of names and requests have: RFC 5280 appendix A, RFC 2985, RFC 4524,
//! as far as OpenSSL enforces them.

use super::strings::{Bounds, Types};
use crate::objects::Oid;

/// How the values of an attribute are written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) types: Types,
    /// Whether `string_mask` has nothing to say about it.
    pub(super) fixed: bool,
    pub(super) bounds: Bounds,
}

pub(super) fn limits(oid: &Oid) -> Limits {
    let dotted = oid.to_object_identifier().map(|oid| oid.to_string());
    let known = dotted.and_then(|dotted| TABLE.iter().find(|row| row.0 == dotted));
    match known {
        Some(&(_, min, max, types, fixed)) => Limits {
            types,
            fixed,
            bounds: Bounds {
                min: (min > 0).then_some(min),
                max: (max > 0).then_some(max),
            },
        },
        None => Limits {
            types: Types::DIRECTORY,
            fixed: false,
            bounds: Bounds::default(),
        },
    }
}

/// `ub-name` of RFC 5280.
const UB_NAME: usize = 32_768;

/// Attribute, least and greatest length (0: none), types, whether they are fixed.
const TABLE: [(&str, usize, usize, Types, bool); 28] = [
    // commonName, countryName, localityName, stateOrProvinceName, organizationName, organizationalUnitName
    ("2.5.4.3", 1, 64, Types::DIRECTORY, false),
    ("2.5.4.6", 2, 2, Types::PRINTABLE, true),
    ("2.5.4.7", 1, 128, Types::DIRECTORY, false),
    ("2.5.4.8", 1, 128, Types::DIRECTORY, false),
    ("2.5.4.10", 1, 64, Types::DIRECTORY, false),
    ("2.5.4.11", 1, 64, Types::DIRECTORY, false),
    // surname, serialNumber, name, givenName, initials, dnQualifier
    ("2.5.4.4", 1, UB_NAME, Types::DIRECTORY, false),
    ("2.5.4.5", 1, 64, Types::PRINTABLE, true),
    ("2.5.4.41", 1, UB_NAME, Types::DIRECTORY, false),
    ("2.5.4.42", 1, UB_NAME, Types::DIRECTORY, false),
    ("2.5.4.43", 1, UB_NAME, Types::DIRECTORY, false),
    ("2.5.4.46", 0, 0, Types::PRINTABLE, true),
    // countryCode3c, countryCode3n, dnsName
    ("2.5.4.98", 3, 3, Types::PRINTABLE, true),
    ("2.5.4.99", 3, 3, Types::NUMERIC, true),
    ("2.5.4.100", 0, 0, Types::UTF8, true),
    // emailAddress, unstructuredName, challengePassword, unstructuredAddress, friendlyName
    ("1.2.840.113549.1.9.1", 1, 128, Types::IA5, true),
    ("1.2.840.113549.1.9.2", 1, 0, Types::PKCS9, false),
    ("1.2.840.113549.1.9.7", 1, 0, Types::PKCS9, false),
    ("1.2.840.113549.1.9.8", 1, 0, Types::DIRECTORY, false),
    ("1.2.840.113549.1.9.20", 0, 0, Types::BMP, true),
    // rfc822Mailbox, domainComponent
    ("0.9.2342.19200300.100.1.3", 1, 256, Types::IA5, true),
    ("0.9.2342.19200300.100.1.25", 1, 0, Types::IA5, true),
    // Microsoft's name of a cryptographic provider, jurisdictionCountryName, SmtpUTF8Mailbox
    ("1.3.6.1.4.1.311.17.1", 0, 0, Types::BMP, true),
    ("1.3.6.1.4.1.311.60.2.1.3", 2, 2, Types::PRINTABLE, true),
    ("1.3.6.1.5.5.7.8.9", 1, 128, Types::UTF8, true),
    // INN, OGRN, SNILS
    ("1.2.643.3.131.1.1", 1, 12, Types::NUMERIC, true),
    ("1.2.643.100.1", 1, 13, Types::NUMERIC, true),
    ("1.2.643.100.3", 1, 11, Types::NUMERIC, true),
];
