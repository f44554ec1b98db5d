//! PEM text, as files hold it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tpm2ca_x509::pem;

fuzz_target!(|data: &[u8]| {
    let _ = pem::single(data, &["CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"]);
    let Ok(blocks) = pem::blocks(data) else {
        return;
    };
    for block in blocks {
        let text = pem::encode("CERTIFICATE", &block.der);
        assert_eq!(
            pem::single(text.as_bytes(), &["CERTIFICATE"]).expect("what was written is read"),
            block.der
        );
    }
});
