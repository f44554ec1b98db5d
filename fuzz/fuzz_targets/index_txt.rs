//! The index.txt of an openssl.cnf CA, which others write too.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| tpm2ca_authority::fuzzed_index_txt(data));
