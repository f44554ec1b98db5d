//! EMSA-PSS (RFC 8017, 9.1), for salts of a length that the TPM does not choose by itself, and to check what it has made.

use aws_lc_rs::rand;
use zeroize::Zeroizing;

use crate::digest::Md;
use crate::error::Error;

/// Hashes and the length of the salt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pss {
    /// Of the message.
    pub md: Md,
    /// Of the mask.
    pub mgf1: Md,
    /// Octets; when a signature is checked, `None` stands for any.
    pub salt: Option<usize>,
}

/// The longest salt that fits.
pub fn longest_salt(md: Md, modulus_bits: usize) -> Option<usize> {
    (modulus_bits - 1).div_ceil(8).checked_sub(md.len() + 2)
}

/// The block that is signed, with a fresh salt of that length.
///
/// # Errors
/// When the salt does not fit.
pub fn encode(
    Pss { md, mgf1, .. }: Pss,
    salt_len: usize,
    digest: &[u8],
    modulus_bits: usize,
) -> Result<Vec<u8>, Error> {
    let mut salt = vec![0; salt_len];
    if longest_salt(md, modulus_bits).is_none_or(|longest| salt_len > longest) {
        return Err(Error::unsupported(
            format!("a salt of {salt_len} octets"),
            "the key is too short for it",
        ));
    }
    rand::fill(&mut salt).map_err(|_| {
        Error::unsupported("RSASSA-PSS", "the system has no randomness for the salt")
    })?;
    let length = (modulus_bits - 1).div_ceil(8);
    let hash = md.digest(&[&[0; 8], digest, &salt]);
    let mut block = vec![0; length - hash.len() - salt_len - 2];
    block.push(1);
    block.extend_from_slice(&salt);
    apply_mask(mgf1, &hash, &mut block);
    clear_top(&mut block, modulus_bits);
    block.extend_from_slice(&hash);
    block.push(TRAILER);
    // As long as the modulus, also where the block is one octet shorter.
    let mut padded = vec![0; modulus_bits.div_ceil(8) - length];
    padded.extend_from_slice(&block);
    Ok(padded)
}

/// Whether a block, as long as the modulus, is one of this digest.
pub fn is_of(
    Pss { md, mgf1, salt }: Pss,
    digest: &[u8],
    block: &[u8],
    modulus_bits: usize,
) -> bool {
    let length = (modulus_bits - 1).div_ceil(8);
    let check = || {
        let (zeros, block) = block.split_at_checked(block.len().checked_sub(length)?)?;
        let (trailer, block) = block.split_last()?;
        let (masked, hash) = block.split_at_checked(block.len().checked_sub(md.len())?)?;
        let mut data = masked.to_vec();
        let top = *masked.first()?;
        apply_mask(mgf1, hash, &mut data);
        clear_top(&mut data, modulus_bits);
        let one = data.iter().position(|&octet| octet != 0)?;
        let (padding, found) = data.split_at_checked(one + 1)?;
        let unused = unused_bits(modulus_bits);
        let is_right = zeros.iter().all(|&octet| octet == 0)
            && *trailer == TRAILER
            && (unused == 0 || top >> (8 - unused) == 0)
            && padding.last() == Some(&1)
            && salt.is_none_or(|length| length == found.len())
            && md.digest(&[&[0; 8], digest, found]) == hash;
        Some(is_right)
    };
    check().unwrap_or(false)
}

/// MGF1 (RFC 8017, B.2.1), laid over the data. What the seed and the data are does not change how long it takes.
pub(crate) fn apply_mask(md: Md, seed: &[u8], data: &mut [u8]) {
    for (counter, piece) in (0_u32..).zip(data.chunks_mut(md.len())) {
        let mask = Zeroizing::new(md.digest(&[seed, &counter.to_be_bytes()]));
        for (octet, mask) in piece.iter_mut().zip(mask.iter()) {
            *octet ^= mask;
        }
    }
}

fn clear_top(block: &mut [u8], modulus_bits: usize) {
    if let Some(top) = block.first_mut() {
        *top &= 0xff >> unused_bits(modulus_bits);
    }
}

/// Bits of the first octet of a block that are always zero, 0 to 7.
fn unused_bits(modulus_bits: usize) -> usize {
    let bits = modulus_bits - 1;
    bits.div_ceil(8) * 8 - bits
}

const TRAILER: u8 = 0xbc;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::rsa::{KeyPair, KeySize};
    use aws_lc_rs::signature::{KeyPair as _, RSA_PSS_SHA384};
    use proptest::prelude::*;

    use super::*;
    use crate::rsa::public_operation;

    #[test]
    fn a_signature_of_another_library_is_right() {
        let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(
            &RSA_PSS_SHA384,
            &SystemRandom::new(),
            b"message",
            &mut signature,
        )
        .unwrap();
        let modulus = pair
            .public_key()
            .modulus()
            .big_endian_without_leading_zero();
        let block = public_operation(modulus, 65537, &signature).unwrap();
        let digest = Md::Sha384.digest(&[b"message"]);
        let pss = |salt| Pss {
            md: Md::Sha384,
            mgf1: Md::Sha384,
            salt,
        };
        assert!(is_of(pss(Some(48)), &digest, &block, 2048));
        assert!(is_of(pss(None), &digest, &block, 2048));
        assert!(!is_of(pss(Some(32)), &digest, &block, 2048));
        let other = Md::Sha384.digest(&[b"other"]);
        assert!(!is_of(pss(None), &other, &block, 2048));
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_right(bits in 700_usize..1100, salt in 0_usize..20, digest in proptest::array::uniform32(any::<u8>())) {
            let pss = Pss { md: Md::Sha256, mgf1: Md::Sha1, salt: Some(salt) };
            let block = encode(pss, salt, &digest, bits).unwrap();
            prop_assert_eq!(block.len(), bits.div_ceil(8));
            prop_assert!(is_of(pss, &digest, &block, bits));
            let mut wrong = block;
            let last = wrong.len() - 1;
            wrong[last / 2] ^= 1;
            prop_assert!(!is_of(pss, &digest, &wrong, bits));
        }

        #[test]
        fn no_block_panics(bits in 1_usize..3000, block: Vec<u8>, digest: Vec<u8>) {
            let pss = Pss { md: Md::Sha256, mgf1: Md::Sha256, salt: None };
            let _ = is_of(pss, &digest, &block, bits);
        }
    }

    #[test]
    fn a_salt_that_does_not_fit_is_refused() {
        let pss = Pss {
            md: Md::Sha512,
            mgf1: Md::Sha512,
            salt: None,
        };
        assert!(encode(pss, 64, &[0; 64], 1024).is_err());
        assert_eq!(longest_salt(Md::Sha512, 1024), Some(62));
        assert!(encode(pss, 62, &[0; 64], 1024).is_ok());
    }
}
