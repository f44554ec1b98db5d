//! What only the holder of a key learns: decrypted messages (RFC 8017, 7) and agreed secrets (ECDH, SP 800-56A 5.7.1.2).

use aws_lc_rs::rand;
use tpm2ca_tpm::{BoundScheme, Curve, DecryptPadding, KeyPublic, ResponseCode, TpmError, TpmKey};
use zeroize::Zeroizing;

use crate::digest::Md;
use crate::error::Error;
use crate::key::Key;
use crate::rsa::pss::apply_mask;
use crate::unpad::{self, Oaep, Rejection, TLS_SECRET_LEN};

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

/// How a message was padded before it was encrypted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Padding {
    /// Not at all: the result is as long as the modulus.
    None,
    /// RSAES-PKCS1-v1_5. A wrong padding is no error: it gives a message that only depends on the key and the cipher text.
    Pkcs1,
    /// The same, but a wrong padding is an error. For callers that hide it from whoever has sent the cipher text.
    Pkcs1OrError,
    /// RSAES-PKCS1-v1_5 around the secret of a TLS handshake (RFC 5246, 7.4.7.1), which begins with one of these versions
    /// of TLS; 0 is none. Anything else gives a random secret.
    Tls([u16; 2]),
    /// RSAES-OAEP. Whatever is wrong is the same error.
    Oaep(Oaep),
}

/// Decrypts with RSA. Which commands are sent, and how long they are, does not depend on the decrypted block, except for
/// keys whose scheme is fixed: the TPM checks their padding.
///
/// # Errors
/// [`Error::DataLength`] and [`Error::NotBelowModulus`] for what is no cipher text for this key, which anybody can see;
/// [`Error::Decryption`] for a wrong padding; [`Error::Rsaes`] for a key whose scheme is fixed to RSAES; as
/// [`check_decrypts`]; what the TPM says.
pub fn decrypt(
    key: &Key,
    padding: &Padding,
    cipher_text: &[u8],
) -> Result<Zeroizing<Vec<u8>>, Error> {
    check_decrypts(key)?;
    let KeyPublic::Rsa { modulus, .. } = key.public() else {
        return Err(Error::NoKey);
    };
    let length = modulus.len();
    if cipher_text.len() != length {
        return Err(Error::DataLength {
            expected: format!("{length}, as many as the modulus has"),
            got: cipher_text.len(),
        });
    }
    if cipher_text >= modulus.as_slice() {
        return Err(Error::NotBelowModulus);
    }
    match key.uses()?.bound {
        None => with_bare_operation(key, modulus, padding, cipher_text),
        Some(bound) => with_fixed_scheme(key, bound, padding, cipher_text),
    }
}

/// The padding is removed here.
fn with_bare_operation(
    key: &Key,
    modulus: &[u8],
    padding: &Padding,
    cipher_text: &[u8],
) -> Result<Zeroizing<Vec<u8>>, Error> {
    let other = random_secret()?;
    if let Padding::Oaep(how) = padding
        && modulus.len() < 2 * how.md.len() + 2
    {
        return Err(Error::unsupported(
            "OAEP with this hash",
            "the key is too short for it",
        ));
    }
    let bare = |tpm_key: &TpmKey, number: &[u8]| -> Result<_, Error> {
        Ok(tpm_key.rsa_decrypt(number, DecryptPadding::None)?)
    };
    let (block, rejection) = key.with_private(|tpm_key| {
        // Before the message, so that it does not depend on that.
        let rejection = match padding {
            Padding::Pkcs1 => Some(key.rejection(|| {
                let secret = bare(tpm_key, &fixed_number(modulus))?;
                Ok(Rejection::new(&secret))
            })?),
            _ => None,
        };
        Ok((bare(tpm_key, cipher_text)?, rejection))
    })?;
    match (padding, rejection) {
        (Padding::None, _) => Some(block),
        (Padding::Pkcs1, Some(rejection)) => {
            Some(unpad::pkcs1_or_synthetic(&block, cipher_text, rejection))
        }
        (Padding::Pkcs1 | Padding::Pkcs1OrError, _) => unpad::pkcs1(&block),
        (Padding::Tls(versions), _) => unpad::tls_secret(&block, *versions, &other),
        (Padding::Oaep(how), _) => unpad::oaep(&block, how),
    }
    .ok_or(Error::Decryption)
}

