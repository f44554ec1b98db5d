//! Names for people: RFC 4514, and OpenSSL's one line.

use std::fmt::{self, Write};

use super::{Name, NameAttribute, decode, types};
use crate::read::tag;

/// RFC 4514: the last RDN first, `CN=host,O=Example Ltd,C=DE`, and like OpenSSL also the last attribute of an RDN
/// first. Beyond the nine types that RFC names, the short names of
/// OpenSSL are used. Control characters, also those that turn the direction of text, are escaped, so that a name
/// cannot disguise itself on a terminal.
impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rdns: Vec<String> = self
            .rdns()
            .iter()
            .rev()
            .map(|rdn| join(rdn.iter().rev(), "=", "+"))
            .collect();
        f.write_str(&rdns.join(","))
    }
}

pub(super) fn oneline(name: &Name) -> String {
    let rdns: Vec<String> = name
        .rdns()
        .iter()
        .map(|rdn| join(rdn.iter(), " = ", " + "))
        .collect();
    rdns.join(", ")
}

fn join<'a>(rdn: impl Iterator<Item = &'a NameAttribute<'a>>, equals: &str, plus: &str) -> String {
    let attributes: Vec<String> = rdn
        .map(|attribute| {
            let (label, value) = match types::by_oid(attribute.oid) {
                Some(known) => (known.short.to_owned(), value(attribute)),
                None if is_string(attribute) => {
                    (attribute.oid.to_string(), escape(&attribute.text()))
                }
                None => (
                    attribute.oid.to_string(),
                    decode::hexadecimal(attribute.value),
                ),
            };
            format!("{label}{equals}{value}")
        })
        .collect();
    attributes.join(plus)
}

fn value(attribute: &NameAttribute<'_>) -> String {
    let text = attribute.text();
    if is_string(attribute) {
        escape(&text)
    } else {
        text
    }
}

pub(super) fn is_string(attribute: &NameAttribute<'_>) -> bool {
    is_string_type(attribute.string_type())
}

pub(super) fn is_string_type(string_type: u8) -> bool {
    matches!(
        string_type,
        tag::UTF8_STRING
            | tag::NUMERIC_STRING
            | tag::PRINTABLE_STRING
            | tag::TELETEX_STRING
            | tag::IA5_STRING
            | tag::VISIBLE_STRING
            | tag::UNIVERSAL_STRING
            | tag::BMP_STRING
    )
}

/// RFC 4514 section 2.4.
fn escape(text: &str) -> String {
    let last = text.chars().count().saturating_sub(1);
    let mut out = String::with_capacity(text.len() + 2);
    for (index, c) in text.chars().enumerate() {
        match c {
            '"' | '+' | ',' | ';' | '<' | '>' | '\\' => out.extend(['\\', c]),
            '#' if index == 0 => out.push_str("\\#"),
            ' ' if index == 0 || index == last => out.push_str("\\ "),
            c if c.is_control() || turns_direction(c) => {
                let mut buffer = [0; 4];
                for byte in c.encode_utf8(&mut buffer).bytes() {
                    // Writing to a String cannot fail.
                    let _ = write!(out, "\\{byte:02X}");
                }
            }
            c => out.push(c),
        }
    }
    out
}

/// Bidirectional controls of Unicode.
fn turns_direction(c: char) -> bool {
    matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
