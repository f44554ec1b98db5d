//! OpenSSL's `-subj` text to a distinguished name.

use der::asn1::ObjectIdentifier;

use super::{Name, types};
use crate::{Error, read::tag, write};

/// The attributes of one RDN.
type Rdn = Vec<(ObjectIdentifier, String)>;

pub(super) fn parse(text: &str) -> Result<Name, Error> {
    let syntax = |problem: String| Error::NameSyntax {
        text: text.to_owned(),
        problem,
    };
    let Some(rest) = text.strip_prefix('/') else {
        return Err(syntax("must begin with `/`".to_owned()));
    };
    let mut rdns: Vec<Rdn> = Vec::new();
    if !rest.is_empty() {
        let mut joins_previous = false;
        for piece in split(rest).map_err(&syntax)? {
            let attribute = read_attribute(&piece.text).map_err(&syntax)?;
            match rdns.last_mut() {
                Some(rdn) if joins_previous => rdn.push(attribute),
                _ => rdns.push(vec![attribute]),
            }
            joins_previous = piece.joins_next;
        }
    }
    encode(rdns).map_err(|error| match error {
        Error::NameSyntax { problem, .. } => syntax(problem),
        other => other,
    })
}

/// RDNs as DER, each SET sorted.
pub(super) fn encode(rdns: impl IntoIterator<Item = Rdn>) -> Result<Name, Error> {
    let mut content = Vec::new();
    for rdn in rdns {
        let mut attributes = Vec::with_capacity(rdn.len());
        for (index, (oid, text)) in rdn.iter().enumerate() {
            if rdn.iter().take(index).any(|(earlier, _)| earlier == oid) {
                return Err(Error::NameSyntax {
                    text: text.clone(),
                    problem: format!("`{}` occurs twice in one RDN", label(*oid)),
                });
            }
            attributes.push(encode_attribute(*oid, text)?);
        }
        attributes.sort();
        write::push_tlv(&mut content, tag::SET, &attributes.concat());
    }
    Ok(Name::trusted(write::tlv(tag::SEQUENCE, &content)))
}

/// What stands between two separators that are not escaped, still with its escapes.
struct Piece {
    text: String,
    /// Whether `+` follows.
    joins_next: bool,
}

fn split(text: &str) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut current = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                current.push(c);
                current.push(chars.next().ok_or("ends with a lone `\\`")?);
            }
            '/' | '+' => pieces.push(Piece {
                text: std::mem::take(&mut current),
                joins_next: c == '+',
            }),
            _ => current.push(c),
        }
    }
    pieces.push(Piece {
        text: current,
        joins_next: false,
    });
    Ok(pieces)
}

fn read_attribute(piece: &str) -> Result<(ObjectIdentifier, String), String> {
    let (kind, value) = piece.split_once('=').ok_or_else(|| {
        format!(
            "`{piece}` has no `=`; write a `/` or `+` that belongs to a value as `\\/` or `\\+`"
        )
    })?;
    let kind = kind.trim();
    let oid = match types::by_name(kind) {
        Some(known) => known.oid,
        None => ObjectIdentifier::new(kind).map_err(|_| format!("unknown attribute `{kind}`"))?,
    };
    let mut text = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        // `split` has seen to it that a character follows every `\`.
        text.push(if c == '\\' {
            chars.next().unwrap_or(c)
        } else {
            c
        });
    }
    Ok((oid, text))
}

fn encode_attribute(oid: ObjectIdentifier, text: &str) -> Result<Vec<u8>, Error> {
    let problem = |problem: String| Error::NameSyntax {
        text: text.to_owned(),
        problem: format!("`{}` {problem}", label(oid)),
    };
    let (string_type, min, max) = match types::by_oid(oid) {
        Some(known) => (known.string_type, known.min_chars, known.max_chars),
        None => (tag::UTF8_STRING, 1, types::DEFAULT_MAX_CHARS),
    };
    let chars = text.chars().count();
    if chars == 0 {
        return Err(problem("is empty".to_owned()));
    }
    if !(min..=max).contains(&chars) {
        let range = if min == max {
            format!("{max}")
        } else {
            format!("{min} to {max}")
        };
        return Err(problem(format!(
            "has {chars} characters, must have {range}"
        )));
    }
    let allowed = |c: char| match string_type {
        tag::PRINTABLE_STRING => c.is_ascii_alphanumeric() || " '()+,-./:=?".contains(c),
        tag::IA5_STRING => c.is_ascii() && !c.is_ascii_control(),
        _ => !c.is_control(),
    };
    if let Some(odd) = text.chars().find(|&c| !allowed(c)) {
        let kind = tag::describe(string_type);
        return Err(problem(format!(
            "has the character {odd:?}, which does not belong into a {kind}"
        )));
    }
    let mut content = write::tlv(tag::OID, oid.as_bytes());
    write::push_tlv(&mut content, string_type, text.as_bytes());
    Ok(write::tlv(tag::SEQUENCE, &content))
}

fn label(oid: ObjectIdentifier) -> String {
    types::by_oid(oid).map_or_else(|| oid.to_string(), |known| known.short.to_owned())
}
