//! Booleans, whole numbers of any size, hexadecimal bytes and addresses as OpenSSL reads them.

use std::borrow::Cow;

use super::{
    error::{Problem, shown},
    list::is_space,
};

/// Longest number that is read, in characters: the conversion takes time that grows with the square of it.
const MAX_DIGITS: usize = 10_000;

/// `true`, `yes`, `y` and their opposites, in small or capital letters throughout.
pub(super) fn boolean(text: &[u8]) -> Result<bool, Problem> {
    match text {
        b"TRUE" | b"true" | b"Y" | b"y" | b"YES" | b"yes" => Ok(true),
        b"FALSE" | b"false" | b"N" | b"n" | b"NO" | b"no" => Ok(false),
        _ => Err(Problem::new(format!(
            "expected `TRUE` or `FALSE`, found `{}`",
            shown(text)
        ))),
    }
}

/// Content of an INTEGER: decimal, or hexadecimal behind `0x`, with `-` in front of either.
pub(super) fn integer(text: &[u8]) -> Result<Vec<u8>, Problem> {
    let wrong = || {
        Problem::new(format!(
            "expected a whole number, decimal or hexadecimal behind `0x`, found `{}`",
            shown(text)
        ))
    };
    if text.len() > MAX_DIGITS {
        return Err(Problem::new(format!(
            "a number of {} characters, at most {MAX_DIGITS} are read",
            text.len()
        )));
    }
    let mut rest = text;
    let mut negative = false;
    if let Some(digits) = rest.strip_prefix(b"-") {
        negative = true;
        rest = digits;
    }
    let hex = rest
        .strip_prefix(b"0x")
        .or_else(|| rest.strip_prefix(b"0X"));
    let mut digits = hex.unwrap_or(rest);
    // A second sign, behind `-` or `0x`, is read as well, and does not cancel the first.
    if let Some(unsigned) = digits.strip_prefix(b"-") {
        negative = true;
        digits = unsigned;
    }
    let magnitude = match hex {
        Some(_) => {
            let padded: Cow<'_, [u8]> = if digits.len().is_multiple_of(2) {
                digits.into()
            } else {
                [b"0", digits].concat().into()
            };
            plain_hex(&padded).filter(|bytes| !bytes.is_empty())
        }
        None => decimal(digits),
    };
    Ok(twos_complement(&magnitude.ok_or_else(wrong)?, negative))
}

/// Big-endian bytes of decimal digits; `None` if there are none, or anything else.
pub(super) fn decimal(digits: &[u8]) -> Option<Vec<u8>> {
    if digits.is_empty() || digits.len() > MAX_DIGITS {
        return None;
    }
    // Little-endian limbs, nine digits at a time.
    let mut limbs: Vec<u32> = Vec::new();
    for chunk in digits.chunks(9) {
        let mut value = 0u32;
        let mut scale = 1u32;
        for &byte in chunk {
            if !byte.is_ascii_digit() {
                return None;
            }
            value = value * 10 + u32::from(byte - b'0');
            scale *= 10;
        }
        let mut carry = u64::from(value);
        for limb in &mut limbs {
            let sum = u64::from(*limb) * u64::from(scale) + carry;
            // The lower half, and what is left of the sum.
            *limb = u32::try_from(sum & u64::from(u32::MAX)).unwrap_or_default();
            carry = sum >> 32;
        }
        if carry > 0 {
            limbs.push(u32::try_from(carry).unwrap_or_default());
        }
    }
    Some(limbs.iter().rev().flat_map(|l| l.to_be_bytes()).collect())
}

/// Shortest content of an INTEGER (X.690 section 8.3).
pub(super) fn twos_complement(magnitude: &[u8], negative: bool) -> Vec<u8> {
    let start = magnitude
        .iter()
        .position(|&b| b != 0)
        .unwrap_or(magnitude.len());
    let magnitude = magnitude.get(start..).unwrap_or_default();
    let Some(&first) = magnitude.first() else {
        return vec![0];
    };
    if !negative {
        let mut out = Vec::with_capacity(magnitude.len() + 1);
        if first >= 0x80 {
            out.push(0);
        }
        out.extend_from_slice(magnitude);
        return out;
    }
    let mut out: Vec<u8> = magnitude.iter().map(|b| !b).collect();
    for byte in out.iter_mut().rev() {
        let (sum, carry) = byte.overflowing_add(1);
        *byte = sum;
        if !carry {
            break;
        }
    }
    if out.first().is_some_and(|&b| b < 0x80) {
        out.insert(0, 0xff);
    }
    out
}

