//! One value that is not made of others.

use super::{Format, Line, time};
use crate::{
    der::{self, tag},
    error::{Problem, shown},
    list::{is_space, skip_space},
    names::strings::{self, Bounds, Charset, Types},
    objects::Objects,
    scalar,
};

/// The whole element.
pub(super) fn encode(line: &Line<'_>, objects: &Objects) -> Result<Vec<u8>, Problem> {
    let text = line.value.unwrap_or_default();
    let content = match line.kind {
        tag::NULL => match text {
            [] => Vec::new(),
            _ => {
                return Err(Problem::new(format!(
                    "NULL has no value, found `{}`",
                    shown(text)
                )));
            }
        },
        tag::BOOLEAN => {
            plain(line, "BOOLEAN")?;
            vec![if scalar::boolean(text)? { 0xff } else { 0 }]
        }
        tag::INTEGER | tag::ENUMERATED => {
            plain(line, "INTEGER or ENUMERATED")?;
            scalar::integer(text)?
        }
        tag::OID => {
            plain(line, "OBJECT IDENTIFIER")?;
            objects.require(text)?.as_content().to_vec()
        }
        tag::UTC_TIME | tag::GENERALIZED_TIME => {
            plain(line, "time")?;
            time::check(text, line.kind)?;
            text.to_vec()
        }
        tag::OCTET_STRING => match line.format {
            Format::Ascii => text.to_vec(),
            Format::Hex => scalar::hex(text)?,
            Format::Utf8 | Format::BitList => {
                return Err(Problem::new("an OCTET STRING is written in ASCII or HEX"));
            }
        },
        tag::BIT_STRING => bit_string(line.format, text)?,
        kind => string(kind, line.format, text)?,
    };
    Ok(der::tlv(line.kind, &content))
}

/// Only `FORMAT:ASCII` makes sense.
fn plain(line: &Line<'_>, what: &str) -> Result<(), Problem> {
    if line.format == Format::Ascii {
        Ok(())
    } else {
        Err(
            Problem::new(format!("the value of a {what} is written in ASCII"))
                .hint("remove `FORMAT:`"),
        )
    }
}

fn string(kind: u8, format: Format, text: &[u8]) -> Result<Vec<u8>, Problem> {
    let charset = match format {
        Format::Ascii => Charset::Latin1,
        Format::Utf8 => Charset::Utf8,
        Format::Hex | Format::BitList => {
            return Err(Problem::new(
                "a character string is written in ASCII or UTF8",
            ));
        }
    };
    let types = match kind {
        tag::NUMERIC_STRING => Types::NUMERIC,
        tag::PRINTABLE_STRING => Types::PRINTABLE,
        tag::T61_STRING => Types::T61,
        tag::IA5_STRING => Types::IA5,
        tag::VISIBLE_STRING => Types::VISIBLE,
        tag::GENERAL_STRING => Types::GENERAL,
        tag::UNIVERSAL_STRING => Types::UNIVERSAL,
        tag::BMP_STRING => Types::BMP,
        _ => Types::UTF8,
    };
    strings::encode(text, charset, types, Bounds::default()).map(|(_, content)| content)
}

fn bit_string(format: Format, text: &[u8]) -> Result<Vec<u8>, Problem> {
    let mut content = vec![0];
    match format {
        Format::Ascii => content.extend_from_slice(text),
        Format::Hex => content.extend(scalar::hex(text)?),
        Format::BitList => {
            let bits = bit_list(text)?;
            return Ok(der::named_bits(&bits));
        }
        Format::Utf8 => {
            return Err(Problem::new(
                "a BIT STRING is written in ASCII, HEX or BITLIST",
            ));
        }
    }
    Ok(content)
}

/// Greatest number of a bit. OpenSSL has none, and allocates accordingly.
const MAX_BIT: usize = 1 << 20;

/// Numbers of bits, 0 being the first.
fn bit_list(text: &[u8]) -> Result<Vec<usize>, Problem> {
    text.split(|&b| b == b',')
        .map(|item| {
            let item = skip_space(item);
            let end = item
                .iter()
                .rposition(|&b| !is_space(b))
                .map_or(0, |at| at + 1);
            std::str::from_utf8(item.get(..end).unwrap_or_default())
                .ok()
                .map(|digits| digits.strip_prefix('+').unwrap_or(digits))
                .filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()))
                .and_then(|digits| digits.parse().ok())
                .filter(|&bit| bit <= MAX_BIT)
                .ok_or_else(|| {
                    Problem::new(format!(
                        "expected numbers of bits up to {MAX_BIT}, found `{}`",
                        shown(item)
                    ))
                    .hint("write them with commas between, such as `BITSTRING:1,5`")
                })
        })
        .collect()
}
