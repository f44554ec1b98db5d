#![allow(clippy::unwrap_used, clippy::expect_used)]

use der::Decode;
use proptest::prelude::*;
use x509_cert::ext::pkix as typed;

use super::*;

fn decode<T: for<'a> Decode<'a, Error = der::Error>>(extension: &Extension) -> T {
    T::from_der(&extension.value).unwrap()
}

#[test]
fn basic_constraints_of_cas_and_leaves() {
    for path_len in [None, Some(0), Some(1), Some(127), Some(128), Some(255)] {
        let made = basic_constraints(true, path_len);
        assert!(made.critical);
        assert_eq!(
            parse_basic_constraints(&made.value).unwrap(),
            (true, path_len.map(u32::from))
        );
        let read: typed::BasicConstraints = decode(&made);
        assert_eq!((read.ca, read.path_len_constraint), (true, path_len));
    }
    let leaf = basic_constraints(false, Some(3));
    assert!(!leaf.critical);
    assert_eq!(leaf.value, [0x30, 0]);
    assert_eq!(parse_basic_constraints(&leaf.value).unwrap(), (false, None));
}

#[test]
fn key_usage_is_critical_and_decodes_elsewhere() {
    let made = key_usage(KeyUsage::KEY_CERT_SIGN | KeyUsage::DECIPHER_ONLY);
    assert!(made.critical);
    let read: typed::KeyUsage = decode(&made);
    assert!(read.key_cert_sign() && read.decipher_only() && !read.crl_sign());
}

#[test]
fn key_identifiers() {
    let made = authority_key_identifier(&[7; 20]);
    assert!(!made.critical);
    let read: typed::AuthorityKeyIdentifier = decode(&made);
    assert_eq!(read.key_identifier.unwrap().as_bytes(), [7; 20]);
    assert!(read.authority_cert_issuer.is_none());
    let made = subject_key_identifier(&[8; 20]);
    assert!(!made.critical);
    let read: typed::SubjectKeyIdentifier = decode(&made);
    assert_eq!(read.0.as_bytes(), [8; 20]);
}

#[test]
fn names_and_constraints_decode_elsewhere() {
    let names = [
        "DNS:a.example",
        "IP:192.0.2.1",
        "IP:::1",
        "email:a@b.example",
        "URI:urn:x",
        "RID:1.2.3",
    ];
    let names: Vec<GeneralName> = names.iter().map(|n| n.parse().unwrap()).collect();
    let made = subject_alt_name(&names, true).unwrap();
    assert!(made.critical);
    let read: typed::SubjectAltName = decode(&made);
    assert_eq!(read.0.len(), names.len());
    assert_eq!(read.to_der().unwrap(), made.value);
    assert_eq!(subject_alt_name_raw(&made.value, true), made);

    let made = name_constraints(
        &["DNS:example".parse().unwrap()],
        &["IP:10.0.0.0/8".parse().unwrap()],
    )
    .unwrap();
    assert!(made.critical);
    let read: typed::NameConstraints = decode(&made);
    assert_eq!(read.to_der().unwrap(), made.value);
    assert_eq!(
        (
            read.permitted_subtrees.unwrap().len(),
            read.excluded_subtrees.unwrap().len()
        ),
        (1, 1)
    );
}

#[test]
fn uris() {
    let uris = [
        "http://a.example/x".to_owned(),
        "http://b.example/y".to_owned(),
    ];
    let made = authority_info_access(&uris[..1], &uris).unwrap();
    assert!(!made.critical);
    let read: AuthorityInfoAccessSyntax = decode(&made);
    let methods: Vec<ObjectIdentifier> = read.0.iter().map(|d| d.access_method).collect();
    assert_eq!(
        methods,
        [oid::AD_OCSP, oid::AD_CA_ISSUERS, oid::AD_CA_ISSUERS]
    );
    let made = crl_distribution_points(&uris).unwrap();
    assert!(!made.critical);
    assert_eq!(decode::<CrlDistributionPoints>(&made).0.len(), 2);

    let odd = ["http://münchen.example".to_owned()];
    assert!(crl_distribution_points(&odd).is_err());
    assert!(authority_info_access(&odd, &[]).is_err());
    assert!(authority_info_access(&[String::new()], &[]).is_err());
    assert!(authority_info_access(&[], &[]).is_err());
    assert!(crl_distribution_points(&[]).is_err());
}

#[test]
fn purposes_and_policies() {
    let made = extended_key_usage(&[oid::SERVER_AUTH, oid::CLIENT_AUTH]).unwrap();
    assert!(!made.critical);
    assert_eq!(
        parse_extended_key_usage(&made.value).unwrap(),
        [oid::SERVER_AUTH, oid::CLIENT_AUTH]
    );
    assert!(extended_key_usage(&[]).is_err());
    assert!(parse_extended_key_usage(b"\x30\x00").is_err());

    let made = certificate_policies(&[oid::ANY_POLICY]).unwrap();
    assert!(!made.critical);
    assert_eq!(
        decode::<CertificatePolicies>(&made).0[0].policy_identifier,
        oid::ANY_POLICY
    );
    assert!(certificate_policies(&[]).is_err());

    assert_eq!(ocsp_no_check().value, [5, 0]);
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
        for bytes in [bytes.clone(), write::tlv(tag::SEQUENCE, &bytes)] {
            let _ = parse_basic_constraints(&bytes);
            let _ = parse_extended_key_usage(&bytes);
        }
    }
}
