//! Certificate requests made by OpenSSL and Python, and what becomes of damaged ones.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod oracle;

use std::sync::LazyLock;

use oracle::Bench;
use proptest::prelude::*;
use tpm2ca_x509::{
    Csr, Error, Extension, GeneralName, SignatureAlgorithm, oid, pem, spki_algorithm_der,
    spki_key_bits,
};

const PLAIN: &str = "[req]\nprompt=no\ndistinguished_name=dn\nstring_mask=utf8only\n[dn]\nC=DE\nO=Exämple Ltd\nCN=host.example\n";

const WITH_NAMES: &str = "[req]\nprompt=no\ndistinguished_name=dn\nreq_extensions=ext\nutf8=yes\n\
    [dn]\n0.DC=com\n1.DC=example\nO=Exämple Ltd\n0.OU=one\n1.OU=two\nCN=a\n+emailAddress=me@example.com\n\
    [ext]\nsubjectAltName=DNS:a.example,DNS:*.b.example,IP:192.0.2.1,IP:2001:db8::1,email:me@example.com,\
    URI:https://a.example/,RID:1.2.3.4,otherName:1.3.6.1.4.1.311.20.2.3;UTF8:u@x,dirName:other\n\
    keyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\n[other]\nCN=x\n";

const NO_SUBJECT: &str = "[req]\nprompt=no\ndistinguished_name=dn\nreq_extensions=ext\n[dn]\n[ext]\nsubjectAltName=critical,DNS:only.example\n";

/// One request with everything, for damaging.
static SAMPLE: LazyLock<Vec<u8>> =
    LazyLock::new(|| Bench::new().openssl_csr("ec -pkeyopt ec_paramgen_curve:P-256", WITH_NAMES));

/// DER of the SubjectPublicKeyInfo as OpenSSL sees it.
fn openssl_spki(bench: &Bench) -> Vec<u8> {
    bench.openssl("req -inform DER -in csr.der -noout -pubkey -out pub.pem");
    pem::single(&bench.read("pub.pem"), &["PUBLIC KEY"]).unwrap()
}

#[test]
fn keys_of_every_kind() {
    for (key, algorithm, key_oid) in [
        (
            "rsa:2048",
            SignatureAlgorithm::RsaPkcs1Sha256,
            oid::RSA_ENCRYPTION,
        ),
        (
            "ec -pkeyopt ec_paramgen_curve:P-256",
            SignatureAlgorithm::EcdsaSha256,
            oid::EC_PUBLIC_KEY,
        ),
        (
            "ec -pkeyopt ec_paramgen_curve:P-521",
            SignatureAlgorithm::EcdsaSha256,
            oid::EC_PUBLIC_KEY,
        ),
        ("ed25519", SignatureAlgorithm::Ed25519, oid::ED25519),
    ] {
        let bench = Bench::new();
        let der = bench.openssl_csr(key, PLAIN);
        let csr = Csr::parse(&der).unwrap();
        assert_eq!(csr.der(), der);
        assert_eq!(
            SignatureAlgorithm::from_der(csr.signature_algorithm_der()),
            Ok(algorithm),
            "{key}"
        );
        assert_eq!(csr.spki_der(), openssl_spki(&bench), "{key}");
        assert!(spki_key_bits(csr.spki_der()).unwrap().len() >= 32);
        let algorithm = spki_algorithm_der(csr.spki_der()).unwrap();
        assert!(algorithm[4..].starts_with(key_oid.as_bytes()), "{key}");
        assert!(csr.extensions().is_empty());
        assert_eq!(csr.general_names(), Ok(vec![]));
        bench.write("info", csr.info_der());
        bench.write("signature", csr.signature());
        let verify = if key == "ed25519" {
            "pkeyutl -verify -rawin -pubin -inkey pub.pem -in info -sigfile signature"
        } else {
            "dgst -sha256 -verify pub.pem -signature signature info"
        };
        bench.openssl(verify);
    }
}

#[test]
fn subjects_read_as_openssl_reads_them() {
    for config in [PLAIN, WITH_NAMES, NO_SUBJECT] {
        let bench = Bench::new();
        let key = if config == NO_SUBJECT {
            "ed25519 -subj /"
        } else {
            "ed25519"
        };
        let der = bench.openssl_csr(key, config);
        let subject = Csr::parse(&der).unwrap().subject();
        let options = "req -inform DER -in csr.der -noout -subject -nameopt";
        let rfc = bench.openssl(&format!("{options} RFC2253,-esc_msb,utf8"));
        assert_eq!(format!("subject={subject}"), rfc.trim_end());
        let oneline = bench.openssl(&format!("{options} oneline,-esc_msb,utf8"));
        assert_eq!(
            format!("subject={}", subject.to_oneline()),
            oneline.trim_end()
        );
        assert_eq!(subject.is_empty(), config == NO_SUBJECT);
        assert!(subject.is_canonical_der());
    }
}

