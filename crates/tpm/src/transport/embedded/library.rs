//! The functions of `libtpms.so.0` that are used, and nothing else of it (`tpm_library.h`, libtpms 0.9).

use std::ffi::{c_char, c_int, c_void};
use std::fs::OpenOptions;
use std::os::fd::IntoRawFd;
use std::sync::OnceLock;

use crate::transport::TransportError;

/// The loaded library. It stays loaded until the process ends, since libcrypto below it registers exit handlers.
///
/// There is one TPM in it, in C globals: `start`, `process` and `stop` are called by the one holder of the
/// [`super::ProcessSlot`].
pub(super) struct Library {
    choose_version: unsafe extern "C" fn(c_int) -> u32,
    register_callbacks: unsafe extern "C" fn(*const Callbacks) -> u32,
    main_init: unsafe extern "C" fn() -> u32,
    process: unsafe extern "C" fn(*mut *mut u8, *mut u32, *mut u32, *mut u8, u32) -> u32,
    terminate: unsafe extern "C" fn(),
}

impl Library {
    /// Starts the TPM; the error is the function that failed and its return code.
    ///
    /// In a child that was forked off, the copy of its parent's TPM has to be stopped before ([`Self::stop`]).
    pub(super) fn start(&self, callbacks: &'static Callbacks) -> Result<(), (&'static str, u32)> {
        // SAFETY: plain values, and a table with the layout the header demands, which lives for ever. The caller
        // holds the process's slot, so no other call into the library runs.
        unsafe {
            succeed("TPMLIB_ChooseTPMVersion", (self.choose_version)(TPM_2))?;
            succeed(
                "TPMLIB_RegisterCallbacks",
                (self.register_callbacks)(callbacks),
            )?;
            succeed("TPMLIB_MainInit", (self.main_init)())
        }
    }

    /// Runs one command; `response` holds the answer afterwards.
    pub(super) fn process(
        &self,
        response: &mut Response,
        command: &[u8],
    ) -> Result<(), (&'static str, u32)> {
        // The header says `unsigned char *` without const, so the library gets its own copy.
        let mut command = command.to_vec();
        let size = u32::try_from(command.len()).map_err(|_| ("TPMLIB_Process", TPM_FAIL))?;
        response.size = 0;
        // SAFETY: `buffer` is null or was allocated by the library in an earlier call and has `capacity` octets;
        // the library reallocates it with the C allocator as it needs and writes all three back. `command` is
        // valid for `size` octets during the call. The caller holds the process's slot. A failing TPM leaves by
        // longjmp inside the library, over C frames only: the callbacks have returned by then.
        let code = unsafe {
            (self.process)(
                &raw mut response.buffer,
                &raw mut response.size,
                &raw mut response.capacity,
                command.as_mut_ptr(),
                size,
            )
        };
        zeroize::Zeroize::zeroize(&mut command);
        succeed("TPMLIB_Process", code)
    }

    /// Stops the TPM. May be called on one that did not start.
    pub(super) fn stop(&self) {
        // SAFETY: takes nothing, and the caller holds the process's slot.
        unsafe { (self.terminate)() }
    }
}

/// The library's response buffer, which it allocates and reuses.
pub(super) struct Response {
    buffer: *mut u8,
    size: u32,
    capacity: u32,
}

impl Response {
    /// The last response.
    pub(super) fn bytes(&self) -> &[u8] {
        if self.buffer.is_null() || self.size > self.capacity {
            return &[];
        }
        // SAFETY: the library has written `size` octets into a buffer of `capacity`, and touches it next in
        // `process`, which needs this value exclusively.
        unsafe { std::slice::from_raw_parts(self.buffer, self.size as usize) }
    }
}

impl Default for Response {
    fn default() -> Self {
        Self {
            buffer: std::ptr::null_mut(),
            size: 0,
            capacity: 0,
        }
    }
}

impl Drop for Response {
    fn drop(&mut self) {
        // SAFETY: null, or allocated with the C allocator by the library, which no longer knows of it.
        unsafe { free(self.buffer.cast()) }
    }
}

// SAFETY: the buffer belongs to this value alone, and the C allocator does not mind which thread frees it.
unsafe impl Send for Response {}

