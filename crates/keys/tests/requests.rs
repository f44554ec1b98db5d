//! Requests of every kind, made by OpenSSL and others: which are accepted, and what is said about those that are not.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod openssl;

use openssl::{Key, parse};
use proptest::prelude::*;
use tpm2ca_keys::{KeyAlgorithm, KeyError, SignatureAlgorithm, SoftwareKey, WeakKey, verify_csr};
use tpm2ca_testkit::{Tool, temp_dir};
use tpm2ca_x509::{Csr, Name};

#[test]
fn requests_of_every_supported_kind_are_accepted() {
    let rsa = |bits| KeyAlgorithm::Rsa { bits };
    for (key, algorithm) in [
        (Key::rsa(2048), rsa(2048)),
        (Key::rsa(3072), rsa(3072)),
        (Key::rsa(4096), rsa(4096)),
        (Key::rsa(2056), rsa(2056)),
        (Key::ec("P-256"), KeyAlgorithm::P256),
        (Key::ec("P-384"), KeyAlgorithm::P384),
        (Key::ec("P-521"), KeyAlgorithm::P521),
    ] {
        for hash in ["-sha256", "-sha384", "-sha512"] {
            let der = key.request(&[hash]);
            let verified = verify_csr(parse(&der))
                .unwrap_or_else(|error| panic!("{algorithm} {hash}: {error}"));
            assert_eq!(verified.public_key().algorithm(), algorithm);
            assert_eq!(verified.csr().der(), der);
        }
    }
    let der = Key::new("-algorithm ED25519").request(&[]);
    let verified = verify_csr(parse(&der)).unwrap();
    assert_eq!(verified.public_key().algorithm(), KeyAlgorithm::Ed25519);
}

#[test]
fn pss_requests_are_accepted_when_the_salt_is_as_long_as_the_hash() {
    let key = Key::rsa(2048);
    let request = |hash: &str, salt: &str| {
        let salt = format!("rsa_pss_saltlen:{salt}");
        key.request(&[hash, "-sigopt", "rsa_padding_mode:pss", "-sigopt", &salt])
    };
    for (hash, salt) in [("-sha256", "32"), ("-sha384", "48"), ("-sha512", "64")] {
        let mut der = request(hash, salt);
        verify_csr(parse(&der)).unwrap();
        *der.last_mut().unwrap() ^= 1;
        assert!(matches!(
            verify_csr(parse(&der)),
            Err(KeyError::BadSignature { .. })
        ));
    }
    let error = verify_csr(parse(&request("-sha256", "20"))).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("20 octets, it must be as long as the hash, 32"),
        "{error}"
    );
    assert!(error.hint().unwrap().contains("rsa_pss_saltlen:32"));
    let sha1 = verify_csr(parse(&request("-sha1", "20"))).unwrap_err();
    assert!(matches!(sha1, KeyError::PssParameters { .. }), "{sha1}");
}

#[test]
fn sha1_and_md5_are_refused_by_name() {
    let (rsa, ec) = (Key::rsa(2048), Key::ec("P-256"));
    for (key, hash, name, broken) in [
        (&rsa, "-sha1", "sha1WithRSAEncryption", true),
        (&rsa, "-md5", "md5WithRSAEncryption", true),
        (&ec, "-sha1", "ecdsa-with-SHA1", true),
        (&rsa, "-sha224", "sha224WithRSAEncryption", false),
        (&ec, "-sha3-256", "ecdsa-with-SHA3-256", false),
    ] {
        let error = verify_csr(parse(&key.request(&[hash]))).unwrap_err();
        assert_eq!(
            error,
            KeyError::UnsupportedSignature {
                algorithm: name.to_owned(),
                broken
            }
        );
        let word = if broken { "broken" } else { "unsupported" };
        assert_eq!(
            error.to_string(),
            format!("{word} signature algorithm `{name}`")
        );
        assert!(error.hint().unwrap().contains("-sha256"), "{error:?}");
    }
}

#[test]
fn other_keys_are_refused_by_name() {
    for (key, name) in [
        (Key::new("-algorithm ED448"), "Ed448"),
        (Key::ec("secp256k1"), "secp256k1"),
        (Key::ec("brainpoolP256r1"), "brainpoolP256r1"),
        (Key::ec("P-224"), "P-224"),
        (
            Key::new("-algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048"),
            "id-RSASSA-PSS",
        ),
        (
            Key::new("-algorithm EC -pkeyopt group:P-256 -pkeyopt ec_param_enc:explicit"),
            "explicit curve parameters",
        ),
    ] {
        let error = verify_csr(parse(&key.request(&[]))).unwrap_err();
        assert!(
            matches!(error, KeyError::UnsupportedKey { .. }),
            "{error:?}"
        );
        assert!(error.to_string().contains(name), "{error}");
        assert!(error.hint().is_some());
    }
}

