//! crlDistributionPoints, freshestCRL and issuingDistributionPoint: RFC 5280 sections 4.2.1.13, 4.2.1.15 and 5.2.5.

use super::{
    ExtensionBuilder, basic,
    general_names::{self, Address},
    sections,
};
use crate::{
    der::{self, tag},
    error::Problem,
    list::{self, Item},
    scalar,
};

/// `URI:http://crl.example.com/ca.crl`, or names of sections that describe a point.
pub(super) fn points(
    builder: &mut ExtensionBuilder<'_>,
    items: &[Item<'_>],
) -> Result<Vec<u8>, Problem> {
    let mut points = Vec::new();
    for item in items {
        let content = if item.value.is_some() {
            let name = general_names::one(builder, item, Address::Single)
                .map_err(|problem| item.blame(problem))?;
            let full_name = der::tlv(tag::context_constructed(0), &name);
            der::tlv(tag::context_constructed(0), &full_name)
        } else {
            described(builder, item.name)?
        };
        der::push(&mut points, tag::SEQUENCE, &content);
    }
    Ok(der::tlv(tag::SEQUENCE, &points))
}

/// A point from its own section.
fn described(builder: &mut ExtensionBuilder<'_>, section: &[u8]) -> Result<Vec<u8>, Problem> {
    let section = sections::find(builder, section)?;
    let mut name = None;
    let mut reasons = None;
    let mut issuer = None;
    for item in list::of_section(section.values()) {
        let blame = |problem| item.blame(problem);
        if let Some(point) = point_name(builder, &item).map_err(blame)? {
            once(&mut name, point).map_err(blame)?;
        } else if item.name == b"reasons" {
            once(&mut reasons, self::reasons(&item).map_err(blame)?).map_err(blame)?;
        } else if item.name == b"CRLissuer" {
            let text = item.required().map_err(blame)?;
            issuer = Some(general_names::contents_of(builder, text).map_err(blame)?);
        } else {
            builder.warnings.push(item.warning(
                "means nothing in the section of a distribution point and is passed over; known are `fullname`, `relativename`, `reasons` and `CRLissuer`",
            ));
        }
    }
    let mut content = Vec::new();
    if let Some(name) = name {
        der::push(&mut content, tag::context_constructed(0), &name);
    }
    if let Some(reasons) = reasons {
        der::push(&mut content, tag::context(1), &reasons);
    }
    if let Some(issuer) = issuer {
        der::push(&mut content, tag::context_constructed(2), &issuer);
    }
    Ok(content)
}

/// `fullname:…, onlyuser:TRUE` and so on.
pub(super) fn issuing(
    builder: &mut ExtensionBuilder<'_>,
    items: &[Item<'_>],
) -> Result<Vec<u8>, Problem> {
    const FLAGS: [(&[u8], u8); 4] = [
        (b"onlyuser", 1),
        (b"onlyCA", 2),
        (b"indirectCRL", 4),
        (b"onlyAA", 5),
    ];
    let mut name = None;
    let mut reasons = None;
    let mut flags = [false; 6];
    for item in items {
        let blame = |problem| item.blame(problem);
        let flag = FLAGS.iter().find(|(word, _)| *word == item.name);
        if let Some(point) = point_name(builder, item).map_err(blame)? {
            once(&mut name, point).map_err(blame)?;
        } else if let Some((_, number)) = flag {
            let value = item.required().and_then(scalar::boolean).map_err(blame)?;
            if let Some(flag) = flags.get_mut(usize::from(*number)) {
                *flag = value;
            }
        } else if item.name == b"onlysomereasons" {
            once(&mut reasons, self::reasons(item).map_err(blame)?).map_err(blame)?;
        } else {
            let problem = Problem::new(format!("there is no `{}` in it", item.shown())).hint(
                "known are `fullname`, `relativename`, `onlyuser`, `onlyCA`, `onlyAA`, `indirectCRL` and `onlysomereasons`",
            );
            return Err(blame(problem));
        }
    }
    let mut content = Vec::new();
    if let Some(name) = name {
        der::push(&mut content, tag::context_constructed(0), &name);
    }
    for (number, flag) in (0..).zip(flags) {
        if number == 3 {
            if let Some(reasons) = &reasons {
                der::push(&mut content, tag::context(3), reasons);
            }
        } else if flag {
            der::push(&mut content, tag::context(number), &[0xff]);
        }
    }
    Ok(der::tlv(tag::SEQUENCE, &content))
}

/// The DistributionPointName of a `fullname` or `relativename`.
fn point_name(
    builder: &mut ExtensionBuilder<'_>,
    item: &Item<'_>,
) -> Result<Option<Vec<u8>>, Problem> {
    match item.name {
        b"fullname" => {
            let names = general_names::contents_of(builder, item.required()?)?;
            Ok(Some(der::tlv(tag::context_constructed(0), &names)))
        }
        b"relativename" => {
            let section = sections::find(builder, item.required()?)?;
            let mut name = general_names::rules(builder).builder();
            for value in section.values() {
                name.push_entry(value)
                    .map_err(|problem| problem.at(value))?;
            }
            let rdn = name.finish_relative().ok_or_else(|| {
                Problem::new(format!(
                    "a relative name is one RDN, [{}] makes none or several",
                    section.name()
                ))
                .hint("write `+` in front of the second and every further attribute")
            })?;
            Ok(Some(der::tlv(tag::context_constructed(1), &rdn)))
        }
        _ => Ok(None),
    }
}

fn once(place: &mut Option<Vec<u8>>, value: Vec<u8>) -> Result<(), Problem> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(Problem::new("is given twice").hint("remove one of them")),
    }
}

/// Content of a ReasonFlags.
fn reasons(item: &Item<'_>) -> Result<Vec<u8>, Problem> {
    const NAMES: [(&str, &str); 9] = [
        ("unused", "unused"),
        ("keyCompromise", "keyCompromise"),
        ("CACompromise", "CACompromise"),
        ("affiliationChanged", "affiliationChanged"),
        ("superseded", "superseded"),
        ("cessationOfOperation", "cessationOfOperation"),
        ("certificateHold", "certificateHold"),
        ("privilegeWithdrawn", "privilegeWithdrawn"),
        ("AACompromise", "AACompromise"),
    ];
    let bits = basic::named_bits(&list::parse(item.required()?)?, &NAMES)?;
    // A BIT STRING that was just made.
    Ok(der::content(&bits, tag::BIT_STRING)
        .unwrap_or_default()
        .to_vec())
}
