//! Which names may be in a certificate.

use tpm2ca_profile::names::{DnsFault, EmailFault, IpFault, UriFault};
use tpm2ca_profile::{IssuerView, Refusal, Request, RulePlace};
use tpm2ca_x509::{GeneralName, Name, oid};

use crate::setup::*;

fn everybody(profile: &str) -> RulePlace {
    RulePlace {
        profile: profile.to_owned(),
        requester: None,
    }
}

#[test]
fn names_are_required_or_forbidden() {
    let refusal = plan(&built_in("server"), "/CN=www.example.com", "").unwrap_err();
    assert_eq!(
        refusal,
        Refusal::NoNames {
            profile: "server".into(),
            common_name: Some("www.example.com".into())
        }
    );
    assert_eq!(
        refusal.hint().unwrap(),
        "make the request with `-addext subjectAltName=DNS:www.example.com`, or give the names to the command"
    );
    let refusal = plan(&built_in("ocsp"), "/CN=OCSP", "DNS:a.example,IP:10.0.0.1").unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "the request asks for DNS:a.example, IP:10.0.0.1, but certificates of profile `ocsp` have no subject alternative names"
    );
}

#[test]
fn types_that_a_profile_does_not_have() {
    let refusal = plan(
        &built_in("server"),
        "/",
        "DNS:a.example,email:a@example.com",
    )
    .unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "`email:a@example.com` is not allowed: profile `server` has no names of type email, only dns, ip"
    );
    assert_eq!(
        refusal.hint().unwrap(),
        "ask without it, or write san_kinds = [\"dns\", \"ip\", \"email\"] in `[profile.server]`"
    );
    for name in [
        GeneralName::DirectoryName(name("/CN=x")),
        GeneralName::RegisteredId(oid::SERVER_AUTH),
        GeneralName::Other {
            oid: oid::SERVER_AUTH,
            value: vec![0x0c, 0],
        },
        GeneralName::Uri("urn:a".into()),
    ] {
        let (subject, names) = (Name::empty(), [name]);
        let refusal = built_in("server")
            .plan(&request(&subject, &names), Some(&issuer()))
            .unwrap_err();
        assert!(matches!(refusal, Refusal::NameKind { .. }), "{refusal}");
    }
    let (subject, names) = (
        Name::empty(),
        [GeneralName::Unsupported {
            tag: 3,
            der: vec![0xa3, 0],
        }],
    );
    let refusal = built_in("server")
        .plan(&request(&subject, &names), Some(&issuer()))
        .unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "`x400Address` is not allowed: names of this type are never issued"
    );
}

#[test]
fn syntax() {
    let all_kinds = profiles(
        "[profile.all]\nbase = \"server\"\nsan_kinds = [\"dns\", \"ip\", \"email\", \"uri\", \"directory-name\"]",
    );
    let all = all_kinds.get("all").unwrap();
    for good in [
        "DNS:localhost",
        "DNS:a.example.com",
        "DNS:xn--bcher-kva.example",
        "IP:127.0.0.1",
        "IP:fe80::1",
        "email:a@example.com",
        "URI:spiffe://example.org/a_b",
        "URI:urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
    ] {
        assert!(plan(all, "/", good).is_ok(), "{good}");
    }
    for (bad, expected) in [
        (
            "DNS:example.com.",
            Refusal::BadDns {
                name: "example.com.".into(),
                fault: DnsFault::TrailingDot,
            },
        ),
        (
            "DNS:10.0.0.1",
            Refusal::BadDns {
                name: "10.0.0.1".into(),
                fault: DnsFault::IpAddress,
            },
        ),
        (
            "DNS:a b",
            Refusal::BadDns {
                name: "a b".into(),
                fault: DnsFault::Character {
                    label: "a b".into(),
                    character: ' ',
                },
            },
        ),
        (
            "DNS:a_b.example",
            Refusal::BadDns {
                name: "a_b.example".into(),
                fault: DnsFault::Underscore {
                    label: "a_b".into(),
                },
            },
        ),
        (
            "DNS:*.com",
            Refusal::BadDns {
                name: "*.com".into(),
                fault: DnsFault::WildcardTooWide,
            },
        ),
        (
            "IP:0.0.0.0",
            Refusal::BadIp {
                address: "0.0.0.0".parse().unwrap(),
                fault: IpFault::Unspecified,
            },
        ),
        (
            "IP:::ffff:10.0.0.1",
            Refusal::BadIp {
                address: "::ffff:10.0.0.1".parse().unwrap(),
                fault: IpFault::Mapped {
                    v4: "10.0.0.1".parse().unwrap(),
                },
            },
        ),
        (
            "email:a",
            Refusal::BadEmail {
                address: "a".into(),
                fault: EmailFault::NoAt,
            },
        ),
        (
            "URI:a/b",
            Refusal::BadUri {
                uri: "a/b".into(),
                fault: UriFault::NoScheme,
            },
        ),
        (
            "URI:https://a@b/",
            Refusal::BadUri {
                uri: "https://a@b/".into(),
                fault: UriFault::UserInfo,
            },
        ),
    ] {
        let refusal = plan(all, "/", &format!("DNS:good.example,{bad}")).unwrap_err();
        assert_eq!(refusal, expected);
        assert!(refusal.hint().is_some(), "{refusal}");
    }
    assert_eq!(
        plan(all, "/", "DNS:localhost").unwrap().notes(),
        ["`DNS:localhost` has no dot: elsewhere it may be the name of another host"]
    );
    assert!(
        plan(
            &server_with_names("allow_underscore = true"),
            "/",
            "DNS:a_b.example"
        )
        .is_ok()
    );
}

