//! How a key of OpenSSL holds one of ours: in its extra data (CRYPTO_get_ex_new_index(3)).

use std::ffi::{c_int, c_long, c_void};
use std::ptr;
use std::sync::{Arc, OnceLock};

use tpm2ca_openssl_keys::{Error, Key};

use super::entry::run;
use super::libcrypto::{
    CRYPTO_get_ex_data, CRYPTO_get_ex_new_index, CRYPTO_set_ex_data, EC_KEY_get_ex_data,
    EC_KEY_set_ex_data, EcKey, ExData, RSA_get_ex_data, RSA_set_ex_data, Rsa,
};

/// Lets an RSA key hold one of ours.
///
/// # Safety
/// `rsa` is a key that nobody else has yet.
pub(super) unsafe fn hold_rsa(rsa: *mut Rsa, key: Arc<Key>) -> Result<(), Error> {
    let index = *RSA_INDEX.get_or_init(|| index(CLASS_RSA));
    let pointer = Arc::into_raw(key).cast_mut().cast();
    // SAFETY: as promised; the index is of this class.
    if unsafe { RSA_set_ex_data(rsa, index, pointer) } == 1 {
        return Ok(());
    }
    // SAFETY: it was made a few lines above, and nobody else has it.
    drop(unsafe { Arc::from_raw(pointer.cast::<Key>()) });
    Err(out_of_memory())
}

/// Lets an EC key hold one of ours.
///
/// # Safety
/// `ec` is a key that nobody else has yet.
pub(super) unsafe fn hold_ec(ec: *mut EcKey, key: Arc<Key>) -> Result<(), Error> {
    let index = *EC_INDEX.get_or_init(|| index(CLASS_EC_KEY));
    let pointer = Arc::into_raw(key).cast_mut().cast();
    // SAFETY: as promised; the index is of this class.
    if unsafe { EC_KEY_set_ex_data(ec, index, pointer) } == 1 {
        return Ok(());
    }
    // SAFETY: it was made a few lines above, and nobody else has it.
    drop(unsafe { Arc::from_raw(pointer.cast::<Key>()) });
    Err(out_of_memory())
}

/// Our key in an RSA key.
///
/// # Safety
/// `rsa` is a key that OpenSSL keeps for `'a`.
pub(super) unsafe fn of_rsa<'a>(rsa: *const Rsa) -> Result<&'a Key, Error> {
    let index = *RSA_INDEX.get().ok_or(Error::NoKey)?;
    // SAFETY: as promised; what is there was put there by `hold_rsa` and lives as long as the key does.
    unsafe { RSA_get_ex_data(rsa, index).cast::<Key>().as_ref() }.ok_or(Error::NoKey)
}

/// Our key in an EC key.
///
/// # Safety
/// `ec` is a key that OpenSSL keeps for `'a`.
pub(super) unsafe fn of_ec<'a>(ec: *const EcKey) -> Result<&'a Key, Error> {
    let index = *EC_INDEX.get().ok_or(Error::NoKey)?;
    // SAFETY: as promised; what is there was put there by `hold_ec` and lives as long as the key does.
    unsafe { EC_KEY_get_ex_data(ec, index).cast::<Key>().as_ref() }.ok_or(Error::NoKey)
}

pub(super) fn out_of_memory() -> Error {
    Error::unsupported("this key", "OpenSSL has no memory for it")
}

fn index(class: c_int) -> c_int {
    // SAFETY: the functions have the types of their places.
    unsafe {
        CRYPTO_get_ex_new_index(
            class,
            0,
            ptr::null_mut(),
            ptr::null(),
            Some(duplicate),
            Some(release),
        )
    }
}

/// A key of OpenSSL's is copied: both hold ours. What the copy held before (EC_KEY_copy(3)) is released, which OpenSSL does
/// not do: it only writes the new pointer over the old one.
///
/// # Safety
/// For OpenSSL to call.
unsafe extern "C" fn duplicate(
    to: *mut ExData,
    _from: *const ExData,
    data: *mut *mut c_void,
    index: c_int,
    _argl: c_long,
    _argp: *mut c_void,
) -> c_int {
    run(c"duplicate", 0, || {
        // SAFETY: it points to a copy of the pointer that `hold_rsa` or `hold_ec` put there, or to null.
        let key = unsafe { data.as_ref() }
            .ok_or(Error::NullArgument)?
            .cast::<Key>();
        if !key.is_null() {
            // SAFETY: it came out of an `Arc` that is still held.
            unsafe { Arc::increment_strong_count(key) };
        }
        // SAFETY: the copy is the caller's; what it holds under this index was put there by `hold_rsa`, `hold_ec` or a copy
        // before, is taken out before it is released, and `data` has a count of its own if it is the same.
        unsafe {
            let before = CRYPTO_get_ex_data(to, index).cast::<Key>();
            if !before.is_null() && CRYPTO_set_ex_data(to, index, ptr::null_mut()) == 1 {
                drop(Arc::from_raw(before));
            }
        }
        Ok(1)
    })
}

/// A key of OpenSSL's goes.
///
/// # Safety
/// For OpenSSL to call.
unsafe extern "C" fn release(
    _parent: *mut c_void,
    data: *mut c_void,
    _all: *mut ExData,
    _index: c_int,
    _argl: c_long,
    _argp: *mut c_void,
) {
    run(c"release", (), || {
        if !data.is_null() {
            // SAFETY: it came out of an `Arc`, and is released once for each key that holds it.
            drop(unsafe { Arc::from_raw(data.cast::<Key>()) });
        }
        Ok(())
    });
}

static RSA_INDEX: OnceLock<c_int> = OnceLock::new();
static EC_INDEX: OnceLock<c_int> = OnceLock::new();

/// `CRYPTO_EX_INDEX_EC_KEY`
const CLASS_EC_KEY: c_int = 8;
/// `CRYPTO_EX_INDEX_RSA`
const CLASS_RSA: c_int = 9;
