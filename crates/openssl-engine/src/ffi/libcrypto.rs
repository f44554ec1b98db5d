//! What we call of libcrypto, as its headers of 1.1.1 and of 3.x declare it alike. We are linked with none: the functions
//! are looked up in the one that calls us, wherever it is (docs/adr/0091-the-libcrypto-that-calls.md).

use std::ffi::{CStr, c_char, c_int, c_long, c_uchar, c_uint, c_ulong, c_void};
use std::marker::{PhantomData, PhantomPinned};
use std::sync::OnceLock;

use tpm2ca_openssl_keys::Error;

use super::errors::Queue;
use super::library::Library;

/// Gets to know the libcrypto that has something of its own at `state`.
pub(super) fn know(state: *const c_void) -> Result<(), Error> {
    let another = || {
        Error::unsupported(
            "a second copy of libcrypto in one program",
            "the engine works with the first that has loaded it",
        )
    };
    if let Some(known) = KNOWN.get() {
        return if known.state == state.addr() {
            Ok(())
        } else {
            Err(another())
        };
    }
    let library = Library::around(state)
        .ok_or_else(|| Error::unsupported("this program", "it has no libcrypto where it says"))?;
    let missing = |name: &CStr| {
        Error::unsupported(
            format!("a libcrypto without `{}`", name.to_string_lossy()),
            "OpenSSL 1.1.1 to 3.x has it",
        )
    };
    // SAFETY: it is declared like this in the headers.
    let own_state: unsafe extern "C" fn() -> *const c_void =
        unsafe { library.function(STATE) }.ok_or_else(|| missing(STATE))?;
    // SAFETY: it takes nothing, and returns an address that is only compared.
    if unsafe { own_state() } != state {
        return Err(another());
    }
    let known = Known {
        state: state.addr(),
        functions: Functions::find(&library).map_err(missing)?,
        queue: Queue::find(&library),
    };
    // If another thread was faster, it has found the same.
    let _ = KNOWN.set(known);
    Ok(())
}

/// Its error queue, once it is known.
pub(super) fn queue() -> Option<&'static Queue> {
    KNOWN.get().map(|known| &known.queue)
}

/// A libcrypto, which stays loaded.
struct Known {
    /// The address by which it is told from others.
    state: usize,
    functions: Functions,
    queue: Queue,
}

static KNOWN: OnceLock<Known> = OnceLock::new();

const STATE: &CStr = c"ENGINE_get_static_state";

/// Nothing of ours is called before the engine is bound, and that comes after [`know`].
#[expect(clippy::expect_used, reason = "as said above")]
fn functions() -> &'static Functions {
    &KNOWN.get().expect("the engine is bound").functions
}

/// Declarations of libcrypto's functions. Each becomes a function here that calls the one that was found.
macro_rules! functions {
    ($(fn $name:ident($($argument:ident: $type:ty),* $(,)?) $(-> $result:ty)?;)*) => {
        #[allow(non_snake_case, reason = "libcrypto's own names")]
        struct Functions {
            $($name: unsafe extern "C" fn($($type),*) $(-> $result)?,)*
        }

        impl Functions {
            /// All of them, or the name of one that is not there.
            fn find(library: &Library) -> Result<Self, &'static CStr> {
                Ok(Self {
                    $($name: {
                        let name = c_name(concat!(stringify!($name), "\0"));
                        // SAFETY: it is declared like this in the headers.
                        unsafe { library.function(name) }.ok_or(name)?
                    },)*
                })
            }
        }

        $(
            #[allow(non_snake_case, reason = "libcrypto's own name")]
            pub(super) unsafe fn $name($($argument: $type),*) $(-> $result)? {
                // SAFETY: it is as safe to call as the function itself.
                unsafe { (functions().$name)($($argument),*) }
            }
        )*
    };
}

