//! Where more is to be had: CRL distribution points (RFC 5280 section 4.2.1.13) and authority information access
//! (section 4.2.2.1).

use tpm2ca_x509::oid;

use super::{Report, quote};
use crate::{
    syntax,
    view::{GeneralName, View, kind},
};

pub(crate) fn crl_not_critical(view: &View<'_>, report: &mut Report<'_>) {
    report.add_if(
        view.is_critical(oid::CRL_DISTRIBUTION_POINTS) == Some(true),
        "the CRL distribution points are critical",
    );
}

pub(crate) fn crl_not_empty(view: &View<'_>, report: &mut Report<'_>) {
    report.add_if(
        view.decoded
            .distribution_points
            .as_ref()
            .is_some_and(Vec::is_empty),
        "the list of CRL distribution points is empty",
    );
}

pub(crate) fn crl_has_location(view: &View<'_>, report: &mut Report<'_>) {
    let mut points = view.decoded.distribution_points.iter().flatten();
    report.add_if(
        points.any(|point| !point.has_name && !point.has_crl_issuer),
        "a CRL distribution point says neither where the CRL is nor who issues it",
    );
}

pub(crate) fn crl_uris(view: &View<'_>, report: &mut Report<'_>) {
    for location in crl_locations(view) {
        if location.kind() != kind::DIRECTORY {
            expect_fetchable("the CRL distribution point", location, report);
        }
    }
}

pub(crate) fn access_not_critical(view: &View<'_>, report: &mut Report<'_>) {
    report.add_if(
        view.is_critical(oid::AUTHORITY_INFO_ACCESS) == Some(true),
        "the authority information access is critical",
    );
}

pub(crate) fn access_not_empty(view: &View<'_>, report: &mut Report<'_>) {
    report.add_if(
        view.decoded
            .authority_info_access
            .as_ref()
            .is_some_and(Vec::is_empty),
        "the authority information access is empty",
    );
}

pub(crate) fn access_uris(view: &View<'_>, report: &mut Report<'_>) {
    for access in view.decoded.authority_info_access.iter().flatten() {
        if access.is(oid::AD_OCSP) || access.is(oid::AD_CA_ISSUERS) {
            expect_fetchable("the access location", &access.location, report);
        }
    }
}

pub(crate) fn access_methods_known(view: &View<'_>, report: &mut Report<'_>) {
    for access in view.decoded.authority_info_access.iter().flatten() {
        if !access.is(oid::AD_OCSP) && !access.is(oid::AD_CA_ISSUERS) {
            report.add(format!("the access method {} is unknown", access.method));
        }
    }
}

/// To check the certificate of that very HTTPS server a client may need this CRL, OCSP answer or issuer.
pub(crate) fn no_https(view: &View<'_>, report: &mut Report<'_>) {
    let accesses = view.decoded.authority_info_access.iter().flatten();
    let locations = crl_locations(view).chain(accesses.map(|access| &access.location));
    for location in locations.filter(|location| location.kind() == kind::URI) {
        if syntax::scheme(location.content)
            .is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"https"))
        {
            report.add(format!(
                "{} is fetched over https, which may need this very certificate to be checked",
                quote(location.content)
            ));
        }
    }
}

fn crl_locations<'v, 'a>(view: &'v View<'a>) -> impl Iterator<Item = &'v GeneralName<'a>> {
    let points = view.decoded.distribution_points.iter().flatten();
    points.flat_map(|point| &point.full_name)
}

fn expect_fetchable(what: &str, location: &GeneralName<'_>, report: &mut Report<'_>) {
    if location.kind() != kind::URI {
        report.add(format!("{what} is not a URI"));
        return;
    }
    let flaw = syntax::uri_flaw(location.content).or_else(|| {
        let scheme = syntax::scheme(location.content)?;
        let known = [&b"http"[..], b"https", b"ldap", b"ldaps"];
        let is_known = known.iter().any(|known| scheme.eq_ignore_ascii_case(known));
        (!is_known).then_some("is neither http nor ldap")
    });
    if let Some(flaw) = flaw {
        report.add(format!("{what} {} {flaw}", quote(location.content)));
    }
}
