//! Asking for an authorization value as for a pass phrase (UI_new(3)): `-passin`, a terminal, or a program's own way.

use std::ffi::{CStr, c_char, c_int, c_void};

use zeroize::Zeroizing;

use super::libcrypto::{
    CRYPTO_free, UI_add_input_string, UI_add_user_data, UI_construct_prompt, UI_free,
    UI_new_method, UI_process, UiMethod,
};

/// Asks; `None` when nobody answers.
///
/// # Safety
/// Method and data are what OpenSSL gave to the call that is going on, and belong together; a null method stands for
/// OpenSSL's own, the terminal. `name` is a C string.
pub(super) unsafe fn ask(
    method: *mut UiMethod,
    data: *mut c_void,
    name: *const c_char,
) -> Option<Zeroizing<Vec<u8>>> {
    let mut octets = Zeroizing::new(vec![0_u8; LONGEST + 1]);
    // SAFETY: as promised.
    let ui = unsafe { UI_new_method(method) };
    if ui.is_null() {
        return None;
    }
    // SAFETY: `ui` is ours until it is freed; there is room for the longest answer and its end; the prompt is freed after
    // its last use, and null is allowed for it.
    let outcome = unsafe {
        UI_add_user_data(ui, data);
        let prompt = UI_construct_prompt(ui, WHAT.as_ptr(), name);
        let added = UI_add_input_string(
            ui,
            prompt,
            INPUT_FLAG_DEFAULT_PWD,
            octets.as_mut_ptr().cast(),
            0,
            c_int::try_from(LONGEST).unwrap_or(0),
        );
        let outcome = if prompt.is_null() || added < 0 {
            -1
        } else {
            UI_process(ui)
        };
        UI_free(ui);
        CRYPTO_free(prompt.cast(), WHAT.as_ptr(), 0);
        outcome
    };
    if outcome != 0 {
        return None;
    }
    let length = octets.iter().position(|&octet| octet == 0)?;
    octets.truncate(length);
    Some(octets)
}

/// "Enter … for NAME:"
const WHAT: &CStr = c"authorization value";
/// Octets of a pass phrase, as OpenSSL's own programs allow.
const LONGEST: usize = 1024;
/// `UI_INPUT_FLAG_DEFAULT_PWD`: what `-passin` has answers.
const INPUT_FLAG_DEFAULT_PWD: c_int = 2;
