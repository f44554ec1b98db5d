//! What limits CAs: basic constraints, name constraints, policies.

use tpm2ca_x509::{ObjectIdentifier, oid};

use crate::build::{
    CRITICAL, Case, Fixture, NOT_CRITICAL, client, dns, intermediate, oid_der, root, seq, server,
    tlv, uri,
};

pub fn cases() -> Vec<Case> {
    let mut cases = basic_constraints();
    cases.extend(name_constraints());
    cases.extend(policies());
    cases
}

fn ca(path_len: Option<u8>) -> Vec<u8> {
    let path_len = path_len.map_or_else(Vec::new, |number| tlv(2, &[number]));
    seq(&[tlv(1, &[0xff]), path_len])
}

fn basic_constraints() -> Vec<Case> {
    let limited = |fixture: Fixture, own: Option<u8>, issuer: Option<u32>| {
        fixture
            .ext(oid::BASIC_CONSTRAINTS, CRITICAL, ca(own))
            .with_issuer(|i| i.path_len = issuer)
    };
    vec![
        root()
            .without(oid::BASIC_CONSTRAINTS)
            .breaks("rfc5280_ca_basic_constraints"),
        intermediate()
            .ext(oid::BASIC_CONSTRAINTS, CRITICAL, seq(&[]))
            .breaks("rfc5280_ca_basic_constraints"),
        root()
            .ext(oid::BASIC_CONSTRAINTS, NOT_CRITICAL, ca(None))
            .breaks("rfc5280_ca_basic_constraints_critical"),
        client()
            .ext(oid::BASIC_CONSTRAINTS, NOT_CRITICAL, seq(&[]))
            .passes(),
        client().without(oid::BASIC_CONSTRAINTS).passes(),
        client()
            .ext(oid::BASIC_CONSTRAINTS, CRITICAL, ca(None))
            .breaks("rfc5280_leaf_not_ca"),
        client()
            .ext(oid::BASIC_CONSTRAINTS, CRITICAL, seq(&[tlv(1, &[0])]))
            .breaks("x690_defaults_omitted"),
        client()
            .ext(oid::BASIC_CONSTRAINTS, CRITICAL, seq(&[tlv(2, &[0])]))
            .breaks("rfc5280_path_len_only_in_ca"),
        limited(intermediate(), Some(0), Some(0)).breaks("rfc5280_issuer_path_len"),
        limited(intermediate(), None, Some(0)).breaks("rfc5280_issuer_path_len"),
        client().with_issuer(|i| i.path_len = Some(0)).passes(),
        limited(intermediate(), Some(1), Some(1)).breaks("tpm2ca_path_len_below_issuer"),
        limited(intermediate(), Some(0), Some(1)).passes(),
        limited(intermediate(), Some(3), None).passes(),
        root()
            .ext(oid::BASIC_CONSTRAINTS, CRITICAL, ca(Some(1)))
            .breaks("br_root_path_len"),
    ]
}

/// Permitted and excluded subtrees, each given by its base and what comes after.
fn subtrees(permitted: &[Vec<u8>], excluded: &[Vec<u8>]) -> Vec<u8> {
    let list = |tag: u8, bases: &[Vec<u8>]| {
        if bases.is_empty() {
            return vec![];
        }
        let subtrees: Vec<_> = bases.iter().map(|base| tlv(0x30, base)).collect();
        tlv(tag, &subtrees.concat())
    };
    seq(&[list(0xa0, permitted), list(0xa1, excluded)])
}