/// Pairs of hexadecimal digits, with `:` between them or not.
pub(super) fn hex(text: &[u8]) -> Result<Vec<u8>, Problem> {
    if text.len() < 2 {
        return Err(Problem::new(format!(
            "expected pairs of hexadecimal digits, found `{}`",
            shown(text)
        )));
    }
    let mut out = Vec::with_capacity(text.len() / 2);
    let mut rest = text.iter().copied();
    while let Some(high) = rest.next() {
        if high == b':' {
            continue;
        }
        let low = rest.next().ok_or_else(|| {
            Problem::new(format!(
                "an odd number of hexadecimal digits in `{}`",
                shown(text)
            ))
        })?;
        match (digit(high), digit(low)) {
            (Some(high), Some(low)) => out.push(high << 4 | low),
            _ => {
                return Err(Problem::new(format!(
                    "`{}` is no pair of hexadecimal digits",
                    shown(&[high, low])
                )));
            }
        }
    }
    Ok(out)
}

fn plain_hex(text: &[u8]) -> Option<Vec<u8>> {
    text.chunks(2)
        .map(|pair| match pair {
            [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
            _ => None,
        })
        .collect()
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte)
        .to_digit(16)
        .and_then(|d| u8::try_from(d).ok())
}

/// Four octets of an IPv4 address, or sixteen of an IPv6 address.
pub(super) fn address(text: &[u8]) -> Option<Vec<u8>> {
    if text.contains(&b':') {
        ipv6(text).map(Into::into)
    } else {
        ipv4(text).map(Into::into)
    }
}

/// Decimal numbers as C's `sscanf` reads them: white space and a sign may stand in front of each, and anything behind
/// a white space is ignored.
fn ipv4(text: &[u8]) -> Option<[u8; 4]> {
    let mut out = [0; 4];
    let mut rest = text;
    for (index, octet) in out.iter_mut().enumerate() {
        if index > 0 {
            rest = rest.strip_prefix(b".")?;
        }
        while rest.first().is_some_and(|&b| is_space(b)) {
            rest = rest.get(1..)?;
        }
        let (negative, digits) = match rest.split_first() {
            Some((b'-', tail)) => (true, tail),
            Some((b'+', tail)) => (false, tail),
            _ => (false, rest),
        };
        let len = digits.iter().take_while(|b| b.is_ascii_digit()).count();
        let (number, tail) = digits.split_at(len);
        if number.is_empty() {
            return None;
        }
        let value = number
            .iter()
            .try_fold(0u32, |sum, b| {
                sum.checked_mul(10)?.checked_add(u32::from(b - b'0'))
            })
            .filter(|&value| !negative || value == 0)?;
        *octet = u8::try_from(value).ok()?;
        rest = tail;
    }
    rest.first().is_none_or(|&b| is_space(b)).then_some(out)
}

