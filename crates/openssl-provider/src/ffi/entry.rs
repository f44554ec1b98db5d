//! The C function around a Rust function: [`entry!`](crate::ffi::entry::entry) writes it.
//!
//! It makes references, slices and strings of what C gives, refuses null where there must be something, catches panics,
//! puts errors into OpenSSL's queue, and makes of the result what C expects.

use std::cell::Cell;
use std::ffi::{CStr, c_char, c_int};
use std::{ptr, slice};

use tpm2ca_openssl_keys::panic::{caught, panic_if_asked};
use tpm2ca_openssl_keys::{Error, calls};

use super::abi::{OsslAlgorithm, OsslParam};
use super::core::Core;

/// Something of ours that OpenSSL holds by a pointer.
pub(crate) trait Held {
    /// Whose error queue is told about it.
    fn core(&self) -> Core;
}

/// What C gets as a result.
pub(crate) trait Answer {
    /// The type in C.
    type C;
    /// What C gets after an error.
    fn failed() -> Self::C;
    /// Returns `false` for an answer that C takes for a failure.
    fn is_success(&self) -> bool {
        true
    }
    fn into_c(self) -> Self::C;
}

/// A function that returns nothing.
pub(crate) struct Nothing;

impl Answer for Nothing {
    type C = ();
    fn failed() {}
    fn into_c(self) {}
}

/// 1 for done.
impl Answer for () {
    type C = c_int;
    fn failed() -> c_int {
        0
    }
    fn into_c(self) -> c_int {
        1
    }
}

impl Answer for bool {
    type C = c_int;
    fn failed() -> c_int {
        0
    }
    fn is_success(&self) -> bool {
        *self
    }
    fn into_c(self) -> c_int {
        c_int::from(self)
    }
}

impl<T> Answer for Box<T> {
    type C = *mut T;
    fn failed() -> *mut T {
        ptr::null_mut()
    }
    fn into_c(self) -> *mut T {
        Box::into_raw(self)
    }
}

/// Descriptions of parameters, with an end.
impl Answer for &'static [OsslParam] {
    type C = *const OsslParam;
    fn failed() -> *const OsslParam {
        ptr::null()
    }
    fn into_c(self) -> *const OsslParam {
        self.as_ptr()
    }
}

/// A list of implementations, with an end, that lives as long as the provider.
pub(crate) struct Implementations(pub(crate) *const OsslAlgorithm);

impl Answer for Implementations {
    type C = *const OsslAlgorithm;
    fn failed() -> *const OsslAlgorithm {
        ptr::null()
    }
    fn into_c(self) -> *const OsslAlgorithm {
        self.0
    }
}

/// A list of reasons, with an end.
impl Answer for &'static [super::init::ReasonString] {
    type C = *const super::init::ReasonString;
    fn failed() -> *const super::init::ReasonString {
        ptr::null()
    }
    fn into_c(self) -> *const super::init::ReasonString {
        self.as_ptr()
    }
}

impl Answer for Option<&'static CStr> {
    type C = *const c_char;
    fn failed() -> *const c_char {
        ptr::null()
    }
    fn into_c(self) -> *const c_char {
        self.map_or(ptr::null(), CStr::as_ptr)
    }
}

/// Where a result of unknown length goes: the caller asks for the length first, then comes with room for it.
pub(crate) struct Output<'a> {
    /// Null, or where the result goes. Callers may announce more room than there can be (`SIZE_MAX`), so it is no slice.
    pointer: *mut u8,
    room: usize,
    length: &'a mut usize,
}

impl Output<'_> {
    /// Whether only the length is asked for.
    pub(crate) fn is_question(&self) -> bool {
        self.pointer.is_null()
    }

    /// Tells the length.
    pub(crate) fn announce(&mut self, length: usize) {
        *self.length = length;
    }

    /// Checks that a result of this length would fit.
    pub(crate) fn check_room(&self, length: usize) -> Result<(), Error> {
        if self.room < length {
            return Err(Error::NoRoom {
                needed: length,
                got: self.room,
            });
        }
        Ok(())
    }

    /// Writes the result; an error where there is too little room.
    pub(crate) fn write(self, octets: &[u8]) -> Result<(), Error> {
        if self.pointer.is_null() {
            return Err(Error::NullArgument);
        }
        self.check_room(octets.len())?;
        // SAFETY: `output` was promised room for `room` bytes, which is not less, that nobody else uses.
        unsafe { ptr::copy_nonoverlapping(octets.as_ptr(), self.pointer, octets.len()) };
        *self.length = octets.len();
        Ok(())
    }
}

