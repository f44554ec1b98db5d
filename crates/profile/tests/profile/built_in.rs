//! What the built-in profiles make, field by field.

use tpm2ca_profile::{Kind, Plan, Profiles, Refusal, Request, Section, keys};
use tpm2ca_x509::ext::{KeyUsage, parse_basic_constraints, parse_extended_key_usage};
use tpm2ca_x509::{
    GeneralName, ObjectIdentifier, Subtree, oid, parse_general_names, parse_name_constraints,
};

use crate::setup::*;

/// Object identifier and criticality of each extension, in order.
fn shape(plan: &Plan) -> Vec<(ObjectIdentifier, bool)> {
    plan.extensions()
        .iter()
        .map(|extension| (extension.oid, extension.critical))
        .collect()
}

fn value(plan: &Plan, oid: ObjectIdentifier) -> &[u8] {
    &plan
        .extensions()
        .iter()
        .find(|extension| extension.oid == oid)
        .unwrap()
        .value
}

fn key_usage(plan: &Plan) -> KeyUsage {
    KeyUsage::from_der(value(plan, oid::KEY_USAGE)).unwrap()
}

#[test]
fn root() {
    let subject = name("/CN=Acme Root");
    let plan = built_in("root")
        .plan(&request(&subject, &[]), None)
        .unwrap();
    assert_eq!((plan.profile(), plan.kind()), ("root", Kind::Root));
    assert_eq!(plan.subject_der(), subject.as_der());
    assert_eq!(
        shape(&plan),
        [(oid::BASIC_CONSTRAINTS, true), (oid::KEY_USAGE, true)]
    );
    assert_eq!(
        parse_basic_constraints(value(&plan, oid::BASIC_CONSTRAINTS)).unwrap(),
        (true, None)
    );
    assert_eq!(
        key_usage(&plan),
        KeyUsage::KEY_CERT_SIGN | KeyUsage::CRL_SIGN
    );
    assert_eq!(plan.validity().not_before, now() - 300);
    assert_eq!(plan.validity().not_after, now() + 7300 * DAY);
    assert_eq!(plan.notes(), [""; 0]);
}

#[test]
fn intermediate() {
    let plan = plan(&built_in("intermediate"), "/CN=Acme Intermediate", "").unwrap();
    assert_eq!(plan.kind(), Kind::Intermediate);
    assert_eq!(
        shape(&plan),
        [(oid::BASIC_CONSTRAINTS, true), (oid::KEY_USAGE, true)]
    );
    assert_eq!(
        parse_basic_constraints(value(&plan, oid::BASIC_CONSTRAINTS)).unwrap(),
        (true, Some(0))
    );
    assert_eq!(
        key_usage(&plan),
        KeyUsage::KEY_CERT_SIGN | KeyUsage::CRL_SIGN
    );
    // Ten years asked by the profile, nine left of the issuer's.
    assert_eq!(plan.validity().not_after, issuer().not_after);
    assert_eq!(
        plan.notes(),
        [
            "the validity was cut to 2035-11-21T12:00:00Z instead of 2036-11-20T12:00:00Z: the issuer's certificate ends then"
        ]
    );
}

#[test]
fn server() {
    let names = names("DNS:www.example.com,IP:192.0.2.7");
    let subject = name("/O=Acme/CN=www.example.com");
    for (spki_der, usage) in [
        (
            RSA,
            KeyUsage::DIGITAL_SIGNATURE | KeyUsage::KEY_ENCIPHERMENT,
        ),
        (EC, KeyUsage::DIGITAL_SIGNATURE),
        (ED25519, KeyUsage::DIGITAL_SIGNATURE),
    ] {
        let request = Request {
            spki_der,
            ..request(&subject, &names)
        };
        let plan = built_in("server").plan(&request, Some(&issuer())).unwrap();
        assert_eq!(
            shape(&plan),
            [
                (oid::KEY_USAGE, true),
                (oid::EXTENDED_KEY_USAGE, false),
                (oid::SUBJECT_ALT_NAME, false)
            ]
        );
        assert_eq!(key_usage(&plan), usage);
        assert_eq!(
            parse_extended_key_usage(value(&plan, oid::EXTENDED_KEY_USAGE)).unwrap(),
            [oid::SERVER_AUTH]
        );
        assert_eq!(
            parse_general_names(value(&plan, oid::SUBJECT_ALT_NAME)).unwrap(),
            names
        );
        assert_eq!(plan.subject_der(), subject.as_der());
        assert_eq!(plan.validity().not_after, now() + 90 * DAY);
        assert_eq!(plan.notes(), [""; 0]);
    }
}

