//! `string_mask`.

use super::strings::Types;
use crate::error::{OpensslError, Problem, shown};

/// Which string types the attributes of names may have, as the key `string_mask` of a configuration file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StringMask(u64);

impl StringMask {
    /// Only UTF8String: `utf8only`, and what holds without the key.
    pub const UTF8_ONLY: Self = Self(Types::UTF8.0);

    /// Reads `default`, `pkix`, `nombstr`, `utf8only`, or `MASK:` and the bits in decimal, octal (`0…`) or hexadecimal
    /// (`0x…`).
    pub fn parse(text: &[u8]) -> Result<Self, OpensslError> {
        match text {
            b"default" => Ok(Self(0xffff_ffff)),
            b"pkix" => Ok(Self(!Types::T61.0)),
            b"nombstr" => Ok(Self(!(Types::BMP.0 | Types::UTF8.0))),
            b"utf8only" => Ok(Self::UTF8_ONLY),
            _ => text
                .strip_prefix(b"MASK:")
                .and_then(number)
                .map(Self)
                .ok_or_else(|| {
                    Problem::new(format!("is no string mask: `{}`", shown(text)))
                        .hint("write `utf8only`, `pkix`, `nombstr`, `default` or `MASK:0x2002`")
                        .in_text(text)
                }),
        }
    }

    pub(super) fn bits(self) -> u64 {
        self.0
    }
}

impl Default for StringMask {
    fn default() -> Self {
        Self::UTF8_ONLY
    }
}

/// As C's `strtoul` with base 0.
fn number(text: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(text).ok()?.trim_start();
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let value = if let Some(hex) = text.strip_prefix("0x").or(text.strip_prefix("0X")) {
        u64::from_str_radix(hex, 16)
    } else if text.len() > 1 && text.starts_with('0') {
        u64::from_str_radix(text, 8)
    } else {
        text.parse()
    };
    let value = value.ok().filter(|_| !text.contains(['+', '-']))?;
    Some(if negative {
        value.wrapping_neg()
    } else {
        value
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn masks() {
        for (text, bits) in [
            ("MASK:0x2002", 0x2002),
            ("MASK:8194", 0x2002),
            ("MASK:020002", 0x2002),
            ("MASK:0", 0),
            ("MASK: -1", u64::MAX),
            ("utf8only", 0x2000),
            ("default", 0xffff_ffff),
        ] {
            assert_eq!(
                StringMask::parse(text.as_bytes()).unwrap().bits(),
                bits,
                "{text}"
            );
        }
        for bad in [
            "", "MASK:", "MASK:x", "MASK:0x", "MASK:5 ", "MASK:+-5", "UTF8ONLY", "mask:1",
            "MASK:08",
        ] {
            assert!(StringMask::parse(bad.as_bytes()).is_err(), "{bad}");
        }
        assert_eq!(StringMask::default(), StringMask::UTF8_ONLY);
    }
}
