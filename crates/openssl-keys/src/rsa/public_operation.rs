//! RSAVP1 (RFC 8017, 5.2.2): `signature ^ exponent mod modulus`, by Montgomery multiplication.
//!
//! A number is a vector of 64-bit limbs, least significant first, as many as the modulus has. Nothing here is secret, so
//! nothing is done in constant time.

/// The message representative of a signature, as long as the modulus. `None` when the modulus is even or the signature
/// is not below it.
pub fn public_operation(modulus: &[u8], exponent: u32, signature: &[u8]) -> Option<Vec<u8>> {
    let significant = modulus.iter().position(|&octet| octet != 0)?;
    let length = modulus.len() - significant;
    let field = Field::new(limbs(modulus, length.div_ceil(8))?)?;
    let base = limbs(signature, field.modulus.len())?;
    if !is_below(&base, &field.modulus) {
        return None;
    }
    let base = field.multiply(&base, &field.r_squared);
    let mut power = base.clone();
    // From the bit below the highest one.
    for bit in (0..exponent.checked_ilog2()?).rev() {
        power = field.multiply(&power, &power);
        if exponent >> bit & 1 == 1 {
            power = field.multiply(&power, &base);
        }
    }
    let mut one = vec![0; field.modulus.len()];
    *one.first_mut()? = 1;
    let result = field.multiply(&power, &one);
    let octets: Vec<u8> = result
        .iter()
        .rev()
        .flat_map(|limb| limb.to_be_bytes())
        .collect();
    // The limbs may hold up to seven octets more than the modulus has, all of them zero.
    octets.get(octets.len() - length..).map(<[u8]>::to_vec)
}

/// An odd modulus, and what Montgomery multiplication needs to know of it. R is 2 to the power of its limbs' bits.
struct Field {
    modulus: Vec<u64>,
    /// `-1 / modulus mod 2^64`
    inverse: u64,
    /// `R^2 mod modulus`
    r_squared: Vec<u64>,
}

impl Field {
    fn new(modulus: Vec<u64>) -> Option<Self> {
        let lowest = *modulus.first()?;
        if lowest & 1 == 0 {
            return None;
        }
        // Each round doubles the number of correct bits (Newton); an odd number is its own inverse mod 8.
        let mut inverse = lowest;
        for _ in 0..5 {
            inverse = inverse.wrapping_mul(2_u64.wrapping_sub(lowest.wrapping_mul(inverse)));
        }
        let mut r_squared = vec![0; modulus.len()];
        *r_squared.first_mut()? = 1;
        if modulus.len() == 1 && lowest == 1 {
            return None;
        }
        for _ in 0..modulus.len() * 128 {
            double(&mut r_squared, &modulus);
        }
        Some(Self {
            modulus,
            inverse: inverse.wrapping_neg(),
            r_squared,
        })
    }

    /// `a * b / R mod modulus`, for factors below the modulus.
    fn multiply(&self, a: &[u64], b: &[u64]) -> Vec<u64> {
        let mut sum = vec![0_u64; self.modulus.len() + 2];
        for &a in a {
            add_product(&mut sum, a, b);
            let quotient = sum.first().copied().unwrap_or(0).wrapping_mul(self.inverse);
            add_product(&mut sum, quotient, &self.modulus);
            // The lowest limb is zero now.
            sum.rotate_left(1);
            if let Some(top) = sum.last_mut() {
                *top = 0;
            }
        }
        let overflow = sum.get(self.modulus.len()).copied().unwrap_or(0) != 0;
        sum.truncate(self.modulus.len());
        if overflow || !is_below(&sum, &self.modulus) {
            subtract(&mut sum, &self.modulus);
        }
        sum
    }
}

/// Adds `factor * number`; the sum is two limbs longer than the number, which is enough for what is added here.
fn add_product(sum: &mut [u64], factor: u64, number: &[u64]) {
    let mut carry = 0;
    for (limb, digit) in sum.iter_mut().zip(number.iter().copied().chain([0, 0])) {
        (*limb, carry) = limb.multiply_add(factor, digit, carry);
    }
}

