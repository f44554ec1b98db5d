//! What libtpms calls to read and write its state (`struct libtpms_callbacks`).
//!
//! The callbacks get no pointer of ours from C, so what they work on is a variable of the thread that calls into the
//! library ([`Storage::during`]). They never call into the TPM, so its longjmp never passes over them; and no panic
//! leaves them.

use std::cell::Cell;
use std::ffi::{CStr, c_char, c_int};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::ptr;

use super::library::{Callbacks, TPM_FAIL, TPM_RETRY, TPM_SUCCESS, c_copy};
use super::state::StateFolder;

/// The table that is registered with the library.
pub(super) static TABLE: Callbacks = Callbacks {
    size_of_struct: TABLE_SIZE,
    nvram_init: Some(nvram_init),
    nvram_load: Some(nvram_load),
    nvram_store: Some(nvram_store),
    nvram_delete: Some(nvram_delete),
    io_init: None,
    io_locality: None,
    io_physical_presence: None,
};

/// What went wrong in a callback: the library passes on a number only.
pub(super) struct Failure {
    /// `read`, `write` or `remove`.
    pub(super) action: &'static str,
    /// The file.
    pub(super) path: PathBuf,
    /// The reason.
    pub(super) source: io::Error,
}

/// What the callbacks work on.
pub(super) struct Storage {
    folder: StateFolder,
    failure: Option<Failure>,
}

impl Storage {
    pub(super) fn new(folder: StateFolder) -> Self {
        Self {
            folder,
            failure: None,
        }
    }

    /// Runs a call into the library, and says what went wrong first in its callbacks. Callbacks at any other time fail.
    pub(super) fn during<T>(&mut self, call: impl FnOnce() -> T) -> Result<T, Failure> {
        CURRENT.set(ptr::from_mut(self));
        let _reset = Reset;
        let outcome = call();
        match self.failure.take() {
            Some(failure) => Err(failure),
            None => Ok(outcome),
        }
    }
}

struct Reset;

impl Drop for Reset {
    fn drop(&mut self) {
        CURRENT.set(ptr::null_mut());
    }
}

thread_local! {
    /// Null when no call of this thread into the library is under way.
    static CURRENT: Cell<*mut Storage> = const { Cell::new(ptr::null_mut()) };
}

/// Runs `action` on the state `name`; notes its error.
fn with_state(
    verb: &'static str,
    name: *const c_char,
    action: impl FnOnce(&StateFolder, &str) -> io::Result<u32>,
) -> u32 {
    let body = || {
        if name.is_null() {
            return TPM_FAIL;
        }
        // SAFETY: the library hands over one of its string constants.
        let Ok(name) = unsafe { CStr::from_ptr(name) }.to_str() else {
            return TPM_FAIL;
        };
        // SAFETY: null, or the storage that `during` has borrowed for itself alone, and does not touch as long as the
        // library runs; callbacks do not call one another.
        let Some(current) = (unsafe { CURRENT.get().as_mut() }) else {
            return TPM_FAIL;
        };
        match action(&current.folder, name) {
            Ok(code) => code,
            Err(source) => {
                current.failure.get_or_insert_with(|| Failure {
                    action: verb,
                    path: current.folder.path().join(name),
                    source,
                });
                TPM_FAIL
            }
        }
    };
    catch_unwind(AssertUnwindSafe(body)).unwrap_or(TPM_FAIL)
}

/// `tpm_nvram_init`: the folder is there already.
unsafe extern "C" fn nvram_init() -> u32 {
    TPM_SUCCESS
}

/// `tpm_nvram_loaddata`
unsafe extern "C" fn nvram_load(
    data: *mut *mut u8,
    length: *mut u32,
    _tpm: u32,
    name: *const c_char,
) -> u32 {
    with_state("read", name, |folder, name| {
        let Some(bytes) = folder.load(name)? else {
            return Ok(TPM_RETRY);
        };
        let size = u32::try_from(bytes.len()).map_err(io::Error::other)?;
        let copy = c_copy(&bytes);
        if copy.is_null() {
            return Err(io::ErrorKind::OutOfMemory.into());
        }
        // SAFETY: the library hands over two variables of its own for the result.
        unsafe {
            *data = copy;
            *length = size;
        }
        Ok(TPM_SUCCESS)
    })
}

/// `tpm_nvram_storedata`
unsafe extern "C" fn nvram_store(
    data: *const u8,
    length: u32,
    _tpm: u32,
    name: *const c_char,
) -> u32 {
    with_state("write", name, |folder, name| {
        let bytes = if data.is_null() {
            &[]
        } else {
            // SAFETY: the library hands over `length` octets and waits for this call to return.
            unsafe { std::slice::from_raw_parts(data, length as usize) }
        };
        folder.store(name, bytes)?;
        Ok(TPM_SUCCESS)
    })
}

/// `tpm_nvram_deletename`
unsafe extern "C" fn nvram_delete(_tpm: u32, name: *const c_char, must_exist: u8) -> u32 {
    with_state("remove", name, |folder, name| {
        let existed = folder.delete(name)?;
        Ok(if existed || must_exist == 0 {
            TPM_SUCCESS
        } else {
            TPM_FAIL
        })
    })
}

/// The library copies this much of the table.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "the table has eight words"
)]
const TABLE_SIZE: c_int = size_of::<Callbacks>() as c_int;
