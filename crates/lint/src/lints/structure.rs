//! The outline: version, signature algorithm, which fields and extensions there are.

use tpm2ca_x509::{ObjectIdentifier, TbsCertificate, oid};

use super::{Report, hex};
use crate::{
    tlv::{Oid, Tlv, tag},
    view::View,
};

/// [`Linter::check`](crate::Linter::check) reports under this name when there is no view to lint.
pub(crate) fn readable(_view: &View<'_>, _report: &mut Report<'_>) {}

pub(crate) fn own_reader(view: &View<'_>, report: &mut Report<'_>) {
    if let Err(error) = TbsCertificate::parse(view.tbs) {
        report.add(format!("our own reader refuses the certificate: {error}"));
    }
}

pub(crate) fn version_v3(view: &View<'_>, report: &mut Report<'_>) {
    if view.version != Some(&[2]) {
        let found = view.version.map_or_else(
            || "absent (v1)".to_owned(),
            |content| format!("0x{}", hex(content)),
        );
        report.add(format!("the version is {found} instead of 2 (v3)"));
    }
}

pub(crate) fn no_unique_identifiers(view: &View<'_>, report: &mut Report<'_>) {
    report.add_if(
        view.has_unique_identifiers,
        "the certificate has a unique identifier of issuer or subject",
    );
}

pub(crate) fn signature_algorithm(view: &View<'_>, report: &mut Report<'_>) {
    let expected = view.context.signature_algorithm;
    if view.signature_algorithm != expected.to_der() {
        report.add(format!(
            "the signature algorithm inside is {} instead of {expected}",
            hex(view.signature_algorithm)
        ));
    }
}

pub(crate) fn signature_hash(view: &View<'_>, report: &mut Report<'_>) {
    let algorithm = Tlv::only(view.signature_algorithm, tag::SEQUENCE, "signature")
        .and_then(|sequence| sequence.reader("signature").expect(tag::OID))
        .map(|element| Oid(element.content));
    if let Ok(algorithm) = algorithm
        && WEAK_SIGNATURES.iter().any(|weak| algorithm == *weak)
    {
        report.add(format!(
            "the signature algorithm {algorithm} uses a broken hash"
        ));
    }
}

pub(crate) fn extensions_not_empty(view: &View<'_>, report: &mut Report<'_>) {
    report.add_if(
        view.has_extensions_field && view.extensions.is_empty(),
        "the list of extensions is there, and empty",
    );
}

pub(crate) fn extensions_distinct(view: &View<'_>, report: &mut Report<'_>) {
    for (index, extension) in view.extensions.iter().enumerate() {
        let before = view.extensions.iter().take(index);
        // The second one is reported, the third and later ones are not again.
        if before
            .filter(|earlier| earlier.oid == extension.oid)
            .count()
            == 1
        {
            report.add(format!("the extension {} occurs twice", extension.oid));
        }
    }
}

pub(crate) fn extensions_well_formed(view: &View<'_>, report: &mut Report<'_>) {
    for flaw in &view.decoded.malformed {
        report.add(flaw.to_string());
    }
}

pub(crate) fn critical_extensions_known(view: &View<'_>, report: &mut Report<'_>) {
    for extension in view
        .extensions
        .iter()
        .filter(|extension| extension.critical)
    {
        if KNOWN_EXTENSIONS.iter().all(|known| extension.oid != *known) {
            report.add(format!(
                "the extension {} is critical, and no verifier we know of understands it",
                extension.oid
            ));
        }
    }
}

pub(crate) fn size(view: &View<'_>, report: &mut Report<'_>) {
    if view.tbs.len() > LARGEST {
        report.add(format!(
            "the certificate has {} bytes; some TLS stacks stop at {LARGEST}",
            view.tbs.len()
        ));
    }
}

/// OpenSSL, GnuTLS and the Go library take more; devices with one TLS record's worth of buffer do not.
const LARGEST: usize = 16 * 1024;

const WEAK_SIGNATURES: [ObjectIdentifier; 8] = [
    // md2WithRSAEncryption, md4WithRSAEncryption, md5WithRSAEncryption, sha1WithRSAEncryption
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.2"),
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.3"),
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.4"),
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.5"),
    // sha1WithRSA of OIW, dsaWithSHA1 of OIW
    ObjectIdentifier::new_unwrap("1.3.14.3.2.29"),
    ObjectIdentifier::new_unwrap("1.3.14.3.2.27"),
    // id-dsa-with-sha1, ecdsa-with-SHA1
    ObjectIdentifier::new_unwrap("1.2.840.10040.4.3"),
    ObjectIdentifier::new_unwrap("1.2.840.10045.4.1"),
];

const KNOWN_EXTENSIONS: [ObjectIdentifier; 18] = [
    oid::SUBJECT_KEY_IDENTIFIER,
    oid::KEY_USAGE,
    oid::SUBJECT_ALT_NAME,
    oid::ISSUER_ALT_NAME,
    oid::BASIC_CONSTRAINTS,
    oid::NAME_CONSTRAINTS,
    oid::CRL_DISTRIBUTION_POINTS,
    oid::CERTIFICATE_POLICIES,
    oid::POLICY_MAPPINGS,
    oid::AUTHORITY_KEY_IDENTIFIER,
    oid::POLICY_CONSTRAINTS,
    oid::EXTENDED_KEY_USAGE,
    oid::FRESHEST_CRL,
    oid::INHIBIT_ANY_POLICY,
    oid::AUTHORITY_INFO_ACCESS,
    oid::SUBJECT_INFO_ACCESS,
    oid::TLS_FEATURE,
    oid::OCSP_NO_CHECK,
];
