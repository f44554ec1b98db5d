//! What stands in front of a value: its type, its tags, how its text is to be read.

use crate::{
    der::{Class, Identifier, tag},
    error::{Problem, shown},
    list::{is_space, skip_space},
};

/// A description, taken apart.
#[derive(Debug)]
pub(super) struct Line<'a> {
    /// Identifier octet of the type.
    pub(super) kind: u8,
    /// Everything behind the type's colon; `None` without a colon.
    pub(super) value: Option<&'a [u8]>,
    pub(super) format: Format,
    /// Tag that replaces the type's own.
    pub(super) implicit: Option<(Class, u32)>,
    /// What is put around it, the outermost first.
    pub(super) wrappers: Vec<Wrapper>,
}

/// How the text of a value is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Ascii,
    Utf8,
    Hex,
    BitList,
}

/// One element around another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wrapper {
    pub(super) identifier: Identifier,
    /// Whether an octet of zero unused bits comes first.
    pub(super) padding: bool,
}

enum Keyword {
    Type(u8),
    Explicit,
    Implicit,
    /// Universal tag, whether it is constructed.
    Wrap(u8, bool),
    Format,
}

/// As in OpenSSL.
const MAX_WRAPPERS: usize = 20;

/// Reads up to the type; its value is what follows.
pub(super) fn read(text: &[u8]) -> Result<Line<'_>, Problem> {
    let mut format = Format::Ascii;
    let mut implicit = None;
    let mut wrappers: Vec<Wrapper> = Vec::new();
    let mut rest = Some(text);
    while let Some(current) = rest {
        let current = skip_space(current);
        let comma = current.iter().position(|&b| b == b',');
        let item = current
            .get(..comma.unwrap_or(current.len()))
            .unwrap_or_default();
        let trimmed = trim_end(item);
        let colon = trimmed.iter().position(|&b| b == b':');
        let word = trimmed
            .get(..colon.unwrap_or(trimmed.len()))
            .unwrap_or_default();
        let argument = colon.and_then(|at| trimmed.get(at + 1..));
        match keyword(word)? {
            Keyword::Type(kind) => {
                if colon.is_none() && trimmed.len() < current.len() {
                    return Err(Problem::new(format!(
                        "expected a value or the end behind `{}`",
                        shown(word)
                    ))
                    .hint("remove what follows it, or write `TYPE:VALUE`"));
                }
                return Ok(Line {
                    kind,
                    value: colon.and_then(|at| current.get(at + 1..)),
                    format,
                    implicit,
                    wrappers,
                });
            }
            Keyword::Implicit => {
                if implicit.is_some() {
                    return Err(Problem::new("two IMPLICIT tags follow one another")
                        .hint("put EXPLICIT or a wrapper between them, or remove one"));
                }
                implicit = Some(tagging(word, argument)?);
            }
            Keyword::Explicit => {
                if implicit.is_some() {
                    return Err(Problem::new("an IMPLICIT tag in front of an EXPLICIT one"));
                }
                let (class, number) = tagging(word, argument)?;
                wrap(&mut wrappers, (class, number), true, false)?;
            }
            Keyword::Wrap(kind, constructed) => {
                let own = (Class::Universal, u32::from(kind & 0x1f));
                wrap(
                    &mut wrappers,
                    implicit.take().unwrap_or(own),
                    constructed,
                    kind == tag::BIT_STRING,
                )?;
            }
            Keyword::Format => format = read_format(argument)?,
        }
        rest = comma.and_then(|at| current.get(at + 1..));
    }
    Err(Problem::new(format!("`{}` has no type", shown(text)))
        .hint("end it with a type and its value, such as `UTF8:text`"))
}

fn wrap(
    wrappers: &mut Vec<Wrapper>,
    (class, number): (Class, u32),
    constructed: bool,
    padding: bool,
) -> Result<(), Problem> {
    if wrappers.len() == MAX_WRAPPERS {
        return Err(Problem::new(format!(
            "more than {MAX_WRAPPERS} tags around one value"
        )));
    }
    wrappers.push(Wrapper {
        identifier: Identifier {
            class,
            constructed,
            number,
        },
        padding,
    });
    Ok(())
}

