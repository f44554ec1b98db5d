//! What OpenSSL has for providers (provider-base(7)): the error queue, the configuration, reading and writing.

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::marker::PhantomData;
use std::ptr;

use super::abi::{self, OsslCoreBio, OsslCoreHandle, OsslDispatch, OsslParam, upcall};

type GetParams = unsafe extern "C" fn(*const OsslCoreHandle, *mut OsslParam) -> c_int;
type NewError = unsafe extern "C" fn(*const OsslCoreHandle);
type SetErrorDebug =
    unsafe extern "C" fn(*const OsslCoreHandle, *const c_char, c_int, *const c_char);
/// The last one is a `va_list`, which is a pointer or passed as one wherever Linux and macOS run.
type VsetError = unsafe extern "C" fn(*const OsslCoreHandle, u32, *const c_char, *const c_void);
/// `OSSL_FUNC_core_set_error_mark`, and the two that remove a mark
type Mark = unsafe extern "C" fn(*const OsslCoreHandle) -> c_int;
type ReadEx = unsafe extern "C" fn(*mut OsslCoreBio, *mut c_void, usize, *mut usize) -> c_int;
type WriteEx = unsafe extern "C" fn(*mut OsslCoreBio, *const c_void, usize, *mut usize) -> c_int;

/// OpenSSL, as it calls itself towards one provider. What it lacks does nothing.
#[derive(Clone, Copy)]
pub(crate) struct Core {
    handle: *const OsslCoreHandle,
    get_params: Option<GetParams>,
    new_error: Option<NewError>,
    set_error_debug: Option<SetErrorDebug>,
    vset_error: Option<VsetError>,
    set_error_mark: Option<Mark>,
    clear_last_error_mark: Option<Mark>,
    pop_error_to_mark: Option<Mark>,
    read_ex: Option<ReadEx>,
    write_ex: Option<WriteEx>,
}

// SAFETY: these functions may be called by any thread; the handle is never looked into and never changes.
unsafe impl Send for Core {}
// SAFETY: as above.
unsafe impl Sync for Core {}

impl Core {
    /// # Safety
    /// `handle` and `functions`, a list with an end, are what OpenSSL gave to `OSSL_provider_init`.
    pub(super) unsafe fn new(
        handle: *const OsslCoreHandle,
        functions: *const OsslDispatch,
    ) -> Self {
        let mut core = Self {
            handle,
            get_params: None,
            new_error: None,
            set_error_debug: None,
            vset_error: None,
            set_error_mark: None,
            clear_last_error_mark: None,
            pop_error_to_mark: None,
            read_ex: None,
            write_ex: None,
        };
        let mut at = functions;
        while !at.is_null() {
            // SAFETY: the list has an end, and the loop stops there.
            let OsslDispatch { id, function } = unsafe { ptr::read(at) };
            if id == 0 {
                break;
            }
            // SAFETY: OpenSSL's headers give these types to these numbers, and a null pointer becomes `None`.
            unsafe {
                match id {
                    upcall::CORE_GET_PARAMS => core.get_params = typed(function),
                    upcall::CORE_NEW_ERROR => core.new_error = typed(function),
                    upcall::CORE_SET_ERROR_DEBUG => core.set_error_debug = typed(function),
                    upcall::CORE_VSET_ERROR => core.vset_error = typed(function),
                    upcall::CORE_SET_ERROR_MARK => core.set_error_mark = typed(function),
                    upcall::CORE_CLEAR_LAST_ERROR_MARK => {
                        core.clear_last_error_mark = typed(function);
                    }
                    upcall::CORE_POP_ERROR_TO_MARK => core.pop_error_to_mark = typed(function),
                    upcall::BIO_READ_EX => core.read_ex = typed(function),
                    upcall::BIO_WRITE_EX => core.write_ex = typed(function),
                    _ => {}
                }
            }
            // SAFETY: this one was not the end, so there is another.
            at = unsafe { at.add(1) };
        }
        core
    }

    /// Puts an error into the calling thread's queue.
    pub(crate) fn raise(&self, function: &'static CStr, reason: u32, text: &str) {
        let (Some(new_error), Some(set_error_debug), Some(vset_error)) =
            (self.new_error, self.set_error_debug, self.vset_error)
        else {
            return;
        };
        // It is a format, and there are no arguments for it.
        let format = text.replace('\0', " ").replace('%', "%%");
        let Ok(format) = CString::new(format) else {
            return;
        };
        let no_arguments = [0_u64; 8];
        // SAFETY: the handle is the one these functions came with, the strings are C strings, and a format without
        // directives takes nothing from the list of arguments.
        unsafe {
            new_error(self.handle);
            set_error_debug(self.handle, SOURCE.as_ptr(), 0, function.as_ptr());
            vset_error(
                self.handle,
                reason,
                format.as_ptr(),
                no_arguments.as_ptr().cast(),
            );
        }
    }

