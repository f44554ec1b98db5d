//! Controls (ENGINE_ctrl(3)): by number from programs, by name from openssl.cnf and `openssl engine -pre`.

use std::ffi::{c_int, c_long, c_void};
use std::ptr;

use tpm2ca_openssl_keys::Error;

use super::entry::{run, text};
use super::libcrypto::{Command, Engine};
use crate::settings::{self, Control};

/// # Safety
/// For OpenSSL to call.
pub(super) unsafe extern "C" fn control(
    _engine: *mut Engine,
    command: c_int,
    _number: c_long,
    pointer: *mut c_void,
    _function: Option<unsafe extern "C" fn()>,
) -> c_int {
    run(c"control", 0, || {
        let known = Control::ALL
            .into_iter()
            .find(|control| c_int::try_from(control.number()) == Ok(command));
        let Some(known) = known else {
            return Err(Error::unsupported(
                format!("the control {command}"),
                "`openssl engine -vv tpm2tss` lists what there is",
            ));
        };
        // SAFETY: all of ours take a C string, or null.
        let value = unsafe { text(pointer.cast())? };
        settings::set(known, value);
        Ok(1)
    })
}

/// For OpenSSL: names and descriptions, with an end.
pub(super) static COMMANDS: [Command; Control::ALL.len() + 1] = {
    let [a, b, c, d, e] = Control::ALL;
    [
        describe(a),
        describe(b),
        describe(c),
        describe(d),
        describe(e),
        END,
    ]
};

const fn describe(control: Control) -> Command {
    Command {
        number: control.number(),
        name: control.name().as_ptr(),
        description: control.description().as_ptr(),
        flags: FLAG_STRING,
    }
}

const END: Command = Command {
    number: 0,
    name: ptr::null(),
    description: ptr::null(),
    flags: 0,
};

/// `ENGINE_CMD_FLAG_STRING`
const FLAG_STRING: u32 = 2;
