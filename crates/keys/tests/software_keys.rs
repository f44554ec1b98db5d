//! Software keys: made, written, read, signing; OpenSSL reads what we write and the other way round.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod openssl;

use std::os::unix::fs::PermissionsExt;

use openssl::{Key, parse, request_verifies, verifies};
use tpm2ca_keys::{
    Digest, Hash, KeyAlgorithm, KeyError, PrivateKeyError, RequestAttribute, RequestFields,
    SignError, SignatureAlgorithm, Signer, SoftwareKey, make_csr, verify_csr,
};
use tpm2ca_testkit::{Tool, temp_dir};
use tpm2ca_x509::{Extension, GeneralName, Name, ObjectIdentifier, RawExtension, ext};

#[test]
fn written_keys_are_read_by_openssl_and_by_us() {
    for algorithm in ALL {
        let key = SoftwareKey::generate(algorithm).unwrap();
        assert_eq!(key.public_key().algorithm(), algorithm);
        let dir = temp_dir();
        let path = dir.path().join("key.pem");
        key.write_new(&path).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);

        let pem = std::fs::read(&path).unwrap();
        let public = Tool::openssl("pkey")
            .args(["-pubout", "-outform", "DER"])
            .input(pem.clone())
            .ok()
            .stdout;
        assert_eq!(public, key.public_key().spki_der(), "{algorithm}");
        let again = SoftwareKey::from_pkcs8_pem(&pem).unwrap();
        assert_eq!(again.public_key(), key.public_key());
        assert_eq!(*again.to_pkcs8_pem().unwrap(), *key.to_pkcs8_pem().unwrap());
    }
}

#[test]
fn a_file_is_never_overwritten_and_never_left_in_half() {
    let key = SoftwareKey::generate(KeyAlgorithm::P256).unwrap();
    let dir = temp_dir();
    let path = dir.path().join("key.pem");
    std::fs::write(&path, "precious").unwrap();
    let error = key.write_new(&path).unwrap_err();
    assert!(matches!(error, PrivateKeyError::Exists { .. }), "{error:?}");
    assert!(error.hint().unwrap().contains("never overwritten"));
    assert_eq!(std::fs::read(&path).unwrap(), b"precious");
    let nowhere = key
        .write_new(&dir.path().join("missing/key.pem"))
        .unwrap_err();
    assert!(matches!(nowhere, PrivateKeyError::Io { .. }), "{nowhere:?}");
}

#[test]
fn every_form_that_openssl_writes_is_read() {
    for key in [
        Key::rsa(2048),
        Key::rsa(3072),
        Key::ec("P-256"),
        Key::ec("P-384"),
        Key::ec("P-521"),
        Key::new("-algorithm ED25519"),
    ] {
        let read = SoftwareKey::from_pkcs8_pem(&key.pem()).unwrap();
        assert_eq!(read.public_key().spki_der(), key.spki());
        if read.public_key().algorithm() == KeyAlgorithm::Ed25519 {
            // has no older form
            continue;
        }
        let traditional = Tool::openssl("pkey")
            .arg("-traditional")
            .input(key.pem())
            .ok()
            .text();
        let read = SoftwareKey::from_pkcs8_pem(traditional.as_bytes()).unwrap();
        assert_eq!(read.public_key().spki_der(), key.spki(), "{traditional}");
        // with Windows' line ends and text around it
        let windows = format!("key of the server\n{traditional}\nend").replace('\n', "\r\n");
        let read = SoftwareKey::from_pkcs8_pem(windows.as_bytes()).unwrap();
        assert_eq!(read.public_key().spki_der(), key.spki());
    }
    // with `EC PARAMETERS` in front
    let both = Tool::openssl("ecparam")
        .args(["-name", "secp384r1", "-genkey"])
        .ok()
        .text();
    assert!(both.contains("BEGIN EC PARAMETERS"));
    let read = SoftwareKey::from_pkcs8_pem(both.as_bytes()).unwrap();
    assert_eq!(read.public_key().algorithm(), KeyAlgorithm::P384);
}

#[test]
fn encrypted_keys_are_refused_with_a_command_that_works() {
    let key = Key::rsa(2048);
    let pkcs8 = Tool::openssl("pkcs8")
        .args(["-topk8", "-passout", "pass:secret"])
        .input(key.pem())
        .ok()
        .text();
    let legacy = Tool::openssl("rsa")
        .args(["-traditional", "-aes128", "-passout", "pass:secret"])
        .input(key.pem())
        .ok()
        .text();
    assert!(legacy.contains("Proc-Type: 4,ENCRYPTED"));
    for encrypted in [pkcs8, legacy] {
        let error = SoftwareKey::from_pkcs8_pem(encrypted.as_bytes()).unwrap_err();
        assert!(
            matches!(error, PrivateKeyError::Encrypted { .. }),
            "{error:?}"
        );
        let hint = error.hint().unwrap();
        assert!(
            hint.contains("`openssl pkcs8 -topk8 -nocrypt -in key.pem -out plain.pem`"),
            "{hint}"
        );
        // the command of the hint, but for the pass phrase and the files
        let plain = Tool::openssl("pkcs8")
            .args(["-topk8", "-nocrypt", "-passin", "pass:secret"])
            .input(encrypted)
            .ok()
            .stdout;
        let read = SoftwareKey::from_pkcs8_pem(&plain).unwrap();
        assert_eq!(read.public_key().spki_der(), key.spki());
    }
}

