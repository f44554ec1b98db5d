//! CRLs and OCSP messages against other implementations: OpenSSL, GnuTLS' certtool, Python's `cryptography`.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod ca;
mod crl;
mod ocsp;
