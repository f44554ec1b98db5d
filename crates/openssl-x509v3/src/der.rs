//! Writes DER, and reads as much of it as the values of configuration files need: tags of any class and number, which
//! the readers of `x509` have no use for.

/// Identifier octets of universal types.
pub(super) mod tag {
    pub(crate) const BOOLEAN: u8 = 0x01;
    pub(crate) const INTEGER: u8 = 0x02;
    pub(crate) const BIT_STRING: u8 = 0x03;
    pub(crate) const OCTET_STRING: u8 = 0x04;
    pub(crate) const NULL: u8 = 0x05;
    pub(crate) const OID: u8 = 0x06;
    pub(crate) const ENUMERATED: u8 = 0x0a;
    pub(crate) const UTF8_STRING: u8 = 0x0c;
    pub(crate) const NUMERIC_STRING: u8 = 0x12;
    pub(crate) const PRINTABLE_STRING: u8 = 0x13;
    pub(crate) const T61_STRING: u8 = 0x14;
    pub(crate) const IA5_STRING: u8 = 0x16;
    pub(crate) const UTC_TIME: u8 = 0x17;
    pub(crate) const GENERALIZED_TIME: u8 = 0x18;
    pub(crate) const VISIBLE_STRING: u8 = 0x1a;
    pub(crate) const GENERAL_STRING: u8 = 0x1b;
    pub(crate) const UNIVERSAL_STRING: u8 = 0x1c;
    pub(crate) const BMP_STRING: u8 = 0x1e;
    pub(crate) const SEQUENCE: u8 = 0x30;
    pub(crate) const SET: u8 = 0x31;

    /// `[number]` over primitive content.
    pub(crate) const fn context(number: u8) -> u8 {
        0x80 | number
    }

    /// `[number]` over constructed content.
    pub(crate) const fn context_constructed(number: u8) -> u8 {
        0xa0 | number
    }
}

/// Class of a tag, as in the upper two bits of an identifier octet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Universal = 0x00,
    Application = 0x40,
    Context = 0x80,
    Private = 0xc0,
}

/// Identifier of an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identifier {
    pub(super) class: Class,
    pub(super) constructed: bool,
    pub(super) number: u32,
}

/// One element with a one-byte tag.
pub(super) fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(content.len() + 6);
    push(&mut out, tag, content);
    out
}

/// Appends one element with a one-byte tag.
pub(super) fn push(out: &mut Vec<u8>, tag: u8, content: &[u8]) {
    out.push(tag);
    push_length(out, content.len());
    out.extend_from_slice(content);
}

/// Content of a SET OF: the elements in DER's order (X.690 section 11.6).
pub(super) fn sorted(mut elements: Vec<Vec<u8>>) -> Vec<u8> {
    elements.sort();
    elements.concat()
}

/// Content of a BIT STRING that ends with its last set bit (X.690 section 11.2.2).
pub(super) fn named_bits(bits: &[usize]) -> Vec<u8> {
    let len = bits.iter().max().map_or(0, |max| max / 8 + 1);
    let mut content = vec![0u8; len + 1];
    for bit in bits {
        if let Some(octet) = content.get_mut(bit / 8 + 1) {
            *octet |= 0x80 >> (bit % 8);
        }
    }
    if let Some(last) = content.last().copied().filter(|_| len > 0) {
        // The octet of the greatest bit is not zero.
        content[0] = u8::try_from(last.trailing_zeros()).unwrap_or(7);
    }
    content
}

/// One element with a tag of any class and number.
pub(super) fn element(identifier: Identifier, content: &[u8]) -> Vec<u8> {
    let Identifier {
        class,
        constructed,
        number,
    } = identifier;
    let first = class as u8 | if constructed { 0x20 } else { 0 };
    let mut out = Vec::with_capacity(content.len() + 12);
    match u8::try_from(number) {
        Ok(small) if small < 0x1f => out.push(first | small),
        _ => {
            out.push(first | 0x1f);
            push_base128(&mut out, &number.to_be_bytes());
        }
    }
    push_length(&mut out, content.len());
    out.extend_from_slice(content);
    out
}

