//! Fermat's factorisation: finds two primes at once when they are close together (H. Böck, "Fermat Factorization in the
//! Wild", 2023, CVE-2022-26320).
//!
//! With a = (p + q)/2 and b = (p - q)/2 the modulus is a² - b². Beginning with the smallest a whose square is not below
//! the modulus, one looks whether a² - N is a square.

use super::natural::{add, remainder, square_root, subtract, twice_plus_one};

/// Whether `rounds` values of a are enough to factor the modulus.
pub(super) fn finds_factors(modulus: &[u64], rounds: u32) -> bool {
    let (root, left_over) = square_root(modulus);
    if left_over.is_empty() {
        return true;
    }
    // b² = a² - N for a = root + 1, where N = root² + left_over; each step to the next a adds 2·a + 1, two more than last
    let mut step = root;
    twice_plus_one(&mut step);
    let mut b_squared = step.clone();
    subtract(&mut b_squared, &left_over);
    for _ in 0..rounds {
        if is_square(&b_squared) {
            return true;
        }
        add(&mut step, &[2]);
        add(&mut b_squared, &step);
    }
    false
}

fn is_square(number: &[u64]) -> bool {
    let Some(lowest) = number.first() else {
        return true;
    };
    // 12 of 64 remainders are squares; of those left, 1 of 23 passes the next line; the rest pays for the root
    SQUARES_MODULO_64 >> (lowest % 64) & 1 == 1
        && {
            let residue = remainder(number, 63 * 65 * 11);
            [63, 65, 11]
                .iter()
                .all(|&m| (0..m).any(|root| root * root % m == residue % m))
        }
        && square_root(number).1.is_empty()
}

const SQUARES_MODULO_64: u64 = {
    let mut squares = 0;
    let mut root = 0;
    while root < 64 {
        squares |= 1 << (root * root % 64);
        root += 1;
    }
    squares
};

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use proptest::prelude::*;

    use crate::strength::natural::{limbs, tests::product};

    use super::*;

    #[test]
    fn close_factors_are_found_and_distant_ones_are_not() {
        let p = limbs(&[0xc5; 128]);
        let mut close = p.clone();
        // q = p + 2·d with d² < 2·100·p: found within 100 rounds
        add(
            &mut close,
            &limbs(&{
                let mut d = [0; 64];
                d[0] = 0x08;
                d
            }),
        );
        assert!(finds_factors(&product(&p, &close), 100));
        assert!(finds_factors(&product(&p, &p), 0));
        let mut distant = p.clone();
        add(
            &mut distant,
            &limbs(&{
                let mut d = [0; 100];
                d[0] = 0x02;
                d
            }),
        );
        assert!(!finds_factors(&product(&p, &distant), 100));
    }

    proptest! {
        #[test]
        fn squares_are_squares(root in prop::collection::vec(any::<u64>(), 0..17), below in 1_u64..1000) {
            let square = product(&root, &root);
            prop_assert!(is_square(&square));
            // between two squares that are more than 1000 apart
            if root.iter().any(|limb| *limb > 1000) {
                let mut other = square;
                subtract(&mut other, &[below]);
                prop_assert!(!is_square(&other));
            }
        }

        #[test]
        fn small_differences_take_few_rounds(a in any::<u32>(), b in any::<u16>()) {
            let (a, b) = (u64::from(a) | 1 << 31, u64::from(b));
            // N = (a + b)(a - b): the search begins at ceil(sqrt(N)) and ends at a
            let modulus = (a + b) * (a - b);
            let rounds = a - (modulus - 1).isqrt();
            prop_assert!(finds_factors(&[modulus], u32::try_from(rounds).unwrap()));
        }
    }
}