/// `5`, `5C`, `5U`, `5A` or `5P`; no number is 0, and only the first letter counts.
fn tagging(word: &[u8], argument: Option<&[u8]>) -> Result<(Class, u32), Problem> {
    let wrong = |argument: &[u8]| {
        Problem::new(format!(
            "expected a tag behind `{}:`, found `{}`",
            shown(word),
            shown(argument)
        ))
        .hint("write a number, and behind it `C` (context, the default), `A`, `P` or `U`")
    };
    let argument = argument.ok_or_else(|| wrong(b""))?;
    let digits_from = skip_space(argument);
    let digits_from = digits_from.strip_prefix(b"+").unwrap_or(digits_from);
    let len = digits_from
        .iter()
        .take_while(|b| b.is_ascii_digit())
        .count();
    let (digits, mut suffix) = digits_from.split_at(len);
    let number = digits
        .iter()
        .try_fold(0u32, |sum, b| {
            sum.checked_mul(10)?.checked_add(u32::from(b - b'0'))
        })
        .filter(|&number| i32::try_from(number).is_ok())
        .ok_or_else(|| wrong(argument))?;
    if digits.is_empty() {
        // Nothing was read, so the white space has not been passed either.
        suffix = argument;
    }
    let class = match suffix.first() {
        None | Some(b'C') => Class::Context,
        Some(b'U') => Class::Universal,
        Some(b'A') => Class::Application,
        Some(b'P') => Class::Private,
        Some(_) => return Err(wrong(argument)),
    };
    Ok((class, number))
}

fn read_format(argument: Option<&[u8]>) -> Result<Format, Problem> {
    let argument = argument.unwrap_or_default();
    [
        (&b"ASCII"[..], Format::Ascii),
        (b"UTF8", Format::Utf8),
        (b"HEX", Format::Hex),
        (b"BITLIST", Format::BitList),
    ]
    .iter()
    .find(|(name, _)| argument.starts_with(name))
    .map(|(_, format)| *format)
    .ok_or_else(|| {
        Problem::new(format!(
            "expected `ASCII`, `UTF8`, `HEX` or `BITLIST` behind `FORMAT:`, found `{}`",
            shown(argument)
        ))
    })
}

/// In any case.
fn keyword(word: &[u8]) -> Result<Keyword, Problem> {
    let upper = word.to_ascii_uppercase();
    Ok(match upper.as_slice() {
        b"BOOL" | b"BOOLEAN" => Keyword::Type(tag::BOOLEAN),
        b"NULL" => Keyword::Type(tag::NULL),
        b"INT" | b"INTEGER" => Keyword::Type(tag::INTEGER),
        b"ENUM" | b"ENUMERATED" => Keyword::Type(tag::ENUMERATED),
        b"OID" | b"OBJECT" => Keyword::Type(tag::OID),
        b"UTC" | b"UTCTIME" => Keyword::Type(tag::UTC_TIME),
        b"GENTIME" | b"GENERALIZEDTIME" => Keyword::Type(tag::GENERALIZED_TIME),
        b"OCT" | b"OCTETSTRING" => Keyword::Type(tag::OCTET_STRING),
        b"BITSTR" | b"BITSTRING" => Keyword::Type(tag::BIT_STRING),
        b"UNIV" | b"UNIVERSALSTRING" => Keyword::Type(tag::UNIVERSAL_STRING),
        b"IA5" | b"IA5STRING" => Keyword::Type(tag::IA5_STRING),
        b"UTF8" | b"UTF8STRING" => Keyword::Type(tag::UTF8_STRING),
        b"BMP" | b"BMPSTRING" => Keyword::Type(tag::BMP_STRING),
        b"VISIBLE" | b"VISIBLESTRING" => Keyword::Type(tag::VISIBLE_STRING),
        b"PRINTABLE" | b"PRINTABLESTRING" => Keyword::Type(tag::PRINTABLE_STRING),
        b"T61" | b"T61STRING" | b"TELETEXSTRING" => Keyword::Type(tag::T61_STRING),
        b"GENSTR" | b"GENERALSTRING" => Keyword::Type(tag::GENERAL_STRING),
        b"NUMERIC" | b"NUMERICSTRING" => Keyword::Type(tag::NUMERIC_STRING),
        b"SEQ" | b"SEQUENCE" => Keyword::Type(tag::SEQUENCE),
        b"SET" => Keyword::Type(tag::SET),
        b"EXP" | b"EXPLICIT" => Keyword::Explicit,
        b"IMP" | b"IMPLICIT" => Keyword::Implicit,
        b"OCTWRAP" => Keyword::Wrap(tag::OCTET_STRING, false),
        b"SEQWRAP" => Keyword::Wrap(tag::SEQUENCE, true),
        b"SETWRAP" => Keyword::Wrap(tag::SET, true),
        b"BITWRAP" => Keyword::Wrap(tag::BIT_STRING, false),
        b"FORM" | b"FORMAT" => Keyword::Format,
        _ => {
            return Err(Problem::new(format!(
                "`{}` is no type and no modifier of ASN.1",
                shown(word)
            ))
            .hint("types are BOOLEAN, NULL, INTEGER, ENUMERATED, OID, UTCTIME, GENERALIZEDTIME, OCTETSTRING, BITSTRING, UTF8, IA5, PRINTABLE, SEQUENCE, SET and more: ASN1_generate_nconf(3)"));
        }
    })
}

fn trim_end(bytes: &[u8]) -> &[u8] {
    let end = bytes
        .iter()
        .rposition(|&b| !is_space(b))
        .map_or(0, |at| at + 1);
    bytes.get(..end).unwrap_or_default()
}
