//! Whether some bytes are DER rather than merely BER, X.690 sections 8, 10 and 11.
//!
//! Works without a schema, so it sees what the tags tell: lengths, BOOLEAN, INTEGER, NULL, BIT STRING, OBJECT
//! IDENTIFIER, the order of SETs, and that strings are in one piece. DEFAULT values that should be absent are the
//! business of the lints that know the structure.

use std::fmt;

use crate::tlv::{FlawKind, Tlv, split, tag};

/// What is not canonical, and at which byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    /// Counted from the first byte of what was walked.
    pub(crate) offset: usize,
    pub(crate) rule: Rule,
}

/// The rule that was broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    BitString,
    Boolean,
    ConstructedString,
    Depth,
    Integer,
    Length,
    Null,
    ObjectIdentifier,
    PrimitiveSequence,
    SetOrder,
    Unreadable(FlawKind),
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BitString => "a BIT STRING whose unused bits are not zero or not counted right",
            Self::Boolean => "a BOOLEAN that is neither 00 nor FF",
            Self::ConstructedString => "a string in several pieces",
            Self::Depth => "elements nested deeper than any certificate needs",
            Self::Integer => "an INTEGER with needless leading octets",
            Self::Length => "a length in more octets than needed",
            Self::Null => "a NULL with content",
            Self::ObjectIdentifier => "an OBJECT IDENTIFIER that is not well-formed",
            Self::PrimitiveSequence => "a SEQUENCE or SET that is marked as primitive",
            Self::SetOrder => "a SET whose elements are not in ascending order",
            Self::Unreadable(FlawKind::Length) => "an element without a definite length",
            Self::Unreadable(FlawKind::HighTag) => "an element with a tag number above 30",
            Self::Unreadable(_) => "an element that ends beyond its container",
        })
    }
}

/// Walks all elements in `der` and appends what is not canonical to `found`; offsets are counted from `offset`.
pub(crate) fn walk(der: &[u8], offset: usize, found: &mut Vec<Violation>) {
    walk_level(der, offset, 0, found);
}

/// Far above the 10 or so levels of a certificate, far below what the stack can take.
const MAX_DEPTH: u32 = 32;

fn walk_level(mut der: &[u8], mut offset: usize, depth: u32, found: &mut Vec<Violation>) {
    while !der.is_empty() {
        let (element, rest) = match split(der) {
            Ok(split) => split,
            Err(flaw) => {
                let rule = Rule::Unreadable(flaw);
                found.push(Violation { offset, rule });
                return;
            }
        };
        if let Some(rule) = broken_rule(&element) {
            found.push(Violation { offset, rule });
        }
        if element.tag & tag::CONSTRUCTED != 0 {
            let header = element.raw.len() - element.content.len();
            if depth == MAX_DEPTH {
                let rule = Rule::Depth;
                found.push(Violation { offset, rule });
            } else {
                walk_level(element.content, offset + header, depth + 1, found);
            }
        }
        offset += element.raw.len();
        der = rest;
    }
}

fn broken_rule(element: &Tlv<'_>) -> Option<Rule> {
    let content = element.content;
    if !element.minimal {
        return Some(Rule::Length);
    }
    let (broken, rule) = match element.tag {
        tag::BOOLEAN => (!matches!(content, [0 | 0xff]), Rule::Boolean),
        tag::INTEGER | tag::ENUMERATED => (!is_minimal_integer(content), Rule::Integer),
        tag::NULL => (!content.is_empty(), Rule::Null),
        tag::OID => (!is_object_identifier(content), Rule::ObjectIdentifier),
        tag::BIT_STRING => (!is_bit_string(content), Rule::BitString),
        tag::SET => (!is_ascending(content), Rule::SetOrder),
        // Universal class (00), primitive: SEQUENCE and SET.
        0x10 | 0x11 => (true, Rule::PrimitiveSequence),
        // Universal class, constructed: only the types that have components of their own may be.
        0x21..=0x3f => (
            !matches!(element.tag, tag::SEQUENCE | 0x28 | 0x2b),
            Rule::ConstructedString,
        ),
        _ => (false, Rule::Length),
    };
    broken.then_some(rule)
}

/// X.690 section 8.3.2: the first nine bits are neither all zero nor all one.
pub(crate) fn is_minimal_integer(content: &[u8]) -> bool {
    match content {
        [] => false,
        [0, second, ..] => second & 0x80 != 0,
        [0xff, second, ..] => second & 0x80 == 0,
        _ => true,
    }
}

/// X.690 section 8.19.2: subidentifiers end, and none begins with 0x80.
fn is_object_identifier(content: &[u8]) -> bool {
    let mut at_start = true;
    for &octet in content {
        if at_start && octet == 0x80 {
            return false;
        }
        at_start = octet & 0x80 == 0;
    }
    !content.is_empty() && at_start
}

