//! Certificates made here, as OpenSSL, GnuTLS, Python and another Rust library see them.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod oracle;

use std::sync::LazyLock;

use der::{Decode, Encode};
use oracle::{Bench, TestKey, certificate_pem};
use proptest::prelude::*;
use tpm2ca_x509::{
    Certificate, CertificateFields, Csr, Error, Extension, GeneralName, Name, Serial,
    SignatureAlgorithm, Subtree, TbsCertificate, Validity,
    ext::{self, KeyUsage},
    oid, parse_time,
};

/// Root, intermediate with name constraints, and a leaf with every extension.
struct Chain {
    root: Vec<u8>,
    intermediate: Vec<u8>,
    leaf: Vec<u8>,
    root_key: TestKey,
    intermediate_key: TestKey,
}

/// From a day ago to a year ahead, around the time of the machine that verifies.
#[expect(clippy::disallowed_methods, reason = "openssl judges by the true time")]
fn now() -> Validity {
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let now = i64::try_from(now).unwrap();
    Validity {
        not_before: now - 86_400,
        not_after: now + 365 * 86_400,
    }
}

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&t| t.to_owned()).collect()
}

fn parsed<T: std::str::FromStr<Err = Error>>(texts: &[&str]) -> Vec<T> {
    texts.iter().map(|t| t.parse().unwrap()).collect()
}

fn ca_extensions(subject: &TestKey, issuer: &TestKey, path_len: Option<u8>) -> Vec<Extension> {
    vec![
        ext::basic_constraints(true, path_len),
        ext::key_usage(KeyUsage::KEY_CERT_SIGN | KeyUsage::CRL_SIGN),
        ext::subject_key_identifier(&subject.key_identifier()),
        ext::authority_key_identifier(&issuer.key_identifier()),
    ]
}

fn leaf_extensions(subject: &TestKey, issuer: &TestKey) -> Vec<Extension> {
    let names: Vec<GeneralName> = parsed(&[
        "DNS:a.example.com",
        "DNS:*.example.com",
        "IP:192.0.2.7",
        "IP:2001:db8::7",
        "email:me@example.com",
        "URI:https://a.example.com/x",
        "RID:1.2.3.4",
    ]);
    vec![
        ext::basic_constraints(false, None),
        ext::key_usage(KeyUsage::DIGITAL_SIGNATURE | KeyUsage::KEY_AGREEMENT),
        ext::extended_key_usage(&[oid::SERVER_AUTH, oid::CLIENT_AUTH, oid::OCSP_SIGNING]).unwrap(),
        ext::subject_key_identifier(&subject.key_identifier()),
        ext::authority_key_identifier(&issuer.key_identifier()),
        ext::subject_alt_name(&names, false).unwrap(),
        ext::authority_info_access(
            &strings(&["http://ocsp.example.com"]),
            &strings(&["http://ca.example.com/i.crt"]),
        )
        .unwrap(),
        ext::crl_distribution_points(&strings(&[
            "http://ca.example.com/1.crl",
            "http://ca.example.org/2.crl",
        ]))
        .unwrap(),
        ext::certificate_policies(&["1.3.6.1.4.1.99999.1".parse().unwrap()]).unwrap(),
        ext::ocsp_no_check(),
    ]
}

fn chain(root_key: TestKey, intermediate_key: TestKey, leaf_key: &TestKey) -> Chain {
    let validity = now();
    let root_name = Name::parse("/C=DE/O=Exämple Ltd/CN=Root").unwrap();
    let intermediate_name = Name::parse("/C=DE/O=Exämple Ltd/CN=Intermediate").unwrap();
    let leaf_name = Name::parse("/C=DE/O=Exämple Ltd/OU=x+CN=a.example.com").unwrap();
    let serial = Serial::from_be_bytes(&[0xff; 16]).unwrap();

    let root = root_key.issue(&CertificateFields {
        serial: &serial,
        signature_algorithm: root_key.algorithm(),
        issuer_der: root_name.as_der(),
        validity,
        subject_der: root_name.as_der(),
        spki_der: &root_key.spki(),
        extensions: &ca_extensions(&root_key, &root_key, None),
    });
    let mut extensions = ca_extensions(&intermediate_key, &root_key, Some(0));
    let permitted: Vec<Subtree> = parsed(&[
        "DNS:example.com",
        "IP:192.0.2.0/24",
        "IP:2001:db8::/32",
        "email:example.com",
        "URI:.example.com",
    ]);
    extensions.push(ext::name_constraints(&permitted, &parsed(&["DNS:bad.example.com"])).unwrap());
    let intermediate = root_key.issue(&CertificateFields {
        serial: &"7f".parse().unwrap(),
        signature_algorithm: root_key.algorithm(),
        issuer_der: root_name.as_der(),
        validity,
        subject_der: intermediate_name.as_der(),
        spki_der: &intermediate_key.spki(),
        extensions: &extensions,
    });
    let leaf = intermediate_key.issue(&CertificateFields {
        serial: &"80".parse().unwrap(),
        signature_algorithm: intermediate_key.algorithm(),
        issuer_der: intermediate_name.as_der(),
        validity,
        subject_der: leaf_name.as_der(),
        spki_der: &leaf_key.spki(),
        extensions: &leaf_extensions(leaf_key, &intermediate_key),
    });
    Chain {
        root,
        intermediate,
        leaf,
        root_key,
        intermediate_key,
    }
}

