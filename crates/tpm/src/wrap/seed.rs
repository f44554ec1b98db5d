//! The seed of an outer wrapper, and how the new parent learns it (TPM 2.0 Library Part 1, annex B.10.3 "RSA Secret
//! Sharing for Duplication" and C.6.3 "ECC Secret Sharing for Duplication").

use aws_lc_rs::agreement::{self, PrivateKey, UnparsedPublicKey};
use aws_lc_rs::rand;
use aws_lc_rs::rsa::{
    OAEP_SHA256_MGF1SHA256, OAEP_SHA384_MGF1SHA384, OAEP_SHA512_MGF1SHA512,
    OaepPublicEncryptingKey, PublicEncryptingKey, PublicKeyComponents,
};
use zeroize::Zeroizing;

use crate::algorithm::HashAlg;
use crate::error::TpmError;
use crate::key::KeyPublic;
use crate::session::kdf::kdfe;
use crate::wire::Writer;
use crate::wrap::parent::{ParentPublic, ecdh, uncompressed};

/// As long as a digest of the parent's name algorithm.
pub(super) struct Seed {
    pub(super) secret: Zeroizing<Vec<u8>>,
    /// Content of `TPM2B_ENCRYPTED_SECRET`.
    pub(super) encrypted: Vec<u8>,
}

impl Seed {
    /// A new seed, which only the holder of the parent's private key can learn.
    pub(super) fn send_to(parent: &ParentPublic) -> Result<Self, TpmError> {
        match parent.key() {
            KeyPublic::Rsa { modulus, exponent } => {
                Self::encrypted_to(parent.hash(), modulus, *exponent)
            }
            KeyPublic::Ecc { curve, x, y } => {
                let their_x = parent.x_as_stored();
                let algorithm = ecdh(*curve);
                let ours = PrivateKey::generate(algorithm).map_err(|_| failed())?;
                let our_point = ours.compute_public_key().map_err(|_| failed())?;
                let (our_x, our_y) = our_point
                    .as_ref()
                    .get(1..)
                    .and_then(|point| point.split_at_checked(curve.coordinate_len()))
                    .ok_or_else(failed)?;
                let secret = agreement::agree(
                    &ours,
                    UnparsedPublicKey::new(algorithm, uncompressed(x, y)),
                    failed(),
                    |z| Ok(kdfe(parent.hash(), z, ECC_LABEL, our_x, their_x)),
                )?;
                let mut encrypted = Writer::new();
                encrypted.sized(our_x, "x").sized(our_y, "y");
                let encrypted = encrypted.finish().map_err(|_| failed())?.to_vec();
                Ok(Self { secret, encrypted })
            }
        }
    }

    fn encrypted_to(hash: HashAlg, modulus: &[u8], exponent: u32) -> Result<Self, TpmError> {
        let algorithm = match hash {
            HashAlg::Sha256 => &OAEP_SHA256_MGF1SHA256,
            HashAlg::Sha384 => &OAEP_SHA384_MGF1SHA384,
            HashAlg::Sha512 => &OAEP_SHA512_MGF1SHA512,
        };
        let exponent = exponent.to_be_bytes();
        let start = exponent.iter().take_while(|&&octet| octet == 0).count();
        let components = PublicKeyComponents {
            n: modulus,
            e: exponent.get(start..).unwrap_or_default(),
        };
        let key: PublicEncryptingKey = components.try_into().map_err(|_| failed())?;
        let key = OaepPublicEncryptingKey::new(key).map_err(|_| failed())?;
        let mut secret = Zeroizing::new(vec![0; hash.len()]);
        rand::fill(&mut secret).map_err(|_| failed())?;
        let mut encrypted = vec![0; key.ciphertext_size()];
        let length = key
            .encrypt(algorithm, &secret, &mut encrypted, Some(OAEP_LABEL))
            .map_err(|_| failed())?
            .len();
        encrypted.truncate(length);
        Ok(Self { secret, encrypted })
    }
}

fn failed() -> TpmError {
    TpmError::Crypto {
        operation: "send a seed to the new parent",
    }
}

/// `KDFe` adds the terminating zero itself.
const ECC_LABEL: &str = "DUPLICATE";
/// The terminating zero belongs to a label of OAEP (annex B.4).
const OAEP_LABEL: &[u8] = b"DUPLICATE\0";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::algorithm::Curve;
    use crate::wrap::parent::tests::{ecc, rsa};

    #[test]
    fn a_seed_is_sent_once_and_not_in_clear() {
        for area in [rsa(), ecc(Curve::P384, HashAlg::Sha384)] {
            let parent = ParentPublic::from_area(area).unwrap();
            let [first, second] = [(); 2].map(|()| Seed::send_to(&parent).unwrap());
            assert_eq!(first.secret.len(), parent.hash().len());
            assert_ne!(first.secret, second.secret);
            for part in first.secret.chunks(8) {
                assert!(!first.encrypted.windows(8).any(|octets| octets == part));
            }
        }
    }
}
