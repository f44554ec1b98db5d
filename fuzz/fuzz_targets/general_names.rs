//! Names of a subjectAltName and of name constraints.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tpm2ca_x509::{encode_general_names, parse_general_names, parse_name_constraints};

fuzz_target!(|data: &[u8]| {
    if let Ok(names) = parse_general_names(data) {
        assert_eq!(
            encode_general_names(&names).expect("what was read is written"),
            data
        );
        for name in names {
            let _ = name.to_string();
        }
    }
    if let Ok((permitted, excluded)) = parse_name_constraints(data) {
        for subtree in permitted.iter().chain(&excluded) {
            let _ = subtree.to_string();
        }
    }
});