#[test]
fn what_is_no_usable_key_is_named() {
    let named = |pem: &[u8]| {
        let error = SoftwareKey::from_pkcs8_pem(pem).unwrap_err();
        assert!(error.hint().is_some(), "{error}");
        error.to_string()
    };
    let key = Key::ec("P-256");
    let pem = String::from_utf8(key.pem()).unwrap();
    assert!(named(b"").contains("found no PEM block"));
    assert!(named(b"\x30\x82\xff").contains("found binary data"));
    let twice = format!("{pem}{pem}");
    assert!(named(twice.as_bytes()).contains("found `PRIVATE KEY`, `PRIVATE KEY`"));
    let certificate = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
    assert!(named(certificate.as_bytes()).contains("found `CERTIFICATE`"));
    let tpm = "-----BEGIN TSS2 PRIVATE KEY-----\nMAA=\n-----END TSS2 PRIVATE KEY-----\n";
    assert!(named(tpm.as_bytes()).contains("TPM"));
    assert!(
        named(&pem.as_bytes()[..pem.len() / 2]).contains("`-----END PRIVATE KEY-----` is missing")
    );
    assert!(named(pem.replace("MI", "??").as_bytes()).contains("PEM"));
    assert!(named(&Key::new("-algorithm ED448").pem()).contains("Ed448"));
    assert!(named(&Key::ec("secp256k1").pem()).contains("secp256k1"));
    assert!(named(&Key::rsa(1024).pem()).contains("RSA private key is not usable"));
    let explicit = Key::new("-algorithm EC -pkeyopt group:P-256 -pkeyopt ec_param_enc:explicit");
    assert!(named(&explicit.pem()).contains("explicit curve parameters"));
    // the public half does not belong to the private one
    let other = String::from_utf8(Key::ec("P-256").pem()).unwrap();
    let lines = |pem: &str| pem.lines().map(str::to_owned).collect::<Vec<_>>();
    let (ours, theirs) = (lines(&pem), lines(&other));
    let mixed = [&ours[..2], &theirs[2..]].concat().join("\n") + "\n";
    assert!(named(mixed.as_bytes()).contains("P-256 private key is not usable"));
}

#[test]
fn signatures_verify_with_openssl() {
    let message = b"to be signed";
    for algorithm in ALL
        .into_iter()
        .filter(|algorithm| *algorithm != KeyAlgorithm::Ed25519)
    {
        let key = SoftwareKey::generate(algorithm).unwrap();
        for alg in SignatureAlgorithm::ALL {
            let Some(hash) = alg.hash() else { continue };
            let result = key.sign(alg, &Digest::of(hash, message));
            if !algorithm.fits(alg) {
                assert!(matches!(
                    result,
                    Err(SignError::Key(KeyError::AlgorithmMismatch { .. }))
                ));
                continue;
            }
            let signature = result.unwrap();
            assert_eq!(signature.alg(), alg);
            assert!(
                verifies(
                    key.public_key().spki_der(),
                    name(hash),
                    message,
                    signature.bytes()
                ),
                "{algorithm} {alg}"
            );
            let other = if hash == Hash::Sha512 {
                Hash::Sha256
            } else {
                Hash::Sha512
            };
            assert!(matches!(
                key.sign(alg, &Digest::of(other, message)),
                Err(SignError::Key(KeyError::DigestMismatch { .. }))
            ));
        }
    }
}

#[test]
fn default_algorithms_are_as_strong_as_the_key() {
    for (algorithm, expected) in [
        (
            KeyAlgorithm::Rsa { bits: 3072 },
            SignatureAlgorithm::RsaPkcs1Sha256,
        ),
        (KeyAlgorithm::P256, SignatureAlgorithm::EcdsaSha256),
        (KeyAlgorithm::P384, SignatureAlgorithm::EcdsaSha384),
        (KeyAlgorithm::P521, SignatureAlgorithm::EcdsaSha512),
    ] {
        assert_eq!(
            SoftwareKey::generate(algorithm)
                .unwrap()
                .default_algorithm(),
            expected
        );
    }
}

#[test]
fn ed25519_signs_messages_only() {
    let key = SoftwareKey::generate(KeyAlgorithm::Ed25519).unwrap();
    let digest = Digest::of(Hash::Sha512, b"message");
    let error = key.sign(SignatureAlgorithm::Ed25519, &digest).unwrap_err();
    assert!(matches!(error, SignError::Unsupported { .. }), "{error:?}");
    assert!(error.hint().unwrap().contains("RSA or EC"));
    let signature = key
        .sign_message(SignatureAlgorithm::Ed25519, b"message")
        .unwrap();
    key.public_key()
        .verify(SignatureAlgorithm::Ed25519, b"message", signature.bytes())
        .unwrap();
    assert!(
        key.sign_message(SignatureAlgorithm::EcdsaSha256, b"message")
            .is_err()
    );
}

