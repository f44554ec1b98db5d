//! The extensions of certificates, RFC 5280 section 4.2, each with the criticality that section asks for.
//!
//! What can hold odd bytes of others (names) or cannot fail is written here; what has a deep structure of our own making
//! goes through `x509-cert`'s types.

mod crl;
mod key_usage;

use der::{Encode, asn1::Ia5String};
use x509_cert::ext::pkix::{
    AccessDescription, AuthorityInfoAccessSyntax, CertificatePolicies, CrlDistributionPoints,
    ExtendedKeyUsage,
    certpolicy::PolicyInformation,
    crl::dp::DistributionPoint,
    name::{DistributionPointName, GeneralName as TypedGeneralName},
};

use crate::{
    Error, Extension, GeneralName, ObjectIdentifier, Subtree, encode_general_names,
    encode_name_constraints,
    general_name::ascii_bytes,
    oid,
    read::{Cursor, tag},
    write,
};

pub use crl::{delta_crl_indicator, freshest_crl, issuing_distribution_point};
pub use key_usage::KeyUsage;

/// Whether the subject is a CA, and how many intermediates may follow below it (RFC 5280 4.2.1.9). Critical for a CA;
/// for a leaf an empty SEQUENCE that is not critical, and `path_len` is ignored.
pub fn basic_constraints(ca: bool, path_len: Option<u8>) -> Extension {
    let mut content = Vec::new();
    if ca {
        write::push_tlv(&mut content, tag::BOOLEAN, &[0xff]);
        if let Some(path_len) = path_len {
            let number = [0, path_len];
            let shortest = if path_len < 0x80 {
                number.get(1..)
            } else {
                None
            };
            write::push_tlv(&mut content, tag::INTEGER, shortest.unwrap_or(&number));
        }
    }
    extension(
        oid::BASIC_CONSTRAINTS,
        ca,
        write::tlv(tag::SEQUENCE, &content),
    )
}

/// What the key may be used for (RFC 5280 4.2.1.3). Critical. RFC 5280 wants at least one bit set: leave the extension
/// away instead of writing none.
pub fn key_usage(usage: KeyUsage) -> Extension {
    extension(oid::KEY_USAGE, true, usage.to_der())
}

/// For which purposes the key may be used (RFC 5280 4.2.1.12). Not critical. Refuses an empty list.
pub fn extended_key_usage(purposes: &[ObjectIdentifier]) -> Result<Extension, Error> {
    not_empty(purposes, "extKeyUsage")?;
    typed(
        oid::EXTENDED_KEY_USAGE,
        "extKeyUsage",
        &ExtendedKeyUsage(purposes.to_vec()),
    )
}

/// The identifier of the certificate's own key (RFC 5280 4.2.1.2). Not critical.
pub fn subject_key_identifier(key_id: &[u8]) -> Extension {
    extension(
        oid::SUBJECT_KEY_IDENTIFIER,
        false,
        write::tlv(tag::OCTET_STRING, key_id),
    )
}

/// The identifier of the issuer's key (RFC 5280 4.2.1.1): `keyIdentifier` alone. Not critical.
pub fn authority_key_identifier(key_id: &[u8]) -> Extension {
    let key_id = write::tlv(tag::context(0), key_id);
    extension(
        oid::AUTHORITY_KEY_IDENTIFIER,
        false,
        write::tlv(tag::SEQUENCE, &key_id),
    )
}

/// The subject's names (RFC 5280 4.2.1.6). Must be critical exactly if the subject is empty, which the caller knows.
pub fn subject_alt_name(names: &[GeneralName], critical: bool) -> Result<Extension, Error> {
    Ok(extension(
        oid::SUBJECT_ALT_NAME,
        critical,
        encode_general_names(names)?,
    ))
}

/// The same from a GeneralNames SEQUENCE that is copied byte for byte.
pub fn subject_alt_name_raw(general_names_der: &[u8], critical: bool) -> Extension {
    extension(oid::SUBJECT_ALT_NAME, critical, general_names_der.to_vec())
}

/// Where OCSP is answered and where the issuer's certificate is (RFC 5280 4.2.2.1), as URIs. Not critical. Refuses to
/// say nothing.
pub fn authority_info_access(ocsp: &[String], ca_issuers: &[String]) -> Result<Extension, Error> {
    const FIELD: &str = "authorityInfoAccess";
    let ocsp = ocsp.iter().map(|uri| (oid::AD_OCSP, uri));
    let ca_issuers = ca_issuers.iter().map(|uri| (oid::AD_CA_ISSUERS, uri));
    let descriptions = ocsp
        .chain(ca_issuers)
        .map(|(access_method, text)| {
            Ok(AccessDescription {
                access_method,
                access_location: typed_uri(text, FIELD)?,
            })
        })
        .collect::<Result<Vec<_>, Error>>()?;
    not_empty(&descriptions, FIELD)?;
    typed(
        oid::AUTHORITY_INFO_ACCESS,
        FIELD,
        &AuthorityInfoAccessSyntax(descriptions),
    )
}

