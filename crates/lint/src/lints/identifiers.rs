//! Key identifiers, RFC 5280 sections 4.2.1.1 and 4.2.1.2.

use tpm2ca_x509::oid;

use super::{Report, hex};
use crate::view::View;

pub(crate) fn authority_present(view: &View<'_>, report: &mut Report<'_>) {
    let identifier = view.decoded.authority_key_identifier;
    report.add_if(
        view.context.issuer.is_some() && identifier.and_then(|aki| aki.key_identifier).is_none(),
        "the certificate has no authority key identifier",
    );
}

pub(crate) fn authority_matches_issuer(view: &View<'_>, report: &mut Report<'_>) {
    let Some(found) = view
        .decoded
        .authority_key_identifier
        .and_then(|aki| aki.key_identifier)
    else {
        return;
    };
    let expected = match &view.context.issuer {
        Some(issuer) => issuer.key_identifier,
        None => view.decoded.subject_key_identifier,
    };
    if let Some(expected) = expected
        && found != expected
    {
        report.add(format!(
            "the authority key identifier is {} instead of the issuer's, {}",
            hex(found),
            hex(expected)
        ));
    }
}

pub(crate) fn authority_not_critical(view: &View<'_>, report: &mut Report<'_>) {
    report.add_if(
        view.is_critical(oid::AUTHORITY_KEY_IDENTIFIER) == Some(true),
        "the authority key identifier is critical",
    );
}

pub(crate) fn authority_pair(view: &View<'_>, report: &mut Report<'_>) {
    report.add_if(
        view.decoded
            .authority_key_identifier
            .is_some_and(|aki| aki.has_issuer != aki.has_serial),
        "the authority key identifier has only one of issuer and serial number",
    );
}

/// A CA that is certified again under the same key gets another serial number; its children then point nowhere.
pub(crate) fn authority_by_key_only(view: &View<'_>, report: &mut Report<'_>) {
    report.add_if(
        view.decoded
            .authority_key_identifier
            .is_some_and(|aki| aki.has_issuer && aki.has_serial),
        "the authority key identifier names the issuer's certificate beside its key",
    );
}

pub(crate) fn subject_present_in_ca(view: &View<'_>, report: &mut Report<'_>) {
    report.add_if(
        view.is_ca() && view.extension(oid::SUBJECT_KEY_IDENTIFIER).is_none(),
        "the certificate of a CA has no subject key identifier",
    );
}

pub(crate) fn subject_present_in_leaf(view: &View<'_>, report: &mut Report<'_>) {
    report.add_if(
        !view.is_ca() && view.extension(oid::SUBJECT_KEY_IDENTIFIER).is_none(),
        "the certificate has no subject key identifier",
    );
}

pub(crate) fn subject_not_critical(view: &View<'_>, report: &mut Report<'_>) {
    report.add_if(
        view.is_critical(oid::SUBJECT_KEY_IDENTIFIER) == Some(true),
        "the subject key identifier is critical",
    );
}

pub(crate) fn subject_not_empty(view: &View<'_>, report: &mut Report<'_>) {
    report.add_if(
        view.decoded
            .subject_key_identifier
            .is_some_and(<[u8]>::is_empty),
        "the subject key identifier is empty",
    );
}

pub(crate) fn subject_matches_key(view: &View<'_>, report: &mut Report<'_>) {
    if let (Some(expected), Some(found)) = (
        view.context.subject_key_identifier,
        view.decoded.subject_key_identifier,
    ) && found != expected
    {
        report.add(format!(
            "the subject key identifier is {} instead of the key's, {}",
            hex(found),
            hex(expected)
        ));
    }
}
