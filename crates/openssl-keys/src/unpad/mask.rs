//! Decisions about secret numbers, without branches.

use std::hint::black_box;
use std::ops::{BitAnd, BitOr, Not};

/// All bits set for yes, none for no.
#[derive(Clone, Copy)]
pub(super) struct Mask(usize);

impl Mask {
    pub(super) const YES: Self = Self(usize::MAX);
    pub(super) const NO: Self = Self(0);

    /// Returns whether two numbers are the same.
    pub(super) fn equal(a: impl Into<usize>, b: impl Into<usize>) -> Self {
        let difference = a.into() ^ b.into();
        // The highest bit is set in `!x & (x - 1)` for 0 alone.
        Self::of_highest_bit(!difference & difference.wrapping_sub(1))
    }

    /// Returns whether `a` is less than `b`. Both have their highest bit clear, as lengths have.
    pub(super) fn less(a: usize, b: usize) -> Self {
        Self::of_highest_bit(a.wrapping_sub(b))
    }

    fn of_highest_bit(number: usize) -> Self {
        // Opaque to the compiler, which could otherwise find out that there are two values only, and branch.
        Self(black_box(0_usize.wrapping_sub(number >> (usize::BITS - 1))))
    }

    /// Returns one of two numbers.
    pub(super) fn select(self, yes: usize, no: usize) -> usize {
        (self.0 & yes) | (!self.0 & no)
    }

    /// Returns one of two bytes.
    pub(super) fn select_byte(self, yes: u8, no: u8) -> u8 {
        let [mask, ..] = self.0.to_ne_bytes();
        (mask & yes) | (!mask & no)
    }

    /// Gives the decision away, where the caller is told it anyway.
    pub(super) fn reveal(self) -> bool {
        self.0 != 0
    }
}

impl BitAnd for Mask {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl BitOr for Mask {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl Not for Mask {
    type Output = Self;
    fn not(self) -> Self {
        Self(!self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_pair_of_bytes_is_compared() {
        for a in 0..=u8::MAX {
            for b in 0..=u8::MAX {
                assert_eq!(Mask::equal(a, b).reveal(), a == b);
                assert_eq!(Mask::less(a.into(), b.into()).reveal(), a < b);
                assert_eq!(
                    (!Mask::equal(a, b)).select_byte(a, b),
                    if a == b { b } else { a }
                );
            }
        }
    }

    proptest! {
        #[test]
        fn numbers_are_compared_and_selected(a in 0..usize::MAX / 2, b in 0..usize::MAX / 2) {
            prop_assert_eq!(Mask::less(a, b).reveal(), a < b);
            prop_assert_eq!(Mask::equal(a, b).reveal(), a == b);
            prop_assert_eq!(Mask::YES.select(a, b), a);
            prop_assert_eq!(Mask::NO.select(a, b), b);
            prop_assert!((Mask::YES & Mask::YES).reveal() && !(Mask::YES & Mask::NO).reveal());
            prop_assert!((Mask::NO | Mask::YES).reveal() && !(Mask::NO | Mask::NO).reveal());
        }
    }
}
