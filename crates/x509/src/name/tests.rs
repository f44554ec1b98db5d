#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::prelude::*;

use super::*;
use crate::write::tlv;

fn name_of(values: &[(ObjectIdentifier, u8, &[u8])]) -> Name {
    let rdns: Vec<u8> = values
        .iter()
        .flat_map(|(oid, kind, content)| {
            let attribute = [tlv(tag::OID, oid.as_bytes()), tlv(*kind, content)].concat();
            tlv(tag::SET, &tlv(tag::SEQUENCE, &attribute))
        })
        .collect();
    Name::from_der(tlv(tag::SEQUENCE, &rdns)).unwrap()
}

fn problem(text: &str) -> String {
    Name::parse(text).unwrap_err().to_string()
}

#[test]
fn reads_what_openssl_reads() {
    let name = Name::parse(
        "/C=DE/O=Example \\/ Sons\\, Ltd/OU=a+CN=host.example/emailAddress=me@example.com",
    )
    .unwrap();
    assert_eq!(
        name.to_string(),
        "emailAddress=me@example.com,CN=host.example+OU=a,O=Example / Sons\\, Ltd,C=DE"
    );
    assert_eq!(
        name.to_oneline(),
        "C = DE, O = Example / Sons\\, Ltd, OU = a + CN = host.example, emailAddress = me@example.com"
    );
    let types: Vec<u8> = name
        .rdns()
        .iter()
        .flatten()
        .map(NameAttribute::string_type)
        .collect();
    assert_eq!(
        types,
        [
            tag::PRINTABLE_STRING,
            tag::UTF8_STRING,
            tag::UTF8_STRING,
            tag::UTF8_STRING,
            tag::IA5_STRING
        ]
    );
    assert_eq!(name.common_names(), ["host.example"]);
    assert!(name.is_canonical_der());
}

#[test]
fn dotted_types_and_the_empty_name() {
    let name = Name::parse("/1.2.3.4=x/2.5.4.3=y").unwrap();
    assert_eq!(name.to_string(), "CN=y,1.2.3.4=x");
    assert!(Name::parse("/").unwrap().is_empty());
    assert_eq!(Name::parse("/").unwrap(), Name::default());
    assert_eq!(Name::empty().to_string(), "");
}

#[test]
fn what_it_does_not_take() {
    assert_eq!(
        problem("CN=x"),
        "distinguished name `CN=x`: must begin with `/`"
    );
    assert!(problem("/CN=a+b").contains("`b` has no `=`"));
    assert!(problem("/XX=a").contains("unknown attribute `XX`"));
    assert!(problem("/CN=").contains("`CN` is empty"));
    assert!(problem("/C=DEU").contains("`C` has 3 characters, must have 2"));
    assert!(problem("/C=D_").contains("does not belong into a PrintableString"));
    assert!(problem("/CN=a\\").contains("lone `\\`"));
    assert!(problem("/CN=a+CN=b").contains("occurs twice in one RDN"));
    assert!(problem("/DC=münchen").contains("does not belong into a IA5String"));
    assert!(problem("/CN=a\nb").contains("UTF8String"));
    assert!(
        problem(&format!("/CN={}", "x".repeat(65)))
            .contains("has 65 characters, must have 1 to 64")
    );
    assert!(problem("//CN=a").contains("has no `=`"));
    assert!(Name::common_name(&"ü".repeat(64)).is_ok());
    assert!(Name::common_name("").is_err());
}

#[test]
fn odd_string_types_are_kept_and_shown() {
    let name = name_of(&[
        (oid::COUNTRY, tag::PRINTABLE_STRING, b"DE"),
        (oid::ORGANIZATION, tag::TELETEX_STRING, b"M\xfcller"),
        (oid::ORGANIZATION, tag::BMP_STRING, b"\x00M\x00\xfc"),
        (oid::ORGANIZATION, tag::BMP_STRING, b"\xd8\x00\x00"),
        (
            oid::ORGANIZATION,
            tag::UNIVERSAL_STRING,
            b"\x00\x00\x00M\x00\x01\xf6\x00",
        ),
        (
            oid::ORGANIZATION,
            tag::UNIVERSAL_STRING,
            b"\xff\xff\xff\xff",
        ),
        (oid::SERIAL_NUMBER, tag::NUMERIC_STRING, b"1 2"),
        (oid::COMMON_NAME, tag::UTF8_STRING, b"a\xffb"),
        (oid::COMMON_NAME, tag::BIT_STRING, b"\x00\x01"),
    ]);
    let texts: Vec<String> = name.attributes().map(|(_, _, text)| text).collect();
    assert_eq!(
        texts,
        [
            "DE",
            "Müller",
            "Mü",
            "\u{fffd}\u{0}",
            "M😀",
            "\u{fffd}",
            "1 2",
            "a\u{fffd}b",
            "#03020001"
        ]
    );
    assert_eq!(name.attributes().nth(1).unwrap().1, b"\x14\x06M\xfcller");
}

