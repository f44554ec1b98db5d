//! The subject, and the names that hide in it.

use tpm2ca_profile::{IssuerView, Refusal, Request, SubjectSource};
use tpm2ca_x509::{Name, oid, parse_general_names};

use crate::setup::*;

#[test]
fn octets_of_the_request_are_kept() {
    // A TeletexString and a multi-valued RDN whose SET is not sorted: legal, and lost by any
    // re-encoding.
    let odd = b"\x30\x25\x31\x0e\x30\x0c\x06\x03\x55\x04\x0a\x14\x05\xc4\xd6\xdc\x31\x32\
        \x31\x13\x30\x08\x06\x03\x55\x04\x0b\x0c\x01b\x30\x07\x06\x03\x55\x04\x03\x0c\x00";
    let names = names("DNS:a.example");
    let subject = Name::empty();
    let asked = Request {
        subject: SubjectSource::Csr(odd),
        ..request(&subject, &names)
    };
    let plan = built_in("server").plan(&asked, Some(&issuer())).unwrap();
    assert_eq!(plan.subject_der(), odd);
    for bad in [&b""[..], b"\x30\x01", b"\x31\x00"] {
        let asked = Request {
            subject: SubjectSource::Csr(bad),
            ..request(&subject, &names)
        };
        let refusal = built_in("server")
            .plan(&asked, Some(&issuer()))
            .unwrap_err();
        assert!(
            matches!(refusal, Refusal::SubjectUnreadable { .. }),
            "{refusal}"
        );
    }
}

#[test]
fn nul_characters_are_refused() {
    let nul = b"\x30\x15\x31\x13\x30\x11\x06\x03\x55\x04\x03\x0c\x0agood\0.evil";
    let (subject, names) = (Name::empty(), names("DNS:a.example"));
    let asked = Request {
        subject: SubjectSource::Csr(nul),
        ..request(&subject, &names)
    };
    assert_eq!(
        built_in("server")
            .plan(&asked, Some(&issuer()))
            .unwrap_err()
            .to_string(),
        "the subject cannot be read: its attribute `CN` has a NUL character"
    );
}

#[test]
fn a_certificate_names_somebody() {
    assert!(plan(&built_in("server"), "/", "DNS:a.example").is_ok());
    for profile in ["client", "ocsp", "intermediate"] {
        let refusal = plan(&built_in(profile), "/", "").unwrap_err();
        assert_eq!(
            refusal,
            Refusal::SubjectEmpty {
                profile: profile.into()
            }
        );
    }
    let subject = Name::empty();
    assert!(matches!(
        built_in("root").plan(&request(&subject, &[]), None),
        Err(Refusal::SubjectEmpty { .. })
    ));
}

#[test]
fn nobody_bears_the_issuers_name() {
    let subject = name("/CN=Acme CA");
    let issuer = IssuerView {
        subject_der: subject.as_der(),
        ..issuer()
    };
    for other in ["/CN=ACME ca", "/CN= Acme  CA "] {
        assert_eq!(
            built_in("client").plan(&request(&name(other), &[]), Some(&issuer)),
            Err(Refusal::SubjectIsIssuer {
                subject: name(other).to_string()
            })
        );
    }
    for profile in ["intermediate", "client"] {
        assert_eq!(
            built_in(profile).plan(&request(&subject, &[]), Some(&issuer)),
            Err(Refusal::SubjectIsIssuer {
                subject: "CN=Acme CA".into()
            })
        );
    }
}

#[test]
fn a_common_name_like_a_host_is_among_the_names() {
    let server = built_in("server");
    for (subject, san, good) in [
        (
            "/CN=www.example.com",
            "DNS:a.example,DNS:WWW.example.com",
            true,
        ),
        ("/CN=WWW.Example.com", "DNS:www.example.com", true),
        ("/CN=192.0.2.1", "IP:192.0.2.1", true),
        ("/CN=Acme Web Shop 1.0", "DNS:a.example", true),
        ("/CN=router", "IP:192.0.2.1", true),
        ("/CN=router", "DNS:a.example", true),
        ("/O=Acme", "DNS:a.example", true),
        ("/CN=www.example.com", "DNS:a.example", false),
        ("/CN=www.example.com.", "DNS:www.example.com", false),
        ("/CN=*.example.com", "DNS:www.example.com", false),
        ("/CN=192.0.2.1", "IP:192.0.2.2", false),
        ("/CN=192.0.2.1", "DNS:a.example", false),
        ("/CN=a.example/CN=b.example", "DNS:a.example", false),
    ] {
        let outcome = plan(&server, subject, san);
        assert_eq!(outcome.is_ok(), good, "{subject} {san}");
        if let Err(refusal) = outcome {
            assert!(
                matches!(refusal, Refusal::CommonNameNotInSan { .. }),
                "{refusal}"
            );
            assert!(
                refusal
                    .hint()
                    .unwrap()
                    .contains("common_name = \"add\" in `[profile.server]`")
            );
        }
    }
    assert!(plan(&built_in("client"), "/CN=www.example.com", "").is_ok());
}

