//! Public keys, key usage and extended key usage.

use tpm2ca_x509::{ObjectIdentifier, oid};

use crate::build::{
    Case, Fixture, NOT_CRITICAL, bits, client, ec_key_of, ed25519_key, intermediate, modulus,
    oid_der, responder, root, rsa_key, rsa_key_info, rsa_key_of, seq, server, tlv,
};

pub fn cases() -> Vec<Case> {
    let mut cases = keys();
    cases.extend(usages());
    cases.extend(purposes());
    cases
}

fn keys() -> Vec<Case> {
    let key = |key: Vec<u8>| client().with(|f| f.key = key);
    let p256 = || oid_der(oid::SECP256R1);
    let point = |first: u8, octets: usize| {
        let mut point = vec![first];
        point.extend(vec![0x5a; octets]);
        point
    };
    let dsa = ObjectIdentifier::new_unwrap("1.2.840.10040.4.1");
    let koblitz = ObjectIdentifier::new_unwrap("1.3.132.0.10");
    let even = |mut modulus: Vec<u8>| {
        *modulus.last_mut().unwrap() = 0xc4;
        modulus
    };
    let short = || {
        let mut number = modulus(2048);
        number.pop();
        number
    };
    let odd_length = || {
        let mut number = modulus(2056);
        number[1] = 0x45;
        number.remove(0);
        number
    };
    vec![
        key(seq(&[seq(&[oid_der(dsa)]), bits(0, &[2, 1, 5])])).breaks("br_key_algorithm"),
        key(seq(&[seq(&[oid_der(oid::ED25519)]), bits(1, &[6; 32])]))
            .breaks("rfc5280_key_whole_octets"),
        key(seq(&[seq(&[oid_der(oid::ED25519)]), bits(0, &[])]))
            .breaks("rfc5280_key_whole_octets")
            .and("rfc8410_ed25519_key"),
        key(rsa_key()).passes(),
        key(rsa_key_info(
            vec![],
            &seq(&[tlv(2, &modulus(2048)), tlv(2, &[1, 0, 1])]),
        ))
        .breaks("rfc3279_rsa_parameters"),
        key(rsa_key_info(tlv(5, &[]), &seq(&[tlv(2, &modulus(2048))])))
            .breaks("rfc3279_rsa_well_formed"),
        key(rsa_key_of(&modulus(2048)[1..], &[1, 0, 1])).breaks("rfc3279_rsa_well_formed"),
        key(rsa_key_of(&modulus(2048), &[0x81, 0, 1])).breaks("rfc3279_rsa_well_formed"),
        key(rsa_key_of(&short(), &[1, 0, 1])).breaks("br_rsa_size"),
        key(rsa_key_of(&modulus(4104), &[1, 0, 1])).breaks("tpm2ca_rsa_size_usual"),
        key(rsa_key_of(&odd_length(), &[1, 0, 1])).breaks("tpm2ca_rsa_size_usual"),
        key(rsa_key_of(&modulus(4096), &[1, 0, 1])).passes(),
        key(rsa_key_of(&even(modulus(2048)), &[1, 0, 1])).breaks("rfc8017_rsa_modulus_odd"),
        key(rsa_key_of(&modulus(2048), &[3])).breaks("br_rsa_exponent"),
        key(rsa_key_of(&modulus(2048), &[1, 0, 2])).breaks("br_rsa_exponent"),
        key(rsa_key_of(&modulus(2048), &[0, 0xff, 0xff])).breaks("br_rsa_exponent"),
        key(ec_key_of(oid_der(koblitz), &point(4, 64))).breaks("rfc5480_named_curve"),
        key(ec_key_of(vec![], &point(4, 64))).breaks("rfc5480_named_curve"),
        key(ec_key_of(seq(&[tlv(2, &[1])]), &point(4, 64))).breaks("rfc5480_named_curve"),
        key(ec_key_of(oid_der(oid::SECP384R1), &point(4, 96))).passes(),
        key(ec_key_of(oid_der(oid::SECP521R1), &point(4, 132))).passes(),
        key(ec_key_of(p256(), &point(4, 63))).breaks("rfc5480_point"),
        key(ec_key_of(p256(), &point(2, 32))).breaks("rfc5480_point"),
        key(ec_key_of(p256(), &point(6, 64))).breaks("rfc5480_point"),
        key(ed25519_key()).passes(),
        key(seq(&[
            seq(&[oid_der(oid::ED25519), tlv(5, &[])]),
            bits(0, &[7; 32]),
        ]))
        .breaks("rfc8410_ed25519_key"),
        key(seq(&[seq(&[oid_der(oid::ED25519)]), bits(0, &[7; 31])])).breaks("rfc8410_ed25519_key"),
    ]
}

