#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::Write;
use std::process::{Command, Stdio};

use proptest::prelude::*;

use super::*;

/// A key file's DER out of the octets of its fields.
fn der(oid: &[u8], fields: &[&[u8]]) -> Vec<u8> {
    let mut content = tlv(OBJECT_IDENTIFIER, oid);
    content.extend(fields.concat());
    tlv(SEQUENCE, &content)
}

const PUBLIC: &[u8] = &[4, 3, 0, 1, 7];
const PRIVATE: &[u8] = &[4, 4, 0, 2, 8, 9];
const OWNER: &[u8] = &[2, 4, 0x40, 0, 0, 1];

#[test]
fn the_minimal_form_octet_by_octet() {
    let key = KeyFile::loadable(0x8100_0001, true, vec![0, 1, 7], vec![0, 2, 8, 9]);
    let expected = [
        0x30, 0x1f, 0x06, 0x06, 0x67, 0x81, 0x05, 0x0a, 0x01, 0x03, 0xa0, 0x03, 0x01, 0x01, 0xff,
        0x02, 0x05, 0x00, 0x81, 0x00, 0x00, 0x01, 0x04, 0x03, 0x00, 0x01, 0x07, 0x04, 0x04, 0x00,
        0x02, 0x08, 0x09,
    ];
    assert_eq!(encode(&key), expected);
    assert_eq!(decode(&expected).unwrap(), key);
}

#[test]
fn a_key_with_auth_says_so() {
    let key = KeyFile::loadable(KeyFile::OWNER, false, vec![0, 1, 7], vec![0, 2, 8, 9]);
    let no_empty_auth = [0xa0, 3, 1, 1, 0];
    assert_eq!(
        encode(&key),
        der(LOADABLE, &[&no_empty_auth, OWNER, PUBLIC, PRIVATE])
    );
}

#[test]
fn a_true_is_any_octet_but_zero() {
    for (octet, needs_auth) in [(0xff, false), (1, false), (0x80, false), (0, true)] {
        let file = der(LOADABLE, &[&[0xa0, 3, 1, 1, octet], OWNER, PUBLIC, PRIVATE]);
        assert_eq!(decode(&file).unwrap().needs_auth(), needs_auth, "{octet}");
    }
}

#[test]
fn parents_as_tools_have_written_them() {
    for (integer, expected) in [
        (&[2, 4, 0x81, 0, 0, 1][..], 0x8100_0001),
        (&[2, 5, 0, 0x81, 0, 0, 1], 0x8100_0001),
        (&[2, 6, 0, 0, 0x81, 0, 0, 1], 0x8100_0001),
        (&[2, 8, 255, 255, 255, 255, 0x81, 0, 0, 1], 0x8100_0001),
        (&[2, 4, 0x40, 0, 0, 1], KeyFile::OWNER),
        (&[2, 1, 0], KeyFile::OWNER),
        (&[2, 4, 0x40, 0, 0, 0x0b], 0x4000_000b),
    ] {
        let file = der(LOADABLE, &[integer, PUBLIC, PRIVATE]);
        assert_eq!(decode(&file).unwrap().parent(), expected, "{integer:02x?}");
    }
    for integer in [
        &[2, 0][..],
        &[2, 5, 1, 0, 0, 0, 0],
        &[2, 5, 0xfe, 0, 0, 0, 0],
        &[2, 9, 0, 0, 0, 0, 0, 0x81, 0, 0, 1],
    ] {
        let file = der(LOADABLE, &[integer, PUBLIC, PRIVATE]);
        assert!(decode(&file).is_err(), "{integer:02x?}");
    }
}

#[test]
fn the_old_form_is_read_and_written_as_the_new_one() {
    let file = der(
        OLD_LOADABLE,
        &[
            &[0xa0, 3, 1, 1, 1],
            &[0xa1, 6, 2, 4, 0x81, 0, 0, 1],
            &tlv(CONTEXT | 2, PUBLIC),
            PRIVATE,
        ],
    );
    let key = decode(&file).unwrap();
    assert_eq!(
        key,
        KeyFile::loadable(0x8100_0001, true, vec![0, 1, 7], vec![0, 2, 8, 9])
    );
    assert_eq!(decode(&encode(&key)).unwrap(), key);
    assert!(decode(&der(OLD_LOADABLE, &[PRIVATE])).is_err());
}

#[test]
fn every_optional_field_is_kept() {
    let key = KeyFile {
        kind: KeyFileKind::Importable,
        policy: vec![step(0x17f, &[1, 2]), step(0x16b, &[])],
        secret: Some(vec![0, 1, 5]),
        auth_policy: vec![
            AuthPolicy {
                name: Some("Montag".to_owned()),
                policy: vec![step(0x160, &[3; 200])],
            },
            AuthPolicy {
                name: None,
                policy: vec![],
            },
        ],
        description: Some("Schlüssel".to_owned()),
        rsa_parent: Some(true),
        ..KeyFile::loadable(KeyFile::OWNER, false, vec![0, 0], vec![0, 0])
    };
    assert_eq!(decode(&encode(&key)).unwrap(), key);
}

