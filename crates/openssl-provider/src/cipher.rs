//! Decryption with RSA keys of the TPM (provider-asym_cipher(7)).

use std::ffi::CStr;
use std::sync::Arc;

use tpm2ca_openssl_keys::digest::Md;
use tpm2ca_openssl_keys::unpad::{Oaep, TLS_SECRET_LEN};
use tpm2ca_openssl_keys::{Error, Key, secret};

use crate::ffi::abi::{OsslDispatch, OsslParam, asym_cipher as function, operation};
use crate::ffi::algorithms::Implementation;
use crate::ffi::core::Core;
use crate::ffi::entry::{Held, Nothing, Output, descriptions, entry, functions};
use crate::ffi::params::{Answers, Param, Params};
use crate::key::KeyObject;
use crate::provider::Provider;

/// One decryption.
#[derive(Clone)]
struct Context {
    provider: Provider,
    key: Option<Arc<Key>>,
    padding: Padding,
    oaep_md: Md,
    mgf1_md: Option<Md>,
    label: Vec<u8>,
    /// A wrong padding becomes a message that only depends on key and cipher text.
    implicit_rejection: bool,
    /// Version of TLS that the client offered, and the one agreed on, where that differs.
    tls_versions: [u16; 2],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Padding {
    Pkcs1,
    None,
    Oaep,
    /// PKCS#1 around the secret of a TLS handshake (RFC 5246, 7.4.7.1).
    Tls,
}

impl Held for Context {
    fn core(&self) -> Core {
        self.provider.core()
    }
}

impl Context {
    fn new(provider: &Provider) -> Box<Self> {
        Box::new(Self {
            provider: provider.clone(),
            key: None,
            padding: Padding::Pkcs1,
            oaep_md: Md::Sha1,
            mgf1_md: None,
            label: Vec::new(),
            implicit_rejection: true,
            tls_versions: [0; 2],
        })
    }

    fn begin(&mut self, key: Option<&KeyObject>, params: Params<'_>) -> Result<(), Error> {
        let key = key.ok_or(Error::NoKey)?.key()?;
        secret::check_decrypts(key)?;
        self.key = Some(Arc::clone(key));
        self.set(params)
    }

    fn decrypt(&mut self, mut output: Output<'_>, cipher_text: &[u8]) -> Result<(), Error> {
        let key = self.key.as_ref().ok_or(Error::NoKey)?;
        let length = match self.padding {
            Padding::Tls => TLS_SECRET_LEN,
            _ => key.max_size(),
        };
        if output.is_question() {
            output.announce(length);
            return Ok(());
        }
        // Room for any message, as OpenSSL wants it: too little for some would tell how long this one is.
        output.check_room(length)?;
        let padding = match self.padding {
            Padding::None => secret::Padding::None,
            Padding::Pkcs1 if self.implicit_rejection => secret::Padding::Pkcs1,
            Padding::Pkcs1 => secret::Padding::Pkcs1OrError,
            Padding::Oaep => secret::Padding::Oaep(Oaep {
                md: self.oaep_md,
                mgf1: self.mgf1_md.unwrap_or(self.oaep_md),
                label: self.label.clone(),
            }),
            Padding::Tls => secret::Padding::Tls(self.tls_versions),
        };
        output.write(&secret::decrypt(key, &padding, cipher_text)?)
    }

    fn set(&mut self, params: Params<'_>) -> Result<(), Error> {
        if let Some(padding) = params.find(PAD_MODE) {
            self.padding = Padding::read(padding).ok_or_else(|| Error::parameter(PAD_MODE))?;
        }
        if let Some(name) = params.text(OAEP_DIGEST)? {
            self.oaep_md = Md::from_name(name)?;
        }
        if let Some(name) = params.text(MGF1_DIGEST)? {
            self.mgf1_md = Some(Md::from_name(name)?);
        }
        if let Some(label) = params.octets(OAEP_LABEL)? {
            self.label = label.to_vec();
        }
        if let Some(number) = params.number::<u32>(IMPLICIT_REJECTION)? {
            self.implicit_rejection = number != 0;
        }
        let [offered, agreed] = &mut self.tls_versions;
        if let Some(version) = params.number(TLS_CLIENT_VERSION)? {
            *offered = version;
        }
        if let Some(version) = params.number(TLS_NEGOTIATED_VERSION)? {
            *agreed = version;
        }
        Ok(())
    }

