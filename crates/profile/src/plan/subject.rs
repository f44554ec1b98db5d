//! The subject of a certificate (RFC 5280, section 4.1.2.6).

use tpm2ca_x509::{Name, ObjectIdentifier};

use crate::choice::SubjectRule;
use crate::profile::Profile;
use crate::refusal::Refusal;
use crate::request::{IssuerView, SubjectSource};
use crate::usage::attribute_name;

/// The subject as it was asked for.
pub(super) fn read(source: SubjectSource<'_>) -> Result<Name, Refusal> {
    match source {
        SubjectSource::Operator(name) => Ok(name.clone()),
        SubjectSource::Csr(der) => {
            Name::from_der(der.to_vec()).map_err(|error| Refusal::SubjectUnreadable {
                problem: error.to_string(),
            })
        }
    }
}

/// The subject as it will be.
pub(super) fn decide(
    profile: &Profile,
    source: SubjectSource<'_>,
    asked: &Name,
    issuer: Option<&IssuerView<'_>>,
    notes: &mut Vec<String>,
) -> Result<Name, Refusal> {
    let subject = match (profile.subject, source) {
        // Who gives a subject by hand has left out already what should not be there.
        (SubjectRule::Csr, _) | (SubjectRule::Rebuild, SubjectSource::Operator(_)) => {
            check_attributes(profile, asked)?;
            asked.clone()
        }
        (SubjectRule::Rebuild, SubjectSource::Csr(_)) => rebuild(profile, asked, notes)?,
        (SubjectRule::Empty, _) => {
            if !asked.is_empty() {
                notes.push(format!(
                    "the subject `{asked}` was left out: profile `{}` has none",
                    profile.name
                ));
            }
            Name::empty()
        }
    };
    for (oid, _, text) in subject.attributes() {
        // Verifiers written in C have taken the part before a NUL for the whole.
        if text.contains('\0') {
            return Err(Refusal::SubjectUnreadable {
                problem: format!(
                    "its attribute `{}` has a NUL character",
                    attribute_name(&oid)
                ),
            });
        }
    }
    if subject.is_empty() && profile.kind.is_ca() {
        return Err(Refusal::SubjectEmpty {
            profile: profile.name.clone(),
        });
    }
    let is_issuer = |issuer: &IssuerView<'_>| {
        Name::from_der(issuer.subject_der.to_vec()).is_ok_and(|issuer| issuer.matches(&subject))
    };
    if !subject.is_empty() && issuer.is_some_and(is_issuer) {
        return Err(Refusal::SubjectIsIssuer {
            subject: subject.to_string(),
        });
    }
    Ok(subject)
}

fn check_attributes(profile: &Profile, subject: &Name) -> Result<(), Refusal> {
    let allowed = &profile.subject_attributes;
    if allowed.is_empty() {
        return Ok(());
    }
    match subject
        .attributes()
        .find(|(oid, ..)| !allowed.contains(oid))
    {
        None => Ok(()),
        Some((oid, ..)) => Err(Refusal::SubjectAttribute {
            attribute: attribute_name(&oid),
            allowed: allowed.iter().map(attribute_name).collect(),
            profile: profile.name.clone(),
        }),
    }
}

/// The listed attributes of `asked` in their order, each in an RDN of its own, each value in its
/// own octets.
fn rebuild(profile: &Profile, asked: &Name, notes: &mut Vec<String>) -> Result<Name, Refusal> {
    let mut content = Vec::new();
    let mut dropped: Vec<String> = Vec::new();
    for (oid, value, _) in asked.attributes() {
        if profile.subject_attributes.contains(&oid) {
            content.extend(rdn(&oid, value));
        } else {
            dropped.push(format!("`{}`", attribute_name(&oid)));
        }
    }
    if !dropped.is_empty() {
        dropped.dedup();
        notes.push(format!(
            "left out of the subject: {} (not in subject_attributes of profile `{}`)",
            dropped.join(", "),
            profile.name
        ));
    }
    Name::from_der(tlv(SEQUENCE, &content)).map_err(|error| Refusal::SubjectUnreadable {
        problem: error.to_string(),
    })
}

fn rdn(oid: &ObjectIdentifier, value: &[u8]) -> Vec<u8> {
    let mut attribute = tlv(OBJECT_IDENTIFIER, oid.as_bytes());
    attribute.extend_from_slice(value);
    tlv(SET, &tlv(SEQUENCE, &attribute))
}

/// One DER element (X.690, section 8.1.3 and 10.1).
pub(super) fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut der = vec![tag];
    let len = content.len().to_be_bytes();
    match u8::try_from(content.len()) {
        Ok(short) if short < 0x80 => der.push(short),
        _ => {
            let octets: Vec<u8> = len.into_iter().skip_while(|octet| *octet == 0).collect();
            // At most eight octets on any machine.
            der.push(0x80 | u8::try_from(octets.len()).unwrap_or(8));
            der.extend(octets);
        }
    }
    der.extend_from_slice(content);
    der
}

const OBJECT_IDENTIFIER: u8 = 0x06;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
