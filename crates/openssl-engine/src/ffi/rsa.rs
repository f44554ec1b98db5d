//! RSA with a key of the TPM: a method (RSA_meth_new(3)) for keys that have their private half there.
//!
//! Signatures with PKCS#1 v1.5 come as a digest, which `TPM2_Sign` signs. PSS comes as a block that OpenSSL has padded,
//! which only the bare private operation can sign: the key must be allowed to decrypt, as those of tpm2tss-genkey are.

use std::ffi::{c_int, c_uchar, c_uint};
use std::ptr;
use std::sync::{Arc, OnceLock};

use tpm2ca_openssl_keys::digest::Md;
use tpm2ca_openssl_keys::secret::{self, Padding};
use tpm2ca_openssl_keys::signature::{self, Scheme};
use tpm2ca_openssl_keys::unpad::Oaep;
use tpm2ca_openssl_keys::{Error, Key};

use super::entry::{octets, run, write};
use super::held::{hold_rsa, of_rsa, out_of_memory};
use super::libcrypto::{
    BN_bin2bn, BN_free, EVP_PKEY_assign, EVP_PKEY_free, EVP_PKEY_new, EvpPkey, RSA_PKCS1_OpenSSL,
    RSA_free, RSA_meth_dup, RSA_meth_set_priv_dec, RSA_meth_set_priv_enc, RSA_meth_set_sign,
    RSA_meth_set1_name, RSA_new, RSA_set_method, RSA_set0_key, Rsa, RsaMethod,
};

/// A key of OpenSSL's with this public half. With `private` it is one of the TPM's, otherwise a public key like any.
pub(super) fn key(
    modulus: &[u8],
    exponent: u32,
    private: Option<Arc<Key>>,
) -> Result<*mut EvpPkey, Error> {
    // SAFETY: it takes nothing.
    let rsa = Owned(unsafe { RSA_new() });
    if rsa.0.is_null() {
        return Err(out_of_memory());
    }
    let n = number(modulus)?;
    let e = number(&exponent.to_be_bytes())?;
    // SAFETY: the key and both numbers are there and ours; the numbers become the key's if that works.
    unsafe {
        if RSA_set0_key(rsa.0, n.0, e.0, ptr::null_mut()) != 1 {
            return Err(out_of_memory());
        }
    }
    std::mem::forget((n, e));
    if let Some(private) = private {
        // Before it is put into an EVP_PKEY: then OpenSSL 3 sees that it is none of its own.
        // SAFETY: the key is ours still, and the method lives for ever.
        unsafe {
            if RSA_set_method(rsa.0, method()?) != 1 {
                return Err(out_of_memory());
            }
            hold_rsa(rsa.0, private)?;
        }
    }
    // SAFETY: the key is ours, and becomes the EVP_PKEY's if that works.
    unsafe {
        let pkey = EVP_PKEY_new();
        if pkey.is_null() {
            return Err(out_of_memory());
        }
        if EVP_PKEY_assign(pkey, EVP_PKEY_RSA, rsa.0.cast()) != 1 {
            EVP_PKEY_free(pkey);
            return Err(out_of_memory());
        }
        std::mem::forget(rsa);
        Ok(pkey)
    }
}

/// `RSA_sign`: PKCS#1 v1.5 over a digest.
///
/// # Safety
/// For OpenSSL to call.
unsafe extern "C" fn sign(
    kind: c_int,
    digest: *const c_uchar,
    digest_len: c_uint,
    signature: *mut c_uchar,
    signature_len: *mut c_uint,
    rsa: *const Rsa,
) -> c_int {
    run(c"rsa_sign", 0, || {
        // SAFETY: OpenSSL points to a digest of that length, a signature of the key's and a number, and to a key.
        let (digest, key) = unsafe { (octets(digest, digest_len)?, of_rsa(rsa)?) };
        let scheme = Scheme::RsaPkcs1(hash(kind)?);
        let made = signature::sign(key, scheme, digest)?;
        // SAFETY: as above; there is room for as many octets as the modulus has.
        unsafe {
            write(signature, key.max_size(), &made)?;
            *signature_len.as_mut().ok_or(Error::NullArgument)? = length(&made);
        }
        Ok(1)
    })
}

/// `RSA_private_encrypt`: a block that is padded here or was before.
///
/// # Safety
/// For OpenSSL to call.
unsafe extern "C" fn private_encrypt(
    from_len: c_int,
    from: *const c_uchar,
    to: *mut c_uchar,
    rsa: *mut Rsa,
    padding: c_int,
) -> c_int {
    run(c"rsa_private_encrypt", -1, || {
        // SAFETY: OpenSSL points to so many octets and to a key.
        let (data, key) = unsafe { (octets(from, from_len)?, of_rsa(rsa)?) };
        let scheme = match padding {
            PKCS1_PADDING => Scheme::RsaPkcs1(None),
            NO_PADDING => Scheme::RsaBare,
            _ => return Err(unknown_padding()),
        };
        let made = signature::sign(key, scheme, data)?;
        // SAFETY: there is room for as many octets as the modulus has.
        unsafe { write(to, key.max_size(), &made)? };
        c_int::try_from(made.len()).map_err(|_| Error::NullArgument)
    })
}

