//! What we call of libcrypto, as its headers of 1.1.1 and of 3.x declare it alike. We are linked with none: the symbols
//! are those of the program that loads us (docs/adr/0091-undefined-symbols.md).

use std::ffi::{c_char, c_int, c_long, c_uchar, c_uint, c_ulong, c_void};
use std::marker::{PhantomData, PhantomPinned};

/// A structure of libcrypto's that is seen from outside only.
macro_rules! opaque {
    ($($name:ident)*) => {
        $(
            #[repr(C)]
            pub(super) struct $name {
                nothing: [u8; 0],
                marker: PhantomData<(*mut u8, PhantomPinned)>,
            }
        )*
    };
}

opaque!(Bignum EcGroup EcKey EcKeyMethod EcPoint EcdsaSig Engine EvpPkey ExData Rsa RsaMethod Ui UiMethod);

/// `ENGINE_CMD_DEFN`
#[repr(C)]
pub(super) struct Command {
    pub(super) number: c_uint,
    pub(super) name: *const c_char,
    pub(super) description: *const c_char,
    pub(super) flags: c_uint,
}

// SAFETY: it points to constants.
unsafe impl Sync for Command {}

/// `ERR_STRING_DATA`
#[repr(C)]
pub(super) struct ErrorString {
    pub(super) code: c_ulong,
    pub(super) text: *const c_char,
}

/// `dynamic_fns`, as far as we look into it.
#[repr(C)]
pub(super) struct DynamicFunctions {
    pub(super) static_state: *mut c_void,
}

/// `ENGINE_LOAD_KEY_PTR`
pub(super) type LoadKey =
    unsafe extern "C" fn(*mut Engine, *const c_char, *mut UiMethod, *mut c_void) -> *mut EvpPkey;
/// `ENGINE_CTRL_FUNC_PTR`
pub(super) type ControlFunction = unsafe extern "C" fn(
    *mut Engine,
    c_int,
    c_long,
    *mut c_void,
    Option<unsafe extern "C" fn()>,
) -> c_int;
/// `ENGINE_GEN_INT_FUNC_PTR`
pub(super) type EngineFunction = unsafe extern "C" fn(*mut Engine) -> c_int;
/// `sign` of an RSA_METHOD
pub(super) type RsaSign = unsafe extern "C" fn(
    c_int,
    *const c_uchar,
    c_uint,
    *mut c_uchar,
    *mut c_uint,
    *const Rsa,
) -> c_int;
/// `priv_enc` and `priv_dec` of an RSA_METHOD
pub(super) type RsaPrivate =
    unsafe extern "C" fn(c_int, *const c_uchar, *mut c_uchar, *mut Rsa, c_int) -> c_int;
/// `sign` of an EC_KEY_METHOD
pub(super) type EcSign = unsafe extern "C" fn(
    c_int,
    *const c_uchar,
    c_int,
    *mut c_uchar,
    *mut c_uint,
    *const Bignum,
    *const Bignum,
    *mut EcKey,
) -> c_int;
/// `sign_setup` of an EC_KEY_METHOD
pub(super) type EcSignSetup =
    unsafe extern "C" fn(*mut EcKey, *mut c_void, *mut *mut Bignum, *mut *mut Bignum) -> c_int;
/// `sign_sig` of an EC_KEY_METHOD
pub(super) type EcSignSig = unsafe extern "C" fn(
    *const c_uchar,
    c_int,
    *const Bignum,
    *const Bignum,
    *mut EcKey,
) -> *mut EcdsaSig;
/// `compute_key` of an EC_KEY_METHOD
pub(super) type EcComputeKey =
    unsafe extern "C" fn(*mut *mut c_uchar, *mut usize, *const EcPoint, *const EcKey) -> c_int;
/// `CRYPTO_EX_dup`; 1.1.1 declares the third as `void *`, and gives the same pointer.
pub(super) type ExDup = unsafe extern "C" fn(
    *mut ExData,
    *const ExData,
    *mut *mut c_void,
    c_int,
    c_long,
    *mut c_void,
) -> c_int;
/// `CRYPTO_EX_free`
pub(super) type ExFree =
    unsafe extern "C" fn(*mut c_void, *mut c_void, *mut ExData, c_int, c_long, *mut c_void);

