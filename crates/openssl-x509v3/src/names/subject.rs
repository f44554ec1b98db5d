//! The text of `-subj`.

use tpm2ca_x509::Name;

use super::{NameRules, of_attribute};
use crate::error::{OpensslError, Problem, shown};

pub(super) fn parse(
    rules: NameRules<'_>,
    text: &[u8],
) -> Result<(Name, Vec<String>), OpensslError> {
    let fail = |problem: Problem| problem.in_text(text);
    let Some(mut rest) = text.strip_prefix(b"/") else {
        return Err(fail(
            Problem::new("must begin with `/`").hint("write it as `/C=DE/O=Example/CN=host`"),
        ));
    };
    let mut name = rules.builder();
    let mut left_out = Vec::new();
    let mut joins = false;
    while !rest.is_empty() {
        let Some(equals) = rest.iter().position(|&b| b == b'=') else {
            return Err(fail(
                Problem::new(format!("`{}` has no `=`", shown(rest)))
                    .hint("write a `/` or `+` that belongs to a value as `\\/` or `\\+`"),
            ));
        };
        let (attribute, tail) = rest.split_at(equals);
        let value = read_value(tail.get(1..).unwrap_or_default()).map_err(fail)?;
        if value.text.is_empty() && rules.objects.by_any(attribute).is_some() {
            left_out.push(shown(attribute));
        } else {
            name.add(attribute, &value.text, joins)
                .map_err(|problem| fail(of_attribute(problem, attribute)))?;
        }
        joins = value.joins_next;
        rest = value.rest;
    }
    Ok((name.finish()?, left_out))
}

struct ValueText<'a> {
    /// Without its escapes.
    text: Vec<u8>,
    /// Whether `+` ended it.
    joins_next: bool,
    /// What follows the `/` or `+`.
    rest: &'a [u8],
}

fn read_value(text: &[u8]) -> Result<ValueText<'_>, Problem> {
    let mut value = Vec::new();
    let mut bytes = text.iter().enumerate();
    while let Some((at, &byte)) = bytes.next() {
        match byte {
            b'/' | b'+' => {
                return Ok(ValueText {
                    text: value,
                    joins_next: byte == b'+',
                    rest: text.get(at + 1..).unwrap_or_default(),
                });
            }
            b'\\' => match bytes.next() {
                Some((_, &escaped)) => value.push(escaped),
                None => {
                    return Err(
                        Problem::new("ends with a lone `\\`").hint("write `\\\\` for a `\\`")
                    );
                }
            },
            _ => value.push(byte),
        }
    }
    Ok(ValueText {
        text: value,
        joins_next: false,
        rest: &[],
    })
}
