//! Encrypts a private key with a pass phrase: EncryptedPrivateKeyInfo (RFC 5958 section 3) by PBES2 (RFC 8018 section
//! 6.2) with PBKDF2, HMAC-SHA256 and AES-256-CBC, which OpenSSL 1.0 and later read.

use std::num::NonZeroU32;

use aws_lc_rs::{
    cipher::{
        AES_256, AES_256_KEY_LEN, DecryptionContext, PaddedBlockEncryptingKey, UnboundCipherKey,
    },
    error::Unspecified,
    pbkdf2, rand,
};
use zeroize::Zeroizing;

use crate::der_write::{SEQUENCE, integer, tlv};

/// The whole structure around `pkcs8`, a PrivateKeyInfo in DER.
pub(crate) fn encrypt(pkcs8: &[u8], passphrase: &[u8]) -> Result<Vec<u8>, Unspecified> {
    let mut salt = [0; 16];
    rand::fill(&mut salt)?;
    let mut key = Zeroizing::new([0; AES_256_KEY_LEN]);
    pbkdf2::derive(
        pbkdf2::PBKDF2_HMAC_SHA256,
        ITERATIONS,
        &salt,
        passphrase,
        &mut *key,
    );
    let cipher = PaddedBlockEncryptingKey::cbc_pkcs7(UnboundCipherKey::new(&AES_256, &*key)?)?;
    let mut content = pkcs8.to_vec();
    let context = cipher.encrypt(&mut content)?;
    let iv = match &context {
        DecryptionContext::Iv128(iv) => iv.as_ref(),
        _ => return Err(Unspecified),
    };
    let count = integer(&ITERATIONS.get().to_be_bytes());
    let prf = tlv(SEQUENCE, &[HMAC_WITH_SHA256, NULL]);
    let kdf = tlv(
        SEQUENCE,
        &[
            PBKDF2,
            &tlv(SEQUENCE, &[&tlv(OCTET_STRING, &[&salt]), &count, &prf]),
        ],
    );
    let scheme = tlv(SEQUENCE, &[AES_256_CBC, &tlv(OCTET_STRING, &[iv])]);
    let algorithm = tlv(SEQUENCE, &[PBES2, &tlv(SEQUENCE, &[&kdf, &scheme])]);
    Ok(tlv(
        SEQUENCE,
        &[&algorithm, &tlv(OCTET_STRING, &[&content])],
    ))
}

/// OWASP's number of 2023 for HMAC-SHA256; OpenSSL's own default is 2048.
const ITERATIONS: NonZeroU32 = NonZeroU32::new(600_000).unwrap();

const OCTET_STRING: u8 = 0x04;
const NULL: &[u8] = &[0x05, 0x00];
/// 1.2.840.113549.1.5.13
const PBES2: &[u8] = &[
    0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0d,
];
/// 1.2.840.113549.1.5.12
const PBKDF2: &[u8] = &[
    0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0c,
];
/// 1.2.840.113549.2.9
const HMAC_WITH_SHA256: &[u8] = &[0x06, 0x08, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x09];
/// 2.16.840.1.101.3.4.1.42
const AES_256_CBC: &[u8] = &[
    0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2a,
];
