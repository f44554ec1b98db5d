//! DER from the inside out (X.690 section 8.1): enough for keys, signatures and requests.

/// Tag, length and content; the content is given in pieces.
pub(crate) fn tlv(tag: u8, content: &[&[u8]]) -> Vec<u8> {
    let len: usize = content.iter().map(|piece| piece.len()).sum();
    let mut der = Vec::with_capacity(len + 10);
    der.push(tag);
    let octets = len.to_be_bytes();
    let significant = octets.iter().skip_while(|octet| **octet == 0);
    if len >= 0x80 {
        // 1 to 8, so it stays below 0x88
        let count = octets.len() - (len.leading_zeros() / 8) as usize;
        der.push(0x80 | u8::try_from(count).unwrap_or(0));
        der.extend(significant);
    } else {
        der.push(u8::try_from(len).unwrap_or(0));
    }
    for piece in content {
        der.extend_from_slice(piece);
    }
    der
}

/// A natural number, given big-endian with or without leading zeros, as INTEGER.
pub(crate) fn integer(number: &[u8]) -> Vec<u8> {
    let zeros = number.iter().take_while(|octet| **octet == 0).count();
    let digits = number.get(zeros..).unwrap_or_default();
    // the highest bit is the sign, and the number 0 has one octet
    let sign: &[u8] = if digits.first().is_none_or(|top| *top >= 0x80) {
        &[0]
    } else {
        &[]
    };
    tlv(INTEGER, &[sign, digits])
}

pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(crate) const OID: u8 = 0x06;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use der::{
        Decode, Encode,
        asn1::{OctetStringRef, UintRef},
    };
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lengths_are_the_shortest_at_each_border() {
        for len in [0, 1, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x1_0000] {
            let content = vec![0x5a; len];
            let expected = OctetStringRef::new(&content).unwrap().to_der().unwrap();
            assert_eq!(tlv(0x04, &[&content]), expected, "{len}");
        }
    }

    proptest! {
        #[test]
        fn integers_are_what_the_der_crate_reads(number in prop::collection::vec(any::<u8>(), 0..80)) {
            let der = integer(&number);
            let read = UintRef::from_der(&der).unwrap();
            let significant: Vec<u8> = number.iter().copied().skip_while(|octet| *octet == 0).collect();
            let digits: Vec<u8> = read.as_bytes().iter().copied().skip_while(|octet| *octet == 0).collect();
            prop_assert_eq!(digits, significant);
            prop_assert_eq!(read.to_der().unwrap(), der);
        }
    }
}
