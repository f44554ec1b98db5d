//! What only the holder of a key learns: decrypted messages (RFC 8017, 7) and agreed secrets (ECDH, SP 800-56A 5.7.1.2).

use tpm2ca_tpm::{Curve, DecryptPadding, KeyPublic};
use zeroize::Zeroizing;

use crate::error::Error;
use crate::key::Key;

/// That the key is one that decrypts.
///
/// # Errors
/// [`Error::Unsupported`] when it is not, [`Error::NoKey`] when there is no private half.
pub fn check_decrypts(key: &Key) -> Result<(), Error> {
    if matches!(key.public(), KeyPublic::Rsa { .. }) && key.uses()?.decrypts {
        return Ok(());
    }
    Err(Error::unsupported("decryption", FOR_SIGNING))
}

/// Decrypts with RSA; the TPM takes the padding off.
///
/// # Errors
/// [`Error::DataLength`] when the cipher text is not as long as the modulus; as [`check_decrypts`]; what the TPM says.
pub fn decrypt(
    key: &Key,
    padding: DecryptPadding,
    cipher_text: &[u8],
) -> Result<Zeroizing<Vec<u8>>, Error> {
    check_decrypts(key)?;
    let length = key.max_size();
    if cipher_text.len() != length {
        return Err(Error::DataLength {
            expected: format!("{length}, as many as the modulus has"),
            got: cipher_text.len(),
        });
    }
    key.with_private(|tpm_key| Ok(tpm_key.rsa_decrypt(cipher_text, padding)?))
}

/// That the key is one that agrees on secrets; its curve.
///
/// # Errors
/// As [`check_decrypts`].
pub fn check_agrees(key: &Key) -> Result<Curve, Error> {
    match key.public() {
        KeyPublic::Ecc { curve, .. } if key.uses()?.decrypts => Ok(*curve),
        _ => Err(Error::unsupported("key agreement", FOR_SIGNING)),
    }
}

/// The secret that is agreed on with the owner of a point on the same curve.
///
/// # Errors
/// As [`check_agrees`]; what the TPM says, as of a point that is not on the curve.
pub fn agree(key: &Key, x: &[u8], y: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
    check_agrees(key)?;
    key.with_private(|tpm_key| Ok(tpm_key.ecdh(x, y)?))
}

const FOR_SIGNING: &str = "the key was made for signing only (it lacks the attribute `decrypt`)";
