//! Every lint there is: one flat table of equal things.
//!
//! A name says where the rule comes from (`rfc5280_`, `br_` for the Baseline Requirements, `x690_` for DER, `tpm2ca_`
//! for this project's own opinion) and what the certificate should be like.

use crate::{
    finding::Severity,
    lints::{
        Report, alt_names, attributes, constraints, distribution, encoding, identifiers, key_usage,
        names, public_key, purposes, serial, structure, validity,
    },
    view::View,
};

/// A lint, described.
#[derive(Debug)]
#[non_exhaustive]
pub struct LintInfo {
    /// What findings and exceptions call it.
    pub name: &'static str,
    /// How bad its findings are.
    pub severity: Severity,
    /// The rule's place in its document.
    pub reference: &'static str,
    /// What a certificate should be like, in a few words.
    pub description: &'static str,
    pub(crate) theme: &'static str,
    pub(crate) check: fn(&View<'_>, &mut Report<'_>),
}

/// All lints, in the order in which they run.
pub fn lints() -> &'static [LintInfo] {
    LINTS
}

/// The lint that speaks when the bytes cannot be read at all.
pub(crate) static UNREADABLE: &LintInfo = &LINTS[0];

macro_rules! table {
    ($($module:ident :: $check:ident $name:ident $severity:ident $reference:literal: $description:literal;)*) => {
        &[$(LintInfo {
            name: stringify!($name),
            severity: Severity::$severity,
            reference: $reference,
            description: $description,
            theme: stringify!($module),
            check: $module::$check,
        }),*]
    };
}