/// `RSA_private_decrypt`.
///
/// # Safety
/// For OpenSSL to call.
unsafe extern "C" fn private_decrypt(
    from_len: c_int,
    from: *const c_uchar,
    to: *mut c_uchar,
    rsa: *mut Rsa,
    padding: c_int,
) -> c_int {
    run(c"rsa_private_decrypt", -1, || {
        // SAFETY: OpenSSL points to so many octets and to a key.
        let (cipher_text, key) = unsafe { (octets(from, from_len)?, of_rsa(rsa)?) };
        let padding = match padding {
            // A wrong padding becomes a message, also for OpenSSL before 3.2, whose own keys answer with an error.
            PKCS1_PADDING => Padding::Pkcs1,
            PKCS1_PADDING_OR_ERROR => Padding::Pkcs1OrError,
            // TLS of 1.1.1 and OAEP with other hashes: OpenSSL removes the padding.
            NO_PADDING => Padding::None,
            OAEP_PADDING => Padding::Oaep(Oaep {
                md: Md::Sha1,
                mgf1: Md::Sha1,
                label: Vec::new(),
            }),
            _ => return Err(unknown_padding()),
        };
        let message = secret::decrypt(key, &padding, cipher_text)?;
        // SAFETY: there is room for as many octets as the modulus has.
        unsafe { write(to, key.max_size(), &message)? };
        c_int::try_from(message.len()).map_err(|_| Error::NullArgument)
    })
}

/// OpenSSL's own method, and ours where the private half is needed. It lives for ever.
fn method() -> Result<*const RsaMethod, Error> {
    static METHOD: OnceLock<Method> = OnceLock::new();
    let method = METHOD.get_or_init(|| {
        // SAFETY: a copy of OpenSSL's method is ours to change, and the functions have the types of their places.
        unsafe {
            let method = RSA_meth_dup(RSA_PKCS1_OpenSSL());
            let is_made = !method.is_null()
                && RSA_meth_set1_name(method, c"TPM 2.0 RSA (tpm2ca)".as_ptr()) == 1
                && RSA_meth_set_sign(method, Some(sign)) == 1
                && RSA_meth_set_priv_enc(method, Some(private_encrypt)) == 1
                && RSA_meth_set_priv_dec(method, Some(private_decrypt)) == 1;
            Method(if is_made { method } else { ptr::null() })
        }
    });
    if method.0.is_null() {
        return Err(out_of_memory());
    }
    Ok(method.0)
}

struct Method(*const RsaMethod);

// SAFETY: once made it does not change.
unsafe impl Send for Method {}
// SAFETY: as above.
unsafe impl Sync for Method {}

/// The hash behind one of OpenSSL's numbers (obj_mac.h); `None` for what is padded without saying which it is.
fn hash(nid: c_int) -> Result<Option<Md>, Error> {
    Ok(Some(match nid {
        64 => Md::Sha1,
        675 => Md::Sha224,
        672 => Md::Sha256,
        673 => Md::Sha384,
        674 => Md::Sha512,
        // MD5 and SHA-1 one after the other, in TLS 1.1 and before.
        114 => return Ok(None),
        _ => {
            return Err(Error::unsupported(
                format!("the digest number {nid}"),
                "TPM keys sign with SHA-1, SHA-224, SHA-256, SHA-384 and SHA-512",
            ));
        }
    }))
}

fn unknown_padding() -> Error {
    Error::unsupported("this padding", "the engine has PKCS#1 v1.5, OAEP and none")
}

fn length(octets: &[u8]) -> c_uint {
    // A signature is as long as a modulus.
    c_uint::try_from(octets.len()).unwrap_or(0)
}

/// A number that is ours.
struct Number(*mut super::libcrypto::Bignum);

impl Drop for Number {
    fn drop(&mut self) {
        // SAFETY: nobody else has it.
        unsafe { BN_free(self.0) };
    }
}

fn number(octets: &[u8]) -> Result<Number, Error> {
    let length = c_int::try_from(octets.len()).map_err(|_| out_of_memory())?;
    // SAFETY: there are so many octets, and a new number is asked for.
    let number = unsafe { BN_bin2bn(octets.as_ptr(), length, ptr::null_mut()) };
    if number.is_null() {
        return Err(out_of_memory());
    }
    Ok(Number(number))
}

/// A key that is ours.
struct Owned(*mut Rsa);

impl Drop for Owned {
    fn drop(&mut self) {
        // SAFETY: nobody else has it; null is allowed.
        unsafe { RSA_free(self.0) };
    }
}

/// `EVP_PKEY_RSA`
const EVP_PKEY_RSA: c_int = 6;
/// `RSA_PKCS1_PADDING`
const PKCS1_PADDING: c_int = 1;
/// `RSA_PKCS1_NO_IMPLICIT_REJECT_PADDING` of OpenSSL 3.2 and newer
const PKCS1_PADDING_OR_ERROR: c_int = 8;
/// `RSA_NO_PADDING`
const NO_PADDING: c_int = 3;
/// `RSA_PKCS1_OAEP_PADDING`
const OAEP_PADDING: c_int = 4;