#[test]
fn client() {
    let plan = plan(
        &built_in("client"),
        "/CN=Alice Example",
        "email:alice@example.com",
    )
    .unwrap();
    assert_eq!(
        shape(&plan),
        [
            (oid::KEY_USAGE, true),
            (oid::EXTENDED_KEY_USAGE, false),
            (oid::SUBJECT_ALT_NAME, false)
        ]
    );
    assert_eq!(key_usage(&plan), KeyUsage::DIGITAL_SIGNATURE);
    assert_eq!(
        parse_extended_key_usage(value(&plan, oid::EXTENDED_KEY_USAGE)).unwrap(),
        [oid::CLIENT_AUTH]
    );
    let without = crate::setup::plan(&built_in("client"), "/CN=Alice Example", "").unwrap();
    assert_eq!(
        shape(&without),
        [(oid::KEY_USAGE, true), (oid::EXTENDED_KEY_USAGE, false)]
    );
}

#[test]
fn ocsp() {
    let plan = plan(&built_in("ocsp"), "/CN=Acme OCSP", "").unwrap();
    assert_eq!(
        shape(&plan),
        [
            (oid::KEY_USAGE, true),
            (oid::EXTENDED_KEY_USAGE, false),
            (oid::OCSP_NO_CHECK, false)
        ]
    );
    assert_eq!(
        parse_extended_key_usage(value(&plan, oid::EXTENDED_KEY_USAGE)).unwrap(),
        [oid::OCSP_SIGNING]
    );
    assert_eq!(value(&plan, oid::OCSP_NO_CHECK), b"\x05\x00");
    assert_eq!(plan.validity().not_after, now() + 30 * DAY);
}

#[test]
fn everything_a_leaf_can_have() {
    let profiles = profiles(
        r#"
        [profile.full]
        base = "server"
        basic_constraints = "present"
        policies = ["1.3.6.1.4.1.99999.1"]
        must_staple = true
        "#,
    );
    let plan = plan(profiles.get("full").unwrap(), "/", "DNS:a.example").unwrap();
    assert_eq!(
        shape(&plan),
        [
            (oid::BASIC_CONSTRAINTS, false),
            (oid::KEY_USAGE, true),
            (oid::EXTENDED_KEY_USAGE, false),
            // There is no subject, so the names are critical.
            (oid::SUBJECT_ALT_NAME, true),
            (oid::CERTIFICATE_POLICIES, false),
            (oid::TLS_FEATURE, false),
        ]
    );
    assert_eq!(value(&plan, oid::BASIC_CONSTRAINTS), b"\x30\x00");
    assert_eq!(value(&plan, oid::TLS_FEATURE), b"\x30\x03\x02\x01\x05");
}

#[test]
fn a_ca_below_a_limited_one() {
    let subject = name("/CN=Sub");
    let request = request(&subject, &[]);
    let path_len = |profile: &str, issuer_len: Option<u32>| {
        let profile = profiles(&format!(
            "[profile.sub]\nbase = \"intermediate\"\n{profile}"
        ))
        .get("sub")
        .unwrap()
        .clone();
        let plan = profile.plan(
            &request,
            Some(&tpm2ca_profile::IssuerView {
                path_len: issuer_len,
                ..issuer()
            }),
        )?;
        let len = parse_basic_constraints(value(&plan, oid::BASIC_CONSTRAINTS))
            .unwrap()
            .1;
        Ok::<_, Refusal>((
            len,
            plan.notes().iter().any(|note| note.contains("path length")),
        ))
    };
    assert_eq!(path_len("", Some(0)), Err(Refusal::PathLenExhausted));
    assert_eq!(path_len("", Some(1)), Ok((Some(0), false)));
    assert_eq!(path_len("path_len = 3", Some(2)), Ok((Some(1), true)));
    assert_eq!(path_len("path_len = 3", None), Ok((Some(3), false)));
    assert_eq!(path_len("path_len = \"none\"", None), Ok((None, false)));
    assert_eq!(
        path_len("path_len = \"none\"", Some(2)),
        Ok((Some(1), true))
    );
    assert_eq!(
        path_len("path_len = \"none\"", Some(4_000_000_000)),
        Ok((Some(255), true))
    );
}

