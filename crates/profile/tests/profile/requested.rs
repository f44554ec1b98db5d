//! Extensions that a CSR asks for.

use tpm2ca_profile::Request;
use tpm2ca_x509::ext::{self, KeyUsage};
use tpm2ca_x509::{Extension, ObjectIdentifier, RawExtension, oid};

use crate::setup::*;

fn notes(profile: &str, asked: &[Extension]) -> Vec<String> {
    let raw: Vec<_> = asked
        .iter()
        .map(
            |Extension {
                 oid,
                 critical,
                 value,
             }| RawExtension {
                oid: *oid,
                critical: *critical,
                value,
            },
        )
        .collect();
    let (subject, names) = (name("/CN=Acme"), names("DNS:a.example"));
    let names = if profile == "server" { &names[..] } else { &[] };
    let asked = Request {
        requested: &raw,
        ..request(&subject, names)
    };
    let plan = built_in(profile).plan(&asked, Some(&issuer())).unwrap();
    let planned: Vec<_> = plan
        .extensions()
        .iter()
        .map(|extension| extension.oid)
        .collect();
    assert!(profile != "server" || !planned.contains(&oid::BASIC_CONSTRAINTS));
    plan.notes()
        .iter()
        .filter(|note| !note.contains("validity"))
        .cloned()
        .collect()
}

#[test]
fn what_is_given_anyway_is_not_noted() {
    let fitting = [
        ext::basic_constraints(false, None),
        ext::key_usage(KeyUsage::DIGITAL_SIGNATURE),
        ext::extended_key_usage(&[oid::SERVER_AUTH]).unwrap(),
        ext::subject_alt_name(&names("DNS:a.example"), false).unwrap(),
        ext::subject_key_identifier(b"01234567890123456789"),
    ];
    assert_eq!(notes("server", &fitting), [""; 0]);
}

#[test]
fn a_leaf_that_wants_to_be_a_ca_is_told_first() {
    let wishes = [
        ext::key_usage(KeyUsage::KEY_CERT_SIGN | KeyUsage::CRL_SIGN),
        ext::basic_constraints(true, None),
        ext::extended_key_usage(&[oid::SERVER_AUTH, oid::CLIENT_AUTH]).unwrap(),
        Extension {
            oid: oid::NAME_CONSTRAINTS,
            critical: true,
            value: vec![],
        },
        Extension {
            oid: ObjectIdentifier::new_unwrap("1.2.3.4"),
            critical: true,
            value: vec![],
        },
    ];
    assert_eq!(
        notes("server", &wishes),
        [
            "WARNING: the request asks to be a CA (basicConstraints CA:TRUE); by profile `server` the certificate is not one",
            "the request asks for key usage keyCertSign, cRLSign; by profile `server` the certificate has digitalSignature",
            "the request asks for extended key usage clientAuth, serverAuth; by profile `server` the certificate has serverAuth",
            "the request's extension `nameConstraints` was ignored: profile `server` decides about it",
            "the request's extension `1.2.3.4` was ignored: profile `server` decides about it",
        ]
    );
}

#[test]
fn path_lengths_of_cas() {
    assert_eq!(
        notes("intermediate", &[ext::basic_constraints(true, Some(0))]),
        [""; 0]
    );
    assert_eq!(
        notes("intermediate", &[ext::basic_constraints(true, None)]),
        [
            "the request asks for no path length; by profile `intermediate` the certificate has path length 0"
        ]
    );
    assert_eq!(
        notes("intermediate", &[ext::basic_constraints(false, None)]),
        ["the request asks not to be a CA; by profile `intermediate` the certificate is one"]
    );
}

#[test]
fn what_cannot_be_read_is_noted() {
    let garbage = |oid| Extension {
        oid,
        critical: false,
        value: vec![0xff],
    };
    assert_eq!(
        notes(
            "server",
            &[
                garbage(oid::BASIC_CONSTRAINTS),
                garbage(oid::KEY_USAGE),
                garbage(oid::EXTENDED_KEY_USAGE)
            ]
        ),
        [
            "the request's extension `basicConstraints` cannot be read and was ignored",
            "the request's extension `keyUsage` cannot be read and was ignored",
            "the request's extension `extendedKeyUsage` cannot be read and was ignored",
        ]
    );
}
