//! The extensions that a profile decides (RFC 5280, section 4.2).

use der::asn1::ObjectIdentifier;
use der::{Decode, SliceReader, Tag};
use tpm2ca_x509::{Extension, Subtree, ext, oid, spki_algorithm_der};

use super::subject::tlv;
use crate::choice::{Kind, LeafBasicConstraints};
use crate::constraint::{Constraints, is_within, parse_permitted_dns};
use crate::names::{DnsName, IpPattern, PatternError};
use crate::profile::Profile;
use crate::refusal::Refusal;
use crate::request::{IssuerView, Request};
use crate::usage::fitting;

/// All of them in the order of the certificate; `san` was decided before.
pub(super) fn decide(
    profile: &Profile,
    request: &Request<'_>,
    issuer: Option<&IssuerView<'_>>,
    san: Option<Extension>,
    notes: &mut Vec<String>,
) -> Result<Vec<Extension>, Refusal> {
    let mut extensions = Vec::new();
    match profile.kind {
        Kind::Root | Kind::Intermediate => {
            extensions.push(ext::basic_constraints(
                true,
                path_len(profile, issuer, notes),
            ));
        }
        Kind::Leaf if profile.basic_constraints == LeafBasicConstraints::Present => {
            extensions.push(ext::basic_constraints(false, None));
        }
        Kind::Leaf => {}
    }
    extensions.extend(key_usage(profile, request.spki_der)?);
    if !profile.extended_key_usage.is_empty() {
        extensions.push(ext::extended_key_usage(&profile.extended_key_usage)?);
    }
    extensions.extend(san);
    if !profile.policies.is_empty() {
        extensions.push(ext::certificate_policies(&profile.policies)?);
    }
    extensions.extend(name_constraints(profile, request, issuer)?);
    if profile.ocsp_no_check {
        extensions.push(ext::ocsp_no_check());
    }
    if profile.must_staple {
        extensions.push(must_staple());
    }
    Ok(extensions)
}

/// The profile's path length, within what the issuer's leaves.
fn path_len(
    profile: &Profile,
    issuer: Option<&IssuerView<'_>>,
    notes: &mut Vec<String>,
) -> Option<u8> {
    // An issuer with 0 was refused before.
    let left = issuer?
        .path_len
        .map(|len| u8::try_from(len.saturating_sub(1)).unwrap_or(u8::MAX));
    match (profile.path_len, left) {
        (Some(wanted), Some(left)) if wanted > left => {
            notes.push(format!(
                "the path length was cut to {left} instead of {wanted}: the issuer leaves no more"
            ));
            Some(left)
        }
        (None, Some(left)) => {
            notes.push(format!(
                "the path length was set to {left}: the issuer leaves no more"
            ));
            Some(left)
        }
        (wanted, _) => wanted,
    }
}

/// The profile's key usage, less what a key of this algorithm cannot do.
fn key_usage(profile: &Profile, spki_der: &[u8]) -> Result<Option<Extension>, Refusal> {
    let algorithm = key_algorithm(spki_der)?;
    if profile.key_usage.is_empty() {
        return Ok(None);
    }
    let usage = fitting(profile.key_usage, algorithm);
    if usage.is_empty() {
        return Err(Refusal::KeyUsage {
            algorithm: algorithm.to_string(),
            usages: profile.key_usage,
            profile: profile.name.clone(),
        });
    }
    Ok(Some(ext::key_usage(usage)))
}

/// The object identifier of a key's algorithm.
fn key_algorithm(spki_der: &[u8]) -> Result<ObjectIdentifier, Refusal> {
    let algorithm = spki_algorithm_der(spki_der).map_err(|error| Refusal::KeyUnreadable {
        problem: error.to_string(),
    })?;
    let read = || {
        let mut reader = SliceReader::new(algorithm)?;
        let header = der::Header::decode(&mut reader)?;
        header.tag().assert_eq(Tag::Sequence)?;
        ObjectIdentifier::decode(&mut reader)
    };
    read().map_err(|error: der::Error| Refusal::KeyUnreadable {
        problem: error.to_string(),
    })
}