/// One call from C, and the error queue that it fills.
pub(crate) struct Scope {
    core: Cell<Option<Core>>,
}

impl Scope {
    /// Remembers the error queue, and marks its end as it was before the call.
    fn note(&self, core: Core) {
        if self.core.get().is_none() {
            self.core.set(Some(core));
            core.set_error_mark();
        }
    }

    pub(crate) fn core(&self) -> Result<Core, Error> {
        self.core.get().ok_or(Error::NullArgument)
    }

    /// # Safety
    /// `pointer` is null or came out of a `Box<T>` that lives, and nobody holds it exclusively, for `'a`.
    pub(crate) unsafe fn shared<'a, T: Held>(&self, pointer: *const T) -> Result<&'a T, Error> {
        // SAFETY: as promised.
        let held = unsafe { pointer.as_ref() }.ok_or(Error::NullArgument)?;
        self.note(held.core());
        Ok(held)
    }

    /// # Safety
    /// `pointer` is null or came out of a `Box<T>` that lives, and nobody else uses it, for `'a`.
    pub(crate) unsafe fn exclusive<'a, T: Held>(
        &self,
        pointer: *mut T,
    ) -> Result<&'a mut T, Error> {
        // SAFETY: as promised.
        let held = unsafe { pointer.as_mut() }.ok_or(Error::NullArgument)?;
        self.note(held.core());
        Ok(held)
    }

    /// # Safety
    /// `pointer` is null or came out of a `Box<T>`, and nobody uses it any more.
    pub(crate) unsafe fn owned<T: Held>(&self, pointer: *mut T) -> Option<Box<T>> {
        if pointer.is_null() {
            return None;
        }
        // SAFETY: as promised.
        let held = unsafe { Box::from_raw(pointer) };
        self.note(held.core());
        Some(held)
    }
}

/// # Safety
/// There are `length` octets at `pointer`, or none if it is null, and they stay as they are for `'a`.
pub(crate) unsafe fn octets<'a>(pointer: *const u8, length: usize) -> Result<&'a [u8], Error> {
    if pointer.is_null() || length == 0 {
        return Ok(&[]);
    }
    check_length(length)?;
    // SAFETY: as promised, and there are no more of them than a slice can have.
    Ok(unsafe { slice::from_raw_parts(pointer, length) })
}

/// Checks that something can be as long as its owner says: no object has more than `isize::MAX` bytes.
pub(crate) fn check_length(length: usize) -> Result<(), Error> {
    match isize::try_from(length) {
        Ok(_) => Ok(()),
        Err(_) => Err(Error::DataLength {
            expected: format!("at most {}", isize::MAX),
            got: length,
        }),
    }
}

/// # Safety
/// There is room for `size` bytes at `pointer`, or it is null; there is room for a number at `length`, or it is null;
/// nobody else uses either for `'a`.
pub(crate) unsafe fn output<'a>(
    pointer: *mut u8,
    length: *mut usize,
    size: usize,
) -> Result<Output<'a>, Error> {
    // SAFETY: as promised.
    let length = unsafe { length.as_mut() }.ok_or(Error::NullArgument)?;
    Ok(Output {
        pointer,
        room: size,
        length,
    })
}

/// # Safety
/// `pointer` is null or points to a C string that stays as it is for `'a`.
pub(crate) unsafe fn text<'a>(pointer: *const c_char) -> Result<Option<&'a str>, Error> {
    if pointer.is_null() {
        return Ok(None);
    }
    // SAFETY: as promised.
    let text = unsafe { CStr::from_ptr(pointer) };
    text.to_str().map(Some).map_err(|_| Error::NotText)
}

/// # Safety
/// `pointer` is null or points to a number that is ours.
pub(crate) unsafe fn set_zero(pointer: *mut c_int) {
    // SAFETY: as promised.
    if let Some(number) = unsafe { pointer.as_mut() } {
        *number = 0;
    }
}

