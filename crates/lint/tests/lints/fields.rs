//! Version, serial number, validity, issuer and subject.

use tpm2ca_x509::{oid, parse_time};

use crate::build::{
    Case, Fixture, attribute, client, common_name, dns, generalized, intermediate, name, oid_der,
    printable, responder, root, seq, server, tlv, utc, utf8,
};

pub fn cases() -> Vec<Case> {
    let mut cases = structure();
    cases.extend(serials());
    cases.extend(validities());
    cases.extend(names());
    cases.extend(attributes());
    cases
}

fn structure() -> Vec<Case> {
    const STRUCTURE: &str = "x690_tbs_structure";
    const CANONICAL: &str = "x690_der_canonical";
    let sha1 = seq(&[tlv(6, &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1])]);
    let md5 = seq(&[
        tlv(6, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 4]),
        tlv(5, &[]),
    ]);
    let other = tpm2ca_x509::SignatureAlgorithm::EcdsaSha384
        .to_der()
        .to_vec();
    let two = |first: Vec<u8>, second: Vec<u8>| seq(&[tlv(0x31, &[first, second].concat())]);
    let cn = attribute(oid::COMMON_NAME, utf8("x"));
    let ou = attribute(oid::ORGANIZATIONAL_UNIT, utf8("x"));
    vec![
        client().with(|f| f.tail = vec![0]).breaks(STRUCTURE),
        client()
            .with(|f| f.inner_tail = tlv(5, &[]))
            .breaks(STRUCTURE),
        client()
            .with(|f| f.not_after = tlv(0x0c, b"260301000000Z"))
            .breaks(STRUCTURE),
        client()
            .with(|f| f.version = tlv(0xa0, &[]))
            .breaks(STRUCTURE),
        client()
            .with(|f| f.subject = seq(&[seq(&[])]))
            .breaks(STRUCTURE),
        client().with(|f| f.key = seq(&[])).breaks(STRUCTURE),
        client()
            .with(|f| f.version = vec![0xa0, 0x81, 3, 2, 1, 2])
            .breaks(CANONICAL),
        client().with(|f| f.serial.insert(0, 0)).breaks(CANONICAL),
        client()
            .with(|f| f.extensions.as_mut().unwrap()[2].critical = tlv(1, &[1]))
            .breaks(CANONICAL),
        client()
            .with(|f| f.subject = two(ou.clone(), cn.clone()))
            .breaks("x690_set_order"),
        client()
            .with(|f| f.subject = two(cn.clone(), ou.clone()))
            .passes(),
        client()
            .with(|f| f.version = tlv(0xa0, &tlv(2, &[0])))
            .breaks("x690_defaults_omitted")
            .and("rfc5280_version_v3"),
        client()
            .with(|f| f.extensions.as_mut().unwrap()[0].critical = tlv(1, &[0]))
            .breaks("x690_defaults_omitted"),
        client()
            .with(|f| f.version = vec![])
            .breaks("rfc5280_version_v3"),
        client()
            .with(|f| f.version = tlv(0xa0, &tlv(2, &[1])))
            .breaks("rfc5280_version_v3"),
        client()
            .with(|f| f.unique = tlv(0x81, &[0, 1]))
            .breaks("rfc5280_no_unique_identifiers"),
        client()
            .with(|f| f.unique = tlv(0x82, &[0, 1]))
            .breaks("rfc5280_no_unique_identifiers"),
        client()
            .with(|f| f.algorithm = other)
            .breaks("rfc5280_signature_algorithm"),
        client()
            .with(|f| f.algorithm = seq(&[oid_der(oid::ECDSA_WITH_SHA256), tlv(5, &[])]))
            .breaks("rfc5280_signature_algorithm"),
        client()
            .with(|f| f.algorithm = sha1)
            .breaks("br_signature_hash")
            .and("rfc5280_signature_algorithm"),
        client()
            .with(|f| f.algorithm = md5)
            .breaks("br_signature_hash")
            .and("rfc5280_signature_algorithm"),
        client()
            .ext(
                tpm2ca_x509::ObjectIdentifier::new_unwrap("1.3.6.1.4.1.99999.1"),
                false,
                tlv(4, &vec![0; 17_000]),
            )
            .breaks("tpm2ca_size"),
    ]
}

