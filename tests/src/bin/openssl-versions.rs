//! Builds the versions of OpenSSL that tests run beside the system's, where they are not there yet.

#![forbid(unsafe_code)]
#![allow(clippy::print_stderr)]

use tpm2ca_tests::openssl_versions::{OpenSsl, Version};

fn main() {
    for version in Version::ALL {
        eprintln!(
            "OpenSSL {} for the tests; its first build takes minutes",
            version.name()
        );
        OpenSsl::version(version);
    }
}
