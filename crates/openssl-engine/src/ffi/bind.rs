//! The two symbols that OpenSSL looks for in an engine's file (IMPLEMENT_DYNAMIC_BIND_FN of engine.h).

use std::ffi::{CStr, c_char, c_int, c_ulong};

use tpm2ca_openssl_keys::Error;

use super::entry::{run, text};
use super::libcrypto::{
    self, DynamicFunctions, ENGINE_set_cmd_defns, ENGINE_set_ctrl_function,
    ENGINE_set_destroy_function, ENGINE_set_id, ENGINE_set_load_privkey_function,
    ENGINE_set_load_pubkey_function, ENGINE_set_name, Engine,
};
use super::{control, load};
use crate::settings;

/// Which interface of engines this is.
// SAFETY: no other symbol of this name is in this module.
#[unsafe(no_mangle)]
extern "C" fn v_check(version: c_ulong) -> c_ulong {
    if version >= OLDEST { VERSION } else { 0 }
}

/// Tells OpenSSL what the engine is.
///
/// # Safety
/// For OpenSSL to call.
// SAFETY: no other symbol of this name is in this module.
#[unsafe(no_mangle)]
unsafe extern "C" fn bind_engine(
    engine: *mut Engine,
    id: *const c_char,
    functions: *const DynamicFunctions,
) -> c_int {
    tpm2ca_openssl_keys::panic::keep_quiet();
    run(c"bind_engine", 0, || {
        // SAFETY: OpenSSL points to a structure that begins like this.
        let functions = unsafe { functions.as_ref() }.ok_or(Error::NullArgument)?;
        libcrypto::know(functions.static_state)?;
        // SAFETY: OpenSSL's strings are C strings and live as long as the call.
        let wanted = unsafe { text(id)? };
        let Some(id) = IDS.into_iter().find(|id| {
            // Whoever asks for none in particular gets the first.
            wanted.is_none_or(|wanted| wanted.as_bytes() == id.to_bytes())
        }) else {
            return Err(Error::unsupported(
                format!("an engine `{}`", wanted.unwrap_or_default()),
                "this one is `tpm2tss`, or `tpm2ca` beside another `tpm2tss`",
            ));
        };
        // SAFETY: the engine is OpenSSL's for us to fill; strings and lists are constants, and the functions have the types
        // of their places.
        let is_bound = unsafe {
            ENGINE_set_id(engine, id.as_ptr()) == 1
                && ENGINE_set_name(engine, NAME.as_ptr()) == 1
                && ENGINE_set_destroy_function(engine, Some(destroy)) == 1
                && ENGINE_set_ctrl_function(engine, Some(control::control)) == 1
                && ENGINE_set_cmd_defns(engine, control::COMMANDS.as_ptr()) == 1
                && ENGINE_set_load_privkey_function(engine, Some(load::private_key)) == 1
                && ENGINE_set_load_pubkey_function(engine, Some(load::public_key)) == 1
        };
        if is_bound {
            settings::begin();
        }
        Ok(c_int::from(is_bound))
    })
}

/// The engine goes, and with the last what was said with controls. Keys stay.
///
/// # Safety
/// For OpenSSL to call.
unsafe extern "C" fn destroy(_engine: *mut Engine) -> c_int {
    run(c"destroy", 0, || {
        settings::end();
        Ok(1)
    })
}

/// The second is for those who have tpm2-tss-engine as well.
const IDS: [&CStr; 2] = [c"tpm2tss", c"tpm2ca"];
const NAME: &CStr = c"TPM 2.0 keys (tpm2ca)";
/// `OSSL_DYNAMIC_OLDEST`
const OLDEST: c_ulong = 0x0003_0000;
/// `OSSL_DYNAMIC_VERSION`
const VERSION: c_ulong = 0x0003_0000;
