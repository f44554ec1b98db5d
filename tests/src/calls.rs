//! Programs in Python that call libcrypto, and look at its error queue after each call.

use std::path::{Path, PathBuf};

use tpm2ca_testkit::Tool;

use crate::{modules::preload, openssl_versions::OpenSsl};

/// What such programs begin with; its first lines say what arguments it takes.
const LIBCRYPTO: &str = include_str!("libcrypto.py");

/// Such a program, which calls this OpenSSL. With `error_before` there is an error of somebody else in the queue before
/// each call.
pub fn program(script: &str, openssl: &OpenSsl, error_before: bool) -> Tool {
    // Not as an argument, which reports of failures repeat.
    Tool::python("import sys; exec(sys.stdin.read())")
        .envs(preload())
        .input(format!("{LIBCRYPTO}\n{script}"))
        .arg(library(openssl, "libcrypto"))
        .arg(if error_before { "one" } else { "empty" })
}

/// A library of this OpenSSL: a path, or for the system's a name that the loader finds.
pub fn library(openssl: &OpenSsl, name: &str) -> PathBuf {
    let file = match openssl.name.as_str() {
        "1.1.1" => format!("{name}.so.1.1"),
        "4.0" => format!("{name}.so.4"),
        _ => format!("{name}.so.3"),
    };
    openssl
        .libraries
        .as_deref()
        .map_or_else(|| Path::new(&file).to_owned(), |folder| folder.join(&file))
}
