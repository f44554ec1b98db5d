//! With `--config openssl.cnf` the program does what `openssl ca` does, beside `openssl ca`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr)]

mod alternating;
mod bad_input;
mod books;
mod ca_names;
mod confirming;
mod crashes;
mod crl_bytes;
mod folder;
mod guide;
mod ocsp;
mod outputs;
mod same_bytes;
mod take_over;
mod tampering;
mod which_certificate;
