//! Whether 32 octets are a point of edwards25519, and one that a key may be (RFC 8032 section 5.1.3).
//!
//! aws-lc finds out that octets are no point only while it verifies a signature, where it looks like a wrong signature.
//! A key of small order is worse: signatures that verify with it can be made without any private key. The curve is
//! -x² + y² = 1 + d·x²·y² over the integers modulo p = 2^255 - 19, with d = -121665/121666; so x² is
//! 121666·(y² - 1) / (121666 - 121665·y²), and the denominator is never 0 because -1/d is not a square. Everything here
//! is public, therefore nothing has to run in constant time.

/// What 32 octets are on edwards25519.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Point {
    /// not the encoding of a point
    None,
    /// a point of order 1, 2, 4 or 8
    SmallOrder,
    /// any other point
    Ordinary,
}

/// Looks at the encoding of a point: y in little-endian order, the lowest bit of x in the highest bit.
pub(crate) fn classify(encoded: &[u8; 32]) -> Point {
    let mut limbs = [0_u64; 4];
    for (limb, octets) in limbs.iter_mut().zip(encoded.as_chunks::<8>().0) {
        *limb = u64::from_le_bytes(*octets);
    }
    limbs[3] &= !(1 << 63);
    let y = Element(limbs);
    if y.canonical() != limbs {
        return Point::None;
    }
    let y2 = y * y;
    let numerator = Element::small(121_666) * (y2 - Element::ONE);
    let denominator = Element::small(121_666) - Element::small(121_665) * y2;
    // Euler's criterion over numerator·denominator, which is a square exactly when the quotient is one
    let character = (numerator * denominator).pow(&HALF_OF_P_MINUS_ONE);
    if !character.is_zero() && !(character - Element::ONE).is_zero() {
        return Point::None;
    }
    // Order 1 and 2: y = 1 and y = -1, the two points with x = 0. Order 4: y = 0. A point doubles to y = 0, so has order
    // 8, when x² = -y²; put into the equation of the curve that is d·y⁴ + 2·y² - 1 = 0, here times 121666.
    let doubles_to_order_four = (Element::small(2 * 121_666) * y2)
        - (Element::small(121_665) * y2 * y2)
        - Element::small(121_666);
    if y.is_zero() || (y2 - Element::ONE).is_zero() || doubles_to_order_four.is_zero() {
        return Point::SmallOrder;
    }
    Point::Ordinary
}

/// An integer below 2^256 that stands for its remainder modulo p; least significant limb first.
#[derive(Clone, Copy)]
struct Element([u64; 4]);

impl Element {
    const ONE: Self = Self([1, 0, 0, 0]);

    const fn small(value: u64) -> Self {
        Self([value, 0, 0, 0])
    }

    fn is_zero(self) -> bool {
        self.canonical() == [0; 4]
    }

    /// The remainder below p.
    fn canonical(self) -> [u64; 4] {
        let mut limbs = self.0;
        // 2^256 is 2p + 38, so at most twice
        while let Some(less) = subtract(&limbs, &P) {
            limbs = less;
        }
        limbs
    }

    fn pow(self, exponent: &[u64; 4]) -> Self {
        let mut power = Self::ONE;
        for bit in (0..256).rev() {
            power = power * power;
            if exponent[bit / 64] >> (bit % 64) & 1 == 1 {
                power = power * self;
            }
        }
        power
    }

    /// Adds `excess` times 2^256, which is 38 times `excess` modulo p.
    fn fold(mut limbs: [u64; 4], mut excess: u64) -> Self {
        while excess != 0 {
            let mut carry = u128::from(excess) * 38;
            for limb in &mut limbs {
                carry += u128::from(*limb);
                *limb = low(carry);
                carry >>= 64;
            }
            excess = low(carry);
        }
        Self(limbs)
    }
}

