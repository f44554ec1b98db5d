//! What a private key can do beside signing a certificate: RSASSA-PSS, decryption, key agreement.

use std::sync::Arc;

use zeroize::Zeroizing;

use crate::algorithm::HashAlg;
use crate::auth::Auth;
use crate::command::private_use;
use crate::error::TpmError;
use crate::key::{KeyPublic, RawSignature, padded_secret};
use crate::keyfile::KeyFile;
use crate::options::Receipt;
use crate::tpm::key::check_length;
use crate::tpm::loaded::{Proof, Purpose};
use crate::tpm::{Tpm, TpmKey};
use crate::uses::DecryptPadding;
use crate::wire::code;
use crate::wire::command::TpmCommand;

impl Tpm {
    /// Loads a key for whatever it can do, and does not prove `auth`: its first use does. [`Tpm::load`] takes signing
    /// keys only.
    ///
    /// # Errors
    /// As [`Tpm::load`]; [`TpmError::UnsupportedKey`] for a key that neither signs nor decrypts.
    pub fn load_for_any_use(&self, key: KeyFile, auth: Auth) -> Result<TpmKey, TpmError> {
        let loaded = self.worker.call(move |owner| {
            owner.load_for(&key, auth.clone(), Proof::BySigning, Purpose::Any)
        })?;
        Ok(TpmKey::new(loaded, Arc::clone(&self.worker)))
    }

    /// The same for a key at a persistent handle.
    ///
    /// # Errors
    /// As [`Tpm::load_handle`]; [`TpmError::UnsupportedKey`] for a key that neither signs nor decrypts.
    pub fn load_handle_for_any_use(&self, handle: u32, auth: Auth) -> Result<TpmKey, TpmError> {
        let loaded = self.worker.call(move |owner| {
            owner.load_handle_for(handle, auth.clone(), Proof::BySigning, Purpose::Any)
        })?;
        Ok(TpmKey::new(loaded, Arc::clone(&self.worker)))
    }
}

impl TpmKey {
    /// Signs a digest with RSASSA-PSS (`TPM2_Sign`, RFC 8017, 8.1), MGF1 with the same hash.
    ///
    /// The TPM chooses the length of the salt: most take the longest that fits, those that follow FIPS 186 one as long
    /// as the digest. Verify the signature before use.
    ///
    /// # Errors
    /// As [`TpmKey::sign`]; [`TpmError::UnsupportedKey`] for an EC key.
    pub fn sign_pss(
        &self,
        hash: HashAlg,
        digest: &[u8],
    ) -> Result<(RawSignature, Receipt), TpmError> {
        check_length(hash, digest)?;
        self.must_be_rsa()?;
        let (id, digest) = (self.shared.id, digest.to_vec());
        self.shared
            .worker
            .call(move |owner| owner.sign_as(id, code::ALG_RSAPSS, hash, &digest))
    }

    /// Decrypts with an RSA key (`TPM2_RSA_Decrypt`); without padding, the bare private operation, as long as the
    /// modulus.
    ///
    /// Both directions cross encrypted.
    ///
    /// Without padding the commands and their lengths are the same for every cipher text below the modulus. With
    /// [`DecryptPadding::Pkcs1`] they tell whether the padding was right: see there.
    ///
    /// # Errors
    /// [`TpmError::Rc`] for what was not encrypted like this, and for keys that may not decrypt.
    pub fn rsa_decrypt(
        &self,
        cipher_text: &[u8],
        padding: DecryptPadding,
    ) -> Result<Zeroizing<Vec<u8>>, TpmError> {
        let length = self.must_be_rsa()?;
        let (id, cipher_text) = (self.shared.id, cipher_text.to_vec());
        let message = self.shared.worker.call(move |owner| {
            let reply = owner.use_key(id, &|key| {
                private_use::rsa_decrypt(key, &cipher_text, padding.scheme())
            })?;
            private_use::decrypted(&reply)
        })?;
        if padding != DecryptPadding::None {
            return Ok(message);
        }
        let got = message.len();
        padded_secret(message, length).ok_or_else(|| TpmError::BadResponse {
            command: TpmCommand::RSA_DECRYPT.name,
            problem: format!("{got} octets, longer than the modulus"),
        })
    }

    /// Agrees on a secret with the owner of a public point on the key's curve (`TPM2_ECDH_ZGen`; SP 800-56A, 5.7.1.2):
    /// the x coordinate of the shared point, as long as the curve's coordinates are.
    ///
    /// # Errors
    /// [`TpmError::Rc`] for what is no point of the curve, and for keys that may not do this.
    pub fn ecdh(&self, x: &[u8], y: &[u8]) -> Result<Zeroizing<Vec<u8>>, TpmError> {
        let KeyPublic::Ecc { curve, .. } = self.public() else {
            return Err(TpmError::UnsupportedKey {
                reason: "it is no EC key, so it agrees on no secret".to_owned(),
            });
        };
        let length = curve.coordinate_len();
        let (id, x, y) = (self.shared.id, x.to_vec(), y.to_vec());
        let shared = self.shared.worker.call(move |owner| {
            let reply = owner.use_key(id, &|key| private_use::ecdh_zgen(key, &x, &y))?;
            private_use::shared_x(&reply)
        })?;
        let got = shared.len();
        padded_secret(shared, length).ok_or_else(|| TpmError::BadResponse {
            command: TpmCommand::ECDH_ZGEN.name,
            problem: format!("a coordinate of {got} octets"),
        })
    }

    /// Octets of the modulus.
    fn must_be_rsa(&self) -> Result<usize, TpmError> {
        match self.public() {
            KeyPublic::Rsa { modulus, .. } => Ok(modulus.len()),
            KeyPublic::Ecc { .. } => Err(TpmError::UnsupportedKey {
                reason: "it is no RSA key".to_owned(),
            }),
        }
    }
}
