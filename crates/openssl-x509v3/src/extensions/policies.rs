//! certificatePolicies and policyMappings: RFC 5280 sections 4.2.1.4 and 4.2.1.5.

use tpm2ca_openssl_conf::Section;

use super::{ExtensionBuilder, sections};
use crate::{
    der::{self, tag},
    error::{Problem, shown},
    list::{self, Item},
    scalar,
};

/// `id-qt-cps`
const CPS: &[u8] = b"1.3.6.1.5.5.7.2.1";
/// `id-qt-unotice`
const USER_NOTICE: &[u8] = b"1.3.6.1.5.5.7.2.2";

/// `1.2.3.4, @section, ia5org`; that last word counts for the sections behind it.
pub(super) fn policies(
    builder: &mut ExtensionBuilder<'_>,
    text: &[u8],
) -> Result<Vec<u8>, Problem> {
    let mut policies = Vec::new();
    let mut ia5 = false;
    for item in list::parse(text)? {
        if item.value.is_some() {
            return Err(Problem::new(format!(
                "expected an object identifier or `@section`, found `{}`",
                item.shown()
            )));
        }
        if item.name == b"ia5org" {
            ia5 = true;
            continue;
        }
        let policy = match item.name.strip_prefix(b"@") {
            Some(name) => described(builder, sections::find(builder, name)?, ia5)?,
            None => builder.context.objects.require(item.name)?.to_der(),
        };
        der::push(&mut policies, tag::SEQUENCE, &policy);
    }
    Ok(der::tlv(tag::SEQUENCE, &policies))
}

/// Content of a PolicyInformation.
fn described(
    builder: &ExtensionBuilder<'_>,
    section: &Section,
    ia5: bool,
) -> Result<Vec<u8>, Problem> {
    let objects = builder.context.objects;
    let mut identifier = None;
    let mut qualifiers = Vec::new();
    for value in section.values() {
        let key = value.name().as_bytes();
        let text = value.as_bytes();
        let qualifier = |kind: &[u8], qualifier: &[u8]| -> Result<Vec<u8>, Problem> {
            let mut content = objects.require(kind)?.to_der();
            content.extend_from_slice(qualifier);
            Ok(der::tlv(tag::SEQUENCE, &content))
        };
        let read = if key == b"policyIdentifier" {
            objects.require(text).map(|oid| {
                identifier = Some(oid);
                Vec::new()
            })
        } else if list::is_numbered(key, "CPS") {
            qualifier(CPS, &der::tlv(tag::IA5_STRING, text))
        } else if list::is_numbered(key, "userNotice") {
            notice_section(builder, text)
                .and_then(|section| notice(section, ia5))
                .and_then(|notice| qualifier(USER_NOTICE, &notice))
        } else {
            Err(Problem::new("means nothing in the section of a policy")
                .hint("known are `policyIdentifier`, `CPS`, `CPS.1`, `userNotice`, `userNotice.1`"))
        };
        qualifiers.extend(read.map_err(|problem| problem.at(value))?);
    }
    let identifier = identifier.ok_or_else(|| {
        Problem::new(format!("[{}] has no `policyIdentifier`", section.name()))
            .hint("add `policyIdentifier = 1.2.3.4` to the section")
    })?;
    let mut content = identifier.to_der();
    if !qualifiers.is_empty() {
        der::push(&mut content, tag::SEQUENCE, &qualifiers);
    }
    Ok(content)
}

fn notice_section<'a>(builder: &ExtensionBuilder<'a>, text: &[u8]) -> Result<&'a Section, Problem> {
    let name = text.strip_prefix(b"@").ok_or_else(|| {
        Problem::new(format!("expected `@section`, found `{}`", shown(text)))
            .hint("put the notice into a section with `explicitText = …`")
    })?;
    sections::find(builder, name)
}

/// A UserNotice.
fn notice(section: &Section, ia5: bool) -> Result<Vec<u8>, Problem> {
    let mut explicit_text = None;
    let mut organization = None;
    let mut numbers: Option<Vec<u8>> = None;
    for value in section.values() {
        let text = value.as_bytes();
        let read = match value.name() {
            "explicitText" => {
                explicit_text = Some(display_text(text));
                Ok(())
            }
            "organization" => {
                let kind = if ia5 {
                    tag::IA5_STRING
                } else {
                    tag::VISIBLE_STRING
                };
                organization = Some(der::tlv(kind, text));
                Ok(())
            }
            "noticeNumbers" => add_numbers(numbers.get_or_insert_default(), text),
            _ => Err(Problem::new("means nothing in the section of a notice")
                .hint("known are `explicitText`, `organization` and `noticeNumbers`")),
        };
        read.map_err(|problem| problem.at(value))?;
    }
    let mut content = Vec::new();
    match (organization, numbers) {
        (Some(mut reference), numbers) => {
            der::push(&mut reference, tag::SEQUENCE, &numbers.unwrap_or_default());
            der::push(&mut content, tag::SEQUENCE, &reference);
        }
        (None, Some(_)) => {
            return Err(Problem::new(format!(
                "[{}] has `noticeNumbers` but no `organization`",
                section.name()
            ))
            .hint("add `organization = NAME` to the section"));
        }
        (None, None) => {}
    }
    content.extend(explicit_text.unwrap_or_default());
    Ok(der::tlv(tag::SEQUENCE, &content))
}

fn add_numbers(numbers: &mut Vec<u8>, text: &[u8]) -> Result<(), Problem> {
    for item in list::parse(text)? {
        der::push(numbers, tag::INTEGER, &scalar::integer(item.name)?);
    }
    Ok(())
}

/// A DisplayText: the type in front of a colon, VisibleString without one. The bytes are taken as they are, whatever
/// the type.
fn display_text(text: &[u8]) -> Vec<u8> {
    const TYPES: [(&[u8], u8); 6] = [
        (b"UTF8", tag::UTF8_STRING),
        (b"UTF8String", tag::UTF8_STRING),
        (b"BMP", tag::BMP_STRING),
        (b"BMPSTRING", tag::BMP_STRING),
        (b"VISIBLE", tag::VISIBLE_STRING),
        (b"VISIBLESTRING", tag::VISIBLE_STRING),
    ];
    let typed = text.iter().position(|&b| b == b':').and_then(|colon| {
        let (word, rest) = text.split_at(colon);
        let (_, kind) = TYPES.iter().find(|(name, _)| *name == word)?;
        Some((*kind, rest.get(1..)?))
    });
    let (kind, text) = typed.unwrap_or((tag::VISIBLE_STRING, text));
    der::tlv(kind, text)
}

/// `ISSUER-POLICY:SUBJECT-POLICY`
pub(super) fn mappings(
    builder: &mut ExtensionBuilder<'_>,
    items: &[Item<'_>],
) -> Result<Vec<u8>, Problem> {
    let objects = builder.context.objects;
    let mut mappings = Vec::new();
    for item in items {
        let mapping = item.required().and_then(|subject| {
            let mut content = objects.require(item.name)?.to_der();
            content.extend(objects.require(subject)?.to_der());
            Ok(der::tlv(tag::SEQUENCE, &content))
        });
        mappings.extend(mapping.map_err(|problem| item.blame(problem))?);
    }
    Ok(der::tlv(tag::SEQUENCE, &mappings))
}
