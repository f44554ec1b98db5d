//! Paddings and salts as OpenSSL writes them: as numbers or as words (EVP_PKEY_CTX_set_rsa_padding(3)).

use std::ffi::CStr;

use crate::ffi::params::Param;

/// Of an RSA signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Padding {
    Pkcs1,
    None,
    Pss,
}

impl Padding {
    const ALL: [Self; 3] = [Self::Pkcs1, Self::None, Self::Pss];

    pub(super) fn read(param: Param<'_>) -> Option<Self> {
        Self::ALL.into_iter().find(|padding| match param.text() {
            Some(text) => text.as_bytes() == padding.name().to_bytes(),
            None => param.integer() == i64::try_from(padding.number()).ok(),
        })
    }

    pub(super) fn number(self) -> usize {
        match self {
            Self::Pkcs1 => 1,
            Self::None => 3,
            Self::Pss => 6,
        }
    }

    pub(super) fn name(self) -> &'static CStr {
        match self {
            Self::Pkcs1 => c"pkcs1",
            Self::None => c"none",
            Self::Pss => c"pss",
        }
    }
}

/// Length of the salt of RSASSA-PSS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Salt {
    /// Ours to choose, or whatever it is.
    Auto,
    /// As long as the digest.
    Digest,
    /// As long as fits.
    Longest,
    Octets(usize),
}

impl Salt {
    pub(super) fn read(param: Param<'_>) -> Option<Self> {
        let number = match param.text() {
            Some("digest") => return Some(Self::Digest),
            Some("max") => return Some(Self::Longest),
            Some("auto" | "auto-digestmax") => return Some(Self::Auto),
            Some(text) => text.parse().ok()?,
            None => param.integer()?,
        };
        match number {
            -1 => Some(Self::Digest),
            -2 | -4 => Some(Self::Auto),
            -3 => Some(Self::Longest),
            _ => usize::try_from(number)
                .ok()
                .filter(|&count| count <= MOST)
                .map(Self::Octets),
        }
    }

    pub(super) fn number(self) -> i64 {
        match self {
            Self::Digest => -1,
            Self::Auto => -2,
            Self::Longest => -3,
            Self::Octets(count) => i64::try_from(count).unwrap_or(i64::MAX),
        }
    }

    pub(super) fn name(self) -> String {
        match self {
            Self::Digest => "digest".to_owned(),
            Self::Auto => "auto".to_owned(),
            Self::Longest => "max".to_owned(),
            Self::Octets(count) => count.to_string(),
        }
    }
}

/// Longer than any modulus.
const MOST: usize = 4096;
