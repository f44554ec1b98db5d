//! Names of key usages (RFC 5280, section 4.2.1.3), extended key usages (4.2.1.12) and name
//! attributes, spelled as in OpenSSL.

use tpm2ca_x509::ext::KeyUsage;
use tpm2ca_x509::{ObjectIdentifier, oid};

use crate::names::PatternError;

/// A key usage by its name in openssl.cnf, without regard to case; also `contentCommitment`, the
/// newer name of `nonRepudiation`.
pub(crate) fn parse_key_usage(text: &str) -> Result<KeyUsage, PatternError> {
    if text.eq_ignore_ascii_case("contentCommitment") {
        return Ok(KeyUsage::CONTENT_COMMITMENT);
    }
    let named = |usage: &KeyUsage| usage.names().any(|name| name.eq_ignore_ascii_case(text));
    KEY_USAGES.into_iter().find(named).ok_or_else(|| {
        let known: Vec<_> = KEY_USAGES.into_iter().flat_map(KeyUsage::names).collect();
        PatternError::with_hint(
            "it is not a key usage",
            format!("known are: {}", known.join(", ")),
        )
    })
}

/// What of `usage` a key of this algorithm can do: elliptic curves do not encipher, RSA does not
/// agree on secrets, and Ed25519 does neither (RFC 3279, section 2.3.1; RFC 5480, section 3; RFC
/// 8410, section 5). Algorithms that are not known here are taken to do everything.
pub(crate) fn fitting(usage: KeyUsage, key_algorithm: ObjectIdentifier) -> KeyUsage {
    let encipher = KeyUsage::KEY_ENCIPHERMENT | KeyUsage::DATA_ENCIPHERMENT;
    let agree = KeyUsage::KEY_AGREEMENT | KeyUsage::ENCIPHER_ONLY | KeyUsage::DECIPHER_ONLY;
    let cannot = match key_algorithm {
        oid::RSA_ENCRYPTION => agree,
        oid::EC_PUBLIC_KEY => encipher,
        oid::ED25519 => encipher | agree,
        _ => KeyUsage::empty(),
    };
    KEY_USAGES
        .into_iter()
        .filter(|bit| usage.contains(*bit) && !cannot.contains(*bit))
        .fold(KeyUsage::empty(), |all, bit| all | bit)
}

/// Every key usage by itself, in the order of RFC 5280.
const KEY_USAGES: [KeyUsage; 9] = [
    KeyUsage::DIGITAL_SIGNATURE,
    KeyUsage::CONTENT_COMMITMENT,
    KeyUsage::KEY_ENCIPHERMENT,
    KeyUsage::DATA_ENCIPHERMENT,
    KeyUsage::KEY_AGREEMENT,
    KeyUsage::KEY_CERT_SIGN,
    KeyUsage::CRL_SIGN,
    KeyUsage::ENCIPHER_ONLY,
    KeyUsage::DECIPHER_ONLY,
];

/// Extended key usages with a name; any other is written as its object identifier.
pub(crate) const EXTENDED_KEY_USAGES: &[(&str, ObjectIdentifier)] = &[
    ("serverAuth", oid::SERVER_AUTH),
    ("clientAuth", oid::CLIENT_AUTH),
    ("codeSigning", oid::CODE_SIGNING),
    ("emailProtection", oid::EMAIL_PROTECTION),
    ("timeStamping", oid::TIME_STAMPING),
    ("OCSPSigning", oid::OCSP_SIGNING),
    ("anyExtendedKeyUsage", oid::ANY_EXTENDED_KEY_USAGE),
    (
        "ipsecIKE",
        ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.17"),
    ),
    (
        "secureShellClient",
        ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.21"),
    ),
    (
        "secureShellServer",
        ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.22"),
    ),
    (
        "pkInitClientAuth",
        ObjectIdentifier::new_unwrap("1.3.6.1.5.2.3.4"),
    ),
    ("pkInitKDC", ObjectIdentifier::new_unwrap("1.3.6.1.5.2.3.5")),
    (
        "msSmartcardLogin",
        ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.20.2.2"),
    ),
];

/// Attributes of a name, by their short name.
pub(crate) const ATTRIBUTES: &[(&str, ObjectIdentifier)] = &[
    ("CN", oid::COMMON_NAME),
    ("O", oid::ORGANIZATION),
    ("OU", oid::ORGANIZATIONAL_UNIT),
    ("C", oid::COUNTRY),
    ("ST", oid::STATE),
    ("L", oid::LOCALITY),
    ("DC", oid::DOMAIN_COMPONENT),
    ("UID", oid::USER_ID),
    ("serialNumber", oid::SERIAL_NUMBER),
    ("emailAddress", oid::EMAIL_ADDRESS),
    ("street", oid::STREET),
    ("postalCode", oid::POSTAL_CODE),
    ("title", oid::TITLE),
    ("GN", oid::GIVEN_NAME),
    ("SN", oid::SURNAME),
    ("organizationIdentifier", oid::ORGANIZATION_IDENTIFIER),
];

