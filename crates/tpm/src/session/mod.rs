//! HMAC sessions (TPM 2.0 Library Part 1, 19 "Authorizations and Acknowledgments" and 21 "Session-Based Encryption").
//!
//! A session proves authorization values to the TPM without sending them, proves to us that a response is the TPM's,
//! and hides the first parameter of a command and of a response. Its key comes from a salt that only the holder of the
//! storage root key can learn; nonces of both sides make every message another one. All of it uses SHA-256.

pub(crate) mod kdf;
mod parameter;
mod salt;

use aws_lc_rs::{constant_time, hmac, rand};
use zeroize::Zeroizing;

use crate::algorithm::HashAlg;
use crate::auth::Auth;
use crate::error::TpmError;
use crate::name::Name;
use crate::wire::frame::AuthResponse;

pub(crate) use parameter::ParameterCipher;
pub(crate) use salt::Salt;

use kdf::kdfa;
use parameter::Nonces;

/// Octets of a SHA-256 digest, and of everything in a session that is as long as one.
pub(crate) const DIGEST_LEN: usize = 32;

/// A nonce of ours. As long as the digest, which is the longest a TPM takes.
pub(crate) type Nonce = [u8; DIGEST_LEN];

/// An open session.
pub(crate) struct Session {
    handle: u32,
    key: Zeroizing<Vec<u8>>,
    cipher: Option<ParameterCipher>,
    nonce_tpm: Vec<u8>,
    nonce_caller: Nonce,
    /// What the last command was for, if its response was an error. See [`Session::doubt`].
    doubt: Option<(Name, Auth)>,
}

impl Session {
    /// A session that the TPM has just opened. Without a salt its key is empty, and it can encrypt nothing.
    pub(crate) fn opened(
        handle: u32,
        salt: Option<(&Salt, ParameterCipher)>,
        nonce_caller: Nonce,
        nonce_tpm: &[u8],
    ) -> Result<Self, TpmError> {
        let (key, cipher) = match salt {
            None => (Zeroizing::new(Vec::new()), None),
            Some((salt, cipher)) => {
                let secret = salt.secret.as_slice();
                let key = kdfa(
                    HashAlg::Sha256,
                    secret,
                    "ATH",
                    nonce_tpm,
                    &nonce_caller,
                    DIGEST_LEN,
                )?;
                (key, Some(cipher))
            }
        };
        Ok(Self {
            handle,
            key,
            cipher,
            nonce_tpm: nonce_tpm.to_vec(),
            nonce_caller,
            doubt: None,
        })
    }

    /// A nonce from the operating system's generator.
    pub(crate) fn fresh_nonce() -> Result<Nonce, TpmError> {
        let mut nonce = [0; DIGEST_LEN];
        rand::fill(&mut nonce).map_err(|_| TpmError::Crypto {
            operation: "get random octets from the operating system",
        })?;
        Ok(nonce)
    }

    pub(crate) fn handle(&self) -> u32 {
        self.handle
    }

    /// Whether parameters can be encrypted.
    pub(crate) fn encrypts(&self) -> bool {
        self.cipher().is_some()
    }

    fn cipher(&self) -> Option<ParameterCipher> {
        if FUZZING { None } else { self.cipher }
    }

    /// Our nonce of the present command.
    pub(crate) fn nonce(&self) -> &[u8] {
        &self.nonce_caller
    }

    /// Begins a command: takes a new nonce.
    pub(crate) fn begin(&mut self) -> Result<(), TpmError> {
        self.nonce_caller = Self::fresh_nonce()?;
        Ok(())
    }

    /// Encrypts the first parameter of the command.
    pub(crate) fn encrypt(&self, auth: &Auth, parameter: &mut [u8]) -> Result<(), TpmError> {
        match self.cipher() {
            None => Ok(()),
            Some(cipher) => cipher.encrypt(&self.value(auth), self.command_nonces(), parameter),
        }
    }

    /// Decrypts the first parameter of the response, which [`Self::verify`] must have accepted.
    pub(crate) fn decrypt(&self, auth: &Auth, parameter: &mut [u8]) -> Result<(), TpmError> {
        match self.cipher() {
            None => Ok(()),
            Some(cipher) => cipher.decrypt(
                &self.value(auth),
                Nonces {
                    newer: &self.nonce_tpm,
                    older: &self.nonce_caller,
                },
                parameter,
            ),
        }
    }

    /// Notes that the last response was an error, about a command for this object with this authorization value.
    ///
    /// A TPM that refuses a command keeps its nonce (Part 1, 19.6), so that the session goes on. But errors are not
    /// authenticated: if this one was not the TPM's, the TPM has moved on to its next nonce, and will call the next
    /// command's authorization wrong. The next authentic response ends the doubt.
    pub(crate) fn doubt(&mut self, object: Name, auth: Auth) {
        self.doubt = Some((object, auth));
    }

    /// Returns whether it is in doubt if the TPM still has the same nonce.
    pub(crate) fn is_in_doubt(&self) -> bool {
        self.doubt.is_some()
    }

