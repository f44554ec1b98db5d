//! Trial division of an RSA modulus by every prime below 2^16 (BR 6.1.6 wants a modulus "with no factors smaller than
//! 752"; a few more cost little).
//!
//! Dividing by 6,541 primes one after the other would take half a millisecond for each certificate. Instead odd primes
//! are multiplied into 64-bit groups, six groups go through the modulus side by side, and no division is done: Hensel's
//! division from the low end needs two multiplications a limb (T. Jebelean, "An algorithm for exact division", 1993).
//! For a group m it gives c with N = m·Q - c·2^(64·n), so that a prime p in m divides N exactly when it divides c.

use std::sync::OnceLock;

/// The smallest prime below 2^16 that divides the modulus.
pub(super) fn smallest(modulus: &[u64]) -> Option<u32> {
    static BUNDLES: OnceLock<Vec<Bundle>> = OnceLock::new();
    if modulus.first().is_none_or(|lowest| lowest % 2 == 0) {
        return Some(2);
    }
    BUNDLES
        .get_or_init(bundles)
        .iter()
        .find_map(|bundle| bundle.smallest_factor(modulus))
}

/// Groups that are worked on at once, so that the processor need not wait for one multiplication to do the next.
struct Bundle {
    moduli: [u64; LANES],
    inverses: [u64; LANES],
    primes: [Vec<Prime>; LANES],
}

impl Bundle {
    fn smallest_factor(&self, modulus: &[u64]) -> Option<u32> {
        let mut carries = [0_u64; LANES];
        for &limb in modulus {
            for ((carry, &m), &inverse) in carries.iter_mut().zip(&self.moduli).zip(&self.inverses)
            {
                let (difference, borrow) = limb.overflowing_sub(*carry);
                let quotient = difference.wrapping_mul(inverse);
                *carry = high_half(quotient, m) + u64::from(borrow);
            }
        }
        self.primes
            .iter()
            .zip(carries)
            .find_map(|(primes, carry)| primes.iter().find(|prime| prime.divides(carry)))
            .map(|prime| prime.value)
    }
}

/// An odd prime with what the test for divisibility needs: n is a multiple exactly when n·p^-1 modulo 2^64 is not above
/// (2^64 - 1)/p, since the multiples are the numbers with such quotients.
struct Prime {
    value: u32,
    inverse: u64,
    largest_quotient: u64,
}

impl Prime {
    fn new(value: u32) -> Self {
        Self {
            value,
            inverse: inverse(u64::from(value)),
            largest_quotient: u64::MAX / u64::from(value),
        }
    }

    fn divides(&self, number: u64) -> bool {
        number.wrapping_mul(self.inverse) <= self.largest_quotient
    }
}

/// All odd primes below the limit in groups as large as 64 bits hold, `LANES` groups to a bundle.
fn bundles() -> Vec<Bundle> {
    let mut groups: Vec<(u64, Vec<Prime>)> = Vec::new();
    for value in odd_primes() {
        let fitting = groups.last_mut().and_then(|group| {
            group
                .0
                .checked_mul(u64::from(value))
                .map(|product| (group, product))
        });
        match fitting {
            Some((group, product)) => {
                group.0 = product;
                group.1.push(Prime::new(value));
            }
            None => groups.push((u64::from(value), vec![Prime::new(value)])),
        }
    }
    let mut groups = groups.into_iter();
    let mut bundles = Vec::new();
    while groups.len() > 0 {
        // lanes without a group divide by 1 and look at no prime
        let lanes: [(u64, Vec<Prime>); LANES] =
            std::array::from_fn(|_| groups.next().unwrap_or((1, Vec::new())));
        bundles.push(Bundle {
            moduli: std::array::from_fn(|lane| lanes[lane].0),
            inverses: std::array::from_fn(|lane| inverse(lanes[lane].0)),
            primes: lanes.map(|lane| lane.1),
        });
    }
    bundles
}

/// The sieve of Eratosthenes.
fn odd_primes() -> impl Iterator<Item = u32> {
    let mut composite = vec![false; LIMIT as usize];
    for n in 2..LIMIT as usize {
        if n * n >= composite.len() {
            break;
        }
        for multiple in composite.iter_mut().skip(n * n).step_by(n) {
            *multiple = true;
        }
    }
    (3..LIMIT)
        .step_by(2)
        .zip(composite.into_iter().skip(3).step_by(2))
        .filter_map(|(n, composite)| (!composite).then_some(n))
}

/// The inverse of an odd number modulo 2^64, by Newton's method: each step doubles the right bits, beginning with three.
const fn inverse(odd: u64) -> u64 {
    let mut inverse = odd;
    let mut step = 0;
    while step < 5 {
        inverse = inverse.wrapping_mul(2_u64.wrapping_sub(odd.wrapping_mul(inverse)));
        step += 1;
    }
    inverse
}

fn high_half(a: u64, b: u64) -> u64 {
    ((u128::from(a) * u128::from(b)) >> 64) as u64
}

const LIMIT: u32 = 1 << 16;
/// Six are the fastest on x86-64: 33 µs for 2048 bits, against 53 µs with four.
const LANES: usize = 6;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use proptest::prelude::*;

    use crate::strength::natural::{remainder, tests::product};

    use super::*;

    #[test]
    fn the_sieve_knows_how_many_primes_there_are() {
        // π(2^16) = 6542, less the prime 2
        assert_eq!(odd_primes().count(), 6541);
        assert_eq!(odd_primes().last(), Some(65_521));
        let grouped: usize = bundles().iter().flat_map(|b| &b.primes).map(Vec::len).sum();
        assert_eq!(grouped, 6541);
    }

    #[test]
    fn every_prime_is_found() {
        // a product of primes above 2^16
        let cofactor = product(
            &product(&[65_537], &[4_294_967_311]),
            &[18_446_744_073_709_551_557],
        );
        assert_eq!(smallest(&cofactor), None);
        for prime in odd_primes() {
            assert_eq!(
                smallest(&product(&cofactor, &[u64::from(prime)])),
                Some(prime)
            );
        }
        assert_eq!(smallest(&product(&cofactor, &[2])), Some(2));
    }

    proptest! {
        #[test]
        fn agrees_with_plain_division(mut modulus in prop::collection::vec(any::<u64>(), 1..40)) {
            modulus[0] |= 1;
            let expected = odd_primes().find(|&prime| remainder(&modulus, prime) == 0);
            prop_assert_eq!(smallest(&modulus), expected);
        }
    }
}
