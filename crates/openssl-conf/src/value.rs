//! One value.

use std::sync::Arc;

use crate::{ConfError, Place};

/// `name = value`, expanded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    section: Arc<str>,
    name: String,
    bytes: Vec<u8>,
    place: Place,
}

impl Value {
    pub(crate) fn new(section: Arc<str>, name: String, bytes: Vec<u8>, place: Place) -> Self {
        Self {
            section,
            name,
            bytes,
            place,
        }
    }

    /// The name as it is written, numbers and escapes included: `0.organizationName`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name without the prefix that tells values of the same kind apart: `organizationName` for
    /// `0.organizationName`. The prefix ends at the first `.`, `,` or `:` that something follows. For names in
    /// sections where a kind may occur many times: distinguished names, general names, extensions.
    pub fn kind(&self) -> &str {
        match self.name.split_once(['.', ',', ':']) {
            Some((_, kind)) if !kind.is_empty() => kind,
            _ => &self.name,
        }
    }

    /// The value.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The value as text.
    ///
    /// # Errors
    /// [`ConfError::NotUtf8`]
    pub fn as_str(&self) -> Result<&str, ConfError> {
        str::from_utf8(&self.bytes).map_err(|_| ConfError::NotUtf8 {
            place: self.place.clone(),
            what: format!("the value of `{}` in [{}]", self.name, self.section),
        })
    }

    /// The value as a number, the way NCONF_get_number_e(3) takes one: the digits it begins with, 0 if there are
    /// none.
    ///
    /// # Errors
    /// [`ConfError::NumberTooLarge`] beyond 2⁶³ − 1.
    pub fn number(&self) -> Result<i64, ConfError> {
        let digits = self.bytes.iter().take_while(|octet| octet.is_ascii_digit());
        digits
            .into_iter()
            .try_fold(0_i64, |number, digit| {
                number.checked_mul(10)?.checked_add(i64::from(digit - b'0'))
            })
            .ok_or_else(|| ConfError::NumberTooLarge {
                place: self.place.clone(),
                section: self.section.to_string(),
                name: self.name.clone(),
                got: String::from_utf8_lossy(&self.bytes).into_owned(),
            })
    }

    /// Where it was set.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// The section that it is in.
    pub fn section(&self) -> &str {
        &self.section
    }
}
