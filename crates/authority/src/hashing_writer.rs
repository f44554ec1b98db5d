//! A writer that knows the SHA-256 digest of what was written.

use std::io::{self, Write};

use aws_lc_rs::digest;

/// Passes on what is written, and computes its digest for the records.
pub(crate) struct HashingWriter<W> {
    inner: W,
    hash: digest::Context,
}

impl<W> HashingWriter<W> {
    pub(crate) fn new(inner: W) -> Self {
        Self {
            inner,
            hash: digest::Context::new(&digest::SHA256),
        }
    }

    /// Returns the digest of all that was written.
    pub(crate) fn finish(self) -> [u8; 32] {
        self.into_parts().1
    }

    /// Returns the writer below, and the digest.
    pub(crate) fn into_parts(self) -> (W, [u8; 32]) {
        let mut sha256 = [0; 32];
        sha256.copy_from_slice(self.hash.finish().as_ref());
        (self.inner, sha256)
    }
}

impl<W: Write> Write for HashingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        // A writer never claims to have written more than it was given.
        self.hash.update(bytes.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
