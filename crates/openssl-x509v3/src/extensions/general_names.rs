//! GeneralName in all its forms (RFC 5280 section 4.2.1.6), and the extensions that are lists of them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use tpm2ca_x509::{Name, oid};

use super::{ExtensionBuilder, sections};
use crate::{
    asn1::Generator,
    context::{Issuer, Target},
    der::{self, tag},
    error::{Problem, shown},
    list::{self, Item},
    names::NameRules,
    scalar,
};

type Made = Result<Vec<u8>, Problem>;

/// How an `IP:` is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Address {
    /// An address.
    Single,
    /// An address and a mask, as in name constraints.
    Masked,
}

/// subjectAltName: `email:copy` and `email:move` take the addresses of the subject.
pub(super) fn subject(builder: &mut ExtensionBuilder<'_>, items: &[Item<'_>]) -> Made {
    let mut names = Vec::new();
    for item in items {
        match item.value {
            Some(b"copy") if item.is("email") => names.extend(copy_email(builder, false)?),
            Some(b"move") if item.is("email") => names.extend(copy_email(builder, true)?),
            _ => names.extend(blamed(builder, item)?),
        }
    }
    Ok(der::tlv(tag::SEQUENCE, &names))
}

/// issuerAltName: `issuer:copy` takes the issuer's subjectAltName.
pub(super) fn issuer(builder: &mut ExtensionBuilder<'_>, items: &[Item<'_>]) -> Made {
    let mut names = Vec::new();
    for item in items {
        match item.value {
            Some(b"copy") if item.is("issuer") => {
                names.extend(copy_issuer(builder).map_err(|problem| item.blame(problem))?);
            }
            _ => names.extend(blamed(builder, item)?),
        }
    }
    Ok(der::tlv(tag::SEQUENCE, &names))
}

/// The names of a list, one after the other.
pub(super) fn contents(builder: &mut ExtensionBuilder<'_>, items: &[Item<'_>]) -> Made {
    let mut names = Vec::new();
    for item in items {
        names.extend(blamed(builder, item)?);
    }
    Ok(names)
}

/// The names of `@section`, or of a list.
pub(super) fn contents_of(builder: &mut ExtensionBuilder<'_>, text: &[u8]) -> Made {
    match text.strip_prefix(b"@") {
        Some(name) => {
            let section = sections::find(builder, name)?;
            contents(builder, &list::of_section(section.values()))
        }
        None => contents(builder, &list::parse(text)?),
    }
}

fn blamed(builder: &mut ExtensionBuilder<'_>, item: &Item<'_>) -> Made {
    one(builder, item, Address::Single).map_err(|problem| item.blame(problem))
}

/// One name.
pub(super) fn one(builder: &mut ExtensionBuilder<'_>, item: &Item<'_>, address: Address) -> Made {
    let value = item.required()?;
    let texts = [("email", 1), ("DNS", 2), ("URI", 6)];
    if let Some((_, number)) = texts.iter().find(|(form, _)| item.is(form)) {
        if !value.is_ascii() {
            builder.warnings.push(item.warning(format!(
                "`{}` is not ASCII, as RFC 5280 section 4.2.1.6 wants it; write other letters as an A-label (`xn--…`)",
                shown(value)
            )));
        }
        Ok(der::tlv(tag::context(*number), value))
    } else if item.is("IP") {
        Ok(der::tlv(tag::context(7), &ip(value, address)?))
    } else if item.is("RID") {
        let oid = builder.context.objects.require(value)?;
        Ok(der::tlv(tag::context(8), oid.as_content()))
    } else if item.is("dirName") {
        let name = directory_name(builder, value)?;
        Ok(der::tlv(tag::context_constructed(4), &name))
    } else if item.is("otherName") {
        other_name(builder, value)
    } else {
        Err(Problem::new(format!(
            "there is no form of name called `{}`",
            shown(item.name)
        ))
        .hint("forms are `DNS`, `IP`, `email`, `URI`, `RID`, `dirName` and `otherName`, in this spelling; several in a section are `DNS.1`, `DNS.2`"))
    }
}

fn ip(value: &[u8], kind: Address) -> Made {
    let wrong = |expected: &str, hint: &str| {
        Problem::new(format!("expected {expected}, found `{}`", shown(value))).hint(hint)
    };
    match kind {
        Address::Single => scalar::address(value).ok_or_else(|| {
            wrong(
                "an IP address",
                "write `192.0.2.1` or `2001:db8::1`, without a mask",
            )
        }),
        Address::Masked => {
            let parts = value.iter().position(|&b| b == b'/').and_then(|at| {
                let (address, mask) = value.split_at(at);
                let address = scalar::address(address)?;
                let mask = scalar::address(mask.get(1..)?)?;
                (address.len() == mask.len()).then(|| [address, mask].concat())
            });
            parts.ok_or_else(|| {
                let example =
                    with_mask(value).unwrap_or_else(|| "192.0.2.0/255.255.255.0".to_owned());
                wrong(
                    "an address and a mask of the same kind",
                    &format!("write `{example}`; a number of bits is not understood"),
                )
            })
        }
    }
}

