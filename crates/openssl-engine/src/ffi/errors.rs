//! OpenSSL's error queue (ERR_put_error(3) of 1.1.1, ERR_raise(3) of 3.x).

use std::ffi::{CStr, CString, c_char, c_int, c_ulong};
use std::ptr;

use tpm2ca_openssl_keys::{Error, Reason};

use super::libcrypto::{self, ErrorString};
use super::library::Library;

/// Puts an error into the calling thread's queue; nowhere, as long as no libcrypto is known.
pub(super) fn raise(entry: &'static CStr, error: &Error) {
    if let Some(queue) = libcrypto::queue() {
        queue.put(entry, error);
    }
}

/// A mark at the end of the calling thread's queue (ERR_set_mark(3)), where a libcrypto is known.
#[must_use]
pub(super) struct Mark(Option<&'static Queue>);

impl Mark {
    pub(super) fn set() -> Self {
        let queue = libcrypto::queue();
        if let Some(marks) = queue.and_then(|queue| queue.marks.as_ref()) {
            // SAFETY: it takes nothing.
            unsafe { (marks.set)() };
        }
        Self(queue)
    }

    /// Removes the mark, and the errors behind it.
    pub(super) fn remove_errors(self) {
        if let Some(marks) = self.0.and_then(|queue| queue.marks.as_ref()) {
            // SAFETY: it takes nothing.
            unsafe { (marks.pop_to)() };
        }
    }

    /// Removes the mark, and keeps the errors behind it.
    pub(super) fn keep_errors(self) {
        if let Some(marks) = self.0.and_then(|queue| queue.marks.as_ref()) {
            // SAFETY: it takes nothing.
            unsafe { (marks.clear_last)() };
        }
    }
}

/// The functions for marks.
struct Marks {
    set: unsafe extern "C" fn() -> c_int,
    pop_to: unsafe extern "C" fn() -> c_int,
    clear_last: unsafe extern "C" fn() -> c_int,
}

impl Marks {
    /// All of them, or none.
    fn find(library: &Library) -> Option<Self> {
        // SAFETY: the functions have the types that the headers give to them.
        unsafe {
            Some(Self {
                set: library.function(c"ERR_set_mark")?,
                pop_to: library.function(c"ERR_pop_to_mark")?,
                clear_last: library.function(c"ERR_clear_last_mark")?,
            })
        }
    }
}

/// The queue of one libcrypto.
pub(super) struct Queue {
    /// The number that it knows us by.
    library: c_int,
    interface: Interface,
    add_data: Option<unsafe extern "C" fn(c_int, ...)>,
    marks: Option<Marks>,
    /// Lists that OpenSSL has got to keep.
    #[expect(dead_code, reason = "kept so that leak checkers see who has them")]
    lists: [*mut ErrorString; 2],
}

// SAFETY: nobody but OpenSSL looks into the lists.
unsafe impl Send for Queue {}
// SAFETY: as above.
unsafe impl Sync for Queue {}

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

impl Queue {
    /// Finds the queue, and puts our words into it.
    pub(super) fn find(library: &Library) -> Self {
        let interface = Interface::find(library);
        // SAFETY: the functions have the types that the headers give to them.
        let (next, load, add_data) = unsafe {
            (
                library.function::<unsafe extern "C" fn() -> c_int>(c"ERR_get_next_error_library"),
                library.function::<unsafe extern "C" fn(c_int, *mut ErrorString) -> c_int>(
                    c"ERR_load_strings",
                ),
                library.function(c"ERR_add_error_data"),
            )
        };
        // SAFETY: it takes nothing, and returns the next number that is free.
        let number = next.map_or(0, |next| unsafe { next() });
        let lists = [(interface.name_of(number), 0), (reasons(), number)].map(|(mut list, of)| {
            list.push(ErrorString {
                code: 0,
                text: ptr::null(),
            });
            let list = list.leak().as_mut_ptr();
            if let Some(load) = load {
                // SAFETY: the list has an end; OpenSSL writes into it and keeps it, so it lives for ever.
                unsafe { load(of, list) };
            }
            list
        });
        Self {
            library: number,
            interface,
            add_data,
            marks: Marks::find(library),
            lists,
        }
    }

    fn put(&self, entry: &'static CStr, error: &Error) {
        let Ok(text) = CString::new(error.in_full().replace('\0', " ")) else {
            return;
        };
        let reason = c_int::try_from(error.reason().number()).unwrap_or(0);
        match self.interface {
            Interface::Put(put) => {
                // SAFETY: the function is of this type, and keeps the pointer to a constant.
                unsafe { put(self.library, 0, reason, entry.as_ptr(), 0) };
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
                    set(self.library, reason, ptr::null());
                }
            }
            Interface::None => return,
        }
        if let Some(add_data) = self.add_data {
            // SAFETY: one C string is announced, and one comes; it is copied.
            unsafe { add_data(1, text.as_ptr()) };
        }
    }
}

impl Interface {
    fn find(library: &Library) -> Self {
        // SAFETY: each has the type that the headers of the version that has it give to it.
        unsafe {
            if let Some(put) = library.function(c"ERR_put_error") {
                return Self::Put(put);
            }
            match (
                library.function(c"ERR_new"),
                library.function(c"ERR_set_debug"),
                library.function(c"ERR_set_error"),
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

    /// Our name, for errors of this number (`ERR_PACK(number, 0, 0)`).
    fn name_of(self, number: c_int) -> Vec<ErrorString> {
        let number = c_ulong::try_from(number & 0xff).unwrap_or(0);
        vec![ErrorString {
            code: match self {
                Self::Put(_) => number << 24,
                Self::Set { .. } | Self::None => number << 23,
            },
            text: SOURCE.as_ptr(),
        }]
    }
}

fn reasons() -> Vec<ErrorString> {
    let words = |reason: Reason| ErrorString {
        code: c_ulong::from(reason.number()),
        text: reason.words().as_ptr(),
    };
    Reason::ALL.into_iter().map(words).collect()
}

/// Where errors come from.
const SOURCE: &CStr = c"tpm2ca";
