//! Extensions in general, key identifiers, and where to get CRLs and issuers.

use tpm2ca_x509::{ObjectIdentifier, oid};

use crate::build::{
    CRITICAL, Case, Fixture, ISSUER_KEY_ID, KEY_ID, NOT_CRITICAL, client, intermediate, oid_der,
    root, seq, tlv, uri,
};

pub fn cases() -> Vec<Case> {
    let mut cases = outline();
    cases.extend(identifiers());
    cases.extend(distribution());
    cases
}

fn outline() -> Vec<Case> {
    const WELL_FORMED: &str = "rfc5280_extensions_well_formed";
    let private = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.99999.1");
    let bare = |fixture: Fixture| {
        fixture
            .breaks("tpm2ca_key_usage_present")
            .and("br_purposes_present")
            .and("rfc5280_subject_key_id")
            .and("rfc5280_authority_key_id_present")
    };
    let mut cases = vec![
        bare(client().with(|f| f.extensions = None)),
        bare(client().with(|f| f.extensions = Some(vec![]))).and("rfc5280_extensions_not_empty"),
        client()
            .with(|f| {
                let all = f.extensions.as_mut().unwrap();
                all.push(all[0].clone());
                all.push(all[0].clone());
            })
            .breaks("rfc5280_extensions_distinct"),
        client().ext(private, NOT_CRITICAL, tlv(5, &[])).passes(),
        client()
            .ext(private, CRITICAL, tlv(5, &[]))
            .breaks("rfc5280_critical_extensions_known"),
        client()
            .ext(
                oid::AUTHORITY_INFO_ACCESS,
                NOT_CRITICAL,
                seq(&[tlv(2, &[1])]),
            )
            .breaks(WELL_FORMED),
        client()
            .ext(
                oid::CERTIFICATE_POLICIES,
                NOT_CRITICAL,
                seq(&[oid_der(private)]),
            )
            .breaks(WELL_FORMED),
        client()
            .ext(oid::SUBJECT_ALT_NAME, NOT_CRITICAL, seq(&[tlv(0x0c, b"x")]))
            .breaks(WELL_FORMED),
        client()
            .ext(
                oid::BASIC_CONSTRAINTS,
                CRITICAL,
                seq(&[tlv(1, &[0xff]), tlv(2, &[0x80])]),
            )
            .breaks(WELL_FORMED),
        client()
            .ext(oid::SUBJECT_KEY_IDENTIFIER, NOT_CRITICAL, KEY_ID.to_vec())
            .breaks(WELL_FORMED)
            .and("x690_der_canonical"),
    ];
    // Bytes after the value; what the extension says is then not looked at.
    cases.push(
        client()
            .ext(
                oid::SUBJECT_KEY_IDENTIFIER,
                NOT_CRITICAL,
                [tlv(4, &KEY_ID), tlv(5, &[])].concat(),
            )
            .breaks(WELL_FORMED),
    );
    cases
}

fn identifiers() -> Vec<Case> {
    let authority = |fixture: Fixture, parts: &[Vec<u8>]| {
        fixture.ext(oid::AUTHORITY_KEY_IDENTIFIER, NOT_CRITICAL, seq(parts))
    };
    let key = || tlv(0x80, &ISSUER_KEY_ID);
    let issuer = || tlv(0xa1, &tlv(0xa4, &seq(&[])));
    let serial = || tlv(0x82, &[5]);
    let subject = |fixture: Fixture, critical: bool, octets: &[u8]| {
        fixture.ext(oid::SUBJECT_KEY_IDENTIFIER, critical, tlv(4, octets))
    };
    vec![
        client()
            .without(oid::AUTHORITY_KEY_IDENTIFIER)
            .breaks("rfc5280_authority_key_id_present"),
        authority(client(), &[]).breaks("rfc5280_authority_key_id_present"),
        authority(client(), &[tlv(0x80, &KEY_ID)])
            .breaks("rfc5280_authority_key_id_matches_issuer"),
        authority(root(), &[key()]).breaks("rfc5280_authority_key_id_matches_issuer"),
        authority(root(), &[tlv(0x80, &KEY_ID)]).passes(),
        client()
            .ext(oid::AUTHORITY_KEY_IDENTIFIER, CRITICAL, seq(&[key()]))
            .breaks("rfc5280_authority_key_id_not_critical"),
        authority(client(), &[key(), serial()]).breaks("rfc5280_authority_key_id_pair"),
        authority(client(), &[key(), issuer()]).breaks("rfc5280_authority_key_id_pair"),
        authority(client(), &[key(), issuer(), serial()]).breaks("br_authority_key_id_key_only"),
        intermediate()
            .without(oid::SUBJECT_KEY_IDENTIFIER)
            .breaks("rfc5280_ca_subject_key_id"),
        client()
            .without(oid::SUBJECT_KEY_IDENTIFIER)
            .breaks("rfc5280_subject_key_id"),
        subject(client(), CRITICAL, &KEY_ID).breaks("rfc5280_subject_key_id_not_critical"),
        subject(client(), NOT_CRITICAL, &[])
            .with(|f| f.subject_key_identifier = None)
            .breaks("rfc5280_subject_key_id_not_empty"),
        subject(client(), NOT_CRITICAL, &[9; 20]).breaks("tpm2ca_subject_key_id_matches_key"),
        subject(client(), NOT_CRITICAL, &[9; 20])
            .with(|f| f.subject_key_identifier = None)
            .passes(),
    ]
}