/// The padding is removed by the TPM, which does nothing else with such a key.
fn with_fixed_scheme(
    key: &Key,
    bound: BoundScheme,
    padding: &Padding,
    cipher_text: &[u8],
) -> Result<Zeroizing<Vec<u8>>, Error> {
    let BoundScheme::Decryption(scheme) = bound else {
        return Err(Error::unsupported("decryption", FOR_SIGNING));
    };
    match (scheme, padding) {
        (DecryptPadding::Pkcs1, Padding::Pkcs1 | Padding::Pkcs1OrError | Padding::Tls(_)) => {
            if !key.config().allows_rsaes()? {
                return Err(Error::Rsaes);
            }
        }
        (_, Padding::Oaep(how)) if by_tpm(how) == Some(scheme) => {}
        _ => {
            return Err(Error::unsupported(
                "this padding",
                "the scheme of the key is fixed to another one",
            ));
        }
    }
    let other = random_secret()?;
    let outcome = key.with_private(|tpm_key| Ok(tpm_key.rsa_decrypt(cipher_text, scheme)?));
    let message = match outcome {
        Err(Error::Tpm(TpmError::Rc { code, .. })) if is_wrong_padding(code) => None,
        outcome => Some(outcome?),
    };
    let Padding::Tls(versions) = padding else {
        return message.ok_or(Error::Decryption);
    };
    // As it was before the TPM has removed the padding; one of another length is wrong.
    let secret = message
        .filter(|message| message.len() == TLS_SECRET_LEN)
        .unwrap_or_else(|| Zeroizing::new(vec![0; TLS_SECRET_LEN]));
    let block = Zeroizing::new([&[0, 2, 1, 1, 1, 1, 1, 1, 1, 1, 0], secret.as_slice()].concat());
    unpad::tls_secret(&block, *versions, &other).ok_or(Error::Decryption)
}

/// What the TPM calls this padding.
fn by_tpm(how: &Oaep) -> Option<DecryptPadding> {
    match (how.md, how.md.of_tpm()) {
        _ if how.md != how.mgf1 || !how.label.is_empty() => None,
        (_, Some(hash)) => Some(DecryptPadding::Oaep(hash)),
        (Md::Sha1, None) => Some(DecryptPadding::OaepSha1),
        _ => None,
    }
}

/// Returns whether a TPM that removes paddings may mean a wrong one. All of these become the same error.
fn is_wrong_padding(code: ResponseCode) -> bool {
    // The last is what libtpms says.
    matches!(
        code.name(),
        "TPM_RC_VALUE" | "TPM_RC_SIZE" | "TPM_RC_FAILURE"
    )
}

/// A number below the modulus, always the same for a key. Its image under the private operation is known to nobody who
/// does not have the key, and the same in every process and on every machine that has it, as OpenSSL has it from the
/// private exponent.
fn fixed_number(modulus: &[u8]) -> Vec<u8> {
    let mut number = vec![0; modulus.len()];
    if let Some((_, below)) = number.split_first_mut() {
        let seed = [b"tpm2ca: implicit rejection", modulus].concat();
        apply_mask(Md::Sha256, &seed, below);
    }
    number
}

/// A random secret of TLS. It is made whether it is needed or not.
fn random_secret() -> Result<Zeroizing<[u8; TLS_SECRET_LEN]>, Error> {
    let mut secret = Zeroizing::new([0; TLS_SECRET_LEN]);
    rand::fill(secret.as_mut_slice())
        .map_err(|_| Error::unsupported("decryption", "the system has no randomness for it"))?;
    Ok(secret)
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
