//! Key usage, RFC 5280 section 4.2.1.3, and what keys of a kind can do.

use tpm2ca_x509::oid;

use super::{Report, hex};
use crate::view::{View, usage};

pub(crate) fn ca_critical(view: &View<'_>, report: &mut Report<'_>) {
    report.add_if(
        view.is_ca() && view.is_critical(oid::KEY_USAGE) == Some(false),
        "the key usage of a CA is not critical",
    );
}

pub(crate) fn leaf_critical(view: &View<'_>, report: &mut Report<'_>) {
    report.add_if(
        !view.is_ca() && view.is_critical(oid::KEY_USAGE) == Some(false),
        "the key usage is not critical",
    );
}

pub(crate) fn leaf_present(view: &View<'_>, report: &mut Report<'_>) {
    report.add_if(
        !view.is_ca() && view.extension(oid::KEY_USAGE).is_none(),
        "the certificate has no key usage, so its key may be used for anything",
    );
}

pub(crate) fn not_empty(view: &View<'_>, report: &mut Report<'_>) {
    report.add_if(
        view.decoded.key_usage.is_some_and(|usage| usage.bits == 0),
        "the key usage allows nothing",
    );
}

/// X.690 section 11.2.2: of a BIT STRING with named bits, trailing zero bits are left out.
pub(crate) fn no_trailing_zeros(view: &View<'_>, report: &mut Report<'_>) {
    let Some(usage) = view.decoded.key_usage else {
        return;
    };
    let minimal = match usage.content {
        [0] => true,
        [unused @ 0..=7, .., last] => last & (1 << unused) != 0,
        _ => false,
    };
    if !minimal {
        report.add(format!(
            "the key usage {} has trailing zero bits",
            hex(usage.content)
        ));
    }
}

pub(crate) fn only_known_bits(view: &View<'_>, report: &mut Report<'_>) {
    if let Some(usage) = view.decoded.key_usage
        && (usage.bits > 0x1ff || usage.content.len() > 3)
    {
        report.add(format!(
            "the key usage {} has bits beyond the nine that are defined",
            hex(usage.content)
        ));
    }
}

pub(crate) fn ca_signs_certificates(view: &View<'_>, report: &mut Report<'_>) {
    if view.is_ca() && !allows(view, usage::KEY_CERT_SIGN) {
        report.add("the certificate of a CA lacks the key usage `keyCertSign`");
    }
}

pub(crate) fn ca_signs_crls(view: &View<'_>, report: &mut Report<'_>) {
    if view.is_ca() && !allows(view, usage::CRL_SIGN) {
        report
            .add("the certificate of a CA lacks the key usage `cRLSign`: no CRL of it will verify");
    }
}

pub(crate) fn leaf_signs_no_certificates(view: &View<'_>, report: &mut Report<'_>) {
    report.add_if(
        !view.is_ca() && allows(view, usage::KEY_CERT_SIGN),
        "the certificate is for no CA but has the key usage `keyCertSign`",
    );
}

pub(crate) fn leaf_signs_no_crls(view: &View<'_>, report: &mut Report<'_>) {
    report.add_if(
        !view.is_ca() && allows(view, usage::CRL_SIGN),
        "the certificate is for no CA but has the key usage `cRLSign`",
    );
}

pub(crate) fn only_with_agreement(view: &View<'_>, report: &mut Report<'_>) {
    report.add_if(
        allows(view, usage::ENCIPHER_ONLY | usage::DECIPHER_ONLY)
            && !allows(view, usage::KEY_AGREEMENT),
        "`encipherOnly` or `decipherOnly` mean nothing without `keyAgreement`",
    );
}

pub(crate) fn fits_rsa(view: &View<'_>, report: &mut Report<'_>) {
    let impossible = usage::KEY_AGREEMENT | usage::ENCIPHER_ONLY | usage::DECIPHER_ONLY;
    report.add_if(
        view.public_key.is_rsa() && allows(view, impossible),
        "the key usage has `keyAgreement`, which an RSA key cannot do",
    );
}

pub(crate) fn fits_ec(view: &View<'_>, report: &mut Report<'_>) {
    let impossible = usage::KEY_ENCIPHERMENT | usage::DATA_ENCIPHERMENT;
    report.add_if(
        view.public_key.is_ec() && allows(view, impossible),
        "the key usage has `keyEncipherment` or `dataEncipherment`, which an EC key cannot do",
    );
}

pub(crate) fn fits_ed25519(view: &View<'_>, report: &mut Report<'_>) {
    let impossible = usage::KEY_ENCIPHERMENT
        | usage::DATA_ENCIPHERMENT
        | usage::KEY_AGREEMENT
        | usage::ENCIPHER_ONLY
        | usage::DECIPHER_ONLY;
    report.add_if(
        view.public_key.is_ed25519() && allows(view, impossible),
        "the key usage has more than signing, which an Ed25519 key cannot do",
    );
}

/// RFC 8446 section 4.4.2.2: TLS 1.3 servers sign.
pub(crate) fn server_signs(view: &View<'_>, report: &mut Report<'_>) {
    report.add_if(
        is_restricted_server(view)
            && (view.public_key.is_ec() || view.public_key.is_ed25519())
            && !allows(view, usage::DIGITAL_SIGNATURE),
        "the server's key usage lacks `digitalSignature`: no TLS handshake will work with its key",
    );
}

pub(crate) fn rsa_server_signs(view: &View<'_>, report: &mut Report<'_>) {
    report.add_if(
        is_restricted_server(view)
            && view.public_key.is_rsa()
            && !allows(view, usage::DIGITAL_SIGNATURE),
        "the server's key usage lacks `digitalSignature`: TLS 1.3 will not work",
    );
}

/// Whether at least one of `bits` is allowed explicitly.
pub(super) fn allows(view: &View<'_>, bits: u16) -> bool {
    view.decoded
        .key_usage
        .is_some_and(|usage| usage.has_any(bits))
}

fn is_restricted_server(view: &View<'_>) -> bool {
    !view.is_ca() && view.has_purpose(oid::SERVER_AUTH) && view.decoded.key_usage.is_some()
}
