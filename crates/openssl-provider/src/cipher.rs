//! Decryption with RSA keys of the TPM (provider-asym_cipher(7)). The TPM takes the padding off.

use std::ffi::CStr;
use std::sync::Arc;

use aws_lc_rs::rand;
use tpm2ca_openssl_keys::digest::Md;
use tpm2ca_openssl_keys::{Error, Key, secret};
use tpm2ca_tpm::{DecryptPadding, TpmError};
use zeroize::Zeroizing;

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
    label_len: usize,
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
            label_len: 0,
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
        if output.is_question() {
            output.announce(match self.padding {
                Padding::Tls => TLS_SECRET,
                _ => key.max_size(),
            });
            return Ok(());
        }
        let padding = match self.padding {
            Padding::None => DecryptPadding::None,
            Padding::Pkcs1 => DecryptPadding::Pkcs1,
            Padding::Oaep => self.oaep()?,
            Padding::Tls => return output.write(&self.tls_secret(key, cipher_text)?),
        };
        output.write(&secret::decrypt(key, padding, cipher_text)?)
    }

    fn oaep(&self) -> Result<DecryptPadding, Error> {
        if self.mgf1_md.is_some_and(|md| md != self.oaep_md) || self.label_len > 0 {
            return Err(Error::unsupported(
                "OAEP with a label, or with two different digests",
                "the TPM does not do it",
            ));
        }
        match (self.oaep_md, self.oaep_md.of_tpm()) {
            (_, Some(hash)) => Ok(DecryptPadding::Oaep(hash)),
            (Md::Sha1, None) => Ok(DecryptPadding::OaepSha1),
            _ => Err(Error::unsupported(
                "OAEP with SHA-224",
                "the TPM does not do it",
            )),
        }
    }

    /// What is wrong with it is not told: another secret is returned, and the handshake fails later (RFC 5246, 7.4.7.1).
    fn tls_secret(&self, key: &Key, cipher_text: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        let mut other = Zeroizing::new(vec![0; TLS_SECRET]);
        rand::fill(&mut other).map_err(|_| {
            Error::unsupported("TLS with RSA", "the system has no randomness for it")
        })?;
        let decrypted = match secret::decrypt(key, DecryptPadding::Pkcs1, cipher_text) {
            Ok(message) => Some(message),
            Err(Error::Tpm(TpmError::Rc { .. })) => None,
            Err(error) => return Err(error),
        };
        let is_right = decrypted.as_ref().is_some_and(|message| {
            let version = message
                .first_chunk()
                .map(|octets| u16::from_be_bytes(*octets));
            message.len() == TLS_SECRET
                && version.is_some_and(|version| {
                    self.tls_versions
                        .iter()
                        .any(|known| *known != 0 && *known == version)
                })
        });
        Ok(match decrypted {
            Some(message) if is_right => message,
            _ => other,
        })
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
            self.label_len = label.len();
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
        answers.text(MGF1_DIGEST, self.mgf1_md.unwrap_or(self.oaep_md).name())
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
];

static SETTABLE: &[OsslParam] = descriptions![
    PAD_MODE => UTF8_STRING,
    OAEP_DIGEST => UTF8_STRING,
    MGF1_DIGEST => UTF8_STRING,
    OAEP_LABEL => OCTET_STRING,
    TLS_CLIENT_VERSION => UNSIGNED_INTEGER,
    TLS_NEGOTIATED_VERSION => UNSIGNED_INTEGER,
];

const PAD_MODE: &CStr = c"pad-mode";
const OAEP_DIGEST: &CStr = c"digest";
const MGF1_DIGEST: &CStr = c"mgf1-digest";
const OAEP_LABEL: &CStr = c"oaep-label";
const TLS_CLIENT_VERSION: &CStr = c"tls-client-version";
const TLS_NEGOTIATED_VERSION: &CStr = c"tls-negotiated-version";
/// Octets of the premaster secret.
const TLS_SECRET: usize = 48;