/// Extensions that a request may ask for, by their name in RFC 5280.
const EXTENSIONS: &[(&str, ObjectIdentifier)] = &[
    ("subjectKeyIdentifier", oid::SUBJECT_KEY_IDENTIFIER),
    ("keyUsage", oid::KEY_USAGE),
    ("subjectAltName", oid::SUBJECT_ALT_NAME),
    ("issuerAltName", oid::ISSUER_ALT_NAME),
    ("basicConstraints", oid::BASIC_CONSTRAINTS),
    ("nameConstraints", oid::NAME_CONSTRAINTS),
    ("cRLDistributionPoints", oid::CRL_DISTRIBUTION_POINTS),
    ("certificatePolicies", oid::CERTIFICATE_POLICIES),
    ("policyMappings", oid::POLICY_MAPPINGS),
    ("authorityKeyIdentifier", oid::AUTHORITY_KEY_IDENTIFIER),
    ("policyConstraints", oid::POLICY_CONSTRAINTS),
    ("extendedKeyUsage", oid::EXTENDED_KEY_USAGE),
    ("freshestCRL", oid::FRESHEST_CRL),
    ("inhibitAnyPolicy", oid::INHIBIT_ANY_POLICY),
    ("authorityInfoAccess", oid::AUTHORITY_INFO_ACCESS),
    ("subjectInfoAccess", oid::SUBJECT_INFO_ACCESS),
    ("tlsFeature", oid::TLS_FEATURE),
    ("ocspNoCheck", oid::OCSP_NO_CHECK),
];

/// An extended key usage by name (without regard to case) or as a dotted object identifier.
pub(crate) fn parse_extended_key_usage(text: &str) -> Result<ObjectIdentifier, PatternError> {
    named(EXTENDED_KEY_USAGES, text)
}

/// An attribute of a name by short name (without regard to case) or as a dotted object identifier.
pub(crate) fn parse_attribute(text: &str) -> Result<ObjectIdentifier, PatternError> {
    named(ATTRIBUTES, text)
}

/// A dotted object identifier.
pub(crate) fn parse_oid(text: &str) -> Result<ObjectIdentifier, PatternError> {
    ObjectIdentifier::new(text).map_err(|_| {
        PatternError::with_hint(
            "it is not an object identifier",
            "write it as numbers with dots, for example \"1.3.6.1.4.1.311.20.2.2\"",
        )
    })
}

/// Name of an extended key usage, for messages.
pub(crate) fn extended_key_usage_name(oid: &ObjectIdentifier) -> String {
    name_of(EXTENDED_KEY_USAGES, oid)
}

/// Name of an attribute, for messages.
pub(crate) fn attribute_name(oid: &ObjectIdentifier) -> String {
    name_of(ATTRIBUTES, oid)
}

/// Name of an extension, for messages.
pub(crate) fn extension_name(oid: &ObjectIdentifier) -> String {
    name_of(EXTENSIONS, oid)
}

fn named(table: &[(&str, ObjectIdentifier)], text: &str) -> Result<ObjectIdentifier, PatternError> {
    if let Some((_, oid)) = table
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(text))
    {
        return Ok(*oid);
    }
    ObjectIdentifier::new(text).map_err(|_| {
        let known: Vec<_> = table.iter().map(|(name, _)| *name).collect();
        PatternError::with_hint(
            "it is neither a known name nor an object identifier",
            format!(
                "known names are: {}; write anything else as numbers with dots",
                known.join(", ")
            ),
        )
    })
}

fn name_of(table: &[(&str, ObjectIdentifier)], oid: &ObjectIdentifier) -> String {
    table
        .iter()
        .find(|(_, known)| known == oid)
        .map_or_else(|| oid.to_string(), |(name, _)| (*name).to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    #[test]
    fn names_of_usages_read_back() {
        for bit in KEY_USAGES {
            let name = bit.names().next().unwrap();
            assert_eq!(parse_key_usage(name), Ok(bit));
            assert_eq!(parse_key_usage(&name.to_uppercase()), Ok(bit));
        }
        assert_eq!(
            parse_key_usage("contentCommitment"),
            Ok(KeyUsage::CONTENT_COMMITMENT)
        );
        assert!(parse_key_usage("keyCertsign ").is_err());
        assert_eq!(parse_extended_key_usage("serverauth"), Ok(oid::SERVER_AUTH));
        assert_eq!(
            parse_extended_key_usage("1.3.6.1.5.5.7.3.1"),
            Ok(oid::SERVER_AUTH)
        );
        assert_eq!(extended_key_usage_name(&oid::OCSP_SIGNING), "OCSPSigning");
        assert!(
            parse_extended_key_usage("webServer")
                .unwrap_err()
                .hint
                .unwrap()
                .contains("serverAuth, clientAuth")
        );
        assert!(parse_oid("serverAuth").is_err());
    }

    #[test]
    fn usages_by_key_algorithm() {
        for (bit, rsa, ec, ed) in [
            (KeyUsage::DIGITAL_SIGNATURE, true, true, true),
            (KeyUsage::KEY_ENCIPHERMENT, true, false, false),
            (KeyUsage::DATA_ENCIPHERMENT, true, false, false),
            (KeyUsage::KEY_AGREEMENT, false, true, false),
            (KeyUsage::KEY_CERT_SIGN, true, true, true),
        ] {
            for (algorithm, fits) in [
                (oid::RSA_ENCRYPTION, rsa),
                (oid::EC_PUBLIC_KEY, ec),
                (oid::ED25519, ed),
            ] {
                let expected = if fits { bit } else { KeyUsage::empty() };
                assert_eq!(fitting(bit, algorithm), expected, "{bit} {algorithm}");
            }
        }
    }
}
