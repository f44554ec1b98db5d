//! Extended key usage, RFC 5280 section 4.2.1.12, and OCSP responders, RFC 6960 section 4.2.2.2.

use tpm2ca_x509::{ObjectIdentifier, oid};

use super::{Report, key_usage::allows};
use crate::{
    context::Role,
    view::{View, usage},
};

pub(crate) fn not_empty(view: &View<'_>, report: &mut Report<'_>) {
    report.add_if(
        view.decoded.purposes.as_ref().is_some_and(Vec::is_empty),
        "the extended key usage is empty",
    );
}

pub(crate) fn distinct(view: &View<'_>, report: &mut Report<'_>) {
    let purposes = view.purposes();
    for (index, purpose) in purposes.iter().enumerate() {
        if purposes
            .iter()
            .take(index)
            .any(|earlier| earlier == purpose)
        {
            report.add(format!("the extended key usage {purpose} occurs twice"));
        }
    }
}

pub(crate) fn not_any(view: &View<'_>, report: &mut Report<'_>) {
    report.add_if(
        view.has_purpose(oid::ANY_EXTENDED_KEY_USAGE),
        "the extended key usage is `anyExtendedKeyUsage`, which limits nothing",
    );
}

pub(crate) fn any_not_critical(view: &View<'_>, report: &mut Report<'_>) {
    report.add_if(
        view.has_purpose(oid::ANY_EXTENDED_KEY_USAGE)
            && view.is_critical(oid::EXTENDED_KEY_USAGE) == Some(true),
        "the extended key usage is critical though it has `anyExtendedKeyUsage`",
    );
}

pub(crate) fn leaf_present(view: &View<'_>, report: &mut Report<'_>) {
    report.add_if(
        view.context.role == Role::Leaf && view.extension(oid::EXTENDED_KEY_USAGE).is_none(),
        "the certificate has no extended key usage, so it serves for any purpose",
    );
}

pub(crate) fn root_absent(view: &View<'_>, report: &mut Report<'_>) {
    report.add_if(
        view.context.role == Role::Root && view.extension(oid::EXTENDED_KEY_USAGE).is_some(),
        "a root certificate has an extended key usage, which verifiers read in different ways",
    );
}

/// RFC 5280 section 4.2.1.12: with both extensions the key may only do what is consistent with both.
pub(crate) fn consistent_with_key_usage(view: &View<'_>, report: &mut Report<'_>) {
    if view.is_ca() || view.decoded.key_usage.is_none() {
        return;
    }
    for (purpose, name, fitting) in FITTING {
        if view.has_purpose(purpose) && !allows(view, fitting) {
            report.add(format!("the key usage has nothing that `{name}` could use"));
        }
    }
}

pub(crate) fn responder_only(view: &View<'_>, report: &mut Report<'_>) {
    if view.context.role == Role::OcspResponder
        && !matches!(view.purposes(), [purpose] if *purpose == oid::OCSP_SIGNING)
    {
        report.add("the extended key usage of an OCSP responder is not exactly `OCSPSigning`");
    }
}

pub(crate) fn responder_no_check(view: &View<'_>, report: &mut Report<'_>) {
    report.add_if(
        view.context.role == Role::OcspResponder && view.extension(oid::OCSP_NO_CHECK).is_none(),
        "the certificate of an OCSP responder lacks `id-pkix-ocsp-nocheck`: clients would ask it about itself",
    );
}

/// Whoever holds such a certificate can say of all certificates of its issuer that they are good.
pub(crate) fn ocsp_signing_only_in_responders(view: &View<'_>, report: &mut Report<'_>) {
    report.add_if(
        view.context.role != Role::OcspResponder && view.has_purpose(oid::OCSP_SIGNING),
        "the extended key usage `OCSPSigning` makes this certificate an OCSP responder of its issuer",
    );
}

pub(crate) fn no_check_only_in_responders(view: &View<'_>, report: &mut Report<'_>) {
    report.add_if(
        view.context.role != Role::OcspResponder && view.extension(oid::OCSP_NO_CHECK).is_some(),
        "`id-pkix-ocsp-nocheck` stands in a certificate that is no OCSP responder's",
    );
}

const FITTING: [(ObjectIdentifier, &str, u16); 6] = [
    (
        oid::SERVER_AUTH,
        "serverAuth",
        usage::DIGITAL_SIGNATURE | usage::KEY_ENCIPHERMENT | usage::KEY_AGREEMENT,
    ),
    (
        oid::CLIENT_AUTH,
        "clientAuth",
        usage::DIGITAL_SIGNATURE | usage::KEY_AGREEMENT,
    ),
    (oid::CODE_SIGNING, "codeSigning", usage::DIGITAL_SIGNATURE),
    (
        oid::EMAIL_PROTECTION,
        "emailProtection",
        usage::DIGITAL_SIGNATURE
            | usage::NON_REPUDIATION
            | usage::KEY_ENCIPHERMENT
            | usage::KEY_AGREEMENT,
    ),
    (
        oid::TIME_STAMPING,
        "timeStamping",
        usage::DIGITAL_SIGNATURE | usage::NON_REPUDIATION,
    ),
    (
        oid::OCSP_SIGNING,
        "OCSPSigning",
        usage::DIGITAL_SIGNATURE | usage::NON_REPUDIATION,
    ),
];
