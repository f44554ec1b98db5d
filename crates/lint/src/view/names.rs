//! Distinguished names, RFC 5280 section 4.1.2.4 and X.501 section 9.

use std::borrow::Cow;

use crate::tlv::{Flaw, Oid, Tlv, tag};

/// A name, and its attributes in order.
#[derive(Debug)]
pub(crate) struct DistinguishedName<'a> {
    /// The whole SEQUENCE.
    pub(crate) der: &'a [u8],
    pub(crate) attributes: Vec<Attribute<'a>>,
    pub(crate) has_empty_rdn: bool,
}

impl<'a> DistinguishedName<'a> {
    pub(super) fn parse(sequence: &Tlv<'a>, what: &'static str) -> Result<Self, Flaw> {
        let mut rdns = sequence.reader(what);
        let mut attributes = Vec::with_capacity(8);
        let mut has_empty_rdn = false;
        let mut rdn = 0;
        while !rdns.is_empty() {
            let mut set = rdns.expect(tag::SET)?.reader(what);
            has_empty_rdn |= set.is_empty();
            while !set.is_empty() {
                let mut pair = set.expect(tag::SEQUENCE)?.reader(what);
                let kind = Oid(pair.expect(tag::OID)?.content);
                let value = pair.next()?;
                pair.finish()?;
                attributes.push(Attribute {
                    rdn,
                    kind,
                    tag: value.tag,
                    value: value.content,
                });
            }
            rdn += 1;
        }
        Ok(Self {
            der: sequence.raw,
            attributes,
            has_empty_rdn,
        })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.attributes.is_empty()
    }
}

/// One attribute of a name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attribute<'a> {
    /// Which relative distinguished name it belongs to, counted from 0.
    pub(crate) rdn: usize,
    pub(crate) kind: Oid<'a>,
    /// Of the value.
    pub(crate) tag: u8,
    pub(crate) value: &'a [u8],
}

impl<'a> Attribute<'a> {
    /// The value as text; `None` when it is no string, or not valid in its character set.
    pub(crate) fn text(&self) -> Option<Cow<'a, str>> {
        match self.tag {
            tag::UTF8_STRING => std::str::from_utf8(self.value).ok().map(Cow::Borrowed),
            tag::PRINTABLE_STRING | tag::IA5_STRING if self.value.is_ascii() => {
                std::str::from_utf8(self.value).ok().map(Cow::Borrowed)
            }
            // Nobody implements T.61; every reader takes it for Latin-1.
            tag::TELETEX_STRING => {
                Some(self.value.iter().map(|&octet| char::from(octet)).collect())
            }
            tag::BMP_STRING => decode_units(self.value, 2),
            tag::UNIVERSAL_STRING => decode_units(self.value, 4),
            _ => None,
        }
    }
}

/// Big-endian code points of `width` octets each.
fn decode_units(value: &[u8], width: usize) -> Option<Cow<'static, str>> {
    let units = value.chunks_exact(width);
    if !units.remainder().is_empty() {
        return None;
    }
    units
        .map(|unit| {
            let point = unit
                .iter()
                .fold(0_u32, |point, &octet| point << 8 | u32::from(octet));
            char::from_u32(point)
        })
        .collect::<Option<String>>()
        .map(Cow::Owned)
}
