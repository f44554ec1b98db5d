//! Messages in place of those with a wrong padding (draft-irtf-cfrg-rsa-guidance, "Implicit rejection"; the same
//! functions as in OpenSSL, so that a key gives the same messages with the same secret).

use aws_lc_rs::{digest, hmac};
use zeroize::Zeroizing;

use super::mask::Mask;

/// What synthetic messages are made from: a secret that belongs to one key.
///
/// The same cipher text must give the same message as long as the key is used, in every process. Otherwise who sends it
/// twice learns from two different messages that the padding is wrong.
pub struct Rejection(hmac::Key);

/// A message that only depends on cipher text and secret.
pub(super) struct Synthetic {
    /// As long as the decrypted block. The message is at its end.
    pub(super) block: Zeroizing<Vec<u8>>,
    /// Index of its first byte.
    pub(super) start: usize,
}

impl Rejection {
    /// Takes a secret that nobody knows who does not have the private key.
    pub fn new(secret: &[u8]) -> Self {
        // OpenSSL hashes the private exponent, as long as the modulus.
        let hash = digest::digest(&digest::SHA256, secret);
        Self(hmac::Key::new(hmac::HMAC_SHA256, hash.as_ref()))
    }

    /// Makes the message for a cipher text, of a length that fits into a block of `length` bytes.
    pub(super) fn synthetic(&self, cipher_text: &[u8], length: usize) -> Synthetic {
        let seed = hmac::sign(&self.0, cipher_text);
        let seed = hmac::Key::new(hmac::HMAC_SHA256, seed.as_ref());
        let block = stretched(&seed, b"message", length);
        // The first two bytes and eight of padding do not belong to a message.
        let limit = length.saturating_sub(10);
        let mask = limit.checked_ilog2().map_or(0, |bits| (2 << bits) - 1);
        // The last of 128 candidates that is below the limit; there is none once in 2^128.
        let candidates = stretched(&seed, b"length", 2 * 128);
        let mut message_len = 0;
        for candidate in candidates.chunks_exact(2) {
            let number = candidate
                .iter()
                .fold(0, |number, &byte| number << 8 | usize::from(byte));
            let candidate = number & mask;
            message_len = Mask::less(candidate, limit).select(candidate, message_len);
        }
        Synthetic {
            block,
            start: length - message_len,
        }
    }
}

/// Pseudo-random bytes: HMAC-SHA-256 over a counter, what they are for, and how many bits there are.
fn stretched(key: &hmac::Key, label: &[u8], length: usize) -> Zeroizing<Vec<u8>> {
    let bits = u16::try_from(length * 8).unwrap_or(u16::MAX).to_be_bytes();
    let mut bytes = Zeroizing::new(vec![0; length]);
    for (counter, piece) in (0_u16..).zip(bytes.chunks_mut(32)) {
        let mut context = hmac::Context::with_key(key);
        context.update(&counter.to_be_bytes());
        context.update(label);
        context.update(&bits);
        let tag = context.sign();
        for (byte, from) in piece.iter_mut().zip(tag.as_ref()) {
            *byte = *from;
        }
    }
    bytes
}
