//! Encryption of the first parameter of a command or response (TPM 2.0 Library Part 1, 21 "Session-Based Encryption").

use aws_lc_rs::cipher::{
    AES_128, DecryptingKey, DecryptionContext, EncryptingKey, EncryptionContext, UnboundCipherKey,
};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::iv::FixedLength;

use crate::algorithm::HashAlg;
use crate::error::TpmError;
use crate::session::kdf::kdfa;
use crate::wire::public::Symmetric;
use crate::wire::{Writer, code};

/// How parameters are hidden.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ParameterCipher {
    /// AES-128 in CFB mode.
    AesCfb,
    /// XOR with a derived mask as long as the parameter, for TPMs without AES-CFB in sessions; every TPM has it.
    Xor,
}

impl ParameterCipher {
    /// Writes it as the `TPMT_SYM_DEF` of `TPM2_StartAuthSession`.
    pub(crate) fn write(self, writer: &mut Writer) {
        match self {
            Self::AesCfb => Symmetric::write(Some(Symmetric::AES_128_CFB), writer),
            Self::Xor => {
                writer.u16(code::ALG_XOR).u16(code::ALG_SHA256);
            }
        }
    }

    /// Encrypts in place; `session_value` is the session key followed by the authorization value.
    pub(crate) fn encrypt(
        self,
        session_value: &[u8],
        nonces: Nonces<'_>,
        parameter: &mut [u8],
    ) -> Result<(), TpmError> {
        match self {
            Self::AesCfb => cfb(session_value, nonces, |key, iv| {
                let context = EncryptionContext::Iv128(iv);
                EncryptingKey::cfb128(key)?
                    .less_safe_encrypt(parameter, context)
                    .map(drop)
            }),
            Self::Xor => xor(session_value, nonces, parameter),
        }
    }

    /// Decrypts in place.
    pub(crate) fn decrypt(
        self,
        session_value: &[u8],
        nonces: Nonces<'_>,
        parameter: &mut [u8],
    ) -> Result<(), TpmError> {
        match self {
            Self::AesCfb => cfb(session_value, nonces, |key, iv| {
                let context = DecryptionContext::Iv128(iv);
                DecryptingKey::cfb128(key)?
                    .decrypt(parameter, context)
                    .map(drop)
            }),
            Self::Xor => xor(session_value, nonces, parameter),
        }
    }
}

/// The nonces of one direction: a command's newer one is the caller's, a response's is the TPM's.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Nonces<'a> {
    pub(crate) newer: &'a [u8],
    pub(crate) older: &'a [u8],
}

fn cfb(
    session_value: &[u8],
    nonces: Nonces<'_>,
    apply: impl FnOnce(UnboundCipherKey, FixedLength<16>) -> Result<(), Unspecified>,
) -> Result<(), TpmError> {
    let derived = kdfa(
        HashAlg::Sha256,
        session_value,
        "CFB",
        nonces.newer,
        nonces.older,
        KEY_LEN + IV_LEN,
    )?;
    let (key, iv) = derived.split_at_checked(KEY_LEN).ok_or_else(failed)?;
    let iv = FixedLength::try_from(iv).map_err(|_| failed())?;
    UnboundCipherKey::new(&AES_128, key)
        .and_then(|key| apply(key, iv))
        .map_err(|_| failed())
}

fn xor(session_value: &[u8], nonces: Nonces<'_>, parameter: &mut [u8]) -> Result<(), TpmError> {
    let mask = kdfa(
        HashAlg::Sha256,
        session_value,
        "XOR",
        nonces.newer,
        nonces.older,
        parameter.len(),
    )?;
    for (octet, mask) in parameter.iter_mut().zip(mask.iter()) {
        *octet ^= mask;
    }
    Ok(())
}

fn failed() -> TpmError {
    TpmError::Crypto {
        operation: "encrypt a parameter",
    }
}

const KEY_LEN: usize = 16;
const IV_LEN: usize = 16;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    const NONCES: Nonces<'_> = Nonces {
        newer: &[1; 32],
        older: &[2; 32],
    };

    proptest! {
        #[test]
        fn what_is_encrypted_can_be_decrypted(plain in proptest::collection::vec(any::<u8>(), 1..100), value in proptest::collection::vec(any::<u8>(), 0..64)) {
            for cipher in [ParameterCipher::AesCfb, ParameterCipher::Xor] {
                let mut parameter = plain.clone();
                cipher.encrypt(&value, NONCES, &mut parameter).unwrap();
                prop_assert!(plain.len() < 8 || parameter != plain);
                cipher.decrypt(&value, NONCES, &mut parameter).unwrap();
                prop_assert_eq!(&parameter, &plain);
            }
        }
    }

    #[test]
    fn an_empty_parameter_stays_empty() {
        for cipher in [ParameterCipher::AesCfb, ParameterCipher::Xor] {
            cipher.encrypt(b"value", NONCES, &mut []).unwrap();
            cipher.decrypt(b"value", NONCES, &mut []).unwrap();
        }
    }
}
