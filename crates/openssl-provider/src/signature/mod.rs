//! Signatures for OpenSSL (provider-signature(7)): over data that comes in pieces, or over a digest.
//!
//! Checking signatures is here too, for TPM keys only: OpenSSL asks the provider of a key, and whoever has just made a
//! request checks it with the key that is still in its hands.

mod algorithm_id;
mod padding;

use std::ffi::CStr;
use std::sync::Arc;

use tpm2ca_openssl_keys::digest::{Hasher, Md};
use tpm2ca_openssl_keys::rsa::pss;
use tpm2ca_openssl_keys::signature::{self as scheme, Scheme};
use tpm2ca_openssl_keys::{Error, Key, Kind};
use tpm2ca_tpm::{BoundScheme, KeyPublic};

use crate::ffi::abi::{OsslDispatch, OsslParam, operation, signature as function};
use crate::ffi::algorithms::Implementation;
use crate::ffi::core::Core;
use crate::ffi::entry::{Held, Nothing, Output, descriptions, entry, functions};
use crate::ffi::params::{Answers, Params};
use crate::key::KeyObject;
use crate::provider::Provider;

use padding::{Padding, Salt};

/// One signature in the making.
#[derive(Clone)]
struct Context {
    provider: Provider,
    key: Option<Arc<Key>>,
    purpose: Purpose,
    md: Option<Md>,
    mgf1: Option<Md>,
    padding: Padding,
    salt: Salt,
    hasher: Option<Hasher>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    Sign,
    Verify,
}

impl Held for Context {
    fn core(&self) -> Core {
        self.provider.core()
    }
}

impl Context {
    fn new(provider: &Provider, _propq: Option<&str>) -> Result<Box<Self>, Error> {
        Ok(Box::new(Self {
            provider: provider.clone(),
            key: None,
            purpose: Purpose::Sign,
            md: None,
            mgf1: None,
            padding: Padding::Pkcs1,
            salt: Salt::Auto,
            hasher: None,
        }))
    }

    /// Starts with a key, or anew with the same one.
    fn begin(
        &mut self,
        key: Option<&KeyObject>,
        purpose: Purpose,
        params: Params<'_>,
    ) -> Result<(), Error> {
        if let Some(object) = key {
            let key = Arc::clone(object.key()?);
            let bound = key.private().and_then(|_| key.uses().ok()?.bound);
            self.padding = Padding::Pkcs1;
            self.md = None;
            self.mgf1 = None;
            self.salt = Salt::Auto;
            match bound {
                Some(BoundScheme::RsaPss(hash)) => {
                    self.padding = Padding::Pss;
                    self.md = hash.map(Md::from_tpm);
                }
                Some(BoundScheme::RsaPkcs1(hash) | BoundScheme::Ecdsa(hash)) => {
                    self.md = hash.map(Md::from_tpm);
                }
                _ => {}
            }
            self.key = Some(key);
        }
        self.key()?;
        self.purpose = purpose;
        self.hasher = None;
        self.set(params)
    }

    /// The same for data that comes in pieces.
    fn begin_hashing(
        &mut self,
        md: Option<&str>,
        key: Option<&KeyObject>,
        purpose: Purpose,
        params: Params<'_>,
    ) -> Result<(), Error> {
        self.begin(key, purpose, Params::none())?;
        if let Some(name) = md.filter(|name| !name.is_empty()) {
            self.md = Some(Md::from_name(name)?);
        }
        self.set(params)?;
        let md = *self.md.get_or_insert(Md::Sha256);
        self.hasher = Some(Hasher::new(md));
        Ok(())
    }

    fn update(&mut self, octets: &[u8]) -> Result<(), Error> {
        self.hasher.as_mut().ok_or(Error::NoKey)?.update(octets);
        Ok(())
    }

    fn sign_hashed(&mut self, mut output: Output<'_>) -> Result<(), Error> {
        if output.is_question() {
            output.announce(self.key()?.max_size());
            return Ok(());
        }
        let digest = self.hasher.take().ok_or(Error::NoKey)?.finish();
        output.write(&scheme::sign(self.key()?, self.scheme()?, &digest)?)
    }

    fn sign(&mut self, mut output: Output<'_>, data: &[u8]) -> Result<(), Error> {
        if output.is_question() {
            output.announce(self.key()?.max_size());
            return Ok(());
        }
        output.write(&scheme::sign(self.key()?, self.scheme()?, data)?)
    }