/// Groups of up to four hexadecimal digits, one `::`, an IPv4 address at the end.
fn ipv6(text: &[u8]) -> Option<[u8; 16]> {
    let mut bytes: Vec<u8> = Vec::with_capacity(16);
    let mut zero_at = None;
    let mut empty_groups = 0;
    let mut rest = text;
    loop {
        let end = rest.iter().position(|&b| b == b':');
        let group = rest.get(..end.unwrap_or(rest.len()))?;
        if bytes.len() == 16 {
            return None;
        }
        if group.is_empty() {
            if *zero_at.get_or_insert(bytes.len()) != bytes.len() {
                return None;
            }
            empty_groups += 1;
        } else if group.len() > 4 {
            if bytes.len() > 12 || end.is_some() {
                return None;
            }
            bytes.extend_from_slice(&ipv4(group)?);
        } else {
            let value = group
                .iter()
                .try_fold(0u16, |sum, &b| Some(sum << 4 | u16::from(digit(b)?)))?;
            bytes.extend_from_slice(&value.to_be_bytes());
        }
        match end {
            Some(end) => rest = rest.get(end + 1..)?,
            None => break,
        }
    }
    let Some(zero_at) = zero_at else {
        return bytes.try_into().ok();
    };
    if bytes.len() == 16 {
        return None;
    }
    let at_an_end = zero_at == 0 || zero_at == bytes.len();
    // `::` makes one empty group in the middle, two at an end, three alone.
    let in_place = match empty_groups {
        1 => !at_an_end,
        2 => at_an_end,
        3 => bytes.is_empty(),
        _ => false,
    };
    if !in_place {
        return None;
    }
    let tail = bytes.split_off(zero_at);
    bytes.resize(16 - tail.len(), 0);
    bytes.extend_from_slice(&tail);
    bytes.try_into().ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn integers() {
        for (text, content) in [
            ("0", &b"\x00"[..]),
            ("-0", b"\x00"),
            ("127", b"\x7f"),
            ("128", b"\x00\x80"),
            ("-128", b"\x80"),
            ("-129", b"\xff\x7f"),
            ("--5", b"\xfb"),
            ("0x-5", b"\xfb"),
            ("0xABC", b"\x0a\xbc"),
            ("-0XFF", b"\xff\x01"),
            ("0010", b"\x0a"),
            (
                "18446744073709551616",
                b"\x01\x00\x00\x00\x00\x00\x00\x00\x00",
            ),
        ] {
            assert_eq!(integer(text.as_bytes()).unwrap(), content, "{text}");
        }
        for bad in [
            "", "-", "+5", " 5", "5 ", "0x", "0xg", "1.5", "---5", "five",
        ] {
            assert!(integer(bad.as_bytes()).is_err(), "{bad}");
        }
        assert!(integer(&vec![b'9'; MAX_DIGITS]).is_ok());
        assert!(integer(&vec![b'9'; MAX_DIGITS + 1]).is_err());
    }

    #[test]
    fn addresses() {
        for good in ["1.2.3.4", " 1. +2.3.-0", "1.2.3.4 and more", "001.2.3.4"] {
            assert!(address(good.as_bytes()).is_some(), "{good}");
        }
        for bad in [
            "",
            "1.2.3",
            "1.2.3.4.5",
            "256.1.1.1",
            "1.2.3.4/8",
            "1.2.3.x",
            ":::",
            "1:::2",
            "1::2::3",
            "1:2:3:4:5:6:7:8:9",
            "12345::",
            "g::",
            "::1.2.3.4:5",
            "1:2:3:4:5:6:7::8:9",
            ":1",
        ] {
            assert!(address(bad.as_bytes()).is_none(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn numbers_of_128_bits(number in any::<i128>()) {
            let content = integer(number.to_string().as_bytes()).unwrap();
            let fill = if content[0] >= 0x80 { 0xff } else { 0 };
            let mut bytes = [fill; 16];
            bytes[16 - content.len()..].copy_from_slice(&content);
            prop_assert_eq!(i128::from_be_bytes(bytes), number);
        }

        #[test]
        fn addresses_as_the_standard_library_writes_them(v4 in any::<[u8; 4]>(), v6 in any::<[u8; 16]>(), zero in 0..16usize, len in 0..16usize) {
            prop_assert_eq!(address(std::net::Ipv4Addr::from(v4).to_string().as_bytes()), Some(v4.to_vec()));
            let mut v6 = v6;
            for byte in v6.iter_mut().skip(zero).take(len) {
                *byte = 0;
            }
            prop_assert_eq!(address(std::net::Ipv6Addr::from(v6).to_string().as_bytes()), Some(v6.to_vec()));
        }

        #[test]
        fn any_bytes_are_read_or_refused(text in proptest::collection::vec(any::<u8>(), 0..30)) {
            let _ = (integer(&text), hex(&text), address(&text), boolean(&text));
        }
    }
}
