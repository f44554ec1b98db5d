//! The language that describes any ASN.1 value in a line of text: ASN1_generate_nconf(3), behind `ASN1:` in extensions
//! and behind the `;` of an otherName.

mod modifiers;
mod retype;
mod time;
mod value;

use tpm2ca_openssl_conf::Conf;

use self::modifiers::{Format, Line, Wrapper};
use super::{
    der::{self, Class, Identifier, tag},
    error::{OpensslError, Problem, shown},
    objects::Objects,
};

/// Makes the DER of a description such as `SEQUENCE:section` or `IMPLICIT:0,UTF8:text`. Sections are those of `conf`.
pub fn generate(
    text: &[u8],
    conf: Option<&Conf>,
    objects: &Objects,
) -> Result<Vec<u8>, OpensslError> {
    Generator::new(conf, objects)
        .generate(text)
        .map_err(|problem| problem.in_text(text))
}

/// Sections can name one another: what comes of one description is held to this size.
const MAX_OUTPUT: usize = 4 << 20;
/// As OpenSSL.
const MAX_DEPTH: usize = 50;
/// Sections that are gone through for one description; empty ones have no output that could be counted.
const MAX_SECTIONS: usize = 10_000;

/// One description on its way to DER.
pub(super) struct Generator<'a> {
    conf: Option<&'a Conf>,
    objects: &'a Objects,
    output_left: usize,
    sections_left: usize,
}

impl<'a> Generator<'a> {
    pub(super) fn new(conf: Option<&'a Conf>, objects: &'a Objects) -> Self {
        Self {
            conf,
            objects,
            output_left: MAX_OUTPUT,
            sections_left: MAX_SECTIONS,
        }
    }

    /// The whole element.
    pub(super) fn generate(mut self, text: &[u8]) -> Result<Vec<u8>, Problem> {
        self.element(text, 0)
    }

    fn element(&mut self, text: &[u8], depth: usize) -> Result<Vec<u8>, Problem> {
        let line = modifiers::read(text)?;
        let base = match line.kind {
            tag::SEQUENCE | tag::SET => self.collection(&line, depth)?,
            _ => value::encode(&line, self.objects)?,
        };
        let out = tagged(&line, base)?;
        // Only what does not come from parts that were counted already.
        if !matches!(line.kind, tag::SEQUENCE | tag::SET) {
            self.spend(out.len())?;
        }
        Ok(out)
    }

    /// A SEQUENCE or SET of the entries of a section, whose keys only tell them apart.
    fn collection(&mut self, line: &Line<'_>, depth: usize) -> Result<Vec<u8>, Problem> {
        let conf = self.conf.ok_or_else(|| {
            Problem::new("SEQUENCE and SET need a configuration file with the section they name")
        })?;
        if depth >= MAX_DEPTH {
            return Err(Problem::new(format!(
                "sections lie more than {MAX_DEPTH} deep in one another"
            ))
            .hint("look for a section that contains itself"));
        }
        let mut parts = Vec::new();
        if let Some(name) = line.value {
            self.sections_left = self.sections_left.checked_sub(1).ok_or_else(too_much)?;
            let section = std::str::from_utf8(name)
                .ok()
                .and_then(|name| conf.section(name))
                .ok_or_else(|| {
                    Problem::new(format!("there is no section [{}]", shown(name)))
                        .hint("write the section's name without brackets and without `@`")
                })?;
            for value in section.values() {
                let part = self
                    .element(value.as_bytes(), depth + 1)
                    .map_err(|problem| problem.at(value))?;
                parts.push(part);
            }
        }
        let content = if line.kind == tag::SET {
            der::sorted(parts)
        } else {
            parts.concat()
        };
        Ok(der::tlv(line.kind, &content))
    }

    fn spend(&mut self, len: usize) -> Result<(), Problem> {
        self.output_left = self.output_left.checked_sub(len).ok_or_else(too_much)?;
        Ok(())
    }
}

fn too_much() -> Problem {
    Problem::new(format!(
        "makes more than {MAX_OUTPUT} bytes or goes through more than {MAX_SECTIONS} sections"
    ))
    .hint("look for a section that contains itself")
}

