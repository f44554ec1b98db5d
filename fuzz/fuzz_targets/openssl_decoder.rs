//! What the OpenSSL provider's decoders read: files with PEM blocks, and DER.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| tpm2ca_openssl_provider::fuzzed(data));
