//! Universal tags that do not belong to their content: `IMPLICIT:2U,UTF8:…` makes an INTEGER of a text.
//!
//! OpenSSL reads a tagged value once before it hands it out, and so refuses content that its type cannot have, and
//! makes one string of a constructed string. The same is done here.

use super::super::{
    der::{self, Class, Identifier, tag},
    error::Problem,
};

/// Deepest nesting of constructed strings.
const MAX_DEPTH: usize = 5;

/// The element as it is handed out.
pub(super) fn checked(element: Vec<u8>) -> Result<Vec<u8>, Problem> {
    let (identifier, content, _) = der::read(&element).ok_or_else(mismatch)?;
    let Identifier {
        class: Class::Universal,
        constructed,
        number,
    } = identifier
    else {
        return Ok(element);
    };
    // The number 0 is reserved for end-of-contents; OpenSSL reads such an element as a string.
    let kind = u8::try_from(number).map_err(|_| mismatch())?;
    if matches!(number, 16 | 17) {
        return if constructed {
            Ok(element)
        } else {
            Err(mismatch())
        };
    }
    let content = if constructed {
        if matches!(
            kind,
            tag::NULL | tag::BOOLEAN | tag::OID | tag::INTEGER | tag::ENUMERATED
        ) {
            return Err(mismatch());
        }
        let mut parts = Vec::new();
        collect(content, &mut parts, 0)?;
        parts
    } else {
        content.to_vec()
    };
    let content = match kind {
        tag::NULL if content.is_empty() => content,
        tag::BOOLEAN if content.len() == 1 => content,
        tag::OID if is_oid(&content) => content,
        tag::INTEGER | tag::ENUMERATED if is_shortest(&content) => content,
        tag::BIT_STRING => bit_string(content)?,
        tag::BMP_STRING if content.len().is_multiple_of(2) => content,
        tag::UNIVERSAL_STRING if content.len().is_multiple_of(4) => content,
        tag::NULL
        | tag::BOOLEAN
        | tag::OID
        | tag::INTEGER
        | tag::ENUMERATED
        | tag::BMP_STRING
        | tag::UNIVERSAL_STRING => return Err(mismatch()),
        _ => content,
    };
    Ok(der::element(
        Identifier {
            constructed: false,
            ..identifier
        },
        &content,
    ))
}

/// Puts the contents of all primitive elements one after the other.
fn collect(mut bytes: &[u8], out: &mut Vec<u8>, depth: usize) -> Result<(), Problem> {
    while !bytes.is_empty() {
        let (identifier, content, rest) = der::read(bytes).ok_or_else(mismatch)?;
        if identifier.constructed {
            if depth >= MAX_DEPTH {
                return Err(mismatch());
            }
            collect(content, out, depth + 1)?;
        } else {
            out.extend_from_slice(content);
        }
        bytes = rest;
    }
    Ok(())
}

fn is_oid(content: &[u8]) -> bool {
    let ends = content.last().is_some_and(|&last| last < 0x80);
    let mut begins = true;
    ends && content.iter().all(|&byte| {
        let padded = begins && byte == 0x80;
        begins = byte < 0x80;
        !padded
    })
}

fn is_shortest(content: &[u8]) -> bool {
    match content {
        [] => false,
        [0x00, second, ..] => *second >= 0x80,
        [0xff, second, ..] => *second < 0x80,
        _ => true,
    }
}

/// With the unused bits set to zero.
fn bit_string(mut content: Vec<u8>) -> Result<Vec<u8>, Problem> {
    let unused = content
        .first()
        .copied()
        .filter(|&unused| unused <= 7)
        .ok_or_else(mismatch)?;
    match content.as_mut_slice() {
        [only] => *only = 0,
        [.., last] => *last &= 0xff << unused,
        [] => {}
    }
    Ok(content)
}

fn mismatch() -> Problem {
    Problem::new("the value cannot have the universal tag it is given")
        .hint("use a context tag, such as `IMPLICIT:0`, or the type the tag belongs to")
}