trait MultiplyAdd {
    /// `self + factor * digit + carry`, as low and high half. It cannot overflow.
    fn multiply_add(self, factor: u64, digit: u64, carry: u64) -> (u64, u64);
}

impl MultiplyAdd for u64 {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the halves are what is wanted"
    )]
    fn multiply_add(self, factor: u64, digit: u64, carry: u64) -> (u64, u64) {
        let wide = u128::from(self) + u128::from(factor) * u128::from(digit) + u128::from(carry);
        (wide as u64, (wide >> 64) as u64)
    }
}

/// Twice a number below the modulus, below the modulus again.
fn double(number: &mut [u64], modulus: &[u64]) {
    let mut carry = 0;
    for limb in number.iter_mut() {
        let highest = *limb >> 63;
        *limb = *limb << 1 | carry;
        carry = highest;
    }
    if carry == 1 || !is_below(number, modulus) {
        subtract(number, modulus);
    }
}

fn is_below(number: &[u64], other: &[u64]) -> bool {
    number.iter().rev().lt(other.iter().rev())
}

fn subtract(number: &mut [u64], subtrahend: &[u64]) {
    let mut borrow = false;
    for (limb, &digit) in number.iter_mut().zip(subtrahend) {
        let (once, first) = limb.overflowing_sub(digit);
        let (twice, second) = once.overflowing_sub(u64::from(borrow));
        *limb = twice;
        borrow = first || second;
    }
}

/// A number in so many limbs; `None` when it is larger.
fn limbs(octets: &[u8], count: usize) -> Option<Vec<u64>> {
    let mut limbs: Vec<u64> = octets
        .rchunks(8)
        .map(|chunk| {
            chunk
                .iter()
                .fold(0, |limb, &octet| limb << 8 | u64::from(octet))
        })
        .collect();
    if limbs.iter().skip(count).any(|&limb| limb != 0) {
        return None;
    }
    limbs.resize(count, 0);
    Some(limbs)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::rsa::{KeyPair, KeySize};
    use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
    use proptest::prelude::*;

    use super::*;
    use crate::digest::Md;
    use crate::rsa::padding;

    fn power(modulus: u128, base: u128, exponent: u32) -> u128 {
        (0..exponent).fold(1, |power, _| power * base % modulus)
    }

    proptest! {
        #[test]
        fn small_numbers(modulus in 1_u64 << 40..1 << 62, base: u64, exponent in 1_u32..70) {
            let modulus = modulus | 1;
            let base = base % modulus;
            let got = public_operation(&modulus.to_be_bytes(), exponent, &base.to_be_bytes()).unwrap();
            let expected = power(modulus.into(), base.into(), exponent).to_be_bytes();
            let (zeros, expected) = expected.split_at(16 - got.len());
            prop_assert!(zeros.iter().all(|&octet| octet == 0));
            prop_assert_eq!(got, expected);
        }

        #[test]
        fn no_octets_panic(modulus: Vec<u8>, exponent: u32, signature: Vec<u8>) {
            let _ = public_operation(&modulus, exponent, &signature);
        }
    }

    #[test]
    fn signatures_of_another_library_are_undone() {
        for size in [KeySize::Rsa2048, KeySize::Rsa3072] {
            let pair = KeyPair::generate(size).unwrap();
            let mut signature = vec![0; pair.public_modulus_len()];
            pair.sign(
                &RSA_PKCS1_SHA256,
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
            let digest = Md::Sha256.digest(&[b"message"]);
            assert_eq!(
                block,
                padding::pkcs1(Some(Md::Sha256), &digest, modulus.len()).unwrap()
            );
            signature[7] ^= 1;
            assert_ne!(public_operation(modulus, 65537, &signature), Some(block));
            assert_eq!(public_operation(modulus, 65537, modulus), None);
        }
    }
}