fn serials() -> Vec<Case> {
    let serial = |octets: &[u8]| client().with(|f| f.serial = octets.to_vec());
    let long: Vec<u8> = (1..=21).collect();
    vec![
        serial(&[0x85, 1, 2, 3, 4, 5, 6, 7, 8, 9]).breaks("rfc5280_serial_positive"),
        serial(&[0x00, 0x85, 1, 2, 3, 4, 5, 6, 7, 8]).passes(),
        serial(&[0])
            .breaks("rfc5280_serial_not_zero")
            .and("br_serial_64_bits"),
        serial(&long).breaks("rfc5280_serial_max_20_octets"),
        serial(&long[..20]).passes(),
        serial(&long[..7]).breaks("br_serial_64_bits"),
        serial(&[0, 0x81, 2, 3, 4, 5, 6, 7]).breaks("br_serial_64_bits"),
        serial(&long[..8]).passes(),
        serial(&[1; 16]).breaks("tpm2ca_serial_random"),
        serial(&[&[1][..], &[0; 16]].concat()).breaks("tpm2ca_serial_random"),
    ]
}

fn validities() -> Vec<Case> {
    let until = |fixture: Fixture, end: &str| {
        let end = if end.len() == 13 {
            utc(end)
        } else {
            generalized(end)
        };
        fixture.with(|f| f.not_after = end)
    };
    let endless = |fixture: Fixture| {
        until(fixture, "99991231235959Z").with_issuer(|i| i.not_after = 253_402_300_799)
    };
    let mut cases = vec![
        until(root(), "500101000000Z").breaks("rfc5280_validity_order"),
        until(root(), "491231235959Z").passes(),
        until(root(), "20500101000000Z").passes(),
        until(root(), "20491231235959Z").breaks("rfc5280_time_type"),
        client()
            .with(|f| f.not_before = generalized("20260101000000Z"))
            .breaks("rfc5280_time_type"),
        until(client(), "251231235959Z").breaks("rfc5280_validity_order"),
        until(client(), "260101000000Z").passes(),
        client()
            .with_issuer(|i| i.not_after = parse_time("20260228235959Z").unwrap())
            .breaks("tpm2ca_validity_within_issuer"),
        client()
            .with_issuer(|i| i.not_after = parse_time("20260301000000Z").unwrap())
            .passes(),
        client()
            .with_issuer(|i| i.not_before = parse_time("20260101000001Z").unwrap())
            .breaks("tpm2ca_validity_after_issuer"),
        until(root(), "20510201000000Z").breaks("br_root_lifetime"),
        until(intermediate(), "410201000000Z").breaks("tpm2ca_intermediate_lifetime"),
        until(intermediate(), "401231000000Z").passes(),
        until(server(), "270205000000Z").breaks("br_server_lifetime"),
        until(server(), "270202235959Z").passes(),
        until(client(), "310105000000Z").breaks("tpm2ca_leaf_lifetime"),
        until(client(), "310101000000Z").passes(),
        until(responder(), "260403000000Z").breaks("rfc6960_responder_lifetime"),
        endless(client()).breaks("rfc5280_expires"),
    ];
    for wrong in [
        utc("2603010000Z"),
        utc("260301000000+0000"),
        utc("260301000000"),
        utc("260230000000Z"),
        utc("20260301000000Z"),
        generalized("20500301000000.5Z"),
        generalized("205003010000Z"),
        generalized("500301000000Z"),
        utc("26030100000\u{e9}"),
        utc(""),
    ] {
        cases.push(
            client()
                .with(|f| f.not_after = wrong)
                .breaks("rfc5280_time_form"),
        );
    }
    cases
}

fn names() -> Vec<Case> {
    let empty = || seq(&[]);
    let critical_names = |fixture: Fixture| {
        fixture.ext(oid::SUBJECT_ALT_NAME, true, seq(&[dns("host.example.com")]))
    };
    let rdn = |parts: &[Vec<u8>]| seq(&[tlv(0x31, &parts.concat())]);
    vec![
        client()
            .with(|f| f.issuer = empty())
            .with_issuer(|i| i.subject = seq(&[]))
            .breaks("rfc5280_issuer_not_empty"),
        client()
            .with(|f| f.issuer = common_name("issuer"))
            .breaks("rfc5280_issuer_matches"),
        // The same name in another string type is another name here.
        client()
            .with(|f| f.issuer = name(&[(oid::COMMON_NAME, printable("Issuer"))]))
            .breaks("rfc5280_issuer_matches"),
        root()
            .with(|f| f.issuer = common_name("Other"))
            .breaks("rfc5280_issuer_matches"),
        client()
            .with(|f| f.subject = f.issuer.clone())
            .breaks("tpm2ca_subject_not_issuer"),
        critical_names(intermediate())
            .with(|f| f.subject = empty())
            .breaks("rfc5280_ca_subject_not_empty"),
        client()
            .with(|f| f.subject = empty())
            .breaks("rfc5280_empty_subject_alt_name"),
        server()
            .with(|f| f.subject = empty())
            .breaks("rfc5280_empty_subject_alt_name"),
        critical_names(server())
            .with(|f| f.subject = empty())
            .passes(),
        client()
            .with(|f| {
                f.subject = seq(&[
                    tlv(0x31, &attribute(oid::COMMON_NAME, utf8("x"))),
                    tlv(0x31, &[]),
                ]);
            })
            .breaks("x501_rdn_not_empty"),
        client()
            .with(|f| {
                f.subject = rdn(&[
                    attribute(oid::ORGANIZATION, utf8("a")),
                    attribute(oid::ORGANIZATION, utf8("b")),
                ]);
            })
            .breaks("x501_rdn_types_distinct"),
        client()
            .with(|f| {
                f.subject = name(&[(oid::COMMON_NAME, utf8("a")), (oid::COMMON_NAME, utf8("b"))]);
            })
            .breaks("br_one_common_name"),
        server()
            .with(|f| f.subject = common_name("other.example.com"))
            .breaks("br_common_name_in_alt_names"),
        server()
            .with(|f| f.subject = common_name("HOST.example.com"))
            .passes(),
        server()
            .with(|f| f.subject = common_name("192.0.2.1"))
            .alt_names(&[tlv(0x87, &[192, 0, 2, 1])])
            .passes(),
        client()
            .subject_attribute(oid::EMAIL_ADDRESS, (0x16, b"me@example.com".to_vec()))
            .breaks("rfc5280_no_email_attribute"),
    ]
}

