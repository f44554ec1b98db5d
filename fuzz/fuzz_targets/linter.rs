//! To-be-signed bytes of any kind before the linter.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tpm2ca_lint::{Context, Linter, Role};
use tpm2ca_x509::SignatureAlgorithm;

fuzz_target!(|data: &[u8]| {
    let linter = Linter::new();
    for role in [
        Role::Root,
        Role::Intermediate,
        Role::Leaf,
        Role::OcspResponder,
    ] {
        let context = Context {
            role,
            issuer: None,
            signature_algorithm: SignatureAlgorithm::EcdsaSha256,
            subject_key_identifier: None,
        };
        match linter.check(data.to_vec(), &context) {
            Ok(linted) => assert_eq!(linted.tbs(), data),
            Err(rejected) => {
                let _ = (rejected.to_string(), rejected.hint());
            }
        }
    }
});
