//! Private keys under a pass phrase: PBES2 (RFC 8018, 6.2) as PKCS#8 has it, and the header `Proc-Type: 4,ENCRYPTED` of
//! RFC 1421 in the way of OpenSSL, which makes the key with MD5 (PEM_read_bio_PrivateKey(3), "PEM ENCRYPTION FORMAT").
//!
//! Ciphers are AES-CBC. What is older (DES, RC2) or rarer (scrypt) is called by its name, so that the user can have
//! OpenSSL write the key anew.

use std::num::NonZeroU32;

use aws_lc_rs::{
    cipher::{
        AES_128, AES_192, AES_256, Algorithm, DecryptionContext, PaddedBlockDecryptingKey,
        UnboundCipherKey,
    },
    iv::FixedLength,
    pbkdf2,
};
use der::{
    Decode, Reader, SliceReader,
    asn1::{AnyRef, ObjectIdentifier, OctetStringRef},
};
use md5::{Digest as _, Md5};
use spki::AlgorithmIdentifierRef;
use zeroize::Zeroizing;

use crate::PrivateKeyError;

/// Opens an EncryptedPrivateKeyInfo (RFC 5958, 3).
pub(crate) fn open_pkcs8(
    der: &[u8],
    passphrase: &[u8],
) -> Result<Zeroizing<Vec<u8>>, PrivateKeyError> {
    let Pbes2 {
        salt,
        iterations,
        prf,
        cipher,
        iv,
        ciphertext,
    } = Pbes2::read(der)?;
    let mut key = Zeroizing::new(vec![0; key_len(cipher)]);
    pbkdf2::derive(prf, iterations, salt, passphrase, &mut key);
    decrypt(cipher, &key, iv, ciphertext)
}

/// Opens what is behind `DEK-Info: CIPHER,IV`.
pub(crate) fn open_traditional(
    dek_info: &str,
    ciphertext: &[u8],
    passphrase: &[u8],
) -> Result<Zeroizing<Vec<u8>>, PrivateKeyError> {
    let (name, digits) = dek_info
        .split_once(',')
        .ok_or_else(|| malformed("`DEK-Info` has no initialization vector"))?;
    let cipher = match name.trim().to_ascii_uppercase().as_str() {
        "AES-128-CBC" => &AES_128,
        "AES-192-CBC" => &AES_192,
        "AES-256-CBC" => &AES_256,
        other => return Err(unsupported(other)),
    };
    let iv = unhex(digits.trim()).ok_or_else(|| {
        malformed("the initialization vector in `DEK-Info` is not 16 octets in hex")
    })?;
    // The salt is the beginning of the initialization vector.
    let salt = iv.get(..SALT_LEN).unwrap_or_default();
    let mut key = Zeroizing::new(Vec::with_capacity(2 * MD5_LEN));
    let mut last = Zeroizing::new(Vec::new());
    while key.len() < key_len(cipher) {
        let mut hash = Md5::new();
        hash.update(&*last);
        hash.update(passphrase);
        hash.update(salt);
        *last = hash.finalize().to_vec();
        key.extend_from_slice(&last);
    }
    key.truncate(key_len(cipher));
    decrypt(cipher, &key, iv, ciphertext)
}

/// What is in an EncryptedPrivateKeyInfo.
struct Pbes2<'a> {
    salt: &'a [u8],
    iterations: NonZeroU32,
    prf: pbkdf2::Algorithm,
    cipher: &'static Algorithm,
    iv: [u8; IV_LEN],
    ciphertext: &'a [u8],
}