/// Runs the Rust side of an entry. After a success the error queue is as it was before: what is used on the way may leave
/// errors there, such as libtpms, which calls the libcrypto of the process.
pub(crate) fn run<A: Answer>(
    name: &'static CStr,
    body: impl FnOnce(&Scope) -> Result<A, Error>,
) -> A::C {
    let scope = Scope {
        core: Cell::new(None),
    };
    let outcome = caught(|| {
        let outcome = body(&scope);
        calls::record(name);
        panic_if_asked(name, wanted_panic().as_deref());
        outcome
    });
    let core = scope.core.get();
    let error = match outcome {
        Ok(answer) => {
            if let Some(core) = core {
                if answer.is_success() {
                    core.pop_errors_to_mark();
                } else {
                    core.clear_error_mark();
                }
            }
            return answer.into_c();
        }
        Err(error) => error,
    };
    if let Some(core) = core {
        core.clear_error_mark();
        // Putting an error into words should not panic either, but nothing may unwind into C.
        let _ = caught(|| {
            core.raise(name, error.reason().number(), &error.in_full());
            Ok(())
        });
    }
    A::failed()
}

/// In which entry a build with debug assertions is to panic, for tests.
fn wanted_panic() -> Option<Vec<u8>> {
    let wanted = cfg!(debug_assertions).then(|| std::env::var_os("TPM2CA_TEST_PANIC"));
    wanted.flatten().map(std::ffi::OsString::into_encoded_bytes)
}

