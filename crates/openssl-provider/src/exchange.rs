//! Key agreement with a TPM key: ECDH (provider-keyexch(7)), and the key derivation that CMS puts on top (RFC 5753).

use std::ffi::CStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tpm2ca_openssl_keys::digest::Md;
use tpm2ca_openssl_keys::{Error, Key, secret};
use tpm2ca_tpm::KeyPublic;
use zeroize::Zeroizing;

use crate::ffi::abi::{OsslDispatch, OsslParam, keyexch as function, operation};
use crate::ffi::algorithms::Implementation;
use crate::ffi::core::Core;
use crate::ffi::entry::{Held, Nothing, Output, descriptions, entry, functions};
use crate::ffi::params::{Answers, Params};
use crate::key::KeyObject;
use crate::provider::Provider;

/// One agreement.
#[derive(Clone)]
struct Context {
    provider: Provider,
    key: Option<Arc<Key>>,
    peer: Option<Arc<Key>>,
    /// ANSI X9.63 on top.
    kdf: Option<Kdf>,
    kdf_md: Md,
    kdf_len: usize,
    ukm: Zeroizing<Vec<u8>>,
    /// Peers are taken as long as it lives.
    _agreement: Agreement,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kdf {
    X963,
}

/// Counter of the key agreements in progress. OpenSSL imports the peer's key before it hands it to a context, and does not
/// say for which, so an import can be one of a peer while there is a context.
#[derive(Default)]
pub(crate) struct Agreements(AtomicUsize);

impl Agreements {
    /// Returns `true` while there is a context that a peer's key can be for.
    pub(crate) fn are_in_progress(&self) -> bool {
        self.0.load(Ordering::SeqCst) > 0
    }
}

/// One agreement in progress, counted in the provider's [`Agreements`].
struct Agreement(Provider);

impl Agreement {
    fn new(provider: &Provider) -> Self {
        provider.agreements().0.fetch_add(1, Ordering::SeqCst);
        Self(provider.clone())
    }
}

impl Clone for Agreement {
    fn clone(&self) -> Self {
        Self::new(&self.0)
    }
}

impl Drop for Agreement {
    fn drop(&mut self) {
        self.0.agreements().0.fetch_sub(1, Ordering::SeqCst);
    }
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
            peer: None,
            kdf: None,
            kdf_md: Md::Sha1,
            kdf_len: 0,
            ukm: Zeroizing::new(Vec::new()),
            _agreement: Agreement::new(provider),
        })
    }

    fn begin(&mut self, key: Option<&KeyObject>, params: Params<'_>) -> Result<(), Error> {
        let key = key.ok_or(Error::NoKey)?.key()?;
        secret::check_agrees(key)?;
        self.key = Some(Arc::clone(key));
        self.peer = None;
        self.set(params)
    }

    fn set_peer(&mut self, peer: &KeyObject) -> Result<(), Error> {
        let peer = peer.key()?;
        let curve = secret::check_agrees(self.key.as_ref().ok_or(Error::NoKey)?)?;
        match peer.public() {
            KeyPublic::Ecc { curve: other, .. } if *other == curve => {}
            KeyPublic::Ecc { curve: other, .. } => {
                return Err(Error::unsupported(
                    format!("a peer on {other}"),
                    "the key is on another curve",
                ));
            }
            KeyPublic::Rsa { .. } => return Err(Error::NoKey),
        }
        self.peer = Some(Arc::clone(peer));
        Ok(())
    }

    fn derive(&mut self, mut output: Output<'_>) -> Result<(), Error> {
        let key = self.key.as_ref().ok_or(Error::NoKey)?;
        let curve = secret::check_agrees(key)?;
        if output.is_question() {
            output.announce(match self.kdf {
                None => curve.coordinate_len(),
                Some(Kdf::X963) => self.kdf_len,
            });
            return Ok(());
        }
        let peer = self.peer.as_ref().ok_or(Error::NoKey)?;
        let KeyPublic::Ecc { x, y, .. } = peer.public() else {
            return Err(Error::NoKey);
        };
        let agreed = secret::agree(key, x, y)?;
        match self.kdf {
            None => output.write(&agreed),
            Some(Kdf::X963) => output.write(&x963(self.kdf_md, &agreed, &self.ukm, self.kdf_len)?),
        }
    }

    fn set(&mut self, params: Params<'_>) -> Result<(), Error> {
        if let Some(name) = params.text(KDF_TYPE)? {
            self.kdf = match name {
                "" => None,
                "X963KDF" => Some(Kdf::X963),
                _ => {
                    return Err(Error::unsupported(
                        format!("the key derivation `{name}`"),
                        "X963KDF is",
                    ));
                }
            };
        }
        if let Some(name) = params.text(KDF_DIGEST)? {
            self.kdf_md = Md::from_name(name)?;
        }
        if let Some(length) = params.number(KDF_OUTLEN)? {
            self.kdf_len = length;
        }
        if let Some(ukm) = params.octets(KDF_UKM)? {
            self.ukm = Zeroizing::new(ukm.to_vec());
        }
        // The cofactor of these curves is 1, so its mode makes no difference.
        Ok(())
    }

    fn get(&self, mut answers: Answers<'_>) -> Result<(), Error> {
        let kdf = match self.kdf {
            None => c"",
            Some(Kdf::X963) => c"X963KDF",
        };
        answers.text(KDF_TYPE, kdf)?;
        answers.text(KDF_DIGEST, self.kdf_md.name())?;
        answers.number(KDF_OUTLEN, self.kdf_len)?;
        answers.number(COFACTOR_MODE, 0)
    }
}

