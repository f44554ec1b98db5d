//! CRLs.

use std::convert::Infallible;

use tpm2ca_x509::{
    Certificate, Extension, Serial,
    crl::{CertificateList, CrlFields, EntriesSize, ReasonCode, RevokedEntry},
    format_time, oid, parse_time,
};

use crate::ca::TestCa;

const PLAIN: &str = "keyUsage=critical,digitalSignature\n";

fn good(entries: &[RevokedEntry]) -> impl Iterator<Item = Result<RevokedEntry, Infallible>> {
    entries.iter().cloned().map(Ok)
}

/// A signed CRL of the CA, valid now.
fn crl(ca: &TestCa, entries: &[RevokedEntry], extensions: &[Extension]) -> Vec<u8> {
    let der = ca.certificate("ca");
    let issuer = Certificate::parse(&der).unwrap();
    let validity = issuer.tbs().validity();
    let fields = CrlFields {
        signature_algorithm: ca.algorithm(),
        issuer_der: issuer.tbs().subject_der(),
        this_update: validity.not_before,
        next_update: validity.not_after,
        authority_key_id: issuer.tbs().subject_key_identifier().unwrap(),
        number: 0x1234_5678_9abc,
        extensions,
    };
    let size: EntriesSize = CrlFields::entries_len(good(entries)).unwrap();
    let mut tbs = Vec::new();
    fields.write_tbs(&size, good(entries), &mut tbs).unwrap();
    let mut list = Vec::new();
    fields
        .write(&size, good(entries), &ca.sign("ca", &tbs), &mut list)
        .unwrap();
    list
}

fn entry(serial: &str) -> RevokedEntry {
    RevokedEntry {
        serial: serial.parse().unwrap(),
        revoked_at: parse_time("2026-11-23T21:44:00Z").unwrap(),
        reason: None,
        invalidity_date: None,
    }
}

fn every_reason() -> Vec<RevokedEntry> {
    ReasonCode::ALL
        .into_iter()
        .filter(|&reason| reason != ReasonCode::RemoveFromCrl)
        .enumerate()
        .map(|(at, reason)| RevokedEntry {
            serial: Serial::from_be_bytes(&[0x80, u8::try_from(at).unwrap()]).unwrap(),
            reason: Some(reason),
            invalidity_date: (at % 2 == 0).then_some(1_700_000_000 + i64::try_from(at).unwrap()),
            ..entry("1")
        })
        .collect()
}

#[test]
fn other_readers_agree_about_every_entry() {
    for ca in [TestCa::ecdsa(), TestCa::rsa()] {
        let mut entries = every_reason();
        entries.push(RevokedEntry {
            revoked_at: parse_time("2050-01-01T00:00:00Z").unwrap(),
            ..entry("7f")
        });
        entries.push(entry("7fffffffffffffffffffffffffffffffffffffff"));
        let der = crl(&ca, &entries, &[]);
        ca.write("crl.der", &der);

        let text = ca.openssl("crl -inform DER -in crl.der -CAfile ca.pem -noout -text");
        assert!(text.contains("verify OK"), "{text}");
        assert!(text.contains("Version 2 (0x1)"), "{text}");
        for part in [
            "Key Compromise",
            "CA Compromise",
            "Certificate Hold",
            "Privilege Withdrawn",
            "AA Compromise",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(!text.contains("Unspecified"), "{text}");

        ca.openssl("crl -inform DER -in crl.der -out crl.pem");
        let text = ca.certtool("--crl-info --inder --infile crl.der");
        assert!(
            text.contains(&format!("Revoked certificates ({})", entries.len())),
            "{text}"
        );
        let text = ca.certtool("--verify-crl --load-ca-certificate ca.pem --infile crl.pem");
        assert!(text.contains("Verified."), "{text}");

        let seen = ca.python(PYTHON_READS);
        assert_eq!(seen, as_python_prints(&entries));
        assert_eq!(
            read_back(&CertificateList::parse(&der).unwrap()),
            entries
                .into_iter()
                .map(|e| RevokedEntry {
                    reason: e.reason.filter(|&r| r != ReasonCode::Unspecified),
                    ..e
                })
                .collect::<Vec<_>>()
        );
    }
}

const PYTHON_READS: &str = r#"
from cryptography import x509
ca = x509.load_pem_x509_certificate(open("ca.pem", "rb").read())
crl = x509.load_der_x509_crl(open("crl.der", "rb").read())
assert crl.is_signature_valid(ca.public_key())
assert crl.issuer == ca.subject
assert crl.last_update == ca.not_valid_before and crl.next_update == ca.not_valid_after
number = crl.extensions.get_extension_for_class(x509.CRLNumber)
assert number.value.crl_number == 0x123456789abc and not number.critical
aki = crl.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier)
ski = ca.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
assert aki.value.key_identifier == ski.value.digest and not aki.critical
for entry in crl:
    words = ["%x" % entry.serial_number, entry.revocation_date.isoformat() + "Z"]
    for extension in entry.extensions:
        assert not extension.critical
        if extension.oid == x509.CRLEntryExtensionOID.CRL_REASON:
            words.append(extension.value.reason.value)
        else:
            words.append(extension.value.invalidity_date.isoformat() + "Z")
    print(*words)