#[test]
fn wildcards_need_to_be_switched_on() {
    let refusal = plan(&built_in("server"), "/", "DNS:*.example.com").unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "`DNS:*.example.com` is not allowed: profile `server` issues no wildcards"
    );
    assert!(
        refusal
            .hint()
            .unwrap()
            .starts_with("add `allow_wildcards = true` to `[profile.server.names]`")
    );
    let open = server_with_names("allow_wildcards = true");
    assert!(plan(&open, "/", "DNS:*.example.com").is_ok());
    let listed = server_with_names(
        "allow_wildcards = true\nallow_dns = [\"*.b.example\"]\ndeny_dns = [\"*.c.b.example\"]",
    );
    for (name, good) in [
        ("DNS:*.b.example", false), // stands for names below c.b.example to some verifiers
        ("DNS:*.a.b.example", true),
        ("DNS:*.c.b.example", false),
        ("DNS:*.d.c.b.example", false),
        ("DNS:*.example.org", false),
    ] {
        assert_eq!(plan(&listed, "/", name).is_ok(), good, "{name}");
    }
}

#[test]
fn allow_and_deny() {
    let server = server_with_names(
        "allow_dns = [\"example.com\", \"*.example.com\"]\ndeny_dns = [\"*.secret.example.com\"]\nallow_ip = [\"10.0.0.0/8\"]\ndeny_ip = [\"10.9.0.0/16\"]",
    );
    for good in [
        "DNS:example.com",
        "DNS:a.b.EXAMPLE.com",
        "IP:10.1.1.1",
        "DNS:secret.example.com",
    ] {
        assert!(plan(&server, "/", good).is_ok(), "{good}");
    }
    let place = everybody("server");
    for (bad, expected) in [
        (
            "DNS:example.org",
            Refusal::NameNotAllowed {
                name: "DNS:example.org".into(),
                kind: "dns",
                allowed: vec!["example.com".into(), "*.example.com".into()],
                place: place.clone(),
            },
        ),
        (
            "DNS:A.Secret.example.com",
            Refusal::NameDenied {
                name: "DNS:A.Secret.example.com".into(),
                kind: "dns",
                pattern: "*.secret.example.com".into(),
                place: place.clone(),
            },
        ),
        (
            "IP:10.9.1.1",
            Refusal::NameDenied {
                name: "IP:10.9.1.1".into(),
                kind: "ip",
                pattern: "10.9.0.0/16".into(),
                place: place.clone(),
            },
        ),
        (
            "IP:192.0.2.1",
            Refusal::NameNotAllowed {
                name: "IP:192.0.2.1".into(),
                kind: "ip",
                allowed: vec!["10.0.0.0/8".into()],
                place,
            },
        ),
    ] {
        // A good name beside it does not help.
        assert_eq!(
            plan(&server, "/", &format!("DNS:example.com,{bad}")),
            Err(expected)
        );
    }
}

#[test]
fn messages_say_which_rule_and_what_to_write() {
    let server = server_with_names("allow_dns = [\"*.example.com\"]");
    let refusal = plan(&server, "/", "DNS:example.org").unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "`DNS:example.org` is not allowed: allow_dns in profile `server` has \"*.example.com\""
    );
    assert_eq!(
        refusal.hint().unwrap(),
        "if it may be issued, add it to `[profile.server.names]`, in profiles/server.toml: allow_dns = [\"example.org\"]"
    );
    let refusal = plan(&server, "/", "IP:10.0.0.1").unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "`IP:10.0.0.1` is not allowed: profile `server` has allow lists, but no allow_ip"
    );
}