    fn verify_hashed(&mut self, signature: &[u8]) -> Result<bool, Error> {
        let digest = self.hasher.take().ok_or(Error::NoKey)?.finish();
        scheme::is_signature(self.key()?, self.scheme()?, &digest, signature)
    }

    fn verify(&mut self, signature: &[u8], data: &[u8]) -> Result<bool, Error> {
        scheme::is_signature(self.key()?, self.scheme()?, data, signature)
    }

    fn key(&self) -> Result<&Key, Error> {
        self.key.as_deref().ok_or(Error::NoKey)
    }

    fn scheme(&self) -> Result<Scheme, Error> {
        let key = self.key()?;
        if matches!(key.public(), KeyPublic::Ecc { .. }) {
            return Ok(Scheme::Ecdsa(self.md));
        }
        Ok(match self.padding {
            Padding::Pkcs1 => Scheme::RsaPkcs1(self.md),
            Padding::None => Scheme::RsaBare,
            Padding::Pss => {
                let md = self.md.unwrap_or(Md::Sha256);
                let salt = match self.salt {
                    Salt::Auto if self.purpose == Purpose::Verify => None,
                    // What FIPS 186 allows at most, and TLS and most TPMs want exactly.
                    Salt::Auto | Salt::Digest => Some(md.len()),
                    Salt::Longest => pss::longest_salt(md, key.bits()),
                    Salt::Octets(count) => Some(count),
                };
                Scheme::RsaPss(pss::Pss {
                    md,
                    mgf1: self.mgf1.unwrap_or(md),
                    salt,
                })
            }
        })
    }

    fn set(&mut self, params: Params<'_>) -> Result<(), Error> {
        if let Some(name) = params.text(DIGEST)? {
            let md = Md::from_name(name)?;
            if self.hasher.is_some() && self.md != Some(md) {
                return Err(Error::unsupported(
                    "another digest",
                    "hashing has begun already",
                ));
            }
            self.md = Some(md);
        }
        if let Some(padding) = params.find(PAD_MODE) {
            let padding = Padding::read(padding).ok_or_else(|| Error::parameter(PAD_MODE))?;
            let kind = self.key.as_ref().map(|key| key.kind());
            if kind == Some(Kind::RsaPss) && padding != Padding::Pss {
                return Err(Error::unsupported(
                    "this padding",
                    "the key was made for RSASSA-PSS only",
                ));
            }
            self.padding = padding;
        }
        if let Some(salt) = params.find(SALT_LEN) {
            self.salt = Salt::read(salt).ok_or_else(|| Error::parameter(SALT_LEN))?;
        }
        if let Some(name) = params.text(MGF1_DIGEST)? {
            self.mgf1 = Some(Md::from_name(name)?);
        }
        Ok(())
    }

    fn get(&self, mut answers: Answers<'_>) -> Result<(), Error> {
        if answers.asks(ALGORITHM_ID) {
            answers.octets(ALGORITHM_ID, &algorithm_id::of(self.scheme()?)?)?;
        }
        if let Some(md) = self.md {
            answers.text(DIGEST, md.name())?;
        }
        if matches!(self.key()?.public(), KeyPublic::Ecc { .. }) {
            return Ok(());
        }
        if answers.wants_number(PAD_MODE) {
            answers.number(PAD_MODE, self.padding.number())?;
        } else {
            answers.text(PAD_MODE, self.padding.name())?;
        }
        let salt = match self.salt {
            // So that whoever writes parameters down writes what is going to be there.
            Salt::Auto if self.purpose == Purpose::Sign => Salt::Digest,
            salt => salt,
        };
        if answers.wants_number(SALT_LEN) {
            answers.integer(SALT_LEN, salt.number())?;
        } else {
            answers.words(SALT_LEN, &salt.name())?;
        }
        if let Some(md) = self.mgf1.or(self.md) {
            answers.text(MGF1_DIGEST, md.name())?;
        }
        Ok(())
    }
}

pub(crate) static IMPLEMENTATIONS: &[Implementation] = &[
    Implementation {
        operation: operation::SIGNATURE,
        names: c"RSA:rsaEncryption:1.2.840.113549.1.1.1",
        properties: "",
        functions: FUNCTIONS,
    },
    Implementation {
        operation: operation::SIGNATURE,
        names: ECDSA,
        properties: "",
        functions: FUNCTIONS,
    },
];

