//! Key derivation functions (TPM 2.0 Library Part 1, 11.4 "Key Derivation Function"), which sessions and duplication use.

use aws_lc_rs::{digest, hmac};
use zeroize::Zeroizing;

use crate::algorithm::HashAlg;
use crate::error::TpmError;

/// `KDFa`: SP 800-108 in counter mode with HMAC, `length` octets.
pub(crate) fn kdfa(
    hash: HashAlg,
    key: &[u8],
    label: &str,
    context_u: &[u8],
    context_v: &[u8],
    length: usize,
) -> Result<Zeroizing<Vec<u8>>, TpmError> {
    let bits = bit_count(length)?;
    let key = hmac::Key::new(hmac_algorithm(hash), key);
    let mut derived = Zeroizing::new(vec![0; length.next_multiple_of(hash.len())]);
    for (counter, block) in (1u32..).zip(derived.chunks_exact_mut(hash.len())) {
        let mut message = Vec::with_capacity(128);
        message.extend_from_slice(&counter.to_be_bytes());
        message.extend_from_slice(label.as_bytes());
        message.push(0);
        message.extend_from_slice(context_u);
        message.extend_from_slice(context_v);
        message.extend_from_slice(&bits.to_be_bytes());
        hmac::sign_to_buffer(&key, &message, block).map_err(|_| failed())?;
    }
    // Shortening keeps the allocation, which is wiped whole on drop.
    derived.truncate(length);
    Ok(derived)
}

/// `KDFe`: SP 800-56A over the x-coordinate of an ECDH agreement; one digest long, which is all that is needed.
pub(crate) fn kdfe(
    hash: HashAlg,
    z: &[u8],
    label: &str,
    party_u: &[u8],
    party_v: &[u8],
) -> Zeroizing<Vec<u8>> {
    let mut context = digest::Context::new(hash.implementation());
    context.update(&1u32.to_be_bytes());
    context.update(z);
    context.update(label.as_bytes());
    context.update(&[0]);
    context.update(party_u);
    context.update(party_v);
    Zeroizing::new(context.finish().as_ref().to_vec())
}

/// HMAC with this hash.
pub(crate) fn hmac_algorithm(hash: HashAlg) -> hmac::Algorithm {
    match hash {
        HashAlg::Sha256 => hmac::HMAC_SHA256,
        HashAlg::Sha384 => hmac::HMAC_SHA384,
        HashAlg::Sha512 => hmac::HMAC_SHA512,
    }
}

fn bit_count(length: usize) -> Result<u32, TpmError> {
    length
        .checked_mul(8)
        .and_then(|bits| u32::try_from(bits).ok())
        .ok_or_else(failed)
}

fn failed() -> TpmError {
    TpmError::Crypto {
        operation: "derive a key",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::fmt::Write;

    use super::*;

    fn hex(octets: &[u8]) -> String {
        octets.iter().fold(String::new(), |mut text, octet| {
            write!(text, "{octet:02x}").unwrap();
            text
        })
    }

    // All vectors were computed with Python's `hmac` and `hashlib` from the formulas in the specification.
    #[test]
    fn kdfa_vector() {
        let derived = kdfa(HashAlg::Sha256, b"key", "CFB", b"newer", b"older", 32).unwrap();
        assert_eq!(hex(&derived), KDFA_32);
        let derived = kdfa(HashAlg::Sha256, b"key", "XOR", &[1; 32], &[2; 32], 70).unwrap();
        assert_eq!(hex(&derived), KDFA_70);
    }

    #[test]
    fn kdfe_vector() {
        let derived = kdfe(HashAlg::Sha256, &[3; 32], "SECRET", &[4; 32], &[5; 32]);
        assert_eq!(hex(&derived), KDFE);
    }

    #[test]
    fn other_hashes() {
        let derived = kdfa(HashAlg::Sha384, b"key", "STORAGE", b"name", &[], 32).unwrap();
        assert_eq!(hex(&derived), KDFA_SHA384);
        let derived = kdfe(HashAlg::Sha384, &[3; 48], "DUPLICATE", &[4; 48], &[5; 48]);
        assert_eq!(hex(&derived), KDFE_SHA384);
    }

    const KDFA_SHA384: &str = "bcaba5d287baf8d606f37e83993b900361b0de82b5aecd11486fafa7357b501b";
    const KDFE_SHA384: &str = "161b23fb540a9553ed44fe0ea148df5fddbe3e3915fd802c0818fb5be2f4c420a7d6c97ad4266d856fad7a0723fecba6";
    const KDFA_32: &str = "3efd901e4b6263dd054ee2cdcaefe7c87b5ad3c126144012293cbe4d0afa0ad5";
    const KDFA_70: &str = "6145cc711d53e544d92c335858936069e3f8c896a5d7407dd519f57af713b602c6665eff236673dbcd400a93b079dcc266acc9a5f27c6c06b1a50bfbb7d77046a29a66098f34";
    const KDFE: &str = "d4f962b1effb043a5d1789fa55fd5301b31f0645202c5c1b1a2104eebdebe23a";
}
