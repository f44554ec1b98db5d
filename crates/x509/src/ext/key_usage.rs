//! The bits of keyUsage, RFC 5280 section 4.2.1.3.

use std::{
    fmt,
    ops::{BitOr, BitOrAssign},
};

use crate::{
    Error,
    read::{Cursor, tag},
    write,
};

/// A set of key usages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct KeyUsage(u16);

impl KeyUsage {
    /// `digitalSignature` (0)
    pub const DIGITAL_SIGNATURE: Self = Self(1 << 15);
    /// `contentCommitment` (1), formerly `nonRepudiation`
    pub const CONTENT_COMMITMENT: Self = Self(1 << 14);
    /// `keyEncipherment` (2)
    pub const KEY_ENCIPHERMENT: Self = Self(1 << 13);
    /// `dataEncipherment` (3)
    pub const DATA_ENCIPHERMENT: Self = Self(1 << 12);
    /// `keyAgreement` (4)
    pub const KEY_AGREEMENT: Self = Self(1 << 11);
    /// `keyCertSign` (5)
    pub const KEY_CERT_SIGN: Self = Self(1 << 10);
    /// `cRLSign` (6)
    pub const CRL_SIGN: Self = Self(1 << 9);
    /// `encipherOnly` (7)
    pub const ENCIPHER_ONLY: Self = Self(1 << 8);
    /// `decipherOnly` (8)
    pub const DECIPHER_ONLY: Self = Self(1 << 7);

    /// No usage at all.
    pub const fn empty() -> Self {
        Self(0)
    }

    /// Whether all of `other` are in it.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether any of `other` is in it.
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Names of the usages, in the order of their bits, as OpenSSL's configuration files spell them.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        NAMES
            .iter()
            .filter(move |(usage, ..)| self.contains(*usage))
            .map(|(_, name, _)| *name)
    }

    /// One usage by its name; `contentCommitment` and `nonRepudiation` are the same.
    pub fn from_name(name: &str) -> Option<Self> {
        NAMES
            .iter()
            .find(|(_, known, other)| *known == name || *other == name)
            .map(|(usage, ..)| *usage)
    }

    /// The BIT STRING, shortened to its last set bit as DER wants a named bit list (X.690 section 11.2.2).
    pub fn to_der(self) -> Vec<u8> {
        let [first, second] = self.0.to_be_bytes();
        let bytes = match (first, second) {
            (0, 0) => vec![0],
            (_, 0) => vec![unused_bits(first), first],
            _ => vec![unused_bits(second), first, second],
        };
        write::tlv(tag::BIT_STRING, &bytes)
    }

    /// Reads the content of a keyUsage `extnValue`. Zero bits at the end, which DER forbids, are not minded; bits that
    /// have no meaning are dropped.
    pub fn from_der(value: &[u8]) -> Result<Self, Error> {
        let mut cursor = Cursor::new(value, "keyUsage")?;
        let element = cursor.element(tag::BIT_STRING, "BIT STRING", "keyUsage")?;
        cursor.finish()?;
        let Some((&unused, bytes)) = element.content.split_first() else {
            return Err(element.not_der("a BIT STRING without content"));
        };
        let padding = bytes
            .last()
            .map_or(0, |last| u32::from(*last).trailing_zeros().min(8));
        if unused > 7 || (bytes.is_empty() && unused != 0) || u32::from(unused) > padding {
            return Err(element.not_der("a BIT STRING with wrong unused bits"));
        }
        let mut octets = bytes.iter().copied();
        let bits = u16::from_be_bytes([octets.next().unwrap_or(0), octets.next().unwrap_or(0)]);
        Ok(Self(bits & MEANINGFUL))
    }
}

impl BitOr for KeyUsage {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for KeyUsage {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

/// `keyCertSign, cRLSign`
impl fmt::Display for KeyUsage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.names().collect::<Vec<_>>().join(", "))
    }
}

/// For a byte that has a bit set: its trailing zeros.
fn unused_bits(byte: u8) -> u8 {
    u8::try_from(byte.trailing_zeros()).unwrap_or(7)
}

const NAMES: [(KeyUsage, &str, &str); 9] = [
    (
        KeyUsage::DIGITAL_SIGNATURE,
        "digitalSignature",
        "digitalSignature",
    ),
    (
        KeyUsage::CONTENT_COMMITMENT,
        "nonRepudiation",
        "contentCommitment",
    ),
    (
        KeyUsage::KEY_ENCIPHERMENT,
        "keyEncipherment",
        "keyEncipherment",
    ),
    (
        KeyUsage::DATA_ENCIPHERMENT,
        "dataEncipherment",
        "dataEncipherment",
    ),
    (KeyUsage::KEY_AGREEMENT, "keyAgreement", "keyAgreement"),
    (KeyUsage::KEY_CERT_SIGN, "keyCertSign", "keyCertSign"),
    (KeyUsage::CRL_SIGN, "cRLSign", "cRLSign"),
    (KeyUsage::ENCIPHER_ONLY, "encipherOnly", "encipherOnly"),
    (KeyUsage::DECIPHER_ONLY, "decipherOnly", "decipherOnly"),
];

/// The nine bits that RFC 5280 defines.
const MEANINGFUL: u16 = 0xff80;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn shortest_bit_strings() {
        let ca = KeyUsage::KEY_CERT_SIGN | KeyUsage::CRL_SIGN;
        assert_eq!(ca.to_der(), b"\x03\x02\x01\x06");
        assert_eq!(KeyUsage::DIGITAL_SIGNATURE.to_der(), b"\x03\x02\x07\x80");
        assert_eq!(KeyUsage::DECIPHER_ONLY.to_der(), b"\x03\x03\x07\x00\x80");
        assert_eq!(KeyUsage::empty().to_der(), b"\x03\x01\x00");
        assert_eq!(ca.to_string(), "keyCertSign, cRLSign");
        assert_eq!(
            KeyUsage::from_name("contentCommitment"),
            KeyUsage::from_name("nonRepudiation")
        );
        assert_eq!(KeyUsage::from_name("signing"), None);
    }

    #[test]
    fn odd_bit_strings() {
        assert_eq!(
            KeyUsage::from_der(b"\x03\x02\x00\x80"),
            Ok(KeyUsage::DIGITAL_SIGNATURE)
        );
        assert_eq!(
            KeyUsage::from_der(b"\x03\x02\x04\x80"),
            Ok(KeyUsage::DIGITAL_SIGNATURE)
        );
        for bad in [
            &b"\x03\x00"[..],
            b"\x03\x01\x01",
            b"\x03\x02\x08\x00",
            b"\x03\x02\x07\xff",
            b"\x04\x01\x00",
            b"",
        ] {
            assert!(KeyUsage::from_der(bad).is_err(), "{bad:02x?}");
        }
    }

    proptest! {
        #[test]
        fn round_trips(bits in any::<u16>()) {
            let usage = KeyUsage(bits & MEANINGFUL);
            prop_assert_eq!(KeyUsage::from_der(&usage.to_der()), Ok(usage));
            let named = usage.names().fold(KeyUsage::empty(), |all, name| all | KeyUsage::from_name(name).unwrap());
            prop_assert_eq!(named, usage);
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..10)) {
            let _ = KeyUsage::from_der(&bytes);
            let _ = KeyUsage::from_der(&write::tlv(tag::BIT_STRING, &bytes));
        }
    }
}