#[test]
fn compressed_points_are_refused_with_a_command_that_works() {
    let key = Key::ec("P-256");
    let convert = |form: &str| {
        let pem = Tool::openssl("pkey")
            .args(["-ec_conv_form", form])
            .input(key.pem())
            .ok()
            .stdout;
        std::fs::write(key.path(), pem).unwrap();
    };
    convert("compressed");
    let error = verify_csr(parse(&key.request(&[]))).unwrap_err();
    assert_eq!(
        error,
        KeyError::CompressedPoint {
            curve: KeyAlgorithm::P256
        }
    );
    assert!(
        error
            .hint()
            .unwrap()
            .contains("openssl pkey -in key.pem -ec_conv_form uncompressed -out new.pem")
    );
    convert("uncompressed");
    verify_csr(parse(&key.request(&[]))).unwrap();
}

#[test]
fn weak_rsa_keys_are_refused_with_what_is_weak() {
    let weak = |key: &Key| match verify_csr(parse(&key.request(&["-sha256"]))) {
        Err(KeyError::Weak(weak)) => weak,
        other => panic!("{other:?}"),
    };
    assert_eq!(weak(&Key::rsa(1024)), WeakKey::RsaTooShort { bits: 1024 });
    assert_eq!(weak(&Key::rsa(2047)), WeakKey::RsaTooShort { bits: 2047 });
    for exponent in [3, 17, 65535] {
        let key = Key::new(&format!(
            "-algorithm RSA -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_keygen_pubexp:{exponent}"
        ));
        assert_eq!(weak(&key), WeakKey::ExponentTooSmall { exponent });
    }
}

/// Keys that only a faulty program makes, with requests that are otherwise right.
#[test]
fn keys_of_faulty_programs_are_refused() {
    for (kind, expected) in [
        ("roca", WeakKey::Roca),
        ("close", WeakKey::ClosePrimes),
        ("factor", WeakKey::SmallFactor { factor: 65_521 }),
    ] {
        let der = faulty_request(kind);
        assert!(openssl::request_verifies(&der), "{kind}");
        let error = verify_csr(parse(&der)).unwrap_err();
        assert_eq!(error, KeyError::Weak(expected), "{kind}");
        assert!(error.hint().is_some());
    }
    // the same program with ordinary primes
    let der = faulty_request("ordinary");
    verify_csr(parse(&der)).unwrap();
    // exponents between 34 and 256 bits are legal, but cannot be verified
    let der = faulty_request("exponent");
    assert_eq!(
        verify_csr(parse(&der)).unwrap_err(),
        KeyError::RsaExponent { bits: 41 }
    );
}

#[test]
fn ordinary_rsa_keys_are_not_taken_for_weak_ones() {
    for _ in 0..30 {
        let key = Key::rsa(2048);
        let public = tpm2ca_keys::PublicKey::from_spki_der(&key.spki()).unwrap();
        tpm2ca_keys::check_strength(&public).unwrap();
    }
}

#[test]
fn the_signature_is_checked_over_the_received_bytes() {
    for key in [
        Key::rsa(2048),
        Key::ec("P-256"),
        Key::new("-algorithm ED25519"),
    ] {
        let der = key.request(&[]);
        let subject = der.windows(4).position(|window| window == b"test").unwrap();
        let mut changed = der.clone();
        changed[subject] ^= 0x20;
        assert!(matches!(
            verify_csr(parse(&changed)),
            Err(KeyError::BadSignature { .. })
        ));
        // also a signature that is another request's
        let mut foreign = der.clone();
        *foreign.last_mut().unwrap() ^= 1;
        let error = verify_csr(parse(&foreign)).unwrap_err();
        assert!(matches!(error, KeyError::BadSignature { .. }));
        assert!(error.hint().unwrap().contains("openssl req"));
    }
}

