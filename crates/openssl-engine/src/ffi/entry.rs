//! What every function that C calls has around it: panics are caught, and errors end up in OpenSSL's queue.

use std::ffi::{CStr, c_char};
use std::slice;

use tpm2ca_openssl_keys::panic::{caught, panic_if_asked};
use tpm2ca_openssl_keys::{Error, calls};

use super::errors;

/// Runs the Rust side of a function; `failed` is what C gets after an error. After a success the error queue is as it was
/// before: what is used on the way may leave errors there, such as libtpms, which calls the libcrypto of the process.
pub(super) fn run<T>(name: &'static CStr, failed: T, body: impl FnOnce() -> Result<T, Error>) -> T {
    let mark = errors::Mark::set();
    let outcome = caught(|| {
        calls::record(name);
        panic_if_asked(name, wanted_panic().as_deref());
        body()
    });
    match outcome {
        Ok(answer) => {
            mark.remove_errors();
            answer
        }
        Err(error) => {
            mark.keep_errors();
            // Putting an error into words should not panic either, but nothing may unwind into C.
            let _ = caught(|| {
                errors::raise(name, &error);
                Ok(())
            });
            failed
        }
    }
}

/// In which function a build with debug assertions is to panic, for tests.
fn wanted_panic() -> Option<Vec<u8>> {
    let wanted = cfg!(debug_assertions).then(|| std::env::var_os("TPM2CA_TEST_PANIC"));
    wanted.flatten().map(std::ffi::OsString::into_encoded_bytes)
}

/// # Safety
/// There are `length` bytes at `pointer`, or it is null, and they stay as they are for `'a`. A length that none can have is
/// an error.
pub(super) unsafe fn octets<'a, N>(pointer: *const u8, length: N) -> Result<&'a [u8], Error>
where
    usize: TryFrom<N>,
{
    let length = usize::try_from(length).map_err(|_| Error::NullArgument)?;
    if isize::try_from(length).is_err() {
        return Err(Error::DataLength {
            expected: format!("at most {}", isize::MAX),
            got: length,
        });
    }
    if length == 0 {
        return Ok(&[]);
    }
    if pointer.is_null() {
        return Err(Error::NullArgument);
    }
    // SAFETY: as promised.
    Ok(unsafe { slice::from_raw_parts(pointer, length) })
}

/// Copies a result to where C wants it.
///
/// # Safety
/// There is room for `room` bytes at `pointer`, or it is null.
pub(super) unsafe fn write(pointer: *mut u8, room: usize, octets: &[u8]) -> Result<(), Error> {
    if pointer.is_null() {
        return Err(Error::NullArgument);
    }
    if octets.len() > room {
        return Err(Error::NoRoom {
            needed: octets.len(),
            got: room,
        });
    }
    // SAFETY: as promised, and what C points to is not ours.
    unsafe { pointer.copy_from_nonoverlapping(octets.as_ptr(), octets.len()) };
    Ok(())
}

/// # Safety
/// `pointer` is null or points to a C string that stays as it is for `'a`.
pub(super) unsafe fn text<'a>(pointer: *const c_char) -> Result<Option<&'a str>, Error> {
    if pointer.is_null() {
        return Ok(None);
    }
    // SAFETY: as promised.
    let text = unsafe { CStr::from_ptr(pointer) };
    text.to_str().map(Some).map_err(|_| Error::NotText)
}
