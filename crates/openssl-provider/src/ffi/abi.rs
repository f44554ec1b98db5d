//! What OpenSSL and a provider agree on: four structures and numbers (`openssl/core.h`, `core_dispatch.h`,
//! `core_names.h`; provider(7), OSSL_PARAM(3)).
//!
//! Of a number that OpenSSL has once given out the meaning never changes, so these fit every version from 3.0 on.

use std::ffi::{c_char, c_int, c_uint, c_void};
use std::ptr;

/// `OSSL_PARAM`: one named value, and a list of them ends with one without a name.
#[repr(C)]
pub(crate) struct OsslParam {
    pub(super) key: *const c_char,
    pub(super) data_type: c_uint,
    pub(super) data: *mut c_void,
    pub(super) data_size: usize,
    pub(super) return_size: usize,
}

// SAFETY: in a `static` there are only descriptions, which have no data, and nobody writes to them.
unsafe impl Sync for OsslParam {}

impl OsslParam {
    /// Says that there is a parameter of this name and type.
    pub(crate) const fn description(key: &'static std::ffi::CStr, data_type: c_uint) -> Self {
        Self {
            key: key.as_ptr(),
            data_type,
            data: ptr::null_mut(),
            data_size: 0,
            return_size: UNMODIFIED,
        }
    }

    pub(crate) const END: Self = Self {
        key: ptr::null(),
        data_type: 0,
        data: ptr::null_mut(),
        data_size: 0,
        return_size: 0,
    };
}

/// `OSSL_DISPATCH`: a function and what it does; a table of them ends with number 0.
#[repr(C)]
pub(crate) struct OsslDispatch {
    pub(super) id: c_int,
    pub(super) function: *const (),
}

// SAFETY: it points to code.
unsafe impl Sync for OsslDispatch {}

impl OsslDispatch {
    /// A function of ours. That its type belongs to the number is up to the table, where both stand side by side.
    pub(crate) const fn new(id: c_int, function: *const ()) -> Self {
        Self { id, function }
    }

    pub(crate) const END: Self = Self {
        id: 0,
        function: ptr::null(),
    };
}

/// `OSSL_ALGORITHM`: an implementation, its names and its properties; a list ends with one without names.
#[repr(C)]
pub(crate) struct OsslAlgorithm {
    pub(super) names: *const c_char,
    pub(super) properties: *const c_char,
    pub(super) implementation: *const OsslDispatch,
    pub(super) description: *const c_char,
}

/// `OSSL_CORE_HANDLE`, known to OpenSSL only.
#[repr(C)]
pub(crate) struct OsslCoreHandle {
    _private: [u8; 0],
}

/// `OSSL_CORE_BIO`, known to OpenSSL only.
#[repr(C)]
pub(crate) struct OsslCoreBio {
    _private: [u8; 0],
}

pub(crate) const INTEGER: c_uint = 1;
pub(crate) const UNSIGNED_INTEGER: c_uint = 2;
pub(crate) const UTF8_STRING: c_uint = 4;
pub(crate) const OCTET_STRING: c_uint = 5;
pub(crate) const UTF8_PTR: c_uint = 6;
/// In `return_size`: nobody has answered.
pub(crate) const UNMODIFIED: usize = usize::MAX;

/// `OSSL_OP_*`.
pub(crate) mod operation {
    use std::ffi::c_int;

    pub(crate) const KEYMGMT: c_int = 10;
    pub(crate) const KEYEXCH: c_int = 11;
    pub(crate) const SIGNATURE: c_int = 12;
    pub(crate) const ASYM_CIPHER: c_int = 13;
    pub(crate) const ENCODER: c_int = 20;
    pub(crate) const DECODER: c_int = 21;
    pub(crate) const STORE: c_int = 22;
}

/// `OSSL_KEYMGMT_SELECT_*`.
pub(crate) mod selection {
    use std::ffi::c_int;

    pub(crate) const PRIVATE_KEY: c_int = 0x01;
    pub(crate) const PUBLIC_KEY: c_int = 0x02;
    pub(crate) const KEYPAIR: c_int = PRIVATE_KEY | PUBLIC_KEY;
    pub(crate) const DOMAIN_PARAMETERS: c_int = 0x04;
    pub(crate) const ALL_PARAMETERS: c_int = 0x84;
    pub(crate) const ALL: c_int = KEYPAIR | ALL_PARAMETERS;
}

/// `OSSL_FUNC_*` that OpenSSL has for us.
pub(super) mod upcall {
    use std::ffi::c_int;

    pub(crate) const CORE_GET_PARAMS: c_int = 2;
    pub(crate) const CORE_NEW_ERROR: c_int = 5;
    pub(crate) const CORE_SET_ERROR_DEBUG: c_int = 6;
    pub(crate) const CORE_VSET_ERROR: c_int = 7;
    pub(crate) const CORE_SET_ERROR_MARK: c_int = 8;
    pub(crate) const CORE_CLEAR_LAST_ERROR_MARK: c_int = 9;
    pub(crate) const CORE_POP_ERROR_TO_MARK: c_int = 10;
    pub(crate) const BIO_READ_EX: c_int = 42;
    pub(crate) const BIO_WRITE_EX: c_int = 43;
}

/// `OSSL_FUNC_PROVIDER_*`.
pub(crate) mod provider {
    use std::ffi::c_int;

    pub(crate) const TEARDOWN: c_int = 1024;
    pub(crate) const GETTABLE_PARAMS: c_int = 1025;
    pub(crate) const GET_PARAMS: c_int = 1026;
    pub(crate) const QUERY_OPERATION: c_int = 1027;
    pub(crate) const GET_REASON_STRINGS: c_int = 1029;
}