pub(crate) static LINTS: &[LintInfo] = table! {
    // This one stays first: see `UNREADABLE`.
    structure::readable x690_tbs_structure Error "RFC 5280 4.1":
        "the bytes are one TBSCertificate, with nothing before, between or after its fields";
    structure::own_reader tpm2ca_own_reader_accepts Error "RFC 5280 4.1":
        "our own certificate reader takes the bytes too";
    encoding::canonical x690_der_canonical Error "X.690 10, 11":
        "lengths, BOOLEANs, INTEGERs, BIT STRINGs and OBJECT IDENTIFIERs are DER";
    encoding::set_order x690_set_order Error "X.690 11.6":
        "the elements of each SET OF, such as a multi-valued RDN, ascend";
    encoding::defaults_omitted x690_defaults_omitted Error "X.690 11.5":
        "DEFAULT values are not spelled out";
    structure::version_v3 rfc5280_version_v3 Error "RFC 5280 4.1.2.1":
        "the version is v3";
    structure::no_unique_identifiers rfc5280_no_unique_identifiers Error "RFC 5280 4.1.2.8":
        "there are no unique identifiers of issuer or subject";
    structure::signature_algorithm rfc5280_signature_algorithm Error "RFC 5280 4.1.2.3":
        "the algorithm inside is the one the signature is made with";
    structure::signature_hash br_signature_hash Error "BR 7.1.3.2":
        "the signature does not use MD5 or SHA-1";
    structure::size tpm2ca_size Warning "RFC 8446 5.1":
        "the certificate has at most 16 KiB";

    serial::positive rfc5280_serial_positive Error "RFC 5280 4.1.2.2":
        "the serial number is not negative";
    serial::not_zero rfc5280_serial_not_zero Error "RFC 5280 4.1.2.2":
        "the serial number is not zero";
    serial::at_most_20_octets rfc5280_serial_max_20_octets Error "RFC 5280 4.1.2.2":
        "the serial number has at most 20 octets";
    serial::at_least_64_bits br_serial_64_bits Error "BR 7.1":
        "the serial number has at least 64 bits";
    serial::not_a_pattern tpm2ca_serial_random Warning "BR 7.1":
        "the serial number is not one octet over and over";

    validity::well_formed rfc5280_time_form Error "RFC 5280 4.1.2.5":
        "times have seconds, end with Z, have no fractions, and exist";
    validity::right_type rfc5280_time_type Error "RFC 5280 4.1.2.5":
        "times are UTCTime through 2049 and GeneralizedTime from 2050";
    validity::order rfc5280_validity_order Error "RFC 5280 4.1.2.5":
        "the validity does not end before it begins";
    validity::within_issuer tpm2ca_validity_within_issuer Error "RFC 5280 6.1.3":
        "the validity does not outlast the issuer's";
    validity::not_before_issuer tpm2ca_validity_after_issuer Warning "RFC 5280 6.1.3":
        "the validity does not begin before the issuer's";
    validity::root_lifetime br_root_lifetime Warning "BR 7.1.2.1.1":
        "a root is valid for at most 9132 days (25 years)";
    validity::intermediate_lifetime tpm2ca_intermediate_lifetime Warning "RFC 5280 4.1.2.5":
        "an intermediate is valid for at most 5479 days (15 years)";
    validity::server_lifetime br_server_lifetime Warning "BR 6.3.2":
        "a server's certificate is valid for at most 398 days; Apple's clients refuse more than 825";
    validity::leaf_lifetime tpm2ca_leaf_lifetime Warning "RFC 5280 4.1.2.5":
        "a certificate for no server and no CA is valid for at most 1827 days (5 years)";
    validity::responder_lifetime rfc6960_responder_lifetime Warning "RFC 6960 4.2.2.2.1":
        "an OCSP responder, which nobody can revoke, is valid for at most 90 days";
    validity::has_expiry rfc5280_expires Notice "RFC 5280 4.1.2.5":
        "the certificate has an end";

    names::issuer_not_empty rfc5280_issuer_not_empty Error "RFC 5280 4.1.2.4":
        "the issuer is not empty";
    names::issuer_matches rfc5280_issuer_matches Error "RFC 5280 4.1.2.6":
        "the issuer is, byte by byte, the subject of the issuer's certificate";
    names::subject_differs tpm2ca_subject_not_issuer Warning "RFC 5280 3.2":
        "only a root has its issuer's name";
    names::ca_subject_not_empty rfc5280_ca_subject_not_empty Error "RFC 5280 4.1.2.6":
        "the subject of a CA is not empty";
    names::empty_subject_has_critical_alt_name rfc5280_empty_subject_alt_name Error "RFC 5280 4.1.2.6":
        "where the subject is empty, there are alternative names, and they are critical";
    names::rdn_not_empty x501_rdn_not_empty Error "X.501 9.3":
        "each relative distinguished name has an attribute";
    names::rdn_types_distinct x501_rdn_types_distinct Error "X.501 9.3":
        "no relative distinguished name has two attributes of one type";
    names::one_common_name br_one_common_name Warning "BR 7.1.4.3":
        "there is at most one common name";
    names::common_name_is_alt_name br_common_name_in_alt_names Warning "BR 7.1.4.3":
        "the common name of a server is among its alternative names";
    names::no_email_attribute rfc5280_no_email_attribute Notice "RFC 5280 4.1.2.6":
        "email addresses are alternative names rather than attributes";

    attributes::length rfc5280_attribute_length Error "RFC 5280 A.1":
        "attributes keep to their upper bounds, such as 64 characters for a common name";
    attributes::not_empty rfc5280_attribute_not_empty Error "RFC 5280 A.1":
        "no attribute is empty";
    attributes::country rfc5280_country Error "RFC 5280 A.1":
        "the country is a PrintableString of two letters";
    attributes::country_in_capitals br_country_capitals Warning "BR 7.1.2.7.4":
        "the country is in capital letters, as in ISO 3166-1";
    attributes::no_outer_whitespace tpm2ca_attribute_whitespace Warning "RFC 4518 2.6.1":
        "no attribute begins or ends with white space";
    attributes::no_control_characters tpm2ca_attribute_control_characters Error "RFC 5280 8":
        "no attribute has control characters, such as NUL or an escape sequence";
    attributes::charset rfc5280_attribute_charset Error "X.680 41":
        "strings have only characters of their type";
    attributes::preferred_type rfc5280_attribute_preferred_type Warning "RFC 5280 4.1.2.4":
        "strings are UTF8String or PrintableString";
    attributes::right_type rfc5280_attribute_type Warning "RFC 5280 A.1":
        "attributes have the string type that their definition asks for";

    public_key::algorithm_allowed br_key_algorithm Error "BR 7.1.3.1":
        "the public key is RSA, EC or Ed25519";
    public_key::whole_octets rfc5280_key_whole_octets Error "RFC 5280 4.1.2.7":
        "the public key is a whole number of octets, and not none";
    public_key::rsa_parameters rfc3279_rsa_parameters Error "RFC 3279 2.3.1":
        "the parameters of an RSA key are NULL";
    public_key::rsa_well_formed rfc3279_rsa_well_formed Error "RFC 8017 A.1.1":
        "an RSA key is a positive modulus and a positive exponent";
    public_key::rsa_size br_rsa_size Error "BR 6.1.5":
        "an RSA modulus has at least 2048 bits";
    public_key::rsa_size_usual tpm2ca_rsa_size_usual Warning "BR 6.1.5":
        "an RSA modulus has whole octets and at most 4096 bits";
    public_key::rsa_modulus_odd rfc8017_rsa_modulus_odd Error "BR 6.1.6":
        "an RSA modulus is odd";
    public_key::rsa_exponent br_rsa_exponent Error "BR 6.1.6":
        "an RSA exponent is odd and at least 65537";
    public_key::ec_named_curve rfc5480_named_curve Error "RFC 5480 2.1.1":
        "an EC key names P-256, P-384 or P-521";
    public_key::ec_point rfc5480_point Error "RFC 5480 2.2":
        "an EC key is an uncompressed point of its curve's length";
    public_key::ed25519 rfc8410_ed25519_key Error "RFC 8410 3, 4":
        "an Ed25519 key has no parameters and 32 octets";

    structure::extensions_not_empty rfc5280_extensions_not_empty Error "RFC 5280 4.1":
        "the list of extensions is not empty";
    structure::extensions_distinct rfc5280_extensions_distinct Error "RFC 5280 4.2":
        "no extension occurs twice";
    structure::extensions_well_formed rfc5280_extensions_well_formed Error "RFC 5280 4.2.1":
        "known extensions are what their definition says";
    structure::critical_extensions_known rfc5280_critical_extensions_known Error "RFC 5280 4.2":
        "critical extensions are known ones";

    constraints::ca_is_ca rfc5280_ca_basic_constraints Error "RFC 5280 4.2.1.9":
        "a CA has basic constraints with cA TRUE";
    constraints::ca_critical rfc5280_ca_basic_constraints_critical Error "RFC 5280 4.2.1.9":
        "the basic constraints of a CA are critical";
    constraints::leaf_is_no_ca rfc5280_leaf_not_ca Error "RFC 5280 4.2.1.9":
        "who is no CA has no cA TRUE";
    constraints::path_len_only_in_ca rfc5280_path_len_only_in_ca Error "RFC 5280 4.2.1.9":
        "a path length stands beside cA TRUE and keyCertSign";
    constraints::issuer_path_len rfc5280_issuer_path_len Error "RFC 5280 4.2.1.9":
        "a CA is not issued below a path length of 0";
    constraints::path_len_below_issuer tpm2ca_path_len_below_issuer Warning "RFC 5280 6.1.4":
        "the path length is less than the issuer's";
    constraints::root_path_len br_root_path_len Notice "BR 7.1.2.1.4":
        "a root has no path length";
    constraints::path_extensions_only_in_ca rfc5280_path_extensions_only_in_ca Error "RFC 5280 4.2.1.10":
        "name and policy constraints stand in CA certificates only";
    constraints::path_extensions_critical rfc5280_path_extensions_critical Error "RFC 5280 4.2.1.10":
        "name and policy constraints are critical";
    constraints::names_not_empty rfc5280_name_constraints_not_empty Error "RFC 5280 4.2.1.10":
        "name constraints constrain something";
    constraints::names_without_distances rfc5280_name_constraints_distances Error "RFC 5280 4.2.1.10":
        "name constraints have no minimum and no maximum";
    constraints::names_well_formed rfc5280_name_constraints_well_formed Error "RFC 5280 4.2.1.10":
        "name constraints are host names, mailboxes and networks as the RFC writes them";
    constraints::policies_distinct rfc5280_policies_distinct Error "RFC 5280 4.2.1.4":
        "no certificate policy occurs twice";
    constraints::policies_not_empty rfc5280_policies_not_empty Error "RFC 5280 4.2.1.4":
        "the list of certificate policies is not empty";
    constraints::leaf_not_any_policy br_leaf_not_any_policy Notice "BR 7.1.6.4":
        "who is no CA has no anyPolicy";

    key_usage::ca_critical br_ca_key_usage_critical Error "BR 7.1.2.1.2":
        "the key usage of a CA is critical";
    key_usage::leaf_critical rfc5280_key_usage_critical Warning "RFC 5280 4.2.1.3":
        "the key usage is critical";
    key_usage::leaf_present tpm2ca_key_usage_present Warning "RFC 5280 4.2.1.3":
        "there is a key usage";
    key_usage::not_empty rfc5280_key_usage_not_empty Error "RFC 5280 4.2.1.3":
        "the key usage allows something";
    key_usage::no_trailing_zeros x690_key_usage_trailing_zeros Error "X.690 11.2.2":
        "the key usage has no trailing zero bits";
    key_usage::only_known_bits rfc5280_key_usage_known_bits Error "RFC 5280 4.2.1.3":
        "the key usage has only the nine bits that are defined";
    key_usage::ca_signs_certificates rfc5280_ca_key_cert_sign Error "RFC 5280 4.2.1.3":
        "a CA may sign certificates";
    key_usage::ca_signs_crls br_ca_crl_sign Warning "BR 7.1.2.10.7":
        "a CA may sign CRLs";
    key_usage::leaf_signs_no_certificates rfc5280_leaf_no_key_cert_sign Error "RFC 5280 4.2.1.9":
        "who is no CA may not sign certificates";
    key_usage::leaf_signs_no_crls br_leaf_no_crl_sign Error "BR 7.1.2.7.11":
        "who is no CA may not sign CRLs";
    key_usage::only_with_agreement rfc5280_only_with_agreement Warning "RFC 5280 4.2.1.3":
        "encipherOnly and decipherOnly stand beside keyAgreement";
    key_usage::fits_rsa rfc3279_rsa_key_usage Error "RFC 3279 2.3.1":
        "the key usage is one that RSA keys can have";
    key_usage::fits_ec rfc8813_ec_key_usage Error "RFC 8813 3":
        "the key usage is one that EC keys can have";
    key_usage::fits_ed25519 rfc8410_ed25519_key_usage Error "RFC 8410 5":
        "the key usage is one that Ed25519 keys can have";
    key_usage::server_signs rfc8446_server_signs Error "RFC 8446 4.4.2.2":
        "a server with an EC or Ed25519 key may make digital signatures";
    key_usage::rsa_server_signs rfc8446_rsa_server_signs Warning "RFC 8446 4.4.2.2":
        "a server with an RSA key may make digital signatures";

    purposes::not_empty rfc5280_purposes_not_empty Error "RFC 5280 4.2.1.12":
        "the extended key usage is not empty";
    purposes::distinct tpm2ca_purposes_distinct Warning "RFC 5280 4.2.1.12":
        "no extended key usage occurs twice";
    purposes::not_any br_no_any_purpose Warning "BR 7.1.2.7.10":
        "the extended key usage is not anyExtendedKeyUsage";
    purposes::any_not_critical rfc5280_any_purpose_not_critical Warning "RFC 5280 4.2.1.12":
        "an extended key usage with anyExtendedKeyUsage is not critical";
    purposes::leaf_present br_purposes_present Warning "BR 7.1.2.7.6":
        "who is no CA has an extended key usage";
    purposes::root_absent br_root_no_purposes Warning "BR 7.1.2.1.2":
        "a root has no extended key usage";
    purposes::consistent_with_key_usage rfc5280_purposes_fit_key_usage Error "RFC 5280 4.2.1.12":
        "the key usage allows what the extended key usage is for";
    purposes::responder_only rfc6960_responder_purpose Error "RFC 6960 4.2.2.2":
        "an OCSP responder is for nothing else";
    purposes::responder_no_check rfc6960_responder_no_check Error "RFC 6960 4.2.2.2.1":
        "an OCSP responder has id-pkix-ocsp-nocheck";
    purposes::ocsp_signing_only_in_responders rfc6960_ocsp_signing_unasked Error "RFC 6960 4.2.2.2":
        "only an OCSP responder may answer OCSP requests for its issuer";
    purposes::no_check_only_in_responders rfc6960_no_check_unasked Error "RFC 6960 4.2.2.2.1":
        "only an OCSP responder has id-pkix-ocsp-nocheck";

    identifiers::authority_present rfc5280_authority_key_id_present Error "RFC 5280 4.2.1.1":
        "there is an authority key identifier, but in what signs itself";
    identifiers::authority_matches_issuer rfc5280_authority_key_id_matches_issuer Error "RFC 5280 4.2.1.1":
        "the authority key identifier is the issuer's subject key identifier";
    identifiers::authority_not_critical rfc5280_authority_key_id_not_critical Error "RFC 5280 4.2.1.1":
        "the authority key identifier is not critical";
    identifiers::authority_pair rfc5280_authority_key_id_pair Error "RFC 5280 A.2":
        "the authority key identifier has both or none of issuer and serial number";
    identifiers::authority_by_key_only br_authority_key_id_key_only Warning "BR 7.1.2.11.1":
        "the authority key identifier has neither issuer nor serial number";
    identifiers::subject_present_in_ca rfc5280_ca_subject_key_id Error "RFC 5280 4.2.1.2":
        "a CA has a subject key identifier";
    identifiers::subject_present_in_leaf rfc5280_subject_key_id Notice "RFC 5280 4.2.1.2":
        "there is a subject key identifier";
    identifiers::subject_not_critical rfc5280_subject_key_id_not_critical Error "RFC 5280 4.2.1.2":
        "the subject key identifier is not critical";
    identifiers::subject_not_empty rfc5280_subject_key_id_not_empty Error "RFC 5280 4.2.1.2":
        "the subject key identifier is not empty";
    identifiers::subject_matches_key tpm2ca_subject_key_id_matches_key Error "RFC 5280 4.2.1.2":
        "the subject key identifier is the one that belongs to the key";

    distribution::crl_not_critical rfc5280_crl_points_not_critical Warning "RFC 5280 4.2.1.13":
        "the CRL distribution points are not critical";
    distribution::crl_not_empty rfc5280_crl_points_not_empty Error "RFC 5280 4.2.1.13":
        "the list of CRL distribution points is not empty";
    distribution::crl_has_location rfc5280_crl_points_location Error "RFC 5280 4.2.1.13":
        "each CRL distribution point has a location or a CRL issuer";
    distribution::crl_uris rfc5280_crl_points_uris Error "RFC 5280 4.2.1.13":
        "CRLs are had from http or ldap URIs";
    distribution::access_not_critical rfc5280_access_not_critical Error "RFC 5280 4.2.2.1":
        "the authority information access is not critical";
    distribution::access_not_empty rfc5280_access_not_empty Error "RFC 5280 4.2.2.1":
        "the authority information access is not empty";
    distribution::access_uris rfc5280_access_uris Error "RFC 5280 4.2.2.1":
        "OCSP responders and issuers are found by http or ldap URIs";
    distribution::access_methods_known br_access_methods Notice "BR 7.1.2.10.3":
        "access methods are OCSP and CA issuers";
    distribution::no_https rfc5280_no_https Warning "RFC 5280 8":
        "CRLs, OCSP responders and issuers are not behind https";

    alt_names::not_empty rfc5280_alt_names_not_empty Error "RFC 5280 4.2.1.6":
        "there are alternative names in the extension, and none is empty";
    alt_names::server_has_host br_server_has_host Error "BR 7.1.2.7.12":
        "a server has a DNS name or an IP address among its alternative names";
    alt_names::not_critical_beside_subject rfc5280_alt_names_not_critical Warning "RFC 5280 4.2.1.6":
        "beside a subject the alternative names are not critical";
    alt_names::distinct tpm2ca_alt_names_distinct Warning "RFC 5280 4.2.1.6":
        "no alternative name occurs twice";
    alt_names::not_many tpm2ca_alt_names_count Notice "RFC 5280 4.2.1.6":
        "there are at most 100 alternative names";
    alt_names::kinds_known tpm2ca_alt_names_kinds Warning "RFC 5280 4.2.1.6":
        "alternative names are of kinds that verifiers compare";
    alt_names::dns_syntax rfc5280_dns_syntax Error "RFC 1034 3.5":
        "DNS names are made of letters, digits and hyphens, in labels of 1 to 63 octets";
    alt_names::dns_no_trailing_dot rfc5280_dns_no_trailing_dot Error "RFC 5280 4.2.1.6":
        "DNS names do not end with a dot";
    alt_names::dns_no_underscore br_dns_no_underscore Warning "BR 7.1.4.2.1":
        "DNS names have no underscores";
    alt_names::dns_wildcard rfc6125_dns_wildcard Error "RFC 6125 6.4.3":
        "a wildcard is the whole first label of a DNS name";
    alt_names::dns_wildcard_narrow br_dns_wildcard_narrow Warning "BR 3.2.2.6":
        "a wildcard does not cover a top-level domain";
    alt_names::dns_not_ip br_dns_not_ip Error "BR 7.1.2.7.12":
        "DNS names are no IP addresses";
    alt_names::dns_a_labels rfc5890_dns_a_labels Warning "RFC 5890 2.3.1":
        "labels with hyphens in third and fourth place are A-labels";
    alt_names::ip_length rfc5280_ip_length Error "RFC 5280 4.2.1.6":
        "IP addresses have 4 or 16 octets";
    alt_names::ip_specified tpm2ca_ip_specified Warning "RFC 4291 2.5.2":
        "IP addresses are not 0.0.0.0 or ::";
    alt_names::email_syntax rfc5280_email_syntax Error "RFC 5280 4.2.1.6":
        "email addresses are mailboxes with an @";
    alt_names::uri_syntax rfc5280_uri_absolute Error "RFC 5280 4.2.1.6":
        "URIs are absolute";
    alt_names::within_issuer_constraints rfc5280_names_within_issuer Error "RFC 5280 4.2.1.10":
        "alternative names and email addresses of the subject keep to the issuer's name constraints";
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_distinct_and_say_where_the_rule_comes_from() {
        for (index, lint) in LINTS.iter().enumerate() {
            assert!(
                LINTS
                    .iter()
                    .skip(index + 1)
                    .all(|other| other.name != lint.name),
                "{} is there twice",
                lint.name
            );
            let origin = lint.name.split('_').next().unwrap_or_default();
            let is_known =
                origin.starts_with("rfc") || ["br", "x690", "x501", "tpm2ca"].contains(&origin);
            assert!(is_known, "{}", lint.name);
            assert!(
                !lint.reference.is_empty() && !lint.description.ends_with('.'),
                "{}",
                lint.name
            );
        }
    }

    #[test]
    fn unreadable_bytes_are_reported_by_the_lint_for_it() {
        assert_eq!(UNREADABLE.name, "x690_tbs_structure");
    }
}