#[test]
fn names_and_extensions() {
    let csr = Csr::parse(&SAMPLE).unwrap();
    let names: Vec<String> = csr
        .general_names()
        .unwrap()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        names,
        [
            "DNS:a.example",
            "DNS:*.b.example",
            "IP:192.0.2.1",
            "IP:2001:db8::1",
            "email:me@example.com",
            "URI:https://a.example/",
            "RID:1.2.3.4",
            "otherName:1.3.6.1.4.1.311.20.2.3",
            "dirName:CN=x"
        ]
    );
    let kinds: Vec<_> = csr
        .extensions()
        .iter()
        .map(|e| (e.oid, e.critical))
        .collect();
    assert_eq!(
        kinds,
        [
            (oid::SUBJECT_ALT_NAME, false),
            (oid::KEY_USAGE, true),
            (oid::EXTENDED_KEY_USAGE, false)
        ]
    );
    assert_eq!(csr.subject_alt_name_der(), Some(csr.extensions()[0].value));

    let empty_subject = Bench::new().openssl_csr("ed25519 -subj /", NO_SUBJECT);
    let csr = Csr::parse(&empty_subject).unwrap();
    assert!(csr.extensions()[0].critical);
    assert_eq!(
        csr.general_names().unwrap(),
        [GeneralName::Dns("only.example".to_owned())]
    );
}

#[test]
fn odd_subjects_keep_their_bytes() {
    for (mask, string_type) in [
        ("MASK:0x4", 0x14),
        ("MASK:0x800", 0x1e),
        ("MASK:0x2000", 0x0c),
    ] {
        let bench = Bench::new();
        let config = PLAIN
            .replace("utf8only", mask)
            .replace("Exämple", "M\u{fc}ller");
        let der = bench.openssl_csr(
            "ed25519",
            &format!("utf8=yes\n{config}").replace("[req]", "[req]\nutf8=yes"),
        );
        let csr = Csr::parse(&der).unwrap();
        let name = csr.subject();
        assert_eq!(name.as_der(), csr.subject_der());
        let texts: Vec<String> = name.attributes().map(|(_, _, text)| text).collect();
        assert_eq!(texts, ["DE", "Müller Ltd", "host.example"], "{mask}");
        assert_eq!(name.rdns()[1][0].string_type(), string_type, "{mask}");
    }
}

#[test]
fn python_requests_and_foreign_attributes() {
    let bench = Bench::new();
    bench.python(
        "from cryptography import x509
from cryptography.x509.oid import AttributeOID, NameOID
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
key = ec.generate_private_key(ec.SECP384R1())
csr = (x509.CertificateSigningRequestBuilder()
  .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, 'x')]))
  .add_attribute(AttributeOID.CHALLENGE_PASSWORD, b'secret')
  .add_extension(x509.SubjectAlternativeName([x509.DNSName('p.example')]), critical=False)
  .sign(key, hashes.SHA384()))
open('csr.der', 'wb').write(csr.public_bytes(serialization.Encoding.DER))",
    );
    let der = bench.read("csr.der");
    let csr = Csr::parse(&der).unwrap();
    assert_eq!(
        csr.general_names().unwrap(),
        [GeneralName::Dns("p.example".to_owned())]
    );
    assert_eq!(
        SignatureAlgorithm::from_der(csr.signature_algorithm_der()),
        Ok(SignatureAlgorithm::EcdsaSha384)
    );
}

#[test]
fn certificates_and_pem_are_no_requests() {
    let text = pem::encode("CERTIFICATE REQUEST", &SAMPLE);
    assert_eq!(Csr::parse(text.as_bytes()).unwrap_err(), Error::PemNotDer);
    assert!(
        Csr::parse(b"")
            .unwrap_err()
            .to_string()
            .starts_with("truncated")
    );
    let error = Csr::parse(b"not a request").unwrap_err();
    assert_eq!(
        error,
        Error::NeitherPemNorDer {
            field: "CertificationRequest",
            first: b'n'
        }
    );
    assert!(error.hint().is_some());
    let huge = vec![0x30; Csr::MAX_LEN + 1];
    assert_eq!(
        Csr::parse(&huge).unwrap_err(),
        Error::TooLarge {
            len: Csr::MAX_LEN + 1,
            max: Csr::MAX_LEN
        }
    );

    let bench = Bench::new();
    bench.openssl(
        "req -x509 -newkey ed25519 -nodes -keyout k.pem -subj /CN=x -outform DER -out c.der",
    );
    let certificate = bench.read("c.der");
    let error = Csr::parse(&certificate).unwrap_err().to_string();
    assert_eq!(error, "this is a certificate, not a certificate request");
}