/// For an intermediate: the DNS names of the request, else those of the profile, as permitted
/// subtrees.
///
/// RFC 5280 leaves types of names without a constraint unlimited; who permits only `example.com`
/// does not expect certificates for arbitrary IP addresses. So all addresses but those of
/// `permit_ip` are excluded.
fn name_constraints(
    profile: &Profile,
    request: &Request<'_>,
    issuer: Option<&IssuerView<'_>>,
) -> Result<Option<Extension>, Refusal> {
    let permitted_dns = permitted_dns(profile, request)?;
    if permitted_dns.is_empty() {
        return Ok(None);
    }
    if let Some(issuer) = issuer {
        let constraints = Constraints {
            permitted: issuer.permitted,
            excluded: issuer.excluded,
        };
        for text in &permitted_dns {
            // It has been through the same parser, so the other outcome does not happen.
            if let Ok(name) = DnsName::parse(text, true) {
                constraints.dns(&format!("DNS:{text}"), &name)?;
            }
        }
    }
    let mut permitted: Vec<_> = permitted_dns.into_iter().map(Subtree::Dns).collect();
    let mut versions = [false; 2];
    for pattern in &profile.permit_ip {
        match *pattern {
            IpPattern::Any => versions = [true; 2],
            IpPattern::Block { address, prefix } => {
                let [v4, v6] = &mut versions;
                *(if address.is_ipv4() { v4 } else { v6 }) = true;
                permitted.push(Subtree::Ip(address, prefix));
            }
        }
    }
    // Of a version without any permitted block, everything is excluded: verifiers differ on whether
    // a permitted block of the one version limits the other.
    let [v4, v6] = versions;
    let everything = [(v4, Subtree::Ip(ALL_V4, 0)), (v6, Subtree::Ip(ALL_V6, 0))];
    let excluded: Vec<_> = everything
        .into_iter()
        .filter(|(open, _)| !open)
        .map(|(_, subtree)| subtree)
        .collect();
    Ok(Some(ext::name_constraints(&permitted, &excluded)?))
}

fn permitted_dns(profile: &Profile, request: &Request<'_>) -> Result<Vec<String>, Refusal> {
    if request.permitted_dns.is_empty() {
        return Ok(profile.permit_dns.clone());
    }
    if profile.kind != Kind::Intermediate {
        return Err(Refusal::ConstraintsForKind {
            profile: profile.name.clone(),
            kind: profile.kind,
        });
    }
    let mut names = Vec::with_capacity(request.permitted_dns.len());
    for text in request.permitted_dns {
        let name = parse_permitted_dns(text).map_err(|PatternError { problem, hint }| {
            Refusal::BadPermittedDns {
                name: text.clone(),
                problem,
                hint,
            }
        })?;
        let fits = profile.permit_dns.is_empty()
            || profile.permit_dns.iter().any(|base| is_within(&name, base));
        if !fits {
            return Err(Refusal::PermittedDnsTooWide {
                name,
                permitted: profile.permit_dns.clone(),
                profile: profile.name.clone(),
            });
        }
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Ok(names)
}

/// RFC 7633: a list of TLS extensions, here `status_request` (5) alone.
fn must_staple() -> Extension {
    const SEQUENCE: u8 = 0x30;
    const INTEGER: u8 = 0x02;
    const STATUS_REQUEST: u8 = 5;
    let value = tlv(SEQUENCE, &tlv(INTEGER, &[STATUS_REQUEST]));
    Extension {
        oid: oid::TLS_FEATURE,
        critical: false,
        value,
    }
}

const ALL_V4: std::net::IpAddr = std::net::IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED);
const ALL_V6: std::net::IpAddr = std::net::IpAddr::V6(std::net::Ipv6Addr::UNSPECIFIED);