#[test]
fn permitted_dns_becomes_name_constraints() {
    let subject = name("/CN=Sub");
    let permitted = ["Example.com".to_owned(), "example.org".to_owned()];
    let request = Request {
        permitted_dns: &permitted,
        ..request(&subject, &[])
    };
    let constraints = |toml: &str| {
        let profiles = profiles(&format!("[profile.sub]\nbase = \"intermediate\"\n{toml}"));
        let plan = profiles
            .get("sub")
            .unwrap()
            .plan(&request, Some(&issuer()))?;
        assert_eq!(shape(&plan).last(), Some(&(oid::NAME_CONSTRAINTS, true)));
        Ok::<_, Refusal>(parse_name_constraints(value(&plan, oid::NAME_CONSTRAINTS)).unwrap())
    };
    let dns = subtrees(&["DNS:example.com", "DNS:example.org"]);
    let all = subtrees(&["IP:0.0.0.0/0", "IP:::/0"]);
    assert_eq!(constraints(""), Ok((dns.clone(), all.clone())));

    let with_ip =
        constraints("permit_dns = [\"com\", \"org\"]\npermit_ip = [\"10.0.0.0/8\"]").unwrap();
    assert_eq!(
        with_ip.0,
        [dns.clone(), subtrees(&["IP:10.0.0.0/8"])].concat()
    );
    assert_eq!(with_ip.1, subtrees(&["IP:::/0"]));

    let any_ip = constraints("permit_dns = [\"com\", \"org\"]\npermit_ip = [\"*\"]").unwrap();
    assert_eq!(any_ip, (dns, Vec::<Subtree>::new()));

    assert!(matches!(
        constraints("permit_dns = [\"com\"]"),
        Err(Refusal::PermittedDnsTooWide { name, .. }) if name == "example.org"
    ));
}

#[test]
fn permitted_dns_of_the_profile_alone() {
    let profiles = profiles("[profile.intermediate]\npermit_dns = [\"corp.example\"]");
    let plan = plan(profiles.get("intermediate").unwrap(), "/CN=Sub", "").unwrap();
    let (permitted, excluded) =
        parse_name_constraints(value(&plan, oid::NAME_CONSTRAINTS)).unwrap();
    assert_eq!(permitted, subtrees(&["DNS:corp.example"]));
    assert_eq!(excluded, subtrees(&["IP:0.0.0.0/0", "IP:::/0"]));
}

#[test]
fn permitted_dns_that_makes_no_sense() {
    let subject = name("/CN=Sub");
    let permitted = ["*.example.com".to_owned()];
    let asked = Request {
        permitted_dns: &permitted,
        ..request(&subject, &[])
    };
    let refusal = built_in("intermediate")
        .plan(&asked, Some(&issuer()))
        .unwrap_err();
    assert!(
        refusal
            .to_string()
            .starts_with("`*.example.com` cannot be permitted: a name constraint"),
        "{refusal}"
    );
    assert_eq!(
        refusal.hint().unwrap(),
        "write \"example.com\", which permits it and everything below"
    );

    let permitted = ["example.com".to_owned()];
    let asked = Request {
        permitted_dns: &permitted,
        ..request(&subject, &[])
    };
    assert!(matches!(
        built_in("root").plan(&asked, None),
        Err(Refusal::ConstraintsForKind { .. })
    ));

    // Outside what the issuer itself may do.
    let limits = subtrees(&["DNS:example.org"]);
    let narrow = tpm2ca_profile::IssuerView {
        permitted: &limits,
        ..issuer()
    };
    assert!(matches!(
        built_in("intermediate").plan(&asked, Some(&narrow)),
        Err(Refusal::IssuerDoesNotPermit { .. })
    ));
}

