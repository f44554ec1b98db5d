//! RSAES-PKCS1-v1_5 (RFC 8017, 7.2.2): `00 02`, at least eight bytes that are not zero, `00`, the message.

use zeroize::Zeroizing;

use super::mask::Mask;
use super::rejection::Rejection;

/// Returns the message of a block; `None` for any wrong padding.
///
/// Whoever is told the one from the other can decrypt messages: [`pkcs1_or_synthetic`] does not tell.
pub fn pkcs1(block: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (is_right, start) = separated(block);
    if !is_right.reveal() {
        return None;
    }
    block.get(start..).map(|message| message.to_vec().into())
}

/// Returns the message of a block, or in place of a wrong padding the one that belongs to the cipher text.
pub fn pkcs1_or_synthetic(
    block: &[u8],
    cipher_text: &[u8],
    rejection: &Rejection,
) -> Zeroizing<Vec<u8>> {
    // Made in any case, so that it takes the same time.
    let synthetic = rejection.synthetic(cipher_text, block.len());
    let (is_right, start) = separated(block);
    // From here on it does not tell one from the other.
    let start = is_right.select(start, synthetic.start);
    let both = block.iter().zip(synthetic.block.iter()).skip(start);
    let message = both.map(|(&right, &other)| is_right.select_byte(right, other));
    Zeroizing::new(message.collect())
}

/// Returns the secret of a TLS handshake (RFC 5246, 7.4.7.1), or `other` for a wrong padding, length or version.
/// `versions` are those that may stand in it; 0 stands for none.
///
/// `None` for a block that is too short for any secret, which is no secret itself.
pub fn tls_secret(
    block: &[u8],
    versions: [u16; 2],
    other: &[u8; TLS_SECRET_LEN],
) -> Option<Zeroizing<Vec<u8>>> {
    let (front, secret) = block.split_at_checked(block.len().checked_sub(TLS_SECRET_LEN)?)?;
    let [first, second, padding @ .., separator] = front else {
        return None;
    };
    let [high, low, ..] = secret else {
        return None;
    };
    if padding.len() < SHORTEST_PADDING {
        return None;
    }
    let mut is_right = Mask::equal(*first, 0_u8)
        & Mask::equal(*second, BLOCK_TYPE)
        & Mask::equal(*separator, 0_u8);
    for &byte in padding {
        is_right = is_right & !Mask::equal(byte, 0_u8);
    }
    let mut is_version = Mask::NO;
    for version in versions.into_iter().filter(|&version| version != 0) {
        let [expected_high, expected_low] = version.to_be_bytes();
        is_version =
            is_version | (Mask::equal(*high, expected_high) & Mask::equal(*low, expected_low));
    }
    is_right = is_right & is_version;
    let both = secret.iter().zip(other);
    let bytes = both.map(|(&right, &other)| is_right.select_byte(right, other));
    Some(Zeroizing::new(bytes.collect()))
}

/// Returns whether the padding is right, and the index of the first byte of the message if it is.
fn separated(block: &[u8]) -> (Mask, usize) {
    let mut is_right = Mask::YES;
    let mut is_found = Mask::NO;
    let mut separator = 0;
    for (index, &byte) in block.iter().enumerate() {
        match index {
            0 => is_right = is_right & Mask::equal(byte, 0_u8),
            1 => is_right = is_right & Mask::equal(byte, BLOCK_TYPE),
            _ => {
                let is_zero = Mask::equal(byte, 0_u8);
                separator = (is_zero & !is_found).select(index, separator);
                is_found = is_found | is_zero;
            }
        }
    }
    // It is 0 where none was found.
    is_right = is_right & !Mask::less(separator, 2 + SHORTEST_PADDING);
    (is_right, separator + 1)
}