unsafe extern "C" {
    pub(super) fn BN_bin2bn(
        octets: *const c_uchar,
        length: c_int,
        into: *mut Bignum,
    ) -> *mut Bignum;
    pub(super) fn BN_free(number: *mut Bignum);
    pub(super) fn CRYPTO_free(pointer: *mut c_void, file: *const c_char, line: c_int);
    pub(super) fn CRYPTO_get_ex_new_index(
        class: c_int,
        argl: c_long,
        argp: *mut c_void,
        new: *const c_void,
        dup: Option<ExDup>,
        free: Option<ExFree>,
    ) -> c_int;
    pub(super) fn CRYPTO_malloc(size: usize, file: *const c_char, line: c_int) -> *mut c_void;
    pub(super) fn EC_KEY_METHOD_get_sign(
        method: *const EcKeyMethod,
        sign: *mut Option<EcSign>,
        setup: *mut Option<EcSignSetup>,
        sign_sig: *mut Option<EcSignSig>,
    );
    pub(super) fn EC_KEY_METHOD_new(from: *const EcKeyMethod) -> *mut EcKeyMethod;
    pub(super) fn EC_KEY_METHOD_set_compute_key(
        method: *mut EcKeyMethod,
        compute_key: Option<EcComputeKey>,
    );
    pub(super) fn EC_KEY_METHOD_set_sign(
        method: *mut EcKeyMethod,
        sign: Option<EcSign>,
        setup: Option<EcSignSetup>,
        sign_sig: Option<EcSignSig>,
    );
    pub(super) fn EC_KEY_OpenSSL() -> *const EcKeyMethod;
    pub(super) fn EC_KEY_free(key: *mut EcKey);
    pub(super) fn EC_KEY_get0_group(key: *const EcKey) -> *const EcGroup;
    pub(super) fn EC_KEY_get_ex_data(key: *const EcKey, index: c_int) -> *mut c_void;
    pub(super) fn EC_KEY_new_by_curve_name(nid: c_int) -> *mut EcKey;
    pub(super) fn EC_KEY_oct2key(
        key: *mut EcKey,
        octets: *const c_uchar,
        length: usize,
        context: *mut c_void,
    ) -> c_int;
    pub(super) fn EC_KEY_set_ex_data(key: *mut EcKey, index: c_int, data: *mut c_void) -> c_int;
    pub(super) fn EC_KEY_set_method(key: *mut EcKey, method: *const EcKeyMethod) -> c_int;
    pub(super) fn EC_POINT_point2oct(
        group: *const EcGroup,
        point: *const EcPoint,
        form: c_int,
        octets: *mut c_uchar,
        length: usize,
        context: *mut c_void,
    ) -> usize;
    pub(super) fn ENGINE_get_static_state() -> *mut c_void;
    pub(super) fn ENGINE_set_cmd_defns(engine: *mut Engine, commands: *const Command) -> c_int;
    pub(super) fn ENGINE_set_ctrl_function(
        engine: *mut Engine,
        control: Option<ControlFunction>,
    ) -> c_int;
    pub(super) fn ENGINE_set_destroy_function(
        engine: *mut Engine,
        destroy: Option<EngineFunction>,
    ) -> c_int;
    pub(super) fn ENGINE_set_id(engine: *mut Engine, id: *const c_char) -> c_int;
    pub(super) fn ENGINE_set_load_privkey_function(
        engine: *mut Engine,
        load: Option<LoadKey>,
    ) -> c_int;
    pub(super) fn ENGINE_set_load_pubkey_function(
        engine: *mut Engine,
        load: Option<LoadKey>,
    ) -> c_int;
    pub(super) fn ENGINE_set_name(engine: *mut Engine, name: *const c_char) -> c_int;
    pub(super) fn ERR_add_error_data(count: c_int, ...);
    pub(super) fn ERR_get_next_error_library() -> c_int;
    pub(super) fn ERR_load_strings(library: c_int, strings: *mut ErrorString) -> c_int;
    pub(super) fn EVP_PKEY_assign(pkey: *mut EvpPkey, kind: c_int, key: *mut c_void) -> c_int;
    pub(super) fn EVP_PKEY_free(pkey: *mut EvpPkey);
    pub(super) fn EVP_PKEY_new() -> *mut EvpPkey;
    pub(super) fn RSA_PKCS1_OpenSSL() -> *const RsaMethod;
    pub(super) fn RSA_free(rsa: *mut Rsa);
    pub(super) fn RSA_get_ex_data(rsa: *const Rsa, index: c_int) -> *mut c_void;
    pub(super) fn RSA_meth_dup(method: *const RsaMethod) -> *mut RsaMethod;
    pub(super) fn RSA_meth_set1_name(method: *mut RsaMethod, name: *const c_char) -> c_int;
    pub(super) fn RSA_meth_set_priv_dec(
        method: *mut RsaMethod,
        private: Option<RsaPrivate>,
    ) -> c_int;
    pub(super) fn RSA_meth_set_priv_enc(
        method: *mut RsaMethod,
        private: Option<RsaPrivate>,
    ) -> c_int;
    pub(super) fn RSA_meth_set_sign(method: *mut RsaMethod, sign: Option<RsaSign>) -> c_int;
    pub(super) fn RSA_new() -> *mut Rsa;
    pub(super) fn RSA_set0_key(
        rsa: *mut Rsa,
        n: *mut Bignum,
        e: *mut Bignum,
        d: *mut Bignum,
    ) -> c_int;
    pub(super) fn RSA_set_ex_data(rsa: *mut Rsa, index: c_int, data: *mut c_void) -> c_int;
    pub(super) fn RSA_set_method(rsa: *mut Rsa, method: *const RsaMethod) -> c_int;
    pub(super) fn UI_add_input_string(
        ui: *mut Ui,
        prompt: *const c_char,
        flags: c_int,
        result: *mut c_char,
        minimum: c_int,
        maximum: c_int,
    ) -> c_int;
    pub(super) fn UI_add_user_data(ui: *mut Ui, data: *mut c_void) -> *mut c_void;
    pub(super) fn UI_construct_prompt(
        ui: *mut Ui,
        what: *const c_char,
        whose: *const c_char,
    ) -> *mut c_char;
    pub(super) fn UI_free(ui: *mut Ui);
    pub(super) fn UI_new_method(method: *const UiMethod) -> *mut Ui;
    pub(super) fn UI_process(ui: *mut Ui) -> c_int;
    pub(super) fn d2i_ECDSA_SIG(
        into: *mut *mut EcdsaSig,
        octets: *mut *const c_uchar,
        length: c_long,
    ) -> *mut EcdsaSig;

    /// Of the C library: what only one of the two lines of OpenSSL has is looked for.
    pub(super) fn dlsym(handle: *mut c_void, name: *const c_char) -> *mut c_void;
}