static SAMPLE: LazyLock<Chain> =
    LazyLock::new(|| chain(TestKey::p256(), TestKey::p256(), &TestKey::p256()));

fn place(bench: &Bench, chain: &Chain) {
    let pems = [&chain.leaf, &chain.intermediate, &chain.root].map(|der| certificate_pem(der));
    for (name, text) in ["leaf.pem", "inter.pem", "root.pem"].iter().zip(&pems) {
        bench.write(name, text.as_bytes());
    }
    bench.write("chain.pem", pems.concat().as_bytes());
    bench.write("leaf.der", &chain.leaf);
}

#[test]
fn every_verifier_accepts_chains_of_every_key() {
    let chains = [
        chain(TestKey::rsa(), TestKey::p256(), &TestKey::ed25519()),
        chain(TestKey::p384(), TestKey::rsa(), &TestKey::rsa()),
        chain(TestKey::ed25519(), TestKey::ed25519(), &TestKey::p384()),
    ];
    for chain in chains {
        let bench = Bench::new();
        place(&bench, &chain);
        let openssl = "verify -x509_strict -check_ss_sig -CAfile root.pem -untrusted inter.pem";
        assert_eq!(
            bench.openssl(&format!(
                "{openssl} -purpose sslserver -verify_hostname b.example.com leaf.pem"
            )),
            "leaf.pem: OK\n"
        );
        assert_eq!(
            bench.openssl(&format!("{openssl} inter.pem")),
            "inter.pem: OK\n"
        );
        let gnutls = bench.run(
            "certtool",
            &[
                "--verify",
                "--load-ca-certificate",
                "root.pem",
                "--infile",
                "chain.pem",
            ],
        );
        assert!(
            gnutls.contains("Chain verification output: Verified."),
            "{gnutls}"
        );
    }
}

#[test]
fn openssl_prints_every_extension() {
    let bench = Bench::new();
    place(&bench, &SAMPLE);
    let text = bench.openssl("x509 -in leaf.pem -noout -text -nameopt RFC2253");
    for expected in [
        "Version: 3 (0x2)",
        "Serial Number: 128 (0x80)",
        "Signature Algorithm: ecdsa-with-SHA256",
        "Issuer: CN=Intermediate,O=Ex\\C3\\A4mple Ltd,C=DE",
        "Subject: CN=a.example.com+OU=x,O=Ex\\C3\\A4mple Ltd,C=DE",
        "X509v3 Basic Constraints: \n                CA:FALSE",
        "X509v3 Key Usage: critical\n                Digital Signature, Key Agreement",
        "TLS Web Server Authentication, TLS Web Client Authentication, OCSP Signing",
        "DNS:a.example.com, DNS:*.example.com, IP Address:192.0.2.7, IP Address:2001:DB8:0:0:0:0:0:7, \
         email:me@example.com, URI:https://a.example.com/x, Registered ID:1.2.3.4",
        "OCSP - URI:http://ocsp.example.com",
        "CA Issuers - URI:http://ca.example.com/i.crt",
        "URI:http://ca.example.com/1.crl",
        "URI:http://ca.example.org/2.crl",
        "Policy: 1.3.6.1.4.1.99999.1",
        "OCSP No Check",
    ] {
        assert!(text.contains(expected), "{expected} is missing in\n{text}");
    }
    let text = bench.openssl("x509 -in inter.pem -noout -text");
    for expected in [
        "X509v3 Basic Constraints: critical\n                CA:TRUE, pathlen:0",
        "X509v3 Key Usage: critical\n                Certificate Sign, CRL Sign",
        "X509v3 Name Constraints: critical",
        "IP:192.0.2.0/255.255.255.0",
        "Excluded:\n                  DNS:bad.example.com",
    ] {
        assert!(text.contains(expected), "{expected} is missing in\n{text}");
    }
    bench.openssl("asn1parse -inform DER -in leaf.der");
}

