//! A TSS2 PRIVATE KEY file as it comes from anybody.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tpm2ca_tpm::KeyFile;

fuzz_target!(|data: &[u8]| {
    for key in [KeyFile::from_pem(data), KeyFile::from_der(data)]
        .into_iter()
        .flatten()
    {
        let _ = (key.unsupported_reason(), key.needs_auth(), key.parent());
        let _ = key.key_public();
        // What was read can be written, and reads back as the same.
        let again = KeyFile::from_pem(key.to_pem().as_bytes()).expect("reads what it writes");
        assert_eq!(again.public_blob(), key.public_blob());
        assert_eq!(again.private_blob(), key.private_blob());
        assert_eq!(again.needs_auth(), key.needs_auth());
    }
});