fn usages() -> Vec<Case> {
    let not_critical = |fixture: Fixture, unused: u8, octet: u8| {
        fixture.ext(oid::KEY_USAGE, NOT_CRITICAL, bits(unused, &[octet]))
    };
    let rsa = |fixture: Fixture| fixture.with(|f| f.key = rsa_key());
    let ed25519 = |fixture: Fixture| fixture.with(|f| f.key = ed25519_key());
    vec![
        not_critical(intermediate(), 1, 0x06).breaks("br_ca_key_usage_critical"),
        not_critical(client(), 7, 0x80).breaks("rfc5280_key_usage_critical"),
        client()
            .without(oid::KEY_USAGE)
            .breaks("tpm2ca_key_usage_present"),
        client()
            .key_usage(0, &[])
            .breaks("rfc5280_key_usage_not_empty")
            .and("rfc5280_purposes_fit_key_usage"),
        client()
            .key_usage(7, &[0])
            .breaks("rfc5280_key_usage_not_empty")
            .and("rfc5280_purposes_fit_key_usage")
            .and("x690_key_usage_trailing_zeros"),
        client()
            .key_usage(6, &[0x80])
            .breaks("x690_key_usage_trailing_zeros"),
        client()
            .key_usage(7, &[0x80, 0x00])
            .breaks("x690_key_usage_trailing_zeros"),
        client()
            .key_usage(6, &[0x80, 0x40])
            .breaks("rfc5280_key_usage_known_bits"),
        client()
            .key_usage(0, &[0x80, 0, 1])
            .breaks("rfc5280_key_usage_known_bits"),
        // keyAgreement with decipherOnly, the ninth bit
        client().key_usage(7, &[0x88, 0x80]).passes(),
        intermediate()
            .key_usage(1, &[0x02])
            .breaks("rfc5280_ca_key_cert_sign")
            .and("rfc5280_path_len_only_in_ca"),
        root()
            .without(oid::KEY_USAGE)
            .breaks("rfc5280_ca_key_cert_sign")
            .and("br_ca_crl_sign"),
        intermediate()
            .key_usage(2, &[0x04])
            .breaks("br_ca_crl_sign"),
        client()
            .key_usage(2, &[0x84])
            .breaks("rfc5280_leaf_no_key_cert_sign"),
        client().key_usage(1, &[0x82]).breaks("br_leaf_no_crl_sign"),
        client()
            .key_usage(0, &[0x81])
            .breaks("rfc5280_only_with_agreement"),
        rsa(client())
            .key_usage(3, &[0x88])
            .breaks("rfc3279_rsa_key_usage"),
        rsa(client()).key_usage(4, &[0xb0]).passes(),
        client()
            .key_usage(5, &[0xa0])
            .breaks("rfc8813_ec_key_usage"),
        client()
            .key_usage(4, &[0x90])
            .breaks("rfc8813_ec_key_usage"),
        client().key_usage(3, &[0x88]).passes(),
        ed25519(client())
            .key_usage(3, &[0x88])
            .breaks("rfc8410_ed25519_key_usage"),
        ed25519(client())
            .key_usage(5, &[0xa0])
            .breaks("rfc8410_ed25519_key_usage"),
        ed25519(client()).key_usage(6, &[0xc0]).passes(),
        server()
            .key_usage(3, &[0x08])
            .breaks("rfc8446_server_signs"),
        rsa(server())
            .key_usage(5, &[0x20])
            .breaks("rfc8446_rsa_server_signs"),
        rsa(server()).key_usage(5, &[0xa0]).passes(),
    ]
}

fn purposes() -> Vec<Case> {
    let any = oid::ANY_EXTENDED_KEY_USAGE;
    let signs = |purpose| client().purposes(&[purpose]).key_usage(7, &[0x80]);
    let agrees = |purpose| client().purposes(&[purpose]).key_usage(3, &[0x08]);
    vec![
        client().purposes(&[]).breaks("rfc5280_purposes_not_empty"),
        client()
            .purposes(&[oid::CLIENT_AUTH, oid::CLIENT_AUTH])
            .breaks("tpm2ca_purposes_distinct"),
        client().purposes(&[any]).breaks("br_no_any_purpose"),
        client()
            .ext(oid::EXTENDED_KEY_USAGE, true, seq(&[oid_der(any)]))
            .breaks("rfc5280_any_purpose_not_critical")
            .and("br_no_any_purpose"),
        client()
            .without(oid::EXTENDED_KEY_USAGE)
            .breaks("br_purposes_present"),
        root()
            .purposes(&[oid::CLIENT_AUTH])
            .breaks("br_root_no_purposes"),
        intermediate().purposes(&[oid::SERVER_AUTH]).passes(),
        signs(oid::CODE_SIGNING).passes(),
        agrees(oid::CODE_SIGNING).breaks("rfc5280_purposes_fit_key_usage"),
        agrees(oid::TIME_STAMPING).breaks("rfc5280_purposes_fit_key_usage"),
        agrees(oid::CLIENT_AUTH).passes(),
        agrees(oid::EMAIL_PROTECTION).passes(),
        client()
            .purposes(&[oid::CLIENT_AUTH])
            .key_usage(6, &[0x40])
            .breaks("rfc5280_purposes_fit_key_usage"),
        responder()
            .purposes(&[oid::OCSP_SIGNING, oid::CLIENT_AUTH])
            .breaks("rfc6960_responder_purpose"),
        responder()
            .without(oid::EXTENDED_KEY_USAGE)
            .breaks("rfc6960_responder_purpose"),
        responder()
            .without(oid::OCSP_NO_CHECK)
            .breaks("rfc6960_responder_no_check"),
        client()
            .purposes(&[oid::CLIENT_AUTH, oid::OCSP_SIGNING])
            .breaks("rfc6960_ocsp_signing_unasked"),
        intermediate()
            .purposes(&[oid::OCSP_SIGNING])
            .breaks("rfc6960_ocsp_signing_unasked"),
        client()
            .ext(oid::OCSP_NO_CHECK, NOT_CRITICAL, tlv(5, &[]))
            .breaks("rfc6960_no_check_unasked"),
    ]
}