#[test]
fn a_common_name_can_be_added() {
    let profiles = profiles("[profile.server]\ncommon_name = \"add\"");
    let server = profiles.get("server").unwrap();
    let san = |subject: &str, asked: &str| {
        let plan = plan(server, subject, asked)?;
        let value = plan
            .extensions()
            .iter()
            .find(|e| e.oid == oid::SUBJECT_ALT_NAME)
            .unwrap()
            .value
            .clone();
        Ok::<_, Refusal>((parse_general_names(&value).unwrap(), plan.notes().to_vec()))
    };
    assert_eq!(
        san("/CN=www.example.com", "").unwrap(),
        (
            names("DNS:www.example.com"),
            vec!["`DNS:www.example.com` was added to the subject alternative names, from the common name".to_owned()]
        )
    );
    assert_eq!(
        san("/CN=10.0.0.1", "DNS:a.example").unwrap().0,
        names("DNS:a.example,IP:10.0.0.1")
    );
    assert_eq!(
        san("/CN=A.example", "DNS:a.example").unwrap(),
        (names("DNS:a.example"), vec![])
    );
    assert!(matches!(san("/CN=Acme", ""), Err(Refusal::NoNames { .. })));
    assert!(matches!(
        san("/CN=*.example.com", ""),
        Err(Refusal::Wildcard { .. })
    ));
    assert!(matches!(
        san("/CN=a..example", ""),
        Err(Refusal::BadDns { .. })
    ));
}

#[test]
fn denied_names_do_not_come_in_by_the_common_name() {
    // Where there is no DNS name, verifiers compare the common name with the host.
    let server = server_with_names("deny_dns = [\"intranet\", \"*.secret.example\"]");
    assert!(plan(&server, "/CN=router", "IP:192.0.2.1").is_ok());
    assert!(matches!(
        plan(&server, "/CN=Intranet", "IP:192.0.2.1"),
        Err(Refusal::NameDenied { .. })
    ));
    assert!(matches!(
        plan(&server, "/CN=intranet", "DNS:a.example"),
        Err(Refusal::NameDenied { .. })
    ));
    let listed = server_with_names("allow_dns = [\"*.example\"]\nallow_ip = [\"*\"]");
    assert!(matches!(
        plan(&listed, "/CN=router", "IP:192.0.2.1"),
        Err(Refusal::NameNotAllowed { .. })
    ));
    assert!(plan(&listed, "/CN=router", "DNS:a.example").is_ok());
    let profiles = profiles(
        "[profile.client.names]\ndeny_dns = [\"*.secret.example\"]\ndeny_ip = [\"10.0.0.0/8\"]\ndeny_email = [\"root@example.com\"]",
    );
    let client = profiles.get("client").unwrap();
    assert!(plan(client, "/CN=alice", "").is_ok());
    for bad in [
        "/CN=a.secret.example",
        "/CN=10.1.1.1",
        "/CN=Root@example.com",
    ] {
        assert!(
            matches!(plan(client, bad, ""), Err(Refusal::NameDenied { .. })),
            "{bad}"
        );
    }
}

#[test]
fn attributes_are_limited() {
    let profiles = profiles("[profile.server]\nsubject_attributes = [\"CN\", \"O\"]");
    let server = profiles.get("server").unwrap();
    assert!(plan(server, "/O=Acme/CN=a.example", "DNS:a.example").is_ok());
    let refusal = plan(server, "/O=Acme/OU=Web/CN=a.example", "DNS:a.example").unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "the subject has the attribute `OU`, profile `server` allows only CN, O"
    );
}

#[test]
fn subjects_are_rebuilt() {
    let profiles =
        profiles("[profile.server]\nsubject = \"rebuild\"\nsubject_attributes = [\"CN\", \"O\"]");
    let server = profiles.get("server").unwrap();
    let plan = plan(
        server,
        "/C=DE/OU=a/OU=b/O=Acme+CN=a.example",
        "DNS:a.example",
    )
    .unwrap();
    let subject = Name::from_der(plan.subject_der().to_vec()).unwrap();
    let kept: Vec<_> = subject.rdns().iter().map(Vec::len).collect();
    assert_eq!(kept, [1, 1]);
    let mut texts: Vec<_> = subject.attributes().map(|(_, _, text)| text).collect();
    texts.sort();
    assert_eq!(texts, ["Acme", "a.example"]);
    assert_eq!(
        plan.notes(),
        ["left out of the subject: `C`, `OU` (not in subject_attributes of profile `server`)"]
    );
    // Nothing to leave out, nothing to say; and long values are encoded rightly.
    let long = format!("/O={}/CN=a.example", "ü".repeat(64));
    let plan = crate::setup::plan(server, &long, "DNS:a.example").unwrap();
    assert_eq!(plan.subject_der(), name(&long).as_der());
    assert_eq!(plan.notes(), [""; 0]);
}

#[test]
fn subjects_are_left_out() {
    let profiles = profiles("[profile.server]\nsubject = \"empty\"");
    let server = profiles.get("server").unwrap();
    let plan = plan(server, "/O=Acme/CN=not.in.san", "DNS:a.example").unwrap();
    assert_eq!(plan.subject_der(), b"\x30\x00");
    assert_eq!(
        plan.notes(),
        ["the subject `CN=not.in.san,O=Acme` was left out: profile `server` has none"]
    );
    let san = plan
        .extensions()
        .iter()
        .find(|extension| extension.oid == oid::SUBJECT_ALT_NAME)
        .unwrap();
    assert!(san.critical);
}

#[test]
fn a_subject_given_by_hand() {
    let (given, csr, names) = (
        name("/CN=a.example"),
        name("/CN=other.example"),
        names("DNS:a.example"),
    );
    let asked = Request {
        subject: SubjectSource::Operator(&given),
        ..request(&csr, &names)
    };
    let plan = built_in("server").plan(&asked, Some(&issuer())).unwrap();
    assert_eq!(plan.subject_der(), given.as_der());
}