    /// Returns whether a command for this object with this value may be sent through it. If it is in doubt, only the same
    /// object and value may follow: the TPM has accepted them already, so that they can be sent again if it calls them
    /// wrong.
    pub(crate) fn suits(&self, object: Option<&Name>, auth: &Auth) -> bool {
        self.doubt.as_ref().is_none_or(|(doubted, known)| {
            object == Some(doubted)
                && constant_time::verify_slices_are_equal(auth.as_bytes(), known.as_bytes()).is_ok()
        })
    }

    /// The TPM's latest nonce.
    pub(crate) fn nonce_tpm(&self) -> &[u8] {
        &self.nonce_tpm
    }

    /// The same session, encrypting nothing: a policy session beside another one that does.
    pub(crate) fn only_authorizing(self) -> Self {
        Self {
            cipher: None,
            ..self
        }
    }

    /// The HMAC that authorizes a command. `beside` is the TPM's nonce of another session that encrypts its parameters,
    /// or empty.
    pub(crate) fn authorize_beside(
        &self,
        auth: &Auth,
        cp_hash: &[u8; DIGEST_LEN],
        attributes: u8,
        beside: &[u8],
    ) -> Vec<u8> {
        let Nonces { newer, older } = self.command_nonces();
        let older = [older, beside].concat();
        let nonces = Nonces {
            newer,
            older: &older,
        };
        self.hmac(auth, cp_hash, nonces, attributes)
    }

    /// Whether the TPM made this answer to the present command. Only then its nonce is taken over.
    #[must_use]
    pub(crate) fn verify(
        &mut self,
        auth: &Auth,
        rp_hash: &[u8; DIGEST_LEN],
        response: &AuthResponse<'_>,
    ) -> bool {
        let nonces = Nonces {
            newer: response.nonce,
            older: &self.nonce_caller,
        };
        let expected = self.hmac(auth, rp_hash, nonces, response.attributes);
        let authentic =
            FUZZING || constant_time::verify_slices_are_equal(&expected, response.hmac).is_ok();
        if authentic {
            self.nonce_tpm.clear();
            self.nonce_tpm.extend_from_slice(response.nonce);
            self.doubt = None;
        }
        authentic
    }

    fn command_nonces(&self) -> Nonces<'_> {
        Nonces {
            newer: &self.nonce_caller,
            older: &self.nonce_tpm,
        }
    }

    fn hmac(
        &self,
        auth: &Auth,
        p_hash: &[u8; DIGEST_LEN],
        nonces: Nonces<'_>,
        attributes: u8,
    ) -> Vec<u8> {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.value(auth));
        let mut context = hmac::Context::with_key(&key);
        context.update(p_hash);
        context.update(nonces.newer);
        context.update(nonces.older);
        context.update(&[attributes]);
        context.sign().as_ref().to_vec()
    }

    /// The session key followed by the authorization value of the object that is authorized.
    fn value(&self, auth: &Auth) -> Zeroizing<Vec<u8>> {
        let auth = auth.as_bytes();
        let mut value = Zeroizing::new(Vec::with_capacity(self.key.len() + auth.len()));
        value.extend_from_slice(&self.key);
        value.extend_from_slice(auth);
        value
    }
}

/// A fuzzer cannot make an HMAC, nor find its way through a cipher: without this it would never get to what is behind
/// them (`docs/adr/0030-fuzzing-behind-the-hmac.md`). Only `RUSTFLAGS` can set it, as cargo-fuzz does.
const FUZZING: bool = cfg!(fuzzing);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn session() -> Session {
        let salt = Salt {
            secret: Zeroizing::new(vec![7; DIGEST_LEN]),
            encrypted: Vec::new(),
        };
        let mut session = Session::opened(
            0x0200_0000,
            Some((&salt, ParameterCipher::AesCfb)),
            [1; DIGEST_LEN],
            &[2; DIGEST_LEN],
        )
        .unwrap();
        session.begin().unwrap();
        session
    }

    #[test]
    fn only_the_right_answer_is_accepted() {
        let mut session = session();
        let auth = Auth::new(b"secret".to_vec());
        let (rp_hash, nonce) = ([9; DIGEST_LEN], [3; DIGEST_LEN]);
        let nonces = Nonces {
            newer: &nonce,
            older: &session.nonce_caller,
        };
        let hmac = session.hmac(&auth, &rp_hash, nonces, 1);
        let answer = AuthResponse {
            nonce: &nonce,
            attributes: 1,
            hmac: &hmac,
        };

        assert!(!session.verify(&Auth::empty(), &rp_hash, &answer));
        assert!(!session.verify(&auth, &[8; DIGEST_LEN], &answer));
        let changed = AuthResponse {
            attributes: 0,
            ..answer
        };
        assert!(!session.verify(&auth, &rp_hash, &changed));
        let short = AuthResponse {
            hmac: &hmac[..31],
            ..answer
        };
        assert!(!session.verify(&auth, &rp_hash, &short));
        assert_eq!(session.nonce_tpm, [2; DIGEST_LEN]);

        assert!(session.verify(&auth, &rp_hash, &answer));
        assert_eq!(session.nonce_tpm, nonce);
    }

    #[test]
    fn every_command_has_its_own_authorization() {
        let mut session = session();
        let first = session.authorize_beside(&Auth::empty(), &[9; DIGEST_LEN], 1, &[]);
        session.begin().unwrap();
        assert_ne!(
            first,
            session.authorize_beside(&Auth::empty(), &[9; DIGEST_LEN], 1, &[])
        );
    }
}