const fn c_name(name: &'static str) -> &'static CStr {
    match CStr::from_bytes_with_nul(name.as_bytes()) {
        Ok(name) => name,
        Err(_) => c"",
    }
}

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

functions! {
    fn BN_bin2bn(
        octets: *const c_uchar,
        length: c_int,
        into: *mut Bignum,
    ) -> *mut Bignum;
    fn BN_free(number: *mut Bignum);
    fn CRYPTO_free(pointer: *mut c_void, file: *const c_char, line: c_int);
    fn CRYPTO_get_ex_data(data: *const ExData, index: c_int) -> *mut c_void;
    fn CRYPTO_get_ex_new_index(
        class: c_int,
        argl: c_long,
        argp: *mut c_void,
        new: *const c_void,
        dup: Option<ExDup>,
        free: Option<ExFree>,
    ) -> c_int;
    fn CRYPTO_malloc(size: usize, file: *const c_char, line: c_int) -> *mut c_void;
    fn CRYPTO_set_ex_data(data: *mut ExData, index: c_int, value: *mut c_void) -> c_int;
    fn EC_KEY_METHOD_get_sign(
        method: *const EcKeyMethod,
        sign: *mut Option<EcSign>,
        setup: *mut Option<EcSignSetup>,
        sign_sig: *mut Option<EcSignSig>,
    );
    fn EC_KEY_METHOD_new(from: *const EcKeyMethod) -> *mut EcKeyMethod;
    fn EC_KEY_METHOD_set_compute_key(
        method: *mut EcKeyMethod,
        compute_key: Option<EcComputeKey>,
    );
    fn EC_KEY_METHOD_set_sign(
        method: *mut EcKeyMethod,
        sign: Option<EcSign>,
        setup: Option<EcSignSetup>,
        sign_sig: Option<EcSignSig>,
    );
    fn EC_KEY_OpenSSL() -> *const EcKeyMethod;
    fn EC_KEY_free(key: *mut EcKey);
    fn EC_KEY_get0_group(key: *const EcKey) -> *const EcGroup;
    fn EC_KEY_get_ex_data(key: *const EcKey, index: c_int) -> *mut c_void;
    fn EC_KEY_new_by_curve_name(nid: c_int) -> *mut EcKey;
    fn EC_KEY_oct2key(
        key: *mut EcKey,
        octets: *const c_uchar,
        length: usize,
        context: *mut c_void,
    ) -> c_int;
    fn EC_KEY_set_ex_data(key: *mut EcKey, index: c_int, data: *mut c_void) -> c_int;
    fn EC_KEY_set_method(key: *mut EcKey, method: *const EcKeyMethod) -> c_int;
    fn EC_POINT_point2oct(
        group: *const EcGroup,
        point: *const EcPoint,
        form: c_int,
        octets: *mut c_uchar,
        length: usize,
        context: *mut c_void,
    ) -> usize;
    fn ENGINE_set_cmd_defns(engine: *mut Engine, commands: *const Command) -> c_int;
    fn ENGINE_set_ctrl_function(
        engine: *mut Engine,
        control: Option<ControlFunction>,
    ) -> c_int;
    fn ENGINE_set_destroy_function(
        engine: *mut Engine,
        destroy: Option<EngineFunction>,
    ) -> c_int;
    fn ENGINE_set_id(engine: *mut Engine, id: *const c_char) -> c_int;
    fn ENGINE_set_load_privkey_function(
        engine: *mut Engine,
        load: Option<LoadKey>,
    ) -> c_int;
    fn ENGINE_set_load_pubkey_function(
        engine: *mut Engine,
        load: Option<LoadKey>,
    ) -> c_int;
    fn ENGINE_set_name(engine: *mut Engine, name: *const c_char) -> c_int;
    fn EVP_PKEY_assign(pkey: *mut EvpPkey, kind: c_int, key: *mut c_void) -> c_int;
    fn EVP_PKEY_free(pkey: *mut EvpPkey);
    fn EVP_PKEY_new() -> *mut EvpPkey;
    fn RSA_PKCS1_OpenSSL() -> *const RsaMethod;
    fn RSA_free(rsa: *mut Rsa);
    fn RSA_get_ex_data(rsa: *const Rsa, index: c_int) -> *mut c_void;
    fn RSA_meth_dup(method: *const RsaMethod) -> *mut RsaMethod;
    fn RSA_meth_set1_name(method: *mut RsaMethod, name: *const c_char) -> c_int;
    fn RSA_meth_set_priv_dec(
        method: *mut RsaMethod,
        private: Option<RsaPrivate>,
    ) -> c_int;
    fn RSA_meth_set_priv_enc(
        method: *mut RsaMethod,
        private: Option<RsaPrivate>,
    ) -> c_int;
    fn RSA_meth_set_sign(method: *mut RsaMethod, sign: Option<RsaSign>) -> c_int;
    fn RSA_new() -> *mut Rsa;
    fn RSA_set0_key(
        rsa: *mut Rsa,
        n: *mut Bignum,
        e: *mut Bignum,
        d: *mut Bignum,
    ) -> c_int;
    fn RSA_set_ex_data(rsa: *mut Rsa, index: c_int, data: *mut c_void) -> c_int;
    fn RSA_set_method(rsa: *mut Rsa, method: *const RsaMethod) -> c_int;
    fn UI_add_input_string(
        ui: *mut Ui,
        prompt: *const c_char,
        flags: c_int,
        result: *mut c_char,
        minimum: c_int,
        maximum: c_int,
    ) -> c_int;
    fn UI_add_user_data(ui: *mut Ui, data: *mut c_void) -> *mut c_void;
    fn UI_construct_prompt(
        ui: *mut Ui,
        what: *const c_char,
        whose: *const c_char,
    ) -> *mut c_char;
    fn UI_free(ui: *mut Ui);
    fn UI_new_method(method: *const UiMethod) -> *mut Ui;
    fn UI_process(ui: *mut Ui) -> c_int;
    fn d2i_ECDSA_SIG(
        into: *mut *mut EcdsaSig,
        octets: *mut *const c_uchar,
        length: c_long,
    ) -> *mut EcdsaSig;
}
