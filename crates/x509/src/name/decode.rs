//! The strings of a name as text, whatever type they were written in.

use std::fmt::Write;

use crate::read::tag;

/// Never fails: what does not decode becomes U+FFFD, TeletexString is read as Latin-1 as OpenSSL does, and values that
/// are no strings become `#` and their hexadecimal digits (RFC 4514 section 2.4).
pub(super) fn text(value: &[u8], content: &[u8]) -> String {
    match value.first().copied().unwrap_or_default() {
        tag::UTF8_STRING => String::from_utf8_lossy(content).into_owned(),
        tag::PRINTABLE_STRING
        | tag::IA5_STRING
        | tag::NUMERIC_STRING
        | tag::VISIBLE_STRING
        | tag::TELETEX_STRING => content.iter().copied().map(char::from).collect(),
        tag::BMP_STRING => {
            let units = content
                .chunks(2)
                .map(|c| u16::try_from(big_endian(c)).unwrap_or(REPLACEMENT));
            char::decode_utf16(units)
                .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
                .collect()
        }
        tag::UNIVERSAL_STRING => content
            .chunks(4)
            .map(|c| char::from_u32(big_endian(c)).unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect(),
        _ => hexadecimal(value),
    }
}

/// `#` and the digits of the whole element.
pub(super) fn hexadecimal(value: &[u8]) -> String {
    value.iter().fold("#".to_owned(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn big_endian(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |sum, &b| sum << 8 | u32::from(b))
}

/// U+FFFD as UTF-16.
const REPLACEMENT: u16 = 0xfffd;
