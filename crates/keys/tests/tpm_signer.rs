//! Signing with keys in a TPM (swtpm), and with something between us and the TPM that lies.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod openssl;

use openssl::{request_verifies, verifies};
use tpm2ca_keys::{
    Digest, Hash, KeyAlgorithm, KeyError, SignError, SignatureAlgorithm, Signer, TpmSigner,
    make_csr,
};
use tpm2ca_testkit::{Intercept, Swtpm};
use tpm2ca_tpm::{Algorithm, Auth, Curve, KeyTemplate, Tpm, TpmKey, TpmOptions};
use tpm2ca_x509::Name;

#[test]
fn signatures_of_a_tpm_verify_with_openssl() {
    let swtpm = Swtpm::start();
    let tpm = Tpm::open(&swtpm.tcti(), TpmOptions::default()).unwrap();
    let message = b"what a certificate says";
    for (algorithm, expected, default) in [
        (
            Algorithm::Rsa { bits: 2048 },
            KeyAlgorithm::Rsa { bits: 2048 },
            SignatureAlgorithm::RsaPkcs1Sha256,
        ),
        (
            Algorithm::Ecc(Curve::P256),
            KeyAlgorithm::P256,
            SignatureAlgorithm::EcdsaSha256,
        ),
        (
            Algorithm::Ecc(Curve::P384),
            KeyAlgorithm::P384,
            SignatureAlgorithm::EcdsaSha384,
        ),
    ] {
        let signer = TpmSigner::new(key(&tpm, algorithm)).unwrap();
        assert_eq!(signer.public_key().algorithm(), expected);
        assert_eq!(signer.default_algorithm(), default);
        assert!(
            signer
                .describe()
                .starts_with(&format!("TPM key {expected} (000b"))
        );
        let spki = signer.public_key().spki_der();
        for alg in SignatureAlgorithm::ALL {
            let Some(hash) = alg.hash() else { continue };
            let digest = Digest::of(hash, message);
            if !expected.fits(alg) {
                assert!(matches!(
                    signer.sign(alg, &digest),
                    Err(SignError::Key(KeyError::AlgorithmMismatch { .. }))
                ));
                continue;
            }
            // some numbers are shorter than others: r, s and the RSA block once in 256 times
            for _ in 0..20 {
                let signature = signer.sign(alg, &digest).unwrap();
                assert!(
                    verifies(spki, name(hash), message, signature.bytes()),
                    "{expected} {alg}"
                );
            }
        }
        assert!(matches!(
            signer.sign(default, &Digest::of(Hash::Sha512, b"")),
            Err(SignError::Key(KeyError::DigestMismatch { .. }))
        ));
        let request = make_csr(
            Name::common_name("intermediate").unwrap().as_der(),
            &[],
            &signer,
        )
        .unwrap();
        assert!(request_verifies(&request));
    }
}

/// Caught where the response's HMAC is checked, below this crate; that this crate's own check would catch it, too, is
/// tested beside `TpmSigner`.
#[test]
fn a_signature_that_was_tampered_with_never_gets_out() {
    let swtpm = Swtpm::start();
    let connector = Intercept::tamper(
        swtpm.tcti().connector(),
        |_command| {},
        |command, response| {
            if is_sign(command)
                && let Some(middle) = response.len().checked_sub(100)
                && let Some(octet) = response.get_mut(middle)
            {
                *octet ^= 1;
            }
        },
    );
    let tpm = Tpm::with_connector(Box::new(connector), TpmOptions::default()).unwrap();
    for algorithm in [Algorithm::Rsa { bits: 2048 }, Algorithm::Ecc(Curve::P256)] {
        let signer = TpmSigner::new(key(&tpm, algorithm)).unwrap();
        let alg = signer.default_algorithm();
        let error = signer
            .sign(alg, &Digest::of(Hash::Sha256, b"message"))
            .unwrap_err();
        assert!(
            matches!(error, SignError::Tpm(_) | SignError::BadSignature { .. }),
            "{error:?}"
        );
        assert!(error.hint().is_some(), "{error:?}");
    }
}

fn key(tpm: &Tpm, algorithm: Algorithm) -> TpmKey {
    let template = KeyTemplate {
        algorithm,
        no_da: true,
    };
    let file = tpm.create_key(template, &Auth::empty()).unwrap();
    tpm.load(file, Auth::empty()).unwrap()
}

fn is_sign(command: &[u8]) -> bool {
    command.get(6..10) == Some(&[0x00, 0x00, 0x01, 0x5d])
}

fn name(hash: Hash) -> &'static str {
    match hash {
        Hash::Sha256 => "sha256",
        Hash::Sha384 => "sha384",
        Hash::Sha512 => "sha512",
    }
}
