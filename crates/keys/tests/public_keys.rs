//! Public keys as OpenSSL writes them, broken ones, and signatures of every combination.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod openssl;

use openssl::Key;
use proptest::prelude::*;
use tpm2ca_keys::{
    Digest, Hash, KeyAlgorithm, KeyError, PublicKey, SignatureAlgorithm, check_strength,
};
use tpm2ca_testkit::Tool;

#[test]
fn every_signature_of_openssl_verifies_and_none_when_changed() {
    use SignatureAlgorithm as A;
    let message = b"a message that is signed";
    let rsa = [
        ("sha256", A::RsaPkcs1Sha256),
        ("sha384", A::RsaPkcs1Sha384),
        ("sha512", A::RsaPkcs1Sha512),
    ];
    let ecdsa = [
        ("sha256", A::EcdsaSha256),
        ("sha384", A::EcdsaSha384),
        ("sha512", A::EcdsaSha512),
    ];
    for (key, algorithms) in [
        (Key::rsa(2048), rsa),
        (Key::rsa(4096), rsa),
        (Key::ec("P-256"), ecdsa),
        (Key::ec("P-384"), ecdsa),
        (Key::ec("P-521"), ecdsa),
    ] {
        let public = PublicKey::from_spki_der(&key.spki()).unwrap();
        for (hash, algorithm) in algorithms {
            let signature = key.sign(hash, message);
            let digest = Digest::of(algorithm.hash().unwrap(), message);
            public.verify(algorithm, message, &signature).unwrap();
            public
                .verify_digest(algorithm, &digest, &signature)
                .unwrap();

            let mut changed = signature.clone();
            *changed.last_mut().unwrap() ^= 1;
            for wrong in [
                public.verify(algorithm, message, &changed),
                public.verify(algorithm, b"another message", &signature),
                public.verify_digest(algorithm, &digest, &changed),
                public.verify_digest(algorithm, &digest, &[]),
            ] {
                assert!(
                    matches!(wrong, Err(KeyError::BadSignature { .. })),
                    "{wrong:?}"
                );
            }
            assert!(matches!(
                public.verify(A::Ed25519, message, &signature),
                Err(KeyError::AlgorithmMismatch { .. })
            ));
            let other = if digest.hash() == Hash::Sha256 {
                Hash::Sha384
            } else {
                Hash::Sha256
            };
            assert!(matches!(
                public.verify_digest(algorithm, &Digest::of(other, message), &signature),
                Err(KeyError::DigestMismatch { .. })
            ));
        }
    }
}

#[test]
fn the_key_identifier_is_the_one_openssl_writes() {
    for key in [
        Key::rsa(2048),
        Key::ec("P-384"),
        Key::new("-algorithm ED25519"),
    ] {
        let certificate = key.request(&["-x509"]);
        let text = Tool::openssl("x509")
            .args(["-inform", "DER", "-noout", "-ext", "subjectKeyIdentifier"])
            .input(certificate_with_ski(&key, &certificate))
            .ok()
            .text();
        let public = PublicKey::from_spki_der(&key.spki()).unwrap();
        let ours: Vec<String> = public
            .key_identifier()
            .iter()
            .map(|octet| format!("{octet:02X}"))
            .collect();
        assert!(text.contains(&ours.join(":")), "{text} {ours:?}");
        assert_eq!(public.spki_der(), key.spki());
    }
}

/// `openssl req -x509` without a configuration makes no extensions; `x509 -extfile` does.
fn certificate_with_ski(key: &Key, _plain: &[u8]) -> Vec<u8> {
    let extensions = key.dir.path().join("ext.cnf");
    std::fs::write(&extensions, "subjectKeyIdentifier = hash\n").unwrap();
    Tool::openssl("x509")
        .args([
            "-req", "-inform", "DER", "-outform", "DER", "-days", "1", "-extfile",
        ])
        .arg(extensions)
        .arg("-signkey")
        .arg(key.path())
        .input(key.request(&[]))
        .ok()
        .stdout
}

