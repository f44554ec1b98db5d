//! The policy section: which attributes of a request's subject get into the certificate, and in which order.

use tpm2ca_openssl_conf::{Section, Value};
use tpm2ca_x509::{Name, NameAttribute, ObjectIdentifier, oid};

use super::{CaFileError, PolicyRefusal, plan::PlanError};
use tpm2ca_openssl_x509v3::Objects;

/// What a policy says of one attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    Match,
    Supplied,
    Optional,
}

/// Applies the policy: the subject of the certificate, by OpenSSL's rules.
///
/// The attributes stand in the policy's order, each in an RDN of its own; what the policy does not name is left away.
/// With `preserve` the request's name stays as it is when the policy has nothing against it.
pub(super) fn apply(
    section: &Section,
    objects: &Objects,
    asked: &Name,
    ca: &Name,
    preserve: bool,
    email_in_dn: bool,
) -> Result<Name, PlanError> {
    let asked_rdns = asked.rdns();
    let asked_attributes: Vec<&NameAttribute<'_>> = asked_rdns.iter().flatten().collect();
    for attribute in &asked_attributes {
        check_type(attribute, email_in_dn)?;
    }
    let ca_rdns = ca.rdns();
    let mut chosen: Vec<Vec<u8>> = Vec::new();
    for value in section.values() {
        let (oid, rule) = rule(value, objects)?;
        let field = || value.name().to_owned();
        let own: Vec<&NameAttribute<'_>> = asked_attributes
            .iter()
            .copied()
            .filter(|attribute| attribute.oid == oid)
            .collect();
        match (rule, own.is_empty()) {
            (Rule::Supplied, true) => {
                return Err(PolicyRefusal::NotSupplied { field: field() }.into());
            }
            (Rule::Match, _) => {
                let of_ca: Vec<&NameAttribute<'_>> = ca_rdns
                    .iter()
                    .flatten()
                    .filter(|attribute| attribute.oid == oid)
                    .collect();
                let texts = || join(of_ca.iter().map(|attribute| attribute.text()));
                if own.is_empty() {
                    return Err(PolicyRefusal::NothingToMatch {
                        field: field(),
                        ca: texts(),
                    }
                    .into());
                }
                if of_ca.is_empty() {
                    return Err(PolicyRefusal::NotInCa { field: field() }.into());
                }
                for attribute in own {
                    if !of_ca.iter().any(|other| other.value == attribute.value) {
                        return Err(PolicyRefusal::Different {
                            field: field(),
                            ca: texts(),
                            request: attribute.text(),
                            types: of_ca.iter().any(|other| other.text() == attribute.text()),
                        }
                        .into());
                    }
                    chosen.push(attribute.der().to_vec());
                }
            }
            (Rule::Supplied | Rule::Optional, _) => {
                chosen.extend(own.iter().map(|attribute| attribute.der().to_vec()));
            }
        }
    }
    if preserve {
        return Ok(asked.clone());
    }
    Ok(Name::from_rdns(
        chosen.into_iter().map(|attribute| vec![attribute]),
    )?)
}

/// The name without its email addresses, for `email_in_dn = no`.
pub(super) fn without_email(name: &Name) -> Result<Name, tpm2ca_x509::Error> {
    Name::from_rdns(name.rdns().iter().filter_map(|rdn| {
        let rest: Vec<Vec<u8>> = rdn
            .iter()
            .filter(|attribute| attribute.oid != oid::EMAIL_ADDRESS)
            .map(|attribute| attribute.der().to_vec())
            .collect();
        (!rest.is_empty()).then_some(rest)
    }))
}

fn rule(value: &Value, objects: &Objects) -> Result<(ObjectIdentifier, Rule), CaFileError> {
    let oid = objects
        .find(value.name())
        .and_then(|oid| oid.to_object_identifier())
        .ok_or_else(|| {
            CaFileError::value(
                value,
                "there is no attribute of this name",
                Some("write it as in `commonName = supplied`; a policy takes no numbers in front of names"),
            )
        })?;
    let rule = match value.as_bytes() {
        b"match" => Rule::Match,
        b"supplied" => Rule::Supplied,
        b"optional" => Rule::Optional,
        other => {
            return Err(CaFileError::value(
                value,
                format!(
                    "expected `match`, `supplied` or `optional`, got `{}`",
                    other.escape_ascii()
                ),
                None,
            ));
        }
    };
    Ok((oid, rule))
}

/// What `openssl ca` wants of the string types, whatever the policy says.
fn check_type(attribute: &NameAttribute<'_>, email_in_dn: bool) -> Result<(), PolicyRefusal> {
    let is_email = attribute.oid == oid::EMAIL_ADDRESS;
    if is_email && !email_in_dn {
        return Ok(());
    }
    let string_type = attribute.string_type();
    if is_email && string_type != IA5_STRING {
        return Err(PolicyRefusal::EmailType);
    }
    if matches!(string_type, BMP_STRING | UTF8_STRING) {
        return Ok(());
    }
    let content = attribute.content();
    let beyond_ascii = content.iter().any(|octet| *octet >= 0x80);
    let printable = content
        .iter()
        .all(|octet| octet.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(octet));
    if (beyond_ascii && string_type != T61_STRING)
        || (!beyond_ascii && !printable && string_type == PRINTABLE_STRING)
    {
        return Err(PolicyRefusal::Characters {
            field: Objects::short_name(&attribute.oid)
                .map_or_else(|| attribute.oid.to_string(), str::to_owned),
        });
    }
    Ok(())
}

fn join(texts: impl Iterator<Item = String>) -> String {
    texts.collect::<Vec<_>>().join("`, `")
}

const UTF8_STRING: u8 = 12;
const PRINTABLE_STRING: u8 = 19;
const T61_STRING: u8 = 20;
const IA5_STRING: u8 = 22;
const BMP_STRING: u8 = 30;