#[test]
fn display_escapes() {
    let name = name_of(&[
        (oid::COMMON_NAME, tag::UTF8_STRING, b"#a,b+c\"d\\e<f>g;h"),
        (oid::COMMON_NAME, tag::UTF8_STRING, b"  x  "),
        (oid::COMMON_NAME, tag::UTF8_STRING, b" "),
        (oid::COMMON_NAME, tag::UTF8_STRING, b"a\0\n\x1b[31m"),
        (oid::COMMON_NAME, tag::UTF8_STRING, "a\u{202e}b".as_bytes()),
        (
            ObjectIdentifier::new_unwrap("1.2.3"),
            tag::BIT_STRING,
            b"\0",
        ),
    ]);
    assert_eq!(
        name.to_string(),
        "1.2.3=#030100,CN=a\\E2\\80\\AEb,CN=a\\00\\0A\\1B[31m,CN=\\ ,CN=\\  x \\ ,CN=\\#a\\,b\\+c\\\"d\\\\e\\<f\\>g\\;h"
    );
}

#[test]
fn unsorted_sets_are_kept_and_reported() {
    let attribute = |oid: ObjectIdentifier| {
        tlv(
            tag::SEQUENCE,
            &[tlv(tag::OID, oid.as_bytes()), tlv(tag::UTF8_STRING, b"x")].concat(),
        )
    };
    let (cn, ou) = (
        attribute(oid::COMMON_NAME),
        attribute(oid::ORGANIZATIONAL_UNIT),
    );
    let name = |set: Vec<u8>| Name::from_der(tlv(tag::SEQUENCE, &tlv(tag::SET, &set))).unwrap();
    let unsorted = name([ou.clone(), cn.clone()].concat());
    assert!(!unsorted.is_canonical_der());
    assert_eq!(unsorted.to_string(), "CN=x+OU=x");
    assert!(name([cn, ou].concat()).is_canonical_der());
}

#[test]
fn wrong_structures() {
    for bad in [
        &b""[..],
        b"\x31\x00",
        b"\x30\x02\x31\x00",
        b"\x30\x00\x00",
        b"\x30\x04\x31\x02\x30\x00",
        b"\x30\x09\x31\x07\x30\x05\x06\x03\x55\x04\x03",
        b"\x30\x0d\x31\x0b\x30\x09\x06\x03\x55\x04\x03\x05\x00\x05\x00",
    ] {
        assert!(Name::from_der(bad.to_vec()).is_err(), "{bad:02x?}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
        let _ = Name::from_der(bytes);
    }

    #[test]
    fn mutated_names_never_panic(
        at in 0usize..60, byte in any::<u8>(), text in "(/(CN|O|OU|C|DC)=[a-z]{1,4}(\\+L=b)?){1,5}"
    ) {
        if let Ok(name) = Name::parse(&text) {
            let mut der = name.as_der().to_vec();
            let at = at % der.len();
            der[at] = byte;
            if let Ok(read) = Name::from_der(der.clone()) {
                prop_assert_eq!(read.as_der(), &der);
                let _ = (read.to_string(), read.to_oneline(), read.is_canonical_der(), read.common_names());
            }
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in ".{0,60}", odd in "/[CNO=/+\\\\a]{0,12}") {
        for text in [text, odd] {
            if let Ok(name) = Name::parse(&text) {
                prop_assert_eq!(&Name::from_der(name.as_der().to_vec()).unwrap(), &name);
                prop_assert!(name.is_canonical_der());
            }
        }
    }

    #[test]
    fn values_round_trip_through_text(value in "[^\\p{Cc}]{1,64}") {
        let name = Name::common_name(&value).unwrap();
        prop_assert_eq!(name.common_names(), vec![value.clone()]);
        let escaped: String = value.chars().flat_map(|c| ['\\', c]).collect();
        prop_assert_eq!(Name::parse(&format!("/CN={escaped}")).unwrap(), name);
    }
}
