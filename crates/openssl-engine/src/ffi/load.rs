//! Keys by their names (ENGINE_load_private_key(3)).

use std::ffi::{c_char, c_void};
use std::ptr;
use std::sync::Arc;

use tpm2ca_openssl_keys::{Error, Key};
use tpm2ca_tpm::KeyPublic;

use super::entry::{run, text};
use super::libcrypto::{Engine, EvpPkey, UiMethod};
use super::{ec, pass_phrase, rsa};
use crate::key_name;

/// # Safety
/// For OpenSSL to call.
pub(super) unsafe extern "C" fn private_key(
    _engine: *mut Engine,
    name: *const c_char,
    ui_method: *mut UiMethod,
    ui_data: *mut c_void,
) -> *mut EvpPkey {
    run(c"load_private_key", ptr::null_mut(), || {
        // SAFETY: OpenSSL's strings are C strings and live as long as the call.
        let words = unsafe { text(name)? }.ok_or(Error::NullArgument)?;
        // SAFETY: method and data belong to this call and to one another.
        let ask = || unsafe { pass_phrase::ask(ui_method, ui_data, name) };
        let key = Arc::new(key_name::private_key(words, ask)?);
        pkey(&key, Some(Arc::clone(&key)))
    })
}

/// # Safety
/// For OpenSSL to call.
pub(super) unsafe extern "C" fn public_key(
    _engine: *mut Engine,
    name: *const c_char,
    _ui_method: *mut UiMethod,
    _ui_data: *mut c_void,
) -> *mut EvpPkey {
    run(c"load_public_key", ptr::null_mut(), || {
        // SAFETY: OpenSSL's strings are C strings and live as long as the call.
        let words = unsafe { text(name)? }.ok_or(Error::NullArgument)?;
        pkey(&key_name::public_key(words)?, None)
    })
}

fn pkey(key: &Key, private: Option<Arc<Key>>) -> Result<*mut EvpPkey, Error> {
    match key.public() {
        KeyPublic::Rsa { modulus, exponent } => rsa::key(modulus, *exponent, private),
        KeyPublic::Ecc { curve, .. } => ec::key(*curve, &key.point().ok_or(Error::NoKey)?, private),
    }
}