impl<'a> Pbes2<'a> {
    fn read(der: &'a [u8]) -> Result<Self, PrivateKeyError> {
        let not_der =
            |error: der::Error| malformed(format!("EncryptedPrivateKeyInfo is not DER: {error}"));
        let mut outer = sequence(der).map_err(not_der)?;
        let algorithm = AlgorithmIdentifierRef::decode(&mut outer).map_err(not_der)?;
        let ciphertext = <&OctetStringRef>::decode(&mut outer).map_err(not_der)?;
        if algorithm.oid != PBES2 {
            return Err(unsupported(&format!("{} (not PBES2)", algorithm.oid)));
        }
        let mut parameters = inside(&algorithm).map_err(not_der)?;
        let derivation = AlgorithmIdentifierRef::decode(&mut parameters).map_err(not_der)?;
        let encryption = AlgorithmIdentifierRef::decode(&mut parameters).map_err(not_der)?;
        match derivation.oid {
            PBKDF2 => {}
            SCRYPT => return Err(unsupported("scrypt")),
            other => return Err(unsupported(&other.to_string())),
        }
        let cipher = match encryption.oid {
            AES_128_CBC => &AES_128,
            AES_192_CBC => &AES_192,
            AES_256_CBC => &AES_256,
            DES_EDE3_CBC => return Err(unsupported("DES-EDE3-CBC")),
            other => return Err(unsupported(&other.to_string())),
        };
        let iv = encryption
            .parameters
            .and_then(|iv| iv.decode_as::<&OctetStringRef>().ok())
            .and_then(|iv| iv.as_bytes().try_into().ok())
            .ok_or_else(|| malformed("the initialization vector is not 16 octets"))?;

        let mut kdf = inside(&derivation).map_err(not_der)?;
        let salt = <&OctetStringRef>::decode(&mut kdf).map_err(not_der)?;
        let count = u32::decode(&mut kdf).map_err(not_der)?;
        let iterations = NonZeroU32::new(count)
            .filter(|count| count.get() <= MOST_ITERATIONS)
            .ok_or_else(|| {
                malformed(format!(
                    "{count} iterations of PBKDF2; 1 to {MOST_ITERATIONS} are done"
                ))
            })?;
        let mut prf = pbkdf2::PBKDF2_HMAC_SHA1;
        while !kdf.is_finished() {
            let field = AnyRef::decode(&mut kdf).map_err(not_der)?;
            // The length of the key, which the cipher tells too, and may be missing.
            if let Ok(bytes) = field.decode_as::<u16>() {
                if usize::from(bytes) != key_len(cipher) {
                    return Err(malformed("the length of the key is not that of the cipher"));
                }
                continue;
            }
            let field = field
                .decode_as::<AlgorithmIdentifierRef<'_>>()
                .map_err(not_der)?;
            prf = match field.oid {
                HMAC_SHA1 => pbkdf2::PBKDF2_HMAC_SHA1,
                HMAC_SHA256 => pbkdf2::PBKDF2_HMAC_SHA256,
                HMAC_SHA384 => pbkdf2::PBKDF2_HMAC_SHA384,
                HMAC_SHA512 => pbkdf2::PBKDF2_HMAC_SHA512,
                other => return Err(unsupported(&other.to_string())),
            };
        }
        Ok(Self {
            salt: salt.as_bytes(),
            iterations,
            prf,
            cipher,
            iv,
            ciphertext: ciphertext.as_bytes(),
        })
    }
}

fn decrypt(
    cipher: &'static Algorithm,
    key: &[u8],
    iv: [u8; IV_LEN],
    ciphertext: &[u8],
) -> Result<Zeroizing<Vec<u8>>, PrivateKeyError> {
    let wrong = |_| PrivateKeyError::WrongPassphrase;
    let mut octets = Zeroizing::new(ciphertext.to_vec());
    let context = DecryptionContext::Iv128(FixedLength::from(iv));
    let length = UnboundCipherKey::new(cipher, key)
        .and_then(PaddedBlockDecryptingKey::cbc_pkcs7)
        .and_then(|key| Ok(key.decrypt(&mut octets, context)?.len()))
        .map_err(wrong)?;
    octets.truncate(length);
    // One wrong pass phrase in 256 leaves padding that looks right, but hardly ever a whole SEQUENCE.
    sequence(&octets).map_err(|_| PrivateKeyError::WrongPassphrase)?;
    Ok(octets)
}

fn sequence(der: &[u8]) -> der::Result<SliceReader<'_>> {
    let any = AnyRef::from_der(der)?;
    der::Tagged::tag(&any).assert_eq(der::Tag::Sequence)?;
    SliceReader::new(any.value())
}

fn inside<'a>(algorithm: &AlgorithmIdentifierRef<'a>) -> der::Result<SliceReader<'a>> {
    let parameters = algorithm.parameters.unwrap_or(AnyRef::NULL);
    SliceReader::new(parameters.value())
}

fn key_len(cipher: &Algorithm) -> usize {
    if *cipher == AES_128 {
        16
    } else if *cipher == AES_192 {
        24
    } else {
        32
    }
}

fn unhex(digits: &str) -> Option<[u8; IV_LEN]> {
    if digits.len() != 2 * IV_LEN || !digits.bytes().all(|octet| octet.is_ascii_hexdigit()) {
        return None;
    }
    let number = u128::from_str_radix(digits, 16).ok()?;
    Some(number.to_be_bytes())
}

fn unsupported(cipher: &str) -> PrivateKeyError {
    PrivateKeyError::UnsupportedEncryption {
        cipher: cipher.to_owned(),
    }
}

fn malformed(what: impl Into<String>) -> PrivateKeyError {
    PrivateKeyError::Malformed { what: what.into() }
}

const IV_LEN: usize = 16;
const SALT_LEN: usize = 8;
const MD5_LEN: usize = 16;
/// Some seconds' work, two thousand times what OpenSSL does.
const MOST_ITERATIONS: u32 = 5_000_000;