/// `base` with its tags replaced and wrapped, as the modifiers say.
fn tagged(line: &Line<'_>, base: Vec<u8>) -> Result<Vec<u8>, Problem> {
    if line.implicit.is_none() && line.wrappers.is_empty() {
        return Ok(base);
    }
    let mut out = base;
    if let Some((class, number)) = line.implicit {
        // `base` is an element that was just made.
        let (identifier, content, _) =
            der::read(&out).ok_or_else(|| Problem::new("cannot be tagged"))?;
        let is_collection = class == Class::Universal && matches!(number, 16 | 17);
        out = der::element(
            Identifier {
                class,
                constructed: identifier.constructed || is_collection,
                number,
            },
            content,
        );
    }
    for wrapper in line.wrappers.iter().rev() {
        let Wrapper {
            identifier,
            padding,
        } = *wrapper;
        if padding {
            out.insert(0, 0);
        }
        out = der::element(identifier, &out);
    }
    retype::checked(out)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    fn make(text: &str) -> Result<Vec<u8>, OpensslError> {
        generate(text.as_bytes(), None, &Objects::new())
    }

    #[test]
    fn values_and_tags() {
        for (text, der) in [
            ("NULL", &b"\x05\x00"[..]),
            ("BOOL:true", b"\x01\x01\xff"),
            ("INTEGER:-1", b"\x02\x01\xff"),
            ("ENUM:0x7f", b"\x0a\x01\x7f"),
            ("OID:CN", b"\x06\x03\x55\x04\x03"),
            ("IMPLICIT:0,UTF8:ab", b"\x80\x02ab"),
            ("EXPLICIT:1A,IA5:a", b"\x61\x03\x16\x01a"),
            ("SEQWRAP,OCTWRAP,NULL", b"\x30\x04\x04\x02\x05\x00"),
            ("IMP:2,SEQWRAP,NULL", b"\xa2\x02\x05\x00"),
            ("FORMAT:BITLIST,BITSTRING:1,5", b"\x03\x02\x02\x44"),
            ("FORMAT:HEX,OCT:00ff", b"\x04\x02\x00\xff"),
            ("BITWRAP,INT:1", b"\x03\x04\x00\x02\x01\x01"),
            ("IMP:1000P,NULL", b"\xdf\x87\x68\x00"),
            ("SEQUENCE", b""),
        ] {
            match make(text) {
                Ok(made) => assert_eq!(made, der, "{text}"),
                Err(_) => assert!(der.is_empty(), "{text}"),
            }
        }
    }

    #[test]
    fn a_section_that_contains_itself() {
        let text = b"[a]\n1 = SEQ:a\n2 = SEQ:a\n3 = NULL\n";
        let conf = Conf::parse(text, "test.cnf", &|_: &str| None).unwrap();
        let error = generate(b"SEQ:a", Some(&conf), &Objects::new()).unwrap_err();
        assert_eq!(
            error.hint(),
            Some("look for a section that contains itself")
        );
    }

    #[test]
    fn sections_that_double() {
        use std::fmt::Write;
        let mut text = String::new();
        for level in 0..40 {
            write!(
                text,
                "[s{level}]\na = SEQ:s{next}\nb = SEQ:s{next}\n",
                next = level + 1
            )
            .unwrap();
        }
        text.push_str("[s40]\na = NULL\n");
        let conf = Conf::parse(text.as_bytes(), "test.cnf", &|_: &str| None).unwrap();
        let error = generate(b"SEQ:s0", Some(&conf), &Objects::new()).unwrap_err();
        assert!(error.to_string().contains("more than"), "{error}");
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "((IMP|EXP|FORM|OCTWRAP|BITWRAP|INT|UTF8|NULL|BOOL|OID|UTC|BITSTR):?[0-9A-Z]{0,4},?){0,4}.{0,8}") {
            if let Ok(der) = make(&text) {
                prop_assert!(matches!(der::read(&der), Some((_, _, []))), "{der:02x?}");
            }
        }
    }
}