#[test]
fn cut_off_and_prolonged_requests() {
    for len in 0..SAMPLE.len() {
        let error = Csr::parse(&SAMPLE[..len]).unwrap_err();
        let Error::Truncated { expected, got, .. } = error else {
            panic!("{len}: {error}")
        };
        assert_eq!(got, len);
        assert!(
            expected > len && (len < 4 || expected == SAMPLE.len()),
            "{len}: {expected}"
        );
    }
    let longer = [&SAMPLE[..], b"\n"].concat();
    assert_eq!(
        Csr::parse(&longer).unwrap_err(),
        Error::TrailingData {
            field: "CertificationRequest",
            offset: SAMPLE.len(),
            len: 1
        }
    );
}

/// A request built by hand around `attributes`; nobody checks its signature here.
fn hand_made(version: u8, attributes: &[u8]) -> Vec<u8> {
    let csr = Csr::parse(&SAMPLE).unwrap();
    let info = [
        &[2, 1, version],
        csr.subject_der(),
        csr.spki_der(),
        attributes,
    ]
    .concat();
    tlv(
        0x30,
        &[
            &tlv(0x30, &info)[..],
            csr.signature_algorithm_der(),
            b"\x03\x02\x00\x00",
        ]
        .concat(),
    )
}

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let len = u16::try_from(content.len()).unwrap().to_be_bytes();
    let header = match content.len() {
        0..128 => vec![tag, len[1]],
        128..256 => vec![tag, 0x81, len[1]],
        _ => vec![tag, 0x82, len[0], len[1]],
    };
    [&header[..], content].concat()
}

fn attribute(oid: tpm2ca_x509::ObjectIdentifier, value: &[u8]) -> Vec<u8> {
    tlv(
        0x30,
        &[tlv(0x06, oid.as_bytes()), tlv(0x31, value)].concat(),
    )
}

#[test]
fn attributes() {
    let nocheck = Extension {
        oid: oid::OCSP_NO_CHECK,
        critical: false,
        value: vec![5, 0],
    }
    .to_der();
    let request = |extensions: &[u8]| attribute(oid::EXTENSION_REQUEST, &tlv(0x30, extensions));

    let problem = |der: Vec<u8>| {
        Csr::parse(&der)
            .map(|csr| csr.extensions().len())
            .map_err(|e| e.to_string())
    };
    assert_eq!(problem(hand_made(0, b"\xa0\x00")), Ok(0));
    // Without the [0] that RFC 2986 wants, as some writers leave it away.
    assert_eq!(problem(hand_made(0, b"")), Ok(0));
    assert_eq!(problem(hand_made(0, &tlv(0xa0, &request(&nocheck)))), Ok(1));
    let microsoft = attribute(oid::MS_CERT_EXTENSIONS, &tlv(0x30, &nocheck));
    assert_eq!(problem(hand_made(0, &tlv(0xa0, &microsoft))), Ok(0));
    assert_eq!(
        problem(hand_made(1, b"\xa0\x00")).unwrap_err(),
        "`version` must be 0 (v1), found 1"
    );
    assert_eq!(
        problem(hand_made(
            0,
            &tlv(0xa0, &[request(&nocheck), request(&nocheck)].concat())
        ))
        .unwrap_err(),
        "`attributes` have more than one extensionRequest"
    );
    assert_eq!(
        problem(hand_made(
            0,
            &tlv(0xa0, &request(&[&nocheck[..], &nocheck].concat()))
        ))
        .unwrap_err(),
        "extension 1.3.6.1.5.5.7.48.1.5 occurs more than once"
    );
    let two_values = attribute(
        oid::EXTENSION_REQUEST,
        &[tlv(0x30, &nocheck), tlv(0x30, &nocheck)].concat(),
    );
    assert!(
        problem(hand_made(0, &tlv(0xa0, &two_values)))
            .unwrap_err()
            .contains("follow the end of `attribute values`")
    );
    assert!(
        problem(hand_made(0, b"\xa0\x00\x05\x00"))
            .unwrap_err()
            .contains("follow the end of `certificationRequestInfo`")
    );
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = Csr::parse(&bytes);
        let _ = Csr::parse(&tlv(0x30, &bytes));
    }

    #[test]
    fn damaged_requests_never_panic(
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)
    ) {
        let mut der = SAMPLE.clone();
        for (at, byte) in damage {
            let at = at.index(der.len());
            der[at] = byte;
        }
        if let Ok(csr) = Csr::parse(&der) {
            prop_assert_eq!(csr.der(), &der);
            let _ = (csr.subject().to_string(), csr.general_names(), csr.subject().is_canonical_der());
            let _ = (SignatureAlgorithm::from_der(csr.signature_algorithm_der()), spki_key_bits(csr.spki_der()).unwrap());
        }
    }
}
