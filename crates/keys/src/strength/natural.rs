//! The little arithmetic on large natural numbers that the tests of RSA moduli need.
//!
//! A number is a vector of 64-bit limbs, least significant first, the last one not zero. None of it is secret.

/// Reads a number from big-endian octets.
pub(super) fn limbs(octets: &[u8]) -> Vec<u64> {
    let mut limbs: Vec<u64> = octets
        .rchunks(8)
        .map(|chunk| {
            chunk
                .iter()
                .fold(0, |limb, &octet| limb << 8 | u64::from(octet))
        })
        .collect();
    trim(&mut limbs);
    limbs
}

/// Number of bits, 0 for the number 0.
pub(super) fn bit_len(number: &[u64]) -> usize {
    number
        .last()
        .map_or(0, |top| number.len() * 64 - top.leading_zeros() as usize)
}

/// The remainder of a division by a small number, which must not be 0.
pub(super) fn remainder(number: &[u64], divisor: u32) -> u32 {
    let divisor = u64::from(divisor);
    let remainder = number.iter().rev().fold(0, |remainder, limb| {
        // the remainder is below 2^32, so neither shift loses a bit
        let high = (remainder << 32 | limb >> 32) % divisor;
        (high << 32 | limb & u64::from(u32::MAX)) % divisor
    });
    // below `divisor`, which is a u32
    u32::try_from(remainder).unwrap_or(u32::MAX)
}

/// Adds a number.
pub(super) fn add(number: &mut Vec<u64>, summand: &[u64]) {
    if number.len() < summand.len() {
        number.resize(summand.len(), 0);
    }
    let mut carry = false;
    for (limb, summand) in number
        .iter_mut()
        .zip(summand.iter().copied().chain(std::iter::repeat(0)))
    {
        let (once, first) = limb.overflowing_add(summand);
        let (twice, second) = once.overflowing_add(u64::from(carry));
        *limb = twice;
        carry = first || second;
    }
    if carry {
        number.push(1);
    }
}

/// Subtracts a number that is not larger.
pub(super) fn subtract(number: &mut Vec<u64>, subtrahend: &[u64]) {
    let larger = subtract_in_place(number, subtrahend);
    debug_assert!(!larger, "the subtrahend was larger");
    trim(number);
}

/// Twice the number plus one.
pub(super) fn twice_plus_one(number: &mut Vec<u64>) {
    let mut carry = 1;
    for limb in number.iter_mut() {
        let highest = *limb >> 63;
        *limb = *limb << 1 | carry;
        carry = highest;
    }
    if carry != 0 {
        number.push(carry);
    }
}

/// The largest number whose square is not above `number`, and what is left over.
///
/// Two bits of the number make one bit of the root, as in the method taught at school. Bit `pair` of the root is tried
/// while `root` holds the bits found so far, moved up by `pair + 1`, so that what is tried for is `root` plus one bit.
/// Only the limbs between the bit that is tried and the root's upper end can change, and only they are looked at.
pub(super) fn square_root(number: &[u64]) -> (Vec<u64>, Vec<u64>) {
    let pairs = number.len() * 32;
    let mut root = vec![0; number.len()];
    let mut left_over = number.to_vec();
    for pair in (0..pairs).rev() {
        let window = pair / 32..number.len().min((pairs + pair + 3) / 64 + 1);
        let bit = 1 << (2 * pair % 64);
        let (Some(root), Some(left_over)) =
            (root.get_mut(window.clone()), left_over.get_mut(window))
        else {
            continue;
        };
        if let Some(lowest) = root.first_mut() {
            *lowest |= bit;
        }
        let fits = left_over.iter().rev().cmp(root.iter().rev()).is_ge();
        if fits {
            subtract_in_place(left_over, root);
        }
        if let Some(lowest) = root.first_mut() {
            *lowest ^= bit;
        }
        halve(root);
        if fits && let Some(lowest) = root.first_mut() {
            *lowest |= bit;
        }
    }
    trim(&mut root);
    trim(&mut left_over);
    (root, left_over)
}

fn halve(number: &mut [u64]) {
    let mut pushed_out = 0;
    for limb in number.iter_mut().rev() {
        let lowest = *limb << 63;
        *limb = *limb >> 1 | pushed_out;
        pushed_out = lowest;
    }
}

/// Returns whether the subtrahend was larger.
fn subtract_in_place(number: &mut [u64], subtrahend: &[u64]) -> bool {
    let mut borrow = false;
    for (limb, subtrahend) in number
        .iter_mut()
        .zip(subtrahend.iter().copied().chain(std::iter::repeat(0)))
    {
        let (once, first) = limb.overflowing_sub(subtrahend);
        let (twice, second) = once.overflowing_sub(u64::from(borrow));
        *limb = twice;
        borrow = first || second;
    }
    borrow
}

fn trim(number: &mut Vec<u64>) {
    while number.last() == Some(&0) {
        number.pop();
    }
}

#[cfg(test)]
pub(super) mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use proptest::prelude::*;

    use super::*;

    /// Schoolbook product, for tests only.
    pub(in crate::strength) fn product(a: &[u64], b: &[u64]) -> Vec<u64> {
        let mut product = vec![0_u64; a.len() + b.len()];
        for (i, &a) in a.iter().enumerate() {
            let mut carry = 0_u128;
            for (j, &b) in b.iter().enumerate() {
                carry += u128::from(a) * u128::from(b) + u128::from(product[i + j]);
                product[i + j] = u64::try_from(carry & u128::from(u64::MAX)).unwrap();
                carry >>= 64;
            }
            product[i + b.len()] = u64::try_from(carry).unwrap();
        }
        trim(&mut product);
        product
    }

    proptest! {
        #[test]
        fn small_numbers_as_u128(a in any::<u128>(), b in any::<u128>(), divisor in 1_u32..) {
            let (large, small) = (a.max(b), a.min(b));
            let (large_limbs, small_limbs) = (limbs(&large.to_be_bytes()), limbs(&small.to_be_bytes()));
            prop_assert_eq!(bit_len(&large_limbs), 128 - large.leading_zeros() as usize);
            prop_assert_eq!(u128::from(remainder(&large_limbs, divisor)), large % u128::from(divisor));
            let mut difference = large_limbs.clone();
            subtract(&mut difference, &small_limbs);
            prop_assert_eq!(&difference, &limbs(&(large - small).to_be_bytes()));
            add(&mut difference, &small_limbs);
            prop_assert_eq!(difference, large_limbs);
        }

        #[test]
        fn the_root_squared_and_the_rest_make_the_number(octets in prop::collection::vec(any::<u8>(), 0..300)) {
            let number = limbs(&octets);
            let (root, left_over) = square_root(&number);
            let mut sum = product(&root, &root);
            add(&mut sum, &left_over);
            prop_assert_eq!(sum, number);
            // one more would be too much: (root + 1)² - root² = 2·root + 1 is above what is left over
            let mut step = root;
            twice_plus_one(&mut step);
            let below = left_over.len().cmp(&step.len()).then_with(|| left_over.iter().rev().cmp(step.iter().rev()));
            prop_assert!(below.is_lt());
        }
    }
}
