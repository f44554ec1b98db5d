//! The salt of a session: a secret that only the TPM with a certain key can learn (TPM 2.0 Library Part 1, 19.6 and
//! annex C, "ECDH").

use aws_lc_rs::agreement::{self, ECDH_P256, PrivateKey, UnparsedPublicKey};
use zeroize::Zeroizing;

use crate::algorithm::HashAlg;
use crate::error::TpmError;
use crate::key::left_padded;
use crate::session::kdf::kdfe;
use crate::wire::Writer;
use crate::wire::public::{PublicArea, PublicParameters};

/// A salt, and how the TPM gets it.
pub(crate) struct Salt {
    pub(crate) secret: Zeroizing<Vec<u8>>,
    /// Content of `TPM2B_ENCRYPTED_SECRET`: our ephemeral point.
    pub(crate) encrypted: Vec<u8>,
}

impl Salt {
    /// Agrees on a salt with the holder of a P-256 key.
    pub(crate) fn agree(key: &PublicArea) -> Result<Self, TpmError> {
        let PublicParameters::Ecc { x, y, .. } = &key.parameters else {
            return Err(failed());
        };
        let their_point = uncompressed(x, y).ok_or_else(failed)?;
        let ours = PrivateKey::generate(&ECDH_P256).map_err(|_| failed())?;
        let our_point = ours.compute_public_key().map_err(|_| failed())?;
        let (our_x, our_y) = our_point
            .as_ref()
            .get(1..)
            .and_then(|point| point.split_at_checked(COORDINATE_LEN))
            .ok_or_else(failed)?;
        let secret = agreement::agree(
            &ours,
            UnparsedPublicKey::new(&ECDH_P256, their_point),
            failed(),
            |z| Ok(kdfe(HashAlg::Sha256, z, "SECRET", our_x, x)),
        )?;
        let mut encrypted = Writer::new();
        encrypted.sized(our_x, "x").sized(our_y, "y");
        let encrypted = encrypted.finish().map_err(|_| failed())?.to_vec();
        Ok(Self { secret, encrypted })
    }
}

/// SEC 1, 2.3.3.
fn uncompressed(x: &[u8], y: &[u8]) -> Option<Vec<u8>> {
    let mut point = vec![4];
    point.extend(left_padded(x, COORDINATE_LEN)?);
    point.extend(left_padded(y, COORDINATE_LEN)?);
    Some(point)
}

fn failed() -> TpmError {
    TpmError::Crypto {
        operation: "agree on a salt with the storage root key",
    }
}

const COORDINATE_LEN: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_that_is_not_on_the_curve_is_refused() {
        let mut key = PublicArea::storage_root_template();
        if let PublicParameters::Ecc { x, y, .. } = &mut key.parameters {
            *x = vec![1; 32];
            *y = vec![1; 32];
        }
        assert!(matches!(Salt::agree(&key), Err(TpmError::Crypto { .. })));
    }

    #[test]
    fn no_salt_twice() {
        let mut key = PublicArea::storage_root_template();
        if let PublicParameters::Ecc { x, y, .. } = &mut key.parameters {
            let own = PrivateKey::generate(&ECDH_P256)
                .and_then(|key| key.compute_public_key())
                .map(|point| point.as_ref().to_vec())
                .unwrap_or_default();
            *x = own[1..33].to_vec();
            *y = own[33..].to_vec();
        }
        let (first, second) = (Salt::agree(&key), Salt::agree(&key));
        let (Ok(first), Ok(second)) = (first, second) else {
            panic!("both agreements work");
        };
        assert_ne!(first.encrypted, second.encrypted);
        assert_ne!(*first.secret, *second.secret);
        assert_eq!(first.encrypted.len(), 2 * (2 + COORDINATE_LEN));
    }
}