impl std::ops::Mul for Element {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        let mut product = [0_u64; 8];
        for (i, &a) in self.0.iter().enumerate() {
            let mut carry = 0_u128;
            for (j, &b) in other.0.iter().enumerate() {
                carry += u128::from(a) * u128::from(b) + u128::from(product[i + j]);
                product[i + j] = low(carry);
                carry >>= 64;
            }
            product[i + 4] = low(carry);
        }
        let mut limbs = [0_u64; 4];
        let mut carry = 0_u128;
        for (i, limb) in limbs.iter_mut().enumerate() {
            carry += u128::from(product[i]) + 38 * u128::from(product[i + 4]);
            *limb = low(carry);
            carry >>= 64;
        }
        Self::fold(limbs, low(carry))
    }
}

impl std::ops::Sub for Element {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        let mut limbs = self.canonical();
        let other = other.canonical();
        let mut carry = 0_u128;
        if subtract(&limbs, &other).is_none() {
            for (limb, p) in limbs.iter_mut().zip(P) {
                carry += u128::from(*limb) + u128::from(p);
                *limb = low(carry);
                carry >>= 64;
            }
        }
        // with p added where it was needed, the minuend is at least the subtrahend
        Self(subtract(&limbs, &other).unwrap_or(limbs))
    }
}

/// `a - b`, or `None` when that is negative.
fn subtract(a: &[u64; 4], b: &[u64; 4]) -> Option<[u64; 4]> {
    let mut difference = [0_u64; 4];
    let mut borrow = false;
    for ((limb, &a), &b) in difference.iter_mut().zip(a).zip(b) {
        let (once, first) = a.overflowing_sub(b);
        let (twice, second) = once.overflowing_sub(u64::from(borrow));
        *limb = twice;
        borrow = first || second;
    }
    (!borrow).then_some(difference)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the low 64 bits are what is asked for"
)]
const fn low(value: u128) -> u64 {
    value as u64
}

const P: [u64; 4] = [u64::MAX - 18, u64::MAX, u64::MAX, u64::MAX >> 1];
const HALF_OF_P_MINUS_ONE: [u64; 4] = [u64::MAX - 9, u64::MAX, u64::MAX, u64::MAX >> 2];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};

    use super::*;

    #[test]
    fn generated_keys_are_ordinary_points() {
        for _ in 0..50 {
            let pair = Ed25519KeyPair::generate().unwrap();
            let encoded: [u8; 32] = pair.public_key().as_ref().try_into().unwrap();
            assert_eq!(classify(&encoded), Point::Ordinary);
        }
    }

    #[test]
    fn the_base_point_is_ordinary() {
        // y = 4/5 (RFC 8032 section 5.1)
        let mut base = [0x66; 32];
        base[0] = 0x58;
        assert_eq!(classify(&base), Point::Ordinary);
    }

    #[test]
    fn about_half_of_all_octets_are_no_point() {
        let none = (0..=255_u8)
            .filter(|&first| {
                let mut encoded = [0x42; 32];
                encoded[0] = first;
                classify(&encoded) == Point::None
            })
            .count();
        assert!((90..166).contains(&none), "{none} of 256");
    }

    #[test]
    fn small_orders_are_found() {
        let mut one = [0; 32];
        one[0] = 1;
        let mut minus_one = [0xff; 32];
        minus_one[0] = 0xec;
        minus_one[31] = 0x7f;
        // the y of both points of order 8 with positive and negative x, known from the literature on X25519/Ed25519
        let eighth = hex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05");
        let other_eighth = hex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a");
        for mut encoded in [[0; 32], one, minus_one, eighth, other_eighth] {
            assert_eq!(classify(&encoded), Point::SmallOrder, "{encoded:02x?}");
            encoded[31] |= 0x80;
            assert_eq!(classify(&encoded), Point::SmallOrder, "{encoded:02x?}");
        }
    }

    #[test]
    fn y_not_below_p_is_refused() {
        // p + 1, which is 1 in a longer coat
        let mut encoded = [0xff; 32];
        encoded[0] = 0xee;
        encoded[31] = 0x7f;
        assert_eq!(classify(&encoded), Point::None);
    }

    fn hex(text: &str) -> [u8; 32] {
        let mut octets = [0; 32];
        for (octet, pair) in octets.iter_mut().zip(text.as_bytes().chunks(2)) {
            *octet = u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        }
        octets
    }
}