/// `192.0.2.0/24` with its mask written out.
fn with_mask(value: &[u8]) -> Option<String> {
    let (address, bits) = std::str::from_utf8(value).ok()?.split_once('/')?;
    let bits: u32 = bits.parse().ok()?;
    let mask = match address.parse().ok()? {
        IpAddr::V4(_) if bits <= 32 => {
            let mask = u32::MAX.checked_shl(32 - bits).unwrap_or_default();
            Ipv4Addr::from(mask).to_string()
        }
        IpAddr::V6(_) if bits <= 128 => {
            let mask = u128::MAX.checked_shl(128 - bits).unwrap_or_default();
            Ipv6Addr::from(mask).to_string()
        }
        _ => return None,
    };
    Some(format!("{address}/{mask}"))
}

/// A section with the attributes of a name, in Latin-1 whatever `utf8` says.
fn directory_name(builder: &ExtensionBuilder<'_>, section: &[u8]) -> Made {
    let mut name = rules(builder).builder();
    for value in sections::find(builder, section)?.values() {
        name.push_entry(value)
            .map_err(|problem| problem.at(value))?;
    }
    let name = name
        .finish()
        .map_err(|error| Problem::new(error.to_string()))?;
    Ok(name.as_der().to_vec())
}

pub(super) fn rules<'a>(builder: &ExtensionBuilder<'a>) -> NameRules<'a> {
    NameRules {
        objects: builder.context.objects,
        string_mask: builder.context.string_mask,
        utf8: false,
    }
}

/// `OID;VALUE`, the value in the `ASN1:` language.
fn other_name(builder: &ExtensionBuilder<'_>, value: &[u8]) -> Made {
    let semicolon = value.iter().position(|&b| b == b';').ok_or_else(|| {
        Problem::new(format!(
            "expected `OID;TYPE:VALUE`, found `{}`",
            shown(value)
        ))
        .hint("write it like `otherName:1.3.6.1.4.1.311.20.2.3;UTF8:user@example.com`")
    })?;
    let (kind, description) = value.split_at(semicolon);
    let context = &builder.context;
    let inner = Generator::new(context.conf, context.objects)
        .generate(description.get(1..).unwrap_or_default())?;
    let mut content = context.objects.require(kind)?.to_der();
    der::push(&mut content, tag::context_constructed(0), &inner);
    Ok(der::tlv(tag::context_constructed(0), &content))
}

/// All emailAddress attributes of the subject as names; `take` removes them from it.
fn copy_email(builder: &mut ExtensionBuilder<'_>, take: bool) -> Made {
    let Some(subject) = &builder.subject else {
        return Err(Problem::new("there is no subject to take an address from"));
    };
    let mut names = Vec::new();
    let mut left = Vec::new();
    for rdn in subject.rdns() {
        let mut attributes = Vec::new();
        for attribute in rdn {
            if attribute.oid == oid::EMAIL_ADDRESS {
                let (_, content, _) = der::read(attribute.value)
                    .ok_or_else(|| Problem::new("the subject is not DER"))?;
                der::push(&mut names, tag::context(1), content);
            } else {
                let mut encoded = der::tlv(tag::OID, attribute.oid.as_bytes());
                encoded.extend_from_slice(attribute.value);
                attributes.push(der::tlv(tag::SEQUENCE, &encoded));
            }
        }
        if !attributes.is_empty() {
            der::push(&mut left, tag::SET, &der::sorted(attributes));
        }
    }
    if take && !names.is_empty() {
        let left = Name::from_der(der::tlv(tag::SEQUENCE, &left))
            .map_err(|error| Problem::new(error.to_string()))?;
        builder.subject = Some(left);
    }
    Ok(names)
}

/// Content of the issuer's subjectAltName; nothing if it has none.
fn copy_issuer(builder: &ExtensionBuilder<'_>) -> Made {
    let value = match builder.context.target {
        Target::Request { .. } => {
            return Err(Problem::new("a request has no issuer to take names from")
                .hint("put issuerAltName into the section for certificates"));
        }
        Target::Certificate {
            issuer: Issuer::Itself { .. },
            ..
        } => builder.value_of(oid::SUBJECT_ALT_NAME),
        Target::Certificate {
            issuer: Issuer::Other(issuer),
            ..
        }
        | Target::Crl { issuer } => issuer.subject_alt_name,
    };
    match value {
        None => Ok(Vec::new()),
        Some(value) => der::content(value, tag::SEQUENCE)
            .map(<[u8]>::to_vec)
            .ok_or_else(|| Problem::new("the issuer's subjectAltName cannot be read")),
    }
}