#[test]
fn damage_names_its_field() {
    let field = |file: &[u8]| match decode(file).unwrap_err() {
        KeyFileError::Malformed { field, .. } => field,
        other => panic!("{other}"),
    };
    let good = der(LOADABLE, &[OWNER, PUBLIC, PRIVATE]);
    assert_eq!(field(&[]), "TPMKey");
    assert_eq!(field(&good[..good.len() - 1]), "TPMKey");
    assert_eq!(field(&[&good[..], &[0]].concat()), "the end after TPMKey");
    assert_eq!(field(&der(LOADABLE, &[PUBLIC, PRIVATE])), "parent");
    assert_eq!(field(&der(LOADABLE, &[OWNER, PUBLIC])), "privkey");
    assert_eq!(
        field(&der(LOADABLE, &[OWNER, PUBLIC, PRIVATE, PRIVATE])),
        "the end after privkey"
    );
    assert_eq!(
        field(&der(LOADABLE, &[OWNER, &[4, 3, 0, 2, 7], PRIVATE])),
        "pubkey"
    );
    assert_eq!(
        field(&der(LOADABLE, &[&[0xa0, 0], OWNER, PUBLIC, PRIVATE])),
        "emptyAuth"
    );
    let unknown = decode(&der(&[0x67, 0x81, 5], &[])).unwrap_err();
    assert!(unknown.to_string().contains("2.23.133"), "{unknown}");
}

#[test]
fn openssl_reads_what_is_written() {
    let key = KeyFile {
        policy: vec![step(0x17f, &[1; 300])],
        description: Some("x".to_owned()),
        ..KeyFile::loadable(0x8100_0001, true, vec![0, 1, 7], vec![0, 2, 8, 9])
    };
    let shown = openssl_asn1parse(&encode(&key));
    for expected in [
        "OBJECT            :2.23.133.10.1.3",
        "BOOLEAN           :255",
        "INTEGER           :81000001",
        "INTEGER           :017F",
        "UTF8STRING        :x",
        "OCTET STRING      [HEX DUMP]:000107",
        "OCTET STRING      [HEX DUMP]:00020809",
    ] {
        assert!(shown.contains(expected), "{expected} not in\n{shown}");
    }
}

fn openssl_asn1parse(der: &[u8]) -> String {
    let mut child = Command::new("openssl")
        .args(["asn1parse", "-inform", "DER"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(der).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

fn step(command_code: u32, command_policy: &[u8]) -> PolicyStep {
    PolicyStep {
        command_code,
        command_policy: command_policy.to_vec(),
    }
}

fn any_step() -> impl Strategy<Value = PolicyStep> {
    (any::<u32>(), any::<Vec<u8>>()).prop_map(|(code, policy)| step(code, &policy))
}

fn any_steps() -> impl Strategy<Value = Vec<PolicyStep>> {
    prop::collection::vec(any_step(), 0..3)
}

/// A TPM2B.
fn any_blob() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..600).prop_map(|content| {
        let mut blob = u16::try_from(content.len()).unwrap().to_be_bytes().to_vec();
        blob.extend(content);
        blob
    })
}

fn any_key() -> impl Strategy<Value = KeyFile> {
    let kind = prop_oneof![
        Just(KeyFileKind::Loadable),
        Just(KeyFileKind::Importable),
        Just(KeyFileKind::Sealed)
    ];
    let auth_policy = (any::<Option<String>>(), any_steps())
        .prop_map(|(name, policy)| AuthPolicy { name, policy });
    (
        (kind, any::<Option<bool>>(), any_steps()),
        prop::option::of(any_blob()),
        prop::collection::vec(auth_policy, 0..3),
        any::<(Option<String>, Option<bool>)>(),
        1_u32..,
        (any_blob(), any_blob()),
    )
        .prop_map(
            |(
                (kind, empty_auth, policy),
                secret,
                auth_policy,
                (description, rsa_parent),
                parent,
                (public, private),
            )| KeyFile {
                kind,
                empty_auth,
                policy,
                secret,
                auth_policy,
                description,
                rsa_parent,
                parent,
                public,
                private,
            },
        )
}

proptest! {
    #[test]
    fn what_is_written_is_read(key in any_key()) {
        prop_assert_eq!(&decode(&encode(&key)).unwrap(), &key);
        prop_assert_eq!(KeyFile::from_pem(key.to_pem().as_bytes()).unwrap(), key);
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
        let _ = decode(&bytes);
    }

    #[test]
    fn damaged_files_never_panic(key in any_key(), damage: Vec<(prop::sample::Index, u8)>, cut: prop::sample::Index) {
        let mut file = encode(&key);
        for (at, octet) in damage {
            let at = at.index(file.len());
            file[at] = octet;
        }
        let _ = decode(&file);
        file.truncate(cut.index(file.len()));
        prop_assert!(decode(&file).is_err());
    }
}