#[test]
fn a_signature_algorithm_of_another_kind_is_a_mismatch() {
    let der = Key::ec("P-256").request(&[]);
    let csr = parse(&der);
    let assembled = |algorithm: &[u8]| {
        let bits_len = u8::try_from(csr.signature().len() + 1).unwrap();
        let bits = [&[0x03, bits_len, 0x00], csr.signature()].concat();
        let body = [csr.info_der(), algorithm, &bits].concat();
        let len = u16::try_from(body.len()).unwrap().to_be_bytes();
        let header: &[u8] = if len[0] == 0 {
            &[0x30, 0x81, len[1]]
        } else {
            &[0x30, 0x82, len[0], len[1]]
        };
        [header, &body].concat()
    };
    assert_eq!(assembled(csr.signature_algorithm_der()), der);
    for other in [
        SignatureAlgorithm::RsaPkcs1Sha256,
        SignatureAlgorithm::Ed25519,
    ] {
        assert_eq!(
            verify_csr(parse(&assembled(other.to_der()))).unwrap_err(),
            KeyError::AlgorithmMismatch {
                key: KeyAlgorithm::P256,
                signature: other.name().to_owned()
            }
        );
    }
    let another_hash =
        verify_csr(parse(&assembled(SignatureAlgorithm::EcdsaSha512.to_der()))).unwrap_err();
    assert!(matches!(another_hash, KeyError::BadSignature { .. }));
    // NULL as parameters, which RFC 5758 forbids
    let null = b"\x30\x0c\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02\x05\x00";
    let parameters = verify_csr(parse(&assembled(null))).unwrap_err();
    assert!(
        parameters
            .to_string()
            .contains("must have none as parameters"),
        "{parameters}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// No change of a request gets through, and none makes the program fall over.
    #[test]
    fn changed_requests_are_never_accepted(at in any::<prop::sample::Index>(), change in 1_u8..) {
        for der in samples() {
            let mut changed = der.clone();
            let at = at.index(changed.len());
            changed[at] ^= change;
            if let Ok(csr) = Csr::parse(&changed) {
                prop_assert!(verify_csr(csr).is_err(), "octet {at} of {}", der.len());
            }
        }
    }
}

fn samples() -> &'static [Vec<u8>] {
    static SAMPLES: std::sync::OnceLock<Vec<Vec<u8>>> = std::sync::OnceLock::new();
    SAMPLES.get_or_init(|| {
        let name = Name::common_name("sample").unwrap();
        [
            KeyAlgorithm::P256,
            KeyAlgorithm::Rsa { bits: 2048 },
            KeyAlgorithm::Ed25519,
        ]
        .map(|algorithm| {
            SoftwareKey::generate(algorithm)
                .unwrap()
                .make_csr(name.as_der(), &[])
                .unwrap()
        })
        .to_vec()
    })
}

/// A request by OpenSSL with a key that [`FAULTY`] made.
fn faulty_request(kind: &str) -> Vec<u8> {
    let dir = temp_dir();
    let path = dir.path().join("key.der");
    std::fs::write(&path, Tool::python(FAULTY).arg(kind).ok().stdout).unwrap();
    let pem = Tool::openssl("rsa")
        .args(["-inform", "DER", "-in"])
        .arg(path)
        .ok()
        .stdout;
    let key = Key { dir };
    std::fs::write(key.path(), pem).unwrap();
    key.request(&["-sha256"])
}

/// Prints the RSAPrivateKey of a key with a flaw.
const FAULTY: &str = r#"
import random, sys

def prime(n):
    for p in SMALL:
        if n % p == 0:
            return n == p
    d, s = n - 1, 0
    while d % 2 == 0:
        d, s = d // 2, s + 1
    for _ in range(8):
        x = pow(random.randrange(2, n - 1), d, n)
        if x in (1, n - 1):
            continue
        for _ in range(s - 1):
            x = x * x % n
            if x == n - 1:
                break
        else:
            return False
    return True

def search(candidate):
    while True:
        n = candidate()
        if prime(n) and (n - 1) % E:
            return n

def ordinary(bits=1024):
    # the two highest bits set, so that the product has all its bits
    return search(lambda: random.getrandbits(bits) | 3 << (bits - 2) | 1)

def tlv(tag, content):
    n = len(content)
    size = n.to_bytes((n.bit_length() + 7) // 8, "big")
    return bytes([tag, n] if n < 128 else [tag, 0x80 | len(size), *size]) + content

kind = sys.argv[1]
SMALL = [p for p in range(2, 2000) if all(p % d for d in range(2, int(p ** 0.5) + 1))]
E = 2 ** 40 + 15 if kind == "exponent" else 65537  # both are prime
if kind == "roca":
    M = 1
    for p in SMALL:
        if p <= 701:
            M *= p
    size = 1024 - M.bit_length()
    chip = lambda: (random.getrandbits(size) | 3 << (size - 1)) * M + pow(65537, random.getrandbits(64), M)
    p, q = search(chip), search(chip)
elif kind == "close":
    p = ordinary()
    q = search(iter(range(p + 2, p + 2 ** 20, 2)).__next__)
elif kind == "factor":
    p, q = 65521, ordinary(2040)
else:
    p, q = ordinary(), ordinary()
d = pow(E, -1, (p - 1) * (q - 1))
numbers = [0, p * q, E, d, p, q, d % (p - 1), d % (q - 1), pow(q, -1, p)]
integers = b"".join(tlv(2, n.to_bytes(n.bit_length() // 8 + 1, "big")) for n in numbers)
sys.stdout.buffer.write(tlv(0x30, integers))
"#;
