//! RSAES-OAEP (RFC 8017, 7.1.2): `00`, the masked seed, and masked behind it the hash of the label, zeros, `01` and the
//! message.

use zeroize::Zeroizing;

use super::mask::Mask;
use crate::digest::Md;
use crate::rsa::pss::apply_mask;

/// What the sender has chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Oaep {
    /// Hash of the label.
    pub md: Md,
    /// Hash of the masks.
    pub mgf1: Md,
    /// The label, mostly empty.
    pub label: Vec<u8>,
}

/// Returns the message of a block; `None` for all that can be wrong with it, which takes the same time whatever it is. A
/// block that is too short for the hash is refused at once: its length is no secret.
pub fn oaep(block: &[u8], how: &Oaep) -> Option<Zeroizing<Vec<u8>>> {
    let length = how.md.len();
    if block.len() < 2 * length + 2 {
        return None;
    }
    let block = Zeroizing::new(block.to_vec());
    let (first, masked) = block.split_first()?;
    let (masked_seed, masked_data) = masked.split_at_checked(length)?;
    let mut seed = Zeroizing::new(masked_seed.to_vec());
    apply_mask(how.mgf1, masked_data, &mut seed);
    let mut data = Zeroizing::new(masked_data.to_vec());
    apply_mask(how.mgf1, &seed, &mut data);

    let label_hash = how.md.digest(&[&how.label]);
    let mut is_right = Mask::equal(*first, 0_u8);
    let mut is_found = Mask::NO;
    let mut one = 0;
    for (index, &byte) in data.iter().enumerate() {
        if let Some(&expected) = label_hash.get(index) {
            is_right = is_right & Mask::equal(byte, expected);
            continue;
        }
        let is_one = Mask::equal(byte, 1_u8);
        one = (is_one & !is_found).select(index, one);
        // In front of the one stand zeros.
        is_right = is_right & (is_found | is_one | Mask::equal(byte, 0_u8));
        is_found = is_found | is_one;
    }
    is_right = is_right & is_found;
    if !is_right.reveal() {
        return None;
    }
    data.get(one + 1..).map(|message| message.to_vec().into())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    /// EME-OAEP encoding (RFC 8017, 7.1.1, step 2), of a data block that may be wrong.
    fn encoded(how: &Oaep, first: u8, data: &[u8], seed: &[u8]) -> Vec<u8> {
        let (mut seed, mut data) = (seed.to_vec(), data.to_vec());
        apply_mask(how.mgf1, &seed, &mut data);
        apply_mask(how.mgf1, &data, &mut seed);
        [&[first], seed.as_slice(), &data].concat()
    }

    fn hashes() -> impl Strategy<Value = Md> {
        prop_oneof![
            Just(Md::Sha1),
            Just(Md::Sha224),
            Just(Md::Sha256),
            Just(Md::Sha384),
            Just(Md::Sha512)
        ]
    }

    proptest! {
        #[test]
        fn messages_come_back_and_nothing_else(
            md in hashes(),
            mgf1 in hashes(),
            label: Vec<u8>,
            zeros in 0_usize..40,
            message in proptest::collection::vec(prop_oneof![any::<u8>(), 0_u8..2], 0..60),
            byte: u8,
            wrong in proptest::option::of((any::<proptest::sample::Index>(), 1_u8..)),
        ) {
            let how = Oaep { md, mgf1, label };
            let seed = vec![byte; md.len()];
            let data = [md.digest(&[&how.label]), vec![0; zeros], vec![1], message.clone()].concat();
            let right = encoded(&how, 0, &data, &seed);
            let got = oaep(&right, &how).unwrap();
            prop_assert_eq!(got.as_slice(), message.as_slice());

            prop_assert!(oaep(&encoded(&how, 1, &data, &seed), &how).is_none());
            let other = Oaep { label: [how.label.as_slice(), b"x"].concat(), ..how.clone() };
            prop_assert!(oaep(&right, &other).is_none());
            let no_one = [md.digest(&[&how.label]), vec![0; zeros + 1]].concat();
            prop_assert!(oaep(&encoded(&how, 0, &no_one, &seed), &how).is_none());
            if let Some((index, bits)) = wrong {
                // In front of the message: the hash, the zeros and the one.
                let mut data = data;
                let at = index.index(md.len() + zeros + 1);
                data[at] ^= bits;
                // What is no one and no zero is wrong. A zero in place of the one leaves the message to decide.
                let is_right = at >= md.len()
                    && (data[at] == 1
                        || data[at] == 0 && message.iter().find(|&&byte| byte != 0) == Some(&1));
                prop_assert_eq!(oaep(&encoded(&how, 0, &data, &seed), &how).is_some(), is_right);
            }
        }

        #[test]
        fn no_block_panics(block: Vec<u8>, md in hashes(), mgf1 in hashes()) {
            let _ = oaep(&block, &Oaep { md, mgf1, label: Vec::new() });
        }
    }
}
