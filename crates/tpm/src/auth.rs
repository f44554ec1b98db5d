//! Authorization values (TPM 2.0 Library Part 1, 19.6.4.3 "authValue").

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

/// The secret that allows the use of a key or a hierarchy.
///
/// It never crosses to the TPM except encrypted, when a key is made; to prove it, it is only ever a key of an HMAC.
/// Trailing zero octets are removed, as the TPM removes them: `secret` and `secret\0` are the same value to it.
/// The octets are wiped from memory on drop and never printed.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Auth(Vec<u8>);

impl Auth {
    /// Takes the octets of the value.
    pub fn new(mut bytes: Vec<u8>) -> Self {
        // Truncation leaves nothing secret behind: only zeros are cut off.
        let end = bytes
            .iter()
            .rposition(|&octet| octet != 0)
            .map_or(0, |last| last + 1);
        bytes.truncate(end);
        Self(bytes)
    }

    /// The empty value, which everybody knows.
    pub fn empty() -> Self {
        Self(Vec::new())
    }

    /// Whether it is the empty value.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_empty() {
            "Auth(empty)"
        } else {
            "Auth(redacted)"
        })
    }
}

impl Default for Auth {
    fn default() -> Self {
        Self::empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trailing_zeros_do_not_count() {
        assert_eq!(Auth::new(b"ab\0c\0\0".to_vec()).as_bytes(), b"ab\0c");
        assert!(Auth::new(vec![0; 4]).is_empty());
    }

    #[test]
    fn debug_shows_nothing() {
        let shown = format!("{:?}", Auth::new(b"hunter2".to_vec()));
        assert!(
            !shown.contains("hunter2") && !shown.contains("104"),
            "{shown}"
        );
    }
}
