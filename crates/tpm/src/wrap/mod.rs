//! Wrapping a private key for a parent in some TPM, as that TPM itself would (TPM 2.0 Library Part 1, 23 "Duplication").
//!
//! What `TPM2_Import` takes is the key's `TPM2B_SENSITIVE` in an outer wrapper that only the parent can open:
//! 1. a random **seed** is sent to the parent, encrypted to it (`seed`);
//! 2. the sensitive area is encrypted in CFB mode, with a key derived from the seed and the object's Name
//!    (`KDFa`, label `STORAGE`) and an all-zero initialization vector, which such a key makes safe: it is used once;
//! 3. ciphertext and Name are authenticated by an HMAC with another key from the seed (`KDFa`, label `INTEGRITY`).
//!
//! The inner wrapper, a second encryption under a key that is handed over separately, is left out
//! (`symmetricAlg` is `TPM_ALG_NULL`): a key file has no place for its key.

mod parent;
mod seed;
mod software;

use aws_lc_rs::cipher::{
    AES_128, AES_192, AES_256, EncryptingKey, EncryptionContext, UnboundCipherKey,
};
use aws_lc_rs::hmac;
use aws_lc_rs::iv::FixedLength;
use zeroize::Zeroizing;

pub use parent::ParentPublic;
pub use software::{ImportTemplate, SoftwarePrivate};

use crate::error::TpmError;
use crate::name::Name;
use crate::session::kdf::{hmac_algorithm, kdfa};
use crate::wire::Writer;

use seed::Seed;

/// A key that only one parent can open.
pub(crate) struct Wrapped {
    /// Whole `TPM2B_PRIVATE`.
    pub(crate) duplicate: Vec<u8>,
    /// Whole `TPM2B_ENCRYPTED_SECRET`.
    pub(crate) secret: Vec<u8>,
}

impl Wrapped {
    /// Wraps a whole `TPM2B_SENSITIVE`, which is encrypted where it is, of the object with this Name.
    pub(crate) fn seal(
        parent: &ParentPublic,
        mut sensitive: Zeroizing<Vec<u8>>,
        name: &Name,
    ) -> Result<Self, TpmError> {
        let hash = parent.hash();
        let seed = Seed::send_to(parent)?;
        let derive =
            |label, context: &[u8], length| kdfa(hash, &seed.secret, label, context, &[], length);
        let key = derive("STORAGE", name.as_bytes(), parent.cipher_key_len())?;
        encrypt(&key, &mut sensitive)?;
        let key = derive("INTEGRITY", &[], hash.len())?;
        let mut context = hmac::Context::with_key(&hmac::Key::new(hmac_algorithm(hash), &key));
        context.update(&sensitive);
        context.update(name.as_bytes());
        let integrity = context.sign();

        let mut duplicate = Writer::new();
        duplicate.nested("duplicate", |private| {
            private
                .sized(integrity.as_ref(), "outerHMAC")
                .octets(&sensitive);
        });
        let mut secret = Writer::new();
        secret.sized(&seed.encrypted, "inSymSeed");
        let finish = |writer: Writer| writer.finish().map(|octets| octets.to_vec());
        match (finish(duplicate), finish(secret)) {
            (Ok(duplicate), Ok(secret)) => Ok(Self { duplicate, secret }),
            (Err(_), _) | (_, Err(_)) => Err(failed()),
        }
    }
}

/// AES in CFB mode with an all-zero initialization vector, in place.
fn encrypt(key: &[u8], octets: &mut [u8]) -> Result<(), TpmError> {
    let algorithm = match key.len() {
        16 => &AES_128,
        24 => &AES_192,
        32 => &AES_256,
        _ => return Err(failed()),
    };
    let iv = EncryptionContext::Iv128(FixedLength::from([0; IV_LEN]));
    UnboundCipherKey::new(algorithm, key)
        .and_then(EncryptingKey::cfb128)
        .and_then(|key| key.less_safe_encrypt(octets, iv))
        .map(drop)
        .map_err(|_| failed())
}

fn failed() -> TpmError {
    TpmError::Crypto {
        operation: "wrap a key for its new parent",
    }
}

const IV_LEN: usize = 16;
