//! Tag, length and value, X.690 section 8.1.
//!
//! [`Reader`] is lenient where a lint can say more than a parser could: a length in more octets than needed is read,
//! and left to [`crate::canonical`]. What has no one meaning in DER at all (indefinite lengths, values that end beyond
//! their container) is a [`Flaw`].

use std::fmt;

use tpm2ca_x509::ObjectIdentifier;

/// Identifier octets of the types that occur in certificates.
pub(crate) mod tag {
    pub(crate) const BOOLEAN: u8 = 0x01;
    pub(crate) const INTEGER: u8 = 0x02;
    pub(crate) const BIT_STRING: u8 = 0x03;
    pub(crate) const OCTET_STRING: u8 = 0x04;
    pub(crate) const NULL: u8 = 0x05;
    pub(crate) const OID: u8 = 0x06;
    pub(crate) const ENUMERATED: u8 = 0x0a;
    pub(crate) const UTF8_STRING: u8 = 0x0c;
    pub(crate) const PRINTABLE_STRING: u8 = 0x13;
    pub(crate) const TELETEX_STRING: u8 = 0x14;
    pub(crate) const IA5_STRING: u8 = 0x16;
    pub(crate) const UTC_TIME: u8 = 0x17;
    pub(crate) const GENERALIZED_TIME: u8 = 0x18;
    pub(crate) const UNIVERSAL_STRING: u8 = 0x1c;
    pub(crate) const BMP_STRING: u8 = 0x1e;
    pub(crate) const SEQUENCE: u8 = 0x30;
    pub(crate) const SET: u8 = 0x31;
    pub(crate) const CONSTRUCTED: u8 = 0x20;

    /// `[number]`, primitive.
    pub(crate) const fn context(number: u8) -> u8 {
        0x80 | number
    }

    /// `[number]`, constructed.
    pub(crate) const fn explicit(number: u8) -> u8 {
        0xa0 | number
    }
}

/// One element: its first identifier octet, its content, and all of its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tlv<'a> {
    pub(crate) tag: u8,
    pub(crate) content: &'a [u8],
    pub(crate) raw: &'a [u8],
    /// Whether the length was written in as few octets as possible (X.690 section 10.1).
    pub(crate) minimal: bool,
}

impl<'a> Tlv<'a> {
    /// The one element that `der` consists of.
    pub(crate) fn only(der: &'a [u8], tag: u8, what: &'static str) -> Result<Self, Flaw> {
        let mut reader = Reader::new(der, what);
        let element = reader.expect(tag)?;
        reader.finish()?;
        Ok(element)
    }

    /// A reader over the content.
    pub(crate) fn reader(&self, what: &'static str) -> Reader<'a> {
        Reader::new(self.content, what)
    }
}

/// Takes one element after the other from the front of some bytes.
#[derive(Clone, Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    what: &'static str,
}

impl<'a> Reader<'a> {
    /// `what` is the structure that is being read, for [`Flaw`].
    pub(crate) fn new(der: &'a [u8], what: &'static str) -> Self {
        Self { rest: der, what }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The first identifier octet of the next element.
    pub(crate) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    pub(crate) fn next(&mut self) -> Result<Tlv<'a>, Flaw> {
        let (element, rest) = split(self.rest).map_err(|kind| self.flaw(kind))?;
        self.rest = rest;
        Ok(element)
    }

    pub(crate) fn expect(&mut self, tag: u8) -> Result<Tlv<'a>, Flaw> {
        match self.peek() {
            Some(found) if found == tag => self.next(),
            found => Err(self.flaw(FlawKind::Tag {
                expected: tag,
                found,
            })),
        }
    }

    pub(crate) fn optional(&mut self, tag: u8) -> Result<Option<Tlv<'a>>, Flaw> {
        if self.peek() == Some(tag) {
            self.next().map(Some)
        } else {
            Ok(None)
        }
    }

    /// Nothing may be left.
    pub(crate) fn finish(&self) -> Result<(), Flaw> {
        if self.is_empty() {
            Ok(())
        } else {
            Err(self.flaw(FlawKind::Trailing(self.rest.len())))
        }
    }

    fn flaw(&self, kind: FlawKind) -> Flaw {
        Flaw {
            what: self.what,
            kind,
        }
    }
}

/// The content octets of an object identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Oid<'a>(pub(crate) &'a [u8]);

impl PartialEq<ObjectIdentifier> for Oid<'_> {
    fn eq(&self, other: &ObjectIdentifier) -> bool {
        self.0 == other.as_bytes()
    }
}

impl fmt::Display for Oid<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match ObjectIdentifier::from_bytes(self.0) {
            Ok(oid) => oid.fmt(f),
            Err(_) => f.write_str("an invalid object identifier"),
        }
    }
}

/// Why some bytes are not the structure they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Flaw {
    pub(crate) what: &'static str,
    pub(crate) kind: FlawKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FlawKind {
    /// The bytes end inside an element.
    Truncated,
    /// An indefinite length, or one with more than four octets.
    Length,
    /// A tag number above 30, which nothing in a certificate has.
    HighTag,
    /// Another element was expected.
    Tag { expected: u8, found: Option<u8> },
    /// Bytes after the last element.
    Trailing(usize),
    /// The element's content is out of its range.
    Content(&'static str),
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = self.what;
        match self.kind {
            FlawKind::Truncated => write!(f, "`{what}` ends inside an element"),
            FlawKind::Length => write!(f, "`{what}` has an element without a definite length"),
            FlawKind::HighTag => write!(f, "`{what}` has an element with a tag number above 30"),
            FlawKind::Tag {
                expected,
                found: Some(found),
            } => write!(
                f,
                "`{what}` has tag 0x{found:02x} where 0x{expected:02x} was expected"
            ),
            FlawKind::Tag {
                expected,
                found: None,
            } => write!(f, "`{what}` ends where tag 0x{expected:02x} was expected"),
            FlawKind::Trailing(count) => write!(f, "`{what}` is followed by {count} bytes"),
            FlawKind::Content(wrong) => write!(f, "`{what}` has {wrong}"),
        }
    }
}

/// The first element of `der`, and what comes after it.
pub(crate) fn split(der: &[u8]) -> Result<(Tlv<'_>, &[u8]), FlawKind> {
    let (&tag, after_tag) = der.split_first().ok_or(FlawKind::Truncated)?;
    if tag & 0x1f == 0x1f {
        return Err(FlawKind::HighTag);
    }
    let (&first, after_first) = after_tag.split_first().ok_or(FlawKind::Truncated)?;
    let (length, minimal, value) = match first {
        0..=0x7f => (usize::from(first), true, after_first),
        0x81..=0x84 => {
            let count = usize::from(first & 0x7f);
            let (octets, value) = after_first
                .split_at_checked(count)
                .ok_or(FlawKind::Truncated)?;
            let length = octets
                .iter()
                .fold(0_usize, |length, &octet| length << 8 | usize::from(octet));
            let minimal = length > 0x7f && octets.first() != Some(&0);
            (length, minimal, value)
        }
        _ => return Err(FlawKind::Length),
    };
    let (content, rest) = value.split_at_checked(length).ok_or(FlawKind::Truncated)?;
    let (raw, _) = der.split_at(der.len() - rest.len());
    Ok((
        Tlv {
            tag,
            content,
            raw,
            minimal,
        },
        rest,
    ))
}
