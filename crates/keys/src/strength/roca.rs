//! The fingerprint of ROCA, CVE-2017-15361 (Nemec et al., "The Return of Coppersmith's Attack", 2017, section 2).
//!
//! The library of certain Infineon chips made primes of the form k·M + (65537^a mod M), where M is the product of the
//! first n primes. So each prime, and with them the modulus, is a power of 65537 modulo every one of those primes, and
//! for most of them these powers are a small part of all remainders. For the shortest keys n is 39, for longer ones
//! more; the test uses the primes up to the 39th, 167, which belong to M for keys of every length. For 17 of them the
//! powers are not all remainders; an ordinary modulus passes for one of these with a chance of 2^-28 altogether.

use std::sync::OnceLock;

use super::natural::remainder;

/// Whether the modulus has the form of the faulty library's.
pub(super) fn has_fingerprint(modulus: &[u64]) -> bool {
    static MARKERS: OnceLock<Vec<Marker>> = OnceLock::new();
    // nearly every ordinary key is done after the first marker, 11, where only 1 and 10 are powers of 65537
    MARKERS
        .get_or_init(markers)
        .iter()
        .all(|marker| marker.holds(remainder(modulus, marker.prime)))
}

/// A prime and the powers of 65537 modulo this prime, one bit for each.
struct Marker {
    prime: u32,
    powers: [u64; 3],
}

impl Marker {
    fn new(prime: u32) -> Self {
        let mut marker = Self {
            prime,
            powers: [0; 3],
        };
        let mut power = 1;
        while !marker.holds(power) {
            if let Some(word) = marker.powers.get_mut(power as usize / 64) {
                *word |= 1 << (power % 64);
            }
            power = power * GENERATOR % prime;
        }
        marker
    }

    fn holds(&self, residue: u32) -> bool {
        self.powers
            .get(residue as usize / 64)
            .is_some_and(|word| word >> (residue % 64) & 1 == 1)
    }

    /// How many remainders are powers of 65537.
    fn size(&self) -> u32 {
        self.powers.iter().map(|word| word.count_ones()).sum()
    }
}

/// The markers that tell anything; modulo 3, 5, 7 and a few more every remainder but 0 is a power of 65537.
fn markers() -> Vec<Marker> {
    (3..=LARGEST)
        .step_by(2)
        .filter(|n| (3..*n).take_while(|d| d * d <= *n).all(|d| n % d != 0))
        .map(Marker::new)
        .filter(|marker| marker.size() < marker.prime - 1)
        .collect()
}

const GENERATOR: u32 = 65_537;
/// The 39th prime; its remainders fit 192 bits, and its products with 65537 fit 32.
const LARGEST: u32 = 167;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use crate::strength::natural::{add, limbs, tests::product};

    use super::*;

    #[test]
    fn markers_are_subgroups() {
        let markers = markers();
        assert_eq!(markers[0].prime, 11);
        assert_eq!(markers[0].powers, [1 << 1 | 1 << 10, 0, 0]);
        for marker in &markers {
            assert_eq!((marker.prime - 1) % marker.size(), 0, "{}", marker.prime);
            assert!(!marker.holds(0));
        }
        assert_eq!(markers.len(), 17);
        let chance: f64 = markers
            .iter()
            .map(|marker| (f64::from(marker.size()) / f64::from(marker.prime - 1)).log2())
            .sum();
        assert!(
            (-28.0..-27.5).contains(&chance),
            "an ordinary key would pass with 2^{chance}"
        );
    }

    #[test]
    fn numbers_of_the_form_are_found_and_their_neighbours_are_not() {
        // M, and 65537^a mod M by doubling and reducing remainder by remainder
        let primes: Vec<u32> = (2..=167_u32)
            .filter(|n| (2..*n).all(|d| n % d != 0))
            .collect();
        assert_eq!(primes.len(), 39);
        let m = primes
            .iter()
            .fold(vec![1], |m, &p| product(&m, &[u64::from(p)]));
        let k = limbs(&[0x5a; 229]);
        for exponent in [1_u32, 2, 3] {
            // 65537^3 is below M, so no reduction is needed
            let power = (0..exponent).fold(vec![1], |power, _| product(&power, &[65_537]));
            let mut modulus = product(&k, &m);
            add(&mut modulus, &power);
            assert!(has_fingerprint(&modulus), "65537^{exponent}");
            add(&mut modulus, &[2]);
            assert!(!has_fingerprint(&modulus), "65537^{exponent} + 2");
        }
    }
}
