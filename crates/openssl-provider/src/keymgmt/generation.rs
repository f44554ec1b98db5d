//! New keys, made inside the TPM: `openssl genpkey -provider tpm2 -algorithm RSA -pkeyopt bits:3072`.
//!
//! Options beyond OpenSSL's own bear the names that tpm2-openssl gave them: `user-auth`, `parent`, `parent-auth`.

use std::ffi::{CStr, c_int};
use std::sync::Arc;

use tpm2ca_openssl_keys::connection::ParentAuth;
use tpm2ca_openssl_keys::digest::Md;
use tpm2ca_openssl_keys::{Error, Key, Kind};
use tpm2ca_tpm::{Algorithm, Auth, Curve, HashAlg, KeyOptions, Parent};

use super::curve_named;
use crate::ffi::abi::{OsslParam, selection};
use crate::ffi::callback::Callback;
use crate::ffi::core::Core;
use crate::ffi::entry::{Held, Nothing, descriptions, entry};
use crate::ffi::params::Params;
use crate::key::KeyObject;
use crate::provider::Provider;

/// What the new key shall be.
pub(super) struct Generation {
    provider: Provider,
    kind: Kind,
    /// A whole key, and not parameters alone.
    is_key: bool,
    bits: u16,
    exponent: u32,
    md: HashAlg,
    curve: Option<Curve>,
    auth: Auth,
    /// The TPM has to count wrong tries.
    guessable: bool,
    parent: Parent,
    parent_auth: Option<Auth>,
}

impl Held for Generation {
    fn core(&self) -> Core {
        self.provider.core()
    }
}

impl Generation {
    fn new(
        provider: &Provider,
        kind: Kind,
        wanted: c_int,
        params: Params<'_>,
    ) -> Result<Box<Self>, Error> {
        let mut generation = Box::new(Self {
            provider: provider.clone(),
            kind,
            is_key: wanted & selection::KEYPAIR != 0,
            bits: 2048,
            exponent: 65537,
            md: HashAlg::Sha256,
            curve: None,
            auth: Auth::empty(),
            guessable: false,
            parent: Parent::Owner,
            parent_auth: None,
        });
        generation.set(params)?;
        Ok(generation)
    }

    fn set(&mut self, params: Params<'_>) -> Result<(), Error> {
        if let Some(bits) = params.number(BITS)? {
            self.bits = bits;
        }
        if let Some(exponent) = params.number(EXPONENT)? {
            self.exponent = exponent;
        }
        if let Some(name) = params.text(DIGEST)? {
            let md = Md::from_name(name)?;
            self.md = md.of_tpm().ok_or_else(|| Error::parameter(DIGEST))?;
        }
        if let Some(name) = params.text(GROUP)? {
            let curve = curve_named(name).ok_or_else(|| {
                Error::unsupported(format!("the curve `{name}`"), "P-256, P-384 and P-521 are")
            })?;
            self.curve = Some(curve);
        }
        let auth = |text: &str| Auth::new(text.as_bytes().to_vec());
        if let Some(value) = params.text(USER_AUTH)? {
            self.auth = auth(value);
            self.guessable = (1..HARD_TO_GUESS).contains(&value.len());
        }
        if let Some(parent) = params.find(PARENT) {
            self.parent = match (parent.text(), parent.integer()) {
                (Some(text), _) => text.parse()?,
                (None, Some(handle)) => u32::try_from(handle)
                    .map_err(|_| Error::parameter(PARENT))?
                    .try_into()?,
                (None, None) => return Err(Error::parameter(PARENT)),
            };
        }
        if let Some(value) = params.text(PARENT_AUTH)? {
            self.parent_auth = Some(auth(value));
        }
        Ok(())
    }

    /// Takes the curve of a key, or of parameters alone. A template without any leaves it as it is.
    fn set_template(&mut self, template: Option<&KeyObject>) -> Result<(), Error> {
        if let Some(curve) = template.and_then(KeyObject::curve) {
            self.curve = Some(curve);
        }
        Ok(())
    }