/// Where CRLs are (RFC 5280 4.2.1.13), as URIs; each becomes a distribution point of its own, so that a verifier that
/// fetches from the first one only is not left without. Not critical. Refuses an empty list.
pub fn crl_distribution_points(uris: &[String]) -> Result<Extension, Error> {
    const FIELD: &str = "cRLDistributionPoints";
    not_empty(uris, FIELD)?;
    let points = uris
        .iter()
        .map(|text| {
            Ok(DistributionPoint {
                distribution_point: Some(DistributionPointName::FullName(vec![typed_uri(
                    text, FIELD,
                )?])),
                reasons: None,
                crl_issuer: None,
            })
        })
        .collect::<Result<Vec<_>, Error>>()?;
    typed(
        oid::CRL_DISTRIBUTION_POINTS,
        FIELD,
        &CrlDistributionPoints(points),
    )
}

/// In which name spaces the names below a CA must lie (RFC 5280 4.2.1.10). Critical. Refuses to say nothing.
pub fn name_constraints(permitted: &[Subtree], excluded: &[Subtree]) -> Result<Extension, Error> {
    Ok(extension(
        oid::NAME_CONSTRAINTS,
        true,
        encode_name_constraints(permitted, excluded)?,
    ))
}

/// Under which policies the certificate was issued (RFC 5280 4.2.1.4), without qualifiers. Not critical. Refuses an
/// empty list.
pub fn certificate_policies(policies: &[ObjectIdentifier]) -> Result<Extension, Error> {
    const FIELD: &str = "certificatePolicies";
    not_empty(policies, FIELD)?;
    let policies = policies
        .iter()
        .map(|&policy_identifier| PolicyInformation {
            policy_identifier,
            policy_qualifiers: None,
        })
        .collect();
    typed(
        oid::CERTIFICATE_POLICIES,
        FIELD,
        &CertificatePolicies(policies),
    )
}

/// That an OCSP responder's certificate need not be checked for revocation (RFC 6960 4.2.2.2.1). Not critical.
pub fn ocsp_no_check() -> Extension {
    extension(oid::OCSP_NO_CHECK, false, write::tlv(tag::NULL, &[]))
}

/// Reads the value of basicConstraints: whether it is a CA, and its path length.
pub fn parse_basic_constraints(value: &[u8]) -> Result<(bool, Option<u32>), Error> {
    let mut outer = Cursor::new(value, "basicConstraints")?;
    let mut fields = outer.sequence("basicConstraints")?;
    outer.finish()?;
    let ca = match fields.optional(tag::BOOLEAN, "cA")? {
        Some(element) => element.as_boolean()?,
        None => false,
    };
    let path_len = match fields.optional(tag::INTEGER, "pathLenConstraint")? {
        Some(element) => Some(element.as_u32()?),
        None => None,
    };
    fields.finish()?;
    Ok((ca, path_len))
}

/// Reads the value of extKeyUsage.
pub fn parse_extended_key_usage(value: &[u8]) -> Result<Vec<ObjectIdentifier>, Error> {
    let mut outer = Cursor::new(value, "extKeyUsage")?;
    let mut list = outer.sequence("extKeyUsage")?;
    outer.finish()?;
    let mut purposes = Vec::new();
    while !list.is_finished() {
        purposes.push(list.oid("KeyPurposeId")?);
    }
    not_empty(&purposes, "extKeyUsage")?;
    Ok(purposes)
}

fn extension(oid: ObjectIdentifier, critical: bool, value: Vec<u8>) -> Extension {
    Extension {
        oid,
        critical,
        value,
    }
}

/// One of `x509-cert`'s types, not critical.
fn typed(
    oid: ObjectIdentifier,
    field: &'static str,
    value: &impl Encode,
) -> Result<Extension, Error> {
    let value = value
        .to_der()
        .map_err(|error| cannot_encode(field, error))?;
    Ok(extension(oid, false, value))
}

fn typed_uri(text: &str, field: &'static str) -> Result<TypedGeneralName, Error> {
    ascii_bytes(text, field)?;
    if text.is_empty() {
        return Err(Error::Value {
            field,
            problem: "has an empty URI".to_owned(),
        });
    }
    let text = Ia5String::new(text).map_err(|error| cannot_encode(field, error))?;
    Ok(TypedGeneralName::UniformResourceIdentifier(text))
}

fn cannot_encode(field: &'static str, error: der::Error) -> Error {
    Error::Value {
        field,
        problem: format!("cannot be encoded: {error}"),
    }
}

fn not_empty<T>(list: &[T], field: &'static str) -> Result<(), Error> {
    if list.is_empty() {
        return Err(Error::Value {
            field,
            problem: "must not be empty".to_owned(),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