/// Bytes of a premaster secret.
pub const TLS_SECRET_LEN: usize = 48;
/// Of encryption; signatures have another.
const BLOCK_TYPE: u8 = 2;
const SHORTEST_PADDING: usize = 8;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// By the rules, in the plainest way.
    fn expected(block: &[u8]) -> Option<&[u8]> {
        let data = block.strip_prefix(&[0, 2])?;
        let separator = data.iter().position(|&byte| byte == 0)?;
        (separator >= 8)
            .then(|| data.get(separator + 1..))
            .flatten()
    }

    /// Blocks that are nearly right, more often than by chance.
    fn blocks() -> impl Strategy<Value = Vec<u8>> {
        let byte = prop_oneof![9 => 1_u8.., 1 => Just(0_u8)];
        let start = prop_oneof![4 => Just([0, 2]), 1 => any::<[u8; 2]>()];
        (start, proptest::collection::vec(byte, 0..90))
            .prop_map(|(start, rest)| [&start[..], &rest].concat())
    }

    proptest! {
        #[test]
        fn messages_are_those_of_the_rules(block in blocks(), cipher_text: Vec<u8>) {
            let rejection = Rejection::new(b"secret");
            let message = pkcs1_or_synthetic(&block, &cipher_text, &rejection);
            let or_error = pkcs1(&block).map(|message| message.to_vec());
            prop_assert_eq!(or_error.as_deref(), expected(&block));
            if let Some(expected) = expected(&block) {
                prop_assert_eq!(message.as_slice(), expected);
            } else {
                prop_assert!(message.len() <= block.len().saturating_sub(11));
                prop_assert_eq!(message, pkcs1_or_synthetic(&block, &cipher_text, &rejection));
            }
        }

        #[test]
        fn secrets_are_those_of_the_rules(
            length in 40_usize..60,
            padding in 6_usize..12,
            start in prop_oneof![4 => Just([0_u8, 2]), 1 => any::<[u8; 2]>()],
            version in prop_oneof![Just([3_u8, 3]), Just([3, 1]), Just([0, 0]), any::<[u8; 2]>()],
            versions in prop_oneof![Just([0x0303_u16, 0]), Just([0x0303, 0x0301]), Just([0, 0])],
            fill in 1_u8..,
            hole in proptest::option::of(0_usize..80),
        ) {
            let mut message = vec![7; length];
            if let [high, low, ..] = message.as_mut_slice() {
                [*high, *low] = version;
            }
            let mut block = [&start[..], &vec![fill; padding], &[0], &message].concat();
            if let Some(byte) = hole.and_then(|hole| block.get_mut(hole)) {
                *byte = 0;
            }
            let right = expected(&block).filter(|message| {
                let version = message.first_chunk().map(|bytes| u16::from_be_bytes(*bytes));
                message.len() == TLS_SECRET_LEN
                    && version.is_some_and(|version| version != 0 && versions.contains(&version))
            });
            let other = [9; TLS_SECRET_LEN];
            let got = tls_secret(&block, versions, &other);
            match got {
                Some(got) => prop_assert_eq!(got.as_slice(), right.unwrap_or(&other)),
                None => prop_assert!(block.len() < 2 + SHORTEST_PADDING + 1 + TLS_SECRET_LEN && right.is_none()),
            }
        }

        #[test]
        fn no_block_panics(block: Vec<u8>) {
            let _ = pkcs1(&block);
            let _ = pkcs1_or_synthetic(&block, &block, &Rejection::new(&[]));
            let _ = tls_secret(&block, [0x0303, 0], &[0; TLS_SECRET_LEN]);
        }
    }

    #[test]
    fn synthetic_messages_depend_on_the_secret_and_the_cipher_text() {
        let message = |secret: &[u8], cipher_text: &[u8]| {
            pkcs1_or_synthetic(&[0xff; 256], cipher_text, &Rejection::new(secret))
        };
        let lengths: std::collections::BTreeSet<usize> = (0..100)
            .map(|number| message(b"a", &[number]).len())
            .collect();
        assert!(lengths.len() > 50, "{lengths:?}");
        assert_ne!(message(b"a", b"x"), message(b"b", b"x"));
        assert_ne!(message(b"a", b"x"), message(b"a", b"y"));
    }
}