/// `entry!(fn name(kind argument, ...) -> Answer = handler);` writes a C function `name` around a Rust function
/// `handler` that takes the arguments and returns `Result<Answer, Error>`. One argument can stand for several of C:
///
/// | kind | in C | in Rust |
/// |---|---|---|
/// | `shared x: T` | `const T *x` | `&T` |
/// | `optional x: T` | `const T *x` | `Option<&T>` |
/// | `exclusive x: T` | `T *x` | `&mut T` |
/// | `owned x: T` | `T *x` | `Option<Box<T>>` |
/// | `ignored x` | `const void *x` | nothing |
/// | `int x` | `int x` | `c_int` |
/// | `zeroed x` | `int *x` | nothing; 0 is written there |
/// | `text x` | `const char *x` | `Option<&str>` |
/// | `params x` | `const OSSL_PARAM *x` | `Params` |
/// | `answers x` | `OSSL_PARAM *x` | `Answers` |
/// | `octets x` | `const unsigned char *x, size_t` | `&[u8]` |
/// | `output x` | `unsigned char *x, size_t *, size_t` | `Output` |
/// | `bio x` | `OSSL_CORE_BIO *x` | `Bio` |
/// | `callback x` | `OSSL_CALLBACK *x, void *` | `Callback` |
/// | `passphrase x` | `OSSL_PASSPHRASE_CALLBACK *x, void *` | `Passphrase` |
macro_rules! entry {
    (fn $name:ident($($arguments:tt)*) -> $answer:ty = $handler:expr) => {
        $crate::ffi::entry::entry!(@next scope, $name, $answer, $handler, [], []; $($arguments)*);
    };
    (@next $s:ident, $name:ident, $answer:ty, $handler:expr, [$($c:tt)*], [$($rust:tt)*]; shared $x:ident: $t:ty $(, $($rest:tt)*)?) => {
        $crate::ffi::entry::entry!(@next $s, $name, $answer, $handler, [$($c)* $x: *const $t,],
            // SAFETY: OpenSSL hands back what it was given, and frees nothing that it uses.
            [$($rust)* (unsafe { $s.shared($x) }?),]; $($($rest)*)?);
    };
    (@next $s:ident, $name:ident, $answer:ty, $handler:expr, [$($c:tt)*], [$($rust:tt)*]; exclusive $x:ident: $t:ty $(, $($rest:tt)*)?) => {
        $crate::ffi::entry::entry!(@next $s, $name, $answer, $handler, [$($c)* $x: *mut $t,],
            // SAFETY: as above; contexts of operations are used by one thread at a time (EVP_PKEY_CTX_new(3)).
            [$($rust)* (unsafe { $s.exclusive($x) }?),]; $($($rest)*)?);
    };
    (@next $s:ident, $name:ident, $answer:ty, $handler:expr, [$($c:tt)*], [$($rust:tt)*]; owned $x:ident: $t:ty $(, $($rest:tt)*)?) => {
        $crate::ffi::entry::entry!(@next $s, $name, $answer, $handler, [$($c)* $x: *mut $t,],
            // SAFETY: OpenSSL frees what it was given, once.
            [$($rust)* (unsafe { $s.owned($x) }),]; $($($rest)*)?);
    };
    (@next $s:ident, $name:ident, $answer:ty, $handler:expr, [$($c:tt)*], [$($rust:tt)*]; optional $x:ident: $t:ty $(, $($rest:tt)*)?) => {
        $crate::ffi::entry::entry!(@next $s, $name, $answer, $handler, [$($c)* $x: *const $t,],
            // SAFETY: as above.
            [$($rust)* (if $x.is_null() { None } else { Some(unsafe { $s.shared($x) }?) }),]; $($($rest)*)?);
    };
    (@next $s:ident, $name:ident, $answer:ty, $handler:expr, [$($c:tt)*], [$($rust:tt)*]; ignored $x:ident $(, $($rest:tt)*)?) => {
        $crate::ffi::entry::entry!(@next $s, $name, $answer, $handler, [$($c)* _: *const ::std::ffi::c_void,],
            [$($rust)*]; $($($rest)*)?);
    };
    (@next $s:ident, $name:ident, $answer:ty, $handler:expr, [$($c:tt)*], [$($rust:tt)*]; int $x:ident $(, $($rest:tt)*)?) => {
        $crate::ffi::entry::entry!(@next $s, $name, $answer, $handler, [$($c)* $x: ::std::ffi::c_int,],
            [$($rust)* $x,]; $($($rest)*)?);
    };
    (@next $s:ident, $name:ident, $answer:ty, $handler:expr, [$($c:tt)*], [$($rust:tt)*]; zeroed $x:ident $(, $($rest:tt)*)?) => {
        $crate::ffi::entry::entry!(@next $s, $name, $answer, $handler, [$($c)* $x: *mut ::std::ffi::c_int,],
            // SAFETY: OpenSSL points to a variable of its own.
            [$($rust)* { unsafe { $crate::ffi::entry::set_zero($x) } },]; $($($rest)*)?);
    };
    (@next $s:ident, $name:ident, $answer:ty, $handler:expr, [$($c:tt)*], [$($rust:tt)*]; text $x:ident $(, $($rest:tt)*)?) => {
        $crate::ffi::entry::entry!(@next $s, $name, $answer, $handler, [$($c)* $x: *const ::std::ffi::c_char,],
            // SAFETY: OpenSSL's strings are C strings and live as long as the call.
            [$($rust)* (unsafe { $crate::ffi::entry::text($x) }?),]; $($($rest)*)?);
    };
    (@next $s:ident, $name:ident, $answer:ty, $handler:expr, [$($c:tt)*], [$($rust:tt)*]; params $x:ident $(, $($rest:tt)*)?) => {
        $crate::ffi::entry::entry!(@next $s, $name, $answer, $handler, [$($c)* $x: *const $crate::ffi::abi::OsslParam,],
            // SAFETY: OpenSSL's lists have an end and live as long as the call.
            [$($rust)* (unsafe { $crate::ffi::params::Params::new($x) }),]; $($($rest)*)?);
    };
    (@next $s:ident, $name:ident, $answer:ty, $handler:expr, [$($c:tt)*], [$($rust:tt)*]; answers $x:ident $(, $($rest:tt)*)?) => {
        $crate::ffi::entry::entry!(@next $s, $name, $answer, $handler, [$($c)* $x: *mut $crate::ffi::abi::OsslParam,],
            // SAFETY: as above, and a list to be filled is nobody else's meanwhile.
            [$($rust)* (unsafe { $crate::ffi::params::Answers::new($x) }),]; $($($rest)*)?);
    };
    (@next $s:ident, $name:ident, $answer:ty, $handler:expr, [$($c:tt)*], [$($rust:tt)*]; octets $x:ident $(, $($rest:tt)*)?) => {
        $crate::ffi::entry::entry!(@next $s, $name, $answer, $handler, [$($c)* $x: *const u8, length: usize,],
            // SAFETY: pointer and length of one buffer stand side by side in OpenSSL's functions.
            [$($rust)* (unsafe { $crate::ffi::entry::octets($x, length) }?),]; $($($rest)*)?);
    };
    (@next $s:ident, $name:ident, $answer:ty, $handler:expr, [$($c:tt)*], [$($rust:tt)*]; output $x:ident $(, $($rest:tt)*)?) => {
        $crate::ffi::entry::entry!(@next $s, $name, $answer, $handler, [$($c)* $x: *mut u8, length: *mut usize, size: usize,],
            // SAFETY: as above.
            [$($rust)* (unsafe { $crate::ffi::entry::output($x, length, size) }?),]; $($($rest)*)?);
    };
    (@next $s:ident, $name:ident, $answer:ty, $handler:expr, [$($c:tt)*], [$($rust:tt)*]; bio $x:ident $(, $($rest:tt)*)?) => {
        $crate::ffi::entry::entry!(@next $s, $name, $answer, $handler, [$($c)* $x: *mut $crate::ffi::abi::OsslCoreBio,],
            // SAFETY: it belongs to this call.
            [$($rust)* (unsafe { $s.core()?.bio($x) }),]; $($($rest)*)?);
    };
    (@next $s:ident, $name:ident, $answer:ty, $handler:expr, [$($c:tt)*], [$($rust:tt)*]; callback $x:ident $(, $($rest:tt)*)?) => {
        $crate::ffi::entry::entry!(@next $s, $name, $answer, $handler,
            [$($c)* $x: $crate::ffi::callback::CallbackFunction, argument: *mut ::std::ffi::c_void,],
            // SAFETY: they belong to this call and to one another.
            [$($rust)* (unsafe { $crate::ffi::callback::Callback::new($x, argument) }),]; $($($rest)*)?);
    };
    (@next $s:ident, $name:ident, $answer:ty, $handler:expr, [$($c:tt)*], [$($rust:tt)*]; passphrase $x:ident $(, $($rest:tt)*)?) => {
        $crate::ffi::entry::entry!(@next $s, $name, $answer, $handler,
            [$($c)* $x: $crate::ffi::callback::PassphraseFunction, argument: *mut ::std::ffi::c_void,],
            // SAFETY: they belong to this call and to one another.
            [$($rust)* (unsafe { $crate::ffi::callback::Passphrase::new($x, argument) }),]; $($($rest)*)?);
    };
    (@next $s:ident, $name:ident, $answer:ty, $handler:expr, [$($c:tt)*], [$($rust:tt)*];) => {
        #[allow(unsafe_code, private_interfaces)]
        pub(crate) unsafe extern "C" fn $name($($c)*) -> <$answer as $crate::ffi::entry::Answer>::C {
            const NAME: &::std::ffi::CStr = $crate::ffi::entry::c_name(concat!(stringify!($name), "\0"));
            $crate::ffi::entry::run::<$answer>(NAME, |$s| {
                let _ = $s;
                $handler($($rust)*)
            })
        }
    };
}
pub(crate) use entry;

/// The name of an entry, for the error queue.
pub(crate) const fn c_name(name: &'static str) -> &'static CStr {
    match CStr::from_bytes_with_nul(name.as_bytes()) {
        Ok(name) => name,
        Err(_) => c"",
    }
}

/// `functions![NUMBER => function, ...]` is a table of entries.
macro_rules! functions {
    ($($id:expr => $function:path,)*) => {
        &[
            $($crate::ffi::abi::OsslDispatch::new($id, $function as *const ()),)*
            $crate::ffi::abi::OsslDispatch::END,
        ]
    };
}
pub(crate) use functions;

/// `descriptions![KEY => TYPE, ...]` is a list of parameters that can be asked for or set.
macro_rules! descriptions {
    ($($key:expr => $data_type:ident,)*) => {
        &[
            $($crate::ffi::abi::OsslParam::description($key, $crate::ffi::abi::$data_type),)*
            $crate::ffi::abi::OsslParam::END,
        ]
    };
}
pub(crate) use descriptions;
