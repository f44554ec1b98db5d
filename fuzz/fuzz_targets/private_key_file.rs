//! A software key as it comes from anybody: the text (PEM), and the DER inside, encrypted or not.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tpm2ca_keys::SoftwareKey;
use tpm2ca_x509::pem;
use zeroize::Zeroizing;

fuzz_target!(|data: &[u8]| {
    read(data);
    // Few mutations of base64 are base64, so the DER gets its own way in.
    let Some((label, der)) = data.split_first() else {
        return;
    };
    let label = match label % 4 {
        0 => "ENCRYPTED PRIVATE KEY",
        1 => "PRIVATE KEY",
        2 => "RSA PRIVATE KEY",
        _ => "EC PRIVATE KEY",
    };
    // As many iterations of PBKDF2 as are allowed take seconds; a fuzzer has no time for them.
    let is_slow = der
        .windows(3)
        .any(|octets| octets[0] == 0x02 && octets[1] == 0x03 && octets[2] >= 0x02);
    if !is_slow {
        read(pem::encode(label, der).as_bytes());
    }
});

fn read(pem: &[u8]) {
    let mut passphrase = || Ok(Zeroizing::new(b"sesame".to_vec()));
    match SoftwareKey::from_pem(pem, &mut passphrase) {
        Err(error) => {
            let _ = error.hint();
            assert!(!error.to_string().is_empty());
        }
        Ok(key) => {
            // What was read can be written, and is the same key.
            let text = key.to_pkcs8_pem().expect("writes what it reads");
            let again = SoftwareKey::from_pkcs8_pem(text.as_bytes()).expect("reads what it writes");
            assert_eq!(again.public_key().spki_der(), key.public_key().spki_der());
        }
    }
}