/// Appends a big-endian number in groups of seven bits, all but the last with the top bit set.
pub(super) fn push_base128(out: &mut Vec<u8>, big_endian: &[u8]) {
    let bits = big_endian.len() * 8;
    let groups = bits.div_ceil(7);
    let mut started = false;
    for group in (0..groups).rev() {
        let mut value = 0u8;
        for bit in (group * 7..(group * 7 + 7).min(bits)).rev() {
            let byte = big_endian
                .get(big_endian.len() - 1 - bit / 8)
                .copied()
                .unwrap_or(0);
            value = value << 1 | (byte >> (bit % 8) & 1);
        }
        started |= value != 0 || group == 0;
        if started {
            out.push(if group == 0 { value } else { value | 0x80 });
        }
    }
}

fn push_length(out: &mut Vec<u8>, len: usize) {
    match u8::try_from(len) {
        Ok(short) if short < 0x80 => out.push(short),
        _ => {
            let digits: Vec<u8> = len
                .to_be_bytes()
                .into_iter()
                .skip_while(|&b| b == 0)
                .collect();
            // A usize has at most eight octets.
            out.push(0x80 | u8::try_from(digits.len()).unwrap_or(8));
            out.extend_from_slice(&digits);
        }
    }
}

/// The first element of `bytes` and what follows it. Only what this module writes needs to be read: definite lengths.
pub(super) fn read(bytes: &[u8]) -> Option<(Identifier, &[u8], &[u8])> {
    let (&first, mut rest) = bytes.split_first()?;
    let class = match first & 0xc0 {
        0x00 => Class::Universal,
        0x40 => Class::Application,
        0x80 => Class::Context,
        _ => Class::Private,
    };
    let mut number = u32::from(first & 0x1f);
    if number == 0x1f {
        number = 0;
        loop {
            let (&byte, tail) = rest.split_first()?;
            rest = tail;
            number = number
                .checked_mul(128)?
                .checked_add(u32::from(byte & 0x7f))?;
            if byte & 0x80 == 0 {
                break;
            }
        }
    }
    let (&first_length, tail) = rest.split_first()?;
    rest = tail;
    let len = if first_length < 0x80 {
        usize::from(first_length)
    } else {
        let count = usize::from(first_length & 0x7f);
        if count == 0 || count > 4 || count > rest.len() {
            return None;
        }
        let (digits, tail) = rest.split_at(count);
        rest = tail;
        digits
            .iter()
            .fold(0usize, |sum, &b| sum << 8 | usize::from(b))
    };
    if len > rest.len() {
        return None;
    }
    let (content, after) = rest.split_at(len);
    let identifier = Identifier {
        class,
        constructed: first & 0x20 != 0,
        number,
    };
    Some((identifier, content, after))
}

/// Content of the one element that `bytes` are, if it has this one-byte tag.
pub(super) fn content(bytes: &[u8], tag: u8) -> Option<&[u8]> {
    match read(bytes)? {
        (_, content, []) if bytes.first() == Some(&tag) => Some(content),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn base_128() {
        for (number, expected) in [
            (0u32, &b"\x00"[..]),
            (127, b"\x7f"),
            (128, b"\x81\x00"),
            (113_549, b"\x86\xf7\x0d"),
            (u32::MAX, b"\x8f\xff\xff\xff\x7f"),
        ] {
            let mut out = Vec::new();
            push_base128(&mut out, &number.to_be_bytes());
            assert_eq!(out, expected, "{number}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(number in any::<u32>(), constructed in any::<bool>(), len in 0usize..70_000) {
            let identifier = Identifier { class: Class::Private, constructed, number };
            let content = vec![7; len];
            let mut der = element(identifier, &content);
            der.push(1);
            prop_assert_eq!(read(&der), Some((identifier, &content[..], &[1][..])));
        }

        #[test]
        fn any_bytes_are_read_or_not(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            if let Some((_, content, rest)) = read(&bytes) {
                prop_assert!(content.len() + rest.len() < bytes.len());
            }
        }
    }
}
