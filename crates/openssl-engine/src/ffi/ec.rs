//! ECDSA and ECDH with a key of the TPM: a method (EC_KEY_METHOD_new(3)) for keys that have their private half there.

use std::ffi::{c_int, c_long, c_uchar, c_void};
use std::ptr;
use std::sync::{Arc, OnceLock};

use tpm2ca_openssl_keys::digest::Md;
use tpm2ca_openssl_keys::key::UNCOMPRESSED;
use tpm2ca_openssl_keys::signature::{self, Scheme};
use tpm2ca_openssl_keys::{Error, Key, secret};
use tpm2ca_tpm::Curve;

use super::entry::{octets, run};
use super::held::{hold_ec, of_ec, out_of_memory};
use super::libcrypto::{
    Bignum, CRYPTO_malloc, EC_KEY_METHOD_get_sign, EC_KEY_METHOD_new,
    EC_KEY_METHOD_set_compute_key, EC_KEY_METHOD_set_sign, EC_KEY_OpenSSL, EC_KEY_free,
    EC_KEY_get0_group, EC_KEY_new_by_curve_name, EC_KEY_oct2key, EC_KEY_set_method,
    EC_POINT_point2oct, EVP_PKEY_assign, EVP_PKEY_free, EVP_PKEY_new, EcKey, EcKeyMethod, EcPoint,
    EcdsaSig, EvpPkey, d2i_ECDSA_SIG,
};

/// A key of OpenSSL's with this public half. With `private` it is one of the TPM's, otherwise a public key like any.
pub(super) fn key(
    curve: Curve,
    point: &[u8],
    private: Option<Arc<Key>>,
) -> Result<*mut EvpPkey, Error> {
    let nid = match curve {
        Curve::P256 => NID_P256,
        Curve::P384 => NID_P384,
        Curve::P521 => NID_P521,
    };
    // SAFETY: it takes a number.
    let ec = Owned(unsafe { EC_KEY_new_by_curve_name(nid) });
    if ec.0.is_null() {
        return Err(out_of_memory());
    }
    // SAFETY: the key is there and ours, and there are so many octets.
    if unsafe { EC_KEY_oct2key(ec.0, point.as_ptr(), point.len(), ptr::null_mut()) } != 1 {
        return Err(Error::unsupported(
            "this key",
            "its public point is not on the curve",
        ));
    }
    if let Some(private) = private {
        // Before it is put into an EVP_PKEY: then OpenSSL 3 sees that it is none of its own.
        // SAFETY: the key is ours still, and the method lives for ever.
        unsafe {
            if EC_KEY_set_method(ec.0, method()?) != 1 {
                return Err(out_of_memory());
            }
            hold_ec(ec.0, private)?;
        }
    }
    // SAFETY: the key is ours, and becomes the EVP_PKEY's if that works.
    unsafe {
        let pkey = EVP_PKEY_new();
        if pkey.is_null() {
            return Err(out_of_memory());
        }
        if EVP_PKEY_assign(pkey, EVP_PKEY_EC, ec.0.cast()) != 1 {
            EVP_PKEY_free(pkey);
            return Err(out_of_memory());
        }
        std::mem::forget(ec);
        Ok(pkey)
    }
}

/// `ECDSA_do_sign_ex`, under which `ECDSA_sign` lies as well. What was prepared by `ECDSA_sign_setup` is not needed.
///
/// # Safety
/// For OpenSSL to call.
unsafe extern "C" fn sign(
    digest: *const c_uchar,
    digest_len: c_int,
    _inverse: *const Bignum,
    _r: *const Bignum,
    ec: *mut EcKey,
) -> *mut EcdsaSig {
    run(c"ecdsa_sign", ptr::null_mut(), || {
        // SAFETY: OpenSSL points to a digest of that length and to a key.
        let (digest, key) = unsafe { (octets(digest, digest_len)?, of_ec(ec)?) };
        // Which hash it was is not said; for ECDSA it is a number in any case.
        let made = signature::sign(key, Scheme::Ecdsa(Md::of_length(digest.len())), digest)?;
        let length = c_long::try_from(made.len()).map_err(|_| Error::BadSignature)?;
        let mut at = made.as_ptr();
        // SAFETY: there are so many octets, and a new structure is asked for.
        let signature = unsafe { d2i_ECDSA_SIG(ptr::null_mut(), &raw mut at, length) };
        if signature.is_null() {
            return Err(out_of_memory());
        }
        Ok(signature)
    })
}