fn distribution() -> Vec<Case> {
    let full_name = |names: &[Vec<u8>]| tlv(0xa0, &tlv(0xa0, &names.concat()));
    let points = |critical: bool, list: &[Vec<u8>]| {
        let list: Vec<_> = list.iter().map(|point| tlv(0x30, point)).collect();
        client().ext(oid::CRL_DISTRIBUTION_POINTS, critical, seq(&list))
    };
    let at = |location: Vec<u8>| points(NOT_CRITICAL, &[full_name(&[location])]);
    let access = |critical: bool, method, location: Vec<u8>| {
        let value = seq(&[seq(&[oid_der(method), location])]);
        client().ext(oid::AUTHORITY_INFO_ACCESS, critical, value)
    };
    let ocsp = |location| access(NOT_CRITICAL, oid::AD_OCSP, location);
    let directory = || tlv(0xa4, &seq(&[]));
    vec![
        at(uri("http://ca.example.com/ca.crl")).passes(),
        at(uri("ldap://ca.example.com/cn=ca?certificateRevocationList")).passes(),
        points(
            CRITICAL,
            &[full_name(&[uri("http://ca.example.com/ca.crl")])],
        )
        .breaks("rfc5280_crl_points_not_critical"),
        points(NOT_CRITICAL, &[]).breaks("rfc5280_crl_points_not_empty"),
        points(NOT_CRITICAL, &[vec![]]).breaks("rfc5280_crl_points_location"),
        points(NOT_CRITICAL, &[tlv(0x81, &[6, 0x40])]).breaks("rfc5280_crl_points_location"),
        points(NOT_CRITICAL, &[tlv(0xa2, &directory())]).passes(),
        at(directory()).passes(),
        at(tlv(0x82, b"ca.example.com")).breaks("rfc5280_crl_points_uris"),
        at(uri("ftp://ca.example.com/ca.crl")).breaks("rfc5280_crl_points_uris"),
        at(uri("/ca.crl")).breaks("rfc5280_crl_points_uris"),
        at(uri("http://")).breaks("rfc5280_crl_points_uris"),
        at(uri("https://ca.example.com/ca.crl")).breaks("rfc5280_no_https"),
        ocsp(uri("HTTPS://ca.example.com/")).breaks("rfc5280_no_https"),
        ocsp(uri("http://ca.example.com/ocsp")).passes(),
        access(CRITICAL, oid::AD_OCSP, uri("http://ca.example.com/ocsp"))
            .breaks("rfc5280_access_not_critical"),
        client()
            .ext(oid::AUTHORITY_INFO_ACCESS, NOT_CRITICAL, seq(&[]))
            .breaks("rfc5280_access_not_empty"),
        ocsp(uri("http://a b")).breaks("rfc5280_access_uris"),
        ocsp(tlv(0x87, &[127, 0, 0, 1])).breaks("rfc5280_access_uris"),
        access(NOT_CRITICAL, oid::AD_CA_ISSUERS, uri("file:///ca.pem"))
            .breaks("rfc5280_access_uris"),
        access(NOT_CRITICAL, oid::ANY_POLICY, uri("http://ca.example.com/"))
            .breaks("br_access_methods"),
    ]
}
