//! The one symbol that OpenSSL looks for in a provider's file.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;

use tpm2ca_openssl_keys::Reason;

use super::abi::{OsslCoreHandle, OsslDispatch};
use super::core::Core;
use super::entry::{Held, Scope, run};

use crate::key::KeyObject;
use crate::provider::{self, Provider};

/// `OSSL_ITEM`: a reason and its words; a list ends with reason 0.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct ReasonString {
    number: std::ffi::c_uint,
    text: *const c_char,
}

// SAFETY: it points to a constant.
unsafe impl Sync for ReasonString {}

impl ReasonString {
    pub(crate) const fn new(number: u32, text: &'static CStr) -> Self {
        Self {
            number,
            text: text.as_ptr(),
        }
    }

    pub(crate) const END: Self = Self {
        number: 0,
        text: ptr::null(),
    };
}

/// For OpenSSL: the words of each [`Reason`].
pub(crate) static REASONS: &[ReasonString] = &{
    let mut list = [ReasonString::END; Reason::ALL.len() + 1];
    let mut at = 0;
    while at < Reason::ALL.len() {
        let reason = Reason::ALL[at];
        list[at] = ReasonString::new(reason.number(), reason.words());
        at += 1;
    }
    list
};

struct Starting(Core);

impl Held for Starting {
    fn core(&self) -> Core {
        self.0
    }
}

/// Starts the provider (provider(7)).
///
/// # Safety
/// For OpenSSL to call.
// SAFETY: this is the name that OpenSSL looks for in this file, and no other symbol of the file has it.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn OSSL_provider_init(
    handle: *const OsslCoreHandle,
    functions: *const OsslDispatch,
    our_functions: *mut *const OsslDispatch,
    our_context: *mut *mut c_void,
) -> c_int {
    tpm2ca_openssl_keys::panic::keep_quiet();
    // SAFETY: OpenSSL gives its handle and its functions.
    let starting = Starting(unsafe { Core::new(handle, functions) });
    let start = |scope: &Scope| {
        // SAFETY: it is alive.
        let Starting(core) = unsafe { scope.shared(&raw const starting) }?;
        let provider: Box<Provider> = Box::new(Provider::new(*core));
        // SAFETY: OpenSSL points to two variables of its own.
        unsafe {
            *our_functions = provider::FUNCTIONS.as_ptr();
            *our_context = Box::into_raw(provider).cast();
        }
        Ok(())
    };
    run::<()>(c"OSSL_provider_init", start)
}

/// `OSSL_FUNC_keymgmt_load`: takes a key that a decoder or a store holds out.
///
/// # Safety
/// For OpenSSL to call.
pub(crate) unsafe extern "C" fn keymgmt_load(
    reference: *const c_void,
    size: usize,
) -> *mut KeyObject {
    // SAFETY: OpenSSL hands on what our decoder or store has handed out.
    let taken = |_: &Scope| {
        unsafe { super::callback::take_key(reference, size) }
            .ok_or(tpm2ca_openssl_keys::Error::NullArgument)
    };
    run::<Box<KeyObject>>(c"keymgmt_load", taken)
}