#[test]
fn requesters_are_narrowed() {
    let profiles = profiles(
        r#"
        [profile.server.names]
        allow_dns = ["*.example.com"]

        [[profile.server.requester]]
        match = "uid:1000"
        allow_dns = ["www.example.com", "www.example.org"]

        [[profile.server.requester]]
        match = "uid:1001"
        deny_dns = ["www.example.com"]

        [[profile.server.requester]]
        match = "uid:1*"

        [[profile.server.requester]]
        match = "*"
        refuse = true
        "#,
    );
    let server = profiles.get("server").unwrap();
    let subject = Name::empty();
    let outcome = |requester: &str, san: &str| {
        let names = names(san);
        server
            .plan(
                &Request {
                    requester,
                    ..request(&subject, &names)
                },
                Some(&issuer()),
            )
            .map(|_| ())
    };
    assert_eq!(outcome("uid:1000", "DNS:www.example.com"), Ok(()));
    let refusal = outcome("uid:1000", "DNS:a.example.com").unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "`DNS:a.example.com` is not allowed: allow_dns in profile `server` for requester `uid:1000` has \"www.example.com\", \"www.example.org\""
    );
    assert!(
        refusal
            .hint()
            .unwrap()
            .contains("`[[profile.server.requester]]` with match = \"uid:1000\"")
    );
    // A block narrows; it gives nothing that the profile does not.
    assert!(matches!(
        outcome("uid:1000", "DNS:www.example.org"),
        Err(Refusal::NameNotAllowed {
            place: RulePlace {
                requester: None,
                ..
            },
            ..
        })
    ));
    assert!(matches!(
        outcome("uid:1001", "DNS:www.example.com"),
        Err(Refusal::NameDenied { .. })
    ));
    assert_eq!(outcome("uid:1001", "DNS:a.example.com"), Ok(()));
    assert_eq!(outcome("uid:1002", "DNS:www.example.com"), Ok(()));
    assert_eq!(
        outcome("uid:0", "DNS:www.example.com")
            .unwrap_err()
            .to_string(),
        "requester `uid:0` gets nothing from profile `server`: it matches `*`, which is refused"
    );
}

#[test]
fn the_issuers_constraints_are_applied() {
    let (permitted, excluded) = (
        subtrees(&["DNS:example.com"]),
        subtrees(&["IP:0.0.0.0/0", "IP:::/0"]),
    );
    let narrow = IssuerView {
        permitted: &permitted,
        excluded: &excluded,
        ..issuer()
    };
    let outcome = |profile: &str, subject: &str, san: &str| {
        let (subject, names) = (name(subject), names(san));
        built_in(profile)
            .plan(&request(&subject, &names), Some(&narrow))
            .map(|_| ())
    };
    assert_eq!(
        outcome(
            "server",
            "/CN=example.com",
            "DNS:example.com,DNS:a.example.com"
        ),
        Ok(())
    );
    assert_eq!(
        outcome("server", "/", "DNS:example.org")
            .unwrap_err()
            .to_string(),
        "`DNS:example.org` would be rejected by verifiers: the issuer's name constraints permit only DNS:example.com"
    );
    assert_eq!(
        outcome("server", "/", "DNS:example.com,IP:10.0.0.1")
            .unwrap_err()
            .to_string(),
        "`IP:10.0.0.1` would be rejected by verifiers: the issuer's name constraints exclude IP:0.0.0.0/0"
    );
    // OpenSSL applies DNS constraints to a common name with a dot if there is no DNS name.
    assert!(matches!(
        outcome("client", "/CN=a.example.org", ""),
        Err(Refusal::IssuerDoesNotPermit { .. })
    ));
    assert_eq!(
        outcome("client", "/CN=a.example.org", "DNS:example.com"),
        Ok(())
    );
    assert_eq!(outcome("client", "/CN=Alice", ""), Ok(()));
    assert_eq!(outcome("client", "/CN=a.example.com", ""), Ok(()));
}

#[test]
fn mail_addresses_in_the_subject_are_names() {
    let server = server_with_names("deny_email = [\"@evil.org\"]\nallow_dns = [\"*\"]");
    assert!(matches!(
        plan(&server, "/emailAddress=a@example.com", "DNS:a.example"),
        Err(Refusal::NameTypeNotAllowed { kind: "email", .. })
    ));
    assert!(matches!(
        plan(&server, "/emailAddress=a@EVIL.org", "DNS:a.example"),
        Err(Refusal::NameDenied { kind: "email", .. })
    ));
    let listed = server_with_names("allow_email = [\"@example.com\"]\nallow_dns = [\"*\"]");
    assert!(matches!(
        plan(&listed, "/emailAddress=a@example.org", "DNS:a.example"),
        Err(Refusal::NameNotAllowed { kind: "email", .. })
    ));
    assert!(matches!(
        plan(&built_in("server"), "/emailAddress=nobody", "DNS:a.example"),
        Err(Refusal::BadEmail { .. })
    ));
    let permitted = subtrees(&["email:example.com"]);
    let narrow = IssuerView {
        permitted: &permitted,
        ..issuer()
    };
    let subject = name("/CN=Alice/emailAddress=alice@example.org");
    assert!(matches!(
        built_in("client").plan(&request(&subject, &[]), Some(&narrow)),
        Err(Refusal::IssuerDoesNotPermit { .. })
    ));
}