#[test]
fn points_that_are_none_are_told_apart() {
    for (group, curve) in [
        ("P-256", KeyAlgorithm::P256),
        ("P-384", KeyAlgorithm::P384),
        ("P-521", KeyAlgorithm::P521),
    ] {
        let spki = Key::ec(group).spki();
        let mut off = spki.clone();
        *off.last_mut().unwrap() ^= 1;
        assert_eq!(
            PublicKey::from_spki_der(&off),
            Err(KeyError::PointNotOnCurve { curve })
        );

        let coordinates = spki.len() - 2 * field_len(curve);
        let mut not_below_p = spki.clone();
        not_below_p[coordinates..].fill(0xff);
        assert_eq!(
            PublicKey::from_spki_der(&not_below_p),
            Err(KeyError::PointNotOnCurve { curve })
        );
        let mut zero = spki.clone();
        zero[coordinates..].fill(0);
        assert_eq!(
            PublicKey::from_spki_der(&zero),
            Err(KeyError::PointNotOnCurve { curve })
        );

        let mut hybrid = spki.clone();
        hybrid[coordinates - 1] = 0x06;
        assert!(matches!(
            PublicKey::from_spki_der(&hybrid),
            Err(KeyError::Malformed { .. })
        ));
        let compressed = Key::ec(group).spki_with(&["-ec_conv_form", "compressed"]);
        assert_eq!(
            PublicKey::from_spki_der(&compressed),
            Err(KeyError::CompressedPoint { curve })
        );
    }
    // another curve's point
    let mut mixed = Key::ec("P-256").spki();
    let oid = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
    let at = mixed.windows(8).position(|window| window == oid).unwrap();
    mixed[at + 7] = 0x01;
    let error = PublicKey::from_spki_der(&mixed).unwrap_err();
    assert!(error.to_string().contains("P-192"), "{error}");
}

#[test]
fn points_of_the_wrong_length_are_malformed() {
    // 30 59 / 30 13 (two OIDs) / 03 42 00 04 …; one octet shorter in all three lengths
    let mut short = Key::ec("P-256").spki();
    assert_eq!((short[1], short[24]), (0x59, 0x42));
    short.pop();
    short[1] -= 1;
    short[24] -= 1;
    let error = PublicKey::from_spki_der(&short).unwrap_err();
    assert_eq!(
        error.to_string(),
        "malformed public key: a point on P-256 has 65 octets, got 64"
    );
}

#[test]
fn ed25519_keys_that_are_none_are_refused() {
    let spki = |point: [u8; 32]| {
        [
            b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00".as_slice(),
            &point,
        ]
        .concat()
    };
    let curve = KeyAlgorithm::Ed25519;
    let mut two = [0; 32];
    two[0] = 2;
    assert_eq!(
        PublicKey::from_spki_der(&spki(two)),
        Err(KeyError::PointNotOnCurve { curve })
    );
    let mut identity = [0; 32];
    identity[0] = 1;
    let weak = PublicKey::from_spki_der(&spki(identity)).unwrap();
    assert_eq!(
        check_strength(&weak),
        Err(tpm2ca_keys::WeakKey::SmallOrderPoint)
    );
    // why: everybody can sign for it, with R = 0 and S = 0
    let forged = [identity.as_slice(), &[0; 32]].concat();
    weak.verify(SignatureAlgorithm::Ed25519, b"anything", &forged)
        .unwrap();
}

#[test]
fn anything_but_der_is_refused() {
    for key in [
        Key::rsa(2048),
        Key::ec("P-256"),
        Key::new("-algorithm ED25519"),
    ] {
        let spki = key.spki();
        for end in 0..spki.len() {
            assert!(
                PublicKey::from_spki_der(&spki[..end]).is_err(),
                "cut at {end}"
            );
        }
        let longer = [spki.as_slice(), &[0]].concat();
        assert!(matches!(
            PublicKey::from_spki_der(&longer),
            Err(KeyError::Malformed { .. })
        ));
    }
    // parameters of rsaEncryption left out, and a padded modulus
    let rsa = Key::rsa(2048).spki();
    assert_eq!(rsa[..8], [0x30, 0x82, 0x01, 0x22, 0x30, 0x0d, 0x06, 0x09]);
    let mut without = [&rsa[..17], &rsa[19..]].concat();
    without[3] -= 2;
    without[5] -= 2;
    let error = PublicKey::from_spki_der(&without).unwrap_err();
    assert!(error.to_string().contains("NULL"), "{error}");
    let mut negative = rsa.clone();
    // 02 82 01 01 00 …: the zero before the highest bit
    let zero = rsa
        .windows(5)
        .position(|window| window == [0x02, 0x82, 0x01, 0x01, 0x00])
        .unwrap()
        + 4;
    negative[zero] = 0x80;
    assert!(PublicKey::from_spki_der(&negative).is_err());
}

