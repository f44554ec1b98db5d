//! Any bytes as a CRL, RFC 5280 section 5: no panic, and no more entries than bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tpm2ca_x509::crl::CertificateList;

fuzz_target!(|bytes: &[u8]| {
    let Ok(list) = CertificateList::parse(bytes) else {
        return;
    };
    assert!(list.tbs_der().len() < bytes.len());
    let mut count = 0;
    for entry in list.entries().flatten() {
        count += 1;
        let _ = (entry.serial(), entry.unknown_critical_extensions().count());
        assert!(
            list.find(entry.serial_content())
                .is_ok_and(|found| found.is_some())
        );
        if count == 4 {
            // Looking each one up again is quadratic.
            break;
        }
    }
    assert!(list.entries().count() < bytes.len());
    let _ = (
        list.issuer().to_string(),
        list.number_u64(),
        list.signature_algorithm(),
    );
    let _ = list.unknown_critical_extensions().count();
});
