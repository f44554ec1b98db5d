//! OCSP requests and responses.

use aws_lc_rs::digest::{Algorithm, SHA1_FOR_LEGACY_USE_ONLY as SHA1, SHA256};
use tpm2ca_x509::{
    Certificate, ObjectIdentifier, Serial, UnixTime,
    crl::ReasonCode,
    format_time,
    ocsp::{
        BasicResponseFields, CertId, CertStatus, ErrorStatus, OcspRequest, OcspRequestFields,
        OcspResponse, ResponderId, SingleResponse, assemble_ocsp, ocsp_error,
    },
    oid,
};

use crate::ca::TestCa;

const LEAF: &str = "keyUsage=critical,digitalSignature\n";
const RESPONDER: &str = "keyUsage=critical,digitalSignature\nextendedKeyUsage=OCSPSigning\nnoCheck=ignored\nsubjectKeyIdentifier=hash\n";
const SERIAL: &str = "80aabbccddeeff";

fn leaf_serial() -> Serial {
    SERIAL.parse().unwrap()
}

/// From now on, by the CA's clock, which is the one the tools ask too.
fn now(ca: &TestCa) -> UnixTime {
    let der = ca.certificate("ca");
    Certificate::parse(&der)
        .unwrap()
        .tbs()
        .validity()
        .not_before
}

fn single<'a>(ca: &TestCa, cert_id: CertId<'a>, status: CertStatus) -> SingleResponse<'a> {
    SingleResponse {
        cert_id,
        status,
        this_update: now(ca),
        next_update: Some(now(ca) + 7 * 86_400),
        archive_cutoff: None,
        invalidity_date: None,
    }
}