#[test]
fn roots_and_issuers() {
    let subject = name("/CN=Acme");
    let request = request(&subject, &[]);
    assert!(matches!(
        built_in("root").plan(&request, Some(&issuer())),
        Err(Refusal::RootWithIssuer { .. })
    ));
    assert!(matches!(
        built_in("intermediate").plan(&request, None),
        Err(Refusal::NoIssuer { .. })
    ));
    assert!(matches!(
        built_in("client").plan(&request, None),
        Err(Refusal::NoIssuer { .. })
    ));
}

#[test]
fn keys_that_cannot_do_it() {
    let subject = name("/CN=Acme");
    let profiles =
        profiles("[profile.crypt]\nbase = \"client\"\nkey_usage = [\"keyEncipherment\"]");
    let crypt = profiles.get("crypt").unwrap();
    assert!(
        crypt
            .plan(
                &Request {
                    spki_der: RSA,
                    ..request(&subject, &[])
                },
                Some(&issuer())
            )
            .is_ok()
    );
    let refusal = crypt
        .plan(&request(&subject, &[]), Some(&issuer()))
        .unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "a key of algorithm 1.2.840.10045.2.1 can do nothing of what profile `crypt` is for: keyEncipherment"
    );
    for bad in [&b""[..], b"\x30\x00", &EC[..10]] {
        let request = Request {
            spki_der: bad,
            ..request(&subject, &[])
        };
        assert!(matches!(
            built_in("client").plan(&request, Some(&issuer())),
            Err(Refusal::KeyUnreadable { .. })
        ));
    }
}

#[test]
fn san_octets_are_taken_as_they_came() {
    let subject = name("/");
    // GeneralNames with an odd but legal spelling that a re-encoding would keep anyway, and one
    // name more than `names`.
    let names = vec![GeneralName::Dns("WWW.Example.COM".to_owned())];
    let der = b"\x30\x11\x82\x0fWWW.Example.COM";
    let asked = Request {
        san_der: Some(der),
        ..request(&subject, &names)
    };
    let plan = built_in("server").plan(&asked, Some(&issuer())).unwrap();
    assert_eq!(value(&plan, oid::SUBJECT_ALT_NAME), der);

    // Octets that say something else than the names that were checked never get in.
    let other = b"\x30\x0a\x82\x08evil.org";
    let asked = Request {
        san_der: Some(other),
        ..request(&subject, &names)
    };
    let plan = built_in("server").plan(&asked, Some(&issuer())).unwrap();
    assert_eq!(value(&plan, oid::SUBJECT_ALT_NAME), der);
}

#[test]
fn the_texts_are_the_profiles() {
    for name in Profiles::BUILT_IN {
        let text = Profiles::built_in_text(name).unwrap();
        assert!(text.contains(&format!("[profile.{name}]")));
        // As a file of the user they change nothing.
        assert_eq!(profiles(text).get(name).unwrap(), &built_in(name));
    }
    assert_eq!(Profiles::built_in_text("web"), None);
    assert_eq!(
        Profiles::built_in().names().collect::<Vec<_>>(),
        ["client", "intermediate", "ocsp", "root", "server"]
    );
}

#[test]
fn every_key_is_documented_once() {
    for section in [Section::Profile, Section::Names, Section::Requester] {
        let mut names: Vec<_> = keys(section).iter().map(|key| key.name).collect();
        for key in keys(section) {
            assert!(
                key.description.ends_with('.') && !key.value.is_empty() && !key.default.is_empty(),
                "{key:?}"
            );
        }
        names.sort_unstable();
        let all = names.len();
        names.dedup();
        assert_eq!(names.len(), all);
    }
    assert_eq!(keys(Section::Profile).len(), 20);
    assert_eq!(keys(Section::Names).len(), 10);
    assert_eq!(keys(Section::Requester).len(), 10);
}