/// `OSSL_FUNC_KEYMGMT_*`.
pub(crate) mod keymgmt {
    use std::ffi::c_int;

    pub(crate) const NEW: c_int = 1;
    pub(crate) const GEN_INIT: c_int = 2;
    pub(crate) const GEN_SET_TEMPLATE: c_int = 3;
    pub(crate) const GEN_SET_PARAMS: c_int = 4;
    pub(crate) const GEN_SETTABLE_PARAMS: c_int = 5;
    pub(crate) const GEN: c_int = 6;
    pub(crate) const GEN_CLEANUP: c_int = 7;
    pub(crate) const LOAD: c_int = 8;
    pub(crate) const FREE: c_int = 10;
    pub(crate) const GET_PARAMS: c_int = 11;
    pub(crate) const GETTABLE_PARAMS: c_int = 12;
    pub(crate) const SET_PARAMS: c_int = 13;
    pub(crate) const SETTABLE_PARAMS: c_int = 14;
    pub(crate) const QUERY_OPERATION_NAME: c_int = 20;
    pub(crate) const HAS: c_int = 21;
    pub(crate) const MATCH: c_int = 23;
    pub(crate) const IMPORT: c_int = 40;
    pub(crate) const IMPORT_TYPES: c_int = 41;
    pub(crate) const EXPORT: c_int = 42;
    pub(crate) const EXPORT_TYPES: c_int = 43;
    pub(crate) const DUP: c_int = 44;
}

/// `OSSL_FUNC_KEYEXCH_*`.
pub(crate) mod keyexch {
    use std::ffi::c_int;

    pub(crate) const NEWCTX: c_int = 1;
    pub(crate) const INIT: c_int = 2;
    pub(crate) const DERIVE: c_int = 3;
    pub(crate) const SET_PEER: c_int = 4;
    pub(crate) const FREECTX: c_int = 5;
    pub(crate) const DUPCTX: c_int = 6;
    pub(crate) const SET_CTX_PARAMS: c_int = 7;
    pub(crate) const SETTABLE_CTX_PARAMS: c_int = 8;
    pub(crate) const GET_CTX_PARAMS: c_int = 9;
    pub(crate) const GETTABLE_CTX_PARAMS: c_int = 10;
}

/// `OSSL_FUNC_SIGNATURE_*`.
pub(crate) mod signature {
    use std::ffi::c_int;

    pub(crate) const NEWCTX: c_int = 1;
    pub(crate) const SIGN_INIT: c_int = 2;
    pub(crate) const SIGN: c_int = 3;
    pub(crate) const VERIFY_INIT: c_int = 4;
    pub(crate) const VERIFY: c_int = 5;
    pub(crate) const DIGEST_SIGN_INIT: c_int = 8;
    pub(crate) const DIGEST_SIGN_UPDATE: c_int = 9;
    pub(crate) const DIGEST_SIGN_FINAL: c_int = 10;
    pub(crate) const DIGEST_VERIFY_INIT: c_int = 12;
    pub(crate) const DIGEST_VERIFY_UPDATE: c_int = 13;
    pub(crate) const DIGEST_VERIFY_FINAL: c_int = 14;
    pub(crate) const FREECTX: c_int = 16;
    pub(crate) const DUPCTX: c_int = 17;
    pub(crate) const GET_CTX_PARAMS: c_int = 18;
    pub(crate) const GETTABLE_CTX_PARAMS: c_int = 19;
    pub(crate) const SET_CTX_PARAMS: c_int = 20;
    pub(crate) const SETTABLE_CTX_PARAMS: c_int = 21;
}

/// `OSSL_FUNC_ASYM_CIPHER_*`.
pub(crate) mod asym_cipher {
    use std::ffi::c_int;

    pub(crate) const NEWCTX: c_int = 1;
    pub(crate) const DECRYPT_INIT: c_int = 4;
    pub(crate) const DECRYPT: c_int = 5;
    pub(crate) const FREECTX: c_int = 6;
    pub(crate) const DUPCTX: c_int = 7;
    pub(crate) const GET_CTX_PARAMS: c_int = 8;
    pub(crate) const GETTABLE_CTX_PARAMS: c_int = 9;
    pub(crate) const SET_CTX_PARAMS: c_int = 10;
    pub(crate) const SETTABLE_CTX_PARAMS: c_int = 11;
}

/// `OSSL_FUNC_ENCODER_*`.
pub(crate) mod encoder {
    use std::ffi::c_int;

    pub(crate) const NEWCTX: c_int = 1;
    pub(crate) const FREECTX: c_int = 2;
    pub(crate) const DOES_SELECTION: c_int = 10;
    pub(crate) const ENCODE: c_int = 11;
}

/// `OSSL_FUNC_DECODER_*`.
pub(crate) mod decoder {
    use std::ffi::c_int;

    pub(crate) const NEWCTX: c_int = 1;
    pub(crate) const FREECTX: c_int = 2;
    pub(crate) const DECODE: c_int = 11;
}

/// `OSSL_FUNC_STORE_*`.
pub(crate) mod store {
    use std::ffi::c_int;

    pub(crate) const OPEN: c_int = 1;
    pub(crate) const SETTABLE_CTX_PARAMS: c_int = 3;
    pub(crate) const SET_CTX_PARAMS: c_int = 4;
    pub(crate) const LOAD: c_int = 5;
    pub(crate) const EOF: c_int = 6;
    pub(crate) const CLOSE: c_int = 7;
}
