//! The provider itself (provider(7)): its name, its configuration, its algorithms.

use std::ffi::{CStr, OsStr, c_int};
use std::path::Path;
use std::sync::Arc;

use tpm2ca_openssl_keys::config::{Config, Notation};
use tpm2ca_openssl_keys::{Connection, Error};

use crate::exchange::Agreements;
use crate::ffi::abi::{OsslDispatch, OsslParam, provider as function};
use crate::ffi::algorithms::Algorithms;
use crate::ffi::core::Core;
use crate::ffi::entry::{Held, Implementations, Nothing, descriptions, entry, functions};
use crate::ffi::init::{REASONS, ReasonString};
use crate::ffi::params::Answers;
use crate::{cipher, decoder, encoder, exchange, keymgmt, signature, store};

/// The provider, as it was loaded into one library context. Clones are the same.
#[derive(Clone)]
pub(crate) struct Provider(Arc<Inner>);

struct Inner {
    core: Core,
    algorithms: Algorithms,
    connection: Arc<Connection>,
    agreements: Agreements,
}

impl Provider {
    pub(crate) fn new(core: Core) -> Self {
        let config = Config::new(
            |key| core.setting(key),
            Notation::Source,
            |name| std::env::var(name).ok(),
        );
        let name = core
            .setting(c"provider-name")
            .unwrap_or_else(|| NAME.to_owned());
        Self(Arc::new(Inner {
            core,
            algorithms: Algorithms::new(
                &property_value(&name),
                &[
                    keymgmt::IMPLEMENTATIONS,
                    signature::IMPLEMENTATIONS,
                    cipher::IMPLEMENTATIONS,
                    exchange::IMPLEMENTATIONS,
                    encoder::IMPLEMENTATIONS,
                    decoder::IMPLEMENTATIONS,
                    store::IMPLEMENTATIONS,
                ],
            ),
            connection: Arc::new(Connection::new(config)),
            agreements: Agreements::default(),
        }))
    }

    pub(crate) fn connection(&self) -> &Arc<Connection> {
        &self.0.connection
    }

    /// The key agreements that are in progress.
    pub(crate) fn agreements(&self) -> &Agreements {
        &self.0.agreements
    }
}

/// The value of the property `provider` (property(7)) for the name under which the provider was loaded. Loaded by the path
/// of its file, it is what it would be called by name, which users write in property queries: `?provider=tpm2`.
fn property_value(name: &str) -> String {
    let stem = if name.contains('/') {
        Path::new(name)
            .file_stem()
            .and_then(OsStr::to_str)
            .unwrap_or(NAME)
    } else {
        name
    };
    // Loaded from where Cargo has put it, it is what it will be called when it is installed.
    let name = if stem == FILE { NAME } else { stem };
    let is_word = name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b',');
    match ['"', '\''].into_iter().find(|&mark| !name.contains(mark)) {
        _ if is_word => name.to_owned(),
        Some(mark) => format!("{mark}{name}{mark}"),
        None => NAME.to_owned(),
    }
}

impl Held for Provider {
    fn core(&self) -> Core {
        self.0.core
    }
}

/// The functions of the provider itself.
pub(crate) static FUNCTIONS: &[OsslDispatch] = functions![
    function::TEARDOWN => teardown,
    function::GETTABLE_PARAMS => gettable_params,
    function::GET_PARAMS => get_params,
    function::QUERY_OPERATION => query_operation,
    function::GET_REASON_STRINGS => reason_strings,
];

entry!(fn teardown(owned provider: Provider) -> Nothing = |provider| {
    drop(provider);
    Ok(Nothing)
});

entry!(fn gettable_params(ignored provider) -> &'static [OsslParam] = || Ok(GETTABLE));

entry!(fn get_params(shared provider: Provider, answers answers) -> () = answer);

entry!(fn query_operation(shared provider: Provider, int operation, zeroed no_cache) -> Implementations = query);

entry!(fn reason_strings(ignored provider) -> &'static [ReasonString] = || Ok(REASONS));

fn answer(_: &Provider, mut answers: Answers<'_>) -> Result<(), Error> {
    answers.text(c"name", c"OpenSSL provider for TPM 2.0 keys (tpm2ca)")?;
    answers.text(c"version", VERSION)?;
    answers.text(c"buildinfo", VERSION)?;
    answers.number(c"status", 1)
}

fn query(provider: &Provider, operation: c_int, (): ()) -> Result<Implementations, Error> {
    let list = provider.0.algorithms.of(operation);
    Ok(Implementations(
        list.map_or(std::ptr::null(), <[_]>::as_ptr),
    ))
}

static GETTABLE: &[OsslParam] = descriptions![
    c"name" => UTF8_PTR,
    c"version" => UTF8_PTR,
    c"buildinfo" => UTF8_PTR,
    c"status" => INTEGER,
];

const VERSION: &CStr = crate::ffi::entry::c_name(concat!(env!("CARGO_PKG_VERSION"), "\0"));
/// What it is called when OpenSSL does not say.
const NAME: &str = "tpm2";
/// What Cargo calls the module.
const FILE: &str = "libtpm2ca_openssl_provider";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_property_is_what_users_write() {
        for (name, value) in [
            ("tpm2", "tpm2"),
            ("tpm2ca", "tpm2ca"),
            ("/usr/lib/ossl-modules/tpm2.so", "tpm2"),
            ("./tpm2ca.so", "tpm2ca"),
            ("libtpm2ca_openssl_provider", "tpm2"),
            ("target/debug/libtpm2ca_openssl_provider.so", "tpm2"),
            ("2nd tpm", "\"2nd tpm\""),
            ("a,b", "\"a,b\""),
            ("of \"us\"", "'of \"us\"'"),
            ("\"'", "tpm2"),
            ("/", "tpm2"),
        ] {
            assert_eq!(property_value(name), value, "{name}");
        }
    }
}
