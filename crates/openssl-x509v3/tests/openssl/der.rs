//! A reader of DER that shares nothing with the program's: what is compared is cut out with it.

/// Tag, content and the whole of an element.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Element<'a> {
    pub(crate) tag: u8,
    pub(crate) content: &'a [u8],
    pub(crate) whole: &'a [u8],
}

/// The elements that lie one after the other.
pub(crate) fn elements(mut bytes: &[u8]) -> Vec<Element<'_>> {
    let mut all = Vec::new();
    while !bytes.is_empty() {
        let (len, header) = match bytes[1] {
            short @ 0..0x80 => (usize::from(short), 2),
            long => {
                let count = usize::from(long & 0x7f);
                let digits = &bytes[2..2 + count];
                let len = digits.iter().fold(0, |sum, &b| sum << 8 | usize::from(b));
                (len, 2 + count)
            }
        };
        all.push(Element {
            tag: bytes[0],
            content: &bytes[header..header + len],
            whole: &bytes[..header + len],
        });
        bytes = &bytes[header + len..];
    }
    all
}

pub(crate) fn children<'a>(element: &Element<'a>) -> Vec<Element<'a>> {
    elements(element.content)
}

/// What is compared of one extension.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Extension {
    pub(crate) oid: Vec<u8>,
    pub(crate) critical: bool,
    pub(crate) value: Vec<u8>,
}

impl std::fmt::Debug for Extension {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let critical = if self.critical { " critical" } else { "" };
        write!(f, "{}{critical} {}", Hex(&self.oid), Hex(&self.value))
    }
}

struct Hex<'a>(&'a [u8]);

impl std::fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The extensions of a SEQUENCE of them.
pub(crate) fn extensions(list: &Element<'_>) -> Vec<Extension> {
    children(list)
        .iter()
        .map(|extension| {
            let parts = children(extension);
            Extension {
                oid: parts[0].content.to_vec(),
                critical: parts[1].tag == 1,
                value: parts.last().unwrap().content.to_vec(),
            }
        })
        .collect()
}

/// To-be-signed part of a certificate, request or CRL.
pub(crate) fn signed(document: &[u8]) -> Vec<Element<'_>> {
    children(&children(&elements(document)[0])[0])
}
