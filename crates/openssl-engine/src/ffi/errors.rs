//! OpenSSL's error queue (ERR_put_error(3) of 1.1.1, ERR_raise(3) of 3.x).

use std::ffi::{CStr, CString, c_char, c_int, c_ulong};
use std::ptr;
use std::sync::OnceLock;

use tpm2ca_openssl_keys::{Error, Reason};

use super::libcrypto::{
    ERR_add_error_data, ERR_get_next_error_library, ERR_load_strings, ErrorString, dlsym,
};

/// Puts an error into the calling thread's queue.
pub(super) fn raise(entry: &'static CStr, error: &Error) {
    let queue = queue();
    let Ok(text) = CString::new(error.in_full().replace('\0', " ")) else {
        return;
    };
    let reason = c_int::try_from(error.reason().number()).unwrap_or(0);
    match queue.interface {
        Interface::Put(put) => {
            // SAFETY: the function is of this type, and keeps the pointer to a constant.
            unsafe { put(queue.library, 0, reason, entry.as_ptr(), 0) };
        }
        Interface::Set {
            new,
            set_debug,
            set,
        } => {
            // SAFETY: the functions are of these types and keep pointers to constants; no format takes no arguments.
            unsafe {
                new();
                set_debug(SOURCE.as_ptr(), 0, entry.as_ptr());
                set(queue.library, reason, ptr::null());
            }
        }
        Interface::None => return,
    }
    // SAFETY: one C string is announced, and one comes; it is copied.
    unsafe { ERR_add_error_data(1, text.as_ptr()) };
}

struct Queue {
    /// The number that OpenSSL knows us by.
    library: c_int,
    interface: Interface,
}

/// How errors are put into the queue.
#[derive(Clone, Copy)]
enum Interface {
    /// Of OpenSSL 1.1.1.
    Put(unsafe extern "C" fn(c_int, c_int, c_int, *const c_char, c_int)),
    /// Of OpenSSL 3.
    Set {
        new: unsafe extern "C" fn(),
        set_debug: unsafe extern "C" fn(*const c_char, c_int, *const c_char),
        set: unsafe extern "C" fn(c_int, c_int, *const c_char, ...),
    },
    None,
}

impl Interface {
    fn find() -> Self {
        // SAFETY: each has the type that the headers of the version that has it give to it.
        unsafe {
            if let Some(put) = symbol(c"ERR_put_error") {
                return Self::Put(put);
            }
            match (
                symbol(c"ERR_new"),
                symbol(c"ERR_set_debug"),
                symbol(c"ERR_set_error"),
            ) {
                (Some(new), Some(set_debug), Some(set)) => Self::Set {
                    new,
                    set_debug,
                    set,
                },
                _ => Self::None,
            }
        }
    }

    /// `ERR_PACK(library, 0, 0)`
    fn code_of(self, library: c_int) -> c_ulong {
        let library = c_ulong::try_from(library & 0xff).unwrap_or(0);
        match self {
            Self::Put(_) => library << 24,
            Self::Set { .. } | Self::None => library << 23,
        }
    }
}

/// A function of libcrypto's, if it has one of that name.
///
/// # Safety
/// `F` is the type of the function.
unsafe fn symbol<F: Copy>(name: &'static CStr) -> Option<F> {
    const {
        assert!(size_of::<F>() == size_of::<*const ()>());
    }
    // SAFETY: a null handle stands for everything that this module sees.
    let found = unsafe { dlsym(ptr::null_mut(), name.as_ptr()) };
    if found.is_null() {
        return None;
    }
    // SAFETY: as promised, and both have the size of a pointer.
    Some(unsafe { std::mem::transmute_copy(&found) })
}

fn queue() -> &'static Queue {
    static QUEUE: OnceLock<Queue> = OnceLock::new();
    QUEUE.get_or_init(|| {
        let interface = Interface::find();
        // SAFETY: it takes nothing, and returns the next number that is free.
        let library = unsafe { ERR_get_next_error_library() };
        let end = || ErrorString {
            code: 0,
            text: ptr::null(),
        };
        let name = vec![
            ErrorString {
                code: interface.code_of(library),
                text: SOURCE.as_ptr(),
            },
            end(),
        ];
        let mut reasons: Vec<_> = Reason::ALL
            .into_iter()
            .map(|reason| ErrorString {
                code: c_ulong::from(reason.number()),
                text: reason.words().as_ptr(),
            })
            .collect();
        reasons.push(end());
        for (list, of) in [(name, 0), (reasons, library)] {
            // SAFETY: the lists have an end; OpenSSL writes into them and keeps them, so they live for ever.
            unsafe { ERR_load_strings(of, list.leak().as_mut_ptr()) };
        }
        Queue { library, interface }
    })
}

/// Where errors come from.
const SOURCE: &CStr = c"tpm2ca";
