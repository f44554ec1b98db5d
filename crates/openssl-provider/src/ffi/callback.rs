//! Functions that OpenSSL hands over with a call: for the objects that are found, and for pass phrases.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::marker::PhantomData;
use std::ptr;

use zeroize::Zeroizing;

use super::abi::{self, OsslParam};
use super::params::ParamList;
use crate::key::KeyObject;

/// `OSSL_CALLBACK`
pub(crate) type CallbackFunction =
    Option<unsafe extern "C" fn(*const OsslParam, *mut c_void) -> c_int>;
/// `OSSL_PASSPHRASE_CALLBACK`
pub(crate) type PassphraseFunction = Option<
    unsafe extern "C" fn(*mut c_char, usize, *mut usize, *const OsslParam, *mut c_void) -> c_int,
>;

/// Takes what we have found or made.
#[derive(Clone, Copy)]
pub(crate) struct Callback<'a> {
    function: CallbackFunction,
    argument: *mut c_void,
    life: PhantomData<&'a mut c_void>,
}

impl Callback<'_> {
    /// # Safety
    /// Both are what OpenSSL gave to the call that is going on.
    pub(crate) unsafe fn new(function: CallbackFunction, argument: *mut c_void) -> Self {
        Self {
            function,
            argument,
            life: PhantomData,
        }
    }

    /// Hands over values; whether they were wanted.
    pub(crate) fn give(&self, mut values: ParamList) -> bool {
        let Some(function) = self.function else {
            return false;
        };
        // SAFETY: the list has an end and lives as long as the call.
        values.with(|list| unsafe { function(list, self.argument) == 1 })
    }

    /// Hands over a key, which `OSSL_FUNC_keymgmt_load` then takes out of our hand; whether somebody wanted it.
    pub(crate) fn give_key(&self, data_type: &'static CStr, key: Box<KeyObject>) -> bool {
        let Some(function) = self.function else {
            return false;
        };
        let mut object_type = OBJECT_PKEY;
        let mut hand = Box::into_raw(key);
        let list = [
            OsslParam {
                key: c"type".as_ptr(),
                data_type: abi::INTEGER,
                data: ptr::from_mut(&mut object_type).cast(),
                data_size: size_of::<c_int>(),
                return_size: abi::UNMODIFIED,
            },
            OsslParam {
                key: c"data-type".as_ptr(),
                data_type: abi::UTF8_STRING,
                // Nobody writes to what is handed over.
                data: data_type.as_ptr().cast_mut().cast(),
                data_size: data_type.to_bytes().len(),
                return_size: abi::UNMODIFIED,
            },
            OsslParam {
                key: c"reference".as_ptr(),
                data_type: abi::OCTET_STRING,
                data: ptr::from_mut(&mut hand).cast(),
                data_size: size_of::<*mut KeyObject>(),
                return_size: abi::UNMODIFIED,
            },
            OsslParam::END,
        ];
        // SAFETY: the list has an end, and it and its data live as long as the call.
        let wanted = unsafe { function(list.as_ptr(), self.argument) == 1 };
        if !hand.is_null() {
            // SAFETY: it came out of a box, and `take_key` would have left null if it had taken it.
            drop(unsafe { Box::from_raw(hand) });
        }
        wanted
    }
}

/// Takes a key out of the hand that [`Callback::give_key`] holds out.
///
/// # Safety
/// `reference` is null or the data of the `reference` parameter there, and `size` its size.
pub(super) unsafe fn take_key(reference: *const c_void, size: usize) -> Option<Box<KeyObject>> {
    if reference.is_null() || size != size_of::<*mut KeyObject>() {
        return None;
    }
    let hand: *mut *mut KeyObject = reference.cast_mut().cast();
    // SAFETY: it is the variable `hand` there, which nobody else uses during the call.
    let key = unsafe { ptr::replace(hand, ptr::null_mut()) };
    if key.is_null() {
        return None;
    }
    // SAFETY: it came out of a box, and with the null that was just left there nobody else takes it.
    Some(unsafe { Box::from_raw(key) })
}

/// Asks whoever is there for a pass phrase.
#[derive(Clone, Copy)]
pub(crate) struct Passphrase<'a> {
    function: PassphraseFunction,
    argument: *mut c_void,
    life: PhantomData<&'a mut c_void>,
}

impl Passphrase<'_> {
    /// # Safety
    /// Both are what OpenSSL gave to the call that is going on.
    pub(crate) unsafe fn new(function: PassphraseFunction, argument: *mut c_void) -> Self {
        Self {
            function,
            argument,
            life: PhantomData,
        }
    }

    /// `what` says whose it is. `None` when nobody answers.
    pub(crate) fn ask(&self, what: &str) -> Option<Zeroizing<Vec<u8>>> {
        let function = self.function?;
        let mut octets = Zeroizing::new(vec![0_u8; LONGEST]);
        let mut length = 0;
        let mut info = ParamList::new().text(c"info", what);
        // SAFETY: there is room for as many octets as are announced, and the list has an end and lives as long as the
        // call.
        let answered = info.with(|list| unsafe {
            function(
                octets.as_mut_ptr().cast(),
                octets.len(),
                &raw mut length,
                list,
                self.argument,
            )
        });
        if answered != 1 || length > octets.len() {
            return None;
        }
        octets.truncate(length);
        Some(octets)
    }
}

/// `OSSL_OBJECT_PKEY`
const OBJECT_PKEY: c_int = 2;
/// Octets of a pass phrase, as OpenSSL's own programs allow.
const LONGEST: usize = 1024;