fn name_constraints() -> Vec<Case> {
    let constrained = |value: Vec<u8>| intermediate().ext(oid::NAME_CONSTRAINTS, CRITICAL, value);
    let permits = |base: Vec<u8>| constrained(subtrees(&[base], &[]));
    let under = |permitted: &[Vec<u8>], excluded: &[Vec<u8>], names: &[Vec<u8>]| {
        let value = subtrees(permitted, excluded);
        server()
            .alt_names(&[&[dns("host.example.com")], names].concat())
            .with_issuer(|i| i.name_constraints = Some(value))
    };
    let ip = |octets: &[u8]| tlv(0x87, octets);
    let well_formed = "rfc5280_name_constraints_well_formed";
    let mut cases = vec![
        permits(dns("example.com")).passes(),
        client()
            .ext(
                oid::NAME_CONSTRAINTS,
                CRITICAL,
                subtrees(&[dns("example.com")], &[]),
            )
            .breaks("rfc5280_path_extensions_only_in_ca"),
        intermediate()
            .ext(
                oid::NAME_CONSTRAINTS,
                NOT_CRITICAL,
                subtrees(&[dns("example.com")], &[]),
            )
            .breaks("rfc5280_path_extensions_critical"),
        constrained(seq(&[])).breaks("rfc5280_name_constraints_not_empty"),
        constrained(seq(&[tlv(0xa1, &[])])).breaks("rfc5280_name_constraints_not_empty"),
        permits([dns("example.com"), tlv(0x80, &[1])].concat())
            .breaks("rfc5280_name_constraints_distances"),
        permits([dns("example.com"), tlv(0x81, &[3])].concat())
            .breaks("rfc5280_name_constraints_distances"),
        permits([dns("example.com"), tlv(0x80, &[0])].concat()).breaks("x690_defaults_omitted"),
    ];
    for good in [
        dns(""),
        dns(".example.com"),
        ip(&[10, 0, 0, 0, 255, 255, 128, 0]),
        ip(&[0; 8]),
        ip(&[255; 32]),
        tlv(0x81, b"example.com"),
        tlv(0x81, b".example.com"),
        tlv(0x81, b"me@example.com"),
        uri(".example.com"),
        tlv(0xa4, &seq(&[])),
    ] {
        cases.push(permits(good).passes());
    }
    for bad in [
        dns("*.example.com"),
        dns("example..com"),
        ip(&[10, 0, 0, 0]),
        ip(&[10, 0, 0, 0, 255, 0, 255, 0]),
        ip(&[10, 0, 0, 0, 255, 254, 128, 0]),
        ip(&[10, 0, 0, 0, 253, 0, 0, 0]),
        tlv(0x81, b"@example.com"),
        uri("http://example.com"),
    ] {
        cases.push(permits(bad).breaks(well_formed));
    }
    let within = "rfc5280_names_within_issuer";
    cases.extend([
        under(&[dns("example.com")], &[], &[]).passes(),
        under(&[dns("example.com")], &[], &[dns("example.org")]).breaks(within),
        under(
            &[dns("example.org"), dns("example.com")],
            &[],
            &[dns("a.example.org")],
        )
        .passes(),
        under(&[], &[dns("host.example.com")], &[]).breaks(within),
        under(&[], &[dns("secret.example.com")], &[dns("*.example.com")]).breaks(within),
        under(&[dns("example.com")], &[dns("secret.example.com")], &[]).passes(),
        // Kinds without a constraint are free.
        under(&[dns("example.com")], &[], &[ip(&[10, 1, 2, 3])]).passes(),
        under(
            &[ip(&[10, 0, 0, 0, 255, 0, 0, 0])],
            &[],
            &[ip(&[10, 1, 2, 3])],
        )
        .passes(),
        under(
            &[ip(&[10, 0, 0, 0, 255, 0, 0, 0])],
            &[],
            &[ip(&[11, 1, 2, 3])],
        )
        .breaks(within),
        client()
            .subject_attribute(oid::EMAIL_ADDRESS, (0x16, b"me@example.com".to_vec()))
            .with_issuer(|i| {
                i.name_constraints = Some(subtrees(&[tlv(0x81, b"example.org")], &[]));
            })
            .breaks(within)
            .and("rfc5280_no_email_attribute"),
        client()
            .subject_attribute(oid::EMAIL_ADDRESS, (0x16, b"me@example.com".to_vec()))
            .with_issuer(|i| {
                i.name_constraints = Some(subtrees(&[tlv(0x81, b"example.com")], &[]));
            })
            .breaks("rfc5280_no_email_attribute"),
        server()
            .with_issuer(|i| i.name_constraints = Some(vec![0]))
            .breaks(within),
    ]);
    cases
}

fn policies() -> Vec<Case> {
    let policy = |oid| seq(&[oid_der(oid)]);
    let own = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.99999.1");
    let has = |fixture: Fixture, list: &[Vec<u8>]| {
        fixture.ext(oid::CERTIFICATE_POLICIES, NOT_CRITICAL, seq(list))
    };
    vec![
        has(client(), &[policy(own)]).passes(),
        has(client(), &[policy(own), policy(own)]).breaks("rfc5280_policies_distinct"),
        has(client(), &[]).breaks("rfc5280_policies_not_empty"),
        has(client(), &[policy(oid::ANY_POLICY)]).breaks("br_leaf_not_any_policy"),
        has(intermediate(), &[policy(oid::ANY_POLICY)]).passes(),
        intermediate()
            .ext(oid::INHIBIT_ANY_POLICY, NOT_CRITICAL, tlv(2, &[0]))
            .breaks("rfc5280_path_extensions_critical"),
        client()
            .ext(oid::POLICY_CONSTRAINTS, CRITICAL, seq(&[tlv(0x80, &[0])]))
            .breaks("rfc5280_path_extensions_only_in_ca"),
    ]
}
