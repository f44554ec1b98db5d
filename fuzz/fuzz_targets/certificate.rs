//! A certificate of another CA.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tpm2ca_x509::{
    Certificate, Serial, TbsCertificate,
    ext::{self, KeyUsage},
    parse_name_constraints,
};

fuzz_target!(|data: &[u8]| {
    let Ok(certificate) = Certificate::parse(data) else {
        let _ = TbsCertificate::parse(data);
        return;
    };
    assert_eq!(certificate.der(), data);
    let tbs = certificate.tbs();
    assert_eq!(
        TbsCertificate::parse(tbs.der())
            .expect("the signed part stands by itself")
            .der(),
        tbs.der()
    );
    let _ = (
        tbs.subject().to_string(),
        tbs.issuer().to_oneline(),
        tbs.general_names(),
    );
    let _ = (
        tbs.is_ca(),
        tbs.path_len(),
        tbs.authority_key_identifier(),
        tbs.subject_key_identifier(),
    );
    if let Ok(serial) = Serial::from_integer_content(tbs.serial()) {
        assert_eq!(serial.to_integer_content(), tbs.serial());
    }
    for extension in tbs.extensions() {
        let _ = KeyUsage::from_der(extension.value);
        let _ = ext::parse_basic_constraints(extension.value);
        let _ = ext::parse_extended_key_usage(extension.value);
        let _ = parse_name_constraints(extension.value);
    }
});
