//! [`Signer`], the one way by which this CA signs, and signatures that are known to be right.

use std::fmt;

use tpm2ca_x509::SignatureAlgorithm;

use crate::{Digest, KeyError, PublicKey, SignError};

/// Something that holds a private key and signs digests with it, from many threads.
///
/// An implementation signs, and then makes a [`VerifiedSignature`] of what it got, which checks it.
pub trait Signer: Send + Sync {
    /// The public half of the key.
    fn public_key(&self) -> &PublicKey;

    /// The algorithm for whoever has no reason to take another: for RSA keys SHA-256, for EC keys the hash that is as
    /// strong as the curve.
    fn default_algorithm(&self) -> SignatureAlgorithm {
        self.public_key().algorithm().default_signature()
    }

    /// Signs a digest, and checks the signature with the public key before returning it.
    ///
    /// # Errors
    /// [`SignError`]; after an error no signature left the signer, but it may have been made inside it.
    fn sign(
        &self,
        algorithm: SignatureAlgorithm,
        digest: &Digest,
    ) -> Result<VerifiedSignature, SignError>;

    /// Whether the key is elsewhere, so that [`Signer::sign_then`] returns at once. Otherwise it takes as long as a signature
    /// does.
    fn is_elsewhere(&self) -> bool {
        false
    }

    /// The same without waiting for a key that is elsewhere: what comes of it is given to `done`, maybe on a thread that
    /// has others to serve. There `done` must do next to nothing; the check is for the thread that takes the signature
    /// up.
    fn sign_then(&self, algorithm: SignatureAlgorithm, digest: Digest, done: SignatureTaker) {
        done(self.sign(algorithm, &digest).map(MadeSignature::from));
    }

    /// Signs a whole message: its digest, unless the key is of a kind that signs messages only.
    ///
    /// # Errors
    /// As for [`Signer::sign`].
    fn sign_message(
        &self,
        algorithm: SignatureAlgorithm,
        message: &[u8],
    ) -> Result<VerifiedSignature, SignError> {
        let Some(hash) = algorithm.hash() else {
            return Err(SignError::Unsupported {
                signer: self.describe(),
                algorithm,
                reason: "it signs digests, not whole messages",
            });
        };
        self.sign(algorithm, &Digest::of(hash, message))
    }

    /// What and where the key is, for messages: `TPM key RSA-2048 (000b…)`, `software key P-256`.
    fn describe(&self) -> String;
}

/// What is done with the outcome of [`Signer::sign_then`].
pub type SignatureTaker = Box<dyn FnOnce(Result<MadeSignature, SignError>) + Send>;

/// A signature that may still have to be checked: [`MadeSignature::check`] is all that can be done with it.
#[derive(Debug)]
pub struct MadeSignature(Made);

#[derive(Debug)]
enum Made {
    Checked(VerifiedSignature),
    Unchecked {
        algorithm: SignatureAlgorithm,
        digest: Digest,
        bytes: Vec<u8>,
    },
}

impl MadeSignature {
    /// What a signer made of a digest; `bytes` as for [`VerifiedSignature::check`].
    pub fn unchecked(algorithm: SignatureAlgorithm, digest: Digest, bytes: Vec<u8>) -> Self {
        Self(Made::Unchecked {
            algorithm,
            digest,
            bytes,
        })
    }

    /// Checks it with the public key of the signer that made it, unless that was done already.
    ///
    /// # Errors
    /// As [`VerifiedSignature::check`].
    pub fn check(self, signer: &dyn Signer) -> Result<VerifiedSignature, SignError> {
        match self.0 {
            Made::Checked(signature) => Ok(signature),
            Made::Unchecked {
                algorithm,
                digest,
                bytes,
            } => VerifiedSignature::check(signer, algorithm, &digest, bytes),
        }
    }
}

impl From<VerifiedSignature> for MadeSignature {
    fn from(signature: VerifiedSignature) -> Self {
        Self(Made::Checked(signature))
    }
}

/// A signature that was checked with the public key of its signer.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifiedSignature {
    algorithm: SignatureAlgorithm,
    bytes: Vec<u8>,
}

impl VerifiedSignature {
    /// Checks what a signer made. `bytes` is in the form X.509 has it: a PKCS#1 block as long as the modulus or a DER
    /// `ECDSA-Sig-Value`.
    ///
    /// # Errors
    /// [`SignError::BadSignature`] when it is wrong, [`SignError::Key`] when algorithm, digest and key do not go
    /// together.
    pub fn check(
        signer: &dyn Signer,
        algorithm: SignatureAlgorithm,
        digest: &Digest,
        bytes: Vec<u8>,
    ) -> Result<Self, SignError> {
        let result = signer.public_key().verify_digest(algorithm, digest, &bytes);
        Self::checked(signer, algorithm, bytes, result)
    }

    /// The same for a signature over a message that is not hashed first.
    pub(crate) fn check_message(
        signer: &dyn Signer,
        algorithm: SignatureAlgorithm,
        message: &[u8],
        bytes: Vec<u8>,
    ) -> Result<Self, SignError> {
        let result = signer.public_key().verify(algorithm, message, &bytes);
        Self::checked(signer, algorithm, bytes, result)
    }

    fn checked(
        signer: &dyn Signer,
        algorithm: SignatureAlgorithm,
        bytes: Vec<u8>,
        result: Result<(), KeyError>,
    ) -> Result<Self, SignError> {
        match result {
            Ok(()) => Ok(Self { algorithm, bytes }),
            Err(KeyError::BadSignature { .. }) => Err(SignError::BadSignature {
                signer: signer.describe(),
                algorithm,
            }),
            Err(other) => Err(SignError::Key(other)),
        }
    }

    /// The algorithm it was made with.
    pub fn alg(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// The signature in the form X.509 has it.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The same, owned.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

impl fmt::Debug for VerifiedSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "VerifiedSignature({}, {} octets)",
            self.algorithm,
            self.bytes.len()
        )
    }
}

/// Refuses early, before a private key is touched, what [`VerifiedSignature::check`] would refuse anyway.
pub(crate) fn check_request(
    key: &PublicKey,
    algorithm: SignatureAlgorithm,
    digest: &Digest,
) -> Result<(), SignError> {
    if !key.algorithm().fits(algorithm) {
        return Err(SignError::Key(KeyError::AlgorithmMismatch {
            key: key.algorithm(),
            signature: algorithm.name().to_owned(),
        }));
    }
    if algorithm.hash() != Some(digest.hash()) {
        return Err(SignError::Key(KeyError::DigestMismatch {
            algorithm,
            digest: digest.hash(),
        }));
    }
    Ok(())
}