/// The name of ECDSA with keys of ours, which OpenSSL asks the key management for. It is no other provider's: an agreement
/// in progress takes public keys of others, and their signatures are still the default provider's to check.
pub(crate) const ECDSA: &CStr = c"TPM2-ECDSA";

static FUNCTIONS: &[OsslDispatch] = functions![
    function::NEWCTX => signature_newctx,
    function::SIGN_INIT => signature_sign_init,
    function::SIGN => signature_sign,
    function::VERIFY_INIT => signature_verify_init,
    function::VERIFY => signature_verify,
    function::DIGEST_SIGN_INIT => signature_digest_sign_init,
    function::DIGEST_SIGN_UPDATE => signature_digest_update,
    function::DIGEST_SIGN_FINAL => signature_digest_sign_final,
    function::DIGEST_VERIFY_INIT => signature_digest_verify_init,
    function::DIGEST_VERIFY_UPDATE => signature_digest_update,
    function::DIGEST_VERIFY_FINAL => signature_digest_verify_final,
    function::FREECTX => signature_freectx,
    function::DUPCTX => signature_dupctx,
    function::GET_CTX_PARAMS => signature_get_ctx_params,
    function::GETTABLE_CTX_PARAMS => signature_gettable_ctx_params,
    function::SET_CTX_PARAMS => signature_set_ctx_params,
    function::SETTABLE_CTX_PARAMS => signature_settable_ctx_params,
];

entry!(fn signature_newctx(shared provider: Provider, text propq) -> Box<Context> = Context::new);

entry!(fn signature_sign_init(exclusive context: Context, optional key: KeyObject, params params) -> () =
    |context: &mut Context, key, params| context.begin(key, Purpose::Sign, params));

entry!(fn signature_sign(exclusive context: Context, output output, octets data) -> () = Context::sign);

entry!(fn signature_verify_init(exclusive context: Context, optional key: KeyObject, params params) -> () =
    |context: &mut Context, key, params| context.begin(key, Purpose::Verify, params));

entry!(fn signature_verify(exclusive context: Context, octets signature, octets data) -> bool = Context::verify);

entry!(fn signature_digest_sign_init(exclusive context: Context, text md, optional key: KeyObject, params params) -> () =
    |context: &mut Context, md, key, params| context.begin_hashing(md, key, Purpose::Sign, params));

entry!(fn signature_digest_update(exclusive context: Context, octets data) -> () = Context::update);

entry!(fn signature_digest_sign_final(exclusive context: Context, output output) -> () = Context::sign_hashed);

entry!(fn signature_digest_verify_init(exclusive context: Context, text md, optional key: KeyObject, params params) -> () =
    |context: &mut Context, md, key, params| context.begin_hashing(md, key, Purpose::Verify, params));

entry!(fn signature_digest_verify_final(exclusive context: Context, octets signature) -> bool = Context::verify_hashed);

entry!(fn signature_freectx(owned context: Context) -> Nothing = |context| {
    drop(context);
    Ok(Nothing)
});

entry!(fn signature_dupctx(shared context: Context) -> Box<Context> = |context: &Context| Ok(Box::new(context.clone())));

entry!(fn signature_get_ctx_params(shared context: Context, answers answers) -> () = Context::get);

entry!(fn signature_gettable_ctx_params(ignored context, ignored provider) -> &'static [OsslParam] = || Ok(GETTABLE));

entry!(fn signature_set_ctx_params(exclusive context: Context, params params) -> () = Context::set);

entry!(fn signature_settable_ctx_params(ignored context, ignored provider) -> &'static [OsslParam] = || Ok(SETTABLE));

static GETTABLE: &[OsslParam] = descriptions![
    ALGORITHM_ID => OCTET_STRING,
    DIGEST => UTF8_STRING,
    PAD_MODE => UTF8_STRING,
    SALT_LEN => UTF8_STRING,
    MGF1_DIGEST => UTF8_STRING,
];

static SETTABLE: &[OsslParam] = descriptions![
    DIGEST => UTF8_STRING,
    c"properties" => UTF8_STRING,
    PAD_MODE => UTF8_STRING,
    SALT_LEN => UTF8_STRING,
    MGF1_DIGEST => UTF8_STRING,
    c"mgf1-properties" => UTF8_STRING,
];

const ALGORITHM_ID: &CStr = c"algorithm-id";
const DIGEST: &CStr = c"digest";
const PAD_MODE: &CStr = c"pad-mode";
const SALT_LEN: &CStr = c"saltlen";
const MGF1_DIGEST: &CStr = c"mgf1-digest";
