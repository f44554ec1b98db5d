//! A library that is loaded already, and what is in it (dlopen(3)).

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;

/// A library of this process. It stays loaded.
pub(super) struct Library(*mut c_void);

impl Library {
    /// The one that has `address` among its code or data.
    pub(super) fn around(address: *const c_void) -> Option<Self> {
        let mut found = Found {
            path: ptr::null(),
            base: ptr::null_mut(),
            symbol: ptr::null(),
            symbol_address: ptr::null_mut(),
        };
        // SAFETY: `found` is a `Dl_info`; the address is looked for and not looked into. The path lives as long as the
        // library, which is there: it is the one that calls us.
        let library = unsafe {
            if dladdr(address, &raw mut found) == 0 || found.path.is_null() {
                return None;
            }
            let library = dlopen(found.path, RTLD_NOW | RTLD_NOLOAD);
            if library.is_null() {
                // The program itself has no name that could be opened.
                dlopen(ptr::null(), RTLD_NOW)
            } else {
                library
            }
        };
        (!library.is_null()).then_some(Self(library))
    }

    /// One of its functions, if it has one of that name.
    ///
    /// # Safety
    /// `F` is the type of the function.
    pub(super) unsafe fn function<F: Copy>(&self, name: &CStr) -> Option<F> {
        const {
            assert!(size_of::<F>() == size_of::<*const ()>());
        }
        // SAFETY: the library is open, and the name is a C string.
        let found = unsafe { dlsym(self.0, name.as_ptr()) };
        if found.is_null() {
            return None;
        }
        // SAFETY: as promised, and both have the size of a pointer.
        Some(unsafe { std::mem::transmute_copy(&found) })
    }
}

/// `Dl_info`
#[repr(C)]
struct Found {
    path: *const c_char,
    base: *mut c_void,
    symbol: *const c_char,
    symbol_address: *mut c_void,
}

// SAFETY: the C library declares them like this.
unsafe extern "C" {
    fn dladdr(address: *const c_void, found: *mut Found) -> c_int;
    fn dlopen(path: *const c_char, mode: c_int) -> *mut c_void;
    fn dlsym(library: *mut c_void, name: *const c_char) -> *mut c_void;
}

const RTLD_NOW: c_int = 2;
#[cfg(target_os = "linux")]
const RTLD_NOLOAD: c_int = 4;
#[cfg(not(target_os = "linux"))]
const RTLD_NOLOAD: c_int = 0x10;