"#;

fn as_python_prints(entries: &[RevokedEntry]) -> String {
    entries
        .iter()
        .map(|entry| {
            let serial = entry.serial.to_string();
            let mut words = vec![
                serial.trim_start_matches('0').to_owned(),
                format_time(entry.revoked_at),
            ];
            // Python spells these two as RFC 5280 does, not as OpenSSL.
            let names = entry
                .reason
                .filter(|&r| r != ReasonCode::Unspecified)
                .map(|reason| match reason {
                    ReasonCode::CaCompromise => "cACompromise".to_owned(),
                    ReasonCode::AaCompromise => "aACompromise".to_owned(),
                    other => other.to_string(),
                });
            words.extend(names);
            words.extend(entry.invalidity_date.map(format_time));
            words.join(" ") + "\n"
        })
        .collect()
}

fn read_back(list: &CertificateList<'_>) -> Vec<RevokedEntry> {
    list.entries()
        .map(|entry| {
            let entry = entry.unwrap();
            RevokedEntry {
                serial: entry.serial().unwrap(),
                revoked_at: entry.revoked_at(),
                reason: entry.reason(),
                invalidity_date: entry.invalidity_date(),
            }
        })
        .collect()
}

#[test]
fn verifiers_refuse_what_is_revoked_and_nothing_else() {
    let ca = TestCa::ecdsa();
    ca.issue("revoked", "8000000000000001", PLAIN);
    ca.issue("fine", "8000000000000002", PLAIN);
    let revoked = RevokedEntry {
        reason: Some(ReasonCode::KeyCompromise),
        ..entry("8000000000000001")
    };
    let check = "verify -x509_strict -check_ss_sig -crl_check -CAfile ca.pem -CRLfile crl.pem";
    for (entries, revoked_is_fine) in [(vec![revoked], false), (vec![], true)] {
        ca.write("crl.der", &crl(&ca, &entries, &[]));
        let text = ca.openssl("crl -inform DER -in crl.der -CAfile ca.pem -out crl.pem");
        assert!(text.contains("verify OK"), "{text}");
        assert!(
            ca.openssl(&format!("{check} fine.pem"))
                .contains("fine.pem: OK")
        );
        let (accepted, text) = ca.run("openssl", &format!("{check} revoked.pem"));
        assert_eq!(accepted, revoked_is_fine, "{text}");
        assert!(accepted || text.contains("certificate revoked"), "{text}");
    }
}

#[test]
fn an_empty_crl_is_a_crl() {
    let ca = TestCa::ecdsa();
    let der = crl(&ca, &[], &[]);
    ca.write("crl.der", &der);
    let text = ca.openssl("crl -inform DER -in crl.der -CAfile ca.pem -noout -text");
    assert!(
        text.contains("verify OK") && text.contains("No Revoked Certificates"),
        "{text}"
    );
    assert_eq!(ca.python(PYTHON_READS), "");
    let list = CertificateList::parse(&der).unwrap();
    assert_eq!(list.entries().count(), 0);
    assert_eq!(list.number_u64(), Some(0x1234_5678_9abc));
}