#[test]
fn python_reads_every_extension() {
    let bench = Bench::new();
    place(&bench, &SAMPLE);
    let text = bench.python(
        "from cryptography import x509
leaf = x509.load_der_x509_certificate(open('leaf.der', 'rb').read())
print(leaf.version, hex(leaf.serial_number), [[a.value for a in sorted(r, key=lambda a: a.oid.dotted_string)] for r in leaf.subject.rdns])
for e in leaf.extensions:
    print(e.oid.dotted_string, e.critical, type(e.value).__name__)
inter = x509.load_pem_x509_certificate(open('inter.pem', 'rb').read())
constraints = inter.extensions.get_extension_for_class(x509.NameConstraints).value
print([n.value if isinstance(n.value, str) else str(n.value) for n in constraints.permitted_subtrees])
ski = x509.SubjectKeyIdentifier.from_public_key(leaf.public_key())
print(ski == leaf.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value)",
    );
    assert_eq!(
        text.lines().collect::<Vec<_>>(),
        [
            "Version.v3 0x80 [['DE'], ['Exämple Ltd'], ['x', 'a.example.com']]",
            "2.5.29.19 False BasicConstraints",
            "2.5.29.15 True KeyUsage",
            "2.5.29.37 False ExtendedKeyUsage",
            "2.5.29.14 False SubjectKeyIdentifier",
            "2.5.29.35 False AuthorityKeyIdentifier",
            "2.5.29.17 False SubjectAlternativeName",
            "1.3.6.1.5.5.7.1.1 False AuthorityInformationAccess",
            "2.5.29.31 False CRLDistributionPoints",
            "2.5.29.32 False CertificatePolicies",
            "1.3.6.1.5.5.7.48.1.5 False OCSPNoCheck",
            "['example.com', '192.0.2.0/24', '2001:db8::/32', 'example.com', '.example.com']",
            "True",
        ]
    );
}

#[test]
fn what_is_written_is_canonical() {
    // Decoding into typed values and encoding again gives the same bytes only for canonical DER.
    for der in [&SAMPLE.root, &SAMPLE.intermediate, &SAMPLE.leaf] {
        let typed = x509_cert::Certificate::from_der(der).unwrap();
        assert_eq!(&typed.to_der().unwrap(), der);
    }
}

#[test]
fn what_is_written_reads_back() {
    let leaf = Certificate::parse(&SAMPLE.leaf).unwrap();
    let intermediate = Certificate::parse(&SAMPLE.intermediate).unwrap();
    assert_eq!(leaf.der(), SAMPLE.leaf);
    assert_eq!(
        SignatureAlgorithm::from_der(leaf.signature_algorithm_der()),
        Ok(SignatureAlgorithm::EcdsaSha256)
    );
    assert!(leaf.der().ends_with(leaf.signature()));
    let tbs = leaf.tbs();
    assert_eq!(tbs.version(), 2);
    assert_eq!(tbs.serial(), [0, 0x80]);
    assert_eq!(
        tbs.signature_algorithm_der(),
        leaf.signature_algorithm_der()
    );
    assert_eq!(tbs.issuer_der(), intermediate.tbs().subject_der());
    assert_eq!(tbs.issuer().common_names(), ["Intermediate"]);
    assert_eq!(tbs.subject().common_names(), ["a.example.com"]);
    assert!(tbs.validity().not_after - tbs.validity().not_before == 366 * 86_400);
    assert_eq!(
        tbs.authority_key_identifier().as_deref(),
        intermediate.tbs().subject_key_identifier()
    );
    assert_eq!(
        tbs.authority_key_identifier().unwrap(),
        SAMPLE.intermediate_key.key_identifier()
    );
    assert_eq!(
        intermediate.tbs().authority_key_identifier().unwrap(),
        SAMPLE.root_key.key_identifier()
    );
    assert_eq!((tbs.is_ca(), tbs.path_len()), (false, None));
    assert_eq!(
        (intermediate.tbs().is_ca(), intermediate.tbs().path_len()),
        (true, Some(0))
    );
    assert_eq!(tbs.general_names().unwrap().len(), 7);
    assert!(!tbs.has_unique_ids());
    assert!(tbs.extension(oid::NAME_CONSTRAINTS).is_none());
    assert_eq!(
        TbsCertificate::parse(tbs.der()).unwrap().extensions(),
        tbs.extensions()
    );
}