const PBES2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.5.13");
const PBKDF2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.5.12");
const SCRYPT: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.11591.4.11");
const HMAC_SHA1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.2.7");
const HMAC_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.2.9");
const HMAC_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.2.10");
const HMAC_SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.2.11");
const AES_128_CBC: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.1.2");
const AES_192_CBC: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.1.22");
const AES_256_CBC: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.1.42");
const DES_EDE3_CBC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.3.7");

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use proptest::prelude::*;
    use tpm2ca_testkit::{Tool, temp_dir};

    use crate::SoftwareKey;

    use super::*;

    fn open(pem: &[u8], passphrase: &str) -> Result<SoftwareKey, PrivateKeyError> {
        SoftwareKey::from_pem(pem, &mut || {
            Ok(Zeroizing::new(passphrase.as_bytes().to_vec()))
        })
    }

    /// By openssl, in every form that it has.
    #[test]
    fn what_openssl_encrypts_is_opened() {
        let folder = temp_dir();
        for (kind, options) in [
            ("rsa", &["-algorithm", "RSA"][..]),
            (
                "ec",
                &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
            ),
        ] {
            Tool::openssl("genpkey")
                .args(options)
                .args(["-out", "plain.pem"])
                .dir(&folder)
                .ok();
            let plain = std::fs::read(folder.path().join("plain.pem")).unwrap();
            let plain = SoftwareKey::from_pkcs8_pem(&plain).unwrap();
            let pkcs8 = |options: &[&str]| {
                Tool::openssl("pkcs8")
                    .args(["-topk8", "-in", "plain.pem", "-passout", "pass:sesame"])
                    .args(options)
                    .dir(&folder)
                    .ok()
                    .stdout
            };
            let traditional = |cipher: &str| {
                Tool::openssl(kind)
                    .args(["-in", "plain.pem", cipher, "-passout", "pass:sesame"])
                    .args(if kind == "rsa" {
                        &["-traditional"][..]
                    } else {
                        &[]
                    })
                    .dir(&folder)
                    .ok()
                    .stdout
            };
            for pem in [
                pkcs8(&[]),
                pkcs8(&["-v2", "aes-128-cbc", "-v2prf", "hmacWithSHA1"]),
                pkcs8(&["-v2", "aes-192-cbc", "-v2prf", "hmacWithSHA512"]),
                traditional("-aes128"),
                traditional("-aes192"),
                traditional("-aes256"),
            ] {
                let text = String::from_utf8(pem.clone()).unwrap();
                let key = open(&pem, "sesame").expect(&text);
                assert_eq!(key.public_key(), plain.public_key());
                let wrong = open(&pem, "open").unwrap_err();
                assert!(
                    matches!(wrong, PrivateKeyError::WrongPassphrase),
                    "{wrong:?}"
                );
                assert!(matches!(
                    SoftwareKey::from_pkcs8_pem(&pem),
                    Err(PrivateKeyError::Encrypted { .. })
                ));
            }
            for (pem, name) in [
                (pkcs8(&["-v2", "des3"]), "DES-EDE3-CBC"),
                (pkcs8(&["-scrypt"]), "scrypt"),
                (traditional("-des3"), "DES-EDE3-CBC"),
            ] {
                let error = open(&pem, "sesame").unwrap_err();
                assert!(error.to_string().contains(name), "{error}");
                assert!(error.hint().unwrap().contains("-aes256"), "{error}");
            }
        }
    }

    #[test]
    fn a_file_cannot_make_us_work_for_hours() {
        let folder = temp_dir();
        Tool::openssl("genpkey")
            .args(["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"])
            .args(["-out", "plain.pem"])
            .dir(&folder)
            .ok();
        let mut der = Tool::openssl("pkcs8")
            .args([
                "-topk8",
                "-in",
                "plain.pem",
                "-passout",
                "pass:x",
                "-outform",
                "DER",
            ])
            .args(["-iter", "65537"])
            .dir(&folder)
            .ok()
            .stdout;
        assert!(open_pkcs8(&der, b"x").is_ok());
        let at = der
            .windows(5)
            .position(|octets| octets == [0x02, 0x03, 0x01, 0x00, 0x01])
            .unwrap();
        der[at + 2] = 0x7f;
        let error = Pbes2::read(&der).err().unwrap().to_string();
        assert!(error.contains("8323073 iterations"), "{error}");
    }

    proptest! {
        #[test]
        fn reading_never_panics(octets in proptest::collection::vec(any::<u8>(), 0..200), text in ".{0,60}") {
            let _ = Pbes2::read(&octets);
            let _ = open_traditional(&text, &octets, b"x");
        }
    }
}