/// `ECDH_compute_key` before it derives anything: the x coordinate of the shared point.
///
/// # Safety
/// For OpenSSL to call.
unsafe extern "C" fn compute_key(
    out: *mut *mut c_uchar,
    out_len: *mut usize,
    peer: *const EcPoint,
    ec: *const EcKey,
) -> c_int {
    run(c"ecdh_compute_key", 0, || {
        // SAFETY: OpenSSL points to a key and a point on its curve.
        let key = unsafe { of_ec(ec)? };
        let length = secret::check_agrees(key)?.coordinate_len();
        let mut octets = vec![0; 1 + 2 * length];
        // SAFETY: as above, and there is room for as many octets as are announced.
        let written = unsafe {
            EC_POINT_point2oct(
                EC_KEY_get0_group(ec),
                peer,
                UNCOMPRESSED.into(),
                octets.as_mut_ptr(),
                octets.len(),
                ptr::null_mut(),
            )
        };
        let point = octets.split_first().filter(|_| written == octets.len());
        let Some((&UNCOMPRESSED, coordinates)) = point else {
            return Err(Error::unsupported(
                "the peer's key",
                "it is no point on the curve of this key",
            ));
        };
        let (x, y) = coordinates.split_at(length);
        let agreed = secret::agree(key, x, y)?;
        // SAFETY: OpenSSL frees what comes from its own allocator; it has room for as many octets as are copied. The two
        // places for the result are OpenSSL's variables.
        unsafe {
            let room: *mut c_void = CRYPTO_malloc(agreed.len(), c"ecdh".as_ptr(), 0);
            if room.is_null() || out.is_null() || out_len.is_null() {
                return Err(out_of_memory());
            }
            super::entry::write(room.cast(), agreed.len(), &agreed)?;
            *out = room.cast();
            *out_len = agreed.len();
        }
        Ok(1)
    })
}

/// OpenSSL's own method, and ours where the private half is needed. It lives for ever.
fn method() -> Result<*const EcKeyMethod, Error> {
    static METHOD: OnceLock<Method> = OnceLock::new();
    let method = METHOD.get_or_init(|| {
        // SAFETY: a copy of OpenSSL's method is ours to change, and the functions have the types of their places.
        unsafe {
            let theirs = EC_KEY_OpenSSL();
            let method = EC_KEY_METHOD_new(theirs);
            if !method.is_null() {
                let (mut to_der, mut setup, mut sign_sig) = (None, None, None);
                EC_KEY_METHOD_get_sign(theirs, &raw mut to_der, &raw mut setup, &raw mut sign_sig);
                // The one that makes DER calls ours.
                EC_KEY_METHOD_set_sign(method, to_der, setup, Some(sign));
                EC_KEY_METHOD_set_compute_key(method, Some(compute_key));
            }
            Method(method)
        }
    });
    if method.0.is_null() {
        return Err(out_of_memory());
    }
    Ok(method.0)
}

struct Method(*const EcKeyMethod);

// SAFETY: once made it does not change.
unsafe impl Send for Method {}
// SAFETY: as above.
unsafe impl Sync for Method {}

/// A key that is ours.
struct Owned(*mut EcKey);

impl Drop for Owned {
    fn drop(&mut self) {
        // SAFETY: nobody else has it; null is allowed.
        unsafe { EC_KEY_free(self.0) };
    }
}

/// `EVP_PKEY_EC`
const EVP_PKEY_EC: c_int = 408;
/// `NID_X9_62_prime256v1`
const NID_P256: c_int = 415;
/// `NID_secp384r1`
const NID_P384: c_int = 715;
/// `NID_secp521r1`
const NID_P521: c_int = 716;