fn minimal<'a>(
    serial: &'a Serial,
    spki: &'a [u8],
    validity: Validity,
    subject: &'a Name,
) -> CertificateFields<'a> {
    CertificateFields {
        serial,
        signature_algorithm: SignatureAlgorithm::EcdsaSha256,
        issuer_der: subject.as_der(),
        validity,
        subject_der: subject.as_der(),
        spki_der: spki,
        extensions: &[],
    }
}

#[test]
fn what_a_request_brings_is_copied() {
    let bench = Bench::new();
    let csr_der = bench.openssl_csr(
        "ec -pkeyopt ec_paramgen_curve:P-384",
        "[req]\nprompt=no\ndistinguished_name=dn\nreq_extensions=ext\nstring_mask=MASK:0x800\nutf8=yes\n\
         [dn]\n0.OU=one\n1.OU=Zwei ä\nCN=x\n[ext]\nsubjectAltName=DNS:a.example,otherName:1.2.3.4;UTF8:x\n",
    );
    let csr = Csr::parse(&csr_der).unwrap();
    let key = TestKey::p256();
    let issuer = Name::common_name("Issuer").unwrap();
    let certificate_der = key.issue(&CertificateFields {
        serial: &"01".parse().unwrap(),
        signature_algorithm: key.algorithm(),
        issuer_der: issuer.as_der(),
        validity: now(),
        subject_der: csr.subject_der(),
        spki_der: csr.spki_der(),
        extensions: &[ext::subject_alt_name_raw(
            csr.subject_alt_name_der().unwrap(),
            false,
        )],
    });
    let certificate = Certificate::parse(&certificate_der).unwrap();
    assert_eq!(certificate.tbs().subject_der(), csr.subject_der());
    assert_eq!(certificate.tbs().spki_der(), csr.spki_der());
    let san = certificate.tbs().extension(oid::SUBJECT_ALT_NAME).unwrap();
    assert_eq!(Some(san.value), csr.subject_alt_name_der());
    bench.write("c.der", &certificate_der);
    let subject =
        bench.openssl("x509 -inform DER -in c.der -noout -subject -nameopt oneline,-esc_msb,utf8");
    assert_eq!(subject, "subject=OU = one, OU = Zwei ä, CN = x\n");
}

#[test]
fn times_around_the_turn_of_encodings() {
    let key = TestKey::p256();
    let (serial, spki, name) = (
        "01".parse().unwrap(),
        key.spki(),
        Name::common_name("x").unwrap(),
    );
    let at = |text: &str| parse_time(text).unwrap();
    for (not_before, not_after, printed) in [
        (
            "1950-01-01T00:00:00Z",
            "2049-12-31T23:59:59Z",
            "notBefore=Jan  1 00:00:00 1950 GMT\nnotAfter=Dec 31 23:59:59 2049 GMT\n",
        ),
        (
            "2000-02-29T12:00:00Z",
            "2050-01-01T00:00:00Z",
            "notBefore=Feb 29 12:00:00 2000 GMT\nnotAfter=Jan  1 00:00:00 2050 GMT\n",
        ),
        (
            "2050-01-01T00:00:00Z",
            "9999-12-31T23:59:59Z",
            "notBefore=Jan  1 00:00:00 2050 GMT\nnotAfter=Dec 31 23:59:59 9999 GMT\n",
        ),
    ] {
        let validity = Validity {
            not_before: at(not_before),
            not_after: at(not_after),
        };
        let der = key.issue(&minimal(&serial, &spki, validity, &name));
        assert_eq!(Certificate::parse(&der).unwrap().tbs().validity(), validity);
        let bench = Bench::new();
        bench.write("c.pem", certificate_pem(&der).as_bytes());
        assert_eq!(
            bench.openssl("x509 -in c.pem -noout -startdate -enddate"),
            printed
        );
        bench.openssl("verify -x509_strict -no_check_time -partial_chain -CAfile c.pem c.pem");
        // `x509-cert` knows no time before 1970.
        if validity.not_before >= 0 {
            let typed = x509_cert::Certificate::from_der(&der).unwrap();
            assert_eq!(typed.to_der().unwrap(), der);
        }
    }
}

#[test]
fn serials_at_their_limits() {
    let key = TestKey::p256();
    let (spki, name) = (key.spki(), Name::common_name("x").unwrap());
    for text in [
        "01",
        "7f",
        "80",
        "ff",
        "0100",
        "7fffffffffffffffffffffffffffffffffffffff",
    ] {
        let serial: Serial = text.parse().unwrap();
        let der = key.issue(&minimal(&serial, &spki, now(), &name));
        let content = Certificate::parse(&der).unwrap().tbs().serial().to_vec();
        assert_eq!(Serial::from_integer_content(&content), Ok(serial));
        let bench = Bench::new();
        bench.write("c.pem", certificate_pem(&der).as_bytes());
        let printed = bench.openssl("x509 -in c.pem -noout -serial");
        assert_eq!(printed.trim_end().to_lowercase(), format!("serial={text}"));
    }
}

