//! A certificate request as it comes from anybody.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tpm2ca_x509::{Csr, Name, SignatureAlgorithm, spki_algorithm_der, spki_key_bits};

fuzz_target!(|data: &[u8]| {
    let Ok(csr) = Csr::parse(data) else { return };
    assert_eq!(csr.der(), data);
    // What a certificate copies must stand by itself.
    let subject = Name::from_der(csr.subject_der().to_vec()).expect("a subject is a name");
    assert_eq!(subject, csr.subject());
    let _ = (
        subject.to_string(),
        subject.to_oneline(),
        subject.is_canonical_der(),
        subject.common_names(),
    );
    spki_key_bits(csr.spki_der()).expect("a key has bits");
    spki_algorithm_der(csr.spki_der()).expect("a key has an algorithm");
    let _ = SignatureAlgorithm::from_der(csr.signature_algorithm_der());
    let _ = csr.general_names();
});
