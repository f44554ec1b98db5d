//! Hash values that know which hash made them (FIPS 180-4).

use std::{fmt, io};

use aws_lc_rs::digest;
use tpm2ca_x509::Hash;

use crate::KeyError;

/// A hash value together with the hash that made it, ready to be signed.
#[derive(Clone, Copy)]
pub struct Digest {
    hash: Hash,
    value: digest::Digest,
}

impl Digest {
    /// Hashes `message`.
    pub fn of(hash: Hash, message: &[u8]) -> Self {
        Self {
            hash,
            value: digest::digest(implementation(hash), message),
        }
    }

    /// Takes a hash value that was computed elsewhere.
    ///
    /// # Errors
    /// [`KeyError::DigestLength`] when the value is not as long as the hash's values are.
    pub fn from_value(hash: Hash, value: &[u8]) -> Result<Self, KeyError> {
        digest::Digest::import_less_safe(value, implementation(hash))
            .map(|value| Self { hash, value })
            .map_err(|_| KeyError::DigestLength {
                hash,
                expected: implementation(hash).output_len(),
                got: value.len(),
            })
    }

    /// The hash that made it.
    pub fn hash(&self) -> Hash {
        self.hash
    }

    /// The value: 32, 48 or 64 octets.
    pub fn value(&self) -> &[u8] {
        self.value.as_ref()
    }

    pub(crate) fn imported(&self) -> &digest::Digest {
        &self.value
    }
}

impl PartialEq for Digest {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash && self.value() == other.value()
    }
}

impl Eq for Digest {}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.hash)?;
        self.value()
            .iter()
            .try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

/// Hashes what is written to it, for messages that are too large to be held, such as CRLs.
#[derive(Clone)]
pub struct Hasher {
    hash: Hash,
    context: digest::Context,
}

impl Hasher {
    /// A hasher that has seen nothing.
    pub fn new(hash: Hash) -> Self {
        Self {
            hash,
            context: digest::Context::new(implementation(hash)),
        }
    }

    /// The hash of everything written so far.
    pub fn finish(self) -> Digest {
        Digest {
            hash: self.hash,
            value: self.context.finish(),
        }
    }
}

impl io::Write for Hasher {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.context.update(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hasher")
            .field("hash", &self.hash)
            .finish_non_exhaustive()
    }
}

fn implementation(hash: Hash) -> &'static digest::Algorithm {
    match hash {
        Hash::Sha256 => &digest::SHA256,
        Hash::Sha384 => &digest::SHA384,
        Hash::Sha512 => &digest::SHA512,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use std::io::Write;

    use super::*;

    #[test]
    fn known_value_of_the_empty_message() {
        assert_eq!(
            format!("{:?}", Digest::of(Hash::Sha256, b"")),
            "SHA-256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
    }

    #[test]
    fn written_in_pieces_is_the_same() {
        for hash in [Hash::Sha256, Hash::Sha384, Hash::Sha512] {
            let message: Vec<u8> = (0..100_000_u32).map(|i| i.to_le_bytes()[0]).collect();
            let mut hasher = Hasher::new(hash);
            for piece in message.chunks(977) {
                hasher.write_all(piece).unwrap();
            }
            let whole = Digest::of(hash, &message);
            assert_eq!(hasher.finish(), whole);
            assert_eq!(Digest::from_value(hash, whole.value()).unwrap(), whole);
        }
    }

    #[test]
    fn a_value_of_another_length_is_refused() {
        assert_eq!(
            Digest::from_value(Hash::Sha384, &[0; 32]),
            Err(KeyError::DigestLength {
                hash: Hash::Sha384,
                expected: 48,
                got: 32
            })
        );
    }
}