#[test]
fn requests_of_openssl_are_read() {
    let ca = TestCa::ecdsa();
    ca.issue("leaf", SERIAL, LEAF);
    let hashes: [(&str, ObjectIdentifier, &'static Algorithm); 2] = [
        ("-sha1", oid::SHA1, &SHA1),
        ("-sha256", oid::SHA256, &SHA256),
    ];
    for (option, oid, algorithm) in hashes {
        ca.openssl(&format!(
            "ocsp {option} -issuer ca.pem -cert leaf.pem -serial 5 -reqout req.der"
        ));
        let der = ca.read("req.der");
        let request = OcspRequest::parse(&der).unwrap();
        assert_eq!(request.certs().len(), 2);
        assert!(request.nonce().is_some_and(|nonce| nonce.len() >= 16));
        let (name_hash, key_hash) = ca.hashes("ca", algorithm);
        let asked = &request.certs()[0];
        assert!(asked.is_of_issuer(oid, &name_hash, &key_hash));
        assert_eq!(asked.serial(), Ok(leaf_serial()));
        assert_eq!(
            *asked,
            CertId::new(oid, &name_hash, &key_hash, &leaf_serial()).unwrap()
        );
        assert_eq!(request.certs()[1].serial_content(), [5]);
    }

    // A mixture of hashes in one request, no nonce, and a signature that is skipped.
    ca.openssl(
        "ocsp -no_nonce -issuer ca.pem -sha256 -cert leaf.pem -sha1 -cert leaf.pem -signer ca.pem -signkey ca.key \
         -reqout req.der",
    );
    let der = ca.read("req.der");
    let request = OcspRequest::parse(&der).unwrap();
    assert_eq!(
        request
            .certs()
            .iter()
            .map(CertId::hash_oid)
            .collect::<Vec<_>>(),
        [oid::SHA256, oid::SHA1]
    );
    assert_eq!(request.nonce(), None);
}

#[test]
fn requests_of_ours_are_read_by_others() {
    let ca = TestCa::ecdsa();
    ca.issue("leaf", SERIAL, LEAF);
    let (name_hash, key_hash) = ca.hashes("ca", &SHA1);
    let certs = [CertId::new(oid::SHA1, &name_hash, &key_hash, &leaf_serial()).unwrap()];
    ca.write(
        "req.der",
        &OcspRequestFields {
            certs: &certs,
            nonce: Some(&[0x5a; 32]),
        }
        .to_der()
        .unwrap(),
    );
    let text = ca.openssl("ocsp -reqin req.der -req_text -noverify");
    assert!(
        text.contains("Serial Number: 80AABBCCDDEEFF") && text.contains("OCSP Nonce"),
        "{text}"
    );
    let seen = ca.python(
        "from cryptography.x509 import ocsp\n\
         r = ocsp.load_der_ocsp_request(open('req.der', 'rb').read())\n\
         print('%x' % r.serial_number, r.hash_algorithm.name, r.issuer_key_hash.hex(), r.extensions[0].value.nonce.hex())",
    );
    assert_eq!(
        seen,
        format!("{SERIAL} sha1 {} {}\n", hex(&key_hash), "5a".repeat(32))
    );

    // OpenSSL's own responder answers it, and its answer is read.
    ca.issue("responder", "77", RESPONDER);
    ca.write(
        "index.txt",
        format!(
            "R\t400101000000Z\t251101000000Z,keyCompromise\t{}\tunknown\t/CN=leaf\n",
            SERIAL.to_uppercase()
        )
        .as_bytes(),
    );
    ca.openssl(
        "ocsp -index index.txt -CA ca.pem -rsigner responder.pem -rkey responder.key -reqin req.der -respout resp.der \
         -ndays 3",
    );
    let der = ca.read("resp.der");
    let OcspResponse::Successful(basic) = OcspResponse::parse(&der).unwrap() else {
        panic!("no answer")
    };
    assert_eq!(basic.nonce(), Some(&[0x5a; 32][..]));
    assert_eq!(basic.responses().len(), 1);
    assert_eq!(basic.responses()[0].cert_id, certs[0]);
    let CertStatus::Revoked {
        at,
        reason: Some(ReasonCode::KeyCompromise),
    } = basic.responses()[0].status
    else {
        panic!("{:?}", basic.responses()[0].status)
    };
    assert_eq!(format_time(at), "2025-11-01T00:00:00Z");
    let signer = ca.certificate("responder");
    assert_eq!(basic.certs(), [&signer[..]]);
    assert!(matches!(basic.responder(), ResponderId::ByName(name)
        if name == Certificate::parse(&signer).unwrap().tbs().subject_der()));
}

#[test]
fn openssl_verifies_answers_of_the_ca_itself() {
    for ca in [TestCa::ecdsa(), TestCa::rsa()] {
        ca.issue("leaf", SERIAL, LEAF);
        let (_, ca_key_hash) = ca.hashes("ca", &SHA1);
        let revoked_at = now(&ca) - 1000;
        for (status, word) in [
            (CertStatus::Good, "leaf.pem: good"),
            (CertStatus::Unknown, "leaf.pem: unknown"),
            (
                CertStatus::Revoked {
                    at: revoked_at,
                    reason: Some(ReasonCode::Superseded),
                },
                "leaf.pem: revoked",
            ),
        ] {
            let (name_hash, key_hash) = ca.hashes("ca", &SHA1);
            let id = CertId::new(oid::SHA1, &name_hash, &key_hash, &leaf_serial()).unwrap();
            let tbs = BasicResponseFields {
                responder: ResponderId::ByKey(&ca_key_hash),
                produced_at: now(&ca),
                responses: &[single(&ca, id, status)],
                nonce: None,
                extensions: &[],
            }
            .to_tbs_der()
            .unwrap();
            ca.write(
                "resp.der",
                &assemble_ocsp(&tbs, ca.algorithm(), &ca.sign("ca", &tbs), &[]),
            );
            let text =
                ca.openssl("ocsp -respin resp.der -issuer ca.pem -cert leaf.pem -no_nonce -CAfile ca.pem -resp_text");
            assert!(text.contains("Response verify OK"), "{text}");
            assert!(text.contains(word), "{word}: {text}");
            assert_eq!(
                text.contains("Reason: superseded"),
                word.contains("revoked"),
                "{text}"
            );
        }
    }
}

#[test]
fn openssl_verifies_answers_of_a_delegated_responder() {
    let ca = TestCa::ecdsa();
    ca.issue("leaf", SERIAL, LEAF);
    ca.issue("responder", "77", RESPONDER);
    ca.openssl("ocsp -sha256 -issuer ca.pem -cert leaf.pem -sha1 -cert leaf.pem -reqout req.der");
    let request_der = ca.read("req.der");
    let request = OcspRequest::parse(&request_der).unwrap();
    let signer_der = ca.certificate("responder");
    let signer = Certificate::parse(&signer_der).unwrap();
    let responses: Vec<_> = request
        .certs()
        .iter()
        .map(|id| SingleResponse {
            archive_cutoff: Some(0),
            invalidity_date: Some(86_400),
            ..single(&ca, id.clone(), CertStatus::Good)
        })
        .collect();
    let respond = |nonce: Option<&[u8]>| {
        let tbs = BasicResponseFields {
            responder: ResponderId::ByName(signer.tbs().subject_der()),
            produced_at: now(&ca),
            responses: &responses,
            nonce,
            extensions: &[],
        }
        .to_tbs_der()
        .unwrap();
        let der = assemble_ocsp(
            &tbs,
            ca.algorithm(),
            &ca.sign("responder", &tbs),
            &[&signer_der],
        );
        ca.write("resp.der", &der);
    };

    respond(request.nonce());
    let text = ca.openssl("ocsp -reqin req.der -respin resp.der -CAfile ca.pem -resp_text");
    assert!(
        text.contains("Response verify OK") && text.contains("Archive Cutoff"),
        "{text}"
    );
    assert!(!text.contains("WARNING"), "{text}");
    let text = ca.openssl(
        "ocsp -respin resp.der -issuer ca.pem -sha256 -cert leaf.pem -no_nonce -CAfile ca.pem",
    );
    assert!(
        text.contains("Response verify OK") && text.contains("leaf.pem: good"),
        "{text}"
    );

    let seen = ca.python(PYTHON_READS);
    let at = format_time(now(&ca));
    assert_eq!(
        seen,
        format!(
            "SUCCESSFUL CN=responder {at} 1\nsha256 {SERIAL} GOOD {at}\nsha1 {SERIAL} GOOD {at}\n"
        )
    );

    // OpenSSL does notice a nonce that is not its own.
    respond(Some(&[1; 16]));
    let (accepted, text) = ca.run(
        "openssl",
        "ocsp -reqin req.der -respin resp.der -CAfile ca.pem",
    );
    assert!(!accepted && text.contains("Nonce Verify error"), "{text}");
}

const PYTHON_READS: &str = r#"
from cryptography.x509 import ocsp
r = ocsp.load_der_ocsp_response(open("resp.der", "rb").read())
print(r.response_status.name, r.responder_name.rfc4514_string(), r.produced_at.isoformat() + "Z", len(r.certificates))
for s in r.responses:
    print(s.hash_algorithm.name, "%x" % s.serial_number, s.certificate_status.name, s.this_update.isoformat() + "Z")
"#;

#[test]
fn a_changed_answer_does_not_verify() {
    let ca = TestCa::ecdsa();
    ca.issue("leaf", SERIAL, LEAF);
    let (name_hash, key_hash) = ca.hashes("ca", &SHA1);
    let id = CertId::new(oid::SHA1, &name_hash, &key_hash, &leaf_serial()).unwrap();
    let fields = |status| {
        BasicResponseFields {
            responder: ResponderId::ByKey(&key_hash),
            produced_at: now(&ca),
            responses: &[single(&ca, id.clone(), status)],
            nonce: None,
            extensions: &[],
        }
        .to_tbs_der()
        .unwrap()
    };
    let signature = ca.sign("ca", &fields(CertStatus::Unknown));
    ca.write(
        "resp.der",
        &assemble_ocsp(&fields(CertStatus::Good), ca.algorithm(), &signature, &[]),
    );
    let (_, text) = ca.run(
        "openssl",
        "ocsp -respin resp.der -issuer ca.pem -cert leaf.pem -no_nonce -CAfile ca.pem",
    );
    assert!(text.contains("Response Verify Failure"), "{text}");
}

#[test]
fn error_responses_are_understood() {
    let ca = TestCa::ecdsa();
    for (status, word) in [
        (ErrorStatus::MalformedRequest, "malformedrequest (1)"),
        (ErrorStatus::InternalError, "internalerror (2)"),
        (ErrorStatus::TryLater, "trylater (3)"),
        (ErrorStatus::SigRequired, "sigrequired (5)"),
        (ErrorStatus::Unauthorized, "unauthorized (6)"),
    ] {
        ca.write("resp.der", &ocsp_error(status));
        let (_, text) = ca.run("openssl", "ocsp -respin resp.der -CAfile ca.pem");
        assert!(text.contains(word), "{word}: {text}");
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}