    fn get(&self, mut answers: Answers<'_>) -> Result<(), Error> {
        if answers.wants_number(PAD_MODE) {
            answers.number(PAD_MODE, self.padding.number())?;
        } else {
            answers.text(PAD_MODE, self.padding.name())?;
        }
        answers.text(OAEP_DIGEST, self.oaep_md.name())?;
        answers.text(MGF1_DIGEST, self.mgf1_md.unwrap_or(self.oaep_md).name())?;
        answers.number(IMPLICIT_REJECTION, usize::from(self.implicit_rejection))
    }
}

impl Padding {
    const ALL: [Self; 4] = [Self::Pkcs1, Self::None, Self::Oaep, Self::Tls];

    fn read(param: Param<'_>) -> Option<Self> {
        Self::ALL.into_iter().find(|padding| match param.text() {
            Some(text) => text.as_bytes() == padding.name().to_bytes(),
            None => param.integer() == i64::try_from(padding.number()).ok(),
        })
    }

    fn number(self) -> usize {
        match self {
            Self::Pkcs1 => 1,
            Self::None => 3,
            Self::Oaep => 4,
            Self::Tls => 7,
        }
    }

    fn name(self) -> &'static CStr {
        match self {
            Self::Pkcs1 => c"pkcs1",
            Self::None => c"none",
            Self::Oaep => c"oaep",
            // It has a number only.
            Self::Tls => c"",
        }
    }
}

pub(crate) static IMPLEMENTATIONS: &[Implementation] = &[Implementation {
    operation: operation::ASYM_CIPHER,
    names: c"RSA:rsaEncryption:1.2.840.113549.1.1.1",
    properties: "",
    functions: FUNCTIONS,
}];

static FUNCTIONS: &[OsslDispatch] = functions![
    function::NEWCTX => cipher_newctx,
    function::DECRYPT_INIT => cipher_decrypt_init,
    function::DECRYPT => cipher_decrypt,
    function::FREECTX => cipher_freectx,
    function::DUPCTX => cipher_dupctx,
    function::GET_CTX_PARAMS => cipher_get_ctx_params,
    function::GETTABLE_CTX_PARAMS => cipher_gettable_ctx_params,
    function::SET_CTX_PARAMS => cipher_set_ctx_params,
    function::SETTABLE_CTX_PARAMS => cipher_settable_ctx_params,
];

entry!(fn cipher_newctx(shared provider: Provider) -> Box<Context> = |provider| Ok(Context::new(provider)));

entry!(fn cipher_decrypt_init(exclusive context: Context, optional key: KeyObject, params params) -> () = Context::begin);

entry!(fn cipher_decrypt(exclusive context: Context, output output, octets cipher_text) -> () = Context::decrypt);

entry!(fn cipher_freectx(owned context: Context) -> Nothing = |context| {
    drop(context);
    Ok(Nothing)
});

entry!(fn cipher_dupctx(shared context: Context) -> Box<Context> = |context: &Context| Ok(Box::new(context.clone())));

entry!(fn cipher_get_ctx_params(shared context: Context, answers answers) -> () = Context::get);

entry!(fn cipher_gettable_ctx_params(ignored context, ignored provider) -> &'static [OsslParam] = || Ok(GETTABLE));

entry!(fn cipher_set_ctx_params(exclusive context: Context, params params) -> () = Context::set);

entry!(fn cipher_settable_ctx_params(ignored context, ignored provider) -> &'static [OsslParam] = || Ok(SETTABLE));

static GETTABLE: &[OsslParam] = descriptions![
    PAD_MODE => UTF8_STRING,
    OAEP_DIGEST => UTF8_STRING,
    MGF1_DIGEST => UTF8_STRING,
    IMPLICIT_REJECTION => UNSIGNED_INTEGER,
];

static SETTABLE: &[OsslParam] = descriptions![
    PAD_MODE => UTF8_STRING,
    OAEP_DIGEST => UTF8_STRING,
    MGF1_DIGEST => UTF8_STRING,
    OAEP_LABEL => OCTET_STRING,
    IMPLICIT_REJECTION => UNSIGNED_INTEGER,
    TLS_CLIENT_VERSION => UNSIGNED_INTEGER,
    TLS_NEGOTIATED_VERSION => UNSIGNED_INTEGER,
];

const PAD_MODE: &CStr = c"pad-mode";
const OAEP_DIGEST: &CStr = c"digest";
const MGF1_DIGEST: &CStr = c"mgf1-digest";
const OAEP_LABEL: &CStr = c"oaep-label";
const TLS_CLIENT_VERSION: &CStr = c"tls-client-version";
const TLS_NEGOTIATED_VERSION: &CStr = c"tls-negotiated-version";
const IMPLICIT_REJECTION: &CStr = c"implicit-rejection";