#[test]
fn our_requests_are_accepted_by_openssl_and_by_us() {
    let name = Name::parse("/C=DE/O=Acme/CN=host.example.com").unwrap();
    let private = Extension {
        oid: ObjectIdentifier::new_unwrap("1.2.3.4.5"),
        critical: true,
        value: vec![0x05, 0x00],
    };
    let names =
        ext::subject_alt_name(&[GeneralName::Dns("host.example.com".to_owned())], false).unwrap();
    for algorithm in ALL {
        let key = SoftwareKey::generate(algorithm).unwrap();
        for extensions in [vec![], vec![names.clone(), private.clone()]] {
            let der = key.make_csr(name.as_der(), &extensions).unwrap();
            assert!(request_verifies(&der), "{algorithm}");
            let verified = verify_csr(parse(&der)).unwrap();
            assert_eq!(verified.public_key(), key.public_key());
            assert_eq!(verified.csr().subject_der(), name.as_der());
            let read: Vec<Extension> = verified
                .csr()
                .extensions()
                .iter()
                .map(RawExtension::to_owned)
                .collect();
            assert_eq!(read, extensions);
            assert!(request_verifies(
                &make_csr(name.as_der(), &extensions, &key).unwrap()
            ));
        }
    }
}

#[test]
fn attributes_stand_beside_extensions_in_the_order_of_der() {
    let key = SoftwareKey::generate(KeyAlgorithm::P256).unwrap();
    let attribute = |oid: &str, text: &str| RequestAttribute {
        oid: ObjectIdentifier::new_unwrap(oid),
        value_der: [&[0x0c, u8::try_from(text.len()).unwrap()], text.as_bytes()].concat(),
    };
    let subject = Name::empty();
    let fields = RequestFields {
        subject_der: subject.as_der(),
        attributes: &[
            attribute(
                "1.2.840.113549.1.9.7",
                "a long challenge, longer than the extensions are",
            ),
            attribute("1.2.840.113549.1.9.2", "Acme"),
        ],
        extensions: &[Extension {
            oid: ObjectIdentifier::new_unwrap("1.2.3.4.5"),
            critical: false,
            value: vec![0x05, 0x00],
        }],
    };
    let der = fields.sign(&key, SignatureAlgorithm::EcdsaSha512).unwrap();
    assert!(request_verifies(&der));
    let csr = parse(&der);
    assert_eq!(csr.extensions().len(), 1);
    let place = |octets: &[u8]| {
        der.windows(octets.len())
            .position(|window| window == octets)
            .unwrap()
    };
    // Shorter ones first: the length is compared before the content.
    assert!(place(b"Acme") < place(&[0x2a, 0x03, 0x04, 0x05]));
    assert!(place(&[0x2a, 0x03, 0x04, 0x05]) < place(b"a long challenge"));
}

#[test]
fn openssl_opens_what_we_encrypt() {
    let folder = temp_dir();
    let path = folder.path().join("key.pem");
    for algorithm in [
        KeyAlgorithm::P256,
        KeyAlgorithm::Ed25519,
        KeyAlgorithm::Rsa { bits: 2048 },
    ] {
        let key = SoftwareKey::generate(algorithm).unwrap();
        let pem = key.to_encrypted_pkcs8_pem("pässword".as_bytes()).unwrap();
        std::fs::write(&path, pem.as_bytes()).unwrap();
        let public = |password: &str| {
            std::process::Command::new("openssl")
                .args([
                    "pkey", "-pubout", "-outform", "DER", "-passin", password, "-in",
                ])
                .arg(&path)
                .output()
                .unwrap()
        };
        assert_eq!(
            public("pass:pässword").stdout,
            key.public_key().spki_der(),
            "{algorithm}"
        );
        assert!(!public("pass:wrong").status.success());
    }
}

#[test]
fn debug_output_holds_no_secret() {
    let key = SoftwareKey::generate(KeyAlgorithm::P256).unwrap();
    let pem = key.to_pkcs8_pem().unwrap();
    let debug = format!("{key:?}");
    assert!(
        debug.starts_with("SoftwareKey { public: PublicKey(P-256, "),
        "{debug}"
    );
    assert!(debug.len() < 120, "{debug}");
    assert!(!pem.lines().any(|line| debug.contains(line)));
}

fn name(hash: Hash) -> &'static str {
    match hash {
        Hash::Sha256 => "sha256",
        Hash::Sha384 => "sha384",
        Hash::Sha512 => "sha512",
    }
}

const ALL: [KeyAlgorithm; 7] = [
    KeyAlgorithm::P256,
    KeyAlgorithm::P384,
    KeyAlgorithm::P521,
    KeyAlgorithm::Ed25519,
    KeyAlgorithm::Rsa { bits: 2048 },
    KeyAlgorithm::Rsa { bits: 3072 },
    KeyAlgorithm::Rsa { bits: 4096 },
];
