//! The extensions of CRLs that say which certificates a list is about, and where there are newer ones: RFC 5280
//! section 5.2.

use x509_cert::ext::pkix::{
    CrlDistributionPoints, IssuingDistributionPoint, crl::dp::DistributionPoint,
    name::DistributionPointName,
};

use super::{not_empty, typed, typed_uri};
use crate::{Error, Extension, crl::integer_content, oid, read::tag, write};

/// That the list is about the certificates whose distribution point has one of these URIs (RFC 5280 5.2.5), of whatever
/// kind they are. Critical. Refuses an empty list.
pub fn issuing_distribution_point(uris: &[String]) -> Result<Extension, Error> {
    const FIELD: &str = "issuingDistributionPoint";
    not_empty(uris, FIELD)?;
    let names = uris
        .iter()
        .map(|uri| typed_uri(uri, FIELD))
        .collect::<Result<_, _>>()?;
    let point = IssuingDistributionPoint {
        distribution_point: Some(DistributionPointName::FullName(names)),
        only_contains_user_certs: false,
        only_contains_ca_certs: false,
        only_some_reasons: None,
        indirect_crl: false,
        only_contains_attribute_certs: false,
    };
    Ok(Extension {
        critical: true,
        ..typed(oid::ISSUING_DISTRIBUTION_POINT, FIELD, &point)?
    })
}

/// That the list has only what has changed since the complete list with this number (RFC 5280 5.2.4). Critical.
pub fn delta_crl_indicator(base: u64) -> Extension {
    Extension {
        oid: oid::DELTA_CRL_INDICATOR,
        critical: true,
        value: write::tlv(tag::INTEGER, &integer_content(base)),
    }
}

/// Where the delta CRLs to a complete list are (RFC 5280 5.2.6), as URIs, each a distribution point of its own. Not
/// critical. Refuses an empty list.
pub fn freshest_crl(uris: &[String]) -> Result<Extension, Error> {
    const FIELD: &str = "freshestCRL";
    not_empty(uris, FIELD)?;
    let points = uris
        .iter()
        .map(|uri| {
            Ok(DistributionPoint {
                distribution_point: Some(DistributionPointName::FullName(vec![typed_uri(
                    uri, FIELD,
                )?])),
                reasons: None,
                crl_issuer: None,
            })
        })
        .collect::<Result<Vec<_>, Error>>()?;
    typed(oid::FRESHEST_CRL, FIELD, &CrlDistributionPoints(points))
}