/// The key derivation of ANSI X9.63 (SEC 1, 3.6.1).
fn x963(
    md: Md,
    secret: &[u8],
    shared_info: &[u8],
    length: usize,
) -> Result<Zeroizing<Vec<u8>>, Error> {
    if length > LONGEST_KEY {
        return Err(Error::DataLength {
            expected: format!("at most {LONGEST_KEY}"),
            got: length,
        });
    }
    let mut key = Zeroizing::new(Vec::with_capacity(length + md.len()));
    let mut counter = 1_u32;
    while key.len() < length {
        let block = Zeroizing::new(md.digest(&[secret, &counter.to_be_bytes(), shared_info]));
        key.extend_from_slice(&block);
        counter += 1;
    }
    key.truncate(length);
    Ok(key)
}

pub(crate) static IMPLEMENTATIONS: &[Implementation] = &[Implementation {
    operation: operation::KEYEXCH,
    names: NAME,
    properties: "",
    functions: FUNCTIONS,
}];

static FUNCTIONS: &[OsslDispatch] = functions![
    function::NEWCTX => keyexch_newctx,
    function::INIT => keyexch_init,
    function::DERIVE => keyexch_derive,
    function::SET_PEER => keyexch_set_peer,
    function::FREECTX => keyexch_freectx,
    function::DUPCTX => keyexch_dupctx,
    function::SET_CTX_PARAMS => keyexch_set_ctx_params,
    function::SETTABLE_CTX_PARAMS => keyexch_settable_ctx_params,
    function::GET_CTX_PARAMS => keyexch_get_ctx_params,
    function::GETTABLE_CTX_PARAMS => keyexch_gettable_ctx_params,
];

entry!(fn keyexch_newctx(shared provider: Provider) -> Box<Context> = |provider| Ok(Context::new(provider)));

entry!(fn keyexch_init(exclusive context: Context, optional key: KeyObject, params params) -> () = Context::begin);

entry!(fn keyexch_derive(exclusive context: Context, output output) -> () = Context::derive);

entry!(fn keyexch_set_peer(exclusive context: Context, shared peer: KeyObject) -> () = Context::set_peer);

entry!(fn keyexch_freectx(owned context: Context) -> Nothing = |context| {
    drop(context);
    Ok(Nothing)
});

entry!(fn keyexch_dupctx(shared context: Context) -> Box<Context> = |context: &Context| Ok(Box::new(context.clone())));

entry!(fn keyexch_set_ctx_params(exclusive context: Context, params params) -> () = Context::set);

entry!(fn keyexch_settable_ctx_params(ignored context, ignored provider) -> &'static [OsslParam] = || Ok(SETTABLE));

entry!(fn keyexch_get_ctx_params(shared context: Context, answers answers) -> () = Context::get);

entry!(fn keyexch_gettable_ctx_params(ignored context, ignored provider) -> &'static [OsslParam] = || Ok(GETTABLE));

static SETTABLE: &[OsslParam] = descriptions![
    COFACTOR_MODE => INTEGER,
    KDF_TYPE => UTF8_STRING,
    KDF_DIGEST => UTF8_STRING,
    KDF_OUTLEN => UNSIGNED_INTEGER,
    KDF_UKM => OCTET_STRING,
];

static GETTABLE: &[OsslParam] = descriptions![
    COFACTOR_MODE => INTEGER,
    KDF_TYPE => UTF8_STRING,
    KDF_DIGEST => UTF8_STRING,
    KDF_OUTLEN => UNSIGNED_INTEGER,
];

const COFACTOR_MODE: &CStr = c"ecdh-cofactor-mode";
const KDF_TYPE: &CStr = c"kdf-type";
const KDF_DIGEST: &CStr = c"kdf-digest";
const KDF_OUTLEN: &CStr = c"kdf-outlen";
const KDF_UKM: &CStr = c"kdf-ukm";
/// The name of this key exchange, which OpenSSL asks the key management for. It is no other provider's, so that OpenSSL does
/// not come here with keys of others, nor goes elsewhere with ours.
pub(crate) const NAME: &CStr = c"TPM2-ECDH";
/// Octets; no cipher wants more.
const LONGEST_KEY: usize = 1024;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn x963_counts_from_one() {
        let key = x963(Md::Sha256, b"secret", b"info", 40).unwrap();
        let first = Md::Sha256.digest(&[b"secret", &[0, 0, 0, 1], b"info"]);
        let second = Md::Sha256.digest(&[b"secret", &[0, 0, 0, 2], b"info"]);
        assert_eq!(key.as_slice(), [&first[..], &second[..8]].concat());
        assert!(x963(Md::Sha256, b"", b"", 1 << 40).is_err());
    }
}
