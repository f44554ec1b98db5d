//! Any bytes as an OCSP request, RFC 6960 section 4.1: no panic, and what was understood can be asked again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tpm2ca_x509::ocsp::{OcspRequest, OcspRequestFields};

fuzz_target!(|bytes: &[u8]| {
    let Ok(request) = OcspRequest::parse(bytes) else {
        return;
    };
    let again = OcspRequestFields {
        certs: request.certs(),
        nonce: request.nonce(),
    }
    .to_der()
    .expect("what was read can be written");
    let read = OcspRequest::parse(&again).expect("what was written can be read");
    assert_eq!(read.certs(), request.certs());
    assert_eq!(read.nonce(), request.nonce());
    for cert in request.certs() {
        let _ = cert.serial();
        assert!(cert.is_of_issuer(
            cert.hash_oid(),
            cert.issuer_name_hash(),
            cert.issuer_key_hash()
        ));
    }
});
