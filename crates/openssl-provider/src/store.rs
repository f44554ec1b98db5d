//! Keys that are in the TPM already (provider-storemgmt(7)): `handle:0x81000010` where a program takes the name of a
//! key file.

use std::ffi::{CStr, c_int};
use std::sync::Arc;

use tpm2ca_openssl_keys::{Error, open};
use tpm2ca_tpm::Auth;

use crate::ffi::abi::{OsslDispatch, OsslParam, operation, store as function};
use crate::ffi::algorithms::Implementation;
use crate::ffi::callback::{Callback, Passphrase};
use crate::ffi::core::Core;
use crate::ffi::entry::{Held, descriptions, entry, functions};
use crate::ffi::params::Params;
use crate::key::KeyObject;
use crate::provider::Provider;

struct Context {
    provider: Provider,
    handle: u32,
    /// Behind a question mark in the name.
    auth: Option<Auth>,
    is_at_end: bool,
}

impl Held for Context {
    fn core(&self) -> Core {
        self.provider.core()
    }
}

impl Context {
    fn open(provider: &Provider, uri: Option<&str>) -> Result<Box<Self>, Error> {
        let uri = uri.ok_or(Error::NullArgument)?;
        let (handle, auth) = read_uri(uri).ok_or_else(|| {
            Error::unsupported(
                format!("the name `{}`", uri.split('?').next().unwrap_or_default()),
                "write `handle:0x81000010`",
            )
        })?;
        Ok(Box::new(Self {
            provider: provider.clone(),
            handle,
            auth,
            is_at_end: false,
        }))
    }

    fn set(&mut self, params: Params<'_>) -> Result<(), Error> {
        // There are keys here and nothing else.
        if let Some(expected) = params.number::<c_int>(EXPECT)?
            && ![0, STORE_PUBLIC_KEY, STORE_PRIVATE_KEY].contains(&expected)
        {
            self.is_at_end = true;
        }
        Ok(())
    }

    fn load(&mut self, found: Callback<'_>, passphrase: Passphrase<'_>) -> Result<bool, Error> {
        if std::mem::replace(&mut self.is_at_end, true) {
            return Ok(false);
        }
        let key = open::handle(
            self.provider.connection(),
            self.handle,
            self.auth.clone(),
            || passphrase.ask(open::PROMPT),
        )?;
        key.prove()?;
        let name = key.kind().name();
        Ok(found.give_key(name, KeyObject::new(&self.provider, Arc::new(key))))
    }
}

/// Handle and authorization value of `handle:0x81000010?secret`.
fn read_uri(uri: &str) -> Option<(u32, Option<Auth>)> {
    let rest = uri.strip_prefix("handle:")?;
    let (number, auth) = match rest.split_once('?') {
        Some((number, auth)) => (number, Some(auth.as_bytes().to_vec())),
        None => (rest, None),
    };
    Some((open::handle_number(number)?, auth.map(Auth::new)))
}

pub(crate) static IMPLEMENTATIONS: &[Implementation] = &[Implementation {
    operation: operation::STORE,
    names: c"handle",
    properties: "",
    functions: FUNCTIONS,
}];

static FUNCTIONS: &[OsslDispatch] = functions![
    function::OPEN => store_open,
    function::SETTABLE_CTX_PARAMS => store_settable_ctx_params,
    function::SET_CTX_PARAMS => store_set_ctx_params,
    function::LOAD => store_load,
    function::EOF => store_eof,
    function::CLOSE => store_close,
];

entry!(fn store_open(shared provider: Provider, text uri) -> Box<Context> = Context::open);

entry!(fn store_settable_ctx_params(ignored provider) -> &'static [OsslParam] = || Ok(SETTABLE));

entry!(fn store_set_ctx_params(exclusive context: Context, params params) -> () = Context::set);

entry!(fn store_load(exclusive context: Context, callback found, passphrase passphrase) -> bool = Context::load);

entry!(fn store_eof(shared context: Context) -> bool = |context: &Context| Ok(context.is_at_end));

entry!(fn store_close(owned context: Context) -> () = |context| {
    drop(context);
    Ok(())
});

static SETTABLE: &[OsslParam] = descriptions![EXPECT => INTEGER,];

const EXPECT: &CStr = c"expect";
/// `OSSL_STORE_INFO_PUBKEY`
const STORE_PUBLIC_KEY: c_int = 3;
/// `OSSL_STORE_INFO_PKEY`
const STORE_PRIVATE_KEY: c_int = 4;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_of_handles() {
        let read =
            |uri| read_uri(uri).map(|(handle, auth)| (handle, auth.map(|auth| auth.is_empty())));
        assert_eq!(read("handle:0x81000010"), Some((0x8100_0010, None)));
        assert_eq!(
            read("handle:81000010?a?b"),
            Some((0x8100_0010, Some(false)))
        );
        assert_eq!(read("handle:0X81000010?"), Some((0x8100_0010, Some(true))));
        for uri in [
            "handle:",
            "handle:0x80000001",
            "handle:+81000010",
            "file:x",
            "handle:0x181000010",
        ] {
            assert_eq!(read(uri), None, "{uri}");
        }
    }

    proptest! {
        #[test]
        fn no_name_panics(uri in "(handle:)?(0x)?.{0,20}") {
            let _ = read_uri(&uri);
        }
    }
}