    fn make(&mut self, _progress: Callback<'_>) -> Result<Box<KeyObject>, Error> {
        if !self.is_key {
            return match (self.kind, self.curve) {
                (Kind::Ec, Some(_)) => Ok(KeyObject::on_curve(&self.provider, self.curve)),
                (Kind::Ec, None) => Err(no_curve()),
                (Kind::Rsa | Kind::RsaPss, _) => Err(Error::unsupported(
                    "making parameters without a key",
                    "RSA keys have none",
                )),
            };
        }
        let algorithm = match self.kind {
            Kind::Rsa | Kind::RsaPss => Algorithm::Rsa { bits: self.bits },
            Kind::Ec => Algorithm::Ecc(self.curve.ok_or_else(no_curve)?),
        };
        let mut options = KeyOptions::new(algorithm);
        options.parent = self.parent;
        options.exponent = self.exponent;
        options.key_agreement = true;
        options.pss_only = (self.kind == Kind::RsaPss).then_some(self.md);
        options.no_da = !self.guessable;
        let auth = self.auth.clone();
        let parent_auth = self.parent_auth.clone().map(|auth| match self.parent {
            Parent::Owner => ParentAuth::Owner(auth),
            _ => ParentAuth::Other(auth),
        });
        let connection = self.provider.connection();
        let file = connection.with(parent_auth.as_ref(), |open| {
            Ok(open.tpm().create_key(options, &auth)?)
        })?;
        let key = Key::from_file(self.provider.connection(), file, auth)?;
        Ok(KeyObject::new(&self.provider, Arc::new(key)))
    }
}

fn no_curve() -> Error {
    Error::unsupported("an EC key without a curve", "say `-pkeyopt group:P-256`")
}

entry!(fn keymgmt_gen_init_rsa(shared provider: Provider, int selection, params params) -> Box<Generation> =
    |provider, selection, params| Generation::new(provider, Kind::Rsa, selection, params));

entry!(fn keymgmt_gen_init_rsa_pss(shared provider: Provider, int selection, params params) -> Box<Generation> =
    |provider, selection, params| Generation::new(provider, Kind::RsaPss, selection, params));

entry!(fn keymgmt_gen_init_ec(shared provider: Provider, int selection, params params) -> Box<Generation> =
    |provider, selection, params| Generation::new(provider, Kind::Ec, selection, params));

entry!(fn keymgmt_gen_set_template(exclusive generation: Generation, optional template: KeyObject) -> () =
    Generation::set_template);

entry!(fn keymgmt_gen_set_params(exclusive generation: Generation, params params) -> () = Generation::set);

entry!(fn keymgmt_gen_settable_rsa(ignored generation, ignored provider) -> &'static [OsslParam] = || Ok(SETTABLE_RSA));

entry!(fn keymgmt_gen_settable_ec(ignored generation, ignored provider) -> &'static [OsslParam] = || Ok(SETTABLE_EC));

entry!(fn keymgmt_gen(exclusive generation: Generation, callback progress) -> Box<KeyObject> = Generation::make);

entry!(fn keymgmt_gen_cleanup(owned generation: Generation) -> Nothing = |generation| {
    drop(generation);
    Ok(Nothing)
});

static SETTABLE_RSA: &[OsslParam] = descriptions![
    BITS => UNSIGNED_INTEGER,
    EXPONENT => UNSIGNED_INTEGER,
    DIGEST => UTF8_STRING,
    USER_AUTH => UTF8_STRING,
    PARENT => UTF8_STRING,
    PARENT_AUTH => UTF8_STRING,
];

static SETTABLE_EC: &[OsslParam] = descriptions![
    GROUP => UTF8_STRING,
    USER_AUTH => UTF8_STRING,
    PARENT => UTF8_STRING,
    PARENT_AUTH => UTF8_STRING,
];

const BITS: &CStr = c"bits";
const EXPONENT: &CStr = c"e";
const DIGEST: &CStr = c"digest";
const GROUP: &CStr = c"group";
const USER_AUTH: &CStr = c"user-auth";
const PARENT: &CStr = c"parent";
const PARENT_AUTH: &CStr = c"parent-auth";
/// Octets from which on nobody guesses an authorization value.
const HARD_TO_GUESS: usize = 16;