#[test]
fn weak_exponents_and_moduli_are_named() {
    use tpm2ca_keys::WeakKey;
    let odd_modulus = {
        let spki = Key::rsa(2048).spki();
        let at = spki
            .windows(5)
            .position(|window| window == [0x02, 0x82, 0x01, 0x01, 0x00])
            .unwrap()
            + 5;
        spki[at..at + 256].to_vec()
    };
    let even_modulus = {
        let mut modulus = odd_modulus.clone();
        modulus[255] ^= 1;
        modulus
    };
    let strength = |modulus: &[u8], exponent: &[u8]| {
        check_strength(&PublicKey::from_spki_der(&rsa_spki(modulus, exponent)).unwrap())
            .unwrap_err()
    };
    assert_eq!(strength(&odd_modulus, &[1, 0, 0]), WeakKey::ExponentEven);
    assert_eq!(
        strength(&odd_modulus, &[]),
        WeakKey::ExponentTooSmall { exponent: 0 }
    );
    assert_eq!(
        strength(&odd_modulus, &[1]),
        WeakKey::ExponentTooSmall { exponent: 1 }
    );
    assert_eq!(
        strength(&odd_modulus, &[0xff; 33]),
        WeakKey::ExponentTooLarge { bits: 264 }
    );
    assert_eq!(
        strength(&even_modulus, &[1, 0, 1]),
        WeakKey::SmallFactor { factor: 2 }
    );
    assert_eq!(
        strength(&[0xff; 1025], &[1, 0, 1]),
        WeakKey::RsaTooLong { bits: 8200 }
    );
    assert_eq!(
        strength(&vec![0xff; 200_000], &[1, 0, 1]),
        WeakKey::RsaTooLong { bits: 1_600_000 }
    );
    assert_eq!(
        strength(&[0xff; 255], &[1, 0, 1]),
        WeakKey::RsaTooShort { bits: 2040 }
    );
    assert_eq!(strength(&[], &[1, 0, 1]), WeakKey::RsaTooShort { bits: 0 });
}

/// With the numbers as given; the encoder of the TPM keys is good enough for that.
fn rsa_spki(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
        let mut der = vec![tag, 0x83];
        der.extend_from_slice(&u32::try_from(content.len()).unwrap().to_be_bytes()[1..]);
        // the shortest form of the length
        let len = content.len();
        if len < 0x80 {
            der = vec![tag, u8::try_from(len).unwrap()];
        } else if len < 0x100 {
            der = vec![tag, 0x81, u8::try_from(len).unwrap()];
        } else if len < 0x1_0000 {
            der = vec![tag, 0x82];
            der.extend_from_slice(&u16::try_from(len).unwrap().to_be_bytes());
        }
        der.extend_from_slice(content);
        der
    }
    let integer = |number: &[u8]| {
        let sign: &[u8] = if number.first().is_none_or(|top| *top >= 0x80) {
            &[0]
        } else {
            &[]
        };
        tlv(0x02, &[sign, number].concat())
    };
    let key = tlv(0x30, &[integer(modulus), integer(exponent)].concat());
    let algorithm = b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00";
    let bits = tlv(0x03, &[&[0], key.as_slice()].concat());
    tlv(0x30, &[algorithm.as_slice(), &bits].concat())
}

proptest! {
    #[test]
    fn arbitrary_octets_never_panic(octets in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(PublicKey::from_spki_der(&octets).is_err());
    }

    #[test]
    fn changed_keys_never_panic(which in 0_usize..5, at in any::<prop::sample::Index>(), change in 1_u8.., cut in any::<prop::sample::Index>()) {
        let mut spki = samples()[which].clone();
        let at = at.index(spki.len());
        spki[at] ^= change;
        if let Ok(key) = PublicKey::from_spki_der(&spki) {
            prop_assert_eq!(key.spki_der(), &spki);
            let _ = check_strength(&key);
            for algorithm in SignatureAlgorithm::ALL {
                prop_assert!(key.verify(algorithm, b"message", &[0x30, 0x00]).is_err());
            }
        }
        spki.truncate(cut.index(spki.len()));
        prop_assert!(PublicKey::from_spki_der(&spki).is_err());
    }
}

fn samples() -> &'static [Vec<u8>] {
    static SAMPLES: std::sync::OnceLock<Vec<Vec<u8>>> = std::sync::OnceLock::new();
    SAMPLES.get_or_init(|| {
        vec![
            Key::rsa(2048).spki(),
            Key::ec("P-256").spki(),
            Key::ec("P-384").spki(),
            Key::ec("P-521").spki(),
            Key::new("-algorithm ED25519").spki(),
        ]
    })
}

fn field_len(curve: KeyAlgorithm) -> usize {
    match curve {
        KeyAlgorithm::P256 => 32,
        KeyAlgorithm::P384 => 48,
        _ => 66,
    }
}
