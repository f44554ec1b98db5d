//! Certificate serial numbers, RFC 5280 section 4.1.2.2.

use std::{fmt, str::FromStr};

use crate::Error;

/// A positive serial number whose INTEGER content is at most 20 octets, so at most 159 bits.
///
/// Held as big-endian bytes without leading zeros; compares as a number.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Serial(Vec<u8>);

impl Serial {
    /// Octets of INTEGER content that RFC 5280 allows.
    pub const MAX_LEN: usize = 20;

    /// From an unsigned big-endian number. Leading zeros are dropped; zero and numbers that need more than 20 octets
    /// (a set top bit costs one octet for the sign) are refused.
    pub fn from_be_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let zeros = bytes.iter().take_while(|&&b| b == 0).count();
        let digits = bytes.get(zeros..).unwrap_or_default();
        let Some(&first) = digits.first() else {
            return Err(serial_error("must be positive, not zero"));
        };
        let len = digits.len() + usize::from(first >= 0x80);
        if len > Self::MAX_LEN {
            return Err(serial_error(&format!(
                "needs {len} octets, more than the {} that are allowed",
                Self::MAX_LEN
            )));
        }
        Ok(Self(digits.to_vec()))
    }

    /// From the content octets of a DER INTEGER, as [`crate::TbsCertificate::serial`] gives them.
    pub fn from_integer_content(content: &[u8]) -> Result<Self, Error> {
        match content {
            [] => Err(serial_error("is an INTEGER without content")),
            [first, ..] if *first >= 0x80 => Err(serial_error("must be positive, not negative")),
            [0, second, ..] if *second < 0x80 => {
                Err(serial_error("is not encoded in the shortest form"))
            }
            _ => Self::from_be_bytes(content),
        }
    }

    /// The number, big-endian, without leading zeros; never empty.
    pub fn as_be_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Content octets of the DER INTEGER: the number, with a zero octet in front when its top bit is set.
    pub fn to_integer_content(&self) -> Vec<u8> {
        let mut content = Vec::with_capacity(Self::MAX_LEN);
        if self.0.first().is_some_and(|&b| b >= 0x80) {
            content.push(0);
        }
        content.extend_from_slice(&self.0);
        content
    }
}

impl Ord for Serial {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0
            .len()
            .cmp(&other.0.len())
            .then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for Serial {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl From<std::num::NonZeroU64> for Serial {
    fn from(number: std::num::NonZeroU64) -> Self {
        let bytes = number.get().to_be_bytes();
        Self(bytes.into_iter().skip_while(|&b| b == 0).collect())
    }
}

impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

impl fmt::Debug for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Serial({self})")
    }
}

impl FromStr for Serial {
    type Err = Error;

    /// Hexadecimal digits in either case, with or without `0x` and with or without colons between the octets.
    fn from_str(text: &str) -> Result<Self, Error> {
        let digits = text
            .strip_prefix("0x")
            .or_else(|| text.strip_prefix("0X"))
            .unwrap_or(text);
        let digits: String = digits.chars().filter(|&c| c != ':').collect();
        if digits.is_empty() {
            return Err(serial_error("is empty"));
        }
        if let Some(odd) = digits.chars().find(|c| !c.is_ascii_hexdigit()) {
            return Err(serial_error(&format!(
                "`{text}` has `{odd}`, which is no hexadecimal digit"
            )));
        }
        let padded = if digits.len().is_multiple_of(2) {
            digits
        } else {
            format!("0{digits}")
        };
        let nibble = |c: u8| {
            char::from(c)
                .to_digit(16)
                .map_or(0, |d| u8::try_from(d).unwrap_or(0))
        };
        let bytes: Vec<u8> = padded
            .as_bytes()
            .chunks_exact(2)
            .map(|pair| pair.iter().fold(0, |sum, &c| sum << 4 | nibble(c)))
            .collect();
        Self::from_be_bytes(&bytes)
    }
}

fn serial_error(problem: &str) -> Error {
    Error::Serial {
        problem: problem.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn bounds() {
        assert_eq!(
            Serial::from_be_bytes(&[]).unwrap_err().to_string(),
            "serial number must be positive, not zero"
        );
        assert!(Serial::from_be_bytes(&[0; 30]).is_err());
        assert!(Serial::from_be_bytes(&[0x7f; 20]).is_ok());
        assert!(Serial::from_be_bytes(&[0x80; 19]).is_ok());
        assert_eq!(
            Serial::from_be_bytes(&[0x80; 20]).unwrap_err().to_string(),
            "serial number needs 21 octets, more than the 20 that are allowed"
        );
        let mut padded = vec![0; 40];
        padded.push(5);
        assert_eq!(Serial::from_be_bytes(&padded).unwrap().as_be_bytes(), [5]);
    }

    #[test]
    fn integer_content() {
        assert_eq!(
            Serial::from_be_bytes(&[0x80]).unwrap().to_integer_content(),
            [0, 0x80]
        );
        assert_eq!(
            Serial::from_be_bytes(&[0x7f]).unwrap().to_integer_content(),
            [0x7f]
        );
        for bad in [&[][..], &[0], &[0xff], &[0, 1], &[0; 25]] {
            assert!(Serial::from_integer_content(bad).is_err(), "{bad:02x?}");
        }
    }

    #[test]
    fn spellings() {
        let serial: Serial = "0a1b".parse().unwrap();
        for same in ["0A:1B", "0x0a1b", "A1B", "0Xa1B", "00:0a:1b"] {
            assert_eq!(same.parse::<Serial>().unwrap(), serial, "{same}");
        }
        assert_eq!(serial.to_string(), "0a1b");
        for bad in ["", "0x", ":", "xyz", "-1", "0", "1 2", "0x0x1"] {
            assert!(bad.parse::<Serial>().is_err(), "{bad}");
        }
    }

    #[test]
    fn compares_as_a_number() {
        let [small, middle, large] = ["ff", "0100", "0101"].map(|t| t.parse::<Serial>().unwrap());
        assert!(small < middle && middle < large);
        assert_eq!(
            Serial::from(std::num::NonZeroU64::new(256).unwrap()),
            middle
        );
    }

    proptest! {
        #[test]
        fn round_trips(bytes in proptest::collection::vec(any::<u8>(), 0..24)) {
            if let Ok(serial) = Serial::from_be_bytes(&bytes) {
                prop_assert_eq!(&serial.to_string().parse::<Serial>().unwrap(), &serial);
                let content = serial.to_integer_content();
                prop_assert!(content.len() <= Serial::MAX_LEN);
                prop_assert_eq!(Serial::from_integer_content(&content).unwrap(), serial);
            }
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".*") {
            let _ = text.parse::<Serial>();
        }
    }
}