fn attributes() -> Vec<Case> {
    let has = |oid, value| client().subject_attribute(oid, value);
    vec![
        has(oid::COMMON_NAME, utf8(&"ä".repeat(64))).passes(),
        has(oid::COMMON_NAME, utf8(&"a".repeat(65))).breaks("rfc5280_attribute_length"),
        has(oid::LOCALITY, utf8(&"a".repeat(129))).breaks("rfc5280_attribute_length"),
        has(oid::ORGANIZATION, (0x0c, vec![])).breaks("rfc5280_attribute_not_empty"),
        has(oid::COUNTRY, printable("DE")).passes(),
        has(oid::COUNTRY, printable("DEU")).breaks("rfc5280_country"),
        has(oid::COUNTRY, printable("D1")).breaks("rfc5280_country"),
        has(oid::COUNTRY, utf8("DE")).breaks("rfc5280_country"),
        has(oid::COUNTRY, printable("de")).breaks("br_country_capitals"),
        has(oid::ORGANIZATION, utf8(" Acme")).breaks("tpm2ca_attribute_whitespace"),
        has(oid::ORGANIZATION, utf8("Acme\u{a0}")).breaks("tpm2ca_attribute_whitespace"),
        has(oid::ORGANIZATION, utf8("Ac me")).passes(),
        has(oid::COMMON_NAME, utf8("bank.example\0.evil.example"))
            .breaks("tpm2ca_attribute_control_characters"),
        has(oid::COMMON_NAME, utf8("\u{1b}[2J")).breaks("tpm2ca_attribute_control_characters"),
        has(oid::COMMON_NAME, printable("a*b")).breaks("rfc5280_attribute_charset"),
        has(oid::COMMON_NAME, printable("A z'()+,-./:=?9")).passes(),
        has(oid::COMMON_NAME, (0x0c, vec![0xff])).breaks("rfc5280_attribute_charset"),
        has(oid::DOMAIN_COMPONENT, (0x16, vec![0x80])).breaks("rfc5280_attribute_charset"),
        has(oid::COMMON_NAME, (0x1e, vec![0xd8, 0x00]))
            .breaks("rfc5280_attribute_charset")
            .and("rfc5280_attribute_preferred_type"),
        has(oid::COMMON_NAME, (0x1e, vec![0, b'a', 0]))
            .breaks("rfc5280_attribute_charset")
            .and("rfc5280_attribute_preferred_type"),
        has(oid::COMMON_NAME, (0x14, b"caf\xe9".to_vec()))
            .breaks("rfc5280_attribute_preferred_type"),
        has(oid::COMMON_NAME, (0x1e, vec![0, b'a'])).breaks("rfc5280_attribute_preferred_type"),
        has(oid::COMMON_NAME, (0x1c, vec![0, 0, 0, b'a']))
            .breaks("rfc5280_attribute_preferred_type"),
        has(oid::COMMON_NAME, (0x16, b"x".to_vec())).breaks("rfc5280_attribute_type"),
        has(oid::SERIAL_NUMBER, utf8("42")).breaks("rfc5280_attribute_type"),
        has(oid::SERIAL_NUMBER, printable("42")).passes(),
        has(oid::DOMAIN_COMPONENT, utf8("example")).breaks("rfc5280_attribute_type"),
        has(oid::DOMAIN_COMPONENT, (0x16, b"example".to_vec())).passes(),
    ]
}
