//! Object identifiers without limits: numbers of any size, such as those under 2.25 that are made of a UUID.

use tpm2ca_x509::ObjectIdentifier;

use crate::{
    der::{self, tag},
    error::{Problem, shown},
    scalar,
};

/// An object identifier: the content octets of its DER.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Oid(Vec<u8>);

impl Oid {
    /// Reads dotted numbers as OpenSSL does: spaces separate like dots, an empty number is 0, and a separator may
    /// end it.
    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        let (&first, rest) = text.split_first()?;
        if text.len() > MAX_TEXT || !(b'0'..=b'2').contains(&first) {
            return None;
        }
        let first = first - b'0';
        let (&separator, mut rest) = rest.split_first()?;
        if !is_separator(separator) || rest.is_empty() {
            return None;
        }
        let mut content = Vec::new();
        let mut is_second = true;
        while !rest.is_empty() {
            let end = rest
                .iter()
                .position(|&b| is_separator(b))
                .unwrap_or(rest.len());
            let number = match rest.get(..end)? {
                [] => Vec::new(),
                digits => scalar::decimal(digits)?,
            };
            rest = rest.get(end + 1..).unwrap_or_default();
            let number = if is_second {
                second(first, &number)?
            } else {
                number
            };
            is_second = false;
            // Zero has one group of seven bits as well.
            let number = if number.is_empty() { vec![0] } else { number };
            der::push_base128(&mut content, &number);
        }
        Some(Self(content))
    }

    /// Content octets, without tag and length.
    pub fn as_content(&self) -> &[u8] {
        &self.0
    }

    /// The whole element.
    pub(crate) fn to_der(&self) -> Vec<u8> {
        der::tlv(tag::OID, &self.0)
    }

    /// As the type that certificates are written with, which has its limits.
    pub fn to_object_identifier(&self) -> Option<ObjectIdentifier> {
        ObjectIdentifier::from_bytes(&self.0).ok()
    }

    /// The same, with a reason if it does not fit.
    pub(crate) fn fitting(&self, text: &[u8]) -> Result<ObjectIdentifier, Problem> {
        self.to_object_identifier().ok_or_else(|| {
            Problem::new(format!(
                "the object identifier `{}` is over 39 bytes long or has a number of over 32 bits",
                shown(text)
            ))
        })
    }
}

impl From<ObjectIdentifier> for Oid {
    fn from(oid: ObjectIdentifier) -> Self {
        Self(oid.as_bytes().to_vec())
    }
}

fn is_separator(byte: u8) -> bool {
    matches!(byte, b'.' | b' ')
}

/// The second number, with the first one in it (X.690 section 8.19.4).
fn second(first: u8, number: &[u8]) -> Option<Vec<u8>> {
    let small = number
        .iter()
        .try_fold(0u8, |sum, &b| if sum == 0 { Some(b) } else { None });
    if first < 2 && small.is_none_or(|small| small >= 40) {
        return None;
    }
    // Big-endian addition; one more octet for the carry.
    let mut sum = vec![0];
    sum.extend_from_slice(number);
    let mut carry = first * 40;
    for byte in sum.iter_mut().rev() {
        let (value, overflow) = byte.overflowing_add(carry);
        *byte = value;
        carry = u8::from(overflow);
    }
    if number.is_empty() {
        sum = vec![first * 40];
    }
    Some(sum)
}

/// Longest text that is read.
const MAX_TEXT: usize = 4096;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn peculiar_texts() {
        for (text, same) in [
            ("1.2.", "1.2"),
            ("1..2", "1.0.2"),
            ("2 5 29", "2.5.29"),
            ("02.5", ""),
            ("1.40", ""),
            ("0.40", ""),
            ("3.1", ""),
            ("1", ""),
            ("1.", ""),
            ("", ""),
            ("1.2x", ""),
            ("2.999", "2.0999"),
        ] {
            let read = Oid::parse(text.as_bytes());
            assert_eq!(read, Oid::parse(same.as_bytes()), "{text}");
            assert_eq!(read.is_some(), !same.is_empty(), "{text}");
        }
        // The UUID f81d4fae-7dec-11d0-a765-00a0c91e6bf6, the example of X.667.
        let uuid = Oid::parse(b"2.25.329800735698586629295641978511506172918").map(|oid| oid.0);
        let expected =
            b"\x69\x83\xf0\x9d\xa7\xeb\xcf\xde\xe0\xc7\xa1\xa7\xb2\xc0\x94\x8c\xc8\xf9\xd7\x76";
        assert_eq!(uuid.as_deref(), Some(&expected[..]));
    }

    proptest! {
        #[test]
        fn as_the_other_implementation(first in 0u32..3, second in 0u32..40, rest in proptest::collection::vec(any::<u32>(), 0..6)) {
            let text = [vec![first, second], rest].concat().iter().map(ToString::to_string).collect::<Vec<_>>().join(".");
            let other = ObjectIdentifier::new(&text).ok().map(|oid| oid.as_bytes().to_vec());
            if let Some(other) = other {
                prop_assert_eq!(Oid::parse(text.as_bytes()).map(|oid| oid.0), Some(other));
            }
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[0-9. x]{0,40}") {
            let _ = Oid::parse(text.as_bytes());
        }
    }
}
