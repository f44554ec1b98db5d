//! Evidence of a signature.

/// Evidence that a key's device gives for a signature; opaque to the records, which keep it beside the certificate. It is
/// not in the audit chain yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence(Vec<u8>);

impl Evidence {
    /// Wraps the bytes.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// Returns the bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}
