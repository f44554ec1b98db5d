//! The modules that OpenSSL loads, and the programs that load them.
//!
//! `make test-sanitizers` tests modules that are built with a sanitizer. It names their folder in `TPM2CA_TEST_MODULES`,
//! and in `TPM2CA_TEST_PRELOAD` the libraries that a program must load before such a module.

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
};

use crate::program;

/// Variables that the modules read, which tests do not inherit.
pub const VARIABLES_OF_MODULES: [&str; 9] = [
    "TPM2CA_TCTI",
    "TPM2OPENSSL_TCTI",
    "TPM2TSSENGINE_TCTI",
    "TPM2TOOLS_TCTI",
    "TPM2CA_ALLOW_RSAES",
    "TPM2CA_KEY_AUTH",
    "TPM2CA_OWNER_AUTH",
    "TPM2CA_PARENT_AUTH",
    "TPM2OPENSSL_PARENT_AUTH",
];

/// Path of the provider's file.
pub fn provider() -> PathBuf {
    file("libtpm2ca_openssl_provider.so")
}

/// Path of the engine's file.
pub fn engine() -> PathBuf {
    file("libtpm2ca_openssl_engine.so")
}

/// The variable that a program needs in its environment to load a module under test, if any.
pub fn preload() -> Option<(&'static str, OsString)> {
    Some(("LD_PRELOAD", env::var_os("TPM2CA_TEST_PRELOAD")?))
}

fn file(name: &str) -> PathBuf {
    match env::var_os("TPM2CA_TEST_MODULES") {
        Some(folder) => Path::new(&folder).join(name),
        // As Cargo built it for the tests. The one in the folder above may be of an earlier build.
        None => program(&format!("deps/{name}")),
    }
}