#[test]
fn what_the_writer_refuses() {
    let (serial, spki, name) = (
        "01".parse().unwrap(),
        SAMPLE.root_key.spki(),
        Name::common_name("x").unwrap(),
    );
    let good = minimal(&serial, &spki, now(), &name);
    assert!(good.to_tbs_der().is_ok());

    let twice = [ext::ocsp_no_check(), ext::ocsp_no_check()];
    assert_eq!(
        CertificateFields {
            extensions: &twice,
            ..good
        }
        .to_tbs_der(),
        Err(Error::DuplicateExtension(oid::OCSP_NO_CHECK))
    );
    let reversed = Validity {
        not_before: 1,
        not_after: 0,
    };
    assert!(matches!(
        CertificateFields {
            validity: reversed,
            ..good
        }
        .to_tbs_der(),
        Err(Error::ValidityReversed { .. })
    ));
    let ancient = Validity {
        not_before: Validity::EARLIEST - 1,
        not_after: 0,
    };
    assert!(
        CertificateFields {
            validity: ancient,
            ..good
        }
        .to_tbs_der()
        .is_err()
    );
    for bad in [&b""[..], b"\x30\x00\x00", b"\x05\x00", b"\x30\x01"] {
        assert!(
            CertificateFields {
                subject_der: bad,
                ..good
            }
            .to_tbs_der()
            .is_err()
        );
        assert!(
            CertificateFields {
                issuer_der: bad,
                ..good
            }
            .to_tbs_der()
            .is_err()
        );
        assert!(
            CertificateFields {
                spki_der: bad,
                ..good
            }
            .to_tbs_der()
            .is_err()
        );
    }
}

#[test]
fn foreign_certificates() {
    // v1 has no version field and no extensions.
    let bench = Bench::new();
    bench.openssl("req -new -newkey ed25519 -nodes -keyout k.pem -subj /CN=x -out csr.pem");
    bench.openssl("x509 -req -in csr.pem -signkey k.pem -set_serial -5 -outform DER -out c.der");
    let der = bench.read("c.der");
    let certificate = Certificate::parse(&der).unwrap();
    assert_eq!(certificate.tbs().version(), 0);
    assert!(certificate.tbs().extensions().is_empty());
    assert_eq!(certificate.tbs().serial(), [0xfb]);
    assert!(Serial::from_integer_content(certificate.tbs().serial()).is_err());
    assert_eq!(certificate.tbs().general_names(), Ok(vec![]));

    let csr_bytes = bench.read("csr.pem");
    let csr = tpm2ca_x509::pem::single(&csr_bytes, &["CERTIFICATE REQUEST"]).unwrap();
    assert!(Certificate::parse(&csr).is_err());
}

#[test]
fn roots_of_this_machine() {
    let Ok(bundle) = std::fs::read("/etc/ssl/certs/ca-certificates.crt") else {
        return;
    };
    for block in tpm2ca_x509::pem::blocks(&bundle).unwrap() {
        let certificate = Certificate::parse(&block.der).unwrap();
        assert!(certificate.tbs().is_ca(), "{}", certificate.tbs().subject());
        assert_eq!(
            certificate.tbs().issuer_der(),
            certificate.tbs().subject_der()
        );
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = Certificate::parse(&bytes);
        let _ = TbsCertificate::parse(&bytes);
    }

    #[test]
    fn damaged_certificates_never_panic(
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut der = SAMPLE.leaf.clone();
        prop_assert!(Certificate::parse(&der[..cut.index(der.len())]).is_err());
        for (at, byte) in damage {
            let at = at.index(der.len());
            der[at] = byte;
        }
        if let Ok(certificate) = Certificate::parse(&der) {
            let tbs = certificate.tbs();
            let _ = (tbs.subject().to_string(), tbs.issuer().to_oneline(), tbs.general_names());
            let _ = (tbs.is_ca(), tbs.path_len(), tbs.authority_key_identifier(), tbs.subject_key_identifier());
            for extension in tbs.extensions() {
                let _ = (
                    KeyUsage::from_der(extension.value),
                    ext::parse_extended_key_usage(extension.value),
                    tpm2ca_x509::parse_name_constraints(extension.value),
                );
            }
        }
    }
}