#[test]
fn many_entries_verify() {
    let ca = TestCa::ecdsa();
    let entries: Vec<_> = (1..=20_000u64)
        .map(|n| RevokedEntry {
            serial: Serial::from_be_bytes(&n.to_be_bytes()).unwrap(),
            ..entry("1")
        })
        .collect();
    let der = crl(&ca, &entries, &[]);
    ca.write("crl.der", &der);
    let text = ca.openssl("crl -inform DER -in crl.der -CAfile ca.pem -noout");
    assert!(text.contains("verify OK"), "{text}");
    assert_eq!(ca.python(PYTHON_READS), as_python_prints(&entries));
    let list = CertificateList::parse(&der).unwrap();
    let found = list.find(&[0x4e, 0x20]).unwrap().unwrap();
    assert_eq!(found.serial().unwrap().to_string(), "4e20");
    assert_eq!(list.find(&[0x4e, 0x21]), Ok(None));
}

#[test]
fn further_extensions_are_kept() {
    let ca = TestCa::ecdsa();
    // IssuingDistributionPoint { onlyContainsUserCerts [1] TRUE }
    let point = Extension {
        oid: oid::ISSUING_DISTRIBUTION_POINT,
        critical: true,
        value: b"\x30\x03\x81\x01\xff".to_vec(),
    };
    let delta = Extension {
        oid: oid::DELTA_CRL_INDICATOR,
        critical: true,
        value: b"\x02\x01\x05".to_vec(),
    };
    let removed = RevokedEntry {
        reason: Some(ReasonCode::RemoveFromCrl),
        ..entry("05")
    };
    let der = crl(&ca, &[removed], &[point.clone(), delta.clone()]);
    ca.write("crl.der", &der);
    let text = ca.openssl("crl -inform DER -in crl.der -CAfile ca.pem -noout -text");
    for part in [
        "verify OK",
        "Only User Certificates",
        "Delta CRL Indicator: critical",
        "Remove From CRL",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let list = CertificateList::parse(&der).unwrap();
    let unknown: Vec<_> = list
        .unknown_critical_extensions()
        .map(tpm2ca_x509::RawExtension::to_owned)
        .collect();
    assert_eq!(unknown, [point, delta]);
}

#[test]
fn lists_of_others_are_read() {
    let ca = TestCa::ecdsa();
    ca.python(PYTHON_WRITES);
    let der = ca.read("python.crl");
    let list = CertificateList::parse(&der).unwrap();
    assert_eq!(list.version(), 1);
    assert_eq!(list.issuer().to_string(), "CN=Other");
    assert_eq!(list.number().unwrap(), [0; 1]);
    assert_eq!(format_time(list.this_update()), "2049-12-31T23:59:59Z");
    assert_eq!(
        list.next_update().map(format_time).unwrap(),
        "2050-01-01T00:00:00Z"
    );
    assert_eq!(list.authority_key_id(), None);
    let entries: Vec<_> = list.entries().map(Result::unwrap).collect();
    assert_eq!(entries.len(), 2);
    assert_eq!(entries[0].reason(), Some(ReasonCode::CertificateHold));
    assert_eq!(
        entries[1].invalidity_date().map(format_time).unwrap(),
        "2020-02-29T01:02:03Z"
    );
    assert_eq!(entries[0].unknown_critical_extensions().count(), 0);
    assert_eq!(
        entries[1]
            .unknown_critical_extensions()
            .map(|e| e.oid)
            .collect::<Vec<_>>(),
        [oid::CERTIFICATE_ISSUER]
    );
    assert_eq!(entries[1].serial().unwrap().to_string(), "7f".repeat(20));
}

const PYTHON_WRITES: &str = r#"
from datetime import datetime
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Other")])
when = datetime(2026, 1, 2, 3, 4, 5)
def entry(serial, *extensions):
    builder = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(when)
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.build()
crl = (x509.CertificateRevocationListBuilder().issuer_name(name)
    .last_update(datetime(2049, 12, 31, 23, 59, 59)).next_update(datetime(2050, 1, 1))
    .add_extension(x509.CRLNumber(0), False)
    .add_revoked_certificate(entry(1, (x509.CRLReason(x509.ReasonFlags.certificate_hold), True)))
    .add_revoked_certificate(entry(int("7f" * 20, 16),
        (x509.CertificateIssuer([x509.DirectoryName(name)]), True),
        (x509.InvalidityDate(datetime(2020, 2, 29, 1, 2, 3)), False)))
    .sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256()))
open("python.crl", "wb").write(crl.public_bytes(serialization.Encoding.DER))
"#;
