//! Any bytes as an OCSP response, RFC 6960 section 4.2: no panic, and answers survive being written again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tpm2ca_x509::{
    SignatureAlgorithm,
    ocsp::{BasicResponse, BasicResponseFields, OcspResponse, assemble_ocsp},
};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(OcspResponse::Successful(basic)) = OcspResponse::parse(bytes) {
        write_again(&basic);
    }
    if let Ok(basic) = BasicResponse::parse(bytes) {
        write_again(&basic);
    }
});

fn write_again(basic: &BasicResponse<'_>) {
    let fields = BasicResponseFields {
        responder: basic.responder(),
        produced_at: basic.produced_at(),
        responses: basic.responses(),
        nonce: basic.nonce(),
        extensions: &[],
    };
    // Others write what we refuse to, such as times in reverse.
    let Ok(tbs) = fields.to_tbs_der() else {
        return;
    };
    let der = assemble_ocsp(
        &tbs,
        SignatureAlgorithm::EcdsaSha256,
        basic.signature(),
        basic.certs(),
    );
    let Ok(OcspResponse::Successful(read)) = OcspResponse::parse(&der) else {
        panic!("what was written can be read");
    };
    assert_eq!(read.responder(), basic.responder());
    assert_eq!(read.produced_at(), basic.produced_at());
    assert_eq!(read.nonce(), basic.nonce());
    assert_eq!(read.certs(), basic.certs());
    assert_eq!(read.responses().len(), basic.responses().len());
}
