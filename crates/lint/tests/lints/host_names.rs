//! Subject alternative names.

use tpm2ca_x509::oid;

use crate::build::{CRITICAL, Case, NOT_CRITICAL, client, dns, seq, server, tlv, uri};

pub fn cases() -> Vec<Case> {
    let names = |names: &[Vec<u8>]| client().alt_names(names);
    let host = |name: &str| client().alt_names(&[dns(name)]);
    let ip = |octets: &[u8]| client().alt_names(&[tlv(0x87, octets)]);
    let email = |address: &str| client().alt_names(&[tlv(0x81, address.as_bytes())]);
    let locator = |text: &str| client().alt_names(&[uri(text)]);
    let many = |count: usize| -> Vec<Vec<u8>> {
        (0..count)
            .map(|n| dns(&format!("h{n}.example.com")))
            .collect()
    };
    let mut cases = vec![
        names(&[]).breaks("rfc5280_alt_names_not_empty"),
        host("").breaks("rfc5280_alt_names_not_empty"),
        email("").breaks("rfc5280_alt_names_not_empty"),
        server()
            .without(oid::SUBJECT_ALT_NAME)
            .breaks("br_server_has_host")
            .and("br_common_name_in_alt_names"),
        server()
            .alt_names(&[uri("urn:x")])
            .breaks("br_server_has_host")
            .and("br_common_name_in_alt_names"),
        client()
            .ext(oid::SUBJECT_ALT_NAME, CRITICAL, seq(&[dns("a.example")]))
            .breaks("rfc5280_alt_names_not_critical"),
        client()
            .ext(
                oid::SUBJECT_ALT_NAME,
                NOT_CRITICAL,
                seq(&[dns("a.example")]),
            )
            .passes(),
        names(&[dns("a.example"), dns("a.example")]).breaks("tpm2ca_alt_names_distinct"),
        names(&many(100)).passes(),
        names(&many(101)).breaks("tpm2ca_alt_names_count"),
        names(&[tlv(0xa5, &[])])
            .breaks("tpm2ca_alt_names_kinds")
            .and("rfc5280_alt_names_not_empty"),
        names(&[tlv(0xa3, &seq(&[]))]).breaks("tpm2ca_alt_names_kinds"),
        names(&[tlv(0xa4, &seq(&[])), tlv(0x88, &[0x55, 4, 3])]).passes(),
        host("a.example.").breaks("rfc5280_dns_no_trailing_dot"),
        host("under_score.example").breaks("br_dns_no_underscore"),
        host("*.example.com").passes(),
        host("*").breaks("rfc6125_dns_wildcard"),
        host("*.")
            .breaks("rfc6125_dns_wildcard")
            .and("rfc5280_dns_no_trailing_dot")
            .and("rfc5280_dns_syntax")
            .and("br_dns_wildcard_narrow"),
        host("f*.example.com").breaks("rfc6125_dns_wildcard"),
        host("www.*.example.com").breaks("rfc6125_dns_wildcard"),
        host("*.*.example.com").breaks("rfc6125_dns_wildcard"),
        host("*.com").breaks("br_dns_wildcard_narrow"),
        host("192.0.2.1").breaks("br_dns_not_ip"),
        host("1.2.3.4.example").passes(),
        host("2001:db8::1")
            .breaks("br_dns_not_ip")
            .and("rfc5280_dns_syntax"),
        host("ab--cd.example").breaks("rfc5890_dns_a_labels"),
        host("xn--mnchen-3ya.example").passes(),
        ip(&[192, 0, 2, 1]).passes(),
        ip(&[0x20; 16]).passes(),
        ip(&[192, 0, 2, 0, 255, 255, 255, 0]).breaks("rfc5280_ip_length"),
        ip(&[1, 2, 3]).breaks("rfc5280_ip_length"),
        ip(&[0; 4]).breaks("tpm2ca_ip_specified"),
        email("me@example.com").passes(),
        email("me").breaks("rfc5280_email_syntax"),
        email("me@").breaks("rfc5280_email_syntax"),
        email("Me <me@example.com>").breaks("rfc5280_email_syntax"),
        locator("spiffe://example.com/workload").passes(),
        locator("/relative").breaks("rfc5280_uri_absolute"),
        locator("http://").breaks("rfc5280_uri_absolute"),
    ];
    let long = format!("{}.example", "a".repeat(64));
    for name in [
        "a b.example",
        "-a.example",
        "a-.example",
        "a..example",
        "münchen.example",
        &long,
    ] {
        cases.push(host(name).breaks("rfc5280_dns_syntax"));
    }
    cases
}