/// `struct libtpms_callbacks`. Null for `tpm_io_*` means the library's own, which say locality 0.
#[repr(C)]
pub(super) struct Callbacks {
    pub(super) size_of_struct: c_int,
    pub(super) nvram_init: Option<unsafe extern "C" fn() -> u32>,
    pub(super) nvram_load:
        Option<unsafe extern "C" fn(*mut *mut u8, *mut u32, u32, *const c_char) -> u32>,
    pub(super) nvram_store: Option<unsafe extern "C" fn(*const u8, u32, u32, *const c_char) -> u32>,
    pub(super) nvram_delete: Option<unsafe extern "C" fn(u32, *const c_char, u8) -> u32>,
    pub(super) io_init: Option<unsafe extern "C" fn() -> u32>,
    pub(super) io_locality: Option<unsafe extern "C" fn(*mut u32, u32) -> u32>,
    pub(super) io_physical_presence: Option<unsafe extern "C" fn(*mut u8, u32) -> u32>,
}

/// The library, loaded at the first call.
pub(super) fn load() -> Result<&'static Library, TransportError> {
    static LOADED: OnceLock<Library> = OnceLock::new();
    if let Some(library) = LOADED.get() {
        return Ok(library);
    }
    let library = open().map_err(|error| TransportError::LibraryMissing {
        library: FILE_NAME,
        reason: error.to_string(),
    })?;
    Ok(LOADED.get_or_init(|| library))
}

fn open() -> Result<Library, libloading::Error> {
    // SAFETY: libtpms and the libcrypto it loads have no initialisers that need anything of the caller.
    let library = unsafe { libloading::Library::new(FILE_NAME)? };
    silence(&library)?;
    // SAFETY: the types are those of `tpm_library.h` for every libtpms.so.0.
    let functions = unsafe {
        Library {
            choose_version: *library.get(b"TPMLIB_ChooseTPMVersion\0")?,
            register_callbacks: *library.get(b"TPMLIB_RegisterCallbacks\0")?,
            main_init: *library.get(b"TPMLIB_MainInit\0")?,
            process: *library.get(b"TPMLIB_Process\0")?,
            terminate: *library.get(b"TPMLIB_Terminate\0")?,
        }
    };
    // Never unloaded, so that the functions stay valid.
    std::mem::forget(library);
    Ok(functions)
}

/// Sends what the library prints nowhere: on a failure it would show the whole command, and a command may carry an
/// authorization value. Without `/dev/null` it stays as it is.
fn silence(library: &libloading::Library) -> Result<(), libloading::Error> {
    if let Ok(nowhere) = OpenOptions::new().write(true).open("/dev/null") {
        // SAFETY: the type is that of `tpm_library.h`, and the descriptor stays open for ever.
        unsafe {
            let set_debug_fd: libloading::Symbol<'_, unsafe extern "C" fn(c_int)> =
                library.get(b"TPMLIB_SetDebugFD\0")?;
            set_debug_fd(nowhere.into_raw_fd());
        }
    }
    Ok(())
}

/// Memory that the library frees with the C `free`, as `tpm_nvram_loaddata` must hand out; null when there is
/// none.
pub(super) fn c_copy(bytes: &[u8]) -> *mut u8 {
    // SAFETY: `malloc` takes any size; of none it may return null, so one octet is the least that is asked for.
    let copy = unsafe { malloc(bytes.len().max(1)) }.cast::<u8>();
    if !copy.is_null() {
        // SAFETY: `copy` is fresh and at least as long as `bytes`.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), copy, bytes.len()) };
    }
    copy
}

fn succeed(call: &'static str, code: u32) -> Result<(), (&'static str, u32)> {
    if code == TPM_SUCCESS {
        Ok(())
    } else {
        Err((call, code))
    }
}

unsafe extern "C" {
    fn malloc(size: usize) -> *mut c_void;
    fn free(memory: *mut c_void);
}

const FILE_NAME: &str = "libtpms.so.0";
/// `TPMLIB_TPM_VERSION_2` of `enum TPMLIB_TPMVersion`, which counts from 0.
const TPM_2: c_int = 1;
/// It went well.
pub(super) const TPM_SUCCESS: u32 = 0;
/// It did not.
pub(super) const TPM_FAIL: u32 = 9;
/// Of `tpm_nvram_loaddata`: there is nothing under that name.
pub(super) const TPM_RETRY: u32 = 0x800;
