//! Character strings of ASN.1: the narrowest type that has all characters of a text and that a mask allows.

use crate::{
    der::tag,
    error::{Problem, shown},
};

/// A set of string types, with the bits that OpenSSL's `string_mask = MASK:…` has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Types(pub(crate) u64);

impl Types {
    pub(crate) const NUMERIC: Self = Self(0x0001);
    pub(crate) const PRINTABLE: Self = Self(0x0002);
    pub(crate) const T61: Self = Self(0x0004);
    pub(crate) const IA5: Self = Self(0x0010);
    pub(crate) const VISIBLE: Self = Self(0x0040);
    pub(crate) const GENERAL: Self = Self(0x0080);
    pub(crate) const UNIVERSAL: Self = Self(0x0100);
    pub(crate) const BMP: Self = Self(0x0800);
    pub(crate) const UTF8: Self = Self(0x2000);
    /// DirectoryString as far as names are made of it: X.520's, without UniversalString.
    pub(crate) const DIRECTORY: Self =
        Self(Self::PRINTABLE.0 | Self::T61.0 | Self::BMP.0 | Self::UTF8.0);
    /// PKCS9String: DirectoryString and IA5String (RFC 2985 section 5.4.1).
    pub(crate) const PKCS9: Self = Self(Self::DIRECTORY.0 | Self::IA5.0);

    pub(super) const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    fn remove(&mut self, other: Self) {
        self.0 &= !other.0;
    }

    /// What the types are called, for messages.
    fn describe(self) -> String {
        const NAMES: [(Types, &str); 9] = [
            (Types::NUMERIC, "NumericString"),
            (Types::PRINTABLE, "PrintableString"),
            (Types::IA5, "IA5String"),
            (Types::VISIBLE, "VisibleString"),
            (Types::GENERAL, "GeneralString"),
            (Types::T61, "T61String"),
            (Types::BMP, "BMPString"),
            (Types::UNIVERSAL, "UniversalString"),
            (Types::UTF8, "UTF8String"),
        ];
        NAMES
            .iter()
            .filter(|(types, _)| self.has(*types))
            .map(|(_, name)| *name)
            .collect::<Vec<_>>()
            .join(" or ")
    }
}

/// How the bytes of a text stand for characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Charset {
    /// A byte is a character: ASCII, and Latin-1 above it.
    Latin1,
    Utf8,
}

/// Bounds of a text's length in characters, both inclusive; `None` where there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bounds {
    pub(crate) min: Option<usize>,
    pub(crate) max: Option<usize>,
}

/// Tag and content of a text in the narrowest of `types`.
pub(crate) fn encode(
    text: &[u8],
    charset: Charset,
    types: Types,
    bounds: Bounds,
) -> Result<(u8, Vec<u8>), Problem> {
    let wanted = if types.0 == 0 {
        Types::DIRECTORY
    } else {
        types
    };
    let chars: Vec<char> = match charset {
        Charset::Latin1 => text.iter().copied().map(char::from).collect(),
        Charset::Utf8 => std::str::from_utf8(text)
            .map_err(|_| {
                Problem::new(format!("`{}` is not UTF-8", shown(text)))
                    .hint("save the file as UTF-8, or remove `utf8 = yes`")
            })?
            .chars()
            .collect(),
    };
    check_length(&chars, text, bounds)?;
    let mut types = wanted;
    for &c in &chars {
        narrow(&mut types, c);
        if types.0 == 0 {
            return Err(Problem::new(format!(
                "`{}` has the character {c:?}, which does not belong into a {}",
                shown(text),
                wanted.describe()
            )));
        }
    }
    Ok(if types.has(Types::NUMERIC) {
        (tag::NUMERIC_STRING, octets(&chars))
    } else if types.has(Types::PRINTABLE) {
        (tag::PRINTABLE_STRING, octets(&chars))
    } else if types.has(Types::IA5) {
        (tag::IA5_STRING, octets(&chars))
    } else if types.has(Types::T61) {
        (tag::T61_STRING, octets(&chars))
    } else if types.has(Types::BMP) {
        let units = chars.iter().flat_map(|&c| {
            u16::try_from(u32::from(c))
                .unwrap_or_default()
                .to_be_bytes()
        });
        (tag::BMP_STRING, units.collect())
    } else if types.has(Types::UNIVERSAL) {
        let units = chars.iter().flat_map(|&c| u32::from(c).to_be_bytes());
        (tag::UNIVERSAL_STRING, units.collect())
    } else {
        let text: String = chars.iter().collect();
        (tag::UTF8_STRING, text.into_bytes())
    })
}

fn check_length(chars: &[char], text: &[u8], bounds: Bounds) -> Result<(), Problem> {
    let Bounds { min, max } = bounds;
    let len = chars.len();
    if min.is_some_and(|min| len < min) || max.is_some_and(|max| len > max) {
        let range = match (min, max) {
            (Some(min), Some(max)) if min == max => format!("exactly {max}"),
            (Some(min), Some(max)) => format!("{min} to {max}"),
            (None, Some(max)) => format!("at most {max}"),
            (min, None) => format!("at least {}", min.unwrap_or_default()),
        };
        return Err(Problem::new(format!(
            "`{}` has {len} characters, must have {range}",
            shown(text)
        )));
    }
    Ok(())
}

/// Takes the types away that do not have the character.
fn narrow(types: &mut Types, c: char) {
    let printable = c.is_ascii_alphanumeric() || " '()+,-./:=?".contains(c);
    for (type_of, has) in [
        (Types::NUMERIC, c.is_ascii_digit() || c == ' '),
        (Types::PRINTABLE, printable),
        (Types::IA5, c.is_ascii()),
        (Types::T61, u32::from(c) <= 0xff),
        (Types::BMP, u32::from(c) <= 0xffff),
    ] {
        if !has {
            types.remove(type_of);
        }
    }
}

/// Only for characters that are one octet each.
fn octets(chars: &[char]) -> Vec<u8> {
    chars
        .iter()
        .map(|&c| u8::try_from(u32::from(c)).unwrap_or_default())
        .collect()
}