/// X.690 sections 8.6.2 and 11.2.1: the unused bits are counted and zero.
fn is_bit_string(content: &[u8]) -> bool {
    match content {
        [0] => true,
        [unused @ 0..=7, .., last] => last & ((1_u8 << unused) - 1) == 0,
        _ => false,
    }
}

/// X.690 section 11.6: the encodings of a SET OF ascend, the shorter one padded with zero octets. All SETs in a
/// certificate are SET OF.
fn is_ascending(mut content: &[u8]) -> bool {
    let mut previous: &[u8] = &[];
    while let Ok((element, rest)) = split(content) {
        // No encoding is a prefix of another one, so the padding never decides.
        if element.raw < previous {
            return false;
        }
        previous = element.raw;
        content = rest;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(der: &[u8]) -> Vec<(usize, Rule)> {
        let mut found = Vec::new();
        walk(der, 0, &mut found);
        found.into_iter().map(|v| (v.offset, v.rule)).collect()
    }

    #[test]
    fn canonical_elements_pass() {
        for der in [
            &[][..],
            &[0x01, 0x01, 0xff],
            &[0x01, 0x01, 0x00],
            &[0x02, 0x01, 0x00],
            &[0x02, 0x01, 0x80],
            &[0x02, 0x02, 0x00, 0x80],
            &[0x02, 0x02, 0xff, 0x7f],
            &[0x03, 0x01, 0x00],
            &[0x03, 0x02, 0x07, 0x80],
            &[0x05, 0x00],
            &[0x06, 0x03, 0x55, 0x1d, 0x0f],
            &[0x30, 0x03, 0x01, 0x01, 0xff],
            &[0x31, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x02],
            &[0x82, 0x01, 0x41],
        ] {
            assert_eq!(rules(der), [], "{der:02x?}");
        }
    }

    #[test]
    fn each_rule_is_found_where_it_is_broken() {
        for (der, offset, rule) in [
            (&[0x30, 0x03, 0x01, 0x01, 0x01][..], 2, Rule::Boolean),
            (&[0x01, 0x02, 0xff, 0xff], 0, Rule::Boolean),
            (&[0x02, 0x00], 0, Rule::Integer),
            (&[0x02, 0x02, 0x00, 0x7f], 0, Rule::Integer),
            (&[0x0a, 0x02, 0xff, 0x80], 0, Rule::Integer),
            (&[0x03, 0x00], 0, Rule::BitString),
            (&[0x03, 0x01, 0x01], 0, Rule::BitString),
            (&[0x03, 0x02, 0x08, 0x00], 0, Rule::BitString),
            (&[0x03, 0x02, 0x07, 0xc0], 0, Rule::BitString),
            (&[0x05, 0x01, 0x00], 0, Rule::Null),
            (&[0x06, 0x00], 0, Rule::ObjectIdentifier),
            (&[0x06, 0x02, 0x55, 0x80], 0, Rule::ObjectIdentifier),
            (&[0x06, 0x03, 0x55, 0x80, 0x01], 0, Rule::ObjectIdentifier),
            (&[0x05, 0x81, 0x00], 0, Rule::Length),
            (&[0x10, 0x00], 0, Rule::PrimitiveSequence),
            (&[0x24, 0x03, 0x04, 0x01, 0x00], 0, Rule::ConstructedString),
            (
                &[0x31, 0x06, 0x02, 0x01, 0x02, 0x02, 0x01, 0x01],
                0,
                Rule::SetOrder,
            ),
            (
                &[0x30, 0x80, 0x00, 0x00],
                0,
                Rule::Unreadable(FlawKind::Length),
            ),
            (
                &[0x30, 0x02, 0x02, 0x01],
                2,
                Rule::Unreadable(FlawKind::Truncated),
            ),
            (&[0x1f, 0x20, 0x00], 0, Rule::Unreadable(FlawKind::HighTag)),
        ] {
            assert_eq!(rules(der), [(offset, rule)], "{der:02x?}");
        }
    }

    #[test]
    fn nesting_is_bounded() {
        let nest = |levels: usize| {
            (0..levels).fold(Vec::new(), |inner: Vec<u8>, _| {
                let mut outer = vec![0x30];
                if inner.len() > 127 {
                    outer.push(0x81);
                }
                outer.push(u8::try_from(inner.len()).unwrap_or(0));
                outer.extend(inner);
                outer
            })
        };
        assert_eq!(rules(&nest(32)), []);
        assert_eq!(rules(&nest(33)).len(), 1);
        assert_eq!(
            rules(&nest(80)).last().map(|found| found.1),
            Some(Rule::Depth)
        );
    }
}