    /// Marks the end of the calling thread's queue. Each mark is removed by one call of [`Self::pop_errors_to_mark`] or
    /// [`Self::clear_error_mark`].
    pub(super) fn set_error_mark(&self) {
        self.call_mark(self.set_error_mark);
    }

    /// Removes the last mark, and the errors behind it.
    pub(super) fn pop_errors_to_mark(&self) {
        self.call_mark(self.pop_error_to_mark);
    }

    /// Removes the last mark, and keeps the errors behind it.
    pub(super) fn clear_error_mark(&self) {
        self.call_mark(self.clear_last_error_mark);
    }

    fn call_mark(&self, function: Option<Mark>) {
        if let (Some(function), Some(_), Some(_), Some(_)) = (
            function,
            self.set_error_mark,
            self.pop_error_to_mark,
            self.clear_last_error_mark,
        ) {
            // SAFETY: the handle is the one these functions came with.
            unsafe { function(self.handle) };
        }
    }

    /// A value of the provider's section in openssl.cnf, or what OpenSSL itself says under that name.
    pub(crate) fn setting(&self, key: &CStr) -> Option<String> {
        let get_params = self.get_params?;
        let mut value: *const c_char = ptr::null();
        let mut list = [
            OsslParam {
                key: key.as_ptr(),
                data_type: abi::UTF8_PTR,
                data: ptr::from_mut(&mut value).cast(),
                data_size: size_of::<*const c_char>(),
                return_size: abi::UNMODIFIED,
            },
            OsslParam::END,
        ];
        // SAFETY: the list has an end, and the pointer that it asks for is alive.
        let done = unsafe { get_params(self.handle, list.as_mut_ptr()) };
        if done != 1 || value.is_null() {
            return None;
        }
        // SAFETY: it is a C string that lives as long as the provider is loaded, and it is copied here.
        let text = unsafe { CStr::from_ptr(value) };
        Some(text.to_str().ok()?.to_owned())
    }

    /// # Safety
    /// `bio` is what OpenSSL gave to the call that is going on.
    pub(crate) unsafe fn bio<'a>(self, bio: *mut OsslCoreBio) -> Bio<'a> {
        Bio {
            core: self,
            pointer: bio,
            life: PhantomData,
        }
    }
}

/// Something to read from or write to, for the time of one call.
pub(crate) struct Bio<'a> {
    core: Core,
    pointer: *mut OsslCoreBio,
    life: PhantomData<&'a mut OsslCoreBio>,
}

impl Bio<'_> {
    /// Reads some octets; 0 at the end.
    pub(crate) fn read(&mut self, octets: &mut [u8]) -> usize {
        let mut count = 0;
        if let Some(read_ex) = self.core.read_ex {
            // SAFETY: there is room for as many octets as are asked for.
            let done = unsafe {
                read_ex(
                    self.pointer,
                    octets.as_mut_ptr().cast(),
                    octets.len(),
                    &raw mut count,
                )
            };
            if done != 1 {
                return 0;
            }
        }
        count.min(octets.len())
    }

    /// Writes all octets; whether that worked.
    pub(crate) fn write(&mut self, mut octets: &[u8]) -> bool {
        let Some(write_ex) = self.core.write_ex else {
            return false;
        };
        while !octets.is_empty() {
            let mut count = 0;
            // SAFETY: there are as many octets as are offered.
            let done = unsafe {
                write_ex(
                    self.pointer,
                    octets.as_ptr().cast(),
                    octets.len(),
                    &raw mut count,
                )
            };
            match octets.get(count..) {
                Some(rest) if done == 1 && count > 0 => octets = rest,
                _ => return false,
            }
        }
        true
    }
}

/// # Safety
/// `F` is the type of a function, and this is one or null.
unsafe fn typed<F: Copy>(function: *const ()) -> Option<F> {
    const {
        assert!(size_of::<F>() == size_of::<*const ()>());
    }
    if function.is_null() {
        return None;
    }
    // SAFETY: as promised, and both have the size of a pointer.
    Some(unsafe { std::mem::transmute_copy(&function) })
}

/// Where errors come from, in OpenSSL's queue.
const SOURCE: &CStr = c"tpm2ca";
