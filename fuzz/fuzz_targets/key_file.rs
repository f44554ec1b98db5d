//! A TSS2 PRIVATE KEY file as it comes from anybody: the text (PEM), or the DER inside.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tpm2ca_tpm::{KeyFile, Policy};

fuzz_target!(|data: &[u8]| {
    for key in [KeyFile::from_pem(data), KeyFile::from_der(data)]
        .into_iter()
        .flatten()
    {
        let _ = (key.needs_auth(), key.parent(), key.rsa_parent());
        let _ = (key.key_public(), key.copies());
        if let Some(reason) = key.unsupported_reason() {
            assert!(!reason.is_empty());
        }
        for steps in std::iter::once(key.policy())
            .chain(key.auth_policy().iter().map(|other| &other.policy[..]))
        {
            if let Ok(policy) = Policy::from_steps(steps) {
                let _ = (policy.digest(), policy.needs_auth_value());
                // What was read can be written, and leads to the same digest.
                let again = Policy::from_steps(&policy.to_steps()).expect("reads what it writes");
                assert_eq!(again.digest(), policy.digest());
            }
        }
        // What was read can be written, and reads back as the same.
        let again = KeyFile::from_pem(key.to_pem().as_bytes()).expect("reads what it writes");
        assert_eq!(again, key);
    }
});
